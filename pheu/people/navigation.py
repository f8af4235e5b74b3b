from collections.abc import Iterable
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from pheu.core import navigation
from pheu.core.navigation import Command


@navigation.register_places
def pages(user: Any) -> Iterable[Command]:
    """«Tài khoản của tôi» and what it leads to."""
    mine, group = reverse("account"), _("My account")
    return [
        Command(group, mine, "user", more=_("Where you are signed in")),
        Command(_("Change password"), reverse("account_change_password"), "key", group),
        Command(_("Second step"), mine, "shield", group),
        Command(_("Passkeys"), mine, "fingerprint", group),
    ]
