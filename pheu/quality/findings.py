"""What the last sweep of a kind has found, as far as one person may know it.

Of its pairs only those count whose two records the person may see and are in use, which nobody has kept apart, and
which a rule of fields that this person may see calls the same: counts and order tell nothing else either.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import add, or_
from typing import Any
from urllib.parse import urlencode

from django.db.models import Case, Exists, F, Max, OuterRef, Q, QuerySet, Subquery, Value, When
from django.utils.functional import cached_property

from pheu.people.models import User
from pheu.people.scopes import CHANGE
from pheu.quality.models import AlikeGroup, AlikePair, Apart, Sweep
from pheu.quality.pairs import CLOSE
from pheu.quality.sidebyside import can_become_one
from pheu.quality.sweep import Groups
from pheu.records.alike import CRITERIA, NEAR, Alike, criteria_for, names_alike
from pheu.records.kinds import Kind
from pheu.records.models import Record

PAGE = 20  # groups
MOST_COUNTED = 10_000
LIKELY = 60  # percent, from where a group stands out


def last_sweep(kind: Kind) -> Sweep | None:
    return Sweep.objects.filter(kind=kind.code, state=Sweep.State.DONE).select_related("by").order_by("-pk").first()


@dataclass(frozen=True)
class Card:
    """A group as one person sees it: `members` with the oldest first, `mine` the ids of those that they may change,
    `goes_on` the record in which work on one goes on: that of the deal which a lead became."""

    members: Sequence[Record]
    mine: Collection[int]
    score: int
    reasons: str
    goes_on: Mapping[int, Record]

    @property
    def lines(self) -> list[tuple[Record, Record | None]]:
        """Each with the record in which it goes on."""
        return [(one, self.goes_on.get(one.pk)) for one in self.members]

    @property
    def to_part(self) -> list[int]:
        """Ids that can be kept apart by whoever looks."""
        mine = [one.pk for one in self.members if one.pk in self.mine]
        return mine if len(mine) > 1 else []

    @property
    def to_merge(self) -> list[int]:
        """Ids that can be merged: of what goes on elsewhere that one, where it takes in such as these."""
        merged = [on for one in self.members if one.pk in self.mine and (on := self._standing(one)) is not None]
        return list(dict.fromkeys(merged)) if len(set(merged)) > 1 else []

    def _standing(self, one: Record) -> int | None:
        on = self.goes_on.get(one.pk)
        return one.pk if on is None else on.pk if can_become_one((one.kind, on.kind)) else None

    @property
    def query(self) -> str:
        """Those, as the page that merges is told of them."""
        return urlencode([("ids", pk) for pk in self.to_merge])

    @property
    def tells(self) -> str:
        return f"{self.score} %"

    @property
    def tone(self) -> str:
        return "jade" if self.score > LIKELY else "slate"


class Findings:
    """The groups of a sweep for one person, the strongest first."""

    def __init__(self, sweep: Sweep, kind: Kind, user: User) -> None:
        self.sweep, self.kind, self.user = sweep, kind, user

    @cached_property
    def known(self) -> set[str]:
        """The criteria that may be told."""
        known = criteria_for(self.kind.code, self.user)
        near = {NEAR} if {"person", "address"} <= known else set()
        return known | near | ({CLOSE} if "company" in known else set())

    @cached_property
    def pairs(self) -> QuerySet[AlikePair]:
        rules = [Q(criteria__contains=rule) for rule in self.sweep.rules if set(rule) <= self.known]
        seen = self.kind.model.objects.visible_to(self.user).live().values("pk")
        apart = Apart.objects.filter(first=OuterRef("first"), second=OuterRef("second"))
        found = AlikePair.objects.filter(group__sweep=self.sweep, first__in=seen, second__in=seen)
        return found.filter(~Exists(apart), reduce(or_, rules, Q(pk=None)) if rules else Q(pk__in=[]))

    @cached_property
    def groups(self) -> Any:
        """With the `strength` of each: of all that it was found by, or of what may be told."""
        pairs = self.pairs.filter(group=OuterRef("pk"))
        strength: Any = F("score")
        if not {one for rule in self.sweep.rules for one in rule} <= self.known:
            weights = [
                Case(When(criteria__contains=[one], then=Value(CRITERIA[one][2])), default=Value(0))
                for one in sorted(self.known & set(CRITERIA))
            ]
            told = pairs.annotate(told=reduce(add, weights, Value(0))).order_by().values("group")
            strength = Subquery(told.annotate(most=Max("told")).values("most"))
        return AlikeGroup.objects.filter(Exists(pairs), sweep=self.sweep).annotate(strength=strength)

    def count(self) -> int:
        """How many groups are left to look at; more than `MOST_COUNTED` are only told to be more."""
        return self.groups.order_by()[: MOST_COUNTED + 1].count()

    def page(self, below: str = "") -> tuple[list[Card], str]:
        """(cards, where the next page begins: «strength-id», or nothing where this is the last)."""
        groups = self.groups.order_by("-strength", "pk")
        strength, _minus, pk = below.partition("-")
        if strength.isdecimal() and pk.isdecimal() and len(below) < 20:
            beyond = Q(strength__lt=int(strength)) | Q(pk__gt=int(pk))
            groups = groups.filter(beyond, strength__lte=int(strength))
        found = list(groups[: PAGE + 1])
        last = found[PAGE - 1] if len(found) > PAGE else None
        cards = sorted(self._cards(found[:PAGE]), key=lambda card: -card.score)
        return cards, f"{last.strength}-{last.pk}" if last else ""

    def _cards(self, groups: Sequence[AlikeGroup]) -> Iterable[Card]:
        by_group: dict[int, list[AlikePair]] = defaultdict(list)
        for pair in self.pairs.filter(group__in=groups).order_by("pk"):
            by_group[pair.group_id].append(pair)
        ids = {pk for pairs in by_group.values() for pair in pairs for pk in (pair.first_id, pair.second_id)}
        records = Record.objects.filter(pk__in=ids).select_related("owner").in_bulk()
        mine = set(self.kind.model.objects.within(self.user, CHANGE).filter(pk__in=ids).values_list("pk", flat=True))
        standing = Record.objects.filter(continues__in=ids, state__in=(Record.State.LIVE, Record.State.ARCHIVED))
        goes_on = {one.continues_id: one for one in standing.visible_to(self.user)}
        return [self._card(pairs, records, mine, goes_on) for pairs in by_group.values()]

    def _card(
        self,
        pairs: Sequence[AlikePair],
        records: dict[int, Record],
        mine: Collection[int],
        goes_on: Mapping[int | None, Record],
    ) -> Card:
        """Of a group whose records hang together through one that is out of sight, the strongest part."""
        groups = Groups()
        for pair in pairs:
            groups.put_together(pair.first_id, pair.second_id)
        told = [(pair, self._alike(pair, records)) for pair in pairs]
        best, strongest = max(told, key=lambda one: one[1].score)
        top = groups.top(best.first_id)
        ids = {pk for pk, above in groups if above == top}
        of_these = [alike for pair, alike in told if pair.first_id in ids]
        shared = {code for alike in of_these for code in alike.shared}
        reasons = Alike(
            strongest.record,
            tuple(code for code in CRITERIA if code in shared),
            max(alike.likeness for alike in of_these),
        ).reasons
        members = sorted((records[pk] for pk in ids), key=lambda one: (one.created_at, one.pk))
        on = {one.pk: goes_on[one.pk] for one in members if one.pk in goes_on}
        return Card(members, mine, strongest.score, reasons, on)

    def _alike(self, pair: AlikePair, records: dict[int, Record]) -> Alike:
        one, other = ([key for key in records[pk].keys or () if key.partition(":")[0] in self.known]
                      for pk in (pair.first_id, pair.second_id))  # fmt: skip
        shared = tuple(code for code in CRITERIA if code in pair.criteria and code in self.known)
        return Alike(records[pair.second_id], shared, names_alike(one, other))
