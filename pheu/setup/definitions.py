"""What may be said of a company's own fields, and what else asks about them: groups, what decides what is shown."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from pheu.core.errors import Invalid
from pheu.core.templatetags.signs import TONES
from pheu.core.vietnamese import fold
from pheu.core.vietnamese.text import spelling
from pheu.people.models import Department, Role, User
from pheu.records import custom, kinds
from pheu.records.fields import Field
from pheu.records.models import CustomField, FieldGroup
from pheu.records.schema import EDITABLE, HIDDEN, READ_ONLY, Group

# R4.25, R4.33: tickets come first; the others may have fields as well.
CLASSES = {
    "ticket": _("Ticket"), "lead": _("Lead"), "deal": _("Deal"), "company": _("Company"), "contact": _("Contact"),
    "prospect": _("Prospect"),
}  # fmt: skip
MOST_OPTIONS = 4000
TO = {"role": Role, "department": Department, "person": User}
Wrong = list[tuple[str, Any]]


def groups_of(kind: str) -> list[Group]:
    """All groups that a field of `kind` may stand in, empty ones too; tickets have those of their own only."""
    own = [Group(one.name, one.label) for one in FieldGroup.objects.filter(kind=kind)]
    there = {one.code for one in kinds.every()}
    base = list(kinds.get(kind).schema.groups) if kind in there else [Group("ticket", CLASSES["ticket"])]
    return base + [one for one in own if one.name not in {group.name for group in base}]


def users_of(one: CustomField, others: Sequence[CustomField]) -> list[Any]:
    """Fields and groups of which this one decides what they show or offer."""
    groups = FieldGroup.objects.filter(kind=one.kind, shown_when__0=one.key)
    asked = [
        other
        for other in others
        if other.is_active
        and other.kind == one.kind
        and one.key in (other.settings.get("parent"), (other.shown_when or [""])[0])
    ]
    twins = [other for other in others if one.kind == "lead" and other.is_active and other.comes_from == one.key]
    return [*asked, *groups, *twins]


def check(one: CustomField, others: Sequence[CustomField]) -> None:
    """`Invalid` with words beside what is wrong."""
    errors: dict[str, list[str]] = {}
    try:
        one.clean_fields()
    except ValidationError as error:
        errors = {name: list(words) for name, words in error.message_dict.items()}
    for check in (_check_label, _check_group_of, _check_settings, _check_when, _check_rights, _check_origin):
        for name, words in check(one, others):
            errors.setdefault(name, []).append(str(words))
    if not errors:
        try:
            if one.default is not None and one.type in custom.BEGINS_EMPTY:
                raise ValueError(one.type)
            custom.field_of(one)
        except (ValueError, KeyError, TypeError, AttributeError):
            errors["default"] = [str(_("This is no value of such a field."))]
    if errors:
        raise Invalid(errors, _labels(CustomField, errors))


def _check_label(one: CustomField, others: Sequence[CustomField]) -> Wrong:
    named = [other.label for other in others if other.kind == one.kind and other.is_active]
    if not any(character.isalnum() for character in one.label):
        return [("label", _("Give it a name."))]
    if one.is_active and fold(one.label) in map(fold, named):
        return [("label", _("There is a field of this name already."))]
    return []


def _check_group_of(one: CustomField, others: Sequence[CustomField]) -> Wrong:
    return [] if one.group in {group.name for group in groups_of(one.kind)} else [("group", _("Choose one of these."))]


def _check_settings(one: CustomField, others: Sequence[CustomField]) -> Wrong:
    asks = custom.TYPES[one.type].asks
    if "options" in asks:
        return _check_options(one, others)
    if "of" in asks and one.settings.get("of") not in {kind.code for kind in kinds.every()}:
        return [("settings", _("Choose what kind of record it names."))]
    if "least" not in asks:
        return []
    try:
        built = custom.field_of(one)
    except (ValueError, ArithmeticError, TypeError):
        return [("settings", _("Smallest and largest value are numbers, with at most 6 places behind the comma."))]
    if not 0 <= built.places <= 6 or built.least > built.most or len(built.unit) > 20:  # type: ignore[attr-defined]
        return [("settings", _("Smallest and largest value are numbers, with at most 6 places behind the comma."))]
    return []


def _check_options(one: CustomField, others: Sequence[CustomField]) -> Wrong:
    options = one.settings.get("options") or []
    labels = [spelling(option["label"]) for option in options if option.get("is_active", True)]
    if not labels:
        return [("settings", _("Name at least one choice."))]
    if len(options) > MOST_OPTIONS:
        return [("settings", _("A field has at most %(most)s choices.") % {"most": MOST_OPTIONS})]
    if any(not option["label"] or len(option["label"]) > 100 for option in options):
        return [("settings", _("A choice has 1 to 100 characters."))]
    under = [(spelling(option["label"]), tuple(sorted(option.get("under") or ()))) for option in options]
    if len(set(under)) < len(under):
        return [("settings", _("A choice stands in the list twice."))]
    if any((option.get("tone") or "slate") not in TONES for option in options):
        return [("settings", _("Choose one of these colours."))]
    return _check_parent(one, others)


def _check_parent(one: CustomField, others: Sequence[CustomField]) -> Wrong:
    """A choice in use of the same kind, and no circle."""
    by_key = {other.key: other for other in others if other.kind == one.kind and other.is_active}
    name, seen = one.settings.get("parent") or "", {one.key}
    while name:
        parent = by_key.get(name)
        if parent is None or "options" not in custom.TYPES[parent.type].asks or name in seen:
            return [("settings", _("The field above must be another choice of the same records."))]
        seen.add(name)
        name = parent.settings.get("parent") or ""
    return []


def _check_when(one: CustomField | FieldGroup, others: Sequence[CustomField] = ()) -> Wrong:
    """Another field of the kind, and no circle."""
    if not one.shown_when:
        return []
    offered = deciders(one.kind)
    seen, when = {getattr(one, "key", "")}, one.shown_when
    conditions = {other.key: other.shown_when for other in others if other.kind == one.kind}
    while when:
        name, values = when
        known = {str(value) for value, _label in offered[name].options} if name in offered else set()
        if name in seen or not values or not set(values) <= known:
            return [("shown_when", _("Choose values of one other field of the same records."))]
        seen.add(name)
        when = conditions.get(name)
    return []


def _check_rights(one: CustomField, others: Sequence[CustomField]) -> Wrong:
    if any(not right["name"] or right["how"] not in (HIDDEN, READ_ONLY, EDITABLE) for right in one.rights):
        return [("rights", _("Choose one of these."))]
    if len({(right["to"], right["id"]) for right in one.rights}) < len(one.rights):
        return [("rights", _("Say one thing about each."))]
    return []


def named_rights(rights: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Each with the name of this day; without one where nobody has that id."""
    rows = {to: TO[to]._default_manager.in_bulk([one["id"] for one in rights if one.get("to") == to]) for to in TO}
    there = [(one, rows.get(one.get("to", ""), {}).get(one["id"])) for one in rights]
    return [{**one, "how": one.get("how"), "name": str(row) if row else ""} for one, row in there]


