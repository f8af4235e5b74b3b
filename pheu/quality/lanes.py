"""A large import is worked off by several processes side by side, as many as there are cores.

Each takes the next lines that nobody has, of those that are the same as no other line; what may be the same waits until
the others are through, and is then worked off by one alone, in order. In every lane Python and the database take turns,
so that each keeps one core busy; they are processes, as threads of one would wait for each other's Python.
"""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from django.conf import settings
from django.db import transaction

from pheu.core.again import once_more
from pheu.quality import running
from pheu.quality.existing import Known
from pheu.quality.models import Import, ImportLine
from pheu.quality.services import take_turn_at

FEWEST = 1000  # lines for each lane: until a process is up, one lane works off as many


def work_off(import_id: int) -> None:
    """All lines of an import that runs, until nothing is left or somebody stops it."""
    with _helpers(import_id, begin(import_id) - 1) as helpers:
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
    lanes = min(settings.IMPORT_LANES, imported.left // FEWEST)
    others = Import.objects.filter(kind=imported.kind, state=Import.State.RUNNING).exclude(pk=import_id)
    known = Known(imported, imported.policy)
    if lanes < 2 or others.exists() or not all(criteria in imported.same_rules for criteria in known.criteria):
        return 1
    if known.rules:
        ImportLine.objects.let_wait(imported, goes_in=known.takes_in)
    return lanes


@contextmanager
def _helpers(import_id: int, many: int) -> Iterator[list[subprocess.Popen[bytes]]]:
    """So many lanes more; when ours has come to its end they are waited for, when it failed they end with it."""
    command = [sys.executable, "-m", "pheu.quality.lane", str(import_id)]
    started = [subprocess.Popen(command, cwd=settings.BASE_DIR, stdin=subprocess.DEVNULL) for _nth in range(many)]
    try:
        yield started
    except BaseException:
        for one in started:
            one.terminate()
        raise
    finally:
        for one in started:
            one.wait()
