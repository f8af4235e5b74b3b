"""Other records that are the same as what somebody types, to be named beside the field: those of any kind with the same
phone, e-mail or tax code, and those of the kind that its duplicate rules find (R1.32-1.34), as a save asks them."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import QuerySet

from pheu.people.models import User
from pheu.records import kinds
from pheu.records.alike import Alike, others_while_typing, seen_and_unseen
from pheu.records.fields import Field
from pheu.records.kinds import Kind
from pheu.records.models import Record

MOST = 3


def same_rows(field: Field, text: str, user: User, *, but: int | None = None) -> list[Record]:
    """The newest records of any kind that `user` may see and whose field of that name has this value; one statement."""
    value = _checked(field, text)
    if not field.tells_apart or field.identity(value) is None:
        return []
    first, *others = [rows.exclude(pk=but).values("pk") for rows in _rows_of(field.name, value, user)]
    found = first.union(*others, all=True) if others else first
    return list(Record.objects.filter(pk__in=found).select_related("owner").order_by("-pk")[:MOST])


def _checked(field: Field, text: str) -> Any:
    try:
        return field.check(text[: field.max_length])
    except ValidationError:
        return None


def _rows_of(name: str, value: Any, user: User) -> Iterator[QuerySet]:
    for kind in kinds.every():
        one = kind.schema_for(user).get(name)
        if one is not None and one.tells_apart:
            yield kind.model.objects.visible_to(user).live().filter(one.same_q(value)).order_by()


def same_by_rules(
    kind: Kind, field: Field, told: Mapping[str, str], user: User, *, but: Collection[int] = ()
) -> list[tuple[Alike, bool]]:
    """(a record that a rule with this field finds, whether `user` may see it); `told` is all that is typed so far.

    Four statements at most: the rules, whom they find, the records, which of them are in sight.
    """
    schema = kind.schema_for(user)
    typed = {name: _checked(one, told[name]) for name in told if (one := schema.get(name)) and one.criterion}
    filled = {name: value for name, value in typed.items() if schema[name].identity(value) is not None}
    if field.name not in filled:
        return []
    found = others_while_typing(kind, schema.keys_of(schema.new_row(filled)), field.criterion, but=but)
    seen, unseen = seen_and_unseen(found, user) if found else ([], [])
    return [*((one, True) for one in seen), *((one, False) for one in unseen)][:MOST]
