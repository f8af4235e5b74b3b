"""How counts are kept: triggers of the database write a delta for every statement that makes, changes or removes rows.

Whoever wrote it is counted. `fold` adds deltas up in a job, `differing_counts` is what doctor asks. Nobody waits for
anybody: a delta is a new row. Which fields of choices are counted by their values is read from the schema; a company's
own is counted from its first day on, in use or not.
"""

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any

from django.db import connection, transaction
from django.db.models import F, Q, QuerySet, TextField, Value
from django.db.models.functions import Cast
from django.utils import timezone

from pheu.core.health import examination
from pheu.core.prepared import prepared
from pheu.records import custom, kinds
from pheu.records.counters import SUMS, has_chance, summed, value_of
from pheu.records.fields import Field
from pheu.records.grouping import is_counted_by_value
from pheu.records.kinds import Kind
from pheu.records.models import Counter, CustomField, GroupCounter

PLACES = ("kind", "stage_id", "owner_id", "team_id", "department_id")
# (keys, sums) of each table of counts.
TABLES: dict[Any, tuple[tuple[str, ...], tuple[str, ...]]] = {
    Counter: ((*PLACES, "day"), SUMS),
    GroupCounter: ((*PLACES, "field", "value"), ("count", "amount")),
}

_FOLD = """
with gone as (delete from {table} where is_delta returning *),
summed as (select {keys}, {summed} from gone group by {keys})
insert into {table} ({keys}, {sums}, is_delta) select {keys}, {sums}, false from summed
on conflict ({keys}) where not is_delta do update set {added}
"""
_PRUNE = "delete from {table} where not is_delta and {nothing}"
_EMPTY = "lock table {table} in exclusive mode; delete from {table}"


def fold() -> None:
    """Add deltas to the kept sums: one statement for each table, which readers see done or not begun."""
    for model, (keys, sums) in TABLES.items():
        table = model._meta.db_table
        parts = {
            "table": table,
            "nothing": " and ".join(f"{name} = 0" for name in sums if name != "weighted"),
            "keys": ", ".join(keys),
            "sums": ", ".join(sums),
            "summed": ", ".join(f"sum({name}) as {name}" for name in sums),
            "added": ", ".join(f"{name} = {table}.{name} + excluded.{name}" for name in sums),
        }
        with connection.cursor() as cursor:
            cursor.execute(_FOLD.format(**parts))
            cursor.execute(_PRUNE.format(**parts))


def rebuild() -> None:
    """Count everything anew: after a load past the triggers, or when doctor found a difference."""
    with connection.cursor() as cursor:
        for model in TABLES:
            cursor.execute(_EMPTY.format(table=model._meta.db_table))
    for kind in kinds.every():
        if kind.has_stages:
            _count(kind, _values_of(kind))
    fold()


@examination("counters")
def differing_counts() -> Iterator[str]:
    """One line for each kind and stage, or value of a field, whose kept counts are not those of its rows.

    One statement a kind, made once: the end of every test asks it.
    """
    for kind in kinds.every():
        if kind.has_stages:
            schema = kind.schema
            fields = tuple(one for one in schema if is_counted_by_value(schema, one))
            yield from (f"{kind.code}, {line}" for line in _differing(_told(kind.code, fields)))


# What is kept is told of these; of a field under its name.
OF_STAGES = {"all: stage": Q(day=None), "days: stage": Q(day__isnull=False)}


@prepared
def _told(code: str, fields: tuple[Field, ...]) -> QuerySet[Any, Any]:
    """(whether kept, of what, stage or value, sums) of all that is kept, and of all that is there."""
    kind = kinds.get(code)
    live, kept, by_value = kind.model.objects.live(), Counter.objects.filter(kind=code), GroupCounter.objects
    first, *others = [
        *(_sums(kept.filter(of), True, name, Cast("stage", TextField())) for name, of in OF_STAGES.items()),
        *(_sums(live, False, name, Cast("stage", TextField())) for name in OF_STAGES),
        *(_sums(by_value.filter(kind=code, field=one.name), True, one.name, F("value")) for one in fields),
        *(_sums(live, False, one.name, value_of(one)) for one in fields),
    ]
    return first.union(*others, all=True)


def _sums(rows: Any, is_kept: bool, what: str, key: Any) -> Any:
    names = SUMS if what in OF_STAGES else TABLES[GroupCounter][1]
    sums = {name: summed(rows)[name] if name in names else Value(Decimal(0)) for name in SUMS}
    told = rows.order_by().values(is_kept=Value(is_kept), what=Value(what), key=key).annotate(**sums)
    return told.values_list("is_kept", "what", "key", *SUMS)


def _differing(told: Iterable[Any]) -> Iterator[str]:
    found: dict[bool, dict[Any, list[Decimal]]] = {True: {}, False: {}}
    for is_kept, what, key, *sums in told:
        numbers = [round(Decimal(one or 0), 2) for one in sums]
        if any(numbers):
            found[is_kept][what, key] = numbers
    kept, there = found[True], found[False]
    for what, key in {*kept, *there}:
        if kept.get((what, key)) != there.get((what, key)):
            yield f"{what} {key}: {kept.get((what, key))} kept, {there.get((what, key))} there"


# Triggers -------------------------------------------------------------------------------------------------------------

