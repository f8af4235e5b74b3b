"""«Không trùng»: two records that look alike and are not the same; remembered for good."""

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
from pheu.records.models import Record, id_and_name
from pheu.timeline.services import record as tell_event


@act
def keep_apart(one: Record, other: Record, *, by: User, via: str = "page") -> Apart:
    """Propose these two to nobody any more; once more is harmless. For whoever may change both."""
    if one.pk == other.pk:
        raise DomainError(_("That is one record."))
    hold(one.pk, other.pk)
    for record in (one, other):
        if not kinds.get(record.kind).model.objects.within(by, CHANGE).filter(pk=record.pk).exists():
            raise Refused
    first, second = sorted((one, other), key=lambda record: record.pk)
    standing = Apart.objects.filter(first=first, second=second).first()
    if standing is not None:
        return standing
    made = writing.make([Apart(first=first, second=second, by=by)])[0]
    for about, named in ((first, second), (second, first)):
        tell_event(KEPT_APART, about=about, by=by, via=via, other=id_and_name(named))
    return made


def kept_apart(record: Record) -> set[int]:
    """Ids of the records that somebody has said are not the same as this one."""
    pairs = Apart.objects.filter(Q(first=record) | Q(second=record)).values_list("first", "second")
    return {pk for pair in pairs for pk in pair} - {record.pk}
