"""The kinds of field that a schema is made of. A field owns everything about its values.

Where they are kept (a column, or a key of the row's JSON column `own`), how they are asked for, checked, read from a
file, shown, told as JSON, filtered by (`operators`) and ordered. Nothing else switches on types.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from operator import attrgetter
from typing import Any, ClassVar

from django import forms
from django.db import models
from django.db.models.fields.json import KT
from django.db.models.functions import Cast, Coalesce
from django.db.models.lookups import IsNull
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from pheu.core.errors import Invalid
from pheu.core.ids import RowField, RowsField, read_id, read_ids
from pheu.core.vietnamese import fields as vn
from pheu.core.vietnamese.dates import show_date, show_datetime
from pheu.core.vietnamese.money import show_money, show_number
from pheu.core.vietnamese.phone import EXTENSION, WORDS, phone_digits, read_phones, show_phone
from pheu.core.vietnamese.taxcode import show_tax_code
from pheu.core.vietnamese.text import clean, clean_lines, fold
from pheu.people.models import Department, Team, User
from pheu.people.scopes import CHANGE, CREATE
from pheu.records import kinds, moments
from pheu.records.models import Category, ClosingReason, RecordTag, Stage, Tag, id_and_name
from pheu.records.operators import ANY_OF, DAYS, EMPTY, NUMBERS, OF_LIST, OF_ROWS, PHONES, TEXTS, Operator

NO_VALUE: tuple[Any, ...] = (None, "", [], ())
ADDRESSES_ROOM = 2000  # characters of a cell that lists mail addresses; what is longer is a text
BETWEEN_ADDRESSES = re.compile(r"[\s;,/]+")
BETWEEN_CHOICES = re.compile(r"[;,\n]")
# How lists write it, besides the words of our own pages.
YES_OR_NO = [("có", True), ("x", True), ("yes", True), ("true", True), ("1", True),
             ("không", False), ("no", False), ("false", False), ("0", False)]  # fmt: skip


def wrong(message: Any, **facts: Any) -> forms.ValidationError:
    return forms.ValidationError(message % facts if facts else message)


def compare(compared: Any, lookup: str, value: Any) -> models.Q:
    """A comparison of an expression: false, not unknown, where there is nothing, so that its opposite is true there."""
    condition = models.Q(compared.output_field.get_lookup(lookup)(compared, value))
    return condition if lookup == "isnull" else condition & models.Q(IsNull(compared, False))


@dataclass
class Reading:
    """What cells of a file give: values by column, codes of what was noticed, and words that found no room."""

    values: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    phones: list[str] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True, eq=False)
class Field:
    """One field of a kind. `synonyms` are what headers of real lists call it.

    `on_create`: may be written on a new row; `asked`: the form of a new row asks for it.
    `own`: kept in the row's JSON column of that name instead of a column; `in_list` and `on_card` then give it a column
    of the list and a line on the board's cards; `on_page`: the record page shows it. `searched`: its words find the
    row; `found_beyond`: they also find the rows that pick this one. `comes_from`: {kind: field} of a picked record by
    which it fills itself, and to which a conversion carries it back. `companions`: columns that go where this one goes.
    """

    name: str
    label: kinds.Words
    required: bool = False
    hint: kinds.Words = ""
    sortable: bool = False
    filterable: bool = False
    editable: bool = True
    importable: bool = True
    on_create: bool = True
    asked: bool = True
    own: bool = False
    in_list: bool = False
    on_card: bool = False
    on_page: bool = True
    searched: bool = False
    found_beyond: bool = False
    comes_from: dict[str, str] = field(default_factory=dict)
    companions: tuple[str, ...] = ()
    synonyms: tuple[str, ...] = ()
    max_length: int = 300

    cell: ClassVar[str] = "text"
    is_number: ClassVar[bool] = False
    empty: ClassVar[Any] = ""
    operators: ClassVar[dict[str, Operator]] = EMPTY
    # How an address names a filter without an operator: `?source=3`.
    usual_operator: ClassVar[str] = "in"
    # Of what type the database compares values of a field of a company's own.
    stored_as: ClassVar[type[models.Field]] = models.TextField
    # Whether one word of a header names it: its contents look like nothing else.
    is_shaped: ClassVar[bool] = False
    # What is noted of a cell that cannot be read.
    bad_note: ClassVar[str] = "bad_value"

    # -- where it is kept ----------------------------------------------------------------------------------------------

    def value(self, row: Any) -> Any:
        if self.own:
            return self.from_json(row.own.get(self.name))
        return getattr(row, self.name)

    def put(self, row: Any, value: Any) -> None:
        if not self.own:
            setattr(row, self.name, value)
            return
        left = {name: told for name, told in row.own.items() if name != self.name}
        # What is empty is not there: one way to be empty, in conditions and in orders.
        row.own = left if self.identity(value) is None else {**left, self.name: self.to_json(value)}

    @property
    def column(self) -> str:
        """The model's field that holds it."""
        return self.name

    def expression(self) -> Any:
        """Its value in a query."""
        return Cast(KT(f"own__{self.name}"), self.stored_as()) if self.own else models.F(self.column)

    def compared(self) -> Any:
        """The same for conditions: a text that nobody has written is an empty one, wherever it is kept."""
        kept = self.expression()
        return (
            Coalesce(kept, models.Value(""), output_field=self.stored_as()) if self.own and self.empty == "" else kept
        )

    def q(self, lookup: str, value: Any) -> models.Q:
        """A condition on it: `q("gte", 5)`."""
        if not self.own:
            return models.Q(**{f"{self.column}__{lookup}": value})
        return compare(self.compared(), lookup, value)

    def is_empty_q(self) -> models.Q:
        """Rows in which nobody has filled it."""
        nothing = self.q("isnull", True)
        return nothing | self.q("exact", self.empty) if self.empty is not None else nothing

    def drawn_from(self) -> tuple[list[str], list[str]]:
        """(relations, columns) of which its cell is drawn, so that a list brings nothing else."""
        if self.own:
            return [], ["own"]
        relation, dunder, _column = self.column.rpartition("__")
        return ([relation] if dunder else []), [*([relation] if dunder else []), self.column]

    # -- order -----------------------------------------------------------------------------------------------------

    @property
    def sort_column(self) -> str:
        """The column by which lists are ordered; empty for a field of a company's own."""
        return "" if self.own else self.column

    def sort_expression(self) -> Any:
        return self.expression() if self.own else models.F(self.sort_column)

    # -- asking and checking -----------------------------------------------------------------------------------------

    def form_field(self, user: User) -> forms.Field:
        return vn.CleanCharField(max_length=self.max_length, **self._asked())

    def _asked(self) -> dict[str, Any]:
        return {"label": self.label, "required": self.required, "help_text": self.hint, "show_hidden_initial": True}

    def keep_offering(self, form_field: Any, value: Any) -> None:
        """Let a form keep a `value` that is no longer offered, or that the person may not see."""

    @cached_property
    def _cleaner(self) -> forms.Field:
        form_field = self.form_field(User())
        form_field.required = False
        return form_field

    def check(self, value: Any) -> Any:
        """`value` as it is kept; ValidationError in words where its type, length or form is wrong.

        Whoever writes a row comes through here, the form included: a form is a convenience, never the guard.
        Whether a row that it refers to may be chosen is asked for many at once, by `schema.check`.
        """
        if value in NO_VALUE:
            return self.empty
        if not isinstance(value, str):
            raise wrong(_("This is no text."))
        checked = self._cleaner.clean(value)
        if len(checked) > self.max_length:
            sizes = {"limit": self.max_length, "length": len(checked)}
            raise wrong(_("At most %(limit)s characters; this has %(length)s."), **sizes)
        return checked

    def check_many(self, value: Any) -> Any:
        """`check` for the column that goes along with this field."""
        raise NotImplementedError(type(self))

    def must_check(self, value: Any) -> Any:
        """`check` for acts: `Invalid` where it is wrong, or empty though required."""
        try:
            checked = self.check(value)
        except forms.ValidationError as error:
            raise Invalid({self.name: [str(one) for one in error.messages]}, {self.name: str(self.label)}) from error
        if self.required and self.identity(checked) is None:
            raise Invalid({self.name: [str(_("This field is required."))]}, {self.name: str(self.label)})
        return checked

    def references(self, by: User) -> models.QuerySet | None:
        """The rows that may be chosen by `by`, where values are rows of a table."""
        return None

    def referred(self, value: Any) -> Iterable[Any]:
        """The rows that a value refers to."""
        return () if value is None else (value,)

    # -- words and JSON ----------------------------------------------------------------------------------------------

    def show(self, value: Any) -> str:
        return "" if value is None else str(value)

    def to_json(self, value: Any) -> Any:
        """How an event, the journal and the API keep `value`; a row as its id with the name of that day."""
        return value

    def from_json(self, told: Any) -> Any:
        """The value again; raises ValueError for what `to_json` never says."""
        return self.empty if told is None else told

    def show_json(self, told: Any) -> str:
        """What `to_json` kept, in the reader's words, without asking the database."""
        return self.show(self.from_json(told)) if told not in NO_VALUE else ""

    def identity(self, value: Any) -> Any:
        """What two equal values share: `to_json` without names, and nothing is nothing."""
        told = self.to_json(value)
        return None if told in NO_VALUE else told

    def words(self, value: Any) -> Iterable[str]:
        """Texts by which a search finds the row."""
        return (value,) if value else ()

    def digits(self, row: Any) -> Iterable[str]:
        """Digits by which a search finds the row."""
        return ()

    # -- reading from files --------------------------------------------------------------------------------------------

    def read(self, text: str) -> Any:
        """`text` of a file as a value; ValueError says why not."""
        try:
            return self.check(self._cleaner.clean(text))
        except forms.ValidationError as error:
            raise ValueError(error.messages[0]) from error

    def read_cells(self, cells: Sequence[tuple[str, str]], *, area_code: str = "", several: bool = False) -> Reading:
        """What the filled cells [(header, text)] that a file has for this field give a row.

        `several`: the file has more than one column for it. What finds no room comes back in `left`, never dropped.
        """
        (title, text), *more = cells
        left = [f"{header}: {other}" for header, other in more]
        try:
            value = self.read(text)
        except ValueError:
            return Reading(notes=[self.bad_note], left=[f"{title}: {text}", *left])
        return Reading(values={self.name: value}, left=left)

    def looks_like(self, text: str) -> bool:
        """Whether `text` of a column without a header can be nothing else."""
        return False

    # -- filters -----------------------------------------------------------------------------------------------------

    def choices(self) -> list[tuple[Any, str]]:
        """What a filter offers, where that is fixed."""
        return []

    def table(self, user: User) -> models.QuerySet | None:
        """The rows of a small table that form and filter offer, where there is one; see `offered`."""
        return None

    def names_of(self, told: Sequence[Any], user: User) -> dict[str, str]:
        """What values of a condition are called, where neither `choices` nor `show` can say it."""
        return {}

    def operand(self, told: Any, user: User) -> Any:
        """One value of a condition, from JSON or an address, as the database compares it; ValueError if it is none."""
        if not isinstance(told, str) or len(told) > self.max_length or "\0" in told:
            raise ValueError(self.name)
        told.encode()  # half of a pair of letters is no text: UnicodeEncodeError is a ValueError
        return told


