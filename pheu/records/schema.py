"""The description of a kind that everything reads: form, list, filter, sort, import, history.

A domain app lists its fields once in `<app>/schema.py`; a company's own fields join in. Whoever shows, filters, exports
or tells something asks `schema_for(kind, user, pipeline)`: what it does not give, that person does not get.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, lru_cache, partial
from typing import Any, cast

from django import forms
from django.db import models
from django.db.models.functions import RowNumber
from django.http import QueryDict
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from pheu.core import shape
from pheu.core.errors import DomainError, Invalid, Refused, say_beside
from pheu.core.prepared import prepared
from pheu.core.turns import take_turn
from pheu.core.vietnamese.text import search_text
from pheu.people.models import User
from pheu.people.scopes import CREATE
from pheu.records import kinds
from pheu.records.fields import NO_VALUE, DepartmentPick, Field, OwnerPick, RowPick, TeamPick, When
from pheu.records.shipped import shown


@dataclass(frozen=True)
class Group:
    """Fields that stand together under one heading on forms and record pages, perhaps only `shown_when`."""

    name: str
    label: kinds.Words
    fields: tuple[Field, ...] = ()
    shown_when: When | None = None


# What lists call the column of whoever works a row; «phụ trách» alone may be the customer's own person.
OWNERS = (
    "email người phụ trách", "nhân viên phụ trách", "nv phụ trách", "sale phụ trách", "nhân viên kinh doanh", "nvkd",
    "nhân viên sale", "tên sale", "sales phụ trách", "sales owner", "sales rep", "salesperson", "owner", "owner email",
    "account owner", "company owner", "contact owner", "deal owner", "lead owner", "assigned to",
)  # fmt: skip
# And the column of whatever else was to be said.
NOTES = (
    "ghi chú", "mô tả", "diễn giải", "nội dung", "note", "notes", "comment", "comments", "description", "remark",
    "remarks",
)  # fmt: skip


def responsible(kind: str) -> Group:
    """Who works a row. It is handed over by an act of its own (`timeline.services.assign`), so only a new row asks."""
    kept: dict[str, Any] = {"filterable": True, "editable": False, "importable": False}
    return Group(
        "responsible",
        _("Responsible"),
        (
            OwnerPick(name="owner", label=_("Owner"), kind=kind, synonyms=OWNERS, **kept),
            TeamPick(name="team", label=_("Sales team"), kind=kind, **kept),
            DepartmentPick(name="department", label=_("Department"), asked=False, **kept),
        ),
    )


@dataclass(kw_only=True)
class Schema:
    """All of a kind's fields.

    `columns` are the list's, in order; `card` are the board's; the first filled field of `title` is what a row is
    called; `amount` is what it is worth; the first filled of `customer` says whom it is about; in pickers the first
    filled of each of `hint` stands beside the title; `key` are those that a record's page shows even while they are
    empty.
    """

    model: Any
    groups: tuple[Group, ...]
    columns: tuple[str, ...]
    title: tuple[str, ...]
    amount: str = ""
    shown: tuple[Field, ...] = ()
    phone_columns: tuple[str, ...] = ()
    card: tuple[str, ...] = ("owner",)
    customer: tuple[str, ...] = ()
    hint: tuple[tuple[str, ...], ...] = ()
    key: tuple[str, ...] = ("owner",)
    _by_name: dict[str, Field] = field(init=False)
    # {column: the field that it goes along with}: further phones.
    _companions: dict[str, Field] = field(init=False)
    _following: list[Field] = field(init=False)
    _followed: list[Field] = field(init=False)

    def __post_init__(self) -> None:
        self._by_name = {one.name: one for one in (*(f for group in self.groups for f in group.fields), *self.shown)}
        self._companions = {column: one for one in self for column in one.companions}
        self._following = [one for one in self if one.follows and self._by_name.keys() >= set(one.follows)]
        names = dict.fromkeys(name for one in self._following for name in one.follows)
        self._followed = [self[name] for name in names]

    def __getitem__(self, name: str) -> Field:
        return self._by_name[name]

    def __iter__(self) -> Iterator[Field]:
        return iter(self._by_name.values())

    def get(self, name: str) -> Field | None:
        return self._by_name.get(name)

    def column_fields(self) -> list[Field]:
        return self._named(self.columns)

    def card_fields(self) -> list[Field]:
        return self._named(self.card)

    def customer_fields(self) -> list[Field]:
        return self._named(self.customer)

    def _named(self, names: Iterable[str]) -> list[Field]:
        return [self._by_name[name] for name in names if name in self._by_name]

    def filters(self) -> list[Field]:
        return [one for one in self if one.filterable]

    def historic(self) -> list[Field]:
        """The fields of which events tell how they changed."""
        return [one for one in self if one.has_history]

    def told_of(self, row: Any, *names: str) -> dict[str, Any]:
        """{field: its value in `row` as events keep it}, of every historic one or of those named."""
        fields = self._named(names) if names else self.historic()
        return {one.name: one.to_json(one.value(row)) for one in fields}

    # -- what a row is called and found by ---------------------------------------------------------------------------

    def title_of(self, row: Any) -> str:
        """Its name, else what it has; a phone as people write it."""
        return next((self[name].called(value) for name in self.title if (value := getattr(row, name))), "")

    def customer_of(self, row: Any) -> str:
        """Whom a row is about, where its title does not say that already."""
        return self._beside_title(row, self.customer)

    def hint_of(self, row: Any) -> str:
        """What tells a row from others of the same title, in pickers."""
        return self.line_of(row, *(self.hint or (self.customer,)))

    def line_of(self, row: Any, *parts: Sequence[str]) -> str:
        """The first filled field of each part, side by side."""
        texts = (self._beside_title(row, names) for names in parts)
        return " · ".join(text for text in texts if text)

    def _beside_title(self, row: Any, names: Iterable[str]) -> str:
        texts = (one.show(one.value(row)) for one in self._named(names))
        return next((text for text in texts if text not in ("", row.title)), "")

    def words_of(self, row: Any) -> Iterator[tuple[str, str]]:
        """(name of a field, text) by which a search finds a row, besides its number and title."""
        for one in (*self._searched, *self._own_of(row)):
            if one.searched:
                for name, words in one.found_by(row):
                    yield name, search_text(*words)

    def digits_of(self, row: Any) -> Iterator[tuple[str, str]]:
        for one in (*self._with_digits, *self._own_of(row)):
            yield one.name, " ".join(one.digits(row))

    def keys_of(self, row: Any) -> list[str]:
        """What tells whose a row is, each as «criterion:text» (`records/alike.py`)."""
        found = {f"{code}:{key[:200]}" for code, one in self._compared for key in one.keys(row) if key}
        return sorted(found)

    # Files bring rows by the thousand, each of which asks these.

    @cached_property
    def _searched(self) -> list[Field]:
        return [one for one in self if one.searched and not one.own]

    @cached_property
    def _with_digits(self) -> list[Field]:
        return [one for one in self if type(one).digits is not Field.digits and not one.own]

    @cached_property
    def _compared(self) -> list[tuple[str, Field]]:
        return [(one.criterion, one) for one in self if one.criterion]

    @staticmethod
    def _own_of(row: Any) -> list[Field]:
        """The fields of a company's own that a row has filled, also those out of use."""
        return [one for filled in _finding for one in filled(row)]

    # -- what follows ------------------------------------------------------------------------------------------------

    def follow(self, row: Any, was: Mapping[str, Any]) -> list[tuple[Field, Any]]:
        """Let fields of a row follow those that have changed: {name: the value before}. Gives what they had, likewise.

        Of a new row everything has changed that is filled (`begun_with`). Whose fields they are does not matter: a
        place follows its address whoever writes that.
        """
        followed = []
        for one in self._following:
            if one.name in was or was.keys().isdisjoint(one.follows):
                continue
            now = {name: self[name].value(row) for name in one.follows}
            held, value = now[one.name], one.followed({name: was.get(name, now[name]) for name in now}, now)
            if one.identity(value) != one.identity(held):
                one.put(row, value)
                followed.append((one, held))
                was = {**was, one.name: held}
        return followed

    def begun_with(self, row: Any) -> dict[str, Any]:
        """What of a new row others follow, as it was before somebody filled it."""
        return {one.name: one.empty for one in self._followed if one.identity(one.value(row)) is not None}

    def names_others(self, names: Iterable[str]) -> bool:
        """Whether a change of these fields changes the words by which rows that pick this one are found."""
        return any(one.name in self.title or one.found_beyond for one in self.fields_of(names))

    def fills_for(self, row: Any, user: User) -> dict[str, Any]:
        """What the form of another kind takes over when this row is picked: {field there: value} (R0.06)."""
        filled: dict[str, Any] = {}
        for kind in kinds.every():
            for one in kind.schema_for(user):
                source = self.get(one.comes_from.get(row.kind, ""))
                if source is not None and one.on_create:
                    filled[one.name] = one.filling(source.value(row))
        return filled

    # -- checking ----------------------------------------------------------------------------------------------------

    def fields_of(self, names: Iterable[str]) -> list[Field]:
        """The fields of these names, or that these columns go along with."""
        return [self._by_name.get(name) or self._companions[name] for name in names]

    def must_write(self, names: Iterable[str], *, new: bool, along: bool = False) -> None:
        """`Refused` for a field that is not there for this person, or not theirs to write; `along`: with companions."""
        for name in names:
            one = self.get(name) or (self._companions.get(name) if new or along else None)
            if one is None or not (one.on_create if new else one.editable):
                raise Refused(_("You may not write the field “%(field)s”."), field=one.label if one else name[:50])

    def check(
        self, many: Sequence[Mapping[str, Any]], *, by: User, new: bool, rows: Sequence[Any] = ()
    ) -> list[dict[str, Any]]:
        """Values by field name of many rows as they are kept; `Invalid` names every field that is wrong.

        Fields that exist and that `by` may write, of the right type, length and form; required ones filled (of a new
        row all that are shown, else none emptied); every row that is referred to one that `by` may choose. `rows`:
        those that are changed, in the same order, for what depends on their other fields. Statements: one for all
        references, however many rows, and one for each field whose values must differ.
        """
        changed = rows or [None] * len(many)
        checked = [self._check_one(values, new=new, row=row) for values, row in zip(many, changed, strict=True)]
        self._check_references(checked, by)
        self.must_differ(checked, rows)
        return checked

    def shows(self, one: Field, value_of: Callable[[Field], Any]) -> bool:
        """Whether a field that depends on another one is shown beside these values."""
        if one.shown_when is None:
            return True
        other = kinds.get(self.model.kind).schema.get(one.shown_when[0])
        return other is None or not other.ticks(value_of(other)).isdisjoint(one.shown_when[1])

    def needed(self, row: Any) -> dict[Field, bool]:
        """Shown fields that a row should have before work goes on elsewhere: whether it has them."""
        asked = [one for one in self if one.is_needed and self.shows(one, lambda other: other.value(row))]
        return {one: one.identity(one.value(row)) is not None for one in asked}

    def _value_in(self, one: Field, values: Mapping[str, Any], row: Any) -> Any:
        if one.name in values:
            return values[one.name]
        return one.value(row) if row is not None else one.default

    def _wrong_beside_others(self, one: Field, values: Mapping[str, Any], row: Any, *, new: bool) -> Any:
        """What is wrong with a value that is right by itself: missing though shown, or not below its parent."""
        if one.required and (one.name in values or (new and self.must_be_given(one))):
            shown = self.shows(one, lambda other: self._value_in(other, values, row))
            if shown and one.identity(self._value_in(one, values, None)) is None:
                return _("This field is required.")
        parent = self.get(one.parent)
        decides = (one.name,) if one.follows else (one.name, one.parent)
        if parent is not None and not values.keys().isdisjoint(decides):
            held = self._value_in(one, values, row)
            if one.identity(held) is not None and not one.fits(held, parent.ticks(self._value_in(parent, values, row))):
                return _("This does not belong to what was chosen above it.")
        return ""

    def must_differ(self, many: Sequence[Mapping[str, Any]], rows: Sequence[Any] = ()) -> None:
        """`Invalid` where values that no two rows in use share are given twice, or another row than `rows` has them."""
        for one in (one for one in self if one.is_unique):
            given = [value for values in many if (value := one.identity(values.get(one.name))) is not None]
            if not given:
                continue
            take_turn(f"unique {self.model.kind} {one.name}")  # who writes the same meanwhile waits for us
            others = self.model.objects.live().exclude(pk__in=[row.pk for row in rows])
            taken = next((found for value in given if (found := others.filter(one.same_q(value)).first())), None)
            if taken is not None or len(set(map(str, given))) < len(given):
                words = _("%(name)s has this already.") % {"name": taken} if taken else _("This is given twice.")
                raise Invalid({one.name: [str(words)]}, {one.name: str(one.label)})

    def _check_one(self, values: Mapping[str, Any], *, new: bool, row: Any = None) -> dict[str, Any]:
        self.must_write(values, new=new, along=True)
        checked: dict[str, Any] = {}
        errors: dict[str, list[str]] = {}
        for name, value in values.items():
            one = self.get(name)
            try:
                checked[name] = one.check(value) if one else self._companions[name].check_many(value)
            except forms.ValidationError as error:
                errors[name] = [str(message) for message in error.messages]
        for one in self:
            if one.name not in errors and (words := self._wrong_beside_others(one, checked, row, new=new)):
                errors[one.name] = [str(words)]
        if errors:
            raise Invalid(errors, {name: str((self.get(name) or self._companions[name]).label) for name in errors})
        return checked

    def must_be_given(self, one: Field) -> bool:
        """Whether a new row needs it: a column with a default fills itself."""
        return one.on_create and (one.own or not self.model._meta.get_field(one.column).has_default())

    def _check_references(self, many: Sequence[Mapping[str, Any]], by: User) -> None:
        wanted: dict[Field, set[int]] = {}
        for values in many:
            for name, value in values.items():
                field = self.get(name)
                if field is not None and field.references(by) is not None:
                    wanted.setdefault(field, set()).update(one.pk for one in field.referred(value))
        parts = [
            cast(models.QuerySet, one.references(by))
            .filter(pk__in=keys)
            .order_by()
            .annotate(nth=models.Value(nth))
            .values_list("nth", "pk")
            for nth, (one, keys) in enumerate(wanted.items())
            if keys
        ]
        if not parts:
            return
        found = set(parts[0].union(*parts[1:]) if parts[1:] else parts[0])
        strange = [one for nth, (one, keys) in enumerate(wanted.items()) if {(nth, pk) for pk in keys} - found]
        if strange:
            words = [str(_("This cannot be chosen."))]
            raise Invalid({one.name: words for one in strange}, {one.name: str(one.label) for one in strange})

    def new_row(self, values: Mapping[str, Any]) -> Any:
        """An unsaved row of checked values, and of what the fields of a company's own begin with."""
        row = self.model()
        begun = {one.name: one.default for one in self if one.default is not None}
        for name, value in (begun | dict(values)).items():
            one = self.get(name)
            if one is not None:
                one.put(row, value)
            else:
                setattr(row, name, value)
        return row

    # -- forms -------------------------------------------------------------------------------------------------------

    def form(
        self,
        user: User,
        data: Any = None,
        *,
        row: Any = None,
        initial: dict[str, Any] | None = None,
        only: Collection[str] | None = None,
        prefix: str | None = None,
    ) -> "SchemaForm":
        """A form of every editable field, or `only` of some, filled from `row`.

        Without a row of what is asked of a new one.
        """
        asked = [one for one in self if (one.on_create and one.asked if row is None else one.editable)]
        asked = [one for one in asked if only is None or one.name in only]
        held = {one: one.value(row) for one in asked} if row is not None else {}
        values = {one.name: _initial(value) for one, value in held.items()}
        if row is None:
            values = {one.name: _initial(one.default) for one in asked if one.default is not None}
        form = SchemaForm(self, asked, user, data, row=row, initial=values | (initial or {}), prefix=prefix)
        for one, value in held.items():
            one.keep_offering(form.fields[one.name], value)
            if one.name in form.proposed and value is not None:
                form.fields[form.proposed[one.name]].widget.attrs["data-linked"] = str(value)
        form.draw_choices_at_once(held)
        return form

    def can_be_alike(self, one: Field) -> bool:
        """Whether many rows may be given the same value at once: not what names a row, or tells it from others."""
        return (
            one.editable
            and one.can_be_alike
            and not (one.is_unique or one.tells_apart or self.names_others([one.name]))
        )

    def one_field_form(self, one: Field, user: User, data: Any = None) -> "SchemaForm":
        """A form of this field alone, whatever other fields hold."""
        return SchemaForm(self, [replace(one, shown_when=None)], user, data)


