"""Between the server and Django: what a request becomes, and what goes wrong is answered."""

import asyncio
import io
from concurrent.futures import ThreadPoolExecutor

from pheu.core import gateway
from pheu.core.gateway import Gateway, environ_of


def scope(**more):
    return {
        "type": "http",
        "http_version": "1.1",
        "method": "GET",
        "path": "/không-có/",
        "raw_path": b"/kh%C3%B4ng-c%C3%B3/",
        "query_string": b"q=%C4%90%C3%A1",
        "headers": [],
        "scheme": "http",
        "client": ("203.0.113.7", 5000),
        "server": ("127.0.0.1", 8000),
        **more,
    }


def asked(application, pieces=(b"",), **more) -> list[dict]:
    """What is sent for one request whose body comes in `pieces`."""
    coming = [{"type": "http.request", "body": one, "more_body": True} for one in pieces[:-1]]
    coming.append({"type": "http.request", "body": pieces[-1], "more_body": False})
    sent = []

    async def receive():
        return coming.pop(0) if coming else await asyncio.Event().wait()

    async def send(message):
        sent.append(message)

    with ThreadPoolExecutor(1) as apart:  # Playwright's loop runs in the thread of the tests
        answering = Gateway(application, threads=1, streams={})(scope(**more), receive, send)
        apart.submit(asyncio.run, answering).result()
    return sent


def test_an_address_reaches_the_page_as_wsgi_writes_it():
    environ = environ_of(scope(), io.BytesIO())
    assert environ["PATH_INFO"].encode("latin-1").decode() == "/không-có/"
    assert environ["QUERY_STRING"] == "q=%C4%90%C3%A1"
    assert environ["REMOTE_ADDR"] == "203.0.113.7"


def test_a_header_cannot_stand_for_another():
    headers = [(b"x_forwarded_proto", b"https"), (b"x-forwarded-for", b"a"), (b"x-forwarded-for", b"b")]
    environ = environ_of(scope(headers=[*headers, (b"cookie", b"a=1"), (b"cookie", b"b=2")]), io.BytesIO())
    assert "HTTP_X_FORWARDED_PROTO" not in environ
    assert environ["HTTP_X_FORWARDED_FOR"] == "a,b"
    assert environ["HTTP_COOKIE"] == "a=1; b=2"


def test_a_body_that_comes_in_pieces_arrives_whole_with_its_length():
    def page(environ, start):
        start("200 OK", [("Content-Type", "text/plain")])
        return [environ["wsgi.input"].read() + environ["CONTENT_LENGTH"].encode()]

    sent = asked(page, (b"xi ", b"mang"), method="POST")
    assert sent[0]["status"] == 200
    assert b"".join(one.get("body", b"") for one in sent) == b"xi mang7"


def test_a_body_beyond_all_that_pages_take_is_refused(monkeypatch):
    monkeypatch.setattr(gateway, "LARGEST", 5)
    assert asked(None, (b"xi ", b"mang"), method="POST")[0]["status"] == 413


def test_a_page_that_breaks_is_answered_and_closed():
    def page(environ, start):
        raise RuntimeError("broken")

    assert asked(page)[0]["status"] == 500


def test_what_is_streamed_goes_out_in_order_and_is_closed():
    closed = []

    class Pieces:
        def __iter__(self):
            return iter([b"1;", b"2;", b"x" * gateway.PIECE, b"end"])

        def close(self):
            closed.append(True)

    def page(environ, start):
        start("200 OK", [])
        return Pieces()

    sent = asked(page)
    assert b"".join(one.get("body", b"") for one in sent) == b"1;2;" + b"x" * gateway.PIECE + b"end"
    assert [one.get("more_body") for one in sent[1:]] == [True, True, False]
    assert closed == [True]


def test_a_head_has_no_body():
    def page(environ, start):
        start("200 OK", [("Content-Length", "3")])
        return [b"abc"]

    assert asked(page, method="HEAD")[1]["body"] == b""
