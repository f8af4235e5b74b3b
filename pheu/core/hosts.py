"""The way to a server that somebody named: never to where only this machine may go (quality.md 3, SSRF)."""

import contextlib
import http.client
import re
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from types import MappingProxyType
from urllib.parse import urlencode, urlsplit

IPAddress = IPv4Address | IPv6Address
Networks = Sequence[IPv4Network | IPv6Network]

_TRANSLATED = IPv6Network("64:ff9b::/96")  # NAT64
_COMPATIBLE = IPv6Network("::/96")
_UNICAST = IPv6Network("2000::/3")


class Refused(Exception):
    """A server or the way to it said no.

    `code`: "host" (no such name), "forbidden" (an address inside our own network), "unreachable", "slow",
    "certificate", "encryption" (none offered), "password", "token", "address" (of a recipient or the sender),
    "too_big", "later" (4xx), "refused", "dropped" (the line broke), "protocol" (nothing we understand); of signing in
    at a provider "signed_out", "application", "denied", "no_lasting".
    `permanent`: another try will end the same way. `uncertain`: the letter may have been taken all the same. `reply` is
    what the server said, `recipients` what it said of each.
    """

    def __init__(
        self,
        code: str,
        *,
        permanent: bool = False,
        uncertain: bool = False,
        reply: str = "",
        recipients: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(code, reply)
        self.code = code
        self.permanent = permanent
        self.uncertain = uncertain
        self.reply = reply
        self.recipients: Mapping[str, str] = MappingProxyType(dict(recipients or {}))


def connect(host: str, port: int, *, timeout: float, allowed: Networks = ()) -> socket.socket:
    """A connection to the server of that name, made within so many seconds, which each later step may take again.

    `allowed`: networks of our own in which such servers stand. The name is looked up once, and what is connected to
    is the very address that was found good. `Refused`: "host", "forbidden", "unreachable", "slow".
    """
    ends = time.monotonic() + timeout
    refusal = Refused("forbidden", permanent=True)
    for address in addresses(host, port):
        if not may_be_reached(address, allowed):
            continue
        try:
            opened = socket.create_connection((str(address), port), max(ends - time.monotonic(), 0.01))
        except TimeoutError:
            refusal = Refused("slow")
        except OSError as error:
            refusal = Refused("unreachable", reply=said(error.strerror or ""))
        else:
            opened.settimeout(timeout)
            return opened
    raise refusal


def addresses(host: str, port: int) -> list[IPAddress]:
    """What a name stands for, whichever way it writes an address."""
    try:
        found = socket.getaddrinfo(host.strip().rstrip("."), port, type=socket.SOCK_STREAM)
    except socket.gaierror as error:
        raise Refused("host", permanent=error.errno == socket.EAI_NONAME) from error
    except (UnicodeError, ValueError, OverflowError) as error:  # too long, a zero in it, no such port
        raise Refused("host", permanent=True) from error
    return list(dict.fromkeys(ip_address(str(one[4][0]).partition("%")[0]) for one in found))


def may_be_reached(address: IPAddress, allowed: Networks = ()) -> bool:
    real = embedded(address)
    if any(real in network for network in allowed):
        return True
    if real.is_multicast or not real.is_global:
        return False
    return isinstance(real, IPv4Address) or real in _UNICAST


def embedded(address: IPAddress) -> IPAddress:
    """The IPv4 address that an IPv6 one leads to, else the address itself."""
    if isinstance(address, IPv4Address):
        return address
    if address in _TRANSLATED or (address in _COMPATIBLE and int(address) > 1):
        return IPv4Address(int(address) & 0xFFFFFFFF)
    teredo = address.teredo[1] if address.teredo else None
    return address.ipv4_mapped or address.sixtofour or teredo or address


def secured(line: socket.socket, host: str) -> ssl.SSLSocket:
    """The line, encrypted, after the server has shown a certificate for that name."""
    try:
        return context().wrap_socket(line, server_hostname=host.strip().rstrip("."))
    except ssl.SSLCertVerificationError as error:
        raise Refused("certificate", permanent=True, reply=said(error.verify_message)) from error
    except TimeoutError as error:
        raise Refused("slow") from error
    except (ssl.SSLError, OSError, ValueError) as error:  # something else than TLS answers there, or hangs up
        raise Refused("encryption", permanent=isinstance(error, ssl.SSLError)) from error


def context() -> ssl.SSLContext:
    """What a certificate is checked by: the machine's own list, or another in `SSL_CERT_FILE`."""
    return ssl.create_default_context()


def post_form(
    url: str, fields: Mapping[str, str], *, within: float, allowed: Networks = (), most: int = 100_000
) -> tuple[int, bytes]:
    """What a server answers to a form: its status, and at most so many bytes. It is encrypted, and led nowhere else.

    All of it takes `within` seconds at most, however slowly each byte comes. `Refused` as of `connect` and `secured`,
    and "slow" and "dropped" of the answer.
    """
    parts = urlsplit(url)
    if parts.scheme != "https" or not parts.hostname:
        raise Refused("encryption", permanent=True)
    host, port = parts.hostname, parts.port or 443
    ends = time.monotonic() + within
    way = http.client.HTTPSConnection(host, port)
    with connect(host, port, timeout=within, allowed=allowed) as line, _cut_at(ends, line) as is_cut:
        try:
            with secured(line, host) as way.sock:
                path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
                head = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
                way.request("POST", path, urlencode(fields), head)
                with contextlib.closing(way.getresponse()) as answer:
                    told = answer.status, answer.read(most)
        except (OSError, http.client.HTTPException) as error:
            raise Refused("slow" if is_cut.is_set() or isinstance(error, TimeoutError) else "dropped") from error
        except Refused as error:
            raise (Refused("slow") if is_cut.is_set() else error) from error
    if is_cut.is_set():  # what ends with the line looks like all of it
        raise Refused("slow")
    return told


@contextlib.contextmanager
def _cut_at(ends: float, line: socket.socket) -> Iterator[threading.Event]:
    """Whoever waits for something on the line waits no longer than until then; set when it came to that."""
    is_cut, held = threading.Event(), line.dup()  # the line itself is taken over by what encrypts it

    def cut() -> None:
        is_cut.set()
        with contextlib.suppress(OSError):  # it has ended by itself
            held.shutdown(socket.SHUT_RDWR)

    watch = threading.Timer(max(ends - time.monotonic(), 0.01), cut)
    watch.daemon = True
    watch.start()
    try:
        yield is_cut
    finally:
        watch.cancel()
        watch.join()
        held.close()


def said(words: str | bytes) -> str:
    """A server's own words, fit to be shown."""
    text = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
    return " ".join(re.sub(r"[^\S ]|[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", " ", text).split())[
        :500
    ]
