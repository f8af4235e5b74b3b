"""What deals add to pages: closing buttons, the conversion of leads, and a customer's deals."""

from typing import Any

from django.db.models import Exists, OuterRef
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from pheu.core.registries import Button, Panel, bulk, side_panels, toolbar
from pheu.deals.models import Conversion, Deal
from pheu.leads.models import Lead
from pheu.leads.panels import assign_button
from pheu.people.models import User
from pheu.people.requests import Request
from pheu.people.scopes import ASSIGN
from pheu.records.models import Category


@toolbar.add("lead", order=10)
def conversion_buttons(lead: Lead, may: set[str]) -> list[Button]:
    if "convert" not in may:
        return []
    if not lead.is_closed:
        return [
            Button(
                _("Convert to deal"), reverse("lead-conversion", args=[lead.pk]), "arrow-right", "primary", dialog=True
            )
        ]
    if lead.status == Category.CONVERTED:
        return [Button(_("Reopen"), reverse("lead-conversion-undo", args=[lead.pk]), "refresh", posts=True)]
    return []


@toolbar.add("deal", order=10)
def closing_buttons(deal: Deal, may: set[str]) -> list[Button]:
    """Won, Lost and Unqualified on an open deal, «Mở lại» on a closed one (R4.53)."""
    buttons = []
    if "move" in may and deal.is_closed:
        buttons.append(Button(_("Reopen"), reverse("deal-reopening", args=[deal.pk]), "refresh", posts=True))
    elif "move" in may:
        for stage in deal.stage.pipeline.stages.all():
            if stage.is_closing:
                is_won = stage.category == Category.WON
                url = f"{reverse('deal-closing', args=[deal.pk])}?to={stage.pk}"
                buttons.append(
                    Button(
                        stage.name,
                        url,
                        "trophy" if is_won else "",
                        "primary" if is_won else "",
                        dialog=not is_won,
                        posts=is_won,
                    )
                )
    return buttons + ([] if deal.is_closed else assign_button(deal, may))


@bulk.add("deal", order=20)
def hand_out_deals(user: User) -> list[Button]:
    return (
        [Button(_("Hand out"), reverse("deal-assign"), "user-share", dialog=True)] if user.may("deal", ASSIGN) else []
    )


@side_panels.add("lead", order=20)
def deal_of_lead(request: Request, lead: Lead, may: set[str]) -> Panel | None:
    if lead.status != Category.CONVERTED:
        return None
    conversions = Conversion.objects.filter(lead=lead, undone_at=None).select_related(
        "deal__record", "deal__stage", "deal__department", "by"
    )
    mine = Deal.objects.visible_to(request.user).filter(pk=OuterRef("deal"))
    conversion = conversions.annotate(opens=Exists(mine)).first()
    return Panel("deals/_conversion_panel.html", {"conversion": conversion}) if conversion else None


@side_panels.add("company", "contact", order=30)
def deals_of_customer(request: Request, row: Any, may: set[str]) -> Panel:
    deals = (
        Deal.objects.visible_to(request.user)
        .live()
        .filter(**{row.kind: row})
        .select_related("record", "stage", "owner")
    )
    return Panel("deals/_deals_panel.html", {"deals": deals.order_by("-pk")[:20], "row": row, "row_key": str(row.pk)})


@side_panels.add("deal", order=40)
def related_of_deal(request: Request, deal: Deal, may: set[str]) -> Panel:
    """Where the deal came from, and the customer's other deals."""
    others = Deal.objects.visible_to(request.user).live().filter(company=deal.company_id).exclude(pk=deal.pk)
    nearby = others.select_related("record", "stage").order_by("-pk")[:5] if deal.company_id else []
    return Panel("deals/_related_panel.html", {"deal": deal, "lead": deal.record.continues, "others": nearby})
