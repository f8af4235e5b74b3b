"""A person's work, or their teams': by week, by month, and as a list of what is open."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode

from django.db.models import Q
from django.db.models.functions import Coalesce
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from pheu.activities.models import Activity
from pheu.core.ids import read_id
from pheu.people.models import User
from pheu.people.profile import hours_of
from pheu.records.models import Record
from pheu.records.moments import midnight, read_day

VIEWS = {"week": gettext_lazy("Week"), "month": gettext_lazy("Month"), "list": gettext_lazy("List")}
MOST = 1000  # activities on one page
DAY, WEEK = timedelta(days=1), timedelta(days=7)


@dataclass(frozen=True)
class Look:
    """What an address of the calendar asks for; what nobody can mean is left out.

    `until` narrows a list to what is due by then: `tonight` is what the first page counts, `now` what is overdue.
    """

    view: str
    whose: str
    on: date
    person: int | None
    until: str

    @classmethod
    def of(cls, asked: QueryDict) -> "Look":
        until, view = (str(asked.get(name, "")) for name in ("until", "view"))
        until = until if until in ("tonight", "now") else ""
        return cls(
            view=view if view in VIEWS else "list" if until else "week",
            whose="team" if asked.get("whose") == "team" else "mine",
            on=_day_of(asked.get("on", "")),
            person=read_id(asked.get("person")),
            until=until,
        )

    def url(self, **other: Any) -> str:
        """The address of the same look with something other about it."""
        told = {**vars(self), "until": "", **other}
        usual = {"view": "week", "whose": "mine", "on": timezone.localdate(), "person": None, "until": ""}
        return f"?{urlencode({name: value for name, value in told.items() if value != usual[name]})}"

    @property
    def latest(self) -> datetime | None:
        return {"tonight": tonight(), "now": timezone.now()}.get(self.until)


def _day_of(text: str) -> date:
    try:
        return read_day(text)
    except ValueError:
        return timezone.localdate()


def tonight() -> Any:
    """The last moment of today."""
    return timezone.localtime().replace(hour=23, minute=59, second=59, microsecond=999_999)


# Whose ------------------------------------------------------------------------------------------------------------


def colleagues(user: User) -> list[User]:
    """The people of my teams, or of my departments where I am in no team; their calendar shows what I may see."""
    mine = Q(teams__in=user.team_ids) if user.team_ids else Q(department__in=user.department_ids)
    return list(User.objects.active().filter(mine).distinct())


def _work_of(user: User, people: list[User] | None) -> Any:
    """My own work, readable even where its record is not (design.md 3); or that of `people` on what I may see."""
    rows = Activity.objects.select_related("type", "record", "assignee")
    if people is None:
        return rows.of(user)
    return rows.filter(assignee__in=[one.pk for one in people], record__in=Record.objects.visible_to(user))


def overdue_count(user: User, people: list[User] | None) -> int:
    return _work_of(user, people).overdue().count()


def _told_which_open(user: User, activities: list[Any]) -> list[Any]:
    """`activity.opens`: whether its record is one that the person may see."""
    asked = {one.record_id for one in activities}
    readable = set(Record.objects.visible_to(user).filter(pk__in=asked).values_list("pk", flat=True)) if asked else ()
    for activity in activities:
        activity.opens = activity.record_id in readable
    return activities


# A list -----------------------------------------------------------------------------------------------------------


@dataclass
class Day:
    """One stretch of the list: its name, its tone and its activities."""

    label: Any
    tone: str = ""
    activities: list[Activity] = field(default_factory=list)


def days_of(user: User, people: list[User] | None, *, until: datetime | None = None) -> list[Day]:
    """Open work: overdue, today, tomorrow, this week, later. With `until`, only what is due by then."""
    rows = _work_of(user, people).open()
    rows = rows if until is None else rows.filter(due_at__lte=until)
    days = [Day(_("Overdue"), "red"), Day(_("Today")), Day(_("Tomorrow")), Day(_("This week")), Day(_("Later"))]
    for activity in _told_which_open(user, list(rows.order_by("due_at", "pk")[:MOST])):
        days[_place(activity)].activities.append(activity)
    return [day for day in days if day.activities]


def _place(activity: Activity) -> int:
    today, day = timezone.localdate(), timezone.localtime(activity.due_at).date()
    if activity.is_overdue:
        return 0
    if day <= today + DAY:
        return 1 + (day - today).days
    return 3 if day < today + timedelta(days=7 - today.weekday()) else 4


# A grid -----------------------------------------------------------------------------------------------------------


@dataclass
class Grid:
    """The days of a week, or of the weeks that a month touches, with what was done and is planned on each.

    Each activity has `at`, the moment where it stands, and `hour`, None where there is only a day. `before` and `after`
    are where the arrows lead.
    """

    look: Look
    first: date
    last: date
    before: date
    after: date
    label: str
    by_day: dict[date, list[Any]] = field(default_factory=lambda: defaultdict(list))

    @property
    def days(self) -> list[date]:
        return [self.first + timedelta(days=nth) for nth in range((self.last - self.first).days + 1)]

    @property
    def weeks(self) -> list[list[date]]:
        return [self.days[at : at + 7] for at in range(0, len(self.days), 7)]

    @property
    def hours(self) -> list[int]:
        """Those in which the company works, and others in which there is something."""
        stretches = [stretch for day in self.days for stretch in hours_of(day)] or [(time(8), time(18))]
        # What ends at five has no row of its own for five.
        work = {hour for begins, ends in stretches for hour in (begins.hour, ends.hour - (ends.minute == 0))}
        more = {one.hour for day in self.by_day.values() for one in day if one.hour is not None}
        return list(range(min(work | more), max(work | more) + 1))

    @property
    def activities(self) -> int:
        return sum(map(len, self.by_day.values()))


def grid_of(user: User, people: list[User] | None, look: Look) -> Grid:
    """A filled grid: what is open stands where it is due, what is done where it was due if it was done that day."""
    grid = _month(look) if look.view == "month" else _week(look)
    between = (midnight(grid.first), midnight(grid.last + DAY))
    to_do = Q(done_at=None, called_off_at=None, record__archived_at=None)
    planned = to_do & Q(due_at__gte=between[0], due_at__lt=between[1])
    done = Q(done_at__gte=between[0], done_at__lt=between[1])
    rows = _work_of(user, people).filter(planned | done).order_by(Coalesce("done_at", "due_at"), "pk")
    for activity in _told_which_open(user, list(rows[:MOST])):
        activity.at = _at(activity)
        # A day alone is its midnight.
        activity.hour = None if (activity.at.hour, activity.at.minute) == (0, 0) else activity.at.hour
        grid.by_day[activity.at.date()].append(activity)
    for day in grid.by_day.values():
        day.sort(key=lambda one: (one.at, one.pk))
    return grid


def _at(activity: Any) -> datetime:
    due = timezone.localtime(activity.due_at)
    done = timezone.localtime(activity.done_at) if activity.done_at else due
    return due if done.date() == due.date() else done


def _week(look: Look) -> Grid:
    first = look.on - timedelta(days=look.on.weekday())
    last = first + 6 * DAY
    begins = f"{first:%d/%m}" if first.year == last.year else f"{first:%d/%m/%Y}"
    return Grid(look, first, last, look.on - WEEK, look.on + WEEK, f"{begins} – {last:%d/%m/%Y}")


def _month(look: Look) -> Grid:
    first = look.on.replace(day=1)
    after = (first + 31 * DAY).replace(day=1)
    last = after - DAY
    label = _("Month %(month)s") % {"month": f"{first.month}/{first.year}"}
    shown = (first - timedelta(days=first.weekday()), last + timedelta(days=6 - last.weekday()))
    return Grid(look, *shown, (first - DAY).replace(day=1), after, label)
