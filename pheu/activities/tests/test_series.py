"""«Lặp lại»: work that comes again is work of its own each time, made ahead; changed and ended one by one or from one
time on, and taken back (R1.29, R1.30)."""

from datetime import datetime, time, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from pheu.activities import events, jobs
from pheu.activities.models import Activity, ActivityType, Series
from pheu.activities.recurring import AHEAD, BEGINS_TODAY, MOST
from pheu.activities.reminding import Remind
from pheu.activities.repeating import Repeat
from pheu.activities.series import Reach, end_series, fill_series, move_series, to_fill
from pheu.activities.services import (
    Plan,
    call_off_activity,
    finish_activity,
    log_activity,
    reschedule_activity,
    resume_activity,
    schedule_activity,
)
from pheu.conftest import nothing_changes, told
from pheu.core.errors import Conflict, DomainError, Refused
from pheu.core.vietnamese.dates import show_date, show_datetime
from pheu.deals.conversion import Handover, convert_leads
from pheu.deals.undoing import undo_conversion
from pheu.people.profile import working_weekdays
from pheu.records.acts import last_operation
from pheu.records.models import Operation
from pheu.records.moments import midnight
from pheu.setup import staffing
from pheu.timeline.archiving import archive, restore
from pheu.timeline.undo import redo, undo

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
WEEKLY = Repeat("week", 1, (0, 3))


def today():
    return timezone.localdate()


def monday():
    """The first one from tomorrow on."""
    return today() + timedelta(days=7 - today().weekday())


def at(day, hour=9):
    return timezone.make_aware(datetime.combine(day, time(hour)))


def repeated(lead, an, repeat=WEEKLY, *, begins=None, **more):
    what = ActivityType.objects.get(name="Gọi điện")
    given = {"what": what, "due_at": at(begins or monday()), "assignee": an, "title": "Gọi lại", **more}
    return schedule_activity(lead.record, **given, repeat=repeat, by=an)


def times():
    """What is open, as «days from the first Monday, hour»."""
    rows = Activity.objects.planned().order_by("due_at")
    local = [timezone.localtime(one.due_at) for one in rows]
    return [((one.date() - monday()).days, one.hour) for one in local]


def nth(number):
    return Activity.objects.planned().order_by("due_at")[number]


def last():
    return Operation.objects.get(pk=last_operation())


# Making it ------------------------------------------------------------------------------------------------------------


def test_a_form_plans_work_that_comes_again(client, an, lead):
    """Each time stands in the calendar; history, panel and toast say the rule in words, once."""
    client.force_login(an)
    sent = {
        "what": ActivityType.objects.get(name="Gọi điện").pk, "due_at": show_datetime(at(monday())), "assignee": an.pk,
        "title": "Gọi lại", "repeat": "week", "repeat_days": ["0", "3"], "remind": ["15"], "remind_by": ["popup"],
        "tells_of_reminders": "1", "repeat_until": show_date(monday() + timedelta(days=21)),
    }  # fmt: skip
    answer = client.post(f"/r/{lead.pk}/activities/new/", sent, follow=True).text
    assert times() == [(0, 9), (3, 9), (7, 9), (10, 9), (14, 9), (17, 9), (21, 9)]
    words = f"mỗi thứ hai và thứ năm, đến {show_date(monday() + timedelta(days=21))}"
    assert answer.lower().count(words.lower()) == 3  # toast, panel, timeline
    series = Series.objects.get()
    assert (series.is_over, str(series)) == (True, words)
    assert [one.reminders.get().minutes for one in series.activities.all()] == [15] * 7
    lead.record.refresh_from_db()
    assert lead.record.next_activity_at == at(monday())
    assert told(events.SCHEDULED, about=lead).facts["rule"] == series.rule


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"repeat": "century"}, "repeat"),
        ({"repeat": "day", "repeat_every": "0"}, "repeat_every"),
        ({"repeat": "day", "repeat_every": "1000000000"}, "repeat_every"),
        ({"repeat": "day", "repeat_times": "0"}, "repeat_times"),
        ({"repeat": "week", "repeat_days": ["8"]}, "repeat_days"),
        ({"repeat": "day", "repeat_until": "01/01/2020"}, "repeat_until"),
        ({"repeat": "day", "repeat_until": "31/12/2199", "repeat_times": "3"}, "repeat_times"),
        ({"repeat": "day", "due_at": "01/01/2020 09:00"}, "due_at"),
    ],
)  # fmt: skip
def test_what_cannot_repeat_is_said_beside_the_field(client, an, lead, sent, field):
    client.force_login(an)
    usual = {"what": ActivityType.objects.all()[0].pk, "due_at": show_datetime(at(monday())), "assignee": an.pk}
    with nothing_changes():
        answer = client.post(f"/r/{lead.pk}/activities/new/", usual | sent)
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, [field])


