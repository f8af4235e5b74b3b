"""Every page of «Cấu hình» in Chromium, with the longest names: no serious finding of axe-core, no sideways scroll."""

import pytest

from pheu.deals.tests.test_pages_in_browser import AXE, FINDINGS, LONG
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


@pytest.mark.parametrize(("width", "theme"), [(1440, "light"), (390, "dark")])
def test_every_page_of_the_setup_is_accessible_and_fits(world, width, theme):
    addresses = fill(world.cast)
    page = world.enter(world.cast.dung)
    page.set_viewport_size({"width": width, "height": 844})
    page.emulate_media(color_scheme=theme, reduced_motion="reduce")
    found = {}
    for address in addresses:
        answer = page.goto(address)
        page.wait_for_load_state("networkidle")
        page.evaluate(AXE)
        problems = page.evaluate(FINDINGS)
        if answer is None or answer.status != 200:
            problems.append("did not open")
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            problems.append("scrolls sideways")
        if problems:
            found[address] = problems
    assert found == {}
