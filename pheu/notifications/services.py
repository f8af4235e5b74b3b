"""Telling people of events, and noting that they have read of them: a few statements for any number of either."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import OuterRef, QuerySet, Subquery
from django.utils import timezone

from pheu.notifications import live
from pheu.notifications.models import Choice, Notification, Reason
from pheu.people.models import User
from pheu.records.access import seen_by
from pheu.timeline.models import Event

KEPT = timedelta(days=180)


@dataclass(frozen=True)
class News:
    """Who may want to hear of an event, and why."""

    receiver_id: int
    event: Event
    reason: Reason

    @property
    def about(self) -> int:
        """The id of the record; 0 where the event is about none."""
        return self.event.about_id or 0


def tell(news: Iterable[News]) -> list[Notification]:
    """Tell people of events: not whoever did it, nobody who may not see its record, or who wants no word of that."""
    wanted = [one for one in news if one.receiver_id != one.event.by_id and one.about]
    if not wanted:
        return []
    people = _hearing({one.receiver_id for one in wanted})
    seen = seen_by(people, {one.about for one in wanted})
    silent = {person.pk: set(getattr(person, "silent", None) or ()) for person in people}
    rows = [
        Notification(
            receiver_id=one.receiver_id, event=one.event, record_id=one.about, operation_id=one.event.operation_id,
            reason=one.reason,
        )
        for one in wanted
        if one.about in seen.get(one.receiver_id, ()) and one.reason not in silent[one.receiver_id]
    ]  # fmt: skip
    if rows:
        Notification.objects.bulk_create(rows, batch_size=1000, ignore_conflicts=True)
        live.told().receivers.update(row.receiver_id for row in rows)
    return rows


def _hearing(ids: set[int]) -> Sequence[User]:
    silent = Choice.objects.filter(user=OuterRef("pk")).values("silent")
    return list(User.objects.active().filter(pk__in=ids).with_rights().annotate(silent=Subquery(silent)))


def read(notification: Notification) -> int:
    """Note that its receiver has read it, and with it all that the same operation brought them."""
    rows = Notification.objects.unread().filter(receiver=notification.receiver_id)
    return _note_read(rows.filter(operation=notification.operation_id), notification.receiver_id)


def read_all(user: User, *, up_to: int) -> int:
    """Note that `user` has read everything that came no later than the notification of this id."""
    return _note_read(Notification.objects.unread().filter(receiver=user, pk__lte=up_to), user.pk)


def _note_read(rows: QuerySet[Notification], receiver: int) -> int:
    """With word to all the receiver's tabs."""
    if many := rows.update(read_at=timezone.now()):
        live.send({"bell": [receiver]})
    return many


def choose(user: User, wanted: Iterable[str]) -> None:
    """Let the bell ring for these reasons only."""
    silent = [one.value for one in Reason if one.value not in set(wanted)]
    Choice.objects.update_or_create(user=user, defaults={"silent": silent})


def forget_old() -> int:
    """Remove what was told long ago, a portion at a time; the timeline keeps what happened."""
    old = Notification.objects.filter(made_at__lt=timezone.now() - KEPT).values_list("pk", flat=True)[:5000]
    gone, _by_model = Notification.objects.filter(pk__in=list(old)).delete()
    return gone
