"""Reading the journal backwards: what an operation changed goes back to what it was, later edits stay.

`take_back` is the engine; which acts may be undone, by whom and with which words is said above (`timeline/undo.py`).
"""

import json
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.apps import apps
from django.db import connection, models
from django.utils import timezone
from psycopg import sql
from psycopg.types.json import Jsonb

from pheu.records import kinds, writing
from pheu.records.models import JournalEntry, Operation, Record, Row
from pheu.records.told import differing

OWN = "own"  # the column of a company's own fields
KEPT = timedelta(days=400)  # how long an operation can be undone


# Which of some rows of one kind have to stay, by their ids.
Used = Callable[[Sequence[Row]], set[int]]


@dataclass
class TakenBack:
    """What became of an operation: rows that were taken back, rows that stay because something else uses them, and
    columns or own fields that stay because somebody has changed them since: [(row, name)]. `changes` are those of
    fields as events keep them, by the ids of their Records."""

    gone: list[Row] = field(default_factory=list)
    used: list[Row] = field(default_factory=list)
    edited: list[tuple[models.Model, str]] = field(default_factory=list)
    changes: dict[int, list[dict[str, Any]]] = field(default_factory=dict)

    def changed(self, pk: int) -> dict[str, Any]:
        """Facts about what became of the fields of one Record; none where nothing did."""
        return {"changes": self.changes[pk]} if pk in self.changes else {}


def rows_of(operation: Operation) -> set[int]:
    """Ids of all Records whose rows, or what hangs on them, the operation wrote: to be held before undoing it."""
    of_rows = [table for table, model in _models().items() if issubclass(model, Row | Record)]
    keys = operation.entries.filter(table__in=of_rows).values_list("key", flat=True)
    hanging = _with_records(operation.entries.exclude(table__in=of_rows))
    return set(keys).union(*(ids for _entry, ids in hanging))


def _with_records(asked: models.QuerySet[JournalEntry]) -> list[tuple[JournalEntry, set[int]]]:
    """Every entry, the newest first, with the Records that it is about."""
    entries, tables = list(asked.order_by("-pk")), _models()
    found = []
    now = {
        table: _records_now(model, [one.key for one in entries if one.table == table])
        for table, model in _hanging(entries)
    }
    for entry in entries:
        if issubclass(tables[entry.table], Row | Record):
            found.append((entry, {entry.key}))
            continue
        told = {side["record_id"] for side in (entry.before, entry.after) if side and side.get("record_id")}
        found.append((entry, told | now.get(entry.table, {}).get(entry.key, set())))
    return found


def _hanging(entries: Sequence[JournalEntry]) -> list[tuple[str, Any]]:
    by_table = _models()
    tables = {entry.table: by_table[entry.table] for entry in entries}
    return [
        (table, model) for table, model in tables.items() if _hangs_on_records(model) and not issubclass(model, Row)
    ]


def _records_now(model: Any, keys: Sequence[int]) -> dict[int, set[int]]:
    rows = model._default_manager.filter(pk__in=keys, record__isnull=False)
    return {key: {pk} for key, pk in rows.values_list("pk", "record_id")}


def take_back(operation: Operation, *, used: Used | None = None, only: Collection[int] | None = None) -> TakenBack:
    """Reverse an operation whose Records are held: first what it changed, then what hung on rows, then rows it made.

    `only` limits that to what is about these Records. A row that it made stays where it is one of those `used`
    (usually: another row in use refers to it, or somebody has put notes, files or work on it).
    """
    entries: dict[str, list[JournalEntry]] = defaultdict(list)
    concerned: set[int] = set()
    for entry, ids in _with_records(operation.entries.all()):
        if only is None or ids & set(only):
            entries[entry.table].append(entry)
            concerned |= ids
    made = _made_in(entries)
    born = {key for keys in made.values() for key in keys}
    before = _told_of(concerned - born)
    done = TakenBack()
    for table, of_table in entries.items():
        model = _models()[table]
        changed = [one for one in of_table if one.before is not None and one.after is not None]
        if issubclass(model, Row | Record):
            changed = [one for one in changed if one.key not in born]
        _put_back(model, changed, done)
        if not issubclass(model, Row | Record) and (_hangs_on_records(model) or _hangs_on_what_does(model)):
            _remove(model, [one.key for one in of_table if one.before is None])
        _insert_again(model, [one for one in of_table if one.after is None])
    # What the same operation merged into another goes too; what was merged or archived since stays so.
    still = models.Q(record__state=Record.State.LIVE)
    still |= models.Q(record__state=Record.State.MERGED, pk__in=_merged_in(entries))
    rows_made = [
        list(model.objects.filter(still, pk__in=keys).with_words().order_by("pk")) for model, keys in made.items()
    ]
    # Kinds that go on with others were made last and go first: deals before the companies that they are with.
    for rows in sorted(filter(None, rows_made), key=lambda rows: -rows[-1].pk):
        _take_away(rows, (used or used_by_others)(rows), done)
    now = _told_of(before.keys())
    done.changes = {pk: changes for pk, was in before.items() if (changes := differing(was, now[pk]))}
    return done


