"""Converting leads into deals."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from pheu.activities.services import bring_along
from pheu.core.errors import DomainError
from pheu.core.vietnamese.text import fold
from pheu.deals import events
from pheu.deals.models import Conversion, Deal
from pheu.deals.schema import DEAL
from pheu.leads.models import Lead
from pheu.parties.models import Company, Contact
from pheu.people.models import Team, User
from pheu.people.scopes import CHANGE, CONVERT
from pheu.records import kinds, writing
from pheu.records.access import with_abilities
from pheu.records.acts import act, current
from pheu.records.gates import must_let, must_pass
from pheu.records.locking import hold, must_hold
from pheu.records.models import Category, Pipeline, Stage, id_and_name
from pheu.records.ownership import must_serve
from pheu.records.schema import carried, carried_back
from pheu.records.told import differing
from pheu.timeline import services as timeline
from pheu.timeline.services import may_work, record_many
from pheu.timeline.stages import tell_override

# What a deal has of its own rather than from its lead.
CHOSEN = ("name", "company", "contact")


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
    # The stage of the lead's own pipeline that it ends in, where it has several for conversion.
    ends_in: Stage | None = None
    # Whether that stage lets leads in that lack what it asks for; for those who may let them.
    override: bool = False

    def end_of(self, lead: Lead) -> Stage:
        return self.ends_in or lead.stage.pipeline.stage_for(Category.CONVERTED)

    @property
    def linked(self) -> list[int | None]:
        """Ids of the Records that deals will be linked with: those chosen, and the company of a chosen contact."""
        if self.customer != self.LINK:
            return []
        chosen = [one.pk for one in (self.company, self.contact) if one is not None]
        return [*chosen, self.contact.company_id if self.contact else None]


@act
def convert_leads(leads: Sequence[Lead], handover: Handover, *, by: User, via: str = "page") -> list[Deal]:
    """Make a deal of each lead in the first stage of its pipeline, with contact and company; all of them or none.

    A lead converted before answers with its deal. Set-based: as many statements for eighty leads as for one.
    Rows R0.13, R1.09-1.10, R4.07-4.10, decisions D3, D6, D17.
    """
    hold(*(lead.pk for lead in leads), *handover.linked)
    held = Lead.objects.within(by, CONVERT).with_stage().with_words().select_related(*REFERRED).all_or_refuse(leads)
    fresh = [lead for lead in held if lead.status != Category.CONVERTED]
    if len(fresh) == 1:
        current().about = fresh[0].pk  # before anything is told, which writes the operation down
    _check(fresh, handover, by)
    for lead in fresh:
        to = handover.end_of(lead)
        must_let(by, lead.stage, to)
        tell_override(lead, to, must_pass(lead, to, by=by, override=handover.override), by=by, via=via)
    handover = _with_fresh_customer(handover, by)
    companies, contacts = _customers(fresh, handover, by=by, via=via)
    deals = _deals(fresh, handover, companies, contacts, by=by, via=via)
    bring_along([(lead.record, deal.record) for lead, deal in zip(fresh, deals, strict=True)])
    changes, lead_schema = {}, kinds.get("lead").schema
    for lead in fresh:
        before = lead_schema.told_of(lead, *FOLLOW)
        lead.company, lead.contact = companies[lead] or lead.company, contacts[lead] or lead.contact
        lead.enter(handover.end_of(lead), by=by)
        changes[lead] = differing(before, lead_schema.told_of(lead, *FOLLOW))
    for stage in {lead.stage for lead in fresh}:
        Stage.objects.hold_still(stage)
    writing.save_many(fresh)
    _note_conversions(fresh, deals, by)
    told = [(lead.record, _facts(deal) | {"changes": changes[lead]}) for lead, deal in zip(fresh, deals, strict=True)]
    record_many(events.CONVERTED, told, by=by, via=via)
    return _deals_of(held)


def _note_conversions(leads: Sequence[Lead], deals: Sequence[Deal], by: User) -> None:
    pairs, doing = zip(leads, deals, strict=True), current()
    writing.make(
        [Conversion(lead=one, deal=deal, stage=deal.stage, by=by, operation_id=doing.operation) for one, deal in pairs]
    )


FOLLOW = ("stage", "reason", "company", "contact")  # what of a lead changes with that
REFERRED = ("owner", "company", "contact", "label", "source", "request_type")


def _facts(deal: Deal) -> dict[str, Any]:
    return {
        "deal": id_and_name(deal.record),
        "owner": id_and_name(deal.owner),
        "department": id_and_name(deal.department),
    }


def _deals_of(leads: Sequence[Lead]) -> list[Deal]:
    standing = Conversion.objects.filter(lead__in=leads, undone_at=None).select_related("deal__record", "deal__stage")
    deal_of = {conversion.lead_id: conversion.deal for conversion in standing}
    return [deal_of[lead.pk] for lead in leads]


def _check(leads: Sequence[Lead], handover: Handover, by: User) -> None:
    """Everything that must be so before anything is made."""
    for lead in leads:
        if lead.is_closed:
            raise DomainError(_("Reopen the lead first."))
        if missing := lead.missing_for_conversion(by):
            words = ", ".join(missing)
            raise DomainError(_("Before conversion %(name)s needs: %(missing)s."), name=lead, missing=words)
        if handover.ends_in and handover.ends_in.category != Category.CONVERTED:
            raise DomainError(_("That stage does not convert a lead."))
    if handover.customer not in (Handover.CREATE, Handover.LINK, Handover.NONE):
        raise DomainError(_("This cannot be chosen."))
    may_work(handover.owner, "deal")
    must_serve(handover.team, "deal")
    if handover.pipeline is not None and handover.pipeline.kind != "deal":
        raise DomainError(_("That pipeline is not for deals."))
    if handover.amount is not None:
        kinds.get("deal").schema_for(by).must_write(["expected_amount"], new=True)
        DEAL["expected_amount"].must_check(handover.amount)


def _with_fresh_customer(handover: Handover, by: User) -> Handover:
    """The customer that was chosen as it is now, if `by` may see it. A contact brings its company, if they see that."""
    if handover.customer != Handover.LINK:
        return handover
    companies, contacts = (model.objects.visible_to(by).live() for model in (Company, Contact))
    contact = handover.contact and contacts.select_related("record").get_or_refuse(handover.contact.pk)
    if handover.company is not None:
        company = companies.select_related("record").get_or_refuse(handover.company.pk)
    else:
        company = companies.select_related("record").filter(pk=contact.company_id).first() if contact else None
    must_hold(company and company.pk)
    return replace(handover, company=company, contact=contact)


def _deals(
    leads: Sequence[Lead],
    handover: Handover,
    companies: dict[Lead, Company | None],
    contacts: dict[Lead, Contact | None],
    *,
    by: User,
    via: str,
) -> Sequence[Deal]:
    pipeline = handover.pipeline or Pipeline.objects.default("deal")
    deals = []
    for lead in leads:
        values = carried(lead, kinds.get("deal").schema, but=CHOSEN) | {
            "name": lead.title,
            "owner": handover.owner,
            "team": handover.team,
        }
        deal = Deal(**values, company=companies[lead], contact=contacts[lead])
        if handover.amount is not None:
            deal.expected_amount = handover.amount
        deal.continues = lead.record
        deal.begin(pipeline)
        deals.append(deal)
    return timeline.put(deals, by=by, via=via)


Customers = tuple[dict[Lead, Company | None], dict[Lead, Contact | None]]


def _customers(leads: Sequence[Lead], handover: Handover, *, by: User, via: str) -> Customers:
    """The company and contact of each lead's deal; a contact is made only where a person's name is known (D17)."""
    if handover.customer == Handover.NONE:
        return dict.fromkeys(leads), dict.fromkeys(leads)
    if handover.customer == Handover.LINK:
        companies: dict[Lead, Company | None] = dict.fromkeys(leads, handover.company)
        if handover.contact is not None:
            return companies, dict.fromkeys(leads, handover.contact)
    else:
        companies = _made(leads, _company_of, _same_company, handover, by=by, via=via)
    known = _people_of({one.pk for one in companies.values() if one is not None})
    there = {lead: known.get(_person(lead, companies[lead])) for lead in leads}
    new = [lead for lead in leads if there[lead] is None]
    made = _made(
        new,
        lambda lead: _new_contact(lead, companies[lead]),
        lambda lead: _person(lead, companies[lead]),
        handover,
        by=by,
        via=via,
    )
    return companies, there | made


def _made(
    leads: Sequence[Lead],
    build: Callable[[Lead], Any],
    same: Callable[[Lead], Any],
    handover: Handover,
    *,
    by: User,
    via: str,
) -> dict[Lead, Any]:
    """What is built of each lead, once for all leads that are the `same`, put into the directory together."""
    built: dict[Any, Any] = {}
    for lead in leads:
        if same(lead) not in built and (one := build(lead)) is not None:
            one.owner = handover.owner
            built[same(lead)] = one
    timeline.put(list(built.values()), by=by, via=via)
    return {lead: built.get(same(lead)) for lead in leads}


def _same_company(lead: Lead) -> Any:
    """Two leads of one tax code or folded name have one company: never doubled in silence (D17)."""
    return lead.tax_code or fold(lead.company_name) or lead.pk


def _company_of(lead: Lead) -> Company | None:
    if not lead.company_name:
        return None
    values = carried_back(lead, "company")
    if lead.person_name:  # then these are the person's
        values |= {"phone": "", "other_phones": [], "email": ""}
    return Company(**values, type=Company.Type.PROSPECT)


def _person(lead: Lead, company: Company | None) -> Any:
    return (company.pk if company else None, fold(lead.person_name) or lead.pk, None if company else lead.pk)


def _people_of(companies: set[int]) -> dict[Any, Contact]:
    """Contacts that these companies have already, by company and folded name."""
    people = Contact.objects.live().filter(company__in=companies).select_related("record", "company").order_by("-pk")
    return {(one.company_id, fold(one.full_name), None): one for one in people if fold(one.full_name)}


def _new_contact(lead: Lead, company: Company | None) -> Contact | None:
    return Contact(**carried_back(lead, "contact"), company=company) if lead.person_name else None


def proposals(lead: Lead, *, to: User) -> tuple[list[Company], list[Contact]]:
    """The lead's own company and contact, else companies of the same tax code or folded name and contacts of the same
    e-mail, among those `to` may see (D17)."""
    same = Q(tax_code=lead.tax_code) if lead.tax_code else Q()
    if lead.company_name:
        same |= Q(name_folded=fold(lead.company_name))
    known = Q(email__iexact=lead.email) if lead.email else Q()
    same = Q(pk=lead.company_id) if lead.company_id else same
    known = Q(pk=lead.contact_id) if lead.contact_id else known
    companies = Company.objects.visible_to(to).live().select_related("record").filter(same)[:5] if same else []
    contacts = Contact.objects.visible_to(to).live().select_related("record").filter(known)[:5] if known else []
    return list(companies), list(contacts)


def same_email(lead: Lead, *, to: User) -> list[Lead | Deal]:
    """Other open leads and deals with the lead's e-mail that `to` may see, and whether they may change them."""
    if not lead.email:
        return []
    ended = [Category.CONVERTED, Category.UNQUALIFIED, Category.WON, Category.LOST]
    leads = Lead.objects.visible_to(to).live().filter(email__iexact=lead.email).exclude(stage__category__in=ended)
    deals = (
        Deal.objects.visible_to(to).live().filter(contact__email__iexact=lead.email).exclude(stage__category__in=ended)
    )
    found = (with_abilities(rows, to, CHANGE) for rows in (leads.exclude(pk=lead.pk), deals))
    return [row for rows in found for row in rows.select_related("record", "owner", "stage")[:5]]
