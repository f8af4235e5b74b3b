"""A list with the record that is open beside it: walked with j and k, worked on, sent to a colleague as an address."""

import re

import pytest
from playwright.sync_api import expect

from pheu.conftest import edited
from pheu.core.tests.looking import walked
from pheu.leads.models import Lead
from pheu.leads.services import create_lead

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def leads(world):
    """The first of them stands first in the list."""
    an = world.cast.an
    return [
        create_lead({"company_name": name, "need": f"Cần {name}", "owner": an}, by=an) for name in ("Ba", "Hai", "Một")
    ][::-1]


def test_rows_open_beside_the_list_and_are_walked_without_a_new_page(world, leads):
    page = world.enter(world.cast.an, "/leads/?tab=all")
    page.get_by_role("link", name="Song song").click()
    beside = page.locator("#beside")
    expect(beside.get_by_role("heading", level=1)).to_have_text("Một")
    expect(page.locator("tr[aria-current]")).to_have_text(re.compile("Một"))
    page.evaluate("() => (window.same = true)")
    page.keyboard.press("j")
    expect(beside.get_by_role("heading", level=1)).to_have_text("Hai")
    page.keyboard.press("j")
    expect(beside.get_by_role("heading", level=1)).to_have_text("Ba")
    page.keyboard.press("k")
    expect(beside.get_by_role("heading", level=1)).to_have_text("Hai")
    page.locator("tbody tr", has_text="Ba").click()
    expect(beside.get_by_role("heading", level=1)).to_have_text("Ba")
    assert page.evaluate("() => window.same")
    assert f"open={leads[2].pk}" in page.url
    # The address is the whole state: whoever gets it sees the same.
    other = world.enter(world.cast.binh, page.url.removeprefix(world.url))
    expect(other.locator("#beside").get_by_role("heading", level=1)).to_have_text("Ba")


def test_what_is_changed_beside_the_list_is_saved_and_the_list_stays(world, leads):
    page = world.enter(world.cast.an, f"/leads/?tab=all&split=1&open={leads[1].pk}")
    beside = page.locator("#beside")
    expect(beside.get_by_role("heading", level=1)).to_have_text("Hai")
    page.evaluate("() => (window.same = true)")
    edited(page, "need").fill("Ba trạm nước thải")
    # Not saved yet: nothing else opens over it.
    page.locator("tbody tr", has_text="Ba").click()
    expect(page.locator("#toasts")).to_contain_text("Hãy lưu hoặc bỏ phần vừa sửa trước đã.")
    expect(beside.get_by_role("heading", level=1)).to_have_text("Hai")
    beside.locator("[data-save-bar] [type=submit]").click()
    expect(beside.locator("[data-save-bar]")).to_be_hidden()
    expect(beside.locator("#record-fields")).to_contain_text("Ba trạm nước thải")
    page.locator("tbody tr", has_text="Ba").click()
    expect(beside.get_by_role("heading", level=1)).to_have_text("Ba")
    assert page.evaluate("() => window.same")
    assert Lead.objects.get(pk=leads[1].pk).need == "Ba trạm nước thải"


def test_an_act_in_a_dialog_comes_back_to_the_list_with_its_record(world, leads):
    page = world.enter(world.cast.binh, f"/leads/?tab=all&split=1&open={leads[2].pk}")
    beside = page.locator("#beside")
    expect(beside.get_by_role("heading", level=1)).to_have_text("Ba")
    beside.locator(".record-acts").get_by_role("link", name="Không phù hợp", exact=True).click()
    page.locator("#dialog[open]").get_by_text("Không liên hệ được").click()
    with page.expect_navigation():
        page.locator("#dialog form [type=submit]").last.click()
    assert "split=1" in page.url
    expect(page.locator("#toasts")).to_contain_text("Ba")
    expect(page.locator("#beside").get_by_role("heading", level=1)).to_have_text("Ba")


def test_on_a_phone_a_row_opens_its_page(world, leads):
    page = world.enter(world.cast.an)
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"/leads/?tab=all&split=1&open={leads[0].pk}")
    page.get_by_role("link", name="Hai").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Hai")
    expect(page.locator("#beside")).to_have_count(0)


def test_it_is_accessible_and_fits(world, leads):
    addresses = [
        f"{path}?tab=all&split=1" for path in ("/leads/", "/deals/", "/companies/", "/contacts/", "/prospects/")
    ]
    assert walked(world.enter(world.cast.dung), addresses) == {}
