"""Values as events keep them (`Field.to_json`): when two are the same, and what differs between two sets of them."""

from collections.abc import Mapping
from typing import Any

from pheu.records.fields import NO_VALUE


def is_same(left: Any, right: Any) -> bool:
    """Whether two told values are one: what has an id is not told apart by its name of that day."""
    return _without_names(left) == _without_names(right)


def _without_names(told: Any) -> Any:
    if told in NO_VALUE:
        return None
    if isinstance(told, dict):
        return told["id"]
    return sorted((_without_names(one) for one in told), key=str) if isinstance(told, list) else told


def differing(was: Mapping[str, Any], now: Mapping[str, Any]) -> list[dict[str, Any]]:
    """[{field, was, now}] of each field, told in both, that is not the same any more."""
    return [
        {"field": name, "was": told, "now": now[name]}
        for name, told in was.items()
        if name in now and not is_same(told, now[name])
    ]