# A schema for a person ------------------------------------------------------------------------------------------------

HIDDEN, READ_ONLY, EDITABLE = "hidden", "read", "edit"
# Gives the fields that a company has added to a kind (of one pipeline, or of all), each with its group: one of the
# product by its name, or one of the company's own.
Source = Callable[[str, int | None], Iterable[tuple[Group, Field]]]
# How a company has arranged a kind: (group, names of its fields) in order. What it leaves out stands behind.
Order = tuple[tuple[Group, tuple[str, ...]], ...]
_sources: list[Source] = []
_orders: list[Callable[[str], Order]] = []


def add_source(source: Source) -> Source:
    """Let fields of a company's own join the kinds. They keep their values in the row's `own`."""
    _sources.append(source)
    return source


def add_order(order: Callable[[str], Order]) -> None:
    """Let a company arrange groups and fields."""
    _orders.append(order)


@dataclass(frozen=True, eq=False)
class Added:
    """What a company has added to a kind, and how it has arranged it; cheap to look up, as each is like no other."""

    fields: tuple[tuple[Group, Field], ...] = ()
    order: Order = ()


NOTHING = Added()


def _added(kind: "kinds.Kind", pipeline: int | None) -> Added:
    """The same object every time as long as nobody changes anything: rows ask for it by the thousand."""
    return _added_by(kind.code, pipeline, shape.stamp(), tuple(_sources), tuple(_orders))


