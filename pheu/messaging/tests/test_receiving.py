"""Reading mailboxes on a real Dovecot: every letter once, on the record that it is about, or in the inbox (R1.39)."""

import base64
from datetime import timedelta

import pytest
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from pheu.conftest import nothing_changes
from pheu.core.errors import DomainError
from pheu.deals.conversion import Handover, convert_leads
from pheu.deals.models import Deal
from pheu.leads.models import Lead
from pheu.messaging import mailboxes, receiving, sending
from pheu.messaging.channels.email.letters import Address
from pheu.messaging.channels.email.writing import written
from pheu.messaging.models import Copy, Folder, Mailbox, Message, Undeliverable
from pheu.messaging.tests.test_sending_letters import columns, due
from pheu.messaging.tests.test_writing_letters import VAN, letter, mailbox_for
from pheu.notifications.models import Notification
from pheu.timeline.models import Event
from pheu.timeline.services import follow

pytestmark = pytest.mark.django_db


@pytest.fixture
def ours(an, mailbox, recorder) -> Mailbox:
    return mailboxes.connect(columns(mailbox, recorder), key=mailbox.login.password, by=an)


def mail(sender=VAN, *, to=None, subject="Về báo giá", text="Chào anh, tôi cần báo giá.", n=1, **more):
    """Bytes of a letter as it arrives."""
    given = {"message_id": f"<{n}@hondacement.example>", "sent_at": timezone.now(), **more}
    html = f"<p>{text}</p>"
    return written(sender=sender, to=[to or Address("", "an@quantrac.example")], subject=subject, html=html, **given)


def read(box):
    assert receiving.fetch(box.pk) is not None
    box.refresh_from_db()
    assert box.problem == "", box.problem_words


# On which record ------------------------------------------------------------------------------------------------------


def test_a_letter_comes_to_the_record_of_whom_it_is_from(client, an, lead, ours, mailbox):
    mailbox.deliver(mail())
    read(ours)
    message = Message.objects.get()
    assert (message.record_id, message.state, message.text.strip()) == (
        lead.pk,
        "received",
        "Chào anh, tôi cần báo giá.",
    )
    event = Event.objects.get(kind="email.received")
    assert (event.outsider, event.about_id, event.facts) == (VAN.name, lead.pk, {"message": message.pk})
    client.force_login(an)
    page = client.get(lead.get_absolute_url()).text
    assert "Về báo giá" in page and "tôi cần báo giá" in page
    assert not mailbox.is_seen()


def test_reading_again_brings_nothing_twice_and_only_what_is_new(an, lead, ours, mailbox):
    mailbox.deliver(mail(n=1), mail(n=2))
    read(ours)
    read(ours)
    mailbox.deliver(mail(n=3), mail(n=1))  # the first once more
    read(ours)
    assert Message.objects.count() == 3 == Event.objects.filter(kind="email.received").count()
    assert Copy.objects.count() == 4 and receiving.missing(ours) == 0


def test_a_server_that_has_numbered_anew_brings_nothing_twice(an, lead, ours, mailbox):
    mailbox.deliver(mail(n=1), mail(n=2))
    read(ours)
    before = Folder.objects.get(role="inbox").uidvalidity
    mailbox.renumber()
    mailbox.deliver(mail(n=3))
    read(ours)
    assert Folder.objects.get(role="inbox").uidvalidity != before
    assert Message.objects.count() == 3 and receiving.missing(ours) == 0


def test_an_answer_comes_to_the_letter_that_it_answers_whoever_sends_it(an, lead, ours, mailbox):
    """By In-Reply-To and References, before any address."""
    ours_sent = letter(lead.record, an)
    mailbox.deliver(
        mail(Address("Kế toán", "ketoan@khac.example"), in_reply_to=ours_sent.message_id, n=1),
        mail(Address("Giám đốc", "gd@khac.example"), references=["<x@y>", ours_sent.message_id, "<z@y>"], n=2),
    )
    read(ours)
    assert set(Message.objects.filter(state="received").values_list("record", flat=True)) == {lead.pk}


