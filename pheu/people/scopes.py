"""Who may do what with which rows: role = kind x action x scope.

A grant is one entry of `Role.grants`: {"work": {"view": "team", "change": "own"}}, for a family of kinds or for one
kind by its name, which then counts instead. What a grant does not name is NONE.
`scope_q` is the only place where a scope becomes a WHERE clause, `reaches` says the same of a row still to be made
(docs/five-ideas.md).
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db.models import Q, TextChoices
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from pheu.people.models import User


class Action(TextChoices):
    VIEW = "view", _("View")
    CREATE = "create", _("Create")
    CHANGE = "change", _("Change")
    MOVE = "move", _("Move between stages")
    ASSIGN = "assign", _("Hand out")
    CONVERT = "convert", _("Convert")
    IMPORT = "import", _("Import")
    EXPORT = "export", _("Export")
    ARCHIVE = "archive", _("Archive and restore")
    OVERRIDE = "override", _("Pass the requirements of stages")


class Scope(TextChoices):
    NONE = "none", _("None")
    OWN = "own", _("Own")
    TEAM = "team", _("Team")
    DEPARTMENT = "department", _("Department and below")
    ALL = "all", _("All")


# The family of each kind, as the kinds register themselves: a new kind finds its grants without a change of roles.
FAMILIES: dict[str, str] = {}
# The column of a team that says whether it serves a kind; a kind that names none takes every active team.
SERVED_BY: dict[str, str] = {}

VIEW, CREATE, CHANGE, MOVE = Action.VIEW, Action.CREATE, Action.CHANGE, Action.MOVE
ASSIGN, CONVERT, IMPORT, EXPORT = Action.ASSIGN, Action.CONVERT, Action.IMPORT, Action.EXPORT
ARCHIVE, OVERRIDE = Action.ARCHIVE, Action.OVERRIDE


def nobodys_q(user: "User") -> Q:
    """Rows without an owner belong to their team; without a team to their department («Chưa ai nhận»)."""
    free = Q(owner=None)
    return free & Q(team__in=user.team_ids) | free & Q(team=None, department=user.department_id or 0)


def near_q(user: "User", kind: str, action: Action) -> Q | None:
    """The part of a scope that hangs on owner, team and department alone; None where the scope is NONE.

    No part of it lies within another one: each is read for itself (`ways_to_see`).
    """
    mine, of_teams = Q(owner=user.pk), Q(team__in=user.team_ids)
    match user.scope_of(kind, action):
        case Scope.ALL:
            return Q()
        case Scope.DEPARTMENT:  # my own department is one of them
            return mine | of_teams | Q(department__in=user.department_ids)
        case Scope.TEAM:
            return mine | of_teams | Q(owner=None, team=None, department=user.department_id or 0)
        case Scope.OWN:
            return mine | nobodys_q(user)
    return None


def scope_q(user: "User", kind: str, action: Action) -> Q:
    """The rows of `kind` with which `user` may do `action`, as a condition on owner, creator, team and department.

    Whoever made a row has it too; a follower reads and does not write.
    """
    near = near_q(user, kind, action)
    if not near:
        return Q(pk__in=[]) if near is None else near
    allowed = near | Q(created_by=user.pk)
    if action == VIEW:
        allowed |= Q(record__in=user.following.values("record"))
    return allowed


class Place(NamedTuple):
    """Where a row stands: all that a scope asks of it. `path` is the department's, "/1/7/"."""

    owner_id: int | None
    team_id: int | None
    department_id: int | None
    path: str
    created_by_id: int | None


def granted_q(kind: str, action: Action, *scopes: Scope) -> Q:
    """The people whose role has one of these scopes for `action` with rows of `kind`; of none named, any but NONE."""
    wanted = [str(one) for one in scopes or Scope if one != Scope.NONE]
    by_kind, by_family = (f"role__grants__{name}" for name in (kind, FAMILIES.get(kind, kind)))
    named = Q(**{f"{by_kind}__isnull": False})
    return named & Q(**{f"{by_kind}__{action}__in": wanted}) | ~named & Q(**{f"{by_family}__{action}__in": wanted})


def near_people_q(kind: str, action: Action, places: Iterable[Place]) -> Q:
    """`scope_q` the other way round: the people who may do `action` with a row of `kind` in one of `places`.

    Without followers, whom only the record knows.
    """
    places = list(places)
    if not places:
        return Q(pk__in=[])
    free = [one for one in places if one.owner_id is None]
    mine = Q(pk__in={pk for one in places for pk in (one.owner_id, one.created_by_id)} - {None})
    above = Q(department__in={int(pk) for one in places for pk in one.path.split("/") if pk})
    left = Q(department__in={one.department_id for one in free if one.team_id is None} - {None})
    teams, free_teams = (Q(teams__in={one.team_id for one in some} - {None}) for some in (places, free))
    return (
        granted_q(kind, action, Scope.ALL)
        | granted_q(kind, action, Scope.DEPARTMENT) & (mine | teams | above)
        | granted_q(kind, action, Scope.TEAM) & (mine | teams | left)
        | granted_q(kind, action, Scope.OWN) & (mine | free_teams | left)
    )


def sees(user: "User", kind: str, place: Place, *, follows: bool) -> bool:
    """`scope_q` of VIEW for one person and one row at hand: where many people meet many rows, outside of SQL."""
    scope = user.scope_of(kind, VIEW)
    if scope in (Scope.ALL, Scope.NONE):
        return scope == Scope.ALL
    if follows or user.pk in (place.owner_id, place.created_by_id):
        return True
    of_my_team = place.team_id in user.team_ids
    if scope == Scope.DEPARTMENT:
        return of_my_team or place.department_id in user.department_ids
    if scope == Scope.TEAM and of_my_team:
        return True
    left_to_department = place.team_id is None and place.department_id == (user.department_id or 0)
    return place.owner_id is None and (of_my_team or left_to_department)


def may_take(user: "User", row: Any) -> bool:
    """Whether `user` may take a row that nobody has: one of their team's, or of as much as they may change.

    Whoever made it may not take it back from the team that it was left to: that is handing out.
    """
    return row.owner_id is None and reaches(user, row.kind, CHANGE, row)


def reaches(user: "User", kind: str, action: Action, row: Any) -> bool:
    """Whether `user` may do `action` with a row of such an owner, team and department: what CREATE is asked by.

    Being its creator does not count, or every row that somebody makes would be in their scope.
    """
    scope = user.scope_of(kind, action)
    if scope in (Scope.ALL, Scope.NONE):
        return scope == Scope.ALL
    in_my_team, in_my_departments = row.team_id in user.team_ids, row.department_id in user.department_ids
    if scope == Scope.DEPARTMENT and in_my_departments:
        return True
    if row.team_id is not None and not in_my_team:
        return False
    if scope != Scope.OWN and in_my_team:
        return True
    if row.owner_id is not None:
        return row.owner_id == user.pk
    return in_my_team or (row.department_id is not None and row.department_id == user.department_id)
