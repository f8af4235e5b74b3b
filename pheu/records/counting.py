"""The counts of tabs, kept for a minute for each person and forgotten at once when that person changes something."""

from collections.abc import Callable

from django.core.cache import cache
from django.http import HttpRequest, HttpResponse

from pheu.records.lists import Listing

KEPT = 60  # seconds


def counts_of(listing: Listing) -> dict[str, str]:
    """Rows of every tab by its code, capped; at most `KEPT` seconds old, and never older than my own last change."""
    key = _key(listing.user.pk)
    known: dict[str, dict[str, str]] = cache.get(key) or {}
    if listing.kind.code not in known:
        known[listing.kind.code] = listing.counts()
        cache.set(key, known, KEPT)
    return known[listing.kind.code]


class ForgetCountsMiddleware:
    """What I have just made is counted on the next page."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.method == "POST" and request.user.is_authenticated and response.status_code < 400:
            cache.delete(_key(request.user.pk))
        return response


def _key(user: int | None) -> str:
    return f"counts:{user}"
