"""The live stream on the real server: ids only, for each receiver, through lost connections, with two hundred open."""

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import time
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from pheu.conftest import make_cast
from pheu.core.environment import ROOT
from pheu.core.supervisor import web_command
from pheu.core.tests.test_jobs import url_of_test_database
from pheu.leads.services import create_lead
from pheu.notifications import live
from pheu.notifications.models import Notification
from pheu.people import sessions
from pheu.people.models import User
from pheu.timeline.models import File
from pheu.timeline.services import add_file, add_note, assign

PATIENCE = 10  # seconds until an answer that does not come is missed
THREADS = 2


class Site:
    """The server on a port of its own."""

    def __init__(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        own = {"DATABASE_URL": url_of_test_database(), "PORT": str(self.port), "PHEU_WEB_THREADS": str(THREADS)}
        command = web_command("127.0.0.1", self.port, 1)
        self.process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, **own}, start_new_session=True)
        self.lines: list = []

    def wait(self) -> None:
        while self.process.poll() is None:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1):
                return
        raise AssertionError("the server did not start")

    def ask(self, path: str, session: str = "", method: str = "GET", body: bytes | None = None, **headers: str):
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        cookies = f"sessionid={session}; csrftoken={'a' * 32}"
        told = {"Cookie": cookies, "X-CSRFToken": "a" * 32, **{k.replace("_", "-"): v for k, v in headers.items()}}
        line.request(method, path, body, told)
        self.lines += [line, answer := line.getresponse()]
        return answer

    def hang_up(self) -> None:
        for one in self.lines:
            one.close()
        self.lines.clear()

    def kill_worker(self) -> None:
        """granian starts another one."""
        os.kill(self.worker(), signal.SIGKILL)

    def worker(self) -> int:
        """The process that answers: the only child of granian's own."""
        [pid] = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return int(pid)


