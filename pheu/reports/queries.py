"""What the reports count: everything through `visible_to`, each question one query over the rows that exist now."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q, Sum
from django.utils.translation import gettext as _

from pheu.core.vietnamese import show_number, show_short
from pheu.deals.models import Deal
from pheu.leads.models import Lead, Source
from pheu.people.models import User
from pheu.records.models import Category


@dataclass(frozen=True)
class Line:
    """One row of a table: how many rows, the sum of their expected value in đồng, and how many were converted.

    `width` is the count's share of the longest row, in per cent.
    """

    label: str
    count: int
    amount: Decimal
    converted: int = 0
    width: float = 0

    @property
    def rate(self) -> int:
        """Converted of all, in per cent."""
        return round(100 * self.converted / self.count) if self.count else 0


@dataclass(frozen=True)
class Table:
    lines: list[Line]

    @classmethod
    def of(cls, lines: Iterable[Line]) -> "Table":
        lines = list(lines)
        most = max((line.count for line in lines), default=0)
        return cls([Line(one.label, one.count, one.amount, one.converted, 100 * one.count / most) for one in lines])

    @property
    def count(self) -> int:
        return sum(line.count for line in self.lines)

    @property
    def sums(self) -> str:
        """«12 · 1,25 tỷ»: how many rows, and their value where somebody has given one."""
        amount = sum((line.amount for line in self.lines), Decimal(0))
        return " · ".join([show_number(self.count), *([show_short(amount)] if amount else [])])


COUNTED: dict[str, Any] = {"count": Count("pk"), "amount": Sum("expected_amount", default=Decimal(0))}


def _leads(user: User, since: datetime) -> Any:
    return Lead.objects.visible_to(user).live().filter(created_at__gte=since).order_by()


def leads_by_status(user: User, since: datetime) -> Table:
    """Leads made since then by the stage where they stand now; a lost lead is one of them (R0.19)."""
    order = ("stage__pipeline__position", "stage__pipeline", "stage__position", "stage__name")
    rows = _leads(user, since).values(*order).annotate(**COUNTED).order_by(*order)
    return Table.of(_line(one, "stage__name", "") for one in rows)


@dataclass(frozen=True)
class Origins:
    sources: Table
    channels: Table


def leads_by_origin(user: User, since: datetime) -> Origins:
    """Leads made since then by their source, and by its channel: marketing, or customers who came to us (R0.30)."""
    converted = Count("pk", filter=Q(stage__category=Category.CONVERTED))
    rows = _leads(user, since).values("source__name", "source__channel").annotate(**COUNTED, converted=converted)
    lines = [(one["source__channel"], _line(one, "source__name", _("No source"))) for one in rows]
    names = [*Source.Channel.choices, (None, _("No source"))]
    channels = [_sum(str(label), [line for channel, line in lines if channel == value]) for value, label in names]
    sources = sorted((line for _channel, line in lines), key=lambda line: -line.count)
    return Origins(Table.of(sources), Table.of(line for line in channels if line.count))


def _line(row: dict[str, Any], name: str, nameless: str) -> Line:
    return Line(row[name] or nameless, row["count"], row["amount"], row.get("converted", 0))


def _sum(label: str, lines: list[Line]) -> Line:
    amount = sum((line.amount for line in lines), Decimal(0))
    return Line(label, sum(line.count for line in lines), amount, sum(line.converted for line in lines))


def _ended_by_reason(model: Any, user: User, since: datetime) -> dict[str, Table]:
    """Rows that failed since then, by the category of their end and its reason, the commonest first."""
    failed = (
        model.objects.visible_to(user)
        .live()
        .filter(stage__category__in=(Category.LOST, Category.UNQUALIFIED), closed_at__gte=since)
    )
    rows = (
        failed.order_by()
        .values("stage__category", "reason__name")
        .annotate(**COUNTED)
        .order_by("-count", "reason__name")
    )
    found: dict[str, list[Line]] = {}
    for one in rows:
        found.setdefault(one["stage__category"], []).append(_line(one, "reason__name", _("No reason")))
    return {category: Table.of(lines) for category, lines in found.items()}


def lost_leads(user: User, since: datetime) -> Table:
    """Leads that ended as «Không phù hợp», by reason (R0.19, D9)."""
    return _ended_by_reason(Lead, user, since).get(Category.UNQUALIFIED, Table([]))


def failed_deals(user: User, since: datetime) -> tuple[Table, Table]:
    """Deals lost, and deals put aside, by reason (R3.30, D9)."""
    found = _ended_by_reason(Deal, user, since)
    return found.get(Category.LOST, Table([])), found.get(Category.UNQUALIFIED, Table([]))