@lru_cache(maxsize=1000)
def _added_by(
    code: str, pipeline: int | None, _stamp: str, sources: Sequence[Source], orders: Sequence[Callable[[str], Order]]
) -> Added:
    fields = tuple(pair for source in sources for pair in source(code, pipeline))
    order = next((order for arranged in orders if (order := arranged(code))), ())
    return Added(fields, order) if fields or order else NOTHING


def whole(kind: "kinds.Kind", pipeline: int | None = None) -> Schema:
    """Everything that a kind has, whoever asks: for searching, copying and the journal, never for showing."""
    added = _added(kind, pipeline)
    return kind.fields if added is NOTHING else _joined(kind.code, added)


def hidden_from(kind: "kinds.Kind", user: User) -> frozenset[str]:
    """The names of the fields that `user` may not see, out of use or not."""
    return frozenset(name for name, how in _rights_of(kind.code, user).items() if how == HIDDEN)


def unseen_by(kind: "kinds.Kind", user: User) -> frozenset[str]:
    """What of the texts by which rows are found is hidden from `user`: fields of the rows, and of those they pick."""
    hidden = set(hidden_from(kind, user))
    for one in kind.schema:
        if isinstance(one, RowPick) and one.searched:
            there = kinds.get(one.kind)
            gone = {field.name for field in there.schema} if one.name in hidden else hidden_from(there, user)
            hidden |= {one.of_picked(name) for name in gone}
    return frozenset(hidden)


