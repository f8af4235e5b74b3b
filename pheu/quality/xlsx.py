"""An xlsx workbook read line by line (ECMA-376, part 1, chapter 18).

Memory grows with the different texts of the workbook and not with its cells: as one table a million lines of ten
cells take 1 GB, and a long text that forty thousand cells share as much.
"""

import posixpath
import re
import zipfile
import zlib
from array import array
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any
from xml.parsers import expat

from pheu.core.tables import MOST_LINES

PIECE = 256 * 1024  # bytes that are unpacked at once
MOST_COLUMNS = 16_384  # of a sheet, Excel's own limit
DAY_FORMATS = frozenset([*range(14, 23), *range(27, 37), 45, 47, *range(50, 59)])  # Excel's own numbers, 18.8.30
SPAN_FORMAT = 46
DAY, SPAN = "day", "span"
_FIRST_DAYS = 60  # Excel counts a 29 February 1900, which never was
_NO_CODE = re.compile(r'"[^"]*"|\\.|_.|\*.|\[(?![hms]+\])[^\]]*\]', re.IGNORECASE)  # what a format only shows
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")

Cells = dict[int, Any]  # column, from 0 -> text, number, bool, moment or span


class Damaged(Exception):
    """The parts of the workbook do not fit together, or are no XML."""


