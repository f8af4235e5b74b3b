"""What advertising has to be, asked at writing and again at sending (issue 10, item 7; Decree 91/2020)."""

import email
import re
from datetime import datetime, timedelta
from email.header import decode_header, make_header

import pytest
from django.core import mail
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from pheu.conftest import nothing_changes
from pheu.core import shape
from pheu.core.errors import DomainError
from pheu.core.vietnamese.dates import ZONE
from pheu.leads.services import create_lead
from pheu.messaging import advertising, sending
from pheu.messaging.channels.email.letters import Address
from pheu.messaging.models import EmailTemplate, Message
from pheu.messaging.tests.test_by_itself import work_off
from pheu.messaging.tests.test_consents import VAN, agreed, holds
from pheu.messaging.tests.test_sending_letters import columns, due, ours  # noqa: F401  (fixture)
from pheu.messaging.tests.test_writing_letters import letter, mailbox_for
from pheu.people.models import Profile
from pheu.timeline.models import Event

pytestmark = pytest.mark.django_db
OTHER = Address("", "khac@hondacement.example")


OURS = {"name": "Quan Trắc Sen Việt", "address": "12 Láng Hạ, Hà Nội", "phone": "024 3863 7747"}


@pytest.fixture(autouse=True)
def _company(db):
    company()


def company(**told):
    Profile.objects.update_or_create(pk=1, defaults=OURS | told)
    shape.changed()


@pytest.fixture(autouse=True)
def at(monkeypatch):
    """Set the clock to an hour of today, where our customers are; ten in the morning at first."""
    day = timezone.now().astimezone(ZONE)

    def turn(hour, minute=0, second=0, **more):
        moment = day.replace(hour=hour, minute=minute, second=second, microsecond=0) + timedelta(**more)
        monkeypatch.setattr(timezone, "now", lambda: moment)
        return moment

    turn(10)
    return turn


def advert(lead, by, **more):
    return letter(lead.record, by, **{"purpose": "advertising", **more})


def headers_of(raw):
    read = email.message_from_bytes(raw)
    return {name: str(make_header(decode_header(value))) for name, value in read.items()}, read


def state_of(message):
    message.refresh_from_db()
    return message.state, message.problem


# At writing -----------------------------------------------------------------------------------------------------------


def test_advertising_without_a_consent_is_refused_in_words(client, an, lead):
    mailbox_for(an)
    template = EmailTemplate.objects.create(name="Khuyến mại", subject="x", html="x", purpose="advertising")
    client.force_login(an)
    sent = {"template": template.pk, "to": [VAN], "subject": "Giảm giá", "html": "<p>Giảm 10%</p>"}
    with nothing_changes():
        answer = client.post(f"/r/{lead.pk}/mail/", sent)
    assert answer.status_code == 409 and "chưa đồng ý" in answer.text
    agreed(lead, an)
    assert client.post(f"/r/{lead.pk}/mail/", sent).status_code == 302
    message = Message.objects.get()
    assert (message.purpose, message.subject, message.advertises_to) == ("advertising", "[QC] Giảm giá", VAN)


def test_a_letter_without_a_template_is_about_business(an, lead):
    mailbox_for(an)
    message = letter(lead.record, an)
    assert (message.purpose, message.advertises_to, message.subject[:4]) == ("transaction", "", "Báo ")


def test_advertising_goes_to_one_person_and_says_whose_it_is(an, lead):
    mailbox_for(an)
    agreed(lead, an)
    with nothing_changes():
        for more in ({"cc": (OTHER,)}, {"bcc": (OTHER,)}, {"to": (Address("", VAN), OTHER)}):
            with pytest.raises(DomainError, match="một người"):
                advert(lead, an, **more)
    for missing in OURS:
        company(**{missing: ""})
        with pytest.raises(DomainError, match="ai gửi"):
            advert(lead, an)


def test_care_needs_no_consent_and_ends_when_somebody_says_so(an, lead):
    mailbox_for(an)
    assert letter(lead.record, an, purpose="care", cc=(OTHER,)).purpose == "care"
    agreed(lead, an, purpose="care", given=False)
    with nothing_changes(), pytest.raises(DomainError, match="không muốn nhận"):
        letter(lead.record, an, purpose="care")
    assert letter(lead.record, an).purpose == "transaction"


