"""The process that opens somebody's file: `python -m pheu.quality.parser PATH SHEET ENCODING`, started by `reading`.

It has limits of its own and knows neither Django nor the database, so a hostile file can end nothing but this. To
stdout it writes [line, [cell, ...]] as JSON for each line that is not empty; at the end, as the last line of stderr,
{"sheets", "sheet", "encoding", "lines", "cut"} with how many lines there are and how many of them have several cells;
or {"refused": why} instead.
"""

import codecs
import csv
import io
import json
import resource
import sys
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import date, datetime, time
from decimal import Decimal
from itertools import chain, islice
from math import isfinite
from pathlib import Path
from typing import IO, Any
from unicodedata import category

from pheu.core.tables import MOST_LINES, unguarded
from pheu.core.vietnamese import legacy
from pheu.core.vietnamese.text import clean, clean_lines
from pheu.quality import xlsx

MEMORY = 1536 * 1024 * 1024  # bytes of address space, the interpreter's own included
SECONDS = 400  # of processor time: a million lines of ten cells take 100
UNPACKED = 4 * 1024 * 1024 * 1024  # bytes; a million lines of ten cells are 0.7 GB of XML
WRITTEN = 500_000_000  # characters; the same lines are 200 million
MOST_COLUMNS = 200
MOST_IN_LINE = 100_000  # characters
MOST_CELLS = 20_000_000  # of a table that is held whole, empty ones included
SAMPLE = 1000  # lines by which an old encoding is recognised
HEAD = 256 * 1024  # bytes by which that of a text file is

UNICODE = "unicode"  # a workbook's letters as they are
ENCODINGS = ("utf-8", "utf-16-le", "utf-16-be", "cp1258", "cp1252", *legacy.NAMES)

OLE, ZIP = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"PK\x03\x04"
DOCUMENTS = (b"%PDF", b"{\\rtf", b"\x89PNG", b"GIF8", b"\xff\xd8\xff")
WORKBOOKS = ("xl/workbook.xml", "xl/workbook.bin", "content.xml")
ENCRYPTED_STREAM = "EncryptedPackage".encode("utf-16-le")
# The records that begin a workbook of Excel 5 to 2003 ([MS-XLS] 2.1.7.20.3): BOF, then perhaps WRITEPROT and FILEPASS.
BIFF_BEGINS = (b"\x09\x08\x10\x00\x00\x06\x05\x00", b"\x09\x08\x08\x00\x00\x05\x05\x00")
WRITE_PROTECTED, FILE_PASS = 0x86, 0x2F

Numbered = Iterator[tuple[int, list[Any]]]


class Refused(Exception):
    """The file is not taken. `why` is a key of `reading.REFUSALS`, with the number of the line it speaks of."""

    def __init__(self, code: str, line: int = 0) -> None:
        self.why = f"{code}:{line}" if line else code
        super().__init__(self.why)


def main(path: str, sheet: str, encoding: str) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    with suppress(OSError):  # Should the machine run out of memory all the same, this process goes first.
        Path("/proc/self/oom_score_adj").write_text("1000")
    try:
        told, lines = parse(Path(path), sheet, encoding)
        told |= write(lines, sys.stdout)
    except Refused as refusal:
        told = {"refused": refusal.why}
    except xlsx.Damaged:
        told = {"refused": "damaged"}
    except MemoryError:
        told = {"refused": "too_big"}
    sys.stderr.write("\n" + json.dumps(told))


def write(lines: Iterable[tuple[int, list[str]]], to: IO[str]) -> dict[str, int]:
    """Write the lines; says how many, and how many have several cells."""
    counted, cut, size = 0, 0, 0
    for line in lines:
        size += to.write(json.dumps(line, ensure_ascii=False) + "\n")
        counted, cut = counted + 1, cut + (len(line[1]) > 1)
        if counted > MOST_LINES:
            raise Refused("too_many")
        if size > WRITTEN:
            raise Refused("too_big")
    if not counted:
        raise Refused("empty")
    to.flush()
    return {"lines": counted, "cut": cut}


def parse(path: Path, sheet: str, encoding: str) -> tuple[dict[str, Any], Iterator[tuple[int, list[str]]]]:
    """What the file is, and the lines of one of its sheets. The bytes decide, not the name."""
    with path.open("rb") as file:
        head = file.read(HEAD)
    if head.startswith(OLE):
        check_ole(path.read_bytes())
        return chosen(sheet, encoding, *table(path))
    if head.startswith(ZIP):
        archive = open_zip(path)
        if WORKBOOKS[0] in archive.namelist():
            book = xlsx.Workbook(archive)
            return chosen(sheet, encoding, book.names, lambda name: from_cells(book.lines(name)))
        return chosen(sheet, encoding, *table(path))
    if not head.strip(b"\x00\xef\xbb\xbf\xff\xfe \t\r\n"):
        raise Refused("empty")
    if head.startswith(DOCUMENTS):
        raise Refused("no_spreadsheet")
    return text_file(path, head, encoding)


