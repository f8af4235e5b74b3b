"""What quality adds to pages of every kind."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from pheu.core import navigation
from pheu.core.navigation import NavItem
from pheu.core.registries import Button, bulk, more
from pheu.people.models import User
from pheu.people.scopes import CHANGE
from pheu.quality.sweep import is_compared
from pheu.records import kinds
from pheu.records.kinds import Kind


def swept_by(user: User) -> list[Kind]:
    """The kinds of which this person may look for duplicates: those that they may merge."""
    return [one for one in kinds.every() if user.may(one.code, CHANGE) and is_compared(one)]


navigation.register(NavItem(_("Find duplicates"), "duplicates", "copy", "admin", 54, lambda user: bool(swept_by(user))))


@bulk.add("*", order=60)
def merge_ticked(kind: str, user: User) -> list[Button]:
    """«Trộn» (R2.16)."""
    if not user.may(kind, CHANGE):
        return []
    return [Button(_("Merge"), reverse("merging"), "git-merge", posts=True)]


@more.add("*", order=55)
def find_alike(row: Any, user: User) -> list[Button]:
    """«Tìm trùng lặp» (R1.43)."""
    return [Button(_("Find duplicates"), reverse("alike", args=[row.pk]), "copy")] if row.record.keys else []


@more.add("*", order=60)
def merge_with_another(row: Any, user: User) -> list[Button]:
    """As far as the page asked for that right (`records.access.with_abilities`)."""
    if not getattr(row, f"may_{CHANGE}", False) or row.goes_on_in is not None:
        return []
    return [Button(_("Merge with another…"), f"{reverse('merging')}?ids={row.pk}", "git-merge")]
