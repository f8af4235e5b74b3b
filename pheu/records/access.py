"""What a person may do with rows at hand, answered by the database with the same scope as everything else."""

from collections.abc import Collection, Iterable
from typing import Any

from django.db.models import BooleanField, Case, Expression, Q, QuerySet, Value, When

from pheu.core.errors import Refused
from pheu.people.models import User
from pheu.people.scopes import VIEW, Action, Place, Scope, granted_q, may_take, near_people_q, scope_q, sees
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


def seen_by(people: Collection[User], ids: Collection[int]) -> dict[int, set[int]]:
    """Which of these records each of `people` may see, by person: `who_sees` for many of both.

    As many statements for two hundred people and records as for one, if the people come with their rights
    (`with_rights`).
    """
    places = _places_of(ids) if people else []
    followers = set(
        Follower.objects.filter(record__in={pk for pk, _on, _k, _p in places}).values_list("user", "record")
    )
    seen: dict[int, set[int]] = {person.pk: set() for person in people}
    for pk, on, kind, place in places:
        for person in people:
            if sees(person, kind, place, follows=(person.pk, pk) in followers):
                seen[person.pk].add(on)
    return seen


def _places_of(ids: Collection[int]) -> list[tuple[int, int, str, Place]]:
    """(row, record, kind, place) of each record of these ids, and of every row through which one is seen."""
    where = ("owner", "team", "department", "department__path", "created_by")
    rows = Record.objects.filter(pk__in=ids).order_by().values_list("pk", "pk", "kind", *where)
    found = [(pk, on, kind, Place(*place)) for pk, on, kind, *place in rows]
    by_kind: dict[str, list[int]] = {}
    for pk, _on, kind, _place in found:
        by_kind.setdefault(kind, []).append(pk)
    for code, of_kind in by_kind.items():
        for window in kinds.get(code).windows:
            through = kinds.get(window.kind).model.objects.filter(**{f"{window.column}__in": of_kind}).order_by()
            told = through.values_list("pk", window.column, *where)
            found += [(pk, on, window.kind, Place(*place)) for pk, on, *place in told]
    return found


def _seen_by(kind: str, rows: QuerySet[Any]) -> Q:
    told = rows.order_by().values_list("owner", "team", "department", "department__path", "created_by").distinct()
    places = [Place(owner, team, department, path or "", maker) for owner, team, department, path, maker in told]
    follow = Q(pk__in=Follower.objects.filter(record__in=rows.order_by().values("pk")).values("user"))
    return near_people_q(kind, VIEW, places) | granted_q(kind, VIEW) & follow


def must(user: User, row: Any, action: Action) -> None:
    """Refuse before a form or dialog is shown; the act itself asks again."""
    if str(action) not in abilities(user, row, action):
        raise Refused
