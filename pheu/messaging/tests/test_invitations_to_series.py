"""Guests of work that comes again: invited once by its rule, told of each time that is otherwise (RFC 5545, 5546)."""

from datetime import date, datetime, time, timedelta

import pytest
from dateutil.rrule import rrulestr
from django.utils import timezone
from icalendar import Calendar

from pheu.activities.guests import Guests
from pheu.activities.inviting import answer_invitation, change_guests
from pheu.activities.letters import read_reply
from pheu.activities.models import Activity, ActivityType, Guest, Invitation, Series
from pheu.activities.repeating import Repeat
from pheu.activities.series import Reach, change_guests_of_series, end_series, fill_series, move_series
from pheu.activities.services import (
    call_off_activity,
    finish_activity,
    reschedule_activity,
    resume_activity,
    schedule_activity,
)
from pheu.messaging import receiving
from pheu.messaging.channels.email.parsing import read
from pheu.messaging.models import Message
from pheu.messaging.tests.test_by_itself import work_off
from pheu.messaging.tests.test_invitations import GUEST, LE, happened, letter_with, letters_of
from pheu.messaging.tests.test_writing_letters import VAN, mailbox_for
from pheu.notifications.models import Notification
from pheu.records.acts import last_operation
from pheu.records.models import Operation
from pheu.timeline.archiving import archive, restore
from pheu.timeline.undo import undo

pytestmark = pytest.mark.django_db
WEEK = timedelta(days=7)
MONDAYS = Repeat("week", days=(0,))


@pytest.fixture
def first():
    """A Monday at half past six, which in UTC is a Sunday."""
    day = timezone.localdate() + timedelta(days=3)
    day += timedelta(days=-day.weekday() % 7)
    return datetime.combine(day, time(6, 30), timezone.get_default_timezone())


@pytest.fixture
def ours(an):
    return mailbox_for(an)


def weekly(lead, an, first, *outside, people=(), repeat=MONDAYS, **more):
    what = ActivityType.objects.get(name="Gặp trực tiếp")
    given = {"what": what, "assignee": an, "title": "Họp tuần", "lasts": 60, "repeat": repeat, **more}
    return schedule_activity(
        lead.record, due_at=first, guests=Guests(tuple(people), outside or (GUEST,)), by=an, **given
    )


def times(series=None):
    rows = Activity.objects.exclude(series=None).filter(called_off_at=None)
    return list(rows.filter(series=series or Series.objects.latest("pk")).order_by("occurs_on"))


def made_anew():
    """As if the last three had not been made yet, and the job of the day comes; how many it makes."""
    Activity.objects.filter(pk__in=[one.pk for one in times()[-3:]]).delete()
    Series.objects.update(made_to=times()[-1].occurs_on)
    return fill_series(Series.objects.get().pk)


def told():
    """(METHOD, to, which time, sequence) of each letter."""
    return [(method, to, which(event), int(event["sequence"])) for method, to, event in letters_of()]


def which(event):
    return event.decoded("recurrence-id").date() if "recurrence-id" in event else None


# What they are told ---------------------------------------------------------------------------------------------------


def test_one_invitation_says_when_all_of_it_comes(lead, an, ours, first):
    weekly(lead, an, first)
    [(method, to, event)] = letters_of()
    assert (method, to) == ("REQUEST", VAN.address)
    assert event["rrule"].to_ical() == b"FREQ=WEEKLY;BYDAY=MO"
    begins = event.decoded("dtstart")
    assert begins == first and str(begins.tzinfo) == "Asia/Ho_Chi_Minh"  # in UTC it would come on Sundays
    rule = rrulestr(event["rrule"].to_ical().decode(), dtstart=begins)
    assert [one.date() for one in rule[: len(times())]] == [one.occurs_on for one in times()]
    content = Message.objects.get().enclosures.get().bytes()
    assert [str(one["tzid"]) for one in Calendar.from_ical(content).walk("VTIMEZONE")] == ["Asia/Ho_Chi_Minh"]
    assert "mỗi thứ hai" in Message.objects.get().subject
    assert Guest.objects.count() == len(times()) > 5
    fill_series(Series.objects.get().pk)
    assert len(letters_of()) == 1


