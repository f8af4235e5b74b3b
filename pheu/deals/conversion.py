"""Converting leads into deals, and undoing it."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from pheu.activities.services import bring_along
from pheu.core.errors import DomainError
from pheu.core.vietnamese.text import fold
from pheu.deals import events
from pheu.deals.models import Conversion, Deal
from pheu.deals.services import add_deal
from pheu.leads.models import Lead
from pheu.leads.services import put_back
from pheu.parties.models import Company, Contact
from pheu.parties.services import add
from pheu.people.models import Team, User
from pheu.people.scopes import CHANGE, CONVERT
from pheu.records.models import Category, Pipeline, id_and_name
from pheu.timeline.services import record

SHARED = (
    "priority", "rating", "source", "request_type", "need", "expected_amount", "expected_close_on", "due_at", "label",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Handover:
    """What the dialog asks: whom the deal goes to, and what becomes of the customer (R0.16-0.17, R2.05-2.09).

    `customer` is CREATE (company and contact of what the lead knows), LINK (the ones chosen) or NONE.
    """

    CREATE = "create"
    LINK = "link"
    NONE = "none"

    owner: User | None
    team: Team | None = None
    customer: str = CREATE
    company: Company | None = None
    contact: Contact | None = None
    amount: Decimal | None = None
    pipeline: Pipeline | None = None


@transaction.atomic
def convert_leads(leads: Sequence[Lead], handover: Handover, *, by: User, via: str = "page") -> list[Deal]:
    """Make a deal of each lead in the first stage of its pipeline, with contact and company; all of them or none.

    A lead converted before answers with its deal. Rows R0.13, R1.09-1.10, R4.07-4.10, decisions D3, D6, D17.
    """
    locked = Lead.objects.within(by, CONVERT).select_related("stage__pipeline").locked().all_or_refuse(leads)
    return [_convert(lead, handover, by=by, via=via) for lead in locked]


def _convert(lead: Lead, handover: Handover, *, by: User, via: str) -> Deal:
    if lead.status == Category.CONVERTED:
        return lead.conversions.get(undone_at=None).deal
    if lead.is_closed:
        raise DomainError(_("Reopen the lead first."))
    missing = lead.missing_for_conversion()
    if missing:
        raise DomainError(_("Before conversion %(name)s needs: %(missing)s."), name=lead, missing=", ".join(missing))
    company, contact = _customer(lead, handover, by=by, via=via)
    pipeline = handover.pipeline or Pipeline.objects.default("deal")
    values = {name: getattr(lead, name) for name in SHARED} | {
        "name": lead.title, "company": company, "contact": contact, "stage": pipeline.first_stage,
        "owner": handover.owner, "team": handover.team, "continues": lead.record,
    }  # fmt: skip
    if handover.amount is not None:
        values["expected_amount"] = handover.amount
    deal = add_deal(values, by=by, via=via)
    bring_along([(lead.record, deal.record)])
    lead.company, lead.contact = company or lead.company, contact or lead.contact
    lead.enter(lead.stage.pipeline.stages.get(category=Category.CONVERTED), by=by)
    lead.save_changed()
    Conversion.objects.create(lead=lead, deal=deal, stage=deal.stage, by=by)
    facts: dict[str, Any] = {
        "deal": id_and_name(deal.record),
        "owner": id_and_name(deal.owner),
        "department": id_and_name(deal.department),
    }
    record(events.CONVERTED, about=lead.record, by=by, via=via, **facts)
    return deal


def _customer(lead: Lead, handover: Handover, *, by: User, via: str) -> tuple[Company | None, Contact | None]:
    """The deal's company and contact; a contact is made only where a person's name is known (D17)."""
    if handover.customer == Handover.NONE:
        return None, None
    if handover.customer == Handover.LINK:
        for model, chosen in ((Company, handover.company), (Contact, handover.contact)):
            if chosen is not None:
                model.objects.visible_to(by).get_or_refuse(chosen.pk)
        company = handover.company or (handover.contact.company if handover.contact else None)
        return company, handover.contact or _contact_of(lead, company, handover, by=by, via=via)
    company = None
    if lead.company_name:
        known = {name: getattr(lead, name) for name in ("tax_code", "website", "address")}
        reach = (
            {} if lead.person_name else {"phone": lead.phone, "other_phones": lead.other_phones, "email": lead.email}
        )
        values = known | reach | {"name": lead.company_name, "type": Company.Type.PROSPECT, "owner": handover.owner}
        company = add(Company, values, by=by, via=via)
    return company, _contact_of(lead, company, handover, by=by, via=via)


def _contact_of(lead: Lead, company: Company | None, handover: Handover, *, by: User, via: str) -> Contact | None:
    """The lead's person as a contact of `company`: the one of the same name there, else a new one."""
    if not lead.person_name:
        return None
    if company is not None:
        same = [
            one for one in company.contacts.select_related("record") if fold(one.full_name) == fold(lead.person_name)
        ]
        if same:
            return same[0]
    known = {name: getattr(lead, name) for name in ("job_title", "phone", "other_phones", "email", "address")}
    return add(
        Contact, known | {"full_name": lead.person_name, "company": company, "owner": handover.owner}, by=by, via=via
    )


