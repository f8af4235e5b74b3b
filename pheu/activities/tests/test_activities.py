"""Work to do on a record: schedule, finish, reschedule, call off, and a person's calendar."""

import json
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone, translation

from pheu.activities import events
from pheu.activities.forms import quick_times
from pheu.activities.models import Activity, ActivityType
from pheu.activities.services import Plan, finish_activity, reschedule_activity, schedule_activity
from pheu.conftest import nothing_changes, told
from pheu.core import shape
from pheu.core.errors import Refused
from pheu.core.vietnamese import show_datetime
from pheu.deals.conversion import Handover, convert_leads
from pheu.leads.models import Lead
from pheu.people.models import Holiday, Profile
from pheu.timeline.models import Event


@pytest.fixture
def call(db):
    return ActivityType.objects.get(name="Gọi điện")


@pytest.fixture
def planned(an, lead, call):
    return schedule_activity(
        lead.record, what=call, due_at=timezone.now() + timedelta(hours=2), assignee=an, title="Gọi lại", by=an
    )


def test_an_activity_is_scheduled_by_type_time_and_assignee(client, an, binh, lead, call):
    """R0.33: in that order; it appears on the lead, which is being worked now (D14, R4.04)."""
    client.force_login(an)
    form = client.get(f"/r/{lead.pk}/activities/new/").text
    assert form.index('name="what"') < form.index('name="due_at"') < form.index('name="assignee"')
    client.post(
        f"/r/{lead.pk}/activities/new/",
        {"what": call.pk, "due_at": "24/11/2026 09:00", "assignee": binh.pk, "title": "Hẹn khảo sát"},
    )
    page = client.get(lead.get_absolute_url()).text
    assert "Hẹn khảo sát" in page
    assert "24/11/2026 09:00" in page
    lead.record.refresh_from_db()
    assert timezone.localtime(lead.record.next_activity_at).strftime("%d/%m/%Y %H:%M") == "24/11/2026 09:00"
    assert Lead.objects.get().status == "working"
    activity = Activity.objects.get()
    assert told(events.SCHEDULED, about=lead).facts == {
        "activity": activity.pk,
        "type": {"id": call.pk, "name": call.name},
        "title": "Hẹn khảo sát",
        "assignee": {"id": binh.pk, "name": binh.full_name},
        "due": "2026-11-24T09:00:00+07:00",
    }


def test_work_done_stands_on_the_lead_with_its_result(client, an, lead, planned):
    """R0.10: the list of work done; it fills the third area (R0.11)."""
    client.force_login(an)
    client.post(f"/activities/{planned.pk}/result/", {"result": "Khách hẹn thứ Ba"})
    page = client.get(lead.get_absolute_url()).text
    assert "Việc đã làm" in page
    assert "Khách hẹn thứ Ba" in page
    assert ">100<" in page  # completeness
    lead.record.refresh_from_db()
    assert lead.record.next_activity_at is None


def test_finishing_twice_is_harmless(an, planned):
    for _again in range(2):
        finish_activity(planned, result="Xong", by=an)
    assert Event.objects.filter(kind=events.DONE.code).count() == 1


def test_what_was_finished_can_be_taken_back(client, an, lead, planned):
    client.force_login(an)
    answer = client.post(f"/activities/{planned.pk}/result/", {"result": "Nhầm"}, headers={"HX-Request": "true"})
    assert f"/activities/{planned.pk}/resuming/" in answer.headers["HX-Trigger"]
    client.post(f"/activities/{planned.pk}/resuming/")
    planned.refresh_from_db()
    assert (planned.is_open, planned.result, planned.done_by) == (True, "", None)
    lead.record.refresh_from_db()
    assert lead.record.next_activity_at == planned.due_at


def test_a_call_just_made_is_noted(client, an, lead, call):
    """R1.08: an inquiry by phone, told on the timeline."""
    client.force_login(an)
    client.post(f"/r/{lead.pk}/activities/log/", {"what": call.pk, "result": "Hỏi giá trạm nước thải"})
    assert Activity.objects.get().done_by == an
    assert "Hỏi giá trạm nước thải" in client.get(lead.get_absolute_url()).text


