"""Letters with a calendar to people outside, and their answers: who writes them does not know who carries them.

`messaging` carries them (`use`), an app beside it writes them and reads what comes back (`reads_replies`).
"""

from collections.abc import Callable
from dataclasses import dataclass

from pheu.people.models import User
from pheu.records.models import Record


@dataclass(frozen=True)
class Parcel:
    """One letter from the mailbox of `sender`, told from all others by `name`, which begins its Message-ID.

    `calendar` is an iCalendar object (RFC 5545) whose METHOD is `method`.
    """

    name: str
    about: Record | None
    sender: User
    to_name: str
    to_address: str
    subject: str
    html: str
    calendar: bytes
    method: str


@dataclass(frozen=True)
class Reply:
    """What a letter answers: `take` keeps the answer once the record that it is `about` is held, if it is about one."""

    about: Record | None
    take: Callable[[], None]


@dataclass
class _Carrier:
    address_of: Callable[[User], str]
    send: Callable[[Parcel], None]


Reader = Callable[[bytes, str], Reply | None]
_carriers: list[_Carrier] = []
_readers: list[Reader] = []


def use(*, address_of: Callable[[User], str], send: Callable[[Parcel], None]) -> None:
    """Let this app carry the letters of all others."""
    _carriers[:] = [_Carrier(address_of, send)]


def address_of(user: User) -> str:
    """From where letters of this person go out; empty where they cannot."""
    return next((one.address_of(user) for one in _carriers), "")


def send(parcel: Parcel) -> None:
    """Have a letter sent once, by a job in the same transaction; its sender has an address."""
    for one in _carriers:
        one.send(parcel)


def reads_replies(function: Reader) -> Reader:
    """`function(calendar, address of whom it came from)` says what a calendar in a letter answers, if anything."""
    _readers.append(function)
    return function


def reply_in(calendar: bytes, sender: str) -> Reply | None:
    return next((found for one in _readers if (found := one(calendar, sender)) is not None), None)
