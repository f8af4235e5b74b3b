"""Acts on deals: make, move between stages, win, lose, put on hold, reopen."""

from functools import partial

from django.db.models import Min

from pheu.deals import events
from pheu.deals.models import Deal
from pheu.parties.models import Company
from pheu.records import writing
from pheu.records.locking import must_hold
from pheu.records.models import Category, Stage, id_and_name
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
    if deal.company_id is None or Category.WON not in (left.category, deal.stage.category):
        return
    must_hold(deal.company_id)
    company = Company.objects.with_words().get(pk=deal.company_id)
    first = Deal.objects.live().filter(company=company).aggregate(first=Min("won_at"))["first"]
    was, changed = company.first_won_at, company.note_wins(first)
    if changed or company.first_won_at != was:
        writing.save_changed(company)
    if changed:
        kind = events.BECAME_CUSTOMER if first else events.NO_CUSTOMER
        record(kind, about=company.record, by=by, via=via, deal=id_and_name(deal.record))
