"""Real mail servers for the tests, on this machine and for one worker of the suite: Dovecot, and one that records."""

import asyncio
import contextlib
import grp
import json
import os
import pwd
import re
import shutil
import socket
import ssl
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import IO, Any
from urllib.parse import parse_qs, urlsplit

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from pheu.messaging.channels.email.hosts import Login

PASSWORD = "mật-khẩu-2026"
TOKEN = "ya29.dung"
_DAY = timedelta(days=1)


# Certificates ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Certificates:
    """An authority of our own, and what it vouches for: that this is `localhost`."""

    authority: Path
    certificate: Path
    key: Path

    @property
    def context(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, self.key)
        return context


def make_certificates(directory: Path) -> Certificates:
    authority_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Thử nghiệm Phễu")])
    authority = _vouched(name, name, authority_key, authority_key).add_extension(
        x509.BasicConstraints(ca=True, path_length=None), critical=True
    )
    server = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    own = _vouched(server, name, key, authority_key).add_extension(
        x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False
    )
    made = Certificates(directory / "ca.pem", directory / "cert.pem", directory / "key.pem")
    for path, builder in ((made.authority, authority), (made.certificate, own)):
        path.write_bytes(builder.sign(authority_key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    private = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    made.key.write_bytes(key.private_bytes(serialization.Encoding.PEM, *private))
    return made


def _vouched(subject: x509.Name, issuer: x509.Name, key: Any, authority: Any) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder(issuer, subject, key.public_key(), x509.random_serial_number(), now - _DAY, now + _DAY)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.public_key()), critical=False)
    )


# Dovecot --------------------------------------------------------------------------------------------------------------


@dataclass
class Mailbox:
    """Somebody's mail on a Dovecot: how to sign in, and the directory (Maildir) that it lies in."""

    login: Login
    directory: Path

    def deliver(self, *letters: bytes, folder: str = "") -> None:
        """As a server does that receives mail."""
        cur = self.directory / (f".{folder}" if folder else "") / "cur"
        for box in (cur.parent, cur, cur.parent / "new", cur.parent / "tmp"):
            _make(box, self.directory)
        began = time.time_ns()
        for number, letter in enumerate(letters):
            (cur / f"{began}.M{number}.thu,S={len(letter)}:2,").write_bytes(letter)

    def is_seen(self) -> bool:
        return any(path.name.partition(":2,")[2].count("S") for path in self.directory.glob("**/cur/*"))

    def renumber(self) -> None:
        """What happens when a server loses what it knew: the same mail under other numbers (UIDVALIDITY)."""
        numbers = self.directory / "dovecot-uidlist"
        head = numbers.read_text().split("\n")[0]
        validity = int(re.search(r" V(\d+)", head)[1])
        for path in self.directory.glob("dovecot.*"):
            path.unlink()
        numbers.write_text(re.sub(r" V\d+ N\d+", f" V{validity + 1} N1", head) + "\n")


@dataclass
class Dovecot:
    port: int
    tls_port: int
    mail: Path
    made: int = 0

    def mailbox(self) -> Mailbox:
        """A new mailbox with nothing in it; by name and encrypted from the start."""
        self.made += 1
        user = f"nguoi{self.made}@khach.vn"
        _make(self.mail / user, self.mail)
        return Mailbox(Login("localhost", self.tls_port, "tls", user, PASSWORD), self.mail / user)


CONFIGURATION = """
base_dir = {home}/run
state_dir = {home}/state
log_path = /dev/stderr
protocols = imap
listen = 127.0.0.1
ssl = yes
ssl_cert = <{certificates.certificate}
ssl_key = <{certificates.key}
disable_plaintext_auth = no
auth_mechanisms = plain login xoauth2
auth_failure_delay = 0
mail_location = maildir:{home}/mail/%u
mail_max_userip_connections = 100
mail_fsync = never
maildir_very_dirty_syncs = yes
first_valid_uid = 0
{own}
service imap-login {{
  chroot =
  process_min_avail = 1
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {tls_port}
  }}
}}
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
passdb {{
  driver = static
  mechanisms = plain login
  args = password={password}
}}
passdb {{
  driver = oauth2
  mechanisms = xoauth2
  args = {home}/oauth2.conf
}}
userdb {{
  driver = static
  args = uid={user} gid={group} home={home}/mail/%u
}}
namespace inbox {{
  inbox = yes
  separator = /
  mailbox Sent {{
    special_use = \\Sent
    auto = create
  }}
  mailbox "Thùng rác" {{
    auto = create
  }}
}}
"""


