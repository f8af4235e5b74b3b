"""With whose eyes rules ask, what they can ask, and of which kinds."""

from collections.abc import Iterator
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from pheu.people.models import Role, User
from pheu.people.scopes import FAMILIES, VIEW, Scope
from pheu.records import kinds
from pheu.records.conditions import BadCondition, Tree, compile_tree
from pheu.records.kinds import Kind
from pheu.records.models import CustomField, Worked


def company() -> User:
    """Nobody in particular, who sees all: rules ask with these eyes, whoever wrote them and whoever runs them."""
    grants = {family: {str(VIEW): str(Scope.ALL)} for family in set(FAMILIES.values())}
    eyes = User(role=Role(grants=grants))
    vars(eyes)["loaded_team_ids"] = []
    return eyes


def wrong_with(kind: Kind, tree: Tree) -> str:
    """Why a rule cannot ask this, in words; empty where it can."""
    if gone := fields_gone(kind, tree):
        names = dict(CustomField.objects.filter(key__in=gone).values_list("key", "label"))
        return _("A field of the condition is in use no more: %(fields)s.") % {
            "fields": ", ".join(names.get(one, one) for one in gone)
        }
    if any("me" in values for part in parts_of(tree) if isinstance(values := part.get("value"), list)):
        return _("A rule runs for nobody in particular: “me” cannot be asked.")
    try:
        compile_tree(kind, company(), tree)
    except BadCondition as error:
        return str(error)
    return ""


def fields_gone(kind: Kind, tree: Tree) -> list[str]:
    """The names in a condition that are no fields of the kind."""
    schema = kind.schema_for(company())
    named = (one["field"] for one in parts_of(tree) if isinstance(one["field"], str))
    return [one for one in dict.fromkeys(named) if schema.get(one) is None]


def parts_of(tree: Any) -> Iterator[Tree]:
    """The comparisons of a condition, without those inside of records that are referred to."""
    if not isinstance(tree, dict):
        return
    if "field" in tree:
        yield tree
        return
    for value in tree.values():
        for one in value if isinstance(value, list) else [value]:
            yield from parts_of(one)


def kinds_with_rules() -> list[Kind]:
    """Those whose records somebody works through: whoever is a customer belongs to nobody by turns."""
    return [one for one in kinds.every() if one.family == "work"]


def kind_without_stages() -> Kind:
    """Of those, the one whose records walk no pipeline: what nobody has screened yet."""
    return next(one for one in kinds_with_rules() if not one.has_stages)


def not_over(kind: Kind) -> Q:
    """Rows of a kind on which work goes on."""
    return Q(**dict.fromkeys((*kind.model.is_over_by, *(["closed_at"] if kind.has_stages else []))))


def kinds_to_call() -> list[Kind]:
    """Those whose records are called through one by one."""
    return [one for one in kinds.every() if issubclass(one.model, Worked)]
