"""Where our accounts differ from allauth's."""

from typing import Any
from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.internal import ratelimit
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from pheu.core import navigation
from pheu.people.models import User
from pheu.people.throttling import KnownBrowser

WRONG = _("The e-mail address or the password is not correct.")
WAIT = _("Too many tries. Wait a few minutes and try again, or use a browser in which you have signed in before.")


def start_url(user: Any) -> str:
    """The address of the area with which somebody begins; empty where they chose none, or may not open it any more."""
    return next(
        (one.url for one in navigation.items_for(user) if user.start_page and one.url_name == user.start_page), ""
    )


class AccountAdapter(DefaultAccountAdapter):
    """Accounts are made by an administrator: nobody signs up. Tries are counted as `throttling` says."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "email_password_mismatch": WRONG,
        "too_many_login_attempts": WAIT,
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Count a try before the password is looked at; allauth takes it back when the password was right."""
        browser, login = KnownBrowser.of(request), self._get_login_attempts_cache_key(request, **credentials)
        known = browser.knows(login)
        self._login_failed_rl_usage = ratelimit.consume(
            request,
            app="allauth.account",
            action="login_failed_known" if known else "login_failed",
            key=f"{login} {browser.name}" if known else login,
        )
        if not self._login_failed_rl_usage:
            raise self.validation_error("too_many_login_attempts")

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        """The account alone. allauth adds the Host header, whose port anybody may vary to be counted anew."""
        return str(credentials.get("email") or "").strip().lower()

    def post_login(self, request: HttpRequest, user: User, **told: Any) -> HttpResponse:
        response = super().post_login(request, user, **told)
        KnownBrowser.of(request).remember(user.email, response)
        return response

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """Where the person begins, as long as that is open to them."""
        return start_url(request.user) or super().get_login_redirect_url(request)

    def reauthenticate(self, user: User, password: str) -> bool:
        """Who is signed in is no guesser at others' accounts: allauth counts these tries by the person."""
        return user.check_password(password)

    def is_safe_url(self, url: str) -> bool:
        """Where `?next=` may lead; an address that cannot be taken apart leads nowhere."""
        try:
            urlsplit(url)
        except ValueError:
            return False
        return super().is_safe_url(url)
