"""Mutation testing: changes one thing in a module, and asks whether any test notices.

    bin/mutants                             every module below, going on where the last run stopped
    bin/mutants pheu/people/scopes.py       one of them
    bin/mutants --again --budget 300        only what survived, with more time for each
    bin/mutants --report                    what is known, without running anything

The first run notes which lines each test runs. After that a mutant costs the tests that reach it, until the first one
fails, at most `--budget` seconds of them. Everything is kept in var/mutants; answers in var/mutants/mutants.json.
"""

import argparse
import hashlib
import json
import os
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from mutations import Mutant, mutants_of

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from pheu.core import environment  # noqa: E402
from pheu.core.cli import embedded_database  # noqa: E402

MODULES = (
    "pheu/*/services.py",
    "pheu/deals/conversion.py", "pheu/deals/undoing.py", "pheu/deals/reactions.py", "pheu/leads/undoing.py",
    "pheu/timeline/stages.py", "pheu/timeline/undo.py", "pheu/people/scopes.py",
    *(
        f"pheu/records/{name}.py"
        for name in ("writing", "journal", "conditions", "operators", "ownership", "locking", "acts")
    ),
)  # fmt: skip
PLUGINS = ("mutants_in_pytest", "pytest_django.plugin", "pytest_playwright.pytest_playwright")
WORDS = [*(word for one in PLUGINS for word in ("-p", one)), "-p", "no:cacheprovider", "--reuse-db"]
MOST_TESTS = 600  # of those that reach a mutant
LEFT = ("survived", "not run")
Answer = dict[str, Any]


def main(words: list[str]) -> int:
    """The exit status is 1 when a mutant survived."""
    asked = read_words(words)
    targets = asked.paths or sorted(str(path.relative_to(ROOT)) for one in MODULES for path in ROOT.glob(one))
    until = time.time() + asked.minutes * 60
    keeper = Keeper(environment.home() / "mutants")
    if not asked.report:
        with embedded_database(keeper.place / "home", durable=False) as server:
            os.environ["DATABASE_URL"] = os.environ.get("DATABASE_URL") or (server.url if server else "")
            if not asked.skip_map and not keeper.map_tests(until):
                print("not every test has been looked at yet: run again")
                return 1
            run(keeper, chosen(keeper, targets, asked), asked, until)
    return report(keeper, targets, asked)


