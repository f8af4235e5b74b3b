"""Work that comes again: making each time of a series some weeks ahead, as work of its own (ADR 25)."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from pheu.activities.guests import invite_to_new
from pheu.activities.models import Activity, Guest, Reminder, Series
from pheu.activities.reminding import Remind, remind_of_each
from pheu.activities.repeating import IMPOSSIBLE, Repeat, coming, gone_by, must_be_possible, rule_from
from pheu.core.errors import DomainError
from pheu.people.profile import DAY
from pheu.records import writing

BEGINS_TODAY = _("Work that is repeated begins today at the earliest.")
AHEAD, REFILL = timedelta(days=60), timedelta(days=45)
MOST = 60  # times that are made at once


def begin(series: Series, repeat: Repeat, at: datetime, *, rule: str = "") -> Activity:
    """Write a series from the first day that fits, today at the earliest, and what is to be made of it by now.

    The first time of it; `DomainError` where it never comes: it ends before it begins. `rule` is that of the series
    that it goes on from.
    """
    must_be_possible(repeat)
    at = timezone.localtime(at)
    day = repeat.begins(at.date())
    if day < timezone.localdate():
        raise DomainError(BEGINS_TODAY)
    series.begins_at, series.made_to = at + (day - at.date()), day - DAY
    series.rule = rule or rule_from(repeat, day)
    writing.make([series])
    made = fill(series)
    if not made:
        raise DomainError(IMPOSSIBLE)
    return made[0]


def fill(series: Series) -> list[Activity]:
    """Make what comes within AHEAD and is not there yet, and in any case the next time; its Record is held.

    Days that are over are not made up for. What was called off or done keeps its day, so it is never made again.
    """
    days = _days_to_make(series)
    taken = {*series.activities.filter(occurs_on__in=days).values_list("occurs_on", flat=True), *skipped(series)}
    made = list(writing.make([_on(series, day) for day in days if day not in taken]))
    remind_of_each(made, remind_of(series))
    if series.guests:
        invite_to_new(series, made)
    if days:
        series.made_to = days[-1]
    series.is_over = not coming(series.rule, series.first, after=series.made_to, most=1)
    writing.change([series], "made_to", "is_over")
    return made


def _days_to_make(series: Series) -> list[date]:
    today = timezone.localdate()
    days = coming(series.rule, series.first, after=max(series.made_to, today - DAY), most=MOST)
    soon = [day for day in days if day <= today + AHEAD]
    return soon if soon or to_come(series, today).exists() else days[:1]


def _on(series: Series, day: date) -> Activity:
    at = timezone.localtime(series.begins_at)
    same = {name: getattr(series, name) for name in ("record_id", "type", "title", "lasts", "assignee", "created_by")}
    return Activity(series=series, occurs_on=day, due_at=at + (day - at.date()), **same)


def left_of(series: Series, since: date) -> Repeat:
    """How it repeats from a day on: of so many times, those that are left."""
    repeat = Repeat.read(series.rule)
    if repeat.times is None:
        return repeat
    return replace(repeat, times=max(repeat.times - gone_by(series.rule, series.first, before=since), 1))


def skipped(series: Series) -> list[date]:
    """Days on which it does not come: what it goes on from was called off, done or moved then."""
    return [date.fromisoformat(day) for day in series.skips]


def remind_of(series: Series) -> Remind:
    return Remind(tuple(series.remind.get("minutes", ())), tuple(series.remind.get("by", ())))


def kept(remind: Remind | None) -> dict[str, Any]:
    """As a series keeps it."""
    return {"minutes": sorted(set(remind.minutes)), "by": list(remind.by)} if remind else {}


def to_come(series: Series, day: date) -> QuerySet[Activity]:
    """What nobody has done, called off or changed by itself of a series, from a day on."""
    return Activity.objects.planned().filter(series=series, is_apart=False, occurs_on__gte=day)


def drop(times: QuerySet[Activity]) -> None:
    writing.remove(Reminder.objects.filter(activity__in=times))
    writing.remove(Guest.objects.filter(activity__in=times))
    writing.remove(times)
