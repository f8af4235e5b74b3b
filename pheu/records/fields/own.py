"""Types that only fields of a company's own have: choices whose entries the company keeps, steps, addresses."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.db import models
from django.db.models.fields.json import KT
from django.db.models.functions import Cast
from django.utils.translation import gettext_lazy as _

from pheu.core.ids import read_id
from pheu.people.models import User
from pheu.records import kinds
from pheu.records.fields.base import NO_VALUE, Field, wrong
from pheu.records.fields.choices import Choice, MultiChoice
from pheu.records.fields.references import PersonPick, RowPick
from pheu.records.fields.text import Text
from pheu.records.models import id_and_name
from pheu.records.operators import OF_LIST, Operator

MANY = 12  # choices; from here on they are searched, not scrolled through


@dataclass(frozen=True)
class Option:
    """One entry of a choice. `value` is what rows keep and never changes, whatever the entry is called.

    `under`: the choices of the parent field with which it is offered; none means with all.
    """

    value: str
    label: str
    tone: str = "slate"
    is_active: bool = True
    under: frozenset[str] = frozenset()


class OptionSelect(forms.Select):
    """Says of every option under which choices of the parent it stands; js/when.js offers only those."""

    entries: dict[str, Option]

    def create_option(self, name: str, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option: dict[str, Any] = super().create_option(name, value, *args, **kwargs)
        entry = self.entries.get(str(value))
        if entry is not None and entry.under:
            option["attrs"]["data-under"] = " ".join(sorted(entry.under))
        return option


class OptionSelectMultiple(OptionSelect, forms.SelectMultiple):
    pass


@dataclass(frozen=True, kw_only=True, eq=False)
class _OfCompany(Choice):
    """What choices of one and of several share. History keeps the name of that day, rows only the value."""

    entries: tuple[Option, ...] = ()

    @property
    def _coerce(self) -> Any:
        return str

    @property
    def _known(self) -> dict[str, Option]:
        return {one.value: one for one in self.entries}

    def _offers(self, value: Any) -> bool:
        found = self._known.get(value) if isinstance(value, str) else None
        return found is not None and found.is_active

    def choices(self) -> list[tuple[Any, str]]:
        return [(one.value, one.label) for one in self.entries]

    def _offered(self, *held: str) -> list[tuple[str, str]]:
        return [(one.value, one.label) for one in self.entries if one.is_active or one.value in held]

    def _widget(self, widget: OptionSelect) -> OptionSelect:
        widget.entries = self._known
        if self.parent:
            widget.attrs["data-under-of"] = self.parent
        elif len(self.entries) > MANY or widget.allow_multiple_selected:
            widget.attrs["data-pick"] = ""
        return widget

    def keep_offering(self, form_field: Any, value: Any) -> None:
        held = value if isinstance(value, list) else [value]
        nothing = [] if self.required or isinstance(value, list) else [("", "—")]
        form_field.choices = [*nothing, *self._offered(*held)]

    def fits(self, value: Any, parents: set[str]) -> bool:
        """Whether it may be chosen below these choices of the parent field."""
        chosen = [self._known.get(one) for one in (value if isinstance(value, list) else [value]) if one]
        return all(one is None or not one.under or bool(one.under & parents) for one in chosen)

    def tones(self, value: Any) -> list[tuple[str, str]]:
        """(label, tone) of each that is chosen."""
        known = self._known
        held = value if isinstance(value, list) else [value] if value else []
        return [(known[one].label, known[one].tone) if one in known else (one, "slate") for one in held]

    def _told(self, value: str) -> dict[str, str]:
        found = self._known.get(value)
        return {"id": value, "name": found.label if found else value}

    def read(self, text: str) -> Any:
        """An entry that is offered no more is not in the list for a file either."""
        value = Choice.read(self, text)
        if not self._offers(value):
            raise ValueError(_("“%(text)s” is not in the list") % {"text": text[:60]})
        return value


@dataclass(frozen=True, kw_only=True, eq=False)
class OwnChoice(_OfCompany):
    """One of the company's entries."""

    cell: ClassVar[str] = "option"

    @property
    def empty(self) -> Any:
        return ""

    def form_field(self, user: User) -> forms.Field:
        nothing = [] if self.required else [("", "—")]
        choices = [*nothing, *self._offered()]
        return forms.ChoiceField(choices=choices, widget=self._widget(OptionSelect()), **self._asked())

    def to_json(self, value: Any) -> Any:
        return self._told(value) if value else None

    def from_json(self, told: Any) -> Any:
        return (told["id"] if isinstance(told, dict) else told) or ""

    def show_json(self, told: Any) -> str:
        return str(told.get("name", "")) if isinstance(told, dict) else self.show(told)

    def kept(self, value: Any) -> Any:
        return value

    def identity(self, value: Any) -> Any:
        return value or None


