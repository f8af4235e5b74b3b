"""What deals add to pages: the conversion of leads, and a customer's deals."""

from typing import Any

from django.db.models import Exists, OuterRef
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from pheu.core.registries import Button, Panel, head_panels, side_panels, toolbar
from pheu.deals.models import Conversion, Deal
from pheu.leads.models import Lead
from pheu.people.models import User
from pheu.people.requests import Request
from pheu.records import kinds
from pheu.records.drawing import cell
from pheu.records.models import Category, Stage


@toolbar.add("lead", order=10)
def conversion_buttons(lead: Lead, may: set[str]) -> list[Button]:
    if "convert" not in may:
        return []
    if not lead.is_closed and any(one.pk not in lead.barred for one in _conversions(lead)):
        url = reverse("lead-conversion", args=[lead.pk])
        return [Button(_("Convert to deal"), url, "arrow-right", "primary", dialog=True, key="t")]
    if lead.status == Category.CONVERTED:
        return [Button(_("Reopen"), reverse("lead-conversion-undo", args=[lead.pk]), "refresh", posts=True)]
    return []


def _conversions(lead: Lead) -> list[Stage]:
    """The stages of its pipeline in which a converted lead ends."""
    return [one for one in lead.stage.pipeline.stages.all() if one.category == Category.CONVERTED]


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
    shows_amount = kinds.get("deal").schema_for(request.user).get("expected_amount") is not None
    context = {"deals": deals.order_by("-pk")[:20], "row": row, "row_key": str(row.pk), "shows_amount": shows_amount}
    return Panel("deals/_deals_panel.html", context)


@side_panels.add("deal", order=40)
def related_of_deal(request: Request, deal: Deal, may: set[str]) -> Panel:
    """Where the deal came from, and the customer's other deals."""
    others = Deal.objects.visible_to(request.user).live().filter(company=deal.company_id).exclude(pk=deal.pk)
    is_told = deal.company_id and kinds.get("deal").schema_for(request.user).get("company") is not None
    nearby = others.select_related("record", "stage").order_by("-pk")[:5] if is_told else []
    return Panel("deals/_related_panel.html", {"deal": deal, "lead": deal.record.continues, "others": nearby})


# What of a customer, and of a lead, tells whom to call: (icon, field).
CUSTOMER = {"contact": ("user", "full_name"), "company": ("building", "name")}
LEAD = (("user", "person_name"), ("building", "company_name"))
REACHED_BY = (("phone", "phone"), ("mail", "email"))


@head_panels.add("deal", order=10)
def whom_to_call(request: Request, deal: Deal, may: set[str]) -> Panel | None:
    """The customer with phone and e-mail, as links; of a deal without one the lead's person, if that may be seen."""
    shown = kinds.get("deal").schema_for(request.user)
    customers = [(who, row) for who in CUSTOMER if shown.get(who) and (row := getattr(deal, who)) is not None]
    parts = [part for who, row in customers for part in _facts(row, request.user, CUSTOMER[who], *REACHED_BY)]
    if not customers and deal.record.continues_id:
        lead = Lead.objects.visible_to(request.user).filter(pk=deal.record.continues_id).first()
        parts = _facts(lead, request.user, *LEAD, *REACHED_BY) if lead else []
    return Panel("deals/_reach_panel.html", {"parts": dict.fromkeys(parts)}) if parts else None


def _facts(row: Any, user: User, *named: tuple[str, str]) -> list[tuple[str, Any]]:
    """(icon, drawn) of each filled one of these fields, as far as the person may see it."""
    schema = kinds.get(row.kind).schema_for(user)
    there = [(icon, one) for icon, name in named if (one := schema.get(name)) is not None and one.value(row)]
    return [(icon, cell(one, row)) for icon, one in there]
