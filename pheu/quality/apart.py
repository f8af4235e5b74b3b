"""«Không trùng»: records that look alike and are not the same; remembered for good."""

from itertools import combinations

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from pheu.core.errors import DomainError, Refused
from pheu.people.models import User
from pheu.people.scopes import CHANGE
from pheu.quality.events import KEPT_APART
from pheu.quality.models import Apart
from pheu.records import kinds, writing
from pheu.records.acts import act
from pheu.records.locking import hold
from pheu.records.models import Operation, Record, id_and_name
from pheu.timeline.services import record_many
from pheu.timeline.undo import Undoable, can_undo


@act
def keep_apart(*records: Record, by: User, via: str = "page") -> None:
    """Propose no two of these to anybody any more; once more is harmless. For whoever may change all of them."""
    there = {one.pk: one for one in records}
    if len(there) < 2:
        raise DomainError(_("That is one record."))
    hold(*there)
    for code in {one.kind for one in records}:
        wanted = [pk for pk, one in there.items() if one.kind == code]
        if kinds.get(code).model.objects.within(by, CHANGE).filter(pk__in=wanted).count() != len(wanted):
            raise Refused
    standing = set(Apart.objects.filter(first__in=there, second__in=there).values_list("first", "second"))
    fresh = [pair for pair in combinations(sorted(there), 2) if pair not in standing]
    writing.make([Apart(first=there[first], second=there[second], by=by) for first, second in fresh])
    told = []
    for pk, one in sorted(there.items()):
        others = [there[other] for pair in fresh if pk in pair for other in pair if other != pk]
        if others:
            told.append((one, {"other": [id_and_name(other) for other in others]}))
    record_many(KEPT_APART, told, by=by, via=via)


def _propose_again(operation: Operation) -> None:
    """The pairs of an undone operation; the journal itself takes back only what hangs on one record."""
    made = operation.entries.filter(table=Apart._meta.db_table).values("key")
    writing.remove(Apart.objects.filter(pk__in=made))


can_undo(
    "keep_apart",
    Undoable(
        event=KEPT_APART.code,
        action=CHANGE,
        what=_("saying that records are not the same"),
        also=_propose_again,
        of_fields=False,
    ),
)


def kept_apart(record: Record) -> set[int]:
    """Ids of the records that somebody has said are not the same as this one."""
    pairs = Apart.objects.filter(Q(first=record) | Q(second=record)).values_list("first", "second")
    return {pk for pair in pairs for pk in pair} - {record.pk}
