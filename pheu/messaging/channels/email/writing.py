"""A letter written as the bytes that go over the wire."""

import re
import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime
from email.charset import QP, Charset
from email.encoders import encode_base64
from email.header import Header
from email.mime.base import MIMEBase
from email.mime.multipart import MIMEMultipart
from email.mime.nonmultipart import MIMENonMultipart
from email.policy import compat32
from email.utils import format_datetime, quote

from . import safe
from .automatic import OURS
from .letters import Address, Attached

MOST_REFERENCES = 20
METHODS = {"REQUEST", "CANCEL"}
AUTOMATIC = {"", "auto-generated", "auto-replied"}

_UTF8 = Charset("utf-8")
_UTF8.body_encoding = QP
_WIRE = compat32.clone(linesep="\r\n", mangle_from_=False)
_ID = re.compile(r"<[!-;=?-~]{3,300}>")
_LOCAL = re.compile(r"[!-~]{1,64}")
_NOT_LOCAL = re.compile(r"[\s<>,;:()\[\]\\\"@]")
_TYPE = re.compile(r"[A-Za-z0-9.+-]{1,80}/[A-Za-z0-9.+-]{1,100}")
_TOKEN = re.compile(r"[!-~]{1,250}")


def written(
    *,
    message_id: str,
    sender: Address,
    to: Sequence[Address],
    cc: Sequence[Address] = (),
    bcc: Sequence[Address] = (),
    reply_to: Address | None = None,
    subject: str,
    html: str,
    text: str = "",
    in_reply_to: str = "",
    references: Sequence[str] = (),
    files: Sequence[Attached] = (),
    calendar: tuple[str, bytes] | None = None,
    automatic: str = "",
    unsubscribe: str = "",
    sent_at: datetime,
) -> bytes:
    """The message, with no more containers than it needs; `text` is made from the HTML where it is empty;
    `calendar` is (METHOD, iCalendar object), said beside text and HTML (RFC 6047).

    `bcc` is looked at and told to nobody. `automatic` ("auto-generated", "auto-replied") asks others not to answer by
    themselves (RFC 3834). `unsubscribe` is an address that takes one click (RFC 8058). ValueError: a value that would
    end a header or begin another one, or is no address.
    """
    message = _body(text or safe.words_of(html), html, files, calendar)
    for one in bcc:
        mailbox(one)
    parents = list(dict.fromkeys(references))
    if len(parents) > MOST_REFERENCES:
        parents = [parents[0], *parents[1 - MOST_REFERENCES :]]
    told: dict[str, str | Header] = {
        "Message-ID": _id(message_id),
        "Date": format_datetime(sent_at),
        "From": _written_address(sender),
        "To": _list(to),
        "Cc": _list(cc),
        "Reply-To": _written_address(reply_to) if reply_to else "",
        "Subject": _words(subject, "Subject"),
        "In-Reply-To": _id(in_reply_to) if in_reply_to else "",
        "References": " ".join(map(_id, parents)),
        **_answering(automatic),
        **unsubscribing(unsubscribe),
    }
    for name, value in told.items():
        if value:
            message[name] = value  # type: ignore[assignment]
    return message.as_bytes(policy=_WIRE)


def new_message_id(domain: str) -> str:
    return f"<{uuid.uuid4().hex}@{_domain(domain)}>"


def mailbox(address: Address) -> str:
    """The address as servers want it, its domain in ASCII; ValueError where it is none."""
    local, _at, domain = one_line(address.address).rpartition("@")
    if not _LOCAL.fullmatch(local) or _NOT_LOCAL.search(local):
        raise ValueError(f"no mailbox: {address.address!r}")
    return f"{local}@{_domain(domain)}"


def one_line(value: str) -> str:
    """The value; ValueError if anybody could take it for more than one line."""
    if re.search(r"[\r\n\0\x0b\x0c\x1c-\x1e\x85\u2028\u2029]", value):
        raise ValueError("a line break in a header")
    return value


def _domain(domain: str) -> str:
    name = one_line(domain).lower().encode("idna").decode("ascii")
    if not re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)*", name):
        raise ValueError(f"no domain: {domain!r}")
    return name