def test_every_day_of_work_means_the_days_on_which_the_company_works(client, an, lead):
    client.force_login(an)
    usual = {"what": ActivityType.objects.all()[0].pk, "due_at": show_datetime(at(monday())), "assignee": an.pk}
    client.post(f"/r/{lead.pk}/activities/new/", usual | {"repeat": "work"})
    assert {one.occurs_on.weekday() for one in Activity.objects.all()} == set(working_weekdays()) != set(range(7))


@pytest.mark.parametrize(
    ("repeat", "begins", "most"),
    [
        (Repeat("day"), 0, MOST),
        (Repeat("day"), 1, 60),
        (Repeat("month"), 0, 2),
        (Repeat("year"), 200, 1),  # far beyond what is made ahead: the first time all the same
        (Repeat("day", times=3), 0, 3),
    ],
)
def test_so_much_is_made_ahead(lead, an, repeat, begins, most):
    repeated(lead, an, repeat, begins=today() + begins * DAY)
    assert 1 <= Activity.objects.count() <= most
    assert Series.objects.get().is_over == bool(repeat.times)


@pytest.mark.parametrize(
    "repeat", [Repeat("day", 0), Repeat("day", 10**9), Repeat("day", until=today() - DAY), "FREQ=SECONDLY"]
)
def test_the_act_refuses_what_never_ends_or_never_comes(lead, an, repeat):
    with nothing_changes(), pytest.raises(DomainError):
        repeated(lead, an, repeat, begins=today())


def test_nothing_is_made_for_days_that_are_over(lead, an):
    with nothing_changes(), pytest.raises(DomainError, match=str(BEGINS_TODAY)):
        repeated(lead, an, Repeat("day"), begins=today() - DAY)


def test_who_may_not_change_the_record_repeats_nothing_on_it(lead, an, giang):
    with nothing_changes(), pytest.raises(Refused):
        schedule_activity(
            lead.record, what=ActivityType.objects.all()[0], due_at=at(monday()), assignee=an, repeat=WEEKLY, by=giang
        )


def test_planning_costs_as_many_statements_for_sixty_times_as_for_one(lead, an):
    counts = []
    for repeat in (Repeat("day", times=1), Repeat("day")):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            repeated(lead, an, repeat, remind=Remind((15, 60), ("popup",)))
        counts.append(len(queries))
    assert counts[1] <= counts[0] + 1


# What comes next ------------------------------------------------------------------------------------------------------


def later(monkeypatch, days):
    now = timezone.now() + days * DAY
    monkeypatch.setattr(timezone, "now", lambda: now)


def test_the_job_of_the_day_makes_what_comes_next_once(lead, an, monkeypatch):
    repeated(lead, an)
    before = set(Activity.objects.values_list("occurs_on", flat=True))
    later(monkeypatch, 30)
    for _again in range(2):
        jobs.make_repeated_work(timestamp=0)
        for job in ProcrastinateJob.objects.filter(task_name="pheu.activities.jobs.make_next_of_series"):
            jobs.make_next_of_series(**job.args)
    after = list(Activity.objects.order_by("occurs_on").values_list("occurs_on", flat=True))
    assert before < set(after) and len(after) == len(set(after))
    assert max(after) <= today() + AHEAD < max(after) + 7 * DAY
    assert not to_fill().exists()


