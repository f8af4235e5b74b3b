"""Letters on their way: sent once, tried again, given up in words; the servers are real (R1.39-1.42, promise 3)."""

import email
import re
import sys
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from pheu.core.jobs import ATTEMPTS
from pheu.leads.services import create_lead
from pheu.messaging import mailboxes, receiving, sending
from pheu.messaging.channels.email import smtp
from pheu.messaging.channels.email.imap import Box
from pheu.messaging.models import Mailbox, Message
from pheu.messaging.tests.test_writing_letters import VAN, letter
from pheu.quality.merging import merge
from pheu.records.models import Record
from pheu.timeline.models import Event

pytestmark = pytest.mark.django_db


def columns(box, recorder, **given):
    """What a person types of a mailbox on the servers of the tests."""
    return {
        "address": box.login.user, "login": "", "privacy": "whole",
        "imap_host": box.login.host, "imap_port": box.login.port, "imap_security": box.login.security,
        "smtp_host": "localhost", "smtp_port": recorder.ports["tls"], "smtp_security": "tls", **given,
    }  # fmt: skip


@pytest.fixture
def ours(an, mailbox, recorder) -> Mailbox:
    """An's own mailbox, on real servers."""
    return mailboxes.connect(columns(mailbox, recorder), key=mailbox.login.password, by=an)


def due(message):
    Message.objects.filter(pk=message.pk).update(due_at=timezone.now() - timedelta(seconds=1))
    return message


def happened(kind):
    return Event.objects.filter(kind=kind).count()


def test_a_letter_goes_out_at_its_time_and_is_told_on_the_record(an, lead, ours, recorder):
    file = SimpleUploadedFile("báo giá.pdf", b"%PDF-1.4 x", "application/pdf")
    message = letter(lead.record, an, files=[file], bcc=(VAN,), to=(VAN.__class__("", "khac@hd.example"),))
    sending.deliver(message.pk)
    assert recorder.taken == []  # it can still be taken back
    sending.deliver(due(message).pk)
    [taken] = recorder.taken
    assert (taken.sender, taken.recipients) == (ours.address, ["khac@hd.example", VAN.address])
    read = email.message_from_bytes(taken.raw)
    assert read["Message-ID"] == message.message_id and VAN.address not in str(read["To"]) and read["Bcc"] is None
    assert "%PDF" in [part.get_payload(decode=True) for part in read.walk()][-1].decode()
    message.refresh_from_db()
    assert message.state == "sent" and happened("email.sent") == 1
    lead.refresh_from_db()
    assert lead.status == "working"  # D14: it was touched
    sending.deliver(message.pk)
    assert len(recorder.taken) == 1


def test_what_was_sent_is_put_into_the_mailboxs_own_folder_once(an, lead, ours, recorder, mailbox):
    mailbox.deliver(folder="Sent")
    message = letter(lead.record, an)
    sending.deliver(due(message).pk)
    copying = ProcrastinateJob.objects.get(task_name=sending.KEEP_COPY)
    assert copying.priority < 0  # the letters of others go before it
    for _twice in range(2):
        sending.keep_copy(message.pk)
    with Box(ours.to_read) as box:
        [sent] = [one.name for one in box.folders() if one.role == "sent"]
        assert box.open(sent).exists == 1 and box.find(message.message_id)
    receiving.fetch(ours.pk)
    assert Message.objects.count() == 1 and happened("email.sent") == 1


def test_a_worker_that_dies_between_the_servers_yes_and_ours_sends_the_same_letter_again(
    an, lead, ours, recorder, monkeypatch
):
    """Promise 3: the second one has the same Message-ID."""
    message = due(letter(lead.record, an))
    with monkeypatch.context() as dying:
        dying.setattr(sending, "_sent", lambda *_told: sys.exit())
        with pytest.raises(SystemExit):
            sending.deliver(message.pk)
    message.refresh_from_db()
    assert (message.state, message.tries, happened("email.sent")) == ("sending", 1, 0)
    sending.deliver(message.pk)
    first, second = (email.message_from_bytes(one.raw)["Message-ID"] for one in recorder.taken)
    assert first == second == message.message_id and happened("email.sent") == 1


