"""What `bin/mutants` does inside pytest, by the plan that `PHEU_MUTANTS` names: a JSON file.

"map" notes for every test which lines of the mutated modules it runs. "run" collects all tests once and forks for
every mutant: the child exchanges the code of the functions that the mutant changes and runs the tests that reach it.
"one" is for a mutant outside of all functions, which is read when Python starts.
"""

import gc
import importlib.abc
import importlib.machinery
import json
import os
import select
import signal
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any

import pytest
from _pytest.runner import runtestprotocol
from django.core.management import call_command
from django.db import connection
from hypothesis import Phase, settings
from mutations import marked, mutated

ROOT = Path(__file__).resolve().parents[1]
PLAN: dict[str, Any] = json.loads(Path(os.environ["PHEU_MUTANTS"]).read_text("utf-8"))
# A browser or a server of its own does not live through a fork.
BROWSER = {"live_server", "page", "context"}
KILLED, SURVIVED, TIMED_OUT = "killed", "survived", "timed out"


# Modules other than their files ---------------------------------------------------------------------------------------

HITS: dict[str, set[int]] = defaultdict(set)


class Changed(importlib.machinery.SourceFileLoader):
    """Reads a module, and runs what the plan makes of it."""

    def get_code(self, fullname: str) -> CodeType:
        source = Path(self.path).read_text("utf-8")
        tree = marked(source) if PLAN["mode"] == "map" else mutated(source, PLAN["number"])
        return compile(tree, self.path, "exec", dont_inherit=True)

    def exec_module(self, module: ModuleType) -> None:
        module.__dict__["__mark__"] = HITS[str(Path(self.path).relative_to(ROOT))].add
        super().exec_module(module)


class Finder(importlib.abc.MetaPathFinder):
    """Finds the modules that the plan changes."""

    paths: dict[str, str] = {path.removesuffix(".py").replace("/", "."): path for path in PLAN["paths"]}

    def find_spec(self, fullname: str, path: Any, target: Any = None) -> importlib.machinery.ModuleSpec | None:
        spec = importlib.machinery.PathFinder.find_spec(fullname, path) if fullname in self.paths else None
        if spec is not None:
            spec.loader = Changed(fullname, str(ROOT / self.paths[fullname]))
        return spec


if PLAN["mode"] != "run":
    sys.meta_path.insert(0, Finder())


def pytest_configure() -> None:
    # Which example fails first does not matter here.
    usual = settings.default
    settings.register_profile("mutants", usual, phases=[Phase.explicit, Phase.generate])
    settings.load_profile("mutants")


def pytest_collection_modifyitems(items: list[Any]) -> None:
    items[:] = [item for item in items if not BROWSER & set(item.fixturenames)]


# Which test runs which lines ------------------------------------------------------------------------------------------

NOTED: dict[str, Any] = {}


def pytest_collection_finish() -> None:
    """What was run before any test: a mutant there is read when Python starts."""
    note("import", 0)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: Any) -> Iterator[None]:
    for lines in HITS.values():
        lines.clear()
    began = time.monotonic()
    result = yield
    note(item.nodeid, time.monotonic() - began)
    return result


def note(name: str, seconds: float) -> None:
    hits = {path: sorted(lines) for path, lines in HITS.items() if lines}
    NOTED[name] = {"seconds": round(seconds, 3), "hits": hits}


def pytest_sessionfinish() -> None:
    if PLAN["mode"] == "map" and NOTED:
        Path(PLAN["out"], f"hits-{os.getpid()}.json").write_text(json.dumps(NOTED), "utf-8")


# Tests against mutants ------------------------------------------------------------------------------------------------


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: Any) -> bool | None:
    if PLAN["mode"] != "run":
        return None
    from pytest_django.plugin import blocking_manager_key  # not before pytest has read it as a plugin

    Runner(session.items, session.config.stash[blocking_manager_key]).run(PLAN["mutants"])
    return True