def test_a_day_of_a_series_is_there_once(lead, an):
    first = repeated(lead, an)
    with transaction.atomic(), pytest.raises(IntegrityError):
        Activity.objects.bulk_create([
            Activity(
                record=lead.record, type=first.type, due_at=first.due_at, assignee=an, created_by=an,
                series=first.series, occurs_on=first.occurs_on,
            )
        ])  # fmt: skip


def test_what_was_done_called_off_or_moved_is_never_made_again(lead, an, monkeypatch):
    repeated(lead, an, Repeat("day"))
    done, off, moved = nth(1), nth(2), nth(3)
    finish_activity(done, by=an)
    call_off_activity(off, by=an)
    reschedule_activity(moved, due_at=at(monday() + 30 * DAY, 15), by=an)
    days = list(Activity.objects.values_list("occurs_on", flat=True))
    Series.objects.update(made_to=today())
    fill_series(Series.objects.get().pk)
    assert sorted(Activity.objects.values_list("occurs_on", flat=True)) == sorted(days)


def test_a_job_that_was_away_makes_nothing_for_the_days_between(lead, an, monkeypatch):
    repeated(lead, an, Repeat("day"))
    later(monkeypatch, 200)
    fill_series(Series.objects.get().pk)
    late = Activity.objects.filter(occurs_on__gt=today() - 100 * DAY).order_by("occurs_on")
    assert late[0].occurs_on == today()
    assert late.count() <= MOST


def test_what_comes_once_a_year_is_there_a_year_ahead(lead, an, monkeypatch):
    first = repeated(lead, an, Repeat("year"))
    later(monkeypatch, 30)
    fill_series(first.series_id)
    assert Activity.objects.count() == 2
    assert fill_series(first.series_id) == 0


def test_a_series_waits_with_its_record_and_its_person(lead, an, binh, dung):
    """What is archived makes nothing more; whoever takes over from somebody who leaves has what comes too."""
    repeated(lead, an)
    Series.objects.update(made_to=today())
    archive([lead], by=dung)
    assert not to_fill().exists()
    restore([lead], by=dung)
    assert to_fill().count() == 1
    staffing.leave(an.pk, heir=binh, by=dung)
    assert Series.objects.get().assignee == binh
    assert set(Activity.objects.values_list("assignee", flat=True)) == {binh.pk}


def test_a_series_of_somebody_who_has_left_makes_nothing(lead, an):
    repeated(lead, an)
    Series.objects.update(made_to=today())
    an.is_active = False
    an.save()
    assert not to_fill().exists()
    assert fill_series(Series.objects.get().pk) == 0


def test_a_series_follows_its_lead_into_the_deal(lead, an):
    repeated(lead, an)
    (deal,) = convert_leads([lead], Handover(owner=an), by=an)
    assert Series.objects.get().record_id == deal.pk
    assert set(Activity.objects.values_list("record", flat=True)) == {deal.pk}
    undo_conversion(lead, by=an)
    assert Series.objects.get().record_id == lead.pk
    assert set(Activity.objects.values_list("record", flat=True)) == {lead.pk}


# Changing it ----------------------------------------------------------------------------------------------------------


def move(client, activity, **sent):
    usual = {"due_at": show_datetime(activity.due_at)}
    return client.post(f"/activities/{activity.pk}/time/", usual | sent, headers={"HX-Request": "true"})


def test_a_change_is_about_one_time_unless_somebody_says_otherwise(client, an, lead):
    """What is dragged sends only its moment."""
    repeated(lead, an)
    client.force_login(an)
    page = client.get(f"/activities/{nth(1).pk}/time/").text
    assert 'name="reach" value="one"' in page and "Mỗi thứ hai và thứ năm" in page
    move(client, nth(1), due_at=show_datetime(at(monday() + 4 * DAY, 14)))
    assert times()[:4] == [(0, 9), (4, 14), (7, 9), (10, 9)]
    assert Activity.objects.filter(is_apart=True).count() == 1
    undo(last(), by=an)
    assert times()[:3] == [(0, 9), (3, 9), (7, 9)]
    assert not Activity.objects.filter(is_apart=True).exists()


