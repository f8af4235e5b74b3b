"""A person's work, or their teams': by day, week and month, and as a list of what is open."""

from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode

from django.db.models import Case, Count, DateTimeField, F, Q, QuerySet, Value, When, Window
from django.db.models.functions import Coalesce, RowNumber, TruncDate, TruncDay
from django.http import QueryDict
from django.utils import timezone
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from pheu.activities.models import Activity
from pheu.activities.queries import ENDS_AT
from pheu.activities.spans import LONGEST, end_of
from pheu.core.ids import read_id
from pheu.core.vietnamese.dates import in_vietnam
from pheu.people.models import User
from pheu.people.profile import hours_of
from pheu.records.models import Record
from pheu.records.moments import midnight, read_day

VIEWS = {
    "day": gettext_lazy("Day"),
    "week": gettext_lazy("Week"),
    "month": gettext_lazy("Month"),
    "list": gettext_lazy("List"),
}
MOST = 1000  # activities on one page
SHOWN_OF_A_DAY = 3  # in a month; more are told by how many they are
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


# Querysets that together hold the work and have none of it twice: «on these records or on none» as one condition would
# look all records up.
Ways = list[Any]


def _work_of(user: User, people: list[User] | None) -> Ways:
    """My own work, readable even where its record is not (design.md 3); or that of `people` which I may read."""
    rows = Activity.objects.select_related("type", "record", "assignee")
    if people is None:
        return [rows.of(user)]
    theirs = rows.filter(assignee__in=[one.pk for one in people])
    return [theirs.filter(record__in=Record.objects.visible_to(user)), theirs.alone_for(user)]


def _times_of(user: User, people: list[User] | None) -> Ways:
    """The same with what I, or they, are guests of; what they do on no record comes with `is_read`, mine or not."""
    rows = Activity.objects.select_related("type", "record", "assignee")
    if people is None:
        return [rows.coming_to(user.pk)]
    theirs = rows.coming_to(*(one.pk for one in people))
    return [theirs.filter(record__in=Record.objects.visible_to(user)), theirs.alone_with_readers(user)]


def overdue_count(user: User, people: list[User] | None) -> int:
    first, *more = (rows.overdue().order_by().values("pk") for rows in _work_of(user, people))
    found: int = first.union(*more, all=True).count() if more else first.count()
    return found


def _told_which_open(user: User, activities: list[Any]) -> list[Any]:
    """`activity.opens`: whether its record is one that the person may see."""
    asked = {one.record_id for one in activities} - {None}
    readable = set(Record.objects.visible_to(user).filter(pk__in=asked).values_list("pk", flat=True)) if asked else ()
    for activity in activities:
        activity.opens = activity.record_id in readable
        activity.is_mine = activity.assignee_id == user.pk
    return activities


# A list -----------------------------------------------------------------------------------------------------------


@dataclass
class Day:
    """One stretch of the list: its name, its tone and its activities."""

    label: Any
    tone: str = ""
    activities: list[Activity] = field(default_factory=list)


def days_of(user: User, people: list[User] | None, *, until: datetime | None = None) -> list[Day]:
    """Open work: overdue, today, tomorrow, this week, later, of what comes again the next time; all of it `until`."""
    found = []
    for rows in (_times_of if until is None else _work_of)(user, people):
        rows = rows.open()
        rows = rows.next_of_series() if until is None else rows.filter(due_at__lte=until)
        if until is None:  # what others do and is over is no work of mine
            rows = rows.filter(Q(assignee__in=[one.pk for one in people or [user]]) | Q(due_at__gte=timezone.now()))
        found += [one for one in rows.order_by("due_at", "pk")[:MOST] if getattr(one, "is_read", True)]
    found.sort(key=lambda one: (one.due_at, one.pk))
    days = [Day(_("Overdue"), "red"), Day(_("Today")), Day(_("Tomorrow")), Day(_("This week")), Day(_("Later"))]
    for activity in _told_which_open(user, found[:MOST]):
        days[_place(activity)].activities.append(activity)
    return [day for day in days if day.activities]


def _place(activity: Activity) -> int:
    today, day = timezone.localdate(), in_vietnam(activity.due_at).date()
    if activity.is_overdue:
        return 0
    if day <= today + DAY:
        return 1 + (day - today).days
    return 3 if day < today + timedelta(days=7 - today.weekday()) else 4


# The day in the mail of the morning -----------------------------------------------------------------------------------

IN_MAIL = 20  # of what is for today, and of what is overdue


@dataclass(frozen=True)
class Part:
    """Work that a mail tells of: the first of it, each with `opens`, and how many there are in all."""

    activities: list[Any]
    many: int


