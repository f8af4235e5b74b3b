"""Reports as tables of numbers: by person and team, the forecast, time in stages, work done."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Any

from django.db.models import (
    Avg,
    Case,
    Count,
    DurationField,
    Exists,
    ExpressionWrapper,
    F,
    IntegerField,
    OuterRef,
    Q,
    Sum,
    When,
)
from django.db.models.fields.json import KeyTextTransform, KeyTransform
from django.db.models.functions import Cast, Now, TruncMonth
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from pheu.activities.models import Activity, ActivityType
from pheu.deals.kinds import DEAL, OPEN
from pheu.leads.kinds import LEAD
from pheu.leads.kinds import OPEN as OPEN_LEADS
from pheu.people.models import Team, User
from pheu.people.scopes import VIEW
from pheu.records.conditions import Tree, can_be_asked, list_url, rows_where
from pheu.records.kinds import Kind
from pheu.records.models import CLOSED, Category, Record, Stage
from pheu.records.moments import midnight
from pheu.records.shipped import shown
from pheu.reports.periods import DAY, Period, month_after
from pheu.reports.queries import Rows, added, grouped, keeping, made, sees_amount
from pheu.reports.sheets import DAYS, MONEY, Cell, Column, Line, Sheet
from pheu.timeline.models import Event

Report = Callable[[User, Period], list[Sheet]]
# The kinds whose stages are told, with the rows of each that are open.
STAGED: dict[str, Tree] = {DEAL.code: OPEN, LEAD.code: OPEN_LEADS}


# By person and by team --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Measure:
    """A column: which rows of a kind it counts, by which moment of theirs, or what those are worth."""

    label: Any
    kind: Kind
    of: str
    categories: tuple[str, ...] = ()
    is_sum: bool = False

    def tree(self, period: Period, *more: Tree) -> Tree:
        status = [{"field": "status", "op": "in", "value": list(self.categories)}] if self.categories else []
        return {"all": [*status, *more, *period.of(self.of)]}

    def may_be_asked(self, user: User, period: Period, *more: Tree) -> bool:
        """Whether the role gives all that the column is made of."""
        if self.is_sum and not sees_amount(self.kind, user):
            return False
        return user.may(self.kind.code, VIEW) and can_be_asked(self.kind, user, self.tree(period, *more))

    def cell(self, rows: Rows, period: Period, *more: Tree) -> Cell:
        chosen = [one for one in rows if not self.categories or one["stage__category"] in self.categories]
        now, was = (added(chosen, now=now)["amount" if self.is_sum else "count"] for now in (True, False))
        urls = (list_url(self.kind, self.tree(days, *more)) for days in (period, period.before))
        return Cell(now or 0, next(urls), was or 0, next(urls))


MEASURES = (
    Measure(gettext_lazy("New leads"), LEAD, "created_at"),
    Measure(gettext_lazy("Of them converted"), LEAD, "created_at", (Category.CONVERTED,)),
    Measure(gettext_lazy("New deals"), DEAL, "created_at"),
    Measure(gettext_lazy("Deals won"), DEAL, "closed_at", (Category.WON,)),
    Measure(gettext_lazy("Value won"), DEAL, "closed_at", (Category.WON,), is_sum=True),
    Measure(gettext_lazy("Deals lost"), DEAL, "closed_at", (Category.LOST,)),
)


def people(user: User, period: Period) -> list[Sheet]:
    """What became of the leads and deals of each owner."""
    return _by(user, period, "owner", User, _("By person"), _("Owner"), _("No owner"))


def teams(user: User, period: Period) -> list[Sheet]:
    return _by(user, period, "team", Team, _("By team"), _("Sales team"), _("No team"))


def _by(user: User, period: Period, place: str, model: Any, title: str, head: str, nobody: str) -> list[Sheet]:
    measures = [one for one in MEASURES if one.may_be_asked(user, period, _of(place, None))]

    def ask() -> dict[str, Rows]:
        sources = {_source(one.kind, one.of): one for one in measures}
        found = {name: _rows(one.kind, one.of, user, period, place) for name, one in sources.items()}
        asked = {row[place] for rows in found.values() for row in rows}
        names = model.objects.filter(pk__in=[pk for pk in asked if pk is not None])
        return found | {"names": [{"pk": one.pk, "name": str(one)} for one in names]}

    if not measures:
        return []
    rows = keeping(place, user, period, ask)
    places = [(one["pk"], one["name"]) for one in rows["names"]] + [(None, nobody)]
    lines = []
    for pk, name in places:
        cells = [_cell(one, rows, period, place, pk) for one in measures]
        if any(cell.value or cell.was for cell in cells):
            lines.append(Line(name, cells))
    total = Line(_("Together"), [one.cell(rows[_source(one.kind, one.of)], period) for one in measures])
    columns = [Column(one.label, MONEY if one.is_sum else "count") for one in measures]
    drawn = next((at for at, one in enumerate(measures) if one.is_sum and total.cells[at].value), 0)
    return [Sheet(title, head, columns, lines, total, drawn)]


def _cell(measure: Measure, rows: dict[str, Rows], period: Period, place: str, pk: int | None) -> Cell:
    theirs = [one for one in rows[_source(measure.kind, measure.of)] if one[place] == pk]
    return measure.cell(theirs, period, _of(place, pk))


def _of(place: str, pk: int | None) -> Tree:
    return {"field": place, "op": "empty"} if pk is None else {"field": place, "op": "in", "value": [pk]}


def _source(kind: Kind, of: str) -> str:
    return f"{kind.code}.{of}"


def _rows(kind: Kind, of: str, user: User, period: Period, place: str) -> Rows:
    """What was made is kept as counters; what ended is read."""
    if of == "created_at":
        return made(kind, user, period, place, "stage__category")
    ends = {"field": "status", "op": "in", "value": [Category.WON, Category.LOST]}
    return grouped(kind, user, of, period, ends, place, "stage__category")


# Forecast ---------------------------------------------------------------------------------------------------------

MONTHS = 12


def forecast(user: User, _period: Period) -> list[Sheet]:
    """Open deals by the month in which they should close, and by stage; those past their day, and without one, too."""
    spans = _spans(timezone.localdate().replace(day=1))
    if not (
        user.may("deal", VIEW) and all(can_be_asked(DEAL, user, _open(tree, 0)) for _label, tree in spans.values())
    ):
        return []
    shows = DEAL.schema_for(user)
    sums: dict[str, Any] = {}
    if shows.get("expected_amount") is not None:
        sums["amount"] = Sum("expected_amount", default=Decimal(0))
        if shows.get("probability") is not None:
            sums["weighted"] = Sum(F("expected_amount") * F("probability") / 100, default=Decimal(0))

    def ask() -> dict[str, Rows]:
        rows = rows_where(DEAL, user, OPEN).filter(closed_at=None).order_by()
        found = rows.values("stage", month=TruncMonth("expected_close_on")).annotate(count=Count("pk"), **sums)
        return {
            "deals": [{**one, "month": one["month"] and one["month"].isoformat()} for one in found],
            "stages": _stages_in_order(DEAL),
        }

    told = keeping("forecast", user, Period(date.min, date.min), ask)
    stages = [one for one in told["stages"] if any(row["stage"] == one["pk"] for row in told["deals"])]
    columns = [Column(_("Deals"))]
    columns += [Column(_("Value"), MONEY)] if "amount" in sums else []
    columns += [Column(_("By probability"), MONEY)] if "weighted" in sums else []
    columns += [Column(shown(one["name"]), MONEY if "amount" in sums else "count") for one in stages]
    rows_of: dict[str, Rows] = {name: [] for name in spans}
    for row in told["deals"]:
        rows_of[_span_of(row["month"], list(spans))].append(row)
    lines = [
        Line(spans[name][0], _forecast_cells(rows_of[name], spans[name][1], stages, [*sums]))
        for name in _told_spans(rows_of)
    ]
    total = Line(_("Together"), _forecast_cells(told["deals"], {}, stages, [*sums]))
    return [Sheet(_("Forecast"), _("Should close"), columns, lines, total, drawn=len(sums), compares=False)]


def _forecast_cells(rows: Rows, tree: Tree, stages: Rows, sums: list[str]) -> list[Cell]:
    url = list_url(DEAL, _open(tree))
    cells = [Cell(sum(row["count"] for row in rows), url)]
    cells += [Cell(_sum(rows, name), url) for name in sums]
    for stage in stages:
        of_stage = [row for row in rows if row["stage"] == stage["pk"]]
        value = _sum(of_stage, "amount") if "amount" in sums else sum(row["count"] for row in of_stage)
        cells.append(Cell(value, list_url(DEAL, _open(tree, stage["pk"]))))
    return cells


def _sum(rows: Rows, name: str) -> Decimal:
    return sum((Decimal(row[name]) for row in rows), Decimal(0))


def _open(tree: Tree, stage: int | None = None, kind: Kind = DEAL) -> Tree:
    of_stage = [] if stage is None else [{"field": "stage", "op": "in", "value": [stage]}]
    return {"all": [STAGED[kind.code], *(tree.get("all", [tree]) if tree else []), *of_stage]}


def _spans(first: date) -> dict[str, tuple[str, Tree]]:
    """Months to come by their first day, with what lies before, after and nowhere: what each is called and asks."""
    firsts = [month_after(first, nth) for nth in range(MONTHS + 1)]

    def asks(op: str, day: date) -> Tree:
        return {"field": "expected_close_on", "op": op, "value": day.isoformat()}

    found = {"late": (_("Before this month"), asks("before", first))}
    for month, after in pairwise(firsts):
        label = _("Month %(month)s") % {"month": f"{month.month}/{month.year}"}
        found[month.isoformat()] = (label, {"all": [asks("from", month), asks("before", after)]})
    found["later"] = (_("Later"), asks("from", firsts[-1]))
    found["none"] = (_("No day yet"), {"field": "expected_close_on", "op": "empty"})
    return found


def _span_of(month: str | None, names: list[str]) -> str:
    if month is None:
        return "none"
    return month if month in names else "late" if month < names[1] else "later"


def _told_spans(rows_of: dict[str, Rows]) -> list[str]:
    """The next three months, and whatever else there is, without a gap between months."""
    months = [name for name in rows_of if name not in ("late", "later", "none")]
    furthest = max([2, *(nth for nth, name in enumerate(months) if rows_of[name])])
    return [name for name in rows_of if rows_of[name] or name in months[: furthest + 1]]


def _stages_in_order(*of: Kind) -> Rows:
    """The open stages of these kinds, as their pipelines have them."""
    open_ones = Stage.objects.filter(pipeline__kind__in=[one.code for one in of]).exclude(category__in=CLOSED)
    order = ("pipeline__position", "pipeline", "position")
    return [*open_ones.order_by(*order).values("pk", "name", "pipeline__kind")]


# Time in stages ---------------------------------------------------------------------------------------------------

LONG = -14  # days


STILL: Tree = {"field": "stage_entered_at", "op": "before", "value": {"days": LONG}}


def stages(user: User, period: Period) -> list[Sheet]:
    """How long deals and leads stand in each open stage now, and how long those did that left it in the period."""
    told_of = [kind for kind in (DEAL, LEAD) if sees_stays(kind, user)]

    def ask() -> dict[str, Rows]:
        found = {"stages": _stages_in_order(*told_of)}
        for kind in told_of:
            found[f"standing {kind.code}"] = [_in_days(one, "age") for one in _standing(kind, user)]
            found[f"left {kind.code}"] = [_in_days(one, "stayed") for one in _left(kind, user, period)]
        return found

    told = keeping("stages", user, period, ask) if told_of else {}
    columns = [
        Column(_("Standing there now")),
        Column(_("Days so far, on average"), DAYS),
        Column(_("More than 14 days")),
        Column(_("Left it")),
        Column(_("Days it took, on average"), DAYS),
    ]
    sheets = []
    for kind in told_of:
        lines = [
            Line(shown(stage["name"]), _stage_cells(kind, told, stage["pk"], period))
            for stage in told["stages"]
            if stage["pipeline__kind"] == kind.code
        ]
        title = _("%(kind)s: time in each stage") % {"kind": kind.plural}
        sheets.append(Sheet(title, _("Stage"), columns, lines, drawn=4))
    return sheets


def sees_stays(kind: Kind, user: User) -> bool:
    """Whether the role gives what the time in the stages of a kind is made of."""
    return user.may(kind.code, VIEW) and can_be_asked(kind, user, {"all": [_open({}, 0, kind), STILL]})


def _standing(kind: Kind, user: User) -> Any:
    age = Avg(ExpressionWrapper(Now() - F("stage_entered_at"), output_field=DurationField()))
    long = Count("pk", filter=Q(stage_entered_at__lt=timezone.now() + LONG * DAY))
    rows = rows_where(kind, user, STAGED[kind.code]).filter(closed_at=None).order_by().values("stage")
    return rows.annotate(count=Count("pk"), age=age, long=long)


def stays(kind: Kind, user: User, stage: Stage | None, period: Period) -> Any:
    """Every stay of a row in a stage that ended in the period, of those rows of a kind that the person may see."""
    seen = kind.model.objects.visible_to(user).live().order_by().values("pk")
    left = Cast(KeyTextTransform("id", KeyTransform("left", "facts")), IntegerField())
    rows = Event.objects.filter(since__isnull=False, about__in=seen, operation__undone_by=None).annotate(left=left)
    rows = rows.filter(at__gte=midnight(period.first), at__lt=midnight(period.last + DAY))
    return rows if stage is None else rows.filter(left=stage.pk)


def _left(kind: Kind, user: User, period: Period) -> Any:
    both = Period(period.before.first, period.last)
    now = Case(When(at__gte=midnight(period.first), then=True), default=False)
    length = ExpressionWrapper(F("at") - F("since"), output_field=DurationField())
    rows = stays(kind, user, None, both).order_by()
    return rows.values("left", now=now).annotate(count=Count("pk"), stayed=Avg(length))


def _in_days(row: dict[str, Any], name: str) -> dict[str, Any]:
    return row | {name: row[name].total_seconds() / 86400 if row[name] is not None else None}


def _stage_cells(kind: Kind, told: dict[str, Rows], stage: int, period: Period) -> list[Cell]:
    standing, left = told[f"standing {kind.code}"], told[f"left {kind.code}"]
    there = next((one for one in standing if one["stage"] == stage), {"count": 0, "age": None, "long": 0})
    now, was = (
        next((one for one in left if one["left"] == stage and one["now"] == so), {"count": 0, "stayed": None})
        for so in (True, False)
    )
    of_stage = _open({}, stage, kind)
    here = list_url(kind, of_stage)
    ended, before = (f"{reverse('report-stays')}?{_query(days)}&stage={stage}" for days in (period, period.before))
    return [
        Cell(there["count"], here),
        Cell(there["age"], here),
        Cell(there["long"], list_url(kind, {"all": [*of_stage["all"], STILL]})),
        Cell(now["count"], ended, was["count"], before),
        Cell(now["stayed"], ended, was["stayed"], before),
    ]


def _query(period: Period) -> str:
    return f"from={period.first.isoformat()}&to={period.last.isoformat()}"


# Work done --------------------------------------------------------------------------------------------------------


def work(user: User, period: Period) -> list[Sheet]:
    """Activities that each person has done, by type: one's own, and those on records that one may see."""

    def ask() -> dict[str, Rows]:
        rows = _done(user, period)
        people = User.objects.filter(pk__in={one["done_by"] for one in rows})
        return {
            "rows": rows,
            "people": [{"pk": one.pk, "name": str(one)} for one in people],
            "types": [dict(one) for one in ActivityType.objects.values("pk", "name")],
        }

    told = keeping("work", user, period, ask)
    types = [one for one in told["types"] if any(row["type"] == one["pk"] for row in told["rows"])]
    columns = [Column(_("Together")), *(Column(one["name"]) for one in types)]
    lines = [
        Line(
            one["name"],
            _work_cells([row for row in told["rows"] if row["done_by"] == one["pk"]], types, period, one["pk"]),
        )
        for one in told["people"]
    ]
    lines.sort(key=lambda line: -float(line.cells[0].value or 0))
    total = Line(_("Together"), _work_cells(told["rows"], types, period, None))
    return [Sheet(_("Work done"), _("Person"), columns, lines, total)]


