"""Acts on deals: make, move between stages, win, lose, put on hold, reopen."""

from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from pheu.core.errors import Conflict, DomainError
from pheu.deals import events
from pheu.deals.models import Deal
from pheu.parties.models import Company
from pheu.people.models import User
from pheu.people.scopes import CREATE, MOVE
from pheu.records.models import Category, ClosingReason, Pipeline, Stage, id_and_name
from pheu.records.ownership import place_with_owner
from pheu.timeline import services as timeline
from pheu.timeline.services import record

change_deal = timeline.change
assign_deals = timeline.assign


def create_deal(values: dict[str, Any], *, by: User, via: str = "page") -> Deal:
    """Make one deal of `values` by field name of the schema, in the first stage of the default pipeline."""
    by.must("deal", CREATE)
    return add_deal(values, by=by, via=via)


@transaction.atomic
def add_deal(values: dict[str, Any], *, by: User, via: str) -> Deal:
    """Make a deal without asking for the right to create: whoever may convert a lead gets its deal with it."""
    tags, continues = values.pop("tags", []), values.pop("continues", None)
    deal = Deal(**({"stage": Pipeline.objects.default("deal").first_stage} | values))
    deal.continues = continues
    if deal.contact and deal.company is None:
        deal.company = deal.contact.company
    deal.follow_stage_probability()
    place_with_owner([deal], by=by)
    timeline.create([deal], by=by, via=via)
    deal.record.tags.set(tags)
    return deal


def _open_for_move(deal: Deal, by: User) -> Deal:
    return Deal.objects.within(by, MOVE).select_related("stage__pipeline").locked().get_or_refuse(deal.pk)


@transaction.atomic
def move_deal(deal: Deal, *, to: Stage, left: Stage, by: User, via: str = "page") -> Deal:
    """Put a deal in another stage and tell its timeline.

    `left` is the stage the person saw: if someone moved the deal meanwhile, `Conflict` says so. Entering Won closes
    the deal; the two failures ask for a reason and have a door of their own (`close_deal`). Rows R3.19-3.21.
    """
    deal = _open_for_move(deal, by)
    if deal.stage_id == to.pk:
        return deal  # Dropped where it was: nothing happened, so there is nothing to tell.
    if deal.stage_id != left.pk:
        raise Conflict(_("%(name)s was moved to %(stage)s meanwhile."), name=deal, stage=deal.stage)
    if to.is_closing:
        return close_deal(deal, to=to, by=by, via=via)
    was_closed, left = deal.is_closed, deal.stage
    deal.enter(to, by=by)
    deal.save_changed()
    kind = events.REOPENED if was_closed else events.STAGE_CHANGED
    record(kind, about=deal.record, by=by, via=via, left=id_and_name(left), entered=id_and_name(to))
    return deal


ENDS = {Category.WON: events.WON, Category.LOST: events.LOST, Category.UNQUALIFIED: events.UNQUALIFIED}


@transaction.atomic
def close_deal(
    deal: Deal, *, to: Stage, reason: ClosingReason | None = None, reason_note: str = "", by: User, via: str = "page"
) -> Deal:
    """End a deal as won, lost or on hold; the failures need a reason of their own list (D9, R4.13-4.15)."""
    deal = _open_for_move(deal, by)
    if deal.stage_id == to.pk:
        return deal
    if not to.is_closing:
        raise DomainError(_("That stage does not close a deal."))
    deal.enter(to, by=by, reason=reason, reason_note=reason_note)
    deal.save_changed()
    facts: dict[str, Any] = {
        "reason": id_and_name(deal.reason),
        "note": reason_note,
        "amount": str(deal.expected_amount or ""),
    }
    record(ENDS[Category(to.category)], about=deal.record, by=by, via=via, **facts)
    if deal.is_won and deal.company_id:
        _note_first_win(deal, by=by, via=via)
    return deal


def _note_first_win(deal: Deal, *, by: User, via: str) -> None:
    """A company becomes a customer at its first won deal (D3); a consequence, so the company's scope is not asked."""
    company = Company.objects.filter(pk=deal.company_id).locked().get()
    if company.first_won_at is not None and company.type != Company.Type.PROSPECT:
        return
    became = company.become_customer(timezone.now())
    company.save_changed()
    if became:
        record(events.BECAME_CUSTOMER, about=company.record, by=by, via=via, deal=id_and_name(deal.record))


@transaction.atomic
def reopen_deal(deal: Deal, *, by: User, via: str = "page") -> Deal:
    """Resume a closed deal in the stage where it stood; the history stays (R4.53, D9)."""
    deal = _open_for_move(deal, by)
    if not deal.is_closed:
        return deal
    stage = deal.open_stage or deal.stage.pipeline.first_stage
    deal.enter(stage, by=by)
    deal.save_changed()
    record(events.REOPENED, about=deal.record, by=by, via=via, entered=id_and_name(stage))
    return deal