def schema_for(kind: "kinds.Kind", user: User, pipeline: int | None = None) -> Schema:
    """What `user` may see of a kind's fields, and write of them: what their rights forbid taken off.

    Cheap: without own fields and field rights it is the kind's constant; else made once for each combination.
    """
    added = _added(kind, pipeline)
    if rights := _rights_of(kind.code, user):
        return _narrowed(kind.code, added, frozenset(rights.items()))
    return kind.fields if added is NOTHING else _joined(kind.code, added)


# Gives the fields of a company's own that a row has filled, whatever has become of them: what finds a row does not
# change when a field goes out of use, comes back, or moves.
_finding: list[Callable[[Any], Iterable[Field]]] = []


def add_finding(filled: Callable[[Any], Iterable[Field]]) -> None:
    _finding.append(filled)


# Gives the rights that a company has set for its own fields: {name: `HIDDEN`, `READ_ONLY` or `EDITABLE`}.
_rights: list[Callable[[str, User], dict[str, str]]] = []


def add_rights(rights: Callable[[str, User], dict[str, str]]) -> None:
    """Let rights depend on the person, besides the role's own."""
    _rights.append(rights)


def _rights_of(code: str, user: User) -> dict[str, str]:
    rights = dict(user.role.fields.get(code) or {})
    for of in _rights:
        rights |= of(code, user)
    return rights


