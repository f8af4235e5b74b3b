"""Finding: the search that answers while one types, and filters that are changed from their chip."""

import re

import pytest
from django.http import QueryDict
from playwright.sync_api import expect

from pheu.conftest import standing
from pheu.deals.services import create_deal
from pheu.leads.models import Source
from pheu.leads.services import create_lead
from pheu.records import kinds
from pheu.records.chips import chips_of
from pheu.records.lists import Listing
from pheu.records.search import find

in_browser = pytest.mark.django_db(transaction=True)


def a_lead(owner, name, **more):
    return create_lead({"company_name": name, "phone": "+842438637747", "owner": owner, **more}, by=owner)


@in_browser
def test_the_search_answers_while_one_types_by_kind_and_by_keys(world):
    an = world.cast.an
    company = standing("company", {"name": "Xi măng Hòn Đá", "type": "customer", "owner": an}, by=an)
    a_lead(an, "Xi măng Hòn Đá")
    page = world.enter(an, "/leads/")
    page.keyboard.press("/")
    page.keyboard.type("xi mang", delay=20)
    found = page.locator("#found-now")
    expect(found.locator("[href$='q=xi%20mang']")).to_be_visible()  # the answer to the last letter
    expect(found.get_by_role("heading", name="Công ty")).to_be_visible()
    expect(found.get_by_role("heading", name="Tiềm năng")).to_be_visible()
    page.keyboard.press("Escape")
    expect(found).to_be_hidden()
    page.keyboard.type(" h")
    expect(found.locator("[href$='q=xi%20mang%20h']")).to_be_visible()
    for _step in range(3):
        page.keyboard.press("ArrowDown")
    expect(found.get_by_role("link", name="Mọi kết quả")).to_be_focused()
    found.get_by_role("link", name=re.compile("CT-")).click()
    page.wait_for_url(f"**{company.get_absolute_url()}")


@in_browser
def test_enter_opens_the_page_of_all_results_and_one_letter_finds_nothing_yet(world):
    an = world.cast.an
    a_lead(an, "Xi măng Hòn Đá")
    page = world.enter(an, "/leads/")
    with page.expect_response("**/search/?q=x"):
        page.locator("[data-search]").press_sequentially("x")
    expect(page.locator("#found-now")).to_be_hidden()
    page.locator("[data-search]").fill("xi mang")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search/?q=xi+mang")
    expect(page.locator("main").get_by_role("heading", name="Tiềm năng")).to_be_visible()


@pytest.mark.django_db
def test_a_title_that_matches_stands_above_a_newer_hit_in_other_words(an):
    titled = create_deal({"name": "Trạm Sông Đà", "owner": an}, by=an)
    company = standing("company", {"name": "Thép Sông Đà", "type": "customer", "owner": an}, by=an)
    elsewhere = create_deal({"name": "Bảo trì 24 tháng", "company": company, "owner": an}, by=an)
    found = [record.pk for record in find("song da", an)]
    assert found == [company.pk, titled.pk, elsewhere.pk]


@in_browser
@pytest.mark.parametrize("width", [1440, 390])
def test_a_filter_is_changed_from_its_chip(world, width):
    an = world.cast.an
    one, other = Source.objects.all()[:2]
    a_lead(an, "Một nguồn", source=one)
    a_lead(an, "Nguồn khác", source=other)
    page = world.enter(an, f"/leads/?tab=all&source={one.pk}&created_at.from=2020-01-01")
    page.set_viewport_size({"width": width, "height": 844})
    rows = page.locator("#rows tr:not(.more)")
    expect(rows).to_have_count(1)
    page.get_by_role("button", name=re.compile("Nguồn")).click()
    editor = page.locator(".menu:popover-open")
    expect(editor.get_by_role("checkbox", name=one.name)).to_be_checked()
    editor.get_by_role("checkbox", name=one.name).uncheck()
    editor.get_by_role("checkbox", name=other.name).check()
    editor.get_by_role("button", name="Áp dụng").click()
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text("Nguồn khác")
    kept = QueryDict(page.url.partition("?")[2])
    assert kept["created_at.from"] == "2020-01-01"
    page.get_by_role("button", name=re.compile("Ngày tạo|Đã tạo")).click()
    page.locator(".menu:popover-open input[type=date]").fill("2099-01-01")
    page.locator(".menu:popover-open").get_by_role("button", name="Áp dụng").click()
    expect(page.locator("main")).to_contain_text("Không có bản ghi nào")


@pytest.mark.django_db
def test_every_filter_of_an_address_can_be_changed_or_at_least_taken_away(an):
    address = (
        "tab=all&owner=me&expected_amount.from=5&name.contains=da&created_at.from=%7B%22days%22%3A-3%7D&need.empty=1"
    )
    chips = {chip.key: chip for chip in chips_of(Listing(kinds.get("lead"), an, QueryDict(address)))}
    assert (str(an.pk), str(an), True) in chips["owner"].choices
    assert chips["expected_amount.from"].typed == ("number", "5")
    assert chips["created_at.from"].values == "từ 3 ngày trước"
    assert "/leads/conditions/?" in chips["created_at.from"].edit_url


@in_browser
def test_apply_is_in_sight_on_a_phone_however_many_filters_are_open(world):
    an = world.cast.an
    a_lead(an, "Xi măng Hòn Đá")
    page = world.enter(an, "/leads/?tab=all")
    page.set_viewport_size({"width": 390, "height": 700})
    page.get_by_role("button", name="Lọc").click()
    sheet = page.locator("#menu-filter")
    expect(sheet.locator("summary").nth(3)).to_be_visible()
    for summary in sheet.locator("summary").all():
        summary.click()
    expect(sheet.locator("details[open]").nth(3)).to_be_attached()
    expect(sheet.get_by_role("button", name="Áp dụng")).to_be_in_viewport(ratio=1)
    box = sheet.bounding_box()
    assert box is not None
    assert (box["x"], box["width"], box["y"] + box["height"]) == (0, 390, 700)
