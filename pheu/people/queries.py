from datetime import date
from typing import Any

from django.contrib.auth.models import BaseUserManager
from django.contrib.postgres.expressions import ArraySubquery
from django.db import models
from django.db.models import OuterRef, Q, QuerySet
from django.db.models.functions import Concat, Substr

from pheu.core.models import Shape
from pheu.core.vietnamese import today_here
from pheu.people.scopes import SERVED_BY, Action, Scope, granted_q


class UserQuerySet(QuerySet):
    def active(self) -> "UserQuerySet":
        return self.filter(is_active=True)

    def who_may(self, kind: str, action: str) -> "UserQuerySet":
        """Active people whose role has some scope for `action`: those to whom work of this kind can be given."""
        return self.active().filter(granted_q(kind, Action(action)))

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

    def with_team_ids(self) -> "UserQuerySet":
        """Bring `team_ids` along, the first team first."""
        member = self.model.teams.through  # type: ignore[attr-defined]
        mine = member.objects.filter(user=OuterRef("pk")).order_by("team_id").values("team_id")
        return self.annotate(loaded_team_ids=ArraySubquery(mine))

    def with_rights(self) -> "UserQuerySet":
        """Role, department, own teams, the departments below mine and the company's shape, in this one query."""
        department: Any = self.model._meta.get_field("department").related_model
        below = department.objects.filter(path__startswith=OuterRef("department__path")).values("pk")
        rows = self.select_related("role", "department").annotate(
            loaded_department_ids=ArraySubquery(below), loaded_shape=Shape.objects.values("stamp")[:1]
        )
        return rows.with_team_ids()


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


class TimeOffQuerySet(QuerySet):
    def on(self, day: date) -> "TimeOffQuerySet":
        return self.filter(begins_on__lte=day, ends_on__gte=day)

    def from_now(self) -> "TimeOffQuerySet":
        """Those that go on or are still to come, the next first."""
        return self.filter(ends_on__gte=today_here()).order_by("begins_on", "pk")


class DepartmentQuerySet(QuerySet):
    def move(self, was: str, now: str) -> None:
        """Let the paths that begin with `was` begin with `now`: a department goes with all below it."""
        rest = Substr("path", len(was) + 1)
        self.update(path=Concat(models.Value(now), rest, output_field=models.TextField()))
