"""What is looked at before anybody reads a request: its content type and its cookies."""

import codecs
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.http import parse_header_parameters
from django.utils.translation import gettext_lazy as _

from pheu.core.errors import Unreadable, say

READ = {"", "utf-8"}


class ReadableRequestMiddleware:
    """Refuses text in encodings that no browser sends us, and forgets cookies that hold what no column can.

    Many of Python's codecs are none of text, and the key of a session is looked up as it stands.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.COOKIES = {name: value for name, value in request.COOKIES.items() if value.isprintable()}
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        """Before any other middleware reads the body, and after all of them know the person and the language."""
        charset = (request.content_params or {}).get("charset", "")
        if charset.strip().lower() in READ:
            return None
        return say(request, Unreadable(_("Text is taken in UTF-8 only.")))


def readable(application: Callable[..., Any]) -> Callable[..., Any]:
    """Around the WSGI application: a content type that cannot be taken apart is an unknown one, no broken server."""

    def guarded(environ: dict[str, Any], start_response: Any) -> Any:
        try:
            _type, parts = parse_header_parameters(environ.get("CONTENT_TYPE", ""))
            codecs.lookup(parts.get("charset", "utf-8"))
        except (ValueError, LookupError):
            environ["CONTENT_TYPE"] = "unknown; charset=unknown"
        return application(environ, start_response)

    return guarded
