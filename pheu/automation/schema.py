"""Records that are about to go back to the pool: asked for as any field is, so that a number of them opens its list."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from pheu.automation.events import POOL_WARNED
from pheu.automation.models import Patience, PoolWarning
from pheu.automation.queries import not_over
from pheu.records import kinds
from pheu.records.fields import Field
from pheu.records.fields.shown import YES_OR_NO, IsOneOf, Overdue, in_stages
from pheu.records.models import OPEN
from pheu.timeline.events import FOLLOWED, UNFOLLOWED
from pheu.timeline.models import Event

# What is told of a record though nobody has touched it. Anything else is a touch: a note, work planned or done, a
# change, another stage, a file, another owner.
NO_TOUCH = (POOL_WARNED.code, FOLLOWED.code, UNFOLLOWED.code)


def touches(**since: Any) -> QuerySet[Event]:
    """Touches of the record of an outer query, by which a condition on `at` may be narrowed."""
    return Event.objects.filter(about=OuterRef("pk"), **since).exclude(kind__in=NO_TOUCH)


def standing_warnings() -> QuerySet[PoolWarning]:
    """Those after which nobody has touched the record."""
    return PoolWarning.objects.filter(~Exists(touches(at__gt=OuterRef("at"))))


def untouched(patience: Patience, days: int, now: datetime) -> QuerySet[Any]:
    """Open records that a rule is about and somebody has, with nothing planned ahead, untouched for so many days."""
    rows = patience.kind.model.objects.live().filter(not_over(patience.kind), owner__isnull=False)
    rows = rows.filter(stage__pipeline=patience.pipeline_id) if patience.pipeline else rows
    long_ago = now - timedelta(days=days)
    idle = rows.filter(Q(next_activity_at=None) | Q(next_activity_at__lt=now), created_at__lt=long_ago)
    return idle.filter(~Exists(touches(at__gte=long_ago)))


def to_warn(patience: Patience) -> QuerySet[Any]:
    """Of which their owner is to be told now: nobody has said so since they were touched."""
    now = timezone.now()
    rows = untouched(patience, patience.days - patience.warn_days, now)
    return rows.exclude(pk__in=standing_warnings().values("pk")) if patience.warn_days else rows.none()


def to_return(patience: Patience) -> QuerySet[Any]:
    """That go back now: their owner was told long enough ago."""
    now = timezone.now()
    rows = untouched(patience, patience.days, now)
    told = standing_warnings().filter(at__lte=now - timedelta(days=patience.warn_days))
    return rows.filter(pk__in=told.values("pk")) if patience.warn_days else rows


@dataclass(frozen=True, kw_only=True, eq=False)
class Returning(Overdue):
    """«Sắp về kho»: its owner was told that it goes back, and nobody has touched it since."""

    follows_from: ClassVar[set[str]] = set()

    def rows(self) -> Q:
        told = ArraySubquery(standing_warnings().order_by().values("pk"))
        kind = kinds.get(self.kind)
        is_open = in_stages(self.kind, category__in=OPEN) if kind.has_stages else not_over(kind)
        return Q(IsOneOf("pk", told)) & is_open


def returning(kind: str) -> Field:
    return Returning(
        name="returning",
        kind=kind,
        label=_("About to go back to the pool"),
        options=YES_OR_NO,
        reads=lambda row: "yes" if standing_warnings().filter(pk=row.pk).exists() else "no",
        on_page=False,
        filterable=True,
    )