def test_another_time_and_calling_off(client, an, lead, planned):
    client.force_login(an)
    later = timezone.now() + timedelta(days=3)
    client.post(f"/activities/{planned.pk}/time/", {"due_at": show_datetime(later)})
    planned.refresh_from_db()
    assert abs(planned.due_at - later) < timedelta(minutes=1)
    client.post(f"/activities/{planned.pk}/calling-off/")
    planned.refresh_from_db()
    assert not planned.is_open
    assert told(events.CALLED_OFF, about=lead)


def test_a_missing_time_is_said_beside_the_field(client, an, lead, call):
    client.force_login(an)
    with nothing_changes():
        answer = client.post(
            f"/r/{lead.pk}/activities/new/", {"what": call.pk, "due_at": "31/02/2026 9:00", "assignee": an.pk}
        )
    assert answer.status_code == 422
    assert "31/02/2026 9:00" in answer.text


def test_open_activities_follow_the_lead_into_its_deal(client, an, lead, planned):
    deal = convert_leads([lead], Handover(owner=an), by=an)[0]
    planned.refresh_from_db()
    assert planned.record_id == deal.pk
    deal.record.refresh_from_db()
    assert deal.record.next_activity_at == planned.due_at
    client.force_login(an)
    assert "Gọi lại" in client.get(deal.get_absolute_url()).text


def test_my_work_is_readable_though_its_record_is_not(client, an, chi, lead, call):
    """design.md 3: readable in my calendar, its record only by the record's scope."""
    activity = schedule_activity(
        lead.record, what=call, due_at=timezone.now() + timedelta(hours=1), assignee=chi, title="Hỗ trợ đo", by=an
    )
    client.force_login(chi)
    page = client.get("/calendar/?view=list").text
    assert "Hỗ trợ đo" in page
    assert lead.title not in page
    assert f"/r/{lead.pk}/" not in page
    client.post(f"/activities/{activity.pk}/result/", {"result": "Đã đo"})
    activity.refresh_from_db()
    assert activity.done_by == chi
    assert client.get(lead.get_absolute_url()).status_code == 404


def test_an_outsider_cannot_tell_the_activity_exists(client, chi, planned, lead, call):
    client.force_login(chi)
    with nothing_changes():
        for path in ("result", "time", "calling-off", "resuming"):
            assert client.post(f"/activities/{planned.pk}/{path}/", {"due_at": "24/11/2026 9:00"}).status_code == 404
        assert client.post(f"/r/{lead.pk}/activities/new/", {}).status_code == 404
    with nothing_changes(), pytest.raises(Refused):
        finish_activity(planned, by=chi)


def test_who_only_looks_may_not_schedule(client, giang, lead, call):
    client.force_login(giang)
    with nothing_changes():
        posted = {"what": call.pk, "due_at": "24/11/2026 9:00", "assignee": giang.pk}
        assert client.post(f"/r/{lead.pk}/activities/new/", posted).status_code == 403


def test_the_calendar_lists_work_by_day(client, an, lead, call):
    now = timezone.now()
    for days, title in ((-2, "Trễ"), (0, "Đo trong ngày"), (1, "Đo ngày sau"), (40, "Đo về sau")):
        due = now + timedelta(days=days) if days else now + timedelta(seconds=30)
        schedule_activity(lead.record, what=call, due_at=due, assignee=an, title=title, by=an)
    client.force_login(an)
    page = client.get("/calendar/?view=list").text
    found = [page.index(words) for words in ("Quá hạn", "Trễ", "Đo trong ngày", "Đo ngày sau", "Đo về sau")]
    assert found == sorted(found)
    assert client.get("/calendar/count/").text in {"2", "1"}  # near midnight today's work is tomorrow's


