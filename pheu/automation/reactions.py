"""What follows at once when a record is made: a rule may say whose it is."""

from collections.abc import Iterable, Sequence
from typing import Any

from pheu.automation.policies import takes_new
from pheu.automation.services import by_rules, held_rules
from pheu.records import ownership
from pheu.records.acts import current
from pheu.timeline.services import Handing, hands_out_new


@hands_out_new
def new_records_go_by_rules(rows: Sequence[Any]) -> Iterable[tuple[Any, Handing]]:
    """Hand out what is made without an owner or team chosen by hand, in the same transaction (R1.17, R0.39)."""
    fresh = [row for row in rows if row.owner_id is None and row.team_id is None]
    if not fresh or not current().starts_automation or not takes_new(fresh[0].kind):
        return []
    rules = [rule for rule in held_rules(fresh[0].kind) if rule.on_new]
    _plan, handings = by_rules(fresh, rules)
    return handings


ownership.leave_to_rules(takes_new)
