"""A template tried while it is written: seen with a real record, and sent to oneself only (R1.36, R1.41)."""

import re
from html import unescape

import pytest
from django.core import mail
from django.urls import reverse
from playwright.sync_api import expect
from procrastinate.contrib.django.models import ProcrastinateJob

from pheu.conftest import nothing_changes
from pheu.core import shape
from pheu.core.errors import DomainError, Invalid, Refused
from pheu.core.tests.looking import walked
from pheu.deals.services import create_deal
from pheu.leads.services import create_lead
from pheu.messaging import sending
from pheu.messaging.models import EmailTemplate, Message
from pheu.messaging.templates_page import TEMPLATES
from pheu.messaging.tests.test_writing_letters import mailbox_for
from pheu.messaging.trying import proposed, send_trial, try_out
from pheu.messaging.versions import versions_of
from pheu.people.models import Profile
from pheu.setup import configuring
from pheu.timeline.models import Event

pytestmark = pytest.mark.django_db
PREVIEW, TRIAL = "/mail/templates/preview/", "/mail/templates/trial/"
TEXT = {"name": "Chào", "subject": "Gửi {{ record.company_name }}", "html": "<p>Kính gửi {{ greeting }}</p>"}
HTMX = {"HX-Request": "true"}


@pytest.fixture
def lead(dung):
    return create_lead({"company_name": "Xi măng Hòn Đá", "person_name": "Đỗ Thị Vân", "owner": dung}, by=dung)


def typed(lead=None, **given):
    return TEXT | {"purpose": "transaction"} | ({"about": lead.pk} if lead is not None else {}) | given


def template(**given):
    return EmailTemplate(**(TEXT | {"purpose": "transaction"} | given))


def framed(page: str) -> str:
    """What stands in the frame."""
    found = re.search(r'srcdoc="([^"]*)"', page)
    return unescape(found[1]) if found else ""


# Seeing it ------------------------------------------------------------------------------------------------------------


def test_what_is_typed_is_seen_with_a_record_and_not_kept(client, dung, lead):
    client.force_login(dung)
    saved = EmailTemplate.objects.create(**TEXT)
    with nothing_changes():
        for address in (PREVIEW, f"{PREVIEW}?of={saved.pk}"):
            answer = client.post(address, typed(lead, subject="Thư cho {{ record.company_name }}"), headers=HTMX)
            assert answer.status_code == 200
            assert "Thư cho Xi măng Hòn Đá" in answer.text
            assert "<p>Kính gửi Đỗ Thị Vân</p>" in framed(answer.text)
            assert f'value="{lead.pk}" selected' in answer.text  # it is chosen still
    assert f'action="/setup/email-templates/{saved.pk}/"' in answer.text  # what saves it saves the same


def test_a_template_without_a_name_yet_can_be_seen(client, dung, lead):
    client.force_login(dung)
    assert client.post(PREVIEW, typed(lead, name=""), headers=HTMX).status_code == 200
    assert client.post(PREVIEW, typed(lead, html=""), headers=HTMX).status_code == 422


def test_the_frame_runs_nothing_and_is_of_its_own(client, dung, lead):
    client.force_login(dung)
    hostile = '<p onclick="x()">a</p><script>x()</script><iframe src="//x"></iframe>"><b id="out">'
    page = client.post(PREVIEW, typed(lead, html=hostile), headers=HTMX).text
    assert re.search(r'sandbox="allow-same-origin allow-popups allow-popups-to-escape-sandbox"', page)
    inside = framed(page)
    assert not re.search(r"<script|onclick|<iframe|id=", inside.split("<body>")[1])
    assert 'id="out"' not in re.sub(r'srcdoc="[^"]*"|<textarea.*?</textarea>', "", page, flags=re.DOTALL)


@pytest.mark.parametrize("name", ["subject", "html"])
@pytest.mark.parametrize(
    "wrong",
    [
        "{% unclosed",
        "{{ greeting | nothing }}",
        "{% include 'x' %}",
        "{% if record.number %}{{ 1 | divided_by: 0 }}{% endif %}",
    ],
)
def test_what_cannot_be_read_is_said_beside_its_field(client, dung, lead, name, wrong):
    """Also what only goes wrong with the words of a record."""
    client.force_login(dung)
    page = client.post(PREVIEW, typed(lead, **{name: wrong}), headers=HTMX)
    assert page.status_code == 422
    assert re.search(rf'id="id_{name}_error">.*?Không đọc được', page.text, re.DOTALL)
    assert "srcdoc" not in page.text


