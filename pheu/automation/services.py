"""The acts of automation: records are handed out by rules, and taken back from who leaves them alone."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from pheu.automation.events import POOL_WARNED
from pheu.automation.models import HandOutRule, Patience, PoolWarning
from pheu.automation.policies import Plan, plan_for, rules_of
from pheu.automation.schema import to_return, to_warn
from pheu.core.vietnamese import today_here
from pheu.people.models import User
from pheu.people.scopes import ASSIGN
from pheu.records import kinds
from pheu.records.acts import act
from pheu.records.locking import hold
from pheu.records.models import id_and_name
from pheu.timeline import events
from pheu.timeline.services import RULE, Handing, give_each, record_many


@act
def hand_out_by_rules(rows: Sequence[Any], *, by: User, via: str = "page") -> Plan:
    """Hand rows of one kind to whom the rules say; each is told which rule decided (R1.17).

    As `timeline.assign` for each of them: refused as a whole if one is not in `by`'s scope to hand out. What no rule
    takes stays where it is.
    """
    if not rows:
        return Plan()
    hold(*(row.pk for row in rows))
    held = type(rows[0]).objects.within(by, ASSIGN).with_words().all_or_refuse(rows)
    plan, handings = by_rules(held, held_rules(rows[0].kind))
    give_each(handings, events.ASSIGNED, by=by, via=via)
    return plan


def held_rules(kind: str) -> list[HandOutRule]:
    """The rules of a kind, which nobody else goes by until we are done: two records never take one turn.

    Locked in one order, after the Records that they are about (docs/five-ideas.md, 3).
    """
    list(HandOutRule.objects.select_for_update(no_key=True).filter(kind=kind, is_active=True).order_by("pk"))
    return rules_of(kind)


def by_rules(rows: Sequence[Any], rules: Sequence[HandOutRule]) -> tuple[Plan, list[tuple[Any, Handing]]]:
    """To whom held rules hand rows of one kind, held or about to be written; whose turn it was is remembered."""
    plan = plan_for(kinds.get(rows[0].kind), rows, rules)
    for rule, person in plan.turns().items():
        HandOutRule.objects.filter(pk=rule.pk).update(last=person)
    return plan, [(row, _handing(plan.hands[row.pk])) for row in rows if row.pk in plan.hands]


def _handing(hand: Any) -> Handing:
    """A record in the pool of a team stands in the department of who leads it: elsewhere nobody sees it."""
    leader = hand.team.leader if hand.team else None
    place = hand.person or leader
    return Handing(hand.person, hand.team, place and place.department, {"rule": id_and_name(hand.rule)})


# Back to the pool -----------------------------------------------------------------------------------------------------

PORTION = 500  # records at once


@act
def warn_of_return(pk: int, *, by: None = None, via: str = RULE) -> int:
    """Tell the owners of a portion of records that these go back unless somebody touches them; how many there were."""
    patience = Patience.objects.select_related("pipeline").get(pk=pk)
    held = _held(to_warn(patience))
    on = today_here() + timedelta(days=patience.warn_days)
    ids = [row.pk for row in held]
    PoolWarning.objects.filter(pk__in=ids).delete()
    told = [(row.record, {"owner": id_and_name(row.owner), "on": on.isoformat()}) for row in held]
    record_many(POOL_WARNED, told, by=by, via=via)
    PoolWarning.objects.bulk_create(PoolWarning(record_id=one) for one in ids)
    return len(held)


@act
def return_to_pool(pk: int, *, by: None = None, via: str = RULE) -> int:
    """Take a portion of records off owners who have left them alone; they wait in their team or department.

    How many there were; 0 where there are no more of them.
    """
    patience = Patience.objects.select_related("pipeline").get(pk=pk)
    held = _held(to_return(patience))
    handings = [(row, Handing(None, row.team, _department_of(row), {"idle": patience.days})) for row in held]
    give_each(handings, events.ASSIGNED, by=by, via=via)
    PoolWarning.objects.filter(pk__in=[row.pk for row in held]).delete()
    return len(held)


def _held(rows: Any) -> list[Any]:
    """The first portion of these rows, held, and as far as they are still so."""
    ids = list(rows.order_by("pk").values_list("pk", flat=True)[:PORTION])
    if not ids:
        return []
    hold(*ids)
    beside = ("owner__department", "team", "department")
    return list(rows.filter(pk__in=ids).with_words().select_related(*beside).order_by("pk"))


def _department_of(row: Any) -> Any:
    return row.department or (row.owner.department if row.team is None else None)
