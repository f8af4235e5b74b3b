"""Letters that go out by themselves, once, or say why they did not (R0.32, R0.37, R0.38, D2)."""

import pytest
from django.core import mail
from procrastinate.contrib.django.models import ProcrastinateJob

from pheu.conftest import nothing_changes
from pheu.core import shape
from pheu.core.tests.test_jobs import forget_jobs
from pheu.deals.conversion import Handover, convert_leads
from pheu.deals.models import Deal
from pheu.leads.models import Lead
from pheu.leads.services import change_lead, create_lead, create_leads
from pheu.messaging import sending
from pheu.messaging.by_itself import send_first_now
from pheu.messaging.models import EmailTemplate, Message
from pheu.messaging.templates_page import TEMPLATES
from pheu.messaging.tests.test_sending_letters import due
from pheu.messaging.tests.test_writing_letters import letter, mailbox_for
from pheu.people.models import Profile
from pheu.records.acts import operation
from pheu.setup import configuring
from pheu.timeline import reacting
from pheu.timeline.archiving import archive
from pheu.timeline.models import Event, Reacted

pytestmark = pytest.mark.django_db
VAN = {
    "person_name": "Đỗ Thị Vân",
    "email": "van@hondacement.example",
    "company_name": "Xi măng Hòn Đá",
    "need": "Đo bụi",
}


@pytest.fixture(autouse=True)
def _company(db):
    forget_jobs()
    Profile.objects.update_or_create(
        pk=1, defaults={"name": "Quan Trắc Sen Việt", "website": "https://senviet.example"}
    )


def template(dung, moment, **given):
    told = {
        "name": f"Thư {moment}", "subject": "{{ company.name }} kính chào {{ record.company_name }}", "purpose": "care",
        "html": "<p>Kính gửi {{ greeting }},</p><p>Phiếu {{ record.number }}, {{ me.name }} phụ trách.</p>",
        "moment": moment, "is_active": True, **given,
    }  # fmt: skip
    return configuring.add_item(TEMPLATES, told, by=dung)


def work_off():
    """What the worker does with dispatches and reactions; letters wait."""
    shape.see(None)  # a job asks for today's settings
    for name, run in (
        (reacting.DISPATCH, lambda args: reacting.dispatch(args["events"])),
        (reacting.REACT, lambda args: reacting.react(args["event"], args["reaction"])),
    ):
        jobs = ProcrastinateJob.objects.filter(task_name=name)
        for args in list(jobs.values_list("args", flat=True)):
            run(args)


def test_a_new_lead_gets_the_introduction_once(an, dung):
    """R0.32: from its owner's mailbox, in the words of the template."""
    template(dung, "new_lead")
    mailbox_for(an)
    lead = create_lead(VAN | {"owner": an}, by=an)
    assert not Message.objects.exists()  # never in the act itself
    for _twice in range(2):
        work_off()
    message = Message.objects.get()
    assert (message.record_id, message.user, message.mailbox.user, message.by_house) == (lead.pk, an, an, False)
    assert message.subject == "Quan Trắc Sen Việt kính chào Xi măng Hòn Đá"
    assert "Nguyễn Hoài An phụ trách" in message.text and lead.record.number in message.text
    assert ProcrastinateJob.objects.filter(task_name=sending.DELIVER).count() == 1


def test_a_conversion_is_confirmed_to_the_customer_with_a_copy_to_whoever_has_the_deal(an, chi, dung):
    """R0.37, R0.38: both get the same letter."""
    template(dung, "converted")
    lead = create_lead(VAN | {"owner": an}, by=an)
    mailbox_for(chi)
    convert_leads([lead], Handover(owner=chi), by=an)
    work_off()
    message = Message.objects.get()
    assert message.record_id == Deal.objects.get().pk
    assert [one["address"] for one in message.to] == ["van@hondacement.example"]
    assert [one["address"] for one in message.cc] == [chi.email]


def test_it_goes_once_whoever_asks_for_it_again(an, binh, dung):
    """Also from somebody with an address elsewhere, when the company has no website."""
    Profile.objects.update(website="")
    template(dung, "new_lead")
    mailbox_for(an)
    lead = create_lead(VAN | {"owner": an}, by=an)
    work_off()
    binh.email = "binh@noikhac.example"
    binh.save()
    send_first_now(lead.record, "new_lead", by=binh)
    assert Message.objects.count() == 1


def test_without_a_template_nothing_is_asked_for(an):
    create_lead(VAN, by=an)
    assert not ProcrastinateJob.objects.exists()


def test_a_template_that_is_switched_off_goes_out_no_more(an, dung):
    made = template(dung, "new_lead")
    configuring.change_item(TEMPLATES, made.pk, {"is_active": (True, False)}, by=dung)
    shape.see(None)
    create_lead(VAN, by=an)
    assert not ProcrastinateJob.objects.exists()


