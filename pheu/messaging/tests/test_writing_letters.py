"""Writing a letter from a record, what is refused, and taking it back before it goes out (R1.39-1.42)."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from pheu.conftest import nothing_changes
from pheu.core.errors import DomainError, Refused
from pheu.leads.services import create_lead
from pheu.messaging import sending
from pheu.messaging.channels.email.letters import Address
from pheu.messaging.models import Mailbox, Message, Privacy
from pheu.quality.merging import merge
from pheu.records.models import Record
from pheu.timeline.models import Event

pytestmark = pytest.mark.django_db
VAN = Address("Đỗ Thị Vân", "van.dt@hondacement.example")


def mailbox_for(user, **values):
    """A connected mailbox of somebody."""
    made = Mailbox(
        user=user, address=user.email, imap_host="imap.quantrac.example", smtp_host="smtp.quantrac.example", **values
    )
    made.keep_password("cua-rieng-toi")
    made.save()
    return made


def letter(about, by, *, to=(VAN,), subject="Báo giá trạm khí thải", html="<p>Chào chị Vân</p>", **more):
    return sending.write(about, to=to, subject=subject, html=html, by=by, **more)


SENT = {"to": [VAN.shown], "subject": "Báo giá", "html": "<p>Chào chị</p>"}


def test_without_a_mailbox_writing_is_refused_with_the_way_there(client, an, lead):
    """R1.42: said instead of the composer, and by the act itself."""
    client.force_login(an)
    page = client.get(f"/r/{lead.pk}/mail/").text
    assert 'href="/mail/mailbox/"' in page and "Kết nối hộp thư" in page
    with nothing_changes():
        assert client.post(f"/r/{lead.pk}/mail/", SENT).status_code == 409
    with pytest.raises(DomainError, match="Tài khoản của tôi"):
        letter(lead.record, an)


def test_a_letter_is_written_from_the_record_to_whom_it_is_about(client, an, lead):
    """R1.39: the tab of the record's composer opens it, addressed and signed; it waits, then a job sends it."""
    mailbox_for(an)
    an.signature = "Nguyễn Hoài An\n0912 345 678"
    an.save()
    client.force_login(an)
    assert f'href="/r/{lead.pk}/mail/"' in client.get(lead.get_absolute_url()).text
    page = client.get(f"/r/{lead.pk}/mail/").text
    assert VAN.address in page and "Nguyễn Hoài An&lt;br&gt;0912 345 678" in page
    answer = client.post(f"/r/{lead.pk}/mail/", SENT, headers={"HX-Request": "true"})
    assert answer.status_code == 204
    message = Message.objects.get()
    assert (message.state, message.user, message.record_id, message.text) == ("waiting", an, lead.pk, "Chào chị")
    assert message.due_at > timezone.now() + timedelta(seconds=5)
    job = ProcrastinateJob.objects.get(task_name=sending.DELIVER)
    assert job.args == {"message_id": message.pk} and job.scheduled_at == message.due_at
    assert f"/mail/{message.pk}/back/" in answer.headers["HX-Trigger"]
    assert "Báo giá" in client.get("/mail/?show=unsent").text


def test_a_letter_for_later_is_told_on_the_record_and_waits(client, an, lead):
    mailbox_for(an)
    at = timezone.now() + timedelta(days=2)
    message = letter(lead.record, an, at=at)
    assert message.due_at == at
    client.force_login(an)
    page = client.get(lead.get_absolute_url()).text
    assert "viết một email sẽ gửi" in page and f"/mail/{message.pk}/unsent/" in page


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"to": []}, "bắt buộc"),
        ({"to": ["không phải địa chỉ"]}, "không phải địa chỉ"),
        ({"to": ["a@b.example\nBcc: c@d.example"]}, "Bcc"),
        ({"to": [f"a{n}@b.example" for n in range(51)]}, "50"),
        ({"subject": ""}, "bắt buộc"),
        ({"subject": "x" * 501}, "500"),
        ({"html": "<p> </p>"}, "Hãy viết"),
        ({"at": "01/01/2020 08:00"}, "thời điểm"),
    ],
)
def test_what_cannot_be_sent_is_said_before_it_is_kept(client, an, lead, wrong, words):
    mailbox_for(an)
    client.force_login(an)
    with nothing_changes():
        answer = client.post(f"/r/{lead.pk}/mail/", SENT | wrong)
    assert answer.status_code in (409, 422) and words in answer.text


