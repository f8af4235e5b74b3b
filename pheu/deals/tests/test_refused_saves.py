"""A save that is refused: one sees at once what is wrong, wherever on the page it is, and goes on typing there."""

import pytest
from playwright.sync_api import expect

from pheu.conftest import edited
from pheu.core.tests.looking import settled
from pheu.leads.services import create_lead

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def page(world):
    page = world.enter(world.cast.an)
    page.set_viewport_size({"width": 1440, "height": 600})
    return page


def test_the_wrong_field_of_a_record_is_brought_into_view_and_focused(world, page):
    an = world.cast.an
    lead = create_lead({"company_name": "Xi măng Hòn Đá", "phone": "0903123456", "owner": an}, by=an)
    page.goto(lead.get_absolute_url())
    settled(page)
    edited(page, "expected_amount").fill("12.5")
    edited(page, "email").fill("khong-phai-mail")
    page.evaluate("document.querySelectorAll('*').forEach((one) => one.scrollTo?.(0, 0))")
    page.locator("[data-save-bar] [type=submit]").click()
    expect(page.locator("[data-dirty-count]")).to_contain_text("Cần xem lại: 2")
    focused = page.locator("#fields-form [aria-invalid=true]:focus")
    expect(focused).to_have_count(1)
    expect(focused).to_be_in_viewport()


def test_a_new_record_that_is_refused_keeps_the_focus_in_its_form(page):
    page.goto("/deals/new/")
    settled(page)
    page.locator("[name=expected_amount]").fill("12.5")
    page.locator("[name=expected_amount]").press("Control+Enter")
    expect(page.locator("[data-field][data-invalid]").first).to_be_in_viewport()
    expect(page.locator("body")).not_to_be_focused()
    count = page.get_by_text("Cần xem lại: 2")  # the name and the amount
    expect(count).to_be_in_viewport()
    expect(page.get_by_role("button", name="Lưu", exact=True)).to_be_in_viewport()
    expect(page.locator("[data-field][data-invalid] :focus")).to_have_count(1)


def test_the_last_field_of_a_long_form_is_not_focused_behind_its_buttons(page):
    page.goto("/leads/new/")
    settled(page)
    field, acts = page.locator("[name=expected_amount]"), page.locator(".form-acts-bar")
    field.focus()
    expect(field).to_be_in_viewport(ratio=1)
    below, above = field.bounding_box(), acts.bounding_box()
    assert below is not None
    assert above is not None
    assert below["y"] + below["height"] <= above["y"]


def test_choosing_in_a_picker_keeps_the_focus_in_it(page):
    page.goto("/deals/new/")
    settled(page)
    box = page.locator("[data-field=owner] .ts-control input")
    box.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("[data-field=owner] .ts-wrapper.has-items")).to_be_visible()
    expect(box).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.locator("body")).not_to_be_focused()
