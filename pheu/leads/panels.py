"""What leads add to pages: buttons, the stage bar, completeness, and the leads of a company or contact."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from pheu.core.registries import Button, Panel, bulk, head_panels, side_panels, toolbar
from pheu.leads.models import Lead
from pheu.people.models import User
from pheu.people.requests import Request
from pheu.people.scopes import ASSIGN, CONVERT
from pheu.records.models import Category


@bulk.add("prospect", order=10)
def convert_ticked(user: User) -> list[Button]:
    return (
        [Button(_("Convert to leads"), reverse("prospect-conversion"), "star", posts=True)]
        if user.may("prospect", CONVERT)
        else []
    )


@bulk.add("prospect", order=20)
def hand_out_prospects(user: User) -> list[Button]:
    return _hand_out(user, "prospect")


@bulk.add("lead", order=20)
def hand_out_leads(user: User) -> list[Button]:
    return _hand_out(user, "lead")


def _hand_out(user: User, kind: str) -> list[Button]:
    return (
        [Button(_("Hand out"), reverse(f"{kind}-assign"), "user-share", dialog=True)] if user.may(kind, ASSIGN) else []
    )


@toolbar.add("prospect")
def prospect_buttons(row: Any, may: set[str]) -> list[Button]:
    if row.is_converted:
        return [
            Button(
                _("Open the lead %(number)s") % {"number": row.became.number},
                row.became.get_absolute_url(),
                "star",
                "primary",
            )
        ]
    buttons = []
    if "convert" in may:
        buttons.append(
            Button(
                _("Convert to lead"), f"{reverse('prospect-conversion')}?ids={row.pk}", "star", "primary", posts=True
            )
        )
    return buttons + assign_button(row, may)


@toolbar.add("lead")
def lead_buttons(row: Lead, may: set[str]) -> list[Button]:
    """On an open lead two ways out; on a closed one «Mở lại» (R0.12, R4.39-4.40). Deals add the conversion."""
    buttons = []
    if "move" in may and not row.is_closed:
        buttons.append(Button(_("Not suitable"), reverse("lead-closing", args=[row.pk]), dialog=True))
    if "move" in may and row.status == Category.UNQUALIFIED:
        buttons.append(Button(_("Reopen"), reverse("lead-reopening", args=[row.pk]), "refresh", posts=True))
    return buttons + ([] if row.is_closed else assign_button(row, may))


def assign_button(row: Any, may: set[str]) -> list[Button]:
    if "assign" not in may:
        return []
    return [Button(_("Hand over"), f"{reverse(f'{row.kind}-assign')}?ids={row.pk}", "user-share", dialog=True)]


@head_panels.add("lead", "deal")
def stages(request: Request, row: Any, may: set[str]) -> Panel:
    """The bar of stages, the current one marked with how long the row stands there (R4.41, R4.56)."""
    shown = [stage for stage in row.stage.pipeline.stages.all() if not stage.is_folded or stage.pk == row.stage_id]
    return Panel(
        "leads/_stage_bar.html", {"row": row, "stages": shown, "may_move": "move" in may and not row.is_closed}
    )


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
