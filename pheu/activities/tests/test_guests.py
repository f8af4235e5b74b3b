"""«Khách mời»: who is asked to come, colleagues and people outside, and what they answer (R1.29, R1.30)."""

from datetime import datetime, timedelta
from functools import partial

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone
from icalendar import Calendar

from pheu.activities.busy import first_free, taken
from pheu.activities.feeds import calendar_of
from pheu.activities.guests import MOST, Guests
from pheu.activities.inviting import answer_invitation, change_guests
from pheu.activities.models import Activity, ActivityType, Guest
from pheu.activities.repeating import Repeat
from pheu.activities.series import Reach, change_guests_of_series
from pheu.activities.services import (
    call_off_activity,
    finish_activity,
    hand_over_work,
    reschedule_activity,
    schedule_activity,
)
from pheu.conftest import nothing_changes
from pheu.core import shape
from pheu.core.errors import DomainError, Refused
from pheu.leads.services import create_lead
from pheu.notifications.models import Notification
from pheu.people.models import Holiday
from pheu.records.acts import last_operation, operation
from pheu.records.locking import hold
from pheu.records.models import Operation
from pheu.timeline.models import Event
from pheu.timeline.undo import redo, undo

pytestmark = pytest.mark.django_db
VAN = ("Đỗ Thị Vân", "van@hondacement.example")
MONDAY = datetime(2027, 3, 1, 9, tzinfo=timezone.get_default_timezone())


def meeting(lead, an, *, guests=None, due_at=None, lasts=60, **more):
    what = ActivityType.objects.get(name="Gặp trực tiếp")
    given = {"what": what, "assignee": an, "title": "Bàn báo giá", "lasts": lasts, **more}
    return schedule_activity(lead.record, due_at=due_at or MONDAY, guests=guests, by=an, **given)


def answers(activity):
    return {str(one): one.answer for one in activity.guests.all()}


def told(kind):
    return list(Event.objects.filter(kind=f"activity.{kind}").order_by("pk"))


# Choosing them --------------------------------------------------------------------------------------------------------


def planned(lead, **more):
    what = ActivityType.objects.get(name="Gặp trực tiếp").pk
    return {"what": what, "due_at": "01/03/2027 09:00", "lasts": "60", "title": "Bàn báo giá", **more}


def test_guests_are_chosen_while_planning_and_stand_on_the_record(client, lead, an, binh):
    """R1.30: colleagues and people outside, each with what they said."""
    client.force_login(an)
    sent = planned(
        lead, assignee=an.pk, people=[binh.pk], outside=["Đỗ Thị Vân <van@hondacement.example>"], tells_of_guests="1"
    )
    assert client.post(f"/r/{lead.pk}/activities/new/", sent).status_code == 302
    work = Activity.objects.get()
    assert answers(work) == {binh.full_name: "", "Đỗ Thị Vân": ""}
    page = client.get(lead.get_absolute_url()).text
    assert binh.full_name in page and "Đỗ Thị Vân" in page and "guests" in page
    [event] = told("guests_changed")
    assert event.facts["added"] == [{"id": binh.pk, "name": binh.full_name}, {"id": None, "name": "Đỗ Thị Vân"}]
    assert Notification.objects.filter(receiver=binh, event=event).exists()


def test_guests_of_open_work_are_changed_and_those_who_stay_keep_their_answer(client, lead, an, binh, hanh):
    work = meeting(lead, an, guests=Guests((binh,)))
    answer_invitation(work, answer="accepted", by=binh)
    client.force_login(an)
    assert str(binh.pk) in client.get(f"/activities/{work.pk}/guests/").text
    sent = {"people": [binh.pk, hanh.pk], "outside": ["van@hondacement.example"], "tells_of_guests": "1"}
    assert client.post(f"/activities/{work.pk}/guests/", sent).status_code == 302
    assert answers(work) == {binh.full_name: "accepted", hanh.full_name: "", VAN[1]: ""}
    client.post(f"/activities/{work.pk}/guests/", {"people": [hanh.pk], "tells_of_guests": "1"})
    assert answers(work) == {hanh.full_name: ""}
    with nothing_changes():  # nobody said a word of guests
        assert client.post(f"/activities/{work.pk}/guests/", {}).status_code == 302
    assert [one["name"] for one in told("guests_changed")[-1].facts["removed"]] == [binh.full_name, VAN[1]]


