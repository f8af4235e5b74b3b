"""The calendar, in Chromium: a click on a free hour plans work there, keys turn the pages, a phone shows one day."""

from datetime import date, timedelta

from playwright.sync_api import expect

from pheu.activities.models import ActivityType
from pheu.activities.services import schedule_activity
from pheu.leads.services import create_lead
from pheu.records.moments import midnight


def a_lead(owner):
    return create_lead({"company_name": "Xi măng Hòn Đá", "owner": owner}, by=owner)


def test_a_click_on_a_free_hour_plans_work_there_and_one_on_the_entry_finishes_it(world):
    an = world.cast.an
    a_lead(an)
    page = world.enter(an, "/calendar/?on=2031-06-11")
    page.get_by_label("Tạo công việc ngày 12/06 lúc 14:00").click()
    dialog = page.locator("#dialog[open]")
    expect(dialog.locator("[name=due_at]")).to_have_value("12/06/2031 14:00")
    dialog.get_by_role("option", name="Xi măng Hòn Đá").click()  # it has the focus, and offers the newest
    dialog.get_by_label("Việc cần làm").fill("Đo ống khói")
    page.keyboard.press("Control+Enter")
    entry = page.locator(".calendar-week tr", has_text="14:00").locator("td").nth(3).locator(".entry")
    expect(entry).to_contain_text("Đo ống khói · Xi măng Hòn Đá")

    entry.click()
    dialog.get_by_role("link", name="Xong").click()
    dialog.get_by_label("Kết quả", exact=True).fill("Đạt")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#dialog[open]")).to_have_count(0)
    expect(page.locator(".calendar-week .entry")).to_have_count(0)  # done today, and not in that week


def test_keys_turn_the_pages_but_not_while_one_types(world):
    page = world.enter(world.cast.an, "/calendar/?on=2031-06-11")
    label = page.locator(".calendar-bar h2")
    page.keyboard.press("ArrowRight")
    expect(label).to_have_text("16/06 – 22/06/2031")
    page.keyboard.press("ArrowLeft")
    page.wait_for_url("**on=2031-06-11")
    page.keyboard.press("ArrowLeft")
    expect(label).to_have_text("02/06 – 08/06/2031")
    page.locator("[data-search]").click()
    page.keyboard.press("t")
    page.keyboard.press("ArrowLeft")
    expect(page.locator("[data-search]")).to_have_value("t")
    expect(label).to_have_text("02/06 – 08/06/2031")
    page.locator("h1").click()
    page.keyboard.press("t")
    expect(page.locator(".calendar thead .today")).to_have_count(1)


def test_a_phone_shows_one_day_and_a_strip_to_choose_another(world):
    an = world.cast.an
    what, record = ActivityType.objects.all()[0], a_lead(an).record
    for day, title in ((11, "Thứ tư"), (12, "Thứ năm")):
        due = midnight(date(2031, 6, day)) + timedelta(hours=9)
        schedule_activity(record, what=what, due_at=due, assignee=an, title=title, by=an)
    page = world.enter(an)
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto("/calendar/?on=2031-06-11")
    expect(page.get_by_text("Thứ tư · ")).to_be_visible()
    expect(page.get_by_text("Thứ năm · ")).to_be_hidden()
    page.locator(".day-strip").get_by_role("link", name="T5").click()
    expect(page.get_by_text("Thứ năm · ")).to_be_visible()
    expect(page.get_by_text("Thứ tư · ")).to_be_hidden()
    assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")
    page.goto("/calendar/?view=month&on=2031-06-11")
    page.locator("td", has_text="12").get_by_role("link", name="1", exact=True).click()
    expect(page.get_by_text("Thứ năm · ")).to_be_visible()
