import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from pheu.core import postgres
from pheu.core.environment import ROOT
from pheu.core.postgres import AlreadyRunning, PostgresError, Server


@pytest.fixture
def home() -> Iterator[Path]:
    """A home that root's server can reach, which pytest's own directories are not; with a space in its name."""
    parent = Path(tempfile.mkdtemp(prefix="pheu test "))
    parent.chmod(0o711)
    yield parent / "nhà"
    shutil.rmtree(parent)


def ask(server: Server, question: str) -> object:
    with psycopg.connect(server.url, autocommit=True) as connection:
        row = connection.execute(question).fetchone()
        return row and row[0]


def start_elsewhere(home: Path) -> subprocess.Popen[str]:
    """Another process of ours that holds the server of `home`; returns once the server is up."""
    command = [sys.executable, "-m", "pheu.core.cli", "postgres"]
    surroundings = {**os.environ, "PHEU_HOME": str(home)}
    process = subprocess.Popen(command, cwd=ROOT, env=surroundings, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline().startswith("postgresql://")
    return process


def kill(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.communicate()


def test_the_first_start_makes_a_database_that_knows_vietnamese_letters(home):
    with Server(home) as server:
        assert ask(server, "select lower('ĐÀO Ặ')") == "đào ặ"
        assert ask(server, "show server_encoding") == "UTF8"
        assert ask(server, "show data_checksums") == "on"
        assert ask(server, "show listen_addresses") == ""


def test_what_was_written_is_there_after_the_next_start(home):
    with Server(home) as server:
        with psycopg.connect(server.url) as connection:
            connection.execute("create table kept as select 7 as n")
    with Server(home) as server:
        assert ask(server, "select n from kept") == 7


def test_nothing_is_left_after_the_stop(home):
    with Server(home) as server:
        place = server.place
    assert not postgres._processes_of(place)
    assert not place.sockets.exists()
    assert not (place.data / "postmaster.pid").exists()


def test_only_the_servers_user_may_enter_the_sockets_directory(home):
    with Server(home) as server:
        assert server.place.sockets.stat().st_mode & 0o777 == 0o700
        assert server.place.data.stat().st_mode & 0o777 == 0o700


def test_a_second_start_of_the_same_home_is_refused_and_harms_nothing(home):
    with Server(home) as server:
        with pytest.raises(AlreadyRunning):
            Server(home).start()
        assert ask(server, "select 1") == 1


def test_a_killed_predecessor_does_not_stand_in_the_way(home):
    kill(start_elsewhere(home))
    with Server(home) as server:
        assert ask(server, "select 1") == 1


def test_predecessor_and_server_both_killed_do_not_stand_in_the_way(home):
    predecessor = start_elsewhere(home)
    server_pid = int((home / "pg/postmaster.pid").read_text().split()[0])
    predecessor.send_signal(signal.SIGSTOP)  # so that it cannot start the server again
    os.kill(server_pid, signal.SIGKILL)
    kill(predecessor)
    with Server(home) as server:
        assert ask(server, "select 1") == 1


def test_a_pid_file_that_names_somebody_elses_process_is_not_believed(home):
    with Server(home) as server:
        data = server.place.data
    lines = [str(os.getpid()), str(data), "0", "5432", "/nowhere", "", "0 0", "ready"]
    (data / "postmaster.pid").write_text("\n".join(lines))
    with Server(home) as server:
        assert ask(server, "select 1") == 1


def test_a_server_that_ended_by_itself_is_started_again(home):
    with Server(home) as server:
        assert server.process is not None
        server.process.send_signal(signal.SIGQUIT)
        server.process.wait()
        server.keep_up()
        assert ask(server, "select 1") == 1


def test_half_a_cluster_is_thrown_away(home):
    (home / "pg.new").mkdir(parents=True)
    home.chmod(0o711)
    (home / "pg.new/PG_VERSION").write_text("18")
    with Server(home) as server:
        assert ask(server, "select 1") == 1


def test_a_closed_home_serves_root_too_by_a_pointer(home, monkeypatch):
    monkeypatch.setattr(postgres, "ROOTS_DIRECTORY", home.parent / "elsewhere")
    closed = home.parent / "closed"
    closed.mkdir(mode=0o700)
    with Server(closed / "var") as server:
        assert ask(server, "select 1") == 1
        assert (closed / "var/pg").is_symlink() == (os.getuid() == 0)
    assert closed.stat().st_mode & 0o777 == 0o700
    with Server(closed / "var") as server:
        assert server.place.data == (closed / "var/pg").resolve()


def test_binaries_that_roots_server_cannot_reach_are_copied(home, monkeypatch):
    monkeypatch.setattr(postgres, "ROOTS_DIRECTORY", home.parent / "elsewhere")
    monkeypatch.setattr(postgres, "_can_reach", lambda path, user: "site-packages" not in str(path))
    with Server(home) as server:
        assert ask(server, "select 1") == 1
        assert ("site-packages" in str(server.place.binaries)) == (os.getuid() != 0)


def test_the_path_of_the_socket_stays_short_however_deep_the_home_is():
    deep = Path("/srv") / ("sâu " * 60)
    assert len(os.fsencode(postgres.socket_directory(deep) / ".s.PGSQL.5432")) < 100


def test_a_server_that_will_not_start_says_why(home):
    server = Server(home)
    server.settings = {**server.settings, "shared_buffers": "nonsense"}
    with pytest.raises(PostgresError, match="shared_buffers"):
        server.start()
    with Server(home) as again:
        assert ask(again, "select 1") == 1


def test_a_full_disk_is_said_in_a_sentence():
    said = postgres._reason("initdb: error: could not write: No space left on device")
    assert said.startswith("Ổ đĩa đã đầy.\nThe disk is full.")