@dataclass(frozen=True, kw_only=True, eq=False)
class Text(Field):
    operators: ClassVar[dict[str, Operator]] = TEXTS

    def read_cells(self, cells: Sequence[tuple[str, str]], *, area_code: str = "", several: bool = False) -> Reading:
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


class Title(Text):
    """The text by which the row is called: the link of the list."""

    cell = "title"

    @property
    def sort_column(self) -> str:
        return "title_key"


@dataclass(frozen=True, kw_only=True, eq=False)
class LongText(Text):
    cell: ClassVar[str] = "long"
    max_length: int = 20_000

    def form_field(self, user: User) -> forms.Field:
        widget = forms.Textarea(attrs={"rows": 3})
        return vn.CleanCharField(max_length=self.max_length, widget=widget, lines=True, **self._asked())

    def read_cells(self, cells: Sequence[tuple[str, str]], *, area_code: str = "", several: bool = False) -> Reading:
        """All cells, line by line, each with its header where there are several."""
        lines = [f"{title}: {text}" if several else text for title, text in cells]
        return Reading(values={self.name: clean_lines("\n".join(lines))})


@dataclass(frozen=True, kw_only=True, eq=False)
class Phone(Field):
    """One number in E.164, or as typed where it cannot be read; further ones go along in `companions`."""

    cell: ClassVar[str] = "phone"
    operators: ClassVar[dict[str, Operator]] = PHONES
    is_shaped: ClassVar[bool] = True

    def form_field(self, user: User) -> forms.Field:
        return vn.PhoneField(**self._asked())

    def show(self, value: Any) -> str:
        return show_phone(value or "")

    def check_many(self, value: Any) -> list[str]:
        """Further numbers, kept in the companion."""
        if not isinstance(value, list | tuple):
            raise wrong(_("This is no list."))
        return [one for one in map(self.check, value) if one]

    def read_cells(self, cells: Sequence[tuple[str, str]], *, area_code: str = "", several: bool = False) -> Reading:
        """Every number of every cell: the first here, further ones in the companion."""
        reading, numbers = Reading(), list[str]()
        for title, text in cells:
            for found in read_phones(text, area_code=area_code or None):
                number = found.e164 or found.typed
                if found.note:
                    reading.notes.append(found.note)
                if found.note in (WORDS, EXTENSION) or len(number) > self.max_length:
                    reading.left.append(f"{title}: {found.typed}")
                numbers.append(number[: self.max_length])
        if numbers:
            first, *further = dict.fromkeys(numbers)
            reading.values = {self.name: first, **dict.fromkeys(self.companions, further)}
            reading.phones = [number for number in (first, *further) if number.startswith("+")]
        return reading

    def looks_like(self, text: str) -> bool:
        return any(phone.e164 for phone in read_phones(text)) or bool(re.fullmatch(r"[\d ./-]{7,14}", text))

    def digits(self, row: Any) -> Iterable[str]:
        numbers = [self.value(row), *(one for name in self.companions for one in getattr(row, name))]
        return [phone_digits(number) for number in numbers if number and number.startswith("+")]


