"""Bytes of a message taken apart, whatever is wrong with them; each piece within limits and in linear time."""

import binascii
import codecs
import contextlib
import quopri
import re
import unicodedata
from collections.abc import Iterator
from email.message import Message
from email.parser import BytesParser
from email.policy import Compat32
from itertools import groupby
from operator import itemgetter
from typing import Any

from .letters import Address

DEEPEST = 20
MOST_PARTS = 1_000
MOST_HEADERS = 1_000
LONGEST_HEADER = 64_000
LONGEST_WITH_PARAMETERS = 4_000  # the standard library takes the square of it
LONGEST_ID = 995  # a line of a message is no longer than 998

_WITH_PARAMETERS = {"content-type", "content-disposition"}
_SEVEN_BITS = ("utf-7", "iso2022", "hz")

_WORD = re.compile(r"=\?([^?\s]{1,60})\?([bBqQ])\?(.{0,3000}?)\?=", re.DOTALL)
_WORDS = re.compile(rf"{_WORD.pattern}(?:\s*{_WORD.pattern})*", re.DOTALL)
_ID = 995  # a line of a message is no longer than 998

_WITH_PARAMETERS = {"content-type", "content-disposition"}
_SEVEN_BITS = ("utf-7", "iso2022", "hz")

_WORD = re.compile(r"=\?([^?\s]{1,60})\?([bBqQ])\?(.{0,3000}?)\?=", re.DOTALL)
_BETWEEN_WORDS = re.compile(r"(\?=)\s+(?==\?[^?\s]{1,60}\?[bBqQ]\?)")
_MESSAGE_ID = re.compile(r"<([^<>\s]{1,993})>")
_PIECES = re.compile(
    r"""=\?[^?\s]{1,60}\?[bBqQ]\?.{0,250}?\?=
    | "(?:[^"\\]|\\.){0,250}" | \([^()]{0,250}\) | <[^<>]{0,500}> | [,;] | .""",
    re.VERBOSE | re.DOTALL,
)
_COMMENT = re.compile(r"\(([^()]{0,500})\)")
_MAILBOX = re.compile(r"[^\s@<>,;:\"()]{1,200}@[^\s@<>,;:\"()]{1,250}")
# A run without ASCII is put in order by pieces: a thousand accents on one letter take the square of their number.
_MARKED = re.compile(r"[\x00-\x7f]?[^\x00-\x7f]{1,200}")
_NOT_TEXT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


class Part(Message):
    """A message or a part of one. Only containers are opened, and only so many and so deep; what is in a message that
    was attached is that file's content."""

    depth = 0
    parts = 0
    root: "Part"
    _payload: object

    def attach(self, payload: Any) -> None:
        payload.depth = self.depth + 1
        payload.root = root = getattr(self, "root", self)
        root.parts += 1
        if root.parts > MOST_PARTS:
            raise _EnoughParts(root)
        super().attach(payload)

    @property
    def packed(self) -> bytes:
        """What stands in the part, as it came; `get_payload` reads it by a charset that may be anything."""
        return self._payload.encode("utf-8", "surrogateescape") if isinstance(self._payload, str) else b""

    def set_raw(self, name: str, value: str) -> None:
        if len(self) < MOST_HEADERS:
            longest = LONGEST_WITH_PARAMETERS if name.lower() in _WITH_PARAMETERS else LONGEST_HEADER
            super().set_raw(name, value[:longest])

    def get_content_type(self) -> str:
        opened = self.kind.startswith("multipart/") and self.depth < DEEPEST
        return self.kind if opened or not self.kind.startswith(("multipart/", "message/")) else "text/plain"

    @property
    def kind(self) -> str:
        """What the part says it is, also where it is not opened."""
        return super().get_content_type()


class _AsItCame(Compat32):
    def header_fetch_parse(self, name: str, value: str) -> str:
        return value


class _EnoughParts(Exception):
    pass


_PARSER: "BytesParser[Part]" = BytesParser(Part, policy=_AsItCame())  # type: ignore[arg-type]


def parse(raw: bytes) -> Part:
    try:
        return _PARSER.parsebytes(raw)
    except _EnoughParts as enough:
        return enough.args[0]


def headers_of(raw: bytes) -> Part:
    return _PARSER.parsebytes(raw, headersonly=True)


def leaves(part: Part) -> Iterator[Part]:
    """The part, or what is in it, in order."""
    if not part.is_multipart():
        yield part
        return
    for inner in part.get_payload():
        yield from leaves(inner)  # type: ignore[arg-type]


def content(part: Part) -> bytes:
    """The bytes of a part as they were before they were packed for the way."""
    match str(part.get("Content-Transfer-Encoding", "")).strip().lower():
        case "base64":
            return unpacked(part.packed)
        case "quoted-printable":
            return quopri.decodestring(part.packed)
    return part.packed


def unpacked(base64: bytes) -> bytes:
    """What base64 says, as far as it says anything: without its padding, with other characters in it, cut short."""
    letters = re.sub(rb"[^A-Za-z0-9+/]", b"", base64)
    if len(letters) % 4 == 1:
        letters = letters[:-1]
    return binascii.a2b_base64(letters + b"=" * (-len(letters) % 4))