def check_ole(content: bytes) -> None:
    """Refuse what is locked: a package of Office since 2007, or a BIFF stream with a FILEPASS record."""
    if ENCRYPTED_STREAM in content:
        raise Refused("encrypted")
    at = max(map(content.find, BIFF_BEGINS))
    while at >= 0:
        at += 4 + int.from_bytes(content[at + 2 : at + 4], "little")
        record = int.from_bytes(content[at : at + 2], "little")
        if record == FILE_PASS:
            raise Refused("encrypted")
        if record != WRITE_PROTECTED:
            return


def open_zip(path: Path) -> zipfile.ZipFile:
    """The archive, once its directory promises a workbook that is neither locked nor too big."""
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        raise Refused("damaged") from error
    entries = archive.infolist()
    manifest = next((one for one in entries if one.filename == "META-INF/manifest.xml"), None)
    if sum(entry.file_size for entry in entries) > UNPACKED:
        raise Refused("too_big")
    if any(entry.flag_bits & 1 for entry in entries) or (manifest and b"encryption-data" in archive.read(manifest)):
        raise Refused("encrypted")
    if not any(entry.filename in WORKBOOKS for entry in entries):
        raise Refused("no_spreadsheet")
    return archive


def chosen(
    wanted: str, encoding: str, names: list[str], lines_of: Any
) -> tuple[dict[str, Any], Iterator[tuple[int, list[str]]]]:
    """The wanted sheet, else the first visible one that holds anything, in the letters of today."""
    for name in [wanted] if wanted in names else names:
        lines = checked(lines_of(name))
        sample = list(islice(lines, SAMPLE))
        code = old_letters(encoding, (cell for _, line in sample for cell in line if isinstance(cell, str)))
        read = as_text(chain(sample, lines), code)
        first = next(read, None)
        if first is not None:
            told = {"sheets": names, "sheet": name, "encoding": UNICODE if encoding == UNICODE else code}
            return told, chain([first], read)
    raise Refused("empty")


def from_cells(lines: Iterator[tuple[int, xlsx.Cells]]) -> Numbered:
    """Lines of cells by column -> lines of cells in a row."""
    for number, cells in lines:
        if max(cells) >= MOST_COLUMNS:
            cells = {column: cell for column, cell in cells.items() if cell_text(cell)}
        if cells:
            yield number, [cells.get(column, "") for column in range(max(cells) + 1)]


def table(path: Path) -> tuple[list[str], Any]:
    """(names of sheets, name -> lines) of a file that calamine holds whole: xls, xlsb, ods."""
    from python_calamine import SheetTypeEnum, SheetVisibleEnum, load_workbook

    def lines_of(name: str) -> Numbered:
        with calamine_errors():
            sheet = book.get_sheet_by_name(name)
        if sheet.total_height * sheet.total_width > MOST_CELLS:
            raise Refused("too_big")
        return enumerate(sheet.iter_rows(), 1)

    with calamine_errors():
        book = load_workbook(io.BytesIO(path.read_bytes()))
    sheets = [one for one in book.sheets_metadata if one.visible == SheetVisibleEnum.Visible]
    return [one.name for one in sheets if one.typ == SheetTypeEnum.WorkSheet], lines_of


@contextmanager
def calamine_errors() -> Iterator[None]:
    from python_calamine import CalamineError, PasswordError

    try:
        yield
    except PasswordError as error:
        raise Refused("encrypted") from error
    except (CalamineError, OSError, ValueError) as error:
        raise Refused("no_spreadsheet") from error


def text_file(path: Path, head: bytes, encoding: str) -> tuple[dict[str, Any], Iterator[tuple[int, list[str]]]]:
    """A text file is read from the disk line by line, in the wanted encoding or the one that it seems to be in."""
    codec, code = encoding, ""
    if encoding not in ENCODINGS or encoding in legacy.NAMES:
        codec = guess_encoding(path)
        as_old = "cp1252" if codec == "cp1258" else codec  # by whose letters the bytes of the old fonts are known
        code = old_letters(encoding, decoded(head, as_old).splitlines())
        codec = as_old if code else codec
    text = decoded(head, codec)[:10_000].removeprefix("\ufeff")
    if "\x00" in text or unprintable(text) > 0.02:
        raise Refused("no_spreadsheet")
    if text.lstrip()[:200].lower().startswith(("<!doctype html", "<html", "<table", "<?xml")):
        raise Refused("web_page")
    lines = checked(text_lines(path, codec))
    return {"sheets": [], "sheet": "", "encoding": code or codec}, as_text(lines, code)


def text_lines(path: Path, codec: str) -> Numbered:
    with path.open(encoding=codec, errors=errors_of(codec), newline="") as file:
        yield from enumerate(csv_lines(file), 1)


def old_letters(wanted: str, texts: Iterable[str]) -> str:
    """The old encoding of texts: the wanted one, or where nothing is wanted the one that is recognised."""
    if wanted:
        return wanted if wanted in legacy.NAMES else ""
    return legacy.looks_like(texts)


def decoded(head: bytes, codec: str) -> str:
    return codecs.getincrementaldecoder(codec)(errors_of(codec)).decode(head)


