"""Which rule takes which record, and who gets it: decided in memory, of what a few statements have read.

A plan is made by whoever shows it, and made again by the act, which holds the records and then the rules.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from django.db.models import Case, IntegerField, Q, Value, When

from pheu.automation.models import HandOutRule, Patience
from pheu.automation.queries import company, wrong_with
from pheu.core import shape
from pheu.core.vietnamese import today_here
from pheu.people.models import Team, TimeOff, User
from pheu.people.scopes import CHANGE
from pheu.records import unwritten
from pheu.records.conditions import TRUE, compile_tree
from pheu.records.kinds import Kind
from pheu.records.models import Row
from pheu.records.sharing import Load, loads_of

Way = HandOutRule.Way


@dataclass(frozen=True)
class Hand:
    """What becomes of one record: the rule that takes it, and to whom it goes; to nobody, into the team's pool."""

    rule: HandOutRule
    person: User | None
    team: Team | None


@dataclass
class Plan:
    """Who gets which records, by their ids. `stuck`: a rule takes them, and nobody has room nor is there a team."""

    hands: dict[int, Hand] = field(default_factory=dict)
    stuck: dict[HandOutRule, int] = field(default_factory=dict)
    left: int = 0
    skipped: list[tuple[HandOutRule, str]] = field(default_factory=list)
    loads: dict[int, Load] = field(default_factory=dict)
    away: dict[User, TimeOff] = field(default_factory=dict)

    def shares(self) -> list[tuple[User, Load, int]]:
        """(person, what they have in hand, how many they get), who gets most first."""
        people = {hand.person.pk: hand.person for hand in self.hands.values() if hand.person}
        got = Counter(hand.person.pk for hand in self.hands.values() if hand.person)
        return [(people[pk], self.loads[pk], n) for pk, n in got.most_common()]

    def pools(self) -> list[tuple[Team, int]]:
        """(team, how many come to it without an owner)."""
        teams = {hand.team.pk: hand.team for hand in self.hands.values() if hand.team}
        got = Counter(hand.team.pk for hand in self.hands.values() if hand.team and not hand.person)
        return [(teams[pk], n) for pk, n in got.most_common()]

    def turns(self) -> dict[HandOutRule, User]:
        """Who had the last turn of each rule that goes by turns."""
        return {one.rule: one.person for one in self.hands.values() if one.person and one.rule.way == Way.TURNS}


def rules_of(kind: str) -> "list[HandOutRule]":
    """The rules of a kind in use, in their order, with whom they name."""
    named = ("team__leader__department", "last")
    rules = HandOutRule.objects.filter(kind=kind, is_active=True).select_related(*named)
    return list(rules.prefetch_related("people__department", "team__members__department"))


@lru_cache(maxsize=4)
def _returning(stamp: str) -> frozenset[str]:
    used = Patience.objects.filter(is_active=True) if stamp else Patience.objects.none()
    return frozenset(one.kind.code for one in used.select_related("pipeline"))


def returns_of(kind: str) -> bool:
    """Whether records of a kind go back to the pool; asking costs no query."""
    return kind in _returning(shape.stamp())


@lru_cache(maxsize=4)
def _on_new(stamp: str) -> frozenset[str]:
    """The kinds of which a rule takes new records, while this stamp is in force (`core.shape`)."""
    rules = HandOutRule.objects.filter(is_active=True, on_new=True) if stamp else HandOutRule.objects.none()
    return frozenset(rules.values_list("kind", flat=True))


def takes_new(kind: str) -> bool:
    """Whether some rule decides about new records of a kind; asking costs no query."""
    return kind in _on_new(shape.stamp())


def plan_for(kind: Kind, rows: Sequence[Row], rules: Iterable[HandOutRule]) -> Plan:
    """Who would get these rows, in their order; also those about to be written. A few statements, however many."""
    plan = Plan()
    usable = []
    for rule in rules:
        words = wrong_with(kind, rule.condition)
        if words:
            plan.skipped.append((rule, words))
        else:
            usable.append(rule)
    taken = _taken(kind, rows, usable)
    plan.left = len(rows) - len(taken)
    _deal(kind, [(row.pk, taken[row.pk]) for row in rows if row.pk in taken], plan)
    return plan