class Email(Text):
    cell = "email"
    is_shaped = True
    bad_note = "bad_email"

    def read_cells(self, cells: Sequence[tuple[str, str]], *, area_code: str = "", several: bool = False) -> Reading:
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

    def looks_like(self, text: str) -> bool:
        return "@" in text

    def form_field(self, user: User) -> forms.Field:
        return vn.EmailField(**self._asked())


class Link(Text):
    cell = "link"
    is_shaped = True

    def looks_like(self, text: str) -> bool:
        return text.startswith(("http://", "https://", "www."))


class TaxCode(Text):
    is_shaped = True
    bad_note = "bad_tax_code"
    read_cells = Field.read_cells

    def form_field(self, user: User) -> forms.Field:
        return vn.TaxCodeField(**self._asked())

    def show(self, value: Any) -> str:
        return show_tax_code(value or "")


@dataclass(frozen=True, kw_only=True, eq=False)
class Number(Field):
    """A number between `least` and `most`, with so many `places` behind the comma."""

    least: Decimal = Decimal(0)
    most: Decimal = Decimal(10) ** 15
    places: int = 0
    cell: ClassVar[str] = "number"
    is_number: ClassVar[bool] = True
    # Beyond this nobody compares: no column holds it.
    furthest: ClassVar[Decimal] = Decimal(10) ** 18
    empty: ClassVar[Any] = None
    operators: ClassVar[dict[str, Operator]] = NUMBERS
    usual_operator: ClassVar[str] = "is"
    stored_as: ClassVar[type[models.Field]] = models.DecimalField

    def expression(self) -> Any:
        if not self.own:
            return super().expression()
        return Cast(KT(f"own__{self.name}"), models.DecimalField(max_digits=24, decimal_places=self.places))

    def form_field(self, user: User) -> forms.Field:
        return forms.DecimalField(
            min_value=self.least, max_value=self.most, decimal_places=self.places, **self._asked()
        )

    def check(self, value: Any) -> Any:
        if value in NO_VALUE:
            return None
        if isinstance(value, bool) or not isinstance(value, int | Decimal) or not Decimal(value).is_finite():
            raise wrong(_("This is no number."))
        value = Decimal(value)
        if not self.least <= value <= self.most:
            raise wrong(_("Between %(least)s and %(most)s."), least=self.show(self.least), most=self.show(self.most))
        if value != round(value, self.places):
            raise wrong(_("This has more decimal places than are kept."))
        return value if self.places else Decimal(int(value))

    def show(self, value: Any) -> str:
        return "" if value is None else show_number(value)

    def read(self, text: str) -> Any:
        """A number as files write it: 1.234,5 or 1234.5."""
        written = "".join(text.split())
        if "," in written or re.fullmatch(r"-?\d{1,3}(\.\d{3})+", written):
            written = written.replace(".", "").replace(",", ".")
        return super().read(written)

    def to_json(self, value: Any) -> Any:
        """Whole numbers as numbers, others as text: JSON would round them."""
        if value is None:
            return None
        return int(value) if value == int(value) else str(Decimal(value).normalize())

    def from_json(self, told: Any) -> Any:
        return None if told is None else Decimal(told)

    def words(self, value: Any) -> Iterable[str]:
        return ()

    def operand(self, told: Any, user: User) -> Any:
        """A number, or its digits as text; an address writes it without dots."""
        if isinstance(told, bool) or not isinstance(told, int | str) or len(str(told)) > 24:
            raise ValueError(self.name)
        try:
            value = Decimal(told)
        except ArithmeticError as error:
            raise ValueError(self.name) from error
        if not value.is_finite() or abs(value) > self.furthest or value != round(value, self.places):
            raise ValueError(self.name)
        return value


