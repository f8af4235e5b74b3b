"""Conditions as people read them: «Giá trị dự kiến ít nhất 5.000.000 ₫ và Nguồn là Hội thảo»."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.utils.translation import gettext as _

from pheu.core.ids import read_ids
from pheu.people.models import User
from pheu.records import kinds, moments
from pheu.records.conditions import Part, Tree, read_part
from pheu.records.fields import Field
from pheu.records.kinds import Kind
from pheu.records.schema import offered

Names = dict[Field, dict[str, str]]


def words_of(kind: Kind, user: User, tree: Tree) -> str:
    """A condition that can be asked, in words. One statement for the names of all that it speaks of."""
    return words_of_each([(kind, tree)], user)[0]


def words_of_each(asked: Sequence[tuple[Kind, Tree]], user: User) -> list[str]:
    """The same for several conditions, with as many statements."""
    names = _names([part for kind, tree in asked for part in _parts(kind, user, tree)], user)
    return [_say(kind, user, tree, names) for kind, tree in asked]


def _parts(kind: Kind, user: User, tree: Tree) -> Iterator[Part]:
    if "field" in tree:
        part = read_part(kind, user, tree)
        yield part
        if part.operator.takes == "condition":
            yield from _parts(kinds.get(part.field.kind), user, part.value)  # type: ignore[attr-defined]
        return
    for inner in tree.values():
        for one in inner if isinstance(inner, list) else [inner]:
            yield from _parts(kind, user, one)


def _names(parts: Sequence[Part], user: User) -> Names:
    """What the values of these comparisons are called, as far as fields cannot say it by themselves."""
    wanted: dict[Field, list[Any]] = {}
    for part in parts:
        if part.operator.takes == "many":
            wanted.setdefault(part.field, []).extend(part.value)
    names: Names = {one: {str(value): str(label) for value, label in one.choices()} for one in wanted}
    tables = {one: rows for one in wanted if (rows := one.table(user)) is not None}
    called = offered({one: table.filter(pk__in=read_ids(wanted[one])) for one, table in tables.items()})
    for one, found in called.items():
        names[one] |= {str(pk): label for pk, label in found}
    for one, values in wanted.items():
        if one not in tables and not names[one]:
            names[one] |= one.names_of(values, user)
    return names


def _say(kind: Kind, user: User, tree: Tree, names: Names) -> str:
    if "field" in tree:
        part = read_part(kind, user, tree)
        return f"{part.field.label} {said(part, user, names)}".strip()
    if "not" in tree:
        return _("not (%(what)s)") % {"what": _say(kind, user, tree["not"], names)}
    if not tree:
        return ""
    [(word, inner)] = tree.items()
    told = [
        f"({words})" if "field" not in one and len(inner) > 1 else words
        for one in inner
        if (words := _say(kind, user, one, names))
    ]
    return (_(" and ") if word == "all" else _(" or ")).join(told)


def said(part: Part, user: User, names: Names) -> str:
    """Operator and values of one comparison."""
    label = str(part.operator.label)
    match part.operator.takes:
        case "nothing":
            return label
        case "condition":
            other = kinds.get(part.field.kind)  # type: ignore[attr-defined]
            return f"({_say(other, user, part.value, names)})"
        case "period":
            return f"{label} {moments.PERIODS[part.value][0]}"
        case "month":
            return f"{label} {moments.MONTHS[part.value]}"
    values = part.value if part.operator.takes in ("many", "two") else [part.value]
    called = [value_words(part.field, value, user, names.get(part.field, {})) for value in values]
    if part.operator.takes == "two":
        return f"{label} {called[0]} – {called[1]}"
    shown = ", ".join(called[:MOST_NAMED]) + (f", +{len(called) - MOST_NAMED}" if called[MOST_NAMED:] else "")
    return f"{label} {shown}"


MOST_NAMED = 3


def value_words(field: Field, value: Any, user: User, names: dict[str, str]) -> str:
    if value == "me":
        return _("me")
    if isinstance(value, dict):
        return moments.words_of(value)
    return names.get(str(value)) or field.show(field.operand(value, user))
