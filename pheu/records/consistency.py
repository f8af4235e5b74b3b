"""Whether a Record still says what its row says: `bin/pheu doctor` and the end of every database test ask."""

from collections.abc import Iterator
from typing import Any

from pheu.core.health import examination
from pheu.records import kinds
from pheu.records.models import Record, Row

ON_RECORD = ("title", "search", "digits", "keys", *Row.copied)


@examination("copies")
def differing_copies() -> Iterator[str]:
    """One line for each row whose Record says something else, and for each Record without a row of its kind.

    A walk over all rows, two statements a kind and a thousand rows at a time: words can only be compared here.
    """
    for code in Record.objects.order_by("kind").values_list("kind", flat=True).distinct():
        kind = kinds.get(code)
        rows = kind.model.objects.with_words().order_by("pk")
        for row in rows.iterator(chunk_size=1000):
            if row.record.kind != kind.code:
                yield f"{row.record.number}: the Record is a {row.record.kind}, the row a {kind.code}"
            elif names := differing(row):
                yield f"{row.record.number}: {', '.join(names)}"
        rowless = Record.objects.filter(kind=kind.code).exclude(pk__in=kind.model.objects.values("pk"))
        yield from (f"{number}: no row" for number in rowless.values_list("number", flat=True))


def differing(row: Any) -> list[str]:
    """Names of the copies that `describe_record` would change."""
    before = _copies(row)
    row.describe_record()
    now = _copies(row)
    return [name for name in before if before[name] != now[name]]


def _copies(row: Any) -> dict[str, Any]:
    on_row = {"title_key": bytes(row.title_key), "is_live": row.is_live}
    return {name: getattr(row.record, name) for name in ON_RECORD} | on_row