@dataclass(frozen=True, kw_only=True, eq=False)
class Money(Number):
    """Đồng without decimals."""

    cell: ClassVar[str] = "money"

    def form_field(self, user: User) -> forms.Field:
        return vn.MoneyField(**self._asked())

    def show(self, value: Any) -> str:
        return "" if value is None else show_money(value)

    def read(self, text: str) -> Any:
        return Field.read(self, text)


@dataclass(frozen=True, kw_only=True, eq=False)
class Percent(Number):
    most: Decimal = Decimal(100)
    cell: ClassVar[str] = "percent"

    def form_field(self, user: User) -> forms.Field:
        return forms.IntegerField(min_value=0, max_value=100, **self._asked())

    def check(self, value: Any) -> Any:
        checked = super().check(value)
        return None if checked is None else int(checked)

    def show(self, value: Any) -> str:
        return "" if value is None else f"{int(value)} %"


@dataclass(frozen=True, kw_only=True, eq=False)
class Date(Field):
    cell: ClassVar[str] = "date"
    empty: ClassVar[Any] = None
    operators: ClassVar[dict[str, Operator]] = DAYS
    usual_operator: ClassVar[str] = "is"
    stored_as: ClassVar[type[models.Field]] = models.DateField

    def form_field(self, user: User) -> forms.Field:
        return vn.VnDateField(**self._asked())

    def check(self, value: Any) -> Any:
        if value in NO_VALUE:
            return None
        if not isinstance(value, date) or isinstance(value, datetime):
            raise wrong(_("This is no date."))
        if not moments.FIRST_YEAR <= value.year <= moments.LAST_YEAR:
            raise wrong(_("No such year in our time."))
        return value

    def show(self, value: Any) -> str:
        return show_date(value) if value else ""

    def to_json(self, value: Any) -> Any:
        return value.isoformat() if value else None

    def from_json(self, told: Any) -> Any:
        return date.fromisoformat(told) if told else None

    def words(self, value: Any) -> Iterable[str]:
        return ()

    def operand(self, told: Any, user: User) -> Any:
        """A day as 2026-11-30, or one said from today: {"start": "month", "days": -1}."""
        return moments.read_day(told)


