"""The process that opens somebody's file: `python -m pheu.quality.parser PATH SHEET ENCODING`, started by `reading`.

It has a memory limit of its own and knows neither Django nor the database, so a hostile file can end nothing but
this. It writes JSON lines: first {"sheets", "sheet", "encoding"}, then [line, [cell, ...]] of each line that is not
empty; or, instead, {"refused": code}.
"""

import csv
import io
import json
import resource
import sys
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from math import isfinite
from pathlib import Path
from typing import Any

from pheu.core.tables import unguarded
from pheu.core.vietnamese.text import clean, clean_lines

MEMORY = 1024 * 1024 * 1024  # bytes of address space, the interpreter's own included
SECONDS = 60  # of processor time
UNPACKED = 250 * 1024 * 1024  # an xlsx of 0.75 MB once unpacked to 314 MB
MOST_LINES, MOST_COLUMNS = 50_000, 200
MOST_CELLS = 20_000_000  # empty ones included: one cell in the far corner makes 17 thousand million of them
ENCODINGS = ("utf-8", "utf-16-le", "utf-16-be", "cp1258", "cp1252")

OLE, ZIP = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"PK\x03\x04"
DOCUMENTS = (b"%PDF", b"{\\rtf", b"\x89PNG", b"GIF8", b"\xff\xd8\xff")
ENCRYPTED_STREAM = "EncryptedPackage".encode("utf-16-le")


