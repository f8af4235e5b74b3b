"""A configuration travels: the company's profile and holidays, roles, lists, own fields, groups, layouts and pipelines.

It is one JSON file, named by words instead of ids. The logo, a file, does not travel; nor, on purpose, do people: who
they are is personal data. Accounts, teams, departments, and what a field's rights say of one person, stay at home.

What is there already is changed to what the file says, what is missing is added, nothing is taken away. Everything
goes through the acts, so that rights, checks and the log are the same as on the pages.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from django.db import DataError, transaction
from django.db.models import Model
from django.utils.translation import gettext_lazy as _

from pheu.core.errors import DomainError
from pheu.core.vietnamese import fold
from pheu.core.vietnamese.text import clean_lines
from pheu.people.models import Holiday, Profile, Role, User
from pheu.people.seeds import ROLES as SHIPPED
from pheu.records import kinds
from pheu.records.acts import operation
from pheu.records.lists import KEPT
from pheu.records.models import CustomField, FieldGroup, Layout
from pheu.setup import configuring, lists, shaping
from pheu.setup.definitions import CLASSES, TO, deciders, groups_of
from pheu.setup.events import OF_CONFIGURATION
from pheu.setup.lists import CompanyList, Page
from pheu.setup.pipeline_files import at, import_pipelines, known, once, placed, told_pipelines
from pheu.setup.profile import COMPANY, HOLIDAYS
from pheu.setup.queries import columns_of
from pheu.setup.roles import ROLES, role_called
from pheu.timeline.events import KINDS
from pheu.timeline.models import Event

EXAMPLES = Path(__file__).with_name("examples")
FORMAT = 1
PLAIN = tuple(name for name in shaping.COLUMNS if name not in ("group", "shown_when", "rights"))
# What names somebody in a file, in place of an id.
NAMED_BY = {"role": "name", "department": "name", "person": "email"}


def exported() -> dict[str, Any]:
    """All of it as JSON."""
    fields: dict[str, list[Any]] = {}
    for one in CustomField.objects.all():
        fields.setdefault(one.kind, []).append(_told_field(one))
    groups: dict[str, list[Any]] = {}
    for group in FieldGroup.objects.all():
        told = {"label": group.label, "shown_when": _told_when(group.kind, group.shown_when)}
        groups.setdefault(group.kind, []).append({name: value for name, value in told.items() if value})
    return {
        "pheu": FORMAT,
        "profile": {name: getattr(Profile.objects.get(), name) for name in COMPANY.columns},
        "holidays": [_told_holiday(one) for one in HOLIDAYS.items],
        "roles": [_told_role(one) for one in ROLES.items],
        "lists": {of.code: [_told_item(of, one) for one in of.items] for of in _lists()},
        "groups": groups,
        "fields": fields,
        "layout": {one.kind: _told_layout(one.kind) for one in Layout.objects.all()},
        "pipelines": told_pipelines(),
        **{name: part() for name, part in _told_above.items()},
    }


def import_config(told: Any, *, by: User, dry_run: bool = False) -> list[str]:
    """Bring in a file that `exported` could have written; what it changed, as the log says it.

    With `dry_run` nothing is kept. `DomainError` says what in the file is no configuration.
    """
    if not isinstance(told, dict) or told.get("pheu") != FORMAT:
        raise DomainError(_("This is no configuration of Phễu."))
    try:
        told = _cleaned(told)
    except RecursionError as error:
        raise DomainError(_("This is no configuration of Phễu.")) from error
    try:
        with transaction.atomic():
            lines = _imported(told, by)
            transaction.set_rollback(dry_run)
    finally:
        shaping.shape.see(None)  # which may be gone again
    return lines


def _imported(told: Mapping[str, Any], by: User) -> list[str]:
    with operation("import_config", by=by, via="import") as doing:
        for part in (*PARTS, *_brought_above):
            _safely(part, told, by)
        codes = [one.code for one in OF_CONFIGURATION]
        return [
            _line(one, by) for one in Event.objects.filter(operation=doing.operation, kind__in=codes).order_by("pk")
        ]


def _line(event: Event, reader: User) -> str:
    changes = "; ".join(f"{label}: {words}" for label, words in columns_of(event))
    return f"{event.subject}: {KINDS[event.kind].say(event, reader)}" + (f" ({changes})" if changes else "")


def _cleaned(told: Any) -> Any:
    """The same with its texts as a form would have read them."""
    if isinstance(told, dict):
        return {name: _cleaned(value) for name, value in told.items()}
    if isinstance(told, list):
        return [_cleaned(one) for one in told]
    return clean_lines(told) if isinstance(told, str) else told


def _safely(part: Callable[[Mapping[str, Any], User], None], told: Mapping[str, Any], by: User) -> None:
    try:
        part(told, by)
    except (ArithmeticError, AttributeError, DataError, LookupError, TypeError, ValueError) as error:
        raise DomainError(_("The file cannot be read at: %(what)s."), what=str(error)[:200]) from error


# Out ------------------------------------------------------------------------------------------------------------------


def _lists() -> list[CompanyList]:
    return [one for one in lists.every() if isinstance(one, CompanyList) and one.travels]


def _told_role(one: Role) -> dict[str, Any]:
    """With the code of one that came with the product, which knows it again under another name."""
    came = {"code": one.code} if one.code in {code for code, _name, _grants in SHIPPED} else {}
    return came | {"name": one.name, "grants": one.grants, "fields": one.fields, "lists": _told_lists(one.lists)}


def _told_lists(lists: Mapping[str, Mapping[str, str]]) -> dict[str, dict[str, str]]:
    """A view that somebody has kept is theirs and does not travel."""
    told = {
        kind: {name: value for name, value in look.items() if name != "tab" or not value.startswith(KEPT)}
        for kind, look in lists.items()
    }
    return {kind: look for kind, look in told.items() if look}


def _told_item(of: Any, one: Any) -> dict[str, Any]:
    told = {name: getattr(one, name) for name in of.columns}
    return {name: str(value) if isinstance(value, Model) else value for name, value in told.items()}


def _told_holiday(one: Holiday) -> dict[str, Any]:
    return {"day": one.day.isoformat(), "name": one.name} | ({"is_working": True} if one.is_working else {})


def _told_field(one: CustomField) -> dict[str, Any]:
    usual = CustomField()
    told = {name: getattr(one, name) for name in PLAIN if getattr(one, name) != getattr(usual, name)}
    told |= {"key": one.key, "type": one.type, "group": _name_of_group(one.kind, one.group)}
    if one.shown_when:
        told["shown_when"] = _told_when(one.kind, one.shown_when)
    if rights := [_told_right(right) for right in one.rights if right["to"] != "person"]:
        told["rights"] = rights
    return told


def _told_when(kind: str, when: Any) -> Any:
    """[field, [what the values are called]]."""
    if not when:
        return None
    labels = {value: str(label) for value, label in deciders(kind)[when[0]].options}
    return [when[0], [labels.get(value, value) for value in when[1]]]


def _told_right(right: Mapping[str, Any]) -> dict[str, Any]:
    row = TO[right["to"]]._default_manager.filter(pk=right["id"]).first()
    return {"to": right["to"], "who": getattr(row, NAMED_BY[right["to"]], ""), "how": right["how"]}


def _told_layout(kind: str) -> list[Any]:
    """As people see it: without the fields that are out of use, with the groups that came since it was laid out."""
    return [[_name_of_group(kind, one.name), [field.name for field in one.fields]] for one in groups_of(kind)]


def _name_of_group(kind: str, name: str) -> str:
    own = {one.name: one.label for one in FieldGroup.objects.filter(kind=kind)}
    return own.get(name, name)


# In -------------------------------------------------------------------------------------------------------------------


def _import_profile(told: Mapping[str, Any], by: User) -> None:
    profile = Profile.objects.get()
    changes = {name: (getattr(profile, name), value) for name, value in told.get("profile", {}).items()}
    configuring.change_item(COMPANY, profile.pk, changes, by=by, via="import")


def _import_holidays(told: Mapping[str, Any], by: User) -> None:
    there = {one.day: one for one in HOLIDAYS.items}
    for item in told.get("holidays", ()):
        day = date.fromisoformat(item["day"])
        values = {"day": day, "name": item["name"], "is_working": item.get("is_working", False)}
        if (one := there.get(day)) is None:
            configuring.add_item(HOLIDAYS, values, by=by, via="import")
        else:
            changes = {name: (getattr(one, name), value) for name, value in values.items()}
            configuring.change_item(HOLIDAYS, one.pk, changes, by=by, via="import")


def _import_roles(told: Mapping[str, Any], by: User) -> None:
    for item in once(told.get("roles", ())):
        values = {name: value for name, value in known(item, ("code", *ROLES.columns)).items() if name != "code"}
        with at(item["name"]):
            one = Role.objects.filter(code=item.get("code", "")).first() or role_called(item["name"])
            if one is None:
                configuring.add_item(ROLES, values, by=by, via="import")
            else:
                changes = {name: (getattr(one, name), value) for name, value in values.items()}
                configuring.change_item(ROLES, one.pk, changes, by=by, via="import")
    _order(ROLES, told.get("roles", ()), by)


def _order(of: Page, items: Sequence[Mapping[str, Any]], by: User) -> None:
    order = placed(list(of.items), [item["name"] for item in items])
    configuring.order_items(of, [one.pk for one in order], by=by, via="import")


def _import_lists(told: Mapping[str, Any], by: User) -> None:
    for code, items in told.get("lists", {}).items():
        of = next((one for one in _lists() if one.code == code), None)
        if of is None:
            raise DomainError(_("There is no list “%(code)s”."), code=code)
        there = {fold(one.name) for one in of.items}
        for item in once(items):
            if fold(item["name"]) not in there:
                configuring.add_item(of, _values_of(of, item, {}), by=by, via="import")
        known = {fold(one.name): one for one in of.items}
        for item in items:
            one = known[fold(item["name"])]
            changes = {name: (getattr(one, name), value) for name, value in _values_of(of, item, known).items()}
            configuring.change_item(of, one.pk, changes, by=by, via="import")
        _order(of, items, by)


def _values_of(of: CompanyList, item: Mapping[str, Any], known: Mapping[str, Any]) -> dict[str, Any]:
    """Columns of an entry; another entry of the list by its name, as far as those are `known` yet."""
    values = {name: item[name] for name in of.columns if name in item}
    for name in [name for name in values if of.column(name).field.is_relation]:
        values[name] = known.get(fold(values[name])) if values[name] else None
    return values


def _kinds_in(told: Mapping[str, Any], part: str) -> Iterator[tuple[str, Sequence[Any]]]:
    for kind, many in told.get(part, {}).items():
        if kind not in CLASSES:
            raise DomainError(_("There is no record type “%(kind)s”."), kind=kind)
        yield kind, many


def _import_groups(told: Mapping[str, Any], by: User) -> None:
    for kind, groups in _kinds_in(told, "groups"):
        there = {fold(one.label) for one in FieldGroup.objects.filter(kind=kind)}
        for group in groups:
            if fold(group["label"]) not in there:
                shaping.add_group(kind, group["label"], by=by, via="import")


def _import_fields(told: Mapping[str, Any], by: User) -> None:
    """Those that are missing, without what refers to others."""
    for kind, fields in _kinds_in(told, "fields"):
        there = set(CustomField.objects.filter(kind=kind).values_list("key", flat=True))
        for one in fields:
            if one["key"] not in there:
                values = {name: one[name] for name in PLAIN if name in one and name not in ("comes_from", "is_active")}
                values |= {"group": _group_named(kind, one["group"]), "settings": _without_parent(one)}
                shaping.add_field(kind, one["type"], values, key=one["key"], by=by, via="import")


def _without_parent(one: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in one.get("settings", {}).items() if name != "parent"}


def _import_conditions(told: Mapping[str, Any], by: User) -> None:
    """Everything else of fields and groups, now that all that they may refer to is there."""
    for kind, fields in _kinds_in(told, "fields"):
        for one in fields:
            item = CustomField.objects.get(kind=kind, key=one["key"])
            usual = CustomField()
            values = {name: one.get(name, getattr(usual, name)) for name in PLAIN}
            values |= {
                "group": _group_named(kind, one["group"]),
                "shown_when": _when(kind, one.get("shown_when")),
                **_rights(one.get("rights", ()), item.rights),
            }
            shaping.change_field(item.pk, values, seen=shaping.digest(item), by=by, via="import")
    for kind, groups in _kinds_in(told, "groups"):
        there = {fold(one.label): one for one in FieldGroup.objects.filter(kind=kind)}
        for group in groups:
            one = there[fold(group["label"])]
            when = _when(kind, group.get("shown_when"))
            shaping.change_group(one.pk, group["label"], when, by=by, via="import")


def _when(kind: str, told: Any) -> Any:
    if not told:
        return None
    name, labels = told
    offered = deciders(kind)
    known = {fold(str(label)): value for value, label in offered[name].options} if name in offered else {}
    return [name, [known.get(fold(str(label)), str(label)) for label in labels]]


def _rights(told: Sequence[Mapping[str, Any]], held: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The column of a field, with what is said here of persons; none where the same is in force already."""
    wanted: list[Mapping[str, Any]] = [_right(one) for one in told]
    named = {one["id"] for one in wanted if one["to"] == "person"}
    wanted += [one for one in held if one["to"] == "person" and one["id"] not in named]
    same = {(one["to"], one["id"], one["how"]) for one in wanted} == {
        (one["to"], one["id"], one["how"]) for one in held
    }
    return {} if same else {"rights": wanted}