def test_who_asks_to_come_back_later_is_asked_again(an, lead, ours, recorder):
    """Greylisting."""
    recorder.faults.greylisted = {VAN.address}
    message = due(letter(lead.record, an))
    with pytest.raises(sending.ToldLater):
        sending.deliver(message.pk)
    message.refresh_from_db()
    assert (message.state, message.problem) == ("waiting", "later") and happened("email.not_sent") == 0
    sending.deliver(message.pk)
    message.refresh_from_db()
    assert message.state == "sent" and len(recorder.taken) == 1


def test_after_five_tries_it_is_given_up_in_words_and_can_be_sent_again(client, an, lead, ours, recorder):
    recorder.faults.data = "451 4.3.0 try again later"
    message = due(letter(lead.record, an))
    for _try in range(ATTEMPTS - 1):
        with pytest.raises(sending.ToldLater):
            sending.deliver(message.pk)
    sending.deliver(message.pk)
    message.refresh_from_db()
    assert message.state == "failed" and happened("email.not_sent") == 1
    client.force_login(an)
    page = client.get(lead.get_absolute_url()).text
    assert "hẹn thử lại sau" in page and f"/mail/{message.pk}/unsent/" in page
    assert f"/mail/{message.pk}/again/" in client.get(f"/mail/{message.pk}/unsent/").text
    recorder.faults.data = ""
    client.post(f"/mail/{message.pk}/again/")
    sending.deliver(due(message).pk)
    assert email.message_from_bytes(recorder.taken[0].raw)["Message-ID"] == message.message_id


@pytest.mark.parametrize(
    ("fault", "given", "code"),
    [("unknown", {VAN.address}, "address"), ("password", True, "password"), ("data", "552 5.3.4 too big", "too_big")],
)
def test_what_will_never_arrive_is_told_at_once_with_the_servers_words(an, lead, ours, recorder, fault, given, code):
    setattr(recorder.faults, fault, given)
    message = due(letter(lead.record, an))
    sending.deliver(message.pk)
    message.refresh_from_db()
    assert (message.state, message.problem, message.tries) == ("failed", code, 1) and message.problem_words
    assert Event.objects.get(kind="email.not_sent").facts == {"message": message.pk, "why": code}
    ours.refresh_from_db()
    assert ours.problem == ("password" if code == "password" else "")


def test_a_job_that_came_too_early_or_was_lost_is_asked_for_again(an, lead, ours, recorder):
    """A clock that is behind, a worker that was killed five times: no letter waits for ever in silence."""
    message = letter(lead.record, an)
    ProcrastinateJob.objects.filter(task_name=sending.DELIVER).delete()
    sending.deliver(message.pk)
    assert ProcrastinateJob.objects.get(task_name=sending.DELIVER).scheduled_at == message.due_at
    assert sending.ask_for_forgotten() == 0
    Message.objects.update(due_at=timezone.now() - timedelta(hours=1), state="sending", tries=ATTEMPTS)
    assert sending.ask_for_forgotten() == 1
    sending.deliver(message.pk)
    message.refresh_from_db()
    assert (message.state, message.problem, recorder.taken) == ("failed", "gave_up", [])


def test_of_several_people_those_who_exist_get_it(an, lead, ours, recorder):
    recorder.faults.unknown = {"mat@hd.example"}
    message = due(letter(lead.record, an, cc=(VAN.__class__("", "mat@hd.example"),)))
    sending.deliver(message.pk)
    message.refresh_from_db()
    assert message.state == "sent" and "mat@hd.example" in message.problem_words
    assert recorder.taken[0].recipients == [VAN.address]


@pytest.mark.parametrize("where", ["greeting", "data", "reply"])
def test_a_lost_connection_is_tried_again(an, lead, ours, recorder, where):
    recorder.faults.drops = where
    message = due(letter(lead.record, an))
    with pytest.raises(sending.ToldLater):
        sending.deliver(message.pk)
    recorder.faults.drops = ""
    sending.deliver(message.pk)
    assert {email.message_from_bytes(one.raw)["Message-ID"] for one in recorder.taken} == {message.message_id}