class Workbook:
    """The visible sheets of an archive, in their order: `names`."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self.archive = archive
        self._parts = {name.replace("\\", "/").lower(): name for name in archive.namelist()}
        self._places, self._is_1904 = self._sheets()
        self.names = list(self._places)
        self._styles = self._read_styles()
        self._texts = _Texts()
        if "xl/sharedstrings.xml" in self._parts:
            self._read("xl/sharedstrings.xml", self._texts)

    def lines(self, name: str) -> Iterator[tuple[int, Cells]]:
        """(number, cells) of each line of a sheet that has cells."""
        sheet = _Sheet(self._texts, self._styles, is_1904=self._is_1904)
        for _piece in self._pieces(self._places[name], sheet):
            yield from sheet.lines
            sheet.lines.clear()

    def _sheets(self) -> tuple[dict[str, str], bool]:
        """({name: part}, whether days are counted from 1904)."""
        links, found, days = dict[str, str](), list[tuple[str, str]](), list[str]()

        def link(name: str, told: dict[str, str]) -> None:
            if name == "Relationship" and told["Type"].endswith("/worksheet"):
                target = posixpath.join("/xl", told["Target"].replace("\\", "/"))
                links[told["Id"]] = posixpath.normpath(target).lstrip("/").lower()

        def sheet(name: str, told: dict[str, str]) -> None:
            if name == "sheet" and told.get("state", "visible") == "visible":
                found.append((told["name"], next(value for key, value in told.items() if key.endswith(":id"))))
            elif name == "workbookPr":
                days.append(told.get("date1904", ""))

        self._read("xl/_rels/workbook.xml.rels", _Starts(link))
        self._read("xl/workbook.xml", _Starts(sheet))
        return {name: links[key] for name, key in found if key in links}, bool({"1", "true"} & set(days))

    def _read_styles(self) -> list[str]:
        """How each style shows a number: as `DAY`, as `SPAN` of time, or as it is."""
        codes, styles, lists = dict[int, str](), list[str](), [""]

        def style(name: str, told: dict[str, str]) -> None:
            if name == "numFmt":
                codes[_whole(told.get("numFmtId"))] = told.get("formatCode", "")
            elif name in ("cellStyleXfs", "cellXfs"):
                lists.append(name)
            elif name == "xf" and lists[-1] == "cellXfs":
                styles.append(_shown_as(_whole(told.get("numFmtId")), codes))

        if "xl/styles.xml" in self._parts:
            self._read("xl/styles.xml", _Starts(style))
        return styles

    def _read(self, part: str, reader: "_Reader") -> None:
        for _piece in self._pieces(part, reader):
            pass

    def _pieces(self, part: str, reader: "_Reader") -> Iterator[None]:
        """Unpack a part into `reader`, stopping after each piece."""
        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartElementHandler, parser.EndElementHandler = reader.start, reader.end
        parser.CharacterDataHandler, parser.StartDoctypeDeclHandler = reader.text, _refuse_entities
        try:
            with self.archive.open(self._parts[part]) as packed:
                while piece := packed.read(PIECE):
                    parser.Parse(piece)
                    yield
                parser.Parse(b"", True)
                yield
        except _BROKEN as error:
            raise Damaged(part) from error


# What zipfile and expat raise where bytes are missing or wrong, and we where something named is not there.
_BROKEN = (
    expat.ExpatError, zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, LookupError, StopIteration,
    ValueError,
)  # fmt: skip


def _refuse_entities(*_told: Any) -> None:
    """No spreadsheet declares a document type; its entities could unpack to thousands of millions of letters."""
    raise Damaged("DOCTYPE")


def _whole(text: str | None, otherwise: int = 0) -> int:
    return int(text) if text else otherwise


def _shown_as(number: int, codes: dict[int, str]) -> str:
    if number not in codes:
        return SPAN if number == SPAN_FORMAT else DAY if number in DAY_FORMATS else ""
    code = _NO_CODE.sub("", codes[number]).partition(";")[0].lower()
    return SPAN if "[" in code else DAY if set("dmyhs") & set(code) else ""


class _Locals(dict[str, str]):
    """The name of an element -> the same without the prefix of its namespace."""

    def __missing__(self, name: str) -> str:
        self[name] = name.rpartition(":")[2]
        return self[name]


class _Reader:
    """Hears what expat reads."""

    def __init__(self) -> None:
        self.names = _Locals()

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """An element begins."""

    def end(self, name: str) -> None:
        """An element ends."""

    def text(self, text: str) -> None:
        """A piece of text, wherever it stands."""


class _Starts(_Reader):
    """Passes on each element that begins: (local name, attributes)."""

    def __init__(self, told: Callable[[str, dict[str, str]], None]) -> None:
        super().__init__()
        self.told = told

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self.told(self.names[name], attributes)


class _Texts(_Reader):
    """The texts that cells share, as one heap of bytes: strings of Python would take four times as much."""

    def __init__(self) -> None:
        super().__init__()
        self.heap, self.ends = bytearray(), array("Q", [0])
        self.is_text = self.is_spoken = False

    def __getitem__(self, nth: int) -> str:
        return self.heap[self.ends[nth] : self.ends[nth + 1]].decode()

    def start(self, name: str, attributes: dict[str, str]) -> None:
        name = self.names[name]
        if name == "t":
            self.is_text = not self.is_spoken
        elif name == "rPh":  # how the text is pronounced
            self.is_spoken = True

    def end(self, name: str) -> None:
        name = self.names[name]
        if name == "t":
            self.is_text = False
        elif name == "rPh":
            self.is_spoken = False
        elif name == "si":
            self.ends.append(len(self.heap))

    def text(self, text: str) -> None:
        if self.is_text:
            self.heap += text.encode()


class _Sheet(_Reader):
    """Gathers `lines`: (number, cells) of each row that has ended."""

    def __init__(self, texts: _Texts, styles: list[str], *, is_1904: bool) -> None:
        super().__init__()
        self.texts, self.styles, self.is_1904 = texts, styles, is_1904
        self.columns = dict[str, int]()
        self.lines: list[tuple[int, Cells]] = []
        self.line, self.column, self.cells = 0, -1, Cells()
        self.type, self.style, self.said = "", 0, list[str]()
        self.is_value = self.is_spoken = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        name = self.names[name]
        if name == "c":
            self.column = self._column(attributes.get("r"))
            self.type, self.style = attributes.get("t", "n"), _whole(attributes.get("s"))
        elif name in ("v", "t"):
            self.is_value = not self.is_spoken
        elif name == "row":
            self._begin(_whole(attributes.get("r"), self.line + 1))
        elif name == "rPh":
            self.is_spoken = True

    def end(self, name: str) -> None:
        name = self.names[name]
        if name == "c":
            if self.said:
                self.cells[self.column] = self._value("".join(self.said))
                self.said = []
        elif name in ("v", "t"):
            self.is_value = False
        elif name == "row":
            if self.cells:
                self.lines.append((self.line, self.cells))
        elif name == "rPh":
            self.is_spoken = False

    def text(self, text: str) -> None:
        if self.is_value:
            self.said.append(text)

    def _begin(self, line: int) -> None:
        if not self.line < line <= MOST_LINES:
            raise Damaged(f"line {line} behind line {self.line}")
        self.line, self.column, self.cells = line, -1, {}

    def _column(self, place: str | None) -> int:
        """The column of «AB12», counted from 0; without a place the next one."""
        if not place:
            return self.column + 1
        letters = place.rstrip("0123456789")
        if letters not in self.columns:
            number = 0
            for letter in letters.upper():
                number = 26 * number + ord(letter) - 64
            if not 0 < number <= MOST_COLUMNS:
                raise Damaged(f"column {letters[:9]}")
            self.columns[letters] = number - 1
        return self.columns[letters]

    def _value(self, said: str) -> Any:
        match self.type:
            case "s":
                return _unescaped(self.texts[int(said)])
            case "n":
                return self._number(float(said))
            case "b":
                return said == "1"
            case "e":
                return ""
            case "d":
                return datetime.fromisoformat(said)
        return _unescaped(said)

    def _number(self, number: float) -> Any:
        shown_as = self.styles[self.style] if self.style < len(self.styles) else ""
        if not shown_as or not 0 <= number < 2_958_466:  # the year 10000
            return number
        passed = timedelta(seconds=round(number * 86_400))
        if shown_as == SPAN:
            return passed
        if number < 1:
            return (datetime(1900, 1, 1) + passed).time()  # noqa: DTZ001
        if self.is_1904:
            return datetime(1904, 1, 1) + passed  # noqa: DTZ001
        return datetime(1899, 12, 31 if number < _FIRST_DAYS else 30) + passed  # noqa: DTZ001


def _unescaped(text: str) -> str:
    """Excel writes what XML cannot hold as «_x000D_»."""
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text) if "_x" in text else text
