"""When colleagues are busy, and when all of them are free: times alone, nothing of what they do then."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from pheu.activities.models import Activity, Guest
from pheu.activities.queries import ENDS_AT
from pheu.activities.spans import DAY, LONGEST
from pheu.people.profile import hours_of

AHEAD = timedelta(days=21)  # so far a free time is looked for
STEP = timedelta(minutes=15)
USUAL = timedelta(minutes=30)  # of what is a moment, when a free time is looked for


@dataclass(frozen=True)
class Taken:
    """A time in which somebody is busy."""

    user_id: int
    begins: datetime
    ends: datetime

    def meets(self, begins: datetime, ends: datetime) -> bool:
        return self.begins < ends and self.ends > begins


def taken(people: Collection[int], since: datetime, until: datetime, *, but: int | None = None) -> list[Taken]:
    """When these people are busy, by time: what they do, and where they are guests and did not decline.

    One statement for all of them. Work of the id `but` is left out: it is what somebody moves just now.
    """
    going_on = {"due_at__lt": until, "due_at__gt": since - timedelta(minutes=LONGEST), "ends_at__gt": since}
    rows = Activity.objects.open().exclude(pk=but).annotate(ends_at=ENDS_AT).filter(lasts__gt=0, **going_on).order_by()
    coming = [Guest.Answer.NONE, Guest.Answer.ACCEPTED, Guest.Answer.TENTATIVE]
    own = rows.filter(assignee__in=people).values_list("assignee", "due_at", "ends_at")
    invited = rows.filter(guests__user__in=people, guests__answer__in=coming)
    found = own.union(invited.values_list("guests__user", "due_at", "ends_at"))
    return sorted((Taken(*one) for one in found), key=lambda one: (one.begins, one.ends, one.user_id))


def first_free(times: Collection[Taken], after: datetime, lasts: int) -> datetime | None:
    """The first moment from `after` on at which nobody is busy for so many minutes, in one stretch of hours of work.

    None within AHEAD, and for what lasts whole days.
    """
    if lasts >= DAY:
        return None
    length = timedelta(minutes=lasts) or USUAL
    first = timezone.localtime(after).date()
    for day in (first + timedelta(days=nth) for nth in range(AHEAD.days)):
        for begins, ends in hours_of(day):
            edges = [timezone.make_aware(datetime.combine(day, one)) for one in (begins, ends)]
            at = max(edges[0], _rounded(after))
            for one in times:  # by time: what is behind it is behind for good
                if one.meets(at, at + length):
                    at = _rounded(one.ends)
            if at + length <= edges[1]:
                return at
    return None


def _rounded(at: datetime) -> datetime:
    """This moment, or the next quarter of an hour after it."""
    at = timezone.localtime(at)
    over = timedelta(minutes=at.minute % 15, seconds=at.second, microseconds=at.microsecond)
    return at - over + (STEP if over else timedelta(0))
