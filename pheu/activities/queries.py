from datetime import timedelta

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import DateTimeField, DurationField, Exists, ExpressionWrapper, F, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Coalesce, JSONObject, Now, NullIf
from django.utils import timezone

LENGTH = ExpressionWrapper(F("lasts") * Value(timedelta(minutes=1)), DurationField())
MOST_INVITATIONS = 1000  # of the people whose calendar it is, the latest
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

    def with_guests(self) -> "ActivityQuerySet":
        """With `guest_list`, [{"user", "name", "answer"}], in the same statement."""
        guests = self.model._meta.get_field("guests").related_model._default_manager.filter(activity=OuterRef("pk"))
        name = Coalesce(F("user__full_name"), NullIf(F("name"), Value("")), F("address"))
        told = JSONObject(user=F("user"), name=name, answer=F("answer"))
        return self.annotate(guest_list=ArraySubquery(guests.order_by("pk").values(told=told)))

    def coming_to(self, *people: int) -> "ActivityQuerySet":
        """What these people do, and what they are guests of unless they declined.

        Their invitations are asked for first: one condition on two tables would read all work there is.
        """
        guests = self.model._meta.get_field("guests").related_model._default_manager
        asked = guests.filter(user__in=people, activity__called_off_at=None).exclude(answer="declined")
        ids = list(asked.order_by("-pk").values_list("activity", flat=True)[:MOST_INVITATIONS])
        return self.filter(Q(assignee__in=people) | Q(pk__in=ids)) if ids else self.filter(assignee__in=people)

    def of(self, user: object) -> "ActivityQuerySet":
        """The person's own work, whatever record it is on; the record itself opens only by its own scope."""
        return self.filter(assignee=user)
