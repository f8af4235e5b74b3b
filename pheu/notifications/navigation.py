from collections.abc import Iterable
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from pheu.core import navigation
from pheu.core.navigation import Command


@navigation.register_places
def pages(user: Any) -> Iterable[Command]:
    return [Command(_("Notifications"), reverse("notifications"), "bell")]
