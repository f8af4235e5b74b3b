"""Texts, and what has a shape of its own: phones, mail addresses, links, tax codes."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from django import forms
from django.db import models
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from pheu.core.vietnamese import fields as vn
from pheu.core.vietnamese.identity import email_key, host_key
from pheu.core.vietnamese.phone import each_once, number_of, phone_digits, read_phones, readings, show_phone
from pheu.core.vietnamese.taxcode import show_tax_code
from pheu.core.vietnamese.text import clean, clean_lines, spelling
from pheu.people.models import User
from pheu.records.fields.base import BETWEEN_VALUES, Field, Reading, compare, wrong
from pheu.records.operators import PHONES, TEXTS, Operator

ADDRESSES_ROOM = 2000  # characters of a cell that lists mail addresses; what is longer is a text
BETWEEN_ADDRESSES = re.compile(r"[\s;,/]+")


@dataclass(frozen=True, kw_only=True, eq=False)
class Text(Field):
    operators: ClassVar[dict[str, Operator]] = TEXTS

    def read_cells(self, cells: Sequence[tuple[str, str]], *, several: bool = False, **codes: Any) -> Reading:
        """The beginning of a text that is too long; the whole is left for another field."""
        (title, text), *more = cells
        text = clean(text)
        reading = Reading(values={self.name: text[: self.max_length].rstrip()})
        reading.left = [f"{header}: {other}" for header, other in more]
        if len(text) > self.max_length:
            reading.notes.append("too_long")
            reading.left.insert(0, f"{title}: {text}")
        return reading

    def folded_q(self, lookup: str, text: str) -> models.Q:
        """A condition on it without marks and capitals."""
        folded = models.Func(self.compared(), function="pheu_fold", output_field=models.TextField())
        return compare(folded, lookup, text)


@dataclass(frozen=True, kw_only=True, eq=False)
class PersonName(Text):
    """What somebody is called. A file may have it in two columns: the family name goes first, as it is written here."""

    names: str = "person"
    reads_with: tuple[str, ...] = ("family_name",)

    def beside_in_files(self) -> Iterable[Field]:
        synonyms = ("họ", "họ đệm", "họ và đệm", "họ và tên đệm", "họ lót", "last name", "surname")
        return (Text(name=self.reads_with[0], label=_("Family name"), synonyms=synonyms),)

    def read_together(self, cells: Mapping[str, Sequence[tuple[str, str]]]) -> Reading:
        (title, text), *more = cells.get(self.name) or [(str(self.label), "")]
        families = [family for name in self.reads_with for _title, family in cells.get(name, ())]
        unsaid = [one for one in families if not f"{spelling(text)} ".startswith(f"{spelling(one)} ")]
        return self.read_cells([(title, " ".join([*unsaid, text])), *more])


class Title(Text):
    """The text by which the row is called: the link of the list."""

    cell = "title"

    @property
    def sort_column(self) -> str:
        return "title_key"


class PersonTitle(PersonName, Title):
    """The same of somebody who is a row."""


@dataclass(frozen=True, kw_only=True, eq=False)
class LongText(Text):
    cell: ClassVar[str] = "long"
    max_length: int = 20_000

    def form_field(self, user: User) -> forms.Field:
        widget = forms.Textarea(attrs={"rows": 3})
        return vn.CleanCharField(max_length=self.max_length, widget=widget, lines=True, **self._asked())

    def read_cells(self, cells: Sequence[tuple[str, str]], *, several: bool = False, **codes: Any) -> Reading:
        """All cells, line by line, each with its header where there are several."""
        lines = [f"{title}: {text}" if several else text for title, text in cells]
        return Reading(values={self.name: clean_lines("\n".join(lines))})


@dataclass(frozen=True, kw_only=True, eq=False)
class Phone(Field):
    """One number with what was written beside it (`vietnamese.phone.Phone.kept`), or as typed where it cannot be read;
    further ones go along in `companions`. Whatever compares goes by the number alone."""

    cell: ClassVar[str] = "phone"
    operators: ClassVar[dict[str, Operator]] = PHONES
    is_shaped: ClassVar[bool] = True

    def form_field(self, user: User) -> forms.Field:
        return vn.PhoneField(**self._asked())

    @cached_property
    def _cleaner(self) -> forms.Field:
        """Acts bring numbers from files and other rows, too: what is doubtful there is not decided on the way."""
        return vn.PhoneField(required=False, current=False)

    def show(self, value: Any) -> str:
        return show_phone(value or "")

    def called(self, value: Any) -> str:
        return show_phone(number_of(value) or value)

    def to_cell(self, row: Any) -> Any:
        """Every number, the first one first."""
        return BETWEEN_VALUES.join(self.show(one) for one in self.with_companions(row))

    def near(self, value: Any, area_codes: Sequence[str]) -> Any:
        """A number without its area code takes the only one of the place that fits it."""
        if not value or number_of(value):
            return value
        found = read_phones(value, near=area_codes, current=True)
        return found[0].kept if len(found) == 1 and found[0].e164 else value

    def check_many(self, value: Any) -> list[str]:
        """Further numbers, kept in the companion."""
        if not isinstance(value, list | tuple):
            raise wrong(_("This is no list."))
        return [one for one in map(self.check, value) if one]

    def read_cells(self, cells: Sequence[tuple[str, str]], *, several: bool = False, **codes: Any) -> Reading:
        """Every number of every cell: the first here, further ones in the companion."""
        reading, numbers = Reading(), list[str]()
        for title, text in cells:
            for found in read_phones(text, **codes):
                number = found.kept
                if found.note:
                    reading.notes.append(found.note)
                if len(number) > self.max_length:
                    reading.left.append(f"{title}: {found.typed}")
                    number = found.e164 or number[: self.max_length]
                numbers.append(number)
        if numbers:
            first, *further = self.each_once(numbers)
            reading.values = {self.name: first, **dict.fromkeys(self.companions, further)}
            reading.phones = list(dict.fromkeys(filter(None, map(number_of, numbers))))
        return reading

    def each_once(self, values: Iterable[Any]) -> list[Any]:
        return each_once(values)

    def same_q(self, value: Any) -> models.Q:
        number = number_of(value)
        return self.q("exact", number) | self.q("startswith", f"{number};") if number else self.q("exact", value)

    def filling(self, value: Any) -> Any:
        return self.show(value)

    @property
    def criterion(self) -> str:
        return "phone"

    def keys(self, row: Any) -> Iterable[str]:
        """Every number; of a doubtful one both readings."""
        return [one for number in self.with_companions(row) for one in readings(number)]

    def looks_like(self, text: str) -> bool:
        return any(phone.e164 for phone in read_phones(text)) or bool(re.fullmatch(r"[\d ./-]{7,14}", text))

    def digits(self, row: Any) -> Iterable[str]:
        return [phone_digits(one) for number in self.with_companions(row) for one in readings(number) or [number]]


class Email(Text):
    cell = "email"
    is_shaped = True
    bad_note = "bad_email"

    def read_cells(self, cells: Sequence[tuple[str, str]], *, several: bool = False, **codes: Any) -> Reading:
        """The first address that is one; others, and what is none, are left."""
        reading = Reading()
        for title, text in cells:
            for part in BETWEEN_ADDRESSES.split(text) if len(text) <= ADDRESSES_ROOM else [text]:
                if any(character.isalnum() for character in part):
                    self._read_address(title, part, reading)
        return reading

    def _read_address(self, title: str, part: str, reading: Reading) -> None:
        try:
            address = self.read(part)
        except ValueError:
            reading.notes.append(self.bad_note)
            reading.left.append(f"{title}: {part}")
            return
        if reading.values.setdefault(self.name, address) != address:
            reading.left.append(f"{title}: {address}")

    def same_q(self, value: Any) -> models.Q:
        return self.q("iexact", value)

    @property
    def criterion(self) -> str:
        return "email"

    def keys(self, row: Any) -> Iterable[str]:
        return [email_key(self.value(row) or "")]

    def looks_like(self, text: str) -> bool:
        return "@" in text

    def form_field(self, user: User) -> forms.Field:
        return vn.EmailField(**self._asked())


class Link(Text):
    cell = "link"
    is_shaped = True

    @property
    def criterion(self) -> str:
        return "website"

    def keys(self, row: Any) -> Iterable[str]:
        return [host_key(self.value(row) or "")]

    def looks_like(self, text: str) -> bool:
        return text.startswith(("http://", "https://", "www."))


class TaxCode(Text):
    is_shaped = True
    bad_note = "bad_tax_code"
    read_cells = Field.read_cells

    def form_field(self, user: User) -> forms.Field:
        return vn.TaxCodeField(**self._asked())

    def to_cell(self, row: Any) -> Any:
        """Ungrouped, as other programs have it."""
        return self.value(row)

    @property
    def criterion(self) -> str:
        return "tax"

    def keys(self, row: Any) -> Iterable[str]:
        return [self.value(row) or ""]

    def show(self, value: Any) -> str:
        return show_tax_code(value or "")