def test_a_last_day_is_a_moment_and_whole_days_have_none(lead, an, ours, first):
    until = first.date() + 3 * WEEK
    weekly(lead, an, first, repeat=Repeat("week", days=(0,), until=until))
    midnight = datetime.combine(first, time(), first.tzinfo)
    weekly(lead, an, midnight, lasts=24 * 60, repeat=Repeat("week", days=(0,), until=until))
    hours, days = (event for _method, _to, event in letters_of())
    assert hours["rrule"]["UNTIL"] == [datetime.combine(until, first.timetz())]
    assert b"UNTIL=%s" % (until - timedelta(days=1)).strftime("%Y%m%dT233000Z").encode() in hours["rrule"].to_ical()
    assert (days.decoded("dtstart"), days["rrule"]["UNTIL"]) == (first.date(), [until])


def test_one_time_that_is_moved_or_called_off_is_told_of_alone(lead, an, ours, first):
    weekly(lead, an, first)
    work_off()
    _one, second, third, *_more = times()
    moved = reschedule_activity(second, due_at=second.due_at + timedelta(hours=3), by=an)
    work_off()
    call_off_activity(third, by=an)
    work_off()
    assert told()[1:] == [
        ("REQUEST", VAN.address, second.occurs_on, 0), ("CANCEL", VAN.address, third.occurs_on, 1),
    ]  # fmt: skip
    whole, of_second, of_third = (event for _method, _to, event in letters_of())
    assert of_second["uid"] == of_third["uid"] == whole["uid"] and "rrule" not in of_second
    assert of_second.decoded("recurrence-id") == first + WEEK
    assert of_second.decoded("dtstart") == first + WEEK + timedelta(hours=3)
    resume_activity(third, by=an)
    work_off()
    reschedule_activity(moved, due_at=second.due_at, by=an)
    assert told()[3:] == [("REQUEST", VAN.address, third.occurs_on, 2), ("REQUEST", VAN.address, second.occurs_on, 1)]


def test_who_is_invited_later_hears_of_all_but_not_of_what_is_off(lead, an, ours, first):
    weekly(lead, an, first)
    work_off()
    one, second, third, *_more = times()
    call_off_activity(second, by=an)
    reschedule_activity(third, due_at=third.due_at + timedelta(hours=1), by=an)
    work_off()
    before = len(told())
    change_guests_of_series(one, guests=Guests((), (GUEST, LE)), reach=Reach.ALL, by=an)
    whole, of_third = letters_of()[before:]
    assert [(method, to) for method, to, _event in (whole, of_third)] == [("REQUEST", LE[1])] * 2
    assert whole[2].decoded("exdate").dts[0].dt == first + WEEK and which(of_third[2]) == third.occurs_on
    work_off()
    assert len(told()) == before + 2


def test_all_that_follow_elsewhere_are_another_series_and_the_first_ends(lead, an, ours, first):
    weekly(lead, an, first)
    work_off()
    third = times()[2]
    move_series(third, reach=Reach.FOLLOWING, due_at=third.due_at + timedelta(days=1), by=an)
    _whole, (method, _to, ended), (_method, _who, then) = sorted(letters_of(), key=lambda one: one[2]["uid"] == "x")
    assert method == "REQUEST" and ended["rrule"]["UNTIL"] == [third.due_at - timedelta(days=1)]
    assert (int(ended["sequence"]), int(then["sequence"])) == (1, 0) and ended["uid"] != then["uid"]
    assert then["rrule"].to_ical() == b"FREQ=WEEKLY;BYDAY=TU"
    undo(Operation.objects.get(pk=Operation.objects.get(act="move_series").pk), by=an)
    *_before, again, off = sorted(letters_of()[3:], key=lambda one: one[0], reverse=True)
    assert again[0] == "REQUEST" and "UNTIL" not in again[2]["rrule"]
    assert (off[0], off[2]["uid"]) == ("CANCEL", then["uid"])


