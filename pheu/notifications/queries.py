from typing import Any

from django.db.models import BooleanField, OuterRef, Q, QuerySet, Subquery, Value

from pheu.people.models import User


class NotificationQuerySet(QuerySet):
    def of(self, user: User) -> "NotificationQuerySet":
        """What the bell shows to `user`."""
        return self.told(user).filter(rings=True)

    def told(self, user: User) -> "NotificationQuerySet":
        """What `user` was told and may still see: the record decides, each time anew; what is about none stays."""
        records: Any = self.model._meta.get_field("record").related_model
        seen = records.objects.visible_to(user).filter(pk=OuterRef("record")).exclude(state=records.State.UNDONE)
        # A value, looked up by key for each row. Of «exists, or on none» PostgreSQL would read all records into a hash.
        is_seen = Subquery(seen.order_by().values(told=Value(True))[:1], output_field=BooleanField())
        return self.filter(Q(record=None) | Q(is_seen), receiver=user)

    def unread(self) -> "NotificationQuerySet":
        return self.filter(read_at=None)
