"""The order of a list: by up to three fields, each rising or falling, then by id; and what stands beyond a place in it.

What has a value in the first field comes first in both directions, then what has none. Each half is read along the
index of that field; the others settle what is alike in the first, and what is empty in them comes last.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import F, Q, QuerySet
from django.db.models.fields.tuple_lookups import Tuple, TupleGreaterThan, TupleLessThan

from pheu.records.fields import Field
from pheu.records.kinds import Kind
from pheu.records.schema import Schema

MOST_KEYS = 3
USUAL = "-updated_at"
# Where a row stands: its values of the keys, then its id.
Edge = tuple[Any, ...]


@dataclass(frozen=True)
class Key:
    field: Field
    falls: bool

    @property
    def name(self) -> str:
        return f"-{self.field.name}" if self.falls else self.field.name

    def turned(self) -> "Key":
        return replace(self, falls=not self.falls)


@dataclass(frozen=True)
class Order:
    """`may_be_empty`: whether a row may have no value of the first key. `backwards`: read from its end."""

    keys: tuple[Key, ...]
    may_be_empty: bool
    backwards: bool = False

    @property
    def name(self) -> str:
        return name_of(self.keys)

    @property
    def columns(self) -> tuple[str, ...]:
        """What `with_values` calls the values of the keys."""
        return columns_of(self.keys)

    @property
    def by(self) -> tuple[Any, ...]:
        """For `order_by` of rows that have them."""
        empty = {"nulls_first": True} if self.backwards else {"nulls_last": True}
        others = [
            F(column).desc(**empty) if self._goes_down(key) else F(column).asc(**empty)
            for column, key in zip(self.columns[1:], self.keys[1:], strict=True)
        ]
        sign = "-" if self._goes_down(self.keys[0]) else ""
        return (f"{sign}sort_value", *others, f"{sign}pk")

    def of(self, rows: Any) -> QuerySet:
        return with_values(rows, self.keys).order_by(*self.by)

    def edge_of(self, row: Any) -> Edge:
        """Where a row that has them stands."""
        return (*(getattr(row, column) for column in self.columns), row.pk)

    def filled(self, rows: Any, edge: Edge | None) -> Any:
        """The half that has a value of the first key, beyond a place in it."""
        if self.may_be_empty:
            rows = rows.filter(sort_value__isnull=False)
        if edge is None:
            return rows
        first = self.keys[0]
        if len(self.keys) == 1:
            # Compared as a row, so the index range starts at the very edge, in the middle of equal values too.
            beyond = TupleLessThan if self._goes_down(first) else TupleGreaterThan
            return rows.filter(beyond(Tuple(first.field.sort_expression(), F("pk")), edge))
        # Said twice, for the index: a range of the first key, and within it what is beyond.
        at_least = "sort_value__lte" if self._goes_down(first) else "sort_value__gte"
        return rows.filter(Q(**{at_least: edge[0]}) & self._beyond(0, edge))

    def empty(self, rows: Any, edge: Edge | None) -> Any:
        """The half that has none, beyond a place in it."""
        rows = rows.filter(sort_value__isnull=True)
        return rows if edge is None else rows.filter(self._beyond(1, edge))

    def _beyond(self, nth: int, edge: Edge) -> Q:
        """What stands beyond as far as the keys from the `nth` on decide."""
        if nth == len(self.keys):
            return Q(**{"pk__lt" if self._goes_down(self.keys[0]) else "pk__gt": edge[-1]})
        column, value = self.columns[nth], edge[nth]
        if value is None:
            alike, further = Q(**{f"{column}__isnull": True}), Q(**{f"{column}__isnull": False})
            after = further if self.backwards else Q(pk__in=[])
        else:
            alike = Q(**{column: value})
            after = Q(**{f"{column}__lt" if self._goes_down(self.keys[nth]) else f"{column}__gt": value})
            if not self.backwards:
                after |= Q(**{f"{column}__isnull": True})
        return after | (alike & self._beyond(nth + 1, edge))

    def _goes_down(self, key: Key) -> bool:
        return key.falls != self.backwards


def name_of(keys: Iterable[Key]) -> str:
    """As an address has it: `-priority,name`."""
    return ",".join(key.name for key in keys)


def columns_of(keys: tuple[Key, ...]) -> tuple[str, ...]:
    return tuple(f"sort_value_{nth}" if nth else "sort_value" for nth in range(len(keys)))


def with_values(rows: Any, keys: tuple[Key, ...]) -> Any:
    """Rows with their values of the keys."""
    named = zip(columns_of(keys), keys, strict=True)
    return rows.annotate(**{column: key.field.sort_expression() for column, key in named})


def read_order(kind: Kind, schema: Schema, asked: str, *, begins_with: str = "") -> Order:
    """The order that an address names, as far as its fields are there and sortable; else the usual one.

    `begins_with`: what is asked for without being offered.
    """
    keys: dict[str, Key] = {}
    for name in asked.split(",")[: 2 * MOST_KEYS]:
        field = schema.get(name.removeprefix("-"))
        if field is not None and (field.sortable or name == begins_with):
            keys.setdefault(field.name, Key(field, name.startswith("-")))
    if not keys:
        usual = USUAL.removeprefix("-")
        keys = {usual: Key(schema.get(usual) or kind.fields[usual], falls=True)}  # which is everybody's
    first, *_others = chosen = tuple(keys.values())[:MOST_KEYS]
    column = first.field.sort_column
    return Order(chosen, may_be_empty=not column or kind.model._meta.get_field(column).null)


# What leads from one order to another --------------------------------------------------------------------------------


@dataclass(frozen=True)
class WayToSort:
    """By a field: its turn among the keys of the order, from 1 (0: it is none), and addresses that are empty where
    there is no such way. `also_url`: besides what the list is sorted by already; `without_url`: no longer by it."""

    field: Field
    nth: int
    falls: bool
    url: str
    also_url: str
    without_url: str


def ways_to_sort(order: Order, fields: Iterable[Field], *, is_asked: bool, unsorted: str) -> dict[str, WayToSort]:
    """By the name of the field. `is_asked`: somebody has said in what order it is; `unsorted`: the list's address."""
    keys = {key.field.name: key for key in order.keys}
    there = {key.field.name: key.field for key in order.keys} | {one.name: one for one in fields if one.sortable}
    return {name: _way(one, keys, is_asked=is_asked, unsorted=unsorted) for name, one in there.items()}


def _way(field: Field, keys: dict[str, Key], *, is_asked: bool, unsorted: str) -> WayToSort:
    """At first A to Z, and the newest or the largest; then the other way round than now."""

    def url(*chosen: Key) -> str:
        return f"{unsorted}&sort={name_of(chosen)}" if chosen else unsorted

    now = keys.get(field.name)
    turned = now.turned() if now else Key(field, field.falls_first)
    also = (keys if is_asked else {}) | {field.name: turned}
    rest = [key for key in keys.values() if key is not now]
    return WayToSort(
        field,
        nth=list(keys).index(field.name) + 1 if now else 0,
        falls=bool(now and now.falls),
        url=url(turned) if field.sortable else "",
        also_url=url(*also.values()) if field.sortable and len(also) <= MOST_KEYS else "",
        without_url=url(*rest) if now and is_asked else "",
    )
