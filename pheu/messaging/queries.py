"""Which letters a person may see, and how much of them."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models import Count, Q
from django.utils import timezone

from pheu.core.errors import Refused
from pheu.people.models import User
from pheu.records.models import Record
from pheu.records.queries import Future

if TYPE_CHECKING:
    from pheu.messaging.models import Mailbox, Message  # noqa: F401


PAUSE = timedelta(minutes=30)  # until a mailbox that does not work is asked again: servers lock who tries too often


class MailboxQuerySet(models.QuerySet["Mailbox"]):
    def to_look_into(self) -> "MailboxQuerySet":
        """Of people who are here; those that did not work the last time, once in a while."""
        lately = Q(checked_at__gt=timezone.now() - PAUSE) & ~Q(problem="")
        return self.filter(user__is_active=True).exclude(lately)


class MessageQuerySet(models.QuerySet["Message"]):
    def of(self, user: User) -> "MessageQuerySet":
        return self.filter(user=user)

    def held_of(self, user: User, pk: int) -> "Message":
        """One of the letters of their mailbox, as it is now, until the act ends; `Refused` for anybody else's."""
        mine = self.select_for_update().filter(user=user, pk=pk).first()
        if mine is None or not user.is_active:
            raise Refused
        return mine

    def without_html(self) -> "MessageQuerySet":
        """For lines of lists: with the number of `files`, without what is long."""
        return self.select_related("user").defer("html").annotate(files=Count("enclosures"))

    def unsent(self) -> "MessageQuerySet":
        """Written and waiting, or failed."""
        return self.filter(state__in=("waiting", "sending", "failed"))

    def drafts(self) -> "MessageQuerySet":
        """Not written to the end, or taken back."""
        return self.filter(state="held")

    def unplaced(self) -> "MessageQuerySet":
        """Received, about nothing that is known, and not put aside."""
        return self.filter(state="received", record=None, ignored_at=None)


def may_read(message: Any, user: User) -> bool:
    """Whether they may read what it says: it is theirs, or open to whoever sees a record to whose past it belongs."""
    if message.user_id == user.pk:
        return True
    return message.privacy == "whole" and message.record_id is not None and _may_see(message.record_id, user)


def _may_see(record_id: int, user: User) -> bool:
    ids = Record.objects.filter(pk=record_id).values_list(Future("pk"), flat=True)[0]
    return Record.objects.visible_to(user).filter(pk__in=ids).exists()
