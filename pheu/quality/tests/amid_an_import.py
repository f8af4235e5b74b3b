"""What the drill with a killed PostgreSQL runs beside itself (`test_killed_database`), each a process of its own:

    python -m pheu.quality.tests.amid_an_import prepare LINES     a company, and an import that waits for a worker
    python -m pheu.quality.tests.amid_an_import work CHUNK ...    a worker that stops amid these chunks until it is told
    python -m pheu.quality.tests.amid_an_import account           what has become of all lines, as JSON

By hand, with any number of lines and kills: `python -m pheu.quality.tests.amid_an_import drill HOME LINES CHUNK ...`.
"""

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import django

LANES = 2
REPEATED = 5  # every fifth line is about the customer of the one before: both wait until the others are through
PROGRAM = [sys.executable, "-m", "pheu.quality.tests.amid_an_import"]


def prepare(lines: int) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile
    from django.core.management import call_command

    from pheu.conftest import make_cast
    from pheu.quality import jobs, lanes, services
    from pheu.quality.models import Import

    call_command("migrate", verbosity=0, interactive=False)
    cast = make_cast()
    text = "\n".join(["Tên công ty,Mã số thuế,Điện thoại,Ghi chú", *(line(nth) for nth in range(lines))])
    one = services.open_file(SimpleUploadedFile("khach.csv", text.encode()), kind="prospect", by=cast.dung)
    services.read_file(one, one.round)
    one.refresh_from_db()
    place = {"area_code": "", "team": None, "department": cast.an.department, "origin": "khach"}
    services.begin_check(one, {"columns": one.columns, **place}, by=cast.dung)
    one.refresh_from_db()
    lanes.check_lines(one, one.round)
    one.refresh_from_db()
    jobs.start(one, by=cast.dung, policy=Import.Policy.FILL)


def line(nth: int) -> str:
    """A customer with a tax code of its own; every fifth is the one before, and has a remark more."""
    of = nth - 1 if nth % REPEATED == REPEATED - 1 else nth
    return f"Công ty {of:06},{tax_code(of)},091{of:07},Dòng {nth:06}"


def tax_code(nth: int) -> str:
    """Ten digits, the last of which follows from the others; empty where no such number is given out."""
    digits = f"{nth + 10_100_001:09}"
    weights = (31, 29, 23, 19, 17, 13, 7, 5, 3)
    check = 10 - sum(int(digit) * weight for digit, weight in zip(digits, weights, strict=True)) % 11
    return f"{digits}{check}" if check < 10 else ""


def work(amid: Sequence[int]) -> None:
    """Work as in earnest, but with signs of life oftener; amid a chunk, all written and nothing committed, wait."""
    from pheu.core import jobs
    from pheu.quality import running

    keep, begun = running._keep, 0

    def kept(ended: Any) -> None:
        nonlocal begun
        keep(ended)
        begun += 1
        if begun in amid:
            print("amid", flush=True)
            sys.stdin.readline()

    def finished(import_id: int, *, beside: bool = False) -> bool:
        goes_on = chunk(import_id, beside=beside)
        if not goes_on and not beside:
            print("finished", flush=True)
        return goes_on

    chunk, running.import_chunk = running.import_chunk, finished
    running._keep = kept
    jobs.SILENCE, jobs.FIRST_PAUSE = 3.0, 1
    jobs.run_worker(update_heartbeat_interval=0.5, stalled_worker_timeout=3.0, fetch_job_polling_interval=0.5)


def account() -> None:
    from pheu.core import health
    from pheu.parties.models import Prospect
    from pheu.quality.models import Import

    one = Import.objects.get()
    rows = list(Prospect.objects.live().values_list("company_name", "remark"))
    told = {
        "state": one.state,
        "accounts": [one.rows, one.created, one.updated, one.merged, one.skipped, one.rejected],
        "lines": dict(Counter(one.lines_of_customers.values_list("state", flat=True))),
        "rows": len(rows),
        "customers": len({name for name, _remark in rows}),
        "remarks": sorted(word for _name, remark in rows for word in remark.split("\n")),
        "examined": {name: lines for name, lines in health.examine().items() if lines},
    }
    print(json.dumps(told), flush=True)


def drill(home: Path, lines: int, amid: Sequence[int], like: str = "") -> tuple[dict[str, Any], list[str]]:
    """Import so many lines, PostgreSQL killed amid each of these chunks; the account, and what was seen meanwhile.

    `like` is the address of a migrated database to begin with; to copy it takes a tenth of what migrations take.
    As the supervisor does, whoever calls keeps server and worker up: both are started again when they have ended.
    """
    from pheu.core.postgres import Server

    seen = []
    with Server(home / "nhà") as server:
        here = {**os.environ, "DATABASE_URL": server.url, "PHEU_HOME": str(home / "nhà")}
        here |= {"DJANGO_SETTINGS_MODULE": "config.settings_test", "PHEU_IMPORT_LANES": str(LANES)}
        if like:
            _copy(like, server)
        subprocess.run([*PROGRAM, "prepare", str(lines)], env=here, check=True)
        left = list(amid)
        worker = _worker(here, left)
        while True:
            told = worker.stdout.readline().strip()  # type: ignore[union-attr]
            seen.append(told or "ended")
            if told == "finished":
                break
            if told == "amid":
                _kill_all_of(server)
                left = [at - left[0] for at in left[1:]]
                server.keep_up()
                worker.stdin.write("\n")  # type: ignore[union-attr]
                worker.stdin.flush()  # type: ignore[union-attr]
            else:
                worker.communicate()
                worker = _worker(here, left)
        worker.terminate()
        worker.communicate()
        done = subprocess.run([*PROGRAM, "account"], env=here, check=True, capture_output=True, text=True)
        return json.loads(done.stdout.splitlines()[-1]), seen


def _copy(like: str, server: Any) -> None:
    programs = server.place.binaries
    told = subprocess.run([programs / "pg_dump", like], check=True, capture_output=True).stdout
    words = [programs / "psql", "--quiet", "--no-psqlrc", "--set=ON_ERROR_STOP=1", server.url]
    subprocess.run(words, input=told, check=True, stdout=subprocess.DEVNULL)


def _worker(here: dict[str, str], amid: Sequence[int]) -> subprocess.Popen[str]:
    command = [*PROGRAM, "work", *map(str, amid)]
    pipes: Any = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    return subprocess.Popen(command, env=here, text=True, **pipes)


def _kill_all_of(server: Any) -> None:
    """`kill -9` of the postmaster and of every process of its own at once: nothing is written any more."""
    os.killpg(server.process.pid, signal.SIGKILL)
    server.process.wait()


def main(words: Sequence[str]) -> None:
    name, *rest = words
    if name == "drill":
        told, seen = drill(Path(rest[0]), int(rest[1]), [int(at) for at in rest[2:]])
        print({**told, "remarks": len(told["remarks"])}, seen)
        return
    django.setup()
    {
        "prepare": lambda: prepare(int(rest[0])),
        "work": lambda: work([int(at) for at in rest]),
        "account": account,
    }[name]()


if __name__ == "__main__":
    main(sys.argv[1:])