def test_this_one_and_those_after_it_are_moved_with_their_days(client, an, lead):
    repeated(lead, an, remind=Remind((15,), ("popup",)))
    client.force_login(an)
    second = nth(1)
    sent = {"reach": "following", "repeat": "week", "repeat_every": "1", "repeat_days": ["0", "3"]}
    answer = move(client, second, due_at=show_datetime(at(monday() + 4 * DAY, 14)), **sent)
    assert "undo" in answer.headers["HX-Trigger"]
    assert times()[:5] == [(0, 9), (4, 14), (8, 14), (11, 14), (15, 14)]
    before, after = Series.objects.order_by("pk")
    assert str(before) == f"mỗi thứ hai và thứ năm, đến {show_date(monday() + 2 * DAY)}"
    assert str(after) == "mỗi thứ ba và thứ sáu"
    assert before.is_over and not after.is_over
    assert all(one.reminders.get().at == one.due_at - timedelta(minutes=15) for one in after.activities.all())
    assert told(events.SERIES_MOVED, about=lead).facts["rule"] == after.rule


def test_all_that_is_to_be_done_is_moved_but_what_was_done_or_moved_stays(an, lead):
    repeated(lead, an, Repeat("day"))
    done, apart, off = nth(0), nth(2), nth(3)
    finish_activity(done, by=an)
    reschedule_activity(apart, due_at=at(monday() + 2 * DAY, 17), by=an)
    call_off_activity(off, by=an)
    move_series(nth(2), reach=Reach.ALL, due_at=at(monday() + 4 * DAY, 11), by=an)
    assert times()[:4] == [(1, 11), (2, 17), (4, 11), (5, 11)]
    done.refresh_from_db()
    assert done.done_at is not None
    # And once more: the days that were left out are still left out, moved along.
    move_series(nth(0), reach=Reach.ALL, due_at=at(monday() + 2 * DAY, 12), by=an)
    assert times()[:4] == [(2, 12), (2, 17), (5, 12), (6, 12)]


def test_so_many_times_stay_so_many(an, lead):
    repeated(lead, an, Repeat("day", times=5))
    move_series(nth(2), reach=Reach.FOLLOWING, due_at=at(monday() + 2 * DAY, 11), by=an)
    assert times() == [(0, 9), (1, 9), (2, 11), (3, 11), (4, 11)]
    assert Repeat.read(Series.objects.latest("pk").rule).times == 3


def test_the_end_of_the_month_stays_one(an, lead):
    """What is changed in February is on the 31st again in March."""
    first = today().replace(day=1)
    while (first.month, first.day) != (12, 31):
        first += DAY
    repeated(lead, an, Repeat("month"), begins=first)
    move_series(nth(0), reach=Reach.FOLLOWING, due_at=at(first, 10), by=an)
    assert Series.objects.latest("pk").rule == "FREQ=MONTHLY;BYMONTHDAY=28,29,30,31;BYSETPOS=-1"


def test_it_comes_again_in_another_way_from_one_time_on(client, an, lead):
    repeated(lead, an)
    client.force_login(an)
    move(client, nth(1), reach="following", repeat="week", repeat_every="2", repeat_days=["3"])
    assert times()[:3] == [(0, 9), (3, 9), (17, 9)]
    assert str(Series.objects.latest("pk")) == "2 tuần một lần vào thứ năm"


def test_what_cannot_be_is_refused_and_nothing_changes(an, lead, chi, giang):
    first = repeated(lead, an)
    ways = [
        (DomainError, {"due_at": at(today() - DAY)}),
        (DomainError, {"due_at": at(monday()), "lasts": -1}),
        (DomainError, {"due_at": at(monday()), "repeat": Repeat("day", 0)}),
        (DomainError, {"due_at": at(monday()), "repeat": Repeat("day", until=today() - DAY)}),
        (DomainError, {"due_at": at(monday()), "remind": Remind((-1,), ("popup",))}),
        (Refused, {"due_at": at(monday()), "by": chi}),
        (Refused, {"due_at": at(monday()), "by": giang}),
    ]
    for error, given in ways:
        with nothing_changes(), pytest.raises(error), transaction.atomic():
            move_series(first, reach=Reach.ALL, **{"by": an, **given})
    alone = schedule_activity(lead.record, what=first.type, due_at=at(monday()), assignee=an, by=an)
    with nothing_changes(), pytest.raises(DomainError):
        move_series(alone, reach=Reach.ALL, due_at=at(monday()), by=an)
    with nothing_changes(), pytest.raises(DomainError):
        end_series(alone, reach=Reach.ALL, by=an)


