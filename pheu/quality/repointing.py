"""Whatever points at a record points at another: found through the models, so that a new table is never forgotten.

A model whose rows tell what was, or what is only now, says `stays_with_its_record = True` and is left alone. What
shares the record's key is the record itself, and stays too.
"""

import json
from collections.abc import Collection, Iterator, Sequence
from typing import Any

from django.apps import apps
from django.db.models import F, Func, JSONField, Model, Q, UniqueConstraint, Value

from pheu.records import kinds, writing
from pheu.records.fields import Field, RowPick
from pheu.records.locking import must_hold
from pheu.records.models import Record, Row, id_and_name

Reference = tuple[Any, Any]  # a model, and its foreign key
TOLD = JSONField()


def references(to: type[Row]) -> Iterator[Reference]:
    """(model, foreign key) of every column that can name a row of `to`, by itself or by its Record."""
    for model in apps.get_models(include_auto_created=True):
        if model is Record or getattr(model, "stays_with_its_record", False):
            continue
        for one in model._meta.local_fields:
            if one.remote_field and one.remote_field.model in (Record, to) and not one.primary_key:
                yield model, one


def naming(to: type[Row], ids: Collection[int]) -> set[int]:
    """The records whose rows name one of these, in a column or in a field of the company's own: to be held."""
    found: set[int] = set()
    for model, one in references(to):
        if issubclass(model, Row):
            found.update(model.objects.filter(**{f"{one.name}__in": ids}).values_list("pk", flat=True))
    for kind, field in _own_picks(to):
        found.update(kind.model.objects.filter(field.q("in", list(ids))).values_list("pk", flat=True))
    return found


# Of each row that names another record now: its Record, and {field, was, now} as events keep it.
Told = list[tuple[Record, dict[str, Any]]]


def repoint(rows: Collection[Row], to: Row) -> Told:
    """Let everything that names one of the held `rows` of one kind name `to`; `TryAgain` unless that is held too.

    What hangs on them moves in one statement, whatever the number of tables; what would stand there twice goes.
    """
    ids, kind, told = [row.pk for row in rows], type(next(iter(rows))), Told()
    names = {row.pk: id_and_name(row) for row in (*rows, to)}
    hanging: list[Reference] = []
    for model, one in references(kind):
        if one.remote_field.model is not Record and not isinstance(to, kind):
            continue  # a lead's columns cannot name a deal
        if issubclass(model, Row):
            told += _name_in_rows(_naming_now(model.objects.filter(**{f"{one.name}__in": ids})), one, to, names)
        else:
            hanging.append((model, one))
    for model, keys in _twice(hanging, ids, to.pk).items():
        writing.remove_keys(model, keys)
    writing.hang_on(hanging, ids, to.pk)
    for other, field in _own_picks(kind) if isinstance(to, kind) else ():
        naming_rows = _naming_now(other.model.objects.filter(field.q("in", ids)))
        for row in naming_rows:
            told.append(
                (row.record, {"field": field.name, "was": field.to_json(field.value(row)), "now": names[to.pk]})
            )
            field.put(row, to)
        writing.change(naming_rows, "own")
    return told


def _naming_now(rows: Any) -> list[Any]:
    """The rows, which have to be held: whoever wrote one while the act waited for others begins it once more."""
    found = list(rows.with_words())
    must_hold(*(row.pk for row in found))
    return found


def _name_in_rows(rows: list[Any], one: Any, to: Row, names: dict[int, Any]) -> Told:
    """Nobody changed these rows themselves: their version and moment stay, the words that find them do not."""
    told = Told()
    for row in rows:
        if kinds.get(row.kind).schema.get(one.name) is not None and one.remote_field.model is not Record:
            was = names[getattr(row, one.attname)]
            told.append((row.record, {"field": one.name, "was": was, "now": names[to.pk]}))
        setattr(row, one.attname, to.pk)
    if rows:
        writing.change(rows, one.name)
        writing.refresh_words(rows)
    return told


def _twice(hanging: Sequence[Reference], ids: Collection[int], to: int) -> dict[type[Model], list[int]]:
    """{model: keys of those rows on `ids` that would stand on `to` a second time}, in one statement for all tables."""
    unique = [(model, one, *told) for model, one in hanging for told in _unique_with(model, one)]
    if not unique:
        return {}
    asked = [
        model._default_manager.filter(condition, **{f"{one.attname}__in": [to, *ids]})
        .order_by()
        .values_list(Value(nth), F(one.attname), "pk", Func(*columns, function="jsonb_build_array", output_field=TOLD))
        for nth, (model, one, columns, condition) in enumerate(unique)
    ]
    taken, twice = set[Any](), dict[type[Model], list[int]]()
    # First what hangs on the one that stays.
    for nth, _on, key, told in sorted(
        asked[0].union(*asked[1:], all=True), key=lambda row: (row[0], row[1] != to, row[2])
    ):
        gone = twice.setdefault(unique[nth][0], [])
        same = (nth, json.dumps(told))
        if same in taken and key not in gone:
            gone.append(key)
        if key not in gone:
            taken.add(same)
    return twice


def _unique_with(model: type[Model], one: Any) -> Iterator[tuple[list[str], Q]]:
    """(the other columns, the condition) of everything that must be unique together with this key."""
    if one.unique:
        yield [], Q()
    for names in model._meta.unique_together:
        if one.name in names:
            yield [name for name in names if name != one.name], Q()
    for constraint in model._meta.constraints:
        if isinstance(constraint, UniqueConstraint) and one.name in constraint.fields:
            yield [name for name in constraint.fields if name != one.name], constraint.condition or Q()


def _own_picks(to: type[Row]) -> Iterator[tuple[kinds.Kind, Field]]:
    """(kind, field) of every field of a company's own that picks such rows."""
    for kind in kinds.every():
        for field in kind.schema:
            if field.own and isinstance(field, RowPick) and field.kind == to.kind:
                yield kind, field
