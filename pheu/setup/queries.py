"""Jobs that failed for good and the log of the configuration, as people who look after the installation see them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import (
    Avg,
    BigIntegerField,
    DurationField,
    ExpressionWrapper,
    F,
    OuterRef,
    QuerySet,
    Subquery,
    Sum,
)
from django.db.models.fields.json import KeyTextTransform, KeyTransform
from django.db.models.functions import Cast
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from procrastinate.contrib.django.models import ProcrastinateEvent, ProcrastinateJob

from pheu.core.jobs import title_of
from pheu.core.models import JobFailure
from pheu.people.models import Role, User
from pheu.records import gates, kinds
from pheu.records.models import Counter, CustomField, Pipeline, Stage
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


def records_by_stage() -> dict[int, int]:
    """How many records in use stand in each stage, whoever may see them."""
    kept = Counter.objects.filter(day=None).order_by().values_list("stage").annotate(n=Sum("count"))
    return {stage: n for stage, n in kept if n}


def gone_from(stage: Stage) -> int:
    """How many records have left a stage that is taken out."""
    left = kinds.get(stage.pipeline.kind).model.objects.filter(stage=stage).count()
    return max((stage.to_empty or 0) - left, 0)


LOOKED_BACK = timedelta(days=90)


def days_in_stage(stages: Sequence[Stage]) -> dict[int, float]:
    """How many days records stood in each of these stages on average, of those that left it lately."""
    left = Cast(KeyTextTransform("id", KeyTransform("left", "facts")), BigIntegerField())
    stayed = ExpressionWrapper(F("at") - F("since"), output_field=DurationField())
    lately = Event.objects.filter(since__isnull=False, at__gte=timezone.now() - LOOKED_BACK).annotate(left=left)
    found = lately.filter(left__in=[one.pk for one in stages]).order_by().values_list("left").annotate(n=Avg(stayed))
    return {pk: stay.total_seconds() / 86400 for pk, stay in found}


@dataclass(frozen=True)
class Step:
    """One stage of a drawn process: how many stand in it, how long they stay, what it asks of who enters."""

    stage: Stage
    count: int
    most: int
    days: float | None
    asks: list[str]
    # (in or out, who alone moves records so)
    movers: list[tuple[Any, list[str]]]

    @property
    def parts(self) -> list[tuple[float, str]]:
        """The share of the fullest stage, for a meter."""
        return [(self.count, "jade"), (self.most - self.count, "slate")]


def steps_of(pipeline: Pipeline) -> tuple[list[Step], list[Step]]:
    """The way that records of a pipeline go: open stages in order, and its ends."""
    stages = list(pipeline.stages.all())
    counts, days = records_by_stage(), days_in_stage(stages)
    most, kind = max((counts.get(one.pk, 0) for one in stages), default=0), kinds.get(pipeline.kind)
    roles, steps = dict(Role.objects.values_list("pk", "name")), []
    for one in stages:
        asks = gates.whole(one, kind).words_of()
        told = ((_("Moved in by"), one.entered_by), (_("Moved out by"), one.left_by))
        movers = [(words, [roles[pk] for pk in ids if pk in roles]) for words, ids in told if ids]
        steps.append(Step(one, counts.get(one.pk, 0), most, days.get(one.pk), asks, movers))
    return [one for one in steps if not one.stage.is_closing], [one for one in steps if one.stage.is_closing]


LINES = 50


@dataclass(frozen=True)
class LogLine:
    """One change of the configuration, or what else the company wants to know: (label, words) of each column."""

    event: Event
    said: str
    changes: list[tuple[Any, str]]

    @property
    def subject(self) -> Any:
        return self.event.subject or KINDS[self.event.kind].in_log


def log_lines(codes: list[str], before: int | None, reader: User) -> list[LogLine]:
    """The newest of these kinds of events, and one more than a page holds."""
    told = Event.objects.filter(about=None, kind__in=codes).select_related("by").order_by("-pk")
    told = told.filter(pk__lt=before) if before else told
    found = list(told[: LINES + 1])
    more = _more(found, reader)
    return [LogLine(one, str(KINDS[one.kind].say(one, reader)), more.get(one) or columns_of(one)) for one in found]


def _more(events: list[Event], reader: User) -> dict[Event, list[tuple[Any, str]]]:
    """What kinds of events say of them by themselves."""
    kinds = {KINDS[one.kind] for one in events}
    of_kinds = {kind: [one for one in events if one.kind == kind.code] for kind in kinds}
    return {
        one: told for kind, some in of_kinds.items() for one, told in zip(some, kind.more(some, reader), strict=True)
    }


def columns_of(event: Event) -> list[tuple[Any, str]]:
    """(label, was → now) of each column that an event changed."""
    changes, code = event.facts.get("changes", ()), event.facts.get("list", "")
    of = get(code)
    if of is None:
        model: Any = CustomField if code == FIELDS else Stage if "stage" in event.facts else Pipeline
        fields = [(model._meta.get_field(one["column"]), one) for one in changes]
        return [(one.verbose_name, f"{_shown(one, told['was'])} → {_shown(one, told['now'])}") for one, told in fields]
    columns = [(of.column(one["column"]), one) for one in changes if one["column"] in of.columns]
    return [(column.label, column.words(one)) for column, one in columns]


# What events of own fields and their groups call the page that they tell of.
FIELDS = "fields"


def _who(told: Any) -> str:
    """Something by its name of that day, perhaps with the right that it had."""
    name = str(told.get("name", ""))
    return f"{name}: {HOW.get(told['how'], '')}" if "how" in told else name


def _shown(field: Any, value: Any) -> str:
    """A column of a definition or stage: what it holds in JSON as people would say it."""
    if isinstance(value, dict):
        options = [one["label"] for one in value.get("options", ()) if one.get("is_active", True)]
        return ", ".join(options or [f"{told}" for told in value.values()]) or "—"
    if isinstance(value, list) and all(isinstance(one, dict) for one in value):
        return ", ".join(map(_who, value)) or "—"
    if isinstance(value, list) and value[1:] and isinstance(value[1], list):  # a condition: [field, [values]]
        return f"{value[0]}: {', '.join(value[1])}"
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "—"
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return str(dict(field.flatchoices).get(value, value)) if value not in (None, "") else "—"
