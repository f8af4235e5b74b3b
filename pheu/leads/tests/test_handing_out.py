"""«Phân công»: whose rows are, to whom they go, and that nobody gets them by a slip."""

import pytest
from django.contrib.messages import get_messages
from playwright.sync_api import expect

from pheu.conftest import told
from pheu.core.tests.looking import settled
from pheu.leads.models import Lead
from pheu.leads.services import create_lead
from pheu.records.models import Operation
from pheu.timeline.events import ASSIGNED
from pheu.timeline.services import assign
from pheu.timeline.undo import undo

DIALOG = "/leads/assignment/"


def hand(client, rows, owner, **more):
    return client.post(DIALOG, {"ids": [row.pk for row in rows], "owner": owner, **more})


@pytest.fixture
def two(an, lead):
    return [lead, create_lead({"company_name": "Dệt Trăng Non", "owner": an}, by=an)]


def test_the_dialog_says_who_has_them_now(client, binh, an, chi, two):
    """R1.17: and offers that person, so that pressing the button changes nothing."""
    client.force_login(binh)
    page = client.get(DIALOG, {"ids": [two[0].pk]}).text
    assert "Hiện do Nguyễn Hoài An phụ trách." in page
    assert f'<option value="{an.pk}" selected' in page
    hand(client, two[:1], an.pk)
    assert not Operation.objects.filter(act="assign", entries__isnull=False).exists()
    assign(two[:1], owner=binh, by=binh)
    assert "Hiện do 2 người phụ trách." in client.get(DIALOG, {"ids": [row.pk for row in two]}).text


def test_an_empty_answer_takes_nothing_from_anybody(client, binh, an, two):
    """R1.17."""
    client.force_login(binh)
    for team in ("", an.teams.get().pk):
        answer = hand(client, two, "", team=team)
        assert answer.status_code == 422
        assert "Hãy chọn một người." in answer.text
    assert set(Lead.objects.values_list("owner", flat=True)) == {an.pk}


def test_to_take_rows_off_their_owner_is_a_choice_and_can_be_undone(client, binh, an, two):
    """R1.17: they stay with their team and department, where somebody sees them."""
    client.force_login(binh)
    answer = hand(client, two, "nobody")
    assert [str(one) for one in get_messages(answer.wsgi_request)] == ["2 bản ghi nay chưa ai phụ trách."]
    places = set(Lead.objects.values_list("owner", "team", "department"))
    assert places == {(None, an.teams.get().pk, an.department_id)}
    assert "bỏ phân công" in client.get(two[0].get_absolute_url()).text
    undo(Operation.objects.latest("pk"), by=binh)
    assert set(Lead.objects.values_list("owner", flat=True)) == {an.pk}


def test_off_its_owner_and_to_a_team(client, binh, two):
    """R1.17, R3.01."""
    client.force_login(binh)
    team = binh.teams.get()
    hand(client, two[:1], "nobody", team=team.pk)
    lead = Lead.objects.get(pk=two[0].pk)
    assert (lead.owner, lead.team) == (None, team)
    assert told(ASSIGNED, about=lead).facts["to"] == [{"id": team.pk, "name": "Miền Bắc"}]


def test_the_toast_names_the_person(client, binh, two):
    client.force_login(binh)
    for rows, words in ((two[:1], f"{two[0].title} nay do Trần Thanh Bình phụ trách."), (two, "2 bản ghi nay do Trần")):
        answer = hand(client, rows, binh.pk)
        *_before, message = get_messages(answer.wsgi_request)
        assert words in str(message)
        assert message.extra_tags.startswith("undo:")


@pytest.mark.django_db(transaction=True)
def test_by_keyboard_it_goes_to_the_person_whose_name_was_typed(world):
    """R1.17: keys that come before the box is ready choose nobody in silence."""
    cast = world.cast
    lead = create_lead({"company_name": "Xi măng Hòn Đá", "owner": cast.an}, by=cast.an)
    page = world.enter(cast.dung, "/leads/?tab=all")
    settled(page)
    waiting = []
    page.route("**/tom-select*.js", lambda route: waiting.append(route))
    page.locator(f"input[name=ids][value='{lead.pk}']").check()
    with page.expect_request("**/tom-select*.js"):
        page.locator("[data-dialog]", has_text="Phân công").first.press("Enter")
    page.locator("#dialog[open] [name=owner]").wait_for(state="attached")
    expect(page.locator("#dialog")).to_be_focused()
    page.keyboard.type("Trần")
    assert page.locator("#dialog [name=owner]").input_value() == str(cast.an.pk)
    for route in waiting:
        route.continue_()
    box = page.locator("#dialog .ts-control input").first
    expect(box).to_be_focused()
    page.keyboard.type("Chi")
    expect(page.locator("#dialog .ts-dropdown .option")).to_have_count(1)
    page.keyboard.press("Enter")
    with page.expect_navigation():
        page.keyboard.press("Control+Enter")
    expect(page.locator("#toasts")).to_contain_text("Lê Kim Chi")
    assert Lead.objects.get().owner == cast.chi
    page.locator("#toasts [data-undo]").click()
    settled(page)
    expect(page.locator(".list, table").first).to_contain_text("Nguyễn Hoài An")


@pytest.mark.django_db(transaction=True)
def test_the_people_to_choose_from_lie_above_the_foot_of_the_dialog(world):
    """The box that one types in stays in sight, and the last name in the list can be clicked."""
    cast = world.cast
    lead = create_lead({"company_name": "Xi măng Hòn Đá", "owner": cast.an}, by=cast.an)
    page = world.enter(cast.dung, "/leads/?tab=all")
    page.locator(f"input[name=ids][value='{lead.pk}']").check()
    page.locator("[data-dialog]", has_text="Phân công").first.click()
    shown = page.locator("#dialog .ts-control .item").first
    expect(shown).to_be_visible()
    options = page.locator("#dialog .ts-dropdown .option")
    expect(page.locator("#dialog .ts-dropdown").first).to_be_hidden()
    page.locator("#dialog .ts-control").first.click()
    options.first.wait_for()
    expect(shown).to_be_visible()
    foot = page.locator("#dialog .dialog-foot").bounding_box()
    seen = page.evaluate(
        """() => {
          const list = document.querySelector("#dialog .ts-dropdown");
          const box = document.querySelector("#dialog .ts-control");
          const { bottom, left } = list.getBoundingClientRect();
          const { x, y, width, height } = box.getBoundingClientRect();
          const shown = box.contains(document.elementFromPoint(x + width / 2, y + height / 2));
          return [bottom, list.contains(document.elementFromPoint(left + 30, bottom - 12)), shown];
        }"""
    )
    assert seen[0] > foot["y"], "else the list is too short to be cut off"
    assert seen[1:] == [True, True]
    expect(options.last).to_have_text("Bỏ phân công")
    page.keyboard.type("Chi")
    expect(options).to_have_count(1)
    page.keyboard.press("Enter")
    expect(shown).to_be_visible()
    expect(shown).to_have_text("Lê Kim Chi")
