"""Reports, in Chromium: a period of one's own choice, a number that opens its rows, and what one takes away."""

from pathlib import Path

from playwright.sync_api import expect

from pheu.leads.services import create_lead


def test_a_chosen_period_stays_while_one_goes_from_report_to_report_and_numbers_open_their_rows(world):
    an = world.cast.an
    for nth in range(3):
        create_lead({"company_name": f"Khách {nth}", "owner": an}, by=an)
    page = world.enter(an, "/reports/")
    page.locator("[popovertarget=menu-period]").click()
    page.get_by_label("Từ ngày").fill("1/1/2026")
    page.get_by_label("Đến ngày").fill("31/12/2026")
    page.keyboard.press("Enter")
    chosen = page.locator("[popovertarget=menu-period]")
    expect(chosen).to_have_text("01/01/2026 – 31/12/2026")
    expect(page.get_by_text("so với 01/01/2025 – 31/12/2025")).to_be_visible()

    page.get_by_role("link", name="Theo người").click()
    expect(chosen).to_have_text("01/01/2026 – 31/12/2026")
    expect(page.locator(".chart .chart-bar")).to_have_count(2)  # the bar and what it means
    with page.expect_download() as picture:
        page.get_by_role("link", name="Tải biểu đồ (SVG)").click()
    assert picture.value.suggested_filename == "theo-nguoi-20260101-20261231.svg"
    assert "Nguyễn Hoài An" in Path(picture.value.path()).read_text()
    with page.expect_download() as book:
        page.get_by_role("link", name="Excel").click()
    assert book.value.suggested_filename == "theo-nguoi-20260101-20261231.xlsx"

    page.locator(".figures tbody tr", has_text="Nguyễn Hoài An").get_by_role("link", name="3", exact=True).click()
    page.wait_for_url("**/leads/**")
    expect(page.locator("tbody tr")).to_have_count(3)


def test_on_a_phone_nothing_lies_over_the_period(world):
    page = world.enter(world.cast.an, "/reports/")
    page.set_viewport_size({"width": 390, "height": 844})
    period = page.locator("[popovertarget=menu-period]")
    expect(period).to_be_in_viewport(ratio=1)
    box = period.bounding_box()
    assert box is not None
    ends = page.locator(".toolbar .segmented").bounding_box()
    assert ends is not None
    assert box["x"] + box["width"] <= ends["x"]
