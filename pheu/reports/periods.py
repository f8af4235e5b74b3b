"""The days that a report is about, and those that it stands beside."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from pheu.core.vietnamese.dates import read_date, show_date
from pheu.records.conditions import Tree

DAY = timedelta(days=1)
USUAL, LENGTHS = 90, (30, 90, 365)
LONGEST = 5 * 366  # days
NAMED = {
    "week": _("This week"),
    "month": _("This month"),
    "last_month": _("Last month"),
    "quarter": _("This quarter"),
    "last_quarter": _("Last quarter"),
    "year": _("This year"),
    "last_year": _("Last year"),
}


@dataclass(frozen=True)
class Period:
    """From a day to a day, both included; `query` is how an address asks for it."""

    first: date
    last: date
    query: str = ""

    @property
    def before(self) -> "Period":
        """As long, and just before; of whole months, as many whole months."""
        if self.first.day == 1 and (self.last + DAY).day == 1:
            months = 12 * (self.last.year - self.first.year) + self.last.month - self.first.month + 1
            return Period(month_after(self.first, -months), self.first - DAY)
        return Period(self.first - (self.last - self.first) - DAY, self.first - DAY)

    def of(self, field: str) -> tuple[Tree, Tree]:
        """The condition that a moment of a row falls into these days."""
        return (
            {"field": field, "op": "from", "value": self.first.isoformat()},
            {"field": field, "op": "before", "value": (self.last + DAY).isoformat()},
        )

    def __str__(self) -> str:
        return f"{show_date(self.first)} – {show_date(self.last)}"


def of_days(days: int) -> Period:
    today = timezone.localdate()
    return Period(today - timedelta(days=days - 1), today, urlencode({"days": days}))


def asked(params: QueryDict) -> Period:
    """`?days=30`, `?period=last_month` or `?from=01/09/2026&to=30/11/2026`; what nobody can mean is the usual one."""
    if params.get("from") or params.get("to"):
        return _typed(params)
    if (name := str(params.get("period"))) in NAMED:
        return _named(name)
    days = params.get("days", "")
    return of_days(int(days) if days in {str(one) for one in LENGTHS} else USUAL)


def _typed(params: QueryDict) -> Period:
    today = timezone.localdate()
    try:
        last = read_date(params.get("to") or today)
        first = read_date(params.get("from") or last - timedelta(days=USUAL))
    except ValueError:
        return of_days(USUAL)
    first, last = min(first, last), max(first, last)
    first = max(first, last - timedelta(days=LONGEST))
    return Period(first, last, urlencode({"from": show_date(first), "to": show_date(last)}))


def _named(name: str) -> Period:
    today = timezone.localdate()
    month = today.replace(day=1)
    quarter = month_after(month, -((month.month - 1) % 3))
    year = today.replace(month=1, day=1)
    first, last = {
        "week": (today - timedelta(days=today.weekday()), today),
        "month": (month, today),
        "last_month": (month_after(month, -1), month - DAY),
        "quarter": (quarter, today),
        "last_quarter": (month_after(quarter, -3), quarter - DAY),
        "year": (year, today),
        "last_year": (month_after(year, -12), year - DAY),
    }[name]
    return Period(first, last, urlencode({"period": name}))


def month_after(first: date, more: int) -> date:
    whole = first.year * 12 + first.month - 1 + more
    return date(whole // 12, whole % 12 + 1, 1)


def lengths() -> Iterator[tuple[str, Period]]:
    for days in LENGTHS:
        yield ngettext("%(n)d day", "%(n)d days", days) % {"n": days}, of_days(days)


def names() -> Iterator[tuple[Any, Period]]:
    for name, label in NAMED.items():
        yield label, _named(name)
