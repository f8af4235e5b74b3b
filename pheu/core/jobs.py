"""Work done after the page is sent: how a job is declared, tried again, given up, and saved from a killed worker.

A job is a row on Django's own connection, so it exists exactly when the change that asked for it was committed.
It runs at least once: what it does must be harmless to do twice.
"""

import asyncio
import contextlib
import datetime
import functools
import random
import traceback
from collections.abc import Callable
from typing import Any, LiteralString

from django.db import DatabaseError, connection
from django.utils import timezone
from django.utils.functional import Promise
from procrastinate import BaseRetryStrategy, RetryDecision
from procrastinate.contrib.django import app
from procrastinate.job_context import JobContext
from procrastinate.jobs import Job, Status

from pheu.core import shape
from pheu.core.again import once_more
from pheu.core.models import FormToken, JobFailure

ATTEMPTS = 5
FIRST_PAUSE, LONGEST_PAUSE = 10, 6 * 3600  # seconds
HEARTBEAT = 5.0  # seconds between two signs of life of a worker
SILENCE = 20.0  # seconds without a sign of life after which a worker counts as dead
POLLING = 5.0  # seconds; a job given back by the sweep is found by looking, all others by notification
CONCURRENCY = 4
# Which of the jobs whose time has come goes first: what somebody waits for, a letter or a reminder, goes before the
# rest; what follows by itself from events and letters comes after it, as ten thousand of those may come at once.
AWAITED, FOLLOWING = 10, -10
SWEEPS = "sweeps"  # a queue of their own, because they are many and soon forgotten
SWEPT_AT_ONCE = 5000  # rows
TOKENS_KEPT = datetime.timedelta(days=14)  # a tab may stay open, and «Back» lead to its form
KEPT_HOURS = 7 * 24  # of a job that went well; a failed one stays until somebody has looked at it

EXPIRED_ENTRIES = """
    delete from core_cache where ctid = any(array(
        select ctid from core_cache where expires < now() order by expires limit %s for update skip locked
    ))
"""
EXPIRED_SESSIONS = """
    delete from django_session where ctid = any(array(
        select ctid from django_session where expire_date < now() order by expire_date limit %s for update skip locked
    ))
"""
FAILURES_OF_NO_JOB = """
    delete from core_jobfailure where job = any(array(
        select job from core_jobfailure f where not exists (select from procrastinate_jobs where id = f.job) limit %s
    ))
"""

Words = str | Promise
_titles: dict[str, Words] = {}


class Backoff(BaseRetryStrategy):
    """Try again after 10, 40, 160, 640 seconds, spread by a quarter; the fifth failure is final."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        if job.attempts + 1 >= ATTEMPTS:
            return None
        return RetryDecision(retry_in={"seconds": round(pause_after(job.attempts) * random.uniform(0.75, 1.25))})  # noqa: S311


def titled(title: Words) -> Callable[[Any], Any]:
    """What people read instead of a job's name: `@titled(_("Reading a file"))` above `@job`."""

    def name(task: Any) -> Any:
        _titles[task.name] = title
        return task

    return name


def title_of(task_name: str) -> Words:
    return _titles.get(task_name, task_name)


def keep_words(call_next: Callable[[], Any], context: JobContext, worker: Any) -> Any:
    """Run a job; when it fails, keep the last line of what it said, whether or not there will be another try."""
    try:
        return call_next()
    except Exception as error:
        words = traceback.format_exception_only(error)[-1].strip().partition("\n")[0][:500]
        with contextlib.suppress(DatabaseError):  # the database itself may be what failed
            JobFailure.objects.update_or_create(job=context.job.id or 0, defaults={"words": words})
        raise


def pause_after(attempts: int) -> int:
    """Seconds to wait after so many earlier failures (0, 1, 2, ...)."""
    return min(FIRST_PAUSE * 4**attempts, LONGEST_PAUSE)