@pytest.mark.parametrize(
    "outside",
    ["khong-phai-dia-chi", "a@b", "van@hd.example\r\nBcc: x@y.example", "đỗ@hd.example", "x" * 250 + "@hd.example"],
)
def test_what_is_no_address_is_refused_by_the_form_and_by_the_act(client, lead, an, outside):
    work = meeting(lead, an)
    client.force_login(an)
    with nothing_changes():
        answer = client.post(f"/activities/{work.pk}/guests/", {"outside": [outside], "tells_of_guests": "1"})
        assert answer.status_code == 422
        with pytest.raises(DomainError):
            change_guests(work, guests=Guests((), (("", outside),)), by=an)


def test_there_are_so_many_guests_at_most(lead, an):
    work = meeting(lead, an)
    many = Guests((), tuple(("", f"khach{n}@hd.example") for n in range(MOST + 1)))
    repeated = meeting(lead, an, repeat=Repeat("week", 1, (0,), None, 2))
    with nothing_changes():
        for act in (change_guests, partial(change_guests_of_series, reach=Reach.ALL)):
            with pytest.raises(DomainError):
                act(repeated, guests=many, by=an)
    change_guests(work, guests=Guests((), many.outside[:MOST]), by=an)


def test_an_address_of_a_colleague_is_that_colleague_and_nobody_is_a_guest_of_their_own_work(lead, an, binh):
    work = meeting(lead, an, guests=Guests((an,), (("", binh.email.upper()), VAN, ("", VAN[1].upper()))))
    assert answers(work) == {binh.full_name: "", VAN[0]: ""}
    for wrong in ({"user": binh, "address": "x@y.example"}, {}, {"user": binh}, {"address": VAN[1]}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Guest.objects.create(activity=work, **wrong)


def test_who_has_left_is_not_invited_and_a_guest_who_leaves_stays_in_the_list(lead, an, binh, hanh):
    work = meeting(lead, an, guests=Guests((binh,)))
    for one in (binh, hanh):
        one.is_active = False
        one.save()
    change_guests(work, guests=Guests((binh,)), by=an)
    with nothing_changes(), pytest.raises(DomainError):
        change_guests(work, guests=Guests((binh, hanh)), by=an)


def test_a_new_time_asks_everybody_anew_and_undo_brings_their_answers_back(lead, an, binh):
    work = meeting(lead, an, guests=Guests((binh,)))
    answer_invitation(work, answer="accepted", by=binh)
    reschedule_activity(work, due_at=MONDAY + timedelta(days=1), by=an)
    moved = Operation.objects.get(pk=last_operation())
    assert answers(work) == {binh.full_name: ""}
    assert told("rescheduled")[-1].facts["guests"] == [binh.pk]
    undo(moved, by=an)
    assert answers(work) == {binh.full_name: "accepted"}


def test_undoing_the_planning_takes_guests_along_and_redoing_brings_them_back(lead, an, binh):
    meeting(lead, an, guests=Guests((binh,), (VAN,)))
    made = Operation.objects.get(pk=last_operation())
    undo(made, by=an)
    assert not Guest.objects.exists()
    made.refresh_from_db()
    redo(made, by=an)
    assert answers(Activity.objects.get()) == {binh.full_name: "", VAN[0]: ""}


def test_whom_work_is_handed_to_is_no_guest_of_it_any_more(lead, an, binh, hanh):
    work = meeting(lead, an, guests=Guests((binh, hanh)))
    with operation("leave", by=an):
        hold(lead.pk)
        hand_over_work(an.pk, to=binh, by=an, via="page", cause=None)
    assert answers(work) == {hanh.full_name: ""}


# Answering ------------------------------------------------------------------------------------------------------------


def test_a_colleague_sees_it_on_their_calendar_and_answers_there(client, lead, an, binh):
    """R1.29: the time, the type, who invites and the title; an answer is told and rings."""
    work = meeting(lead, an, guests=Guests((binh,)))
    client.force_login(binh)
    page = client.get("/calendar/?on=2027-03-01").text
    assert f'id="work-{work.pk}"' in page and f"/activities/{work.pk}/time/" not in page
    dialog = client.get(f"/activities/{work.pk}/").text
    assert f"/activities/{work.pk}/answer/" in dialog and an.full_name in dialog
    assert client.post(f"/activities/{work.pk}/answer/", {"answer": "accepted"}).status_code == 302
    client.post(f"/activities/{work.pk}/answer/", {"answer": "accepted"})
    [event] = told("answered")
    assert (event.by, event.facts["answer"], event.facts["guest"]["id"]) == (binh, "accepted", binh.pk)
    assert Notification.objects.filter(receiver=an, event=event).exists()
    client.post(f"/activities/{work.pk}/answer/", {"answer": "declined"})
    assert f'id="work-{work.pk}"' not in client.get("/calendar/?on=2027-03-01").text


def test_a_guest_who_may_not_see_the_record_never_learns_what_it_is(client, lead, an, chi):
    """Neither on the calendar, in the dialog, in the list, nor on their phone."""
    work = meeting(lead, an, guests=Guests((chi,)))
    client.force_login(chi)
    feed = calendar_of(chi).decode().replace("\r\n ", "")
    addresses = ("?on=2027-03-01", "?view=list", "?view=month&on=2027-03-01")
    pages = [client.get(one).text for one in (*(f"/calendar/{one}" for one in addresses), f"/activities/{work.pk}/")]
    for one in (*pages, feed):
        assert "Bàn báo giá" in one
        assert lead.title not in one and lead.record.number not in one
    assert client.get(f"/r/{lead.pk}/", follow=True).status_code == 404
    assert an.full_name in pages[-1] and an.full_name in feed
    assert client.post(f"/activities/{work.pk}/answer/", {"answer": "tentative"}).status_code == 302
    assert answers(work) == {chi.full_name: "tentative"}


def test_only_a_guest_answers_with_an_answer_to_what_is_open(client, lead, an, binh, chi):
    work = meeting(lead, an, guests=Guests((chi,)))
    client.force_login(binh)
    with nothing_changes():
        assert client.post(f"/activities/{work.pk}/answer/", {"answer": "accepted"}).status_code == 404
        with pytest.raises(Refused):
            answer_invitation(work, answer="accepted", by=binh)
        for wrong in ("", "delegated", "x" * 100):
            with pytest.raises(DomainError):
                answer_invitation(work, answer=wrong, by=chi)
    client.force_login(chi)
    with nothing_changes():
        for path in ("time", "guests", "result", "calling-off"):
            assert client.post(f"/activities/{work.pk}/{path}/", {}).status_code == 404
    finish_activity(work, by=an)
    with nothing_changes(), pytest.raises(DomainError):
        answer_invitation(work, answer="accepted", by=chi)


def test_guests_hear_of_what_is_called_off_unless_they_declined(lead, an, binh, giang):
    work = meeting(lead, an, guests=Guests((binh, giang)))
    answer_invitation(work, answer="declined", by=giang)
    call_off_activity(work, by=an)
    [event] = told("called_off")
    assert set(Notification.objects.filter(event=event).values_list("receiver", flat=True)) == {binh.pk}


def test_the_feed_of_a_guest_has_the_meeting_and_says_who_invites(lead, an, binh):
    work = meeting(lead, an, guests=Guests((binh,)))
    [event] = Calendar.from_ical(calendar_of(binh)).walk("VEVENT")
    assert an.full_name in str(event["description"]) and lead.title in str(event["summary"])
    answer_invitation(work, answer="declined", by=binh)
    assert not Calendar.from_ical(calendar_of(binh)).walk("VEVENT")


def test_a_teams_calendar_shows_what_its_people_are_guests_of_within_its_scope(client, lead, an, binh, hanh):
    theirs = create_lead({"person_name": "Khách của Hạnh", "company_name": "CSKH", "need": "x", "owner": an}, by=an)
    meeting(theirs, an, guests=Guests((hanh,)))
    client.force_login(binh)
    assert "Bàn báo giá" in client.get("/calendar/?whose=team&on=2027-03-01").text


# Free and busy --------------------------------------------------------------------------------------------------------


def asked(client, *people, **more):
    given = {"people": [one.pk for one in people], "due_at": "01/03/2027 09:30", "lasts": "60", **more}
    return client.get("/activities/busy/", given).text


def test_who_is_busy_is_told_with_times_alone(client, lead, an, binh, chi):
    """R1.30: nothing of what they do, nor about whom."""
    meeting(lead, an, title="Bí mật")
    client.force_login(chi)
    said = asked(client, an)
    assert an.full_name in said and "09:00–10:00" in said
    assert "Bí mật" not in said and lead.title not in said and "Gặp trực tiếp" not in said
    assert 'data-fill-time="01/03/2027 10:00"' in said
    assert "09:00" not in asked(client, binh)
    assert asked(client, an, due_at="01/03/2027 10:00").count("busy-line") == 0  # what ends at ten is over at ten
    assert asked(client).strip() == "" == asked(client, an, due_at="không").strip()


def test_guests_who_did_not_decline_are_busy_and_finished_called_off_or_moved_work_is_not(client, lead, an, binh, chi):
    work = meeting(lead, an, guests=Guests((binh, chi)))
    answer_invitation(work, answer="declined", by=chi)
    day = MONDAY - timedelta(hours=9), MONDAY + timedelta(hours=15)
    people = [an.pk, binh.pk, chi.pk]
    assert [one.user_id for one in taken(people, *day)] == sorted([an.pk, binh.pk])
    assert taken(people, *day, but=work.pk) == []
    client.force_login(an)
    assert "busy-line" not in asked(client, binh, of=work.pk)
    call_off_activity(work, by=an)
    assert taken(people, *day) == []


def test_all_guests_are_one_statement(lead, an, binh, chi, hanh, django_assert_num_queries):
    meeting(lead, an, guests=Guests((binh, chi)))
    with django_assert_num_queries(1):
        assert len(taken([an.pk, binh.pk, chi.pk, hanh.pk], MONDAY, MONDAY + timedelta(days=7))) == 3


def test_a_free_time_is_one_of_work_at_which_all_are_free(lead, an):
    """Within the hours of work, not on a holiday, not over noon."""
    meeting(lead, an, due_at=MONDAY, lasts=3 * 60)
    meeting(lead, an, due_at=MONDAY + timedelta(hours=4, minutes=30), lasts=3 * 60)
    times = taken([an.pk], MONDAY, MONDAY + timedelta(days=7))
    assert f"{first_free(times, MONDAY, 60):%d/%m %H:%M}" == "01/03 16:30"
    assert f"{first_free(times, MONDAY, 90):%d/%m %H:%M}" == "02/03 08:00"
    assert first_free(times, MONDAY, 24 * 60) is None
    friday = MONDAY + timedelta(days=4, hours=8, minutes=10)  # ten past five: the day is over at half past
    assert f"{first_free([], friday, 60):%d/%m %H:%M}" == "06/03 08:00"
    assert f"{first_free([], MONDAY + timedelta(minutes=1), 30):%H:%M}" == "09:15"


def test_nobody_is_proposed_a_holiday(an):
    Holiday.objects.create(day=MONDAY.date(), name="Nghỉ bù", is_working=False)
    shape.see("a holiday")
    assert f"{first_free([], MONDAY, 60):%d/%m %H:%M}" == "02/03 08:00"
