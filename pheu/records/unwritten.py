"""Rows that are about to be written, asked as though they stood there: by conditions, which know tables alone.

What decides about new rows can so decide before they are written. A row that is written and changed at once goes twice
into every index of its table and of its Record's.
"""

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection, models
from psycopg import sql

from pheu.core import bulk
from pheu.records.models import RecordTag, Row


def ask(question: models.QuerySet, new: Sequence[Row]) -> list[Any]:
    """The answer to a question for values, to which `new` rows count with those that stand there.

    These are of one kind and have their Records (`writing.begin_rows`). One statement; functions of the database that
    look for rows by themselves (`pheu_past`) see none of them.
    """
    if not new:
        return list(question)
    try:
        text, told = question.query.sql_with_params()
    except EmptyResultSet:
        return []  # nothing can be so
    tags = [RecordTag(record_id=row.pk, tag_id=tag.pk) for row in new for tag in row.__dict__.get("tags_put") or ()]
    asked = [_Beside(some, text) for some in (new, [row.record for row in new], tags) if some]
    there = [one for one in asked if one.table in text]
    beside = sql.SQL(", ").join(one.named() for one in there).as_string(connection.connection)
    with connection.cursor() as cursor:
        # Both are SQL of Django's and our own making, names quoted; every value goes beside them.
        cursor.execute(f"with {beside} {text}", [*(one.given() for one in there), *told])
        return cursor.fetchall()


class _Beside:
    """Things that a question sees as part of their table: under its name stand the rows of the table and these.

    Only columns that the question `text` may speak of; a generated one follows from the others.
    """

    def __init__(self, things: Sequence[models.Model], text: str) -> None:
        self.things, self.model = things, type(things[0])
        self.table = f'"{self.model._meta.db_table}"'
        fields: list[Any] = list(self.model._meta.local_concrete_fields)
        self.asked = [one for one in fields if f'."{one.column}"' in text]
        follows = any(one.generated for one in self.asked)
        self.held = [one for one in (fields if follows else self.asked) if not one.generated]

    def named(self) -> sql.Composable:
        # Named so, a table is meant by its own name inside; the planner looks through it where it is small.
        return sql.SQL(
            "{table} as not materialized ("
            "select {names} from {table} union all select {values} from jsonb_to_recordset(%s) as given({typed}))"
        ).format(
            table=sql.Identifier(self.model._meta.db_table),
            names=bulk.names(self.asked),
            values=sql.SQL(", ").join(map(_value, self.asked)),
            typed=bulk.typed(self.held),
        )

    def given(self) -> Any:
        return bulk.as_json([bulk.values_of(one, self.held) for one in self.things])


def _value(field: Any) -> sql.Composable:
    if not field.generated:
        return sql.Identifier(field.column)
    text, params = field.generated_sql(connection)
    assert not params
    return sql.SQL(text)
