"""Acts on work that comes again: changing or ending it from one time on, and making what comes next (ADR 25)."""

from datetime import date, datetime, timedelta
from typing import Any

from django.db import models
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from pheu.activities import events, recurring
from pheu.activities.events import stands_on
from pheu.activities.guests import (
    Guests,
    colleagues_among,
    guest_of,
    guests_kept,
    key_of,
    must_be_unanswered,
    set_guests_of_series,
)
from pheu.activities.models import Activity, Series
from pheu.activities.reminding import Remind
from pheu.activities.repeating import Repeat, limited
from pheu.activities.services import (
    WHEN,
    facts_of,
    held,
    hold_work_of,
    must_be_untouched,
    must_last,
    refresh_next,
    tell_guests,
)
from pheu.core.errors import DomainError
from pheu.people.models import User
from pheu.people.profile import DAY
from pheu.people.scopes import CHANGE
from pheu.records import writing
from pheu.records.acts import act
from pheu.records.locking import hold, hold_alone, must_hold, must_hold_alone
from pheu.records.models import Operation, Record
from pheu.timeline.services import record
from pheu.timeline.undo import Undoable, can_undo


class Reach(models.TextChoices):
    """How far a change of one time goes."""

    ONE = "one", _("Only this one")
    FOLLOWING = "following", _("This one and those after it")
    ALL = "all", _("All that are still to be done")


@act
def move_series(
    activity: Activity,
    *,
    reach: Reach,
    due_at: datetime,
    lasts: int | None = None,
    remind: Remind | None = None,
    repeat: Repeat | None = None,
    by: User,
    via: str = "page",
) -> Activity:
    """Another time for this and FOLLOWING ones, or ALL that are to be done; the first of them as it is then.

    `repeat` is how it comes again from there on; without it as before, a week's days moved along. Times that were done,
    called off or moved by themselves stay as they are, and nothing is made beside them.
    """
    activity, series = _held_with_series(activity, by)
    if not activity.is_open:
        raise DomainError(_("This activity is finished already."))
    WHEN.must_check(due_at)
    lasts = activity.lasts if lasts is None else lasts
    must_last(lasts)
    first = activity if reach == Reach.FOLLOWING else _first(series, activity)
    begins = timezone.localtime(due_at) + (first.due_at - activity.due_at)
    since, left = _day(first), recurring.left_of(series, _day(first))
    shift = begins.date() - since
    then = _continued(series, since, shift)
    if begins != first.due_at or lasts != first.lasts:  # they are asked anew
        then.guests = [{**one, "answer": ""} for one in series.guests]
    then.lasts, then.remind = lasts, series.remind if remind is None else recurring.kept(remind)
    rule = "" if repeat or shift else limited(series.rule, until=left.until, times=left.times)
    recurring.drop(recurring.to_come(series, since) | Activity.objects.filter(pk=activity.pk))
    _end_before(series, since)
    moved = recurring.begin(then, repeat or left.shifted(shift.days), begins, rule=rule)
    refresh_next([series.record_id])
    told: dict[str, Any] = {"series": then.pk, "rule": then.rule, **colleagues_among(moved.guests.all())}
    record(events.SERIES_MOVED, **stands_on(moved), by=by, via=via, **facts_of(moved), **told)
    return moved


def _continued(series: Series, since: date, shift: timedelta) -> Series:
    """What goes on in its place: without the days of times that stay as they are, moved along like all others."""
    stays = series.activities.filter(occurs_on__gte=since).exclude(pk__in=recurring.to_come(series, since))
    days = [*map(_day, stays), *recurring.skipped(series)]
    skips = sorted({(day + shift).isoformat() for day in days if day >= since})
    same = {name: getattr(series, name) for name in ("record", "type", "title", "assignee", "created_by", "guests")}
    return Series(**same, skips=skips)


def _end_before(series: Series, since: date) -> None:
    if series.first < since:
        series.rule = limited(series.rule, until=since - DAY, times=None)
    series.is_over, series.stopped_on = True, since
    writing.change([series], "rule", "is_over", "stopped_on")


def _first(series: Series, activity: Activity) -> Activity:
    """The earliest that a change of all is about: what is overdue stays, unless it is the one that was changed."""
    earliest = recurring.to_come(series, timezone.localdate()).order_by("occurs_on").first()
    return min(filter(None, (activity, earliest)), key=_day)


def _day(activity: Activity) -> date:
    """The day that it stands for."""
    return activity.occurs_on or timezone.localtime(activity.due_at).date()


