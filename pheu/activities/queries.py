from datetime import timedelta

from django.db.models import DateTimeField, DurationField, Exists, ExpressionWrapper, F, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Now
from django.utils import timezone

LENGTH = ExpressionWrapper(F("lasts") * Value(timedelta(minutes=1)), DurationField())
ENDS_AT = ExpressionWrapper(F("due_at") + LENGTH, DateTimeField())


class ActivityQuerySet(QuerySet):
    def planned(self) -> "ActivityQuerySet":
        """Neither done nor called off."""
        return self.filter(done_at=None, called_off_at=None)

    def open(self) -> "ActivityQuerySet":
        """To be done: what is planned on an archived record waits with it (D19)."""
        return self.planned().filter(record__archived_at=None)

    def next_of_series(self) -> "ActivityQuerySet":
        """Of work that comes again what is done or overdue, and what comes first after that; all other work."""
        planned = self.model._default_manager.filter(series=OuterRef("series"), done_at=None, called_off_at=None)
        sooner = planned.filter(due_at__gte=Now(), due_at__lt=OuterRef("due_at"))
        past = Q(done_at__isnull=False) | Q(due_at__lt=Now())
        return self.filter(Q(series=None) | past | ~Exists(sooner))

    def done(self) -> "ActivityQuerySet":
        return self.exclude(done_at=None)

    def overdue(self) -> "ActivityQuerySet":
        return self.open().filter(due_at__lt=timezone.now())

    def of(self, user: object) -> "ActivityQuerySet":
        """The person's own work, whatever record it is on; the record itself opens only by its own scope."""
        return self.filter(assignee=user)