class Moment(Date):
    cell = "moment"
    stored_as = models.DateTimeField

    def form_field(self, user: User) -> forms.Field:
        return vn.VnDateTimeField(**self._asked())

    def check(self, value: Any) -> Any:
        if value in NO_VALUE:
            return None
        if not isinstance(value, datetime) or value.tzinfo is None:
            raise wrong(_("This is no moment."))
        if not moments.FIRST_YEAR <= value.year <= moments.LAST_YEAR:
            raise wrong(_("No such year in our time."))
        return value

    def show(self, value: Any) -> str:
        return show_datetime(value) if value else ""

    def to_json(self, value: Any) -> Any:
        return value.astimezone(timezone.get_default_timezone()).isoformat() if value else None

    def from_json(self, told: Any) -> Any:
        return datetime.fromisoformat(told) if told else None

    def operand(self, told: Any, user: User) -> Any:
        """A moment as 2026-11-30T09:00+07:00, the beginning of a day, or one said from now: {"days": -14}."""
        return moments.read_moment(told)


@dataclass(frozen=True, kw_only=True, eq=False)
class YesNo(Field):
    cell: ClassVar[str] = "text"
    empty: ClassVar[Any] = None
    operators: ClassVar[dict[str, Operator]] = OF_LIST
    stored_as: ClassVar[type[models.Field]] = models.BooleanField

    def form_field(self, user: User) -> forms.Field:
        return forms.NullBooleanField(**(self._asked() | {"required": False}))

    def check(self, value: Any) -> Any:
        if value is not None and not isinstance(value, bool):
            raise wrong(_("Yes or no."))
        return value

    def show(self, value: Any) -> str:
        return "" if value is None else str(_("Yes") if value else _("No"))

    def words(self, value: Any) -> Iterable[str]:
        return ()

    def read(self, text: str) -> Any:
        meant = {fold(str(word)): value for word, value in ((_("Yes"), True), (_("No"), False), *YES_OR_NO)}
        if (value := meant.get(fold(text))) is None:
            raise ValueError(_("Yes or no."))
        return value

    def choices(self) -> list[tuple[Any, str]]:
        return [("true", self.show(True)), ("false", self.show(False))]

    def operand(self, told: Any, user: User) -> Any:
        known = {"true": True, "false": False, True: True, False: False}
        if told not in known:
            raise ValueError(self.name)
        return known[told]


@dataclass(frozen=True, kw_only=True, eq=False)
class Choice(Field):
    """One of a fixed list of (value, label)."""

    options: Any = ()
    cell: ClassVar[str] = "choice"
    operators: ClassVar[dict[str, Operator]] = OF_LIST

    @property
    def _coerce(self) -> Callable[[Any], Any]:
        return type(self.options[0][0])

    @property
    def empty(self) -> Any:
        return None if self._coerce is int else ""

    def form_field(self, user: User) -> forms.Field:
        nothing = [] if self.required else [("", "—")]
        return forms.TypedChoiceField(
            choices=[*nothing, *self.options], coerce=self._coerce, empty_value=self.empty, **self._asked()
        )

    def check(self, value: Any) -> Any:
        if value in NO_VALUE:
            return self.empty
        if not self._offers(value):
            raise wrong(_("This is not in the list."))
        return self._coerce(value)

    def read(self, text: str) -> Any:
        """What the list calls it, marks or not, or the value itself."""
        called = fold(text)
        for value, label in self.options:
            if called in (fold(str(label)), fold(str(value))):
                return value
        raise ValueError(_("“%(text)s” is not in the list") % {"text": text[:60]})

    def _offers(self, value: Any) -> bool:
        return isinstance(value, str | int) and not isinstance(value, bool) and value in dict(self.options)

    def show(self, value: Any) -> str:
        return str(dict(self.options).get(value, value)) if value not in (None, "") else ""

    def words(self, value: Any) -> Iterable[str]:
        return ()

    def choices(self) -> list[tuple[Any, str]]:
        return list(self.options)

    def operand(self, told: Any, user: User) -> Any:
        found = {str(value): value for value, _label in self.options}.get(str(told))
        if found is None:
            raise ValueError(self.name)
        return found


class MultiChoice(Choice):
    """Some of a fixed list, kept as an array."""

    cell = "flags"
    operators = ANY_OF
    usual_operator = "any"

    @property
    def empty(self) -> Any:
        return []

    def form_field(self, user: User) -> forms.Field:
        widget = forms.SelectMultiple(attrs={"data-pick": ""})
        return forms.MultipleChoiceField(choices=self.options, widget=widget, **self._asked())

    def check(self, value: Any) -> Any:
        if value in NO_VALUE:
            return []
        if not isinstance(value, list | tuple) or not all(map(self._offers, value)):
            raise wrong(_("This is not in the list."))
        return list(dict.fromkeys(value))

    def read(self, text: str) -> Any:
        """Several words of the list in one cell, with commas between them."""
        return self.check([super(MultiChoice, self).read(part) for part in BETWEEN_CHOICES.split(text) if part.strip()])

    def to_json(self, value: Any) -> Any:
        return list(value or ())

    def show(self, value: Any) -> str:
        names = dict(self.options)
        return ", ".join(str(names.get(one, one)) for one in value or ())

    def has_any(self, values: list[Any]) -> models.Q:
        if not self.own:
            return self.q("overlap", values)
        return models.Q(own__has_key=self.name, **{f"own__{self.name}__has_any_keys": values})

    def has_all(self, values: list[Any]) -> models.Q:
        if not self.own:
            return self.q("contains", values)
        return models.Q(own__has_key=self.name, **{f"own__{self.name}__contains": values}) if values else models.Q()


