"""What becomes of leads and of customers when records are merged (D6, D7)."""

from collections.abc import Sequence

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from pheu.core.errors import DomainError, Refused
from pheu.deals.models import Conversion, Deal
from pheu.deals.services import note_wins_of
from pheu.leads.models import Lead
from pheu.parties.models import Company
from pheu.people.models import User
from pheu.people.scopes import CONVERT
from pheu.quality.events import FOLDED, MERGED
from pheu.quality.merging import merge
from pheu.quality.sidebyside import let_into
from pheu.records import writing
from pheu.records.acts import current
from pheu.records.models import Category
from pheu.timeline.events import UNDONE, follows
from pheu.timeline.models import Event


def _may_become_part_of_a_deal(leads: Sequence[Lead], by: User) -> None:
    """That is a conversion, and asks what one asks."""
    if Lead.objects.within(by, CONVERT).filter(pk__in=[lead.pk for lead in leads]).count() != len(leads):
        raise Refused(_("You may not convert these leads."))
    for lead in leads:
        if lead.is_closed:
            raise DomainError(_("Reopen the lead first."))


let_into(Lead.kind, Deal.kind, _may_become_part_of_a_deal)


@follows(FOLDED)
def leads_in_deals_are_converted(events: list[Event]) -> None:
    """A lead that went into a deal is converted, and counted apart from those that made a deal (D6)."""
    # Which kind took it in says the held Record itself: leads that go into leads ask nothing here.
    told = [(event, event.about) for event in events if event.about is not None and event.about.kind == Lead.kind]
    into = {
        lead.pk: event.facts["into"]["id"]
        for event, lead in told
        if lead.merged_into is not None and lead.merged_into.kind == Deal.kind
    }
    if not into:
        return
    deals = Deal.objects.select_related("stage").in_bulk(into.values())
    leads = [one for one in Lead.objects.filter(pk__in=into).with_stage().with_words() if into[one.pk] in deals]
    if not leads:
        return
    by = events[0].by
    for lead in leads:
        lead.enter(lead.stage.pipeline.stage_for(Category.CONVERTED), by=by)
    writing.save_many(leads)
    writing.make(
        [
            Conversion(
                lead=lead,
                deal=deals[into[lead.pk]],
                outcome=Conversion.Outcome.MERGED,
                stage=deals[into[lead.pk]].stage,
                by=by,
                operation_id=current().operation,
            )
            for lead in leads
        ]
    )


@follows(UNDONE)
def leads_taken_out_of_deals_are_open(events: list[Event]) -> None:
    """Their conversions stay, marked undone (D6)."""
    taken_back = {event.facts["operation"] for event in events if event.facts["act"] == merge.__name__}
    standing = list(Conversion.objects.filter(operation__in=taken_back, undone_at=None))
    for one in standing:
        one.undone_at = timezone.now()
    writing.change(standing, "undone_at")


@follows(MERGED)
def merged_companies_have_all_their_deals(events: list[Event]) -> None:
    """A company is a customer from the first deal that any of them has won (D3)."""
    for event in events:
        if event.about and event.about.kind == Company.kind:
            won = Deal.objects.live().filter(company=event.about.pk).exclude(won_at=None).order_by("won_at")
            first = won.select_related("record").first()
            if first is not None:
                note_wins_of(event.about.pk, first, by=event.by, via=event.via, cause=event)
