"""Whatever points at a record points at another: found through the models, so that a new table is never forgotten.

A model whose rows tell what was, or what is only now, says `stays_with_its_record = True` and is left alone. What
shares the record's key is the record itself, and stays too.
"""

from collections.abc import Collection, Iterator
from typing import Any

from django.apps import apps
from django.db.models import Model, Q, UniqueConstraint

from pheu.records import kinds, writing
from pheu.records.fields import Field, RowPick
from pheu.records.models import Record, Row, id_and_name


def references(to: type[Row]) -> Iterator[tuple[Any, Any]]:
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
    """Let everything that names one of the held `rows` of one kind name `to`; what names them is held too."""
    ids, kind, told = [row.pk for row in rows], type(next(iter(rows))), Told()
    names = {row.pk: id_and_name(row) for row in (*rows, to)}
    for model, one in references(kind):
        if one.remote_field.model is not Record and not isinstance(to, kind):
            continue  # a lead's columns cannot name a deal
        if issubclass(model, Row):
            told += _name_in_rows(list(model.objects.filter(**{f"{one.name}__in": ids}).with_words()), one, to, names)
        else:
            _hang_on(model, one, ids, to)
    for other, field in _own_picks(kind) if isinstance(to, kind) else ():
        naming_rows = list(other.model.objects.filter(field.q("in", ids)).with_words())
        for row in naming_rows:
            told.append(
                (row.record, {"field": field.name, "was": field.to_json(field.value(row)), "now": names[to.pk]})
            )
            field.put(row, to)
        writing.change(naming_rows, "own")
    return told


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


def _hang_on(model: type[Model], one: Any, ids: Collection[int], to: Row) -> None:
    """Move what hangs on these records; what would stand there twice is taken away."""
    for columns, condition in _unique_with(model, one):
        there = model._default_manager.filter(condition)
        taken, twice = set[Any](), []
        # First what hangs on the one that stays.
        for own in (there.filter(**{one.attname: to.pk}), there.filter(**{f"{one.attname}__in": ids})):
            for key, *told in own.order_by("pk").values_list("pk", *columns):
                if tuple(told) in taken:
                    twice.append(key)
                taken.add(tuple(told))
        if twice:
            writing.remove(model._default_manager.filter(pk__in=twice))
    things = list(model._default_manager.filter(**{f"{one.attname}__in": ids}))
    for thing in things:
        setattr(thing, one.attname, to.pk)
    writing.change(things, one.name)


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
