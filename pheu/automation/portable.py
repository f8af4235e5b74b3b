"""Hand-out rules, rules of return, duplicate rules in a configuration's file (`setup.portable`): words instead of ids.

People do not travel: a rule that names some goes by the members of its team where it arrives, and without a team it
stays at home. Of a condition travels what can be named; of people and records that it names nothing is left.
"""

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from pheu.automation.models import HandOutRule, Patience
from pheu.automation.queries import company, kind_without_stages, kinds_with_rules, wrong_with
from pheu.automation.rules import RETURNS, DuplicateRules, HandOutRules
from pheu.core.errors import DomainError
from pheu.core.vietnamese import fold
from pheu.people.models import Team, User
from pheu.records import kinds
from pheu.records.conditions import Tree, read_part
from pheu.records.fields import Field
from pheu.records.kinds import Kind
from pheu.records.models import Pipeline
from pheu.setup import configuring, lists
from pheu.setup.pipeline_files import at, known, once, placed
from pheu.setup.portable import add_part

Told = Mapping[str, Any]
Naming = Callable[[Field, list[Any]], list[Any]]
PLAIN = ("name", "way", "on_new", "is_active")


def translated(kind: Kind, tree: Tree, naming: Naming) -> Tree:
    """A condition with the values of references as `naming` says them."""
    if "field" not in tree:
        return {
            word: [translated(kind, one, naming) for one in inner]
            if isinstance(inner, list)
            else translated(kind, inner, naming)
            for word, inner in tree.items()
        }
    part = read_part(kind, company(), tree)
    if part.operator.takes == "condition":
        return tree | {"value": translated(kinds.get(part.field.kind), part.value, naming)}  # type: ignore[attr-defined]
    is_reference = part.field.table(company()) is not None or part.field.cell == "row"
    return tree | {"value": naming(part.field, part.value)} if is_reference and "value" in tree else tree


def _as_names(field: Field, values: list[Any]) -> list[Any]:
    """What the rows are called; whoever is a person, and another record, is not told."""
    table = field.table(company())
    if table is None or field.cell == "person":
        return []
    names = dict(table.filter(pk__in=values).values_list("pk", field.named_by))  # type: ignore[attr-defined]
    return [names[int(one)] for one in values if int(one) in names]


def _as_ids(field: Field, values: list[Any]) -> list[Any]:
    table = field.table(company())
    there = {fold(name): pk for pk, name in table.values_list("pk", field.named_by)} if table is not None else {}  # type: ignore[attr-defined]
    for one in values:
        if fold(str(one)) not in there:
            raise DomainError(_("There is nothing called “%(name)s” here."), name=one)
    return [there[fold(str(one))] for one in values]


def told_rules() -> dict[str, list[Any]]:
    told: dict[str, list[Any]] = {}
    for kind in kinds_with_rules():
        rules = [one for one in HandOutRules.of(kind.code).items.select_related("team") if one.team]
        usable = [one for one in rules if not wrong_with(kind, one.condition)]
        if usable:
            told[kind.code] = [_told_rule(kind, one) for one in usable]
    return told


def _told_rule(kind: Kind, rule: HandOutRule) -> dict[str, Any]:
    kept = {name: getattr(rule, name) for name in PLAIN}
    return kept | {"team": str(rule.team), "condition": translated(kind, rule.condition, _as_names)}


def import_rules(told: Told, by: User) -> None:
    for code, many in told.get("hand_out_rules", {}).items():
        kind = next((one for one in kinds_with_rules() if one.code == code), None)
        if kind is None:
            raise DomainError(_("There is no record type “%(kind)s”."), kind=code)
        page = HandOutRules.of(code)
        for one in once(many):
            with at(one["name"]):
                _import_rule(kind, known(one, (*PLAIN, "team", "condition")), by)
        order = placed(list(page.items), [one["name"] for one in many])
        configuring.order_items(page, [one.pk for one in order], by=by, via="import")