@pytest.mark.parametrize(
    ("missing", "why", "words"),
    [("address", "no_address", "Không có địa chỉ email"), ("server", "no_server", "Chưa cấu hình máy chủ")],
)
def test_what_cannot_be_sent_is_told_and_sent_from_there_later(client, an, dung, settings, missing, why, words):
    """D2: the save succeeds; the timeline says why, and has the way to send it."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"  # as where none is set up
    template(dung, "new_lead")
    if missing == "address":
        mailbox_for(an)
    lead = create_lead(VAN | {"owner": an} | ({"email": ""} if missing == "address" else {}), by=an)
    work_off()
    event = Event.objects.get(kind="email.not_sent")
    assert event.facts == {"why": why, "moment": "new_lead"} and event.cause
    client.force_login(an)
    page = client.get(lead.get_absolute_url()).text
    assert words in page and f"/mail/first/new_lead/{lead.pk}/" in page
    if missing == "address":
        change_lead(lead, {"email": ("", VAN["email"])}, by=an)
    else:
        mailbox_for(an)
    assert VAN["email"] in client.get(f"/mail/first/new_lead/{lead.pk}/").text
    assert client.post(f"/mail/first/new_lead/{lead.pk}/").status_code == 302
    assert Message.objects.get().state == "waiting"
    client.post(f"/mail/first/new_lead/{lead.pk}/")
    assert Message.objects.count() == 1


def test_without_a_mailbox_of_the_owner_it_goes_through_the_companys_server(an, dung, settings):
    """Answers go to the owner all the same."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    template(dung, "new_lead")
    create_lead(VAN | {"owner": an}, by=an)
    work_off()
    message = Message.objects.get()
    assert message.by_house
    sending.deliver(due(message).pk)
    [sent] = mail.outbox
    assert sent.to == ["Đỗ Thị Vân <van@hondacement.example>"] and sent.reply_to == [f"Nguyễn Hoài An <{an.email}>"]
    assert sent.extra_headers["Message-ID"] == message.message_id
    message.refresh_from_db()
    assert Event.objects.get(kind="email.sent").by is None and Lead.objects.get().status == "new"
    assert message.state == "sent" and Event.objects.filter(kind="email.sent").count() == 1


def test_what_was_archived_meanwhile_gets_nothing(an, dung):
    template(dung, "new_lead")
    mailbox_for(an)
    archive([create_lead(VAN | {"owner": an}, by=an)], by=an)
    work_off()
    assert not Message.objects.exists()


def test_an_act_without_automation_asks_for_nothing(an, dung):
    template(dung, "new_lead")
    with operation("import", by=an) as doing:
        doing.starts_automation = False
        create_lead(VAN, by=an)
    assert not ProcrastinateJob.objects.filter(task_name=reacting.DISPATCH).exists()


def test_many_leads_ask_for_one_dispatch_which_makes_a_job_of_each(an, dung, django_assert_num_queries):
    template(dung, "new_lead")
    create_leads([VAN | {"email": f"v{n}@hd.example"} for n in range(30)], by=an)
    [told] = ProcrastinateJob.objects.filter(task_name=reacting.DISPATCH)
    reacting.dispatch(told.args["events"])
    assert ProcrastinateJob.objects.filter(task_name=reacting.REACT).count() == 30


def test_what_somebody_wrote_goes_before_a_thousand_letters_that_go_by_themselves(an, dung):
    """And these before further reactions: as a worker takes jobs, by priority and then by age."""
    template(dung, "new_lead")
    mailbox_for(an)
    leads = create_leads([VAN | {"owner": an, "email": f"van{n}@hondacement.example"} for n in range(4)], by=an)
    reacting.dispatch(ProcrastinateJob.objects.get(task_name=reacting.DISPATCH).args["events"])
    first = ProcrastinateJob.objects.filter(task_name=reacting.REACT).order_by("id")[0].args
    reacting.react(first["event"], first["reaction"])
    letter(leads[0].record, an)
    turns = ProcrastinateJob.objects.filter(task_name__in=[reacting.REACT, sending.DELIVER]).order_by("-priority", "id")
    letters = dict(Message.objects.values_list("pk", "automatic"))
    taken = [letters[one.args["message_id"]] if one.task_name == sending.DELIVER else "reaction" for one in turns]
    assert taken[:3] == ["", "auto-generated", "reaction"]


def test_a_template_that_nobody_can_read_is_refused_and_one_that_broke_later_is_told(client, an, dung):
    with nothing_changes(), pytest.raises(Exception, match="Không đọc được"):
        template(dung, "new_lead", html="<p>{{ greeting </p>")
    made = template(dung, "new_lead")
    EmailTemplate.objects.filter(pk=made.pk).update(html="{% if %}")
    mailbox_for(an)
    create_lead(VAN | {"owner": an}, by=an)
    work_off()
    assert Event.objects.get(kind="email.not_sent").facts["why"] == "template"


def test_one_template_goes_out_at_a_moment(dung):
    template(dung, "new_lead")
    with pytest.raises(Exception, match="Đã có mẫu khác"):
        template(dung, "new_lead", name="Mẫu khác")


# Reactions (ADR 5) ----------------------------------------------------------------------------------------------------


def test_a_reaction_happens_once_whatever_runs_twice(an, dung):
    template(dung, "new_lead")
    mailbox_for(an)
    create_lead(VAN | {"owner": an}, by=an)
    event = Event.objects.get(kind="record.created")
    name = "pheu.messaging.reactions.introduce_us"
    assert reacting.react(event.pk, name) is True
    Message.objects.all().delete()
    assert reacting.react(event.pk, name) is False and not Message.objects.exists()


def test_a_reaction_that_fails_leaves_nothing_and_is_tried_again(an, dung, monkeypatch):
    template(dung, "new_lead")
    mailbox_for(an)
    create_lead(VAN | {"owner": an}, by=an)
    event = Event.objects.get(kind="record.created")
    name = "pheu.messaging.reactions.introduce_us"
    with monkeypatch.context() as broken:
        broken.setattr("pheu.messaging.by_itself.drafted", lambda *_given: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            reacting.react(event.pk, name)
    assert not Reacted.objects.exists() and not Message.objects.exists()
    assert reacting.react(event.pk, name) is True and Message.objects.count() == 1


def test_a_reaction_that_is_known_no_more_does_nothing(an):
    assert reacting.react(1, "pheu.gone.away") is False
