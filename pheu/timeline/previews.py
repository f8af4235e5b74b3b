"""Which files are kept at all, which ones a browser may show, and what it is told to refuse while it does."""

from typing import IO, Any

from django.db.models.fields.files import FieldFile
from django.http import FileResponse

# Known by their first bytes, never by their name or by what the sender said. None of them can run a script of a page:
# SVG and HTML can, and stay attachments.
STARTS: dict[bytes, str] = {
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF87a": "image/gif",
    b"GIF89a": "image/gif",
    b"%PDF-": "application/pdf",
}
LARGEST_PICTURE = 8 * 1024 * 1024  # bytes; a larger one is not drawn into a page by itself
PICTURES = ("image/png", "image/jpeg", "image/gif", "image/webp")
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "private, max-age=300",
}

# Programs: who opens one by mistake runs it. By what they begin with, and by the endings that systems run.
PROGRAM_STARTS = (b"MZ", b"\x7fELF", b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe", b"#!")
PROGRAMS = {
    "apk", "app", "bat", "cmd", "com", "cpl", "dmg", "exe", "hta", "jar", "js", "jse", "lnk", "msi", "msp", "pif",
    "ps1", "reg", "scr", "sh", "vb", "vbe", "vbs", "wsf", "wsh",
}  # fmt: skip


def as_attachment(content: FieldFile, name: str) -> FileResponse:
    """A file to be kept, never shown in our own origin (quality.md 3)."""
    answer = FileResponse(
        content.open("rb"), as_attachment=True, filename=name, content_type="application/octet-stream"
    )
    answer["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return answer


def is_program(name: str, content: IO[Any]) -> bool:
    """Whether a computer would run it, by its name or by its bytes."""
    return name.rpartition(".")[2].lower().strip() in PROGRAMS or _head(content).startswith(PROGRAM_STARTS)


def _head(content: IO[Any]) -> bytes:
    content.seek(0)
    head = content.read(16)
    content.seek(0)
    return head


def media_type_of(content: IO[Any]) -> str:
    """The type of a file that a browser may show; empty for any other."""
    head = _head(content)
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    return next((name for start, name in STARTS.items() if head.startswith(start)), "")
