"""Conditions on rows of a kind, as JSON: in saved views, addresses, hand-out rules, workflows, reports and the API.

    {"all": [{"field": "status", "op": "in", "value": ["new", "working"]},
             {"any": [{"field": "owner", "op": "in", "value": ["me"]}, {"field": "owner", "op": "empty"}]},
             {"field": "company", "op": "where", "value": {"field": "type", "op": "in", "value": ["customer"]}}]}

`{}` is true of every row. Fields compile their own parts, so a condition can ask only what `schema_for` gives to the
person: hidden fields do not exist, and `where` looks only into records that they may see.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import reduce
from operator import and_, or_
from typing import Any
from urllib.parse import urlencode

from django.db.models import Lookup, Q
from django.db.models.lookups import IsNull
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from pheu.core.errors import DomainError
from pheu.people.models import User
from pheu.records import kinds, moments
from pheu.records.fields import Field
from pheu.records.kinds import Kind, Words
from pheu.records.operators import Operator

Tree = dict[str, Any]
DEEPEST, MOST_PARTS, MOST_VALUES = 8, 200, 500


class BadCondition(DomainError):
    """A condition that cannot be asked: an unknown field or operator, or a value of another type."""

    status = 422

    def __init__(self, where: str) -> None:
        super().__init__(_("This condition cannot be used: %(where)s."), where=where[:100])


@dataclass(frozen=True)
class View:
    """«Chế độ xem»: rows that fulfil a condition, in an order. These come with the system; people's own come later."""

    code: str
    label: Words
    where: Tree
    sort: str = ""
    columns: str = ""
    group: str = ""
    # As the address of its board names columns, lanes and pipeline; empty where it is a list.
    board: dict[str, str] = field(default_factory=dict)
    # Where it was kept, if it was; `is_whole` unless it asks for more than the person may see.
    saved: Any = None
    is_whole: bool = True


LATE: Tree = {"field": "overdue", "op": "in", "value": ["yes"]}


@dataclass(frozen=True)
class Part:
    """One comparison of a condition: a field, an operator and its operand as JSON."""

    field: Field
    name: str
    operator: Operator
    value: Any


def compile_tree(kind: Kind, user: User, tree: Any) -> Q:
    """`tree` as one condition on rows of `kind`, for what `user` may see; `BadCondition` says what is wrong with it."""
    return _unguarded(_compile(kind, user, tree, [0], 0))


def _unguarded(condition: Q) -> Q:
    """The same without "and it has a value" beside comparisons that only a value fulfils (`fields.base.compare`).

    It is needed under a "not" alone; elsewhere it is compiled and planned once for each way to see the rows.
    """
    if condition.negated:
        return condition
    told = [_unguarded(one) if isinstance(one, Q) else one for one in condition.children]
    if condition.connector == Q.AND:
        compared = [one.lhs for one in told if isinstance(one, Lookup) and not isinstance(one, IsNull)]
        told = [one for one in told if not (isinstance(one, IsNull) and one.rhs is False and one.lhs in compared)]
    return Q(*told, _connector=condition.connector)


def can_be_asked(kind: Kind, user: User, tree: Tree) -> bool:
    """Whether the condition speaks only of what `user` may see: a view over a hidden field is not theirs."""
    try:
        compile_tree(kind, user, tree)
    except BadCondition:
        return False
    return True


def askable(kind: Kind, user: User, tree: Tree) -> Tree:
    """What is left of a condition without what `user` may not ask: less is asked, and nothing is told by counting.

    Of "any" and "not" nothing is left once a part is missing, or rows would say what that part is.
    """
    inner = tree.get("all")
    if not isinstance(inner, list) or can_be_asked(kind, user, tree):
        return tree if can_be_asked(kind, user, tree) else {}
    return {"all": [left for one in inner if isinstance(one, dict) and (left := askable(kind, user, one))]}


def rows_where(kind: Kind, user: User, tree: Tree) -> Any:
    """The rows in use that `user` may see and that fulfil the condition: what a list of it shows."""
    return kind.model.objects.visible_to(user).live().filter(compile_tree(kind, user, tree))