def _right(told: Mapping[str, Any]) -> dict[str, Any]:
    to, who = told["to"], told["who"]
    row = role_called(who) if to == "role" else TO[to]._default_manager.filter(**{NAMED_BY[to]: who}).first()
    if row is None:
        raise DomainError(_("There is nobody called “%(who)s” here."), who=who)
    return {"to": to, "id": row.pk, "how": told["how"]}


def _group_named(kind: str, name: str) -> str:
    own = {fold(one.label): one.name for one in FieldGroup.objects.filter(kind=kind)}
    return own.get(fold(name), name)


def _import_layouts(told: Mapping[str, Any], by: User) -> None:
    for kind, groups in _kinds_in(told, "layout"):
        if kind not in {one.code for one in kinds.every()}:
            continue
        wanted = [(_group_named(kind, name), names) for name, names in groups]
        for name, names in wanted:
            shaping.arrange(kind, name, names, by=by, via="import")
        first = [name for name, _names in wanted]
        rest = [one.name for one in groups_of(kind) if one.name not in first]
        shaping.arrange_groups(kind, [*first, *rest], by=by, via="import")


PARTS = (
    _import_profile, _import_holidays, _import_roles, _import_lists, _import_groups, _import_fields,
    _import_conditions, _import_layouts, import_pipelines,
)  # fmt: skip

# What apps above keep for the company: how each part is told, and how it is brought in, after all of ours.
_told_above: dict[str, Callable[[], Any]] = {}
_brought_above: list[Callable[[Mapping[str, Any], User], None]] = []


def add_part(name: str, told: Callable[[], Any], bring: Callable[[Mapping[str, Any], User], None]) -> None:
    """Let a configuration hold more, by this name in the file."""
    _told_above[name] = told
    _brought_above.append(bring)
