"""Every page of «Cấu hình» in Chromium, with the longest names: no serious finding of axe-core, no sideways scroll."""

import pytest

from pheu.core.tests.looking import walked
from pheu.deals.tests.test_pages_in_browser import LONG
from pheu.people.models import Branch, Department, Role, Team, User
from pheu.setup import lists

pytestmark = pytest.mark.django_db(transaction=True)


def fill(cast):
    """Entries with names that do not fit; the addresses of every page and of one form of each."""
    branch, place = Branch.objects.create(name=LONG), Department.objects.create(name=LONG, parent=cast.an.department)
    role = Role.objects.create(code="long", name=LONG, fields={"lead": {"need": "hidden"}})
    team = Team.objects.create(name=LONG, branch=branch, leader=cast.binh, alias="x" * 60, is_active=False)
    team.members.set([cast.an, cast.binh, cast.chi])
    person = User.objects.create_user("moi@quantrac.example", full_name=LONG, role=role, department=place)
    person.teams.set([team])
    forms = [f"/setup/{code}/{one.pk}/" for code, one in (("teams", team), ("departments", place), ("people", person))]
    compared = f"/setup/roles/{Role.objects.get(code='sales').pk}/?with={role.pk}"
    return [*(one.url("page") for one in lists.every()), *forms, compared, f"/setup/people/{person.pk}/leaving/"]


def test_every_page_of_the_setup_is_accessible_and_fits(world):
    assert walked(world.enter(world.cast.dung), fill(world.cast)) == {}
