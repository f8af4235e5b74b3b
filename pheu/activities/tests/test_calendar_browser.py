"""The calendar, in Chromium: a click on a free hour plans work there, keys turn the pages, a phone shows one day."""

from datetime import date, timedelta

from django.utils import timezone
from playwright.sync_api import expect

from pheu.activities.models import ActivityType
from pheu.activities.services import schedule_activity
from pheu.leads.services import create_lead
from pheu.records.moments import midnight, read_moment


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
    page.locator("a.tag[href$='on=2031-06-12']").click()
    expect(page.get_by_text("Thứ năm · ")).to_be_visible()


def test_work_is_repeated_and_moved_from_one_time_on_with_the_keyboard(world):
    """R1.29, R1.30: what depends on a choice shows with it; a change asks how far it goes."""
    an = world.cast.an
    a_lead(an)
    page = world.enter(an, "/calendar/?on=2031-06-09")
    page.get_by_label("Tạo công việc ngày 09/06 lúc 09:00").click()
    dialog = page.locator("#dialog[open]")
    dialog.get_by_role("option", name="Xi măng Hòn Đá").click()
    expect(dialog.get_by_label("Đến ngày")).to_be_hidden()
    dialog.get_by_label("Lặp lại").select_option("week")
    dialog.get_by_role("checkbox", name="Thứ 2").check()
    dialog.get_by_role("checkbox", name="Thứ 5").check()
    dialog.get_by_label("Tổng số lần").fill("3")
    dialog.get_by_label("Việc cần làm").fill("Gọi lại")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".toast")).to_contain_text("mỗi thứ hai và thứ năm, 3 lần")
    page.locator(".calendar-week .entry", has_text="Gọi lại").first.click()
    dialog.get_by_role("link", name="Dời lịch").click()
    expect(dialog.get_by_role("radio", name="Chỉ việc này")).to_be_checked()
    expect(dialog.get_by_label("Lặp lại")).to_be_hidden()
    dialog.get_by_role("radio", name="Việc này và các việc sau").check()
    expect(dialog.get_by_label("Lặp lại")).to_be_visible()
    dialog.get_by_label("Thời gian").fill("10/06/2031 14:00")
    page.keyboard.press("Control+Enter")
    entries = page.locator(".calendar-week tr", has_text="14:00").locator(".entry", has_text="Gọi lại")
    expect(entries).to_have_count(1)
    page.get_by_role("button", name="Hoàn tác").last.click()
    expect(page.locator(".calendar-week tr", has_text="09:00").locator(".entry", has_text="Gọi lại")).to_have_count(1)


# By hand --------------------------------------------------------------------------------------------------------------


def planned(an, *, lasts=60, at="2031-06-12T09:15"):
    what, record = ActivityType.objects.all()[0], a_lead(an).record
    given = {"what": what, "assignee": an, "lasts": lasts, "title": "Đo ống khói"}
    return schedule_activity(record, due_at=read_moment(at), by=an, **given)


def place(page, day, hour):
    """The cell of a day of that week, 1 for Monday, at an hour."""
    row = page.locator(".calendar-week tbody tr", has=page.locator(f"th:text-is('{hour}')"))
    return row.locator("td").nth(day - 1)


def drag(page, source, target, *, onto=None):
    """Press in the one, let go in the other."""
    source.hover()
    page.mouse.down()
    box = target.bounding_box()
    x, y = onto or (box["width"] / 2, box["height"] / 2)
    page.mouse.move(box["x"] + x, box["y"] + y, steps=5)
    page.mouse.up()


def stands(activity):
    activity.refresh_from_db()
    return f"{timezone.localtime(activity.due_at):%d/%m %H:%M}", activity.lasts


def test_work_is_dragged_to_another_place_and_taken_back(world):
    """R1.30: another day and hour, its minutes and length kept; then a whole day."""
    an = world.cast.an
    activity = planned(an)
    page = world.enter(an, "/calendar/?on=2031-06-11")
    entry = page.locator(f"#work-{activity.pk}")
    with page.expect_response("**/time/"):
        drag(page, entry, place(page, 5, "14:00"))
    expect(page.locator(".toast")).to_be_visible()
    assert stands(activity) == ("13/06 14:15", 60)
    expect(page.locator("#dialog[open]")).to_have_count(0)
    with page.expect_response("**/undo/"):
        page.locator(".toast").get_by_role("button", name="Hoàn tác").click()
    assert stands(activity) == ("12/06 09:15", 60)
    expect(place(page, 4, "09:00").locator(".entry")).to_have_count(1)
    with page.expect_response("**/time/"):
        drag(page, entry, place(page, 2, "Cả ngày"))
    assert stands(activity) == ("10/06 00:00", 0)


def test_its_lower_edge_is_dragged_to_another_end(world):
    an = world.cast.an
    activity = planned(an)
    page = world.enter(an, "/calendar/?on=2031-06-11")
    edge = page.locator(".entry-piece.last")
    box = edge.bounding_box()
    page.mouse.move(box["x"] + 20, box["y"] + box["height"] - 3)
    page.mouse.down()
    to = place(page, 4, "11:00").bounding_box()
    page.mouse.move(to["x"] + 20, to["y"] + to["height"] / 2 - 4, steps=5)
    with page.expect_response("**/time/"):
        page.mouse.up()
    assert stands(activity) == ("12/06 09:15", 135)


def test_a_stretch_of_free_hours_is_drawn_for_new_work(world):
    an = world.cast.an
    a_lead(an)
    page = world.enter(an, "/calendar/?on=2031-06-11")
    drag(page, place(page, 4, "09:00").locator(".slot"), place(page, 4, "11:00"))
    dialog = page.locator("#dialog[open]")
    expect(dialog.locator("[name=due_at]")).to_have_value("12/06/2031 09:00")
    expect(dialog.locator("[name=lasts]")).to_have_value("180")


def test_the_keyboard_moves_work_and_makes_it_longer(world):
    """The focus stays on it, though the page draws it anew each time."""
    an = world.cast.an
    activity = planned(an)
    page = world.enter(an, "/calendar/?on=2031-06-11")
    entry = page.locator(f"#work-{activity.pk}")
    entry.focus()
    for keys, expected in (
        ("Alt+ArrowDown", ("12/06 10:15", 60)),
        ("Alt+ArrowRight", ("13/06 10:15", 60)),
        ("Alt+Shift+ArrowDown", ("13/06 10:15", 75)),
    ):
        with page.expect_response("**/calendar/?on=2031-06-11"):
            page.keyboard.press(keys)
        assert stands(activity) == expected
        expect(entry).to_be_focused()


def test_a_month_moves_work_by_days(world):
    an = world.cast.an
    activity = planned(an)
    page = world.enter(an, "/calendar/?view=month&on=2031-06-11")
    day = page.locator(".calendar-month td", has=page.locator(".day:text-is('20')"))
    with page.expect_response("**/time/"):
        drag(page, page.locator(f"#work-{activity.pk}"), day)
    assert stands(activity) == ("20/06 09:15", 60)
