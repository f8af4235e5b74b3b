"""Invitations to guests outside, over real mail servers, and the answers of their calendars (R1.30)."""

import email
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone
from icalendar import Calendar
from procrastinate.contrib.django.models import ProcrastinateJob

from pheu.activities import letters
from pheu.activities.guests import Guests
from pheu.activities.inviting import change_guests
from pheu.activities.models import Activity, ActivityType, Guest, Invitation
from pheu.activities.services import (
    call_off_activity,
    finish_activity,
    reschedule_activity,
    resume_activity,
    schedule_activity,
)
from pheu.conftest import nothing_changes
from pheu.leads.services import create_lead
from pheu.messaging import mailboxes, receiving, sending
from pheu.messaging.channels.email.letters import Address, Attached
from pheu.messaging.channels.email.writing import written
from pheu.messaging.models import Mailbox, Message
from pheu.messaging.tests.test_by_itself import work_off
from pheu.messaging.tests.test_sending_letters import columns
from pheu.messaging.tests.test_writing_letters import VAN, mailbox_for
from pheu.notifications.models import Notification
from pheu.quality.merging import merge
from pheu.records.acts import last_operation
from pheu.records.models import Operation
from pheu.timeline.archiving import archive, restore
from pheu.timeline.models import Event
from pheu.timeline.undo import undo

pytestmark = pytest.mark.django_db
MONDAY = datetime(2027, 3, 1, 9, tzinfo=timezone.get_default_timezone())
GUEST = (VAN.name, VAN.address)
LE = ("Lê Mai", "mai@hondacement.example")


@pytest.fixture
def ours(an, mailbox, recorder) -> Mailbox:
    return mailboxes.connect(columns(mailbox, recorder), key=mailbox.login.password, by=an)


def meeting(lead, an, *outside, due_at=MONDAY, title="Bàn báo giá", **more):
    what = ActivityType.objects.get(name="Gặp trực tiếp")
    given = {"what": what, "due_at": due_at, "assignee": an, "title": title, "lasts": 60, **more}
    return schedule_activity(lead.record, guests=Guests((), outside or (GUEST,)), by=an, **given)


def letters_of():
    """(METHOD, to, the event) of each letter there is, the first first."""
    work_off()
    return [
        (one.calendar, one.to[0]["address"], event_of(one.enclosures.get().bytes()))
        for one in Message.objects.exclude(calendar="").order_by("pk")
    ]


def event_of(content):
    [event] = Calendar.from_ical(content).walk("VEVENT")
    return event


def happened(code):
    return list(Event.objects.filter(kind=f"activity.{code}").order_by("pk"))


# What they are told ---------------------------------------------------------------------------------------------------


def test_a_guest_outside_gets_an_invitation_from_whoever_does_the_work(lead, an, ours, recorder):
    """R1.30, RFC 5546, RFC 6047: once, from the mailbox of its assignee, for mail programs and as a file."""
    work = meeting(lead, an)
    assert not Message.objects.exists()  # never in the act itself
    for _twice in range(2):
        work_off()
    [message] = Message.objects.all()
    assert (message.record_id, message.user, message.state) == (lead.pk, an, "waiting")
    assert ProcrastinateJob.objects.filter(task_name=sending.DELIVER).count() == 1
    sending.deliver(message.pk)
    [taken] = recorder.taken
    assert (taken.sender, taken.recipients) == (ours.address, [VAN.address])
    read = email.message_from_bytes(taken.raw)
    [part] = [one for one in read.walk() if one.get_content_type() == "text/calendar"]
    assert part.get_param("method") == "REQUEST" and part.get_content_charset() == "utf-8"
    [file] = [one for one in read.walk() if one.get_filename() == "invite.ics"]
    assert file.get_payload(decode=True) == part.get_payload(decode=True)
    whole, event = Calendar.from_ical(part.get_payload(decode=True)), event_of(part.get_payload(decode=True))
    assert (whole["method"], whole["version"], event["status"], event["sequence"]) == ("REQUEST", "2.0", "CONFIRMED", 0)
    assert (event.decoded("dtstart"), event.decoded("dtend")) == (MONDAY, MONDAY + timedelta(hours=1))
    assert b"DTSTART:20270301T020000Z" in part.get_payload(decode=True)
    assert str(event["summary"]) == "Bàn báo giá" and event.decoded("dtstamp").tzinfo is not None
    assert (event["organizer"], event["organizer"].params["CN"]) == (f"mailto:{ours.address}", an.full_name)
    guest = event["attendee"]
    assert (guest, guest.params["CN"]) == (f"mailto:{VAN.address}", VAN.name)
    assert (guest.params["RSVP"], guest.params["PARTSTAT"]) == ("TRUE", "NEEDS-ACTION")
    said = str(read.get_payload()) + taken.raw.decode()
    assert lead.record.number not in said and lead.title not in said
    assert Invitation.objects.get().work == work.pk


