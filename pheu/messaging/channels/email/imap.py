"""A mailbox read by IMAP (RFC 9051), without leaving a trace in it: nothing is marked as read."""

import contextlib
import imaplib
import socket
import ssl
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Self

from imapclient import IMAPClient
from imapclient.exceptions import LoginError, ProtocolError

from pheu.core.hosts import Refused, context, said, secured

from . import hosts, mime
from .hosts import Login

_BATCH = 500  # of UIDs in one command, whose length servers limit
_SEARCHED = 50_000  # messages whose UIDs fit into one line of the library
_ROLES = {
    b"\\Sent": "sent",
    b"\\Archive": "archive",
    b"\\All": "archive",
    b"\\Junk": "junk",
    b"\\Trash": "trash",
    b"\\Drafts": "drafts",
}
# For servers that do not say what their folders are for (RFC 6154).
_NAMES = {
    "sent": {"sent", "sent items", "sent mail", "sent messages", "đã gửi", "thư đã gửi", "mục đã gửi"},
    "archive": {"archive", "archives", "lưu trữ"},
    "junk": {"junk", "junk email", "junk e-mail", "spam", "bulk mail", "thư rác", "email rác"},
    "trash": {"trash", "deleted items", "deleted messages", "thùng rác", "mục đã xóa"},
    "drafts": {"drafts", "draft", "thư nháp", "bản nháp"},
}
_LATER = ("[UNAVAILABLE]", "[LIMIT]", "[INUSE]", "[SERVERBUG]", "[CONTACTADMIN]")


@dataclass(frozen=True)
class Folder:
    """`role`: "inbox", "sent", "archive", "junk", "trash", "drafts" or nothing."""

    name: str
    role: str


@dataclass(frozen=True)
class State:
    """While `uidvalidity` is the same, a UID means the same message for ever (RFC 9051 2.3.1.1)."""

    uidvalidity: int
    uidnext: int
    exists: int


class Box:
    """A mailbox that was signed in to, for as long as the `with` lasts. Every step may raise `Refused`."""

    def __init__(self, login: Login, *, timeout: float = 30) -> None:
        self.login = login
        self.timeout = timeout
        self._state = State(0, 0, 0)

    def __enter__(self) -> Self:
        with _telling():
            self._client = _Client(self.login, self.timeout)
        try:
            with _telling():
                self._encrypt()
                self._sign_in()
        except Refused:
            self._hang_up()
            raise
        return self

    def __exit__(self, *_raised: object) -> None:
        with contextlib.suppress(Refused), _telling():
            self._client.logout()
        self._hang_up()

    def folders(self) -> list[Folder]:
        with _telling():
            listed = self._client.list_folders()
        return [
            Folder(str(name), _role(str(name), flags, delimiter or b"/"))
            for flags, delimiter, name in listed
            if not {b"\\Noselect", b"\\NonExistent"} & set(flags)
        ]

    def open(self, name: str) -> State:
        """Look at a folder; the steps below are about the one that was opened last."""
        with _telling():
            told = self._client.select_folder(name, readonly=True)
            # Both have to be said (RFC 9051 6.3.2), but are not always.
            self._state = State(*(int(told.get(what, 0)) for what in (b"UIDVALIDITY", b"UIDNEXT", b"EXISTS")))
        return self._state

    def uids_from(self, uid: int) -> list[int]:
        """The UIDs from that one on, in order."""
        found: set[int] = set()
        with _telling():
            for first in range(1, self._state.exists + 1, _SEARCHED):
                last = min(first + _SEARCHED - 1, self._state.exists)
                found.update(self._client.search([f"{first}:{last}", "UID", f"{uid}:*"]))
        return sorted(one for one in found if one >= uid)  # `9:*` names the last message, whatever its UID is

    def first_uid_since(self, day: date) -> int | None:
        """The UID of the first message that came on that day or later; None where none did."""
        with _telling():
            found = self._client.search(["SINCE", day])
        return min(found, default=None)

    def sizes(self, uids: Sequence[int]) -> dict[int, int]:
        """Bytes of each message, as far as it is still there."""
        return {uid: int(told[b"RFC822.SIZE"]) for uid, told in self._fetched(uids, "RFC822.SIZE")}

    def headers(self, uids: Sequence[int]) -> dict[int, str]:
        """The Message-ID of each message that is still there; empty where it has none."""
        wanted = "BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)]"
        told = ((uid, _only(parts)) for uid, parts in self._fetched(uids, wanted))
        return {uid: next(iter(mime.ids(mime.headers_of(raw), "Message-ID")), "") for uid, raw in told}

    def raw(self, uid: int) -> bytes:
        """The message's bytes; `Refused` ("refused") when it is gone."""
        for found, parts in self._fetched([uid], "BODY.PEEK[]"):
            if found == uid:
                return _only(parts)
        raise Refused("refused", permanent=True)

    def append(self, name: str, raw: bytes, *, seen: bool = True) -> None:
        """Put a message into a folder, as programs do with what they have sent."""
        with _telling():
            self._client.append(name, raw, ["\\Seen"] if seen else [])

    def find(self, message_id: str) -> bool:
        """Whether a message of that Message-ID is in the folder."""
        with _telling():
            return bool(self._client.search(["HEADER", "Message-ID", message_id]))

    def _fetched(self, uids: Sequence[int], what: str) -> Iterator[tuple[int, dict[bytes, Any]]]:
        for first in range(0, len(uids), _BATCH):
            with _telling():
                told = self._client.fetch(uids[first : first + _BATCH], [what])
            yield from told.items()

    def _encrypt(self) -> None:
        if self.login.security != "starttls":
            return
        # A line that is signed in before it is encrypted was tampered with.
        if self._client._imap.state != "NONAUTH" or not self._client.has_capability("STARTTLS"):
            raise Refused("encryption", permanent=True)
        self._client.encrypt()

    def _sign_in(self) -> None:
        hosts.must_not_be_heard(self.login, self._client.socket())
        code = "token" if self.login.token else "password"
        try:
            self._client.sign_in(self.login)
        except LoginError as error:
            if isinstance(error.__context__, imaplib.IMAP4.abort):
                raise _aborted(error) from error
            later = any(word in str(error).upper() for word in _LATER)
            raise Refused("later" if later else code, permanent=not later, reply=said(str(error))) from error

    def _hang_up(self) -> None:
        with contextlib.suppress(OSError):
            self._client.shutdown()