def ending_all(lead, work, an):
    end_series(work, reach=Reach.ALL, by=an)


def removing(lead, work, an):
    change_guests_of_series(work, guests=Guests(), reach=Reach.ALL, by=an)


def archiving(lead, work, an):
    archive([lead], by=an)


def undoing(lead, work, an):
    undo(Operation.objects.get(act="schedule_activity"), by=an)


@pytest.mark.parametrize("way", [ending_all, removing, archiving, undoing])
def test_all_of_it_is_called_off_by_one_letter(lead, an, ours, first, way):
    work = weekly(lead, an, first)
    work_off()
    way(lead, work, an)
    assert told()[1:] == [("CANCEL", VAN.address, None, 1)]
    event = letters_of()[1][2]
    assert event["status"] == "CANCELLED" and event["uid"] == letters_of()[0][2]["uid"]
    work_off()
    assert len(told()) == 2


def test_what_is_restored_is_invited_to_again(lead, an, ours, first):
    weekly(lead, an, first)
    work_off()
    archive([lead], by=an)
    work_off()
    restore([lead.record], by=an)
    assert [(method, at) for method, _to, _day, at in told()] == [("REQUEST", 0), ("CANCEL", 1), ("REQUEST", 2)]


def test_ending_what_follows_leaves_what_was_before(lead, an, ours, first):
    weekly(lead, an, first)
    work_off()
    third = times()[2]
    end_series(third, reach=Reach.FOLLOWING, by=an)
    _first, (method, _to, event) = letters_of()
    assert method == "REQUEST" and event["rrule"]["UNTIL"][0].date() < third.occurs_on
    assert len(times()) == 2


def test_without_a_mailbox_it_is_told_once_that_nobody_was_invited(lead, an, first):
    weekly(lead, an, first)
    work_off()
    [event] = happened("not_invited")
    assert event.facts["guests"] == [{"id": None, "name": VAN.name}] and not Message.objects.exists()


# Whose guests change --------------------------------------------------------------------------------------------------


def test_colleagues_are_guests_of_every_time_and_hear_of_it_once(lead, an, binh, chi, ours, first):
    one = weekly(lead, an, first, people=(binh,))
    assert Guest.objects.filter(user=binh).count() == len(times())
    assert Notification.objects.filter(receiver=binh, event__kind="activity.guests_changed").count() == 1
    change_guests_of_series(one, guests=Guests((chi,), (GUEST,)), reach=Reach.ALL, by=an)
    assert not Guest.objects.filter(user=binh).exists() and Guest.objects.filter(user=chi).count() == len(times())
    assert made_anew() == 3
    assert Guest.objects.filter(user=chi, activity=times()[-1]).exists()


def test_one_time_has_a_guest_more_and_another_one_less(lead, an, ours, first):
    weekly(lead, an, first)
    work_off()
    one, second, *_more = times()
    change_guests(one, guests=Guests((), (GUEST, LE)), by=an)
    work_off()
    change_guests(second, guests=Guests(), by=an)
    found = told()
    assert found[1:] == [("REQUEST", LE[1], None, 0), ("CANCEL", VAN.address, second.occurs_on, 1)]
    alone = letters_of()[1][2]
    assert alone["uid"] != letters_of()[0][2]["uid"] and "rrule" not in alone and "recurrence-id" not in alone


def test_from_one_time_on_other_guests_come(lead, an, ours, first):
    weekly(lead, an, first)
    work_off()
    before = times()
    change_guests_of_series(before[2], guests=Guests((), (LE,)), reach=Reach.FOLLOWING, by=an)
    old, new = Series.objects.order_by("pk")
    assert [one.occurs_on for one in times(old)] == [one.occurs_on for one in before[:2]]
    assert [one.due_at for one in times(new)] == [one.due_at for one in before[2:]]
    assert {one.address for one in Guest.objects.filter(activity__series=new)} == {LE[1]}
    [event] = happened("guests_changed")[1:]
    assert [one["name"] for one in event.facts["added"] + event.facts["removed"]] == [LE[0], VAN.name]
    assert sorted(one[:2] for one in told()[1:]) == [("REQUEST", LE[1]), ("REQUEST", VAN.address)]


