"""What follows at once when a deal's customer changes."""

from django.db.models import Q

from pheu.deals.models import Deal
from pheu.records.writing import refresh_words
from pheu.timeline.events import CHANGED, follows
from pheu.timeline.models import Event


@follows(CHANGED)
def deals_are_found_by_their_customer(events: list[Event]) -> None:
    """Deals are found by company, person and e-mail, so a change of these is one of theirs."""
    renamed = [event.about_id for event in events if event.changed_fields & {"name", "full_name", "email"}]
    if renamed:
        deals = Deal.objects.filter(Q(company__in=renamed) | Q(contact__in=renamed))
        refresh_words(deals.select_related("company", "contact").locked())
