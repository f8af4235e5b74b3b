"""The tool for operators: `bin/pheu`, and what `bin/run` and `bin/test` do once everything is installed."""

import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from pheu.core import environment, postgres
from pheu.core.environment import ROOT, WrongSetting
from pheu.core.postgres import AlreadyRunning, PostgresError, Server
from pheu.core.processes import both
from pheu.core.supervisor import ChildKeepsDying, Stop, supervise, web_command, worker_command
from pheu.core.timeouts import fault_of

USAGE = """\
bin/pheu serve              the web server
bin/pheu worker             the worker: jobs and schedules
bin/pheu migrate            bring the database up to date
bin/pheu doctor             is everything well?
bin/pheu demo               fill an empty database with the demo company
bin/pheu config             export or import what the company has configured
bin/pheu user               make an account (see bin/pheu user --help)
bin/pheu postgres           run only the embedded PostgreSQL and print its DATABASE_URL
bin/pheu psql               talk to the database
bin/pheu COMMAND --help     any of Django's own commands too
"""
REFUSED = 3  # exit status: something outside of us is in the way, and was named


def main(words: list[str]) -> int:
    """Run one command; returns the exit status. What an operator can mend is said in a sentence, not a traceback."""
    name, *rest = words or ["help"]
    try:
        return {
            "run": run,
            "serve": serve,
            "worker": worker,
            "postgres": serve_database,
            "psql": psql,
            "test": test,
        }.get(name, lambda rest: django_command(name, rest))(rest)
    except (PostgresError, WrongSetting, ChildKeepsDying) as error:
        print(error, file=sys.stderr)
        return REFUSED


def run(_: list[str]) -> int:
    """Database, demo company, web and worker: the whole product, for `bin/run`."""
    began = time.monotonic()
    stop = Stop()
    if not port_is_free():
        return REFUSED
    with embedded_database() as server:
        prepare_database()
        refuse_open_doors()
        refuse_endless_statements("web", "worker")
        children = {"web": web(), "worker": worker_command()}
        supervise(children, stop=stop, once_up=lambda: announce(began), keep_up=server.keep_up if server else nothing)
    return 0


def serve(_: list[str]) -> int:
    stop = Stop()
    if not port_is_free():
        return REFUSED
    with database() as server:
        refuse_open_doors()
        refuse_endless_statements("web")
        supervise({"web": web()}, stop=stop, keep_up=server.keep_up if server else nothing)
    return 0


def worker(_: list[str]) -> int:
    stop = Stop()
    with database() as server:
        refuse_endless_statements("worker")
        supervise({"worker": worker_command()}, stop=stop, keep_up=server.keep_up if server else nothing)
    return 0


def serve_database(_: list[str]) -> int:
    stop = Stop()
    with Server(environment.home()) as server:
        print(server.url, flush=True)
        supervise({}, stop=stop, keep_up=server.keep_up)
    return 0


def psql(rest: list[str]) -> int:
    """The psql that came with the server, or the machine's own beside a server elsewhere."""
    with database():
        url = os.environ.get("DATABASE_URL") or postgres.conninfo(environment.home())
        return subprocess.run([postgres.find_place(environment.home()).binaries / "psql", url, *rest]).returncode


def django_command(name: str, rest: list[str]) -> int:
    """Any management command, ours or Django's, with the database up."""
    from django.core.management import execute_from_command_line

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    if name in {"help", "--help", "-h"} and not rest:
        print(USAGE)
        return 0
    with contextlib.nullcontext() if "--help" in rest else database():
        execute_from_command_line(["bin/pheu", name, *rest])
    return 0


