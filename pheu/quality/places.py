"""Where a person may import to: the teams and departments within which their role lets them."""

from django.db.models import QuerySet

from pheu.people.models import Department, Team, User
from pheu.people.scopes import IMPORT, Scope


def teams_for(user: User, kind: str) -> QuerySet[Team]:
    scope, offered = user.scope_of(kind, IMPORT), Team.objects.offered(kind)
    if scope == Scope.ALL:
        return offered
    return offered.filter(pk__in=user.team_ids if scope != Scope.NONE else [])


def departments_for(user: User, kind: str) -> QuerySet[Department]:
    """All, mine and below, or mine: rows without an owner and team are seen by the members of their department."""
    in_use = Department.objects.filter(is_active=True)
    match user.scope_of(kind, IMPORT):
        case Scope.ALL:
            return in_use
        case Scope.DEPARTMENT:
            return in_use.filter(pk__in=user.department_ids)
        case Scope.NONE:
            return Department.objects.none()
    return in_use.filter(pk=user.department_id or 0)


def first_place(user: User, kind: str) -> tuple[Team | None, Department | None]:
    """What is proposed: the person's own team and department."""
    team = teams_for(user, kind).filter(pk__in=user.team_ids).order_by("pk").first()
    return team, departments_for(user, kind).filter(pk=user.department_id or 0).first()
