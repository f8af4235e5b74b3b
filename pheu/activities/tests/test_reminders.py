"""«Nhắc hẹn»: told before work is due, in the browser and by mail, once, wherever the work goes (R1.35, R4.20)."""

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone
from playwright.sync_api import expect
from procrastinate.contrib.django.models import ProcrastinateJob

from pheu.activities import jobs
from pheu.activities.models import Activity, ActivityType, Reminder
from pheu.activities.reminding import Remind, coming, of_work, see, snooze
from pheu.activities.services import (
    Plan,
    call_off_activity,
    finish_activity,
    hand_over_work,
    log_activity,
    reschedule_activity,
    schedule_activity,
)
from pheu.conftest import nothing_changes
from pheu.core.errors import DomainError
from pheu.core.vietnamese.dates import show_datetime
from pheu.leads.services import create_lead
from pheu.records.acts import last_operation, operation
from pheu.records.locking import hold
from pheu.records.models import Operation
from pheu.timeline.archiving import archive
from pheu.timeline.undo import redo, undo

pytestmark = pytest.mark.django_db
BOTH = ("popup", "mail")


def work(lead, an, *, minutes=(15,), by=("popup",), due=timedelta(minutes=10), title="Gọi lại"):
    what = ActivityType.objects.all()[0]
    given = {"what": what, "due_at": timezone.now() + due, "assignee": an, "title": title}
    return schedule_activity(lead.record, **given, remind=Remind(minutes, by), by=an)


def titles(user):
    return [one.activity.title for one in coming(user)]


# Asking for it --------------------------------------------------------------------------------------------------------


def test_an_appointment_asks_how_long_before_and_how_one_is_told(client, an, lead):
    """R1.35: several moments, by pop-up, by mail, or both; a quarter of an hour by pop-up is proposed."""
    client.force_login(an)
    url = f"/r/{lead.pk}/activities/new/"
    page = client.get(url).text
    assert 'name="remind" value="15"' in page and 'name="remind_by" value="popup"' in page
    due = timezone.now() + timedelta(days=2)
    sent = {
        "what": ActivityType.objects.all()[0].pk, "due_at": show_datetime(due), "assignee": an.pk,
        "tells_of_reminders": "1", "remind": ["15", "1440"], "remind_by": list(BOTH),
    }  # fmt: skip
    assert client.post(url, sent).status_code == 302
    activity = Activity.objects.get()
    assert of_work(activity) == Remind((15, 1440), BOTH)
    assert sorted(one.at for one in activity.reminders.all()) == [
        activity.due_at - timedelta(days=1), activity.due_at - timedelta(minutes=15),
    ]  # fmt: skip


def test_a_moment_without_a_way_is_asked_about(client, an, lead):
    client.force_login(an)
    sent = {
        "what": ActivityType.objects.all()[0].pk, "due_at": show_datetime(timezone.now()), "assignee": an.pk,
        "tells_of_reminders": "1", "remind": ["15"],
    }  # fmt: skip
    with nothing_changes():
        assert client.post(f"/r/{lead.pk}/activities/new/", sent).status_code == 422


@pytest.mark.parametrize(
    "wrong",
    [
        Remind((-1,), BOTH), Remind((50_000,), BOTH), Remind((True,), BOTH), Remind(("5",), BOTH),
        Remind((1, 2, 3, 4, 5, 6), BOTH), Remind((5,), ("pigeon",)),
    ],
)  # fmt: skip
def test_what_cannot_be_reminded_of_is_refused(an, lead, wrong):
    with nothing_changes(), pytest.raises(DomainError):
        work(lead, an, minutes=wrong.minutes, by=wrong.by)


def test_another_time_shows_and_changes_what_there_is(client, an, lead):
    """Who sends no word of reminders leaves them as they are."""
    activity = work(lead, an, minutes=(15, 77), by=BOTH, due=timedelta(days=3))
    client.force_login(an)
    url = f"/activities/{activity.pk}/time/"
    page = client.get(url).text
    ticked = {one for one in re.findall(r'<input[^>]*name="remind"[^>]*>', page) if "checked" in one}
    assert {re.search(r'value="(\d+)"', one)[1] for one in ticked} == {"15", "77"}
    sent = {"due_at": show_datetime(activity.due_at)}
    client.post(url, sent)
    assert of_work(activity) == Remind((15, 77), BOTH)
    client.post(url, sent | {"tells_of_reminders": "1", "remind": ["77"], "remind_by": ["mail"]})
    assert of_work(activity) == Remind((77,), ("mail",))
    client.post(url, sent | {"tells_of_reminders": "1"})
    assert not Reminder.objects.exists()


