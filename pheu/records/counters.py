"""Counts that are kept instead of counted: rows of a kind by stage, owner, team and department, and by day of creation.

Triggers of the database write a delta for every statement that makes, changes or removes rows (`watch`), whoever
wrote it; `fold` adds deltas up in a job, `differing_counts` is what doctor asks. Nobody waits for anybody: a delta is a
new row. Boards, tabs, home and funnel read sums; what only some rows of a scope have (made or followed by me, but
nobody's near me) is counted live, and is little.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import Case, DateField, F, Q, Sum, Value, When
from django.db.models import Count as CountOf
from django.db.models.functions import Cast, Coalesce, TruncDate
from django.utils import timezone

from pheu.core.health import examination
from pheu.people.models import User
from pheu.people.scopes import VIEW, near_q
from pheu.records import kinds
from pheu.records.kinds import Kind
from pheu.records.models import Counter
from pheu.records.moments import midnight

# Fields by which counters can be narrowed: a condition of these alone needs no rows.
COUNTED = {"stage", "pipeline", "status", "owner", "team", "department"}
KEYS = ("kind", "stage_id", "owner_id", "team_id", "department_id", "day")
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
            setattr(self, name, getattr(self, name) + (found[name] or 0))


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
        rows.order_by().values(column).annotate(**_summed(rows)) for rows in _parts(kind, user, condition)
    ):
        found.setdefault(one[column], Totals()).add(one)
    return found


def added_up(*parts: Any) -> dict[int, Totals]:
    """Totals of rows or counters, no row in two parts, by stage: one statement."""
    found: dict[int, Totals] = {}
    for one in _together(rows.order_by().values("stage").annotate(**_summed(rows)) for rows in parts):
        found.setdefault(one["stage"], Totals()).add(one)
    return found


def by_whose(kind: Kind, user: User, condition: Q) -> tuple[Totals, Totals]:
    """Totals of what is `user`'s own and of the other rows that they may see; a condition as for `by_stage`."""
    mine, others = Totals(), Totals()
    mines = Case(When(owner=user.pk, then=True), default=False)
    parts = (rows.order_by().values(is_mine=mines).annotate(**_summed(rows)) for rows in _parts(kind, user, condition))
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
        rows.values(on=day, category=F("stage__category")).annotate(count=_summed(rows)["count"]) for rows, day in days
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
            **{name: _summed(rows)[name] for name in ("count", "amount")}
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


def _parts(kind: Kind, user: User, condition: Q, since: date | None = None) -> Iterator[Any]:
    """The counters that make up what the person sees, and the few rows beside them."""
    near = near_q(user, kind.code, VIEW)
    if near is None:
        return
    counters: Any = Counter.objects.filter(near, condition, kind=kind.code).order_by()
    yield counters.filter(day=None) if since is None else counters.filter(day__gte=since)
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


def _summed(rows: Any) -> dict[str, Any]:
    if rows.model is Counter:
        return {name: Sum(name) for name in SUMS}
    amount = kinds.get(rows.model.kind).fields.amount
    worth: Any = Coalesce(F(amount), Value(0, output_field=rows.model._meta.get_field(amount))) if amount else Value(0)
    chance: Any = F("probability") if _has_chance(rows.model) else Value(0)
    return {
        "count": CountOf("pk"),
        "amount": Sum(worth),
        "weighted": Sum(worth * chance / 100),
        "planned": CountOf("next_activity_at"),
    }


def _has_chance(model: Any) -> bool:
    return any(one.name == "probability" for one in model._meta.local_fields)


# Keeping them ---------------------------------------------------------------------------------------------------------

_FOLD = """
with gone as (delete from records_counter where is_delta returning *),
summed as (select {keys}, {summed} from gone group by {keys})
insert into records_counter ({keys}, {sums}, is_delta) select {keys}, {sums}, false from summed
on conflict ({keys}) where not is_delta do update set {added}
"""


def fold() -> None:
    """Add deltas to the kept sums: one statement, which readers see done or not begun."""
    parts = {
        "keys": ", ".join(KEYS),
        "sums": ", ".join(SUMS),
        "summed": ", ".join(f"sum({name}) as {name}" for name in SUMS),
        "added": ", ".join(f"{name} = records_counter.{name} + excluded.{name}" for name in SUMS),
    }
    with connection.cursor() as cursor:
        cursor.execute(_FOLD.format(**parts))
        cursor.execute("delete from records_counter where not is_delta and count = 0 and amount = 0 and planned = 0")


