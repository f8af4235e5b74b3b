"""Whether a Record still says what its row says: `bin/pheu doctor` and the end of every database test ask."""

from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet

from pheu.core.health import examination
from pheu.core.prepared import prepared
from pheu.records import kinds
from pheu.records.models import Record, Row

AT_ONCE = 1000
ON_RECORD = ("title", "search", "digits", "keys", *Row.copied)


@examination("copies")
def differing_copies() -> Iterator[str]:
    """One line for each row whose Record says something else, and for each Record without a row of its kind.

    A walk over all rows, a statement a kind and one more for each thousand rows: words can only be compared here.
    """
    for code in Record.objects.order_by("kind").values_list("kind", flat=True).distinct():
        kind = kinds.get(code)
        for row in _rows(kind.code):
            if row.record.kind != kind.code:
                yield f"{row.record.number}: the Record is a {row.record.kind}, the row a {kind.code}"
            elif names := differing(row):
                yield f"{row.record.number}: {', '.join(names)}"
        yield from (f"{number}: no row" for (number,) in _rowless(kind.code))


def _rows(code: str) -> Iterator[Any]:
    after = -1
    while rows := _next_rows(code, after):
        yield from rows
        after = rows[-1].pk
        if len(rows) < AT_ONCE:
            return


# Asked at the end of every test: their SQL is made once.


@prepared
def _next_rows(code: str, after: int) -> QuerySet[Any]:
    return kinds.get(code).model.objects.with_words().filter(pk__gt=after).order_by("pk")[:AT_ONCE]


@prepared
def _rowless(code: str) -> QuerySet[Any, Any]:
    rowless = Record.objects.filter(kind=code).exclude(pk__in=kinds.get(code).model.objects.values("pk"))
    return rowless.values_list("number")


def differing(row: Any) -> list[str]:
    """Names of the copies that `describe_record` would change."""
    before = _copies(row)
    row.describe_record()
    now = _copies(row)
    return [name for name in before if before[name] != now[name]]


def _copies(row: Any) -> dict[str, Any]:
    on_row = {"title_key": bytes(row.title_key), "is_live": row.is_live}
    return {name: getattr(row.record, name) for name in ON_RECORD} | on_row
