"""«Kiểu hoạt động»: a company's own, with a category, and what one of them plans after it (R3.14-3.16)."""

from datetime import timedelta

import pytest

from pheu.activities.models import Activity, ActivityType
from pheu.activities.services import Plan, finish_activity, resume_activity, schedule_activity
from pheu.core import shape
from pheu.core.vietnamese import today_here
from pheu.leads.services import create_lead
from pheu.people.models import WHOLE_DAY, Holiday, Profile
from pheu.records.models import Record


@pytest.fixture
def lead(an):
    return create_lead({"company_name": "Xi măng Hòn Đá", "owner": an}, by=an)


def kind(name):
    return ActivityType.objects.get(name=name)


def planned(lead, who, what="Gọi điện"):
    return schedule_activity(lead.record, what=kind(what), due_at=lead.created_at, assignee=who, by=who)


def test_an_admin_makes_a_type_with_a_category_and_what_it_plans_next(client, dung, an):
    """R3.14-3.15."""
    client.force_login(dung)
    page = client.get("/setup/activity-types/new/").text
    assert "Khảo sát" in page
    sent = {
        "name": "Gửi mẫu thử",
        "colour": "blue",
        "icon": "file-text",
        "next_type": kind("Gọi điện").pk,
        "next_days": "3",
    }
    assert client.post("/setup/activity-types/new/", sent).status_code == 302
    made = kind("Gửi mẫu thử")
    assert (made.icon, made.next_type.name, made.next_days) == ("file-text", "Gọi điện", 3)
    for name, value in (("icon", "robot"), ("next_days", "9999"), ("next_type", "0")):
        wrong = client.post("/setup/activity-types/new/", sent | {"name": "Khác", name: value})
        assert (wrong.status_code, list(wrong.context["form"].errors)) == (422, [name])
    client.force_login(an)
    assert "Gửi mẫu thử" in client.get("/activities/new/").text


def test_finishing_plans_the_next_so_many_days_after_that_day(lead, an):
    """R3.16: after the day on which it was done, not the day for which it was planned."""
    Profile.objects.update(saturday=WHOLE_DAY, sunday=WHOLE_DAY)
    shape.changed()
    ActivityType.objects.filter(name="Gọi điện").update(next_type=kind("Gửi email"), next_days=3)
    done = finish_activity(planned(lead, an), result="Gửi báo giá", by=an)
    after = Activity.objects.open().get(record=lead.record)
    assert (after.type.name, after.assignee, after.due_at) == ("Gửi email", an, done.done_at + timedelta(days=3))
    assert Record.objects.get(pk=lead.pk).next_activity_at == after.due_at
    finish_activity(done, by=an)  # a second click plans nothing
    assert Activity.objects.open().count() == 1
    finish_activity(after, by=an)  # this type plans nothing
    assert not Activity.objects.open().exists()


def test_what_would_be_due_on_a_day_off_is_due_on_the_next_day_of_work(lead, an):
    """R3.16: at the same hour."""
    ActivityType.objects.filter(name="Gọi điện").update(next_type=kind("Gửi email"), next_days=3)
    day = today_here() + timedelta(days=3)
    Profile.objects.update(saturday=WHOLE_DAY, sunday=WHOLE_DAY)
    Holiday.objects.bulk_create(Holiday(day=day + timedelta(days=nth), name="Tết") for nth in range(2))
    shape.changed()
    done = finish_activity(planned(lead, an), by=an)
    assert Activity.objects.open().get().due_at == done.done_at + timedelta(days=5)


def test_what_somebody_plans_by_hand_goes_before_it(lead, an):
    ActivityType.objects.filter(name="Gọi điện").update(next_type=kind("Gửi email"), next_days=3)
    mine = Plan(kind("Gặp trực tiếp"), lead.created_at + timedelta(days=1), an)
    finish_activity(planned(lead, an), then=mine, by=an)
    assert [one.type.name for one in Activity.objects.open()] == ["Gặp trực tiếp"]


def test_it_needs_a_type_in_use_and_somebody_who_is_there(lead, an, binh):
    ActivityType.objects.filter(name="Gọi điện").update(next_type=kind("Gửi email"), next_days=3)
    ActivityType.objects.filter(name="Gửi email").update(is_active=False)
    finish_activity(planned(lead, an), by=an)
    assert not Activity.objects.open().exists()
    ActivityType.objects.filter(name="Gửi email").update(is_active=True)
    open_one = planned(lead, an)
    type(an).objects.filter(pk=an.pk).update(is_active=False)
    finish_activity(open_one, by=binh)
    assert Activity.objects.open().get().assignee == binh


def test_who_only_has_the_work_may_finish_it_and_the_company_plans_on(lead, an, hanh):
    """Planning by hand asks for the right to change the record; this does not."""
    ActivityType.objects.filter(name="Gọi điện").update(next_type=kind("Gửi email"), next_days=1)
    theirs = schedule_activity(lead.record, what=kind("Gọi điện"), due_at=lead.created_at, assignee=hanh, by=an)
    finish_activity(theirs, by=hanh)
    assert Activity.objects.open().get().assignee == hanh
    resume_activity(theirs, by=hanh)
    assert Activity.objects.open().count() == 2  # taken back; what was planned meanwhile stays, for somebody to drop