kinds.use_schemas(whole=whole, for_person=schema_for)


@lru_cache(maxsize=1000)
def _joined(code: str, added: Added) -> Schema:
    base, pairs, order = kinds.get(code).fields, added.fields, added.order
    groups = {group.name: group for group in base.groups}
    for group, one in pairs:
        joined = groups.get(group.name, group)
        groups[group.name] = replace(joined, fields=(*joined.fields, one))
    columns = (*base.columns, *(one.name for _group, one in pairs if one.in_list))
    card = (*base.card, *(one.name for _group, one in pairs if one.on_card))
    return replace(base, groups=_arranged(list(groups.values()), order), columns=columns, card=card)


def _arranged(groups: Sequence[Group], order: Order) -> tuple[Group, ...]:
    """Groups and their fields in a company's order; a field may stand in another group than the product's."""
    if not order:
        return tuple(groups)
    fields = {one.name: one for group in groups for one in group.fields}
    placed = {name for _group, names in order for name in names}
    # In the company's order; where the product knows the group, as the product describes it.
    by_name = {group.name: group for group, _names in order} | {group.name: group for group in groups}
    wanted = {group.name: names for group, names in order}
    arranged = []
    for name, group in by_name.items():
        put = tuple(fields[one] for one in wanted.get(name, ()) if one in fields)
        rest = tuple(one for one in group.fields if one.name not in placed)
        arranged.append(replace(group, fields=put + rest))
    return tuple(arranged)