def test_a_double_click_schedules_once(client, an, lead, call):
    client.force_login(an)
    posted = {
        "what": call.pk,
        "due_at": "24/11/2026 9:00",
        "assignee": an.pk,
        "once": "6f1b7c1e-6ad0-4a0e-9d5a-0f7f0c1d2e3f",
    }
    for _click in range(2):
        client.post(f"/r/{lead.pk}/activities/new/", posted)
    assert Activity.objects.count() == 1


def test_the_next_thing_is_planned_while_finishing(client, an, binh, lead, planned, call):
    """R0.33 after R0.10: one dialog, and a second click plans nothing more."""
    client.force_login(an)
    assert 'name="next-what"' in client.get(f"/activities/{planned.pk}/result/").text
    posted = {
        "result": "Khách hẹn khảo sát",
        "next-what": call.pk,
        "next-due_at": "31/12/2026 9:00",
        "next-assignee": binh.pk,
        "next-title": "Khảo sát",
    }
    for _click in range(2):
        client.post(f"/activities/{planned.pk}/result/", posted)
    following = Activity.objects.open().get()
    assert (following.title, following.assignee, following.record_id) == ("Khảo sát", binh, lead.pk)
    lead.record.refresh_from_db()
    assert lead.record.next_activity_at == following.due_at
    assert Event.objects.filter(kind=events.SCHEDULED.code).count() == 2


def test_nothing_is_planned_next_without_a_time(client, an, planned, call):
    client.force_login(an)
    untouched = {"result": "Xong", "next-what": call.pk, "next-due_at": "", "next-assignee": an.pk, "next-title": ""}
    with nothing_changes():
        answer = client.post(f"/activities/{planned.pk}/result/", untouched | {"next-title": "Gửi báo giá"})
    assert answer.status_code == 422
    assert "Gửi báo giá" in answer.text
    client.post(f"/activities/{planned.pk}/result/", untouched)
    planned.refresh_from_db()
    assert planned.done_at
    assert not Activity.objects.open().exists()


def test_who_may_not_change_the_record_finishes_and_plans_nothing(client, an, chi, lead, call):
    activity = schedule_activity(lead.record, what=call, due_at=timezone.now(), assignee=chi, by=an)
    client.force_login(chi)
    assert 'name="next-what"' not in client.get(f"/activities/{activity.pk}/result/").text
    posted = {"next-what": call.pk, "next-due_at": "31/12/2026 9:00", "next-assignee": chi.pk}
    client.post(f"/activities/{activity.pk}/result/", {"result": "Đã đo"} | posted)
    assert Activity.objects.get().done_by == chi
    plan = Plan(call, timezone.now(), chi)
    other = schedule_activity(lead.record, what=call, due_at=timezone.now(), assignee=chi, by=an)
    with nothing_changes(), pytest.raises(Refused), transaction.atomic():
        finish_activity(other, then=plan, by=chi)


def test_undo_leaves_what_is_unsaved_on_the_page(client, an, planned):
    """The page fetches what changed; it is not loaded anew, or typed fields would be gone."""
    client.force_login(an)
    client.post(f"/activities/{planned.pk}/calling-off/")
    answer = client.post(f"/activities/{planned.pk}/resuming/", headers={"HX-Request": "true"})
    assert "record-changed" in answer.headers["HX-Trigger"]
    assert "HX-Refresh" not in answer.headers


def test_a_double_click_in_the_dialog_leads_nowhere_else(client, an, lead, call):
    client.force_login(an)
    posted = {"what": call.pk, "result": "Đã gọi", "once": "6f1b7c1e-6ad0-4a0e-9d5a-0f7f0c1d2e3f"}
    for _click in range(2):
        answer = client.post(f"/r/{lead.pk}/activities/log/", posted, headers={"HX-Request": "true"})
        assert (answer.status_code, answer.headers.get("HX-Redirect")) == (204, None)
        assert "dialog-close" in answer.headers["HX-Trigger"]
    assert Activity.objects.count() == 1


