"""One process that keeps the others up: web server, worker, and the embedded PostgreSQL below them."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from pheu.core.processes import both, stop_with_parent

ROOT = Path(__file__).resolve().parents[2]
SECONDS_TO_STOP = 25  # a little more than a worker gives its running jobs
LOOK_EVERY = 0.2  # seconds
MOST_OPEN = 2048  # requests and streams of one web process
QUICK_DEATHS, QUICK = 5, 5.0  # so many deaths in a row within so many seconds of the start are no accident


class ChildKeepsDying(RuntimeError):
    """A child ended several times right after its start; the text names it."""


class Child:
    """A program that is started again whenever it ends."""

    def __init__(self, name: str, command: Sequence[str]) -> None:
        self.name, self.command = name, command
        self.quick_deaths = 0
        self.start()

    def start(self) -> None:
        self.started = time.monotonic()
        self.process = subprocess.Popen(
            self.command,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C is for the supervisor, which asks everyone in order
            preexec_fn=stop_with_parent,
        )

    def keep_up(self) -> None:
        """Start again if it has ended; `ChildKeepsDying` when that does not help."""
        if self.process.poll() is None:
            return
        self.quick_deaths = self.quick_deaths + 1 if time.monotonic() - self.started < QUICK else 0
        if self.quick_deaths >= QUICK_DEATHS:
            raise ChildKeepsDying(
                both(f"Tiến trình {self.name} cứ dừng ngay khi chạy.", f"The {self.name} process keeps ending at once.")
            )
        self.start()

    def stop(self, deadline: float) -> None:
        """Wait for its end until `deadline`, then end it; `ask_to_stop` came before."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(max(0.0, deadline - time.monotonic()))
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def ask_to_stop(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()


class Stop:
    """Set by SIGINT and SIGTERM; a second signal changes nothing, so that nobody interrupts the tidying up."""

    def __init__(self) -> None:
        self.event = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda *_: self.event.set())


def supervise(
    children: Mapping[str, Sequence[str]],
    *,
    stop: Stop,
    once_up: Callable[[], None] = lambda: None,
    keep_up: Callable[[], None] = lambda: None,
) -> None:
    """Run `children` (name -> command) until `stop`, starting again what ends; then end them all.

    `once_up` is called after the start, `keep_up` at every look.
    """
    running: list[Child] = []
    try:
        running += [Child(name, command) for name, command in children.items()]
        once_up()
        while not stop.event.wait(LOOK_EVERY):
            keep_up()
            for child in running:
                child.keep_up()
    finally:
        for child in running:
            child.ask_to_stop()
        deadline = time.monotonic() + SECONDS_TO_STOP
        for child in running:
            child.stop(deadline)


def web_command(host: str, port: int, processes: int) -> list[str]:
    """granian in front of our gateway, which keeps the threads of pages (`PHEU_WEB_THREADS`).

    `backpressure` counts what is open in a process: a stream stays so.
    """
    words = f"--interface asgi --host {host} --port {port} --workers {processes} --backpressure {MOST_OPEN}"
    limits = "--no-ws --respawn-failed-workers --workers-kill-timeout 15 --log-level warning"
    return [sys.executable, "-m", "granian", *words.split(), *limits.split(), "config.asgi:application"]


def worker_command() -> list[str]:
    return [sys.executable, "-m", "pheu.core.worker"]
