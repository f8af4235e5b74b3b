"""«Áp dụng kịch bản»: all the work of a plan on a record, in one act that is taken back as one."""

from datetime import date, timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from pheu.activities import events
from pheu.activities.models import ActivityType, WorkPlan
from pheu.activities.plans import ME, OWNER, due_of
from pheu.activities.services import (
    Plan,
    can_undo_planning,
    must_change,
    plan_held,
    where_work_goes_on,
)
from pheu.core.errors import DomainError
from pheu.people.models import User
from pheu.records.acts import act
from pheu.records.models import Record, id_and_name
from pheu.timeline.services import record


@act
def apply_plan(about: Record, *, plan: WorkPlan, starts_on: date, by: User, via: str = "page") -> list[Any]:
    """Plan everything that a plan has on a record that `by` may change; what was planned, the first first.

    Where the record has gone on in another meanwhile, a plan of that kind is needed.
    """
    about = where_work_goes_on(about)
    must_change(about, by)
    found = WorkPlan.objects.filter(pk=plan.pk, is_active=True, kind=about.kind).first()
    if found is None:
        raise DomainError(_("This plan is no longer in use."))
    if starts_on < timezone.localdate():
        raise DomainError(_("A plan begins today at the earliest."))
    planned = [plan_held(about, one, by=by, via=via) for one in drafts(found, about, starts_on, by)]
    record(events.PLAN_APPLIED, about=about, by=by, via=via, plan=id_and_name(found), many=len(planned))
    return planned


def drafts(plan: WorkPlan, about: Record, starts_on: date, by: User) -> list[Plan]:
    """What would be planned, by time. An hour of today that is over is the next one; who has left leaves it to `by`."""
    types = ActivityType.objects.in_bulk([one["type"] for one in plan.steps])
    people = User.objects.active().in_bulk([one["who"] for one in plan.steps if one["who"] not in (OWNER, ME)])
    owner = about.owner if about.owner is not None and about.owner.is_active else by
    named = {OWNER: owner, ME: by, **people}
    soonest = timezone.localtime().replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    made = [
        Plan(
            what=types[one["type"]],
            due_at=max(due_of(one, starts_on), soonest),
            assignee=named.get(one["who"], by),
            title=one["title"],
        )
        for one in plan.steps
        if one["type"] in types
    ]
    return sorted(made, key=lambda one: one.due_at)


can_undo_planning("apply_plan", events.PLAN_APPLIED, _("applying a work plan"))
