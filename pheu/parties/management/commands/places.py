"""Let records from before there were provinces and wards have those that their addresses tell."""

from collections.abc import Sequence
from typing import Any

from django.core.management.base import BaseCommand

from pheu.records import kinds, writing
from pheu.records.acts import operation
from pheu.records.fields import PlaceText
from pheu.records.kinds import Kind
from pheu.records.locking import hold

AT_ONCE = 2000


class Command(BaseCommand):
    help = "Reads province and ward of records that have none from their addresses. Safe to run again."

    def handle(self, **options: Any) -> None:
        for kind in kinds.every():
            if any(isinstance(one, PlaceText) for one in kind.schema):
                self.stdout.write(f"{kind.code}: {_fill(kind)}")


def _fill(kind: Kind) -> int:
    """How many have a place now; nobody's version changes, for nobody wrote."""
    done, last = 0, 0
    while ids := list(_without(kind).filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:AT_ONCE]):
        last = ids[-1]
        done += _fill_some(kind, ids)
    return done


def _without(kind: Kind) -> Any:
    return kind.model.objects.filter(province="").exclude(address="")


def _fill_some(kind: Kind, ids: Sequence[int]) -> int:
    with operation("fill_places", by=None, via="clock"):
        hold(*ids)
        rows = _without(kind).filter(pk__in=ids).with_words()
        told = [row for row in rows if kind.schema.follow(row, kind.schema.begun_with(row))]
        writing.update(told, "province", "ward")
        writing.refresh_words(told)
    return len(told)
