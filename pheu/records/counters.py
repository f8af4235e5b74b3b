"""Counts that are kept instead of counted: rows of a kind by stage, owner, team and department, by day of creation, and
by the values of every field of choices.

`counter_triggers` keeps them. Boards, groups, tabs, home and funnel read sums; what only some rows of a scope have
(made or followed by me, but nobody's near me) is counted live, and is little.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Case, DateField, F, Q, Sum, TextField, Value, When
from django.db.models import Count as CountOf
from django.db.models.functions import Cast, Coalesce, TruncDate

from pheu.people.models import User
from pheu.people.scopes import VIEW, near_q
from pheu.records import kinds
from pheu.records.fields import Field
from pheu.records.kinds import Kind
from pheu.records.models import Counted, Counter, GroupCounter
from pheu.records.moments import midnight

# Fields by which counters can be narrowed: a condition of these alone needs no rows.
COUNTED = {"stage", "pipeline", "status", "owner", "team", "department"}
SUMS = ("count", "amount", "weighted", "planned")


@dataclass
class Totals:
    """Of one stage: how many rows, what they are worth and by their probability, with how many something is planned."""

    count: int = 0
    amount: Decimal = Decimal(0)
    weighted: Decimal = Decimal(0)
    planned: int = 0

    def add(self, found: dict[str, Any]) -> None:
        for name in SUMS:
            setattr(self, name, getattr(self, name) + (found.get(name) or 0))


def can_answer(tree: Any) -> bool:
    """Whether a condition asks for nothing but what is counted."""
    if not isinstance(tree, dict):
        return False
    if "field" in tree:
        return tree["field"] in COUNTED and tree.get("op") != "where"
    inner = [one for value in tree.values() for one in (value if isinstance(value, list) else [value])]
    return all(map(can_answer, inner))


def by_stage(kind: Kind, user: User, condition: Q) -> dict[int, Totals]:
    """Totals of the rows in use that `user` may see under a condition that `can_answer` accepts, by stage."""
    return added_up(*_parts(kind, user, condition))


def by_column(kind: Kind, user: User, condition: Q, column: str) -> dict[int | None, Totals]:
    """The same by owner, team or department."""
    found: dict[int | None, Totals] = {}
    for one in _together(
        rows.order_by().values(column).annotate(**summed(rows)) for rows in _parts(kind, user, condition)
    ):
        found.setdefault(one[column], Totals()).add(one)
    return found


def by_value(kind: Kind, user: User, condition: Q, one: Field) -> dict[str, Totals]:
    """How many of the same rows have each value of a field of choices, and what they are worth; the values as texts."""
    found: dict[str, Totals] = {}
    kept = GroupCounter.objects.filter(kind=kind.code, field=one.name)
    parts = (
        (rows if rows.model is GroupCounter else rows.annotate(value=value_of(one)))
        .values("value")
        .annotate(**{name: summed(rows)[name] for name in ("count", "amount")})
        for rows in _parts(kind, user, condition, kept=kept)
    )
    for part in _together(parts):
        found.setdefault(part["value"], Totals()).add(part)
    return found


def value_of(one: Field) -> Any:
    """In a query the value of a field as counters have it."""
    return Coalesce(Cast(one.expression(), TextField()), Value(""), output_field=TextField())


def added_up(*parts: Any) -> dict[int, Totals]:
    """Totals of rows or counters, no row in two parts, by stage: one statement."""
    found: dict[int, Totals] = {}
    for one in _together(rows.order_by().values("stage").annotate(**summed(rows)) for rows in parts):
        found.setdefault(one["stage"], Totals()).add(one)
    return found


def by_whose(kind: Kind, user: User, condition: Q) -> tuple[Totals, Totals]:
    """Totals of what is `user`'s own and of the other rows that they may see; a condition as for `by_stage`."""
    mine, others = Totals(), Totals()
    mines = Case(When(owner=user.pk, then=True), default=False)
    parts = (rows.order_by().values(is_mine=mines).annotate(**summed(rows)) for rows in _parts(kind, user, condition))
    for one in _together(parts):
        (mine if one["is_mine"] else others).add(one)
    return mine, others