class Stars(Choice):
    cell = "stars"

    @property
    def empty(self) -> Any:
        return 0

    def form_field(self, user: User) -> forms.Field:
        return forms.TypedChoiceField(
            choices=self.options,
            coerce=int,
            empty_value=0,  # type: ignore[arg-type]
            widget=forms.RadioSelect(attrs={"data-stars": ""}),
            **(self._asked() | {"required": False}),
        )


class _OfTable(Field):
    """Values are rows of a table, drawn by these of its columns."""

    empty = None
    drawn_by: ClassVar[tuple[str, ...]] = ("name",)
    operators = OF_LIST

    def to_json(self, value: Any) -> Any:
        return id_and_name(value)

    def show_json(self, told: Any) -> str:
        return str(told["name"]) if told else ""

    def identity(self, value: Any) -> Any:
        return None if value is None else value.pk

    def drawn_from(self) -> tuple[list[str], list[str]]:
        return [self.name], [self.name, *(f"{self.name}__{column}" for column in self.drawn_by)]

    def words(self, value: Any) -> Iterable[str]:
        return ()

    def operand(self, told: Any, user: User) -> Any:
        return read_key(told)


def read_key(told: Any) -> int:
    """An id of ours from JSON or an address; ValueError for anything else, however many digits it has."""
    key = None if isinstance(told, bool) else read_id(told)
    if key is None:
        raise ValueError(str(told)[:20])
    return key


@dataclass(frozen=True, kw_only=True, eq=False)
class Pick(_OfTable):
    """One row of a small table: source, label, reason, team..."""

    model: type[models.Model]
    cell: ClassVar[str] = "choice"
    named_by: ClassVar[str] = "name"

    def queryset(self, user: User) -> models.QuerySet:
        rows = self.model._default_manager.all()
        return rows.filter(is_active=True) if hasattr(self.model, "is_active") else rows

    def references(self, by: User) -> models.QuerySet:
        return self.queryset(by)

    def form_field(self, user: User) -> forms.Field:
        return RowField(self.queryset(user), empty_label="—", **self._asked())

    def keep_offering(self, form_field: Any, value: Any) -> None:
        if value is not None:
            form_field.queryset |= self.model._default_manager.filter(pk=value.pk)

    def check(self, value: Any) -> Any:
        if value is not None and not isinstance(value, self.model):
            raise wrong(_("This is not in the list."))
        return value

    def from_json(self, told: Any) -> Any:
        return self.model._default_manager.filter(pk=read_key(told["id"])).first() if told else None

    def read(self, text: str) -> Any:
        found = self.queryset(User()).filter(name__iexact=clean(text)).first()
        if found is None:
            raise ValueError(_("“%(text)s” is not in the list") % {"text": text[:60]})
        return found

    def table(self, user: User) -> models.QuerySet:
        return self.queryset(user)


class LabelPick(Pick):
    cell = "label"
    drawn_by = ("name", "colour")


@dataclass(frozen=True, kw_only=True, eq=False)
class StagePick(Pick):
    """Where a row of `kind` stands. Moving is an act of its own."""

    kind: str
    cell: ClassVar[str] = "stage"
    drawn_by: ClassVar[tuple[str, ...]] = ("name", "category")

    def table(self, user: User) -> models.QuerySet:
        return self.model._default_manager.filter(pipeline__kind=self.kind)


@dataclass(frozen=True, kw_only=True, eq=False)
class PersonPick(Pick):
    """A colleague."""

    model: type[models.Model] = User
    cell: ClassVar[str] = "person"
    drawn_by: ClassVar[tuple[str, ...]] = ("full_name",)
    named_by: ClassVar[str] = "full_name"

    def queryset(self, user: User) -> models.QuerySet:
        return User.objects.active()

    def form_field(self, user: User) -> forms.Field:
        form_field = super().form_field(user)
        form_field.widget.attrs["data-pick"] = ""
        return form_field

    def read(self, text: str) -> Any:
        called = clean(text)
        found = (
            User.objects.active().filter(models.Q(email__iexact=called) | models.Q(full_name__iexact=called)).first()
        )
        if found is None:
            raise ValueError(_("no colleague is called “%(text)s”") % {"text": text[:60]})
        return found

    def operand(self, told: Any, user: User) -> Any:
        """A colleague's id, or «me»: whoever looks."""
        return user.pk if told == "me" else read_key(told)


@dataclass(frozen=True, kw_only=True, eq=False)
class OwnerPick(PersonPick):
    """Who works the rows of `kind`: only somebody who may, and to whom this person may give them (`scopes`)."""

    kind: str

    def queryset(self, user: User) -> models.QuerySet:
        people = User.objects.who_may(self.kind, CHANGE)
        if not user.pk:
            return people
        return people.within_reach(user, user.scope_of(self.kind, CREATE))


