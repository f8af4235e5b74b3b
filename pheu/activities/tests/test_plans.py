"""«Kịch bản việc»: a company's sets of work, planned at once on a record and taken back as one (issue 10)."""

from datetime import datetime, time, timedelta

import pytest
from django.utils import timezone

from pheu.activities import events
from pheu.activities.models import Activity, ActivityType, WorkPlan
from pheu.activities.planning import apply_plan
from pheu.activities.plans import MOST_STEPS, PLANS, due_of, wrong_with
from pheu.activities.services import finish_activity
from pheu.conftest import nothing_changes, told
from pheu.core import shape
from pheu.core.errors import DomainError, Invalid, Refused
from pheu.core.vietnamese.dates import show_date
from pheu.people.models import Holiday
from pheu.people.profile import DAY, next_working_day
from pheu.records.acts import last_operation
from pheu.records.models import Operation
from pheu.setup import configuring, staffing
from pheu.timeline.undo import redo, undo

pytestmark = pytest.mark.django_db


def kind(name):
    return ActivityType.objects.get(name=name).pk


def step(**other):
    usual = {"type": kind("Gọi điện"), "title": "", "after": 0, "working": True, "at": "09:00", "who": "owner"}
    return usual | other


def a_plan(dung, *steps, **other):
    values = {"name": "Chăm sóc mới", "kind": "lead", "steps": list(steps) or [step()], "is_active": True, **other}
    return configuring.add_item(PLANS, values, by=dung)


def sent_steps(*rows):
    usual = {"title": "", "after": "0", "counted": "working", "at": "09:00", "who": "owner", "type": ""}
    sent = {"steps-TOTAL_FORMS": MOST_STEPS, "steps-INITIAL_FORMS": "0"}
    for nth in range(MOST_STEPS):
        row = usual | (rows[nth] if nth < len(rows) else {})
        sent |= {f"steps-{nth}-{name}": value for name, value in row.items()}
    return sent


def monday():
    today = timezone.localdate()
    return today + timedelta(days=7 - today.weekday())


def at(day, hour=9):
    return timezone.make_aware(datetime.combine(day, time(hour)))


# In «Cấu hình» --------------------------------------------------------------------------------------------------------


def test_an_admin_keeps_plans_among_the_lists(client, dung, an):
    client.force_login(dung)
    page = client.get("/setup/work-plans/new/").text
    assert "Người phụ trách hồ sơ" in page and "Nguyễn Hoài An" in page
    rows = [
        {"type": kind("Gọi điện"), "title": "Giới thiệu"},
        {"type": kind("Gửi email"), "after": "2", "counted": "all", "at": "14:30", "who": an.pk},
    ]
    sent = {"name": "Chăm sóc mới", "kind": "lead", **sent_steps(*rows)}
    assert client.post("/setup/work-plans/new/", sent).status_code == 302
    made = WorkPlan.objects.get()
    assert made.steps == [
        step(title="Giới thiệu"),
        step(type=kind("Gửi email"), after=2, working=False, at="14:30", who=an.pk),
    ]
    assert "2 việc" in client.get("/setup/work-plans/").text
    assert "2 việc: Giới thiệu, Gửi email" in client.get("/setup/log/").text
    page = client.get(f"/setup/work-plans/{made.pk}/").text
    assert "Giới thiệu" in page and "14:30" in page


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"type": "0"}, "còn thiếu"), ({"title": "Gọi"}, "còn thiếu"), ({"after": "-1", "type": "1"}, "còn thiếu"),
        ({"after": "999999999", "type": "1"}, "còn thiếu"), ({"at": "25:00", "type": "1"}, "còn thiếu"),
        ({"who": "0", "type": "1"}, "còn thiếu"), ({}, "từ một đến"),
    ],
)  # fmt: skip
def test_what_is_no_plan_is_said_in_the_dialog(client, dung, row, words):
    client.force_login(dung)
    row = row | ({"type": kind("Gọi điện")} if row.get("type") == "1" else {})
    with nothing_changes():
        answer = client.post("/setup/work-plans/new/", {"name": "x", "kind": "lead", **sent_steps(row)})
    assert answer.status_code == 422
    assert words in answer.text


def test_the_act_keeps_only_what_can_be_planned(dung, an, giang):
    off = ActivityType.objects.create(name="Cũ", is_active=False)
    an.is_active = False
    an.save()
    wrong = [
        [], "x", [step()] * (MOST_STEPS + 1), [step(after=-1)], [step(after=367)], [step(after=True)],
        [step(at="9:00")], [step(at="24:00")], [step(title="x" * 301)], [step(who="boss")], [step(who=an.pk)],
        [step(type=off.pk)], [step(type=0)], [{**step(), "more": 1}], [{"type": kind("Gọi điện")}], [None],
    ]  # fmt: skip
    for steps in wrong:
        with nothing_changes(), pytest.raises(Invalid):
            a_plan(dung, steps=steps)
    with nothing_changes(), pytest.raises(Invalid):
        a_plan(dung, kind="nothing")
    with nothing_changes(), pytest.raises(Refused):
        a_plan(giang)
    assert wrong_with([step()]) == ""


# On a record ----------------------------------------------------------------------------------------------------------


