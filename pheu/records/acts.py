"""An act is one transaction and one operation: whatever it calls belongs to it.

    @act
    def move_deal(deal: Deal, *, to: Stage, left: Stage, by: User, via: str = "page") -> Deal: ...

Events and journal entries carry the operation. Its row is written with the first of them: an act that changes nothing
leaves nothing behind.
"""

import functools
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, ParamSpec, TypeVar, cast

from django.db import transaction

from pheu.core.errors import DomainError
from pheu.people.models import User
from pheu.records.models import Operation

P = ParamSpec("P")
R = TypeVar("R")


@dataclass
class Doing:
    """The act that is going on: who does what, and which Records it holds."""

    act: str
    by: User | None
    via: str
    held: set[int] = field(default_factory=set)
    # Rows that hang on no Record and are held themselves: (table, key).
    alone: set[tuple[str, int]] = field(default_factory=set)
    # Acts whose only subject is one record say so; undo and the page of an undone record lead there.
    about: int | None = None
    # Whether rules and workflows follow on what it does; a file can come in without them.
    starts_automation: bool = True
    # What is done last of all, in the operation's own transaction, by a name: asked for often, done once.
    endings: dict[str, Callable[[], None]] = field(default_factory=dict)
    _id: int | None = None

    @property
    def operation(self) -> int:
        """Id of the operation's row, written when it is first asked for."""
        if self._id is None:
            by = self.by if isinstance(self.by, User) else None
            made = Operation.objects.create(act=self.act, by=by, via=self.via, about_id=self.about)
            self._id = made.pk
        return self._id


_last: ContextVar[int | None] = ContextVar("last_operation", default=None)
_doing: ContextVar[Doing | None] = ContextVar("doing", default=None)


def current() -> Doing:
    """The act going on; locks, journal and events exist only inside of one."""
    doing = _doing.get()
    if doing is None:
        raise RuntimeError("outside of an act: use @act, or `with operation(...)`")
    return doing


def last_operation() -> int | None:
    """Id of the operation that this thread ended last, if it changed anything: what «Hoàn tác» would take back."""
    return _last.get()


@contextmanager
def operation(name: str, *, by: User | None, via: str = "page") -> Iterator[Doing]:
    """Do something as one operation; within another act, as a part of it."""
    outer = _doing.get()
    if outer is not None:
        with transaction.atomic(savepoint=False):
            yield outer
        return
    with transaction.atomic():
        doing = Doing(name, by, via)
        token = _doing.set(doing)
        try:
            yield doing
            for ending in doing.endings.values():
                ending()
        finally:
            _doing.reset(token)
    _last.set(doing._id)


T = TypeVar("T")


def in_halves(things: Sequence[T], do: Callable[[Sequence[T]], None], refuse: Callable[[T, DomainError], None]) -> None:
    """Do something to all of these things; where one is in the way, to halves, until that one alone is refused.

    Inside a transaction; what was refused leaves nothing behind.
    """
    try:
        with transaction.atomic():
            do(things)
    except DomainError as error:
        if len(things) == 1:
            return refuse(things[0], error)
        half = len(things) // 2
        for some in (things[:half], things[half:]):
            in_halves(some, do, refuse)


def act(function: Callable[P, R]) -> Callable[P, R]:
    """Make a function with `by=` (and perhaps `via=`) an act."""

    @functools.wraps(function)
    def acting(*args: P.args, **kwargs: P.kwargs) -> R:
        given = cast(dict[str, Any], kwargs)
        with operation(function.__name__, by=given.get("by"), via=given.get("via", "page")):
            return function(*args, **kwargs)

    return acting
