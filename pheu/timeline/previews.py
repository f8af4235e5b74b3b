"""Which files a browser may show, and what it is told to refuse while it does."""

from typing import IO, Any

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


def media_type_of(content: IO[Any]) -> str:
    """The type of a file that a browser may show; empty for any other."""
    content.seek(0)
    head = content.read(16)
    content.seek(0)
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    return next((name for start, name in STARTS.items() if head.startswith(start)), "")
