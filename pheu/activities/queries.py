from datetime import timedelta
from typing import Any

from django.apps import apps
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import (
    BooleanField,
    Case,
    DateTimeField,
    DurationField,
    Exists,
    ExpressionWrapper,
    F,
    Func,
    OuterRef,
    Q,
    QuerySet,
    Value,
    When,
)
from django.db.models.functions import Coalesce, JSONObject, Now, NullIf
from django.utils import timezone

LENGTH = ExpressionWrapper(F("lasts") * Value(timedelta(minutes=1)), DurationField())
MOST_INVITATIONS = 1000  # of the people whose calendar it is, the latest
ENDS_AT = ExpressionWrapper(F("due_at") + LENGTH, DateTimeField())


def _guests() -> QuerySet[Any]:
    """The models stand above this file."""
    guests: QuerySet[Any] = apps.get_model("activities", "Guest")._default_manager.all()
    return guests


def _reads(user: Any) -> Q:
    """Who may read what stands on no record."""
    asked = Exists(_guests().filter(activity=OuterRef("pk"), user=user.pk))
    return Q(assignee=user.pk) | Q(created_by=user.pk) | Q(asked)


class ActivityQuerySet(QuerySet):
    def planned(self) -> "ActivityQuerySet":
        """Neither done nor called off."""
        return self.filter(done_at=None, called_off_at=None)

    def open(self) -> "ActivityQuerySet":
        """To be done: what is planned on an archived record waits with it (D19)."""
        return self.planned().filter(record__archived_at=None)

    def alone(self) -> "ActivityQuerySet":
        """On no record."""
        return self.filter(record=None)

    def alone_for(self, user: Any) -> "ActivityQuerySet":
        """On no record, and theirs to read: what they do or made, and what they are guests of."""
        return self.alone().filter(_reads(user))

    def alone_with_readers(self, user: Any) -> "ActivityQuerySet":
        """On no record, each with `is_read`: whether it is theirs to read, or a time that is taken."""
        told = Case(When(_reads(user), then=True), default=False, output_field=BooleanField())
        return self.alone().annotate(is_read=told)

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
        guests = _guests().filter(activity=OuterRef("pk"))
        name = Coalesce(F("user__full_name"), NullIf(F("name"), Value("")), F("address"))
        told = JSONObject(user=F("user"), name=name, answer=F("answer"))
        return self.annotate(guest_list=ArraySubquery(guests.order_by("pk").values(told=told)))

    def coming_to(self, *people: int) -> "ActivityQuerySet":
        """What these people do, and what they are guests of unless they declined.

        Their invitations are an array that is made first: with a condition on two tables, all work would be read.
        """
        asked = _guests().filter(user__in=people, activity__called_off_at=None).exclude(answer="declined")
        ids = ArraySubquery(asked.order_by("-pk").values("activity")[:MOST_INVITATIONS])
        among = Func(F("pk"), ids, template="(%(expressions)s))", arg_joiner=" = any(", output_field=BooleanField())
        return self.filter(Q(assignee__in=people) | Q(among))

    def of(self, user: object) -> "ActivityQuerySet":
        """The person's own work, whatever record it is on; the record itself opens only by its own scope."""
        return self.filter(assignee=user)