# In the browser -------------------------------------------------------------------------------------------------------


def test_what_comes_soon_is_told_to_whoever_does_it(client, an, binh, lead):
    """What comes later, by mail alone, or was long ago, is not."""
    work(lead, an, title="Gọi")
    work(lead, an, title="Sau", due=timedelta(hours=5))
    work(lead, an, title="Thư", by=("mail",))
    old = work(lead, an, title="Xưa")
    Reminder.objects.filter(activity=old).update(at=timezone.now() - timedelta(days=2))
    soon = work(lead, an, title="Sắp", minutes=(5,), due=timedelta(minutes=12))
    assert titles(an) == ["Gọi", "Sắp"]
    assert titles(binh) == []
    client.force_login(an)
    page = client.get("/reminders/").text
    assert 'data-remind-in="0"' in page
    seconds = (soon.due_at - timedelta(minutes=5) - timezone.now()).total_seconds()
    [wait] = [int(one.split('"')[0]) for one in page.split('data-remind-in="')[1:] if not one.startswith("0")]
    assert 0 <= wait - seconds <= 120


@pytest.mark.parametrize("how", ["done", "called off", "archived", "handed over"])
def test_what_needs_no_doing_is_not_told(an, binh, lead, how):
    activity = work(lead, an)
    if how == "done":
        finish_activity(activity, by=an)
    elif how == "called off":
        call_off_activity(activity, by=an)
    elif how == "archived":
        archive([lead], by=binh)
    else:
        with operation("given", by=binh):
            hold(lead.pk)
            hand_over_work(an.pk, to=binh, by=binh, via="page", cause=None)
        assert titles(binh) == ["Gọi lại"]
    assert titles(an) == []


def test_one_reads_it_or_is_told_again(client, an, lead):
    """«Nhắc lại sau» and «Đã biết», each of one's own alone."""
    activity = work(lead, an)
    [one] = coming(an)
    client.force_login(an)
    for minutes in ("5", "60"):
        assert client.post(f"/reminders/{one.pk}/snooze/", {"minutes": minutes}).status_code == 302
        wait = Reminder.objects.get(pk=one.pk).at - timezone.now()
        assert timedelta(minutes=int(minutes) - 1) < wait <= timedelta(minutes=int(minutes))
    with nothing_changes(), pytest.raises(DomainError):
        snooze(one, 7, by=an)
    answer = client.post(f"/reminders/{one.pk}/seen/", headers={"HX-Request": "true"})
    assert (answer.status_code, "data-remind" in answer.text) == (200, False)
    assert titles(an) == []
    assert activity.reminders.get().seen_at is not None


def test_of_two_moments_that_have_come_one_tells_of_the_work_and_is_read_for_both(an, lead):
    work(lead, an, minutes=(15, 60))
    [one] = coming(an)
    assert one.minutes == 15
    see(one, by=an)
    assert coming(an) == []
    assert not Reminder.objects.filter(seen_at=None).exists()


def test_what_only_lasts_longer_stays_put_off(an, lead):
    """Dragging its lower edge shows nobody at once what they asked to be told of in an hour."""
    activity = work(lead, an)
    [one] = coming(an)
    snooze(one, 60, by=an)
    put_off = Reminder.objects.get().at
    reschedule_activity(activity, due_at=activity.due_at, lasts=90, by=an)
    assert Reminder.objects.get().at == put_off


def test_nobody_reads_for_another(client, an, binh, lead):
    work(lead, an)
    [one] = coming(an)
    client.force_login(binh)
    for way in ("seen", "snooze"):
        with nothing_changes():
            assert client.post(f"/reminders/{one.pk}/{way}/", {"minutes": "5"}).status_code == 404
    with nothing_changes():
        see(one, by=binh)
    assert titles(an) == ["Gọi lại"]


def test_what_is_moved_is_told_of_again_and_undoing_that_brings_back_what_was(an, lead):
    activity = work(lead, an, by=BOTH)
    [one] = coming(an)
    see(one, by=an)
    reschedule_activity(activity, due_at=activity.due_at + timedelta(days=1), by=an)
    moved = Reminder.objects.get()
    assert (moved.at, moved.seen_at) == (one.at + timedelta(days=1), None)
    undo(Operation.objects.get(pk=last_operation()), by=an)
    back = Reminder.objects.get()
    assert back.at == one.at and back.seen_at is not None


