"""Making rows together with their Records, a few statements for any number of them."""

from collections.abc import Iterable, Sequence
from typing import TypeVar

from django.db import connection, migrations
from django.utils import timezone

from pheu.people.models import User
from pheu.records import kinds
from pheu.records.models import WRITTEN, Record, Row

AnyRow = TypeVar("AnyRow", bound=Row)


def create_rows(rows: Sequence[AnyRow], *, by: User | None) -> Sequence[AnyRow]:
    """Insert unsaved `rows` of one kind, each with a Record, an id and a number. Call inside a transaction.

    A row may carry an unsaved `continues` (a Record) in `row.continues`. Ids come from the Record's own sequence and
    numbers from the kind's (gaps allowed), so imports may run side by side.
    """
    if not rows:
        return rows
    kind, now = kinds.get(rows[0].kind), timezone.now()
    for row, (pk, number) in zip(rows, _reserve(kind, len(rows)), strict=True):
        row.created_by = row.created_by or by
        row.created_at = row.updated_at = now
        row.record = Record(pk=pk, kind=kind.code, number=f"{kind.prefix}-{number:06d}", continues=row.continues)
        row.describe_record()
    Record.objects.bulk_create([row.record for row in rows], batch_size=1000)
    type(rows[0])._default_manager.bulk_create(rows, batch_size=1000)
    return rows


def save_many(rows: Sequence[AnyRow], *fields: str) -> None:
    """`Row.save_changed` for many: save `fields` of locked rows of one kind and their Records."""
    now = timezone.now()
    for row in rows:
        row.updated_at = now
        row.describe_record().version += 1
    records = [row.record for row in rows]
    Record.objects.bulk_update(records, WRITTEN, batch_size=500)
    if rows:
        type(rows[0])._default_manager.bulk_update(rows, [*fields, "title_key", "updated_at"], batch_size=500)


def refresh_words(rows: Iterable[Row]) -> None:
    """Bring the words by which `rows` are found up to date, where something they name was renamed.

    Nobody changed the rows themselves, so their version and moment stay.
    """
    records = [row.describe_record() for row in rows]
    Record.objects.bulk_update(records, ["title", "search", "digits"], batch_size=500)


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
