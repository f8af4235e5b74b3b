"""What follows at once when a company changes."""

from pheu.parties.models import Contact
from pheu.records.writing import refresh_words
from pheu.timeline.events import CHANGED, follows
from pheu.timeline.models import Event


@follows(CHANGED)
def contacts_are_found_by_their_company(events: list[Event]) -> None:
    """Contacts are found by the name of their company, so a renamed one renames them."""
    renamed = [event.about_id for event in events if "name" in event.changed_fields]
    if renamed:
        refresh_words(Contact.objects.filter(company__in=renamed).select_related("company").locked())
