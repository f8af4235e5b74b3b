from typing import Any

from django.contrib.auth.models import BaseUserManager
from django.contrib.postgres.expressions import ArraySubquery
from django.db import models
from django.db.models import OuterRef, Q, QuerySet
from django.db.models.functions import Concat, Substr

from pheu.people.scopes import FAMILIES, SERVED_BY, Scope


class UserQuerySet(QuerySet):
    def active(self) -> "UserQuerySet":
        return self.filter(is_active=True)

    def who_may(self, kind: str, action: str) -> "UserQuerySet":
        """Active people whose role has some scope for `action`: those to whom work of this kind can be given."""
        by_kind, by_family = (f"role__grants__{name}" for name in (kind, FAMILIES.get(kind, kind)))
        named = Q(**{f"{by_kind}__isnull": False})
        granted = [
            Q(**{f"{where}__{action}__isnull": False}) & ~Q(**{f"{where}__{action}": "none"})
            for where in (by_kind, by_family)
        ]
        return self.active().filter(named & granted[0] | ~named & granted[1])

    def within_reach(self, user: Any, scope: str) -> "UserQuerySet":
        """Colleagues to whom somebody with this scope may give rows; the same as `scopes.reaches` says of the row."""
        match scope:
            case Scope.ALL:
                return self
            case Scope.DEPARTMENT:
                near = Q(department__in=user.department_ids) | Q(teams__in=user.team_ids)
            case Scope.TEAM:
                near = Q(teams__in=user.team_ids)
            case Scope.OWN:
                near = Q()
            case _:
                return self.none()
        me = Q(pk=user.pk)
        return self.filter(pk__in=self.model._default_manager.filter(me | near if near else me).values("pk"))

    def with_rights(self) -> "UserQuerySet":
        """Role, department, own teams and the departments below mine, in this one query."""
        department: Any = self.model._meta.get_field("department").related_model
        member = self.model.teams.through  # type: ignore[attr-defined]
        below = department.objects.filter(path__startswith=OuterRef("department__path")).values("pk")
        mine = member.objects.filter(user=OuterRef("pk")).values("team_id")
        return self.select_related("role", "department").annotate(
            loaded_department_ids=ArraySubquery(below), loaded_team_ids=ArraySubquery(mine)
        )


class UserManager(BaseUserManager.from_queryset(UserQuerySet)):  # type: ignore[misc]
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> Any:
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save()
        return user


class TeamQuerySet(QuerySet):
    def offered(self, kind: str) -> "TeamQuerySet":
        """Teams that rows of `kind` may be given to: active ones that serve it (R3.05-3.07)."""
        served = {SERVED_BY[kind]: True} if SERVED_BY.get(kind) else {}
        return self.filter(is_active=True, **served)


class DepartmentQuerySet(QuerySet):
    def move(self, was: str, now: str) -> None:
        """Let the paths that begin with `was` begin with `now`: a department goes with all below it."""
        rest = Substr("path", len(was) + 1)
        self.update(path=Concat(models.Value(now), rest, output_field=models.TextField()))
