"""The list engine: tabs, filters, search, sort and keyset pages of any kind, all from its schema.

No COUNT of a table and no OFFSET: a page fetches one row more than it shows (quality.md 1).
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.core import signing
from django.db.models import F, Q, QuerySet, Value
from django.db.models.functions import Coalesce
from django.http import QueryDict

from pheu.people.models import User
from pheu.records.fields import Field
from pheu.records.kinds import Kind, Words
from pheu.records.schema import offered
from pheu.records.search import search_q

PAGE = 50
COUNT_CAP = 999


@dataclass(frozen=True)
class Tab:
    """One saved view that the system brings: `narrow` takes and gives a queryset."""

    code: str
    label: Words
    narrow: Callable[[Any], Any] = lambda rows: rows


@dataclass(frozen=True)
class Chip:
    """One filter in force: its field, the words of its values and the address without it."""

    field: Field
    values: str
    without: str


class Listing:
    """What a person sees of a kind for one query string. Rows come from `within(user, VIEW)` and nowhere else."""

    def __init__(self, kind: Kind, user: User, params: QueryDict) -> None:
        self.kind, self.user, self.params = kind, user, params
        self.tabs = kind.tabs(user)
        self.tab = next((tab for tab in self.tabs if tab.code == params.get("tab")), self.tabs[0])
        self.text = params.get("q", "").strip()[:200]
        self._places: list[tuple[Field, str]] | None = None

    @cached_property
    def choices(self) -> dict[Field, dict[str, str]]:
        """Every filterable field with what it offers: {value: label}."""
        tables = {one: one.table(self.user) for one in self.kind.schema.filters()}
        found = offered({one: rows for one, rows in tables.items() if rows is not None})
        return {one: {str(value): str(label) for value, label in found.get(one) or one.choices()} for one in tables}

    @cached_property
    def filters(self) -> dict[Field, list[str]]:
        """Fields of the schema marked filterable that the query string names with values the field offers."""
        asked = {one: self.params.getlist(one.name) for one in self.kind.schema.filters() if one.name in self.params}
        return {one: [value for value in values if value in self.choices[one]] for one, values in asked.items()}

    def narrowed(self, rows: Any = None) -> Any:
        """Everything the person may see (or what `rows` has of it) under this tab, search and filters, in no order."""
        rows = self.kind.model.objects.visible_to(self.user) if rows is None else rows
        rows = self.tab.narrow(rows.live())
        if self.text:
            rows = rows.filter(search_q(self.text, "record__"))
        for one, values in self.filters.items():
            rows = rows.filter(one.matches(values))
        return rows

    # -- order -----------------------------------------------------------------------------------

    @cached_property
    def sort(self) -> str:
        asked = self.params.get("sort", "")
        field = self.kind.schema.get(asked.removeprefix("-"))
        return asked if field is not None and field.sortable else "-updated_at"

    @property
    def is_descending(self) -> bool:
        return self.sort.startswith("-")

    def _sort_value(self) -> tuple[str, Any]:
        name = self.sort.removeprefix("-")
        field = self.kind.schema.get(name)
        column = field.order if field else name
        ends = field.sort_ends if field else None
        # An index on the column serves its order only where it is not wrapped.
        if ends is None or not self.kind.model._meta.get_field(column).null:
            return column, F(column)
        return column, Coalesce(F(column), Value(ends[self.is_descending]))

    def _ordered(self, rows: Any) -> QuerySet:
        _column, value = self._sort_value()
        rows = rows.annotate(sort_value=value)
        direction = "-" if self.is_descending else ""
        return rows.order_by(f"{direction}sort_value", f"{direction}pk")

    # -- pages -----------------------------------------------------------------------------------

    @cached_property
    def _fetched(self) -> list[Any]:
        rows = self.kind.model.objects
        ways = [] if self.text else rows.ways_to_see(self.user)
        page = (
            self._ordered(rows.filter(pk__in=self._newest_of(ways))) if len(ways) > 1 else self._page(self.narrowed())
        )
        return list(self.kind.prefetch(page.select_related("record", "owner")))

    def _newest_of(self, ways: list[Any]) -> list[int]:
        """Ids of the page, from the first rows of each way: short index scans, however little is the person's."""
        firsts = [self._page(self.narrowed(way)).values("sort_value", "pk") for way in ways]
        direction = "-" if self.is_descending else ""
        together = firsts[0].union(*firsts[1:]).order_by(f"{direction}sort_value", f"{direction}pk")
        return [row["pk"] for row in together[: PAGE + 1]]

    def _page(self, rows: Any) -> QuerySet:
        """The rows of one page and one more, beyond the cursor."""
        rows = self._ordered(rows)
        last = _read_cursor(self.sort, self.params.get("after", ""))
        if last is not None:
            value, pk = last
            # Both halves name the sort value, so the index range starts at it: 0.5 ms of a million instead of 765.
            edge, beyond = ("lte", "lt") if self.is_descending else ("gte", "gt")
            rows = rows.filter(
                Q(**{f"sort_value__{edge}": value}), Q(**{f"sort_value__{beyond}": value}) | Q(**{f"pk__{beyond}": pk})
            )
        return rows[: PAGE + 1]

    @property
    def rows(self) -> list[Any]:
        return self._fetched[:PAGE]

    @property
    def next_url(self) -> str:
        if len(self._fetched) <= PAGE:
            return ""
        last = self.rows[-1]
        return self.url(after=_write_cursor(self.sort, last.sort_value, last.pk))

    @property
    def is_first_page(self) -> bool:
        return not self.params.get("after")

    @property
    def is_narrowed(self) -> bool:
        return bool(self.text or self.filters)

    # -- what the page draws -----------------------------------------------------------------------

    def url(self, **changed: str | list[str] | None) -> str:
        """This list's query string with some parameters changed; a new filter or order starts at the first page."""
        params = {name: values for name, values in self.params.lists() if name != "after"}
        for name, value in changed.items():
            params[name] = [] if value is None else [value] if isinstance(value, str) else value
        return "?" + urlencode({name: values for name, values in params.items() if values}, doseq=True)

    @property
    def kept(self) -> list[tuple[str, str]]:
        """What a new filter keeps of the address: tab, order, pipeline."""
        return [(name, str(self.params[name])) for name in ("tab", "sort", "pipeline") if name in self.params]

    @property
    def clear_text_url(self) -> str:
        return self.url(q=None)

    @property
    def shared_query(self) -> str:
        """What list and board share: tab, words and filters."""
        return self.url(sort=None, unfold=None, below=None)

    def chips(self) -> list[Chip]:
        chips = []
        for one, values in self.filters.items():
            words = [self.choices[one][value] for value in values]
            shown = ", ".join(words[:2]) + (f", +{len(words) - 2}" if len(words) > 2 else "")
            chips.append(Chip(one, shown, self.url(**{one.name: None})))
        return chips

    def offers(self) -> list[tuple[Field, list[tuple[str, str, bool]]]]:
        """Every filterable field with its choices: (value, label, is chosen)."""
        return [
            (one, [(value, label, value in self.filters.get(one, ())) for value, label in choices.items()])
            for one, choices in self.choices.items()
        ]

    def places(self, place_of: Callable[[Field, Kind], str]) -> list[tuple[Field, str]]:
        """Every column with the class of its cells, found out once for all rows."""
        if self._places is None:
            self._places = [(one, place_of(one, self.kind)) for one in self.kind.schema.column_fields()]
        return self._places

    @cached_property
    def columns(self) -> list[dict[str, Any]]:
        return [
            {
                "field": one,
                "sort_url": self.url(sort=one.name if self.sort == f"-{one.name}" else f"-{one.name}")
                if one.sortable
                else "",
                "sorted": self.sort.removeprefix("-") == one.name
                and ("descending" if self.is_descending else "ascending"),
            }
            for one in self.kind.schema.column_fields()
        ]

    def counts(self) -> dict[str, str]:
        """How many rows each tab has, capped: «999+»."""
        return {tab.code: capped(tab.narrow(self.kind.model.objects.visible_to(self.user).live())) for tab in self.tabs}


