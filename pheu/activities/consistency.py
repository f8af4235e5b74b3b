"""Whether `Record.next_activity_at` is the earliest open activity: `bin/pheu doctor` and database tests ask."""

from collections.abc import Iterator

from django.db.models import F, Q

from pheu.activities.services import first_due
from pheu.core.health import examination
from pheu.records.models import Record


@examination("next activities")
def differing_next_activities() -> Iterator[str]:
    """One line for each Record whose next activity is not at that time; one statement."""
    known, due = Q(next_activity_at__isnull=False), Q(due__isnull=False)
    other_time = Q(next_activity_at__lt=F("due")) | Q(next_activity_at__gt=F("due"))
    differing = Record.objects.annotate(due=first_due()).filter(known & ~due | ~known & due | other_time)
    for number in differing.values_list("number", flat=True):
        yield f"{number}: next_activity_at"