def test_each_guest_has_a_letter_that_names_nobody_else(lead, an, ours):
    meeting(lead, an, GUEST, LE)
    found = letters_of()
    assert [to for _method, to, _event in found] == [VAN.address, LE[1]]
    for _method, to, event in found:
        assert event["attendee"] == f"mailto:{to}"
    assert len({str(event["uid"]) for _method, _to, event in found}) == 1


def test_a_new_time_has_the_same_uid_and_a_higher_sequence_and_what_is_as_before_is_not_told_again(lead, an, ours):
    work = meeting(lead, an)
    work_off()
    work = reschedule_activity(work, due_at=MONDAY + timedelta(days=1), by=an)
    reschedule_activity(work, due_at=work.due_at, by=an)
    change_guests(work, guests=Guests((), (GUEST, LE)), by=an)
    found = letters_of()
    assert [(method, to, event["sequence"]) for method, to, event in found] == [
        ("REQUEST", VAN.address, 0), ("REQUEST", VAN.address, 1), ("REQUEST", LE[1], 0),
    ]  # fmt: skip
    assert len({str(event["uid"]) for _method, _to, event in found}) == 1
    assert found[1][2].decoded("dtstart") == MONDAY + timedelta(days=1)
    assert len(set(Message.objects.values_list("message_id", flat=True))) == 3


def calling_off(lead, work, an):
    call_off_activity(work, by=an)


def removing(lead, work, an):
    change_guests(work, guests=Guests(), by=an)


def archiving(lead, work, an):
    archive([lead], by=an)


def undoing(lead, work, an):
    undo(Operation.objects.get(act="schedule_activity"), by=an)


@pytest.mark.parametrize("way", [calling_off, removing, archiving, undoing])
def test_whoever_was_invited_hears_that_it_does_not_take_place_for_them(lead, an, ours, way):
    """Called off, taken off the guests, archived, undone: one CANCEL with a higher sequence."""
    work = meeting(lead, an)
    work_off()
    way(lead, work, an)
    _first, (method, to, event) = letters_of()
    assert (method, to, event["sequence"], event["status"]) == ("CANCEL", VAN.address, 1, "CANCELLED")
    assert event["uid"] == letters_of()[0][2]["uid"] and event.decoded("dtstart") == MONDAY
    assert len(letters_of()) == 2


def test_what_is_taken_up_again_or_restored_is_invited_to_again(lead, an, ours):
    work = meeting(lead, an)
    work_off()
    call_off_activity(work, by=an)
    work_off()
    resume_activity(work, by=an)
    work_off()
    archive([lead], by=an)
    work_off()
    restore([lead.record], by=an)
    found = letters_of()
    assert [(method, event["sequence"]) for method, _to, event in found] == [
        ("REQUEST", 0), ("CANCEL", 1), ("REQUEST", 2), ("CANCEL", 3), ("REQUEST", 4),
    ]  # fmt: skip