def test_days_of_work_skip_what_is_off(dung):
    """Three days of work from Friday on are Wednesday, or Thursday where Monday is a holiday."""
    friday = monday() + timedelta(days=4)
    third = next_working_day(friday)
    for _nth in range(3):
        third = next_working_day(third + DAY)
    assert due_of(step(after=3), friday) == at(third)
    assert due_of(step(after=3, working=False), friday) == at(friday + 3 * DAY)
    Holiday.objects.create(day=third, name="Nghỉ bù")
    shape.changed()
    assert due_of(step(after=3), friday) == at(next_working_day(third + DAY))
    assert due_of(step(after=0), third) == at(next_working_day(third + DAY))


def test_a_plan_is_looked_at_and_applied(client, an, binh, dung, lead):
    plan = a_plan(
        dung,
        step(title="Giới thiệu"),
        step(type=kind("Gửi email"), after=1, at="14:30", who=binh.pk),
        step(type=kind("Việc khác"), after=2, who="me"),
    )
    client.force_login(binh)
    assert f"/r/{lead.pk}/activities/plan/" in client.get(lead.get_absolute_url()).text
    url = f"/r/{lead.pk}/activities/plan/"
    with nothing_changes():
        dialog = client.get(url).text
        shown = client.get(url, {"look": "1", "plan": plan.pk, "starts_on": show_date(monday())}).text
    assert "Chăm sóc mới" in dialog
    assert [f"{show_date(monday())} 09:00" in shown, f"{show_date(monday() + DAY)} 14:30" in shown] == [True, True]
    sent = {"plan": plan.pk, "starts_on": show_date(monday())}
    answer = client.post(url, sent, headers={"HX-Request": "true"})
    assert "undo" in answer.headers["HX-Trigger"]
    rows = Activity.objects.order_by("due_at")
    assert [(str(one), one.assignee, one.due_at) for one in rows] == [
        ("Giới thiệu", an, at(monday())),
        ("Gửi email", binh, at(monday() + DAY, 14) + timedelta(minutes=30)),
        ("Việc khác", binh, at(monday() + 2 * DAY)),
    ]
    assert told(events.PLAN_APPLIED, about=lead).facts["plan"]["name"] == "Chăm sóc mới"
    lead.record.refresh_from_db()
    assert lead.record.next_activity_at == at(monday())
    operation = Operation.objects.get(pk=last_operation())
    undo(operation, by=binh)
    assert not Activity.objects.exists()
    operation.refresh_from_db()
    redo(operation, by=binh)
    assert Activity.objects.count() == 3


def test_what_was_worked_on_keeps_the_plan(an, dung, lead):
    plan = a_plan(dung, step(), step(after=1))
    first, _second = apply_plan(lead.record, plan=plan, starts_on=monday(), by=an)
    operation = Operation.objects.get(pk=last_operation())
    finish_activity(first, by=an)
    with nothing_changes(), pytest.raises(DomainError):
        undo(operation, by=an)


def test_who_has_left_leaves_the_work_to_whoever_applies_it(an, binh, dung, lead):
    plan = a_plan(dung, step(who=binh.pk))
    staffing.leave(binh.pk, heir=None, by=dung)
    (work,) = apply_plan(lead.record, plan=plan, starts_on=monday(), by=an)
    assert work.assignee == an


def test_an_hour_that_is_over_today_is_the_next_one(an, dung, lead):
    plan = a_plan(dung, step(at="00:00", working=False))
    (work,) = apply_plan(lead.record, plan=plan, starts_on=timezone.localdate(), by=an)
    assert timezone.now() < work.due_at <= timezone.now() + timedelta(hours=1)


def test_what_cannot_be_applied_is_refused(client, an, chi, giang, dung, lead):
    plan, of_deals = a_plan(dung), a_plan(dung, kind="deal")
    today = timezone.localdate()
    for error, given in [
        (DomainError, {"plan": of_deals}),
        (DomainError, {"starts_on": today - DAY}),
        (Refused, {"by": chi}),
        (Refused, {"by": giang}),
    ]:
        with nothing_changes(), pytest.raises(error):
            apply_plan(lead.record, **{"plan": plan, "starts_on": today, "by": an, **given})
    WorkPlan.objects.update(is_active=False)
    with nothing_changes(), pytest.raises(DomainError):
        apply_plan(lead.record, plan=plan, starts_on=today, by=an)
    client.force_login(an)
    sent = {"plan": plan.pk, "starts_on": "01/01/2020"}
    answer = client.post(f"/r/{lead.pk}/activities/plan/", sent)
    assert (answer.status_code, sorted(answer.context["form"].errors)) == (422, ["plan", "starts_on"])
    shape.changed()
    assert "/activities/plan/" not in client.get(lead.get_absolute_url()).text


def test_a_double_click_plans_once(client, an, dung, lead):
    plan = a_plan(dung)
    client.force_login(an)
    page = client.get(f"/r/{lead.pk}/activities/plan/")
    token = page.text.split('name="once" value="')[1].split('"')[0]
    sent = {"plan": plan.pk, "starts_on": show_date(monday()), "once": token}
    for _again in range(2):
        client.post(f"/r/{lead.pk}/activities/plan/", sent)
    assert Activity.objects.count() == 1
