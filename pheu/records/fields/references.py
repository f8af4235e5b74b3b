"""Rows of other tables: small lists, colleagues, teams, other records, tags."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from django import forms
from django.db import models
from django.utils.translation import gettext_lazy as _

from pheu.core.ids import RowField, RowsField, read_id, read_ids
from pheu.core.vietnamese.text import clean, sort_key, spelling
from pheu.people.models import Department, Team, User
from pheu.people.scopes import CHANGE, CREATE
from pheu.records import kinds
from pheu.records.fields.base import BETWEEN_CHOICES, BETWEEN_VALUES, NO_VALUE, Field, Reading, wrong
from pheu.records.models import RecordTag, Tag, id_and_name
from pheu.records.operators import ANY_OF, OF_LIST, OF_ROWS, Operator
from pheu.records.shipped import own_words, shown


class OfTable(Field):
    """Values are rows of a table, drawn by these of its columns."""

    model: Any
    drawn_by: ClassVar[tuple[str, ...]] = ("name",)
    operators = OF_LIST

    @property
    def empty(self) -> Any:
        return None

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

    def told_ids(self, told: Any) -> list[int]:
        """Whose rows a value as JSON names."""
        return [told["id"]] if told else []

    def rows_of(self, ids: Iterable[int]) -> dict[int, Any]:
        """{id: the row}, in one statement."""
        return self.model._default_manager.in_bulk(ids)

    def from_rows(self, told: Any, rows: Mapping[int, Any]) -> Any:
        """The value that `from_json` gives, of rows that are at hand."""
        return rows.get(told["id"]) if told else self.empty


def read_key(told: Any) -> int:
    """An id of ours from JSON or an address; ValueError for anything else, however many digits it has."""
    key = None if isinstance(told, bool) else read_id(told)
    if key is None:
        raise ValueError(str(told)[:20])
    return key


@dataclass(frozen=True, kw_only=True, eq=False)
class Pick(OfTable):
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
        called = models.Q(name__iexact=clean(text)) | models.Q(name__in=own_words(clean(text)))
        found = self.queryset(User()).filter(called).first()
        if found is None:
            raise ValueError(_("“%(text)s” is not in the list") % {"text": text[:60]})
        return found

    def to_cell(self, row: Any) -> Any:
        """Its own name where a file may bring it back, which no reader's language changes."""
        value = self.value(row)
        return self.show(value) if value is None or not self.importable else getattr(value, self.named_by)

    def table(self, user: User) -> models.QuerySet:
        return self.queryset(user)


class LabelPick(Pick):
    cell = "label"
    drawn_by = ("name", "colour")


ENTERED = "stage_entered_at"
# What `Staged.is_rotting` reads.
WHEN_ROTTING = ("stage__rots_after", ENTERED)


@dataclass(frozen=True, kw_only=True, eq=False)
class StagePick(Pick):
    """Where a row of `kind` stands, perhaps with a mark that it does so for too long. Moving is an act of its own."""

    kind: str
    shows_rotting: bool = True
    cell: ClassVar[str] = "stage"
    drawn_by: ClassVar[tuple[str, ...]] = ("name", "category", "colour")

    def drawn_from(self) -> tuple[list[str], list[str]]:
        relations, columns = super().drawn_from()
        return relations, [*columns, *WHEN_ROTTING]

    def without(self, hidden: set[str]) -> Field | None:
        left = super().without(hidden)
        return replace(self, shows_rotting=False) if left is not None and hidden & {"rotting", ENTERED} else left

    def show_json(self, told: Any) -> str:
        return shown(super().show_json(told))

    def table(self, user: User) -> models.QuerySet:
        return self.model._default_manager.filter(pipeline__kind=self.kind)


@dataclass(frozen=True, kw_only=True, eq=False)
class BeginsIn(StagePick):
    """Where a new row stands as a file says; of stages of one name in that of the usual pipeline."""

    synonyms: tuple[str, ...] = (
        "giai đoạn", "tình trạng", "bước", "stage", "pipeline stage", "deal stage", "lead status",
    )  # fmt: skip

    def queryset(self, user: User) -> models.QuerySet:
        there = self.table(user).filter(pipeline__is_active=True, empties_into=None).select_related("pipeline")
        return there.order_by("-pipeline__is_default", "pipeline__position", "pipeline", "position", "pk")

    def rows_of(self, ids: Iterable[int]) -> dict[int, Any]:
        return self.queryset(User()).in_bulk(ids)


