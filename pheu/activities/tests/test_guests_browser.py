"""Guests, in Chromium: who is busy shows while one plans, and a guest answers on their own calendar (R1.29, R1.30)."""

import pytest
from playwright.sync_api import expect

from pheu.activities.models import Activity, ActivityType
from pheu.activities.services import schedule_activity
from pheu.leads.services import create_lead
from pheu.records.moments import read_moment


@pytest.fixture
def lead(world):
    an = world.cast.an
    made = create_lead({"company_name": "Xi măng Hòn Đá", "owner": an}, by=an)
    what, due = ActivityType.objects.all()[0], read_moment("2031-06-11T09:00")
    schedule_activity(made.record, what=what, due_at=due, lasts=60, assignee=world.cast.binh, title="Kín", by=an)
    return made


def choose(page, dialog, name, text, option):
    dialog.get_by_role("combobox", name=name).click()
    page.keyboard.type(text)
    page.get_by_role("option", name=option).click()


def test_a_meeting_is_planned_with_guests_at_a_time_at_which_all_are_free_and_one_of_them_answers(world, lead):
    page = world.enter(world.cast.an, "/calendar/?on=2031-06-11")
    page.get_by_label("Tạo công việc ngày 11/06 lúc 09:00").click()
    dialog = page.locator("#dialog[open]")
    dialog.get_by_role("option", name="Xi măng Hòn Đá").click()  # it has the focus, and offers the newest
    dialog.get_by_label("Kéo dài").select_option("60")
    dialog.locator("summary", has_text="Khách mời").click()
    choose(page, dialog, "Đồng nghiệp", "Bình", "Trần Thanh Bình")
    busy = dialog.locator(".guests-busy")
    expect(busy).to_contain_text("Trần Thanh Bình bận 09:00–10:00")
    expect(busy).not_to_contain_text("Kín")
    busy.get_by_role("button").click()
    expect(dialog.locator("[name=due_at]")).to_have_value("11/06/2031 10:00")
    expect(busy.locator(".busy-line")).to_have_count(0)
    dialog.get_by_role("combobox", name="Khách ngoài công ty").click()
    page.keyboard.type("Đỗ Vân <van@hondacement.example>")
    page.keyboard.press("Enter")
    dialog.get_by_label("Việc cần làm").fill("Bàn báo giá")
    page.keyboard.press("Control+Enter")
    expect(dialog).to_have_count(0)
    page.goto(lead.get_absolute_url())
    expect(page.locator(".guests li")).to_have_count(2)
    work = Activity.objects.get(title="Bàn báo giá")
    assert sorted(str(one) for one in work.guests.all()) == ["Trần Thanh Bình", "Đỗ Vân"]

    page = world.enter(world.cast.binh, "/calendar/?on=2031-06-11")
    page.locator(".entry", has_text="Bàn báo giá").click()
    dialog = page.locator("#dialog[open]")
    dialog.get_by_role("button", name="Đồng ý").click()
    expect(page.locator("#toasts")).to_contain_text("Đồng ý")
    assert work.guests.get(user=world.cast.binh).answer == "accepted"
