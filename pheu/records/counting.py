"""Counts of tabs and of the first page, kept for a minute for each person and forgotten at once when that person
changes something."""

from collections.abc import Callable
from typing import Any

from django.core.cache import cache
from django.http import HttpRequest, HttpResponse

from pheu.people.models import User
from pheu.records.lists import Listing

KEPT = 60  # seconds
KEEPS = "keeps_counts"


def kept(name: str, user: User, count: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """What `count` says, at most `KEPT` seconds old, and never older than the person's own last change."""
    key = _key(user.pk)
    known: dict[str, dict[str, Any]] = cache.get(key) or {}
    if name not in known:
        known[name] = count()
        cache.set(key, known, KEPT)
    return known[name]


def counts_of(listing: Listing) -> dict[str, str]:
    """Rows of every tab by its code, capped."""
    return kept(listing.kind.code, listing.user, listing.counts)


class ForgetCountsMiddleware:
    """What I have just made is counted on the next page."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.method == "POST" and not hasattr(response, KEEPS) and _is_done(request, response):
            cache.delete(_key(request.user.pk))
        return response


def _is_done(request: HttpRequest, response: HttpResponse) -> bool:
    return request.user.is_authenticated and response.status_code < 400


def forgetting_nothing(response: HttpResponse) -> HttpResponse:
    """Say of an answer that nothing was made or changed that is counted, though it was posted."""
    setattr(response, KEEPS, True)
    return response


def _key(user: int | None) -> str:
    return f"counts:{user}"
