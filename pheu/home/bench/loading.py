"""Rows by COPY, as many as wanted: the doors of `records/writing.py` write thousands, this writes millions.

For an empty installation of its own and nothing else. Columns come from the models, indexes and foreign keys from the
catalogue, so what a migration adds tomorrow is loaded as well.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, models

FOREIGN_KEYS = """
select conrelid::regclass::text, quote_ident(conname), pg_get_constraintdef(oid)
from pg_constraint where contype = 'f' and conrelid = any(%s::regclass[])
"""
# An index without a constraint: keys and unique ones stay, they are checked as the rows come.
INDEXES = """
select indexrelid::regclass::text, pg_get_indexdef(indexrelid) from pg_index
where indrelid = any(%s::regclass[]) and not indisunique
"""


@contextmanager
def without_indexes(*wanted: type[models.Model]) -> Iterator[None]:
    """Inside, the tables of these models have no plain indexes, foreign keys and triggers; afterwards they have them.

    To put a foreign key back is to check every row of it. What triggers would have done is the loader's to do.
    """
    tables = [model._meta.db_table for model in wanted]
    with connection.cursor() as cursor:
        cursor.execute("set constraints all immediate; set constraints all deferred")
        cursor.execute(FOREIGN_KEYS, [tables])
        keys = cursor.fetchall()
        cursor.execute(INDEXES, [tables])
        indexes = cursor.fetchall()
        for table, name, _definition in keys:
            cursor.execute(f"alter table {table} drop constraint {name}")
        for name, _definition in indexes:
            cursor.execute(f"drop index {name}")
        for table in tables:
            cursor.execute(f"alter table {table} disable trigger user")
    yield
    with connection.cursor() as cursor:
        cursor.execute("set local maintenance_work_mem = '1GB'; set local max_parallel_maintenance_workers = 2")
        for _name, definition in indexes:
            cursor.execute(definition)
        for table, name, definition in keys:
            cursor.execute(f"alter table {table} add constraint {name} {definition}")
        for table in tables:
            cursor.execute(f"alter table {table} enable trigger user")
            cursor.execute(f"analyze {table}")


def block(sequence: str, count: int) -> int:
    """The first of `count` numbers of a sequence in a row; nobody else draws from it meanwhile."""
    with connection.cursor() as cursor:
        cursor.execute("select nextval(%s)", [sequence])
        [(first,)] = cursor.fetchall()
        cursor.execute("select setval(%s, %s)", [sequence, first + count - 1])
    return int(first)


def sequence_of(model: type[models.Model]) -> str:
    """The sequence that numbers the rows of a table."""
    with connection.cursor() as cursor:
        key = model._meta.pk
        assert key is not None
        cursor.execute("select pg_get_serial_sequence(%s, %s)", [model._meta.db_table, key.column])
        [(name,)] = cursor.fetchall()
    return str(name)