@pytest.mark.parametrize(
    ("typed", "labelled"),
    [
        ("Giảm giá", "[QC] Giảm giá"),
        ("[QC] Giảm giá", "[QC] Giảm giá"),
        ("[qc]Giảm giá", "[QC] Giảm giá"),
        (" [ AD ] [QC] Giảm giá", "[QC] Giảm giá"),
        ("Giảm giá [QC]", "[QC] Giảm giá [QC]"),
        ("x" * 500, "[QC] " + "x" * 495),
    ],
)
def test_the_label_stands_before_the_subject_once(typed, labelled):
    assert advertising.labelled(typed) == labelled
    assert advertising.labelled(labelled) == labelled


def test_a_draft_of_advertising_stays_one(client, an, lead):
    """Neither taking the label out nor writing it anew makes it another letter."""
    mailbox_for(an)
    agreed(lead, an)
    draft = sending.take_back(advert(lead, an, subject="Giảm giá"), by=an)
    client.force_login(an)
    sent = {"to": [VAN], "subject": "Giảm giá lớn", "html": "<p>Giảm 20%</p>"}
    client.post(f"/mail/{draft.pk}/edit/", sent)
    message = Message.objects.get()
    assert (message.purpose, message.subject) == ("advertising", "[QC] Giảm giá lớn")


# The hours ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("moment", "goes"),
    [
        ((25, 6, 59, 59), (25, 7, 0, 0)),
        ((25, 7, 0, 0), (25, 7, 0, 0)),
        ((25, 21, 59, 59), (25, 21, 59, 59)),
        ((25, 22, 0, 0), (26, 7, 0, 0)),
        ((25, 23, 59, 59), (26, 7, 0, 0)),
        ((26, 0, 0, 0), (26, 7, 0, 0)),
    ],
)
def test_advertising_goes_out_by_day(moment, goes):
    at, then = (datetime(2026, 11, *one, tzinfo=ZONE) for one in (moment, goes))
    assert advertising.by_day(at) == then
    assert advertising.by_day(at.astimezone(datetime.now().astimezone().tzinfo)) == then


@pytest.mark.parametrize(("hour", "minute", "waits"), [(6, 59, True), (7, 0, False), (21, 59, False), (22, 0, True)])
def test_what_is_written_at_night_waits_for_the_morning(an, lead, at, hour, minute, waits):
    mailbox_for(an)
    agreed(lead, an)
    now = at(hour, minute)
    message = advert(lead, an)
    assert (message.due_at - now > 3 * sending.TO_UNDO) is waits
    assert message.due_at.astimezone(ZONE).hour == (7 if waits else hour)
    assert ProcrastinateJob.objects.get(task_name=sending.DELIVER).scheduled_at == message.due_at
    assert Event.objects.filter(kind="email.scheduled").exists() is waits
    assert letter(lead.record, an).due_at - now == sending.TO_UNDO


def test_a_job_that_comes_too_late_asks_the_clock_again(an, lead, at, ours, recorder):  # noqa: F811
    """The worker was down until the evening: the letter goes out in the morning, and that is no try."""
    agreed(lead, an)
    message = advert(lead, an)
    at(22, 5)
    sending.deliver(message.pk)
    message.refresh_from_db()
    assert (message.state, message.tries, recorder.taken) == ("waiting", 0, [])
    assert message.due_at == at(7, days=1)
    assert ProcrastinateJob.objects.filter(task_name=sending.DELIVER, scheduled_at=message.due_at).count() == 1
    sending.deliver(message.pk)
    assert len(recorder.taken) == 1


# How many -------------------------------------------------------------------------------------------------------------


def sent_ago(an, lead, now, *ago, state="sent"):
    told = {"user": an, "record": lead.record, "state": state, "purpose": "advertising", "advertises_to": VAN}
    for nth, one in enumerate(ago):
        Message.objects.create(**told, message_id=f"<{nth}{state}@x.example>", at=now - one)


DAY, SECOND = timedelta(hours=24), timedelta(seconds=1)


@pytest.mark.parametrize(
    ("ago", "waits"),
    [
        ([SECOND, SECOND], timedelta()),
        ([DAY, 2 * SECOND, SECOND], timedelta()),
        ([DAY - SECOND, 2 * SECOND, SECOND], SECOND),
        ([DAY - SECOND, DAY - 2 * SECOND, DAY - 3 * SECOND, SECOND], 2 * SECOND),
    ],
)
def test_nobody_gets_more_than_three_in_any_24_hours(an, lead, at, ago, waits):
    now = at(12)
    sent_ago(an, lead, now, *ago)
    assert advertising.may_go_at(Message(advertises_to=VAN), now) == now + waits
    assert advertising.may_go_at(Message(advertises_to=OTHER.address), now) == now


