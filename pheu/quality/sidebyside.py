"""Records that are to become one, beside each other: what each has for every field, and what is proposed of it.

The one that was created first stays (R2.13, R2.18). Where it has nothing, what was updated last fills in.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from pheu.core.errors import DomainError
from pheu.people.models import User
from pheu.records import kinds
from pheu.records.fields import Field, Tags
from pheu.records.kinds import Kind
from pheu.records.models import Row
from pheu.records.schema import Schema, carried

MOST = 500  # at once: as many as a list ticks at one press
BESIDE = 6  # columns that anybody reads beside each other; of more records each value stands once
# Who works the record: these go together.
PLACE = ("owner", "team", "department")

# Raises where these rows cannot go into one of the other kind, or not by this person.
Rule = Callable[[Sequence[Any], User], None]
# {kind: (the kind whose records take its records in, besides its own; its rule)}.
_takers: dict[str, tuple[str, Rule]] = {}


def let_into(kind: str, taker: str, rule: Rule) -> None:
    """Let records of `kind` be merged with those of `taker`; what comes of them is a `taker` (D7)."""
    _takers[kind] = (taker, rule)


def rule_of(kind: str, into: str) -> Rule | None:
    """What is asked of rows that go into one of another kind."""
    return _takers[kind][1] if kind != into else None


def can_become_one(codes: Iterable[str]) -> bool:
    """Whether records of these kinds can be merged."""
    return len(_results(set(codes))) == 1


def _results(codes: set[str]) -> set[str]:
    """What comes of records of these kinds: of one kind alone that kind."""
    return codes if len(codes) == 1 else {_takers[code][0] if code in _takers else code for code in codes}


def kind_of_result(rows: Iterable[Row]) -> Kind:
    """What these rows become together; `DomainError` where they cannot."""
    found = {row.kind for row in rows}
    results = _results(found)
    if len(results) != 1:
        named = ", ".join(sorted(str(kinds.get(code).plural) for code in found))
        raise DomainError(_("These cannot become one record: %(kinds)s."), kinds=named)
    return kinds.get(results.pop())


def in_order(rows: Iterable[Row]) -> list[Row]:
    """The one that stays first, then the others as they were created."""
    rows = sorted(rows, key=lambda row: (row.created_at, row.pk))
    code = kind_of_result(rows).code
    stays = next(row for row in rows if row.kind == code)
    return [stays, *(row for row in rows if row is not stays)]


def written(kind: Kind) -> list[Field]:
    """The fields that people write, and not those that follow from something."""
    return [one for group in kind.schema.groups for one in group.fields]


@dataclass(frozen=True)
class Line:
    """One field: {record id: its value}, and the id of the record whose value is proposed."""

    field: Field
    values: Mapping[int, Any]
    winner: int

    @property
    def filled(self) -> list[int]:
        """The records that have something."""
        return [pk for pk, value in self.values.items() if self.field.identity(value) is not None]

    @property
    def each(self) -> "list[Shared]":
        """Every value once, with the records that have it."""
        return shared(self.values, lambda value: _comparable(self.field.identity(value)), self.winner)

    @property
    def differs(self) -> bool:
        """Whether there is something to choose: two values, or one that the record which stays has not."""
        return len({_comparable(self.field.identity(value)) for value in self.values.values()}) > 1


@dataclass(frozen=True)
class Shared:
    """A value that the records `of` these ids have; choosing the one `pk` chooses it."""

    pk: int
    value: Any
    of: Sequence[int]
    is_empty: bool


def shared(values: Mapping[int, Any], told: Callable[[Any], Any], proposed: int) -> list[Shared]:
    """Every one of these values of records once: what is proposed first, then what most have, nothing last. `told`
    gives what makes two values the same, None of nothing."""
    found: dict[Any, list[int]] = {}
    for pk, value in values.items():
        found.setdefault(told(value), []).append(pk)
    each = [
        Shared(proposed if proposed in pks else pks[0], values[pks[0]], pks, same is None)
        for same, pks in found.items()
    ]
    return sorted(each, key=lambda one: (one.pk != proposed, one.is_empty, -len(one.of)))


def _comparable(told: Any) -> Any:
    return repr(told) if isinstance(told, list | dict) else told


class SideBySide:
    """Rows that become one, the one that stays first."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self.rows = in_order(rows)
        self.stays, self.others = self.rows[0], self.rows[1:]
        self.kind = kinds.get(self.stays.kind)

    @property
    def schema(self) -> Schema:
        return self.kind.schema

    @cached_property
    def lines(self) -> list[Line]:
        """Every field that is somebody's to write, in the order of the form; tags come together by themselves."""
        fields = [
            one
            for one in written(self.kind)
            if (one.on_create or one.editable) and one.name not in PLACE and not isinstance(one, Tags)
        ]
        told = {row.pk: dict(self._values(row, fields)) for row in self.rows}
        winners: dict[str, int] = {}
        lines = []
        for one in fields:
            values = {pk: of_row.get(one.name, one.empty) for pk, of_row in told.items()}
            # What can be chosen depends on its parent: both are of one record.
            winners[one.name] = winners.get(one.parent) or self._winner(one, values)
            lines.append(Line(one, values, winners[one.name]))
        return lines

    def _values(self, row: Row, fields: Collection[Field]) -> Iterator[tuple[str, Any]]:
        if row.kind == self.kind.code:
            yield from ((one.name, one.value(row)) for one in fields)
            return
        given = carried(row, self.schema)
        own = given.get("own", {})
        for one in fields:
            if one.own and one.name in own:
                yield one.name, one.from_json(own[one.name])
            elif not one.own and one.name in given:
                yield one.name, given[one.name]

    def _winner(self, one: Field, values: Mapping[int, Any]) -> int:
        latest = sorted(self.others, key=lambda row: row.updated_at, reverse=True)
        filled = (row.pk for row in (self.stays, *latest) if one.identity(values[row.pk]) is not None)
        return next(filled, self.stays.pk)

    @cached_property
    def owned_by(self) -> Row:
        """The row whose owner, team and department the result is proposed to have."""
        return next((row for row in self.rows if row.owner_id), self.stays)