class _Line(imaplib.IMAP4):
    def __init__(self, login: Login, timeout: float) -> None:
        self._login = login
        super().__init__(login.host, login.port, timeout)

    def _create_socket(self, timeout: float) -> socket.socket:
        opened = hosts.connect(self.host, self.port, timeout=timeout)
        return secured(opened, self.host) if self._login.security == "tls" else opened


class _Client(IMAPClient):
    """The library's client on a line of ours."""

    def __init__(self, login: Login, timeout: float) -> None:
        self._login, self._seconds = login, timeout
        super().__init__(login.host, login.port, ssl=login.security == "tls", timeout=timeout)
        self._imap.debug = 0  # or every line that is said, secrets too, goes to a log

    def _create_IMAP4(self) -> imaplib.IMAP4:  # noqa: N802
        return _Line(self._login, self._seconds)

    def encrypt(self) -> None:
        with _certified():
            self.starttls(context())

    def sign_in(self, login: Login) -> None:
        if login.token:
            words = iter([f"user={login.user}\1auth=Bearer {login.token}\1\1".encode()])
            # To what is wrong with a token the answer is an empty line.
            self.sasl_login("XOAUTH2", lambda _challenge: next(words, b""))
        elif self.has_capability("AUTH=PLAIN"):
            self.sasl_login("PLAIN", lambda _challenge: f"\0{login.user}\0{login.password}".encode())
        else:
            self.login(login.user, login.password)


@contextlib.contextmanager
def _certified() -> Iterator[None]:
    try:
        yield
    except ssl.SSLCertVerificationError as error:
        raise Refused("certificate", permanent=True, reply=said(error.verify_message)) from error
    except ssl.SSLError as error:
        raise Refused("encryption", permanent=True) from error


@contextlib.contextmanager
def _telling() -> Iterator[None]:
    with hosts.telling():
        try:
            yield
        except LoginError:
            raise
        except imaplib.IMAP4.abort as error:
            raise _aborted(error) from error
        # The library trusts what servers say, so what is none of IMAP may end anywhere in it.
        except (ProtocolError, ValueError, LookupError, TypeError, AttributeError, AssertionError) as error:
            raise Refused("protocol", reply=said(str(error))) from error
        except imaplib.IMAP4.error as error:
            raise Refused("refused", reply=said(str(error))) from error


def _aborted(error: Exception) -> Refused:
    """The library gives up alike on a line that broke and on one on which nobody speaks IMAP."""
    return Refused("protocol" if "unexpected response" in str(error) else "dropped", reply=said(str(error)))


def _only(parts: dict[bytes, Any]) -> bytes:
    return next((value for name, value in parts.items() if name.startswith(b"BODY[")), None) or b""


def _role(name: str, flags: Sequence[bytes], delimiter: bytes) -> str:
    if name.upper() == "INBOX":
        return "inbox"
    if told := next((_ROLES[flag] for flag in flags if flag in _ROLES), ""):
        return told
    last = name.rpartition(delimiter.decode("ascii", "replace"))[2].lower()
    return next((role for role, names in _NAMES.items() if last in names), "")
