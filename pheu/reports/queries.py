"""What the reports count: conditions, each of which also opens the list of exactly its rows; a table is one query."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q, Sum
from django.utils.translation import gettext as _

from pheu.core.vietnamese import show_number, show_short
from pheu.deals.kinds import DEAL
from pheu.leads.kinds import LEAD
from pheu.parties.models import Source
from pheu.people.models import User
from pheu.people.scopes import VIEW
from pheu.records.conditions import Tree, can_be_asked, list_url, rows_where
from pheu.records.kinds import Kind
from pheu.records.models import FAILED, Category
from pheu.records.shipped import shown


@dataclass(frozen=True)
class Line:
    """One row of a table: how many rows, the sum of their expected value in đồng, and how many were converted.

    `url` opens those rows, `converted_url` the converted ones; `width` is the count's share of the longest row, in per
    cent. `amount` is None for who may not see it.
    """

    label: str
    count: int
    amount: Decimal | None
    url: str
    converted: int = 0
    converted_url: str = ""
    width: float = 0

    @property
    def rate(self) -> int:
        """Converted of all, in per cent."""
        return round(100 * self.converted / self.count) if self.count else 0


@dataclass(frozen=True)
class Table:
    """Lines, and the address of all their rows together."""

    lines: list[Line]
    url: str

    @classmethod
    def of(cls, lines: Iterable[Line], url: str) -> "Table":
        lines = list(lines)
        most = max((line.count for line in lines), default=0)
        return cls([replace(one, width=100 * one.count / most) for one in lines], url)

    @property
    def count(self) -> int:
        return sum(line.count for line in self.lines)

    @property
    def sums(self) -> str:
        """«12 · 1,25 tỷ»: how many rows, and their value where somebody has given one."""
        amount = sum((line.amount or 0 for line in self.lines), Decimal(0))
        return " · ".join([show_number(self.count), *([show_short(amount)] if amount else [])])


def _since(name: str, days: int) -> Tree:
    return {"field": name, "op": "from", "value": {"start": "day", "days": -days}}


def _in(name: str, *values: Any) -> Tree:
    """The field has one of these values; without any, none at all."""
    return {"field": name, "op": "in", "value": list(values)} if values else {"field": name, "op": "empty"}


def _both(*parts: Tree) -> Tree:
    return {"all": [*parts]}


def _grouped(kind: Kind, user: User, among: Tree, *by: str, **more: Any) -> Any:
    """The rows `among` counted and added up by columns, in one query."""
    amount = kind.fields.amount if kind.schema_for(user).get(kind.fields.amount) is not None else ""
    sums = {"amount": Sum(amount, default=Decimal(0))} if amount else {}
    return rows_where(kind, user, among).order_by().values(*by).annotate(count=Count("pk"), **sums, **more)


# Leads ------------------------------------------------------------------------------------------------------------


def sees_leads(user: User) -> bool:
    """Whether a person's role gives them everything that the reports ask of leads."""
    tree = _both(_since("created_at", 1), _failures(1, *FAILED), *(_in(name) for name in ("stage", "source", "reason")))
    return user.may("lead", VIEW) and can_be_asked(LEAD, user, tree)


def leads_by_status(user: User, days: int) -> Table:
    """Leads of these days by the stage where they stand now; a lost lead is one of them (R0.19)."""
    made = _since("created_at", days)
    order = ("stage__pipeline__position", "stage__pipeline", "stage__position", "stage__name", "stage")
    rows = _grouped(LEAD, user, made, *order).order_by(*order)
    lines = (_line(LEAD, one, shown(one["stage__name"]), _both(made, _in("stage", one["stage"]))) for one in rows)
    return Table.of(lines, list_url(LEAD, made))


@dataclass(frozen=True)
class Origins:
    sources: Table
    channels: Table


def leads_by_origin(user: User, days: int) -> Origins:
    """Leads of these days by their source, and by its channel: marketing, or customers who came to us (R0.30)."""
    made = _since("created_at", days)
    converted = Count("pk", filter=Q(stage__category=Category.CONVERTED))
    rows = list(_grouped(LEAD, user, made, "source", "source__name", "source__channel", converted=converted))
    nameless = _("No source")
    sources = [
        _line(LEAD, one, one["source__name"] or nameless, _both(made, _in("source", *_keys([one]))))
        for one in sorted(rows, key=lambda one: -one["count"])
    ]
    channels = []
    for value, label in [*Source.Channel.choices, (None, nameless)]:
        of_channel = [one for one in rows if one["source__channel"] == value]
        if of_channel:
            channels.append(_line(LEAD, _sum(of_channel), str(label), _both(made, _in("source", *_keys(of_channel)))))
    every = list_url(LEAD, made)
    return Origins(Table.of(sources, every), Table.of(channels, every))


def _keys(rows: Iterable[dict[str, Any]]) -> list[int]:
    return [one["source"] for one in rows if one["source"] is not None]


def _sum(rows: list[dict[str, Any]]) -> dict[str, Any]:
    return {name: sum(one[name] for one in rows) for name in ("count", "amount", "converted") if name in rows[0]}


def _line(kind: Kind, row: dict[str, Any], label: str, tree: Tree) -> Line:
    converted = _both(*tree["all"], _in("status", Category.CONVERTED))
    return Line(
        label, row["count"], row.get("amount"), list_url(kind, tree), row.get("converted", 0), list_url(kind, converted)
    )


# Failures ---------------------------------------------------------------------------------------------------------


def sees_deals(user: User) -> bool:
    """Whether a person's role gives them everything that the reports ask of deals."""
    return user.may("deal", VIEW) and can_be_asked(DEAL, user, _both(_failures(1, *FAILED), _in("reason")))


def _failures(days: int, *categories: str) -> Tree:
    return _both(_in("status", *categories), _since("closed_at", days))


def _ended_by_reason(kind: Kind, user: User, days: int, *categories: str) -> list[Table]:
    """Rows that failed in these days, a table for each category by its reasons, the commonest first."""
    by = ("stage__category", "reason", "reason__name")
    rows = list(_grouped(kind, user, _failures(days, *categories), *by).order_by("-count", "reason__name"))
    return [_reasons(kind, [one for one in rows if one["stage__category"] == end], days, end) for end in categories]


def _reasons(kind: Kind, rows: list[dict[str, Any]], days: int, category: str) -> Table:
    failed = _failures(days, category)
    lines = []
    for one in rows:
        reason = _in("reason", *([one["reason"]] if one["reason"] else []))
        lines.append(_line(kind, one, one["reason__name"] or _("No reason"), _both(*failed["all"], reason)))
    return Table.of(lines, list_url(kind, failed))


def lost_leads(user: User, days: int) -> Table:
    """Leads that ended as «Không phù hợp», by reason (R0.19, D9)."""
    [table] = _ended_by_reason(LEAD, user, days, Category.UNQUALIFIED)
    return table


def failed_deals(user: User, days: int) -> tuple[Table, Table]:
    """Deals lost, and deals put aside, by reason (R3.30, D9)."""
    lost, paused = _ended_by_reason(DEAL, user, days, Category.LOST, Category.UNQUALIFIED)
    return lost, paused
