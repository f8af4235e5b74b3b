"""What the fields of a record held at a moment: read backwards from what they hold now. Asks no database.

Values are as events keep them (`Field.to_json`). A change that does not lead to what was found later shows that
something was never told: between the two the value is unknown, not guessed.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pheu.records.told import is_same

STAGE = "stage"  # of which moves tell in words of their own


@dataclass(frozen=True)
class Change:
    """A field held `was` until `at`, and `now` from then on."""

    field: str
    was: Any
    now: Any
    at: datetime
    is_beside: bool = False  # `now` came beside what the field held, which stayed


class Unknown:
    """What a field held where nobody can say."""


UNKNOWN = Unknown()


def changes_in(at: datetime, facts: Mapping[str, Any]) -> Iterator[Change]:
    """What an event with these facts says to have changed."""
    for one in facts.get("changes", ()):
        yield Change(one["field"], one["was"], one["now"], at, "beside" in one)
    if "left" in facts and "entered" in facts:
        yield Change(STAGE, facts["left"], facts["entered"], at)


def values_at(moment: datetime, present: Mapping[str, Any], newest_first: Iterable[Change]) -> dict[str, Any]:
    """{field: what it held at `moment`, or `UNKNOWN`} of all that `present` tells."""
    by_field: dict[str, list[Change]] = {name: [] for name in present}
    for one in newest_first:
        if one.field in by_field:
            by_field[one.field].append(one)
    return {name: value_at(moment, told, by_field[name]) for name, told in present.items()}


def value_at(moment: datetime, present: Any, newest_first: Iterable[Change]) -> Any:
    """The same of one field."""
    value, is_known = present, True
    for one in _of_the_value(newest_first):
        if not is_same(one.now, value):
            is_known = False
        if one.at <= moment:
            break
        value, is_known = one.was, True
    return value if is_known else UNKNOWN


def value_at_first(present: Any, newest_first: Iterable[Change]) -> Any:
    """What the field held before the first change that is told of it."""
    return next((one.was for one in reversed(_of_the_value(newest_first))), present)


def _of_the_value(changes: Iterable[Change]) -> list[Change]:
    return [one for one in changes if not one.is_beside]
