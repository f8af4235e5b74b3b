"""Indexes of a company's own fields: built beside the work of others, as soon as a field is to be filtered by.

What should be there is said by the definitions, what is there by the database; `mend` brings the second to the first,
one index at a time. Names hold ids alone.
"""

from collections.abc import Iterator
from typing import Any

from django.contrib.postgres.indexes import GinIndex
from django.db import connection, models
from django.db.models.expressions import F
from django.db.models.fields.json import KeyTransform

from pheu.records import kinds
from pheu.records.custom import field_of
from pheu.records.fields import OwnChoices
from pheu.records.models import CustomField

PREFIX = "own_field_"


def mend() -> int:
    """Build what is missing, drop what nobody needs any more; how many of both. Outside of a transaction."""
    wanted, there = dict(_wanted()), _present()
    for name in sorted(set(there) - {name for name, is_valid in there.items() if is_valid and name in wanted}):
        _run(f'drop index concurrently if exists "{name}"')
    missing = [name for name in wanted if not there.get(name)]
    for name in missing:
        model, index = wanted[name]
        with connection.schema_editor(atomic=False) as editor:
            editor.add_index(model, index, concurrently=True)  # type: ignore[call-arg]  # PostgreSQL's own
    return len(missing) + len(set(there) - set(wanted))


def waiting() -> set[int]:
    """Ids of the fields whose indexes are not all there yet."""
    there = _present()
    return {_field_in(name) for name, _index in _wanted() if not there.get(name)}


def _field_in(name: str) -> int:
    return int(name.removeprefix(PREFIX).split("_")[0])


def _wanted() -> Iterator[tuple[str, tuple[Any, models.Index]]]:
    """(name, (model, index)) of every field in use that is filtered by."""
    known = {kind.code: kind.model for kind in kinds.every()}
    for one in CustomField.objects.filter(is_active=True, is_filterable=True, kind__in=known):
        model, field = known[one.kind], field_of(one)
        live = models.Q(is_live=True)
        start = f"{PREFIX}{one.pk}_{one.kind}"
        if isinstance(field, OwnChoices):
            chosen = KeyTransform(one.key, "own")
            yield f"{start}_any", (model, GinIndex(chosen, name=f"{start}_any", condition=live))
            continue
        newest = (field.compared(), F("updated_at"), F("record"))
        yield f"{start}_is", (model, models.Index(*newest, name=f"{start}_is", condition=live))
        if field.sortable:
            order = (field.sort_expression(), F("record"))
            yield f"{start}_by", (model, models.Index(*order, name=f"{start}_by", condition=live))


def _present() -> dict[str, bool]:
    """{name: whether it can be used}: one whose building was cut off cannot."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select c.relname, i.indisvalid from pg_index i join pg_class c on c.oid = i.indexrelid"
            " where c.relname like %s and c.relnamespace = current_schema()::regnamespace",
            [PREFIX.replace("_", r"\_") + "%"],
        )
        return dict(cursor.fetchall())


def _run(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)
