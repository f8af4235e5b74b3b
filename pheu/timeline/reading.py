"""Reading the past of a record: its own, that of what it continues, and of what was folded into it."""

from typing import Any

from django.db.models import BigIntegerField, Case, OuterRef, Q, QuerySet, Subquery, When
from django.db.models.fields.json import KT
from django.db.models.functions import Cast, Coalesce, JSONObject

from pheu.core.prepared import prepared
from pheu.people.models import User
from pheu.records.models import Record
from pheu.records.queries import Future
from pheu.timeline.events import (
    FILE_ADDED,
    FILE_RENAMED,
    FILE_WITHDRAWN,
    NOTE_ADDED,
    NOTE_EDITED,
    NOTE_WITHDRAWN,
)
from pheu.timeline.history import STAGE, Change, changes_in
from pheu.timeline.models import Contribution, Event, File, Note

PAGE = 30


OF_NOTES = (NOTE_ADDED.code, NOTE_EDITED.code, NOTE_WITHDRAWN.code)
OF_FILES = (FILE_ADDED.code, FILE_RENAMED.code, FILE_WITHDRAWN.code)


def events_of(past_ids: list[int]) -> QuerySet[Event]:
    """What happened to these records, newest first; those that tell of a note or file bring it as it is `now`."""
    told = Event.objects.filter(about__in=past_ids).annotate(
        note=_named("note", OF_NOTES), file=_named("file", OF_FILES)
    )
    note = JSONObject(body="body", mentions="mentions", edited="edited_at", withdrawn="withdrawn_at")
    file = JSONObject(name="name", size="size", media_type="media_type", withdrawn="withdrawn_at")
    now = Coalesce(_now(Note, "note", note), _now(File, "file", file))
    return told.annotate(now=now).select_related("by", "about", "operation__undoes").order_by("-at", "-pk")


def _named(fact: str, codes: tuple[str, ...]) -> Case:
    return Case(When(kind__in=codes, then=Cast(KT(f"facts__{fact}"), BigIntegerField())))


def _now(model: Any, name: str, told: JSONObject) -> Subquery:
    return Subquery(model.objects.filter(pk=OuterRef(name)).order_by().values(told=told))


@prepared
def newest_events(past_ids: list[int]) -> QuerySet[Event]:
    """The first page, and one more."""
    return events_of(past_ids)[: PAGE + 1]


def page(events: QuerySet[Event], below: int | None) -> tuple[list[Event], int | None]:
    """Those below an event, or the newest, and below which one there are older ones, if there are."""
    edge = Event.objects.filter(pk=below).first() if below is not None else None
    if edge is not None:
        events = events.filter(at__lte=edge.at).exclude(at=edge.at, pk__gte=edge.pk)
    return cut(list(events[: PAGE + 1]))


def cut(fetched: list[Event]) -> tuple[list[Event], int | None]:
    """The same of a page that was fetched with one more."""
    shown = fetched[:PAGE]
    return shown, shown[-1].pk if len(fetched) > PAGE else None


@prepared
def files_of(past_ids: list[int]) -> QuerySet[File]:
    return File.objects.filter(record__in=past_ids, withdrawn_at=None)[:50]


@prepared
def followers_of(record_id: int) -> QuerySet[User]:
    return User.objects.filter(following__record=record_id)


def may_read(thing: Contribution, user: User) -> bool:
    """Whoever sees a record to whose past the note or file belongs: `Record.past_ids` read from its other end."""
    ids = Record.objects.filter(pk=thing.record_id).values_list(Future("pk"), flat=True)[0]
    return Record.objects.visible_to(user).filter(pk__in=ids).exists()


# Changes of fields ---------------------------------------------------------------------------------------------------


def tellings(record_id: int, field: str = "") -> QuerySet[Event]:
    """The events that tell how fields of a record changed, or how this one did; newest first."""
    told = Q(facts__changes__contains=[{"field": field}]) if field else Q(facts__has_key="changes")
    if field in ("", STAGE):
        told |= Q(facts__has_keys=["left", "entered"])
    return Event.objects.filter(told, about=record_id).order_by("-at", "-pk")


def changes_of(record_id: int) -> list[Change]:
    """All changes of a record's fields, newest first: one statement, however many there are."""
    told = tellings(record_id).values_list("at", "facts")
    return [change for at, facts in told for change in changes_in(at, facts)]
