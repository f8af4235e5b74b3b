"""Other records with the same phone, e-mail or tax code, to be named while somebody types it."""

from collections.abc import Iterator
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import QuerySet

from pheu.people.models import User
from pheu.records import kinds
from pheu.records.fields import Field
from pheu.records.models import Record

MOST = 3


def same_rows(field: Field, text: str, user: User, *, but: int | None = None) -> list[Record]:
    """The newest records of any kind that `user` may see and whose field of that name has this value; one statement."""
    try:
        value = field.check(text[: field.max_length])
    except ValidationError:
        return []
    if field.identity(value) is None:
        return []
    first, *others = [rows.exclude(pk=but).values("pk") for rows in _rows_of(field.name, value, user)]
    found = first.union(*others, all=True) if others else first
    return list(Record.objects.filter(pk__in=found).select_related("owner").order_by("-pk")[:MOST])


def _rows_of(name: str, value: Any, user: User) -> Iterator[QuerySet]:
    for kind in kinds.every():
        one = kind.schema_for(user).get(name)
        if one is not None and one.tells_apart:
            yield kind.model.objects.visible_to(user).live().filter(one.same_q(value)).order_by()
