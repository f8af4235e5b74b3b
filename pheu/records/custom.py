"""A company's own fields: how a row of `CustomField` becomes a field like any other.

Definitions are read once for each stamp (`core.shape`), so that asking for them costs no query.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import lru_cache
from typing import Any

from django.utils.translation import gettext_lazy as _

from pheu.core import shape
from pheu.people.models import User
from pheu.records import kinds, schema
from pheu.records.fields import (
    Address,
    Date,
    Email,
    Field,
    Link,
    LongText,
    Moment,
    Money,
    Number,
    Option,
    OwnChoice,
    OwnChoices,
    OwnFile,
    OwnPerson,
    OwnRecord,
    Phone,
    Progress,
    Text,
    When,
    YesNo,
)
from pheu.records.models import CustomField, FieldGroup, Layout
from pheu.records.schema import EDITABLE, Group, Order

PREFIX = "x_"  # no field of the product begins so
Settings = Mapping[str, Any]


@dataclass(frozen=True)
class FieldType:
    """A «kiểu dữ liệu» (R4.23, D11). `asks`: the settings of its form; `read` makes arguments of them."""

    code: str
    label: kinds.Words
    icon: str
    field: type[Field]
    asks: tuple[str, ...] = ()
    read: Callable[[Settings], dict[str, Any]] = lambda settings: {}
    sortable: bool = True
    searched: bool = False


def _of_number(settings: Settings) -> dict[str, Any]:
    told = {name: Decimal(str(settings[name])) for name in ("least", "most") if settings.get(name) not in (None, "")}
    return {
        "least": told.get("least", -Number.furthest),
        "most": told.get("most", Number.furthest),
        "places": int(settings.get("places") or 0),
        "unit": settings.get("unit") or "",
    }


def options_of(settings: Settings) -> tuple[Option, ...]:
    return tuple(
        Option(
            one["value"],
            one["label"],
            one.get("tone") or "slate",
            one.get("is_active", True),
            frozenset(one.get("under") or ()),
        )
        for one in settings.get("options") or ()
    )


def _of_choice(settings: Settings) -> dict[str, Any]:
    entries = options_of(settings)
    options = [(one.value, one.label) for one in entries]
    return {"entries": entries, "options": options, "parent": settings.get("parent") or ""}


def _of_record(settings: Settings) -> dict[str, Any]:
    return {"kind": settings.get("of") or "company"}


CHOICE = ("options",)
# Types of which every row has a value of its own: none begins with one.
BEGINS_EMPTY = ("record", "file")
TYPES: dict[str, FieldType] = {
    one.code: one
    for one in (
        FieldType("text", _("Short text"), "pencil", Text, searched=True),
        FieldType("long", _("Text"), "list", LongText, sortable=False),
        FieldType("number", _("A number"), "hash", Number, ("least", "most", "places", "unit"), _of_number),
        FieldType("money", _("Money"), "coin", Money),
        FieldType("date", _("Date"), "calendar", Date),
        FieldType("moment", _("Date and time"), "clock", Moment),
        FieldType("choice", _("One of a list"), "list", OwnChoice, CHOICE, _of_choice),
        FieldType("choices", _("Several of a list"), "list-check", OwnChoices, CHOICE, _of_choice, sortable=False),
        FieldType("progress", _("Progress in steps"), "trending-up", Progress, CHOICE, _of_choice),
        FieldType("yesno", _("Yes or no"), "check", YesNo),
        FieldType("address", _("Address"), "map-pin", Address, searched=True),
        FieldType("phone", _("Phone"), "phone", Phone, searched=True),
        FieldType("email", _("Email"), "mail", Email, searched=True),
        FieldType("link", _("Link"), "link", Link),
        FieldType("person", _("Colleague"), "user", OwnPerson, sortable=False),
        FieldType("record", _("Another record"), "external-link", OwnRecord, ("of",), _of_record, sortable=False),
        FieldType("file", _("File"), "paperclip", OwnFile, sortable=False),
    )
}

# Types of which rows have one of a few values each: counted by them.
OF_FEW_VALUES = [one.code for one in TYPES.values() if issubclass(one.field, OwnChoice | YesNo)]


def field_of(one: CustomField, group: "FieldGroup | None" = None) -> Field:
    """The field that it is; of a group that is shown for some choices only, it takes that condition."""
    kind = TYPES[one.type]
    sortable = one.is_filterable and kind.sortable
    built = kind.field(
        name=one.key,
        label=one.label,
        hint=one.hint,
        own=True,
        required=one.is_required,
        is_unique=one.is_unique,
        is_needed=one.is_needed,
        filterable=one.is_filterable,
        sortable=sortable,
        in_list=one.in_list,
        on_card=one.on_card,
        searched=kind.searched,
        shown_when=_when(one.shown_when) or (group and _when(group.shown_when)) or None,
        comes_from={"lead": one.comes_from} if one.comes_from else {},
        **kind.read(one.settings),
    )
    return built if one.default is None else replace(built, default=built.from_json(one.default))


def _when(told: Any) -> When | None:
    return (told[0], tuple(told[1])) if told else None


# What a company has decided ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Shape:
    """All of it: fields with their groups by kind, the order of each kind, the rights of each field by kind.

    `known` are all that there ever were, by their keys, of which no two are alike in the whole company.
    """

    fields: Mapping[str, tuple[tuple[Group, Field], ...]]
    orders: Mapping[str, Order]
    rights: Mapping[str, tuple[tuple[str, list[dict[str, Any]]], ...]]
    known: Mapping[str, Field]


@lru_cache(maxsize=4)
def _read(stamp: str) -> Shape:
    """What was in force when the stamp was new: three statements, once in each process."""
    if not stamp:
        return Shape({}, {}, {}, {})
    known = {group.name: group for group in FieldGroup.objects.all()}
    groups = {name: Group(name, one.label, shown_when=_when(one.shown_when)) for name, one in known.items()}
    fields: dict[str, tuple[tuple[Group, Field], ...]] = {}
    rights: dict[str, tuple[tuple[str, list[dict[str, Any]]], ...]] = {}
    there = list(CustomField.objects.all())
    for one in (one for one in there if one.rights):
        rights[one.kind] = (*rights.get(one.kind, ()), (one.key, one.rights))
    for one in (one for one in there if one.is_active):
        group = groups.get(one.group) or Group(one.group, one.group)
        pair = (group, field_of(one, known.get(one.group)))
        fields[one.kind] = (*fields.get(one.kind, ()), pair)
    orders = {
        one.kind: tuple((groups.get(name) or Group(name, name), tuple(names)) for name, names in one.groups)
        for one in Layout.objects.all()
    }
    return Shape(fields, orders, rights, {one.key: field_of(one) for one in there})


@schema.add_source
def fields_of(kind: str, pipeline: int | None) -> Iterable[tuple[Group, Field]]:
    return _read(shape.stamp()).fields.get(kind, ())


def order_of(kind: str) -> Order:
    return _read(shape.stamp()).orders.get(kind, ())


def rights_of(kind: str, user: User) -> dict[str, str]:
    """What a person may do with the company's own fields: what is said of the person goes before the department,
    that of a department before the role (R4.26); a field of which nothing is said is everybody's to write."""
    found = {}
    for name, rights in _read(shape.stamp()).rights.get(kind, ()):
        by = {(one["to"], one["id"]): one["how"] for one in rights}
        above = [int(part) for part in user.department.path.split("/") if part] if user.department else []
        asked = [("person", user.pk), *(("department", pk) for pk in reversed(above)), ("role", user.role_id)]
        how = next((by[one] for one in asked if one in by), EDITABLE)
        if how != EDITABLE:
            found[name] = how
    return found


def filled_in(row: Any) -> Iterable[Field]:
    """The fields that a row has a value of, in use or not."""
    known = _read(shape.stamp()).known if row.own else {}
    return [one for name, one in known.items() if name in row.own]  # in one order, however JSON keeps them


schema.add_finding(filled_in)
schema.add_order(order_of)
schema.add_rights(rights_of)
