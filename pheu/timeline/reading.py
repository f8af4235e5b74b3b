"""Reading the past of a record: its own, that of what it continues, and of what was folded into it."""

from django.db.models import BigIntegerField, Case, OuterRef, QuerySet, Subquery, When
from django.db.models.fields.json import KT
from django.db.models.functions import Cast

from pheu.core.prepared import prepared
from pheu.people.models import User
from pheu.records.models import Record
from pheu.records.queries import Future
from pheu.timeline.events import NOTE_ADDED
from pheu.timeline.models import Event, File, Note

PAGE = 30


def events_of(past_ids: list[int]) -> QuerySet[Event]:
    """What happened to these records, newest first; events that tell of a note bring its `note_body`."""
    note = Case(When(kind=NOTE_ADDED.code, then=Cast(KT("facts__note"), BigIntegerField())))
    body = Subquery(Note.objects.filter(pk=OuterRef("note")).values("body"))
    told = Event.objects.filter(about__in=past_ids).annotate(note=note, note_body=body)
    return told.select_related("by", "about", "operation").order_by("-at", "-pk")


@prepared
def newest_events(past_ids: list[int]) -> QuerySet[Event]:
    """The first page, and one more."""
    return events_of(past_ids)[: PAGE + 1]


@prepared
def files_of(past_ids: list[int]) -> QuerySet[File]:
    return File.objects.filter(record__in=past_ids)[:50]


@prepared
def followers_of(record_id: int) -> QuerySet[User]:
    return User.objects.filter(following__record=record_id)


def may_read(file: File, user: User) -> bool:
    """Whoever sees a record to whose past the file belongs: `Record.past_ids` read from its other end."""
    ids = Record.objects.filter(pk=file.record_id).values_list(Future("pk"), flat=True)[0]
    return Record.objects.visible_to(user).filter(pk__in=ids).exists()
