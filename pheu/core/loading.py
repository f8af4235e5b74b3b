"""Rows of the database as objects, for what pages have by the hundred."""

from collections.abc import Collection
from typing import Any, Self

from django.db import models
from django.db.models.base import ModelState


class Loaded(models.Model):
    """A model whose objects come from the database at a third of Django's price.

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