def _made_in(entries: Mapping[str, Sequence[JournalEntry]]) -> dict[Any, list[int]]:
    """{model: ids of rows that the operation made, or brought back after somebody had undone that}.

    What it changed in them afterwards goes with them, or stays with them.
    """
    made: dict[Any, list[int]] = {}
    for table, of_table in entries.items():
        if issubclass(_models()[table], Row):
            made.setdefault(_models()[table], []).extend(one.key for one in of_table if one.before is None)
    for one in Record.objects.filter(pk__in=_brought_back(entries.get(Record._meta.db_table, ()))).order_by("pk"):
        made.setdefault(kinds.get(one.kind).model, []).append(one.pk)
    return made


def _merged_in(entries: Mapping[str, Sequence[JournalEntry]]) -> list[int]:
    of_records = entries.get(Record._meta.db_table, ())
    return [one.key for one in of_records if one.after and one.after.get("state") == Record.State.MERGED]


def _brought_back(entries: Iterable[JournalEntry]) -> list[int]:
    return [one.key for one in entries if one.before and one.before.get("state") == Record.State.UNDONE]


def put_in_or_out(operation: Operation) -> list[int]:
    """Ids of the Records that the operation put in use or out of it."""
    changed = operation.entries.filter(table=Record._meta.db_table, before__has_key="state")
    return list(changed.order_by("key").values_list("key", flat=True).distinct())


def _remove(model: Any, keys: Sequence[int]) -> None:
    """Rows go with what hangs on them in turn: reminders with their work."""
    if not keys:
        return
    for other, one in _columns():
        if _refers_to(one) is model and one.remote_field.on_delete is models.CASCADE:
            _remove(
                other, list(other._default_manager.filter(**{f"{one.name}__in": keys}).values_list("pk", flat=True))
            )
    writing.remove(model._default_manager.filter(pk__in=keys))


def _told_of(ids: Collection[int]) -> dict[int, dict[str, Any]]:
    """{id: what the fields of its row hold, as events keep it}: a few statements for each kind."""
    codes = Record.objects.filter(pk__in=ids).order_by().values_list("kind", flat=True).distinct()
    told: dict[int, dict[str, Any]] = {}
    for kind in map(kinds.get, codes):
        rows = kind.model.objects.filter(pk__in=ids).with_values_of(*kind.schema.historic())
        told |= {row.pk: kind.schema.told_of(row) for row in rows}
    return told


def _take_away(rows: list[Row], used: set[int], done: TakenBack) -> None:
    done.used += [row for row in rows if row.pk in used]
    gone = [row for row in rows if row.pk not in used]
    for row in gone:
        row.record.state, row.record.merged_into = Record.State.UNDONE, None
    writing.place_many(gone, "is_live")
    done.gone += gone


def _put_back(model: Any, entries: Sequence[JournalEntry], done: TakenBack) -> None:
    """Give changed columns their old values, but for those that somebody has changed since."""
    columns = {column for entry in entries for column in entry.before or ()}
    if not columns:
        return
    now = _values_now(model, [entry.key for entry in entries], sorted(columns))
    rows = {row.pk: row for row in _fresh(model, [entry.key for entry in entries])}
    back: dict[str, dict[int, models.Model]] = defaultdict(dict)
    for entry in entries:
        after = entry.after or {}
        for column, was in (entry.before or {}).items():
            row = rows.get(entry.key)
            if row is None:
                continue
            if now[entry.key][column] == was:
                continue
            if column == OWN:
                was, edited = _own_put_back(was, after[column], now[entry.key][column])
                done.edited += [(row, name) for name in edited]
            elif now[entry.key][column] != after[column]:
                done.edited.append((row, column))
                continue
            was = model.put_back(column, was) if issubclass(model, Row) else was
            one = _field(model, column)
            setattr(row, one.attname, one.to_python(was) if was is not None else None)
            now[entry.key][column] = was  # an operation may have changed a column twice
            back[one.name][entry.key] = row
    changed = {key: row for of_column in back.values() for key, row in of_column.items()}
    save: Callable[..., None] = writing.save_many if issubclass(model, Row) else writing.change
    if changed:
        save(list(changed.values()), *back)


