"""Acts on activities: schedule, finish, reschedule, call off; and taking them along to another record."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Min, OuterRef, QuerySet, Subquery
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from pheu.activities import events
from pheu.activities.models import Activity, ActivityType
from pheu.core.errors import DomainError
from pheu.core.prepared import prepared
from pheu.people.models import User
from pheu.people.profile import next_working_moment
from pheu.people.scopes import CHANGE
from pheu.records import kinds, writing
from pheu.records.acts import act
from pheu.records.fields import Moment
from pheu.records.locking import hold, must_hold
from pheu.records.models import Operation, Record, id_and_name
from pheu.timeline import services as timeline
from pheu.timeline.services import record
from pheu.timeline.undo import Undoable, can_undo

WHEN = Moment(name="due_at", label=_("When"), required=True)
TITLE_LIMIT, RESULT_LIMIT = 300, 5000


def _facts(activity: Activity, was: datetime | None = None) -> dict[str, Any]:
    return {
        "activity": activity.pk,
        "type": id_and_name(activity.type),
        "title": str(activity),
        "assignee": id_and_name(activity.assignee),
        "due": WHEN.to_json(activity.due_at),
        **({"was": WHEN.to_json(was)} if was else {}),
    }


@dataclass(frozen=True)
class Plan:
    """Work to schedule: type -> time -> assign (R0.33)."""

    what: ActivityType
    due_at: datetime
    assignee: User
    title: str = ""


@act
def schedule_activity(
    about: Record, *, what: ActivityType, due_at: datetime, assignee: User, title: str = "", by: User, via: str = "page"
) -> Activity:
    """Plan work on a record: type -> time -> assign (R0.33). The record must be one that `by` may change.

    Where the record has gone on in another meanwhile (a lead became a deal, or that was undone), it is planned there.
    """
    about = _where_work_goes_on(about)
    must_change(about, by)
    return _plan(about, Plan(what, due_at, assignee, title), by=by, via=via)


def _plan(about: Record, plan: Plan, *, by: User, via: str) -> Activity:
    """Write and tell work on a held record."""
    _check(plan.what, plan.assignee, plan.due_at, plan.title)
    planned = Activity(
        record=about, type=plan.what, title=plan.title, due_at=plan.due_at, assignee=plan.assignee, created_by=by
    )
    activity = writing.make([planned])[0]
    refresh_next([about.pk])
    record(events.SCHEDULED, about=about, by=by, via=via, **_facts(activity))
    return activity


def _check(what: ActivityType, assignee: User, due_at: Any, title: str = "", result: str = "") -> None:
    """The rules that a form asks by, for every caller."""
    if not what.is_active:
        raise DomainError(_("That type of work is no longer in use."))
    if not assignee.is_active:
        raise DomainError(_("%(name)s has left."), name=assignee)
    WHEN.must_check(due_at)
    if len(title) > TITLE_LIMIT or len(result) > RESULT_LIMIT:
        raise DomainError(_("This text is too long."))


def _where_work_goes_on(about: Record) -> Record:
    """The record, held, on which work is planned: this one, where it has gone on, or what it was taken back to."""
    hold(about.pk)
    row = kinds.get(about.kind).model.objects.select_related("record").get(pk=about.pk)
    on = row.goes_on_in or row.record.survivor
    return row.record if on == row.record else _where_work_goes_on(on)


def _held(activity: Activity, by: User) -> Activity:
    """The activity as it is now, its record held, for its assignee, its maker, or whoever may change its record."""
    hold(Activity.objects.filter(pk=activity.pk).values_list("record_id", flat=True).get())
    activity = Activity.objects.select_related("record", "type", "assignee").get(pk=activity.pk)
    must_hold(activity.record_id)
    must_be_theirs(activity, by)
    return activity


def must_be_theirs(activity: Activity, by: User) -> None:
    """Refuse who is neither its assignee nor its maker and may not change its record."""
    if not _is_own(activity, by):
        must_change(activity.record, by)


def is_theirs(activity: Activity, by: User) -> bool:
    """Whether `must_be_theirs` lets the person pass."""
    return _is_own(activity, by) or may_change(activity.record, by)


def _is_own(activity: Activity, by: User) -> bool:
    return by.is_active and by.pk in (activity.assignee_id, activity.created_by_id)


def may_change(about: Record, by: User) -> bool:
    return kinds.get(about.kind).model.objects.within(by, CHANGE).filter(pk=about.pk).exists()


def must_change(about: Record, by: User) -> None:
    kinds.get(about.kind).model.objects.within(by, CHANGE).get_or_refuse(about.pk)


@act
def finish_activity(
    activity: Activity, *, result: str = "", then: Plan | None = None, by: User, via: str = "page"
) -> Activity:
    """Done, with what came of it (R0.10), and what is to be done `then` on the same record.

    Finishing twice tells it once and plans once. Planning asks for the right to change the record; finishing does not.
    """
    activity = _held(activity, by)
    if activity.done_at is not None:
        return activity
    if len(result) > RESULT_LIMIT:
        raise DomainError(_("This text is too long."))
    activity.done_at, activity.done_by, activity.result, activity.called_off_at = timezone.now(), by, result, None
    _save(activity)
    record(events.DONE, about=activity.record, by=by, via=via, result=result, **_facts(activity))
    if then is not None:
        schedule_activity(activity.record, **vars(then), by=by, via=via)
    elif (chained := _chained(activity, by)) is not None:
        _plan(_where_work_goes_on(activity.record), chained, by=by, via=via)
    return activity


def _chained(done: Activity, by: User) -> Plan | None:
    """What the type of finished work plans after it: so many days after the day on which it was done (R3.16).

    One that would be due on a day off is due on the next day of work, at the same hour.
    The company planned it, so nobody is asked for the right; of a person it needs one who is still there.
    """
    what = done.type.next_type
    if what is None or not what.is_active or done.done_at is None:
        return None
    due = next_working_moment(done.done_at + timedelta(days=done.type.next_days or 0))
    return Plan(what, due, done.assignee if done.assignee.is_active else by)


@act
def reschedule_activity(activity: Activity, *, due_at: datetime, by: User, via: str = "page") -> Activity:
    activity = _held(activity, by)
    if not activity.is_open:
        raise DomainError(_("This activity is finished already."))
    WHEN.must_check(due_at)
    if activity.due_at == due_at:
        return activity
    was, activity.due_at = activity.due_at, due_at
    _save(activity)
    record(events.RESCHEDULED, about=activity.record, by=by, via=via, **_facts(activity, was))
    return activity


@act
def call_off_activity(activity: Activity, *, by: User, via: str = "page") -> Activity:
    activity = _held(activity, by)
    if not activity.is_open:
        return activity
    activity.called_off_at = timezone.now()
    _save(activity)
    record(events.CALLED_OFF, about=activity.record, by=by, via=via, **_facts(activity))
    return activity


@act
def resume_activity(activity: Activity, *, by: User, via: str = "page") -> Activity:
    """Take back that an activity was finished or called off: «Hoàn tác».

    Where its record has gone on in another meanwhile, it is to be done on that.
    """
    activity = _held(activity, by)
    if activity.is_open:
        return activity
    activity.record = _where_work_goes_on(activity.record)
    activity.done_at = activity.done_by = activity.called_off_at = None
    activity.result = ""
    writing.change([activity], "record")
    _save(activity)
    record(events.RESUMED, about=activity.record, by=by, via=via, **_facts(activity))
    return activity


def hand_over_work(person: int, *, to: User, by: User | None, via: str, cause: Any) -> None:
    """Let `to` do all that somebody who leaves had to do; its Records are held already."""
    moved = list(Activity.objects.planned().filter(assignee=person).select_related("record", "type"))
    must_hold(*(one.record_id for one in moved))
    for activity in moved:
        activity.assignee = to
    writing.change(moved, "assignee")
    timeline.record_many(events.HANDED_OVER, [(one.record, _facts(one)) for one in moved], by=by, via=via, cause=cause)


TOLD_AT_ONCE = 200
OLDEST_TOLD = timedelta(days=7)  # what is overdue for longer was told before, or is of a company that has just come


@act
def tell_overdue(*, by: None = None, via: str = "clock") -> int:
    """Tell of open work whose time has passed, once for each time that it was planned for; how much that was."""
    now = timezone.now()
    late = Activity.objects.open().filter(overdue_told=None, due_at__lt=now, due_at__gt=now - OLDEST_TOLD)
    found = list(late.order_by("due_at").values_list("pk", "record")[:TOLD_AT_ONCE])
    hold(*(record for _pk, record in found))
    of_them = Activity.objects.select_related("record", "type", "assignee").filter(pk__in=[pk for pk, _record in found])
    told = [one for one in of_them if one.is_overdue and one.overdue_told is None]
    must_hold(*(one.record_id for one in told))
    for one in told:
        one.overdue_told = one.due_at
    writing.change(told, "overdue_told")
    timeline.record_many(events.OVERDUE, [(one.record, _facts(one)) for one in told], by=by, via=via)
    return len(told)


def _save(activity: Activity) -> None:
    if activity.overdue_told != activity.due_at:
        activity.overdue_told = None
    writing.change([activity], "due_at", "done_at", "done_by", "result", "called_off_at", "overdue_told")
    refresh_next([activity.record_id])


@act
def log_activity(
    about: Record, *, what: ActivityType, result: str, then: Plan | None = None, by: User, via: str = "page"
) -> Activity:
    """Note work done just now that nobody had planned: a call that came in; and what is to be done `then`."""
    hold(about.pk)
    must_change(about, by)
    now = timezone.now()
    _check(what, by, now, result=result)
    who = {"assignee": by, "created_by": by, "done_by": by}
    done = Activity(record=about, type=what, due_at=now, done_at=now, result=result, **who)
    activity = writing.make([done])[0]
    record(events.DONE, about=about, by=by, via=via, result=result, **_facts(activity))
    if then is not None:
        schedule_activity(about, **vars(then), by=by, via=via)
    return activity


def _must_be_as_planned(operation: Operation, by: User) -> None:
    """`DomainError` where what was planned with a call is done, called off or moved by now: that would go unseen."""
    plans = operation.events.filter(kind=events.SCHEDULED.code).values_list("facts", flat=True)
    planned = {facts["activity"]: facts["due"] for facts in plans}
    for activity in Activity.objects.filter(pk__in=planned):
        if not activity.is_open or WHEN.to_json(activity.due_at) != planned[activity.pk]:
            raise DomainError(_("What was planned then has been worked on since: “%(title)s”."), title=activity)


def first_due() -> Subquery:
    """When the earliest open activity of a Record is due."""
    first = (
        Activity.objects.planned().filter(record=OuterRef("pk")).order_by().values("record").annotate(at=Min("due_at"))
    )
    return Subquery(first.values("at"))


def next_titles(record_ids: list[int]) -> dict[int, str]:
    """What is to be done next on each of these Records, by id: one statement."""
    return {pk: title or what for pk, title, what in _next_of(record_ids)}


@prepared
def _next_of(record_ids: list[int]) -> QuerySet[Any]:
    rows = (
        Activity.objects.planned().filter(record__in=record_ids).order_by("record", "due_at", "pk").distinct("record")
    )
    return rows.values_list("record", "title", "type__name")


def refresh_next(record_ids: Iterable[int]) -> None:
    """Bring the next activity of held Records up to their earliest open one."""
    writing.note_next_activity(list(record_ids), first_due())


def bring_along(pairs: Sequence[tuple[Record, Record]]) -> None:
    """Take tags, followers and open activities from each old, held record to the new one that continues it."""
    timeline.bring_along(pairs)
    bring_work_along(pairs)


def bring_work_along(pairs: Sequence[tuple[Record, Record]]) -> None:
    """Plan what is open on each old record on the new one; both are held."""
    new_of = {old.pk: new.pk for old, new in pairs}
    moved = list(Activity.objects.planned().filter(record__in=new_of))
    for activity in moved:
        activity.record_id = new_of[activity.record_id]
    writing.change(moved, "record")
    if moved:
        refresh_next([record.pk for pair in pairs for record in pair])


can_undo(
    "log_activity",
    Undoable(
        event=events.DONE.code,
        action=CHANGE,
        what=_("noting work done"),
        refuse=_must_be_as_planned,
        afterwards=refresh_next,
        of_fields=False,
    ),
)