def test_who_looks_at_what_was_moved_meanwhile_is_told(client, an, lead):
    repeated(lead, an)
    old = nth(1)
    move_series(nth(0), reach=Reach.ALL, due_at=at(monday(), 11), by=an)
    for act in (finish_activity, call_off_activity):
        with pytest.raises(Conflict):
            act(old, by=an)


# Ending it ------------------------------------------------------------------------------------------------------------


def test_calling_off_asks_how_far_it_goes(client, an, lead):
    repeated(lead, an)
    client.force_login(an)
    panel = client.get(lead.get_absolute_url()).text
    assert f"/activities/{nth(0).pk}/ending/" in panel and "/calling-off/" not in panel
    page = client.get(f"/activities/{nth(1).pk}/ending/").text
    assert "Chỉ việc này" in page and "Việc này và các việc sau" in page and "Tất cả các việc chưa làm" in page
    client.post(f"/activities/{nth(1).pk}/ending/", {"reach": "one"})
    assert times()[:2] == [(0, 9), (7, 9)]
    assert not Series.objects.get().is_over
    client.post(f"/activities/{nth(1).pk}/ending/", {"reach": "following"})
    assert times() == [(0, 9)]
    series = Series.objects.get()
    assert (series.is_over, str(series)) == (True, f"mỗi thứ hai và thứ năm, đến {show_date(monday() + 6 * DAY)}")
    assert told(events.SERIES_ENDED, about=lead).facts["title"] == "Gọi lại"
    assert client.post(f"/activities/{nth(0).pk}/ending/", {"reach": "never"}).status_code == 422


def test_all_are_called_off_and_come_back(an, lead):
    repeated(lead, an)
    reschedule_activity(nth(1), due_at=at(monday() + 5 * DAY), by=an)
    before = times()
    end_series(nth(2), reach=Reach.ALL, by=an)
    ending = last()
    assert times() == [(5, 9)]  # which somebody had moved by itself
    assert fill_series(Series.objects.get().pk) == 0
    undo(ending, by=an)
    assert times() == before
    assert not Series.objects.get().is_over


# Taking it back -------------------------------------------------------------------------------------------------------


def test_planning_is_taken_back_and_done_again(client, an, lead):
    client.force_login(an)
    usual = {"what": ActivityType.objects.all()[0].pk, "due_at": show_datetime(at(monday())), "assignee": an.pk}
    sent = usual | {"repeat": "day", "remind": ["15"], "remind_by": ["popup"], "tells_of_reminders": "1"}
    answer = client.post(f"/r/{lead.pk}/activities/new/", sent, headers={"HX-Request": "true"})
    assert "undo" in answer.headers["HX-Trigger"]
    planning, many = last(), Activity.objects.count()
    undo(planning, by=an)
    assert (Activity.objects.count(), Series.objects.count()) == (0, 0)
    lead.record.refresh_from_db()
    assert lead.record.next_activity_at is None
    planning.refresh_from_db()
    redo(planning, by=an)
    assert (Activity.objects.count(), Series.objects.count()) == (many, 1)


def test_what_the_job_made_since_goes_with_what_it_was_made_of(an, lead, monkeypatch):
    repeated(lead, an)
    planning = last()
    move_series(nth(1), reach=Reach.FOLLOWING, due_at=at(monday() + 4 * DAY, 14), by=an)
    moving = last()
    later(monkeypatch, 0)
    Series.objects.filter(is_over=False).update(made_to=today())
    with monkeypatch.context() as patch:
        now = timezone.now() + 20 * DAY
        patch.setattr(timezone, "now", lambda: now)
        assert fill_series(Series.objects.latest("pk").pk)
    undo(moving, by=an)
    assert times()[:3] == [(0, 9), (3, 9), (7, 9)]
    assert Series.objects.count() == 1
    undo(planning, by=an)
    assert not Activity.objects.exists()