def test_undoing_a_new_time_tells_the_old_one(lead, an, ours):
    work = meeting(lead, an)
    work_off()
    reschedule_activity(work, due_at=MONDAY + timedelta(days=1), by=an)
    moved = Operation.objects.get(pk=last_operation())
    work_off()
    undo(moved, by=an)
    assert [(event["sequence"], event.decoded("dtstart")) for _method, _to, event in letters_of()] == [
        (0, MONDAY), (1, MONDAY + timedelta(days=1)), (2, MONDAY),
    ]  # fmt: skip


def test_what_was_planned_and_undone_before_anybody_was_told_is_told_to_nobody(lead, an, ours):
    work = meeting(lead, an)
    change_guests(work, guests=Guests(), by=an)
    assert letters_of() == []


def test_nobody_is_told_of_what_is_over_or_done(lead, an, ours):
    meeting(lead, an, due_at=timezone.now() - timedelta(days=2))
    work = meeting(lead, an, LE)
    work_off()
    finish_activity(work, by=an)
    archive([lead], by=an)
    assert [to for _method, to, _event in letters_of()] == [LE[1]]


def test_without_a_mailbox_the_work_is_planned_and_the_timeline_says_that_nobody_was_invited(client, lead, an):
    """As first letters do (D2)."""
    work = meeting(lead, an)
    assert letters_of() == []
    [event] = happened("not_invited")
    assert event.facts["why"] == "no_mailbox" and event.facts["guests"] == [{"id": None, "name": VAN.name}]
    assert Notification.objects.filter(event=event, receiver=an).exists()
    client.force_login(an)
    assert client.get(lead.get_absolute_url()).text.count(VAN.name) > 1
    mailbox_for(an)
    reschedule_activity(work, due_at=MONDAY + timedelta(days=1), by=an)
    assert [(method, event["sequence"]) for method, _to, event in letters_of()] == [("REQUEST", 0)]


def test_the_work_of_a_merged_record_goes_on_being_told_of(lead, an, dung, ours):
    other = create_lead({"person_name": "Vân", "company_name": "Hòn Đá", "need": "Đo bụi", "owner": an}, by=an)
    work = meeting(other, an)
    work_off()
    merge([lead, other], by=dung)
    call_off_activity(Activity.objects.get(pk=work.pk), by=an)
    assert [method for method, _to, _event in letters_of()] == ["REQUEST", "CANCEL"]


