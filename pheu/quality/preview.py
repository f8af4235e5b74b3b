"""What the mapping page says about each column: an example, how many cells are filled, what will be put right."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from pheu.core.tables import letter_of
from pheu.core.vietnamese import phone
from pheu.quality import marks
from pheu.quality.lines import Draft, LineReader
from pheu.quality.models import Import, ImportLine
from pheu.quality.reading import Line
from pheu.quality.services import read_line
from pheu.records import kinds

MOST = 1000  # lines that a preview reads
ABOVE = 500  # further ones, as many as may stand above the header


@dataclass
class Column:
    """One column of the file beside the field it goes to."""

    letter: str
    header: str
    example: str
    filled: int
    chosen: Any
    is_used: bool
    how: list[Any]
    words: list[Any]
    remarks: list[tuple[str, str]] = field(default_factory=list)


class Preview:
    """Reads the first lines as the import would, without keeping anything."""

    def __init__(
        self,
        imported: Import,
        form: Any,
        lines: Sequence[Line],
        columns: Mapping[int, str],
        area_code: str,
        readings: Mapping[str, Any],
    ) -> None:
        self.form, self.columns, self.area_code = form, columns, area_code
        self.lines = [line for line in lines if line.number > (imported.header_line or 0)][:MOST]
        self.is_whole = imported.rows <= MOST
        self.importer = imported.importer
        reader = LineReader(imported.importer, columns, form.headers, area_code, imported.by, readings)
        self.has_phones = reader.has_phones
        self.read: list[tuple[Draft, str]] = [read_line(reader, line.cells) for line in self.lines]

    @property
    def states(self) -> Counter[str]:
        return Counter(state for _draft, state in self.read)

    @property
    def to_create(self) -> int:
        return self.states[ImportLine.State.READY]

    @property
    def rejected(self) -> int:
        return self.states[ImportLine.State.REJECTED]

    @property
    def skipped(self) -> int:
        return self.states[ImportLine.State.SKIPPED]

    @property
    def without_phone(self) -> int:
        return sum(marks.NO_PHONE in draft.marks for draft, _state in self.read)

    @property
    def used(self) -> int:
        return len(self.columns)

    def shown_columns(self) -> list[Column]:
        """The columns that hold anything, in order."""
        remarks = self._remarks()
        shown = []
        for column, bound in self.form.column_fields():
            cells = [line.cells[column] for line in self.lines if column < len(line.cells) and line.cells[column]]
            header = self.form.headers[column]
            if not cells and not header:
                continue
            name = self.columns.get(column, "")
            first = name and column == min(other for other, to in self.columns.items() if to == name)
            said = [*self._becomes(name), *remarks.get(name, [])] if first else []
            how, words = self.form.how_fields(column), self.form.word_fields(column)
            example = (cells or [""])[0]
            shown.append(Column(letter_of(column), header, example, len(cells), bound, bool(name), how, words, said))
        return shown

    def _becomes(self, name: str) -> list[tuple[str, str]]:
        """Where what stands in the field goes on, if it is called otherwise there: a remark is the need of a lead."""
        here = self.importer.columns()[name].label
        found = [
            (kind, one)
            for kind in kinds.every()
            for one in kind.schema
            if one.comes_from.get(self.importer.kind) == name and one.label != here
        ]
        words = _("as a %(kind)s: “%(field)s”")
        return [(words % {"kind": str(kind.label).lower(), "field": one.label}, "blue") for kind, one in found]

    def _remarks(self) -> dict[str, list[tuple[str, str]]]:
        """{field: [(words, tone)]}."""
        counts = Counter(one for draft, _state in self.read for one in draft.by_field)
        counts.update(self._repeats())
        return {
            name: [self._say(mark, counts[name, mark.code]) for mark in marks.MARKS.values() if counts[name, mark.code]]
            for name in {name for name, _mark in counts if name}
        }

    def _repeats(self) -> Counter[tuple[str, str]]:
        times = Counter(number for draft, _state in self.read for number in draft.phones)
        return Counter(
            {("phone", marks.REPEATED): sum(any(times[one] > 1 for one in draft.phones) for draft, _state in self.read)}
        )

    def _say(self, mark: marks.Mark, count: int) -> tuple[str, str]:
        if mark.code == phone.COMPLETED:
            return _("%(count)s numbers without area code: %(code)s is added") % {
                "count": count,
                "code": self.area_code,
            }, "amber"
        if mark.code == phone.AMBIGUOUS and not self.area_code:
            return _("%(count)s numbers are unclear: choose the default area code") % {"count": count}, "red"
        return f"{count} · {mark.label}", mark.tone
