"""A large file is checked and imported by several processes side by side, as many as there are cores.

In the check each reads portions of its own. In the run each takes the next lines that nobody has, of those that are the
same as no other line; what may be the same waits until the others are through, and is then worked off by one alone, in
order. In every lane Python and the database take turns, so that each keeps one core busy; they are processes, as
threads of one would wait for each other's Python.
"""

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import pairwise

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Max

from pheu.core.again import once_more
from pheu.quality import running, services
from pheu.quality.existing import Known
from pheu.quality.models import DuplicateRule, Import, ImportLine
from pheu.quality.services import take_turn_at

FEWEST = 1000  # lines for each lane: until a process is up, one lane works off as many
CHECK, RUN = "check", "run"
LOCKS = "select current_setting('max_locks_per_transaction')::int * current_setting('max_connections')::int"


def _room(lines: int) -> int:
    """How many lanes so many lines are worth."""
    return max(1, min(settings.IMPORT_LANES, lines // FEWEST))


# The check ------------------------------------------------------------------------------------------------------------


def check_lines(imported: Import, round_: int) -> None:
    """Read every line and keep what it would become. Stops by itself when a newer round has begun; safe to repeat."""
    criteria, (ours, *theirs) = Known(imported).criteria, _shares(imported)
    Import.objects.filter(pk=imported.pk, round=round_).update(done=0)
    with _helpers([[CHECK, imported.pk, round_, *share] for share in theirs]) as helpers:
        goes_on = services.read_share(imported, round_, *ours)
    for share, helper in zip(theirs, helpers, strict=True):
        if helper.returncode and goes_on:
            goes_on = services.read_share(imported, round_, *share)
    if goes_on:
        # Where somebody has changed the rules meanwhile, not all lines were compared by the same.
        services.end_check(imported, round_, criteria if criteria == Known(imported).criteria else [])


def _shares(imported: Import) -> list[tuple[int, int]]:
    """What each lane reads: behind which line, and to which."""
    first, last = imported.header_line or 0, imported.lines.aggregate(last=Max("line"))["last"] or 0
    of = _room(imported.rows)
    ends = [first + nth * (last - first) // of for nth in range(of + 1)]
    return [*pairwise(ends)]


# The run --------------------------------------------------------------------------------------------------------------


def work_off(import_id: int) -> None:
    """All lines of an import that runs, until nothing is left or somebody stops it."""
    with _helpers([[RUN, import_id]] * (begin(import_id) - 1)) as helpers:
        if helpers:
            work_beside(import_id)
    while once_more(partial(running.import_chunk, import_id)):
        pass


def work_beside(import_id: int) -> None:
    """One lane: as many of the lines as nobody else takes and none has to wait for."""
    while once_more(partial(running.import_chunk, import_id, beside=True)):
        pass


@transaction.atomic
def begin(import_id: int) -> int:
    """How many lanes an import gets; with more than one, its lines say from now on which of them wait.

    One alone where another import into the same kind runs, as of two each works off a chunk after the other; and where
    the rules are no longer those by which the check has said what lines share.
    """
    take_turn_at(import_id)
    imported = Import.objects.select_related("by__role").get(pk=import_id)
    known = Known(imported, imported.policy)
    lanes = min(_room(imported.left), _lockable(known.rules))
    if lanes < 2:
        return 1
    at_work = Import.objects.filter(kind=imported.kind, state=Import.State.RUNNING)
    is_alone = [*at_work.values_list("pk", flat=True)] == [import_id]
    if not is_alone or not all(criteria in imported.same_rules for criteria in known.criteria):
        return 1
    if known.rules:
        ImportLine.objects.let_wait(imported, goes_in=known.takes_in)
    return lanes


def _lockable(rules: Sequence[DuplicateRule]) -> int:
    """For how many lanes the server has locks: a rule that blocks takes one for each text that a line is compared by,
    and half of them are for others."""
    compared = {code for rule in rules if rule.blocks for code in rule.criteria}
    if not compared:
        return settings.IMPORT_LANES
    with connection.cursor() as cursor:
        cursor.execute(LOCKS)
        [locks] = cursor.fetchone()
    return locks // 2 // (services.CHUNK * len(compared))


# Processes ------------------------------------------------------------------------------------------------------------


@contextmanager
def _helpers(asked: Sequence[Sequence[str | int]]) -> Iterator[list[subprocess.Popen[bytes]]]:
    """A lane more for each; when ours has come to its end they are waited for, when it failed they end with it."""
    commands = [[sys.executable, "-m", "pheu.quality.lane", *map(str, words)] for words in asked]
    started = [subprocess.Popen(one, cwd=settings.BASE_DIR, stdin=subprocess.DEVNULL) for one in commands]
    try:
        yield started
    except BaseException:
        for one in started:
            one.terminate()
        raise
    finally:
        for one in started:
            one.wait()
