from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from pheu.people.models import User


class NotificationQuerySet(QuerySet):
    def of(self, user: User) -> "NotificationQuerySet":
        """What the bell shows to `user`."""
        return self.told(user).filter(rings=True)

    def told(self, user: User) -> "NotificationQuerySet":
        """What `user` was told and may still see: the record decides, each time anew; what is about none stays."""
        records: Any = self.model._meta.get_field("record").related_model
        seen = records.objects.visible_to(user).filter(pk=OuterRef("record")).exclude(state=records.State.UNDONE)
        return self.filter(Exists(seen) | Q(record=None), receiver=user)

    def unread(self) -> "NotificationQuerySet":
        return self.filter(read_at=None)
