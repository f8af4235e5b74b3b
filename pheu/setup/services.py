"""What may be done with a job that failed for good. Each is told, though it is about no record."""

from typing import Any

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob
from procrastinate.exceptions import UniqueViolation

from pheu.core.errors import Conflict
from pheu.people.models import User
from pheu.people.scopes import CHANGE
from pheu.records.acts import act
from pheu.setup import events
from pheu.timeline.events import EventKind
from pheu.timeline.services import record


@act
def run_job_again(job_id: int, *, by: User) -> bool:
    """One more try, at once. False when the job is not parked any more: a second click changes nothing."""
    job = _parked(job_id, by)
    if job is None:
        return False
    try:
        with transaction.atomic():
            app.job_manager.retry_job_by_id(job.pk, retry_at=timezone.now())
    except UniqueViolation as error:  # `queueing_lock`: of a job that comes by the clock one waits at a time
        raise Conflict(_("The same job is waiting to be run already.")) from error
    _tell(events.JOB_RUN_AGAIN, job, by)
    return True


@act
def drop_job(job_id: int, *, by: User) -> bool:
    """Let go of a job: what it was to do is not done. False when it is not parked any more."""
    job = _parked(job_id, by)
    if job is None:
        return False
    with connection.cursor() as cursor:
        cursor.execute("delete from procrastinate_jobs where id = %s", [job.pk])
    _tell(events.JOB_DROPPED, job, by)
    return True


def _parked(job_id: int, by: User) -> Any:
    by.must("system", CHANGE)
    return ProcrastinateJob.objects.select_for_update().filter(pk=job_id, status="failed").first()


def _tell(kind: EventKind, job: ProcrastinateJob, by: User) -> None:
    record(kind, about=None, by=by, subject=job.task_name, id=job.pk, task=job.task_name, arguments=job.args)
