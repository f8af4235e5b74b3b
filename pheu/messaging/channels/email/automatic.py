"""Mail that no person wrote, and what it is about: automatic answers, lists, reports of what did not arrive."""

import re
from collections.abc import Iterator
from email.message import Message

from . import mime
from .letters import Bounce
from .mime import Part

OURS = "pheu"  # in X-Loop of what this product sends by itself

_SAYS_SO = ("X-Auto-Response-Suppress", "X-Autoreply", "X-Autorespond", "X-Auto-Reply")
_OF_A_LIST = ("List-Id", "List-Post")
_NOBODY = re.compile(
    r"(mailer-daemon|postmaster|(.+[-_.+])?(no|do-?not|donot)[-_.]?reply([-_.+].*)?|bounces?([-_.+].*)?)@",
    re.IGNORECASE,
)
_ROBOT = re.compile(r"(mailer-daemon|postmaster|mdaemon)@", re.IGNORECASE)
_STATUS = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b")
_CODE = re.compile(r"\b([45])\d\d[ -]")
_SOFT = re.compile(r"5\.(2\.2|7\.\d+)")
_HEADER = re.compile(r"^([A-Za-z-]{1,60}):[ \t]*(.*(?:\n[ \t].*)*)", re.MULTILINE)
_MESSAGE_ID = re.compile(r"^[ \t]*Message-ID:\s*(<[^<>\s]{1,993}>)", re.IGNORECASE | re.MULTILINE)
_MAILBOX = re.compile(r"[^\s@<>,;:\"()]{1,200}@[^\s@<>,;:\"()]{1,250}")
# Mailers that write no report that machines can read: qmail, Postfix behind some gateways, Exim, older Exchange.
_PLAIN = re.compile(
    r"this is the qmail-send program|this is the mail system at host|mail delivery software|"
    r"(could not|couldn't|was not|wasn't|not be) delivered|undeliverable|delivery (has )?failed|returned to sender",
    re.IGNORECASE,
)
_PLAIN_ADDRESS = re.compile(r"^[ \t]*<?([^\s@<>,;:\"()]{1,200}@[^\s@<>,;:\"()]{1,250}?)>?(?::|[ \t]*$)", re.MULTILINE)
_LONGEST_REPORT = 50_000


def why_automatic(message: Message) -> str:
    """Why no person may have written this, in the words of `Letter.automatic`; empty where one may (RFC 3834)."""
    if OURS in mime.header(message, "X-Loop").split():
        return "own"
    if _is_automatic(message):
        return "auto-submitted"
    precedence = mime.header(message, "Precedence").lower()
    if precedence == "list" or any(name in message for name in _OF_A_LIST):
        return "list"
    if precedence in {"bulk", "junk"} or "List-Unsubscribe" in message:
        return "bulk"
    if mime.header(message, "Return-Path") == "<>":
        return "no-return-path"
    return "no-reply" if any(_NOBODY.fullmatch(f"{one}@") for one in _locals(message)) else ""


def _is_automatic(message: Message) -> bool:
    said = mime.header(message, "Auto-Submitted").partition(";")[0].strip().lower()
    if said not in {"", "no"} or any(name in message for name in _SAYS_SO):
        return True
    return (
        mime.header(message, "Precedence").lower() == "auto_reply" or message.get_content_type() == "multipart/report"
    )


def _locals(message: Message) -> Iterator[str]:
    return (one.address.rpartition("@")[0] for one in mime.addresses(message, "From"))


# What did not arrive --------------------------------------------------------------------------------------------------


def bounce_of(message: Message) -> Bounce | None:
    """The first mailbox that a report says was not reached (RFC 3464), or a plain text of a mailer says so clearly.

    A report that something is late is no bounce.
    """
    assert isinstance(message, Part)
    parts = list(mime.leaves(message))
    for report in (
        part for part in parts if part.kind in {"message/delivery-status", "message/global-delivery-status"}
    ):
        blocks = _blocks(report)
        return next((_bounce(block, _returned(parts, message)) for block in blocks if _failed(block)), None)
    return _told_plainly(message, parts)


def _blocks(report: Part) -> list[dict[str, str]]:
    text = mime.text_of(report, _LONGEST_REPORT)
    return [{name.lower(): mime.decoded(value) for name, value in _HEADER.findall(one)} for one in text.split("\n\n")]


def _failed(block: dict[str, str]) -> bool:
    action, status = block.get("action", "").lower(), block.get("status", "")
    return "final-recipient" in block and (action == "failed" or (not action and status.startswith("5")))


def _bounce(block: dict[str, str], of: str) -> Bounce:
    words = _typed(block.get("diagnostic-code", ""))
    status = _first(_STATUS, block.get("status", "")) or _first(_STATUS, words)
    # Some say 5.0.0 of everything; then the server's own words know better.
    if status in {"5.0.0", "5.5.0"}:
        status = _first(_STATUS, words) or status
    # Original-Recipient is what we wrote, Final-Recipient where others forwarded it.
    address = _first(_MAILBOX, _typed(block.get("original-recipient") or block["final-recipient"]))
    return Bounce(address, status, _is_hard(status, words), of, words[:500])


def _typed(value: str) -> str:
    """What stands behind a type (`rfc822;`, `smtp;`)."""
    return value.partition(";")[2].strip() or value.strip()


def _first(pattern: re.Pattern[str], text: str) -> str:
    found = pattern.search(text)
    return found[found.lastindex or 0] if found else ""


def _is_hard(status: str, words: str) -> bool:
    if status and status not in {"5.0.0"}:
        return status.startswith("5") and not _SOFT.fullmatch(status)
    return status == "5.0.0" or _first(_CODE, words) == "5"


def _returned(parts: list[Part], message: Message) -> str:
    """The Message-ID of the letter that came back."""
    for part in parts:
        if part.kind in {"message/rfc822", "text/rfc822-headers", "message/global", "message/global-headers"}:
            return _first(_MESSAGE_ID, mime.text_of(part, _LONGEST_REPORT))
    answered = (*mime.ids(message, "In-Reply-To"), *mime.ids(message, "References")[-1:])
    return next(iter(answered), "")


def _told_plainly(message: Message, parts: list[Part]) -> Bounce | None:
    from_robot = mime.header(message, "Return-Path") == "<>" or any(_ROBOT.match(f"{one}@") for one in _locals(message))
    if not from_robot or mime.header(message, "Auto-Submitted").lower().startswith("auto-replied") or not parts:
        return None
    text = mime.text_of(parts[0], _LONGEST_REPORT)
    failed = mime.addresses(message, "X-Failed-Recipients")  # of Exim
    address = failed[0].address if failed else _first(_PLAIN_ADDRESS, text)
    if not address or not (failed or _PLAIN.search(text)):
        return None
    words = " ".join(text[text.find(address) + len(address) :].partition("\n\n")[0].split()).lstrip(">: ")[:500]
    status = _first(_STATUS, words)
    if not status and not _first(_CODE, words):
        return None
    of = _first(_MESSAGE_ID, text) or _returned(parts, message)
    return Bounce(address, status, _is_hard(status, words), of, words)


def complaint_of(message: Message) -> str:
    """Whoever said that our mail is spam (RFC 5965), or the Message-ID of that mail where the address is kept back."""
    assert isinstance(message, Part)
    parts = list(mime.leaves(message))
    reports = [part for part in parts if part.kind == "message/feedback-report"]
    if not reports:
        return ""
    said = {name: value for block in _blocks(reports[0]) for name, value in block.items()}
    return _first(_MAILBOX, said.get("original-rcpt-to", "")) or _returned(parts, message)
