import os
import signal
import subprocess
import sys

import pytest

from pheu.core import supervisor
from pheu.core.environment import ROOT
from pheu.core.supervisor import ChildKeepsDying, Stop, supervise

# A child tells its pid on the pipe that it shares with everyone else of its kind, and waits to be ended.
CHILD = "import os, signal; print(os.getpid(), flush=True); signal.pause()"
SUPERVISOR = f"""
import sys
from pheu.core.supervisor import Stop, supervise
supervise({{"child": [sys.executable, "-c", {CHILD!r}]}}, stop=Stop())
"""


@pytest.fixture
def supervised():
    """A supervisor with one child, in a process of its own."""
    process = subprocess.Popen([sys.executable, "-c", SUPERVISOR], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    yield process
    process.kill()
    process.communicate()


def test_a_child_that_is_killed_is_started_again(supervised):
    first = int(supervised.stdout.readline())
    os.kill(first, signal.SIGKILL)
    second = int(supervised.stdout.readline())
    assert second != first


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_a_stopped_supervisor_leaves_no_child(supervised, sent):
    supervised.stdout.readline()
    supervised.send_signal(sent)
    assert supervised.stdout.read() == ""  # the pipe ends when nobody holds it any more
    assert supervised.wait() == 0


def test_a_killed_supervisor_leaves_no_child(supervised):
    supervised.stdout.readline()
    supervised.kill()
    assert supervised.stdout.read() == ""


def test_a_child_that_cannot_live_is_given_up_and_named(monkeypatch):
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    monkeypatch.setattr(supervisor, "LOOK_EVERY", 0.01)
    try:
        with pytest.raises(ChildKeepsDying, match="web"):
            supervise({"web": [sys.executable, "-c", "raise SystemExit(1)"]}, stop=Stop())
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