@dataclass(frozen=True, kw_only=True, eq=False)
class PersonPick(Pick):
    """A colleague."""

    model: type[models.Model] = User
    cell: ClassVar[str] = "person"
    drawn_by: ClassVar[tuple[str, ...]] = ("full_name", "picture")
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
    """Who works the rows of `kind`: only somebody who may, and to whom this person may give them (`scopes`).

    A file names them by e-mail address or full name, as far as its `reader` may give rows to them.
    """

    kind: str
    reader: User | None = None
    is_offered_alike: ClassVar[bool] = False
    bad_note: ClassVar[str] = "no_colleague"

    def drawn_from(self) -> tuple[list[str], list[str]]:
        """With whose it is as long as nobody has it: they may take it."""
        relations, columns = super().drawn_from()
        return relations, [*columns, "team", "department"]

    def queryset(self, user: User) -> models.QuerySet:
        people = User.objects.who_may(self.kind, CHANGE)
        if not user.pk:
            return people
        return people.within_reach(user, user.scope_of(self.kind, CREATE))

    def read_for(self, user: User | None) -> Field:
        return replace(self, reader=user)

    def read(self, text: str) -> Any:
        people, called = self.queryset(self.reader or User()), clean(text)
        found = list(people.filter(email__iexact=called)) or list(people.filter(full_name__iexact=called)[:2])
        if len(found) != 1:
            words = _("several colleagues are called “%(text)s”") if found else _("no colleague is called “%(text)s”")
            raise ValueError(words % {"text": called[:60]})
        return found[0]


@dataclass(frozen=True, kw_only=True, eq=False)
class TeamPick(Pick):
    """A sales team that serves the rows of `kind`; a filter finds the others too, which rows still name."""

    model: type[models.Model] = Team
    kind: str
    is_offered_alike: ClassVar[bool] = False

    def queryset(self, user: User) -> models.QuerySet:
        return Team.objects.offered(self.kind)

    def table(self, user: User) -> models.QuerySet:
        return Team.objects.all()


@dataclass(frozen=True, kw_only=True, eq=False)
class DepartmentPick(Pick):
    """A department; a filter finds those too that are in use no more."""

    model: type[models.Model] = Department

    def table(self, user: User) -> models.QuerySet:
        return Department.objects.all()


# By which criteria a text of a file may name a record.
TELLING = ("tax", "email", "phone", "company", "person")


@dataclass(frozen=True, kw_only=True, eq=False)
class RowPick(OfTable):
    """Another record: only one that the person may see can be chosen. `where` conditions look into it.

    A file names it by its number, its exact name, its tax code, mail address or phone, or by a name written otherwise,
    as long as only one that `reader` sees is called so (R1.31).
    """

    kind: str
    reader: User | None = None
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

    def read_for(self, user: User | None) -> Field:
        return replace(self, reader=user)

    def read(self, text: str) -> Any:
        called = clean(text)
        found = self._found(called)
        if len(found) != 1:
            words = _("several are called “%(text)s”") if found else _("nothing is called “%(text)s”")
            raise ValueError(words % {"text": called[:60]})
        return found[0]

    def _found(self, text: str) -> list[Any]:
        """At most two; what is called exactly so goes first."""
        if self.reader is None:
            return []
        rows = self._rows(self.reader).select_related("record")
        exactly = models.Q(record__number=text.upper()) | models.Q(title_key=sort_key(text))
        found = list(rows.filter(exactly)[:2])
        keys = [] if found else sorted(set(self._keys_of(text)))
        return found or (list(rows.filter(record__keys__overlap=keys)[:2]) if keys else [])

    def _keys_of(self, text: str) -> Iterable[str]:
        """The keys of a record of the kind of which this is all that is known."""
        kind = kinds.get(self.kind)
        for one in kind.schema:
            if one.criterion in TELLING:
                row = kind.model()
                try:
                    one.put(row, one.read(text))
                except ValueError:
                    continue
                yield from (f"{one.criterion}:{key}" for key in one.keys(row) if key)

    def rows_of(self, ids: Iterable[int]) -> dict[int, Any]:
        return kinds.get(self.kind).model.objects.select_related("record").in_bulk(ids)

    def picked_id(self, row: Any) -> int | None:
        """The id of the record that a row picks, without asking for it."""
        told: int | None = (row.own.get(self.name) or {}).get("id") if self.own else getattr(row, f"{self.name}_id")
        return told

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

    def filling(self, value: Any) -> Any:
        """With what the other record is called."""
        return None if value is None else {"id": value.pk, "text": str(value)}

    def names_of(self, told: Sequence[Any], user: User) -> dict[str, str]:
        rows = self._rows(user).filter(pk__in=read_ids(told)).select_related("record")
        return {str(row.pk): row.title for row in rows}

    def words(self, value: Any) -> Iterable[str]:
        """What the picked record is called."""
        return () if value is None else (value.title,)

    def found_by(self, row: Any) -> Iterable[tuple[str, Iterable[str]]]:
        """And what else of the picked record finds whoever picked it."""
        yield from super().found_by(row)
        value = self.value(row)
        for one in kinds.get(self.kind).schema if value is not None else ():
            if one.found_beyond:
                yield self.of_picked(one.name), one.words(one.value(value))

    def of_picked(self, name: str) -> str:
        """What a field of the picked record is called here."""
        return f"{self.name}.{name}"


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