def day_of(user: User) -> tuple[Part, Part]:
    """The person's own open work for today, by time, and what is left of earlier days, the oldest first.

    What began earlier and goes on today is for today.
    """
    begins, ends = midnight(timezone.localdate()), midnight(timezone.localdate() + DAY)
    (rows,) = _work_of(user, None)
    rows = rows.open().filter(due_at__lt=ends).annotate(ends_at=ENDS_AT)
    over = Q(due_at__lt=begins, ends_at__lte=begins)
    return _part(user, rows.exclude(over)), _part(user, rows.filter(over))


def _part(user: User, rows: Any) -> Part:
    shown = list(rows.order_by("due_at", "pk")[: IN_MAIL + 1])
    return Part(_told_which_open(user, shown[:IN_MAIL]), rows.count() if len(shown) > IN_MAIL else len(shown))


# A grid -----------------------------------------------------------------------------------------------------------


@dataclass
class Grid:
    """One day, the days of a week, or of the weeks that a month touches, with what was done and is planned on each.

    Each activity has `at` and `ends`, between which it stands, and `hour`, None where there is only a day. What goes
    over days is among `bars`, the rest in `by_day`; how many further ones a day of a month has says `beside`.
    `before` and `after` are where the arrows lead.
    """

    look: Look
    first: date
    last: date
    before: date
    after: date
    label: str
    by_day: dict[date, list[Any]] = field(default_factory=lambda: defaultdict(list))
    bars: list[Any] = field(default_factory=list)
    beside: Counter[date] = field(default_factory=Counter)

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
        timed = [one for day in self.by_day.values() for one in day if one.hour is not None]
        more = {hour for one in timed for hour in (one.hour, _last_moment(one).hour)}
        return list(range(min(work | more), max(work | more) + 1))

    @property
    def activities(self) -> int:
        return len(self.bars) + sum(map(len, self.by_day.values()))

    def has_work(self, day: date) -> bool:
        return bool(self.by_day.get(day)) or bool(self.lanes_of([day]))

    def lanes_of(self, week: list[date]) -> list[list[Any]]:
        """The bars that touch a week, those that do not meet in one lane below the other's."""
        touching = [one for one in self.bars if one.at.date() <= week[-1] and _last_moment(one).date() >= week[0]]
        touching.sort(key=lambda one: (one.at, -one.lasts, one.pk))
        return _lanes(touching, lambda one, other: _last_moment(other).date() < one.at.date())

    def pieces_of(self, day: date) -> dict[int, list["Piece"]]:
        """What lasts within a day, by the hours that it covers."""
        blocks = [one for one in self.by_day.get(day, ()) if one.ends > one.at]
        pieces: dict[int, list[Piece]] = defaultdict(list)
        for crowd in _crowds(blocks):
            lanes = _lanes(crowd, lambda one, other: other.ends <= one.at)
            hours = {hour for one in crowd for hour in _hours(one)}
            moments = any(one.hour in hours for one in self.by_day[day] if one.ends == one.at)
            for nth, lane in enumerate(lanes):
                place = min(nth, MOST_LANES - 1), min(len(lanes) + moments, MOST_LANES)
                for piece in (Piece(one, hour, *place) for one in lane for hour in _hours(one)):
                    pieces[piece.hour].append(piece)
        return pieces


MOST_LANES = 6  # what meets beyond them lies over each other


@dataclass(frozen=True)
class Piece:
    """What of a block stands in one hour: in the `lane` of so many (`of`), from and to so many quarters of it."""

    activity: Any
    hour: int
    lane: int
    of: int

    @property
    def is_first(self) -> bool:
        return self.hour == self.activity.at.hour

    @property
    def is_last(self) -> bool:
        return self.hour == _last_moment(self.activity).hour

    @property
    def begins(self) -> int:
        return self.activity.at.minute // 15 if self.is_first else 0

    @property
    def ends(self) -> int:
        return _last_moment(self.activity).minute // 15 + 1 if self.is_last else 4


def _last_moment(one: Any) -> datetime:
    """The last at which it still stands there: what ends at ten is not in the hour of ten."""
    return one.ends - timedelta(microseconds=1) if one.ends > one.at else one.at


def _hours(one: Any) -> range:
    return range(one.at.hour, _last_moment(one).hour + 1)


def _crowds(blocks: list[Any]) -> list[list[Any]]:
    """Those of a day that meet, or meet the same: they share its width."""
    crowds: list[list[Any]] = []
    for one in sorted(blocks, key=lambda one: (one.at, one.pk)):
        if crowds and one.at < max(other.ends for other in crowds[-1]):
            crowds[-1].append(one)
        else:
            crowds.append([one])
    return crowds