def test_after_conversion_an_answer_comes_to_the_deal(an, lead, ours, mailbox):
    sent = letter(lead.record, an)
    [deal] = convert_leads([lead], Handover(owner=an), by=an)
    mailbox.deliver(mail(n=1), mail(Address("", "la@khac.example"), in_reply_to=sent.message_id, n=2))
    read(ours)
    by_address, by_thread = Message.objects.filter(state="received").order_by("pk")
    assert by_address.record_id == deal.pk == Deal.objects.get().pk
    assert by_thread.record_id in (deal.pk, lead.pk)  # whose past the deal shows


def test_letters_among_colleagues_and_of_machines_and_of_strangers_are_on_no_record(an, binh, lead, ours, mailbox):
    mailbox_for(binh)
    mailbox.deliver(
        mail(Address("Bình", binh.email), n=1),
        mail(automatic="auto-generated", n=2),
        mail(Address("Người lạ", "la@khac.example"), n=3),
    )
    read(ours)
    assert Message.objects.filter(record=None).count() == 3 and not Event.objects.filter(kind="email.received").exists()


def test_a_customer_of_others_is_not_found_by_their_letter(chi, lead, mailbox, recorder):
    """What somebody may not see takes no letters of theirs."""
    box = mailboxes.connect(columns(mailbox, recorder), key=mailbox.login.password, by=chi)
    mailbox.deliver(mail())
    read(box)
    assert Message.objects.get().record_id is None


def test_what_was_sent_from_another_program_is_on_the_record_too(an, lead, ours, mailbox):
    sent = written(
        message_id="<x@may.example>", sender=Address("An", ours.address), to=[VAN], subject="Gửi từ điện thoại",
        html="<p>Chào chị</p>", sent_at=timezone.now(),
    )  # fmt: skip
    mailbox.deliver(sent, folder="Sent")
    read(ours)
    event = Event.objects.get(kind="email.sent")
    assert (event.about_id, event.by) == (lead.pk, an)


def test_only_what_came_since_a_month_before_it_was_connected_is_read(an, lead, ours, mailbox):
    mailbox.deliver(mail(n=1))
    Mailbox.objects.update(connected_at=timezone.now() + timedelta(days=40))
    read(ours)
    assert not Message.objects.exists() and receiving.missing(ours) == 0
    mailbox.deliver(mail(n=2))
    read(ours)
    assert Message.objects.count() == 1


def test_a_letter_that_does_not_arrive_marks_the_address_and_is_told(client, an, lead, ours, mailbox):
    sent = letter(lead.record, an)
    report = BOUNCE.replace("MESSAGE-ID", sent.message_id).replace("ADDRESS", VAN.address).encode()
    mailbox.deliver(report)
    read(ours)
    assert Undeliverable.objects.get().address == VAN.address
    event = Event.objects.get(kind="email.bounced")
    assert (event.about_id, event.facts["address"]) == (lead.pk, VAN.address)
    assert Notification.objects.filter(reason="mail", receiver=an).exists()
    client.force_login(an)
    assert f"không đến được {VAN.address}" in client.get(f"/r/{lead.pk}/mail/").text


BOUNCE = """From: MAILER-DAEMON@mx.example
To: an@quantrac.example
Subject: Undelivered Mail Returned to Sender
Message-ID: <dsn@mx.example>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

Not delivered.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example

Final-Recipient: rfc822; ADDRESS
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 no such user

--b
Content-Type: text/rfc822-headers

Message-ID: MESSAGE-ID
Subject: x
--b--
"""


def test_a_letter_too_large_is_left_out_and_counted(an, lead, ours, mailbox, monkeypatch):
    monkeypatch.setattr(receiving, "LARGEST", 500)
    mailbox.deliver(mail(text="x" * 5000))
    read(ours)
    assert Copy.objects.get().left_out == "too_big" and not Message.objects.exists()


def test_a_refused_password_is_kept_with_the_mailbox_and_said(client, an, ours):
    ours.keep_password("sai rồi")
    ours.save()
    assert receiving.fetch(ours.pk) == 0
    client.force_login(an)
    assert "từ chối tên đăng nhập" in client.get("/mail/").text and "không hoạt động" in client.get("/account/").text


def test_who_is_killed_in_the_middle_goes_on_after_the_last_kept_letter(an, lead, ours, mailbox, monkeypatch):
    mailbox.deliver(*(mail(n=n) for n in range(5)))
    taken = receiving.receive

    def dying(box, one, role):
        if Message.objects.count() == 2:
            raise SystemExit
        return taken(box, one, role)

    with monkeypatch.context() as killed:
        killed.setattr(receiving, "receive", dying)
        with pytest.raises(SystemExit):
            receiving.fetch(ours.pk)
    assert Message.objects.count() == 2
    read(ours)
    assert Message.objects.count() == 5 == Event.objects.filter(kind="email.received").count()


