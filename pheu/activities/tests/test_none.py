"""Work that stands on no record (R1.29, R1.30): whose it is, who sees what of it, and how it comes to a record."""

from datetime import datetime, timedelta

import pytest
from django.core import mail
from django.utils import timezone
from icalendar import Calendar

from pheu.activities import jobs
from pheu.activities.busy import taken
from pheu.activities.calendar import day_of
from pheu.activities.events import LINKED
from pheu.activities.feeds import calendar_of
from pheu.activities.guests import Guests
from pheu.activities.inviting import answer_invitation
from pheu.activities.models import Activity, ActivityType, Reminder, Series
from pheu.activities.reminding import Remind, awaiting_mail, coming
from pheu.activities.repeating import Repeat
from pheu.activities.series import Reach, end_series, fill_series, move_series, to_fill
from pheu.activities.services import (
    Plan,
    call_off_activity,
    finish_activity,
    link_activity,
    reschedule_activity,
    resume_activity,
    schedule_activity,
    tell_overdue,
)
from pheu.conftest import nothing_changes, told
from pheu.core.errors import DomainError, Refused
from pheu.home.queries import my_work
from pheu.leads.services import create_lead
from pheu.notifications.models import Notification
from pheu.people.models import User
from pheu.records.acts import last_operation
from pheu.records.models import Operation, Record
from pheu.setup import staffing
from pheu.timeline.archiving import archive
from pheu.timeline.models import Event
from pheu.timeline.undo import redo, undo

pytestmark = pytest.mark.django_db
MONDAY = datetime(2031, 6, 9, 9, tzinfo=timezone.get_default_timezone())
VAN = ("Đỗ Thị Vân", "van@hondacement.example")


def own(who, title="Khám răng", *, by=None, due_at=MONDAY, lasts=60, **more):
    what = ActivityType.objects.get(name="Việc khác")
    given = {"what": what, "due_at": due_at, "assignee": who, "title": title, "lasts": lasts, **more}
    return schedule_activity(None, **given, by=by or who)


def last():
    return Operation.objects.get(pk=last_operation())


def sent(**more):
    what = ActivityType.objects.get(name="Việc khác").pk
    return {"what": what, "due_at": "09/06/2031 09:00", "lasts": "60", "title": "Khám răng", **more}


def kinds_of(activity):
    rows = Event.objects.filter(about=None, subject=f"activity {activity.pk}").order_by("pk")
    return [one.kind.removeprefix("activity.") for one in rows]


# From the calendar ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["an", "giang"])
def test_a_slot_of_the_calendar_plans_work_on_no_record(client, cast, name):
    """Also by who may change no record at all: it is theirs alone."""
    who = getattr(cast, name)
    client.force_login(who)
    assert "/activities/new/?at=2031-06-09T09:00" in client.get("/calendar/?on=2031-06-09").text
    remind = {"remind": ["15"], "remind_by": ["popup"], "tells_of_reminders": "1"}
    answer = client.post("/activities/new/", sent(assignee=who.pk, **remind))
    assert answer.status_code == 302
    activity = Activity.objects.get()
    assert (activity.record, activity.due_at, activity.lasts, activity.assignee) == (None, MONDAY, 60, who)
    assert activity.reminders.get().minutes == 15
    assert kinds_of(activity) == ["scheduled"]
    for look in ("view=week", "view=day", "view=month", "view=list"):
        assert "Khám răng" in client.get(f"/calendar/?on=2031-06-09&{look}").text, look


def test_it_is_dragged_made_longer_finished_and_taken_up_again(client, an):
    activity = own(an)
    client.force_login(an)
    htmx = {"HX-Request": "true"}
    url = f"/activities/{activity.pk}"
    assert client.post(f"{url}/time/", {"due_at": "10/06/2031 14:00", "lasts": "90"}, headers=htmx).status_code == 204
    activity.refresh_from_db()
    assert (activity.due_at, activity.lasts) == (MONDAY + timedelta(days=1, hours=5), 90)
    done = {"result": "Không sâu răng", "next-what": activity.type_id, "next-assignee": an.pk}
    done |= {"next-due_at": "10/12/2031 09:00", "next-title": "Khám lại"}
    assert client.post(f"{url}/result/", done, headers=htmx).status_code == 204
    again = Activity.objects.get(title="Khám lại")
    assert (again.record, again.assignee) == (None, an)
    assert client.post(f"{url}/resuming/", headers=htmx).status_code == 204
    assert client.post(f"{url}/calling-off/", headers=htmx).status_code == 204
    assert kinds_of(activity) == ["scheduled", "rescheduled", "done", "resumed", "called_off"]
    page = client.get(f"{url}/").text
    assert "không gắn" in page or "On no record" in page
    assert page.count('<li class="sub">') == 5