def _check_origin(one: CustomField, others: Sequence[CustomField]) -> Wrong:
    if not one.comes_from:
        return []
    origin = next((other for other in others if other.kind == "lead" and other.key == one.comes_from), None)
    same = origin is not None and origin.type == one.type and one.kind == "deal"
    return [] if same else [("comes_from", _("A field of leads with the same data type."))]


def check_group(group: FieldGroup) -> None:
    errors: dict[str, list[str]] = {}
    try:
        group.clean_fields()
    except ValidationError as error:
        errors = {name: list(words) for name, words in error.message_dict.items()}
    named = [one.label for one in groups_of(group.kind) if one.name != group.name]
    if fold(group.label) in [fold(str(one)) for one in named]:
        errors["label"] = [str(_("There is a group of this name already."))]
    for name, words in _check_when(group):
        errors[name] = [str(words)]
    if errors:
        raise Invalid(errors, _labels(FieldGroup, errors))


class Decider:
    """A field whose choices may decide what else is shown."""

    def __init__(self, field: Field, options: Sequence[tuple[Any, Any]]) -> None:
        self.name, self.label, self.options = field.name, field.label, [(str(value), label) for value, label in options]


def deciders(kind: str) -> dict[str, Decider]:
    """Every field of a kind with choices that stay what they are: fixed words, or a list of the company."""
    if kind not in {one.code for one in kinds.every()}:
        fields: list[Field] = [custom.field_of(one) for one in CustomField.objects.filter(kind=kind, is_active=True)]
    else:
        fields = [one for one in kinds.get(kind).schema if one.editable and not one.tells_apart]
    found: dict[str, Decider] = {}
    for one in fields:
        table = one.table(User()) if one.cell == "choice" else None
        options = list(one.choices()) or [(row.pk, str(row)) for row in list(table or ())[:200]]
        if options and one.name not in ("owner", "team", "department", "stage"):
            found[one.name] = Decider(one, options)
    return found


def _labels(model: Any, names: Mapping[str, Any]) -> dict[str, str]:
    return {name: str(model._meta.get_field(name).verbose_name) for name in names}