def _compile(kind: Kind, user: User, tree: Any, parts: list[int], depth: int) -> Q:
    parts[0] += 1
    if not isinstance(tree, dict) or depth > DEEPEST or parts[0] > MOST_PARTS:
        raise BadCondition(_short(tree))
    if not tree:
        return Q()
    if "field" in tree:
        return _compile_part(kind, user, tree, parts, depth)
    [(word, inner)] = list(tree.items()) if len(tree) == 1 else [("", None)]
    if word == "not":
        return _opposite(_compile(kind, user, inner, parts, depth + 1))
    if word not in ("all", "any") or not isinstance(inner, list):
        raise BadCondition(_short(tree))
    compiled = [_compile(kind, user, one, parts, depth + 1) for one in inner]
    if word == "all":
        return reduce(and_, compiled, TRUE)
    # A condition that is true of every row is an empty one, which Django would leave out.
    return TRUE if TRUE in compiled else reduce(or_, compiled, NOTHING)


TRUE, NOTHING = Q(), Q(pk__in=[])


def _opposite(condition: Q) -> Q:
    return NOTHING if condition == TRUE else ~condition


def _compile_part(kind: Kind, user: User, tree: Tree, parts: list[int], depth: int) -> Q:
    part = read_part(kind, user, tree)
    match part.operator.takes:
        case "nothing":
            return part.operator.q(part.field, None)
        case "condition":
            other = kinds.get(part.field.kind)  # type: ignore[attr-defined]
            inside = _compile(other, user, part.value, parts, depth + 1)
            rows = other.model.objects.visible_to(user).live().filter(inside)
            return part.operator.q(part.field, rows.order_by().values("pk"))
        case "many":
            return part.operator.q(part.field, [_operand(part, one, user) for one in part.value])
        case "two":
            return part.operator.q(part.field, [_operand(part, one, user) for one in _pair(part)])
        case "period" | "month" as of:
            return part.operator.q(part.field, _said_by_name(part, of))
    return part.operator.q(part.field, _operand(part, part.value, user))


def _pair(part: Part) -> list[Any]:
    if not isinstance(part.value, list) or len(part.value) != 2:
        raise BadCondition(f"{part.field.label}: {_short(part.value)}")
    return part.value


BY_NAME = {"period": moments.read_period, "month": moments.read_month}


def _said_by_name(part: Part, of: str) -> Any:
    try:
        return BY_NAME[of](part.value)
    except ValueError as error:
        raise BadCondition(f"{part.field.label}: {_short(part.value)}") from error


def read_part(kind: Kind, user: User, tree: Tree) -> Part:
    """One comparison, checked as far as it can be without its values."""
    name, code, value = tree.get("field"), tree.get("op"), tree.get("value")
    field = kind.schema_for(user).get(name) if isinstance(name, str) else None
    operator = field.operators.get(code) if field is not None and isinstance(code, str) else None
    if field is None or operator is None or set(tree) - {"field", "op", "value"}:
        raise BadCondition(_short(tree))
    if operator.takes == "many" and not (isinstance(value, list) and len(value) <= MOST_VALUES):
        raise BadCondition(_short(tree))
    return Part(field, str(code), operator, value)


def _operand(part: Part, value: Any, user: User) -> Any:
    try:
        return part.field.operand(value, user)
    except (ValueError, TypeError, OverflowError) as error:
        raise BadCondition(f"{part.field.label}: {_short(value)}") from error


def _short(tree: Any) -> str:
    try:
        return json.dumps(tree, ensure_ascii=False, default=str)[:100]
    except (ValueError, RecursionError):
        return "…"


def parts_of_address(kind: Kind, user: User, params: QueryDict) -> Iterator[tuple[str, Part]]:
    """(parameter, comparison) of each filter that an address names and that can be asked; anything else is left out.

    `source=3&source=4` uses the field's usual operator, `created_at.from=2026-09-01` names one, `company.province=48`
    asks for a field of the record that is named (`asked_beyond`). A value may be JSON.
    """
    for key, values in params.lists():
        name, _dot, code = key.partition(".")
        field = kind.schema_for(user).get(name)
        operator = field.operators.get(code or field.usual_operator) if field is not None else None
        if operator is None and field is not None and key in (beyond := asked_beyond(kind, user)):
            yield key, _part_beyond(*beyond[key], values, user)
            continue
        if field is None or operator is None or not field.filterable or operator.takes == "condition":
            continue
        told = [_from_address(value) for value in values[:MOST_VALUES] if value]
        if operator.takes == "many":
            told = [one for one in told if _can_be_asked(field, one, user)]
            yield key, Part(field, code or field.usual_operator, operator, told)
            continue
        value = told[:2] if operator.takes == "two" else told[-1] if told else None
        if can_be_asked(kind, user, {"field": name, "op": code or field.usual_operator, "value": value}):
            yield key, Part(field, code or field.usual_operator, operator, value)


