"""What mail is, apart from bytes and servers: the shapes that reading, writing, sending and fetching speak of."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Address:
    """A name and a mailbox; the domain in small letters, the rest as it was written."""

    name: str
    address: str

    @property
    def shown(self) -> str:
        return f"{self.name} <{self.address}>" if self.name else self.address


@dataclass(frozen=True)
class Attached:
    """A file of a letter; `content_id` is what the HTML calls it (`cid:`), without its brackets."""

    name: str
    mime: str
    content: bytes
    content_id: str = ""
    inline: bool = False


@dataclass(frozen=True)
class Bounce:
    """A mailbox that a letter of ours did not reach (RFC 3464).

    `of` is that letter's Message-ID where the report says so. `hard`: it will never arrive (5.x.x, but for a full
    mailbox and for what a policy refused); `status` may be empty.
    """

    address: str
    status: str
    hard: bool
    of: str
    words: str


@dataclass(frozen=True)
class Letter:
    """One message as people read it.

    `message_id`, `in_reply_to` and `references` have their brackets. `thread_index` is the conversation's part of
    Outlook's header, in hexadecimal. `automatic` says why no person may have written it: "own", "auto-submitted",
    "list", "bulk", "no-return-path", "no-reply". `complaint`: whoever said that our mail is spam, or the Message-ID of
    that mail where the report keeps the address back (RFC 5965). `sent_at` is in UTC.
    """

    message_id: str
    in_reply_to: str
    references: tuple[str, ...]
    thread_index: str
    subject: str
    sender: Address | None
    to: tuple[Address, ...]
    cc: tuple[Address, ...]
    reply_to: tuple[Address, ...]
    delivered_to: tuple[str, ...]
    sent_at: datetime | None
    text: str
    html: str
    files: tuple[Attached, ...]
    automatic: str
    bounce: Bounce | None
    complaint: str
