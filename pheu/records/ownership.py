"""Where a new row belongs: it takes team and department from its owner (design.md 3, scope)."""

from collections.abc import Iterable
from functools import cache
from typing import Any

from pheu.people.models import User


def place_with_owner(rows: Iterable[Any], *, by: User) -> None:
    """Fill team and department of unsaved rows from their owner where nothing was chosen.

    A row without owner and place falls to the department of whoever makes it, so that it is never out of sight.
    """
    first_team = cache(lambda owner: owner.teams.order_by("pk").first())  # once for each owner, not for each row
    for row in rows:
        owner = row.owner
        if owner is not None:
            row.department = row.department or owner.department
            row.team = row.team or first_team(owner)
        elif row.team is None and row.department is None:
            row.department = by.department
