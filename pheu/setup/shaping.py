"""The acts on a company's own fields, their groups and the order of both (R4.22-4.33). Each is told in the log.

Nothing is destroyed: a field out of use keeps what was typed, a choice that is offered no more keeps its place.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from pheu.core import shape
from pheu.core.errors import Conflict, DomainError, Invalid
from pheu.core.turns import take_turn
from pheu.core.vietnamese import fold
from pheu.people.models import User
from pheu.people.scopes import CHANGE
from pheu.records import counter_triggers, custom, kinds, writing
from pheu.records.acts import act
from pheu.records.locking import hold
from pheu.records.models import CustomField, FieldGroup, Layout, Record, id_and_name
from pheu.setup import events
from pheu.setup.definitions import CLASSES, check, check_group, deciders, groups_of, named_rights, users_of
from pheu.timeline.services import record

LIMITED = ("ticket", "lead", "deal")  # D8: together
MOST_GROUPS = 60
# Without two `_` in a row: those would lead into JSON (`own__key`).
KEY = rf"{custom.PREFIX}[a-z0-9]+(_[a-z0-9]+){{0,20}}"
CHUNK = 1000  # records at once
COLUMNS = (
    "label", "hint", "group", "is_required", "is_unique", "is_needed", "is_filterable", "in_list", "on_card",
    "is_active", "default", "settings", "shown_when", "rights", "comes_from",
)  # fmt: skip


@act
def add_field(
    kind: str, of_type: str, values: Mapping[str, Any], *, key: str = "", by: User, via: str = "page"
) -> CustomField:
    """A new field of `kind` at the end of its group; the 51st of tickets, leads and deals is refused (R4.28, D8).

    `key`: as it is called in a file of another company; without one it is named after its label.
    """
    held = _held(by)
    if kind not in CLASSES:
        raise Invalid({"kind": [str(_("Choose one of these."))]}, {"kind": str(_("Record type"))})
    if of_type not in custom.TYPES:
        raise Invalid({"type": [str(_("Choose one of these."))]}, {"type": str(_("Data type"))})
    _must_have_room(kind, held)
    if key and (not re.fullmatch(KEY, key) or any(one.key == key for one in held)):
        raise DomainError(_("“%(key)s” cannot be the key of a field, or is one already."), key=key[:60])
    key = key or _key(str(values.get("label", "")), held)
    one = CustomField(kind=kind, type=of_type, key=key, position=len(held))
    for name in COLUMNS:
        if name in values:
            setattr(one, name, values[name])
    one.rights = named_rights(one.rights)
    check(one, held)
    one.save()
    _count_by(one, is_empty=True)
    _tell(events.FIELD_ADDED, one, by, via)
    return one


@act
def change_field(pk: int, values: Mapping[str, Any], *, seen: str, by: User, via: str = "page") -> CustomField:
    """Change a field. `seen` is the `digest` that the person began with: another one by now raises `Conflict`."""
    held = _held(by)
    one = _among(held, pk)
    if digest(one) != seen:
        raise Conflict(_("Somebody else has changed this meanwhile. Please look at it again."))
    told = []
    if "rights" in values:
        values = {**values, "rights": named_rights(values["rights"])}
    for name in COLUMNS:
        if name in values and values[name] != getattr(one, name):
            told.append(_change(one.kind, name, getattr(one, name), values[name]))
            setattr(one, name, values[name])
    if not told:
        return one
    others = [other for other in held if other.pk != pk]
    if any(change["column"] == "is_active" for change in told):
        _may_switch(one, others)
    check(one, others)
    one.save()
    _tell(events.FIELD_CHANGED, one, by, via, changes=told)
    return one


@act
def move_field(pk: int, to: str, *, seen: str, by: User, via: str = "page") -> int:
    """Let a field belong to another kind (R4.29). Values go along where records are linked; the number of those.

    What stays behind is kept with its record and shown again when the field comes back.
    """
    held = _held(by)
    one = _among(held, pk)
    if digest(one) != seen:
        raise Conflict(_("Somebody else has changed this meanwhile. Please look at it again."))
    others = [other for other in held if other.pk != pk]
    if to not in CLASSES or to == one.kind:
        raise DomainError(_("Choose another record type."))
    if users := users_of(one, others):
        raise DomainError(_("“%(name)s” depends on this field."), name=users[0])
    was = one.kind
    if to in LIMITED and was not in LIMITED:
        _must_have_room(to, others)
    one.kind, one.shown_when, one.comes_from, one.group = to, None, "", groups_of(to)[0].name
    one.settings = {name: value for name, value in one.settings.items() if name != "parent"}
    check(one, others)
    one.save()
    _count_by(one)
    followed = _let_values_follow(one.key, was, to)
    record(
        events.FIELD_MOVED, about=None, by=by, via=via, subject=str(_("Custom fields")), list="fields",
        item=id_and_name(one), left=was, entered=to, values=followed,
    )  # fmt: skip
    shape.changed()
    return followed


@act
def add_group(kind: str, label: str, shown_when: Any = None, *, by: User, via: str = "page") -> FieldGroup:
    """A heading of the company's own."""
    _held(by)
    if kind not in CLASSES:
        raise DomainError(_("Choose one of these."))
    there = FieldGroup.objects.filter(kind=kind)
    if len(there) >= MOST_GROUPS:
        raise DomainError(_("A record has at most %(most)s groups of fields."), most=MOST_GROUPS)
    group = FieldGroup(kind=kind, label=label, shown_when=shown_when, position=len(there))
    check_group(group)
    group.save()
    _tell(events.GROUP_ADDED, group, by, via)
    return group


