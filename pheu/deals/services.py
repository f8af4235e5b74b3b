"""Acts on deals: make, move between stages, win, lose, put on hold, reopen."""

from functools import partial
from typing import Any

from django.db.models import Min

from pheu.deals import events
from pheu.deals.models import Deal
from pheu.parties.models import Company
from pheu.records import kinds, writing
from pheu.records.locking import must_hold
from pheu.records.models import Category, Stage, id_and_name
from pheu.records.told import differing
from pheu.timeline import services as timeline
from pheu.timeline import stages
from pheu.timeline.events import Author
from pheu.timeline.services import record

create_deal = partial(timeline.create, "deal")
change_deal = timeline.change
assign_deals = timeline.assign
move_deal = stages.move
close_deal = stages.close
reopen_deal = stages.reopen


def note_wins(deal: Deal, left: Stage, *, by: Author, via: str) -> None:
    """A company is a customer from its first deal that stays won (D3); a consequence, so its scope is not asked.

    Called whenever a deal has come to another stage; the act holds the company.
    """
    if deal.company_id is not None and Category.WON in (left.category, deal.stage.category):
        note_wins_of(deal.company_id, deal, by=by, via=via)


def note_wins_of(company_id: int, deal: Deal, *, by: Author, via: str, cause: Any = None) -> None:
    """Bring a held company up to the deals with it that are won, after something became of `deal`."""
    must_hold(company_id)
    company = Company.objects.with_words().get(pk=company_id)
    first = Deal.objects.live().filter(company=company).aggregate(first=Min("won_at"))["first"]
    schema, was = kinds.get(company.kind).schema, company.first_won_at
    before = schema.told_of(company, "type")
    changed = company.note_wins(first)
    if changed or company.first_won_at != was:
        writing.save_changed(company)
    if changed:
        kind = events.BECAME_CUSTOMER if first else events.NO_CUSTOMER
        changes = differing(before, schema.told_of(company, "type"))
        record(kind, about=company.record, by=by, via=via, cause=cause, deal=id_and_name(deal.record), changes=changes)
