"""Where in an ordered list something stands, as an address carries it: the order, its value there and the id."""

import hmac
import json
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any

from django.conf import settings
from django.core.signing import b64_decode, b64_encode
from django.utils.crypto import constant_time_compare, salted_hmac

SIGNED = 16  # bytes
LONGEST_PLACE = 500  # characters of a list's query string that the links of its rows carry along


def write_place(sort: str, edge: tuple[Any, ...]) -> str:
    """The edge itself (values, then the id), signed: what comes back is of the types that the columns have."""
    *values, pk = edge
    return sign([sort, [_told(value) for value in values], pk])


def sign(what: Any) -> str:
    """JSON with our signature. Every row of a page needs one: the key is derived once (Django does so each time)."""
    told = b64_encode(json.dumps(what, separators=(",", ":")).encode())
    return (told + b"." + _signature(told)).decode()


def _signature(told: bytes) -> bytes:
    return b64_encode(hmac.digest(_key(settings.SECRET_KEY), told, "sha256")[:SIGNED])


@cache
def _key(secret: str) -> bytes:
    return salted_hmac(__name__, "places", secret, algorithm="sha256").digest()


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
    told, _dot, signature = text.encode(errors="replace").partition(b".")
    if not constant_time_compare(signature, _signature(told)):
        return None
    try:
        written_for, values, pk = json.loads(b64_decode(told))
        return (*(_READERS[form](value) for form, value in values), pk) if written_for == sort else None
    except ValueError:  # an older version wrote it
        return None