# The inbox ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def stranger(an, ours, mailbox):
    mailbox.deliver(mail(Address("Phạm Văn Lạ", "la@khac.example"), subject="Hỏi giá quan trắc"))
    read(ours)
    return Message.objects.get()


def test_letters_of_strangers_wait_in_the_inbox(client, an, binh, stranger):
    client.force_login(an)
    page = client.get("/mail/").text
    assert "Phạm Văn Lạ" in page and "Hỏi giá quan trắc" in page and "Không thiếu thư nào" in page
    assert client.get("/mail/count/").text == "1"
    client.force_login(binh)
    assert "Phạm Văn Lạ" not in client.get("/mail/").text and client.get("/mail/count/").text == ""


def test_a_stranger_becomes_a_lead_with_the_letter_on_it(client, an, stranger):
    client.force_login(an)
    answer = client.post(f"/mail/{stranger.pk}/lead/")
    lead = Lead.objects.get()
    assert answer.status_code == 302 and answer["Location"] == lead.get_absolute_url()
    assert (lead.person_name, lead.email) == ("Phạm Văn Lạ", "la@khac.example")
    assert "Hỏi giá quan trắc" in client.get(lead.get_absolute_url()).text
    assert client.get("/mail/count/").text == ""
    with nothing_changes():
        assert client.post(f"/mail/{stranger.pk}/lead/").status_code == 409


def test_a_letter_is_put_on_a_record_by_hand_and_answers_follow_it(client, an, lead, ours, mailbox, stranger):
    client.force_login(an)
    assert client.post(f"/mail/{stranger.pk}/place/", {"record": lead.pk}).status_code == 302
    stranger.refresh_from_db()
    assert stranger.record_id == lead.pk and Event.objects.filter(kind="email.received", about=lead.pk).count() == 1
    mailbox.deliver(mail(Address("Lạ", "la@khac.example"), in_reply_to=stranger.message_id, n=9))
    read(ours)
    assert Message.objects.get(message_id="<9@hondacement.example>").record_id == lead.pk
    with pytest.raises(DomainError):
        receiving.place(stranger, lead.record, by=an)


def test_what_is_nothing_for_us_is_put_aside_and_comes_back(client, an, stranger):
    client.force_login(an)
    client.post(f"/mail/{stranger.pk}/aside/")
    assert "Phạm Văn Lạ" not in client.get("/mail/").text and "Phạm Văn Lạ" in client.get("/mail/?show=aside").text
    client.post(f"/mail/{stranger.pk}/aside/?back=1")
    assert "Phạm Văn Lạ" in client.get("/mail/").text


def test_the_inbox_is_read_in_pages_with_as_many_statements(client, an, ours, django_assert_max_num_queries):
    Message.objects.bulk_create(
        Message(
            user=an, state="received", message_id=f"<{n}@x.example>", subject=f"Thư {n:03}", at=timezone.now(),
            sender={"name": "Lạ", "address": "la@khac.example"},
        )
        for n in range(70)
    )  # fmt: skip
    client.force_login(an)
    client.get("/mail/")
    with django_assert_max_num_queries(12):
        page = client.get("/mail/").text
    assert page.count("inbox-line") == 50
    older = page.split("below=")[1].split('"')[0]
    assert client.get(f"/mail/?below={older}").text.count("inbox-line") == 20


def test_who_got_a_letter_says_what_colleagues_see_of_it(client, an, binh, lead, ours, mailbox):
    mailbox.deliver(mail())
    read(ours)
    message = Message.objects.get()
    client.force_login(binh)
    assert "tôi cần báo giá" in client.get(lead.get_absolute_url()).text
    with nothing_changes():
        assert client.post(f"/mail/{message.pk}/privacy/", {"privacy": "whole"}).status_code == 404
    client.force_login(an)
    with nothing_changes():
        assert client.post(f"/mail/{message.pk}/privacy/", {"privacy": "all"}).status_code == 409
    client.post(f"/mail/{message.pk}/privacy/", {"privacy": "subject"})
    client.force_login(binh)
    page = client.get(lead.get_absolute_url()).text
    assert "Về báo giá" in page and "tôi cần báo giá" not in page
    client.force_login(an)
    client.post(f"/mail/{message.pk}/privacy/", {"privacy": "private"})
    client.force_login(binh)
    page = client.get(lead.get_absolute_url()).text
    assert "Về báo giá" not in page and "riêng tư" in page


