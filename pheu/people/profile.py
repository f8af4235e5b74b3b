"""What the company says of itself and when it works, read once for each stamp (`core.shape`): asking costs no query."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache

from django.utils import timezone

from pheu.core import shape
from pheu.core.vietnamese.hours import Stretch, stretches
from pheu.people.models import Holiday, Profile

DAY = timedelta(days=1)
LONGEST_BREAK = 366  # days; beyond it nobody waits for the next day of work


@dataclass(frozen=True)
class _Known:
    """What was in force when a stamp was new. `week` begins with Monday."""

    profile: Profile
    week: list[tuple[Stretch, ...]]
    holidays: Mapping[date, Holiday]


@lru_cache(maxsize=4)
def _read(stamp: str) -> _Known:
    ours = (Profile.objects.first() if stamp else None) or Profile()
    days = {one.day: one for one in Holiday.objects.all()} if stamp else {}
    return _Known(ours, [stretches(one) for one in ours.week], days)


def profile() -> Profile:
    """Shared by all who ask: read it, never write it."""
    return _read(shape.stamp()).profile


def holiday(day: date) -> Holiday | None:
    """What the company calls this day, be it off or worked instead of another."""
    return _read(shape.stamp()).holidays.get(day)


def hours_of(day: date) -> tuple[Stretch, ...]:
    """When the company works on this day. One worked instead of another has those of the longest, if it has none."""
    week, special = _read(shape.stamp()).week, holiday(day)
    if special is None:
        return week[day.weekday()]
    return (week[day.weekday()] or max(week, key=_length)) if special.is_working else ()


def _length(hours: tuple[Stretch, ...]) -> int:
    return sum(60 * (ends.hour - begins.hour) + ends.minute - begins.minute for begins, ends in hours)


def working_weekdays() -> tuple[int, ...]:
    """On which days of a week the company works, 0 for Monday; on all where it has said of none."""
    week = _read(shape.stamp()).week
    return tuple(nth for nth, hours in enumerate(week) if hours) or tuple(range(7))


def is_working(day: date) -> bool:
    return bool(hours_of(day))


def next_working_day(day: date) -> date:
    """This day if it is one of work, else the first after it."""
    days = (day + nth * DAY for nth in range(LONGEST_BREAK))
    return next((one for one in days if is_working(one)), day)


def next_working_moment(at: datetime) -> datetime:
    """This moment if its day is one of work, else the same hour of the first day of work after it."""
    day = timezone.localtime(at).date()
    return at + (next_working_day(day) - day)