def read_words(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="bin/mutants", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("paths", nargs="*")
    parser.add_argument("--sample", type=int, help="only so many of the mutants, drawn by --seed")
    parser.add_argument("--seed", default="1")
    parser.add_argument("--again", action="store_true", help="what survived, once more")
    parser.add_argument("--minutes", type=float, default=600, help="stop after so long; the next run goes on")
    parser.add_argument("--budget", type=float, default=20, help="seconds of tests for one mutant")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--report", action="store_true", help="run nothing")
    parser.add_argument("--skip-map", action="store_true", help="trust the tests' lines as they were noted")
    return parser.parse_args(words)


def mutants_in(path: str) -> list[Mutant]:
    return mutants_of((ROOT / path).read_text("utf-8"))


def chosen(keeper: "Keeper", targets: Sequence[str], asked: argparse.Namespace) -> list[tuple[str, Mutant]]:
    """Of these modules what is to be run now: what has no answer yet, or what survived, the oldest answer first."""
    known, every = keeper.answers(), drawn(targets, asked)
    if not asked.again:
        return [one for one in every if name_of(*one) not in known]
    left = [one for one in every if known.get(name_of(*one), {}).get("result") in LEFT]
    return sorted(left, key=lambda one: known[name_of(*one)]["at"])


def drawn(targets: Sequence[str], asked: argparse.Namespace) -> list[tuple[str, Mutant]]:
    every = [(path, mutant) for path in targets for mutant in mutants_in(path)]
    if asked.sample is None:
        return every
    return sorted(every, key=lambda one: hash_of(asked.seed + name_of(*one)))[: asked.sample]


def name_of(path: str, mutant: Mutant) -> str:
    return f"{path}:{mutant.key}"


def hash_of(text: str | bytes) -> str:
    return hashlib.sha256(text.encode() if isinstance(text, str) else text).hexdigest()


# What is kept ---------------------------------------------------------------------------------------------------------


class Keeper:
    """The directory of what is known: lines by test, answers by mutant."""

    def __init__(self, place: Path) -> None:
        self.place = place
        place.mkdir(parents=True, exist_ok=True)
        self.lines = read_json(place / "lines.json")

    def answers(self) -> dict[str, Answer]:
        """Those of earlier runs with what workers have written since, even if they were interrupted."""
        known = read_json(self.place / "mutants.json")
        parts = sorted(self.place.glob("answers-*.jsonl"))
        for part in parts:
            told = [json.loads(line) for line in part.read_text("utf-8").splitlines() if line.endswith("}")]
            known |= {one["name"]: one for one in told}
        self.write("mutants.json", known)
        for part in parts:
            part.unlink()
        return known

    def write(self, name: str, content: Any) -> Path:
        path, fresh = self.place / name, self.place / f"{name}.new"
        fresh.write_text(json.dumps(content, ensure_ascii=False), "utf-8")
        return fresh.replace(path)

    def map_tests(self, until: float) -> bool:
        """Note the lines of every test of which nothing is known, or whose file or modules changed; True when done."""
        targets = sorted({str(path.relative_to(ROOT)) for one in MODULES for path in ROOT.glob(one)})
        sources = {path: hash_of((ROOT / path).read_bytes()) for path in targets}
        tests = {str(path.relative_to(ROOT)): hash_of(path.read_bytes()) for path in ROOT.glob("pheu/**/test_*.py")}
        changed = {path for path, one in self.lines.get("sources", {}).items() if sources.get(path) != one}
        files = {
            path: one
            for path, one in self.lines.get("files", {}).items()
            if tests.get(path) == one["hash"] and not changed & modules_of(one)
        }
        self.lines = {"sources": sources, "import": self.lines.get("import", {}), "files": files}
        stale = sorted(set(tests) - set(files))
        for start in range(0, len(stale), 25):
            if time.time() > until:
                return False
            some = stale[start : start + 25]
            print(f"lines of {start + len(some)}/{len(stale)} test files", flush=True)
            self.note(some, tests, targets)
        return True

    def note(self, files: Sequence[str], hashes: dict[str, str], targets: Sequence[str]) -> None:
        for left in self.place.glob("hits-*.json"):  # of a run that was interrupted
            left.unlink()
        plan = self.write("map.json", {"mode": "map", "paths": targets, "out": str(self.place)})
        done = pytest(plan, ["-p", "xdist.plugin", "-n", "2", "-q", "--tb=short", *files])
        if done.wait() not in (0, 5):
            raise SystemExit("The tests fail as they are; mutants can tell nothing.")
        for path in files:
            self.lines["files"][path] = {"hash": hashes[path], "tests": {}}
        for part in self.place.glob("hits-*.json"):
            found = read_json(part)
            self.lines["import"] = found.pop("import")["hits"]
            for test, told in found.items():
                self.lines["files"][test.split("::")[0]]["tests"][test] = told
            part.unlink()
        self.write("lines.json", self.lines)

    def tests(self) -> dict[str, Any]:
        return {test: told for one in self.lines["files"].values() for test, told in one["tests"].items()}


def modules_of(file: dict[str, Any]) -> set[str]:
    return {path for told in file["tests"].values() for path in told["hits"]}


def read_json(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text("utf-8")) if path.exists() else {}


# Running --------------------------------------------------------------------------------------------------------------


def run(keeper: Keeper, todo: Sequence[tuple[str, Mutant]], asked: argparse.Namespace, until: float) -> None:
    print(f"{len(todo)} mutants to run", flush=True)
    tests = keeper.tests()
    paths = sorted({path for path, _mutant in todo})
    siblings = {path: mutants_in(path) for path in paths}
    reached = Reached(tests, keeper.lines["import"])
    told = [words_of(path, mutant, reached, siblings[path]) for path, mutant in todo]
    nothing = {"result": "not run", "by": "", "ran": 0, "took": 0, "at": time.time()}
    nobody = [one["told"] | nothing for one in told if not one["tests"]]
    (keeper.place / "answers-none.jsonl").write_text("".join(json.dumps(one) + "\n" for one in nobody), "utf-8")
    # Those that need a Python of their own take longest, and come last.
    wanted = sorted((one for one in told if one["tests"]), key=lambda one: not one["in_body"])
    # Neighbours share their tests, so each worker takes whole stretches.
    size = 25
    shares = [
        [one for at in range(worker * size, len(wanted), size * asked.workers) for one in wanted[at : at + size]]
        for worker in range(asked.workers)
    ]
    seconds = {test: one["seconds"] for test, one in tests.items()}
    plans = [
        keeper.write(
            f"run-{worker}.json",
            {
                "mode": "run", "paths": paths, "mutants": share, "until": until, "budget": asked.budget, "words": WORDS,
                "seconds": seconds, "out": str(keeper.place / f"answers-{worker}.jsonl"),
            },
        )
        for worker, share in enumerate(shares) if share
    ]  # fmt: skip
    workers = [pytest(plan, ["-q", "-s"], database=f"_{number}") for number, plan in enumerate(plans)]
    watch(keeper, workers, len(wanted))


def watch(keeper: Keeper, workers: Sequence[subprocess.Popen[bytes]], wanted: int) -> None:
    while any(one.poll() is None for one in workers):
        time.sleep(2)
        done = sum(len(part.read_bytes().splitlines()) for part in keeper.place.glob("answers-[0-9].jsonl"))
        if sys.stdout.isatty():
            print(f"\r{done}/{wanted} ", end="", flush=True)
    if any(one.returncode not in (0, 5) for one in workers):
        print("a worker ended early; what it found out is kept")


def words_of(path: str, mutant: Mutant, reached: "Reached", siblings: Iterable[Mutant]) -> dict[str, Any]:
    return {
        "path": path,
        "number": mutant.number,
        "within": f"{path}:{mutant.within}",
        "in_body": mutant.in_body and not reached.at_import(path, mutant.line),
        "tests": tests_of(path, mutant, reached, siblings),
        "told": {"name": name_of(path, mutant), "path": path, "line": mutant.line, "diff": mutant.diff},
    }


def tests_of(path: str, mutant: Mutant, reached: "Reached", siblings: Iterable[Mutant]) -> list[str]:
    """Those that run the line; of what is outside of functions those that run its function, or anything of its module.

    Ordered by how much of a test is about this module, and its time.
    """
    if mutant.in_body and not reached.at_import(path, mutant.line):
        return reached.tests(path, {mutant.line})
    function = {one.line for one in siblings if one.within == mutant.within and mutant.within and one.in_body}
    return reached.tests(path, function) or reached.tests(path, set(reached.by_line[path]))


class Reached:
    """Tests by the lines that they run."""

    def __init__(self, tests: dict[str, Any], imported: dict[str, list[int]]) -> None:
        self.told, self.imported = tests, imported
        self.by_line: dict[str, dict[int, list[str]]] = defaultdict(lambda: defaultdict(list))
        for test, one in tests.items():
            for path, lines in one["hits"].items():
                for line in lines:
                    self.by_line[path][line].append(test)

    def at_import(self, path: str, line: int) -> bool:
        """Whether the line is run when Python starts, and by no test after that."""
        return line in self.imported.get(path, ()) and not self.by_line[path].get(line)

    def tests(self, path: str, lines: Iterable[int]) -> list[str]:
        """Those that are most about a module come first, but every test before another one's second parameter."""
        found = {test for line in lines for test in self.by_line[path].get(line, ())}
        turns, times = list[tuple[int, str]](), Counter[str]()
        for test in sorted(found, key=lambda test: self.weight(path, test)):
            function = test.partition("[")[0]
            times[function] += 1
            turns.append((times[function], test))
        return [test for _turn, test in sorted(turns, key=lambda one: one[0])][:MOST_TESTS]

    def weight(self, path: str, test: str) -> float:
        hits = self.told[test]["hits"]
        share = len(hits[path]) / sum(map(len, hits.values()))
        return self.told[test]["seconds"] / share


def pytest(plan: Path, words: Sequence[str], database: str = "") -> subprocess.Popen[bytes]:
    surroundings = {
        "DATABASE_URL": with_name(os.environ["DATABASE_URL"], database),
        "DJANGO_SETTINGS_MODULE": "config.settings_test",
        "DJANGO_ALLOW_ASYNC_UNSAFE": "1",
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "PYTHONPATH": str(ROOT / "bin"),
        "PHEU_MUTANTS": str(plan),
    }
    command = [sys.executable, "-m", "pytest", *WORDS, *words]
    return subprocess.Popen(command, cwd=ROOT, env={**os.environ, **surroundings})


def with_name(url: str, more: str) -> str:
    """The same server, another database: every worker has its own."""
    address, mark, options = url.partition("?")
    return f"{address}{more}{mark}{options}"


# Telling --------------------------------------------------------------------------------------------------------------


def report(keeper: Keeper, targets: Sequence[str], asked: argparse.Namespace) -> int:
    known = keeper.answers()
    wanted = {name_of(path, mutant): (path, mutant) for path, mutant in drawn(targets, asked)}
    left = [one for name, one in known.items() if name in wanted and one["result"] in LEFT]
    for one in sorted(left, key=lambda one: (one["path"], one["line"])):
        print(f"{one['path']}:{one['line']} {one['result']} {one['ran'] or ''}\n{one['diff']}\n")
    for path in targets:
        names = [name for name, (of, _mutant) in wanted.items() if of == path]
        results = Counter(known[name]["result"] for name in names if name in known)
        if every := results.total():
            killed, waiting = every - sum(results[one] for one in LEFT), len(names) - every
            print(f"{path:32} {every:5} run {killed:5} killed {killed / every:7.1%} {waiting:5} waiting")
    return 1 if left else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