def job(function: Callable[..., Any] | None = None, **options: Any) -> Any:
    """Declare a job: `@job` or `@job(queue="mail")`. It gets five attempts with growing pauses.

    `send_quote_email.defer(quote_id=7)` asks for it; arguments are ids, never rows.
    """
    declare = app.task(**{"retry": Backoff(), **options})

    def declared(function: Callable[..., Any]) -> Any:
        @functools.wraps(function)
        def run(*args: Any, **kwargs: Any) -> Any:
            shape.see(None)
            return once_more(lambda: function(*args, **kwargs))

        return declare(run)

    return declared if function is None else declared(function)


@app.periodic(cron="* * * * * */5")  # six fields: seconds last
@app.task(queue=SWEEPS, queueing_lock="core.sweep", pass_context=True)
async def sweep(context: JobContext, timestamp: int) -> None:
    """Give the jobs of dead workers back, or up: a job that ended five workers is not tried a sixth time.

    Where the same has been asked for again meanwhile (`queueing_lock`), that one is waiting for this one to go.
    """
    manager = context.app.job_manager
    for stalled in await manager.get_stalled_jobs(seconds_since_heartbeat=SILENCE):
        if stalled.attempts + 1 >= ATTEMPTS:
            await manager.finish_job(stalled, status=Status.FAILED, delete_job=False)
        elif stalled.queueing_lock and await manager.list_jobs_async(
            queueing_lock=stalled.queueing_lock, status=Status.TODO.value
        ):
            await manager.finish_job(stalled, status=Status.ABORTED, delete_job=True)
        else:
            await manager.retry_job(stalled, retry_at=datetime.datetime.now(datetime.UTC))


@app.periodic(cron="30 * * * *")
@app.task(queueing_lock="core.forget_old_jobs", pass_context=True)
async def forget_old_jobs(context: JobContext, timestamp: int) -> None:
    """Remove jobs that went well a week ago, and sweeps after an hour."""
    await context.app.job_manager.delete_old_jobs(nb_hours=1, queue=SWEEPS)
    await context.app.job_manager.delete_old_jobs(nb_hours=KEPT_HOURS)


@app.periodic(cron="40 * * * *")
@app.task(queueing_lock="core.forget_form_tokens")
def forget_form_tokens(timestamp: int) -> None:
    """A form drawn yesterday is not double-clicked today."""
    FormToken.objects.filter(at__lt=timezone.now() - TOKENS_KEPT).delete()


@app.periodic(cron="*/10 * * * *")
@app.task(queueing_lock="core.forget_expired")
def forget_expired(timestamp: int) -> None:
    """Entries of the cache and sessions whose time is over, and what was said by jobs that are gone."""
    delete_in_batches(EXPIRED_ENTRIES)
    delete_in_batches(EXPIRED_SESSIONS)
    delete_in_batches(FAILURES_OF_NO_JOB)


def delete_in_batches(statement: LiteralString) -> int:
    """Run a delete that is told how many rows to take, until there are fewer; returns how many went.

    Each is a short transaction of its own, and leaves out what somebody writes just now.
    """
    gone, last = 0, SWEPT_AT_ONCE
    with connection.cursor() as cursor:
        while last == SWEPT_AT_ONCE:
            cursor.execute(statement, [SWEPT_AT_ONCE])
            last = cursor.rowcount
            gone += last
    return gone


def run_worker(**options: Any) -> None:
    """Work until SIGINT or SIGTERM; jobs then running get 20 seconds to finish. `options` are procrastinate's."""
    settled = {
        "concurrency": CONCURRENCY,
        "update_heartbeat_interval": HEARTBEAT,
        "stalled_worker_timeout": SILENCE,
        "fetch_job_polling_interval": POLLING,
        "shutdown_graceful_timeout": 20,
        "task_middleware": [keep_words],
        **options,
    }

    async def work() -> None:
        async with working.open_async():
            await working.run_worker_async(**settled)

    with app.replace_connector(app.connector.get_worker_connector()) as working:  # type: ignore[attr-defined]
        asyncio.run(work())
