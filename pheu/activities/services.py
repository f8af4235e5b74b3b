"""Acts on activities: schedule, finish, reschedule, call off; and taking them along to another record.

What stands on no record (ADR 30) goes through the same acts: `about` is None then.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Min, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from pheu.activities import events, recurring
from pheu.activities.calendar import colleagues
from pheu.activities.events import stands_on
from pheu.activities.guests import Guests, colleagues_among, forget_answers, guests_kept, named, set_guests
from pheu.activities.models import Activity, ActivityType, Guest, Series
from pheu.activities.reminding import Remind, follow_the_work, of_work, set_reminders
from pheu.activities.repeating import Repeat
from pheu.activities.spans import DAY, LONGEST
from pheu.core.errors import Conflict, DomainError, Refused
from pheu.core.prepared import prepared
from pheu.people.models import User
from pheu.people.profile import next_working_moment
from pheu.people.scopes import CHANGE
from pheu.records import kinds, writing
from pheu.records.acts import act
from pheu.records.fields import Moment
from pheu.records.locking import hold, hold_alone, must_hold, must_hold_alone
from pheu.records.models import Operation, Record, id_and_name
from pheu.timeline import services as timeline
from pheu.timeline.events import EventKind
from pheu.timeline.models import Event
from pheu.timeline.services import record
from pheu.timeline.undo import Undoable, can_undo

WHEN = Moment(name="due_at", label=_("When"), required=True)
TITLE_LIMIT, RESULT_LIMIT = 300, 5000


ELSEWHERE = _("Work on no record is for yourself or for people of your teams. Others you can invite.")


def facts_of(activity: Activity, was: datetime | None = None) -> dict[str, Any]:
    return {
        "activity": activity.pk,
        "type": id_and_name(activity.type),
        "title": str(activity),
        "assignee": id_and_name(activity.assignee),
        "due": WHEN.to_json(activity.due_at),
        **({"lasts": activity.lasts} if activity.lasts else {}),
        **({"was": WHEN.to_json(was)} if was else {}),
    }


@dataclass(frozen=True)
class Plan:
    """Work to schedule: type -> time -> assign (R0.33); it `lasts` minutes, or nothing."""

    what: ActivityType
    due_at: datetime
    assignee: User
    title: str = ""
    lasts: int = 0
    remind: Remind | None = None
    repeat: Repeat | None = None
    guests: Guests | None = None


@act
def schedule_activity(
    about: Record | None,
    *,
    what: ActivityType,
    due_at: datetime,
    assignee: User,
    title: str = "",
    lasts: int = 0,
    remind: Remind | None = None,
    repeat: Repeat | None = None,
    guests: Guests | None = None,
    by: User,
    via: str = "page",
) -> Activity:
    """Plan work on a record: type -> time -> assign (R0.33). The record must be one that `by` may change; work on none
    (R1.29) is for `by`, or for somebody of their teams.

    Work to `repeat` begins on the first day that fits; the first time of it is returned.

    Where the record has gone on in another meanwhile (a lead became a deal, or that was undone), it is planned there.
    """
    if about is None:
        _must_plan_for(assignee, by)
    else:
        about = where_work_goes_on(about)
        must_change(about, by)
    return plan_held(about, Plan(what, due_at, assignee, title, lasts, remind, repeat, guests), by=by, via=via)


def plan_held(about: Record | None, plan: Plan, *, by: User, via: str) -> Activity:
    """Write and tell work on a held record, or on none."""
    _check(plan.what, plan.assignee, plan.due_at, plan.title)
    must_last(plan.lasts)
    who = {"assignee": plan.assignee, "created_by": by}
    work: dict[str, Any] = {"record": about, "type": plan.what, "title": plan.title, "lasts": plan.lasts, **who}
    facts: dict[str, Any] = {}
    if plan.repeat:
        series = Series(**work, remind=recurring.kept(plan.remind))
        series.guests = guests_kept(series, plan.guests or Guests())
        activity = recurring.begin(series, plan.repeat, plan.due_at)
        facts = {"series": series.pk, "rule": series.rule}
    else:
        activity = writing.make([Activity(**work, due_at=plan.due_at)])[0]
        if plan.remind:
            set_reminders(activity, plan.remind)
    refresh_next([activity.record_id])
    record(events.SCHEDULED, **stands_on(activity), by=by, via=via, **facts_of(activity), **facts)
    if plan.repeat:
        tell_guests(activity, list(activity.guests.select_related("user")), [], by=by, via=via, **facts)
    elif plan.guests:
        invite(activity, plan.guests, by=by, via=via)
    return activity


def invite(activity: Activity, guests: Guests, *, by: User, via: str) -> bool:
    """Let held work have these guests, and tell it; whether that changed anything."""
    return tell_guests(activity, *set_guests(activity, guests), by=by, via=via)


def tell_guests(activity: Activity, came: list[Guest], went: list[Guest], *, by: User, via: str, **facts: Any) -> bool:
    if came or went:
        facts |= {"added": named(came), "removed": named(went), **colleagues_among(came)}
        record(events.GUESTS_CHANGED, **stands_on(activity), by=by, via=via, **facts_of(activity), **facts)
    return bool(came or went)


def _check(what: ActivityType, assignee: User, due_at: Any, title: str = "", result: str = "") -> None:
    """The rules that a form asks by, for every caller."""
    if not what.is_active:
        raise DomainError(_("That type of work is no longer in use."))
    if not assignee.is_active:
        raise DomainError(_("%(name)s has left."), name=assignee)
    WHEN.must_check(due_at)
    if len(title) > TITLE_LIMIT or len(result) > RESULT_LIMIT:
        raise DomainError(_("This text is too long."))


def must_last(lasts: Any) -> None:
    if type(lasts) is not int or not 0 <= lasts <= LONGEST:
        raise DomainError(_("Work lasts at most %(days)s days."), days=LONGEST // DAY)


def _must_plan_for(assignee: User, by: User) -> None:
    """Whose calendar one may fill without a record that gives the right to."""
    if not by.is_active:
        raise Refused
    if assignee != by and assignee not in colleagues(by):
        raise DomainError(ELSEWHERE)


def where_work_goes_on(about: Record) -> Record:
    """The record, held, on which work is planned: this one, where it has gone on, or what it was taken back to."""
    hold(about.pk)
    row = kinds.get(about.kind).model.objects.select_related("record").get(pk=about.pk)
    on = row.goes_on_in or row.record.survivor
    return row.record if on == row.record else where_work_goes_on(on)


def held(activity: Activity, by: User) -> Activity:
    """The activity as it is now, its record held, for its assignee, its maker, or whoever may change its record."""
    rows = Activity.objects.filter(pk=activity.pk)
    hold_work(rows)
    found = rows.select_related("record", "type", "assignee").first()
    if found is None:  # a series was moved, and this time of it with it
        raise Conflict(_("%(name)s was changed meanwhile. Please look again."), name=activity)
    must_hold_work([found])
    must_be_theirs(found, by)
    return found


def hold_work(rows: QuerySet[Activity]) -> None:
    """Hold the Records of this work; of what stands on none, its series, or itself where it does not come again."""
    found = list(rows.order_by().values_list("pk", "record", "series"))
    hold(*(record for _pk, record, _series in found))
    alone = [(pk, series) for pk, record, series in found if record is None]
    hold_alone(Series, {series for _pk, series in alone if series is not None})
    hold_alone(Activity, {pk for pk, series in alone if series is None})


def must_hold_work(works: Iterable[Activity]) -> None:
    """`TryAgain` unless all of this is held as `hold_work` holds it."""
    for one in works:
        if one.record_id is not None:
            must_hold(one.record_id)
        elif one.series_id is not None:
            must_hold_alone(Series, one.series_id)
        else:
            must_hold_alone(Activity, one.pk)


def hold_work_of(operation: Operation) -> None:
    """Hold what an operation wrote of work that stands on no record: before it is taken back."""
    written = dict[str, set[int]]()
    for table, key in operation.entries.values_list("table", "key"):
        written.setdefault(table, set()).add(key)
    hold_work(Activity.objects.alone().filter(pk__in=written.get(Activity._meta.db_table, ())))
    series = Series.objects.filter(pk__in=written.get(Series._meta.db_table, ()), record=None)
    hold_alone(Series, series.values_list("pk", flat=True))


def must_be_theirs(activity: Activity, by: User) -> None:
    """Refuse who is neither its assignee nor its maker and may not change its record."""
    if not is_theirs(activity, by):
        raise Refused


def is_theirs(activity: Activity, by: User) -> bool:
    """Whether `must_be_theirs` lets the person pass."""
    return _is_own(activity, by) or (activity.record is not None and may_change(activity.record, by))


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
    activity = held(activity, by)
    if activity.done_at is not None:
        return activity
    if len(result) > RESULT_LIMIT:
        raise DomainError(_("This text is too long."))
    activity.done_at, activity.done_by, activity.result, activity.called_off_at = timezone.now(), by, result, None
    _save(activity)
    record(events.DONE, **stands_on(activity), by=by, via=via, result=result, **facts_of(activity))
    if then is not None:
        schedule_activity(activity.record, **vars(then), by=by, via=via)
    elif (chained := _chained(activity, by)) is not None:
        about = where_work_goes_on(activity.record) if activity.record else None
        plan_held(about, chained, by=by, via=via)
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
def reschedule_activity(
    activity: Activity,
    *,
    due_at: datetime,
    lasts: int | None = None,
    remind: Remind | None = None,
    guests: Guests | None = None,
    by: User,
    via: str = "page",
) -> Activity:
    """Another time, or another length; without `lasts` it is as long as before, without `remind` told of as before,
    without `guests` with the same ones. They are asked anew whether they come.

    Of work that comes again only this one time: it stands apart from its series then (`series.move_series`).
    """
    activity = held(activity, by)
    if not activity.is_open:
        raise DomainError(_("This activity is finished already."))
    WHEN.must_check(due_at)
    lasts = activity.lasts if lasts is None else lasts
    must_last(lasts)
    if remind is not None and remind != of_work(activity):
        set_reminders(activity, remind)
    if guests is not None:
        invite(activity, guests, by=by, via=via)
    if (activity.due_at, activity.lasts) == (due_at, lasts):
        return activity
    was, activity.due_at, activity.lasts = activity.due_at, due_at, lasts
    activity.is_apart = activity.series_id is not None
    _save(activity)
    if was != due_at:  # what only lasts longer is told of when somebody asked to be told again
        follow_the_work(activity)
    heard = colleagues_among(forget_answers(activity))
    record(events.RESCHEDULED, **stands_on(activity), by=by, via=via, **facts_of(activity, was), **heard)
    return activity


@act
def call_off_activity(activity: Activity, *, by: User, via: str = "page") -> Activity:
    activity = held(activity, by)
    if not activity.is_open:
        return activity
    activity.called_off_at = timezone.now()
    _save(activity)
    heard = colleagues_among(activity.guests.all())
    record(events.CALLED_OFF, **stands_on(activity), by=by, via=via, **facts_of(activity), **heard)
    return activity


@act
def resume_activity(activity: Activity, *, by: User, via: str = "page") -> Activity:
    """Take back that an activity was finished or called off: «Hoàn tác».

    Where its record has gone on in another meanwhile, it is to be done on that.
    """
    activity = held(activity, by)
    if activity.is_open:
        return activity
    activity.record = where_work_goes_on(activity.record) if activity.record else None
    activity.done_at = activity.done_by = activity.called_off_at = None
    activity.result = ""
    writing.change([activity], "record")
    _save(activity)
    record(events.RESUMED, **stands_on(activity), by=by, via=via, **facts_of(activity))
    return activity


def hand_over_work(person: int, *, to: User, by: User | None, via: str, cause: Any) -> None:
    """Let `to` do all that somebody who leaves had to do; its Records are held already."""
    theirs = Activity.objects.planned().filter(assignee=person)
    hold_work(theirs)
    moved = list(theirs.select_related("record", "type"))
    must_hold_work(moved)
    for activity in moved:
        activity.assignee = to
    coming = list(series_behind(moved, assignee=person))
    must_hold(*(one.record_id for one in coming))
    for series in coming:
        series.assignee = to
        series.guests = [one for one in series.guests if one.get("user") != to.pk]
    writing.change(moved, "assignee")
    writing.change(coming, "assignee", "guests")
    writing.remove(Guest.objects.filter(activity__in=moved, user=to))  # no guest of one's own work
    tell_each(events.HANDED_OVER, moved, by=by, via=via, cause=cause)


def tell_each(kind: EventKind, works: Sequence[Activity], *, by: User | None, via: str, cause: Any = None) -> None:
    """Tell the same of several pieces of work."""
    told = [(one.record, facts_of(one)) for one in works if one.record_id is not None]
    timeline.record_many(kind, told, by=by, via=via, cause=cause)
    for one in works:
        if one.record_id is None:
            record(kind, **stands_on(one), by=by, via=via, cause=cause, **facts_of(one))


def series_behind(work: Iterable[Activity], **given: Any) -> QuerySet[Series]:
    """Of these series those of which more will be made, or of which some of this work is."""
    return Series.objects.filter(Q(is_over=False) | Q(pk__in={one.series_id for one in work} - {None}), **given)


TOLD_AT_ONCE = 200
OLDEST_TOLD = timedelta(days=7)  # what is overdue for longer was told before, or is of a company that has just come


@act
def tell_overdue(*, by: None = None, via: str = "clock") -> int:
    """Tell of open work whose time has passed, once for each time that it was planned for; how much that was."""
    now = timezone.now()
    late = Activity.objects.open().filter(overdue_told=None, due_at__lt=now, due_at__gt=now - OLDEST_TOLD)
    found = Activity.objects.filter(pk__in=list(late.order_by("due_at").values_list("pk", flat=True)[:TOLD_AT_ONCE]))
    hold_work(found)
    of_them = found.select_related("record", "type", "assignee")
    told = [one for one in of_them if one.is_overdue and one.overdue_told is None]
    must_hold_work(told)
    for one in told:
        one.overdue_told = one.due_at
    writing.change(told, "overdue_told")
    tell_each(events.OVERDUE, told, by=by, via=via)
    return len(told)


def _save(activity: Activity) -> None:
    if activity.overdue_told != activity.due_at:
        activity.overdue_told = None
    columns = ("due_at", "lasts", "is_apart", "done_at", "done_by", "result", "called_off_at", "overdue_told")
    writing.change([activity], *columns)
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
    record(events.DONE, about=about, by=by, via=via, result=result, **facts_of(activity))
    if then is not None:
        schedule_activity(about, **vars(then), by=by, via=via)
    return activity


def must_be_as_planned(operation: Operation, by: User) -> None:
    """`DomainError` where what was planned with a call is done, called off or moved by now: that would go unseen."""
    plans = operation.events.filter(kind=events.SCHEDULED.code).values_list("facts", "about")
    planned = {facts["activity"]: facts["due"] for facts, _about in plans}
    alone = any(about is None for _facts, about in plans)  # what stood on no record, and was brought to one since
    for activity in Activity.objects.filter(pk__in=planned):
        is_there = activity.record_id is None or not alone
        if not activity.is_open or WHEN.to_json(activity.due_at) != planned[activity.pk] or not is_there:
            raise DomainError(_("What was planned then has been worked on since: “%(title)s”."), title=activity)
    must_be_untouched(operation)


def must_be_untouched(operation: Operation) -> None:
    """`DomainError` where a time that an act made of a series is done, called off, moved or gone by now."""
    entries = operation.entries.filter(table=Activity._meta.db_table, before__isnull=True)
    made = set(entries.values_list("key", flat=True))
    made -= set(Activity.objects.filter(pk__in=made, series=None).values_list("pk", flat=True))
    untouched = Activity.objects.planned().filter(pk__in=made, is_apart=False)
    if untouched.count() < len(made):
        raise DomainError(_("What was planned then has been worked on since."))


def _must_stand_as_moved(operation: Operation, by: User) -> None:
    """`DomainError` where what was moved is done, called off, moved again or planned on another record by now."""
    for event in operation.events.filter(kind=events.RESCHEDULED.code):
        activity = Activity.objects.filter(pk=event.facts["activity"], record=event.about_id).first()
        if activity is None or not activity.is_open or _when(facts_of(activity)) != _when(event.facts):
            raise DomainError(_("It has been worked on since: “%(title)s”."), title=event.facts["title"])


def _when(facts: dict[str, Any]) -> tuple[str, int]:
    return facts["due"], facts.get("lasts", 0)


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


def refresh_next(record_ids: Iterable[int | None]) -> None:
    """Bring the next activity of held Records up to their earliest open one; None is no record."""
    if ids := [pk for pk in record_ids if pk is not None]:
        writing.note_next_activity(ids, first_due())


@act
def link_activity(activity: Activity, *, about: Record, by: User, via: str = "page") -> Activity:
    """«Gắn vào phiếu»: let work that stands on no record stand on one that `by` may change; done work too.

    Of work that comes again all of it goes there, as all of a series stands on one record.
    """
    about = where_work_goes_on(about)
    must_change(about, by)
    activity = held(activity, by)
    if activity.record_id is not None:
        if activity.record_id == about.pk:
            return activity
        raise DomainError(_("It stands on a record already."))
    whole = [activity] if activity.series is None else list(activity.series.activities.all())
    for one in (activity, *whole):
        one.record = about
    writing.change(whole, "record")
    if activity.series is not None:
        activity.series.record = about
        writing.change([activity.series], "record")
    refresh_next([about.pk])
    record(events.LINKED, **stands_on(activity), by=by, via=via, **facts_of(activity))
    return activity


def _must_stand_as_linked(operation: Operation, by: User) -> None:
    """`DomainError` where anything happened to it since it stands on its record, or somebody outside is invited."""
    for event in operation.events.filter(kind=events.LINKED.code):
        rows = Activity.objects.filter(pk=event.facts["activity"], record=event.about_id)
        activity = rows.first()
        since = Event.objects.filter(about=event.about_id, operation__gt=operation.pk, kind__startswith="activity.")
        is_same = activity is not None and not since.filter(facts__activity=event.facts["activity"]).exists()
        if activity is None or not is_same or not _is_own(activity, by):
            raise DomainError(_("It has been worked on since: “%(title)s”."), title=event.facts["title"])
        whole = Activity.objects.filter(Q(pk=activity.pk) | Q(series__isnull=False, series=activity.series_id))
        if Guest.objects.filter(activity__in=whole, user=None).exists():
            raise DomainError(_("It has guests from outside by now: “%(title)s”."), title=event.facts["title"])


def bring_along(pairs: Sequence[tuple[Record, Record]]) -> None:
    """Take tags, followers and open activities from each old, held record to the new one that continues it."""
    timeline.bring_along(pairs)
    bring_work_along(pairs)


def bring_work_along(pairs: Sequence[tuple[Record, Record]]) -> None:
    """Plan what is open on each old record on the new one; both are held."""
    new_of = {old.pk: new.pk for old, new in pairs}
    moved = list(Activity.objects.planned().filter(record__in=new_of))
    coming = list(series_behind(moved, record__in=new_of))
    for one in (*moved, *coming):
        one.record_id = new_of[one.record_id]
    writing.change(moved, "record")
    writing.change(coming, "record")
    if moved:
        refresh_next([record.pk for pair in pairs for record in pair])


def can_undo_planning(name: str, event: EventKind, what: Any) -> None:
    """Offer to take back an act that planned work, as long as nobody has touched that work."""
    told: dict[str, Any] = {"event": event.code, "what": what, "refuse": must_be_as_planned, "afterwards": refresh_next}
    told["hold"] = hold_work_of
    can_undo(name, Undoable(action=CHANGE, of_fields=False, **told))


can_undo_planning("schedule_activity", events.SCHEDULED, _("planning work"))
can_undo_planning("log_activity", events.DONE, _("noting work done"))
can_undo(
    "reschedule_activity",
    Undoable(
        event=events.RESCHEDULED.code,
        action=CHANGE,
        what=_("moving work"),
        refuse=_must_stand_as_moved,
        afterwards=refresh_next,
        hold=hold_work_of,
        of_fields=False,
    ),
)
can_undo(
    "link_activity",
    Undoable(
        event=events.LINKED.code,
        action=CHANGE,
        what=_("bringing work to a record"),
        refuse=_must_stand_as_linked,
        afterwards=refresh_next,
        hold=hold_work_of,
        of_fields=False,
    ),
)
