"""From lines of text to a proposal: where the header stands, which column is which field, which area code fits."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pheu.core.language import in_every_language
from pheu.core.vietnamese.phone import AREA_CODES, area_of, read_phones
from pheu.core.vietnamese.text import fold
from pheu.quality.reading import Line
from pheu.records.fields import Field

SEARCHED = 30  # lines among which the header is looked for
LONGEST = 300  # characters; what is longer heads no column
MOST_OF_ADDRESS = 1000  # characters among which a place is looked for
VALUE_DIGITS = 9  # that no header has, not even one of two years
SAMPLE = 200  # lines by which a column without a header is judged

_NOT_WORD = re.compile(r"[\W_]+")
# What names of companies begin with, and no header: «Công ty TNHH ...», «Tổng công ty Điện lực», «DNTN ...».
_COMPANY = re.compile(
    r"(?:(?:tong )?(?:cong ty|cty|ct) (?:tnhh|cp|co phan|trach nhiem|hop danh|lien doanh|mtv|mot thanh vien)"
    r"|tong cong ty|tap doan|dntn|doanh nghiep tu nhan|hop tac xa|htx|ho kinh doanh|hkd) \w"
)


def words_of(text: str) -> str:
    """A header for comparing: «Số ĐT (*)» -> «so dt»."""
    return _NOT_WORD.sub(" ", fold(text)).strip()


@dataclass(frozen=True)
class _Match:
    field: str
    is_exact: bool


class Headers:
    """Knows what the headers of real lists call each field: its label in any language, and synonyms, in any spelling.

    A name that several fields bear is the first one's.
    """

    def __init__(self, fields: Mapping[str, Field], joined: Iterable[str] = (), others: Iterable[Field] = ()) -> None:
        """`others` can be read from no file: a header that is the label of one speaks of it, and of no field here."""
        self.fields, self.joined = fields, set(joined)
        # A file may be in another language than the person who brings it.
        self._names = dict[str, str]()
        for name, field in fields.items():
            for words in map(words_of, [*field.synonyms, *in_every_language(field.label)]):
                if words:
                    self._names.setdefault(words, name)
        labels = (label for one in others for label in in_every_language(one.label))
        self._others = set(map(words_of, labels)) - self._names.keys()

    def match(self, header: str) -> _Match | None:
        """The field that a header speaks of.

        The whole header; else a word of it for fields of a shape of their own («email công ty»); else its beginning,
        two words at least («địa chỉ trong khu», but not «tên dự án» for «tên»).
        """
        words = words_of(header) if len(header) <= LONGEST else ""
        if not words or words in self._others:
            return None
        if words in self._names:
            return _Match(self._names[words], is_exact=True)
        inside = [
            name for name in self._names if f" {name} " in f" {words} " and self.fields[self._names[name]].is_shaped
        ]
        begins = [name for name in self._names if words.startswith(name + " ") and " " in name]
        best = min(inside, key=lambda name: (f" {words} ".index(f" {name} "), -len(name)), default="") or max(
            begins, key=len, default=""
        )
        return _Match(self._names[best], is_exact=False) if best else None

    def find(self, lines: Sequence[Line]) -> int | None:
        """The number of the line that is the header: the one that names most fields, two at least. None: no such line.

        A line that holds a phone number or another value of such a shape is a row, whatever its words speak of. One
        name in full is enough if everything else in the line is words too and more lines follow; without any, what
        words of a company's name or an address may speak of is not.
        """
        best = max(lines[:SEARCHED], key=self._score, default=None)  # of equals the first
        if best is None or not self._score(best):
            return None
        found = self._matches(best)
        if not any(match.is_exact for match in found):
            return best.number if self._score(best) > 2 else None
        sure = self._score(best) > 1 or (self._reads_like_header(best) and best != lines[-1])
        return best.number if sure else None

    def _score(self, line: Line) -> int:
        """How many fields a line names."""
        if any(self._is_value(cell) for cell in line.cells if cell):
            return 0
        return len({match.field for match in self._matches(line)})

    def _matches(self, line: Line) -> list[_Match]:
        """What the cells speak of, names of companies apart."""
        cells = [cell for cell in line.cells if len(cell) <= 60 and not _COMPANY.match(words_of(cell))]
        return [found for cell in cells if (found := self.match(cell)) is not None]

    def _is_value(self, cell: str) -> bool:
        cell = cell[:LONGEST]
        return any(one.looks_like(cell) for one in self.fields.values() if one.is_shaped) or (
            sum(map(str.isdigit, cell)) >= VALUE_DIGITS
        )

    def _reads_like_header(self, line: Line) -> bool:
        cells = [cell for cell in line.cells if cell]
        return all(len(cell) <= 60 and not any(character.isdigit() for character in cell) for cell in cells)

    def propose(self, headers: Sequence[str]) -> dict[int, str]:
        """{column: field}. A field goes to one column, an exact name before a likely one; joined fields go to all."""
        found = {column: match for column, header in enumerate(headers) if (match := self.match(header)) is not None}
        taken: dict[str, int] = {}
        for column in sorted(found, key=lambda column: (not found[column].is_exact, column)):
            taken.setdefault(found[column].field, column)
        return {
            column: one.field for column, one in found.items() if taken[one.field] == column or one.field in self.joined
        }

    def propose_by_content(self, lines: Sequence[Line]) -> dict[int, str]:
        """The same for a file without a header: only what looks like nothing else."""
        width = max((len(line.cells) for line in lines), default=0)
        proposed: dict[int, str] = {}
        for column in range(width):
            cells = [line.cells[column] for line in lines[:SAMPLE] if column < len(line.cells) and line.cells[column]]
            name = next((name for name, field in self.fields.items() if _fits(field, cells)), "")
            if name and name not in proposed.values():
                proposed[column] = name
        return proposed


def _fits(field: Field, texts: list[str]) -> bool:
    """Whether most of these texts can be nothing else."""
    return bool(texts) and sum(field.looks_like(text) for text in texts) > len(texts) / 2


def headers_of(lines: Sequence[Line], header_line: int | None) -> list[str]:
    """The header's cells; empty names where there is none."""
    width = max((len(line.cells) for line in lines), default=0)
    cells = next((line.cells for line in lines if header_line and line.number == header_line), [])
    return [*cells, *[""] * (width - len(cells))]


