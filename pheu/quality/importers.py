"""How lines of a file become rows of a kind: of any kind as its schema says, unless its app tells more.

A domain that wants more registers an importer of its own, in `<app>/importing.py`. The engine names no domain.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import TYPE_CHECKING, Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from pheu.core import registries
from pheu.people.scopes import IMPORT
from pheu.records import kinds
from pheu.records.fields import BeginsIn, Field, LongText, Text
from pheu.records.fields.references import OfTable
from pheu.records.models import Stage
from pheu.records.schema import NOTES
from pheu.timeline.services import NOTE_LIMIT

if TYPE_CHECKING:
    from pheu.people.models import Department, Team, User
    from pheu.quality.models import ImportLine
    from pheu.records.models import Row


@dataclass(frozen=True)
class Place:
    """Where the rows of one import belong, what the list is called, and what else holds for all: {field: value}."""

    team: "Team | None"
    department: "Department | None"
    origin: str
    given: dict[str, Any] = field(default_factory=dict)
    # {field: {id: row}} of what the lines at hand pick.
    picked: dict[str, dict[int, Any]] = field(default_factory=dict)

    def read(self, one: Any, told: Any) -> Any:
        """A value of a line as a row has it."""
        picked = self.picked.get(one.name)
        return one.from_json(told) if picked is None else one.from_rows(told, picked)


# The number of a record that a line is about: it names one that is there, and never makes one of that number.
NUMBER = "number"
# Whose a new row is; a record that is there keeps whoever has it, as handing over is an act of its own.
OWNER = "owner"
# What its columns of notes say, and what found no room in any field where the kind has no remark: a note on the record.
NOTE = "+note"
# Where a new row stands; a record that is there stays where it is, as moving is an act of its own.
STAGE = "stage"
NO_FIELDS = (NUMBER, NOTE, STAGE)


@dataclass(frozen=True, kw_only=True)
class Importer:
    """How lines of a file become rows of `kind`.

    `needs`: a line that fills none of these fields is nobody, and is rejected. `overflow`: the long text that takes in
    whatever finds no room elsewhere (a mail address that is none, the end of a name of 10,000 letters), so that nothing
    of a line is lost; without one it becomes a note. `build(values, marks, place, key)` gives an unsaved row of
    values as JSON. `by`: who imports; only what they may write is offered.
    """

    kind: str
    needs: tuple[str, ...]
    overflow: str | None
    build: Callable[["Importer", dict[str, Any], set[str], Place, str], "Row"] = lambda *given: build_row(*given)
    # Fields of which a file may have several columns: their contents are joined.
    joined: tuple[str, ...] = ("phone", "email", NOTE)
    by: "User | None" = None

    @property
    def schema(self) -> Any:
        kind = kinds.get(self.kind)
        return kind.schema_for(self.by) if self.by is not None else kind.schema

    def as_for(self, user: "User") -> "Importer":
        """The same for what `user` may write."""
        kind = kinds.get(self.kind)
        if kind.schema_for(user) is kind.schema:
            return self
        mine = replace(self, by=user)
        return replace(mine, overflow=self.overflow if self.overflow in mine.fields() else None)

    def fields(self) -> dict[str, Any]:
        """The fields that a column may be mapped to, in the schema's order."""
        return {one.name: one for one in self.schema if one.importable}

    def columns(self) -> dict[str, Any]:
        """What a column may be mapped to: the fields, what belongs to one, and what is of a record but no field."""
        beside = (part for one in self.fields().values() for part in one.beside_in_files())
        number = Text(name=NUMBER, label=pgettext_lazy("of a record", "Number"), max_length=20)
        note = LongText(name=NOTE, label=_("Note on the timeline"), max_length=NOTE_LIMIT, synonyms=NOTES)
        parts = {part.name: part for part in beside}
        return {**self.fields(), **parts, **self._owners(), **self.stages(), NUMBER: number, NOTE: note}

    def filled_by(self, columns: Iterable[str]) -> list[Field]:
        """The fields that columns of these names give something to, and the one that takes in what finds no room."""
        told = {*columns, self.overflow}
        return [one for one in self.fields().values() if one.name in told or not told.isdisjoint(one.reads_with)]

    def _owners(self) -> dict[str, Any]:
        """The field of whoever works the rows, where there is one and whoever imports may write it."""
        one = self.schema.get(OWNER)
        return {OWNER: one} if one is not None and one.on_create else {}

    def stages(self) -> dict[str, Any]:
        """The column of where new rows stand, for a kind that walks a pipeline and whoever may know of it."""
        if self.schema.get(STAGE) is None:
            return {}
        return {STAGE: BeginsIn(name=STAGE, label=_("Stage of a new record"), model=Stage, kind=self.kind)}

    def build_many(self, lines: "Sequence[ImportLine]", place: Place) -> "list[Row]":
        """Unsaved rows of lines; a statement for each table that they pick from."""
        place = replace(place, picked=self._picked(lines))
        return [self.build(self, line.values, set(line.marks), place, line.key) for line in lines]

    def _picked(self, lines: "Sequence[ImportLine]") -> dict[str, dict[int, Any]]:
        picks = [one for one in (self.fields() | self._owners()).values() if isinstance(one, OfTable)]
        asked = {one: {pk for line in lines for pk in one.told_ids(line.values.get(one.name))} for one in picks}
        return {one.name: one.rows_of(ids) for one, ids in asked.items() if ids}

    def of_list(self) -> dict[str, Any]:
        """Those that are also asked once for the whole list."""
        return {name: one for name, one in self.fields().items() if one.of_list}

    def required(self) -> list[str]:
        """The fields that every line must fill."""
        return [name for name, one in self.fields().items() if one.required and self.schema.must_be_given(one)]


