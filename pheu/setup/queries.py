"""Jobs that failed for good, as people who look after the installation see them."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import OuterRef, QuerySet, Subquery
from django.utils.functional import Promise
from procrastinate.contrib.django.models import ProcrastinateEvent, ProcrastinateJob

from pheu.core.jobs import title_of
from pheu.core.models import JobFailure


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