@lru_cache(maxsize=1000)
def _narrowed(code: str, added: Added, rights: frozenset[tuple[str, str]]) -> Schema:
    base, right = _joined(code, added), dict(rights)
    hidden = {name for name, how in rights if how == HIDDEN}

    def mine(fields: Iterable[Field]) -> tuple[Field, ...]:
        left = [left for one in fields if (left := one.without(hidden)) is not None]
        return tuple(
            replace(one, editable=False, on_create=False, importable=False)
            if right.get(one.name, EDITABLE) != EDITABLE
            else one
            for one in left
        )

    groups = tuple(replace(group, fields=mine(group.fields)) for group in base.groups)
    return replace(base, groups=groups, shown=mine(base.shown))


def carried(source: Any, target: Schema, *, but: Iterable[str] = ()) -> dict[str, Any]:
    """What a row gives to a row of another kind that goes on with it: {column: value}.

    Fields of the same name go along with their companions, and those that name where they come from; fields of a
    company's own where both are of one type. Who works the new row is decided anew.
    """
    given, there = whole(kinds.get(source.kind)), {"owner", "team", "department", "tags", *but}
    values: dict[str, Any] = {}
    for one in target:
        origin = given.get(one.comes_from.get(source.kind, one.name))
        if not one.on_create or one.name in there or origin is None:
            continue
        if one.own:
            told = origin.kept(origin.value(source)) if type(origin) is type(one) else None
            if told is not None and told not in NO_VALUE:
                values.setdefault("own", {})[one.name] = told
        else:
            values[one.name] = origin.value(source)
            for column in one.companions:
                if hasattr(source, column):
                    values[column] = getattr(source, column)
    return values


def carried_back(source: Any, code: str) -> dict[str, Any]:
    """What a row knows of a record of kind `code` that it could have picked: the reverse of filling a form."""
    given, target = whole(kinds.get(source.kind)), kinds.get(code).schema
    values: dict[str, Any] = {}
    for one in given:
        there = target.get(one.comes_from.get(code, ""))
        if there is not None and not isinstance(there, RowPick):
            values[there.name] = one.value(source)
            for column in there.companions:
                if hasattr(source, column):
                    values[column] = getattr(source, column)
    return values


def offered(tables: dict[Field, Any]) -> dict[Field, list[tuple[Any, str]]]:
    """(id, name) of the rows of several small tables, each in its own order: one statement, not one for each."""
    return _by_table(list(tables), _named(tables)) if tables else {}


