"""A spreadsheet as lines of text. The file is opened in a process of its own, which may die without harm (`parser`)."""

import json
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from pheu.core.errors import DomainError
from pheu.core.tables import MOST_LINES
from pheu.quality.parser import MOST_COLUMNS, MOST_IN_LINE

FILE_LIMIT = 250 * 1024 * 1024  # bytes: a million lines of ten cells are 235 MB as CSV
PATIENCE, ASKS_EVERY = 900, 0.5  # seconds
PARSER = [sys.executable, "-m", "pheu.quality.parser"]

REFUSALS = {
    "no_spreadsheet": _("This file is not a spreadsheet. Choose an Excel file (xlsx, xls) or a CSV file."),
    "web_page": _(
        "This is a web page saved under the name of a spreadsheet. Open it in Excel and save it as xlsx first."
    ),
    "empty": _("There is no data in this file."),
    "encrypted": _("This file is locked with a password. Open it in Excel, remove the password and save it again."),
    "damaged": _("This file is damaged or incomplete. Open it in Excel and save it again as xlsx."),
    "too_big": _("This file unpacks to more than can be read at once. Divide it into several files."),
    "too_many": _("This file has more than %(lines)s lines. Divide it into several files."),
    "too_wide": _("Line %(line)s is filled beyond column %(columns)s. Delete what stands there, or divide the table."),
    "too_long": _("Line %(line)s holds more than %(characters)s characters. Shorten it, or leave it out."),
    "open_quote": _(
        "On line %(line)s a quotation mark opens a cell and none closes it there. Put it right and save the file again."
    ),
    "too_large": _("The file is larger than %(megabytes)s MB."),
    "stopped": _("Reading was stopped before the end of the file."),
    "too_slow": _("Reading this file takes too long. Divide it into several files."),
}


def _number(number: int) -> str:
    return f"{number:,}".replace(",", ".")


class FileRefused(DomainError):
    """The file cannot be taken; `str()` says why in words for the person.

    `why`: a key of `REFUSALS`, and behind a colon the line that it speaks of.
    """

    status = 422

    def __init__(self, why: str) -> None:
        code, _colon, line = why.partition(":")
        super().__init__(
            REFUSALS[code],
            line=_number(int(line or 0)),
            lines=_number(MOST_LINES),
            columns=MOST_COLUMNS,
            characters=_number(MOST_IN_LINE),
            megabytes=FILE_LIMIT // 1024 // 1024,
        )
        self.why = why


class Abandoned(Exception):
    """Nobody waits for what the file holds any more."""


@dataclass(frozen=True)
class Line:
    """One line that is not empty: its number as the spreadsheet counts, and its cells as text."""

    number: int
    cells: list[str]


@dataclass(frozen=True)
class Sheet:
    """One sheet of a file. `sheets` are all that can be chosen (none for text), `encoding` what its letters were read
    as (of a workbook only where an old one was found or refused), `count` how many `lines` there are, one by one.
    """

    name: str
    sheets: list[str]
    encoding: str
    count: int
    lines: Iterator[Line]


@contextmanager
def read_sheet(
    path: str | Path, *, name: str, sheet: str = "", encoding: str = "", is_wanted: Callable[[], bool] = lambda: True
) -> Iterator[Sheet]:
    """Read one sheet (default: the first with data) of xlsx, xls, ods or csv; `FileRefused` says what is wrong, and
    `Abandoned` that the file `is_wanted` no more.

    `name` is what its owner calls the file: plain text counts as a table only under the name of one. The lines wait on
    the disk: there are none before the parser has come to a good end, and never all of them in memory.
    """
    with tempfile.TemporaryFile(dir=Path(path).parent) as kept:
        told = _parse([str(path), sheet, encoding], kept, is_wanted)
        if not told["sheets"] and not _is_table(told, Path(name).suffix.lower()):
            raise FileRefused("no_spreadsheet")
        kept.seek(0)
        lines = (Line(*json.loads(line)) for line in kept)
        yield Sheet(told["sheet"], told["sheets"], told["encoding"], told["lines"], lines)


def _parse(words: list[str], kept: IO[bytes], is_wanted: Callable[[], bool]) -> dict[str, Any]:
    """Let the parser write its lines to `kept`; what it says of the file."""
    # An empty environment: the process that opens a stranger's file need not know where the database is.
    surroundings = {"PYTHONUTF8": "1"}
    pipes: dict[str, Any] = {"stdout": kept, "stderr": subprocess.PIPE}
    with subprocess.Popen([*PARSER, *words], cwd=settings.BASE_DIR, env=surroundings, **pipes) as parser:
        try:
            said = _last_words(parser, is_wanted)
        finally:
            parser.kill()
    if parser.returncode == -signal.SIGXCPU:
        raise FileRefused("too_slow")
    if b"[Errno 28]" in said:  # no room for the lines, which says nothing of the file
        raise OSError(said.decode())
    if parser.returncode:
        raise FileRefused("too_big" if parser.returncode < 0 or b"MemoryError" in said else "no_spreadsheet")
    told = json.loads(said.splitlines()[-1])
    if "refused" in told:
        raise FileRefused(told["refused"])
    return told


def _last_words(parser: subprocess.Popen[bytes], is_wanted: Callable[[], bool]) -> bytes:
    """What it says in the end; asks time and again whether anybody waits for it."""
    for _times in range(int(PATIENCE / ASKS_EVERY)):
        with suppress(subprocess.TimeoutExpired):
            return parser.communicate(timeout=ASKS_EVERY)[1]
        if not is_wanted():
            raise Abandoned
    raise FileRefused("too_slow")


def _is_table(text: dict[str, Any], suffix: str) -> bool:
    """Old programs save text with tabs as .xls; a letter in plain words is no table under any name but .csv."""
    return suffix in (".csv", ".tsv") or (suffix in (".xls", ".txt") and text["cut"] > text["lines"] / 2)
