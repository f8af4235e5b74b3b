"""The doors through which rows are written: a few statements for any number of them, each kept in the journal.

`begin_rows` and `create_rows` make rows with their Records, `save_many` writes them. What hangs on Records (activities,
notes, tags, followers) is written by `make`, `change` and `remove`. Nothing else writes these tables
(`bin/lint_writes.py`), so what an act did can be read, and undone, from its journal.
"""

from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

from django.apps import apps
from django.db import connection, migrations, models
from django.db.models import Q
from django.utils import timezone
from psycopg import sql

from pheu.core import bulk
from pheu.people.models import User
from pheu.records import kinds, locking
from pheu.records.acts import current
from pheu.records.models import WRITTEN, JournalEntry, Record, Row

AnyRow = TypeVar("AnyRow", bound=Row)
AnyModel = TypeVar("AnyModel", bound=models.Model)

# Columns that follow from others: nobody undoes them, so the journal does not keep them.
DERIVED = {
    "search",
    "digits",
    "keys",
    "title",
    "title_key",
    "version",
    "updated_at",
    "is_live",
    "next_activity_at",
    "overdue_told",
}


# What a Record is called and found by.
FOUND_BY = {"title", "search", "digits", "keys"}


# Rows with their Records ----------------------------------------------------------------------------------------------


def begin_rows(rows: Sequence[AnyRow], *, by: User | None) -> None:
    """Give unsaved `rows` of one kind their Records, each with an id and a number. Nothing is written yet.

    A row may carry the Record whose past it goes on with in `row.continues`. Ids come from the Record's own sequence
    and numbers from the kind's (gaps allowed), so imports may run side by side.
    """
    kind, now = kinds.get(rows[0].kind), timezone.now()
    for row, (pk, nth) in zip(rows, _reserve(kind, len(rows)), strict=True):
        if row.created_by_id is None:
            row.relate("created_by", by)
        row.created_at = row.updated_at = now
        number = f"{kind.prefix}-{nth:06d}"
        made = Record.fresh(
            id=pk, kind=kind.code, number=number, continues=row.continues, created_at=now, updated_at=now
        )
        row.relate("record", made)
        row.describe_record()


def create_rows(rows: Sequence[AnyRow]) -> Sequence[AnyRow]:
    """Insert rows of one kind that were begun, with their Records. Call inside an act."""
    if not rows:
        return rows
    bulk.insert([row.record for row in rows])
    bulk.insert(rows)
    keep_made(type(rows[0]), [row.pk for row in rows])
    locking.made(row.pk for row in rows)
    return rows


def save_many(rows: Sequence[AnyRow], *fields: str) -> None:
    """Save `fields` (all, if none is named) of held rows of one kind with their Records, one version further."""
    if not rows:
        return
    now = timezone.now()
    for row in rows:
        row.updated_at = now
        row.describe_record().version += 1
    update([row.record for row in rows], *WRITTEN)
    named = {*fields, "title_key", "updated_at", "is_live"} if fields else _all_columns(type(rows[0]))
    update(rows, *named)


def place_many(rows: Sequence[Row], *fields: str) -> None:
    """The same for `fields` by which no row is called or found: whose it is, where it stands, whether it is in use.

    What it is found by is neither made again nor written.
    """
    if not rows:
        return
    now = timezone.now()
    for row in rows:
        row.updated_at = now
        row.place_record().version += 1
    update([row.record for row in rows], *(set(WRITTEN) - FOUND_BY))
    update(rows, *{*fields, "updated_at", "is_live"})


def save_changed(row: Row) -> None:
    """Save one held row and its Record."""
    save_many([row])


def refresh_words(rows: Iterable[Row]) -> None:
    """Bring the words by which `rows` are found up to date, where something they name was renamed.

    Nobody changed the rows themselves, so their version and moment stay.
    """
    update([row.describe_record() for row in rows], *FOUND_BY)


def note_next_activity(ids: Sequence[int], first: models.expressions.Combinable) -> None:
    """Set when something is to be done next on held Records, and on their rows; `first` tells it of a Record."""
    Record.objects.filter(pk__in=ids).update(next_activity_at=first)
    now = Record.objects.filter(pk=models.OuterRef("pk")).values("next_activity_at")
    for code in Record.objects.filter(pk__in=ids).order_by().values_list("kind", flat=True).distinct():
        kinds.get(code).model.objects.filter(pk__in=ids).update(next_activity_at=models.Subquery(now))