def _id(message_id: str) -> str:
    if not _ID.fullmatch(message_id):
        raise ValueError(f"no Message-ID: {message_id!r}")
    return message_id


def _list(addresses: Iterable[Address]) -> str:
    return ", ".join(map(_written_address, addresses))


def _written_address(address: Address) -> str:
    name = one_line(address.name).strip()
    if not name:
        return mailbox(address)
    if name.isascii() and name.isprintable() and "=?" not in name:
        return f'"{quote(name)}" <{mailbox(address)}>'
    return f"{Header(name, 'utf-8', maxlinelen=60).encode(linesep='')} <{mailbox(address)}>"


def _words(value: str, name: str) -> str | Header:
    plain = one_line(value).isascii() and value.isprintable() and "=?" not in value and len(value) < 900
    return value if plain else Header(value, "utf-8", header_name=name)


def _answering(automatic: str) -> dict[str, str]:
    if automatic not in AUTOMATIC:
        raise ValueError(f"no way to be automatic: {automatic!r}")
    if not automatic:
        return {}
    return {"Auto-Submitted": automatic, "X-Auto-Response-Suppress": "All", "X-Loop": OURS}


def unsubscribing(address: str) -> dict[str, str]:
    """The headers by which a mail program ends it with one click (RFC 8058); none without an address."""
    if not address:
        return {}
    if not re.fullmatch(r"https?://[!-;=?-~]{1,900}", address):
        raise ValueError(f"no address to unsubscribe at: {address!r}")
    return {"List-Unsubscribe": f"<{address}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}


# Parts ----------------------------------------------------------------------------------------------------------------


def _body(text: str, html: str, files: Sequence[Attached], calendar: tuple[str, bytes] | None = None) -> MIMEBase:
    body = _text(text, "plain")
    shown = [file for file in files if html and file.inline and file.content_id and f"cid:{file.content_id}" in html]
    ways = [*([_text(html, "html")] if html else []), *([_calendar(*calendar)] if calendar else [])]
    if ways:
        body = _multipart("alternative", [body, *ways])
    if shown:
        body = _multipart("related", [body, *map(_file, shown)])
    if others := [file for file in files if file not in shown]:
        body = _multipart("mixed", [body, *map(_file, others)])
    return body


def _text(text: str, kind: str) -> MIMEBase:
    part = MIMENonMultipart("text", kind, charset="utf-8")
    part.set_payload(text, _UTF8)
    return part


def _calendar(method: str, content: bytes) -> MIMEBase:
    """In base64, which keeps its line ends; mail programs find their buttons by `method`."""
    if method not in METHODS:
        raise ValueError(f"no method of a calendar: {method!r}")
    part = MIMENonMultipart("text", "calendar", charset="utf-8", method=method)
    part.set_payload(content)
    encode_base64(part)
    return part


def _multipart(kind: str, parts: Iterable[MIMEBase]) -> MIMEBase:
    whole = MIMEMultipart(kind)
    for part in parts:
        del part["MIME-Version"]  # of the whole only
        whole.attach(part)
    return whole


def _file(file: Attached) -> MIMEBase:
    kind = one_line(file.mime).lower()
    # A message or a container may not be packed in base64 (RFC 2046 5.2.1), and must not be changed on the way.
    if not _TYPE.fullmatch(kind) or kind.startswith(("message/", "multipart/")):
        kind = "application/octet-stream"
    part = MIMEBase(*kind.split("/"))
    part.set_payload(file.content)
    encode_base64(part)
    name = one_line(file.name)
    plain = name.isascii() and name.isprintable()
    part.add_header(
        "Content-Disposition",
        "inline" if file.inline else "attachment",
        filename=name if plain else ("utf-8", "", name.encode()[:240].decode("utf-8", "ignore")),
    )
    if file.content_id:
        if not _TOKEN.fullmatch(file.content_id) or "<" in file.content_id or ">" in file.content_id:
            raise ValueError(f"no Content-ID: {file.content_id!r}")
        part["Content-ID"] = f"<{file.content_id}>"
    return part
