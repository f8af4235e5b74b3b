"""The product's own web server on a port of its own, a person who asks it, and what each answer cost."""

import gzip
import http.client
import os
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.test import Client

from pheu.core.environment import ROOT
from pheu.core.processes import stop_with_parent
from pheu.core.supervisor import web_command
from pheu.people.models import User

HOST, PROCESSES, THREADS = "127.0.0.1", 2, 4  # as `bin/run` starts it
COST = "X-Cost"
TOKEN = "b" * 32  # of the form and the cookie: any, as long as they are the same
PATIENCE = 30  # seconds until an answer


class CostMiddleware:
    """Put on every answer what it cost: statements, milliseconds of waiting for them, and milliseconds of this thread.

    The last are the processor's own time, the same on a quiet machine and on a busy one.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        spent, began_at = list[float](), time.thread_time()

        def watch(execute: Callable[..., Any], *asked: Any) -> Any:
            began = time.perf_counter()
            try:
                return execute(*asked)
            finally:
                spent.append(time.perf_counter() - began)

        with connection.execute_wrapper(watch):
            response = self.get_response(request)
        own = time.thread_time() - began_at
        response[COST] = f"{len(spent)} {1000 * sum(spent):.2f} {1000 * own:.2f}"
        return response


@contextmanager
def serving() -> Iterator[int]:
    """The port of a server that runs meanwhile."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
    own = {"DJANGO_SETTINGS_MODULE": "config.settings_bench", "PORT": str(port), "PHEU_WEB_THREADS": str(THREADS)}
    process = subprocess.Popen(
        web_command(HOST, port, PROCESSES), cwd=ROOT, env={**os.environ, **own}, preexec_fn=stop_with_parent
    )
    try:
        _wait_for(port)
        yield port
    finally:
        process.terminate()
        process.wait(timeout=PATIENCE)


def _wait_for(port: int) -> None:
    for _again in range(10 * PATIENCE):
        with suppress(OSError), socket.create_connection((HOST, port), timeout=1):
            return
        time.sleep(0.1)
    raise RuntimeError("the server did not start")


@dataclass
class Answer:
    """What came back, and how long it took to come, in milliseconds."""

    status: int
    ms: float
    size: int
    statements: int
    sql_ms: float
    own_ms: float
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return (gzip.decompress(self.body) if self.headers.get("Content-Encoding") == "gzip" else self.body).decode()


@dataclass
class Browser:
    """One signed-in person, over one connection that stays open."""

    user: User
    port: int
    cookies: str = ""
    connection: http.client.HTTPConnection = field(init=False)

    def __post_init__(self) -> None:
        client = Client()
        client.force_login(self.user)
        session = client.cookies[settings.SESSION_COOKIE_NAME].value
        self.cookies = f"{settings.SESSION_COOKIE_NAME}={session}; {settings.CSRF_COOKIE_NAME}={TOKEN}"
        self.connection = http.client.HTTPConnection(HOST, self.port, timeout=PATIENCE)

    def get(self, address: str, **headers: str) -> Answer:
        return self._ask("GET", address, None, headers)

    def post(self, address: str, data: Mapping[str, Any], **headers: str) -> Answer:
        sent = urlencode({"csrfmiddlewaretoken": TOKEN, **data}, doseq=True).encode()
        return self._ask("POST", address, sent, headers | {"Content-Type": "application/x-www-form-urlencoded"})

    def _ask(self, method: str, address: str, sent: bytes | None, headers: Mapping[str, str]) -> Answer:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        told = {"Cookie": self.cookies, "Accept-Encoding": "gzip", **named}
        began = time.perf_counter()
        try:
            self.connection.request(method, address, sent, told)
            response = self.connection.getresponse()
            body = response.read()
        except (OSError, http.client.HTTPException):
            self.connection.close()  # the next request opens another
            return Answer(599, 1000 * (time.perf_counter() - began), 0, 0, 0, 0, {}, b"")
        ms = 1000 * (time.perf_counter() - began)
        statements, *costs = (response.getheader(COST) or "0 0 0").split()
        sql_ms, own_ms = map(float, costs)
        return Answer(response.status, ms, len(body), int(statements), sql_ms, own_ms, dict(response.headers), body)