def test_a_letter_of_somebody_who_left_or_disconnected_stays_here(an, lead, ours, recorder):
    first, second = due(letter(lead.record, an)), due(letter(lead.record, an))
    mailboxes.disconnect(by=an)
    sending.deliver(first.pk)
    an.is_active = False
    an.save()
    sending.deliver(second.pk)
    assert recorder.taken == []
    assert set(Message.objects.values_list("state", "problem")) == {("failed", "no_mailbox")}


def test_a_letter_about_a_record_that_was_folded_into_another_is_told_there(an, lead, ours, recorder):
    other = create_lead({"company_name": "Thép Việt", "owner": an}, by=an)
    message = due(letter(other.record, an))
    merge([other, lead], by=an)
    sending.deliver(message.pk)
    assert Event.objects.get(kind="email.sent").about_id == Record.objects.get(pk=other.pk).merged_into_id == lead.pk


# Connecting a mailbox -------------------------------------------------------------------------------------------------


def test_a_mailbox_is_looked_at_before_it_is_kept(client, an, mailbox, recorder):
    """R1.42: what is wrong is said in words beside the field; the password is sealed."""
    client.force_login(an)
    sent = columns(mailbox, recorder, password="sai")
    recorder.faults.password = True
    page = client.post("/mail/mailbox/", sent)
    assert page.status_code == 422 and "từ chối tên đăng nhập" in page.text and not Mailbox.objects.exists()
    checked = client.post("/mail/mailbox/check/", sent)
    assert checked.status_code == 422 and "Đọc thư (IMAP)" in checked.text and "Gửi thư (SMTP)" in checked.text
    recorder.faults.password = False
    good = sent | {"password": mailbox.login.password}
    assert "Cả hai máy chủ đều trả lời" in client.post("/mail/mailbox/check/", good).text
    assert not Mailbox.objects.exists()
    assert client.post("/mail/mailbox/", good).status_code == 302
    kept = Mailbox.objects.get()
    assert kept.password == mailbox.login.password and mailbox.login.password.encode() not in bytes(kept.secret)
    assert mailbox.login.password not in client.get("/mail/mailbox/").text
    # Without the password again, only what has nothing to do with it is changed.
    assert client.post("/mail/mailbox/", sent | {"password": "", "privacy": "private"}).status_code == 302
    assert Mailbox.objects.get().privacy == "private"
    other = client.post("/mail/mailbox/", sent | {"password": "", "smtp_host": "127.0.0.1"})
    assert other.status_code == 422 and "nhập mật khẩu" in other.text


def test_the_form_of_a_first_mailbox_lacks_only_what_nobody_can_guess(client, an):
    client.force_login(an)
    page = client.get("/mail/mailbox/").text
    fields = {name: re.search(rf'<input[^>]*name="{name}"[^>]*>', page)[0] for name in ("imap_port", "smtp_port")}
    assert 'value="993"' in fields["imap_port"] and 'value="465"' in fields["smtp_port"]
    assert re.search(r'value="whole"[^>]*checked', page) and page.count('value="tls" selected') == 2


def test_servers_inside_our_own_network_are_not_asked(client, an, mailbox, recorder, settings):
    """SSRF: unless an operator has allowed it."""
    settings.MAIL_NETWORKS = []
    client.force_login(an)
    page = client.post("/mail/mailbox/check/", columns(mailbox, recorder, password="x"))
    assert page.status_code == 422 and "quản trị viên có thể cho phép" in page.text and recorder.tried == 0


def test_a_mailbox_belongs_to_one_person(client, an, binh, ours, mailbox, recorder):
    client.force_login(binh)
    page = client.post("/mail/mailbox/", columns(mailbox, recorder, password=mailbox.login.password))
    assert page.status_code == 422 and "Một đồng nghiệp" in page.text
    client.force_login(an)
    client.post("/mail/mailbox/off/")
    assert not Mailbox.objects.exists()


def test_an_address_proposes_its_servers(client, an):
    client.force_login(an)
    assert client.get("/mail/mailbox/proposal/?address=an@gmail.com").json()["imap_host"] == "imap.gmail.com"
    assert (
        client.get("/mail/mailbox/proposal/?address=an@quantrac.example").json()["smtp_host"] == "mail.quantrac.example"
    )


def test_the_server_of_the_tests_is_asked_for_real(ours, recorder):
    smtp.check(ours.to_send)
    assert recorder.tried == 1
