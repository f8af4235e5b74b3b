"""The page «Đăng nhập hộp thư» of «Cấu hình»: how Phễu is known to the providers at which people sign in."""

import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from pheu.core.sealed import seal
from pheu.messaging.models import MailProvider
from pheu.setup.columns import Column
from pheu.setup.lists import CompanyList

SET = "•••"  # all that is ever said of a secret


class Secret(Column):
    """What nobody reads again: typed, it is sealed, and the log says that there is another one; empty, it stays."""

    def value(self, item: Any) -> str:
        return ""

    def put(self, item: Any, value: Any) -> None:
        if value:
            item.secret = seal(value)

    def merged(self, now: Any, saw: Any, new: Any) -> Any:
        return new

    def changes(self, was: Any, now: Any) -> list[dict[str, Any]]:
        return [{"column": self.name, "was": "", "now": SET}]


class MailProviders(CompanyList):
    body, line = "messaging/_provider_fields.html", "messaging/_provider_line.html"
    tells_all = True
    travels = False  # another company is another application to a provider

    @property
    def columns(self) -> tuple[str, ...]:  # type: ignore[override]
        servers = [f"{way}_{part}" for way in ("imap", "smtp") for part in ("host", "port", "security")]
        return (
            "name", "house", "client_id", "secret", "authorize_url", "token_url", "scope", *servers, "is_active",
        )  # fmt: skip

    def column(self, name: str) -> Column:
        return Secret(MailProvider._meta.get_field(name)) if name == "secret" else super().column(name)

    def errors(self, item: Any, others: Sequence[Any]) -> dict[str, Any]:
        app, errors = item.application, {}
        for name in ("authorize_url", "token_url"):
            if not getattr(app, name):
                errors[name] = [_("Of another provider this has to be told.")]
            elif not _is_safe(getattr(app, name)):
                errors[name] = [_("This has to be an address that begins with https://.")]
        if item.house == MailProvider.Kind.OTHER:
            needed = [name for name in ("imap_host", "smtp_host") if not getattr(item, name)]
            errors |= {name: [_("Of another provider this has to be told.")] for name in needed}
        was = MailProvider.objects.filter(pk=item.pk).first()
        if not item.secret:
            errors["secret"] = [_("Type the secret that the provider gave for this application.")]
        elif was and was.application.token_url != app.token_url and bytes(was.secret) == bytes(item.secret):
            errors["secret"] = [_("Type the secret again: it would go to another address.")]
        return errors


def _is_safe(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme == "https" and re.fullmatch(r"[A-Za-z0-9.-]+(:\d{1,5})?", parts.netloc) is not None


PROVIDERS = MailProviders(
    "mail-providers",
    MailProvider,
    gettext_lazy("Sign-in for mailboxes"),
    gettext_lazy("mail provider"),
    76,
    gettext_lazy("With these people connect their mailbox by signing in, without typing its password here."),
)