def asked_beyond(kind: Kind, user: User) -> dict[str, tuple[Field, Field]]:
    """{parameter: (the field that names another record, the field of that record)} of what a list can be narrowed to
    besides its own fields: where its customer is, of rows that do not say so themselves."""
    mine = kind.schema_for(user)
    picks = [one for one in mine.filters() if "where" in one.operators]
    beyond = [(pick, one) for pick in picks for one in kinds.get(pick.kind).schema_for(user).filters()]  # type: ignore[attr-defined]
    fits = [(pick, one) for pick, one in beyond if one.is_asked_beyond and mine.get(one.name) is None]
    return {f"{pick.name}.{one.name}": (pick, one) for pick, one in fits if pick is fits[0][0]}


def _part_beyond(pick: Field, one: Field, values: list[Any], user: User) -> Part:
    told = [value for value in values[:MOST_VALUES] if _can_be_asked(one, value, user)]
    inside = {"field": one.name, "op": one.usual_operator, "value": told}
    return Part(pick, "where", pick.operators["where"], inside)


def _from_address(text: str) -> Any:
    if not text.startswith("{"):
        return text
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _can_be_asked(field: Field, value: Any, user: User) -> bool:
    try:
        field.operand(value, user)
    except (ValueError, TypeError, OverflowError):
        return False
    return True


# Characters of a condition that an address may hold.
LONGEST = 4000


def read_tree(text: str) -> Any:
    """The condition that an address holds as JSON: `?where={"all": [...]}`."""
    try:
        return json.loads(text) if len(text) <= LONGEST else None
    except (ValueError, RecursionError) as error:
        raise BadCondition(text) from error


def fields_of(schema: Any, tree: Any) -> list[Field]:
    """The fields of the kind itself that a condition asks about, each once."""
    if "field" in tree:
        return [schema[tree["field"]]]
    inner = [one for value in tree.values() for one in (value if isinstance(value, list) else [value])]
    return list(dict.fromkeys(field for one in inner for field in fields_of(schema, one)))


def list_url(kind: Kind, tree: Tree) -> str:
    """The list of exactly the rows that fulfil a condition: what a number of a report or of the first page opens.

    A few comparisons are parameters, which people can read and take away one by one; anything else is `where`.
    """
    return f"{kind.url('list')}?{urlencode([('tab', 'all'), *as_parameters(kind, tree)])}"


def as_parameters(kind: Kind, tree: Tree) -> list[tuple[str, str]]:
    """How an address says a condition; nothing of an empty one."""
    parts = tree["all"] if set(tree) == {"all"} else [tree] if tree else []
    told = [_parameters(kind, one) for one in parts]
    keys = [key for pairs in told for key in {key for key, _value in pairs}]
    plain = all(told) and len(keys) == len(set(keys))
    return [pair for pairs in told for pair in pairs] if plain else [("where", _as_text(tree))]


def _parameters(kind: Kind, tree: Tree) -> list[tuple[str, str]]:
    """One comparison as an address says it; nothing where it cannot."""
    field = kind.schema.get(tree.get("field", ""))
    if field is None or not field.filterable:
        return []
    key = field.name if tree["op"] == field.usual_operator else f"{field.name}.{tree['op']}"
    match field.operators[tree["op"]].takes:
        case "nothing":
            return [(key, "1")]
        case "many" | "two":
            return [(key, _as_text(one)) for one in tree["value"]]
        case "one" | "period" | "month":
            return [(key, _as_text(tree["value"]))]
    return []


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def tree_of(part: Part) -> Tree:
    tree = {"field": part.field.name, "op": part.name}
    return tree if part.operator.takes == "nothing" else tree | {"value": part.value}
