"""Each page loads the scripts that it uses and no others; a dialog brings those of its own fields."""

import re

import pytest
from playwright.sync_api import Page, expect

from pheu.leads.services import create_lead

pytestmark = pytest.mark.django_db(transaction=True)

SIGN_IN = {"theme", "toasts", "guard"}
SHELL = SIGN_IN | {
    "behaviours",
    "dialogs",
    "menus",
    "session",
    "shortcuts",
    "offline",
    "push",
    "search",
    "focus",
    "works",
    "bell",
    "live",
    "htmx.min",
}
COMBOBOX = {"pick", "tom-select.base.min", "tom-select.min"}


def watched(page: Page) -> set[str]:
    """The names of the scripts that the page asks for from now on."""
    names: set[str] = set()

    def note(request) -> None:
        if request.resource_type == "script":
            names.add(re.sub(r"^.*/|\.js.*$", "", request.url))

    page.on("request", note)
    return names


def used(page: Page, address: str) -> set[str]:
    names = watched(page)
    page.goto(address)
    page.wait_for_load_state("networkidle")
    return names - COMBOBOX | ({"pick"} & names)


def test_signing_in_takes_four_small_scripts(world):
    page = world.context.new_page()
    assert used(page, f"{world.url}/accounts/login/") == SIGN_IN | {"passkeys", "demo"}  # the cast is a demo company


@pytest.mark.parametrize(
    ("address", "own"),
    [
        ("/", set()),
        ("/calendar/", {"calendar"}),
        ("/reports/", {"downloads"}),
        ("/leads/?tab=all", {"rows", "columns", "cells", "fresh"}),
        ("/leads/board/", {"board", "sortable.min", "fresh"}),
        ("/companies/new/", {"pick", "savebar", "fills", "echo", "once", "drafts"}),
        ("/deals/new/", {"pick", "fills", "dates", "money", "echo", "once", "savebar", "drafts"}),
    ],
)
def test_a_page_loads_what_it_uses_and_nothing_else(world, address, own):
    create_lead({"company_name": "Xi măng Hòn Đá", "owner": world.cast.an}, by=world.cast.an)
    page = world.enter(world.cast.an)
    assert used(page, address) == SHELL | own


def test_a_dialog_opened_on_a_list_brings_its_pickers_dates_and_money(world):
    create_lead({"company_name": "Xi măng Hòn Đá", "owner": world.cast.an}, by=world.cast.an)
    page = world.enter(world.cast.an)
    page.goto("/leads/?tab=all")
    page.wait_for_load_state("networkidle")
    names = watched(page)
    page.locator("[popovertarget=menu-create]").click()
    page.locator("#menu-create a[href='/deals/new/']").click()
    dialog = page.locator("#dialog[open]")
    expect(dialog.locator("[data-field=owner] .ts-wrapper")).to_be_visible()
    assert {"pick", "fills", "dates", "money", "echo"} <= names
    amount = dialog.locator("[data-money]").first
    amount.press_sequentially("1980000")
    expect(amount).to_have_value("1.980.000")
    expect(dialog.locator("[data-date-box]").first).to_have_attribute("data-ready", "")
    page.keyboard.press("Escape")
    names.clear()
    page.locator("[popovertarget=menu-create]").click()
    page.locator("#menu-create a[href='/deals/new/']").click()
    expect(dialog.locator("[data-field=owner] .ts-wrapper")).to_be_visible()
    assert names == set()  # once is enough
