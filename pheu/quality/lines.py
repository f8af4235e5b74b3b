"""One line of a file read into the values of a row, by the kind's schema. Pure: no database."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django import forms

from pheu.core.vietnamese import phone
from pheu.core.vietnamese.phone import read_phones
from pheu.core.vietnamese.text import clean, clean_lines
from pheu.people.models import User
from pheu.quality import marks
from pheu.quality.importers import Importer
from pheu.records.fields import Email, LongText, Phone, TaxCode, Text

PHONE_ROOM = 300  # characters that `parties.Reachable` keeps of one number
ADDRESSES_ROOM = 2000  # characters of a cell that lists mail addresses; what is longer is a text
_BETWEEN_ADDRESSES = re.compile(r"[\s;,/]+")


@dataclass
class Draft:
    """What a line would become: `values` by field, marks with how often, or the reason why it makes no row.

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


class LineReader:
    """Reads the cells of one import: `columns` is {column: field}, `headers` the names of all columns."""

    def __init__(self, importer: Importer, columns: Mapping[int, str], headers: Sequence[str], area_code: str) -> None:
        self.importer, self.columns, self.headers, self.area_code = importer, dict(columns), headers, area_code
        fields = importer.fields()
        self.fields = {name: fields[name] for name in dict.fromkeys(self.columns.values())}
        # Made once: a form field is slow to make, and a file has thousands of lines.
        self.forms = {name: one.form_field(User()) for name, one in self.fields.items()}

    def read(self, cells: Sequence[str]) -> Draft:
        """The draft of one line. What finds no room in its field goes to the overflow field, named by its header."""
        draft, overflow = Draft(), list[str]()
        for name in self.fields:
            filled = [
                (self._title(column), cells[column])
                for column, to in self.columns.items()
                if to == name and column < len(cells)
            ]
            filled = [(title, text) for title, text in filled if text]
            if filled:
                overflow += self._read_field(name, filled, draft)
        self._add_overflow(overflow, draft)
        if not any(draft.values.get(name) for name in self.importer.needs):
            draft.reason = marks.NOTHING_IN_IT
        elif not draft.phones and not draft.values.get("phone"):
            draft.mark("", marks.NO_PHONE)
        return draft

    def _title(self, column: int) -> str:
        header = self.headers[column] if column < len(self.headers) else ""
        return clean(header) or str(self.fields[self.columns[column]].label)

    def _read_field(self, name: str, filled: list[tuple[str, str]], draft: Draft) -> list[str]:
        """Put the cells of one field into the draft; what is left over comes back as lines of the overflow."""
        match self.fields[name]:
            case Phone():
                return self._read_phones(name, filled, draft)
            case Email():
                return self._read_addresses(name, filled, draft)
            case LongText():
                return self._read_long(name, filled, draft)
            case Text():
                return self._read_text(name, filled, draft)
        return self._read_other(name, filled, draft)

    def _read_phones(self, name: str, filled: list[tuple[str, str]], draft: Draft) -> list[str]:
        left, numbers = [], list[str]()
        for title, text in filled:
            for found in read_phones(text, area_code=self.area_code or None):
                number = found.e164 or found.typed
                if found.note:
                    draft.mark(name, found.note)
                if found.note in (phone.WORDS, phone.EXTENSION) or len(number) > PHONE_ROOM:
                    left.append(f"{title}: {found.typed}")
                numbers.append(number[:PHONE_ROOM])
        numbers = list(dict.fromkeys(numbers))
        if numbers:
            draft.values |= {name: numbers[0], self.importer.spare_phones: numbers[1:]}
            draft.phones = [number for number in numbers if number.startswith("+")]
        return left

    def _read_addresses(self, name: str, filled: list[tuple[str, str]], draft: Draft) -> list[str]:
        left = []
        for title, text in filled:
            for part in _BETWEEN_ADDRESSES.split(text) if len(text) <= ADDRESSES_ROOM else [text]:
                if not any(character.isalnum() for character in part):
                    continue
                address = self._cleaned(name, part)
                if not address:
                    draft.mark(name, marks.BAD_EMAIL)
                if address and draft.values.setdefault(name, address) == address:
                    continue
                left.append(f"{title}: {address or part}")
        return left

    def _read_long(self, name: str, filled: list[tuple[str, str]], draft: Draft) -> list[str]:
        several = sum(to == name for to in self.columns.values()) > 1
        draft.values[name] = clean_lines("\n".join(f"{title}: {text}" if several else text for title, text in filled))
        return []

    def _read_text(self, name: str, filled: list[tuple[str, str]], draft: Draft) -> list[str]:
        (title, text), *_rest = filled
        text, room = clean(text), self.fields[name].max_length
        draft.values[name] = text[:room].rstrip()
        if len(text) <= room:
            return []
        draft.mark(name, marks.TOO_LONG)
        return [f"{title}: {text}"]

    def _read_other(self, name: str, filled: list[tuple[str, str]], draft: Draft) -> list[str]:
        (title, text), *_rest = filled
        value = self._cleaned(name, text)
        if value not in (None, ""):
            draft.values[name] = value
            return []
        is_tax_code = isinstance(self.fields[name], TaxCode)
        draft.mark(name, marks.BAD_TAX_CODE if is_tax_code else marks.BAD_VALUE)
        return [f"{title}: {text}"]

    def _cleaned(self, name: str, text: str) -> Any:
        try:
            return self.forms[name].clean(text)
        except forms.ValidationError:
            return None

    def _add_overflow(self, left: list[str], draft: Draft) -> None:
        name = self.importer.overflow
        whole = "\n".join(part for part in (draft.values.get(name, ""), *left) if part)
        if whole:
            draft.values[name] = whole
        if len(whole) > self.importer.schema[name].max_length:
            draft.reason = marks.NO_ROOM
