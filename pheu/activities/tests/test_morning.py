"""The day in the mail of the morning: what is for today, what is overdue, once, for who wants it (R1.35, R4.20)."""

import re
from datetime import date, datetime, time, timedelta

import pytest
from django.core import mail
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from pheu.activities.models import ActivityType
from pheu.activities.panels import work_of_day
from pheu.activities.services import call_off_activity, finish_activity, schedule_activity, tell_overdue
from pheu.activities.spans import DAY, HOUR
from pheu.core import shape
from pheu.leads.services import create_lead
from pheu.notifications import jobs
from pheu.notifications.models import Choice, Notification, Reason
from pheu.notifications.services import choose
from pheu.people.models import Holiday, User
from pheu.timeline.archiving import archive
from pheu.timeline.services import add_note, assign

pytestmark = pytest.mark.django_db
MINE = "work_of_day"
WEDNESDAY = date(2026, 12, 2)


@pytest.fixture(autouse=True)
def sent(settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    settings.PHEU_BASE_URL = "https://crm.example.com"
    return mail.outbox


@pytest.fixture
def an(an):
    """With an address at which somebody is, and who wants that mail since some days."""
    an.email = "an@example.com"
    an.save()
    wants(an, MINE)
    return an


def wants(person: User, *codes: str, language: str = "vi") -> None:
    choose(person, Reason.values, codes, language=language)
    Choice.objects.filter(user=person).update(mailed_on=date(2026, 11, 1))


def clock(monkeypatch, day: date, hour: int = 8) -> None:
    now = timezone.make_aware(datetime.combine(day, time(hour)))
    monkeypatch.setattr(timezone, "now", lambda: now)


def orders() -> list[dict]:
    rows = ProcrastinateJob.objects.filter(task_name=jobs.send_mail_of_day.name).order_by("pk")
    return [row.args for row in rows]


def morning(monkeypatch, day: date = WEDNESDAY, hour: int = 8) -> list[dict]:
    """What the worker does at that hour, from asking to sending; returned is what was asked for."""
    before = len(orders())
    clock(monkeypatch, day, hour)
    jobs.ask_for_mails(0)
    fresh = orders()[before:]
    for one in fresh:
        jobs.send_mail_of_day(**one)
    return fresh


def work(lead, who, title: str, *, hours: int = 0, days: int = 0, lasts: int = 0, by=None):
    """Planned so far from the beginning of Wednesday."""
    at = timezone.make_aware(datetime.combine(WEDNESDAY, time(0))) + timedelta(days=days, hours=hours)
    what = ActivityType.objects.all()[0]
    given = {"what": what, "due_at": at, "assignee": who, "title": title, "lasts": lasts}
    return schedule_activity(lead.record, **given, by=by or who)


def order_of(letter, *titles: str) -> list[str]:
    """Those of the titles that the letter holds, as they follow."""
    return re.findall("|".join(map(re.escape, titles)), letter.body)


def test_what_is_for_today_by_time_and_what_is_overdue_the_oldest_first(monkeypatch, sent, lead, an):
    afternoon, first = work(lead, an, "Chiều", hours=15), work(lead, an, "Sáng", hours=9)
    work(lead, an, "Ba hôm", days=-3, hours=9)
    work(lead, an, "Tháng trước", days=-30, hours=9)
    work(lead, an, "Ngày mai", days=1, hours=9)
    morning(monkeypatch)
    [letter] = sent
    named = ("Sáng", "Chiều", "Tháng trước", "Ba hôm", "Ngày mai")
    assert order_of(letter, *named) == ["Sáng", "Chiều", "Tháng trước", "Ba hôm"]
    assert letter.to == ["an@example.com"]
    [(page, kind)] = letter.alternatives
    assert kind == "text/html"
    for words in (letter.body, page):
        for one in (afternoon, first):
            assert f"https://crm.example.com/activities/{one.pk}/" in words
        assert "15:00" in words and "09:00" in words
        assert str(lead) in words and lead.number in words
        assert not re.search(r'(href="|: )/', words)  # every address is whole


def test_whole_days_and_what_goes_on_are_for_today_and_not_overdue(monkeypatch, sent, lead, an):
    """A day alone is its midnight, which is over when the mail goes out."""
    wants(an, MINE, language="en")
    work(lead, an, "Trong ngày")
    work(lead, an, "Hội chợ", days=-1, lasts=3 * DAY)
    work(lead, an, "Đã tàn", days=-2, lasts=2 * DAY)
    morning(monkeypatch)
    [letter] = sent
    for_today, overdue = letter.body.split("Overdue\n")
    assert order_of(letter, "Trong ngày", "Hội chợ", "Đã tàn") == ["Hội chợ", "Trong ngày", "Đã tàn"]
    assert "Đã tàn" in overdue and "Đã tàn" not in for_today
    assert "2 pieces of work today" in letter.subject and "1 overdue" in letter.subject
    assert "All day" in for_today


def test_nothing_due_and_nothing_overdue_is_no_mail(monkeypatch, sent, lead, an, dung):
    """Neither what is done or called off, nor what waits on a record in the bin, nor the work of others."""
    finish_activity(work(lead, an, "Xong", hours=9), result="Đã gọi", by=an)
    call_off_activity(work(lead, an, "Thôi", hours=9), by=an)
    work(lead, an, "Mai", days=1, hours=9)
    work(lead, dung, "Của Dung", hours=9)
    binned = create_lead({"company_name": "Vào thùng", "owner": an}, by=dung)
    work(binned, an, "Trong thùng", hours=9)
    archive([binned], by=dung)
    assert len(morning(monkeypatch)) == 1
    assert sent == []


def test_nobody_who_did_not_choose_it_gets_it(monkeypatch, sent, lead, an):
    wants(an, Reason.MENTION)
    work(lead, an, "Sáng", hours=9)
    morning(monkeypatch)
    wants(an)
    morning(monkeypatch, WEDNESDAY + timedelta(days=1))
    assert sent == []


def test_twenty_of_each_and_how_many_more(monkeypatch, sent, lead, an):
    for nth in range(22):
        work(lead, an, f"Cũ {nth:02}", days=-30 + nth, hours=9)
    for nth in range(21):
        work(lead, an, f"Nay {nth:02}", hours=9 + nth // 4)
    wants(an, MINE, language="en")
    morning(monkeypatch)
    [letter] = sent
    assert len(re.findall("Cũ ", letter.body)) == len(re.findall("Nay ", letter.body)) == 20
    assert "Cũ 00" in letter.body and "Cũ 21" not in letter.body
    assert "And 1 more piece of work." in letter.body and "And 2 more pieces of work." in letter.body
    assert "22 overdue" in letter.subject


def test_a_record_that_the_reader_may_not_see_is_not_named(monkeypatch, sent, an, chi, dung):
    """Work stays with whoever has to do it, also where its record is somebody else's by now (design 3)."""
    User.objects.filter(pk=chi.pk).update(email="chi@example.com")
    wants(chi, MINE)
    kept, gone = (create_lead({"company_name": name, "owner": chi}, by=dung) for name in ("Hòn Đá", "Sông Con"))
    for one in (kept, gone):
        work(one, chi, f"Gọi {one.number}", hours=9)
    assign([gone], owner=an, team=an.teams.get(), by=dung)
    morning(monkeypatch)
    [letter] = sent
    for words in (letter.body, letter.alternatives[0][0]):
        assert "Hòn Đá" in words and "Sông Con" not in words
        assert f"Gọi {gone.number}" in words


def test_once_a_day_on_days_of_work(monkeypatch, sent, lead, an):
    work(lead, an, "Cũ", days=-10, hours=9)
    Holiday.objects.create(day=WEDNESDAY, name="Nghỉ")
    shape.changed()
    assert morning(monkeypatch) == []
    thursday = WEDNESDAY + timedelta(days=1)
    assert morning(monkeypatch, thursday, hour=7) == []
    assert len(morning(monkeypatch, thursday)) == 1
    assert morning(monkeypatch, thursday, hour=15) == []
    assert len(morning(monkeypatch, thursday + timedelta(days=1))) == 1
    assert morning(monkeypatch, WEDNESDAY + timedelta(days=4)) == []  # a Sunday
    names = {letter.extra_headers["Message-ID"] for letter in sent}
    assert len(sent) == len(names) == 2  # also where no news came between them


def test_a_job_that_runs_again_sends_nothing_and_one_that_failed_sends_the_same(monkeypatch, sent, lead, an):
    """The row that says it was told is written with the sending: killed before that leaves no trace of either."""
    work(lead, an, "Sáng", hours=9)
    monkeypatch.setattr("django.core.mail.backends.locmem.EmailBackend.send_messages", _no_server)
    with pytest.raises(ConnectionRefusedError):
        morning(monkeypatch)
    monkeypatch.undo()
    clock(monkeypatch, WEDNESDAY, 9)
    mail.outbox = sent
    [order] = orders()
    assert Choice.objects.get(user=an).told_on is None
    for _again in range(2):
        jobs.send_mail_of_day(**order)
    [letter] = sent
    newest = Notification.objects.order_by("pk").last()
    name = f"news-{an.pk}-{newest.pk if newest else 0}-20261202"
    assert letter.extra_headers["Message-ID"] == f"<{name}@crm.example.com>"


def _no_server(*_args) -> int:
    raise ConnectionRefusedError


def test_a_job_of_yesterday_tells_nothing_of_a_day_that_is_over(monkeypatch, sent, lead, an):
    work(lead, an, "Sáng", hours=9)
    clock(monkeypatch, WEDNESDAY)
    jobs.ask_for_mails(0)
    [order] = orders()
    clock(monkeypatch, WEDNESDAY + timedelta(days=1))
    jobs.send_mail_of_day(**order)
    jobs.send_mail_of_day(user_id=an.pk, up_to=0)  # asked for before days were told
    assert sent == []


def test_news_come_in_the_same_mail_and_overdue_work_is_told_once_in_it(monkeypatch, sent, lead, an, binh):
    wants(an, MINE, Reason.MENTION, Reason.OVERDUE, language="en")
    clock(monkeypatch, WEDNESDAY - timedelta(days=1), 17)
    work(lead, an, "Hôm qua", days=-1, hours=9, by=binh)
    assert tell_overdue() == 1
    add_note(lead.record, body="@Nguyễn Hoài An xem nhé", by=binh)
    morning(monkeypatch)
    [letter] = sent
    assert letter.subject == "1 overdue, 1 piece of news in Phễu"
    assert letter.body.count("Hôm qua") == 1
    assert letter.body.index("Hôm qua") < letter.body.index("xem nhé")
    assert not Notification.objects.filter(mailed_at=None, receiver=an, reason=Reason.OVERDUE).exists()


def test_what_people_typed_stays_words(monkeypatch, sent, lead, an):
    work(lead, an, "<b>đậm</b>\nBcc: ai@example.com", hours=9)
    morning(monkeypatch)
    [letter] = sent
    assert "<b>đậm</b> Bcc: ai@example.com" in letter.body
    assert "<b>" not in letter.alternatives[0][0]


def test_each_person_chooses_it_in_their_account(client, an):
    client.force_login(an)
    assert MINE in re.findall(r'name="mail" value="(\w+)" checked', client.get("/account/").text)
    client.post("/notifications/choices/", {"reason": ["mention"], "mail": ["work"]})
    assert MINE not in Choice.objects.get(user=an).mailed
    client.post("/notifications/choices/", {"reason": ["mention"], "mail": [MINE, "nothing that exists"]})
    assert Choice.objects.get(user=an).mailed == [MINE]


def test_gathering_a_day_asks_the_same_however_much_there_is(django_assert_num_queries, monkeypatch, lead, an):
    an = User.objects.with_rights().get(pk=an.pk)
    clock(monkeypatch, WEDNESDAY)
    for nth in range(12):
        work(lead, an, f"Cũ {nth}", days=-nth, hours=9, lasts=HOUR)
    with django_assert_num_queries(4):
        assert len(work_of_day(an)) == 2
