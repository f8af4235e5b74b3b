"""A set of rows of which is known whose each one is, and how a sweep by the usual rules does on it."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from pheu.core.bulk import copy
from pheu.home.bench.loading import block, sequence_of
from pheu.quality.models import DuplicateRule
from pheu.quality.pairs import find_pairs, read_pairs
from pheu.records import kinds
from pheu.records.models import Record

Pair = tuple[int, int]


@dataclass(frozen=True)
class Entry:
    """One row as somebody has written it down: whose it is, of which sort, and its cells by field."""

    whose: int
    sort: str
    cells: Mapping[str, str]


@dataclass
class KnownSet:
    """Entries of one kind; two of the same `whose` are the same. The sort of a pair is that of its later entry."""

    name: str
    kind: str
    entries: Sequence[Entry]

    @property
    def truth(self) -> set[Pair]:
        places: dict[int, list[int]] = defaultdict(list)
        for nth, entry in enumerate(self.entries):
            places[entry.whose].append(nth)
        return {pair for found in places.values() for pair in combinations(found, 2)}

    def sorts(self, pairs: Iterable[Pair]) -> Counter[str]:
        return Counter(self.entries[max(pair)].sort for pair in pairs)


@dataclass
class Score:
    """Pairs that were rightly found, wrongly found, and missed; the latter two by sort, each with how many."""

    of: KnownSet
    found: set[Pair]
    rules: Sequence[Sequence[str]] = field(default_factory=list)

    @property
    def right(self) -> int:
        return len(self.found & self.of.truth)

    @property
    def precision(self) -> float:
        return self.right / len(self.found) if self.found else 1.0

    @property
    def recall(self) -> float:
        return self.right / len(self.of.truth)

    @property
    def missed(self) -> Counter[str]:
        return self.of.sorts(self.of.truth - self.found)

    @property
    def wrong(self) -> Counter[str]:
        return self.of.sorts(self.found - self.of.truth)

    def lines(self) -> Iterator[str]:
        """As a person reads it: one line of figures, the rules, then what went wrong by sort."""
        rows, pairs = len(self.of.entries), len(self.of.truth)
        yield (
            f"{self.of.name:24}{rows:7,} rows {pairs:6,} true pairs {len(self.found):6,} found"
            f"   precision {self.precision:7.2%}   recall {self.recall:7.2%}"
        )
        yield f"  rules: {'; '.join(' + '.join(rule) for rule in self.rules)}"
        there = self.of.sorts(self.of.truth)
        yield from (f"  missed {count:5} of {there[sort]:5}  {sort}" for sort, count in self.missed.most_common())
        yield from (f"  wrong  {count:5}           {sort}" for sort, count in self.wrong.most_common())


def measured(known: KnownSet) -> Score:
    """What the usual rules find among the rows of the set and nothing else; nothing is left of it in the database."""
    with transaction.atomic():
        Record.objects.filter(kind=known.kind).update(state=Record.State.ARCHIVED)
        DuplicateRule.objects.filter(kind=known.kind).delete()
        first = _load(known)
        with connection.cursor() as cursor:
            cursor.execute("analyze records_record")
            rules = find_pairs(cursor, kinds.get(known.kind))
        pairs = list(read_pairs())
        transaction.set_rollback(True)
    return Score(known, {(one - first, other - first) for one, other in pairs}, rules)


def _load(known: KnownSet) -> int:
    """Records with the keys that an import of the cells would have given them; the id of the first one."""
    kind, now = kinds.get(known.kind), timezone.now()
    first = block(sequence_of(Record), len(known.entries))
    rows = [_row(kind, entry) for entry in known.entries]
    for nth, row in enumerate(rows):
        row.created_at = row.updated_at = now
        row.record = Record(pk=first + nth, kind=kind.code, number=f"{kind.prefix}-{10**8 + nth}")
        row.describe_record()
    copy([row.record for row in rows])
    return first


def _row(kind: Any, entry: Entry) -> Any:
    row = kind.model()
    for name, cell in entry.cells.items():
        for column, value in kind.schema[name].read_cells([(name, cell)]).values.items():
            setattr(row, column, value)
    return row