def _done(user: User, period: Period) -> Rows:
    """Mine and others' counted apart, in one statement: an «or» of both would look every record up by itself."""
    both = Period(period.before.first, period.last)
    now = Case(When(done_at__gte=midnight(period.first), then=True), default=False)
    seen = _done_in(both).filter(record__in=Record.objects.visible_to(user)).exclude(done_by=user.pk)
    mine, others = (
        rows.order_by().values("done_by", "type", now=now).annotate(count=Count("pk"))
        for rows in (_done_in(both).filter(done_by=user.pk), seen)
    )
    return list(mine.union(others, all=True))


def _done_in(period: Period) -> Any:
    return Activity.objects.filter(done_at__gte=midnight(period.first), done_at__lt=midnight(period.last + DAY))


def done_work(user: User, period: Period, person: int | None = None, kind: int | None = None) -> Any:
    """The activities themselves."""
    visible = Exists(Record.objects.visible_to(user).filter(pk=OuterRef("record")))
    rows = _done_in(period).filter(Q(done_by=user.pk) | visible)
    rows = rows if person is None else rows.filter(done_by=person)
    return rows if kind is None else rows.filter(type=kind)


def _work_cells(rows: Rows, types: Iterable[dict[str, Any]], period: Period, person: int | None) -> list[Cell]:
    return [_work_cell(rows, period, person, None), *(_work_cell(rows, period, person, one["pk"]) for one in types)]


def _work_cell(rows: Rows, period: Period, person: int | None, kind: int | None) -> Cell:
    chosen = [row for row in rows if kind is None or row["type"] == kind]
    which = "".join(f"&{name}={pk}" for name, pk in (("person", person), ("type", kind)) if pk is not None)
    now, was = (added(chosen, now=so)["count"] for so in (True, False))
    urls = [f"{reverse('report-work')}?{_query(days)}{which}" for days in (period, period.before)]
    return Cell(now, urls[0], was, urls[1])
