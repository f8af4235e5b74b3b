"""What the reports count: conditions, each of which also opens the list of exactly its rows.

A report asks at most one statement for each table, and what it found is kept for a minute for each person.
"""

import json
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Case, Count, Q, Sum, When
from django.utils.translation import gettext as _

from pheu.core.vietnamese import show_number, show_short
from pheu.deals.kinds import DEAL
from pheu.leads.kinds import LEAD
from pheu.parties.models import Source
from pheu.people.models import User
from pheu.people.scopes import VIEW
from pheu.records import counters
from pheu.records.conditions import Tree, can_be_asked, list_url, rows_where
from pheu.records.counting import kept
from pheu.records.kinds import Kind
from pheu.records.models import FAILED, Category, Stage
from pheu.records.moments import midnight
from pheu.records.shipped import shown
from pheu.reports.periods import Period
from pheu.reports.sheets import MONEY, PERCENT, Cell, Column, Sheet
from pheu.reports.sheets import Line as SheetLine

Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class Line:
    """One row of a table: how many rows, the sum of their expected value in đồng, and how many were converted.

    `url` opens those rows, `converted_url` the converted ones, `was_url` the `was` many of the period before; `width`
    is the count's share of the longest row, in per cent; `failed` rows are not drawn in the colour of success. `amount`
    is None for who may not see it.
    """

    label: str
    count: int
    amount: Decimal | None
    url: str
    converted: int = 0
    converted_url: str = ""
    was: int = 0
    was_url: str = ""
    width: float = 0
    failed: bool = False

    @property
    def rate(self) -> int:
        """Converted of all, in per cent."""
        return round(100 * self.converted / self.count) if self.count else 0


@dataclass(frozen=True)
class Table:
    """Lines, the longest first in `width`, and the address of all their rows together."""

    lines: list[Line]
    url: str
    was_url: str = ""

    @classmethod
    def of(cls, lines: Iterable[Line], url: str, was_url: str) -> "Table":
        lines = list(lines)
        most = max((line.count for line in lines), default=0) or 1
        return cls([replace(one, width=100 * one.count / most) for one in lines], url, was_url)

    @property
    def count(self) -> int:
        return sum(line.count for line in self.lines)

    @property
    def was(self) -> int:
        return sum(line.was for line in self.lines)

    @property
    def sums(self) -> str:
        """«12 · 1,25 tỷ»: how many rows, and their value where somebody has given one."""
        amount = sum((line.amount or 0 for line in self.lines), Decimal(0))
        return " · ".join([show_number(self.count), *([show_short(amount)] if amount else [])])

    def sheet(self, title: str, *, rates: bool = False) -> Sheet:
        """The same for a file or a picture."""
        more = Column(_("Converted"), PERCENT) if rates else Column(_("Value"), MONEY)
        lines = [
            SheetLine(
                one.label, [Cell(one.count, one.url, one.was, one.was_url), Cell(one.rate if rates else one.amount)]
            )
            for one in self.lines
        ]
        return Sheet(title, _("Name"), [Column(_("Count")), more], lines)


def keeping(name: str, user: User, period: Period, ask: Callable[[], dict[str, Rows]]) -> dict[str, Rows]:
    """What `ask` found, at most a minute old; with other rights or on another day it is asked anew."""
    rights = zlib.crc32(json.dumps([user.role.grants, user.role.fields], sort_keys=True).encode())
    key = f"reports.{name}.{period.first}.{period.last}.{rights}"
    return kept(key, user, lambda: {part: [*map(_plain, rows)] for part, rows in ask().items()})


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    """A row as JSON can keep it."""
    return {name: str(value) if isinstance(value, Decimal) else value for name, value in row.items()}


def _in(name: str, *values: Any) -> Tree:
    """The field has one of these values; without any, none at all."""
    return {"field": name, "op": "in", "value": list(values)} if values else {"field": name, "op": "empty"}


def _both(*parts: Tree) -> Tree:
    return {"all": [*parts]}


def sees_amount(kind: Kind, user: User) -> bool:
    return kind.schema_for(user).get(kind.fields.amount) is not None


