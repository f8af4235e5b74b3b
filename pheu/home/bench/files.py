"""How fast a list comes in and goes again: lines a second of an import, beside whatever is there."""

import csv
import io
import resource
import time
from collections.abc import Callable, Iterator
from random import Random

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction

from pheu.core.worker import settle
from pheu.home.bench.customers import Inventor
from pheu.people.models import User
from pheu.quality import lanes, running, services, taking_back
from pheu.quality.models import Import

HEADERS = ["STT", "Tên công ty", "Người liên hệ", "Điện thoại", "Email", "Mã số thuế", "Địa chỉ", "Ngành", "Ghi chú"]
# The numbers of customers that nobody has yet, and how many lines are about one that is there.
BEGINS_AT, ONE_IN_KNOWN = 5_000_000, 20


def list_of(lines: int) -> bytes:
    """A list as people have them: one line in twenty is about somebody who is there, numbers are written in any way."""
    rng, written = Random(11), io.StringIO()  # noqa: S311 (no secret)
    inventor, out = Inventor(rng), csv.writer(written)
    out.writerow(HEADERS)
    for nth in range(lines):
        one = inventor.customer(nth // 2 if nth % ONE_IN_KNOWN == 0 else BEGINS_AT + nth)
        phone = rng.choice(["{0}{1}{2}", "{0} {1} {2}", "{0}.{1}.{2}", "+84 {0}{1}{2}"]).format(
            f"0{one.phone[3:6]}", one.phone[6:9], one.phone[9:]
        )
        company, said = f"{one.company} {nth}", "Gọi buổi sáng"
        out.writerow([nth + 1, company, one.person, phone, one.email, "", one.address, "Sản xuất", said])
    return written.getvalue().encode()


def imported(user: User, lines: int, kind: str) -> Iterator[str]:
    """A line for each step, as the worker does them, without the pauses between jobs."""
    settle()
    file = SimpleUploadedFile(f"bench-{lines}.csv", list_of(lines), "text/csv")
    one = services.open_file(file, kind=kind, by=user)

    def now() -> Import:
        one.refresh_from_db()
        return one

    yield _timed("read", lines, lambda: services.read_file(one, one.round))
    settings = {
        "columns": now().columns, "area_code": "", "team": one.team, "department": one.department, "origin": one.origin
    }  # fmt: skip
    services.begin_check(one, settings, by=user)
    yield _timed("checked", lines, lambda: lanes.check_lines(now(), one.round))
    with transaction.atomic():
        running.start_import(now(), by=user, policy=Import.Policy.SKIP)
    yield _timed("imported", lines, lambda: lanes.work_off(one.pk))
    done = now()
    yield f"{done.created} created, {done.skipped} skipped, {done.rejected} rejected of {done.rows}"
    with transaction.atomic():
        taking_back.take_back_import(done, by=user)
    yield _timed("taken back", lines, lambda: _until_done(lambda: taking_back.take_back_chunk(one.pk)))


def _until_done(chunk: Callable[[], bool]) -> None:
    while chunk():
        pass


def _timed(step: str, lines: int, work: Callable[[], object]) -> str:
    began = time.monotonic()
    work()
    took = time.monotonic() - began
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return f"{step:42}{took:8.1f} s {lines / took:8.0f} lines/s {most:6} MB"
