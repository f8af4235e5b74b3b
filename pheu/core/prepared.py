"""Questions that pages ask again and again, their SQL made once.

Django makes the SQL of a queryset anew each time it is asked: a third of what a page costs.
"""

from collections.abc import Callable, Iterator
from copy import copy
from dataclasses import dataclass
from functools import lru_cache, wraps
from itertools import count, islice
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connections
from django.db.models import QuerySet

STAND_IN = 9_000_000_000_000_000_000  # the first of the ids that stand for others, beyond any of ours


def prepared(question: Callable[..., QuerySet]) -> Callable[..., list[Any]]:
    """`question(*values)`, which makes a queryset, asked at once as a list of rows.

    Ids and lists of ids are filled in each time. Anything else (a kind, fields) belongs to the shape and is hashable.
    The question must hang on these alone: never on a person's rights, the language or the clock.
    """

    @lru_cache(maxsize=500)
    def made(*shape: Any) -> _Made:
        ids = count(STAND_IN)
        return _Made(question(*(one.stand_in(ids) if isinstance(one, _Ids) else one for one in shape)))

    @wraps(question)
    def ask(*values: Any) -> list[Any]:
        told = [_padded(one) if isinstance(one, list) else one for one in values]
        ids = [pk for one in told for pk in (one if isinstance(one, list) else [one]) if type(pk) is int]
        try:
            return made(*map(_shape, told)).rows(ids)
        except EmptyResultSet:
            if [] not in told:
                raise
            return []

    return ask


def _padded(ids: list[int]) -> list[int]:
    """The last one repeated until they are 1, 2, 4, 8...: a few shapes for lists of any length."""
    return ids + ids[-1:] * ((1 << (len(ids) - 1).bit_length()) - len(ids)) if ids else []


def _shape(told: Any) -> Any:
    return _Ids(len(told)) if isinstance(told, list) else _Ids(None) if type(told) is int else told


@dataclass(frozen=True)
class _Ids:
    """A place for a list of so many ids, or for one alone."""

    many: int | None

    def stand_in(self, ids: Iterator[int]) -> Any:
        return next(ids) if self.many is None else list(islice(ids, self.many))


class _Made:
    """A queryset with its SQL, and where in its parameters the ids stand."""

    def __init__(self, asked: QuerySet) -> None:
        self.asked, self.compiler = asked, asked.query.get_compiler(asked.db)
        self.sql, self.params = self.compiler.as_sql()

    def rows(self, ids: list[int]) -> list[Any]:
        params = tuple(ids[one - STAND_IN] if type(one) is int and one >= STAND_IN else one for one in self.params)
        query, compiler = copy(self.asked.query), copy(self.compiler)
        compiler.connection = connections[self.asked.db]  # each thread has its own
        vars(compiler)["as_sql"] = lambda *_args, **_kwargs: (self.sql, params)
        vars(query)["get_compiler"] = lambda *_args, **_kwargs: compiler
        rows: Any = type(self.asked)(self.asked.model, query, self.asked.db)
        for name in ("_iterable_class", "_fields", "_prefetch_related_lookups"):
            setattr(rows, name, getattr(self.asked, name))
        return list(rows)