def _import_rule(kind: Kind, told: Told, by: User) -> None:
    page = HandOutRules.of(kind.code)
    team = next((one for one in Team.objects.all() if fold(str(one)) == fold(told["team"])), None)
    if team is None:
        raise DomainError(_("There is nothing called “%(name)s” here."), name=told["team"])
    values = {name: told[name] for name in PLAIN if name in told}
    values |= {"team": team, "condition": translated(kind, told.get("condition", {}), _as_ids)}
    there = next((one for one in page.items if fold(one.name) == fold(told["name"])), None)
    if there is None:
        configuring.add_item(page, values, by=by, via="import")
        return
    if translated(kind, there.condition, _as_names) == told.get("condition", {}):
        del values["condition"]  # the same, however its ids are written
    changes = {name: (getattr(there, name), value) for name, value in values.items()}
    configuring.change_item(page, there.pk, changes, by=by, via="import")


def told_returns() -> list[Any]:
    return [
        {
            "kind": one.kind.code,
            "pipeline": one.pipeline.name if one.pipeline else "",
            "days": one.days,
            "warn_days": one.warn_days,
            "is_active": one.is_active,
        }
        for one in RETURNS.items
    ]


def import_returns(told: Told, by: User) -> None:
    for one in told.get("returns", ()):
        pipelines = Pipeline.objects.filter(kind=one["kind"])
        pipeline = next((each for each in pipelines if fold(each.name) == fold(one["pipeline"])), None)
        if pipeline is None and (one["pipeline"] or one["kind"] != kind_without_stages().code):
            raise DomainError(_("There is nothing called “%(name)s” here."), name=one["pipeline"])
        values = {name: one[name] for name in ("days", "warn_days", "is_active")}
        there = Patience.objects.filter(pipeline=pipeline).first()
        if there is None:
            configuring.add_item(RETURNS, {"pipeline": pipeline, **values}, by=by, via="import")
        else:
            changes = {name: (getattr(there, name), value) for name, value in values.items()}
            configuring.change_item(RETURNS, there.pk, changes, by=by, via="import")


SAME = ("name", "criteria", "blocks", "is_active")


def told_duplicate_rules() -> dict[str, list[Any]]:
    told: dict[str, list[Any]] = {}
    for page in _duplicate_pages():
        if rules := [{name: getattr(one, name) for name in SAME} for one in page.items]:
            told[page.kind.code] = rules
    return told


def _duplicate_pages() -> list[DuplicateRules]:
    return [page for page in lists.every() if isinstance(page, DuplicateRules)]


def import_duplicate_rules(told: Told, by: User) -> None:
    """One of the same name, or of the same criteria under another name, becomes what the file says."""
    pages = {page.kind.code: page for page in _duplicate_pages()}
    for code, many in told.get("duplicate_rules", {}).items():
        if (page := pages.get(code)) is None:
            raise DomainError(_("There is no record type “%(kind)s”."), kind=code)
        for one in once(many):
            with at(one["name"]):
                _import_duplicate_rule(page, known(one, SAME), by)
        order = placed(list(page.items), [one["name"] for one in many])
        configuring.order_items(page, [one.pk for one in order], by=by, via="import")


def _import_duplicate_rule(page: DuplicateRules, values: Told, by: User) -> None:
    named = [one for one in page.items if fold(one.name) == fold(values["name"])]
    there = named or [one for one in page.items if sorted(one.criteria) == sorted(values["criteria"])]
    if not there:
        configuring.add_item(page, dict(values), by=by, via="import")
        return
    changes = {name: (getattr(there[0], name), value) for name, value in values.items()}
    configuring.change_item(page, there[0].pk, changes, by=by, via="import")


add_part("hand_out_rules", told_rules, import_rules)
add_part("returns", told_returns, import_returns)
add_part("duplicate_rules", told_duplicate_rules, import_duplicate_rules)
