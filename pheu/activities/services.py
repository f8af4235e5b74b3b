"""Acts on activities: schedule, finish, reschedule, call off; and taking them along to another record."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Min, OuterRef, Subquery
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from pheu.activities import events
from pheu.activities.models import Activity, ActivityType
from pheu.core.errors import DomainError
from pheu.core.vietnamese.dates import show_datetime
from pheu.people.models import User
from pheu.people.scopes import CHANGE
from pheu.records import kinds
from pheu.records.models import Record, id_and_name
from pheu.timeline import services as timeline
from pheu.timeline.services import record


def _facts(activity: Activity) -> dict[str, Any]:
    return {
        "activity": activity.pk,
        "type": id_and_name(activity.type),
        "title": str(activity),
        "assignee": id_and_name(activity.assignee),
        "due": show_datetime(activity.due_at),
    }


@dataclass(frozen=True)
class Plan:
    """Work to schedule: type -> time -> assign (R0.33)."""

    what: ActivityType
    due_at: datetime
    assignee: User
    title: str = ""


@transaction.atomic
def schedule_activity(
    about: Record, *, what: ActivityType, due_at: datetime, assignee: User, title: str = "", by: User, via: str = "page"
) -> Activity:
    """Plan work on a record: type -> time -> assign (R0.33). The record must be one that `by` may change."""
    must_change(about, by)
    activity = Activity.objects.create(
        record=about, type=what, title=title, due_at=due_at, assignee=assignee, created_by=by
    )
    refresh_next([about.pk])
    record(events.SCHEDULED, about=about, by=by, via=via, **_facts(activity))
    return activity


def _mine_or_refuse(activity: Activity, by: User) -> Activity:
    """The activity, locked, for its assignee, its maker, or whoever may change its record."""
    activity = (
        Activity.objects.select_related("record", "type", "assignee")
        .select_for_update(of=("self",))
        .get(pk=activity.pk)
    )
    must_be_theirs(activity, by)
    return activity


def must_be_theirs(activity: Activity, by: User) -> None:
    """Refuse who is neither its assignee nor its maker and may not change its record."""
    is_theirs = by.is_active and by.pk in (activity.assignee_id, activity.created_by_id)
    if not is_theirs:
        must_change(activity.record, by)


def must_change(about: Record, by: User) -> None:
    kinds.get(about.kind).model.objects.within(by, CHANGE).get_or_refuse(about.pk)


@transaction.atomic
def finish_activity(
    activity: Activity, *, result: str = "", then: Plan | None = None, by: User, via: str = "page"
) -> Activity:
    """Done, with what came of it (R0.10), and what is to be done `then` on the same record.

    Finishing twice tells it once and plans once. Planning asks for the right to change the record; finishing does not.
    """
    activity = _mine_or_refuse(activity, by)
    if activity.done_at is not None:
        return activity
    activity.done_at, activity.done_by, activity.result, activity.called_off_at = timezone.now(), by, result, None
    activity.save()
    refresh_next([activity.record_id])
    record(events.DONE, about=activity.record, by=by, via=via, result=result, **_facts(activity))
    if then is not None:
        schedule_activity(activity.record, **vars(then), by=by, via=via)
    return activity


@transaction.atomic
def reschedule_activity(activity: Activity, *, due_at: datetime, by: User, via: str = "page") -> Activity:
    activity = _mine_or_refuse(activity, by)
    if not activity.is_open:
        raise DomainError(_("This activity is finished already."))
    if activity.due_at == due_at:
        return activity
    activity.due_at = due_at
    activity.save()
    refresh_next([activity.record_id])
    record(events.RESCHEDULED, about=activity.record, by=by, via=via, **_facts(activity))
    return activity


@transaction.atomic
def call_off_activity(activity: Activity, *, by: User, via: str = "page") -> Activity:
    activity = _mine_or_refuse(activity, by)
    if not activity.is_open:
        return activity
    activity.called_off_at = timezone.now()
    activity.save()
    refresh_next([activity.record_id])
    record(events.CALLED_OFF, about=activity.record, by=by, via=via, **_facts(activity))
    return activity


@transaction.atomic
def resume_activity(activity: Activity, *, by: User, via: str = "page") -> Activity:
    """Take back that an activity was finished or called off: «Hoàn tác»."""
    activity = _mine_or_refuse(activity, by)
    if activity.is_open:
        return activity
    activity.done_at = activity.done_by = activity.called_off_at = None
    activity.result = ""
    activity.save()
    refresh_next([activity.record_id])
    record(events.RESUMED, about=activity.record, by=by, via=via, **_facts(activity))
    return activity


@transaction.atomic
def log_activity(about: Record, *, what: ActivityType, result: str, by: User, via: str = "page") -> Activity:
    """Note work done just now that nobody had planned: a call that came in."""
    must_change(about, by)
    now = timezone.now()
    activity = Activity.objects.create(
        record=about, type=what, due_at=now, assignee=by, created_by=by, done_at=now, done_by=by, result=result
    )
    record(events.DONE, about=about, by=by, via=via, result=result, **_facts(activity))
    return activity


def first_due() -> Subquery:
    """When the earliest open activity of a Record is due."""
    first = Activity.objects.open().filter(record=OuterRef("pk")).order_by().values("record").annotate(at=Min("due_at"))
    return Subquery(first.values("at"))


def refresh_next(record_ids: Iterable[int]) -> None:
    """Bring `Record.next_activity_at` up to the earliest open activity."""
    Record.objects.filter(pk__in=list(record_ids)).update(next_activity_at=first_due())


@transaction.atomic
def bring_along(pairs: Sequence[tuple[Record, Record]]) -> None:
    """Take tags, followers and open activities from each old record to the one that continues it."""
    timeline.bring_along(pairs)
    for old, new in pairs:
        Activity.objects.open().filter(record=old).update(record=new)
    refresh_next([record.pk for pair in pairs for record in pair])
