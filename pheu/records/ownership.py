"""Where a new row belongs: it takes team and department from its owner (design.md 3, scope)."""

from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import Any

from django.utils.translation import gettext_lazy as _

from pheu.core.errors import DomainError, Refused
from pheu.people.models import Team, User
from pheu.people.scopes import CREATE, reaches


def place_with_owner(rows: Iterable[Any], *, by: User | None) -> None:
    """Fill team and department of unsaved rows from their owner where nothing was chosen.

    A row without owner and place falls to the department of whoever makes it, so that it is never out of sight.
    """
    first_team = cache(team_of)  # once for each owner, not for each row
    for row in rows:
        owner = row.owner
        if owner is not None:
            row.department = row.department or owner.department
            row.team = row.team or first_team(owner, row.kind)
        elif row.team is None and row.department is None and by is not None:
            row.department = by.department


def team_of(owner: User, kind: str) -> Team | None:
    """The team that rows of `kind` come to with this owner: the first of theirs that serves it."""
    return owner.teams.offered(kind).order_by("pk").first()


# Say of a kind whether rules decide whose its new rows are; they stand above the records.
_rules: list[Callable[[str], bool]] = []


def leave_to_rules(decides: Callable[[str], bool]) -> None:
    _rules.append(decides)


def is_left_open(kind: str) -> bool:
    """Whether a form proposes no owner for a new row: rules find one where nobody is chosen."""
    return any(decides(kind) for decides in _rules)


def must_serve(team: Team | None, kind: str, rows: Iterable[Any] = ()) -> None:
    """`DomainError` for a team that rows of this kind cannot be given to; one that all the rows have may stay."""
    if team is None or {row.team_id for row in rows} == {team.pk}:
        return
    if not Team.objects.offered(kind).filter(pk=team.pk).exists():
        raise DomainError(_("The team “%(team)s” does not work on these records."), team=team)


def must_reach(rows: Sequence[Any], *, by: User) -> None:
    """`Refused` where one of the placed new rows would stand outside of what `by` may create."""
    if not all(reaches(by, row.kind, CREATE, row) for row in rows):
        raise Refused(_("Your role may not make records for that person, team or department."))
