"""How many of some rows each of several people gets: as many as the others, none more than they have room for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from heapq import heapify, heappop, heappush

from django.db.models import Count
from django.utils.translation import gettext_lazy as _

from pheu.core.errors import DomainError
from pheu.people.models import User
from pheu.records import kinds


@dataclass(frozen=True)
class Load:
    """How many open records of a kind a person has, and how many they take on; None: as many as there are."""

    has: int
    most: int | None = None

    @property
    def room(self) -> int | None:
        return None if self.most is None else max(self.most - self.has, 0)


def loads_of(kind: str, people: Sequence[User]) -> dict[int, Load]:
    """What each of them has in hand, whoever may see it."""
    chosen = kinds.get(kind)
    rows = chosen.model.objects.live().filter(owner__in=people)
    rows = rows.filter(closed_at=None) if chosen.has_stages else rows
    has = dict(rows.order_by().values_list("owner").annotate(n=Count("pk")))
    return {one.pk: Load(has.get(one.pk, 0), one.capacity) for one in people}


def dealt(n: int, loads: Mapping[int, Load]) -> list[int]:
    """Who gets each of `n` rows: by turns, first who has the least in hand; whoever is full is passed over.

    `DomainError` says for how many there is room, where that is not enough.
    """
    # (how many they got, what they had, whose turn it is of equals, who)
    waiting = [(0, load.has, nth, pk) for nth, (pk, load) in enumerate(loads.items()) if load.room != 0]
    heapify(waiting)
    turns: list[int] = []
    while len(turns) < n:
        if not waiting:
            raise DomainError(_("They have room for %(room)s of these %(n)s records."), room=len(turns), n=n)
        got, has, nth, pk = heappop(waiting)
        turns.append(pk)
        if got + 1 != loads[pk].room:
            heappush(waiting, (got + 1, has, nth, pk))
    return turns
