"""Jobs that failed for good and the log of the configuration, as people who look after the installation see them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from procrastinate.contrib.django.models import ProcrastinateEvent, ProcrastinateJob

from pheu.core.jobs import title_of
from pheu.core.models import JobFailure
from pheu.people.models import User
from pheu.records.models import CustomField
from pheu.records.schema import EDITABLE, HIDDEN, READ_ONLY
from pheu.setup.lists import get
from pheu.timeline.events import KINDS
from pheu.timeline.models import Event


def parked_jobs() -> QuerySet[ProcrastinateJob]:
    """The last to be asked for come first."""
    failed = ProcrastinateEvent.objects.filter(job=OuterRef("pk"), type="failed").order_by("-pk")
    return (
        ProcrastinateJob.objects.filter(status="failed")
        .annotate(failed_at=Subquery(failed.values("at")[:1]))
        .order_by("-pk")
    )


@dataclass(frozen=True)
class ParkedJob:
    """One line of the page. `words` is empty when no error was told: the worker itself ended."""

    job: ProcrastinateJob
    title: str | Promise
    words: str

    @property
    def arguments(self) -> list[tuple[str, object]]:
        return sorted(self.job.args.items())


def with_words(jobs: Sequence[ProcrastinateJob]) -> list[ParkedJob]:
    failures = JobFailure.objects.in_bulk([job.pk for job in jobs])
    return [
        ParkedJob(job, title_of(job.task_name), failures[job.pk].words if job.pk in failures else "") for job in jobs
    ]


HOW = {
    HIDDEN: gettext_lazy("may not see it"),
    READ_ONLY: gettext_lazy("only reads it"),
    EDITABLE: gettext_lazy("edits it"),
}
LINES = 50


@dataclass(frozen=True)
class LogLine:
    """One change of the configuration: (label, words) of each column."""

    event: Event
    said: str
    changes: list[tuple[Any, str]]


def log_lines(codes: list[str], before: int | None, reader: User) -> list[LogLine]:
    """The newest of these kinds of events, and one more than a page holds."""
    told = Event.objects.filter(about=None, kind__in=codes).select_related("by").order_by("-pk")
    told = told.filter(pk__lt=before) if before else told
    return [LogLine(one, str(KINDS[one.kind].say(one, reader)), _columns(one)) for one in told[: LINES + 1]]


def _columns(event: Event) -> list[tuple[Any, str]]:
    changes, code = event.facts.get("changes", ()), event.facts.get("list", "")
    if code == FIELDS:
        return [(_label(one), f"{_shown(one['was'])} → {_shown(one['now'])}") for one in changes]
    of = get(code)
    columns = [(of.column(one["column"]), one) for one in changes if one["column"] in of.columns] if of else []
    return [(column.label, column.words(one)) for column, one in columns]


# What events of own fields and their groups call the page that they tell of.
FIELDS = "fields"


def _label(change: dict[str, Any]) -> Any:
    return CustomField._meta.get_field(change["column"]).verbose_name  # type: ignore[union-attr]


def _shown(value: Any) -> str:
    """A column of a definition: what it holds in JSON as people would say it."""
    if isinstance(value, dict):
        options = [one["label"] for one in value.get("options", ()) if one.get("is_active", True)]
        return ", ".join(options or [f"{told}" for told in value.values()]) or "—"
    if isinstance(value, list) and all(isinstance(one, dict) for one in value):
        return ", ".join(f"{one.get('name', '')}: {HOW.get(one.get('how'), '')}" for one in value) or "—"
    if isinstance(value, list):
        return ", ".join(map(str, value[1])) if value[1:] else "—"
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return str(value) if value not in (None, "") else "—"