def test_advertising_is_seen_as_it_goes_out(dung, lead):
    Profile.objects.update_or_create(pk=1, defaults={"name": "Sen Việt", "address": "Hà Nội", "phone": "0903 000 111"})
    shape.changed()
    draft = try_out(template(purpose="advertising"), lead.record, dung)
    assert draft.subject == "[QC] Gửi Xi măng Hòn Đá"
    assert "Sen Việt" in draft.html and "Hà Nội" in draft.html


def test_the_newest_of_mine_is_proposed_of_the_kind_that_it_goes_out_about(client, an, dung, lead):
    theirs = create_lead({"company_name": "Của An", "owner": an}, by=an)
    assert proposed("", dung) == lead.record
    deal = create_deal({"name": "Trạm", "owner": dung}, by=dung)
    assert proposed("", dung) == deal.record
    assert proposed("new_lead", dung) == lead.record
    assert proposed("converted", dung) == deal.record
    assert proposed("new_lead", an) == theirs.record
    client.force_login(dung)
    assert f'value="{deal.pk}" selected' in client.get("/setup/email-templates/new/").text


def test_where_there_is_no_record_yet_it_is_seen_without(client, dung):
    client.force_login(dung)
    assert proposed("", dung) is None
    answer = client.post(PREVIEW, typed(), headers=HTMX)
    assert "Kính gửi Quý khách" in framed(answer.text)


# Sending it to oneself ------------------------------------------------------------------------------------------------


def test_a_trial_goes_to_whoever_asks_and_to_nobody_else(client, dung, lead):
    """Marked, from one's own mailbox, about no record: neither its customer nor its timeline hears of it."""
    mailbox_for(dung)
    client.force_login(dung)
    told = Event.objects.count()
    answer = client.post(TRIAL, typed(lead), headers=HTMX)
    assert answer.status_code == 200 and dung.email in answer.headers["HX-Trigger"]
    assert "Kính gửi Đỗ Thị Vân" in framed(answer.text)
    message = Message.objects.get()
    assert message.subject == "[Thử] Gửi Xi măng Hòn Đá"
    assert [one.address for one in message.recipients] == [dung.email]
    assert (message.record, message.user, message.mailbox.user, message.state) == (None, dung, dung, "waiting")
    assert Event.objects.count() == told
    assert not EmailTemplate.objects.exists()
    job = ProcrastinateJob.objects.get(task_name=sending.DELIVER)
    assert job.args == {"message_id": message.pk}


def test_without_a_mailbox_it_goes_through_the_house(settings, dung, lead):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    message = send_trial(template(), lead.record, by=dung)
    sending.deliver(message.pk)
    [letter] = mail.outbox
    assert letter.recipients() == [letter.to[0]] and dung.email in letter.to[0]
    assert letter.subject.startswith("[Thử] ")
    message.refresh_from_db()
    assert message.state == "sent"


def test_without_any_way_out_it_says_so(settings, client, dung, lead):
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    client.force_login(dung)
    with nothing_changes():
        assert client.post(TRIAL, typed(lead), headers=HTMX).status_code == 409
    with pytest.raises(DomainError, match="hộp thư"):
        send_trial(template(), lead.record, by=dung)


def test_a_click_that_comes_twice_is_one_letter(dung, lead):
    mailbox_for(dung)
    assert send_trial(template(), lead.record, by=dung) == send_trial(template(), lead.record, by=dung)
    assert ProcrastinateJob.objects.filter(task_name=sending.DELIVER).count() == 1


