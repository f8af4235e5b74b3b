"""The language of the screens: Vietnamese, unless the person chose English.

Not Django's LocaleMiddleware: that one follows the browser, and many browsers in Vietnam say English
without anybody having chosen it.
"""

from collections.abc import Callable, Iterator
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.views.i18n import set_language


class ChosenLanguageMiddleware:
    """Speak the language of the person's cookie (`POST /language/` sets it), else Vietnamese."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with translation.override(chosen_language(request)):
            request.LANGUAGE_CODE = translation.get_language()
            response = self.get_response(request)
        response.headers.setdefault("Content-Language", request.LANGUAGE_CODE)
        patch_vary_headers(response, ("Cookie",))
        return response


def chosen_language(request: HttpRequest) -> str:
    """`vi` or `en`."""
    chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
    return chosen if chosen in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE


urlpatterns = [path("", login_not_required(set_language), name="set_language")]


def in_every_language(words: Any) -> Iterator[str]:
    """How lazily translated words read in each language that the product speaks."""
    for code, _name in settings.LANGUAGES:
        with translation.override(code):
            yield str(words)