def test_those_on_their_way_count_and_those_that_failed_do_not(an, lead, at):
    now = at(12)
    sent_ago(an, lead, now, SECOND, SECOND)
    sent_ago(an, lead, now, SECOND, state="failed")
    assert advertising.may_go_at(Message(advertises_to=VAN), now) == now
    sent_ago(an, lead, now, 3 * DAY, state="sending")
    assert advertising.may_go_at(Message(advertises_to=VAN), now) == now + DAY - SECOND


def test_the_fourth_waits_whoever_of_us_sends_it(an, binh, lead, at, ours, recorder):  # noqa: F811
    agreed(lead, an)
    sent_ago(binh, lead, timezone.now(), SECOND, SECOND, SECOND)
    message = due(advert(lead, an))
    sending.deliver(message.pk)
    message.refresh_from_db()
    assert (message.state, message.due_at) == ("waiting", at(9, 59, 59, days=1))
    usual = due(letter(lead.record, an))
    sending.deliver(usual.pk)
    assert state_of(usual) == ("sent", "") and len(recorder.taken) == 1


# At sending -----------------------------------------------------------------------------------------------------------


def test_an_advertisement_says_who_sends_it_and_how_to_end_it(client, an, lead, ours, recorder):  # noqa: F811
    """[QC], the company, the link, one click; no picture that counts, no link that goes elsewhere first."""
    agreed(lead, an)
    html = '<p>Giảm 10%: <a href="https://senviet.example/gia?x=1">bảng giá</a></p>'
    message = advert(lead, an, subject="Giảm giá", html=html)
    sending.deliver(due(message).pk)
    headers, read = headers_of(recorder.taken[0].raw)
    assert headers["Subject"] == "[QC] Giảm giá"
    url = headers["List-Unsubscribe"].strip(" \r\n<>")
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    text, drawn = (part.get_payload(decode=True).decode() for part in read.walk() if not part.is_multipart())
    for one in (text, drawn):
        assert all(words in one for words in ("Quan Trắc Sen Việt", "12 Láng Hạ, Hà Nội", "024 3863 7747", url))
    assert re.findall(r'href="([^"]*)"', drawn) == ["https://senviet.example/gia?x=1", url]
    assert "<img" not in drawn and VAN not in url
    assert client.post("/unsubscribe/" + url.partition("/unsubscribe/")[2], {"List-Unsubscribe": "One-Click"})
    assert holds() is False


def test_other_letters_go_out_as_they_were_written(an, lead, ours, recorder):  # noqa: F811
    sending.deliver(due(letter(lead.record, an, html="<p>Chào</p>", purpose="care")).pk)
    headers, read = headers_of(recorder.taken[0].raw)
    assert (
        "List-Unsubscribe" not in headers and "unsubscribe" not in read.as_string() and "<img" not in read.as_string()
    )


@pytest.mark.parametrize("purpose", ["advertising", "care"])
def test_who_says_no_meanwhile_gets_nothing(an, lead, ours, recorder, purpose):  # noqa: F811
    agreed(lead, an)
    message = due(letter(lead.record, an, purpose=purpose))
    agreed(lead, an, purpose=purpose, given=False)
    sending.deliver(message.pk)
    assert state_of(message) == ("failed", "no_consent") and recorder.taken == []
    assert Event.objects.get(kind="email.not_sent").facts == {"message": message.pk, "why": "no_consent"}
    sending.send_again(message, by=an)
    sending.deliver(due(message).pk)
    assert state_of(message) == ("failed", "no_consent")


def test_by_itself_it_obeys_the_same_rules(an, lead, at, settings):
    """From the company's own server too: with the label, the end and one click; without a consent it is told why."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    EmailTemplate.objects.create(
        name="Mời", subject="Mời dùng thử", html="<p>Mời</p>", purpose="advertising", moment="new_lead"
    )
    shape.changed()
    create_lead({"company_name": "Thép Việt", "email": OTHER.address, "owner": an}, by=an)
    work_off()
    assert Event.objects.get(kind="email.not_sent").facts["why"] == "no_consent"
    agreed(lead, an)
    at(23)
    create_lead({"company_name": "Hòn Đá", "email": VAN, "owner": an}, by=an)
    work_off()
    message = Message.objects.get()
    assert (message.subject, message.due_at) == ("[QC] Mời dùng thử", at(7, days=1))
    sending.deliver(message.pk)
    [sent] = mail.outbox
    assert sent.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert "024 3863 7747" in sent.body and "/unsubscribe/" in sent.body and sent.subject == "[QC] Mời dùng thử"