def proposals(lead: Lead, *, to: User) -> tuple[list[Company], list[Contact]]:
    """Companies of the same tax code or folded name and contacts of the same e-mail, among those `to` may see (D17)."""
    same = Q()
    if lead.tax_code:
        same |= Q(tax_code=lead.tax_code)
    if lead.company_name:
        same |= Q(name_folded=fold(lead.company_name))
    companies = Company.objects.visible_to(to).live().filter(same)[:5] if same else []
    contacts = Contact.objects.visible_to(to).live().filter(email__iexact=lead.email)[:5] if lead.email else []
    return list(companies), list(contacts)


def same_email(lead: Lead, *, to: User) -> list[Lead | Deal]:
    """Other open leads and deals with the lead's e-mail that `to` may see."""
    if not lead.email:
        return []
    ended = [Category.CONVERTED, Category.UNQUALIFIED, Category.WON, Category.LOST]
    leads = Lead.objects.visible_to(to).live().filter(email__iexact=lead.email).exclude(stage__category__in=ended)
    deals = (
        Deal.objects.visible_to(to).live().filter(contact__email__iexact=lead.email).exclude(stage__category__in=ended)
    )
    near = [*leads.exclude(pk=lead.pk).select_related("record", "owner", "stage")[:5]]
    return [*near, *deals.select_related("record", "owner", "stage")[:5]]


@transaction.atomic
def undo_conversion(lead: Lead, *, by: User, via: str = "page") -> Lead:
    """Reopen a converted lead: its deal folds back into it. Refused once the deal has moved on (D9).

    The conversion's row stays, marked undone, and the deal's page leads to the lead (D6).
    """
    lead = Lead.objects.within(by, CONVERT).select_related("stage__pipeline").locked().get_or_refuse(lead.pk)
    conversion = Conversion.objects.filter(lead=lead, undone_at=None).select_related("deal").first()
    if conversion is None:
        return lead
    deal = Deal.objects.filter(pk=conversion.deal_id).select_related("stage").locked().get()
    if conversion.by_id != by.pk:
        Deal.objects.within(by, CHANGE).get_or_refuse(deal.pk)  # whoever made it may take it back; others need the deal
    if deal.stage_id != conversion.stage_id:
        raise DomainError(
            _("The deal %(deal)s has moved on to %(stage)s, so the conversion stays."),
            deal=deal.number,
            stage=deal.stage,
        )
    conversion.undone_at = timezone.now()
    conversion.save(update_fields=["undone_at"])
    deal.record.merged_into = lead.record
    deal.save_changed()
    bring_along([(deal.record, lead.record)])
    record(events.CONVERSION_UNDONE, about=lead.record, by=by, via=via, deal=id_and_name(deal.record))
    return put_back(lead, by=by, via=via)
