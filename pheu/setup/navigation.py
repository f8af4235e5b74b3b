from collections.abc import Iterable
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from pheu.core import navigation
from pheu.core.navigation import Brand, Command, NavItem
from pheu.people.access import opens
from pheu.people.profile import profile
from pheu.people.scopes import VIEW
from pheu.records.models import Category, ClosingReason, Label, Tag
from pheu.setup import company, lists, roles, staff  # noqa: F401  (their pages register themselves)
from pheu.setup import profile as _profile  # noqa: F401
from pheu.setup.lists import CompanyList

navigation.register(NavItem(_("Setup"), "setup", "settings", "admin", 70, opens("system"), key="s"))
navigation.register(
    NavItem(_("Background jobs"), "jobs", "robot", "admin", 80, opens("system"), count_url_name="jobs-count")
)


@navigation.register_brand
def brand() -> Brand:
    """What the company calls itself, as the shell shows it."""
    ours = profile()
    logo = reverse("company-logo", args=[ours.logo_key]) if ours.logo_key else ""
    return Brand(ours.short_name or ours.name, logo)


@navigation.register_places
def pages(user: Any) -> Iterable[Command]:
    """Every page of «Cấu hình»."""
    if not user.may("system", VIEW):
        return []
    return [Command(one.label, one.url("page"), "settings", _("Setup"), one.hint) for one in lists.every()]


CompanyList("tags", Tag, _("Tags"), _("tag"), 10, _("Any number of them on a lead or deal, to find it again by."))
CompanyList("labels", Label, _("Labels"), _("label"), 20, _("One coloured word on a lead or deal."))
for place, (kind, category, label) in enumerate(
    [
        ("deal", Category.LOST, _("Lost reasons")),
        ("deal", Category.UNQUALIFIED, _("Reasons to drop a deal")),
        ("lead", Category.UNQUALIFIED, _("Reasons to drop a lead")),
    ]
):
    CompanyList(
        f"{kind}-{category}-reasons",
        ClosingReason,
        label,
        _("reason"),
        30 + place,
        _("Asked when one is closed so; only those that are offered can be chosen."),
        {"kind": kind, "category": category},
    )
