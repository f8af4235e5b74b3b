"""A field's history and the values on a date in Chromium, by keys and on a phone (issue 9)."""

from urllib.parse import quote

import pytest
from playwright.sync_api import expect

from pheu.conftest import edited
from pheu.core.tests.looking import findings, walked
from pheu.leads.services import change_lead, create_lead


@pytest.fixture
def lead(world):
    an = world.cast.an
    lead = create_lead({"company_name": "Xi măng Hòn Đá", "need": "Đo SO₂", "owner": an}, by=an)
    return change_lead(lead, {"need": ("Đo SO₂", "Đo bụi")}, by=an)


def test_by_keys_a_field_tells_its_history_and_leads_to_what_stood_before(world, lead):
    page = world.enter(world.cast.an, lead.get_absolute_url())
    dialog = page.locator("#dialog")
    link = page.get_by_role("link", name="Lịch sử: Nhu cầu")
    link.focus()
    expect(link).to_have_css("opacity", "1")
    page.keyboard.press("Enter")
    expect(dialog.get_by_role("heading", name="Lịch sử: Nhu cầu")).to_be_visible()
    expect(dialog.locator(".was-now").first).to_have_text("Đo SO₂ → Đo bụi")
    assert findings(page) == []
    page.keyboard.press("Escape")
    expect(link).to_be_focused()

    page.keyboard.press("Enter")
    dialog.get_by_role("link", name="Như lúc đó").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/past/?at=*")
    page.get_by_role("link", name="Trước lần đổi này").focus()
    page.keyboard.press("Enter")
    need = page.locator(".past [data-differs]").filter(has_text="Nhu cầu")
    expect(need).to_contain_text("Đo SO₂")
    expect(need).to_contain_text("Hôm nay: Đo bụi")
    assert findings(page) == []


def test_what_is_being_typed_stays_while_one_looks_back(world, lead):
    page = world.enter(world.cast.an, lead.get_absolute_url())
    edited(page, "company_name").fill("Xi măng Hòn Đá Bạc")
    page.get_by_role("link", name="Lịch sử: Nhu cầu").focus()
    page.keyboard.press("Enter")
    page.locator("#dialog .was-now").first.wait_for()
    page.keyboard.press("Escape")
    expect(page.locator("#record-fields [name=company_name]")).to_have_value("Xi măng Hòn Đá Bạc")


def test_on_a_phone_every_field_shows_its_history_and_the_menu_leads_to_the_past(world, lead):
    page = world.enter(world.cast.an, lead.get_absolute_url())
    page.set_viewport_size({"width": 390, "height": 844})
    page.locator(".record-acts").get_by_role("button", name="Thêm").click()
    page.get_by_role("link", name="Giá trị vào ngày…").click()
    page.wait_for_url("**/past/")
    page.get_by_role("link", name="Lịch sử: Nhu cầu").click()
    page.locator("#dialog .was-now").first.wait_for()
    page.keyboard.press("Escape")
    page.get_by_label("Ngày giờ").fill("hôm qua")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Lúc đó chưa có")).to_be_visible()


def test_the_past_is_accessible_and_fits(world, lead):
    at = quote(lead.created_at.isoformat())
    pages = [f"/r/{lead.pk}/past/?at={at}", f"/r/{lead.pk}/past/?at=2001-01-01", f"/r/{lead.pk}/history/?field=need"]
    assert walked(world.enter(world.cast.an), pages) == {}