def test_the_owner_and_the_followers_hear_of_it_by_the_bell(an, binh, lead, ours, mailbox):
    follow(lead.record, user=binh, by=an)
    Notification.objects.all().delete()
    mailbox.deliver(mail())
    read(ours)
    assert set(Notification.objects.values_list("receiver", "reason")) == {(an.pk, "mail"), (binh.pk, "mail")}


def test_a_mailbox_that_does_not_work_is_asked_once_in_a_while(ours):
    assert list(Mailbox.objects.to_look_into()) == [ours]
    Mailbox.objects.update(problem="password", checked_at=timezone.now())
    assert list(Mailbox.objects.to_look_into()) == []
    Mailbox.objects.update(checked_at=timezone.now() - timedelta(minutes=31))
    assert list(Mailbox.objects.to_look_into()) == [ours]


def test_looking_now_asks_for_one_job(client, an, ours):
    client.force_login(an)
    for _click in range(2):
        assert client.post("/mail/look/").status_code == 302
    assert ProcrastinateJob.objects.filter(task_name="pheu.messaging.jobs.fetch").count() == 1


def test_a_letter_sent_and_answered_goes_there_and_back(client, an, lead, ours, recorder, mailbox):
    """The whole way: written on the record, sent, answered by the customer, read from the mailbox, on the record."""
    client.force_login(an)
    client.post(f"/r/{lead.pk}/mail/", {"to": [VAN.shown], "subject": "Báo giá", "html": "<p>Chào chị</p>"})
    sent = Message.objects.get()
    sending.deliver(due(sent).pk)
    assert sent.message_id.encode() in recorder.taken[0].raw
    mailbox.deliver(mail(subject="Re: Báo giá", text="Đồng ý", in_reply_to=sent.message_id, n=7))
    read(ours)
    page = client.get(lead.get_absolute_url()).text
    assert page.index("Re: Báo giá") < page.index("Chào chị")


def outlook(raw, conversation=bytes(range(22)), reply=b""):
    """As Outlook names conversations: 22 bytes, and five more with each answer (MS-OXOMSG 2.2.1.3)."""
    return b"Thread-Index: " + base64.b64encode(conversation + reply) + b"\r\n" + raw


def test_an_answer_that_names_no_letter_comes_by_outlooks_name_of_its_conversation(an, lead, ours, mailbox):
    """From another address, with another subject, without In-Reply-To."""
    other = Address("Trần Kế Toán", "ketoan@congtykhac.example")
    mailbox.deliver(outlook(mail()), outlook(mail(other, subject="Hóa đơn", n=2), reply=b"12345"))
    mailbox.deliver(outlook(mail(other, subject="Chuyện khác", n=3), bytes(range(1, 23))))
    read(ours)
    assert list(Message.objects.order_by("pk").values_list("record", flat=True)) == [lead.pk, lead.pk, None]


def test_a_conversation_of_a_colleagues_mailbox_is_none_of_mine(an, binh, lead, ours, mailbox):
    """Anybody can write any name there: it joins letters of one mailbox alone."""
    mailbox.deliver(outlook(mail()))
    read(ours)
    Message.objects.update(user=binh, mailbox=None)
    mailbox.deliver(outlook(mail(Address("", "la@congtykhac.example"), n=2), reply=b"12345"))
    read(ours)
    assert Message.objects.get(message_id="<2@hondacement.example>").record_id is None


@pytest.mark.parametrize("index", [b"", b"x", b"AAAA", b"\xc4\x83", base64.b64encode(b"x" * 5000)])
def test_what_is_no_name_of_a_conversation_is_none(an, lead, ours, mailbox, index):
    stranger = Address("", "la@congtykhac.example")
    for n in (1, 2):
        mailbox.deliver(b"Thread-Index: " + index + b"\r\n" + mail(VAN if n == 1 else stranger, n=n))
    read(ours)
    joined = len(index) > 1000
    assert Message.objects.filter(record=None).count() == (0 if joined else 1)