def destroy(record: Record) -> None:
    """Delete a held Record with its row, its past and whatever hangs on it, for good: nobody takes that back.

    `ProtectedError` where another row names it. The journal forgets it too.
    """
    forgotten = Q(table=Record._meta.db_table, key=record.pk)
    for model in apps.get_models():
        if any(one.name == "record" and one.related_model is Record for one in model._meta.local_fields):
            keys = model._default_manager.filter(record=record).values_list("pk", flat=True)
            forgotten |= Q(table=model._meta.db_table, key__in=list(keys))
    with connection.cursor() as cursor:
        cursor.execute("set local pheu.rewrites_history = on")  # timeline/migrations/0002
        record.delete()
        cursor.execute("set local pheu.rewrites_history = off")
    JournalEntry.objects.filter(forgotten).delete()


# What hangs on Records ------------------------------------------------------------------------------------------------


def make(things: Sequence[AnyModel], *, ignore_conflicts: bool = False) -> Sequence[AnyModel]:
    """Insert unsaved `things` of one model; with `ignore_conflicts`, only those that are not there yet."""
    if not things:
        return things
    model = type(things[0])
    if not ignore_conflicts:
        bulk.insert(things)
        keep_made(model, [one.pk for one in things])
        return things
    keep_made(model, _insert_missing(model, things))
    return things


def change(things: Sequence[models.Model], *fields: str) -> None:
    """Save `fields` of `things` of one model whose Records are held."""
    update(things, *fields)


def hang_on(hanging: Sequence[tuple[type[models.Model], Any]], ids: Iterable[int], to: int) -> None:
    """Let what hangs on the held Records `ids` hang on the one `to`: all of (model, foreign key) in one statement."""
    once = {model: (model, one) for model, one in reversed(hanging)}  # a table is written once in a statement
    if not once:
        return
    moves = [(sql.Identifier(f"moved_{nth}"), model, one) for nth, (model, one) in enumerate(once.values())]
    statement = sql.SQL(
        'with {moves} insert into records_journalentry (operation_id, "table", key, before, after) '
        'select %(operation)s, "table", key, before, after from ({moved}) as moved'
    ).format(
        moves=sql.SQL(", ").join(
            sql.SQL(_MOVED).format(
                name=name,
                table=sql.Identifier(model._meta.db_table),
                called=sql.Literal(model._meta.db_table),
                key=bulk.key_of(model),
                column=sql.Identifier(one.column),
                told=sql.Literal(one.column),
            )
            for name, model, one in moves
        ),
        moved=sql.SQL(" union all ").join(sql.SQL("select * from {}").format(name) for name, _model, _one in moves),
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, {"operation": current().operation, "ids": list(ids), "to": to})
    hang_on([(model, one) for model, one in hanging if once[model][1] is not one], ids, to)


# Whose it was is read from the snapshot of before the update.
_MOVED = """
{name} as (
    update {table} t set {column} = %(to)s from (select {key} as key, {column} as was from {table}
        where {column} = any(%(ids)s)) as old
    where t.{key} = old.key
    returning {called}::text as "table", old.key as key, jsonb_build_object({told}, old.was) as before,
        jsonb_build_object({told}, t.{column}) as after
)
"""


def remove(rows: models.QuerySet) -> int:
    """Delete rows that hang on held Records; how many there were."""
    return remove_keys(rows.model, list(rows.values_list("pk", flat=True)))


def remove_keys(model: type[models.Model], keys: Sequence[int]) -> int:
    """The same of rows that are known by their keys."""
    table = model._meta.db_table
    if keys:
        statement = sql.SQL(
            "with gone as (delete from {table} t where {key} = any(%s) returning t.{key} as key, to_jsonb(t) as was) "
            'insert into records_journalentry (operation_id, "table", key, before) select %s, %s, key, was from gone'
        ).format(table=sql.Identifier(table), key=bulk.key_of(model))
        with connection.cursor() as cursor:
            cursor.execute(statement, [list(keys), current().operation, table])
    return len(keys)


def _insert_missing(model: type[models.Model], things: Sequence[models.Model]) -> list[int]:
    columns = [field for field in model._meta.local_concrete_fields if not field.primary_key]
    given = bulk.as_json([bulk.values_of(one, columns) for one in things])
    statement = sql.SQL(
        "insert into {table} ({names}) select {names} from jsonb_to_recordset(%s) as given({typed}) "
        "on conflict do nothing returning {key}"
    ).format(
        table=sql.Identifier(model._meta.db_table),
        names=bulk.names(columns),
        typed=bulk.typed(columns),
        key=bulk.key_of(model),
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [given])
        return [key for (key,) in cursor.fetchall()]


# Statements -----------------------------------------------------------------------------------------------------------