def build_row(importer: Importer, values: dict[str, Any], noted: set[str], place: Place, key: str) -> Any:
    """An unsaved row that nobody owns yet, where the import belongs."""
    schema = importer.schema
    row = schema.model.fresh(team=place.team, department=place.department)
    if kinds.get(importer.kind).fields.get("origin") is not None:
        row.origin = place.origin
    for name, value in place.given.items():
        schema[name].put(row, value)
    for name, told in values.items():
        one = schema.get(name)
        if name in NO_FIELDS:
            continue
        if one is None:
            setattr(row, name, told)  # a companion of a field: further phones
        else:
            one.put(row, place.read(one, told))
    return row


_importers: dict[str, Importer] = {}


def register_importer(importer: Importer) -> Importer:
    """Tell how a kind is imported, where the usual way is not enough."""
    _importers[importer.kind] = importer
    return importer


@registries.list_buttons.add("*")
def import_button(kind: str, user: "User") -> list[registries.Button]:
    """«Nhập dữ liệu» on the list of every kind, for those who may."""
    url = f"{reverse('import-new')}?kind={kind}"
    return [registries.Button(_("Import data"), url, icon="table-import")] if user.may(kind, IMPORT) else []


def importer_of(kind: str) -> Importer | None:
    """How a kind is imported; None where there is no such kind."""
    return _importers.get(kind) or (_usual(kind) if kind in importable_kinds() else None)


@cache
def _usual(kind: str) -> Importer:
    """By the schema alone: a line needs something to be called by, and the first long text takes in the rest."""
    fields = [one for one in kinds.get(kind).fields if one.importable]
    title = kinds.get(kind).fields.title
    overflow = next((one.name for one in fields if isinstance(one, LongText)), None)
    return Importer(kind=kind, needs=tuple(one.name for one in fields if one.name in title), overflow=overflow)


def importable_kinds() -> list[str]:
    """Those with an importer of their own come first: they are made for lists."""
    return list(dict.fromkeys([*_importers, *(kind.code for kind in kinds.every())]))
