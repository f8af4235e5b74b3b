"""Rows of the database as objects, for what pages have by the hundred and files bring by the thousand."""

from collections.abc import Callable, Collection
from functools import cache
from typing import Any, Self

from django.db import models
from django.db.models.base import ModelState


class Loaded(models.Model):
    """A model whose objects come from the database, and are made anew, at a third of Django's price.

    Django makes them as a program would: a signal before and after, each column set through its descriptor, which
    forgets a relation that it holds. A fresh object holds none, and nobody here hears those signals.
    """

    class Meta:
        abstract = True

    @classmethod
    def from_db(cls, db: str | None, field_names: Collection[str], values: Collection[Any]) -> Self:  # type: ignore[override]
        row = cls.__new__(cls)
        row._state = state = ModelState()
        state.adding, state.db = False, db
        row.__dict__.update(zip(field_names, values, strict=True))
        return row

    @classmethod
    def fresh(cls, **values: Any) -> Self:
        """An unsaved object with what its columns begin with, but for `values`: columns by the names of their
        attributes, relations as objects."""
        row = cls.__new__(cls)
        row._state = ModelState()
        begins_with, makers = _beginnings(cls)
        row.__dict__.update(begins_with)
        for name, make in makers:
            if name not in values:
                row.__dict__[name] = make()
        relations = _relations(cls)
        for name, value in values.items():
            if name in relations:
                row.relate(name, value)
            else:
                row.__dict__[name] = value
        return row

    def relate(self, name: str, value: models.Model | None) -> None:
        """Set a relation without its descriptor, which looks for what was held before."""
        self.__dict__[_relations(type(self))[name]] = None if value is None else value.pk
        self._state.fields_cache[name] = value


@cache
def _beginnings(model: type[models.Model]) -> tuple[dict[str, Any], list[tuple[str, Callable[[], Any]]]]:
    """What columns begin with, and what makes that for each object where it differs: moments, lists."""
    fields = [one for one in model._meta.local_concrete_fields if not one.generated]
    made = [(one.attname, one.default) for one in fields if one.has_default() and callable(one.default)]
    names = {name for name, _make in made}
    return {one.attname: one.get_default() for one in fields if one.attname not in names}, made


@cache
def _relations(model: type[models.Model]) -> dict[str, str]:
    return {one.name: one.attname for one in model._meta.local_concrete_fields if one.is_relation}
