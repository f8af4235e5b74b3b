"""The main job in a real browser: from an Excel list to a won deal, as the README tells it."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from pheu.conftest import PASSWORD, World, edited
from pheu.deals.models import Deal
from pheu.leads.models import Lead
from pheu.parties.models import Company, Prospect
from pheu.parties.tests.test_import_pages import LOOK_ALIKE
from pheu.quality.models import Import
from pheu.quality.tests.importing import work, xlsx
from pheu.timeline.services import assign

pytestmark = pytest.mark.django_db(transaction=True)

DATA = Path(__file__).resolve().parents[4] / "shared" / "data"
# rows, created, skipped, rejected; then without a phone and completed with 028
EXPECTED = {"khu-cong-nghe-cao-tphcm.xlsx": (76, 76, 0, 0)}
FILES = [("danh-sach.xlsx", xlsx(LOOK_ALIKE), (9, 7, 1, 1))] + [
    (path.name, path.read_bytes(), EXPECTED[path.name]) for path in sorted(DATA.glob("*.xlsx")) if path.name in EXPECTED
]
SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@pytest.fixture(autouse=True)
def kept_files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "files"


def sign_in(world: World, who: str) -> Page:
    page = world.context.new_page()
    page.goto(f"{world.url}/accounts/login/")
    page.locator("[name=login]").fill(f"{who}@quantrac.example")
    page.locator("[name=password]").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{world.url}/")
    return page


@pytest.mark.parametrize(("name", "content", "accounts"), FILES, ids=[name for name, *_rest in FILES])
def test_from_an_excel_list_to_a_won_deal(world, name, content, accounts):
    """R1.01-R1.02, R1.16-R1.17, R4.02, R0.13, R1.09-R1.11, R1.20: import, screen, hand out, convert, win."""
    page = sign_in(world, "binh")

    # KH thô: the wizard
    page.goto(f"{world.url}/prospects/")
    page.get_by_role("link", name="Nhập dữ liệu").first.click()
    page.locator("[name=file]").set_input_files({"name": name, "mimeType": SHEET, "buffer": content})
    page.get_by_role("button", name="Tiếp tục").click()
    page.wait_for_url(re.compile(r"/imports/\d+/columns/"))
    expect(page.locator("#content")).to_contain_text("Đang mở tệp")
    work()
    page.locator("[name=area_code]").select_option("028")
    page.locator(".app .btn-primary[type=submit]").last.click()
    page.wait_for_url(re.compile(r"/imports/\d+/check/"))
    expect(page.locator("#content")).to_contain_text("Đang kiểm tra")
    work()
    page.locator(".app .btn-primary[type=submit]").last.click()
    expect(page.locator("#content")).to_contain_text("Đang nhập")
    work()
    expect(page.locator(".import-accounts")).to_contain_text("đã tạo", timeout=15_000)
    done = Import.objects.get()
    assert (done.rows, done.created, done.skipped, done.rejected) == accounts

    # Screen: tick two, make leads of them
    page.goto(f"{world.url}/prospects/")
    for box in page.locator("input[name=ids]").all()[:2]:
        box.check()
    page.get_by_role("button", name="Chuyển thành tiềm năng").click()
    page.wait_for_url(re.compile(r"/leads/\?tab=all"))
    assert Lead.objects.count() == 2
    assert Prospect.objects.exclude(became=None).count() == 2

    # Hand out, as the manager
    assign(list(Lead.objects.all()), owner=world.cast.an, by=world.cast.binh)

    # An works one: need, contact, a note; then the conversion
    lead = Lead.objects.order_by("pk")[0]
    page = world.enter(world.cast.an, lead.get_absolute_url())
    edited(page, "person_name").fill("Đỗ Thị Vân")
    edited(page, "email").fill("van.dt@khach.example")
    edited(page, "need").fill("Trạm quan trắc nước thải")
    edited(page, "expected_amount").fill("850.000.000")
    page.get_by_role("button", name="Cập nhật").click()
    expect(page.locator("#timeline")).to_contain_text("Nhu cầu")
    expect(page.locator("#record-head [aria-current=step]")).to_contain_text("Đang xử lý")
    page.get_by_role("link", name="Chuyển thành cơ hội").click()
    page.locator("#dialog[open]").get_by_role("button", name="Tạo cơ hội").click()
    page.wait_for_url(re.compile(r"/deals/\d+/$"))
    deal = Deal.objects.get()
    assert (deal.stage.name, deal.company.type, deal.expected_amount) == (
        "Tiếp cận",
        Company.Type.PROSPECT,
        850_000_000,
    )

    # Cơ hội: through the stages to the end
    for stage in ("Xác định nhu cầu", "Báo giá", "Đàm phán"):
        page.locator("#record-head .stage-bar").get_by_role("button", name=stage).click()
        expect(page.locator("#record-head [aria-current=step]")).to_contain_text(stage)
    page.locator(".record-acts").get_by_role("button", name="Thành công").click()
    expect(page.locator(".record-acts")).to_contain_text("Mở lại")
    assert Deal.objects.get().is_won
    assert Company.objects.get().type == Company.Type.CUSTOMER
    page.goto(Company.objects.get().get_absolute_url())
    expect(page.locator("#record-side")).to_contain_text("Thành công")