def errors_of(codec: str) -> str:
    return "stray" if codec == "utf-8" else "replace"


def stray(error: UnicodeError) -> tuple[str, int]:
    """A byte that is no UTF-8 was pasted in from a file in the old Vietnamese page."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start : error.start + 1].decode("cp1258", "replace"), error.start + 1


codecs.register_error("stray", stray)


def guess_encoding(path: Path) -> str:
    """By the mark at the beginning, by the zero bytes of UTF-16, by being mostly UTF-8; else cp1258."""
    with path.open("rb") as file:
        sample = file.read(2000)
        for mark, name in ((b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"), (b"\xef\xbb\xbf", "utf-8")):
            if sample.startswith(mark):
                return name
        if sample[1::2].count(0) > len(sample) / 6:
            return "utf-16-le"
        if sample[0::2].count(0) > len(sample) / 6:
            return "utf-16-be"
        return "utf-8" if is_utf8(chain([sample], iter(lambda: file.read(HEAD), b""))) else "cp1258"


def is_utf8(pieces: Iterable[bytes]) -> bool:
    """Whether all bytes fit, or all but a few: some lines may have been pasted in from elsewhere."""
    decoder, fitting, strays = codecs.getincrementaldecoder("utf-8")("replace"), 0, 0
    for piece in pieces:
        text = decoder.decode(piece)
        wrong = text.count("\ufffd") - piece.count(b"\xef\xbf\xbd")
        strays, fitting = strays + wrong, fitting + len(text.encode()) - len(text) - 2 * wrong
        if strays > 1000 and 10 * strays > fitting:
            return False
    return 10 * strays <= fitting


def unprintable(text: str) -> float:
    """The share of characters that no text has: controls, halves of pairs, what means nothing."""
    strange = sum(one not in "\t\r\n" and category(one) in ("Cc", "Cn", "Co", "Cs") for one in text)
    return (strange + text.count("\ufffd")) / max(len(text), 1)


def csv_lines(file: IO[str]) -> Iterator[list[str]]:
    """The lines of a text file. A quotation mark that is not closed on its line is refused with that line's number.

    Lines that a strict reader refuses though all their quotation marks are closed hold some in the middle of a cell.
    """
    head = file.read(50_000).removeprefix("\ufeff")
    declared = head[:6].lower().startswith("sep=") and head[4:5]
    delimiter = declared or guess_delimiter(head)
    file.seek(0)
    taken = list[str]()
    csv.field_size_limit(MOST_IN_LINE)
    reader = csv.reader(kept(file, taken), delimiter=delimiter, strict=True)
    if declared:
        next(reader)
    while True:
        taken.clear()
        try:
            line = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            if len(taken[0]) > MOST_IN_LINE:
                raise Refused("too_long", reader.line_num - len(taken) + 1) from error
            again = list(csv.reader([taken[0], ""], delimiter=delimiter))
            if len(taken) > 1 or len(again) == 1:  # an open quotation mark swallows the next line
                raise Refused("open_quote", reader.line_num - len(taken) + 1) from error
            line = again[0]
        yield line


def kept(file: IO[str], taken: list[str]) -> Iterator[str]:
    """The file's lines, each put into `taken` too."""
    for number, line in enumerate(file):
        taken.append(line if number else line.removeprefix("\ufeff"))
        yield taken[-1]


def guess_delimiter(text: str) -> str:
    """The separator that cuts most of the first lines into the same number of parts, two or more."""

    def evenness(delimiter: str) -> tuple[int, int]:
        lines = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        sizes = Counter(len(line) for _, line in zip(range(50), lines, strict=False) if len(line) > 1)
        size, count = max(sizes.items(), key=lambda one: (one[1], one[0]), default=(0, 0))
        return count, size

    return max(",;\t|", key=evenness)


def checked(lines: Numbered) -> Numbered:
    """The same lines, while none is so long that a page of them fills the memory."""
    for number, line in lines:
        if sum(len(cell) for cell in line if isinstance(cell, str)) > MOST_IN_LINE:
            raise Refused("too_long", number)
        yield number, line


def as_text(lines: Numbered, code: str) -> Iterator[tuple[int, list[str]]]:
    """(number, cells as text) of each line that is not empty; letters of an old encoding as those of today."""
    for number, line in lines:
        if code:
            line = [legacy.convert(cell, code) if isinstance(cell, str) else cell for cell in line]
        cells = [cell_text(cell) for cell in line]
        while cells and not cells[-1]:
            cells.pop()
        if len(cells) > MOST_COLUMNS:
            raise Refused("too_wide", number)
        if cells:
            yield number, cells


def cell_text(cell: Any) -> str:
    """A cell as a person reads it: 38450000.0 is 38450000, a day is dd/mm/yyyy, unseen characters are gone.

    Decimals stand behind a comma: 1.234 would be read as a thousand and more.
    """
    match cell:
        case str():
            text = clean_lines(cell) if "\n" in cell else clean(cell)
            return unguarded(text.strip())
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
    return str(cell)


if __name__ == "__main__":
    main(*sys.argv[1:4])
