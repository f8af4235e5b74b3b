import json
import os
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection

from pheu.core import cli, environment
from pheu.core.environment import ROOT, WrongSetting
from pheu.core.tests.test_jobs import url_of_test_database


@pytest.fixture
def taken_port():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        yield taken.getsockname()[1]


@pytest.mark.parametrize("command", ["run", "serve"])
def test_a_taken_port_is_said_in_a_sentence(taken_port, command):
    done = subprocess.run(
        [sys.executable, "-m", "pheu.core.cli", command],
        cwd=ROOT,
        env={**os.environ, "PORT": str(taken_port)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == cli.REFUSED
    assert f"Cổng {taken_port} đang được chương trình khác dùng" in done.stderr
    assert f"Port {taken_port} is taken" in done.stderr


def test_a_port_that_is_no_number_is_said_in_a_sentence(monkeypatch, capsys):
    monkeypatch.setenv("PORT", "tám")
    assert cli.main(["serve"]) == cli.REFUSED
    assert "PORT must be a whole number" in capsys.readouterr().err


def test_help_lists_the_commands(capsys):
    assert cli.main(["help"]) == 0
    assert "bin/pheu serve" in capsys.readouterr().out


@pytest.mark.django_db
def test_the_doctor_is_content_with_an_idle_database():
    said = StringIO()
    call_command("doctor", stdout=said)
    assert said.getvalue().splitlines()[:2] == ["database: ok", "migrations: ok"]


@pytest.mark.django_db(transaction=True)
def test_web_and_worker_answer_together_and_end_together():
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    code = f"""
from pheu.core.cli import wait_for_port
from pheu.core.supervisor import *
children = {{"web": web_command("127.0.0.1", {port}, 1), "worker": worker_command()}}
def told():
    wait_for_port()
    print("up", flush=True)
supervise(children, stop=Stop(), once_up=told)
"""
    surroundings = {**os.environ, "DATABASE_URL": url_of_test_database(), "PORT": str(port)}
    with subprocess.Popen(
        [sys.executable, "-c", code], cwd=ROOT, env=surroundings, stdout=subprocess.PIPE, text=True
    ) as site:
        assert site.stdout.readline() == "up\n"
        try:
            answer = urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz")
        except urllib.error.HTTPError as unwell:  # the worker may not have written its first sign of life yet
            answer = unwell
        with answer:
            assert json.load(answer)["database"] == "ok"
        site.terminate()
        # The pipe ends when nobody holds it any more. On a busy machine the server says of a worker that has just ended
        # that it had to be killed: two of its threads wait for the same child, and one looks before the other has told.
        assert "Traceback" not in site.stdout.read()
    assert site.returncode == 0
    with connection.cursor() as cursor:
        cursor.execute("truncate procrastinate_jobs, procrastinate_workers, procrastinate_periodic_defers cascade")


def test_a_database_url_is_read_in_all_its_parts(monkeypatch, tmp_path):
    monkeypatch.setenv("DATABASE_URL", "postgresql://me:s%40fe@db.example.vn:6432/crm?sslmode=require")
    read = environment.database(tmp_path, pool_size=5)
    assert [read[key] for key in ("NAME", "USER", "PASSWORD", "HOST", "PORT")] == [
        "crm", "me", "s@fe", "db.example.vn", "6432",
    ]  # fmt: skip
    assert read["OPTIONS"]["sslmode"] == "require"
    assert read["OPTIONS"]["pool"]["max_size"] == 5


def test_without_a_database_url_the_embedded_server_is_meant(monkeypatch, tmp_path):
    monkeypatch.delenv("DATABASE_URL", raising=False)
    assert environment.database(tmp_path, pool_size=5)["NAME"] == "pheu"


def test_mail_goes_to_files_until_there_is_a_server(tmp_path):
    assert environment.mail({}, tmp_path)["EMAIL_FILE_PATH"] == tmp_path / "mail"
    smtp = environment.mail({"EMAIL_URL": "smtp+tls://an%40x.vn:p%3Aw@mail.x.vn"}, tmp_path)
    assert (smtp["EMAIL_HOST"], smtp["EMAIL_PORT"], smtp["EMAIL_USE_TLS"]) == ("mail.x.vn", 587, True)
    assert (smtp["EMAIL_HOST_USER"], smtp["EMAIL_HOST_PASSWORD"]) == ("an@x.vn", "p:w")
    with pytest.raises(WrongSetting):
        environment.mail({"EMAIL_URL": "mail.x.vn"}, tmp_path)


def test_the_secret_key_is_made_once_and_kept_from_others(monkeypatch, tmp_path):
    monkeypatch.delenv("SECRET_KEY", raising=False)
    key = environment.secret_key(tmp_path / "home")
    assert len(key) >= 50
    assert environment.secret_key(tmp_path / "home") == key
    assert (tmp_path / "home/secret_key").stat().st_mode & 0o777 == 0o600


def test_networks_are_named_as_networks(monkeypatch):
    monkeypatch.delenv("PHEU_MAIL_NETWORKS", raising=False)
    assert environment.networks("PHEU_MAIL_NETWORKS") == []
    monkeypatch.setenv("PHEU_MAIL_NETWORKS", "10.0.0.0/8, fd00::/8")
    assert [str(one) for one in environment.networks("PHEU_MAIL_NETWORKS")] == ["10.0.0.0/8", "fd00::/8"]
    for wrong in ("10.0.0.1/8", "mail.x.vn"):
        monkeypatch.setenv("PHEU_MAIL_NETWORKS", wrong)
        with pytest.raises(WrongSetting, match="PHEU_MAIL_NETWORKS"):
            environment.networks("PHEU_MAIL_NETWORKS")


def test_a_base_url_must_be_an_address(monkeypatch):
    monkeypatch.setenv("PHEU_BASE_URL", "crm.example.vn")
    with pytest.raises(WrongSetting, match="PHEU_BASE_URL"):
        environment.base_url()
