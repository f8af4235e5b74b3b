"""One line of a file read into the values of a row, by the kind's schema. Pure: no database."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pheu.core.vietnamese.text import clean
from pheu.people.models import User
from pheu.quality import marks, ways
from pheu.quality.importers import NOTE, NUMBER, Importer
from pheu.records.fields import NO_VALUE
from pheu.records.fields.base import Reading
from pheu.records.fields.references import OfTable
from pheu.timeline.services import NOTE_LIMIT

MOST_KNOWN = 10_000  # cells that pick rows of tables, remembered


@dataclass
class Draft:
    """What a line would become: `values` by field as JSON, marks with how often, or the reason why it makes no row.

    `by_field` says which field each mark came from: [(field, mark)].
    """

    values: dict[str, Any] = field(default_factory=dict)
    by_field: list[tuple[str, str]] = field(default_factory=list)
    reason: str = ""
    phones: list[str] = field(default_factory=list)

    @property
    def marks(self) -> list[str]:
        return list(dict.fromkeys(mark for _field, mark in self.by_field))

    def mark(self, name: str, code: str) -> None:
        self.by_field.append((name, code))


def lacks(importer: Importer, values: Mapping[str, Any], required: Sequence[str]) -> str:
    """Why values make no row: the code of a reason, or nothing."""
    if not any(values.get(name) for name in importer.needs):
        return marks.NOTHING_IN_IT
    return marks.INCOMPLETE if any(values.get(name) in NO_VALUE for name in required) else ""


class LineReader:
    """Reads the cells of one import: `columns` is {column: field}, `headers` the names of all columns.

    `readings` says of columns that write otherwise how they do (`ways`). Other records are found among those that `by`
    may see, by nobody none.
    """

    def __init__(
        self,
        importer: Importer,
        columns: Mapping[int, str],
        headers: Sequence[str],
        area_code: str,
        by: User | None = None,
        readings: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> None:
        self.importer, self.columns, self.headers, self.area_code = importer, dict(columns), headers, area_code
        fields = importer.columns()
        self.fields = {name: fields[name].read_for(by) for name in dict.fromkeys(self.columns.values())}
        self._known: dict[Any, Reading] = {}
        self._rewriters = {
            column: ways.rewriter(self.fields[name], (readings or {}).get(str(column), {}))
            for column, name in self.columns.items()
        }
        self._theirs = importer.fields()
        self._together = {
            name: one
            for name, one in self._theirs.items()
            if one.reads_with and not self.fields.keys().isdisjoint((name, *one.reads_with))
        }
        taken = {part for name, one in self._together.items() for part in (name, *one.reads_with)}
        self._apart = [name for name in self.fields if name not in taken]
        self.required, self.has_phones = importer.required(), importer.schema.get("phone") is not None

    def read(self, cells: Sequence[str]) -> Draft:
        """The draft of one line. What finds no room in its field goes to the overflow field, named by its header."""
        draft, overflow = Draft(), list[str]()
        together = dict(self._read_together(cells))
        near = [code for reading in together.values() for code in reading.area_codes]
        for name in self._apart:
            if filled := self._filled(name, cells):
                overflow += self._put(name, self._reading(name, filled, near), draft)
        for name, reading in together.items():
            overflow += self._put(name, reading, draft)
        self._add_overflow(overflow, draft)
        lacking = lacks(self.importer, draft.values, self.required)
        if lacking and NUMBER not in draft.values:  # a record that is there needs nothing more
            draft.reason = lacking
        elif self.has_phones and not draft.phones and not draft.values.get("phone"):
            draft.mark("", marks.NO_PHONE)
        return draft

    def _read_together(self, cells: Sequence[str]) -> Iterator[tuple[str, Reading]]:
        """What a field gives with the columns that it reads with; from an address alone, its place follows later."""
        for name, one in self._together.items():
            parts = {part: filled for part in (name, *one.reads_with) if (filled := self._filled(part, cells))}
            if parts:
                alone = self.fields.keys().isdisjoint(one.reads_with)
                reading = one.read_cells(parts[name]) if alone else one.read_together(parts)
                reading.values = {part: told for part, told in reading.values.items() if part in self._theirs}
                yield name, reading

    def _filled(self, name: str, cells: Sequence[str]) -> list[tuple[str, str]]:
        """[(header, text)] of the cells of one field, as far as they are filled."""
        filled = [
            (self._title(column), self._as_we_write(column, cells[column]))
            for column, to in self.columns.items()
            if to == name and column < len(cells)
        ]
        return [(title, text) for title, text in filled if text]

    def _as_we_write(self, column: int, text: str) -> str:
        rewrite = self._rewriters[column]
        return rewrite(text) if rewrite is not None else text

    def _title(self, column: int) -> str:
        header = self.headers[column] if column < len(self.headers) else ""
        return clean(header) or str(self.fields[self.columns[column]].label)

    def _put(self, name: str, reading: Reading, draft: Draft) -> list[str]:
        """Put what the cells of one field gave into the draft; what is left over are lines of the overflow."""
        for column, value in reading.values.items():
            field = self.fields.get(column) or self._theirs.get(column)
            draft.values[column] = field.to_json(value) if field is not None else value
        draft.phones += reading.phones
        for note in reading.notes:
            draft.mark(name, note)
        return reading.left

    def _reading(self, name: str, filled: list[tuple[str, str]], near: Sequence[str]) -> Reading:
        """What the cells of one field give; the same few rows of a table are not asked for on every line.

        `near`: the area codes of the place that the line tells, which go before the default of the list.
        """
        one, several = self.fields[name], sum(to == name for to in self.columns.values()) > 1
        if not isinstance(one, OfTable):
            return one.read_cells(filled, several=several, area_code=self.area_code, near=near)
        asked = (name, *filled)
        if asked not in self._known:
            if len(self._known) >= MOST_KNOWN:
                self._known.clear()
            self._known[asked] = one.read_cells(filled, several=several)
        return self._known[asked]

    def _add_overflow(self, left: list[str], draft: Draft) -> None:
        name = self.importer.overflow or NOTE
        whole = "\n".join(part for part in (draft.values.get(name, ""), *left) if part)
        if whole:
            draft.values[name] = whole
        if any(len(draft.values.get(to, "")) > self._room(to) for to in (name, NOTE)):
            draft.reason = marks.NO_ROOM

    def _room(self, name: str) -> int:
        return NOTE_LIMIT if name == NOTE else self.importer.schema[name].max_length