def is_header_again(cells: Sequence[str], headers: Sequence[str]) -> bool:
    """A list printed over several pages repeats its header."""
    told, there = [cell for cell in cells if cell], [header for header in headers if header]
    return len(told) == len(there) > 0 and all(
        words_of(one) == words_of(other) for one, other in zip(told, there, strict=True)
    )


def is_column_numbers(cells: Sequence[str]) -> bool:
    """The line «(1) (2) (3) ...» below the header of an official form."""
    told = [cell for cell in cells if cell]
    if len(told) < 3 or _NOT_WORD.sub("", told[0]) not in ("1", "A"):
        return False
    numbers = [_NOT_WORD.sub("", cell) for cell in told]
    return numbers in ([str(n) for n in range(1, len(numbers) + 1)], [chr(65 + n) for n in range(len(numbers))])


# --- area codes -------------------------------------------------------------------------------------------------------

_OTHER_NAMES = {"028": ("tphcm", "tp hcm", "hcm", "sai gon", "saigon", "ho chi minh"), "024": ("ha noi", "hanoi")}
_PLACES = {code: {words_of(name), *_OTHER_NAMES.get(code, ())} for code, name in AREA_CODES.items()}


def guess_area_code(phones: Iterable[str], titles: Iterable[str], addresses: Iterable[str]) -> str:
    """The area code that numbers without one most likely lack; empty without evidence.

    Evidence is a place named above the table, in the file's name or in most addresses, or the area codes that other
    numbers of the list have. Only asked for when there are numbers to complete, and it must fit their length.
    """
    cells = list(phones)
    lengths = Counter(
        len(digits)
        for cell in cells
        if 7 <= len(digits := re.sub(r"\D", "", cell)) <= 8 and not digits.startswith(("0", "1800", "1900"))
    )
    if not lengths:
        return ""
    size = lengths.most_common(1)[0][0]
    fitting = [code for code in AREA_CODES if 11 - len(code) == size]
    for named in (_places_in(titles, fitting), _areas_of(cells, fitting), _places_in(addresses, fitting)):
        if named:
            code, times = named.most_common(1)[0]
            return code if 2 * times > named.total() else ""  # a list of the whole country speaks for no place
    return ""


def _places_in(texts: Iterable[str], codes: list[str]) -> Counter[str]:
    folded = [f" {words_of(text[:MOST_OF_ADDRESS])} " for text in texts]
    return Counter(code for text in folded for code in codes if any(f" {place} " in text for place in _PLACES[code]))


def _areas_of(cells: list[str], codes: list[str]) -> Counter[str]:
    areas = (area_of(phone.e164) for cell in cells[:SAMPLE] for phone in read_phones(cell))
    return Counter(area for area in areas if area in codes)
