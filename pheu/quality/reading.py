"""A spreadsheet as lines of text. The file is opened in a process of its own, which may die without harm (`parser`)."""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from pheu.core.errors import DomainError
from pheu.quality.parser import MOST_LINES

FILE_LIMIT = 25 * 1024 * 1024
PATIENCE = 45  # seconds

REFUSALS = {
    "no_spreadsheet": _("This file is not a spreadsheet. Choose an Excel file (xlsx, xls) or a CSV file."),
    "web_page": _(
        "This is a web page saved under the name of a spreadsheet. Open it in Excel and save it as xlsx first."
    ),
    "empty": _("There is no data in this file."),
    "encrypted": _("This file is locked with a password. Open it in Excel, remove the password and save it again."),
    "too_big": _("This file unpacks to more than can be read at once. Divide it into several files."),
    "too_many": _("This file has more than %(most)s lines or 200 columns. Divide it into several files."),
    "too_large": _("The file is larger than 25 MB."),
    "too_slow": _("Reading this file takes too long. Divide it into several files."),
}


class FileRefused(DomainError):
    """The file cannot be taken; `str()` says why in words for the person."""

    status = 422

    def __init__(self, code: str) -> None:
        super().__init__(REFUSALS[code], most=f"{MOST_LINES:,}".replace(",", "."))
        self.code = code


@dataclass(frozen=True)
class Line:
    """One line that is not empty: its number as the spreadsheet counts, and its cells as text."""

    number: int
    cells: list[str]


@dataclass(frozen=True)
class Sheet:
    """One sheet of a file. `sheets` are all that can be chosen (none for a CSV), `encoding` is a CSV's."""

    name: str
    sheets: list[str]
    encoding: str
    lines: list[Line]


def read_sheet(path: str | Path, *, name: str, sheet: str = "", encoding: str = "") -> Sheet:
    """Read one sheet (default: the first with data) of xlsx, xls, ods or csv; `FileRefused` says what is wrong.

    `name` is what its owner calls the file: plain text counts as a table only under the name of one.
    """
    command = [sys.executable, "-m", "pheu.quality.parser", str(path), sheet, encoding]
    # An empty environment: the process that opens a stranger's file need not know where the database is.
    surroundings = {"PYTHONUTF8": "1"}
    try:
        done = subprocess.run(command, cwd=settings.BASE_DIR, env=surroundings, capture_output=True, timeout=PATIENCE)
    except subprocess.TimeoutExpired as error:
        raise FileRefused("too_slow") from error
    if done.returncode:
        raise FileRefused("too_big" if done.returncode < 0 or b"MemoryError" in done.stderr else "no_spreadsheet")
    read = _sheet([json.loads(line) for line in done.stdout.decode().split("\n") if line])
    if read.encoding and not _is_table(read, Path(name).suffix.lower()):
        raise FileRefused("no_spreadsheet")
    return read


def _sheet(said: list[Any]) -> Sheet:
    head, *lines = said
    if "refused" in head:
        raise FileRefused(head["refused"])
    return Sheet(head["sheet"], head["sheets"], head["encoding"], [Line(number, cells) for number, cells in lines])


def _is_table(text: Sheet, suffix: str) -> bool:
    """Old programs save text with tabs as .xls; a letter in plain words is no table under any name but .csv."""
    cut = sum(len(line.cells) > 1 for line in text.lines)
    return suffix in (".csv", ".tsv") or (suffix in (".xls", ".txt") and cut > len(text.lines) / 2)
