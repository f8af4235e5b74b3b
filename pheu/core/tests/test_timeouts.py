"""No statement lasts: what web, worker and commands ask for, and what is said where it is not in force (ADR 8)."""

import os
import socket
import subprocess
import sys
import threading
from io import StringIO

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.utils import ConnectionHandler

from pheu.core import cli, environment, jobs, worker
from pheu.core.environment import ROOT
from pheu.core.tests.test_jobs import url_of_test_database
from pheu.core.timeouts import fault_of

SHOW = "show statement_timeout"


@pytest.fixture
def server(transactional_db, monkeypatch) -> str:
    """The address of a PostgreSQL of ours, given as an operator gives it."""
    monkeypatch.setenv("DATABASE_URL", url_of_test_database())
    monkeypatch.delenv("PHEU_DIRECT_DATABASE_URL", raising=False)
    monkeypatch.setenv("PHEU_PROCESS", "")
    return url_of_test_database()


@pytest.mark.parametrize(("process", "limit"), [("web", "5s"), ("worker", "5min"), ("", "0")])
def test_every_connection_of_a_process_has_its_limit(server, monkeypatch, tmp_path, process, limit):
    monkeypatch.setenv("PHEU_PROCESS", process)
    described = environment.database(tmp_path, pool_size=2)
    del described["OPTIONS"]["pool"]  # there is one pool for each alias, and the suite has it
    django = ConnectionHandler({"default": described})["default"]
    try:
        with django.cursor() as cursor:
            cursor.execute(SHOW)
            assert cursor.fetchone() == (limit,)
    finally:
        django.close()


def test_the_web_process_itself_has_it(server):
    code = f"import config.wsgi; from django.db import connection as c; print(c.cursor().execute('{SHOW}').fetchone())"
    said = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env={**os.environ}, capture_output=True, text=True)
    assert said.stdout == "('5s',)\n", said.stderr


def test_the_worker_process_says_what_it_is_before_it_connects(server, monkeypatch):
    told = []
    monkeypatch.setattr(jobs, "run_worker", lambda: told.append(environment.process()))
    worker.main()
    assert told == ["worker"]


def test_options_of_the_operator_stay(server, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", f"{server}&options=-c%20work_mem%3D8MB")
    with psycopg.connect(**environment.connection(ROOT, "web")) as direct:
        assert direct.execute("show work_mem").fetchone() == ("8MB",)
        assert direct.execute(SHOW).fetchone() == ("5s",)


def test_a_direct_connection_is_well(server):
    assert [fault_of("web"), fault_of("worker")] == ["", ""]


def test_what_a_process_asks_for_wins_over_the_role(server, role):
    role("2s")
    assert [fault_of("web"), fault_of("worker")] == ["", ""]
    with psycopg.connect(**environment.connection(ROOT, "")) as command:
        assert command.execute(SHOW).fetchone() == ("0",)


@pytest.fixture
def role(server):
    """Sets the limit of our role, in the database of this test alone."""
    named = f"alter role {connection.settings_dict['USER']} in database {connection.settings_dict['NAME']}"

    def set_to(limit: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"{named} set statement_timeout = '{limit}'")

    yield set_to
    with connection.cursor() as cursor:
        cursor.execute(f"{named} reset statement_timeout")


@pytest.fixture
def pooled(server, monkeypatch) -> None:
    """`DATABASE_URL` counts as a pooler's; that it is none changes nothing for what we ask of it."""
    monkeypatch.setenv("PHEU_DIRECT_DATABASE_URL", server)


def test_behind_a_pooler_the_role_must_bring_the_limit(pooled, role):
    assert "ALTER ROLE" in fault_of("web")
    assert fault_of("worker") == ""
    role("5s")
    assert [fault_of("web"), fault_of("worker")] == ["", ""]
    role("1min")
    assert "ALTER ROLE" in fault_of("web")


def test_start_and_doctor_say_it(pooled, capsys, monkeypatch):
    monkeypatch.setattr(cli, "port_is_free", lambda: True)
    assert cli.main(["serve"]) == cli.REFUSED
    assert "ALTER ROLE ... SET statement_timeout = '5000ms'" in capsys.readouterr().err
    said = StringIO()
    with pytest.raises(CommandError, match="statement_timeout of web"):
        call_command("doctor", stdout=said)
    assert "statement_timeout of worker: ok" in said.getvalue()


@pytest.fixture
def pgbouncer(server, monkeypatch):
    """Answers every start of a connection as pgbouncer does when it is asked for options that it does not know."""
    words = b"SFATAL\0C08P01\0Munsupported startup parameter: options\0\0"
    listener = socket.create_server(("127.0.0.1", 0))

    def answer() -> None:
        while True:
            try:
                guest, _address = listener.accept()
            except OSError:
                return
            with guest:
                while guest.recv(4096)[4:8] in (b"\x04\xd2\x16\x2f", b"\x04\xd2\x16\x30"):  # SSL? GSS?
                    guest.sendall(b"N")
                guest.sendall(b"E" + (len(words) + 4).to_bytes(4, "big") + words)

    thread = threading.Thread(target=answer)
    thread.start()
    host, port = listener.getsockname()
    monkeypatch.setenv("DATABASE_URL", f"postgresql://pheu@{host}:{port}/pheu")
    yield
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join()


def test_a_pooler_that_refuses_is_recognised(pgbouncer, capsys):
    for process in ("web", "worker"):
        assert "PHEU_DIRECT_DATABASE_URL" in fault_of(process)
    assert cli.main(["worker"]) == cli.REFUSED
    assert "pgbouncer" in capsys.readouterr().err


def test_a_pooler_that_forgets_is_recognised(server, role, monkeypatch):
    """It takes the options and does nothing with them; the role's short limit would end the worker's jobs."""
    asked = environment.connection
    monkeypatch.setattr(environment, "connection", lambda *which: {**asked(*which), "options": ""})
    assert "PHEU_DIRECT_DATABASE_URL" in fault_of("web")
    role("5s")
    assert fault_of("web") == ""
    assert "PHEU_DIRECT_DATABASE_URL" in fault_of("worker")


def test_a_server_that_is_away_is_no_fault_of_the_limits(server, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgresql://pheu@127.0.0.1:1/pheu")
    assert fault_of("web") == ""
