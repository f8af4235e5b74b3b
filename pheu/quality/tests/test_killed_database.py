"""`kill -9` of PostgreSQL itself amid an import: what was committed is there, the rest is done again (issue 9)."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from pheu.core.tests.test_jobs import url_of_test_database
from pheu.quality.tests import amid_an_import

LINES = 5000  # of which 2,000 wait for others: however fast the other lane is, the worker does two chunks itself
AMID = [1, 3]  # begun by the worker; what it began as its second is committed before the third


@pytest.fixture
def home() -> Iterator[Path]:
    """Where root's server may live, too."""
    parent = Path(tempfile.mkdtemp(prefix="pheu test "))
    parent.chmod(0o711)
    yield parent
    shutil.rmtree(parent)


def test_no_line_is_lost_or_doubled_when_the_database_is_killed_amid_an_import(home, db):
    """R1.31, promise 3 of quality.md: accounts balanced, each line once, every copy and count as the rows say.

    Killed with a portion written and not committed, twice; the worker goes on by itself, once both are up again.
    """
    told, seen = amid_an_import.drill(home, LINES, AMID, like=url_of_test_database())
    again = LINES // amid_an_import.REPEATED
    assert seen.count("amid") == len(AMID) and seen[-1] == "finished"
    assert told["state"] == "done"
    assert told["accounts"] == [LINES, LINES - again, again, 0, 0, 0]
    assert told["lines"] == {"created": LINES - again, "updated": again}
    assert told["rows"] == told["customers"] == LINES - again
    assert told["remarks"] == [f"Dòng {nth:06}" for nth in range(LINES)]
    assert told["examined"] == {}
