"""The operators of conditions, by the type of a field: what each is called, takes and asks of the database."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from pheu.core.vietnamese.text import fold
from pheu.records import moments


@dataclass(frozen=True)
class Operator:
    """`takes`: "nothing", "one" value, "two", "many", a "period" (`moments.PERIODS`), a "month" of any year, or a
    "condition" on the row that is referred to.

    `q(field, value)` is the condition on the rows of the field's kind.
    """

    label: Any
    takes: str
    q: Callable[[Any, Any], Q]


def _on_day(field: Any, value: Any) -> Q:
    """On that day, our time; of a moment the day that it falls on."""
    first = moments.midnight(timezone.localtime(value).date()) if isinstance(value, datetime) else value
    return field.q("gte", first) & field.q("lt", first + timedelta(days=1))


def _between(field: Any, edges: Any) -> Q:
    return field.q("gte", min(edges)) & field.q("lte", max(edges))


def _within(field: Any, days: Any) -> Q:
    """From the first of these days on, before the one after the last."""
    first, after = (moments.midnight(day) if field.is_moment else day for day in days)
    return field.q("gte", first) & field.q("lt", after)


def _days_between(field: Any, edges: Any) -> Q:
    first, last = (timezone.localtime(one).date() if field.is_moment else one for one in (min(edges), max(edges)))
    return _within(field, (first, last + timedelta(days=1)))


EMPTY = {
    "empty": Operator(_("is empty"), "nothing", lambda field, _value: field.is_empty_q()),
    "filled": Operator(_("is filled"), "nothing", lambda field, _value: ~field.is_empty_q()),
}
IS = {
    "is": Operator(_("is"), "one", lambda field, value: field.q("exact", value)),
    "is_not": Operator(_("is not"), "one", lambda field, value: ~field.q("exact", value) | field.is_empty_q()),
}
TEXTS = {
    "is": Operator(_("is"), "one", lambda field, value: field.q("exact", value)),
    "in": Operator(_("is one of"), "many", lambda field, values: field.q("in", values)),
    "contains": Operator(_("contains"), "one", lambda field, text: field.folded_q("contains", fold(text))),
    "not_contains": Operator(_("does not contain"), "one", lambda field, text: ~field.folded_q("contains", fold(text))),
    "starts": Operator(_("starts with"), "one", lambda field, text: field.folded_q("startswith", fold(text))),
    **EMPTY,
}
NONE = Q(pk__in=[])
PHONES = {
    "is": Operator(_("is"), "one", lambda field, value: field.same_q(value)),
    "in": Operator(_("is one of"), "many", lambda field, values: reduce(or_, map(field.same_q, values), NONE)),
    **EMPTY,
}
NUMBERS = {
    **IS,
    "from": Operator(_("at least"), "one", lambda field, value: field.q("gte", value)),
    "to": Operator(_("at most"), "one", lambda field, value: field.q("lte", value)),
    "above": Operator(_("more than"), "one", lambda field, value: field.q("gt", value)),
    "below": Operator(_("less than"), "one", lambda field, value: field.q("lt", value)),
    "between": Operator(_("between"), "two", _between),
    **EMPTY,
}
DAYS = {
    "is": Operator(_("on"), "one", _on_day),
    "from": Operator(_("from"), "one", lambda field, value: field.q("gte", value)),
    "before": Operator(_("before"), "one", lambda field, value: field.q("lt", value)),
    "within": Operator(_("within"), "period", _within),
    "between": Operator(_("between"), "two", _days_between),
    "month": Operator(_("in the month"), "month", lambda field, month: field.month_q(month)),
    **EMPTY,
}
OF_LIST = {
    "in": Operator(_("is one of"), "many", lambda field, values: field.q("in", values)),
    "not_in": Operator(_("is none of"), "many", lambda field, values: ~field.q("in", values) | field.q("isnull", True)),
    **EMPTY,
}
OF_ROWS = {
    **OF_LIST,
    "where": Operator(_("where"), "condition", lambda field, rows: field.q("in", rows)),
}
ANY_OF = {
    "any": Operator(_("has one of"), "many", lambda field, values: field.has_any(values)),
    "all": Operator(_("has all of"), "many", lambda field, values: field.has_all(values)),
    "none": Operator(_("has none of"), "many", lambda field, values: ~field.has_any(values)),
    **EMPTY,
}