def test_the_deal_goes_on_showing_work_done_on_its_lead(client, an, lead, planned):
    """R0.10 stays readable after the conversion."""
    finish_activity(planned, result="Khách cần hai trạm", by=an)
    deal = convert_leads([lead], Handover(owner=an), by=an)[0]
    client.force_login(an)
    page = client.get(deal.get_absolute_url()).text
    assert "Việc đã làm" in page
    assert page.index("Khách cần hai trạm") < page.index("</section>", page.index('id="record-side"'))


def test_each_type_of_work_is_a_card_with_its_icon(client, an, lead):
    client.force_login(an)
    form = client.get(f"/r/{lead.pk}/activities/new/").text
    for one in ActivityType.objects.all():
        assert f"#{one.icon}" in form
    assert "data-fill-time" in form


@pytest.mark.parametrize(
    ("now", "times"),
    [
        ((2026, 11, 24, 3), ["24/11/2026 16:00", "25/11/2026 09:00", "30/11/2026 09:00"]),
        ((2026, 11, 24, 10), ["25/11/2026 09:00", "30/11/2026 09:00"]),  # five in the afternoon: too late for four
        ((2026, 11, 22, 3), ["23/11/2026 09:00"]),  # on a Sunday nobody works, and Monday is tomorrow
        ((2026, 11, 28, 1), ["28/11/2026 10:30", "30/11/2026 09:00"]),  # Saturday ends at noon
    ],
)
def test_the_usual_times_are_to_come_and_differ(now, times):
    assert [at for _label, at in quick_times(datetime(*now, tzinfo=UTC))] == times


def test_the_usual_times_are_those_of_days_of_work(db):
    """Tuesday, before four days off: today, the day after them by its date, the first of next week by its weekday."""
    for nth in range(1, 5):
        Holiday.objects.create(day=date(2026, 11, 24 + nth), name="Nghỉ")
    Profile.objects.update(monday="10-12, 14-20", tuesday="7-11")
    shape.changed()
    with translation.override("en"):
        said = quick_times(datetime(2026, 11, 24, 1, tzinfo=UTC))
        assert said == [("Today 9:30", "24/11/2026 09:30"), ("Monday 11:00", "30/11/2026 11:00")]
        Holiday.objects.create(day=date(2026, 11, 30), name="Nghỉ")
        Holiday.objects.create(day=date(2026, 12, 1), name="Nghỉ")
        shape.changed()
        assert quick_times(datetime(2026, 11, 24, 1, tzinfo=UTC))[1] == ("02/12 9:00", "02/12/2026 09:00")


def stood(row):
    """A mark of the database on a row that every writing of it changes."""
    with connection.cursor() as cursor:
        cursor.execute("select xmin, ctid from records_record where id = %s", [row.pk])
        return cursor.fetchone()


def test_work_on_one_record_writes_no_other(an, lead, deal, call):
    """The first of many people to plan something would lock what all the others have."""
    before = stood(deal)
    schedule_activity(lead.record, what=call, due_at=timezone.now(), assignee=an, by=an)
    assert stood(deal) == before


def test_a_moment_is_kept_to_the_microsecond(an, lead, planned):
    """Who compares what was written with what was read would see a change of nobody's."""
    due, before = datetime(2026, 11, 30, 9, 30, 0, 123456, tzinfo=UTC), planned.due_at
    reschedule_activity(planned, due_at=due, by=an)
    facts = told(events.RESCHEDULED, about=lead).facts
    assert [datetime.fromisoformat(facts[side]) for side in ("was", "due")] == [before, due]
    assert "was" not in told(events.SCHEDULED, about=lead).facts
    lead.record.refresh_from_db()
    assert Activity.objects.get().due_at == lead.record.next_activity_at == due


# Calls that were not planned -------------------------------------------------------------------------------------


def logged(client, lead, call, **more):
    posted = {"what": call.pk, "next-what": call.pk, "next-due_at": "", "next-assignee": "", "next-title": ""} | more
    return client.post(f"/r/{lead.pk}/activities/log/", posted, headers={"HX-Request": "true"})