@dataclass(frozen=True, kw_only=True, eq=False)
class TeamPick(Pick):
    model: type[models.Model] = Team


@dataclass(frozen=True, kw_only=True, eq=False)
class DepartmentPick(Pick):
    model: type[models.Model] = Department


@dataclass(frozen=True, kw_only=True, eq=False)
class RowPick(_OfTable):
    """Another record: only one that the person may see can be chosen. `where` conditions look into it."""

    kind: str
    cell: ClassVar[str] = "row"
    operators: ClassVar[dict[str, Operator]] = OF_ROWS

    def drawn_from(self) -> tuple[list[str], list[str]]:
        """By whatever the other kind is called."""
        return [self.name], [self.name, *(f"{self.name}__{column}" for column in kinds.get(self.kind).fields.title)]

    def _rows(self, user: User) -> models.QuerySet:
        rows = kinds.get(self.kind).model.objects
        return rows.visible_to(user).live() if user.pk else rows.all()

    def references(self, by: User) -> models.QuerySet:
        return self._rows(by)

    def form_field(self, user: User) -> forms.Field:
        widget = PickInput(kind=self.kind, may_create=bool(user.pk) and user.may(self.kind, CREATE))
        return RowField(self._rows(user).select_related("record"), widget=widget, **self._asked())

    def keep_offering(self, form_field: Any, value: Any) -> None:
        if value is not None:
            form_field.queryset |= kinds.get(self.kind).model.objects.filter(pk=value.pk)
            form_field.widget.held = value

    def check(self, value: Any) -> Any:
        if value is not None and not isinstance(value, kinds.get(self.kind).model):
            raise wrong(_("This is not in the list."))
        return value

    def from_json(self, told: Any) -> Any:
        return kinds.get(self.kind).model.objects.filter(pk=read_key(told["id"])).first() if told else None

    def names_of(self, told: Sequence[Any], user: User) -> dict[str, str]:
        rows = self._rows(user).filter(pk__in=read_ids(told)).select_related("record")
        return {str(row.pk): row.title for row in rows}

    def words(self, value: Any) -> Iterable[str]:
        """What the picked record is called, and what else of it finds whoever picked it."""
        if value is None:
            return ()
        schema = kinds.get(self.kind).schema
        beyond = [word for one in schema if one.found_beyond for word in one.words(one.value(value))]
        return (value.title, *beyond)


class PickInput(forms.Select):
    """A select that holds only the chosen row; the page's combobox asks `pick/` for more."""

    template_name = "records/_pick_input.html"

    def __init__(self, kind: str, *, may_create: bool = False, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs)
        self.kind, self.may_create = kind, may_create
        self.held: Any = None  # the row that the form began with, so that drawing it asks nothing

    def optgroups(self, name: str, value: Any, attrs: Any = None) -> Any:
        keys = [str(key) for key in value if key]
        rows = [self.held] if self.held and keys == [str(self.held.pk)] else self._rows(keys)
        options = [self.create_option(name, "", "", not keys, 0)]
        options += [self.create_option(name, row.pk, str(row), True, n) for n, row in enumerate(rows, 1)]
        return [(None, options, 0)]

    def _rows(self, keys: list[str]) -> Any:
        ids = read_ids(keys)
        return self.choices.queryset.filter(pk__in=ids) if ids else []  # type: ignore[attr-defined]

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        kind = kinds.get(self.kind)
        context["widget"] |= {"pick_url": kind.url("pick"), "kind": kind.code}
        if self.may_create:
            context["widget"] |= {
                "new_url": f"{kind.url('new')}?pick=1",
                "new_label": _("New: %(kind)s") % {"kind": kind.label},
            }
        return context


class Tags(Field):
    """«Từ khóa»: kept on the Record, so that every kind has them."""

    cell = "tags"
    named_by: ClassVar[str] = "name"

    def drawn_from(self) -> tuple[list[str], list[str]]:
        return [], []  # they come in a statement of their own

    operators = ANY_OF
    usual_operator = "any"

    @property
    def empty(self) -> Any:
        return []

    def form_field(self, user: User) -> forms.Field:
        widget = forms.SelectMultiple(attrs={"data-pick": ""})
        return RowsField(self.table(user), widget=widget, **self._asked())

    def keep_offering(self, form_field: Any, value: Any) -> None:
        form_field.queryset |= Tag.objects.filter(pk__in=[tag.pk for tag in value])

    def value(self, row: Any) -> list[Tag]:
        """Those put in and not written yet, else those that the Record has."""
        put = row.__dict__.get("tags_put")
        if put is not None:
            return put
        return [] if row.record_id is None else sorted(row.record.tags.all(), key=lambda tag: (tag.position, tag.pk))

    def put(self, row: Any, value: Iterable[Tag]) -> None:
        row.tags_put = list(value)

    def check(self, value: Any) -> Any:
        if value in NO_VALUE:
            return []
        if not isinstance(value, list | tuple | models.QuerySet) or not all(isinstance(tag, Tag) for tag in value):
            raise wrong(_("This is not in the list."))
        return list(value)

    def references(self, by: User) -> models.QuerySet:
        return self.table(by)

    def referred(self, value: Any) -> Iterable[Any]:
        return value or ()

    def show(self, value: Any) -> str:
        return ", ".join(str(tag) for tag in value or ())

    def to_json(self, value: Any) -> Any:
        return [id_and_name(tag) for tag in value or ()]

    def from_json(self, told: Any) -> Any:
        return list(Tag.objects.filter(pk__in=[read_key(one["id"]) for one in told or ()]))

    def show_json(self, told: Any) -> str:
        return ", ".join(str(one["name"]) for one in told or ())

    def identity(self, value: Any) -> Any:
        return sorted(tag.pk for tag in value or ()) or None

    def words(self, value: Any) -> Iterable[str]:
        return ()

    def table(self, user: User) -> models.QuerySet:
        return Tag.objects.filter(is_active=True)

    def operand(self, told: Any, user: User) -> Any:
        return read_key(told)

    def is_empty_q(self) -> models.Q:
        return ~models.Q(record__in=RecordTag.objects.values("record"))

    def has_any(self, values: list[Any]) -> models.Q:
        return models.Q(record__in=RecordTag.objects.filter(tag_id__in=values).values("record"))

    def has_all(self, values: list[Any]) -> models.Q:
        if not values:
            return models.Q()
        tagged = RecordTag.objects.filter(tag_id__in=values).order_by().values("record")
        every = tagged.annotate(found=models.Count("tag", distinct=True)).filter(found=len(set(values)))
        return models.Q(record__in=every.values("record"))


