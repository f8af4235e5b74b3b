"""Beginning once more where two people were in each other's way.

A database that finds two transactions waiting for each other ends one of them; an act that finds the world moved while
it waited for its locks gives up by itself (`TryAgain`). Neither is the person's fault, so the door does it once more:
pages here (`DomainErrorMiddleware`), jobs in `jobs.job`. The first try was one transaction and left nothing behind.
"""

from collections.abc import Callable, Iterable
from contextvars import ContextVar
from typing import TypeVar

from django.db import OperationalError, transaction

R = TypeVar("R")
# serialization_failure, deadlock_detected
IN_THE_WAY = {"40001", "40P01"}


class TryAgain(Exception):
    """What an act read before it held its locks was no longer so when it held them.

    `needs` are ids of what the next try should hold from its beginning: what this one held, and what it lacked.
    """

    def __init__(self, needs: Iterable[int] = ()) -> None:
        super().__init__()
        self.needs = frozenset(needs)


_needed: ContextVar[frozenset[int]] = ContextVar("needed", default=frozenset())


def needed() -> frozenset[int]:
    """What the first try gave up for, while the second goes on."""
    return _needed.get()


def is_worth_again(error: BaseException) -> bool:
    return isinstance(error, TryAgain) or getattr(error.__cause__, "sqlstate", None) in IN_THE_WAY


def once_more(work: Callable[[], R]) -> R:
    """Do `work`; once more where somebody was in the way. A second time that is an error."""
    try:
        return work()
    except (TryAgain, OperationalError) as error:
        if not is_worth_again(error):
            raise
        token = _needed.set(getattr(error, "needs", frozenset()))
    try:
        return work()
    finally:
        _needed.reset(token)


def in_one_go(work: Callable[[], R]) -> R:
    """`once_more` for what must be one transaction: nothing of a first try is left."""

    def whole() -> R:
        with transaction.atomic():
            return work()

    return once_more(whole)
