"""A member of the team takes a lead that nobody has, with one press (R1.17, «Chưa ai nhận»)."""

import pytest
from playwright.sync_api import expect

from pheu.conftest import nothing_changes, told
from pheu.core.errors import Refused
from pheu.leads.models import Lead
from pheu.leads.services import convert_prospects, create_lead
from pheu.parties.services import create_prospect
from pheu.people.models import Team
from pheu.timeline.events import TAKEN
from pheu.timeline.services import assign, take


def nobodys(by, **more):
    return create_lead({"company_name": "Xi măng Hòn Đá", "owner": None} | more, by=by)


@pytest.fixture
def free(binh):
    return nobodys(binh, team=Team.objects.get(name="Miền Bắc"))


def owner_of(lead):
    return Lead.objects.get(pk=lead.pk).owner


def test_a_seller_without_the_right_to_hand_out_takes_it(client, an, free):
    client.force_login(an)
    answer = client.post(f"/leads/{free.pk}/taking/", follow=True)
    assert owner_of(free) == an
    assert told(TAKEN, about=free).by == an
    assert Lead.objects.get(pk=free.pk).team == free.team
    assert "Hoàn tác" in answer.text


def test_it_goes_back_to_nobody(client, an, free):
    client.force_login(an)
    answer = client.post(f"/leads/{free.pk}/taking/?as=row", headers={"HX-Request": "true"})
    undo = answer.headers["HX-Trigger"].split('"undo": "')[1].split('"')[0]
    client.post(undo)
    assert owner_of(free) is None


def test_the_second_hears_who_was_first(client, an, binh, free):
    take(free, by=binh)
    client.force_login(an)
    with nothing_changes():
        answer = client.post(f"/leads/{free.pk}/taking/", headers={"HX-Request": "true"})
    assert answer.status_code == 403
    assert "Trần Thanh Bình" in answer.headers["HX-Trigger"].encode().decode("unicode-escape")


def test_another_teams_is_not_theirs_to_take(an, chi, giang, dung, free):
    south = nobodys(dung, team=Team.objects.get(name="Miền Nam"))
    for person, lead in ((chi, free), (giang, free), (an, south)):
        with nothing_changes(), pytest.raises(Refused):
            take(lead, by=person)


def test_what_was_left_to_another_team_is_not_taken_back_by_its_maker(an, dung):
    """That is handing out, which is a right of its own."""
    mine = nobodys(an)
    assign([mine], owner=None, team=Team.objects.get(name="Miền Nam"), by=dung)
    with nothing_changes(), pytest.raises(Refused):
        take(Lead.objects.get(pk=mine.pk), by=an)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("where", ["/leads/?tab=all", "/leads/board/?tab=all", "/", "page"])
def test_one_press_and_one_to_take_it_back(world, where):
    """On the row, on the card, on the first page and on its own page."""
    an, north = world.cast.an, Team.objects.get(name="Miền Bắc")
    lead = nobodys(world.cast.binh, team=north)
    page = world.enter(an, lead.get_absolute_url() if where == "page" else where)
    button = page.get_by_role("button", name="Nhận", exact=True)
    with page.expect_response(f"**/leads/{lead.pk}/taking/**"):
        button.click()
    expect(page.locator(".toast")).to_contain_text("Xi măng Hòn Đá")
    expect(button).to_have_count(0)
    assert owner_of(lead) == an
    page.locator(".toast").get_by_role("button", name="Hoàn tác").click()
    expect(button).to_be_visible()
    assert owner_of(lead) is None


@pytest.mark.django_db(transaction=True)
def test_taking_from_the_list_with_the_keyboard_keeps_the_place(world):
    an = world.cast.an
    nobodys(world.cast.binh, team=Team.objects.get(name="Miền Bắc"))
    page = world.enter(an, "/leads/?tab=all")
    page.get_by_role("button", name="Nhận", exact=True).press("Enter")
    expect(page.locator("#rows .person-name")).to_have_text("Nguyễn Hoài An")
    expect(page.locator("#rows td:focus-within")).to_have_count(1)


@pytest.mark.django_db(transaction=True)
def test_taking_on_the_first_page_leads_on_to_the_next(world):
    north = Team.objects.get(name="Miền Bắc")
    first, second = (nobodys(world.cast.binh, team=north) for _ in range(2))
    page = world.enter(world.cast.an)
    page.get_by_role("button", name="Nhận", exact=True).first.press("Enter")
    expect(page.get_by_role("button", name="Nhận", exact=True)).to_have_count(1)
    expect(page.get_by_role("button", name="Nhận", exact=True)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Nhận", exact=True)).to_have_count(0)
    assert [owner_of(first), owner_of(second)] == [world.cast.an] * 2
    expect(page.locator("#home a:focus")).to_have_count(1)


def test_a_prospect_that_became_a_lead_is_nobodys_to_take(client, binh):
    prospect = create_prospect({"company_name": "Xi măng Hòn Đá", "owner": None}, by=binh)
    client.force_login(binh)
    pages = "/prospects/?tab=all", prospect.get_absolute_url()
    assert all(f"/prospects/{prospect.pk}/taking/" in client.get(page).text for page in pages)
    convert_prospects([prospect], by=binh)
    pages = "/prospects/?tab=converted", prospect.get_absolute_url()
    assert not any(f"/prospects/{prospect.pk}/taking/" in client.get(page, follow=True).text for page in pages)
    assert "Xi măng Hòn Đá" in client.get(pages[0]).text
