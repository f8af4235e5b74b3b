"""Who else looks at a record just now."""

from datetime import timedelta

from django.db.models import OuterRef, Q, QuerySet
from django.utils import timezone

from pheu.notifications import live
from pheu.notifications.models import Reader
from pheu.people.models import User
from pheu.records.access import seen_by
from pheu.records.models import Record

STAYS = timedelta(seconds=60)  # without a word, somebody is taken to have left


def come(record: Record, user: User) -> None:
    """Note that `user` looks at it, and tell the others if that is new."""
    now = timezone.now()
    stays = Reader.objects.filter(record=record, user=user, seen_at__gt=now - STAYS)
    if not stays.update(seen_at=now):
        Reader.objects.update_or_create(record=record, user=user, defaults={"seen_at": now})
        live.send({"here": [record.pk]})


def leave(record: Record, user: User) -> None:
    gone, _by_model = Reader.objects.filter(record=record, user=user).delete()
    if gone:
        live.send({"here": [record.pk]})


def readers_but(user: User) -> QuerySet[Reader]:
    """Of the record of an outer query: who else looks at it just now."""
    looking = Reader.objects.filter(record=OuterRef("pk"), seen_at__gt=timezone.now() - STAYS)
    return looking.exclude(user=user)


def others(record: Record, user: User) -> list[User]:
    """Who else looks at it and may: rights may have gone while a page stayed open."""
    reading = Reader.objects.filter(record=record, seen_at__gt=timezone.now() - STAYS).values("user")
    people = list(User.objects.active().filter(~Q(pk=user.pk), pk__in=reading).with_rights().order_by("name_key", "pk"))
    seen = seen_by(people, [record.pk])
    return [one for one in people if record.pk in seen[one.pk]]


def forget_gone() -> None:
    Reader.objects.filter(seen_at__lt=timezone.now() - 10 * STAYS).delete()