@pytest.mark.parametrize(
    "wrong",
    [
        {"to": ()},
        {"subject": "Báo giá\r\nBcc: tat.ca@nguoi.example"},
        {"subject": " "},
        {"html": "<script>alert(1)</script>"},
        {"html": "x" * 500_001},
        {"to": tuple(Address("", f"a{n}@b.example") for n in range(51))},
        {"files": [SimpleUploadedFile("a.exe", b"MZ\x90")]},
        {"at": timezone.now() + timedelta(days=400)},
    ],
)
def test_the_act_refuses_what_no_form_would_send(an, lead, wrong):
    mailbox_for(an)
    with nothing_changes(), pytest.raises(DomainError):
        letter(lead.record, an, **wrong)


def test_files_and_pasted_pictures_go_along(client, an, lead):
    """R1.40: a picture in the text is a file of the letter, named by it; a program is refused."""
    mailbox_for(an)
    client.force_login(an)
    dot = "R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"
    file = SimpleUploadedFile("báo giá.pdf", b"%PDF-1.4 ...", "application/pdf")
    html = f'<p>Xem ảnh</p><img src="data:image/gif;base64,{dot}"><img src="data:image/gif;base64,PHNjcmlwdD4=">'
    assert client.post(f"/r/{lead.pk}/mail/", SENT | {"html": html, "attached": [file]}).status_code == 302
    picture, kept = Message.objects.get().enclosures.all()
    assert (kept.name, kept.size, kept.content_id) == ("báo giá.pdf", 12, "")
    assert picture.media_type == "image/gif" and f"cid:{picture.content_id}" in Message.objects.get().html
    assert "data:" not in Message.objects.get().html
    with nothing_changes():
        bad = SimpleUploadedFile("x.exe", b"MZ")
        assert client.post(f"/r/{lead.pk}/mail/", SENT | {"attached": [bad]}).status_code == 409


def test_nobody_writes_from_a_record_that_they_may_not_change(client, an, giang, chi, lead):
    mailbox_for(giang)
    mailbox_for(chi)
    with nothing_changes(), pytest.raises(Refused):
        letter(lead.record, giang)
    client.force_login(chi)
    assert client.get(f"/r/{lead.pk}/mail/").status_code == 404
    with nothing_changes():
        assert client.post(f"/r/{lead.pk}/mail/", SENT).status_code == 404


def test_a_letter_is_taken_back_before_it_goes_out_written_anew_or_thrown_away(client, an, lead):
    mailbox_for(an)
    message = letter(lead.record, an, files=[SimpleUploadedFile("a.txt", b"ba"), SimpleUploadedFile("b.txt", b"bo")])
    client.force_login(an)
    back = client.post(f"/mail/{message.pk}/back/", headers={"HX-Request": "true"})
    message.refresh_from_db()
    assert message.state == "held" and f"/mail/{message.pk}/edit/" in back.headers["HX-Trigger"]
    assert "Thư nháp" in client.get(f"/mail/{message.pk}/unsent/").text
    page = client.get(f"/mail/{message.pk}/edit/").text
    assert "Chào chị Vân" in page and "a.txt" in page
    [first, _second] = message.enclosures.all()
    assert client.post(f"/mail/{message.pk}/edit/", SENT | {"kept": [first.pk]}).status_code == 302
    again = Message.objects.get()
    assert (
        again.pk != message.pk
        and again.state == "waiting"
        and [one.name for one in again.enclosures.all()] == ["a.txt"]
    )
    client.post(f"/mail/{again.pk}/back/")
    client.post(f"/mail/{again.pk}/drop/")
    assert not Message.objects.exists()


def test_what_is_on_its_way_is_neither_taken_back_nor_thrown_away_nor_sent_twice(an, lead):
    mailbox_for(an)
    message = letter(lead.record, an)
    for state in ("sending", "sent"):
        Message.objects.update(state=state)
        for act in (sending.take_back, sending.drop, sending.send_again):
            with nothing_changes(), pytest.raises(DomainError, match="đã được gửi"):
                act(message, by=an)


def test_a_colleagues_draft_is_nobody_elses(client, an, binh, lead):
    """Not even of who may see and change the record."""
    mailbox_for(an)
    message = letter(lead.record, an)
    client.force_login(binh)
    assert message.subject not in client.get(lead.get_absolute_url()).text
    for way in ("back", "again", "drop", "edit"):
        with nothing_changes():
            assert client.post(f"/mail/{message.pk}/{way}/", SENT).status_code == 404
    for act in (sending.take_back, sending.drop, sending.send_again):
        with nothing_changes(), pytest.raises(Refused):
            act(message, by=binh)


