"""A mail provider at which people sign in: a real server with rules of its own, and faults."""

import base64
import contextlib
import hashlib
import json
import secrets
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from .servers import TOKEN, Certificates

CLIENT, SECRET = "pheu-quantrac", "bi-mat-cua-ung-dung"


@dataclass
class Provider:
    """Codes and refresh tokens are good once, as a strict one has it (RFC 9700, 4.14.2)."""

    port: int = 0
    address: str = ""  # whose mailbox whoever signs in has
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    refreshing: set[str] = field(default_factory=set)
    asked: list[dict[str, str]] = field(default_factory=list)
    lasts: Any = 3600
    # Faults: what is answered in place of a token (status, body), or "hang".
    instead: tuple[int, bytes] | str = ""
    no_refresh: bool = False
    says_whose: bool = True
    heard: threading.Event = field(default_factory=threading.Event)
    go_on: threading.Event = field(default_factory=threading.Event)  # whoever is held waits for this

    @property
    def url(self) -> str:
        return f"https://localhost:{self.port}"

    def agree(self, url: str) -> str:
        """What a browser comes back with after its person said yes on the page of this address."""
        parts = urlsplit(url)
        asked = dict(parse_qsl(parts.query))
        assert f"{parts.scheme}://{parts.netloc}{parts.path}" == f"{self.url}/authorize"
        assert (asked["response_type"], asked["client_id"]) == ("code", CLIENT)
        code = secrets.token_urlsafe(16)
        self.codes[code] = asked
        back = urlsplit(asked["redirect_uri"])
        return f"{back.path}?{urlencode({'code': code, 'state': asked['state']})}"

    def answer(self, told: dict[str, str]) -> tuple[int, bytes]:
        self.asked.append(told)
        if isinstance(self.instead, tuple):
            return self.instead
        if (told.get("client_id"), told.get("client_secret")) != (CLIENT, SECRET):
            return self._no("invalid_client", 401)
        if told["grant_type"] == "refresh_token":
            if told["refresh_token"] not in self.refreshing:
                return self._no("invalid_grant", words="Token has been expired or revoked.")
            self.refreshing.remove(told["refresh_token"])
            return self._yes()
        asked = self.codes.pop(told["code"], None)
        digest = hashlib.sha256(told["code_verifier"].encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if asked is None or asked["code_challenge"] != challenge or asked["redirect_uri"] != told["redirect_uri"]:
            return self._no("invalid_grant")
        return self._yes()

    def _yes(self) -> tuple[int, bytes]:
        told: dict[str, Any] = {"access_token": f"{TOKEN}/{self.address}", "expires_in": self.lasts}
        if not self.no_refresh:
            told["refresh_token"] = secrets.token_urlsafe(16)
            self.refreshing.add(told["refresh_token"])
        if self.says_whose:
            claims = base64.urlsafe_b64encode(json.dumps({"email": self.address}).encode()).rstrip(b"=").decode()
            told["id_token"] = f"e30.{claims}.x"
        return 200, json.dumps(told).encode()

    @staticmethod
    def _no(error: str, status: int = 400, words: str = "") -> tuple[int, bytes]:
        return status, json.dumps({"error": error, **({"error_description": words} if words else {})}).encode()


@contextlib.contextmanager
def running_provider(certificates: Certificates) -> Iterator[Provider]:
    told = Provider()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            if told.instead == "hold":
                told.heard.set()
                told.go_on.wait(20)
            if told.instead == "drip":
                self._drip()
                return
            status, answer = told.answer(dict(parse_qsl(body)))
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def _drip(self) -> None:
            """A byte now and then, for ever: no single wait is long."""
            self.send_response(200)
            self.end_headers()
            with contextlib.suppress(OSError):
                while not told.go_on.wait(0.05):
                    self.wfile.write(b" ")

        def log_message(self, *_said: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates.certificate, certificates.key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    told.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield told
    finally:
        told.go_on.set()
        server.shutdown()
        server.server_close()
        thread.join(10)