def grouped(kind: Kind, user: User, of: str, period: Period, among: Tree, *by: str, **more: Any) -> Rows:
    """The rows `among` counted and added up by columns, those of the period and those before it: one statement.

    `of` is the moment that the period narrows; `now` tells its rows from those before.
    """
    span = Period(period.before.first, period.last)
    now = Case(When(**{f"{of}__gte": midnight(period.first)}, then=True), default=False)
    sums = {"amount": Sum(kind.fields.amount, default=Decimal(0))} if sees_amount(kind, user) else {}
    rows = rows_where(kind, user, _both(among, *span.of(of))).order_by()
    return list(rows.values(*by, now=now).annotate(count=Count("pk"), **sums, **more))


def made(kind: Kind, user: User, period: Period, *by: str) -> Rows:
    """Rows made in the period and before it, by columns that are counted: no row is read."""
    rows = counters.made_by(kind, user, period.before.first, period.first, period.last, *by)
    return rows if sees_amount(kind, user) else [{n: v for n, v in one.items() if n != "amount"} for one in rows]


def added(rows: Rows, *, now: bool = True) -> dict[str, Any]:
    """Count, value and conversions of rows together, in the period or before it."""
    found = [one for one in rows if one["now"] == now]
    sums: dict[str, Any] = {name: sum(one.get(name, 0) for one in found) for name in ("count", "converted")}
    amounts = [Decimal(one["amount"]) for one in rows if "amount" in one and one["now"] == now]
    sums["amount"] = sum(amounts, Decimal(0)) if any("amount" in one for one in rows) else None
    return sums


# Leads ------------------------------------------------------------------------------------------------------------

SOME_DAY = Period(date(2026, 1, 1), date(2026, 1, 1))


def sees_leads(user: User) -> bool:
    """Whether a person's role gives them everything that the reports ask of leads."""
    tree = _both(
        *SOME_DAY.of("created_at"), _failed(SOME_DAY, *FAILED), *(_in(name) for name in ("stage", "source", "reason"))
    )
    return user.may("lead", VIEW) and can_be_asked(LEAD, user, tree)


def overview(user: User, period: Period) -> dict[str, Any]:
    """Leads by status and origin, failures by reason, as far as the role sees them."""
    sees = {"leads": sees_leads(user), "deals": sees_deals(user)}

    def ask() -> dict[str, Rows]:
        found: dict[str, Rows] = {}
        if sees["leads"]:
            found |= {"made": made(LEAD, user, period, "stage"), "stages": _stages("lead")}
            found |= {"origins": _origins(user, period), "lost_leads": _ended(LEAD, user, period)}
        if sees["deals"]:
            found["ended_deals"] = _ended(DEAL, user, period)
        return found

    rows = keeping("overview", user, period, ask)
    tables: dict[str, Any] = {}
    if sees["leads"]:
        tables["statuses"] = _by_status(rows["made"], rows["stages"], period)
        tables["sources"], tables["channels"] = _by_origin(rows["origins"], period)
        [tables["lost_leads"]] = _by_reason(LEAD, rows["lost_leads"], period, Category.UNQUALIFIED)
    if sees["deals"]:
        ends = (Category.LOST, Category.UNQUALIFIED)
        tables["lost_deals"], tables["paused_deals"] = _by_reason(DEAL, rows["ended_deals"], period, *ends)
    return tables


def _stages(kind: str) -> Rows:
    order = ("pipeline__position", "pipeline", "position", "name", "pk")
    return [*Stage.objects.filter(pipeline__kind=kind).order_by(*order).values("pk", "name", "category")]


def _by_status(rows: Rows, stages: Rows, period: Period) -> Table:
    """Leads of these days by the stage where they stand now; a lost lead is one of them (R0.19)."""
    lines = []
    for stage in stages:
        of_stage = [one for one in rows if one["stage"] == stage["pk"]]
        if any(one["count"] for one in of_stage):
            line = _line(LEAD, of_stage, shown(stage["name"]), period, "created_at", _in("stage", stage["pk"]))
            lines.append(replace(line, failed=stage["category"] in FAILED))
    return _table(LEAD, lines, period, "created_at")