def test_advertising_to_oneself_waits_for_no_consent(settings, dung, lead):
    """It is no advertisement: nobody but its writer gets it."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    message = send_trial(template(purpose="advertising"), lead.record, by=dung)
    sending.deliver(message.pk)
    assert mail.outbox[0].subject == "[Thử] [QC] Gửi Xi măng Hòn Đá"


def test_what_cannot_be_read_is_not_sent(dung, lead):
    mailbox_for(dung)
    with nothing_changes(), pytest.raises(Invalid):
        send_trial(template(html="{% unclosed"), lead.record, by=dung)


# Who may --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("address", [PREVIEW, TRIAL])
def test_only_those_who_look_after_templates_try_them(client, an, lead, address):
    mailbox_for(an)
    client.force_login(an)
    with nothing_changes():
        assert client.post(address, typed(lead), headers=HTMX).status_code in (403, 404)
    with nothing_changes(), pytest.raises(Refused):
        send_trial(template(), lead.record, by=an)


def test_a_record_that_is_not_there_for_me_cannot_be_tried_on(client, dung, lead):
    """Whoever looks after templates sees no more of customers by that."""
    dung.role.grants = {"system": dung.role.grants["system"]}
    dung.role.save()
    client.force_login(dung)
    for pk in (lead.pk, 999_999_999):
        answer = client.post(PREVIEW, typed(about=pk), headers=HTMX)
        assert answer.status_code == 422 and "Hòn Đá" not in answer.text
    with nothing_changes(), pytest.raises(Refused):
        send_trial(template(), lead.record, by=type(dung).objects.with_rights().get(pk=dung.pk))
    assert client.post(f"{PREVIEW}?of=999999999", typed(lead), headers=HTMX).status_code == 404
    assert client.get(PREVIEW).status_code == 405


# As a person does it --------------------------------------------------------------------------------------------------


def test_a_person_writes_sees_mends_and_sends_a_trial(world, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    dung = world.cast.dung
    mailbox_for(dung)
    create_lead({"company_name": "Xi măng Hòn Đá", "person_name": "Đỗ Thị Vân", "owner": dung}, by=dung)
    page = world.enter(dung, reverse("company-list-page", args=["email-templates"]))
    page.locator("main").get_by_role("link", name="Tạo", exact=True).click()
    dialog = page.locator("#dialog")
    expect(dialog.locator(".rich")).to_be_visible()
    dialog.get_by_label("Tiêu đề").fill("Chào {{ record.company_name")
    dialog.locator(".rich").click()
    page.keyboard.type("Kính gửi {{ greeting }}")
    dialog.get_by_role("button", name="Xem trước").click()
    expect(dialog.locator("[data-field=subject] .error")).to_contain_text("Không đọc được")
    dialog.get_by_label("Tiêu đề").fill("Chào {{ record.company_name }}")
    dialog.get_by_role("button", name="Xem trước").click()
    expect(dialog.locator(".trial-letter")).to_contain_text("Chào Xi măng Hòn Đá")
    letter = dialog.frame_locator("iframe.letter-body")
    expect(letter.get_by_text("Kính gửi Đỗ Thị Vân")).to_be_visible()
    expect(letter.locator("body")).to_have_css("background-color", "rgb(255, 255, 255)")  # its style came along
    dialog.get_by_role("button", name="Gửi thử cho tôi").click()
    expect(page.locator("#toasts")).to_contain_text(dung.email)
    assert Message.objects.get().subject == "[Thử] Chào Xi măng Hòn Đá"
    # Enter saves, as in every dialog.
    dialog.get_by_label("Tên").fill("Thư chào")
    page.keyboard.press("Enter")
    expect(dialog).to_be_hidden()
    assert EmailTemplate.objects.get().subject == "Chào {{ record.company_name }}"


def test_the_pages_of_templates_are_accessible_and_fit(world):
    dung = world.cast.dung
    long = {"name": "Chúc mừng năm mới " * 5, "subject": "{{ company.name }} kính chúc {{ greeting }} " * 4}
    made = configuring.add_item(TEMPLATES, TEXT | {"purpose": "advertising", "moment": "new_lead"} | long, by=dung)
    configuring.change_item(TEMPLATES, made.pk, {"html": (TEXT["html"], "<p>Khác</p>")}, by=dung)
    page = world.enter(dung)
    here, event = "/setup/email-templates/", versions_of(made)[-1].event.pk
    version = f"/mail/templates/version/?of={made.pk}&event={event}"
    assert walked(page, [here, f"{here}new/", f"{here}{made.pk}/", version, "/setup/teams/new/", "/account/"]) == {}
