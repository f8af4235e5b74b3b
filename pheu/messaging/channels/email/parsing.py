"""Bytes of a message read as a letter. Nothing that anybody sends makes this raise."""

import html
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_tz
from hashlib import sha256

from . import automatic, mime, safe
from .letters import Attached, Letter
from .mime import Part

LONGEST_SUBJECT = 500
LONGEST_TEXT = 500_000
LONGEST_HTML = 2_000_000
MOST_FILES = 200
MOST_REFERENCES = 100

_VIETNAM = 7 * 3600
_ZONE = re.compile(r"[+-]\d{4}|\b(?:UTC?|GMT|Z|[ECMP][SD]T)\b", re.IGNORECASE)
_THREAD = 22  # bytes of Thread-Index that all letters of a conversation have in common
_DELIVERED = ("Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To")
_NO_NAME = re.compile(r"[\x00-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
_NAMES = {
    "message/rfc822": "message.eml",
    "text/calendar": "invite.ics",
    "text/plain": "text.txt",
    "text/html": "page.html",
}


def read(raw: bytes) -> Letter:
    """The letter in a raw message, within limits, in NFC, whatever its bytes are.

    One without a Message-ID gets one made from its bytes, the same each time. `text` is made from the HTML where the
    letter has none. What is no text of the letter is a file, a message inside it (`message/rfc822`) too, unopened.
    """
    message = mime.parse(raw)
    body = _body(message)
    senders = mime.addresses(message, "From") or mime.addresses(message, "Sender")
    return Letter(
        message_id=next(iter(mime.ids(message, "Message-ID")), f"<{sha256(raw).hexdigest()}@missing.invalid>"),
        in_reply_to=next(iter(mime.ids(message, "In-Reply-To")), ""),
        references=mime.ids(message, "References")[-MOST_REFERENCES:],
        thread_index=_thread(mime.header(message, "Thread-Index")),
        subject=mime.header(message, "Subject", LONGEST_SUBJECT),
        sender=next(iter(senders), None),
        to=mime.addresses(message, "To"),
        cc=mime.addresses(message, "Cc"),
        reply_to=mime.addresses(message, "Reply-To"),
        delivered_to=tuple(dict.fromkeys(one.address for name in _DELIVERED for one in mime.addresses(message, name))),
        sent_at=_moment(mime.header(message, "Date")),
        text=body.text,
        html=body.html,
        files=tuple(body.files[:MOST_FILES]),
        automatic=automatic.why_automatic(message),
        bounce=automatic.bounce_of(message),
        complaint=automatic.complaint_of(message),
    )


@dataclass
class _Body:
    """What the parts of a letter say: pieces of (text, HTML), of which one may be empty, and files."""

    said: list[tuple[str, str]] = field(default_factory=list)
    files: list[Attached] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "\n".join(text or safe.words_of(page) for text, page in self.said)[:LONGEST_TEXT]

    @property
    def html(self) -> str:
        if not any(page for _text, page in self.said):
            return ""
        return "\n".join(page or f"<pre>{html.escape(text)}</pre>" for text, page in self.said)[:LONGEST_HTML]


def _body(part: Part) -> _Body:
    if part.is_multipart():
        bodies = [_body(inner) for inner in part.get_payload()]  # type: ignore[arg-type]
        files = [file for body in bodies for file in body.files]
        if part.kind == "multipart/alternative":
            return _Body(_one_of(bodies), files)
        return _Body([one for body in bodies for one in body.said], files)
    if _is_said(part):
        text = mime.text_of(part, LONGEST_HTML)
        return _Body([("", text) if part.kind == "text/html" else (text, "")] if text.strip() else [])
    return _Body(files=[_file(part)])


def _one_of(bodies: list[_Body]) -> list[tuple[str, str]]:
    """Of the same in several ways: the first text, and the last page, which is the richest."""
    text = next((body.text for body in bodies if any(text for text, _page in body.said)), "")
    page = next((body.html for body in reversed(bodies) if body.html), "")
    return [(text, page)] if text or page else []


def _is_said(part: Part) -> bool:
    disposition = str(part.get("Content-Disposition", "")).partition(";")[0].strip().lower()
    named = mime.parameter(part, "name") or mime.parameter(part, "filename", "content-disposition")
    return part.kind in {"text/plain", "text/html"} and disposition != "attachment" and not named


def _file(part: Part) -> Attached:
    cid = mime.header(part, "Content-ID", mime.LONGEST_ID).strip("<> ")
    inline = str(part.get("Content-Disposition", "")).strip().lower().startswith("inline")
    mime_type = (
        part.kind if re.fullmatch(r"[a-z0-9.+-]{1,80}/[a-z0-9.+-]{1,100}", part.kind) else "application/octet-stream"
    )
    return Attached(_file_name(part, mime_type), mime_type, mime.content(part), cid, inline or bool(cid))


def _file_name(part: Part, mime_type: str) -> str:
    """The last piece of what the sender called it, without what hides its ending."""
    said = mime.parameter(part, "filename", "content-disposition") or mime.parameter(part, "name")
    name = _NO_NAME.sub("", said).replace("\\", "/").rpartition("/")[2].strip(" .")
    if len(name) > 200:
        stem, dot, ending = name.rpartition(".")
        name = f"{stem[:180]}{dot}{ending[:19]}" if dot else name[:200]
    return name or _NAMES.get(mime_type, "file")


def _thread(index: str) -> str:
    raw = mime.unpacked(index.encode("ascii", "ignore"))
    return raw[:_THREAD].hex() if len(raw) >= _THREAD else ""


def _moment(date: str) -> datetime | None:
    """A date in UTC; one that names no zone was written in Vietnam."""
    try:
        parsed = parsedate_tz(date[:200])
        if parsed is None:
            return None
        zone = (parsed[9] or 0) if _ZONE.search(date) else _VIETNAM
        moment = datetime(*parsed[:6], tzinfo=timezone(timedelta(seconds=zone))).astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return moment if 1980 <= moment.year <= 2100 else None