def total(kind: Kind, user: User, condition: Q) -> int:
    """How many rows those are together."""
    return sum(one.count for one in by_stage(kind, user, condition).values())


def made_since(kind: Kind, user: User, since: date, beside: Any = None) -> dict[tuple[date | None, str], int]:
    """How many rows were made on each day from `since` on, by the category of the stage they stand in now.

    The rows `beside` are counted in the same statement, under no day.
    """
    found: dict[tuple[date | None, str], int] = {}
    days = [(rows, _day(rows)) for rows in _parts(kind, user, Q(), since)]
    if beside is not None:
        days.append((beside.order_by(), Cast(Value(None), DateField())))
    for one in _together(
        rows.values(on=day, category=F("stage__category")).annotate(count=summed(rows)["count"]) for rows, day in days
    ):
        key = (one["on"], one["category"])
        found[key] = found.get(key, 0) + (one["count"] or 0)
    return found


def made_by(kind: Kind, user: User, first: date, turn: date, last: date, *by: str) -> list[dict[str, Any]]:
    """How many rows were made from `first` to `last`, by columns that are counted, and what they are worth.

    `now` tells those made from `turn` on from those before. One statement.
    """
    found: dict[tuple[Any, ...], dict[str, Any]] = {}
    for one in _together(
        rows.values(*by, now=Case(When(_made_from(rows, turn), then=True), default=False)).annotate(
            **{name: summed(rows)[name] for name in ("count", "amount")}
        )
        for rows in (
            rows.exclude(_made_from(rows, last + timedelta(days=1))) for rows in _parts(kind, user, Q(), first)
        )
    ):
        sums = found.setdefault((one["now"], *(one[name] for name in by)), {**one, "count": 0, "amount": Decimal(0)})
        sums["count"] += one["count"] or 0
        sums["amount"] += one["amount"] or 0
    return list(found.values())


def _made_from(rows: Any, day: date) -> Q:
    return Q(day__gte=day) if rows.model is Counter else Q(created_at__gte=midnight(day))


def _parts(kind: Kind, user: User, condition: Q, since: date | None = None, kept: Any = None) -> Iterator[Any]:
    """The counters that make up what the person sees (of those `kept`), and the few rows beside them."""
    near = near_q(user, kind.code, VIEW)
    if near is None:
        return
    if kept is None:
        counters: Any = Counter.objects.filter(kind=kind.code)
        kept = counters.filter(day=None) if since is None else counters.filter(day__gte=since)
    yield kept.filter(near, condition).order_by()
    if near:
        made, followed = Q(created_by=user.pk), Q(record__in=user.following.values("record"))
        for beside in (made, followed & ~made):  # asked apart, each is read along its index
            rows = kind.model.objects.live().filter(beside).exclude(near).filter(condition).order_by()
            yield rows if since is None else rows.filter(created_at__gte=midnight(since))


def _together(parts: Iterator[Any]) -> Iterable[Any]:
    """The rows of all parts, in one statement."""
    first, *rest = [*parts] or [()]
    return first.union(*rest, all=True) if rest else first


def _day(rows: Any) -> Any:
    return F("day") if rows.model is Counter else TruncDate("created_at")


def summed(rows: Any) -> dict[str, Any]:
    if issubclass(rows.model, Counted):
        return {name: Sum(name) for name in SUMS}
    amount = kinds.get(rows.model.kind).fields.amount
    worth: Any = Coalesce(F(amount), Value(0, output_field=rows.model._meta.get_field(amount))) if amount else Value(0)
    chance: Any = F("probability") if has_chance(rows.model) else Value(0)
    return {
        "count": CountOf("pk"),
        "amount": Sum(worth),
        "weighted": Sum(worth * chance / 100),
        "planned": CountOf("next_activity_at"),
    }


def has_chance(model: Any) -> bool:
    return any(one.name == "probability" for one in model._meta.local_fields)
