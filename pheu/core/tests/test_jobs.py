import datetime
import os
import subprocess
import sys
from types import SimpleNamespace
from urllib.parse import quote

import pytest
from asgiref.sync import async_to_sync
from django.contrib.sessions.models import Session
from django.db import connection, transaction
from django.utils import timezone
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from pheu.core import jobs
from pheu.core.environment import ROOT
from pheu.core.models import JobFailure


@pytest.fixture
def clean_jobs(transactional_db):
    """Jobs are no models of ours, so Django does not empty their tables after a test: others may have left some."""
    forget_jobs()
    yield
    forget_jobs()


def forget_jobs() -> None:
    with connection.cursor() as cursor:
        cursor.execute("truncate procrastinate_jobs, procrastinate_workers cascade")


@pytest.fixture
def start_worker():
    """Starts a real worker process on the database of this test; what still runs afterwards is killed."""
    started = []

    def start() -> subprocess.Popen[str]:
        surroundings = {**os.environ, "DATABASE_URL": url_of_test_database()}
        command = [sys.executable, "-m", "pheu.core.tests.jobs_for_tests"]
        worker = subprocess.Popen(command, cwd=ROOT, env=surroundings, stdout=subprocess.PIPE, text=True)
        started.append(worker)
        return worker

    yield start
    for worker in started:
        worker.kill()
        worker.communicate()


def url_of_test_database() -> str:
    given = connection.get_connection_params()
    host, user = quote(given.get("host", ""), safe=""), quote(given.get("user", ""))
    password, port = quote(given.get("password", "")), given.get("port", "5432")
    return f"postgresql://{user}:{password}@/{given['dbname']}?host={host}&port={port}"


def ask_for_drill(notes) -> int:
    return app.configure_task("drill", allow_unknown=True).defer(notes=str(notes))


def test_the_job_of_a_killed_worker_runs_again_and_finishes_once(clean_jobs, start_worker, tmp_path):
    notes = tmp_path / "notes"
    notes.touch()
    job_id = ask_for_drill(notes)
    first = start_worker()
    assert first.stdout.readline() == "began\n"
    first.kill()
    first.wait()

    second = start_worker()
    assert second.stdout.readline() == "began\n"
    assert second.stdout.readline() == "done\n"
    second.terminate()
    assert second.wait() == 0

    assert notes.read_text() == "began\nbegan\ndone\n"
    job = ProcrastinateJob.objects.get(pk=job_id)
    assert (job.status, job.attempts) == ("succeeded", 2)


def test_a_job_that_fails_for_good_is_parked_with_what_it_said(clean_jobs, start_worker, tmp_path):
    failing = app.configure_task("failing", allow_unknown=True).defer()
    with connection.cursor() as cursor:
        cursor.execute("update procrastinate_jobs set attempts = 4 where id = %s", [failing])
    (tmp_path / "notes").write_text("began\n")
    ask_for_drill(tmp_path / "notes")  # it comes after: when it is done, the first one is on its way at least
    worker = start_worker()
    assert [worker.stdout.readline() for _line in range(2)] == ["began\n", "done\n"]
    worker.terminate()  # lets what runs come to its end
    assert worker.wait() == 0
    job = ProcrastinateJob.objects.get(pk=failing)
    assert (job.status, job.attempts) == ("failed", 5)
    assert JobFailure.objects.get(job=failing).words == "ValueError: as it must"


def test_a_rolled_back_change_leaves_no_job(clean_jobs, tmp_path):
    with transaction.atomic():
        ask_for_drill(tmp_path)
        transaction.set_rollback(True)
    assert not ProcrastinateJob.objects.exists()