def capped(rows: QuerySet) -> str:
    count = rows.order_by()[: COUNT_CAP + 1].count()
    return f"{COUNT_CAP}+" if count > COUNT_CAP else str(count)


def _write_cursor(sort: str, value: Any, pk: int) -> str:
    """Where a page ended, signed: what comes back is of the type that the column has."""
    if isinstance(value, bytes | memoryview):
        told = ["bytes", bytes(value).hex()]
    elif isinstance(value, datetime):
        told = ["moment", value.isoformat()]
    elif isinstance(value, date):
        told = ["date", value.isoformat()]
    elif isinstance(value, Decimal):
        told = ["decimal", str(value)]
    else:
        told = ["plain", value]
    return signing.dumps([sort, *told, pk], salt=__name__)


_READERS: dict[str, Callable[[Any], Any]] = {
    "bytes": bytes.fromhex,
    "moment": datetime.fromisoformat,
    "date": date.fromisoformat,
    "decimal": Decimal,
    "plain": lambda value: value,
}


def _read_cursor(sort: str, text: str) -> tuple[Any, int] | None:
    """What `_write_cursor` wrote for the same order; anything else is no cursor: the list begins at its beginning."""
    try:
        written_for, form, value, pk = signing.loads(text, salt=__name__)
    except signing.BadSignature:
        return None
    return (_READERS[form](value), pk) if written_for == sort else None
