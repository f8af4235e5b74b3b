"""«Để lâu»: open records that stand in a stage longer than the company wants (R4.20).

How long that is stands with each stage. It is read once for each stamp (`core.shape`), so that a condition compares
with moments that the planner knows.
"""

from collections.abc import Mapping
from datetime import timedelta
from functools import lru_cache, reduce
from operator import or_

from django.db.models import Q
from django.utils import timezone

from pheu.core import shape
from pheu.records.models import Stage

# {days: the stages in which more is too long}
Limits = Mapping[int, list[int]]
NOTHING = Q(pk__in=[])


def limits_of(kind: str) -> Limits:
    """The stages of a kind that records should leave in time."""
    return _read(shape.stamp()).get(kind, {})


@lru_cache(maxsize=4)
def _read(stamp: str) -> Mapping[str, Limits]:
    limits: dict[str, dict[int, list[int]]] = {}
    if stamp:  # before the first one nobody has said how long
        told = Stage.objects.exclude(rots_after=None).order_by("pk")
        for kind, days, pk in told.values_list("pipeline__kind", "rots_after", "pk"):
            limits.setdefault(kind, {}).setdefault(days, []).append(pk)
    return limits


def rotting_q(kind: str) -> Q:
    """Rows of `kind` that have stood too long."""
    limits, now = limits_of(kind), timezone.now()
    since = {days: now - timedelta(days=days) for days in limits}
    each = [Q(stage__in=stages, stage_entered_at__lt=since[days]) for days, stages in limits.items()]
    # Said again of all together, for the index of what stands still is in that order.
    return Q(closed_at=None, stage_entered_at__lt=max(since.values())) & reduce(or_, each) if each else NOTHING