@pytest.fixture
def stalled(db, tmp_path):
    """Makes a job whose worker is gone, after so many earlier attempts."""

    def make(attempts: int) -> ProcrastinateJob:
        job_id = ask_for_drill(tmp_path)
        with connection.cursor() as cursor:
            cursor.execute("update procrastinate_jobs set status = 'doing' where id = %s", [job_id])
            cursor.execute("update procrastinate_jobs set attempts = %s where id = %s", [attempts, job_id])
        return ProcrastinateJob.objects.get(pk=job_id)

    return make


def sweep() -> None:
    async_to_sync(jobs.sweep.func)(SimpleNamespace(app=app), 0)


def test_the_sweep_gives_a_stalled_job_back(stalled):
    job = stalled(attempts=0)
    sweep()
    job.refresh_from_db()
    assert (job.status, job.attempts) == ("todo", 1)


def test_a_stalled_job_makes_room_for_the_one_that_waits_to_do_the_same(stalled, tmp_path):
    """A mailbox is asked for each minute: of what waits and does the same there is one (`queueing_lock`)."""
    blocked, free = stalled(attempts=0), stalled(attempts=0)
    with connection.cursor() as cursor:
        cursor.execute("update procrastinate_jobs set queueing_lock = 'box', lock = 'box' where id = %s", [blocked.pk])
    waiting = app.configure_task("drill", allow_unknown=True, queueing_lock="box", lock="box").defer(notes="x")
    sweep()
    assert not ProcrastinateJob.objects.filter(pk=blocked.pk).exists()
    assert set(ProcrastinateJob.objects.values_list("pk", "status")) == {(waiting, "todo"), (free.pk, "todo")}


def test_a_job_that_ended_five_workers_is_given_up(stalled):
    job = stalled(attempts=4)
    sweep()
    job.refresh_from_db()
    assert (job.status, job.attempts) == ("failed", 5)


def test_the_sweep_leaves_living_workers_alone(stalled):
    job = stalled(attempts=0)
    with connection.cursor() as cursor:
        cursor.execute("insert into procrastinate_workers default values returning id")
        [(worker_id,)] = cursor.fetchall()
        cursor.execute("update procrastinate_jobs set worker_id = %s where id = %s", [worker_id, job.pk])
    sweep()
    job.refresh_from_db()
    assert job.status == "doing"


@pytest.mark.parametrize(("attempts", "seconds"), [(0, 10), (1, 40), (2, 160), (3, 640)])
def test_pauses_grow_fourfold(attempts, seconds):
    assert jobs.pause_after(attempts) == seconds


def test_pauses_have_an_end():
    assert jobs.pause_after(30) == jobs.LONGEST_PAUSE


def test_the_fifth_failure_is_final():
    decide = jobs.Backoff().get_retry_decision
    assert decide(exception=ValueError(), job=SimpleNamespace(attempts=3)) is not None
    assert decide(exception=ValueError(), job=SimpleNamespace(attempts=4)) is None


def test_old_form_tokens_are_forgotten(db):
    import uuid

    from pheu.conftest import make_cast
    from pheu.core.jobs import forget_form_tokens
    from pheu.core.models import FormToken

    an = make_cast().an
    old, new = (FormToken.objects.create(token=uuid.uuid4(), user=an) for _each in range(2))
    FormToken.objects.filter(pk=old.pk).update(at=timezone.now() - datetime.timedelta(days=15))
    forget_form_tokens(timestamp=0)
    assert FormToken.objects.get() == new


def test_expired_sessions_are_cleared_and_living_ones_stay(db, client, an):
    client.force_login(an)
    key = client.session.session_key
    tomorrow, yesterday = (timezone.now() + datetime.timedelta(days=days) for days in (1, -1))
    Session.objects.bulk_create(
        Session(session_key=f"{word}{number}", session_data="", expire_date=at)
        for word, at in (("old", yesterday), ("new", tomorrow))
        for number in range(3)
    )
    jobs.forget_expired(timestamp=0)
    assert set(Session.objects.values_list("pk", flat=True)) == {key, "new0", "new1", "new2"}
    assert client.get("/prospects/").status_code == 200