def test_each_dialog_of_it_is_drawn(client, an):
    activity = own(an, repeat=Repeat("week", 1, (0,)), due_at=MONDAY)
    client.force_login(an)
    for page in ("", "result/", "time/", "ending/", "record/"):
        assert client.get(f"/activities/{activity.pk}/{page}").status_code == 200, page
    assert client.get(f"/activities/{own(an).pk}/guests/").status_code == 200


def test_it_may_take_whole_days(client, an):
    client.force_login(an)
    client.post("/activities/new/", sent(assignee=an.pk, lasts=str(3 * 24 * 60)))
    assert client.get("/calendar/?on=2031-06-09").text.count("entry-bar") == 3


# Whose it is ----------------------------------------------------------------------------------------------------------


def test_a_stranger_cannot_tell_that_it_exists(client, an, binh, dung):
    """Whatever their role: an administrator neither."""
    activity = own(an)
    for who in (binh, dung):
        client.force_login(who)
        with nothing_changes():
            for page in ("", "result/", "time/", "guests/", "record/"):
                assert client.get(f"/activities/{activity.pk}/{page}").status_code == 404, (who, page)
            for page in ("calling-off/", "resuming/", "answer/"):
                assert client.post(f"/activities/{activity.pk}/{page}").status_code == 404, (who, page)
    lead_of_team = (
        lambda: finish_activity(activity, by=binh),
        lambda: reschedule_activity(activity, due_at=MONDAY + timedelta(days=1), by=binh),
        lambda: call_off_activity(activity, by=dung),
    )
    for act in lead_of_team:
        with nothing_changes(), pytest.raises(Refused):
            act()


def test_the_teams_calendar_shows_others_only_a_time_that_is_taken(client, an, binh):
    own(an)
    own(an, "Gọi mẹ", lasts=0)
    finish_activity(own(an, "Xem nhà", due_at=MONDAY + timedelta(hours=3)), by=an)
    client.force_login(binh)
    page = client.get("/calendar/?whose=team&on=2031-06-09").text
    assert page.count("entry-busy") == 1
    for secret in ("Khám răng", "Gọi mẹ", "Xem nhà", "Việc khác"):
        assert secret not in page
    assert "Khám răng" not in client.get("/calendar/?whose=team&view=list").text
    client.force_login(an)
    assert "Khám răng" in client.get("/calendar/?whose=team&on=2031-06-09").text
    assert "Khám răng" in client.get("/calendar/?whose=team&view=list").text


def test_a_time_that_is_taken_counts_for_whoever_invites(an, binh):
    own(an, guests=Guests((binh,)))
    found = taken([an.pk, binh.pk], MONDAY, MONDAY + timedelta(hours=1))
    assert {one.user_id for one in found} == {an.pk, binh.pk}


def test_who_made_it_for_somebody_of_their_team_sees_and_works_on_it(client, an, binh):
    activity = own(an, "Viết báo cáo tuần", by=binh)
    assert Notification.objects.get().receiver == an
    client.force_login(binh)
    assert client.get(f"/activities/{activity.pk}/").status_code == 200
    finish_activity(activity, by=binh)
    client.force_login(an)
    bell = client.get("/notifications/").text
    assert "Viết báo cáo tuần" in bell
    answer = client.post(f"/notifications/{Notification.objects.get().pk}/")
    assert answer["Location"] == f"/activities/{activity.pk}/"


def test_nobody_fills_the_calendar_of_somebody_of_another_team(client, an, chi):
    with nothing_changes(), pytest.raises(DomainError):
        own(chi, by=an)
    client.force_login(an)
    with nothing_changes():
        assert client.post("/activities/new/", sent(assignee=chi.pk)).status_code == 422


def test_a_guest_hears_of_it_answers_and_sees_it(client, an, chi):
    activity = own(an, "Họp nhóm", guests=Guests((chi,)))
    assert Notification.objects.get().receiver == chi
    client.force_login(chi)
    assert "Họp nhóm" in client.get("/calendar/?on=2031-06-09").text
    assert client.get(f"/activities/{activity.pk}/").status_code == 200
    assert client.get(f"/activities/{activity.pk}/time/").status_code == 404
    answer_invitation(activity, answer="accepted", by=chi)
    assert kinds_of(activity) == ["scheduled", "guests_changed", "answered"]
    assert Notification.objects.filter(receiver=an).count() == 1


