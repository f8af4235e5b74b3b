"""Where our accounts differ from allauth's."""

from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class AccountAdapter(DefaultAccountAdapter):
    """Accounts are made by an administrator: nobody signs up."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def is_safe_url(self, url: str) -> bool:
        """Where `?next=` may lead; an address that cannot be taken apart leads nowhere."""
        try:
            urlsplit(url)
        except ValueError:
            return False
        return super().is_safe_url(url)