def _lanes(ordered: list[Any], is_after: Callable[[Any, Any], bool]) -> list[list[Any]]:
    """Each in the first lane in which it comes after all others."""
    lanes: list[list[Any]] = []
    for one in ordered:
        free = next((lane for lane in lanes if is_after(one, lane[-1])), None)
        if free is None:
            lanes.append([one])
        else:
            free.append(one)
    return lanes


def grid_of(user: User, people: list[User] | None, look: Look) -> Grid:
    """A filled grid: what is open stands where it is due, what is done where it was due if it was done that day."""
    grid = {"day": _day, "week": _week, "month": _month}[look.view](look)
    between = (midnight(grid.first), midnight(grid.last + DAY))
    to_do = Q(done_at=None, called_off_at=None, record__archived_at=None)
    going_on = Q(lasts__gt=0, due_at__gt=between[0] - timedelta(minutes=LONGEST), ends_at__gt=between[0])
    planned = to_do & Q(due_at__lt=between[1]) & (Q(due_at__gte=between[0]) | going_on)
    done = Q(done_at__gte=between[0], done_at__lt=between[1])
    found = []
    for rows in _times_of(user, people):
        rows = rows.annotate(ends_at=ENDS_AT).filter(planned | done)
        if look.view == "month":
            rows = _first_of_days(rows, grid.beside)
        found += rows.order_by(Coalesce("done_at", "due_at"), "pk")[:MOST]
    found.sort(key=lambda one: (one.done_at or one.due_at, one.pk))
    for activity in _told_which_open(user, found[:MOST]):
        activity.is_busy = not getattr(activity, "is_read", True)
        if not activity.is_busy or (activity.is_open and activity.lasts):  # a moment takes nobody's time
            _place_in(grid, activity)
    for day in grid.by_day.values():
        day.sort(key=lambda one: (one.at, one.pk))
    return grid


# The same as `_stands` and `_place_in` say, in a query: the moment at which it stands, and whether it goes over days.
_MOMENT = timedelta(microseconds=1)
_WAS_DONE_THEN = Q(done_at=None) | Q(done_on__gte=F("due_on"), done_on__lte=TruncDate("ends_at"))
_GOES_OVER_DAYS = Q(lasts__gt=0, stands_at=F("due_at")) & (Q(due_at=TruncDay("due_at")) | Q(last_on__gt=F("due_on")))


def _first_of_days(rows: QuerySet[Activity], beside: Counter[date]) -> QuerySet[Activity]:
    """Of these rows what goes over days, and the first of each day; `beside` hears how many more a day has."""
    stands = Case(When(_WAS_DONE_THEN, then="due_at"), default="done_at", output_field=DateTimeField())
    told = rows.annotate(due_on=TruncDate("due_at"), done_on=TruncDate("done_at")).annotate(stands_at=stands)
    told = told.annotate(last_on=TruncDate(F("ends_at") - Value(_MOMENT)))
    if "is_read" in told.query.annotations:
        told = told.filter(Q(is_read=True) | Q(done_at=None, called_off_at=None, lasts__gt=0))  # see `grid_of`
    over = Case(When(_GOES_OVER_DAYS, then=True), default=False)
    each = [over, day := TruncDate("stands_at")]
    numbered = told.annotate(
        over=over,
        day=day,
        nth=Window(RowNumber(), partition_by=each, order_by=["stands_at", "pk"]),
        many=Window(Count("pk"), partition_by=each),
    )
    shown = numbered.filter(Q(over=True) | Q(nth__lte=SHOWN_OF_A_DAY)).values_list("pk", "over", "day", "many", "nth")
    first = list(shown)
    beside.update({on: many - min(many, SHOWN_OF_A_DAY) for _pk, over, on, many, nth in first if nth == 1 and not over})
    return rows.filter(pk__in=[pk for pk, *_told in first])


def _place_in(grid: Grid, activity: Any) -> None:
    activity.at, activity.ends = _stands(activity)
    # A day alone is its midnight.
    activity.hour = None if activity.at.time() == time.min else activity.at.hour
    if activity.ends > activity.at and (activity.hour is None or _last_moment(activity).date() > activity.at.date()):
        grid.bars.append(activity)
    else:
        grid.by_day[activity.at.date()].append(activity)


def _stands(activity: Any) -> tuple[datetime, datetime]:
    """From when to when; of what was done on another day than planned, only the moment at which it was done."""
    due, ends = in_vietnam(activity.due_at), end_of(activity.due_at, activity.lasts)
    done = in_vietnam(activity.done_at) if activity.done_at else due
    return (due, ends) if due.date() <= done.date() <= ends.date() else (done, done)


def _day(look: Look) -> Grid:
    label = f"{WEEKDAYS[look.on.weekday()]} {look.on:%d/%m/%Y}"
    return Grid(look, look.on, look.on, look.on - DAY, look.on + DAY, label)


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