def test_people_outside_are_guests_of_it_too(client, an):
    """R1.30: their letters and answers are of `messaging/tests/test_invitations_to_none.py`."""
    client.force_login(an)
    answer = client.post("/activities/new/", sent(assignee=an.pk, outside=[VAN[1]], tells_of_guests="1"))
    assert answer.status_code == 302 and Activity.objects.get().guests.get().address == VAN[1]


# What is read of it ---------------------------------------------------------------------------------------------------


def test_it_stands_in_everything_that_tells_of_ones_work(client, an, settings):
    """A join with records would lose it in silence: each of these is asked."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    User.objects.filter(pk=an.pk).update(email="an@example.com")  # a demo address gets no mail
    now = timezone.now()
    late = own(an, "Nộp báo cáo", due_at=now - timedelta(hours=1), lasts=30)
    remind = Remind((0,), ("popup", "mail"))
    soon = own(an, "Gọi nha sĩ", due_at=now + timedelta(minutes=1), remind=remind)
    assert {one.title for one in my_work(an, now).first} >= {"Nộp báo cáo"}
    assert {one.title for part in day_of(an) for one in part.activities} >= {"Nộp báo cáo"}
    client.force_login(an)
    assert "Nộp báo cáo" in client.get("/").text
    assert int(client.get("/calendar/count/").text) >= 1
    assert [one.activity for one in coming(an)] == [soon]
    Reminder.objects.update(at=now - timedelta(seconds=1))
    found = awaiting_mail(10)
    assert [one.activity for one in found] == [soon]
    jobs.send_reminder(found[0].pk, found[0].at.isoformat())
    assert "Gọi nha sĩ" in mail.outbox[0].subject
    feed = calendar_of(an)
    titles = {str(one["summary"]) for one in Calendar.from_ical(feed).walk("VEVENT")}
    assert titles == {"Nộp báo cáo", "Gọi nha sĩ"}
    assert tell_overdue(by=None) == 1
    assert tell_overdue(by=None) == 0
    assert kinds_of(late) == ["scheduled", "overdue"]
    finish_activity(late, result="Đã nộp", by=an)
    assert "Nộp báo cáo" in client.get(f"/reports/work/?person={an.pk}").text


def test_what_others_did_on_no_record_is_in_no_report_of_mine(client, an, dung):
    finish_activity(own(an), by=an)
    client.force_login(dung)
    assert "Khám răng" not in client.get("/reports/work/").text


# Again and again ------------------------------------------------------------------------------------------------------


def test_it_comes_again_is_moved_and_ends(an):
    first = own(an, "Họp đội", repeat=Repeat("week", 1, (0,)), due_at=MONDAY)
    series = Series.objects.get()
    assert series.record is None
    made = series.activities.count()
    Series.objects.update(made_to=timezone.localdate())
    assert list(to_fill()) == [series]
    fill_series(series.pk, by=None)
    assert series.activities.count() == made
    moved = move_series(first, reach=Reach.ALL, due_at=MONDAY + timedelta(hours=1), by=an)
    assert (moved.record, moved.series.record) == (None, None)
    undo(last(), by=an)
    first.refresh_from_db()
    assert first.due_at == MONDAY
    end_series(first, reach=Reach.ALL, by=an)
    assert not Activity.objects.open().exists()


# Taken back -----------------------------------------------------------------------------------------------------------


def test_planning_and_moving_are_taken_back_and_done_again_by_who_did_it(client, an, binh, dung):
    activity = own(an)
    planning = last()
    reschedule_activity(activity, due_at=MONDAY + timedelta(days=1), by=an)
    moving = last()
    for who in (binh, dung):
        with nothing_changes(), pytest.raises(Refused):
            undo(moving, by=who)
    undo(moving, by=an)
    assert Activity.objects.get().due_at == MONDAY
    client.force_login(an)
    assert "Khám răng" in client.get("/undo/").text
    undo(planning, by=an)
    assert not Activity.objects.exists()
    planning.refresh_from_db()
    redo(planning, by=an)
    assert Activity.objects.get().title == "Khám răng"
    assert Event.objects.filter(kind="operation.undone", subject=f"activity {activity.pk}").count() == 2


# To a record ----------------------------------------------------------------------------------------------------------


def test_it_is_brought_to_a_record_by_who_may_change_it(client, an, chi, lead):
    activity = own(an)
    client.force_login(an)
    assert client.post(f"/activities/{activity.pk}/record/", {"record": ""}).status_code == 422
    answer = client.post(f"/activities/{activity.pk}/record/", {"record": lead.pk})
    assert answer.status_code == 302
    activity.refresh_from_db()
    assert activity.record == lead.record
    assert Record.objects.get(pk=lead.pk).next_activity_at == MONDAY
    assert told(LINKED, about=lead)
    assert "Khám răng" in client.get(lead.get_absolute_url()).text
    undo(last(), by=an)
    activity.refresh_from_db()
    assert activity.record is None
    assert Record.objects.get(pk=lead.pk).next_activity_at is None


def test_twice_is_once_and_another_record_is_refused(an, lead):
    activity = own(an)
    other = create_lead({"company_name": "Nhiệt điện Sông Con", "owner": an}, by=an)
    link_activity(activity, about=lead.record, by=an)
    link_activity(activity, about=lead.record, by=an)
    assert Event.objects.filter(kind="activity.linked").count() == 1
    with nothing_changes(), pytest.raises(DomainError):
        link_activity(activity, about=other.record, by=an)


def test_nobody_brings_it_to_a_record_that_they_may_not_change(client, an, giang, lead):
    activity = own(giang)
    client.force_login(giang)
    with nothing_changes():
        assert client.post(f"/activities/{activity.pk}/record/", {"record": lead.pk}).status_code == 422
        with pytest.raises(Refused):
            link_activity(activity, about=lead.record, by=giang)


def test_all_of_a_series_goes_there(an, lead):
    first = own(an, "Gọi hằng tuần", repeat=Repeat("week", 1, (0,)), due_at=MONDAY)
    finish_activity(first, by=an)
    second = Activity.objects.open().first() or first
    link_activity(second, about=lead.record, by=an)
    assert not Activity.objects.filter(record=None).exists()
    assert Series.objects.get().record == lead.record


def test_what_happened_on_the_record_since_stays(an, lead):
    activity = own(an)
    link_activity(activity, about=lead.record, by=an)
    linking = last()
    finish_activity(activity, result="Xong", by=an)
    with nothing_changes(), pytest.raises(DomainError):
        undo(linking, by=an)


def test_planning_is_not_taken_back_once_it_stands_on_a_record(an, lead):
    activity = own(an)
    planning = last()
    link_activity(activity, about=lead.record, by=an)
    with nothing_changes(), pytest.raises(DomainError):
        undo(planning, by=an)


def test_archiving_a_record_leaves_what_stands_on_none(an, dung, lead):
    own(an)
    archive([lead], by=dung)
    assert Activity.objects.open().count() == 1


def test_who_leaves_hands_it_over(an, binh, dung):
    activity = own(an, "Báo cáo quý")
    own(an, "Họp đội", repeat=Repeat("week", 1, (0,)))
    staffing.leave(an.pk, heir=binh, by=dung)
    assert {one.assignee for one in Activity.objects.planned()} == {binh}
    assert Series.objects.get().assignee == binh
    assert kinds_of(activity) == ["scheduled", "handed_over"]


def test_what_is_planned_next_follows_its_type(an):
    what = ActivityType.objects.get(name="Việc khác")
    what.next_type, what.next_days = what, 3
    what.save()
    finish_activity(own(an), by=an)
    assert [one.record for one in Activity.objects.open()] == [None]
    finish_activity(own(an, "Khác"), then=Plan(what, MONDAY, an, "Nữa"), by=an)
    assert Activity.objects.open().get(title="Nữa").record is None


def test_it_comes_back_when_it_is_taken_up_again(an):
    activity = call_off_activity(own(an), by=an)
    assert resume_activity(activity, by=an).is_open


def test_in_ones_calendar_it_has_a_mark(client, an, lead):
    """What others see only as taken is told from what stands on a record."""
    client.force_login(an)
    own(an)
    schedule_activity(
        lead.record, what=ActivityType.objects.get(name="Việc khác"), due_at=MONDAY + timedelta(hours=4), assignee=an,
        title="Khảo sát", lasts=60, by=an,
    )  # fmt: skip
    for view in ("week", "month", "day"):
        page = client.get(f"/calendar/?view={view}&on={MONDAY:%Y-%m-%d}").text
        assert page.count("việc riêng, không gắn bản ghi") == 1
        assert page.count('entry-text">Khảo sát') == page.count('entry-text">Khám răng') == 1