@dataclass(frozen=True, kw_only=True, eq=False)
class Shown(Field):
    """Something of the row that nobody types: number, next activity, moments."""

    reads: Callable[[Any], Any]
    # The column by which it is filtered and ordered, where that is not its name.
    kept_in: str = ""
    cell: str = "text"  # type: ignore[misc]
    editable: bool = False
    importable: bool = False
    on_create: bool = False

    @property
    def column(self) -> str:
        return self.kept_in or self.name

    def value(self, row: Any) -> Any:
        return self.reads(row)


@dataclass(frozen=True, kw_only=True, eq=False)
class ShownRow(Shown):
    """Another record that this one became."""

    cell: str = "row"  # type: ignore[misc]
    empty: ClassVar[Any] = None

    def drawn_from(self) -> tuple[list[str], list[str]]:
        return [self.name], [self.name, *(f"{self.name}__{column}" for column in ("kind", "number", "title"))]


@dataclass(frozen=True, kw_only=True, eq=False)
class ShownPerson(Shown, PersonPick):
    cell: str = "person"  # type: ignore[misc]


@dataclass(frozen=True, kw_only=True, eq=False)
class ShownMoment(Shown, Moment):
    cell: str = "moment"  # type: ignore[misc]


@dataclass(frozen=True, kw_only=True, eq=False)
class ShownChoice(Shown, Choice):
    """A word of a fixed list that follows from something else: the category of the stage."""

    cell: str = "choice"  # type: ignore[misc]


@dataclass(frozen=True, kw_only=True, eq=False)
class ShownStatus(ShownChoice):
    """The category of the stage in which a row of `kind` stands; asked by the stages, for an index knows those."""

    kind: str

    def q(self, lookup: str, value: Any) -> models.Q:
        if lookup != "in":
            return super().q(lookup, value)
        stages = Stage.objects.filter(pipeline__kind=self.kind, category__in=value)
        return models.Q(stage__in=list(stages.values_list("pk", flat=True)))


def staged(kind: str) -> tuple[Field, ...]:
    """What every kind with stages shows: where it stands and since when, how it ended, what is next."""
    kept: dict[str, Any] = {"editable": False, "importable": False, "on_create": False}
    return (
        StagePick(name="stage", label=_("Stage"), model=Stage, kind=kind, filterable=True, **kept),
        ShownStatus(
            name="status",
            kind=kind,
            label=_("Status"),
            options=Category.choices,
            reads=attrgetter("status"),
            kept_in="stage__category",
            filterable=True,
        ),
        moment("stage_entered_at", _("In this stage since"), sortable=False),
        moment("closed_at", _("Closed"), sortable=False),
        Pick(name="reason", label=_("Reason"), model=ClosingReason, filterable=True, **kept),
        next_activity(),
    )


def next_activity() -> Field:
    return ShownMoment(
        name="next_activity",
        label=_("Next activity"),
        reads=attrgetter("next_activity_at"),
        kept_in="next_activity_at",
        cell="activity",
        sortable=True,
        filterable=True,
    )


def moment(name: str, label: kinds.Words, *, sortable: bool = True) -> Field:
    """A moment of the row that nobody types."""
    return ShownMoment(name=name, label=label, reads=attrgetter(name), sortable=sortable, filterable=True)


def common() -> tuple[Field, ...]:
    """What every kind shows of itself: number, creator, moments."""
    return (
        Shown(
            name="number",
            label=pgettext_lazy("of a record", "Number"),
            reads=attrgetter("record.number"),
            kept_in="record__number",
        ),
        ShownPerson(name="created_by", label=_("Creator"), reads=attrgetter("created_by"), filterable=True),
        moment("created_at", _("Created")),
        moment("updated_at", _("Updated")),
    )