def _named(tables: Mapping[Field, Any]) -> models.QuerySet:
    parts = [
        rows.order_by()
        .annotate(
            nth=models.Value(nth),
            place=models.Window(RowNumber(), order_by=list(rows.model._meta.ordering)),
            text=models.F(one.named_by),  # type: ignore[attr-defined]
        )
        .values_list("nth", "place", "pk", "text")
        for nth, (one, rows) in enumerate(tables.items())
    ]
    together = parts[0].union(*parts[1:], all=True) if parts[1:] else parts[0]
    return together.order_by("nth", "place")


@prepared
def _named_for_all(fields: tuple[Any, ...], *held: list[int]) -> models.QuerySet:
    """The same of tables that everybody is offered alike, with the rows that a form began with."""
    tables = {one: one.table(User()) for one in fields}
    began = [rows.model._default_manager.filter(pk__in=ids) for rows, ids in zip(tables.values(), held, strict=True)]
    return _named({one: rows | more for (one, rows), more in zip(tables.items(), began, strict=True)})


def _by_table(fields: Iterable[Field], named: Iterable[Any]) -> dict[Field, list[tuple[Any, str]]]:
    found: dict[Field, list[tuple[Any, str]]] = {one: [] for one in fields}
    by_order = list(found.items())
    for nth, _place, pk, text in named:
        field, options = by_order[nth]
        options.append((pk, shown(text) if field.cell == "stage" else text))
    return found


def _initial(value: Any) -> Any:
    if isinstance(value, models.Model):
        return value.pk
    if isinstance(value, list):
        return [one.pk if isinstance(one, models.Model) else one for one in value]
    return value


def when_shown(when: When | None) -> str:
    """How a page says when a part of a form is shown (js/when.js)."""
    return f"{when[0]}={'|'.join(when[1])}" if when else ""