def test_changed_guests_are_taken_back(lead, an, binh, ours, first):
    one = weekly(lead, an, first)
    work_off()
    change_guests_of_series(one, guests=Guests((binh,), (LE,)), reach=Reach.ALL, by=an)
    operation = last_operation()
    work_off()
    undo(Operation.objects.get(pk=operation), by=an)
    assert {one.address for one in Guest.objects.all()} == {VAN.address}
    assert [one.get("address") for one in Series.objects.get().guests] == [VAN.address]
    assert sorted((method, to) for method, to, _day, _at in told()[3:]) == [("CANCEL", LE[1]), ("REQUEST", VAN.address)]


# What they answer -----------------------------------------------------------------------------------------------------


def answer(event, partstat="ACCEPTED", *, day=None, at="20301126T080000Z", **more):
    given = {"uid": event["uid"], "sequence": event["sequence"], **more}
    lines = [
        "BEGIN:VCALENDAR", "VERSION:2.0", "METHOD:REPLY", "BEGIN:VEVENT", f"UID:{given['uid']}",
        f"SEQUENCE:{given['sequence']}", f"DTSTAMP:{at}", f"ATTENDEE;PARTSTAT={partstat}:mailto:{VAN.address}",
        *([f"RECURRENCE-ID{day}"] if day else []), "END:VEVENT", "END:VCALENDAR",
    ]  # fmt: skip
    return "\r\n".join(lines).encode()


def comes(mailbox, content, number=1):
    return receiving.receive(mailbox, read(letter_with(content, number)))


def answers():
    return list(Guest.objects.order_by("activity__occurs_on").values_list("answer", flat=True))


def test_an_answer_to_all_is_kept_of_every_time_and_of_those_to_come(lead, an, ours, first):
    weekly(lead, an, first)
    [(_method, _to, event)] = letters_of()
    message = comes(ours, answer(event))
    assert message.record_id == lead.pk and set(answers()) == {"accepted"}
    assert len(happened("answered")) == 1
    assert made_anew() == 3
    assert set(answers()) == {"accepted"} and len(answers()) == len(times())


@pytest.mark.parametrize("written", [":%Y%m%dT233000Z", ";TZID=Asia/Ho_Chi_Minh:%Y%m%dT063000"])
def test_an_answer_to_one_time_is_kept_of_that(lead, an, ours, first, written):
    weekly(lead, an, first)
    [(_method, _to, event)] = letters_of()
    comes(ours, answer(event))
    second = first + WEEK
    day = (second - timedelta(days=1) if written.endswith("Z") else second).strftime(written)
    comes(ours, answer(event, "DECLINED", day=day), 2)
    assert answers()[:3] == ["accepted", "declined", "accepted"]
    assert [one.facts["answer"] for one in happened("answered")] == ["accepted", "declined"]


def test_an_answer_to_a_time_that_is_moved_is_about_the_new_one(lead, an, ours, first):
    weekly(lead, an, first)
    work_off()
    second = times()[1]
    reschedule_activity(second, due_at=second.due_at + timedelta(hours=2), by=an)
    whole, of_second = (event for _method, _to, event in letters_of())
    day = f":{first + WEEK - timedelta(days=1):%Y%m%d}T233000Z"
    comes(ours, answer(of_second, "TENTATIVE", day=day))
    assert answers()[:3] == ["", "tentative", ""]
    comes(ours, answer(whole), 2)
    assert answers()[:3] == ["accepted", "tentative", "accepted"]  # what is apart was asked about by itself


@pytest.mark.parametrize("day", [":20990105T020000Z", ":x", ":", ":00000000"])
def test_an_answer_to_no_time_that_there_is_is_a_letter_like_any_other(lead, an, ours, first, day):
    weekly(lead, an, first)
    [(_method, _to, event)] = letters_of()
    comes(ours, answer(event, day=day))
    assert set(answers()) == {""} and not happened("answered")


