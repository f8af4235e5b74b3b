"""Tables as files that spreadsheets open, xlsx and csv, written line by line while they are sent.

A workbook is packed as it is written: the first bytes leave with the first lines, and nothing of it stays in memory.
Text is never a formula, and stays text: a phone keeps its zero, a code its dots.
"""

import csv
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from io import StringIO
from typing import Any
from xml.sax.saxutils import escape

EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CSV = "text/csv; charset=utf-8"
CELL_ROOM = 32_767  # characters, Excel's own limit
MOST_LINES = 1_048_576  # of a sheet, Excel's own limit
MOST_DIGITS = 15  # that a spreadsheet's number holds
PIECE = 64 * 1024  # bytes that are sent at once

# What some spreadsheet or other would run, also behind apostrophes that are there already.
_RUNS = re.compile(r"'*[=+\-@＝＋－＠\t\r\n]")
_NO_XML = re.compile("[\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]")
_NO_TAB = str.maketrans("", "", "[]:*?/\\'")

Cell = str | int | float | Decimal | date | None
Line = Sequence[Cell]


def guarded(text: str) -> str:
    """An apostrophe before what a spreadsheet might run as a formula; `unguarded` takes it away again."""
    return f"'{text}" if _RUNS.match(text) else text


def unguarded(text: str) -> str:
    return text[1:] if text[:1] == "'" and _RUNS.match(text) else text


def csv_file(lines: Iterable[Line]) -> Iterator[bytes]:
    """With the mark by which Excel knows UTF-8. Every cell stands in quotes: nobody can take a comma for another."""
    written = StringIO()
    write = csv.writer(written, quoting=csv.QUOTE_ALL).writerow
    written.write("\ufeff")
    for line in lines:
        write([_as_text(cell) for cell in line])
        if written.tell() > PIECE:
            yield _taken(written)
    yield _taken(written)


def _taken(written: StringIO) -> bytes:
    content = written.getvalue().encode("utf-8", "replace")
    written.seek(0)
    written.truncate()
    return content


def _as_text(cell: Cell) -> str:
    """A cell as people in Việt Nam write it: days first, decimals behind a comma."""
    if isinstance(cell, str):
        return guarded(cell)
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return f"{cell:%d/%m/%Y %H:%M}"
    if isinstance(cell, date):
        return f"{cell:%d/%m/%Y}"
    return f"{Decimal(str(cell)):f}".replace(".", ",")


# xlsx -----------------------------------------------------------------------------------------------------------------

# How cells look: the formats of numbers by name, in the order of the workbook's styles.
TEXT, HEAD, DAY, MOMENT, WHOLE, GENERAL, TENTHS = range(7)
_FORMATS = {DAY: (164, "dd/mm/yyyy"), MOMENT: (165, "dd/mm/yyyy hh:mm"), TENTHS: (166, "0.0")}
_KNOWN = {TEXT: 49, HEAD: 49, WHOLE: 3, GENERAL: 0}  # Excel's own numbers: text, thousands, as it comes
_DAY_ZERO, _FIRST_DAY = date(1899, 12, 30), date(1900, 3, 1)  # before it Excel counts a day that never was


@dataclass(frozen=True)
class Sheet:
    """Lines of one sheet; the first `heads` are bold and stay in sight, and so do the first `still` columns.

    `widths` are those of columns in characters; `forms` the looks of their numbers, where not the usual one.
    """

    lines: Iterable[Line]
    title: str = ""
    heads: int = 1
    still: int = 0
    widths: Mapping[int, float] = field(default_factory=dict)
    usual_width: float = 18
    forms: Mapping[int, int] = field(default_factory=dict)


def xlsx_file(*sheets: Sheet) -> Iterator[bytes]:
    """A workbook, piece by piece."""
    sent = _Sent()
    with zipfile.ZipFile(sent, "w", zipfile.ZIP_DEFLATED, compresslevel=3) as packed:  # type: ignore[call-overload]
        for name, content in _around(_tabs(sheets)):
            packed.writestr(name, content)
        for nth, sheet in enumerate(sheets, 1):
            with packed.open(f"xl/worksheets/sheet{nth}.xml", "w") as part:
                for piece in _sheet(sheet):
                    part.write(piece.encode())
                    if len(sent.waiting) > PIECE:
                        yield sent.taken()
                yield sent.taken()
    yield sent.taken()


class _Sent:
    """What a packer has written and nobody has taken away yet."""

    def __init__(self) -> None:
        self.waiting = bytearray()

    def write(self, content: bytes) -> int:
        self.waiting += content
        return len(content)

    def flush(self) -> None:
        """Nothing waits below."""

    def taken(self) -> bytes:
        content = bytes(self.waiting)
        self.waiting.clear()
        return content


def _tabs(sheets: Sequence[Sheet]) -> list[str]:
    """What Excel lets sheets be called: 31 characters, some of them not, and no two alike."""
    tabs: list[str] = []
    for nth, sheet in enumerate(sheets, 1):
        tab = _NO_XML.sub("", sheet.title.translate(_NO_TAB))[:28].strip() or f"Sheet{nth}"
        while tab.lower() in map(str.lower, tabs):
            tab += "+"
        tabs.append(tab)
    return tabs


