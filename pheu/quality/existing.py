"""Which records lines of a file are the same as: by their number, else by the duplicate rules of their kind."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from django.utils.functional import cached_property

from pheu.core.turns import take_turn
from pheu.people.scopes import CHANGE
from pheu.quality.importers import NUMBER
from pheu.quality.models import DuplicateRule, Import, ImportLine
from pheu.quality.rules import SURE, first_rule_for, found_by_rules, rules_of, sets_of, wait_for_whoever_saves
from pheu.records import kinds
from pheu.records.models import Record

# Nobody looks at each line, so never a phone alone: companies of one house share it.
USUAL = (*SURE, ("phone", "company"), ("phone", "person"))


@dataclass(frozen=True)
class Match:
    """The record that a line is the same as, and whether a rule lets no second one be saved."""

    record: Record
    blocks: bool


class Known:
    """What is there already, for the lines of one import; before it has a `policy`, whatever could be the same."""

    def __init__(self, imported: Import, policy: str = "") -> None:
        self.imported, self.kind, self.policy = imported, kinds.get(imported.kind), policy

    @cached_property
    def rules(self) -> list[DuplicateRule]:
        """Where lines make rows whatever is there, only the rules that block."""
        own = rules_of(self.kind)
        if self.policy == Import.Policy.CREATE:
            return [rule for rule in own if rule.blocks]
        return own or [DuplicateRule(kind=self.kind.code, criteria=list(criteria)) for criteria in USUAL]

    @property
    def takes_in(self) -> bool:
        """Whether a line that is the same as a record goes into that one."""
        return self.policy in (Import.Policy.FILL, Import.Policy.OVERWRITE, Import.Policy.MERGE)

    @property
    def criteria(self) -> list[list[str]]:
        """By what lines are found to be the same."""
        return [sorted(rule.criteria) for rule in self.rules]

    def same_by(self, line: ImportLine, keys: Collection[str]) -> list[int]:
        """Hashes of what a line of these keys has in common with whatever it is the same as.

        Two lines that share none of them are not the same: 64 bits, so that few wait for each other without need.
        """
        told = ["\n".join(together) for together in sets_of(self.rules, keys)]
        if number := line.values.get(NUMBER):
            told.append(f"{NUMBER}:{number}")
        hashed = (blake2b(one.encode(), digest_size=8).digest() for one in told)
        return sorted(int.from_bytes(one, signed=True) for one in hashed)

    def wait_for_others(self, *, beside: bool = False) -> None:
        """Of two imports into a kind one works off a chunk after the other: none makes what the other has made.

        `beside`: those that work off the same import at the same time do not wait for each other.
        """
        take_turn(f"import into {self.kind.code}", shared=beside)

    def matches(self, lines: Sequence[ImportLine], rows: Sequence[Any]) -> dict[int, Match | None]:
        """{place of a line: the oldest record that it is the same as}. What is missing has to wait: it is the same as a
        line above it, or changes the same record, and is asked about again once that one is written."""
        keys = [self.kind.schema.keys_of(row) for row in rows]
        alone = self._first_ones(keys)
        blocking = [rule for rule in self.rules if rule.blocks]
        wait_for_whoever_saves(self.kind, blocking, [keys[nth] for nth in alone])
        found = self.find([lines[nth] for nth in alone], [keys[nth] for nth in alone])
        met, now = set[int](), dict[int, Match | None]()
        for nth, one in zip(alone, found, strict=True):
            if one is None or not self.takes_in or one.record.pk not in met:
                now[nth] = one
                met |= {one.record.pk} if one is not None else set()
        return now

    def find(self, lines: Sequence[ImportLine], keys: Sequence[Collection[str]]) -> list[Match | None]:
        """The same without looking at lines among themselves. A few statements for any number of lines."""
        numbered = self._numbered([line.values.get(NUMBER, "") for line in lines])
        by_rules = found_by_rules(self.kind, self.rules, keys)
        return [
            numbered.get(line.values.get(NUMBER, ""))
            or next((Match(one.record, rule.blocks) for rule, one in found), None)
            for line, found in zip(lines, by_rules, strict=True)
        ]

    def _numbered(self, numbers: Sequence[str]) -> dict[str, Match]:
        """{number: the record in use of the kind that has it}; two of one number are never made."""
        asked = {number for number in numbers if number}
        if not asked:
            return {}
        there = Record.objects.filter(kind=self.kind.code, number__in=asked, state=Record.State.LIVE)
        return {one.number: Match(one, False) for one in there}

    def _first_ones(self, many: Sequence[Collection[str]]) -> list[int]:
        """Which of them are not the same as one above them."""
        having: dict[str, list[Collection[str]]] = {}
        first = []
        for nth, keys in enumerate(many):
            above = (other for key in keys for other in having.get(key, ()))
            if all(first_rule_for(self.rules, keys, other) is None for other in above):
                first.append(nth)
            for key in keys:
                having.setdefault(key, []).append(keys)
        return first

    def changeable(self, found: Iterable[Match | None]) -> dict[int, Any]:
        """{id: row} of those that whoever imports may change."""
        ids = [one.record.pk for one in found if one is not None]
        return {row.pk: row for row in self.kind.model.objects.within(self.imported.by, CHANGE).filter(pk__in=ids)}