class SchemaForm(forms.Form):
    """Built from a schema. Each field carries the value the person saw, so a save touches only what they changed."""

    def __init__(
        self, schema: Schema, asked: list[Field], user: User, data: Any, *, row: Any = None, **kwargs: Any
    ) -> None:
        super().__init__(data, getattr(data, "uploads", None), **kwargs)
        self.schema, self.user, self.row = schema, user, row
        for one in asked:
            self.fields[one.name] = one.form_field(user)
            if one.shown_when is not None:
                self._depend(one)
        self.asked = asked
        compared = [one.name for one in asked if one.criterion]
        for one in asked:
            if one.tells_apart or one.criterion:
                page = "place" if one.cell == "place" else "same"
                self.fields[one.name].widget.attrs |= self._asking(page, one, compared, row)
        # {the field for an existing record: the text that proposes it}: asked as one.
        self.proposed = {one.proposes: one.name for one in asked if one.proposes in self.fields}
        for name, by in self.proposed.items():
            self._ask_as_one(cast(Any, schema[name]), by)

    def _depend(self, one: Field) -> None:
        """Say on the page when the field is shown, if what decides is asked for as well."""
        form_field, when = self.fields[one.name], when_shown(one.shown_when)
        form_field.is_marked = one.required  # type: ignore[attr-defined]
        if one.shown_when and one.shown_when[0] in {asked.name for asked in self.schema if asked.editable}:
            form_field.when = when  # type: ignore[attr-defined]

    def _asking(self, page: str, one: Field, compared: list[str], row: Any) -> dict[str, str]:
        """Who else is the same by what was typed, or where that is, is said below it; the answer is not the form's."""
        url = kinds.get(self.schema.model.kind).url(page)
        return {
            "hx-get": f"{url}?of={one.name}" + (f"&but={row.pk}" if row is not None else ""),
            "hx-trigger": "change",
            "hx-include": "closest form",
            "hx-params": ",".join(compared),
            "hx-target": "next .same",
            "hx-swap": "innerHTML",
            "hx-select": "unset",
            "hx-select-oob": "unset",
        }

    def _ask_as_one(self, pick: RowPick, by: str) -> None:
        kind = kinds.get(pick.kind)
        self.fields[pick.name].widget = forms.TextInput(attrs={"hidden": True})
        self.fields[by].widget.attrs |= {
            "data-proposes": pick.name,
            "data-url": kind.url("pick"),
            "data-linked-text": _("Linked with {name}"),
            "data-unlink-text": _("Unlink"),
        }
        if self.user.may(kind.code, CREATE):
            first = kind.fields.title[0]
            self.fields[by].widget.attrs |= {
                "data-new-url": f"{kind.url('new')}?pick=1&{first}=",
                "data-new-text": _("New: %(kind)s") % {"kind": kind.label},
            }

    def add_error(self, field: str | None, error: Any) -> None:
        """What is wrong with a record that was proposed stands at the text that proposed it."""
        super().add_error(self.proposed.get(field, field) if field else field, error)

    @property
    def kept(self) -> list[Any]:
        """Bound fields that no one sees: the records that were chosen of those proposed."""
        return [self[name] for name in self.proposed]

    def draw_choices_at_once(self, held: Mapping[Field, Any]) -> None:
        """Let all selects take their options from one statement, made when the first of them is drawn."""
        tables = tuple(one for one in self.asked if one.table(self.user) is not None)
        loaded = cache(lambda: self._offered(tables, held))
        for one in tables:
            field = cast(Any, self.fields[one.name])
            empty = [] if field.empty_label is None else [("", field.empty_label)]
            field.choices = partial(lambda one, empty: [*empty, *loaded()[one]], one, empty)

    def _offered(self, tables: tuple[Field, ...], held: Mapping[Field, Any]) -> dict[Field, list[tuple[Any, str]]]:
        if not all(one.is_offered_alike for one in tables):
            return offered({one: cast(Any, self.fields[one.name]).queryset for one in tables})
        began = [[row.pk for row in one.referred(held.get(one))] for one in tables]
        return _by_table(tables, _named_for_all(tables, *began))

    def clean(self) -> dict[str, Any]:
        """What was typed, numbers read beside the place that the form, or the row that it changes, tells."""
        given = super().clean() or {}
        typed = [one for one in self.asked if one.name in given and one.name in self.changed_data]
        values = {one.name: one.value(self.row) for one in self.schema} if self.row is not None and typed else {}
        values |= {name: value for name, value in given.items() if self._is_sent(name)}
        codes = [code for one in self.schema for code in one.area_codes(values)] if typed else []
        return given | {one.name: one.near(given[one.name], codes) for one in (typed if codes else ())}

    def groups(self) -> Iterator[tuple[Group, list[tuple[Field, Any]]]]:
        """Every group with (field, its bound form field or None where it is only shown)."""
        for group in self.schema.groups:
            shown = [one for one in group.fields if one.name not in self.proposed]
            yield group, [(one, self[one.name] if one.name in self.fields else None) for one in shown]

    def values(self) -> dict[str, Any]:
        """What was typed, for a new row."""
        return {name: self.cleaned_data[name] for name in self.fields}

    def changes(self) -> dict[str, tuple[Any, Any]]:
        """{name: (what the person saw, what they want)}, only of fields that the person changed and that were sent."""
        sent = [name for name in self.changed_data if self._is_sent(name)]
        return {name: (self._saw(name), self.cleaned_data[name]) for name in sent}

    def _is_sent(self, name: str) -> bool:
        return self.add_prefix(name) in self.data or self[name].html_initial_name in self.data

    def refuse(self, error: DomainError) -> None:
        """Say beside each field what the act found wrong with it, and the rest at the head of the form."""
        say_beside(self, error)

    def seen_again(self, row: Any) -> "SchemaForm":
        """The same typing over what `row` holds now: saving it again is a decision, not an accident."""
        data = cast(QueryDict, self.data).copy()
        for bound in self.schema.form(self.user, row=row):
            value = bound.value()
            values = value if isinstance(value, list) else ["" if value is None else value]
            data.setlist(bound.html_initial_name, [str(one) for one in values])
        return self.schema.form(self.user, data, row=row)

    def _saw(self, name: str) -> Any:
        bound = self[name]
        raw = bound.field.hidden_widget().value_from_datadict(self.data, self.files, bound.html_initial_name)
        if raw in (None, "", []):
            return None
        try:
            return bound.field.clean(raw)
        except forms.ValidationError:
            return None
