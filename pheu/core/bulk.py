"""Thousands of rows in one statement: new ones by COPY, values of those that are there as one JSON parameter.

Django's own ways make a parameter of every value and plan every number of rows anew; these cost a fifth. What may be
written where, and what the journal keeps of it, is for `records/writing.py` to say.
"""

from collections.abc import Callable, Iterable, Sequence
from operator import itemgetter
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, models
from psycopg import sql
from psycopg.types.json import Jsonb


class Encoder(DjangoJSONEncoder):
    """Moments to the microsecond: Django's own encoder cuts them to milliseconds."""

    def default(self, o: Any) -> Any:
        return o.isoformat() if hasattr(o, "isoformat") else super().default(o)


COPIED_FROM = 30  # fewer rows are inserted as fast
_encode = Encoder(ensure_ascii=False).encode


def insert(things: Sequence[models.Model]) -> None:
    """Insert unsaved things of one model: a few as Django does, many by COPY."""
    if len(things) >= COPIED_FROM:
        copy(things)
    elif things:
        type(things[0])._default_manager.bulk_create(things)


def copy(things: Sequence[models.Model]) -> None:
    """Insert unsaved things of one model in one COPY; those without a key get the next ones of the table's sequence."""
    if not things:
        return
    model = type(things[0])
    if things[0].pk is None:
        for thing, pk in zip(things, _next_keys(model, len(things)), strict=True):
            thing.pk = pk
    fields: list[Any] = [one for one in model._meta.local_concrete_fields if not one.generated]
    written = [(place, write) for place, one in enumerate(fields) if (write := _writer(one)) is not None]
    values = itemgetter(*(one.attname for one in fields))
    statement = sql.SQL("copy {} ({}) from stdin").format(sql.Identifier(model._meta.db_table), names(fields))
    with connection.cursor() as cursor, connection.wrap_database_errors, cursor.cursor.copy(statement) as stream:
        for thing in things:
            row = list(values(vars(thing)))
            for place, write in written:
                row[place] = None if row[place] is None else write(row[place])
            stream.write_row(row)
    for thing in things:
        thing._state.adding, thing._state.db = False, connection.alias


def _writer(field: Any) -> Callable[[Any], str] | None:
    """What makes the text that COPY reads of a value, where psycopg knows none or makes it an element at a time."""
    if isinstance(field, models.JSONField):
        return _encode
    of_texts = isinstance(field, ArrayField) and isinstance(field.base_field, models.CharField | models.TextField)
    return array_of_texts if of_texts else None


def array_of_texts(values: Iterable[str]) -> str:
    """As PostgreSQL writes an array of texts: every one in quotes."""
    quoted = (one.replace("\\", "\\\\").replace('"', '\\"') for one in values)
    return "{" + ",".join(f'"{one}"' for one in quoted) + "}"


def _next_keys(model: type[models.Model], count: int) -> list[int]:
    key: Any = model._meta.pk
    with connection.cursor() as cursor:
        cursor.execute(
            "select nextval(pg_get_serial_sequence(%s, %s)) from generate_series(1, %s)",
            [model._meta.db_table, key.column, count],
        )
        return [pk for (pk,) in cursor.fetchall()]


def update(things: Sequence[models.Model], *columns: str) -> None:
    """Write the named fields of things of one model that are there: for tables of which no journal is kept."""
    if not things:
        return
    model = type(things[0])
    fields: list[Any] = [model._meta.get_field(name) for name in sorted(columns)]
    with connection.cursor() as cursor:
        cursor.execute(update_statement(model, fields), [parameter(things, fields)])


def update_statement(model: type[models.Model], fields: Sequence[Any]) -> sql.Composable:
    """Takes `parameter(things, fields)`; the same text for any number of rows, planned once."""
    return sql.SQL(
        "update {table} t set {set} from jsonb_to_recordset(%s) as given(pk bigint, {typed}) where t.{key} = given.pk"
    ).format(table=sql.Identifier(model._meta.db_table), key=key_of(model), typed=typed(fields), set=setting(fields))


def parameter(things: Sequence[models.Model], fields: Sequence[Any]) -> Any:
    """{pk, column: value} of every thing, as one parameter."""
    return as_json([{"pk": one.pk, **values_of(one, fields)} for one in things])


def values_of(one: models.Model, fields: Iterable[Any]) -> dict[str, Any]:
    return {str(field.column): _plain(getattr(one, field.attname)) for field in fields}


def as_json(values: Any) -> Any:
    return Jsonb(values, dumps=_encode)


def _plain(value: Any) -> Any:
    return "\\x" + bytes(value).hex() if isinstance(value, bytes | memoryview) else value


def names(fields: Iterable[Any]) -> sql.Composable:
    return sql.SQL(", ").join(sql.Identifier(str(field.column)) for field in fields)


def typed(fields: Iterable[Any]) -> sql.Composable:
    return sql.SQL(", ").join(
        sql.SQL("{} {}").format(sql.Identifier(field.column), sql.SQL(field.db_type(connection))) for field in fields
    )


def setting(fields: Iterable[Any]) -> sql.Composable:
    """What an update sets to the values of `given`."""
    return sql.SQL(", ").join(sql.SQL("{0} = given.{0}").format(sql.Identifier(one.column)) for one in fields)


def key_of(model: type[models.Model]) -> sql.Identifier:
    assert model._meta.pk is not None
    return sql.Identifier(str(model._meta.pk.column))
