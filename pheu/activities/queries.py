from django.db.models import QuerySet
from django.utils import timezone


class ActivityQuerySet(QuerySet):
    def planned(self) -> "ActivityQuerySet":
        """Neither done nor called off."""
        return self.filter(done_at=None, called_off_at=None)

    def open(self) -> "ActivityQuerySet":
        """To be done: what is planned on an archived record waits with it (D19)."""
        return self.planned().filter(record__archived_at=None)

    def done(self) -> "ActivityQuerySet":
        return self.exclude(done_at=None)

    def overdue(self) -> "ActivityQuerySet":
        return self.open().filter(due_at__lt=timezone.now())

    def of(self, user: object) -> "ActivityQuerySet":
        """The person's own work, whatever record it is on; the record itself opens only by its own scope."""
        return self.filter(assignee=user)
