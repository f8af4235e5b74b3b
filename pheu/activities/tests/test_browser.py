"""Work on a record page, in Chromium: what is unsaved there survives the dialogs and their «Hoàn tác»."""

from datetime import timedelta

from django.utils import timezone
from playwright.sync_api import expect

from pheu.activities.models import Activity, ActivityType
from pheu.activities.services import schedule_activity
from pheu.conftest import edited
from pheu.core import shape
from pheu.leads.services import create_lead
from pheu.people.models import WHOLE_DAY, Profile


def nobody_has_a_day_off():
    """So that tomorrow is proposed, whatever day it is today."""
    Profile.objects.update(saturday=WHOLE_DAY, sunday=WHOLE_DAY)
    shape.changed()


def test_finishing_planning_and_undoing_keep_what_is_typed_in_the_fields(world):
    an = world.cast.an
    lead = create_lead({"company_name": "Xi măng Hòn Đá", "owner": an}, by=an)
    call = ActivityType.objects.get(name="Gọi điện")
    nobody_has_a_day_off()
    due = timezone.now() + timedelta(hours=2)
    first = schedule_activity(lead.record, what=call, due_at=due, assignee=an, title="Gọi lần đầu", by=an)
    page = world.enter(an, lead.get_absolute_url())
    edited(page, "company_name").fill("Xi măng Hòn Đá Bạc")

    side, dialog = page.locator("#record-side"), page.locator("#dialog")
    side.locator(f"a[href='/activities/{first.pk}/result/']").click()
    dialog.get_by_label("Kết quả", exact=True).fill("Khách bận")
    dialog.get_by_text("Lên lịch việc tiếp theo").click()
    dialog.get_by_text("Gặp trực tiếp").click()
    dialog.get_by_role("button", name="Ngày mai 9:00").click()
    dialog.get_by_label("Việc cần làm").fill("Đến nhà máy")
    page.keyboard.press("Control+Enter")
    side.get_by_text("Khách bận").wait_for()
    side.get_by_text("Đến nhà máy").wait_for()
    page.locator("#timeline").get_by_text("hoàn thành Gọi điện").wait_for()

    page.locator(".toast").get_by_role("button", name="Hoàn tác").click()
    side.get_by_text("Gọi lần đầu").wait_for()
    side.get_by_text("Khách bận").wait_for(state="detached")
    assert page.input_value("#record-fields [name=company_name]") == "Xi măng Hòn Đá Bạc"
    assert Activity.objects.open().count() == 2


def test_a_call_is_noted_with_how_it_ended_and_what_comes_next(world):
    """A pill, a time, Ctrl+Enter; the part for what comes next opens by itself where one calls again."""
    an = world.cast.an
    nobody_has_a_day_off()
    lead = create_lead({"company_name": "Xi măng Hòn Đá", "owner": an}, by=an)
    page = world.enter(an, lead.get_absolute_url())
    page.locator("#composer").get_by_text("Cuộc gọi, gặp mặt").click()
    dialog, side = page.locator("#dialog"), page.locator("#record-side")
    dialog.get_by_text("Gặp trực tiếp").first.click()
    expect(dialog.get_by_text("Không nghe máy")).to_be_hidden()
    dialog.get_by_text("Gọi điện").first.click()
    dialog.get_by_text("Không nghe máy").click()
    dialog.get_by_role("button", name="Ngày mai 9:00").click()
    page.keyboard.press("Control+Enter")
    expect(page.locator("#timeline .timeline-box")).to_have_text("Không nghe máy")
    expect(side.get_by_text("Ngày mai")).to_be_visible()
    page.locator(".toast").get_by_role("button", name="Hoàn tác").click()
    expect(side.get_by_text("Chưa có việc nào")).to_be_visible()
    expect(page.locator("#timeline")).to_contain_text("ghi lại việc đã làm")