@contextlib.contextmanager
def running_dovecot(certificates: Certificates) -> Iterator[Dovecot]:
    """As root it keeps mail as nobody, who must reach the directory; else everything is of whoever runs the tests."""
    place = tempfile.TemporaryDirectory(prefix="pheu-mail-", dir=_roomy(), ignore_cleanup_errors=True)
    with place as made, _tokens() as tokens:
        home = Path(made)
        home.chmod(0o755)
        user, group, own = _owner()
        (home / "mail").mkdir()
        shutil.chown(home / "mail", user, group)
        (home / "oauth2.conf").write_text(
            f"introspection_url = http://127.0.0.1:{tokens}/?token=\nintrospection_mode = get\n"
            "username_attribute = email\nactive_attribute = active\nactive_value = true\n"
        )
        port, tls_port = free_ports(2)
        told = CONFIGURATION.format(
            home=home, certificates=certificates, own=own, user=user, group=group, port=port, tls_port=tls_port,
            password=PASSWORD,
        )  # fmt: skip
        (home / "dovecot.conf").write_text(told)
        command = [dovecot_path(), "-F", "-c", home / "dovecot.conf"]
        server = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        said, listens = list[str](), threading.Event()
        listener = threading.Thread(target=_hear, args=(server.stderr, said, listens), daemon=True)
        listener.start()
        try:
            assert listens.wait(20) and server.poll() is None, "".join(said)
            yield Dovecot(port, tls_port, home / "mail")
        finally:
            server.terminate()
            server.wait(10)
            listener.join(10)


def _roomy() -> str | None:
    """Memory, where there is enough: ten thousand files take a disk several seconds."""
    memory = "/dev/shm"
    return memory if os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 1_000_000_000 else None


def dovecot_path() -> str:
    """Debian keeps it where only root looks for programs."""
    found = os.environ.get("PHEU_DOVECOT") or shutil.which("dovecot", path=f"{os.environ['PATH']}:/usr/sbin")
    assert found, "The mail tests need Dovecot; install the package dovecot-imapd or set PHEU_DOVECOT=/path/to/it."
    return found


def _owner() -> tuple[str, str, str]:
    if os.getuid() == 0:
        return "nobody", "nogroup", ""
    user, group = pwd.getpwuid(os.getuid()).pw_name, grp.getgrgid(os.getgid()).gr_name
    own = f"default_login_user = {user}\ndefault_internal_user = {user}\ndefault_internal_group = {group}"
    return user, group, own


def _make(directory: Path, like: Path) -> None:
    if not directory.exists():
        directory.mkdir()
        _give(directory, like)


def _give(path: Path, like: Path) -> None:
    if os.getuid() == 0:
        os.chown(path, like.stat().st_uid, like.stat().st_gid)


def free_ports(number: int) -> list[int]:
    with contextlib.ExitStack() as held:
        sockets = [held.enter_context(socket.create_server(("127.0.0.1", 0))) for _one in range(number)]
        return [one.getsockname()[1] for one in sockets]


def _hear(log: IO[str], said: list[str], listens: threading.Event) -> None:
    """Dovecot says that it starts once its ports are open."""
    with log:
        for line in log:
            said.append(line)
            if "starting up" in line:
                listens.set()
    listens.set()  # it has ended


@contextlib.contextmanager
def _tokens() -> Iterator[int]:
    """Whom Dovecot asks whether a token is good, and whose it is."""

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            token, _at, user = parse_qs(urlsplit(self.path).query).get("token", [""])[0].partition("/")
            body = json.dumps({"active": token == TOKEN, "email": user}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_said: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)


# Sending --------------------------------------------------------------------------------------------------------------


@dataclass
class Faults:
    """What goes wrong at the server, until a test says otherwise."""

    password: bool = False  # is refused
    no_auth: bool = False
    no_starttls: bool = False
    greylisted: set[str] = field(default_factory=set)  # the first time
    unknown: set[str] = field(default_factory=set)
    sender: str = ""  # what is said to MAIL FROM
    data: str = ""  # what is said to the letter
    drops: str = ""  # "greeting", "rcpt", "data": in mid-letter, "reply": when it was taken
    hangs: str = ""  # the same places


@dataclass
class Taken:
    sender: str
    recipients: list[str]
    raw: bytes
    user: str
    encrypted: bool


@dataclass
class Recorder:
    """An SMTP server that keeps what it is sent, and has faults."""

    ports: dict[str, int]
    taken: list[Taken] = field(default_factory=list)
    faults: Faults = field(default_factory=Faults)
    tried: int = 0
    lines: list[asyncio.Transport] = field(default_factory=list)

    def login(self, security: Any = "starttls", **given: Any) -> Login:
        how = {"user": "an@pheu.vn", "password": PASSWORD, **given}
        return Login("localhost", self.ports["tls" if security == "tls" else "plain"], security, **how)

    def forget(self) -> None:
        self.taken, self.faults, self.tried = [], Faults(), 0


