"""What follows at once when something happens to a deal."""

from pheu.deals.models import Deal
from pheu.deals.services import note_wins_of
from pheu.timeline.events import CHANGED, follows
from pheu.timeline.models import Event


@follows(CHANGED)
def won_deals_take_their_customer_along(events: list[Event]) -> None:
    """A won deal that goes to another company makes that the customer, and the one it left perhaps no longer (D3).

    Whoever told these events holds both.
    """
    moved = {event.about_id: event for event in events if "company" in event.changed_fields}
    for deal in Deal.objects.filter(pk__in=moved).exclude(won_at=None).select_related("record"):
        event = moved[deal.pk]
        told = next(one for one in event.facts["changes"] if one["field"] == "company")
        for company in (told["was"], told["now"]):
            if company is not None:
                note_wins_of(company["id"], deal, by=event.by, via=event.via, cause=event)
