"""What follows at once when a record is made: a rule may say whose it is."""

from typing import Any

from pheu.automation.policies import takes_new
from pheu.automation.services import RULE, apply_rules, held_rules
from pheu.records import kinds, ownership
from pheu.records.acts import current
from pheu.timeline.events import CREATED, follows
from pheu.timeline.models import Event


@follows(CREATED)
def new_records_go_by_rules(events: list[Event]) -> None:
    """Hand out what was made without an owner or team chosen by hand, in the same transaction (R1.17, R0.39).

    The events are of one act and one kind; whoever told them has made the records, so they count as held.
    """
    if not current().starts_automation:
        return
    fresh: dict[Any, Event] = {
        event.about_id: event
        for event in events
        if event.about and event.about.owner_id is None and event.about.team_id is None
    }
    if not fresh:
        return
    kind = kinds.get(next(iter(fresh.values())).about.kind)  # type: ignore[union-attr]
    if not takes_new(kind.code):
        return
    rows = list(kind.model.objects.filter(pk__in=fresh).with_words().order_by("pk"))
    for row in rows:
        row.record = fresh[row.pk].about  # the maker's own, who reads there where the rule has put it
    rules = [rule for rule in held_rules(kind.code) if rule.on_new]
    apply_rules(rows, rules, by=None, via=RULE, cause=fresh)


ownership.leave_to_rules(takes_new)
