"""Turns at what has no row to lock: whoever comes second waits until the transaction of the first is over."""

from django.db import connection


def take_turn(name: str, *, shared: bool = False) -> None:
    """Wait until nobody else has the turn of this name, and keep it to the end of the transaction.

    Those that take it `shared` have it together, and wait only for who has it alone.
    """
    function = "pg_advisory_xact_lock_shared" if shared else "pg_advisory_xact_lock"
    with connection.cursor() as cursor:
        cursor.execute(f"select {function}(hashtextextended(%s, 0))", [name])