def test_a_colleague_answers_one_time_or_all(client, lead, an, binh, ours, first):
    weekly(lead, an, first, people=(binh,))
    one, second, *_more = times()
    client.force_login(binh)
    assert "Cả các lần sau" in client.get(f"/activities/{one.pk}/").text
    client.post(f"/activities/{one.pk}/answer/", {"answer": "accepted"})
    theirs = Guest.objects.filter(user=binh).order_by("activity__occurs_on")
    assert [guest.answer for guest in theirs][:2] == ["accepted", ""]
    client.post(f"/activities/{second.pk}/answer/", {"answer": "declined", "all": "1"})
    assert {guest.answer for guest in theirs.all()} == {"declined"}
    assert {one["answer"] for one in Series.objects.get().guests if "user" in one} == {"declined"}
    assert len(happened("answered")) == 2


def test_a_new_time_asks_anew(lead, an, binh, ours, first):
    one = weekly(lead, an, first, people=(binh,))
    answer_invitation(one, answer="accepted", to_all=True, by=binh)
    moved = move_series(one, reach=Reach.ALL, due_at=one.due_at + timedelta(hours=1), by=an)
    assert {guest.answer for guest in Guest.objects.all()} == {""} and moved.guests.filter(user=binh).exists()


def test_what_is_done_is_let_be(lead, an, ours, first):
    one = weekly(lead, an, first)
    work_off()
    finish_activity(one, by=an)
    reschedule_activity(times()[1], due_at=times()[1].due_at + timedelta(hours=1), by=an)
    assert [day for _method, _to, day, _at in told()] == [None, times()[1].occurs_on]


def test_who_takes_over_is_no_guest_and_invites_from_their_own_mailbox(lead, an, binh, dung, ours, first):
    from pheu.setup.staffing import leave

    weekly(lead, an, first, people=(binh,))
    work_off()
    mailbox_for(binh)
    leave(an.pk, heir=binh, by=dung)
    assert not Guest.objects.filter(user=binh).exists()
    assert [one for one in Series.objects.get().guests if "user" in one] == []
    (_method, _to, event) = letters_of()[-1]
    assert event["organizer"] == f"mailto:{binh.email}" and int(event["sequence"]) == 1


# On the page ----------------------------------------------------------------------------------------------------------


def test_a_person_invites_to_all_of_it_from_the_page(client, lead, an, binh, ours, first):
    client.force_login(an)
    what = ActivityType.objects.get(name="Gặp trực tiếp")
    sent = {
        "what": what.pk, "due_at": f"{first:%d/%m/%Y %H:%M}", "lasts": 60, "assignee": an.pk, "title": "Họp tuần",
        "repeat": "week", "repeat_days": ["0"], "people": [binh.pk], "outside": [VAN.shown], "tells_of_guests": "1",
    }  # fmt: skip
    answer = client.post(f"/r/{lead.pk}/activities/new/", sent)
    assert answer.status_code == 302, answer.text
    one = times()[0]
    assert Guest.objects.count() == 2 * len(times())
    here = f"/activities/{one.pk}/guests/"
    assert "Đổi khách của" in client.get(here).text
    client.post(here, {"people": [], "outside": [VAN.shown], "tells_of_guests": "1", "reach": "one"})
    assert Guest.objects.filter(user=binh).count() == len(times()) - 1
    client.post(here, {"people": [], "outside": [], "tells_of_guests": "1", "reach": "all"})
    assert not Guest.objects.filter(activity__series__isnull=False, user=None).exists()


@pytest.mark.parametrize("text", ["20270301T000000Z", "20270301", "TZ:20270301"])
def test_which_time_an_answer_is_about(text):
    event = {"uid": "x", "sequence": 0}
    said = read_reply(answer(event, day=f":{text}"), VAN.address)
    assert (said.day if said else None) == (None if ":" in text else date(2027, 3, 1))
    assert Invitation.objects.count() == 0