NAMES = [
    'Vân" \r\nATTENDEE:mailto:x@y.example', "Vân;CUTYPE=ROOM:mailto:x@y.example", "Vân\nEND:VEVENT",
    "Đỗ Thị Vân " * 15, "Vân\u2028ORGANIZER:mailto:x@y.example", "^n \\n , ; :",
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_no_name_or_title_makes_a_line_of_its_own(lead, an, ours, name):
    """What people type stands in one value, in lines of 75 bytes at most (RFC 5545 3.1)."""
    meeting(lead, an, (name, VAN.address), title=name)
    work_off()
    message = Message.objects.get()
    content = message.enclosures.get().bytes()
    assert all(len(line) <= 75 for line in content.split(b"\r\n")) and b"\n" not in content.replace(b"\r\n", b"")
    event = event_of(content)
    assert event["attendee"] == f"mailto:{VAN.address}" and event["organizer"] == f"mailto:{ours.address}"
    assert "x@y.example" not in [event["attendee"], event["organizer"]]
    assert sending.written(message)


# What they answer -----------------------------------------------------------------------------------------------------

ICS = """BEGIN:VCALENDAR
PRODID:-//Lịch//VI
VERSION:2.0
METHOD:{method}
BEGIN:VEVENT
UID:{uid}
DTSTAMP:{stamp}
SEQUENCE:{sequence}
DTSTART:20270301T020000Z
SUMMARY:Đã đổi tên
ORGANIZER:mailto:an@quantrac.example
ATTENDEE;CN="Đỗ: Vân";PARTSTAT={answer};X-A=b:mailto:{address}
{more}END:VEVENT
END:VCALENDAR
"""


def reply(answer="ACCEPTED", *, address=VAN.address, sequence=0, stamp=None, method="REPLY", more="", uid=None):
    stamp = stamp or timezone.now()
    told = {
        "uid": uid or Invitation.objects.all()[0].uid,
        "stamp": f"{stamp.astimezone(UTC):%Y%m%dT%H%M%SZ}",
        "answer": answer,
        "address": address,
        "sequence": sequence,
        "method": method,
        "more": more,
    }
    return ICS.format(**told).replace("\n", "\r\n").encode()


def letter_with(content, n=1, *, sender=VAN, mime="text/calendar", to="an@quantrac.example"):
    return written(
        message_id=f"<{n}@hondacement.example>", sender=sender, to=[Address("", to)], subject="Accepted: Bàn báo giá",
        html="<p>Đồng ý</p>", files=[Attached("invite.ics", mime, content)], sent_at=timezone.now(),
    )  # fmt: skip


@pytest.fixture
def invited(lead, an, ours):
    work = meeting(lead, an)
    work_off()
    return work


def come_in(ours, mailbox, *raws):
    for raw in raws:
        mailbox.deliver(raw)
    receiving.fetch(ours.pk)
    ours.refresh_from_db()
    assert ours.problem == ""


def answer():
    return Guest.objects.get().answer


def test_an_answer_by_mail_is_kept_told_and_rings(client, invited, lead, an, ours, mailbox):
    """R1.30: over IMAP; the letter itself is kept, and its file changes nothing else."""
    came = reply("DECLINED", more="COMMENT:Tuần sau\\, được không?\\nCảm ơn\r\n")
    come_in(ours, mailbox, letter_with(came))
    assert answer() == "declined"
    [event] = happened("answered")
    assert (event.outsider, event.about_id) == (VAN.name, lead.pk)
    assert event.facts["comment"] == "Tuần sau, được không?\nCảm ơn" and event.facts["guest"]["id"] is None
    assert Notification.objects.filter(event=event, receiver=an).exists()
    assert Message.objects.filter(state="received", record=lead.pk).count() == 1
    assert not Event.objects.filter(kind="email.received").exists()
    work = Activity.objects.get()
    assert (str(work), work.due_at) == ("Bàn báo giá", MONDAY)
    client.force_login(an)
    assert "Tuần sau, được không?" in client.get(lead.get_absolute_url()).text


def test_the_newest_answer_counts_in_whatever_order_they_come(invited, ours, mailbox):
    now = timezone.now()
    later, earlier = (reply(one, stamp=now - timedelta(hours=n)) for one, n in (("TENTATIVE", 1), ("ACCEPTED", 2)))
    come_in(ours, mailbox, letter_with(later, 1), letter_with(earlier, 2))
    assert answer() == "tentative" and len(happened("answered")) == 1
    ahead = reply("DECLINED", stamp=now + timedelta(days=400))  # a clock that is wrong does not end it
    come_in(ours, mailbox, letter_with(ahead, 3))
    come_in(ours, mailbox, letter_with(reply("ACCEPTED", stamp=now + timedelta(days=399)), 4))
    assert answer() == "accepted"


def test_an_answer_about_an_earlier_time_is_a_letter_like_any_other(invited, an, ours, mailbox):
    reschedule_activity(invited, due_at=MONDAY + timedelta(days=1), by=an)
    come_in(ours, mailbox, letter_with(reply("ACCEPTED"), 1))  # before the job has told them, too
    assert answer() == ""
    work_off()
    come_in(ours, mailbox, letter_with(reply("ACCEPTED", sequence=0), 2))
    assert answer() == ""
    come_in(ours, mailbox, letter_with(reply("ACCEPTED", sequence=1), 3))
    assert answer() == "accepted"


def not_invited(reply):
    return letter_with(reply("ACCEPTED", address=LE[1]), sender=Address(*LE))


WRONG = {
    "somebody who is not invited": not_invited,
    "in the name of somebody else": lambda reply: letter_with(reply("ACCEPTED"), sender=Address(*LE)),
    "an unknown event": lambda reply: letter_with(reply(uid="invite-1-00@pheu.example")),
    "an invitation": lambda reply: letter_with(reply(method="REQUEST")),
    "a word that is none": lambda reply: letter_with(reply("DELEGATED")),
    "one time of a series": lambda reply: letter_with(reply(more="RECURRENCE-ID:20270301T020000Z\r\n")),
    "two events": lambda reply: letter_with(reply(more="END:VEVENT\r\nBEGIN:VEVENT\r\nUID:x\r\n")),
    "no calendar at all": lambda reply: letter_with(b"\xff\xfe\x00" * 1000),
    "nothing": lambda reply: letter_with(b""),
    "a text": lambda reply: letter_with(reply(), mime="text/plain"),
    "ten megabytes": lambda reply: letter_with(reply(more="X-A:" + "a" * 10_000_000 + "\r\n")),
    "an answer in an alarm": lambda reply: letter_with(
        reply(more="END:VALARM\r\n").replace(b"ATTENDEE", b"BEGIN:VALARM\r\nATTENDEE")
    ),
    "twice the same guest": lambda reply: letter_with(
        reply(more=f"ATTENDEE;PARTSTAT=DECLINED:mailto:{VAN.address}\r\n")
    ),
}  # fmt: skip


@pytest.mark.parametrize("wrong", WRONG)
def test_what_is_no_answer_of_a_guest_changes_none_and_is_kept_as_a_letter(invited, ours, mailbox, wrong):
    come_in(ours, mailbox, WRONG[wrong](reply))
    assert answer() == "" and not happened("answered")
    assert Message.objects.filter(state="received").count() == 1


def test_work_that_is_called_off_or_done_is_answered_no_more(invited, an, ours, mailbox):
    finish_activity(invited, by=an)
    come_in(ours, mailbox, letter_with(reply()))
    assert answer() == ""


BROKEN = [
    b"BEGIN:VCALENDAR\r\n" * 5000, b"BEGIN:VCALENDAR\r\nMETHOD:REPLY\r\n" + b" \r\n" * 30_000, b":" * 100_000,
    b'"' * 100_000, b";" * 100_000, b"\n " * 50_000, b"\\" * 100_000, b"END:VEVENT\r\n" * 9000,
    "\u202e\u2028\x00".encode() * 5000,
    b"BEGIN:VCALENDAR\r\nMETHOD:REPLY\r\nBEGIN:VEVENT\r\nUID\r\nATTENDEE\r\nEND:VEVENT",
]  # fmt: skip


@pytest.mark.parametrize("content", BROKEN)
def test_broken_files_are_read_as_nothing(content):
    assert letters.read_reply(content, VAN.address) is None


def test_a_rule_of_repetition_is_not_even_looked_at(invited):
    bomb = "RRULE:FREQ=SECONDLY;COUNT=999999999\r\nEXDATE:19700101T000000Z\r\nCOMMENT:" + "\\n" * 3000 + "\r\n"
    read = letters.read_reply(reply("ACCEPTED", more=bomb), VAN.address)
    assert read is not None and (read.answer, read.comment) == ("accepted", "")


@pytest.mark.parametrize("ends", [b"\r\n", b"\n", b"\r"])
def test_lines_are_folded_and_ended_in_many_ways(invited, ends):
    """Programs fold where they like, in the middle of letters too."""
    raw = reply("TENTATIVE", more="COMMENT:Đến muộn\r\n")
    folded = raw.replace(b"PARTSTAT", b"PART\r\n STAT").replace("Đến".encode(), b"\xc4\r\n \x90\xe1\xba\xbfn")
    read = letters.read_reply(folded.replace(b"\r\n", ends), VAN.address.upper())
    assert read is not None and (read.answer, read.sequence) == ("tentative", 0)


def test_nothing_of_a_reply_that_is_read_is_written(invited, an):
    with nothing_changes():
        letters.read_reply(reply(), VAN.address)