class Refused(Exception):
    """The file is not taken; `code` is a key of `reading.REFUSALS`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def main(path: str, sheet: str, encoding: str) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    try:
        head, lines = parse(Path(path), sheet, encoding)
        said = [head, *numbered(lines)]
        if len(said) == 1:
            raise Refused("empty")
    except Refused as refusal:
        said = [{"refused": refusal.code}]
    except MemoryError:
        said = [{"refused": "too_big"}]
    for one in said:
        sys.stdout.write(json.dumps(one, ensure_ascii=False) + "\n")


def parse(path: Path, sheet: str, encoding: str) -> tuple[dict[str, Any], Iterable[list[Any]]]:
    """What the file is, and the lines of one of its sheets. The bytes decide, not the name."""
    content = path.read_bytes()
    if content.startswith(OLE):
        if ENCRYPTED_STREAM in content:
            raise Refused("encrypted")
        return workbook(content, sheet)
    if content.startswith(ZIP):
        check_zip(content)
        return workbook(content, sheet)
    if not content.strip(b"\x00\xef\xbb\xbf\xff\xfe \t\r\n"):
        raise Refused("empty")
    if content.startswith(DOCUMENTS):
        raise Refused("no_spreadsheet")
    return text_file(content, encoding)


def check_zip(content: bytes) -> None:
    """Look at the directory of the archive before anything is unpacked."""
    try:
        entries = zipfile.ZipFile(io.BytesIO(content)).infolist()
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        raise Refused("no_spreadsheet") from error
    if any(entry.flag_bits & 1 for entry in entries):
        raise Refused("encrypted")
    if not any(entry.filename in ("xl/workbook.xml", "xl/workbook.bin", "content.xml") for entry in entries):
        raise Refused("no_spreadsheet")
    if sum(entry.file_size for entry in entries) > UNPACKED:
        raise Refused("too_big")


def workbook(content: bytes, wanted: str) -> tuple[dict[str, Any], Iterable[list[Any]]]:
    """The wanted sheet, else the first visible one that holds anything."""
    from python_calamine import CalamineError, PasswordError, SheetTypeEnum, SheetVisibleEnum, load_workbook

    try:
        book = load_workbook(io.BytesIO(content))
        names = [
            one.name
            for one in book.sheets_metadata
            if one.typ == SheetTypeEnum.WorkSheet and one.visible == SheetVisibleEnum.Visible
        ]
        for name in [wanted] if wanted in names else names:
            sheet = book.get_sheet_by_name(name)
            if sheet.total_height * sheet.total_width > MOST_CELLS:
                raise Refused("too_big")
            lines = sheet.to_python(skip_empty_area=False)
            if any(any(cell_text(cell) for cell in line) for line in lines):
                return {"sheets": names, "sheet": name, "encoding": ""}, lines
    except PasswordError as error:
        raise Refused("encrypted") from error
    except (CalamineError, OSError, ValueError) as error:
        raise Refused("no_spreadsheet") from error
    raise Refused("empty")


def text_file(content: bytes, encoding: str) -> tuple[dict[str, Any], Iterable[list[Any]]]:
    encoding = encoding if encoding in ENCODINGS else guess_encoding(content)
    text = content.decode(encoding, errors="replace").removeprefix("\ufeff")
    if "\x00" in text[:10_000] or unprintable(text[:10_000]) > 0.02:
        raise Refused("no_spreadsheet")
    if text.lstrip()[:200].lower().startswith(("<!doctype html", "<html", "<table", "<?xml")):
        raise Refused("web_page")
    return {"sheets": [], "sheet": "", "encoding": encoding}, csv_lines(text)


def guess_encoding(content: bytes) -> str:
    """By the mark at the beginning, by the zero bytes of UTF-16, by being right UTF-8; else the old Vietnamese page."""
    for mark, name in ((b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"), (b"\xef\xbb\xbf", "utf-8")):
        if content.startswith(mark):
            return name
    sample = content[:2000]
    if sample[1::2].count(0) > len(sample) / 6:
        return "utf-16-le"
    if sample[0::2].count(0) > len(sample) / 6:
        return "utf-16-be"
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return "cp1258"
    return "utf-8"


def unprintable(text: str) -> float:
    """The share of characters that no text has."""
    strange = sum(
        not character.isprintable() and character not in "\t\r\n\u200b\u200e\u200f\ufeff\xad" for character in text
    )
    return (strange + text.count("\ufffd")) / max(len(text), 1)


def csv_lines(text: str) -> Iterator[list[str]]:
    declared = text[:6].lower().startswith("sep=") and text[4:5]
    if declared:
        text = text.partition("\n")[2]
    csv.field_size_limit(1_000_000)
    try:
        yield from csv.reader(io.StringIO(text, newline=""), delimiter=declared or guess_delimiter(text))
    except csv.Error as error:
        raise Refused("no_spreadsheet") from error


def guess_delimiter(text: str) -> str:
    """The separator that cuts most of the first lines into the same number of parts, two or more."""

    def evenness(delimiter: str) -> tuple[int, int]:
        lines = csv.reader(io.StringIO(text[:50_000], newline=""), delimiter=delimiter)
        sizes = Counter(len(line) for _, line in zip(range(50), lines, strict=False) if len(line) > 1)
        size, count = max(sizes.items(), key=lambda one: (one[1], one[0]), default=(0, 0))
        return count, size

    return max(",;\t|", key=evenness)


def numbered(lines: Iterable[list[Any]]) -> Iterator[tuple[int, list[str]]]:
    """(line, cells) of each line that is not empty, as a spreadsheet counts its lines."""
    count = 0
    for number, line in enumerate(lines, 1):
        cells = [cell_text(cell) for cell in line]
        while cells and not cells[-1]:
            cells.pop()
        if not cells:
            continue
        count += 1
        if count > MOST_LINES or len(cells) > MOST_COLUMNS:
            raise Refused("too_many")
        yield number, cells


def cell_text(cell: Any) -> str:
    """A cell as a person reads it: 38450000.0 is 38450000, a day is dd/mm/yyyy, unseen characters are gone.

    Decimals stand behind a comma: 1.234 would be read as a thousand and more.
    """
    match cell:
        case bool():
            return "x" if cell else ""
        case float() if cell.is_integer() and abs(cell) < 1e15:
            return str(int(cell))
        case float() if isfinite(cell):
            return f"{Decimal(repr(cell)):f}".replace(".", ",")
        case datetime():
            return f"{cell:%d/%m/%Y}" if cell.time() == time(0) else f"{cell:%d/%m/%Y %H:%M}"
        case date():
            return f"{cell:%d/%m/%Y}"
        case time() | timedelta():
            return str(cell)
    text = str(cell)
    text = clean_lines(text) if "\n" in text else clean(text)
    return unguarded(text.strip())


if __name__ == "__main__":
    main(*sys.argv[1:4])
