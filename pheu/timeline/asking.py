"""«Xin quyền xem»: whoever is only told that a record is there asks those who have it to let them see it (R1.33)."""

from datetime import timedelta

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from pheu.core.errors import DomainError, Refused
from pheu.people.models import User
from pheu.people.scopes import CHANGE
from pheu.records import kinds
from pheu.records.acts import act
from pheu.records.locking import hold
from pheu.records.models import Follower, Record, id_and_name
from pheu.timeline import events
from pheu.timeline.models import Event
from pheu.timeline.services import record

ONCE_IN = timedelta(days=7)
NOTE_LIMIT = 500


@act
def ask_to_see(about: Record, *, note: str = "", by: User, via: str = "page") -> bool:
    """Ask whoever has a record; whether they are told now: once more within a week says nothing new.

    Nothing of the record is told to `by`. Whoever calls has made sure that they were told of it.
    """
    hold(about.pk)
    about = Record.objects.get(pk=about.pk)
    if not by.is_active:
        raise Refused
    if not about.is_live:
        raise DomainError(_("This record is not in use any more."))
    if Record.objects.visible_to(by).filter(pk=about.pk).exists():
        raise DomainError(_("You may see this record already."))
    if len(note) > NOTE_LIMIT:
        raise DomainError(_("This text is too long."))
    asked = Event.objects.filter(about=about, kind=events.ACCESS_ASKED.code, by=by, at__gt=timezone.now() - ONCE_IN)
    if asked.exists():
        return False
    record(events.ACCESS_ASKED, about=about, by=by, via=via, who=id_and_name(by), note=note)
    return True


def asks_still(event: Event, reader: User) -> int | None:
    """Whom the reader can let see the record of this event, where they asked for that and nobody has yet."""
    if event.kind != events.ACCESS_ASKED.code or event.about is None:
        return None
    asker: int = event.facts["who"]["id"]
    if Follower.objects.filter(record=event.about, user=asker).exists():
        return None
    rows = kinds.get(event.about.kind).model.objects.within(reader, CHANGE)
    return asker if rows.filter(pk=event.about.pk).exists() else None