class Progress(OwnChoice):
    """«Tiến trình»: entries in order, drawn as a bar (D11)."""

    cell = "progress"

    def step(self, value: Any) -> tuple[int, int]:
        """(which step, of how many)."""
        values = [one.value for one in self.entries if one.is_active or one.value == value]
        return (values.index(value) + 1 if value in values else 0), len(values)


@dataclass(frozen=True, kw_only=True, eq=False)
class OwnChoices(_OfCompany, MultiChoice):
    """Some of the company's entries."""

    cell: ClassVar[str] = "options"
    operators = MultiChoice.operators
    usual_operator = MultiChoice.usual_operator

    @property
    def empty(self) -> Any:
        return []

    def form_field(self, user: User) -> forms.Field:
        widget = self._widget(OptionSelectMultiple())
        return forms.MultipleChoiceField(choices=self._offered(), widget=widget, **self._asked())

    read = MultiChoice.read

    def _read_one(self, word: str) -> Any:
        return _OfCompany.read(self, word)

    def to_json(self, value: Any) -> Any:
        return [self._told(one) for one in value or ()]

    def from_json(self, told: Any) -> Any:
        return [one["id"] if isinstance(one, dict) else one for one in told or ()]

    def show_json(self, told: Any) -> str:
        return ", ".join(str(one["name"]) if isinstance(one, dict) else self.show([one]) for one in told or ())

    def kept(self, value: Any) -> Any:
        return list(value or ())

    def identity(self, value: Any) -> Any:
        return sorted(value or ()) or None


class Address(Text):
    """A place in words, on one line: house, street, ward, province."""

    cell = "address"


@dataclass(frozen=True, kw_only=True, eq=False)
class OwnRecord(RowPick):
    """A record of `kind`, kept with its name of that day; lists ask for no further row.

    Only one that the person sees can be chosen. Its name is a value of the row; the page behind it keeps its rights.
    """

    kind: str = "company"
    importable: bool = False
    stored_as: ClassVar[type[models.Field]] = models.BigIntegerField
    operators: ClassVar[dict[str, Operator]] = OF_LIST

    def expression(self) -> Any:
        return Cast(KT(f"own__{self.name}__id"), models.BigIntegerField())

    def value(self, row: Any) -> Any:
        return self.from_json(row.own.get(self.name))

    def from_json(self, told: Any) -> Any:
        if not told:
            return None
        kind = kinds.get(self.kind)
        return kind.model(pk=told["id"], **{kind.fields.title[0]: told["name"]})

    def kept(self, value: Any) -> Any:
        return id_and_name(value)

    def drawn_from(self) -> tuple[list[str], list[str]]:
        return [], ["own"]

    def read(self, text: str) -> Any:
        raise ValueError(_("A record is chosen, not written."))

    def words(self, value: Any) -> Iterable[str]:
        return ()

    def is_empty_q(self) -> models.Q:
        return Field.q(self, "isnull", True)


@dataclass(frozen=True)
class KeptFile:
    """A file as a row names it: by its id, with its name; without an id as long as it is not kept yet."""

    pk: int | None
    name: str

    def __str__(self) -> str:
        return self.name


CLEAR = "clear"  # what the tick beside a file sends that takes it away


