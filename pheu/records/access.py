"""What a person may do with rows at hand, answered by the database with the same scope as everything else."""

from collections.abc import Iterable
from typing import Any

from django.db.models import BooleanField, Case, Expression, Q, QuerySet, Value, When

from pheu.core.errors import Refused
from pheu.people.models import User
from pheu.people.scopes import VIEW, Action, Place, Scope, granted_q, may_take, near_people_q, scope_q
from pheu.records import kinds
from pheu.records.fields import Field
from pheu.records.models import Follower, Record


def may(user: User, kind: str, action: Action) -> Expression:
    """An annotation: whether `user` may do `action` with the row."""
    scope = user.scope_of(kind, action)
    if scope in (Scope.ALL, Scope.NONE):
        return Value(scope == Scope.ALL)
    return Case(When(scope_q(user, kind, action), then=Value(True)), default=Value(False), output_field=BooleanField())


def with_abilities(rows: Any, user: User, *actions: Action) -> Any:
    """`rows` with an answer for each of `actions`, which `granted` reads."""
    return rows.annotate(**{f"may_{action}": may(user, rows.model.kind, action) for action in actions})


def granted(row: Any) -> set[str]:
    """Which of the actions asked for by `with_abilities` the person may do with this row."""
    return {str(action) for action in Action if getattr(row, f"may_{action}", False)}


def abilities(user: User, row: Any, *actions: Action) -> set[str]:
    """Which of `actions` the person may do with this row, in one query."""
    answers = with_abilities(type(row).objects.filter(pk=row.pk), user, *actions).first()
    return granted(answers) if answers else set()


def mark_free(rows: Iterable[Any], fields: Iterable[Field], user: User) -> None:
    """Say of each row that was brought to draw `fields` whether `user` may take it on: `may_take`."""
    if any(one.name == "owner" for one in fields):
        for row in rows:
            row.may_take = may_take(user, row) and not row.is_over


def who_sees(about: Record) -> QuerySet[User]:
    """Active people who may see a record: `visible_to` the other way round.

    Where a row stands is read first, and where those stand through which it is seen: one statement for each kind.
    """
    people = _seen_by(about.kind, Record.objects.filter(pk=about.pk))
    for window in kinds.get(about.kind).windows:
        people |= _seen_by(window.kind, window.rows_of(about.pk))
    return User.objects.active().filter(pk__in=User.objects.filter(people).values("pk"))


def _seen_by(kind: str, rows: QuerySet[Any]) -> Q:
    told = rows.order_by().values_list("owner", "team", "department", "department__path", "created_by").distinct()
    places = [Place(owner, team, department, path or "", maker) for owner, team, department, path, maker in told]
    follow = Q(pk__in=Follower.objects.filter(record__in=rows.order_by().values("pk")).values("user"))
    return near_people_q(kind, VIEW, places) | granted_q(kind, VIEW) & follow


def must(user: User, row: Any, action: Action) -> None:
    """Refuse before a form or dialog is shown; the act itself asks again."""
    if str(action) not in abilities(user, row, action):
        raise Refused