def _own_put_back(was: dict[str, Any], after: dict[str, Any], now: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """The values of a company's own fields one by one: what they are put back to, and which somebody has changed."""
    back, edited = dict(now), []
    for name in sorted(name for name in was.keys() | after.keys() if was.get(name) != after.get(name)):
        if now.get(name) == was.get(name):
            continue
        if now.get(name) != after.get(name):
            edited.append(name)
        elif name in was:
            back[name] = was[name]
        else:
            del back[name]
    return back, edited


def as_before(operation: Operation, row: Row) -> Row:
    """The row, not saved, with every column as it was before the operation changed it."""
    fresh: Row = type(row)._default_manager.get(pk=row.pk)
    entries = operation.entries.filter(
        table=fresh._meta.db_table, key=row.pk, before__isnull=False, after__isnull=False
    )
    for entry in entries.order_by("-pk"):
        for column, was in (entry.before or {}).items():
            one = _field(type(row), column)
            setattr(fresh, one.attname, one.to_python(was) if was is not None else None)
    return fresh


def _fresh(model: Any, keys: Sequence[int]) -> Iterable[models.Model]:
    rows = model.objects.filter(pk__in=keys)
    return rows.with_words() if issubclass(model, Row) else rows


def _values_now(model: Any, keys: Sequence[int], columns: Sequence[str]) -> dict[int, dict[str, Any]]:
    """{key: {column: value}} as the journal keeps values."""
    named = [sql.SQL("{}, t.{}").format(sql.Literal(column), sql.Identifier(column)) for column in columns]
    statement = sql.SQL("select t.{key}, jsonb_build_object({named}) from {table} t where t.{key} = any(%s)").format(
        key=sql.Identifier(model._meta.pk.column),
        named=sql.SQL(", ").join(named),
        table=sql.Identifier(model._meta.db_table),
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [list(keys)])
        return {key: json.loads(told) for key, told in cursor.fetchall()}


def _insert_again(model: Any, entries: Sequence[JournalEntry]) -> None:
    """Rows that were removed stand there again, under their old keys, unless the same was made anew."""
    if not entries:
        return
    table = model._meta.db_table
    statement = sql.SQL(
        "insert into {table} select given.* from jsonb_populate_recordset(null::{table}, %s) as given "
        "on conflict do nothing returning {key}"
    ).format(table=sql.Identifier(table), key=sql.Identifier(model._meta.pk.column))
    with connection.cursor() as cursor:
        given: Any = Jsonb([one.before for one in entries])
        cursor.execute(statement, [given])
        writing.keep_made(model, [key for (key,) in cursor.fetchall()])


# What uses a row ------------------------------------------------------------------------------------------------------


def referred_to(rows: Sequence[Row]) -> set[int]:
    """Ids of those `rows`, all of one kind, that a row in use refers to or goes on with."""
    of_kind, ids = type(rows[0]), [row.pk for row in rows]
    going_on = Record.objects.filter(continues__in=ids, state=Record.State.LIVE).order_by()
    found = {pk for pk in going_on.values_list("continues", flat=True) if pk is not None}
    return found.union(*(_named(model, one, ids) for model, one in _columns() if _refers_to(one) is of_kind))


def used_by_others(rows: Sequence[Row]) -> set[int]:
    """Ids of those `rows`, all of one kind, that a row in use refers to, or on which somebody put notes, files or
    work."""
    work = [(model, one) for model, one in _columns() if one.name == "record" and hasattr(model, "is_work")]
    return referred_to(rows).union(*(_named(model, one, [row.pk for row in rows]) for model, one in work))


def _named(model: Any, one: Any, ids: list[int]) -> set[int]:
    """Which of these ids rows in use of `model` name in a column."""
    found = model._default_manager.filter(**{f"{one.name}__in": ids}).order_by()
    return set((found.live() if issubclass(model, Row) else found).values_list(one.attname, flat=True))


def _refers_to(one: Any) -> Any:
    return one.remote_field.model if one.remote_field else None


def _columns() -> Iterable[tuple[Any, Any]]:
    return ((model, one) for model in apps.get_models() for one in model._meta.local_fields)


def _hangs_on_records(model: Any) -> bool:
    return any(one.name == "record" and one.remote_field for one in model._meta.local_fields)


def _hangs_on_what_does(model: Any) -> bool:
    """Guests and reminders of work: their work may stay."""
    owners = [one.remote_field for one in model._meta.local_fields if one.remote_field]
    return any(one.on_delete is models.CASCADE and _hangs_on_records(one.model) for one in owners)


def _models() -> dict[str, Any]:
    return {model._meta.db_table: model for model in apps.get_models(include_auto_created=True)}


def _field(model: Any, column: str) -> Any:
    return next(one for one in model._meta.local_concrete_fields if one.column == column)


def prune(before: Any = None) -> int:
    """Forget what old operations changed: from then on they cannot be undone."""
    old = JournalEntry.objects.filter(operation__at__lt=before or timezone.now() - KEPT)
    keys = list(old.values_list("pk", flat=True)[:50_000])
    JournalEntry.objects.filter(pk__in=keys).delete()
    return len(keys)