@dataclass(frozen=True, kw_only=True, eq=False)
class Tags(OfTable):
    """«Từ khóa»: kept on the Record, so that every kind has them."""

    model: type[models.Model] = Tag
    # {spelling of a name: the tag} of those in use, while a file is read.
    known: Mapping[str, Tag] | None = None
    cell: ClassVar[str] = "tags"
    holds_several: ClassVar[bool] = True
    gathers: ClassVar[bool] = True
    named_by: ClassVar[str] = "name"

    def drawn_from(self) -> tuple[list[str], list[str]]:
        return [], []  # they come in a statement of their own

    operators: ClassVar[dict[str, Operator]] = ANY_OF
    usual_operator: ClassVar[str] = "any"

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
        if row.record_id is None:
            return []
        loaded = row.record.__dict__.get("loaded_tags")  # by `to_draw` and `with_facts`
        return list(row.record.tags.all()) if loaded is None else loaded

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

    def to_cell(self, row: Any) -> Any:
        return BETWEEN_VALUES.join(str(tag) for tag in self.value(row))

    def to_json(self, value: Any) -> Any:
        return [id_and_name(tag) for tag in value or ()]

    def from_json(self, told: Any) -> Any:
        return list(Tag.objects.filter(pk__in=[read_key(one["id"]) for one in told or ()]))

    def show_json(self, told: Any) -> str:
        return ", ".join(str(one["name"]) for one in told or ())

    def told_ids(self, told: Any) -> list[int]:
        return [one["id"] for one in told or ()]

    def from_rows(self, told: Any, rows: Mapping[int, Any]) -> Any:
        return [rows[pk] for pk in self.told_ids(told) if pk in rows]

    def identity(self, value: Any) -> Any:
        return sorted(tag.pk for tag in value or ()) or None

    def read_for(self, user: User | None) -> Field:
        return replace(self, known={spelling(tag.name): tag for tag in self.table(user or User())})

    def words_in(self, text: str) -> list[str]:
        """The names in a cell: between semicolons, lines, and commas where the whole is no tag of its own."""
        known, names = self.known or {}, list[str]()
        for part in map(_tag_name, BETWEEN_CHOICES.split(text)):
            names += [part] if spelling(part) in known else map(_tag_name, part.split(","))
        return [name for name in names if name]

    def read(self, text: str) -> Any:
        known = self.known or {}
        found = {name: known.get(spelling(name)) for name in self.words_in(text)}
        if unknown := [name for name, tag in found.items() if tag is None]:
            raise ValueError(_("“%(text)s” is not in the list") % {"text": unknown[0][:60]})
        return list(dict.fromkeys(found.values()))

    def read_cells(self, cells: Sequence[tuple[str, str]], *, several: bool = False, **codes: Any) -> Reading:
        """The tags of all its columns; words that are none are left over."""
        known, found, left = self.known or {}, dict[Tag, None](), list[str]()
        for title, text in cells:
            names = self.words_in(text)
            found |= dict.fromkeys(known[spelling(name)] for name in names if spelling(name) in known)
            if unknown := [name for name in names if spelling(name) not in known]:
                left.append(f"{title}: {BETWEEN_VALUES.join(unknown)}")
        return Reading(
            values={self.name: list(found)} if found else {}, notes=[self.bad_note] if left else [], left=left
        )

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


def _tag_name(text: str) -> str:
    return clean(clean(text).removeprefix("#"))