def test_what_is_taken_back_takes_its_reminders_along_and_brings_them_back(an, lead):
    """Those that came with it, and one that was added since."""
    what = ActivityType.objects.all()[0]
    then = Plan(what, timezone.now() + timedelta(days=1), an, remind=Remind((15,), BOTH))
    log_activity(lead.record, what=what, result="Không nghe máy", then=then, by=an)
    done = Operation.objects.get(pk=last_operation())
    planned = Activity.objects.open().get()
    reschedule_activity(planned, due_at=planned.due_at, remind=Remind((15, 60), BOTH), by=an)
    undo(done, by=an)
    assert not Activity.objects.exists() and not Reminder.objects.exists()
    redo(Operation.objects.get(pk=done.pk), by=an)
    assert of_work(Activity.objects.open().get()) == Remind((15, 60), BOTH)


# By mail --------------------------------------------------------------------------------------------------------------


@pytest.fixture
def sent(settings, an):
    """Letters stay here, and An has an address at which somebody is."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    settings.PHEU_BASE_URL = "https://crm.example.com"
    an.email = "an@example.com"
    an.save()
    return mail.outbox


def asked():
    """What the worker was asked to send, before whatever else waits."""
    jobs.ask_for_reminders(0)
    found = list(ProcrastinateJob.objects.filter(task_name=jobs.send_reminder.name).order_by("pk"))
    assert all(row.priority > 0 for row in found)
    return [row.args for row in found]


def test_a_mail_goes_out_once_at_its_moment(an, lead, sent):
    """R1.35: in words that a person understands, with the way there."""
    work(lead, an, by=("mail",), title="Gọi\nlại")
    work(lead, an, by=("mail",), due=timedelta(hours=3))
    [job] = asked()
    assert asked() == [job]  # asking once more finds nothing
    jobs.send_reminder(**job)
    [letter] = sent
    assert letter.to == ["an@example.com"]
    assert letter.subject.startswith("Nhắc hẹn: Gọi lại, ")
    assert f"https://crm.example.com/activities/{Activity.objects.order_by('pk')[0].pk}/" in letter.body
    jobs.send_reminder(**job)  # a worker that died in between: programs show one of the same name once
    assert len({one.extra_headers["Message-ID"] for one in sent}) == 1


def test_a_mail_that_was_put_off_has_a_name_of_its_own(an, lead, sent):
    activity = work(lead, an, by=BOTH)
    for _time in range(2):
        jobs.send_reminder(**asked()[-1])
        reschedule_activity(activity, due_at=activity.due_at + timedelta(days=1), by=an)
        Reminder.objects.update(at=timezone.now() - timedelta(seconds=1))
        activity.refresh_from_db()
    assert len({one.extra_headers["Message-ID"] for one in sent}) == 2


def test_no_mail_of_what_needs_no_doing_or_to_nobody(an, binh, lead, sent):
    """Done between asking and sending; and an address of a demo company."""
    activity = work(lead, an, by=("mail",))
    [job] = asked()
    finish_activity(activity, by=an)
    jobs.send_reminder(**job)
    assert sent == []
    theirs = create_lead({"name": "Trạm", "owner": binh}, by=binh)
    work(theirs, binh, by=("mail",))
    assert asked() == [job]


# A person -------------------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_a_reminder_shows_itself_over_any_page_at_its_moment(world):
    """R1.35: the one that comes in a moment shows without another request."""
    an = world.cast.an
    lead = create_lead({"company_name": "Xi măng Hòn Đá", "owner": an}, by=an)
    work(lead, an, title="Gọi lại")
    work(lead, an, title="Đi khảo sát", minutes=(5,), due=timedelta(minutes=13))
    page = world.enter(an, "/leads/")
    page.clock.install()
    page.reload()
    expect(page.locator(".reminder:visible")).to_have_text(re.compile("Gọi lại"))
    page.clock.fast_forward("09:00")
    expect(page.locator(".reminder:visible")).to_have_count(2)
    page.locator(".reminder", has_text="Đi khảo sát").get_by_role("button", name="1 giờ").click()
    expect(page.locator(".reminder")).to_have_count(1)
    page.get_by_role("button", name="Đã biết").click()
    expect(page.locator(".reminder")).to_have_count(0)
    page.goto(f"{world.url}/calendar/")
    expect(page.locator("#reminders:not(:popover-open)")).to_have_count(1)
