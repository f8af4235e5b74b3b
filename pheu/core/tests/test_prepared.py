"""Questions whose SQL is made once: the ids of each time, and never those of the time before."""

import pytest
from django.db import connection
from django.db.models import Q, QuerySet
from django.test.utils import CaptureQueriesContext

from pheu.core.prepared import prepared
from pheu.people.models import Department, Role, User

pytestmark = pytest.mark.django_db


@prepared
def either(named: str, one: int, several: list[int]) -> QuerySet[Department]:
    MADE.append(named)
    return Department.objects.filter(Q(pk=one) | Q(pk__in=several)).exclude(name=named).order_by("pk")


MADE: list[str] = []


@pytest.fixture
def ids() -> list[int]:
    MADE.clear()
    return [Department.objects.create(name=f"D{nth}").pk for nth in range(9)]


def test_each_time_has_its_own_ids(ids):
    assert [one.pk for one in either("", ids[0], ids[2:4])] == [ids[0], *ids[2:4]]
    assert [one.pk for one in either("", ids[8], ids[5:7])] == [*ids[5:7], ids[8]]


@pytest.mark.parametrize("many", range(1, 9))
def test_lists_of_any_length(ids, many):
    assert [one.pk for one in either("", ids[8], ids[:many])] == [*ids[:many], ids[8]]


def test_its_sql_is_made_once_for_each_shape(ids):
    for named in ("D1", "D2", "D1"):
        assert named not in [one.name for one in either(named, ids[1], ids[2:5])]
    either("D1", ids[4], ids[5:8])  # as many
    assert MADE == ["D1", "D2"]


def test_a_list_may_be_empty(ids):
    assert [one.pk for one in either("", ids[0], [])] == [ids[0]]
    assert prepared(lambda several: Department.objects.filter(pk__in=several))([]) == []


def test_what_is_asked_is_what_django_asks(ids):
    @prepared
    def people(role: int) -> QuerySet[User]:
        return User.objects.filter(role=role).select_related("role").prefetch_related("teams")

    role = Role.objects.create(code="x", name="X")
    User.objects.create_user("a@quantrac.example", full_name="An", role=role)
    people(0)
    with CaptureQueriesContext(connection) as captured:
        [found] = people(role.pk)
    assert found.role.name == "X" and list(found.teams.all()) == []
    assert len(captured) == 2