def _origins(user: User, period: Period) -> Rows:
    converted = Count("pk", filter=Q(stage__category=Category.CONVERTED))
    by = ("source", "source__name", "source__channel")
    return grouped(LEAD, user, "created_at", period, {}, *by, converted=converted)


def _by_origin(rows: Rows, period: Period) -> tuple[Table, Table]:
    """Leads of these days by their source, and by its channel: marketing, or customers who came to us (R0.30)."""
    nameless = _("No source")
    by_source: dict[Any, Rows] = {}
    for one in rows:
        by_source.setdefault(one["source"], []).append(one)
    sources = [
        _line(
            LEAD,
            of_source,
            of_source[0]["source__name"] or nameless,
            period,
            "created_at",
            _in("source", *_keys(of_source)),
        )
        for of_source in by_source.values()
    ]
    sources.sort(key=lambda line: -line.count)
    channels = []
    for value, label in [*Source.Channel.choices, (None, nameless)]:
        of_channel = [one for one in rows if one["source__channel"] == value]
        if of_channel:
            tree = _in("source", *_keys(of_channel))
            channels.append(_line(LEAD, of_channel, str(label), period, "created_at", tree))
    return _table(LEAD, sources, period, "created_at"), _table(LEAD, channels, period, "created_at")


def _keys(rows: Rows) -> list[int]:
    return list(dict.fromkeys(one["source"] for one in rows if one["source"] is not None))


def _table(kind: Kind, lines: list[Line], period: Period, of: str, *among: Tree) -> Table:
    """Lines that have anything in the period, with the addresses of all their rows."""
    shown = [line for line in lines if line.count or line.was]
    urls = (list_url(kind, _both(*among, *days.of(of))) for days in (period, period.before))
    return Table.of(shown, *urls)


def _line(kind: Kind, rows: Rows, label: str, period: Period, of: str, *among: Tree) -> Line:
    now, was = added(rows), added(rows, now=False)
    tree = _both(*among, *period.of(of))
    converted = _both(*tree["all"], _in("status", Category.CONVERTED))
    return Line(
        label,
        now["count"],
        now["amount"],
        list_url(kind, tree),
        now["converted"],
        list_url(kind, converted),
        was["count"],
        list_url(kind, _both(*among, *period.before.of(of))),
    )


# Failures ---------------------------------------------------------------------------------------------------------


def sees_deals(user: User) -> bool:
    """Whether a person's role gives them everything that the reports ask of deals."""
    return user.may("deal", VIEW) and can_be_asked(DEAL, user, _both(_failed(SOME_DAY, *FAILED), _in("reason")))


def _failed(period: Period, *categories: str) -> Tree:
    return _both(_in("status", *categories), *period.of("closed_at"))


def _ended(kind: Kind, user: User, period: Period) -> Rows:
    """Rows that failed, by category and reason (R0.19, R3.30, D9)."""
    ends = [one for one in FAILED if kind is DEAL or one == Category.UNQUALIFIED]
    by = ("stage__category", "reason", "reason__name")
    return grouped(kind, user, "closed_at", period, _in("status", *ends), *by)


def _by_reason(kind: Kind, rows: Rows, period: Period, *categories: str) -> list[Table]:
    """A table for each category by its reasons, the commonest first."""
    return [_reasons(kind, [one for one in rows if one["stage__category"] == end], period, end) for end in categories]


def _reasons(kind: Kind, rows: Rows, period: Period, category: str) -> Table:
    status = _in("status", category)
    by_reason: dict[Any, Rows] = {}
    for one in rows:
        by_reason.setdefault(one["reason"], []).append(one)
    lines = []
    for reason, of_reason in by_reason.items():
        tree = _in("reason", *([reason] if reason else []))
        label = of_reason[0]["reason__name"] or _("No reason")
        lines.append(replace(_line(kind, of_reason, label, period, "closed_at", status, tree), failed=True))
    lines.sort(key=lambda line: (-line.count, line.label))
    return _table(kind, lines, period, "closed_at", status)