@act
def end_series(activity: Activity, *, reach: Reach, by: User, via: str = "page") -> Activity:
    """Call this and FOLLOWING ones off, or ALL that are to be done; nothing more is made.

    Others that were moved by themselves are still to be done.
    """
    activity, series = _held_with_series(activity, by)
    if not activity.is_open:
        return activity
    since = _day(activity) if reach == Reach.FOLLOWING else date.min
    ended = list(recurring.to_come(series, since) | Activity.objects.filter(pk=activity.pk))
    now = timezone.now()
    for one in ended:
        one.called_off_at = now
    writing.change(ended, "called_off_at")
    _end_before(series, min(map(_day, ended)))
    refresh_next([series.record_id])
    told: dict[str, Any] = {"series": series.pk, "many": len(ended), **colleagues_among(activity.guests.all())}
    record(events.SERIES_ENDED, **stands_on(activity), by=by, via=via, **facts_of(activity), **told)
    return activity


@act
def change_guests_of_series(
    activity: Activity, *, guests: Guests, reach: Reach, by: User, via: str = "page"
) -> Activity:
    """Let this time and FOLLOWING ones, or ALL that are still to be done, have these guests. The answers of those who
    stay stay; whom one of the times has or lacks by itself stays there.
    """
    activity, series = _held_with_series(activity, by)
    if not activity.is_open:
        raise DomainError(_("This activity is finished already."))
    first, since = _first(series, activity), _day(activity)
    if {*map(key_of, series.guests)} == {*map(key_of, guests_kept(series, guests))}:
        return activity
    if reach == Reach.FOLLOWING and _day(first) < since and series.first < since:  # those before keep theirs
        left = recurring.left_of(series, since)
        then = _continued(series, since, timedelta())
        then.lasts, then.remind = series.lasts, series.remind
        then.guests = guests_kept(then, guests)
        was = {key_of(one) for one in series.guests}
        begins = timezone.localtime(series.begins_at) + (since - series.first)
        recurring.drop(recurring.to_come(series, since) | Activity.objects.filter(pk=activity.pk))
        _end_before(series, since)
        activity = recurring.begin(then, left, begins, rule=limited(series.rule, until=left.until, times=left.times))
        refresh_next([series.record_id])
        now = {key_of(one) for one in then.guests}
        came = [guest_of(one) for one in then.guests if key_of(one) not in was]
        gone = [guest_of(one) for one in series.guests if key_of(one) not in now]
        series = then
    else:
        times = Activity.objects.planned().filter(series=series, occurs_on__gte=_day(first))  # moved ones too
        came, gone = set_guests_of_series(series, guests, list(times))
    tell_guests(activity, came, gone, by=by, via=via, series=series.pk, rule=series.rule)
    return activity


def _held_with_series(activity: Activity, by: User) -> tuple[Activity, Series]:
    hold(*Activity.objects.filter(pk=activity.pk).values_list("record_id", "series__record_id").first() or ())
    activity = held(activity, by)
    rows = Series.objects.filter(activities=activity).select_related("record", "type", "assignee")
    series = rows.first()
    if series is None:
        raise DomainError(_("This work is not repeated."))
    _must_hold(series)
    return activity, series


def _must_hold(series: Series) -> None:
    if series.record_id is None:
        must_hold_alone(Series, series.pk)
    must_hold(series.record_id)


@act
def fill_series(series: int, *, by: None = None, via: str = "clock") -> int:
    """Make what comes next of a series, for the job of the day; how many times that were."""
    hold(*Series.objects.filter(pk=series).values_list("record_id", flat=True))
    hold_alone(Series, Series.objects.filter(pk=series, record=None).values_list("pk", flat=True))
    found = to_fill().filter(pk=series).select_related("record", "type", "assignee").first()
    if found is None:
        return 0
    _must_hold(found)
    made = recurring.fill(found)
    refresh_next([found.record_id])
    return len(made)


def to_fill() -> QuerySet[Series]:
    """Those of which something is to be made soon. What is of an archived record, or of who has left, waits."""
    soon = timezone.localdate() + recurring.REFILL
    rows = Series.objects.filter(is_over=False, made_to__lt=soon, assignee__is_active=True)
    return rows.filter(Q(record=None) | Q(record__state=Record.State.LIVE)).order_by("made_to", "pk")


def _must_stand_as_moved(operation: Operation, by: User) -> None:
    must_be_untouched(operation)


def _must_stand_as_invited(operation: Operation, by: User) -> None:
    must_be_untouched(operation)
    must_be_unanswered(operation, by)


for _act, _event, _what, _refuse in (
    ("move_series", events.SERIES_MOVED, _("moving repeated work"), _must_stand_as_moved),
    ("end_series", events.SERIES_ENDED, _("calling off repeated work"), None),
    (
        "change_guests_of_series",
        events.GUESTS_CHANGED,
        _("changing guests"),
        _must_stand_as_invited,
    ),
):
    _rule = Undoable(
        event=_event.code,
        action=CHANGE,
        what=_what,
        refuse=_refuse,
        of_fields=False,
        afterwards=refresh_next,
        hold=hold_work_of,
    )
    can_undo(_act, _rule)