_OF_ALL = """
insert into records_counter (kind, stage_id, owner_id, team_id, department_id, day, {sums}, is_delta)
select '{kind}', stage_id, owner_id, team_id, department_id, days.day, sum(n), sum(n * worth),
       sum(n * worth * chance / 100), coalesce(sum(n) filter (where next_activity_at is not null), 0), true
from moved
cross join lateral (values (null::date), ((created_at at time zone '{zone}')::date)) days (day)
group by stage_id, owner_id, team_id, department_id, days.day
having sum(n) <> 0 or sum(n * worth) <> 0 or sum(n * worth * chance) <> 0
    or coalesce(sum(n) filter (where next_activity_at is not null), 0) <> 0
"""
_BY_VALUE = """
insert into records_groupcounter
    (kind, stage_id, owner_id, team_id, department_id, field, value, count, amount, is_delta)
select '{kind}', stage_id, owner_id, team_id, department_id, told.field, told.value, sum(n), sum(n * worth), true
from moved
cross join lateral (values {values}) told (field, value)
group by stage_id, owner_id, team_id, department_id, told.field, told.value
having sum(n) <> 0 or sum(n * worth) <> 0
"""
_WITHOUT_VALUE = """
insert into records_groupcounter
    (kind, stage_id, owner_id, team_id, department_id, field, value, count, amount, is_delta)
select kind, stage_id, owner_id, team_id, department_id, field, '', sum(count), sum(amount), true
from records_counter, unnest(%s::text[]) field
where kind = %s and day is null
group by kind, stage_id, owner_id, team_id, department_id, field
"""
_MOVED = """
select {n} as n, stage_id, owner_id, team_id, department_id, created_at, next_activity_at,
       {amount} as worth, {chance} as chance{told} from {source} where is_live
"""
_EVENTS = {
    "insert": ("new table as new_rows", {"new_rows": 1}),
    "delete": ("old table as old_rows", {"old_rows": -1}),
    "update": ("old table as old_rows new table as new_rows", {"new_rows": 1, "old_rows": -1}),
}


def _values_of(kind: Kind) -> dict[str, str]:
    """{field: SQL of its value as a text} of every field that is counted by its values."""
    columns = {field.name: field.column for field in kind.model._meta.local_fields}
    schema = kind.schema
    told = {one.name: columns[one.column] for one in schema if not one.own and is_counted_by_value(schema, one)}
    own = CustomField.objects.filter(kind=kind.code, type__in=custom.OF_FEW_VALUES).order_by("pk")
    # A key is of letters, digits and «_» alone: `setup.shaping` sees to it.
    return told | {key: f"own ->> '{key}'" for key in own.values_list("key", flat=True)}


def _deltas(kind: Kind, sources: dict[str, int], values: dict[str, str], *, by_value_alone: bool = False) -> str:
    """SQL that adds (1) or takes off (-1) the rows of each source: to the counts of all, and by these values."""
    same = {
        "amount": f"coalesce({kind.fields.amount}, 0)" if kind.fields.amount else "0",
        "chance": "probability" if has_chance(kind.model) else "0",
        # Names of columns and tables, all our own.
        "told": "".join(f", coalesce(({value})::text, '') as value_{nth}" for nth, value in enumerate(values.values())),
    }
    moved = " union all ".join(_MOVED.format(n=n, source=name, **same) for name, n in sources.items())
    of_all = _OF_ALL.format(kind=kind.code, sums=", ".join(SUMS), zone=timezone.get_default_timezone_name())
    pairs = ", ".join(f"('{name}', value_{nth})" for nth, name in enumerate(values))
    by_value = _BY_VALUE.format(kind=kind.code, values=pairs)
    if not values:
        return f"with moved as materialized ({moved}){of_all}"
    beside = "" if by_value_alone else f", counted as ({of_all})"
    return f"with moved as materialized ({moved}){beside}{by_value}"


def watch(kind: Kind, *, is_empty: bool = False) -> None:
    """Have the database keep the counts of a kind with stages; where that was so already, nothing happens.

    A field that is counted from now on is counted in the rows that are there; where it `is_empty` in all of them,
    without looking at them.
    """
    values, table = _values_of(kind), kind.model._meta.db_table
    bodies = {
        event: f"begin {_deltas(kind, sources, values)}; return null; end"
        for event, (_tables, sources) in _EVENTS.items()
    }
    names = {event: f"pheu_count_{kind.code}_{event}" for event in _EVENTS}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("select proname, prosrc from pg_proc where proname = any(%s)", [list(names.values())])
        there = dict(cursor.fetchall())
        if all(there.get(names[event]) == body for event, body in bodies.items()):
            return
        cursor.execute(f"lock table {table} in share row exclusive mode")  # nobody writes between count and triggers
        for event, body in bodies.items():
            cursor.execute(
                f"create or replace function {names[event]}() returns trigger language plpgsql as $${body}$$"
            )
            if names[event] not in there:
                cursor.execute(
                    f"create or replace trigger count_{event} after {event} on {table} referencing {_EVENTS[event][0]} "
                    f"for each statement execute function {names[event]}()"
                )
        GroupCounter.objects.filter(kind=kind.code).exclude(field__in=values).delete()
        known = set(GroupCounter.objects.filter(kind=kind.code).values_list("field", flat=True).distinct())
        missing = {name: value for name, value in values.items() if name not in known}
        if is_empty:
            cursor.execute(_WITHOUT_VALUE, [list(missing), kind.code])
        elif missing:
            _count(kind, missing, by_value_alone=True)


def watch_all(**_told: Any) -> None:
    """After migrations: every kind with stages is counted; what was not counted before is counted now."""
    for kind in kinds.every():
        if kind.has_stages:
            watch(kind)
            if not Counter.objects.filter(kind=kind.code).exists() and kind.model.objects.exists():
                _count(kind, {})


def _count(kind: Kind, values: dict[str, str], *, by_value_alone: bool = False) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_deltas(kind, {kind.model._meta.db_table: 1}, values, by_value_alone=by_value_alone))
