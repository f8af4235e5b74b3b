"""Jobs that failed five times wait on a page until somebody runs them again or drops them (quality.md 2, promise 3)."""

from types import SimpleNamespace

import pytest
from django.db import connection
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from pheu.conftest import nothing_changes
from pheu.core import jobs
from pheu.core.errors import Conflict, Refused
from pheu.core.models import JobFailure
from pheu.setup import services, views
from pheu.setup.events import JOB_DROPPED, JOB_RUN_AGAIN
from pheu.timeline.models import Event

PAGE = "/system/jobs/"


def parked_job(words: str = "", **how) -> ProcrastinateJob:
    """A job that failed for good."""
    asked = {"allow_unknown": True, **how}
    job_id = app.configure_task("pheu.quality.jobs.run_import", **asked).defer(import_id=123456789)
    with connection.cursor() as cursor:
        cursor.execute("update procrastinate_jobs set status = 'doing' where id = %s", [job_id])
        cursor.execute("update procrastinate_jobs set status = 'failed', attempts = 5 where id = %s", [job_id])
    if words:
        JobFailure.objects.create(job=job_id, words=words)
    return ProcrastinateJob.objects.get(pk=job_id)


@pytest.fixture(autouse=True)
def empty_queue(db):
    """Jobs of tests that committed are not of this test."""
    with connection.cursor() as cursor:
        cursor.execute("delete from procrastinate_jobs")


def test_a_parked_job_is_shown_with_its_error_and_arguments(client, dung):
    parked_job("ValueError: tệp hỏng")
    client.force_login(dung)
    assert "Việc nền" in client.get("/").text
    page = client.get(PAGE).text
    for words in ("Nhập các dòng", "ValueError: tệp hỏng", "import_id: 123456789", "Chạy lại", "Bỏ"):
        assert words in page
    assert client.get("/system/jobs/count/").text == "1"


def test_a_job_whose_worker_ended_says_so(client, dung):
    parked_job()
    client.force_login(dung)
    assert "Chương trình nền dừng giữa chừng" in client.get(PAGE).text


def test_without_parked_jobs_the_page_says_that_all_is_well(client, dung):
    client.force_login(dung)
    assert "Không có việc nào bị dừng" in client.get(PAGE).text
    assert client.get("/system/jobs/count/").text == ""


def test_run_again_gives_it_to_a_worker_once_for_two_clicks(client, dung):
    job = parked_job()
    client.force_login(dung)
    for _click in range(2):
        assert client.post(f"{PAGE}{job.pk}/run/")["Location"] == PAGE
    job.refresh_from_db()
    assert job.status == "todo"
    told = Event.objects.get(kind=JOB_RUN_AGAIN.code)
    assert (told.by, told.subject, told.facts["arguments"]) == (dung, job.task_name, {"import_id": 123456789})
    assert "Không có việc nào bị dừng" in client.get(PAGE).text


def test_a_dropped_job_is_gone_and_told_once(client, dung):
    job = parked_job("ValueError: x")
    client.force_login(dung)
    for _click in range(2):
        assert client.post(f"{PAGE}{job.pk}/drop/")["Location"] == PAGE
    assert not ProcrastinateJob.objects.exists()
    told = Event.objects.get(kind=JOB_DROPPED.code)
    assert (told.by, told.about, told.subject) == (dung, None, job.task_name)
    assert told.facts == {"id": job.pk, "task": job.task_name, "arguments": job.args}
    jobs.forget_expired(timestamp=0)
    assert not JobFailure.objects.exists()


def test_a_job_that_waits_or_runs_is_not_touched(dung):
    waiting = app.configure_task("pheu.quality.jobs.run_import", allow_unknown=True).defer(import_id=1)
    with nothing_changes():
        assert not services.run_job_again(waiting, by=dung)
        assert not services.drop_job(waiting, by=dung)


def test_a_job_of_which_another_waits_already_says_so(dung):
    job = parked_job(queueing_lock="one at a time")
    app.configure_task("x", allow_unknown=True, queueing_lock="one at a time").defer()
    with nothing_changes(), pytest.raises(Conflict):
        services.run_job_again(job.pk, by=dung)


def test_nobody_else_may(client, cast):
    job = parked_job()
    for person in (cast.an, cast.binh, cast.giang):
        client.force_login(person)
        assert "/system/jobs/" not in client.get("/").text
        with nothing_changes():
            for address in (PAGE, f"{PAGE}count/"):
                assert client.get(address).status_code == 404
            for act in ("run/", "drop/"):
                assert client.post(f"{PAGE}{job.pk}/{act}").status_code == 404
            for act in (services.run_job_again, services.drop_job):
                with pytest.raises(Refused):
                    act(job.pk, by=person)


def test_pages_follow_one_another_without_a_gap(client, dung, monkeypatch, django_assert_num_queries):
    monkeypatch.setattr(views, "PAGE", 2)
    ids = [parked_job(f"Error {number}").pk for number in range(5)][::-1]
    client.force_login(dung)
    seen, address = [], PAGE
    while address:
        page = client.get(address)
        seen += [one.job.pk for one in page.context["jobs"]]
        address = f"{PAGE}?before={page.context['more']}" if page.context["more"] else ""
    assert seen == ids
    for hostile in ("9" * 40, "٣", "-1", "x"):
        assert client.get(PAGE, {"before": hostile}).status_code == 200


def test_the_page_asks_the_same_for_one_job_and_for_many(client, dung, django_assert_num_queries):
    client.force_login(dung)
    parked_job("a")
    client.get(PAGE)
    with django_assert_num_queries(4):  # session, person, jobs, their words
        client.get(PAGE)
    for _more in range(5):
        parked_job("a")
    with django_assert_num_queries(4):
        client.get(PAGE)


def test_the_newest_parked_jobs_are_found_by_their_index(db):
    with connection.cursor() as cursor:
        cursor.execute("set local enable_seqscan = off")
        cursor.execute("explain select id from procrastinate_jobs where status = 'failed' order by id desc limit 51")
        assert "core_parked_jobs" in str(cursor.fetchall())


# What a failed job said ---------------------------------------------------------------------------


def fail(job: ProcrastinateJob, error: Exception) -> None:
    def work() -> None:
        raise error

    jobs.keep_words(work, SimpleNamespace(job=SimpleNamespace(id=job.pk)), None)


def test_the_last_line_of_the_last_failure_is_kept(db):
    job = parked_job()
    for error in (ValueError("một"), LookupError("hai\nDETAIL: dòng sau " + "x" * 600)):
        with pytest.raises(type(error)):
            fail(job, error)
    assert JobFailure.objects.get().words == "LookupError: hai"


def test_a_job_that_goes_well_leaves_no_words(db):
    assert jobs.keep_words(lambda: 7, SimpleNamespace(job=SimpleNamespace(id=1)), None) == 7
    assert not JobFailure.objects.exists()
