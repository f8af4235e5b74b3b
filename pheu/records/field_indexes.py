"""Indexes of a company's own fields: built beside the work of others, as soon as a field is to be filtered by.

What should be there is said by the definitions, what is there by the database; `mend` brings the second to the first,
one index at a time. Names hold ids alone.

With them go statistics of what they compare: the planner takes none from an index of some rows, and without it guesses
that half a percent of a million lies in any range.
"""

from collections.abc import Iterator
from typing import Any

from django.contrib.postgres.indexes import GinIndex
from django.db import connection, models
from django.db.models.expressions import F
from django.db.models.fields.json import KeyTransform
from django.db.models.sql import Query

from pheu.records import kinds
from pheu.records.custom import field_of
from pheu.records.fields import OwnChoices
from pheu.records.models import PLACES, CustomField

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
    return len(missing) + len(set(there) - set(wanted)) + _mend_statistics()


def _mend_statistics() -> int:
    """The same of the statistics; what is new is gathered at once."""
    wanted, there = dict(_wanted_statistics()), _present_statistics()
    for name in sorted(there - set(wanted)):
        _run(f'drop statistics if exists "{name}"')
    missing = [name for name in wanted if name not in there]
    for name in missing:
        model, expression = wanted[name]
        told = _sql_of(model, expression)
        _run(f'create statistics if not exists "{name}" on ({told}) from "{model._meta.db_table}"')
    for table in sorted({wanted[name][0]._meta.db_table for name in missing}):
        _run(f'analyze "{table}"')
    return len(missing) + len(there - set(wanted))


def waiting() -> set[int]:
    """Ids of the fields whose indexes are not all there yet."""
    there = _present()
    return {_field_in(name) for name, _index in _wanted() if not there.get(name)}


def _field_in(name: str) -> int:
    return int(name.removeprefix(PREFIX).split("_")[0])


def _filtered() -> Iterator[tuple[str, Any, CustomField, Any]]:
    """(what its names begin with, model, definition, field) of every field in use that is filtered by."""
    known = {kind.code: kind.model for kind in kinds.every()}
    for one in CustomField.objects.filter(is_active=True, is_filterable=True, kind__in=known):
        yield f"{PREFIX}{one.pk}_{one.kind}", known[one.kind], one, field_of(one)


def _wanted_statistics() -> Iterator[tuple[str, tuple[Any, Any]]]:
    """(name, (model, expression)) of what filters compare. What lists are only put in order by needs none: its index
    is walked, and who knows how few values a choice has would rather sort."""
    for start, model, _one, field in _filtered():
        if not isinstance(field, OwnChoices):
            yield f"{start}_is", (model, field.compared())


def _sql_of(model: Any, expression: Any) -> str:
    query = Query(model, alias_cols=False)
    told, given = query.get_compiler(connection=connection).compile(expression.resolve_expression(query))
    return str(told % tuple(map(connection.schema_editor().quote_value, given)))


def _present_statistics() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "select stxname from pg_statistic_ext"
            " where stxname like %s and stxnamespace = current_schema()::regnamespace",
            [PREFIX.replace("_", r"\_") + "%"],
        )
        return {name for (name,) in cursor.fetchall()}


def _wanted() -> Iterator[tuple[str, tuple[Any, models.Index]]]:
    """(name, (model, index)) of every field in use that is filtered by."""
    for start, model, one, field in _filtered():
        live = models.Q(is_live=True)
        if isinstance(field, OwnChoices):
            chosen = KeyTransform(one.key, "own")
            yield f"{start}_any", (model, GinIndex(chosen, name=f"{start}_any", condition=live))
            continue
        seen_by = [F(name) for name in PLACES]  # as `list_indexes` has it
        newest = (field.compared(), F("updated_at"), F("record"), *seen_by)
        yield f"{start}_found", (model, models.Index(*newest, name=f"{start}_found", condition=live))
        if field.sortable:
            order = (field.sort_expression(), F("record"), *seen_by)
            yield f"{start}_sorted", (model, models.Index(*order, name=f"{start}_sorted", condition=live))


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
