"""What a person may do with rows at hand, answered by the database with the same scope as everything else."""

from collections.abc import Iterable
from typing import Any

from django.db.models import BooleanField, Case, Expression, Value, When

from pheu.core.errors import Refused
from pheu.people.models import User
from pheu.people.scopes import Action, Scope, may_take, scope_q
from pheu.records.fields import Field


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


def must(user: User, row: Any, action: Action) -> None:
    """Refuse before a form or dialog is shown; the act itself asks again."""
    if str(action) not in abilities(user, row, action):
        raise Refused
