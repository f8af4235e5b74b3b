"""Reading the past of a record: its own, that of what it continues, and of what was folded into it."""

from typing import Any

from django.db.models import QuerySet

from pheu.people.models import User
from pheu.records.models import Record
from pheu.timeline.models import Event, File, Note


def chain(record: Record) -> list[int]:
    """Ids whose past belongs to `record`: itself, what it continues, and records merged into any of these."""
    ids = [record.pk]
    while (earlier := record.continues) is not None:
        ids.append(earlier.pk)
        record = earlier
    return ids + list(Record.objects.filter(merged_into__in=ids).values_list("pk", flat=True))


def events_of(record: Record) -> QuerySet[Event]:
    return Event.objects.filter(about__in=chain(record)).select_related("by").order_by("-at", "-pk")


def files_of(record: Record) -> QuerySet[File]:
    return File.objects.filter(record__in=chain(record)).select_related("by")


def notes_by_id(events: list[Event]) -> dict[int, Note]:
    return Note.objects.in_bulk(
        [event.facts["note"] for event in events if "note" in event.facts and event.kind == "note.added"]
    )


def may_read(file: File, user: User) -> bool:
    """Whoever sees the record, or one that continues it or that it was merged into, reads its files."""
    record: Any = file.record
    nearby = {record.pk, record.merged_into_id}
    later = list(Record.objects.filter(continues__in=[record.pk]).values_list("pk", flat=True))
    latest = list(Record.objects.filter(continues__in=later).values_list("pk", flat=True)) if later else []
    return Record.objects.visible_to(user).filter(pk__in=[pk for pk in (*nearby, *later, *latest) if pk]).exists()