@pytest.fixture(scope="module")
def started(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock():
        site = Site()
    yield site
    site.process.terminate()
    site.process.wait(PATIENCE)


@pytest.fixture
def site(started, transactional_db):
    started.wait()
    listener()
    yield started
    started.hang_up()


@pytest.fixture
def people(transactional_db):
    return make_cast()


def listener(but: int = 0) -> int:
    """The database's process that serves the listening connection, as soon as there is one other than `but`."""
    for _look in range(50 * PATIENCE):
        with connection.cursor() as cursor:
            cursor.execute(
                "select pid from pg_stat_activity, pg_sleep(0.02) where datname = current_database()"
                " and application_name = 'pheu live' and state = 'idle' and query <> '' and pid <> %s",
                [but],
            )
            if found := cursor.fetchone():
                return found[0]
    raise AssertionError("nobody listens")


def signed_in(user: User) -> str:
    client = Client()
    client.force_login(user)
    return client.cookies["sessionid"].value


class Stream:
    """One open stream."""

    def __init__(self, site: Site, session: str, since: int | None = None) -> None:
        self.answer = site.ask("/live" if since is None else f"/live?since={since}", session)
        assert self.answer.status == 200
        assert self.line() == "retry: 2000"
        assert self.event() == ("beat", "")

    def line(self) -> str:
        return self.answer.readline().decode().removesuffix("\n")

    def event(self) -> tuple[str, str] | None:
        """(kind, data) of the next one; None at the end."""
        kind, data = "message", None
        for line in iter(self.answer.readline, b""):
            name, _colon, value = line.decode().rstrip("\n").partition(":")
            if name == "event":
                kind = value.strip()
            elif name == "data":
                data = value.strip()
            elif not name and data is not None:
                return kind, data
        return None

    def word(self) -> dict:
        """What the next message says."""
        while (event := self.event()) is not None and event[0] != "message":
            pass
        assert event is not None, "the stream has ended"
        return json.loads(event[1])


def opened(site: Site, *keys: str) -> list[Stream]:
    """Streams of these sessions that have heard all that happened before."""
    streams = [Stream(site, key) for key in keys]
    live.send({"bells": True})
    for one in streams:
        while not one.word().get("bell"):
            pass
    return streams


def lead_of(owner: User):
    return create_lead({"company_name": "Xi măng Hòn Đá", "owner": owner}, by=owner)


# Who is told what -----------------------------------------------------------------------------------------------------


def test_each_receiver_hears_of_what_they_may_see_in_ids_alone(site, people):
    ours, theirs = lead_of(people.an), lead_of(people.chi)
    an, chi, binh = opened(site, *map(signed_in, (people.an, people.chi, people.binh)))
    add_note(ours.record, body="@Trần Thanh Bình giá vốn 850 triệu", by=people.an)
    assert an.word() == {"changed": {str(ours.pk): people.an.pk}}
    assert binh.word() == {"changed": {str(ours.pk): people.an.pk}, "bell": True}
    add_note(theirs.record, body="Gọi lại", by=people.chi)
    assert chi.word() == {"changed": {str(theirs.pk): people.chi.pk}}  # and nothing before it


def test_a_page_that_listens_late_hears_what_happened_since_it_was_drawn(site, people):
    lead, key = lead_of(people.an), signed_in(people.an)
    [first] = opened(site, key)
    drawn = time.time_ns() // 1_000_000
    add_note(lead.record, body="Gọi lại", by=people.binh)
    assert first.word()["changed"] == {str(lead.pk): people.binh.pk}
    late, later = Stream(site, key, since=drawn), Stream(site, key, since=time.time_ns() // 1_000_000)
    assert late.word()["changed"] == {str(lead.pk): people.binh.pk}
    live.send({"bells": True})
    assert later.word() == {"bell": True}


def test_without_a_session_there_is_no_stream(site, people):
    answer = site.ask("/live", "nobody")
    assert answer.status == 302 and answer.getheader("Location").startswith("/accounts/login/")
    assert site.ask("/live", signed_in(people.an), method="HEAD").status == 200


def test_a_stream_ends_with_its_session(site, people):
    lead, key = lead_of(people.an), signed_in(people.an)
    ended, other = opened(site, key, signed_in(people.an))
    sessions.end([sessions.UserSession(session_key=key, user=people.an)])
    add_note(lead.record, body="Gọi lại", by=people.an)
    assert other.word()["changed"]
    assert ended.event() is None


def test_somebody_who_has_left_hears_nothing_more(site, people):
    lead = lead_of(people.an)
    [gone] = opened(site, signed_in(people.binh))
    User.objects.filter(pk=people.binh.pk).update(is_active=False)
    add_note(lead.record, body="Gọi lại", by=people.an)
    assert gone.event() is None


def test_reading_one_tells_all_tabs_of_its_reader_and_nobody_else(site, people):
    lead = create_lead({"company_name": "Hòn Đá", "owner": people.an}, by=people.binh)
    one = Notification.objects.get(receiver=people.an).pk
    here, there, other = opened(site, *map(signed_in, (people.an, people.an, people.binh)))
    assert site.ask(f"/notifications/{one}/", signed_in(people.an), method="POST").status == 302
    assert here.word() == there.word() == {"bell": True}
    add_note(lead.record, body="Gọi lại", by=people.binh)
    assert other.word() == {"changed": {str(lead.pk): people.binh.pk}}


# Lost and found -------------------------------------------------------------------------------------------------------


def test_a_listening_connection_that_is_killed_heals_and_says_that_something_may_have_been_missed(site, people):
    lead = lead_of(people.an)
    [an], was = opened(site, signed_in(people.an)), listener()
    with connection.cursor() as cursor:
        cursor.execute("select pg_terminate_backend(%s)", [was])
    assert an.word() == {"bell": True, "missed": True}
    assert listener(but=was)
    add_note(lead.record, body="Gọi lại", by=people.an)
    assert an.word()["changed"] == {str(lead.pk): people.an.pk}


def test_two_hundred_open_streams_hear_a_change_and_cost_no_threads(site, people):
    lead, keys = lead_of(people.an), [signed_in(one) for one in (people.an, people.binh, people.dung) for _ in "12"]
    threads = Path(f"/proc/{site.worker()}/task")
    opened(site, keys[0])
    before = len(list(threads.iterdir()))
    streams = opened(site, *(keys[nth % len(keys)] for nth in range(200)))
    add_note(lead.record, body="Gọi lại", by=people.an)
    assert all(one.word()["changed"] == {str(lead.pk): people.an.pk} for one in streams)
    assert len(list(threads.iterdir())) <= before + 5  # of the pools, which were not all begun
    assert site.ask("/leads/", keys[0]).status == 200


def test_a_server_that_is_asked_to_stop_ends_its_streams(people):
    site = Site()
    try:
        site.wait()
        streams = [Stream(site, signed_in(people.an)) for _ in range(20)]
        site.process.send_signal(signal.SIGTERM)
        assert all(one.event() is None for one in streams)
        assert site.process.wait(PATIENCE) == 0
    finally:
        site.hang_up()
        site.process.kill()
        site.process.wait()


# Pages through the same door ------------------------------------------------------------------------------------------


def test_a_large_file_comes_in_and_goes_out_whole(site, people):
    lead, key = lead_of(people.an), signed_in(people.an)
    content = os.urandom(20 * 1024 * 1024)
    head = b'--khong-co-trong-tep\r\nContent-Disposition: form-data; name="upload"; filename="khao-sat.bin"\r\n\r\n'
    kind = {"Content_Type": "multipart/form-data; boundary=khong-co-trong-tep"}
    answer = site.ask(f"/r/{lead.pk}/files/", key, "POST", head + content + b"\r\n--khong-co-trong-tep--\r\n", **kind)
    assert answer.status == 302
    file = File.objects.get(record=lead.pk)
    assert file.size == len(content)
    assert site.ask(f"/files/{file.pk}/", key).read() == content


def test_whoever_leaves_in_the_middle_of_an_answer_holds_no_thread(site, people):
    lead, key = lead_of(people.an), signed_in(people.an)
    upload = SimpleUploadedFile("khao-sat.bin", os.urandom(20 * 1024 * 1024))
    file = add_file(lead.record, upload=upload, by=people.an)
    for _nth in range(3 * THREADS):
        answer = site.ask(f"/files/{file.pk}/", key)
        assert answer.read(1000)
        site.hang_up()
    assert site.ask("/leads/", key).status == 200


def test_an_export_is_streamed_whole(site, people):
    lead, key = lead_of(people.an), signed_in(people.dung)
    body = b"rows=shown&columns=all&form=csv&list=tab%3Dall"
    kind = {"Content_Type": "application/x-www-form-urlencoded"}
    answer = site.ask("/leads/export/", key, "POST", body, **kind)
    assert answer.status == 200
    assert lead.record.number in answer.read().decode("utf-8-sig")


def test_addresses_headers_and_methods_arrive_as_they_were_sent(site, people):
    key = signed_in(people.an)
    assert site.ask("/leads/?q=H%C3%B2n%20%C4%90%C3%A1", key).read().decode().count("Hòn Đá") >= 1
    assert site.ask("/kh%C3%B4ng-c%C3%B3/", key).status == 404
    head = site.ask("/leads/", key, "HEAD")
    assert head.status == 200 and head.read() == b""
    assert site.ask("/leads/", key, Accept_Encoding="gzip").getheader("Content-Encoding") == "gzip"
    assert site.ask("/accounts/login/").status == 200


# What an operation tells ----------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_an_operation_tells_once_whatever_it_did(cast):
    rows = [lead_of(cast.binh) for _ in range(30)]
    with CaptureQueriesContext(connection) as asked:
        assign(rows, owner=cast.an, by=cast.binh)
    [told] = [one["sql"] for one in asked if "pg_notify" in one["sql"]]
    assert str(rows[0].pk) in told and rows[0].title not in told


@pytest.mark.django_db
def test_what_is_too_much_for_one_word_is_said_to_be_many(cast, monkeypatch):
    sent = []
    monkeypatch.setattr(live, "send", sent.append)
    live.Told(by=0, records=set(range(live.MOST + 1)), receivers={cast.an.pk}).send()
    assert sent == [{"by": 0, "records": [], "bell": [cast.an.pk], "many": True}]


@pytest.mark.django_db
def test_news_are_judged_in_a_few_statements_for_any_number_of_people(cast, django_assert_num_queries):
    rows = [lead_of(cast.an) for _ in range(5)]
    everybody = [cast.an, cast.binh, cast.chi, cast.dung, cast.hanh, cast.giang]
    listening = {signed_in(one): one.pk for one in everybody for _ in range(3)}
    with django_assert_num_queries(4):  # people, sessions, places, followers
        judged = live.judge([{"records": [row.pk for row in rows], "by": cast.an.pk}], listening)
    assert set(judged.words[cast.an.pk].changed) == {row.pk for row in rows}
    assert judged.words[cast.chi.pk].changed == {}
    assert judged.ended == set()
