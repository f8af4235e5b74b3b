"""Telling people of events, and noting that they have read of them: a few statements for any number of either."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from pheu.notifications import live
from pheu.notifications.letters import DAILY, Daily, to_nobody
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
    """Tell people of events: not whoever did it, nobody who may not see its record, or who wants no word of that.

    Of what stands on no record all are told that are named here.

    Returned are those for which the bell rings.
    """
    wanted = [one for one in news if one.receiver_id != one.event.by_id]
    if not wanted:
        return []
    people = _hearing({one.receiver_id for one in wanted})
    seen = seen_by(people, {one.about for one in wanted if one.about})
    choices = {person.pk: _Heard.by(person) for person in people}
    rows = [
        Notification(
            receiver_id=one.receiver_id, event=one.event, record_id=one.event.about_id,
            operation_id=one.event.operation_id, reason=one.reason,
            rings=one.reason not in choices[one.receiver_id].silent,
        )
        for one in wanted
        if one.receiver_id in choices
        and (not one.about or one.about in seen.get(one.receiver_id, ()))
        and choices[one.receiver_id].hears_of(one.reason)
    ]  # fmt: skip
    if rows:
        Notification.objects.bulk_create(rows, batch_size=1000, ignore_conflicts=True)
    ringing = [row for row in rows if row.rings]
    if ringing:
        live.told().receivers.update(row.receiver_id for row in ringing)
    return ringing


@dataclass(frozen=True)
class _Heard:
    """What somebody wants no word of by the bell, and what they want by mail."""

    silent: frozenset[str]
    mailed: frozenset[str]

    @classmethod
    def by(cls, person: User) -> "_Heard":
        return cls(*(frozenset(getattr(person, name, None) or ()) for name in ("silent", "mailed")))

    def hears_of(self, reason: str) -> bool:
        return reason not in self.silent or reason in self.mailed


def _hearing(ids: set[int]) -> Sequence[User]:
    own = Choice.objects.filter(user=OuterRef("pk"))
    chosen = {name: Subquery(own.values(name)) for name in ("silent", "mailed")}
    return list(User.objects.active().filter(pk__in=ids).with_rights().annotate(**chosen))


def read(notification: Notification) -> int:
    """Note that its receiver has read it, and with it all that the same operation brought them."""
    rows = Notification.objects.unread().filter(receiver=notification.receiver_id)
    return _note_read(rows.filter(operation=notification.operation_id), notification.receiver_id)


def read_all(user: User, *, up_to: int) -> int:
    """Note that `user` has read everything that came no later than the notification of this id."""
    return _note_read(Notification.objects.unread().filter(receiver=user, pk__lte=up_to, rings=True), user.pk)


def _note_read(rows: QuerySet[Notification], receiver: int) -> int:
    """With word to all the receiver's tabs."""
    if many := rows.update(read_at=timezone.now()):
        live.send({"bell": [receiver]})
    return many


def choose(user: User, wanted: Iterable[str], mailed: Iterable[str] = (), *, language: str = "vi") -> None:
    """Let the bell ring for these reasons only, and send a mail a day of those, the first on the next day of work."""
    silent = [one.value for one in Reason if one.value not in set(wanted)]
    mailed = [one for one in [*Reason.values, *DAILY] if one in set(mailed)]
    chosen, _is_new = Choice.objects.get_or_create(user=user)
    if not chosen.mailed:
        chosen.mailed_on = timezone.localdate()
    chosen.silent, chosen.mailed, chosen.language = silent, mailed, language
    chosen.save()


def daily_of(chosen: Choice) -> list[tuple[Daily, bool]]:
    """Of what apps above add to the mail of the day, whether it is wanted."""
    return [(one, one.code in chosen.mailed) for one in DAILY.values()]


def awaiting_mail(day: date) -> QuerySet[Choice]:
    """Whose mail of this day was not asked for yet; those are held whom nobody else holds."""
    due = Q(mailed_on=None) | Q(mailed_on__lt=day)
    waiting = Choice.objects.filter(due, user__is_active=True).exclude(mailed=[]).exclude(to_nobody("user__email"))
    return waiting.select_for_update(skip_locked=True, of=("self",))


def take_for_mail(user: User, reasons: Iterable[str], *, up_to: int, unsaid: Sequence[Reason] = ()) -> list[int]:
    """What waits for this person's mail, from now on taken as mailed: not what was read, or may be seen no more.

    What came for a reason in `unsaid` is taken too, but not returned: the mail says it in another way.
    """
    waiting = Notification.objects.told(user).unread().filter(mailed_at=None, reason__in=list(reasons), pk__lte=up_to)
    taken = dict(waiting.order_by("-pk").values_list("pk", "reason"))
    Notification.objects.filter(pk__in=taken).update(mailed_at=timezone.now())
    return [pk for pk, reason in taken.items() if reason not in unsaid]


def forget_old() -> int:
    """Remove what was told long ago, a portion at a time; the timeline keeps what happened."""
    old = Notification.objects.filter(made_at__lt=timezone.now() - KEPT).values_list("pk", flat=True)[:5000]
    gone, _by_model = Notification.objects.filter(pk__in=list(old)).delete()
    return gone