def test(rest: list[str]) -> int:
    """The test suite on a database of its own; pytest's summary stays the last line."""
    with embedded_database(environment.home() / "test", durable=False) as server:
        url = os.environ.get("DATABASE_URL") or (server.url if server else "")
        surroundings = {
            "DATABASE_URL": url,
            "DJANGO_SETTINGS_MODULE": "config.settings_test",
            "DJANGO_ALLOW_ASYNC_UNSAFE": "1",  # Playwright's loop runs in the thread of the tests
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",  # naming them saves four seconds a run
        }
        plugins = ("pytest_django.plugin", "xdist.plugin", "pytest_playwright.pytest_playwright")
        named = [word for plugin in plugins for word in ("-p", plugin)]
        command = [sys.executable, "-m", "pytest", *named, "-n", "2", "--dist", "loadscope", *rest]
        return subprocess.run(command, cwd=ROOT, env={**os.environ, **surroundings}).returncode


@contextlib.contextmanager
def embedded_database(home: Path | None = None, *, durable: bool = True) -> Iterator[Server | None]:
    """The embedded server, started and stopped here; None when `DATABASE_URL` names another."""
    if os.environ.get("DATABASE_URL"):
        yield None
        return
    with Server(home or environment.home(), durable=durable) as server:
        yield server


@contextlib.contextmanager
def database() -> Iterator[Server | None]:
    """Like `embedded_database`, but content with a server that another process of ours already runs."""
    with contextlib.ExitStack() as held:
        try:
            server = held.enter_context(embedded_database())
        except AlreadyRunning:
            server = None
        yield server


def prepare_database() -> None:
    """Bring the tables up to date; fill an empty database with the demo company.

    Not with `PHEU_DEMO=0`, and not where the public reaches it.
    """
    import django
    from django.contrib.auth import get_user_model
    from django.core.management import call_command

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    call_command("migrate", verbosity=0, interactive=False)
    wants_demo = os.environ.get("PHEU_DEMO") != "0" and not environment.is_public()
    if wants_demo and not get_user_model()._default_manager.exists():
        call_if_there("demo")


def refuse_open_doors() -> None:
    """`WrongSetting` where the public would reach an installation that a check of ours finds open: demo passwords."""
    if not environment.is_public():
        return
    import django
    from django.core import checks

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    if found := checks.run_checks(tags=["serve"], databases=["default"]):
        raise WrongSetting("\n".join(one.msg for one in found))


def refuse_endless_statements(*processes: str) -> None:
    """`WrongSetting` where one of these processes would run without its limit on a statement's time."""
    if faults := [fault for process in processes if (fault := fault_of(process))]:
        raise WrongSetting("\n".join(faults))


def call_if_there(command: str) -> None:
    """A command of an app above us, which an installation may lack."""
    from django.core.management import call_command, get_commands

    if command in get_commands():
        call_command(command)


def announce(began: float) -> None:
    """Wait until the site answers, then say where it is and who may sign in."""
    wait_for_port()
    print(both(f"\nPhễu đang chạy ở {environment.base_url()}", f"Phễu is running at {environment.base_url()}"))
    call_if_there("demo_signins")
    print(f"({time.monotonic() - began:.1f} s)  Ctrl-C: dừng / stop", flush=True)


def web() -> list[str]:
    return web_command(*address(), environment.number("PHEU_WEB_PROCESSES", 2))


def address() -> tuple[str, int]:
    return os.environ.get("PHEU_LISTEN") or "127.0.0.1", environment.number("PORT", 8000)


def port_is_free() -> bool:
    """Whether we may listen; says so in a sentence when another program does."""
    host, port = address()
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
            return True
        except OSError:
            vietnamese = (
                f"Cổng {port} đang được chương trình khác dùng; hãy chọn cổng khác, ví dụ PORT={port + 1} bin/run."
            )
            english = f"Port {port} is taken by another program; choose another, for example PORT={port + 1} bin/run."
            print(both(vietnamese, english), file=sys.stderr)
            return False


def wait_for_port() -> None:
    for _ in range(300):
        with contextlib.suppress(OSError), socket.create_connection(address(), timeout=1):
            return
        time.sleep(0.05)


def nothing() -> None: ...


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