@pytest.mark.parametrize("what", ["finished", "called off", "moved", "moved with the rest"])
def test_what_was_worked_on_since_is_not_taken_away(an, lead, what):
    repeated(lead, an)
    planning = last()
    move_series(nth(1), reach=Reach.FOLLOWING, due_at=at(monday() + 3 * DAY, 10), by=an)
    moving = last()
    {
        "finished": lambda: finish_activity(nth(2), by=an),
        "called off": lambda: call_off_activity(nth(2), by=an),
        "moved": lambda: reschedule_activity(nth(2), due_at=at(monday() + 8 * DAY), by=an),
        "moved with the rest": lambda: move_series(nth(2), reach=Reach.ALL, due_at=at(monday() + 7 * DAY, 8), by=an),
    }[what]()
    for operation in (planning, moving):
        with nothing_changes(), pytest.raises(DomainError):
            undo(operation, by=an)


def test_noting_a_call_that_repeats_what_comes_next_is_taken_back(an, lead):
    call = ActivityType.objects.get(name="Gọi điện")
    log_activity(lead.record, what=call, result="Đã gọi", then=Plan(call, at(monday()), an, repeat=WEEKLY), by=an)
    undo(last(), by=an)
    assert not Activity.objects.exists()


def test_one_time_comes_back_by_itself(an, lead):
    repeated(lead, an)
    before, off = times(), nth(1)
    call_off_activity(off, by=an)
    resume_activity(off, by=an)
    assert times() == before


# Seeing it ------------------------------------------------------------------------------------------------------------


def test_lists_show_the_next_time_and_the_calendar_every_one(client, an, lead):
    """A daily call does not bury what else is to be done; what is overdue is shown all the same."""
    repeated(lead, an, Repeat("day"), begins=today() + DAY)
    client.force_login(an)
    panel = client.get(lead.get_absolute_url()).text
    assert panel.count("/result/") == 1
    listed = client.get("/calendar/?view=list").text
    assert listed.count("Gọi lại") == 1 and "#repeat" in listed
    week = client.get(f"/calendar/?on={today() + 7 * DAY}").text
    assert week.count('<span class="entry-text">Gọi lại') == 7
    for late in (nth(0), nth(1)):
        reschedule_activity(late, due_at=timezone.now() - DAY, by=an)
    assert client.get("/calendar/?view=list").text.count("Gọi lại") == 3


def test_a_page_of_one_says_how_it_comes_again(client, an, lead):
    first = repeated(lead, an)
    client.force_login(an)
    assert "Mỗi thứ hai và thứ năm" in client.get(f"/activities/{first.pk}/").text


def test_pages_cost_the_same_however_often_it_comes(client, an, lead, django_assert_max_num_queries):
    client.force_login(an)
    repeated(lead, an, Repeat("day", times=1))
    client.get(lead.get_absolute_url())
    counts = {}
    for url in (lead.get_absolute_url(), "/calendar/?view=list", f"/calendar/?view=month&on={monday()}"):
        with CaptureQueriesContext(connection) as queries:
            client.get(url)
        counts[url] = len(queries)
    repeated(lead, an, Repeat("day"))
    for url, before in counts.items():
        with django_assert_max_num_queries(before):
            client.get(url)


def test_what_is_repeated_still_starts_on_a_day_of_the_calendar(lead, an):
    """Whole days stay whole: a midnight."""
    first = schedule_activity(
        lead.record, what=ActivityType.objects.all()[0], due_at=midnight(monday()), assignee=an, lasts=1440,
        repeat=Repeat("week", 1, (0,)), by=an,
    )  # fmt: skip
    assert {timezone.localtime(one.due_at).hour for one in first.series.activities.all()} == {0}
    assert {one.lasts for one in first.series.activities.all()} == {1440}
