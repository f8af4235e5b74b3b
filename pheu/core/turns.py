"""Turns at what has no row to lock: whoever comes second waits until the transaction of the first is over."""

from django.db import connection

_ALONE = "select pg_advisory_xact_lock(hashtextextended(%s, 0))"
_TOGETHER = "select pg_advisory_xact_lock_shared(hashtextextended(%s, 0))"


def take_turn(name: str, *, shared: bool = False) -> None:
    """Wait until nobody else has the turn of this name, and keep it to the end of the transaction.

    Those that take it `shared` have it together, and wait only for who has it alone.
    """
    with connection.cursor() as cursor:
        cursor.execute(_TOGETHER if shared else _ALONE, [name])
