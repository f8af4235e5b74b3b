"""A person's open work by day: overdue, today, tomorrow, this week, later."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from pheu.activities.models import Activity
from pheu.people.models import User
from pheu.records.models import Record

MOST = 200


@dataclass
class Day:
    """One stretch of the list: its name, its tone and its activities."""

    label: Any
    tone: str = ""
    activities: list[Activity] = field(default_factory=list)


def days_of(user: User, whose: str, *, until: Any = None) -> list[Day]:
    """Work of `user`, or of the people in their teams on records that `user` may see.

    My own work is readable even where its record is not (design.md 3): then `activity.opens` is False. With `until`,
    only what is due by then.
    """
    rows = Activity.objects.open().select_related("type", "record", "assignee")
    if whose == "team":
        rows = rows.filter(assignee__teams__in=user.team_ids, record__in=Record.objects.visible_to(user)).distinct()
    else:
        rows = rows.of(user)
    rows = rows if until is None else rows.filter(due_at__lte=until)
    activities = list(rows.order_by("due_at", "pk")[:MOST])
    readable = set(
        Record.objects.visible_to(user)
        .filter(pk__in={one.record_id for one in activities})
        .values_list("pk", flat=True)
    )
    days = [Day(_("Overdue"), "red"), Day(_("Today")), Day(_("Tomorrow")), Day(_("This week")), Day(_("Later"))]
    for activity in activities:
        activity.opens = activity.record_id in readable
        days[_place(activity)].activities.append(activity)
    return [day for day in days if day.activities]


def tonight() -> Any:
    """The last moment of today."""
    return timezone.localtime().replace(hour=23, minute=59, second=59, microsecond=999_999)


def _place(activity: Activity) -> int:
    today, day = timezone.localdate(), timezone.localtime(activity.due_at).date()
    if activity.is_overdue:
        return 0
    if day <= today + timedelta(days=1):
        return 1 + (day - today).days
    return 3 if day < today + timedelta(days=7 - today.weekday()) else 4
