"""How often somebody may try to sign in: counted per account, wherever the tries come from, and per address.

Guessing one account from a thousand addresses meets the first limit, guessing a thousand accounts from one address the
second, which is far larger, because a whole office may stand behind one address. Whoever guesses at somebody else's
account cannot keep them out: a browser from which they signed in before carries a signed cookie that says so, and its
tries are counted for themselves alone («device cookies», OWASP).
"""

import hashlib
import secrets
from dataclasses import dataclass

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponseBase

# allauth's setting ACCOUNT_RATE_LIMITS. "key" is the account.
RATE_LIMITS: dict[str, str | None] = {
    "login": None,  # right passwords count nowhere: on Monday morning everybody signs in
    "login_failed": "10/10m/key,100/10m/ip",
    "login_failed_known": "10/10m/key",  # ours: the account as tried from one known browser
    "reset_password": "20/m/ip,5/m/key",
    "calendar_feed": "30/10m/key,600/10m/ip",  # ours: phones that read a calendar, and who guesses at its address
    "unsubscribe": "30/10m/key",  # ours: the link of one letter; mail programs of many people share an address
}

COOKIE, SALT = "known_browser", "pheu.people.known_browser"
AGE = 365 * 24 * 3600  # seconds since the last sign-in
MOST = 8  # people who share one browser


@dataclass(frozen=True)
class KnownBrowser:
    """A browser by a random name of its own, and digests of the accounts that signed in there, the last one first."""

    name: str
    accounts: tuple[str, ...] = ()

    @classmethod
    def of(cls, request: HttpRequest) -> "KnownBrowser":
        try:
            name, *accounts = signing.loads(request.COOKIES.get(COOKIE, ""), salt=SALT, max_age=AGE)
        except signing.BadSignature:
            return cls(secrets.token_urlsafe(9))
        return cls(name, tuple(accounts))

    def knows(self, login: str) -> bool:
        return _digest(login) in self.accounts

    def remember(self, login: str, response: HttpResponseBase) -> None:
        """Somebody has signed in: let the browser carry it, to the pages of accounts only."""
        last = _digest(login)
        accounts = [last, *(one for one in self.accounts if one != last)][:MOST]
        response.set_cookie(
            COOKIE,
            signing.dumps([self.name, *accounts], salt=SALT),
            max_age=AGE,
            path="/accounts/",
            secure=settings.SESSION_COOKIE_SECURE,
            httponly=True,
            samesite="Lax",
        )


def _digest(login: str) -> str:
    return hashlib.sha256(login.lower().encode()).hexdigest()[:16]
