"""People outside are invited to work that stands on no record: nothing of it comes to anybody else (R1.30)."""

from datetime import timedelta

import pytest

from pheu.activities.guests import Guests
from pheu.activities.inviting import change_guests
from pheu.activities.models import Activity, ActivityType, Guest, Invitation
from pheu.activities.repeating import Repeat
from pheu.activities.series import Reach, end_series
from pheu.activities.services import call_off_activity, link_activity, reschedule_activity, schedule_activity
from pheu.messaging.models import Message
from pheu.messaging.tests.test_by_itself import work_off
from pheu.messaging.tests.test_invitations import GUEST, LE, MONDAY, happened, letters_of
from pheu.messaging.tests.test_invitations_to_series import answer, comes
from pheu.messaging.tests.test_writing_letters import VAN, mailbox_for
from pheu.notifications.models import Notification
from pheu.records.acts import last_operation
from pheu.records.models import Operation
from pheu.setup.staffing import leave
from pheu.timeline.undo import undo

pytestmark = pytest.mark.django_db


@pytest.fixture
def ours(an):
    return mailbox_for(an)


def own(an, *outside, **more):
    given = {"due_at": MONDAY, "assignee": an, "title": "Ăn trưa", "lasts": 60, **more}
    what = ActivityType.objects.get(name="Việc khác")
    return schedule_activity(None, what=what, guests=Guests((), outside or (GUEST,)), by=an, **given)


def told():
    return [(method, to, int(event["sequence"])) for method, to, event in letters_of()]


def test_they_are_invited_told_of_another_time_and_that_it_is_off(an, ours):
    work = own(an)
    work_off()
    work = reschedule_activity(work, due_at=MONDAY + timedelta(hours=2), by=an)
    work_off()
    change_guests(work, guests=Guests((), (GUEST, LE)), by=an)
    work_off()
    call_off_activity(work, by=an)
    assert told() == [
        ("REQUEST", VAN.address, 0), ("REQUEST", VAN.address, 1), ("REQUEST", LE[1], 0),
        ("CANCEL", VAN.address, 2), ("CANCEL", LE[1], 1),
    ]  # fmt: skip
    assert set(Message.objects.values_list("record", flat=True)) == {None}


@pytest.mark.parametrize("repeat", [None, Repeat("week", days=(0,))])
def test_undone_it_is_called_off(an, ours, repeat):
    own(an, repeat=repeat)
    operation = last_operation()
    work_off()
    undo(Operation.objects.get(pk=operation), by=an)
    assert told() == [("REQUEST", VAN.address, 0), ("CANCEL", VAN.address, 1)]
    assert not Activity.objects.exists()


def test_what_comes_again_has_one_invitation(an, ours):
    work = own(an, repeat=Repeat("week", days=(0,)))
    work_off()
    assert b"RRULE:FREQ=WEEKLY;BYDAY=MO" in Message.objects.get().enclosures.get().bytes()
    end_series(work, reach=Reach.ALL, by=an)
    assert told()[1:] == [("CANCEL", VAN.address, 1)]


def test_an_answer_is_kept_with_the_work_and_comes_to_no_record(client, an, binh, lead, ours):
    """Not even to that of whoever answered."""
    own(an)
    [(_method, _to, event)] = letters_of()
    message = comes(ours, answer(event, "TENTATIVE"))
    assert (message.record_id, message.ignored_at is None) == (None, False)
    assert Guest.objects.get().answer == "tentative"
    [told_of] = happened("answered")
    assert told_of.about_id is None and Notification.objects.filter(event=told_of, receiver=an).exists()
    client.force_login(an)
    page = client.get(f"/activities/{Activity.objects.get().pk}/").text
    assert "có thể đến" in page or "Có thể" in page
    assert "Accepted" not in client.get("/mail/").text
    client.force_login(binh)
    assert client.get(f"/activities/{Activity.objects.get().pk}/").status_code == 404


def test_without_a_mailbox_its_own_page_says_that_nobody_was_invited(an):
    own(an)
    work_off()
    [event] = happened("not_invited")
    assert (event.about_id, event.subject) == (None, f"activity {Activity.objects.get().pk}")


def test_who_takes_over_invites_from_their_own_mailbox(an, binh, dung, ours):
    own(an)
    work_off()
    mailbox_for(binh)
    leave(an.pk, heir=binh, by=dung)
    assert told() == [("REQUEST", VAN.address, 0), ("REQUEST", VAN.address, 1)]
    assert letters_of()[1][2]["organizer"] == f"mailto:{binh.email}"


def test_brought_to_a_record_it_is_the_same_invitation(an, lead, ours):
    work = own(an)
    work_off()
    work = link_activity(work, about=lead.record, by=an)
    work_off()
    assert len(told()) == 1
    reschedule_activity(work, due_at=MONDAY + timedelta(hours=1), by=an)
    assert told()[1:] == [("REQUEST", VAN.address, 1)] and Invitation.objects.get().record_id == lead.pk
