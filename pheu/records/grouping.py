"""Rows of a list in groups: by stage, person, choice, small table or month, each with its number and worth.

The address says `group=owner`; `in=12` asks for the rows of one group of it, which is a list like any other.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any

from django.db.models import Count, Q, Sum, Value
from django.db.models.functions import TruncMonth
from django.utils import timezone
from django.utils.translation import gettext as _

from pheu.people.models import User
from pheu.records import counters
from pheu.records.conditions import Tree
from pheu.records.custom import PREFIX
from pheu.records.fields import NO_VALUE, Field, OwnChoice, YesNo
from pheu.records.schema import Schema, offered

MOST_GROUPS = 200
NOTHING = "none"  # the key of the rows in which the field is empty
KEPT = {"stage", "owner", "team", "department"}  # by what counters know how many there are


@dataclass(frozen=True)
class Group:
    """`key` as the address says it; `amount` is None where there is nothing to add up."""

    key: str
    label: str
    count: int
    amount: Decimal | None = None


def can_group(schema: Schema, one: Field) -> bool:
    """By what a row itself has, of a few values that are told apart: choices, small tables, days by their month."""
    if not (one.own or one.column in _columns(schema.model)):
        return False
    is_listed = bool(one.choices()) or getattr(one, "named_by", "") != ""
    return is_by_month(one) or (is_listed and "in" in one.operators and not one.holds_several)


@cache
def _columns(model: Any) -> frozenset[str]:
    return frozenset(column.name for column in model._meta.local_fields)


def fields_to_group(schema: Schema) -> list[Field]:
    return [one for one in schema if (one.filterable or one.on_page) and can_group(schema, one)]


def fields_of_columns(schema: Schema) -> list[Field]:
    """Those whose groups can be columns or lanes of a board."""
    return [one for one in fields_to_group(schema) if not is_by_month(one)]


def is_by_month(one: Field) -> bool:
    return "within" in one.operators


def is_counted_by_value(schema: Schema, one: Field) -> bool:
    """Whether counters know how many rows have each value of it, beside those that every row is counted by."""
    if one.own and not (one.name.startswith(PREFIX) and isinstance(one, OwnChoice | YesNo)):
        return False
    return one.name not in KEPT and not is_by_month(one) and can_group(schema, one)


def tree_of_group(one: Field, key: str) -> Tree:
    """The condition that a row belongs to the group of this key; of no row for what is no key."""
    if key == NOTHING:
        return {"field": one.name, "op": "empty"}
    if not is_by_month(one):
        return {"field": one.name, "op": "in", "value": [key]}
    first = _month(key)
    if first is None:
        return {"any": []}
    after = date(first.year + first.month // 12, first.month % 12 + 1, 1)
    days = [("from", first), ("before", after)]
    return {"all": [{"field": one.name, "op": op, "value": day.isoformat()} for op, day in days]}


def _month(key: str) -> date | None:
    try:
        return date.fromisoformat(f"{key}-01") if len(key) == len("2026-11") else None
    except ValueError:
        return None


def groups_of(listing: Any, one: Field, *, room: int = 0) -> list[Group]:
    """The groups of a list in the order of their field, the empty one last: one statement, and one for names.

    With `room` for so many, also those that have no rows, as far as all together find room.
    """
    found = _found(listing, one)
    called = names_of(one, found.keys(), listing.user, room)
    if len(called) <= room:
        found = {key: (0, Decimal(0)) for key in called if key != NOTHING or _can_be_empty(one)} | found
    amount = listing.kind.fields.amount
    has_amount = bool(amount) and listing.schema.get(amount) is not None
    groups = [
        Group(key, called.get(key, key), count, worth if has_amount else None) for key, (count, worth) in found.items()
    ]
    order = {key: nth for nth, key in enumerate(called)}
    return sorted(groups, key=lambda group: order.get(group.key, len(order)))[:MOST_GROUPS]


def _can_be_empty(one: Field) -> bool:
    return not one.required and one.empty in NO_VALUE


def _found(listing: Any, one: Field) -> dict[str, tuple[int, Decimal]]:
    """{key: (rows, what they are worth)}: from the kept counters where they can answer, else counted."""
    asked, totals = (listing.kind, listing.user, listing.condition), None
    if listing.is_counted and one.name in KEPT:
        totals = dict[Any, counters.Totals](counters.by_column(*asked, one.name))
    elif listing.is_counted and is_counted_by_value(listing.schema, one):
        totals = dict[Any, counters.Totals](counters.by_value(*asked, one))
    if totals is None:
        return _counted(listing, one)
    return {key_of(one, value): (found.count, found.amount) for value, found in totals.items() if found.count}


def _counted(listing: Any, one: Field) -> dict[str, tuple[int, Decimal]]:
    amount = listing.kind.fields.amount
    worth: Any = Sum(amount) if amount else Value(0)
    # As filters compare it: of that the planner knows how few values there are.
    value: Any = TruncMonth(one.expression()) if is_by_month(one) else one.compared()
    rows = listing.narrowed().order_by().annotate(of_group=value)
    told = rows.values("of_group").annotate(n=Count("pk"), worth=worth).values_list("of_group", "n", "worth")
    found: dict[str, tuple[int, Decimal]] = {}
    for value, n, worth in told:
        key = key_of(one, value)
        before = found.get(key, (0, Decimal(0)))
        found[key] = (before[0] + n, before[1] + (worth or 0))
    return found


def key_of(one: Field, value: Any) -> str:
    """The key of the group of a value."""
    if value in (None, ""):
        return NOTHING
    if is_by_month(one):
        day = timezone.localtime(value) if one.is_moment else value
        return f"{day:%Y-%m}"
    return str(value).lower() if isinstance(value, bool) else str(value)


def names_of(one: Field, keys: Iterable[str], user: User, room: int = 0) -> dict[str, str]:
    """{key: words} of those of these groups that there are, in the order in which they stand.

    With `room` also of what a form offers, or of too many.
    """
    there = set(keys)
    if is_by_month(one):
        named = {
            key: _("Month %(month)s") % {"month": f"{key[5:]}/{key[:4]}"} for key in sorted(there - {NOTHING})[::-1]
        }
    elif (table := one.table(user)) is not None:
        wanted = Q(pk__in=[key for key in there if key.isdigit()])
        if room:
            wanted |= Q(pk__in=table.order_by("pk").values("pk")[: room + 1])
        rows = table.model._default_manager.filter(wanted)
        named = {str(pk): str(name) for pk, name in offered({one: rows})[one]}
    else:
        there |= {str(value) for value, _label in _asked_for(one, user)} if room else set()
        named = {str(value): str(label) for value, label in one.choices() if str(value) in there}
    return named | {NOTHING: _("Without “%(field)s”") % {"field": one.label}}


def _asked_for(one: Field, user: User) -> Iterable[tuple[Any, Any]]:
    """What its form offers: of a company's own choices those in use."""
    offers: Iterable[tuple[Any, Any]] = getattr(one.form_field(user), "choices", None) or one.choices()
    return offers
