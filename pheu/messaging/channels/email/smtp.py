"""A letter handed to a server that sends it on (RFC 6409)."""

import base64
import contextlib
import re
import smtplib
import socket
from collections.abc import Iterator, Sequence

from pheu.core.hosts import Refused, said, secured

from . import hosts
from .hosts import Login
from .letters import Address
from .writing import mailbox

_TOO_BIG = re.compile(r"5\.(3\.4|2\.3)\b")
_LINE_END = re.compile(rb"\r\n|\r|\n")
_BEGINS_WITH_DOT = re.compile(rb"^\.", re.MULTILINE)
_OF_THE_ADDRESS = re.compile(r"5\.1\.\d+\b")


def send(login: Login, raw: bytes, *, sender: str, recipients: Sequence[str], timeout: float = 60) -> dict[str, str]:
    """Hand over a letter; whom the server refused while it took the letter for others, with its words (`451 ...`).

    `Refused`: it took the letter for nobody; "address" where it knows none of them. `uncertain`: the line broke when
    the letter was on it.
    """
    written = {mailbox(Address("", one)): one for one in recipients}
    with _opened(login, timeout) as server:
        most = server.esmtp_features.get("size", "")
        if most.isdigit() and 0 < int(most) < len(raw):
            raise Refused("too_big", permanent=True, reply=f"SIZE {most}")
        server.starts_with(mailbox(Address("", sender)), len(raw))
        refused = {one: answer for one in written if (answer := server.recipient(one))}
        told = {written[one]: words for one, (_code, words) in refused.items()}
        if len(refused) == len(written):
            raise _of_all([code for code, _words in refused.values()], told)
        server.hand_over(raw)
    return told


def check(login: Login, *, timeout: float = 30) -> None:
    """Connect, encrypt and sign in, as for sending."""
    with _opened(login, timeout):
        pass


class _Server(smtplib.SMTP):
    """The library's client on a line of ours; what the server says comes as `Refused`."""

    sock: socket.socket

    def __init__(self, login: Login, timeout: float) -> None:
        self._login = login
        super().__init__(login.host, login.port, local_hostname="localhost", timeout=timeout)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        opened = hosts.connect(host, port, timeout=timeout)
        return secured(opened, host) if self._login.security == "tls" else opened

    def ask(self, command: str, argument: str = "", *, expected: Sequence[int] = (250,), code: str = "refused") -> None:
        answer, words = self.docmd(command, argument)
        if answer not in expected:
            raise refusal(code, answer, words)

    def greet(self) -> None:
        own = self.sock.getsockname()[0]
        answer, words = self.ehlo(f"[IPv6:{own}]" if ":" in own else f"[{own}]")  # as programs without a name do
        if answer != 250:
            raise refusal("protocol", answer, words)

    def encrypt(self) -> None:
        if not self.has_extn("starttls"):
            raise Refused("encryption", permanent=True)
        self.ask("STARTTLS", expected=[220], code="encryption")
        # What was said before, and by whom, does not count any more.
        self.sock, self.file = secured(self.sock, self._login.host), None
        self.esmtp_features, self.helo_resp, self.ehlo_resp, self.does_esmtp = {}, None, None, False
        self.greet()

    def sign_in(self) -> None:
        login, ways = self._login, self.esmtp_features.get("auth", "").upper().split()
        if login.token:
            self._say("XOAUTH2", f"user={login.user}\1auth=Bearer {login.token}\1\1", code="token")
        elif login.password and "PLAIN" in ways:
            self._say("PLAIN", f"\0{login.user}\0{login.password}", code="password")
        elif login.password and "LOGIN" in ways:
            self.ask("AUTH", "LOGIN", expected=[334], code="password")
            self.ask(_packed(login.user), expected=[334], code="password")
            self.ask(_packed(login.password), expected=[235], code="password")
        elif login.password:
            raise Refused("protocol", permanent=True, reply=said(" ".join(ways)))

    def _say(self, way: str, words: str, *, code: str) -> None:
        answer, reply = self.docmd("AUTH", f"{way} {_packed(words)}")
        if answer == 334:  # what is wrong, in base64; it is said again in plain after an empty line
            answer, reply = self.docmd("")
        if answer != 235:
            raise refusal(code, answer, reply)

    def starts_with(self, sender: str, size: int) -> None:
        options = [f"size={size}"] if self.has_extn("size") else []
        answer, words = self.mail(sender, options)
        if answer != 250:
            raise refusal("refused", answer, words)

    def recipient(self, address: str) -> tuple[int, str] | None:
        """What the server said if it does not take this one."""
        answer, words = self.rcpt(address)
        return None if answer in {250, 251} else (answer, said(f"{answer} {said(words)}"))

    def hand_over(self, raw: bytes) -> None:
        self.ask("DATA", expected=[354])
        try:
            self.send(_BEGINS_WITH_DOT.sub(b"..", _LINE_END.sub(b"\r\n", raw)) + b"\r\n.\r\n")
            answer, words = self.getreply()
        except (smtplib.SMTPServerDisconnected, OSError) as error:
            raise Refused("slow" if _was_slow(error) else "dropped", uncertain=True) from error
        if answer != 250:
            raise refusal("refused", answer, words)


@contextlib.contextmanager
def _opened(login: Login, timeout: float) -> Iterator[_Server]:
    with _telling():
        server = _Server(login, timeout)
    try:
        with _telling():
            server.greet()
            if login.security == "starttls":
                server.encrypt()
            hosts.must_not_be_heard(login, server.sock)
            server.sign_in()
            yield server
        with contextlib.suppress(smtplib.SMTPException, OSError):  # what was taken is taken
            server.quit()
    finally:
        server.close()


@contextlib.contextmanager
def _telling() -> Iterator[None]:
    with hosts.telling():
        try:
            yield
        except smtplib.SMTPConnectError as error:
            raise refusal("refused", error.smtp_code, error.smtp_error) from error
        except smtplib.SMTPServerDisconnected as error:
            raise Refused("slow" if _was_slow(error) else "dropped") from error
        except smtplib.SMTPException as error:
            raise Refused("protocol", reply=said(str(error))) from error


def refusal(code: str, answer: int, words: str | bytes) -> Refused:
    """What an answer of the server means; `code` is what a lasting no means at this step."""
    reply = said(f"{answer} {said(words)}")
    if 400 <= answer < 500:
        return Refused("later", reply=reply)
    if answer < 500:
        return Refused("protocol", reply=reply)
    if code == "refused":
        if answer == 552 or _TOO_BIG.search(reply):
            code = "too_big"
        elif _OF_THE_ADDRESS.search(reply):
            code = "address"
    return Refused(code, permanent=True, reply=reply)


def _of_all(answers: Sequence[int], told: dict[str, str]) -> Refused:
    if any(answer < 500 for answer in answers):
        return Refused("later", reply=next(iter(told.values())), recipients=told)
    return Refused("address", permanent=True, reply=next(iter(told.values()), ""), recipients=told)


def _was_slow(error: Exception) -> bool:
    return isinstance(error.__context__ or error, TimeoutError)


def _packed(words: str) -> str:
    return base64.b64encode(words.encode()).decode("ascii")
