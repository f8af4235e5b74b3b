"""How much a person does for the main job: clicks from a file to leads handed out, and to a won deal; keys alone."""

import re

import pytest
from playwright.sync_api import Page, expect

from pheu.deals.models import Deal
from pheu.leads.models import Lead
from pheu.leads.services import create_lead
from pheu.parties.tests.test_import_pages import LOOK_ALIKE
from pheu.quality.tests.importing import work, xlsx

pytestmark = pytest.mark.django_db(transaction=True)

SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
# By the pointer's way down: the click that a label hands on to its box is none of a person's.
COUNT = """
for (const kind of ["pointerdown", "keydown"]) addEventListener(kind, ({ isTrusted, key }) => {
  if (!isTrusted || ["Control", "Alt", "Shift"].includes(key)) return;
  sessionStorage.setItem(kind, Number(sessionStorage.getItem(kind)) + 1);
}, true);
"""


def counted(page: Page, kind: str) -> int:
    return page.evaluate(f"Number(sessionStorage.getItem('{kind}'))")


def watched(page: Page, path: str) -> Page:
    page.add_init_script(COUNT)
    page.goto(path)
    return page


def a_lead(owner, **more):
    known = {"company_name": "Xi măng Hòn Đá", "person_name": "Đỗ Vân", "phone": "+842438637747", "need": "Đo SO₂"}
    return create_lead(known | {"owner": owner} | more, by=owner)


def test_from_a_file_to_leads_handed_out_in_fourteen_clicks(world, settings, tmp_path):
    """R1.01, R1.16-R1.17."""
    settings.MEDIA_ROOT = tmp_path
    page = watched(world.enter(world.cast.binh), "/prospects/")
    page.get_by_role("link", name="Nhập dữ liệu").first.click()
    with page.expect_file_chooser() as chosen:
        page.locator(".drop").click()
    chosen.value.set_files({"name": "danh-sach.xlsx", "mimeType": SHEET, "buffer": xlsx(LOOK_ALIKE)})
    page.get_by_role("button", name="Tiếp tục").click()
    page.wait_for_url(re.compile(r"/imports/\d+/columns/"))
    work()
    page.locator("[name=area_code]").wait_for()
    page.locator(".app .btn-primary[type=submit]").last.click()
    page.wait_for_url(re.compile(r"/imports/\d+/check/"))
    work()
    page.locator(".app .btn-primary[type=submit]").last.click()
    expect(page.locator("#content")).to_contain_text("Đang nhập")
    work()
    page.locator(".import-accounts").wait_for()
    page.get_by_role("link", name="Mở danh sách").click()
    page.locator("thead [type=checkbox]").click()
    page.get_by_role("button", name="Chuyển thành tiềm năng").click()
    page.wait_for_url(re.compile(r"/leads/\?"))
    page.locator("thead [type=checkbox]").click()
    page.get_by_role("button", name="Phân công").click()
    dialog = page.locator("#dialog[open]")
    dialog.locator(".ts-control").first.click()
    dialog.locator(".ts-dropdown .option", has_text="Nguyễn Hoài An").click()
    dialog.get_by_role("button", name="Giao").click()
    expect(page.locator("#rows .person-name", has_text="Nguyễn Hoài An")).to_have_count(7)
    assert counted(page, "pointerdown") <= 14
    assert Lead.objects.filter(owner=world.cast.an).count() == 7


def test_from_a_lead_to_a_won_deal_in_twelve_clicks(world):
    """R0.13, R1.09-R1.11, R1.20: through every stage on the way."""
    an = world.cast.an
    lead = a_lead(an)
    page = watched(world.enter(an), "/leads/")
    page.locator("#rows tr", has_text=lead.title).click(position={"x": 700, "y": 10})
    page.get_by_role("link", name="Chuyển thành cơ hội").click()
    page.locator("#dialog[open]").get_by_role("button", name="Tạo cơ hội").click()
    page.wait_for_url(re.compile(r"/deals/\d+/$"))
    for stage in ("Xác định nhu cầu", "Báo giá", "Đàm phán"):
        page.locator("#record-head .stage-bar").get_by_role("button", name=stage).click()
        expect(page.locator("#record-head [aria-current=step]")).to_contain_text(stage)
    page.locator(".record-acts").get_by_role("button", name="Thành công").click()
    expect(page.locator(".record-acts")).to_contain_text("Mở lại")
    assert counted(page, "pointerdown") <= 12
    assert Deal.objects.get().is_won


@pytest.mark.parametrize("known", [True, False], ids=["ready", "something missing"])
def test_a_lead_is_converted_from_the_list_in_twenty_keys(world, known):
    """R0.14-R0.18: without a mouse; what is missing is typed in the dialog, and its letters are not counted."""
    an = world.cast.an
    a_lead(an, **({} if known else {"need": ""}))
    page = watched(world.enter(an), "/leads/")
    page.keyboard.press("j")
    page.keyboard.press("o")
    page.wait_for_url(re.compile(r"/leads/\d+/"))
    page.keyboard.press("t")
    dialog = page.locator("#dialog[open]")
    dialog.get_by_role("button", name="Tạo cơ hội").wait_for()
    if not known:
        expect(dialog.locator("[name=lead-request_type]")).to_be_focused()
        dialog.locator("[name=lead-need]").fill("Đo SO₂")
    page.keyboard.press("Control+Enter")
    page.wait_for_url(re.compile(r"/deals/\d+/$"))
    assert counted(page, "keydown") <= 20


def test_keys_of_a_record(world):
    """j and k lead along the list that one came from, n writes a note."""
    an = world.cast.an
    older, newer = a_lead(an), a_lead(an, company_name="Dệt Sông Trà")
    page = world.enter(an, "/leads/")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text(newer.title)
    page.keyboard.press("j")
    expect(page.locator("h1")).to_have_text(older.title)
    page.keyboard.press("k")
    expect(page.locator("h1")).to_have_text(newer.title)
    page.keyboard.press("n")
    expect(page.locator("#note_body")).to_be_focused()
    page.keyboard.press("j")
    expect(page.locator("#note_body")).to_have_value("j")
