"""Where in an ordered list something stands, as an address carries it: the order, its value there and the id."""

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.core import signing

LONGEST_PLACE = 500  # characters of a list's query string that the links of its rows carry along


def write_place(sort: str, edge: tuple[Any, ...]) -> str:
    """The edge itself (values, then the id), signed: what comes back is of the types that the columns have."""
    *values, pk = edge
    return signing.dumps([sort, [_told(value) for value in values], pk], salt=__name__)


def _told(value: Any) -> list[Any]:
    if isinstance(value, bytes | memoryview):
        return ["bytes", bytes(value).hex()]
    if isinstance(value, datetime):
        return ["moment", value.isoformat()]
    if isinstance(value, date):
        return ["date", value.isoformat()]
    if isinstance(value, Decimal):
        return ["decimal", str(value)]
    return ["plain", value]


_READERS: dict[str, Callable[[Any], Any]] = {
    "bytes": bytes.fromhex,
    "moment": datetime.fromisoformat,
    "date": date.fromisoformat,
    "decimal": Decimal,
    "plain": lambda value: value,
}


def place_of(query: str, sort: str, edge: tuple[Any, ...]) -> str:
    """The query string by which the page of a row knows where in a list it stands."""
    return f"{query}{'&' if '?' in query else '?'}after={write_place(sort, edge)}"


def read_place(sort: str, text: str) -> tuple[Any, ...] | None:
    """What `write_place` wrote for the same order; anything else is no cursor: the list begins at its beginning."""
    try:
        written_for, values, pk = signing.loads(text, salt=__name__)
    except (signing.BadSignature, ValueError):  # or written by an older version
        return None
    return (*(_READERS[form](value) for form, value in values), pk) if written_for == sort else None