def rebuild() -> None:
    """Count everything anew: after a load past the triggers, or when doctor found a difference."""
    with connection.cursor() as cursor:
        cursor.execute("lock table records_counter in exclusive mode")
        cursor.execute("delete from records_counter")
    for kind in kinds.every():
        if kind.has_stages:
            _count_all(kind)
    fold()


@examination("counters")
def differing_counts() -> Iterator[str]:
    """One line for each kind and stage whose kept counts are not those of its rows."""
    for kind in kinds.every():
        if not kind.has_stages:
            continue
        kept: Any = Counter.objects.filter(kind=kind.code).order_by()
        rows: Any = kind.model.objects.live().order_by()
        there = {one.pop("stage"): one for one in rows.values("stage").annotate(**_summed(rows))}
        for name, counters in (("all", kept.filter(day=None)), ("days", kept.exclude(day=None))):
            told: dict[int, Any] = {
                one.pop("stage"): one for one in counters.values("stage").annotate(**_summed(counters))
            }
            for stage in {*there, *told}:
                if _plain(there.get(stage)) != _plain(told.get(stage)):
                    kept_now, there_now = _plain(told.get(stage)), _plain(there.get(stage))
                    yield f"{kind.code}, stage {stage}, {name}: {kept_now} kept, {there_now} there"


def _plain(found: dict[str, Any] | None) -> list[Any]:
    return [round(Decimal((found or {}).get(name) or 0), 2) for name in SUMS]


# Triggers -------------------------------------------------------------------------------------------------------------

_DELTAS = """
insert into records_counter (kind, stage_id, owner_id, team_id, department_id, day, {sums}, is_delta)
select '{kind}', stage_id, owner_id, team_id, department_id, days.day, sum(n), sum(n * worth),
       sum(n * worth * chance / 100), coalesce(sum(n) filter (where next_activity_at is not null), 0), true
from ({moved}) moved
cross join lateral (values (null::date), ((created_at at time zone '{zone}')::date)) days (day)
where is_live
group by stage_id, owner_id, team_id, department_id, days.day
having sum(n) <> 0 or sum(n * worth) <> 0 or sum(n * worth * chance) <> 0
    or coalesce(sum(n) filter (where next_activity_at is not null), 0) <> 0
"""
_COLUMNS = "stage_id, owner_id, team_id, department_id, created_at, is_live, next_activity_at"
_TABLES = {
    "insert": ("new table as new_rows", {"new_rows": 1}),
    "delete": ("old table as old_rows", {"old_rows": -1}),
    "update": ("old table as old_rows new table as new_rows", {"new_rows": 1, "old_rows": -1}),
}


def _deltas(kind: Kind, sources: dict[str, int]) -> str:
    """SQL that adds (1) or takes off (-1) the rows of each source."""
    amount = f"coalesce({kind.fields.amount}, 0)" if kind.fields.amount else "0"
    chance = "probability" if _has_chance(kind.model) else "0"
    # Names of columns and tables, all our own.
    row = "select {n} as n, {columns}, {amount} as worth, {chance} as chance from {name}"
    same = {"columns": _COLUMNS, "amount": amount, "chance": chance}
    rows = [row.format(n=n, name=name, **same) for name, n in sources.items()]
    zone = timezone.get_default_timezone_name()
    return _DELTAS.format(sums=", ".join(SUMS), kind=kind.code, zone=zone, moved=" union all ".join(rows))


def watch(kind: Kind) -> None:
    """Have the database keep the counters of a kind with stages; where that was so already, nothing happens."""
    table = kind.model._meta.db_table
    with connection.cursor() as cursor:
        for event, (tables, sources) in _TABLES.items():
            name, body = f"pheu_count_{kind.code}_{event}", f"begin {_deltas(kind, sources)}; return null; end"
            cursor.execute("select prosrc from pg_proc where proname = %s", [name])
            if cursor.fetchone() == (body,):
                continue
            cursor.execute(f"create or replace function {name}() returns trigger language plpgsql as $${body}$$")
            cursor.execute(
                f"create or replace trigger count_{event} after {event} on {table} referencing {tables} "
                f"for each statement execute function {name}()"
            )


def watch_all(**_told: Any) -> None:
    """After migrations: every kind with stages is counted; one that was not counted before is counted now."""
    for kind in kinds.every():
        if kind.has_stages:
            watch(kind)
            if not Counter.objects.filter(kind=kind.code).exists() and kind.model.objects.exists():
                _count_all(kind)


def _count_all(kind: Kind) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_deltas(kind, {kind.model._meta.db_table: 1}))
