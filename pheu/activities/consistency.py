"""Whether `Record.next_activity_at` is the earliest open activity: `bin/pheu doctor` and database tests ask."""

from collections.abc import Iterator
from typing import Any

from django.db.models import F, Q, QuerySet

from pheu.activities.services import first_due
from pheu.core.health import examination
from pheu.core.prepared import prepared
from pheu.records.models import Record


@examination("next activities")
def differing_next_activities() -> Iterator[str]:
    """One line for each Record whose next activity is not at that time; one statement."""
    yield from (f"{number}: next_activity_at" for (number,) in _differing())


@prepared
def _differing() -> QuerySet[Any, Any]:
    known, due = Q(next_activity_at__isnull=False), Q(due__isnull=False)
    other_time = Q(next_activity_at__lt=F("due")) | Q(next_activity_at__gt=F("due"))
    differing = Record.objects.annotate(due=first_due()).filter(known & ~due | ~known & due | other_time)
    return differing.values_list("number")
