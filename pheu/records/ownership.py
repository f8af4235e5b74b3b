"""Where a new row belongs: it takes team and department from its owner (design.md 3, scope)."""

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

from django.utils.translation import gettext_lazy as _

from pheu.core.errors import Refused
from pheu.people.models import User
from pheu.people.scopes import CREATE, reaches


def place_with_owner(rows: Iterable[Any], *, by: User | None) -> None:
    """Fill team and department of unsaved rows from their owner where nothing was chosen.

    A row without owner and place falls to the department of whoever makes it, so that it is never out of sight.
    """
    first_team = cache(lambda owner: owner.teams.order_by("pk").first())  # once for each owner, not for each row
    for row in rows:
        owner = row.owner
        if owner is not None:
            row.department = row.department or owner.department
            row.team = row.team or first_team(owner)
        elif row.team is None and row.department is None and by is not None:
            row.department = by.department


def must_reach(rows: Sequence[Any], *, by: User) -> None:
    """`Refused` where one of the placed new rows would stand outside of what `by` may create."""
    if not all(reaches(by, row.kind, CREATE, row) for row in rows):
        raise Refused(_("Your role may not make records for that person, team or department."))
