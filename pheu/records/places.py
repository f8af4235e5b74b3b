"""Where in an ordered list something stands, as an address carries it: the order, its value there and the id."""

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.core import signing

LONGEST_PLACE = 500  # characters of a list's query string that the links of its rows carry along


def write_place(sort: str, value: Any, pk: int) -> str:
    """The edge itself, signed: what comes back is of the type that the column has."""
    if isinstance(value, bytes | memoryview):
        told = ["bytes", bytes(value).hex()]
    elif isinstance(value, datetime):
        told = ["moment", value.isoformat()]
    elif isinstance(value, date):
        told = ["date", value.isoformat()]
    elif isinstance(value, Decimal):
        told = ["decimal", str(value)]
    else:
        told = ["plain", value]
    return signing.dumps([sort, *told, pk], salt=__name__)


_READERS: dict[str, Callable[[Any], Any]] = {
    "bytes": bytes.fromhex,
    "moment": datetime.fromisoformat,
    "date": date.fromisoformat,
    "decimal": Decimal,
    "plain": lambda value: value,
}


def place_of(row: Any, query: str, sort: str, value: Any) -> str:
    """The query string by which the page of `row` knows where in a list it stands, whose order's value it has."""
    return f"{query}{'&' if '?' in query else '?'}after={write_place(sort, value, row.pk)}"


def read_place(sort: str, text: str) -> tuple[Any, int] | None:
    """What `write_place` wrote for the same order; anything else is no cursor: the list begins at its beginning."""
    try:
        written_for, form, value, pk = signing.loads(text, salt=__name__)
    except signing.BadSignature:
        return None
    return (_READERS[form](value), pk) if written_for == sort else None
