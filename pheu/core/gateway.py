"""What the server calls: one port for pages and for streams that stay open (docs/adr/0018).

Pages run in Django's WSGI handler, in a fixed pool of threads; a body is read before its page gets a thread, so that a
slow line holds none. Streams are answered in the event loop: two hundred that wait cost no thread at all.
"""

import asyncio
import logging
import signal
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeout
from dataclasses import dataclass, field
from http import HTTPStatus
from tempfile import SpooledTemporaryFile
from typing import Any, Protocol
from urllib.parse import unquote_to_bytes

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]

log = logging.getLogger(__name__)

IN_MEMORY = 1024 * 1024  # bytes of a body; a larger one waits on disk for its page
LARGEST = 256 * 1024 * 1024  # bytes; pages say themselves what they take, far below
STALLED = 60  # seconds in which somebody must take a piece of what is streamed
PIECE = 64 * 1024  # bytes that a streamed answer sends at once, after its first piece
TICKET = "pheu.ticket"  # where the page of a stream finds whom it may admit
GATEWAY = "pheu.gateway"  # says that streams can be opened here


class Gone(Exception):
    """Whoever asked has left."""


class TooLarge(Exception):
    """More than any page would take."""


@dataclass
class Ticket:
    """Given to the page at a stream's address, which is a view like any other: it says whether the stream may open."""

    admitted: dict[str, Any] | None = None

    def admit(self, **who: Any) -> None:
        self.admitted = who


class Stream(Protocol):
    """What stays open at an address. `start` and `stop` are called with the server's own."""

    async def start(self) -> None: ...
    async def stop(self) -> None: ...
    async def run(self, who: dict[str, Any], receive: Receive, send: Send) -> None: ...


@dataclass
class Answer:
    """What a page answered, all of it unless it was streamed."""

    status: int = 500
    headers: Headers = field(default_factory=list)
    body: bytes = b""
    was_streamed: bool = False

    def begin(self, status: str, headers: Iterable[tuple[str, str]], _trouble: Any = None) -> None:
        """WSGI's `start_response`."""
        self.status = int(status.split(" ", 1)[0])
        self.headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]

    @property
    def start(self) -> Message:
        return {"type": "http.response.start", "status": self.status, "headers": self.headers}


