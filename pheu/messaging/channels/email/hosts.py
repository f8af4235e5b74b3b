"""The way to a mail server that somebody named, and that no secret is said where others hear it."""

import contextlib
import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Literal

from django.conf import settings

from pheu.core import hosts
from pheu.core.hosts import IPAddress, Refused, embedded


@dataclass(frozen=True)
class Login:
    """A server and how to sign in there: with a password, or with a token (XOAUTH2); without either, not at all."""

    host: str
    port: int
    security: Literal["tls", "starttls", "none"]
    user: str = ""
    password: str = field(default="", repr=False)
    token: str = field(default="", repr=False)


def connect(host: str, port: int, *, timeout: float) -> socket.socket:
    """A connection as `core.hosts` makes it, to the open internet or where the operator said (`PHEU_MAIL_NETWORKS`)."""
    return hosts.connect(host, port, timeout=timeout, allowed=settings.MAIL_NETWORKS)


def is_ours(address: IPAddress) -> bool:
    """Whether the operator said that mail servers stand there (`PHEU_MAIL_NETWORKS`)."""
    return any(embedded(address) in network for network in settings.MAIL_NETWORKS)


def must_not_be_heard(login: Login, line: socket.socket) -> None:
    """Refuse to say a password or a token where others hear it, but on our own networks."""
    if isinstance(line, ssl.SSLSocket) or not (login.password or login.token):
        return
    if not is_ours(ip_address(line.getpeername()[0].partition("%")[0])):
        raise Refused("encryption", permanent=True)


@contextlib.contextmanager
def telling() -> Iterator[None]:
    """What goes wrong on an open line, as `Refused`."""
    try:
        yield
    except TimeoutError as error:
        raise Refused("slow") from error
    except (OSError, EOFError) as error:
        raise Refused("dropped") from error