def test_addresses_are_proposed_among_what_one_may_see(client, an, chi, lead):
    client.force_login(an)
    assert VAN.shown in [one["id"] for one in client.get("/mail/people/?q=van").json()]
    assert client.get("/mail/people/?q=").json() == []
    client.force_login(chi)
    assert VAN.shown not in [one["id"] for one in client.get("/mail/people/?q=van").json()]


def test_a_double_click_writes_one_letter(client, an, lead):
    mailbox_for(an)
    client.force_login(an)
    page = client.get(f"/r/{lead.pk}/mail/").text
    token = page.split('name="once" value="')[1].split('"')[0]
    for _click in range(2):
        assert client.post(f"/r/{lead.pk}/mail/", SENT | {"once": token}).status_code == 302
    assert Message.objects.count() == 1


def test_who_answers_writes_to_who_wrote_and_with_all_to_everybody_but_oneself(client, an, lead):
    box = mailbox_for(an)
    message = Message.objects.create(
        mailbox=box, user=an, record=lead.record, state="received", message_id="<1@hondacement.example>",
        references=["<0@hondacement.example>"], subject="RE: Trả lời: Báo giá", text="Chị xem rồi nhé",
        sender={"name": "Vân", "address": VAN.address}, to=[{"name": "", "address": box.address}],
        cc=[{"name": "", "address": "ketoan@hondacement.example"}],
    )  # fmt: skip
    client.force_login(an)
    page = client.get(f"/mail/{message.pk}/answer/").text
    assert VAN.address in page and "ketoan@" not in page and 'value="Re: Báo giá"' in page and "Chị xem rồi nhé" in page
    assert "ketoan@" in client.get(f"/mail/{message.pk}/answer/?all=1").text
    client.post(f"/mail/{message.pk}/answer/", SENT)
    answer = Message.objects.get(state="waiting")
    assert (answer.in_reply_to, answer.record_id) == (message.message_id, lead.pk)
    assert answer.references == ["<0@hondacement.example>", "<1@hondacement.example>"]


def test_an_answer_to_a_letter_of_a_folded_record_is_about_the_one_that_goes_on(client, an, lead):
    mailbox_for(an)
    other = create_lead({"company_name": "Thép Việt", "owner": an}, by=an)
    message = received(an, other.record)
    merge([other, lead], by=an)
    goes_on = Record.objects.get(pk=other.pk).survivor
    client.force_login(an)
    assert client.post(f"/mail/{message.pk}/answer/", SENT).status_code == 302
    assert goes_on.pk != other.pk and Message.objects.get(state="waiting").record_id == goes_on.pk


# Reading --------------------------------------------------------------------------------------------------------------


def received(user, about, *, privacy=Privacy.WHOLE, html="", text="Riêng tư"):
    return Message.objects.create(
        user=user, record=about, state="received", message_id=f"<{Message.objects.count()}@x.example>", privacy=privacy,
        subject="Về hợp đồng", text=text, html=html, sender={"name": "Vân", "address": VAN.address},
    )  # fmt: skip


@pytest.mark.parametrize(("privacy", "status"), [("whole", 200), ("subject", 404), ("private", 404)])
def test_a_letter_says_to_colleagues_as_much_as_its_owner_lets_them_see(client, an, binh, chi, lead, privacy, status):
    message = received(an, lead.record, privacy=privacy)
    for who, expected in ((an, 200), (binh, status), (chi, 404)):
        client.force_login(who)
        for way in ("", "body/", "answer/"):
            assert client.get(f"/mail/{message.pk}/{way}").status_code == expected, (who, way)


def test_who_sees_the_deal_that_a_lead_became_reads_the_letters_of_the_lead(client, an, binh, lead):
    other = create_lead({"company_name": "Thép Việt"}, by=an)
    message = received(an, other.record)
    client.force_login(binh)
    assert client.get(f"/mail/{message.pk}/").status_code == 200


def test_the_frame_of_a_letter_runs_and_loads_nothing(client, an, lead):
    html = (
        '<p onclick="x()">Chào<script>alert(1)</script></p><img src="https://theo.doi.example/1.gif">'
        '<a href="javascript:x()">x</a>'
    )
    message = received(an, lead.record, html=html)
    client.force_login(an)
    assert "Hiện hình ảnh" in client.get(f"/mail/{message.pk}/").text
    answer = client.get(f"/mail/{message.pk}/body/")
    assert "<script" not in answer.text and "onclick" not in answer.text and "javascript:" not in answer.text
    assert "theo.doi.example" not in answer.text
    assert (
        "default-src 'none'" in answer["Content-Security-Policy"] and "https:" not in answer["Content-Security-Policy"]
    )
    asked = client.get(f"/mail/{message.pk}/body/?images=1")
    assert "theo.doi.example" in asked.text and "img-src data: https:" in asked["Content-Security-Policy"]


