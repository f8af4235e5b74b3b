"""Takes the pictures of README and guide: starts the product on a demo company of its own, walks to each screen."""

import os
import re
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from io import BytesIO
from pathlib import Path

import xlsxwriter
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
KEPT = ROOT / "docs/img"
SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PATIENCE = 180  # seconds until the product answers


@contextmanager
def product() -> Iterator[str]:
    """The address of a product that runs meanwhile."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory() as home:
        own = {**os.environ, "PHEU_HOME": home, "PORT": str(port)}
        process = subprocess.Popen([ROOT / "bin/run"], env=own, stdout=subprocess.DEVNULL)
        try:
            _wait_for(port)
            yield f"http://localhost:{port}"
        finally:
            process.terminate()
            process.wait()


def _wait_for(port: int) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        with suppress(OSError), socket.create_connection(("localhost", port), timeout=1):
            return
        time.sleep(0.5)
    raise SystemExit("the product did not start")


def board(page: Page) -> None:
    page.goto("/deals/board/?tab=all")


def home(page: Page) -> None:
    page.goto("/")


def record(page: Page) -> None:
    page.goto("/deals/?tab=all&sort=-updated_at")
    page.locator("main tbody a[href^='/deals/']").nth(3).click()
    page.wait_for_url("**/deals/*/**")


def convert(page: Page) -> None:
    page.goto("/leads/?tab=all")
    page.locator("main tbody tr", has_text="Đang xử lý").locator("a[href^='/leads/']").first.click()
    page.get_by_role("link", name="Chuyển thành cơ hội").click()
    page.locator("#dialog[open] .ts-control").first.wait_for()


def merging(page: Page) -> None:
    page.goto("/leads/?tab=all")
    for row in page.locator("main tbody tr", has_text="Đang xử lý").all()[:3]:
        row.locator("input[name=ids]").check()
    page.get_by_role("button", name="Trộn").click()
    page.wait_for_url("**/merging/**")


def imported(page: Page) -> None:
    page.goto("/prospects/")
    page.get_by_role("link", name="Nhập dữ liệu").first.click()
    content = a_list()
    page.locator("[name=file]").set_input_files(
        {"name": "hoi-cho-moi-truong.xlsx", "mimeType": SHEET, "buffer": content}
    )
    page.get_by_role("button", name="Tiếp tục").click()
    page.locator("[name=area_code]").select_option("028")
    page.locator("main table select").first.wait_for()


def a_list() -> bytes:
    """What a fair hands out: a title, a head in the third row, phones without an area code."""
    kinds = ("Dệt nhuộm", "Thủy sản", "Xi măng", "Bao bì", "Cơ khí")
    lines = [["DANH SÁCH DOANH NGHIỆP THAM DỰ"], []]
    lines += [["TT", "Tên doanh nghiệp", "Gọi tắt", "Lĩnh vực", "Địa chỉ", "Điện thoại", "Email", "Fax"]]
    for at in range(1, 77):
        name = f"{kinds[at % len(kinds)]} Sông Hồng {at}"
        phone = f"3845{at:04}" if at % 3 else ""
        lines += [
            [
                str(at),
                f"Công ty CP {name}",
                name,
                kinds[at % len(kinds)],
                f"Lô A{at}",
                phone,
                f"vp{at}@songhong.example",
            ]
        ]
    content = BytesIO()
    with xlsxwriter.Workbook(content) as book:
        sheet = book.add_worksheet("Gian hàng")
        for at, line in enumerate(lines):
            sheet.write_row(at, 0, line)
    return content.getvalue()


def fields(page: Page) -> None:
    page.goto("/setup/fields/?kind=lead")


def new_field(page: Page) -> None:
    page.goto("/setup/fields/new/?kind=lead")
    page.get_by_role("radio", name="Chọn một phương án").check()


def survey(page: Page) -> None:
    page.goto("/leads/new/")
    page.get_by_label("Loại yêu cầu").select_option(label="Trạm quan trắc khí thải")
    page.get_by_label("Số ống khói").scroll_into_view_if_needed()


def layout(page: Page) -> None:
    page.goto("/setup/layout/lead/")


def pipelines(page: Page) -> None:
    page.goto("/setup/pipelines/")
    page.locator(".setup-page a[href^='/setup/pipelines/']", has_text="Bán hàng").first.click()
    page.wait_for_url("**/setup/pipelines/*/")


def role(page: Page) -> None:
    page.goto("/setup/roles/")
    page.locator(".setup-item", has_text="Kinh doanh").get_by_role("link", name="Sửa").click()
    page.wait_for_url(re.compile(r"/setup/roles/\d+/"))


def rules(page: Page) -> None:
    page.goto("/setup/lead-rules/")
    page.locator(".setup-item").nth(1).wait_for()


def conditions(page: Page) -> None:
    page.goto("/leads/?tab=all&expected_amount.from=500000000&created_at.within=last_90")
    page.locator(".chip a", has_text="90").click()
    page.locator(".condition").nth(1).wait_for()


def groups(page: Page) -> None:
    page.goto("/deals/?tab=all&group=owner")
    page.locator(".group-rows tr").nth(1).wait_for()


def split(page: Page) -> None:
    page.goto("/deals/?tab=all&split=1")
    page.locator("#beside .record-title").wait_for()


def palette(page: Page) -> None:
    page.goto("/leads/?tab=all")
    page.locator("main tbody a[href^='/leads/']").first.click()
    page.wait_for_url("**/leads/*/**")
    page.keyboard.press("Control+k")
    page.locator("#palette .command").first.wait_for()


def calendar(page: Page) -> None:
    """Next week, of which more is still to come."""
    page.goto("/calendar/?view=week")
    page.get_by_role("link", name="Sau").click()
    page.get_by_text("Khám sức khỏe").first.wait_for()


def guests(page: Page) -> None:
    page.goto("/calendar/?view=list")
    page.locator("main .line a", has_text="Thống nhất phương án kỹ thuật").first.click()
    page.get_by_text("vận hành trạm").first.wait_for()


def letters(page: Page) -> None:
    page.goto("/leads/?tab=all&sort=-created_at&owner=me")
    newest = page.locator("main tbody a[href^='/leads/']").evaluate_all("links => links.map(one => one.href)")
    told = page.get_by_text("Hỏi thông số và thời gian giao")
    for lead in newest:
        page.goto(lead)
        if told.count():
            break


PICTURES = {
    "board": board, "home": home, "record": record, "convert": convert, "merge": merging,
    "import": imported,
    "conditions": conditions, "groups": groups, "split": split, "palette": palette,
}  # fmt: skip
OF_SELLERS = {"calendar": calendar, "guests": guests, "letters": letters}
OF_ADMINS = {
    "setup-fields": fields, "setup-new-field": new_field, "setup-survey": survey, "setup-layout": layout,
    "setup-pipeline": pipelines, "setup-role": role, "setup-rules": rules,
}  # fmt: skip


def main() -> None:
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    with product() as address, sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=os.environ["PHEU_CHROMIUM"], args=sandbox)
        for who, pictures in (("binh", PICTURES), ("an", OF_SELLERS), ("dung", OF_ADMINS)):
            take(chromium, address, who, pictures)


def take(chromium: Browser, address: str, who: str, pictures: Mapping[str, Callable[[Page], None]]) -> None:
    page = chromium.new_page(viewport={"width": 1440, "height": 900}, locale="vi-VN", base_url=address)
    page.goto("/accounts/login/")
    page.locator(f"[data-sign-in-as^={who}]").click()
    page.locator("form:has([name=login]) [type=submit]").click()
    page.wait_for_url(f"{address}/")
    for name, walk in pictures.items():
        walk(page)
        page.wait_for_load_state("networkidle")
        page.screenshot(path=KEPT / f"{name}.png")
        print(name, flush=True)
    page.close()


if __name__ == "__main__":
    main()