@act
def change_group(pk: int, label: str, shown_when: Any = None, *, by: User, via: str = "page") -> FieldGroup:
    _held(by)
    group = _group(pk)
    told = [
        _change(group.kind, name, getattr(group, name), value)
        for name, value in (("label", label), ("shown_when", shown_when))
        if value != getattr(group, name)
    ]
    if told:
        group.label, group.shown_when = label, shown_when
        check_group(group)
        group.save()
        _tell(events.GROUP_CHANGED, group, by, via, changes=told)
    return group


@act
def drop_group(pk: int, *, by: User, via: str = "page") -> None:
    """Take away a heading that has no field, in use or not."""
    held = _held(by)
    group = _group(pk)
    shown = next(one for one in groups_of(group.kind) if one.name == group.name)
    if shown.fields or any(one.kind == group.kind and one.group == group.name for one in held):
        raise DomainError(_("Move its fields to another group first."))
    _tell(events.GROUP_DROPPED, group, by, via)
    group.delete()


@act
def arrange(kind: str, group: str, names: Sequence[str], *, by: User, via: str = "page") -> None:
    """Put these fields into a group in this order (R4.27); they leave the groups in which they stood."""
    _held(by)
    before = [(one.name, [field.name for field in one.fields]) for one in groups_of(kind)]
    known = {name for _group, there in before for name in there}
    if group not in dict(before) or not set(names) <= known:
        raise Conflict(_("The fields were changed meanwhile. Please look at them again."))
    moved = set(names)
    order = [
        (name, list(names) if name == group else [one for one in there if one not in moved]) for name, there in before
    ]
    kept_back = [one for one in dict(before)[group] if one not in moved]
    order = [(name, [*there, *kept_back] if name == group else there) for name, there in order]
    _save_order(kind, order, by, via)
    CustomField.objects.filter(kind=kind, key__in=names).update(group=group)


@act
def arrange_groups(kind: str, names: Sequence[str], *, by: User, via: str = "page") -> None:
    """Put the groups of a kind into this order; `names` are all of them."""
    _held(by)
    groups = {one.name: [field.name for field in one.fields] for one in groups_of(kind)}
    if sorted(groups) != sorted(names):
        raise Conflict(_("The fields were changed meanwhile. Please look at them again."))
    _save_order(kind, [(name, groups[name]) for name in names], by, via)


def digest(one: CustomField) -> str:
    """What tells whether a definition is still the one that somebody saw."""
    return shape.digest([getattr(one, name) for name in ("kind", *COLUMNS)])


def room() -> tuple[int, int]:
    """How many fields tickets, leads and deals have together, and how many they may have (D8)."""
    return CustomField.objects.filter(kind__in=LIMITED, is_active=True).count(), settings.CUSTOM_FIELDS_MOST


def linked(key: str, was: str, to: str) -> list[tuple[int, Any]]:
    """(id, value) of records of `to` without one that go on from a record of `was` that has one, or the other way."""
    known = {one.code for one in kinds.every()}
    if not {was, to} <= known:
        return []
    links = [
        *Record.objects.filter(kind=to, continues__kind=was).values_list("pk", "continues"),
        *Record.objects.filter(kind=was, continues__kind=to, state=Record.State.LIVE).values_list("continues", "pk"),
    ]
    source, target = kinds.get(was).model.objects, kinds.get(to).model.objects
    values: dict[Any, Any] = dict(source.filter(own__has_key=key).values_list("pk", f"own__{key}"))
    filled = set(target.filter(own__has_key=key).values_list("pk", flat=True))
    found = {int(pk): values[other] for pk, other in links if pk and other in values and pk not in filled}
    return sorted(found.items())


# ----------------------------------------------------------------------------------------------------------------------