class FileOfRow(forms.FileInput):
    """Chooses a file in the place of the one that the row has, or takes that away."""

    held: KeptFile | None = None

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        """What was sent; else the file that the person saw, unless they take it away."""
        sent = files.get(name) if files else None
        if sent is not None:
            return sent
        return None if data.get(name) == CLEAR else data.get(f"initial-{name}")

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return False


class FileField(forms.Field):
    widget = FileOfRow

    def prepare_value(self, value: Any) -> Any:
        return value.pk if isinstance(value, KeptFile) else "" if isinstance(value, UploadedFile) else value

    def to_python(self, value: Any) -> Any:
        if value in NO_VALUE or isinstance(value, KeptFile | UploadedFile):
            return value or None
        pk = read_id(value)
        if pk is None:
            raise wrong(_("This cannot be chosen."))
        return KeptFile(pk, "")

    def has_changed(self, initial: Any, data: Any) -> bool:
        return isinstance(data, UploadedFile) or str(self.prepare_value(initial) or "") != str(data or "")


# Says why an upload is not kept, in words; files stand above the fields.
WhyNot = Callable[[UploadedFile], str]
_why_not: list[WhyNot] = []
_hints: dict[str, Any] = {}


def use_file_rules(function: WhyNot, **hints: Any) -> None:
    """`hints` tell the page the same, so that it says so before anything is sent (js/uploads.js)."""
    _why_not.append(function)
    _hints.update({f"data-{name}": value for name, value in hints.items()})


@dataclass(frozen=True, kw_only=True, eq=False)
class OwnFile(Field):
    """A file of the row's own record, kept with its name; lists ask for no further row (D11).

    A new value is an upload: the act that writes the row keeps it with the record. The page behind the name has its
    rights.
    """

    importable: bool = False
    cell: ClassVar[str] = "file"
    empty: ClassVar[Any] = None
    can_be_alike: ClassVar[bool] = False

    def form_field(self, user: User) -> forms.Field:
        return FileField(widget=FileOfRow(_hints), **self._asked())

    def keep_offering(self, form_field: Any, value: Any) -> None:
        form_field.widget.held = value

    def check(self, value: Any) -> Any:
        if value in NO_VALUE or isinstance(value, KeptFile):
            return value or None
        if not isinstance(value, UploadedFile):
            raise wrong(_("Choose a file."))
        if words := next((said for rule in _why_not if (said := rule(value))), ""):
            raise wrong(words)
        return value

    def to_json(self, value: Any) -> Any:
        return None if value is None else {"id": getattr(value, "pk", None), "name": str(value.name)}

    def from_json(self, told: Any) -> Any:
        return KeptFile(told["id"], told["name"]) if told else None

    def show_json(self, told: Any) -> str:
        return str(told["name"]) if told else ""

    def identity(self, value: Any) -> Any:
        told = self.to_json(value)
        return told and (told["id"] or f"+{told['name']}")

    def read(self, text: str) -> Any:
        raise ValueError(_("A file is chosen, not written."))

    def words(self, value: Any) -> Iterable[str]:
        return ()


class OwnPerson(PersonPick):
    """A colleague, kept with the name; lists ask for no further row."""

    stored_as = models.BigIntegerField

    def expression(self) -> Any:
        return Cast(KT(f"own__{self.name}__id"), models.BigIntegerField())

    def value(self, row: Any) -> Any:
        told = row.own.get(self.name)
        return User(pk=told["id"], full_name=told["name"]) if told else None

    def from_json(self, told: Any) -> Any:
        return User(pk=told["id"], full_name=told["name"]) if told else None

    def kept(self, value: Any) -> Any:
        return id_and_name(value)

    def drawn_from(self) -> tuple[list[str], list[str]]:
        return [], ["own"]

    def bring(self, rows: Sequence[Any]) -> None:
        """Nothing: each has the name."""

    def words(self, value: Any) -> Iterable[str]:
        return ()

    def check(self, value: Any) -> Any:
        if value in NO_VALUE:
            return None
        if not isinstance(value, User):
            raise wrong(_("This is not in the list."))
        return value

    def is_empty_q(self) -> models.Q:
        return Field.q(self, "isnull", True)
