"""«Trộn» in Chromium: ticked in the list, chosen by keys, taken back from the toast; calm at a desk and on a phone."""

import pytest
from playwright.sync_api import expect

from pheu.core.tests.looking import walked
from pheu.leads.models import Lead
from pheu.leads.services import create_lead, create_leads
from pheu.quality.merging import merge
from pheu.timeline.services import add_note, withdraw_note

pytestmark = pytest.mark.django_db(transaction=True)
LONG = "Công ty Cổ phần Đầu tư Xây dựng và Thương mại Xuất nhập khẩu Môi trường Xanh Đại Việt Miền Trung"


@pytest.fixture
def twins(world):
    an = world.cast.an
    values = [
        {"company_name": "Xi măng Hòn Đá", "phone": "+842438637747", "priority": 3},
        {
            "company_name": LONG,
            "other_phones": ["+842438637747"],
            "phone": "+84903123456",
            "email": "van@hondacement.example",
            "priority": 1,
        },
    ]
    return [create_lead({**one, "owner": an}, by=an) for one in values]


def test_two_leads_become_one_by_keys_and_are_two_again(world, twins):
    """R1.45, R2.16, R2.19."""
    first = twins[0]
    page = world.enter(world.cast.an)
    page.goto(f"{world.url}/leads/?tab=all")
    for row in twins:
        page.locator(f"input[name=ids][value='{row.pk}']").check()
    page.get_by_role("button", name="Trộn").click()
    expect(page.get_by_role("heading", name="Trộn 2 bản ghi")).to_be_visible()
    focused = page.get_by_role("radio", name="Xi măng Hòn Đá", exact=True)
    expect(focused).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("radio", name=LONG)).to_be_checked()
    page.get_by_role("button", name="Lấy cả cột").last.click()
    expect(page.get_by_role("radio", name="0903 123 456")).to_be_checked()
    page.keyboard.press("Control+Enter")
    expect(page).to_have_url(f"{world.url}/leads/{first.pk}/")
    merged = Lead.objects.get(pk=first.pk)
    assert (merged.company_name, merged.phone, merged.priority) == (LONG, "+84903123456", 1)
    with page.expect_navigation():  # to the record as it was
        page.get_by_role("button", name="Hoàn tác").first.click()
    with page.expect_navigation():
        page.locator(".toast").get_by_role("button", name="Làm lại").click()
    assert Lead.objects.get(pk=first.pk).phone == "+84903123456"
    with page.expect_navigation():
        page.locator(".toast").get_by_role("button", name="Hoàn tác").click()
    page.goto(f"{world.url}/leads/?tab=all")
    expect(page.locator("input[name=ids]")).to_have_count(2)
    assert Lead.objects.get(pk=first.pk).phone == "+842438637747"


def test_another_record_is_added_from_the_page_of_one(world, twins):
    first = twins[0]
    page = world.enter(world.cast.an)
    page.goto(f"{world.url}/merging/?ids={first.pk}")
    expect(page.get_by_role("button", name="Trộn", exact=True)).to_be_disabled()
    page.get_by_role("combobox").fill("dai viet")
    page.get_by_role("option", name="Đại Việt").click()
    expect(page.get_by_role("heading", name="Trộn 2 bản ghi")).to_be_visible()


@pytest.fixture
def dozen(world):
    """Twelve leads of one customer: two names, each with a number of its own."""
    an = world.cast.an
    names = ["Xi măng Hòn Đá", LONG]
    values = [{"company_name": names[nth % 2], "phone": f"+84912000{nth:03}", "owner": an} for nth in range(12)]
    return create_leads(values, by=an)


def test_of_many_each_value_is_chosen_once_by_keys(world, dozen):
    """R2.13, R2.16: of more than are read beside each other every value stands once; one record is left out."""
    page = world.enter(world.cast.an)
    page.goto(f"{world.url}/merging/?" + "&".join(f"ids={row.pk}" for row in dozen))
    expect(page.get_by_role("radio", name="Xi măng Hòn Đá")).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("radio", name=LONG)).to_be_checked()
    others = page.locator(".merge-others")
    others.locator("summary").click()
    others.locator("li").last.get_by_role("button", name="Lấy cả cột").click()
    expect(page.get_by_role("radio", name="0912 000 011")).to_be_checked()
    expect(page.get_by_role("radio", name="0912 000 011")).to_be_visible()  # where it was folded away
    others.locator("li").first.get_by_role("button", name="Bỏ ra").click()
    expect(page.get_by_role("heading", name="Trộn 11 bản ghi")).to_be_visible()
    page.keyboard.press("Control+Enter")
    expect(page).to_have_url(f"{world.url}/leads/{dozen[0].pk}/")
    assert Lead.objects.live().count() == 2


def test_the_page_is_calm_at_a_desk_and_on_a_phone(world, twins, dozen):
    named = "&".join(f"ids={row.pk}" for row in twins)
    of_many = "&".join(f"ids={row.pk}" for row in dozen)
    pages = [
        "merging/?" + named,
        "merging/?" + of_many,
        f"merging/?ids={twins[0].pk}",
        *(f"r/{row.pk}/alike/" for row in twins),
    ]
    addresses = [f"{world.url}/{page}" for page in pages]
    assert walked(world.enter(world.cast.an), addresses) == {}


def test_what_is_taken_back_on_the_page_of_all_that_can_be_is_done_again_there(world, twins):
    """Merged, noted and withdrawn: acts that change fields, and one that does not."""
    an = world.cast.an
    merge(twins, by=an)
    withdraw_note(add_note(twins[0].record, body="Gọi lại", by=an), by=an)
    page = world.enter(an)
    page.goto(f"{world.url}/undo/")
    lines = page.locator(".undoables > li")
    for nth in (0, 1):
        lines.nth(nth).get_by_role("button", name="Hoàn tác").click()
        expect(lines.nth(nth).get_by_role("button", name="Làm lại")).to_be_visible()
    assert all(Lead.objects.get(pk=one.pk).is_live for one in twins)
    assert walked(page, [f"{world.url}/undo/"]) == {}
    for nth in (0, 1):
        lines.nth(nth).get_by_role("button", name="Làm lại").click()
        expect(lines.nth(nth).get_by_role("button", name="Hoàn tác")).to_be_visible()
    assert sorted(Lead.objects.get(pk=one.pk).is_live for one in twins) == [False, True]