def text_of(part: Part, longest: int) -> str:
    return readable(decoded_bytes(content(part), parameter(part, "charset"))[:longest])


def decoded_bytes(raw: bytes, charset: str) -> str:
    """Text from bytes that may be of another charset than they say.

    What is valid UTF-8 and more than ASCII is UTF-8, since nothing else looks like it. The last resort is what old
    Windows wrote Vietnamese in, which is nearly what it wrote the rest of Europe in.
    """
    said = codec(charset)
    own_way = said.startswith(_SEVEN_BITS) or (said.startswith(("utf-16", "utf-32")) and b"\0" in raw)
    for name in [said] if own_way else ["utf-8", said]:
        with contextlib.suppress(UnicodeError, LookupError):  # some are for bytes only
            return raw.decode(name)
    text = raw.decode("utf-8", "replace")
    wrong = text.count("\ufffd")
    marked = len(text) - len(text.encode("ascii", "ignore"))
    return text if marked >= 2 * wrong else raw.decode("cp1258", "replace")


def codec(charset: str) -> str:
    """Python's name of a charset, or "ascii" for what is none."""
    try:
        return codecs.lookup(charset.strip().strip("'\"")).name
    except (LookupError, ValueError):
        return "ascii"


def readable(text: str) -> str:
    """Text in NFC with plain line ends, and without what is no text."""
    return _NOT_TEXT.sub("", nfc(text.replace("\r\n", "\n").replace("\r", "\n")))


def nfc(text: str) -> str:
    if text.isascii():
        return text
    return _MARKED.sub(lambda run: unicodedata.normalize("NFC", run[0]), text)


# Headers --------------------------------------------------------------------------------------------------------------


def header(part: Message, name: str, longest: int = LONGEST_HEADER) -> str:
    """The first header of that name as people read it, in one line; empty where there is none."""
    return next(headers(part, name), "")[:longest]


def headers(part: Message, name: str) -> Iterator[str]:
    return map(decoded, part.get_all(name, []))


def decoded(value: str) -> str:
    """A header's value with its encoded words (RFC 2047) read, however they were written."""
    value = decoded_bytes(value.encode("utf-8", "surrogateescape"), "utf-8")
    return " ".join(readable(_WORDS.sub(_said, value)).split())


def _said(words: re.Match[str]) -> str:
    """Words beside each other are one text: a letter of several bytes may begin in one and end in the next."""
    pieces = [(charset.partition("*")[0].lower(), _bytes(way, word)) for charset, way, word in _WORD.findall(words[0])]
    runs = groupby(pieces, itemgetter(0))
    return "".join(decoded_bytes(b"".join(piece for _same, piece in run), charset) for charset, run in runs)


def _bytes(way: str, word: str) -> bytes:
    packed = word.encode("utf-8", "replace")
    return unpacked(packed) if way in "bB" else quopri.decodestring(packed.replace(b" ", b"_"), header=True)


def parameter(part: Part, name: str, of: str = "content-type") -> str:
    """A parameter of a header, its pieces put together (RFC 2231); empty where it is missing or unreadable."""
    try:
        said = [value for key, value in part.get_params([], of) if key.lower() == name]
    except ValueError:
        return ""
    for value in said:
        if isinstance(value, tuple):  # charset, language, a character for each byte
            return decoded_bytes(value[2].encode("latin-1", "replace"), value[0] or "utf-8")
    return decoded(said[0]) if said else ""


def ids(part: Message, name: str) -> tuple[str, ...]:
    """The Message-IDs of a header, each once, with their brackets."""
    value = header(part, name)
    found = [f"<{one}>" for one in _MESSAGE_ID.findall(value)]
    if not found and value and len(value) < LONGEST_ID and " " not in value:
        found = [f"<{value.strip('<>')}>"]
    return tuple(dict.fromkeys(found))


def addresses(part: Message, name: str) -> tuple[Address, ...]:
    """Everybody whom the headers of that name name, in order; what is no mailbox is left out."""
    found = (address_of(one) for value in part.get_all(name, []) for one in _apart(value))
    return tuple(dict.fromkeys(address for address in found if address))


def _apart(value: str) -> Iterator[str]:
    """A list of mailboxes at its commas, but for those in names, comments and brackets."""
    one: list[str] = []
    for piece in _PIECES.findall(" ".join(value.split())):
        if piece in ",;":
            yield "".join(one)
            one = []
        else:
            one.append(piece)
    yield "".join(one)


def address_of(written: str) -> Address | None:
    """`Name <a@b>`, `a@b (Name)` or `a@b`, with the name of a group before it perhaps."""
    before, angle, rest = written.rpartition("<")
    mailbox = rest if angle else _COMMENT.sub("", written)
    found = _MAILBOX.search(decoded(mailbox))
    if not found:
        return None
    local, _at, domain = found[0].rpartition("@")
    name = before if angle else " ".join(_COMMENT.findall(written))
    return Address(_name(name), f"{local}@{domain.lower().rstrip('.')}")


def _name(written: str) -> str:
    name = decoded(re.sub(r"\\(.)", r"\1", written)).strip()
    return name.strip("\"'< ")[:200]