def _sheet(sheet: Sheet) -> Iterator[str]:
    yield f'{_XML}<worksheet xmlns="{_MAIN}"><sheetViews><sheetView workbookViewId="0">'
    if sheet.heads or sheet.still:
        corner = f"{letter_of(sheet.still)}{sheet.heads + 1}"
        split = "".join(
            f' {side}="{many}"' for side, many in (("xSplit", sheet.still), ("ySplit", sheet.heads)) if many
        )
        place = "bottomRight" if sheet.heads and sheet.still else "bottomLeft" if sheet.heads else "topRight"
        yield f'<pane{split} topLeftCell="{corner}" activePane="{place}" state="frozen"/>'
    yield f'</sheetView></sheetViews><sheetFormatPr defaultRowHeight="15" defaultColWidth="{sheet.usual_width}"/>'
    if sheet.widths:
        columns = (
            f'<col min="{at + 1}" max="{at + 1}" width="{wide}" customWidth="1"/>' for at, wide in _in_order(sheet)
        )
        yield f"<cols>{''.join(columns)}</cols>"
    yield "<sheetData>"
    for number, line in enumerate(sheet.lines, 1):
        cells = [_cell(cell, at, number, sheet) for at, cell in enumerate(line) if cell not in (None, "")]
        yield f'<row r="{number}">{"".join(cells)}</row>'
    yield "</sheetData></worksheet>"


def _in_order(sheet: Sheet) -> list[tuple[int, float]]:
    return sorted(sheet.widths.items())


def _cell(cell: Any, at: int, number: int, sheet: Sheet) -> str:
    place = f'<c r="{letter_of(at)}{number}"'
    value, look = _number(cell, sheet.forms.get(at)) if not isinstance(cell, str) else ("", TEXT)
    if value:
        return f'{place} s="{look}"><v>{value}</v></c>'
    text = guarded(cell if isinstance(cell, str) else _as_text(cell))[:CELL_ROOM]
    inside = escape(_NO_XML.sub("", text.replace("\r\n", "\n").replace("\r", "\n")))
    look = HEAD if number <= sheet.heads else TEXT
    return f'{place} s="{look}" t="inlineStr"><is><t xml:space="preserve">{inside}</t></is></c>'


def _number(cell: Any, form: int | None) -> tuple[str, int]:
    """(how a workbook keeps it, its look); nothing for what it would count wrongly: that is written as text."""
    if isinstance(cell, datetime):
        gone = cell - datetime(1899, 12, 30)  # noqa: DTZ001  (a spreadsheet's days have no zone)
        return (f"{gone / timedelta(days=1):.10f}", MOMENT) if cell.date() >= _FIRST_DAY else ("", TEXT)
    if isinstance(cell, date):
        return (str((cell - _DAY_ZERO).days), DAY) if cell >= _FIRST_DAY else ("", TEXT)
    told = Decimal(f"{cell:.{MOST_DIGITS}g}" if isinstance(cell, float) else str(cell))
    if not told.is_finite() or len(told.normalize().as_tuple().digits) > MOST_DIGITS or abs(told) >= 10**MOST_DIGITS:
        return "", TEXT
    return f"{told:f}", form if form is not None else WHOLE if told == told.to_integral_value() else GENERAL


@lru_cache(maxsize=1000)
def letter_of(column: int) -> str:
    """0 -> A, 26 -> AA, as a spreadsheet calls its columns."""
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


# What stands around the sheets of a workbook --------------------------------------------------------------------------

_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_PARTS = "application/vnd.openxmlformats-officedocument.spreadsheetml"


def _around(tabs: Sequence[str]) -> Iterator[tuple[str, str]]:
    numbers = range(1, len(tabs) + 1)
    parts = "".join(
        f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="{_PARTS}.worksheet+xml"/>' for n in numbers
    )
    yield (
        "[Content_Types].xml",
        f'{_XML}<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_PARTS}.sheet.main+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{_PARTS}.styles+xml"/>{parts}</Types>',
    )
    yield "_rels/.rels", _links([("officeDocument", "xl/workbook.xml")])
    sheets = "".join(
        f'<sheet name="{escape(tab, {QUOTE: "&quot;"})}" sheetId="{n}" r:id="rId{n}"/>'
        for n, tab in zip(numbers, tabs, strict=True)
    )
    yield "xl/workbook.xml", f'{_XML}<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>{sheets}</sheets></workbook>'
    yield (
        "xl/_rels/workbook.xml.rels",
        _links([*(("worksheet", f"worksheets/sheet{n}.xml") for n in numbers), ("styles", "styles.xml")]),
    )
    yield "xl/styles.xml", _styles()


QUOTE = '"'


def _links(targets: Iterable[tuple[str, str]]) -> str:
    inside = "".join(
        f'<Relationship Id="rId{n}" Type="{_OFFICE}/{kind}" Target="{target}"/>'
        for n, (kind, target) in enumerate(targets, 1)
    )
    return f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships">{inside}</Relationships>'


def _styles() -> str:
    formats = "".join(f'<numFmt numFmtId="{code}" formatCode="{form}"/>' for code, form in _FORMATS.values())
    looks = "".join(_look(one) for one in range(TENTHS + 1))
    return (
        f'{_XML}<styleSheet xmlns="{_MAIN}"><numFmts count="{len(_FORMATS)}">{formats}</numFmts>'
        '<fonts count="2"><font><sz val="11"/><name val="Calibri"/></font>'
        '<font><b/><sz val="11"/><name val="Calibri"/></font></fonts>'
        '<fills count="2"><fill><patternFill patternType="none"/></fill>'
        '<fill><patternFill patternType="gray125"/></fill></fills>'
        '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
        '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
        f'<cellXfs count="{TENTHS + 1}">{looks}</cellXfs></styleSheet>'
    )


def _look(one: int) -> str:
    code = _KNOWN[one] if one in _KNOWN else _FORMATS[one][0]
    wraps = '<alignment vertical="top" wrapText="1"/>' if one == HEAD else ""
    return (
        f'<xf numFmtId="{code}" fontId="{int(one == HEAD)}" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"'
        f' applyFont="1" applyAlignment="1">{wraps}</xf>'
    )
