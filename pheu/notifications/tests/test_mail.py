"""The mail of the day: what somebody chose and has not read, once, at the hour at which the company begins to work."""

import re
from datetime import date, datetime, time, timedelta

import pytest
from django.core import mail
from django.db import connection
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from pheu.conftest import stage_of
from pheu.core import shape
from pheu.leads.services import create_lead
from pheu.notifications import jobs
from pheu.notifications.models import Choice, Notification, Reason
from pheu.notifications.services import choose, read_all
from pheu.people.models import Holiday, User
from pheu.timeline.services import add_note, assign
from pheu.timeline.stages import move

pytestmark = pytest.mark.django_db

WEDNESDAY, SUNDAY = date(2026, 12, 2), date(2026, 12, 6)


@pytest.fixture(autouse=True)
def sent(settings):
    """Letters stay here."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    settings.PHEU_BASE_URL = "https://crm.example.com"
    return mail.outbox


@pytest.fixture
def an(an):
    """With an address at which somebody is."""
    an.email = "an@example.com"
    an.save()
    return an


def wants(person: User, *reasons: str, language: str = "vi", rings: tuple[str, ...] = tuple(Reason.values)) -> None:
    """Chosen some days ago."""
    choose(person, rings, reasons, language=language)
    Choice.objects.filter(user=person).update(mailed_on=date(2026, 11, 1))


def clock(monkeypatch, day: date, hour: int, minute: int = 0) -> None:
    now = timezone.make_aware(datetime.combine(day, time(hour, minute)))
    monkeypatch.setattr(timezone, "now", lambda: now)


def asked() -> list[dict]:
    """What the worker was asked to send."""
    jobs.ask_for_mails(0)
    rows = ProcrastinateJob.objects.filter(task_name=jobs.send_mail_of_day.name).order_by("pk")
    return [row.args for row in rows]


def at_work(monkeypatch, day: date = WEDNESDAY) -> None:
    """A morning of the worker, from asking to sending."""
    before = len(asked_before())
    clock(monkeypatch, day, 8)
    for one in asked()[before:]:
        jobs.send_mail_of_day(**one)


def asked_before() -> list[int]:
    return list(ProcrastinateJob.objects.filter(task_name=jobs.send_mail_of_day.name).values_list("pk", flat=True))


def mentioned(lead, by) -> None:
    add_note(lead.record, body="@Nguyễn Hoài An xem <b>giá</b> nhé", by=by)


def test_unread_news_of_chosen_reasons_goes_out_in_one_letter(monkeypatch, sent, lead, an, binh):
    """Cites issue 8, point 5: each person chooses what reaches them by bell and by mail digest."""
    wants(an, Reason.MENTION)
    mentioned(lead, binh)
    move(lead, to=stage_of("lead", "Đang xử lý"), left=lead.stage, by=binh)
    at_work(monkeypatch)
    [letter] = sent
    assert letter.to == ["an@example.com"]
    [(page, kind)] = letter.alternatives
    assert kind == "text/html"
    for words in (letter.body, page):
        assert f"https://crm.example.com/r/{lead.pk}/" in words
        assert str(lead) in words
        assert "Đang xử lý" not in words  # a reason that was not chosen
        assert not re.search(r'(href="|: )/', words)  # every address is whole
    assert "<b>" in letter.body
    assert "<b>" not in page


def test_nobody_gets_a_letter_without_news_or_unchosen(monkeypatch, sent, lead, an, binh):
    mentioned(lead, binh)
    at_work(monkeypatch)
    wants(an, Reason.OVERDUE)
    at_work(monkeypatch)
    assert sent == []


def test_what_was_read_or_mailed_comes_in_no_letter_again(monkeypatch, sent, lead, an, binh):
    wants(an, *Reason.values)
    mentioned(lead, binh)
    at_work(monkeypatch)
    at_work(monkeypatch, WEDNESDAY + timedelta(days=1))
    assert len(sent) == 1
    mentioned(lead, binh)
    read_all(an, up_to=Notification.objects.latest("pk").pk)
    at_work(monkeypatch, WEDNESDAY + timedelta(days=2))
    assert len(sent) == 1


def test_one_letter_a_day_at_the_hour_of_the_company_on_days_of_work(monkeypatch, sent, lead, an, binh):
    wants(an, *Reason.values)
    mentioned(lead, binh)
    Holiday.objects.create(day=WEDNESDAY - timedelta(days=1), name="Nghỉ")
    shape.changed()
    for day, hour in ((SUNDAY - timedelta(days=7), 9), (WEDNESDAY - timedelta(days=1), 9), (WEDNESDAY, 7)):
        clock(monkeypatch, day, hour, 59)
        assert asked() == []
    clock(monkeypatch, WEDNESDAY, 8)
    assert len(asked()) == 1
    clock(monkeypatch, WEDNESDAY, 15)
    assert len(asked()) == 1
    clock(monkeypatch, WEDNESDAY + timedelta(days=1), 8)
    assert len(asked()) == 2


def test_a_job_that_runs_again_sends_nothing_more_and_one_that_failed_sends_it_all(monkeypatch, sent, lead, an, binh):
    """A worker killed before the letter was out leaves no trace; killed after it, the letter is known to be out."""
    wants(an, *Reason.values)
    mentioned(lead, binh)
    clock(monkeypatch, WEDNESDAY, 8)
    [order] = asked()
    monkeypatch.setattr("django.core.mail.backends.locmem.EmailBackend.send_messages", _no_server)
    with pytest.raises(ConnectionRefusedError):
        jobs.send_mail_of_day(**order)
    monkeypatch.undo()
    clock(monkeypatch, WEDNESDAY, 8, 1)
    mail.outbox = sent
    jobs.send_mail_of_day(**order)
    mentioned(lead, binh)
    jobs.send_mail_of_day(**order)
    assert len(mail.outbox) == 1


def _no_server(*_args) -> int:
    raise ConnectionRefusedError


def test_what_somebody_may_see_no_more_is_not_in_the_letter(monkeypatch, sent, an, dung, chi):
    User.objects.filter(pk=chi.pk).update(email="chi@example.com")
    wants(chi, *Reason.values)
    kept, gone = (create_lead({"company_name": name, "owner": chi}, by=dung) for name in ("Hòn Đá", "Sông Con"))
    assign([gone], owner=an, team=an.teams.get(), by=dung)
    at_work(monkeypatch)
    assert str(kept) in sent[0].body
    assert str(gone) not in sent[0].body


def test_who_left_or_is_of_a_demo_company_gets_none(monkeypatch, sent, lead, an, binh):
    wants(an, *Reason.values)
    mentioned(lead, binh)
    for change in ({"email": "an@quantrac.EXAMPLE"}, {"email": "an@example.com", "is_active": False}):
        User.objects.filter(pk=an.pk).update(**change)
        at_work(monkeypatch)
    assert sent == []
    assert Choice.objects.get(user=an).mailed_on == date(2026, 11, 1)


@pytest.mark.parametrize(("language", "words"), [("en", "Hello Nguyễn Hoài An"), ("vi", "Nguyễn Hoài An")])
def test_it_speaks_the_language_in_which_it_was_chosen(monkeypatch, sent, lead, an, binh, language, words):
    wants(an, *Reason.values, language=language)
    mentioned(lead, binh)
    at_work(monkeypatch)
    assert words in sent[0].body
    assert ("Hello" in sent[0].body) == (language == "en")


def test_what_comes_by_mail_only_does_not_ring(monkeypatch, client, sent, lead, an, binh):
    wants(an, Reason.MENTION, rings=())
    mentioned(lead, binh)
    client.force_login(an)
    assert client.get("/notifications/count/").text == ""
    client.post("/notifications/reading/", {"newest": Notification.objects.latest("pk").pk})
    at_work(monkeypatch)
    assert len(sent) == 1


def test_each_person_chooses_it_in_their_account_and_the_first_comes_on_the_next_day(client, an):
    client.force_login(an)
    client.post("/notifications/choices/", {"reason": ["mention"], "mail": ["work", "nothing that exists"]})
    assert re.findall(r'name="mail" value="(\w+)" checked', client.get("/account/").text) == [Reason.WORK]
    chosen = Choice.objects.get(user=an)
    assert (chosen.mailed, chosen.mailed_on, chosen.language) == (["work"], timezone.localdate(), "vi")


def test_ten_people_cost_the_asking_no_more_statements_than_they_are(django_assert_max_num_queries, monkeypatch, an):
    wants(an, *Reason.values)
    clock(monkeypatch, WEDNESDAY, 8)
    with django_assert_max_num_queries(8):
        jobs.ask_for_mails(0)
    assert connection.in_atomic_block