def test_how_a_call_ended_is_one_press(client, an, lead, call):
    client.force_login(an)
    assert logged(client, lead, call, outcome="no_answer").status_code == 204
    assert Activity.objects.get().result == "Không nghe máy"
    logged(client, lead, call, outcome="answered", result="Hỏi giá trạm nước thải")
    assert Activity.objects.latest("pk").result == "Nghe máy\nHỏi giá trạm nước thải"


def test_how_a_planned_call_ended_is_one_press_too(client, an, lead, call):
    client.force_login(an)
    meeting = ActivityType.objects.get(name="Gặp trực tiếp")
    due = {"due_at": timezone.now(), "assignee": an, "by": an}
    planned, met = (schedule_activity(lead.record, what=what, **due) for what in (call, meeting))
    for one, pills, result in ((planned, True, "Máy bận\nGọi lại chiều"), (met, False, "Gọi lại chiều")):
        url = f"/activities/{one.pk}/result/"
        assert ('name="outcome"' in client.get(url).text) is pills
        client.post(url, {"outcome": "busy", "result": "Gọi lại chiều"}, headers={"HX-Request": "true"})
        assert Activity.objects.get(pk=one.pk).result == result


def test_by_which_way_it_was_finished_is_told(an, lead, planned):
    finish_activity(planned, result="Đã gọi", by=an, via="import")
    assert told(events.DONE, about=lead).via == "import"


def test_a_meeting_has_no_answer_to_a_call_and_needs_words(client, an, lead):
    client.force_login(an)
    meeting = ActivityType.objects.get(name="Gặp trực tiếp")
    with nothing_changes():
        assert logged(client, lead, meeting, outcome="no_answer").status_code == 422
    logged(client, lead, meeting, outcome="no_answer", result="Xem trạm ở nhà máy")
    assert Activity.objects.get().result == "Xem trạm ở nhà máy"


def test_what_comes_next_is_planned_with_the_call_in_one_act(client, an, binh, lead, call):
    client.force_login(an)
    then = {"next-due_at": "31/12/2026 9:00", "next-assignee": binh.pk, "next-title": "Gọi lại"}
    logged(client, lead, call, outcome="later", **then)
    done, planned = told(events.DONE, about=lead), told(events.SCHEDULED, about=lead)
    assert done.operation_id == planned.operation_id
    following = Activity.objects.open().get()
    assert (following.title, following.assignee) == ("Gọi lại", binh)
    with nothing_changes():  # a time that cannot be read: neither the call nor the plan
        answer = logged(client, lead, call, outcome="later", **(then | {"next-due_at": "hôm nào đó"}))
    assert answer.status_code == 422


def test_a_noted_call_is_taken_back_with_what_was_planned(client, an, lead, call):
    client.force_login(an)
    then = {"next-due_at": "31/12/2026 9:00", "next-assignee": an.pk}
    answer = logged(client, lead, call, outcome="later", **then)
    undo = json.loads(answer.headers["HX-Trigger"])["toast"]["undo"]
    assert Lead.objects.get().status == "working"
    answer = client.post(undo, headers={"HX-Request": "true"})
    assert "record-changed" in answer.headers["HX-Trigger"] and "HX-Refresh" not in answer.headers
    assert not Activity.objects.exists()
    lead.record.refresh_from_db()
    assert lead.record.next_activity_at is None
    assert Lead.objects.get().status == "new"  # the call was all that had been done


def test_a_noted_call_stays_once_what_it_planned_was_worked_on(client, an, lead, call):
    client.force_login(an)
    answer = logged(client, lead, call, outcome="later", **{"next-due_at": "31/12/2026 9:00", "next-assignee": an.pk})
    undo = json.loads(answer.headers["HX-Trigger"])["toast"]["undo"]
    finish_activity(Activity.objects.open().get(), result="Đã gọi", by=an)
    with nothing_changes():
        assert client.post(undo, headers={"HX-Request": "true"}).status_code == 409