def _held(by: User) -> list[CustomField]:
    """Every field, which nobody else changes until we are done."""
    by.must("system", CHANGE)
    take_turn("shape")
    shape.see(None)  # somebody may have changed something while we waited
    return list(CustomField.objects.all())


def _change(kind: str, name: str, was: Any, now: Any) -> dict[str, Any]:
    """What an event keeps of a changed column: a condition and an origin by what they are called on that day."""
    if name == "shown_when":
        was, now = _named_when(kind, was), _named_when(kind, now)
    if name == "comes_from":
        labels = dict(CustomField.objects.filter(key__in=[was, now]).values_list("key", "label"))
        was, now = labels.get(was, was), labels.get(now, now)
    return {"column": name, "was": was, "now": now}


def _named_when(kind: str, when: Any) -> Any:
    other = deciders(kind).get(when[0]) if when else None
    if other is None:
        return when
    labels = {value: str(label) for value, label in other.options}
    return [str(other.label), [labels.get(value, value) for value in when[1]]]


def _among(held: Sequence[CustomField], pk: int) -> CustomField:
    found = next((one for one in held if one.pk == pk), None)
    if found is None:
        raise DomainError(_("This field is not there any more."))
    return found


def _group(pk: int) -> FieldGroup:
    found = FieldGroup.objects.filter(pk=pk).first()
    if found is None:
        raise DomainError(_("This group is not there any more."))
    return found


def _key(label: str, held: Sequence[CustomField]) -> str:
    """Named after the label of its first day; a number tells it from those that were called alike."""
    words = re.sub(r"[^a-z0-9]+", "_", fold(label)).strip("_")[:40].strip("_") or "field"
    taken = {one.key for one in held}
    key = f"{custom.PREFIX}{words}"
    return next(name for n in range(1, len(held) + 3) if (name := key if n == 1 else f"{key}_{n}") not in taken)


def _must_have_room(kind: str, held: Sequence[CustomField]) -> None:
    most = settings.CUSTOM_FIELDS_MOST
    if kind in LIMITED and sum(one.kind in LIMITED and one.is_active for one in held) >= most:
        words = ngettext(
            "Tickets, leads and deals have %(most)d field of your own together; that is the most.",
            "Tickets, leads and deals have %(most)d fields of your own together; that is the most.",
            most,
        )
        raise DomainError(words % {"most": most})


def _may_switch(one: CustomField, others: Sequence[CustomField]) -> None:
    if one.is_active:
        _must_have_room(one.kind, others)
    elif users := users_of(one, others):
        raise DomainError(_("“%(name)s” depends on this field."), name=users[0])


def _save_order(kind: str, order: Sequence[tuple[str, Sequence[str]]], by: User, via: str) -> None:
    wanted = [[name, list(names)] for name, names in order]
    if wanted == [[one.name, [field.name for field in one.fields]] for one in groups_of(kind)]:
        return
    Layout.objects.update_or_create(kind=kind, defaults={"groups": wanted})
    record(
        events.FIELDS_ARRANGED, about=None, by=by, via=via, subject=str(_("Layout")), list="fields",
        kind_of=kind, kind_label=str(CLASSES[kind]),
    )  # fmt: skip
    shape.changed()


def _tell(kind: Any, item: CustomField | FieldGroup, by: User, via: str, **facts: Any) -> None:
    subject = f"{_('Custom fields')} · {CLASSES[item.kind]}"
    record(kind, about=None, by=by, via=via, subject=subject, list="fields", item=id_and_name(item), **facts)
    shape.changed()


def _count_by(one: CustomField, *, is_empty: bool = False) -> None:
    """Let counters know how many rows have each value of it; `is_empty`: none has one yet."""
    for kind in kinds.every():  # or of a kind that is yet to come
        if kind.code == one.kind and kind.has_stages and one.type in custom.OF_FEW_VALUES:
            counter_triggers.watch(kind, is_empty=is_empty)


def batched(many: Sequence[Any], size: int) -> Iterator[list[Any]]:
    there = iter(many)
    while part := list(islice(there, size)):
        yield part


def _let_values_follow(key: str, was: str, to: str) -> int:
    """Give every linked record of `to` the value, chunk by chunk; the number of those that got one."""
    model, followed = kinds.get(to).model, 0
    for pairs in batched(linked(key, was, to), CHUNK):
        hold(*(pk for pk, _value in pairs))
        rows = model.objects.with_words().in_bulk([pk for pk, _value in pairs])
        for pk, value in pairs:
            rows[pk].own = {**rows[pk].own, key: value}
        writing.save_many(list(rows.values()), "own")
        followed += len(rows)
    return followed
