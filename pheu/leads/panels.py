"""What leads add to pages: screening of prospects, completeness, and the leads of a company or contact."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from pheu.core.registries import Button, Panel, bulk, side_panels, toolbar
from pheu.leads.models import Lead
from pheu.people.models import User
from pheu.people.requests import Request
from pheu.people.scopes import CONVERT


@bulk.add("prospect", order=10)
def convert_ticked(kind: str, user: User) -> list[Button]:
    if not user.may(kind, CONVERT):
        return []
    return [Button(_("Convert to leads"), reverse("prospect-conversion"), "star", posts=True)]


@toolbar.add("prospect", order=10)
def prospect_buttons(row: Any, may: set[str]) -> list[Button]:
    if row.is_converted:
        label = _("Open the lead %(number)s") % {"number": row.became.number}
        return [Button(label, row.became.get_absolute_url(), "star", "primary")]
    if "convert" not in may:
        return []
    url = f"{reverse('prospect-conversion')}?ids={row.pk}"
    return [Button(_("Convert to lead"), url, "star", "primary", posts=True)]


@side_panels.add("lead", order=30)
def completeness(request: Request, row: Any, may: set[str]) -> Panel:
    areas = row.completeness(has_activity=row.has_activity)
    full = sum(is_full for _area, is_full in areas)
    missing = [area for area, is_full in areas if not is_full]
    return Panel(
        "leads/_completeness_panel.html",
        {"percent": round(100 * full / len(areas)), "areas": areas, "missing": missing},
    )


@side_panels.add("company", "contact", order=40)
def leads_of_customer(request: Request, row: Any, may: set[str]) -> Panel:
    leads = (
        Lead.objects.visible_to(request.user)
        .live()
        .filter(**{row.kind: row})
        .select_related("record", "stage", "owner")
    )
    return Panel("leads/_leads_panel.html", {"leads": leads.order_by("-pk")[:20], "row": row, "row_key": str(row.pk)})