def update(things: Sequence[models.Model], *names: str) -> None:
    """Write the named fields of all `things` of one model in one statement, and what changed into the journal.

    One parameter holds every value as JSON: a statement of the same text for any number of rows, planned once.
    """
    if not things:
        return
    model = type(things[0])
    fields: list[Any] = [model._meta.get_field(name) for name in sorted(names)]
    copies = Row.copied if model is Record else ()  # the row's own entry tells of those
    kept = [field for field in fields if field.name not in DERIVED and field.attname not in copies]
    if not kept:
        bulk.update(things, *names)
        return
    statement = sql.SQL(_JOURNALLED).format(
        table=sql.Identifier(model._meta.db_table),
        key=bulk.key_of(model),
        typed=bulk.typed(fields),
        set=bulk.setting(fields),
        was=_object("t", kept),
    )
    with connection.cursor() as cursor:
        values = bulk.parameter(things, fields)
        cursor.execute(statement, [values, current().operation, model._meta.db_table])


# `old` is read from the snapshot of before the update: both halves of one statement see the same.
_JOURNALLED = """
with given as (select * from jsonb_to_recordset(%s) as given(pk bigint, {typed})), old as (
    select t.{key} as key, {was} as was from {table} t join given on t.{key} = given.pk
), new as (
    update {table} t set {set} from given where t.{key} = given.pk returning t.{key} as key, {was} as now
)
insert into records_journalentry (operation_id, "table", key, before, after)
select %s, %s, key, pheu_other(was, now), pheu_other(now, was) from old join new using (key) where was <> now
"""


def keep_made(model: type[models.Model], keys: Sequence[int]) -> None:
    """Tell the journal that the act made these rows."""
    if keys:
        with connection.cursor() as cursor:
            cursor.execute(
                'insert into records_journalentry (operation_id, "table", key, after) '
                "select %s, %s, key, '{}' from unnest(%s::bigint[]) as key",
                [current().operation, model._meta.db_table, list(keys)],
            )


def _object(table: str, fields: Iterable[Any]) -> sql.Composable:
    pairs = [
        sql.SQL("{}, {}.{}").format(sql.Literal(field.column), sql.Identifier(table), sql.Identifier(field.column))
        for field in fields
    ]
    # A function takes a hundred arguments at most.
    parts = [
        sql.SQL("jsonb_build_object({})").format(sql.SQL(", ").join(pairs[at : at + 40]))
        for at in range(0, len(pairs), 40)
    ]
    return sql.SQL(" || ").join(parts)


def _all_columns(model: type[Row]) -> set[str]:
    """Every column that a change of the row itself may write; who made it, and when, stays."""
    made = {"record", "created_by", "created_at", "next_activity_at", "worked_at"}
    return {field.name for field in model._meta.local_concrete_fields if not field.generated} - made


def _reserve(kind: kinds.Kind, count: int) -> list[tuple[int, int]]:
    """`count` pairs of (record id, number), through nextval only: safe beside anyone else."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select nextval(pg_get_serial_sequence('records_record', 'id')), nextval(%s) from generate_series(1, %s)",
            [f"pheu_number_{kind.code}", count],
        )
        return cursor.fetchall()


def number_sequence(kind: str) -> migrations.RunSQL:
    """The migration step that gives `kind` its numbers."""
    return migrations.RunSQL(f"create sequence pheu_number_{kind}", f"drop sequence pheu_number_{kind}")


# Which events are a person's work on a record: not its making, handing out, following, merging or putting away, nor
# what an import or an act on a whole list did to it among thousands.
IS_WORK = """
    about_id is not null and by_id is not null and via not in ('import', 'bulk') and kind not in (
        'record.created', 'record.assigned', 'record.taken', 'record.followed', 'record.unfollowed',
        'record.archived', 'record.restored', 'record.merged', 'record.folded', 'record.repointed', 'record.kept_apart',
        'operation.undone'
    )
"""
_NOTES_WORK = """
create trigger TABLE_worked after insert on timeline_event referencing new table as told
for each statement execute function pheu_note_work('TABLE')
"""
_WORK_SO_FAR = """
update TABLE as done set worked_at = work.last
from (select about_id, max(at) as last from timeline_event where IS_WORK group by about_id) as work
where done.record_id = work.about_id
"""


def note_work_in(table: str) -> migrations.RunSQL:
    """The migration step by which rows of a table have in `worked_at` when a person last worked on them."""
    texts = (text.replace("TABLE", table).replace("IS_WORK", IS_WORK) for text in (_NOTES_WORK, _WORK_SO_FAR))
    return migrations.RunSQL(list(texts), f"drop trigger {table}_worked on timeline_event")