def _taken(kind: Kind, asked: Sequence[Row], rules: Sequence[HandOutRule]) -> dict[int, HandOutRule]:
    """The first rule that takes each record; records that none takes are left out. One statement."""
    if not rules or not asked:
        return {}
    eyes = company()
    conditions = [compile_tree(kind, eyes, rule.condition) for rule in rules]
    whens = []
    for nth, condition in enumerate(conditions):
        whens.append(When(Q(pk__gt=0) if condition == TRUE else condition, then=Value(nth)))
    which = Case(*whens, default=None, output_field=IntegerField())
    rows = kind.model.objects.filter(pk__in=[row.pk for row in asked]).order_by().annotate(rule=which)
    told = rows.exclude(rule=None).values_list("pk", "rule")
    found: dict[int, HandOutRule] = {}
    for pk, nth in sorted(unwritten.ask(told, [row for row in asked if row._state.adding])):
        found.setdefault(pk, rules[nth])
    return found


def _deal(kind: Kind, taken: Sequence[tuple[int, HandOutRule]], plan: Plan) -> None:
    """Give each of the records that a rule has taken to somebody."""
    rules = {rule.pk: rule for _pk, rule in taken}
    teams = _offered(kind, rules.values())
    asked = {rule.pk: _turns_of(rule, teams) for rule in rules.values()}
    people = {one.pk: one for many in asked.values() for one in many}
    may_work = set(User.objects.who_may(kind.code, CHANGE).filter(pk__in=people).values_list("pk", flat=True))
    away = {one.user_id: one for one in TimeOff.objects.on(today_here()).filter(user__in=people)} if people else {}
    plan.away = {people[pk]: one for pk, one in away.items()}
    plan.loads = loads_of(kind.code, list(people.values())) if people else {}
    there = {pk: [one for one in many if one.pk in may_work and one.pk not in away] for pk, many in asked.items()}
    got: Counter[int] = Counter()
    last = {rule.pk: rule.last_id for rule in rules.values()}
    for pk, rule in taken:
        team = rule.team if rule.team_id in teams else None
        free = [one for one in there[rule.pk] if _has_room(plan.loads[one.pk], got[one.pk])]
        person = _next(rule, there[rule.pk], free, last[rule.pk], plan.loads, got)
        if person is None and team is None:
            plan.stuck[rule] = plan.stuck.get(rule, 0) + 1
            continue
        if person is not None:
            got[person.pk] += 1
            last[rule.pk] = person.pk
        plan.hands[pk] = Hand(rule, person, team)


def _turns_of(rule: HandOutRule, teams: Collection[int]) -> list[User]:
    """Between whom a rule deals, in the order of their turns; nobody where the team is to take them itself.

    A team that works on such records no more has no turns either.
    """
    if rule.way == Way.TEAM:
        return []
    members = rule.team.members.all() if rule.team and rule.team_id in teams else ()
    return sorted(list(rule.people.all()) or members, key=lambda one: one.pk)


def _offered(kind: Kind, rules: Collection[HandOutRule]) -> set[int]:
    named = {rule.team_id for rule in rules} - {None}
    return set(Team.objects.offered(kind.code).filter(pk__in=named).values_list("pk", flat=True)) if named else set()


def _has_room(load: Load, got: int) -> bool:
    return load.room is None or got < load.room


def _next(
    rule: HandOutRule,
    there: Sequence[User],
    free: Sequence[User],
    last: int | None,
    loads: Mapping[int, Load],
    got: Mapping[int, int],
) -> User | None:
    """Whose turn it is: the first one free after who had the last; or whoever has least in hand."""
    if not free:
        return None
    if rule.way == Way.LEAST:
        return min(free, key=lambda one: (loads[one.pk].has + got[one.pk], one.pk))
    return next((one for one in free if one.pk > (last or 0)), free[0])
