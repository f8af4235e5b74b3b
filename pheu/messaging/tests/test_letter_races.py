"""Two at once on a letter or a mailbox: it is sent, taken back or placed once, or words say why not."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.utils import timezone

from pheu.activities import inviting
from pheu.activities.guests import Guests
from pheu.activities.models import ActivityType, Guest
from pheu.activities.services import reschedule_activity, schedule_activity
from pheu.conftest import make_cast
from pheu.core import shape
from pheu.core.errors import DomainError
from pheu.leads.models import Lead
from pheu.leads.services import create_lead
from pheu.messaging import advertising, by_itself, consents, mailboxes, receiving, sending, trying
from pheu.messaging.channels.email.parsing import read
from pheu.messaging.models import Consent, EmailTemplate, Mailbox, Message
from pheu.messaging.tests.test_invitations import MONDAY, letter_with, reply
from pheu.messaging.tests.test_writing_letters import VAN, letter, mailbox_for, received
from pheu.people.models import Profile
from pheu.people.tests.test_access_acts import a_mailbox
from pheu.records.tests.races import BEFORE_WRITE, disagreements, race
from pheu.timeline.models import Event

Work = Callable[[], Any]


@pytest.fixture
def an(transactional_db: None, settings: Any, tmp_path: Any) -> Any:
    settings.MEDIA_ROOT = tmp_path
    return make_cast().an


def a_draft(an: Any) -> Message:
    mailbox_for(an)
    return sending.take_back(letter(a_lead(an).record, an), by=an)


def a_lead(an: Any) -> Lead:
    return create_lead({"person_name": "Vân", "email": "van@hondacement.example", "owner": an}, by=an)


def letters() -> int:
    return Message.objects.count()


def placed() -> int:
    return Event.objects.filter(kind="email.received").count()


def _writing(an: Any) -> Work:
    mailbox_for(an)
    return partial(letter, a_lead(an).record, an)


def _beginning(an: Any) -> Work:
    mailbox_for(an)
    return partial(sending.keep_draft, a_lead(an).record, subject="Báo giá", by=an)


def _first(an: Any) -> Work:
    mailbox_for(an)
    EmailTemplate.objects.create(name="Giới thiệu", subject="Chào", html="<p>Chào</p>", moment="new_lead")
    return partial(by_itself.send_first_now, a_lead(an).record, "new_lead", by=an)


def _first_by_itself(an: Any) -> Work:
    work = _first(an)
    return partial(by_itself.send_first, work.args[0], "new_lead", by=an, via="automation")


def _of_received(act: Any, *, on_lead: bool = False) -> Callable[[Any], Work]:
    def made(an: Any) -> Work:
        message = received(an, None)
        return partial(act, message, *([a_lead(an).record] if on_lead else []), by=an)

    return made


def _shown(an: Any) -> Work:
    return partial(receiving.show_as, received(an, None), "private", by=an)


def _of_draft(act: Any) -> Callable[[Any], Work]:
    return lambda an: partial(act, a_draft(an), by=an)


def _waiting(an: Any) -> Work:
    mailbox_for(an)
    return partial(sending.take_back, letter(a_lead(an).record, an), by=an)


def _connected(an: Any) -> Work:
    return partial(mailboxes.connect, a_mailbox(an), key="x", by=an)


def _disconnected(an: Any) -> Work:
    mailbox_for(an)
    return partial(mailboxes.disconnect, by=an)


def _tried(an: Any) -> Work:
    mailbox_for(an)
    an.role.grants = {"system": {"change": "all"}}
    an.role.save()
    template = EmailTemplate(subject="Chào", html="<p>Chào</p>")
    return partial(trying.send_trial, template, None, by=type(an).objects.with_rights().get(pk=an.pk))


def _agreed(an: Any, **more: Any) -> Work:
    lead = a_lead(an)
    told = {"purpose": "advertising", "given": True, "source": "form", "wording": "Đồng ý"} | more
    return partial(consents.note_consent, lead.record, address=lead.email, **told, by=an)


# What somebody does twice at once: (made ready, what is counted, how often it is there then, what the second hears).
ON_LETTERS: dict[str, tuple[Callable[[Any], Work], Callable[[], int], int, list[type[Exception]]]] = {
    "sending.write": (_writing, letters, 2, []),
    "sending.keep_draft": (_beginning, letters, 2, []),
    "sending.take_back": (_waiting, letters, 1, [DomainError]),
    "sending.send_again": (_of_draft(sending.send_again), letters, 1, [DomainError]),
    "sending.drop": (_of_draft(sending.drop), letters, 0, [DomainError]),
    "receiving.place": (_of_received(receiving.place, on_lead=True), placed, 1, [DomainError]),
    "receiving.make_lead": (_of_received(receiving.make_lead), lambda: Lead.objects.count(), 1, [DomainError]),
    "receiving.put_aside": (_of_received(receiving.put_aside), letters, 1, []),
    "receiving.show_as": (_shown, letters, 1, []),
    "receiving.take_up": (_of_received(receiving.take_up), letters, 1, []),
    "by_itself.send_first_now": (_first, letters, 1, []),
    "by_itself.send_first": (_first_by_itself, letters, 1, []),
    "consents.note_consent": (_agreed, lambda: Consent.objects.count(), 1, []),
    "trying.send_trial": (_tried, letters, 1, []),
    "mailboxes.connect": (_connected, lambda: Mailbox.objects.count(), 1, []),
    "mailboxes.disconnect": (_disconnected, lambda: Mailbox.objects.count(), 0, []),
}


@pytest.mark.parametrize("name", ON_LETTERS)
def test_two_at_once_do_it_once(an, name):
    made, counted, times, errors = ON_LETTERS[name]
    work = made(an)
    outcome = race(work, work, at=BEFORE_WRITE)
    assert [isinstance(one, kind) for one, kind in zip(outcome.errors, errors, strict=True)] == [True] * len(errors)
    assert (outcome.deadlocks, counted()) == (0, times)
    assert list(disagreements()) == []


@pytest.mark.parametrize("takes_back_first", [True, False])
def test_a_letter_is_taken_back_or_goes_out_never_both(an, takes_back_first):
    """Whoever comes second, the worker or the person, finds what the first has made of it."""
    back = _waiting(an)
    message = Message.objects.get()
    Message.objects.update(due_at=timezone.now() - timedelta(seconds=1))
    send = partial(sending._begin, message.pk)
    outcome = race(*((back, send) if takes_back_first else (send, back)), at=BEFORE_WRITE)
    message.refresh_from_db()
    if takes_back_first:
        assert (message.state, outcome.errors, send()) == ("held", [], None)
    else:
        assert message.state == "sending" and [type(one) for one in outcome.errors] == [DomainError]


def test_two_clicks_on_the_link_end_a_consent_once(an):
    link = _agreed(an)()
    work = partial(consents.withdraw, link, consents.ASKED, ip=None)
    outcome = race(work, work, at=BEFORE_WRITE)
    assert (outcome.errors, outcome.deadlocks, Consent.objects.count()) == ([], 0, 3)


@pytest.mark.parametrize("how", ["link", "noted"])
@pytest.mark.parametrize("ends_first", [True, False])
def test_a_letter_goes_out_before_somebody_says_no_or_not_at_all(an, how, ends_first):
    """Whoever comes second waits for the first, and finds what it has decided."""
    noted = _agreed(an, purpose="care")
    link, lead = noted(), noted.args[0]
    mailbox_for(an)
    message = letter(lead, an, to=(VAN.__class__("", link.subject),), purpose="care")
    Message.objects.update(due_at=timezone.now() - timedelta(seconds=1))
    ends = {
        "link": partial(consents.withdraw, link, ["care"], ip=None),
        "noted": partial(noted.func, *noted.args, **noted.keywords | {"given": False}),
    }[how]
    send = partial(sending._begin, message.pk)
    outcome = race(*((ends, send) if ends_first else (send, ends)), at=BEFORE_WRITE)
    message.refresh_from_db()
    assert (outcome.errors, outcome.deadlocks, consents.standing(link.subject, "care").given) == ([], 0, False)
    assert message.state == ("failed" if ends_first else "sending")


def test_the_third_advertisement_of_two_at_once_makes_the_other_wait(an, monkeypatch):
    noted = _agreed(an)
    link, lead = noted(), noted.args[0]
    told = {"user": an, "record": lead, "purpose": "advertising", "advertises_to": link.subject}
    for nth in range(2):
        Message.objects.create(**told, state="sent", message_id=f"<sent{nth}@x.example>")
    to = [{"name": "", "address": link.subject}]
    two = [
        Message.objects.create(**told, state="waiting", message_id=f"<{nth}@x.example>", to=to, by_house=True)
        for nth in range(2)
    ]
    Profile.objects.update_or_create(pk=1, defaults={"name": "Sen", "address": "Hà Nội", "phone": "024"})
    shape.changed()
    monkeypatch.setattr(advertising, "by_day", lambda at: at)
    outcome = race(*(partial(sending._begin, one.pk) for one in two), at=BEFORE_WRITE)
    assert (outcome.errors, outcome.deadlocks) == ([], 0)
    assert sorted(Message.objects.filter(pk__in=[one.pk for one in two]).values_list("state", flat=True)) == [
        "sending", "waiting",
    ]  # fmt: skip


@pytest.mark.parametrize("answers_first", [True, False])
def test_an_answer_by_mail_never_stands_for_a_time_that_it_was_not_about(an, answers_first):
    """R1.30: whoever comes second, the answer or the new time, finds what the first has made."""
    box, lead = mailbox_for(an), a_lead(an)
    given = {"what": ActivityType.objects.all()[0], "due_at": MONDAY, "assignee": an, "lasts": 60}
    work = schedule_activity(lead.record, guests=Guests((), ((VAN.name, VAN.address),)), by=an, **given)
    inviting.bring_up(lead.record, by=None)
    answers = partial(receiving.receive, box, read(letter_with(reply())))
    moves = partial(reschedule_activity, work, due_at=MONDAY + timedelta(days=1), by=an)
    outcome = race(*((answers, moves) if answers_first else (moves, answers)), at=BEFORE_WRITE)
    assert (outcome.errors, outcome.deadlocks, Guest.objects.get().answer) == ([], 0, "")
    assert Message.objects.filter(state="received", record=lead.pk).count() == 1
    assert list(disagreements()) == []