class Runner:
    """Runs mutants one after the other until the plan's time is over; each answer is a line of the plan's `out`."""

    def __init__(self, items: Sequence[Any], blocker: Any) -> None:
        self.blocker = blocker
        self.items = {item.nodeid: item for item in items}
        self.seconds: dict[str, float] = PLAN["seconds"]
        # Tests that killed a mutant of a function come first for its next ones.
        self.killers: dict[str, Counter[str]] = defaultdict(Counter)
        # Whether a test passes in a fork without any mutant: otherwise its failing says nothing.
        self.trusted: dict[str, bool] = {}
        self.functions = functions_of({str(ROOT / path) for path in PLAN["paths"]})

    def run(self, mutants: Sequence[dict[str, Any]]) -> None:
        self.set_up()
        with open(PLAN["out"], "a", encoding="utf-8") as out:
            for mutant in mutants:
                if time.time() > PLAN["until"]:
                    break
                print(json.dumps(mutant["told"] | self.answer(mutant)), file=out, flush=True)

    def set_up(self) -> None:
        """One test here, so that every child finds the fixtures of the session made."""
        first = next(one for one in self.items.values() if "db" in one.fixturenames)
        assert not failed_of(first)
        forget_connections()
        gc.collect()
        gc.freeze()

    def answer(self, mutant: dict[str, Any]) -> dict[str, Any]:
        began = time.monotonic()
        chosen = self.chosen(mutant)
        codes = self.codes_of(mutant) if mutant["in_body"] else {}
        result, by = self.in_fork(chosen, codes) if codes else run_anew(mutant, chosen)
        if result == TIMED_OUT:
            self.clean_database()
        if result == KILLED and codes and by and not self.is_trusted(by):
            return self.answer(mutant)
        if result == KILLED and by:
            self.killers[mutant["within"]][by] += 1
        ran = len(chosen) if result == SURVIVED else 0
        took = round(time.monotonic() - began, 2)
        return {"result": result, "by": by, "ran": ran, "took": took, "at": time.time()}

    def chosen(self, mutant: dict[str, Any]) -> list[str]:
        """The tests to run, as many as the time for one mutant allows."""
        there = [one for one in mutant["tests"] if one in self.items and self.trusted.get(one, True)]
        known = self.killers[mutant["within"]]
        there.sort(key=lambda one: -known[one])
        spent, chosen = 0.0, list[str]()
        for one in there:
            spent += self.seconds[one]
            if chosen and spent > PLAN["budget"]:
                break
            chosen.append(one)
        return chosen

    def codes_of(self, mutant: dict[str, Any]) -> dict[FunctionType, CodeType]:
        """The functions that this mutant changes, with their new code; none if they are not to be found."""
        path = str(ROOT / mutant["path"])
        source = Path(path).read_text("utf-8")
        old = list(codes_in(compile(source, path, "exec", dont_inherit=True)))
        new = list(codes_in(compile(mutated(source, mutant["number"]), path, "exec", dont_inherit=True)))
        pairs = [(was, now) for was, now in zip(old, new, strict=False) if was != now]
        if len(old) != len(new) or any(was.co_freevars != now.co_freevars for was, now in pairs):
            return {}
        return {one: now for was, now in pairs for one in self.functions[path] if one.__code__ == was}

    def in_fork(self, tests: Sequence[str], codes: dict[FunctionType, CodeType]) -> tuple[str, str]:
        """(result, the test that failed)"""
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            self.become_mutant(tests, codes, writer)
        os.close(writer)
        status = wait_for(child, 30 + 20 * sum(self.seconds[one] for one in tests))
        with os.fdopen(reader) as told:
            by = told.read()
        if os.WIFSIGNALED(status):
            return TIMED_OUT, by
        return (KILLED, by) if status else (SURVIVED, "")

    def become_mutant(self, tests: Sequence[str], codes: dict[FunctionType, CodeType], writer: int) -> None:
        """In the child: does not return."""
        nowhere = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(nowhere, stream)
        failed = ""
        try:
            for function, code in codes.items():
                function.__code__ = code
            failed = next(one for one in tests if not self.passes(one))
        except StopIteration:
            os._exit(0)
        finally:
            os.write(writer, failed.encode())
            os._exit(1)

    def passes(self, test: str) -> bool:
        item = self.items[test]
        signal.alarm(int(15 + 10 * self.seconds[test]))  # ends the process where a mutant runs in circles
        failed = failed_of(item)
        signal.alarm(0)
        return not failed

    def clean_database(self) -> None:
        """As it was planted: a test with real transactions may have been ended in the middle."""
        with self.blocker.unblock():
            with connection.cursor() as cursor:
                cursor.execute(
                    "select pg_terminate_backend(pid) from pg_stat_activity"
                    " where datname = current_database() and pid <> pg_backend_pid()"
                )
            call_command("flush", verbosity=0, interactive=False)
            forget_connections()
        self.trusted.clear()

    def is_trusted(self, test: str) -> bool:
        if test not in self.trusted:
            self.trusted[test] = self.in_fork([test], {})[0] == SURVIVED
        return self.trusted[test]


def forget_connections() -> None:
    """So that no two processes talk over the same one: each makes its own pool."""
    connection.close()
    connection.close_pool()  # type: ignore[attr-defined]


def failed_of(item: Any) -> list[Any]:
    """Reports of what failed. The session comes next: its fixtures stay, those of modules and classes end."""
    return [report for report in runtestprotocol(item, log=False, nextitem=item.session) if report.failed]


def functions_of(paths: set[str]) -> dict[str, list[FunctionType]]:
    found: dict[str, list[FunctionType]] = defaultdict(list)
    for one in gc.get_objects():
        if type(one) is FunctionType and one.__code__.co_filename in paths:
            found[one.__code__.co_filename].append(one)
    return found


def codes_in(code: CodeType) -> Iterator[CodeType]:
    """All code below, functions inside of functions too: a decorator's wrappers were made at import."""
    for one in code.co_consts:
        if isinstance(one, CodeType):
            yield one
            yield from codes_in(one)


def wait_for(child: int, seconds: float) -> int:
    """Its status; ended when it takes longer than that."""
    handle = os.pidfd_open(child)
    try:
        if not select.select([handle], [], [], seconds)[0]:
            os.kill(child, signal.SIGKILL)
    finally:
        os.close(handle)
    return os.waitpid(child, 0)[1]


def run_anew(mutant: dict[str, Any], tests: Iterable[str]) -> tuple[str, str]:
    """A pytest of its own, whose modules are the mutant from the start."""
    plan = Path(PLAN["out"]).with_suffix(".one.json")
    words = {"mode": "one", "paths": [mutant["path"]], "number": mutant["number"]}
    plan.write_text(json.dumps(words), "utf-8")
    command = [sys.executable, "-m", "pytest", *PLAN["words"], "-x", "-q", "--tb=no", *tests]
    environment = {**os.environ, "PHEU_MUTANTS": str(plan)}
    try:
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300)
    except subprocess.TimeoutExpired:
        return TIMED_OUT, ""
    failed = [line.split()[1] for line in done.stdout.splitlines() if line.startswith(("FAILED", "ERROR "))]
    return (KILLED, (failed or [""])[0]) if done.returncode else (SURVIVED, "")