class Gateway:
    """The ASGI application. `streams` stand by their addresses."""

    def __init__(self, application: Any, *, threads: int, streams: dict[str, Stream]) -> None:
        self.application, self.streams = application, streams
        self.pool = ThreadPoolExecutor(threads, thread_name_prefix="page")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            try:
                await self._answer(scope, receive, send)
            except Gone:
                pass
            except TooLarge:
                await _say(send, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
            except Exception:  # whatever it is, the next request is served
                log.exception("%s %s broke", scope["method"], scope["path"])
                await _say(send, HTTPStatus.INTERNAL_SERVER_ERROR)

    async def _live(self, receive: Receive, send: Send) -> None:
        """Start and stop. The streams end with the first word of stopping: the server waits for all its answers."""
        loop = asyncio.get_running_loop()
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                for stream in self.streams.values():
                    await stream.start()
                # Beside the server's own handler, which asyncio goes on calling.
                signal.signal(signal.SIGTERM, lambda *_: loop.call_soon_threadsafe(self._end_streams))
                await send({"type": "lifespan.startup.complete"})
            else:
                for stream in self.streams.values():
                    await stream.stop()
                await send({"type": "lifespan.shutdown.complete"})
                return

    def _end_streams(self) -> None:
        for stream in self.streams.values():
            task = asyncio.ensure_future(stream.stop())
            task.add_done_callback(lambda done: done.exception())

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = await _read(receive)
        environ = environ_of(scope, body)
        stream = self.streams.get(scope["path"]) if scope["method"] == "GET" else None
        ticket = Ticket()
        if stream is not None:
            environ[TICKET] = ticket
        try:
            answer = await self._page(environ, receive, send)
        finally:
            body.close()
        if stream is not None and ticket.admitted is not None and answer.status == HTTPStatus.OK:
            await stream.run(ticket.admitted, receive, send)
        elif not answer.was_streamed:
            await send(answer.start)
            await send({"type": "http.response.body", "body": answer.body})

    async def _page(self, environ: dict[str, Any], receive: Receive, send: Send) -> Answer:
        loop = asyncio.get_running_loop()
        line = _Line(loop, receive, send)
        try:
            return await loop.run_in_executor(self.pool, self._run, environ, line)
        finally:
            line.hang_up()

    def _run(self, environ: dict[str, Any], line: "_Line") -> Answer:
        """In a thread: the page, and the sending of what it streams."""
        answer = Answer()
        pieces = self.application(environ, answer.begin)
        try:
            if environ["REQUEST_METHOD"] == "HEAD":
                return answer
            if not getattr(pieces, "streaming", True):
                answer.body = b"".join(pieces)
                return answer
            answer.was_streamed = True
            line.begin(answer)
            line.send_all(pieces)
            return answer
        finally:
            if hasattr(pieces, "close"):
                pieces.close()


class _Line:
    """From the thread of a page that streams to whoever listens, for as long as they do."""

    def __init__(self, loop: asyncio.AbstractEventLoop, receive: Receive, send: Send) -> None:
        self.loop, self.receive, self.send = loop, receive, send
        self.is_gone = False
        self.watching: asyncio.Task[None] | None = None
        self.sending: Future[None] | None = None

    def begin(self, answer: Answer) -> None:
        self.loop.call_soon_threadsafe(self._watch)
        self._wait_for(self.send(answer.start))

    def send_all(self, pieces: Iterable[bytes]) -> None:
        """The first piece at once, the rest in larger ones; no further than somebody listens."""
        waiting, size, most = list[bytes](), 0, 1
        for piece in pieces:
            if self.is_gone:
                return
            waiting.append(piece)
            size += len(piece)
            if size >= most:
                self._write(b"".join(waiting), more=True)
                waiting, size, most = [], 0, PIECE
        self._write(b"".join(waiting), more=False)

    def _write(self, body: bytes, *, more: bool) -> None:
        self._wait_for(self.send({"type": "http.response.body", "body": body, "more_body": more}))

    def _wait_for(self, sending: Any) -> None:
        """Until it is sent; whoever takes nothing for so long, or has left, gets no more."""
        self.sending = asyncio.run_coroutine_threadsafe(_awaited(sending), self.loop)
        try:
            self.sending.result(STALLED)
        except (FutureTimeout, CancelledError):
            self.sending.cancel()
            raise Gone from None

    def _watch(self) -> None:
        self.watching = self.loop.create_task(self._until_gone())

    async def _until_gone(self) -> None:
        await until_gone(self.receive)
        self.is_gone = True
        if self.sending is not None:
            self.sending.cancel()

    def hang_up(self) -> None:
        if self.watching is not None:
            self.watching.cancel()


async def _awaited(sending: Awaitable[None]) -> None:
    """What a server gives to wait for need not be a coroutine."""
    await sending


async def until_gone(receive: Receive) -> None:
    """Wait until whoever asked has left."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def _read(receive: Receive) -> Any:
    """The whole body of a request."""
    body, size = SpooledTemporaryFile(max_size=IN_MEMORY), 0  # noqa: SIM115  (closed after the page)
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            body.close()
            raise Gone
        piece = message.get("body") or b""
        size += len(piece)
        if size > LARGEST:
            body.close()
            raise TooLarge
        body.write(piece)
        if not message.get("more_body"):
            break
    body.seek(0)
    return body


def environ_of(scope: Scope, body: Any) -> dict[str, Any]:
    """What WSGI calls a request. A header whose name has an underscore is left out: it would stand for another."""
    path = scope.get("raw_path") or scope["path"].encode()
    host, port = scope.get("server") or ("localhost", None)
    environ = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": scope.get("root_path", ""),
        "PATH_INFO": unquote_to_bytes(path.split(b"?", 1)[0]).decode("latin-1"),
        "QUERY_STRING": scope.get("query_string", b"").decode("latin-1"),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "SERVER_NAME": host,
        "SERVER_PORT": str(port or 80),
        "REMOTE_ADDR": (scope.get("client") or ("",))[0],
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.get("scheme", "http"),
        "wsgi.input": body,
        "wsgi.errors": _Errors(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
        GATEWAY: True,
    }
    for name, value in scope["headers"]:
        _add_header(environ, name.decode("latin-1"), value.decode("latin-1"))
    body.seek(0, 2)
    if size := body.tell():
        environ["CONTENT_LENGTH"] = str(size)
    body.seek(0)
    return environ


def _add_header(environ: dict[str, Any], name: str, value: str) -> None:
    if "_" in name:
        return
    key = name.upper().replace("-", "_")
    if key not in {"CONTENT_TYPE", "CONTENT_LENGTH"}:
        key = f"HTTP_{key}"
    between = "; " if key == "HTTP_COOKIE" else ","
    environ[key] = f"{environ[key]}{between}{value}" if key in environ else value


class _Errors:
    """WSGI's `wsgi.errors`."""

    def write(self, text: str) -> None:
        log.error("%s", text.rstrip())

    def flush(self) -> None: ...


async def _say(send: Send, status: HTTPStatus) -> None:
    """A few words where no page can say them; nothing where an answer has begun already."""
    try:
        await send({"type": "http.response.start", "status": status, "headers": [(b"content-type", b"text/plain")]})
        await send({"type": "http.response.body", "body": status.phrase.encode()})
    except Exception:
        log.debug("the answer had begun", exc_info=True)
