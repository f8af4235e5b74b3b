"""What every field owns: where its values are kept, how they are asked for, checked, read, shown, told and compared."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from django import forms
from django.db import models
from django.db.models.fields.json import KT
from django.db.models.functions import Cast, Coalesce
from django.db.models.lookups import IsNull
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from pheu.core.errors import Invalid
from pheu.core.vietnamese import fields as vn
from pheu.core.vietnamese.identity import address_key, company_key, person_key
from pheu.people.models import User
from pheu.records import kinds
from pheu.records.operators import EMPTY, Operator

KEYS = {"company": company_key, "person": person_key, "address": address_key}
NO_VALUE: tuple[Any, ...] = (None, "", [], ())
BETWEEN_CHOICES = re.compile(r"[;\n]")  # of one cell of any file
BETWEEN_VALUES = "; "  # of one cell of an exported file
# (name of another field, the values of a form of which it must have one)
When = tuple[str, tuple[str, ...]]


def wrong(message: Any, **facts: Any) -> forms.ValidationError:
    return forms.ValidationError(message % facts if facts else message)


def compare(compared: Any, lookup: str, value: Any) -> models.Q:
    """A comparison of an expression: false, not unknown, where there is nothing, so that its opposite is true there."""
    condition = models.Q(compared.output_field.get_lookup(lookup)(compared, value))
    return condition if lookup == "isnull" else condition & models.Q(IsNull(compared, False))


@dataclass
class Reading:
    """What cells of a file give: values by column, codes of what was noticed, words that found no room, and the area
    codes of the place that they tell.
    """

    values: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    phones: list[str] = field(default_factory=list)
    area_codes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, eq=False)
class Field:
    """One field of a kind. `synonyms` are what headers of real lists call it.

    `on_create`: may be written on a new row; `asked`: the form of a new row asks for it. `of_list`: an import asks for
    it once for the whole list, beginning with `proposed`; what a line says itself goes first.
    `own`: kept in the row's JSON column of that name instead of a column; `in_list` and `on_card` then give it a column
    of the list and a line on the board's cards; `on_page`: the record page shows it. `searched`: its words find the
    row; `found_beyond`: they also find the rows that pick this one. `comes_from`: {kind: field} of a picked record by
    which it fills itself, and to which a conversion carries it back. `companions`: columns that go where this one goes.
    `tells_apart`: a row that has the same value is named where one types it; its column has an index for that.
    `proposes`: the field for an existing record of that name, which is proposed while one types.
    `default`: what a new row begins with. `shown_when`: only asked for and shown while another field is one of some
    values; what was typed before stays (D1). `is_unique`: no two rows in use have the same value. `is_needed`: asked
    for before work goes on in a record of another kind (R0.35). `parent`: the field whose choice says what can be
    chosen here. `follows`: fields with which it changes unless the same act writes it (`followed`).
    `reads_with`: fields whose cells of a file it reads together with its own (`read_together`). `names`: what kind of
    thing it names, "company", "person" or "address", so that rows of one are found.
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
    of_list: bool = False
    own: bool = False
    in_list: bool = False
    on_card: bool = False
    on_page: bool = True
    searched: bool = False
    found_beyond: bool = False
    comes_from: dict[str, str] = field(default_factory=dict)
    companions: tuple[str, ...] = ()
    tells_apart: bool = False
    proposes: str = ""
    synonyms: tuple[str, ...] = ()
    max_length: int = 300
    default: Any = None
    shown_when: When | None = None
    is_unique: bool = False
    is_needed: bool = False
    parent: str = ""
    follows: tuple[str, ...] = ()
    reads_with: tuple[str, ...] = ()
    names: str = ""

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
    # Whether everybody may choose the same rows of its table.
    is_offered_alike: ClassVar[bool] = True
    # Whether a row has several values of it: then some can be added or taken away.
    holds_several: ClassVar[bool] = False
    # Further values of an import go beside those that are there, as nobody chooses one of them instead.
    gathers: ClassVar[bool] = False
    # Whether its values are moments, of which a day has many.
    is_moment: ClassVar[bool] = False
    # Whether the first press on a column's head puts the largest or the newest on top.
    falls_first: ClassVar[bool] = False
    # Whether a list asks for it of the record that its rows name, where they have no such field themselves.
    is_asked_beyond: ClassVar[bool] = False
    # Whether many rows may be given the same value.
    can_be_alike: ClassVar[bool] = True
    # Whether events tell how it changed; what follows from something else has no history of its own.
    has_history: ClassVar[bool] = True
    # What is noted of a cell that cannot be read.
    bad_note: ClassVar[str] = "bad_value"

    # -- where it is kept ----------------------------------------------------------------------------------------------

    def value(self, row: Any) -> Any:
        if self.own:
            return self.from_json(row.own.get(self.name))
        return getattr(row, self.name)

    def with_companions(self, row: Any) -> list[Any]:
        """Its value and those that go along with it, as far as they are filled."""
        there = [self.value(row), *(one for column in self.companions for one in getattr(row, column))]
        return [one for one in there if one not in NO_VALUE]

    def each_once(self, values: Iterable[Any]) -> list[Any]:
        """Its values of several rows, together with their companions, none twice."""
        return list(dict.fromkeys(values))

    def put(self, row: Any, value: Any) -> None:
        if not self.own:
            setattr(row, self.name, value)
            return
        left = {name: told for name, told in row.own.items() if name != self.name}
        # What is empty is not there: one way to be empty, in conditions and in orders.
        row.own = left if self.identity(value) is None else {**left, self.name: self.kept(value)}

    def kept(self, value: Any) -> Any:
        """What the row's `own` holds of a value."""
        return self.to_json(value)

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

    def same_q(self, value: Any) -> models.Q:
        """Rows in which it is as good as this value."""
        return self.q("exact", value)

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

    def bring(self, rows: Sequence[Any]) -> None:
        """Bring to a page's rows what stands beside them and their cells are drawn from: one statement at most."""

    def without(self, hidden: set[str]) -> "Field | None":
        """The field for somebody from whom the fields of these names are hidden; None where nothing is left of it."""
        return None if self.name in hidden else self

    # -- order -----------------------------------------------------------------------------------------------------

    @property
    def sort_column(self) -> str:
        """The column by which lists are ordered; empty for a field of a company's own."""
        return "" if self.own else self.column

    def sort_expression(self) -> Any:
        return self.expression() if self.own else models.F(self.sort_column)

    def order_of(self, told: Any) -> str:
        """In what order a list begins that is narrowed to these values of it; empty where in the usual one."""
        return ""

    # -- asking and checking -----------------------------------------------------------------------------------------

    def form_field(self, user: User) -> forms.Field:
        return vn.CleanCharField(max_length=self.max_length, **self._asked())

    def _asked(self) -> dict[str, Any]:
        """What is only sometimes shown is required by `check` alone: a form does not know what is shown."""
        required = self.required and self.shown_when is None
        return {"label": self.label, "required": required, "help_text": self.hint, "show_hidden_initial": True}

    def fits(self, value: Any, parents: set[str]) -> bool:
        """Whether `value` can be chosen below these choices of the parent field."""
        return True

    def filling(self, value: Any) -> Any:
        """What a script puts into its control (js/fills.js)."""
        return value.pk if isinstance(value, models.Model) else value

    def followed(self, was: Mapping[str, Any], now: Mapping[str, Any]) -> Any:
        """Its value once fields that it follows have turned from `was` into `now`; both have its own, too."""
        return now[self.name]

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

    def area_codes(self, values: Mapping[str, Any]) -> Sequence[str]:
        """Those of the landlines of the place that these values of a row tell, by their names; of an address."""
        return ()

    def near(self, value: Any, area_codes: Sequence[str]) -> Any:
        """A value that somebody has just typed, read once more beside the area codes of its row's place."""
        return value

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

    def called(self, value: Any) -> str:
        """The same where it stands for the row's name, which is alike for all readers."""
        return self.show(value)

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

    def ticks(self, value: Any) -> set[str]:
        """The value as a form sends it: what `shown_when` of other fields compares."""
        held = self.identity(value)
        every = held if isinstance(held, list) else [] if held is None else [held]
        return {str(one).lower() if isinstance(one, bool) else str(one) for one in every}

    def words(self, value: Any) -> Iterable[str]:
        """Texts by which a search finds the row."""
        return (value,) if value else ()

    def found_by(self, row: Any) -> Iterable[tuple[str, Iterable[str]]]:
        """The same of a row, with the name under which each is hidden."""
        yield self.name, self.words(self.value(row))

    def digits(self, row: Any) -> Iterable[str]:
        """Digits by which a search finds the row."""
        return ()

    @property
    def criterion(self) -> str:
        """By which of `alike.CRITERIA` rows that have the same in it are one; empty for none."""
        return self.names

    def keys(self, row: Any) -> Iterable[str]:
        """What it says of whose the row is, alike in every way of writing it."""
        value = self.value(row)
        return [KEYS[self.names](value)] if self.names and value else ()

    def to_cell(self, row: Any) -> Any:
        """What a cell of an exported file holds: a text, a number, a day; `read_cells` makes the same value of it."""
        return self.show(self.value(row))

    # -- reading from files --------------------------------------------------------------------------------------------

    def read(self, text: str) -> Any:
        """`text` of a file as a value; ValueError says why not."""
        try:
            return self.check(self._cleaner.clean(text))
        except forms.ValidationError as error:
            raise ValueError(error.messages[0]) from error

    def read_cells(self, cells: Sequence[tuple[str, str]], *, several: bool = False, **codes: Any) -> Reading:
        """What the filled cells [(header, text)] that a file has for this field give a row.

        `several`: the file has more than one column for it. `codes`: by which phones are completed, as `read_phones`
        has them. What finds no room comes back in `left`, never dropped.
        """
        (title, text), *more = cells
        left = [f"{header}: {other}" for header, other in more]
        try:
            value = self.read(text)
        except ValueError:
            return Reading(notes=[self.bad_note], left=[f"{title}: {text}", *left])
        return Reading(values={self.name: value}, left=left)

    def read_together(self, cells: Mapping[str, Sequence[tuple[str, str]]]) -> Reading:
        """The same of its own cells and those of the fields that it `reads_with`, by their names."""
        raise NotImplementedError(type(self))

    def beside_in_files(self) -> "Iterable[Field]":
        """What a file may have in columns of its own for it, though no row has."""
        return ()

    def read_for(self, user: User | None) -> "Field":
        """The same, reading files for `user`."""
        return self

    def looks_like(self, text: str) -> bool:
        """Whether `text` of a column without a header can be nothing else."""
        return False

    def proposed(self) -> Any:
        """What an import begins with for the whole list."""
        return self.empty

    # -- filters -----------------------------------------------------------------------------------------------------

    def choices(self) -> list[tuple[Any, str]]:
        """What a filter offers, where that is fixed."""
        return []

    def table(self, user: User) -> models.QuerySet | None:
        """The rows of a small table that form and filter offer, where there is one; see `offered`."""
        return None

    def asked_at(self) -> str:
        """Where a combobox asks for its values as somebody types; empty where all are at hand, or there are none."""
        return ""

    def names_of(self, told: Sequence[Any], user: User) -> dict[str, str]:
        """What values of a condition are called, where neither `choices` nor `show` can say it."""
        return {}

    def operand(self, told: Any, user: User) -> Any:
        """One value of a condition, from JSON or an address, as the database compares it; ValueError if it is none."""
        if not isinstance(told, str) or len(told) > self.max_length or "\0" in told:
            raise ValueError(self.name)
        told.encode()  # half of a pair of letters is no text: UnicodeEncodeError is a ValueError
        return told