def test_a_file_of_a_letter_is_handed_out_with_the_letters_rights_and_never_shown(client, an, chi, lead):
    mailbox_for(an)
    message = letter(lead.record, an, files=[SimpleUploadedFile("x.html", b"<script>alert(1)</script>")])
    [file] = message.enclosures.all()
    client.force_login(an)
    answer = client.get(f"/mail/files/{file.pk}/")
    assert b"".join(answer.streaming_content) == b"<script>alert(1)</script>"
    assert answer["Content-Type"] == "application/octet-stream" and answer["Content-Disposition"].startswith(
        "attachment"
    )
    client.force_login(chi)
    assert client.get(f"/mail/files/{file.pk}/").status_code == 404


# Drafts ---------------------------------------------------------------------------------------------------------------


def test_a_letter_that_is_not_ready_is_kept_as_a_draft_with_its_files_and_sent_from_there(client, an, lead):
    """Several at once, of one record or of several; nothing goes out and nothing is told until one is sent."""
    mailbox_for(an)
    client.force_login(an)
    file = SimpleUploadedFile("báo giá.pdf", b"%PDF-1.4 x", "application/pdf")
    begun = {"subject": "", "html": "<p>Chào chị</p>", "keep": "1"}
    assert client.post(f"/r/{lead.pk}/mail/", begun | {"attached": [file]}).status_code == 302
    assert client.post(f"/r/{lead.pk}/mail/", begun | {"subject": "Lịch khảo sát"}).status_code == 302
    first, second = Message.objects.order_by("pk")
    assert [one.state for one in (first, second)] == ["held", "held"] and first.enclosures.count() == 1
    assert not ProcrastinateJob.objects.filter(task_name=sending.DELIVER).exists()
    assert not Event.objects.filter(kind__startswith="email.").exists()
    page = client.get("/mail/?show=drafts").text
    assert "Lịch khảo sát" in page and f"/mail/{first.pk}/edit/" in page and lead.title in page
    assert 'class="num">2' in page and "Lịch khảo sát" not in client.get("/mail/?show=unsent").text
    assert f"/mail/{second.pk}/edit/" in client.get(f"/r/{lead.pk}/mail/").text
    kept = first.enclosures.get()
    again = client.post(f"/mail/{first.pk}/edit/", begun | {"subject": "Báo giá", "kept": [kept.pk]})
    assert again.status_code == 302 and Message.objects.count() == 2
    third = Message.objects.get(subject="Báo giá")
    assert client.post(f"/mail/{third.pk}/edit/", SENT | {"kept": [third.enclosures.get().pk]}).status_code == 302
    sent = Message.objects.get(subject="Báo giá")
    assert (sent.state, sent.enclosures.get().name) == ("waiting", "báo giá.pdf")


def test_a_draft_that_lacks_something_is_not_sent_as_it_is(client, an, lead):
    mailbox_for(an)
    draft = sending.keep_draft(lead.record, subject="Báo giá", html="<p>x</p>", by=an)
    with nothing_changes(), pytest.raises(DomainError, match="gửi email cho ai"):
        sending.send_again(draft, by=an)
    advert = sending.keep_draft(lead.record, to=(VAN,), subject="Ưu đãi", html="<p>x</p>", purpose="advertising", by=an)
    with pytest.raises(DomainError, match="phải ghi rõ ai gửi"):
        sending.send_again(advert, by=an)


def test_an_answer_stays_one_through_its_drafts(client, an, lead):
    mailbox_for(an)
    came = received(an, lead.record, text="Xin giá")
    client.force_login(an)
    client.post(f"/mail/{came.pk}/answer/", {"subject": "Re: Giá", "html": "x", "keep": "1"})
    draft = Message.objects.get(state="held")
    assert client.post(f"/mail/{draft.pk}/edit/", SENT).status_code == 302
    assert Message.objects.get(state="waiting").in_reply_to == came.message_id


@pytest.mark.parametrize(
    "wrong",
    [{"subject": "a\nb"}, {"subject": "x" * 501}, {"html": "x" * 500_001}, {"purpose": "rác"}, {"to": (VAN,) * 51}],
)
def test_a_draft_has_its_bounds_too(an, lead, wrong):
    mailbox_for(an)
    with nothing_changes(), pytest.raises(DomainError):
        sending.keep_draft(lead.record, by=an, **wrong)