class _Handler:
    def __init__(self, recorder: Recorder) -> None:
        self.recorder = recorder

    async def handle_MAIL(  # noqa: N802
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: Any
    ) -> str:
        if self.recorder.faults.sender:
            return self.recorder.faults.sender
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, _session: Session, envelope: Envelope, address: str, _options: Any
    ) -> str:
        faults = self.recorder.faults
        await _maybe(server, faults, "rcpt")
        if address in faults.unknown:
            return "550 5.1.1 No such user here"
        if address in faults.greylisted:
            faults.greylisted.remove(address)
            return "451 4.7.1 Greylisted, try again later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        faults = self.recorder.faults
        if faults.data:
            return faults.data
        raw, user = bytes(envelope.content or b""), session.auth_data or ""
        encrypted = server.transport.get_extra_info("sslcontext") is not None
        taken = Taken(str(envelope.mail_from), envelope.rcpt_tos, raw, user, encrypted)
        self.recorder.taken.append(taken)
        await _maybe(server, faults, "reply")
        return "250 OK"

    async def auth_XOAUTH2(self, server: SMTP, args: list[str]) -> AuthResult:  # noqa: N802
        import base64

        said = base64.b64decode(args[1]).decode().split("\1")
        user = said[0].removeprefix("user=")
        if said[1].partition("/")[0] == f"auth=Bearer {TOKEN}":
            return AuthResult(success=True, auth_data=user)
        answer = await server.challenge_auth(b'{"status":"400"}')
        assert answer == b""
        return AuthResult(success=False, handled=False)

    def authenticate(self, _server: SMTP, _session: Session, _envelope: Envelope, _way: str, given: Any) -> AuthResult:
        self.recorder.tried += 1
        assert isinstance(given, LoginPassword)
        good = given.password == PASSWORD.encode() and not self.recorder.faults.password
        return AuthResult(success=good, handled=False, auth_data=given.login.decode())


class _Server(SMTP):
    def __init__(self, recorder: Recorder, **given: Any) -> None:
        handler = _Handler(recorder)
        self.recorder, self.faults = recorder, recorder.faults
        super().__init__(
            handler, hostname="thu.khach.vn", authenticator=handler.authenticate, auth_require_tls=False,
            auth_exclude_mechanism=["PLAIN", "LOGIN", "XOAUTH2"] if recorder.faults.no_auth else [], **given,
        )  # fmt: skip

    def connection_made(self, transport: Any) -> None:
        self.recorder.lines.append(transport)
        super().connection_made(transport)

    async def _handle_client(self) -> None:
        await _maybe(self, self.faults, "greeting")
        await super()._handle_client()

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802
        if "data" in {self.faults.drops, self.faults.hangs}:
            await self.push("354 go on")
            await self._reader.readline()
            await _maybe(self, self.faults, "data")
        await super().smtp_DATA(arg)


async def _maybe(server: SMTP, faults: Faults, where: str) -> None:
    if faults.drops == where:
        server.transport.abort()
        raise asyncio.CancelledError
    if faults.hangs == where:
        await asyncio.get_running_loop().create_future()


@contextlib.contextmanager
def running_recorder(certificates: Certificates) -> Iterator[Recorder]:
    loop = asyncio.new_event_loop()
    recorder = Recorder({})
    context = certificates.context

    def plain() -> SMTP:
        return _Server(recorder, loop=loop, tls_context=None if recorder.faults.no_starttls else context)

    servers: list[asyncio.Server] = []

    async def start() -> None:
        for name, make, tls in (("plain", plain, None), ("tls", lambda: _Server(recorder, loop=loop), context)):
            servers.append(server := await loop.create_server(make, "127.0.0.1", 0, ssl=tls))
            recorder.ports[name] = server.sockets[0].getsockname()[1]

    async def stop() -> None:
        for server in servers:
            server.close()
        for line in recorder.lines:
            line.abort()
        talking = asyncio.all_tasks() - {asyncio.current_task()}
        for task in talking:
            task.cancel()
        await asyncio.gather(*talking, return_exceptions=True)

    # In a thread from the start: the browser tests have a loop of their own in this one.
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        asyncio.run_coroutine_threadsafe(start(), loop).result(10)
        yield recorder
    finally:
        asyncio.run_coroutine_threadsafe(stop(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


# Anything else --------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def answering(*said: bytes, then: str = "hang") -> Iterator[int]:
    """A server that says the first at once, and one more to each line it hears; then it is silent, or hangs up."""
    server = socket.create_server(("127.0.0.1", 0))
    over = threading.Event()

    def serve() -> None:
        with contextlib.suppress(OSError):
            line, _from = server.accept()
            with line, line.makefile("rb") as heard:
                for number, words in enumerate(said):
                    if number and not (asked := heard.readline()):
                        return
                    line.sendall(words.replace(b"TAG", asked.split()[0]) if number else words)
                if then == "hang":
                    over.wait(20)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield server.getsockname()[1]
    finally:
        over.set()
        server.close()
        thread.join(10)
