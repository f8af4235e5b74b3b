"""One lock order for everybody: Records of all kinds by id, then their rows, children after.

An act names the Records it will change and holds them before it reads what it decides by; whoever wants one of them
waits until the act is over. Rows and children (activities, notes, tags) are changed only by who holds their Record, so
they need no locks of their own. What hangs on no Record (a person's own work) is held itself, after all Records.
Followers of events never hold anything below what their act holds.
"""

from collections.abc import Iterable

from django.db import models

from pheu.core.again import TryAgain, needed
from pheu.records.acts import current
from pheu.records.models import Record


def hold(*ids: int | None) -> None:
    """Lock the Records of these ids until the act ends, in the order of their ids; those held already cost nothing.

    NO KEY UPDATE: acts wait for each other, new rows that only point here (an event, a deal of the company) do not.
    Records that stand before one held already are taken only if nobody has them, because waiting could never end. An
    act that gave up for such a Record takes it with the first ones when it is begun once more.
    """
    held = current().held
    wanted = sorted({pk for pk in ids if pk is not None} - held | (needed() if not held else set()))
    if not wanted:
        return
    in_order = not held or wanted[0] > max(held)
    rows = Record.objects.filter(pk__in=wanted).order_by("pk")
    rows = rows.select_for_update(no_key=True) if in_order else rows.select_for_update(no_key=True, skip_locked=True)
    found = set(rows.values_list("pk", flat=True))
    if not in_order and found != set(Record.objects.filter(pk__in=wanted).values_list("pk", flat=True)):
        raise TryAgain(held.union(wanted))
    held.update(wanted)


def must_hold(*ids: int | None) -> None:
    """`TryAgain` unless all of these are held: what an act read before it held anything was no longer so."""
    held = current().held
    if lacking := {pk for pk in ids if pk is not None} - held:
        raise TryAgain(held | lacking)


def made(ids: Iterable[int]) -> None:
    """Records that this act has made itself: nobody else can see them yet, so they count as held."""
    current().held.update(ids)


# What hangs on no Record ----------------------------------------------------------------------------------------------


def hold_alone(model: type[models.Model], keys: Iterable[int]) -> None:
    """Lock rows that hang on no Record until the act ends, by their keys; after the Records that it holds."""
    table, alone = model._meta.db_table, current().alone
    wanted = sorted({(table, key) for key in keys} - alone)
    if wanted:
        rows = model._default_manager.filter(pk__in=[key for _table, key in wanted]).order_by("pk")
        alone.update((table, key) for key in rows.select_for_update(no_key=True).values_list("pk", flat=True))


def must_hold_alone(model: type[models.Model], *keys: int) -> None:
    """`TryAgain` unless all of these rows are held: they came to stand on no Record while the act waited."""
    if {(model._meta.db_table, key) for key in keys} - current().alone:
        raise TryAgain(current().held)
