"""«Lịch làm việc» by week and by month: what stands where, whose it is, and what a place in it opens."""

import json
import re
from collections import Counter
from datetime import date, timedelta
from random import Random

import pytest
from django.utils import timezone

from pheu.activities.calendar import Look, grid_of
from pheu.activities.events import RESCHEDULED
from pheu.activities.models import Activity, ActivityType
from pheu.activities.services import finish_activity, reschedule_activity, schedule_activity
from pheu.activities.spans import show_span
from pheu.conftest import nothing_changes, told
from pheu.core import shape
from pheu.core.errors import DomainError
from pheu.leads.services import create_lead
from pheu.people.models import WEEK, Holiday, Profile
from pheu.records.models import Operation
from pheu.records.moments import midnight
from pheu.timeline.undo import undo

WEDNESDAY = date(2031, 6, 11)


def at(day=WEDNESDAY, hour=9, minute=0):
    return midnight(day) + timedelta(hours=hour, minutes=minute)


def plan(record, who, title, due_at, *, by=None, lasts=0):
    what = ActivityType.objects.get(name="Gọi điện")
    return schedule_activity(record, what=what, due_at=due_at, lasts=lasts, assignee=who, title=title, by=by or who)


def cells(page: str) -> dict[str, str]:
    """The text of each row of a week by its head."""
    rows = re.findall(r'<tr[^>]*><th scope="row"[^>]*>(.*?)</th>(.*?)</tr>', page, re.S)
    return dict(rows)


def test_work_stands_in_the_week_at_its_day_and_hour(client, an, lead):
    """R1.29: the day's work in «Lịch làm việc»; what has no hour stands on top, odd hours make the day longer."""
    plan(lead.record, an, "Gọi sáng", at(hour=9, minute=30))
    plan(lead.record, an, "Cả ngày đo", at(hour=0))
    plan(lead.record, an, "Họp khuya", at(hour=21))
    plan(lead.record, an, "Tuần sau", at(WEDNESDAY + timedelta(days=7)))
    client.force_login(an)
    page = client.get("/calendar/?on=2031-06-11").text
    assert "09/06 – 15/06/2031" in page
    assert "Tuần sau" not in page
    rows = cells(page)
    assert list(rows) == ["Cả ngày", *(f"{hour:02}:00" for hour in range(8, 22))]
    assert [head for head, row in rows.items() if 'class="entry' in row] == ["Cả ngày", "09:00", "21:00"]
    assert "<b>09:30</b>" in rows["09:00"]
    third = rows["09:00"].split("<td")[3]
    assert "Gọi sáng" in third
    assert lead.title in third
    assert "Tuần sau" in client.get("/calendar/?on=2031-06-18").text


def entries(cell: str) -> list[str]:
    """The classes of what stands in a cell."""
    return re.findall(r'class="(entry [^"]*)"', cell)


def test_work_that_lasts_is_a_block_over_its_hours(client, an, lead):
    """R1.29: a piece in each hour that it covers; what meets stands beside each other, a moment too."""
    plan(lead.record, an, "Họp dài", at(hour=9, minute=30), lasts=105)  # until 11:15
    plan(lead.record, an, "Họp kia", at(hour=10), lasts=60)
    plan(lead.record, an, "Gọi nhanh", at(hour=10, minute=15))
    plan(lead.record, an, "Họp khuya", at(hour=20, minute=30), lasts=60)
    client.force_login(an)
    page = client.get("/calendar/?on=2031-06-11").text
    rows = {head: row.split("<td")[3] for head, row in cells(page).items()}
    assert list(rows)[-1] == "21:00"
    assert entries(rows["09:00"]) == ["entry jade entry-piece lane-0 of-3 from-2 to-4 first"]
    assert entries(rows["10:00"]) == [
        "entry jade entry-piece lane-0 of-3 from-0 to-4",
        "entry jade entry-piece lane-1 of-3 from-0 to-4 first last",
        "entry jade",
    ]
    assert '<div class="entry-beside lane-2 of-3">' in rows["10:00"]
    assert entries(rows["11:00"]) == ["entry jade entry-piece lane-0 of-3 from-0 to-1 last"]
    assert entries(rows["12:00"]) == []
    assert entries(rows["20:00"]) == ["entry jade entry-piece lane-0 of-1 from-2 to-4 first"]
    assert 'title="11/06/2031 09:30–11:15"' in rows["09:00"]
    assert page.count('entry-text">Họp dài') == 1


def test_work_over_days_is_a_bar_over_them(client, an, lead):
    """R1.29: in the row of whole days and in the month; it comes in from the week before and goes on in the next."""
    sunday = date(2031, 6, 8)
    plan(lead.record, an, "Công tác", at(sunday, 0), lasts=3 * 24 * 60)
    plan(lead.record, an, "Trực đêm", at(hour=22), lasts=8 * 60)
    plan(lead.record, an, "Đo cả ngày", at(date(2031, 6, 10), 0), lasts=24 * 60)
    client.force_login(an)
    week = client.get("/calendar/?on=2031-06-11").text
    days = cells(week)["Cả ngày"].split("<td")[1:]
    assert [entries(day) for day in days] == [
        ["entry jade entry-bar"],
        ["entry jade entry-bar last", "entry jade entry-bar first last"],
        ["entry jade entry-bar first"],
        ["entry jade entry-bar last"],
        [],
        [],
        [],
    ]
    assert "Công tác" in days[0]
    assert "Công tác" not in days[1]
    month = client.get("/calendar/?view=month&on=2031-06-11").text
    assert month.count('entry-text">Công tác') == 2  # where it begins, and where a week does
    assert entries(month.split("<td")[14]) == ["entry jade entry-bar first"]
    listed = client.get("/calendar/?on=2031-06-04").text
    assert 'entry-text">Công tác' in listed
    assert 'entry-text">Trực đêm' not in listed


def test_a_day_alone_has_all_that_stands_on_it(client, an, lead):
    """R1.29: «Ngày»: its hours, its blocks, the bars that go over it and nothing of other days."""
    plan(lead.record, an, "Công tác", at(date(2031, 6, 10), 0), lasts=3 * 24 * 60)
    plan(lead.record, an, "Họp dài", at(hour=9, minute=30), lasts=90)
    plan(lead.record, an, "Gọi hôm sau", at(date(2031, 6, 12)))
    Holiday.objects.create(day=WEDNESDAY, name="Giỗ Tổ")
    shape.changed()
    client.force_login(an)
    page = client.get("/calendar/?view=day&on=2031-06-11").text
    assert "<h2>Thứ 4 11/06/2031</h2>" in page
    assert '<span class="holiday">Giỗ Tổ</span>' in page
    rows = cells(page)
    assert {row.count("<td") for row in rows.values()} == {1}
    assert entries(rows["Cả ngày"]) == ["entry jade entry-bar"]
    assert "Công tác" in rows["Cả ngày"]
    assert entries(rows["10:00"]) == ["entry jade entry-piece lane-0 of-1 from-0 to-4 last"]
    assert "Gọi hôm sau" not in page


def test_how_long_it_takes_is_asked_kept_told_and_taken_back(client, an, lead):
    """R1.30: from the form to the row, the timeline and back; what lasts days begins with one."""
    client.force_login(an)
    call = ActivityType.objects.all()[0]
    form = client.get("/activities/new/?at=2031-06-11T14:00&lasts=75").text
    assert '<option value="75" selected>1 giờ 15 phút</option>' in form
    posted = {"record": lead.pk, "what": call.pk, "due_at": "11/06/2031 14:00", "assignee": an.pk, "lasts": "90"}
    client.post("/activities/new/", posted)
    activity = Activity.objects.get()
    assert (activity.lasts, activity.span) == (90, "11/06/2031 14:00–15:30")
    assert "11/06/2031 14:00–15:30" in client.get(lead.get_absolute_url()).text

    dialog = client.get(f"/activities/{activity.pk}/time/").text
    assert '<option value="90" selected>' in dialog
    sent = {"due_at": "12/06/2031 09:00", "lasts": "2880"}
    answer = client.post(f"/activities/{activity.pk}/time/", sent, headers={"HX-Request": "true"})
    activity.refresh_from_db()
    assert (activity.due_at, activity.lasts) == (at(date(2031, 6, 12), 0), 2880)
    assert told(RESCHEDULED, about=lead).facts["lasts"] == 2880
    assert "12/06/2031 – 13/06/2031" in client.get(lead.get_absolute_url()).text
    client.post(json.loads(answer.headers["HX-Trigger"])["toast"]["undo"])
    activity.refresh_from_db()
    assert (activity.due_at, activity.lasts) == (at(hour=14), 90)
    lead.record.refresh_from_db()
    assert lead.record.next_activity_at == activity.due_at


@pytest.mark.parametrize("lasts", ["-5", "44641", "x", "1e3"])
def test_no_work_lasts_so_long(client, an, lead, lasts):
    client.force_login(an)
    posted = {"what": ActivityType.objects.all()[0].pk, "due_at": "11/06/2031 14:00", "assignee": an.pk}
    with nothing_changes():
        assert client.post(f"/r/{lead.pk}/activities/new/", posted | {"lasts": lasts}).status_code == 422


def test_what_was_moved_and_done_since_is_not_taken_back(client, an, lead):
    activity = plan(lead.record, an, "Gọi", at())
    reschedule_activity(activity, due_at=at(hour=15), lasts=60, by=an)
    moved = Operation.objects.latest("pk")
    finish_activity(activity, by=an)
    with pytest.raises(DomainError, match="đã được làm tiếp"):
        undo(moved, by=an)


@pytest.mark.parametrize(
    ("due", "lasts", "words"),
    [
        (at(hour=9), 0, "11/06/2031 09:00"),
        (at(hour=9), 45, "11/06/2031 09:00–09:45"),
        (at(hour=0), 1440, "11/06/2031"),
        (at(hour=0), 4320, "11/06/2031 – 13/06/2031"),
        (at(hour=22), 600, "11/06/2031 22:00 – 12/06/2031 08:00"),
        (at(hour=9), 1440, "11/06/2031 09:00 – 12/06/2031 09:00"),
    ],
)
def test_a_span_is_said_as_people_do(due, lasts, words):
    assert show_span(due, lasts) == words


def test_a_free_place_offers_new_work_at_its_time(client, an, lead):
    """R1.30: clicking a day or a time creates there."""
    client.force_login(an)
    week, month = client.get("/calendar/?on=2031-06-11").text, client.get("/calendar/?view=month&on=2031-06-11").text
    address = "/activities/new/?at=2031-06-11T14:00"
    assert f'href="{address}" data-dialog' in week
    assert 'href="/activities/new/?at=2031-06-11T09:00" data-dialog' in month
    assert 'value="11/06/2031 14:00"' in client.get(address).text
    call = ActivityType.objects.all()[0]
    posted = {
        "record": lead.pk,
        "what": call.pk,
        "due_at": "11/06/2031 14:00",
        "assignee": an.pk,
        "title": "Đo ống khói",
    }
    client.post("/activities/new/", posted)
    assert Activity.objects.get().record_id == lead.pk
    assert "Đo ống khói" in cells(client.get("/calendar/?on=2031-06-11").text)["14:00"]


def test_days_off_are_tinted_and_holidays_named(client, an, lead):
    """Week, month and list; a day that is worked instead is none of them."""
    Holiday.objects.create(day=WEDNESDAY, name="Giỗ <Tổ>")
    Holiday.objects.create(day=date(2031, 6, 15), name="Làm bù", is_working=True)
    shape.changed()
    plan(lead.record, an, "Gọi ngày lễ", at())
    plan(lead.record, an, "Gọi thứ năm", at(date(2031, 6, 12)))
    client.force_login(an)
    week = client.get("/calendar/?on=2031-06-11").text
    head = week[week.index("<thead>") : week.index("</thead>")]
    assert re.search(r'<th scope="col" class="[^"]*off"[^>]*>[^<]*<b>11/06', head)
    assert '<span class="holiday">Giỗ &lt;Tổ&gt;</span>' in head
    assert '<span class="holiday">Làm bù</span>' in head
    assert head.count('off"') == 1
    month = client.get("/calendar/?view=month&on=2031-06-11").text
    assert len(re.findall(r'<td class="[^"]*\boff\b', month)) == len(SUNDAYS_SHOWN) + 1
    assert '<span class="holiday">Giỗ &lt;Tổ&gt;</span>' in month
    listed = client.get("/calendar/?view=list").text
    assert listed.count("off-note") == 2  # beside the due time, on a phone and on a desk
    assert "Giỗ &lt;Tổ&gt;" in listed


def test_under_each_day_stands_its_lunar_date(client, an):
    """R1.29: small, with words on the first of a month; and Tết is named where the company has no name for its days."""
    client.force_login(an)
    for look, shown in (("on=2031-04-23", 7), ("view=month&on=2031-04-23", 35)):
        page = client.get(f"/calendar/?{look}").text
        body = page[page.index("<table") : page.index("</table>")]
        assert body.count('class="lunar') == shown
        assert ">1/3 nhuận ÂL</small>" in body  # 21 April
        assert re.search(r"23(/04)?</(b|a)><small[^>]*>3/3</small>", body)
    Holiday.objects.create(day=date(2031, 1, 24), name="Nghỉ Tết")
    shape.changed()
    page = client.get("/calendar/?view=month&on=2031-01-23").text
    assert re.findall(r'<span class="holiday">(.*?)</span>', page) == ["Mùng 1 Tết", "Nghỉ Tết", "Mùng 3 Tết"]
    assert len(re.findall(r'<td class="[^"]*\bnamed\b', page)) == 3
    strip = client.get("/calendar/?on=2031-01-23").text
    assert '<p class="day-note">Mùng 1 Tết</p>' in strip


# Of the weeks that June 2031 touches; the fifteenth is worked.
SUNDAYS_SHOWN = [date(2031, 6, 1), date(2031, 6, 8), date(2031, 6, 22), date(2031, 6, 29), date(2031, 7, 6)]


def test_the_hours_of_a_week_are_those_of_the_company(client, an):
    Profile.objects.update(**dict.fromkeys(WEEK, "07:00-11:00, 13:00-16:30"))
    shape.changed()
    client.force_login(an)
    assert list(cells(client.get("/calendar/?on=2031-06-11").text))[1:] == [f"{hour:02}:00" for hour in range(7, 17)]
    Profile.objects.update(**dict.fromkeys(WEEK, "19:00-23:00"))
    shape.changed()
    assert list(cells(client.get("/calendar/?on=2031-06-11").text))[1:] == [f"{hour:02}:00" for hour in range(19, 23)]


def test_who_only_looks_plans_nothing_on_records(client, giang, lead):
    client.force_login(giang)
    posted = {"record": lead.pk, "what": ActivityType.objects.all()[0].pk, "due_at": "11/06/2031 14:00"}
    with nothing_changes():
        answer = client.post("/activities/new/", posted | {"assignee": giang.pk})
    assert answer.status_code == 422
    assert "không được tạo công việc" in answer.text


def test_new_work_is_about_a_record_that_i_may_see(client, an, chi):
    theirs = create_lead({"company_name": "Nhiệt điện Vũng Sao", "owner": chi}, by=chi)
    mine = create_lead({"company_name": "Nhiệt điện Sông Con", "owner": an}, by=an)
    client.force_login(an)
    for address in ("/activities/records/", "/activities/records/?q=nhiet"):
        assert [one["id"] for one in client.get(address).json()] == [mine.pk]
    posted = {"record": theirs.pk, "what": ActivityType.objects.all()[0].pk, "due_at": "11/06/2031 14:00"}
    with nothing_changes():
        assert client.post("/activities/new/", posted | {"assignee": an.pk}).status_code == 422


def test_a_month_shows_the_first_of_each_day_and_how_many_more(client, an, lead):
    for nth in range(5):
        plan(lead.record, an, f"Việc {nth}", at(hour=8 + nth))
    client.force_login(an)
    page = client.get("/calendar/?view=month&on=2031-06-11").text
    assert "Tháng 6/2031" in page
    assert [f"Việc {nth}" in page for nth in range(5)] == [True, True, True, False, False]
    assert '<a class="more hide-phone" href="?view=day&amp;on=2031-06-11">+2</a>' in page
    week = client.get("/calendar/?on=2031-06-11").text
    assert all(f"Việc {nth}" in week for nth in range(5))


def entries_of(page: str) -> dict[str, tuple[list[str], str]]:
    """{day: (what stands there, how many there are)} of a month."""
    cells = re.findall(r'<a class="day" href="[^"]*on=([0-9-]+)">(.*?)</td>', page, re.S)
    told = {}
    for day, cell in cells:
        count = re.search(r'tag jade day" href="[^"]*">(\d+)<', cell)
        told[day] = re.findall(r"Việc [0-9]+|Đã gọi", cell), count[1] if count else ""
    return told


@pytest.mark.parametrize("whose", ["", "&whose=team"])
def test_a_month_with_more_work_than_a_page_holds_shows_each_of_its_days(client, an, chi, lead, monkeypatch, whose):
    """Every day counts its own: early and late in it, what was done on another day, what goes over days."""
    monkeypatch.setattr("pheu.activities.calendar.MOST", 40)
    for day in range(3, 9):
        for nth, hour in enumerate((23, 0, 7, 12, 18)):
            plan(lead.record, an, f"Việc {nth}", at(date(2031, 6, day), hour, 30))
    plan(lead.record, an, "Công tác", at(date(2031, 6, 3), 8), lasts=3 * 24 * 60)
    late = plan(lead.record, an, "Đã gọi", at(date(2031, 5, 1)))
    finish_activity(late, result="Xong", by=an)
    Activity.objects.filter(pk=late.pk).update(done_at=at(date(2031, 6, 4), 6))
    client.force_login(an)
    page = client.get(f"/calendar/?view=month&on=2031-06-11{whose}").text
    found = entries_of(page)
    usual = ["Việc 1", "Việc 2", "Việc 3"]
    assert found["2031-06-08"] == (usual, "5")
    assert found["2031-06-05"] == (["Việc 1", "Việc 2"], "6")
    assert found["2031-06-04"] == (["Việc 1", "Đã gọi"], "7")
    assert found["2031-06-09"] == ([], "")
    assert "Có nhiều hơn" not in page


@pytest.mark.parametrize("seed", range(3))
def test_a_month_counts_what_its_weeks_show(an, lead, seed):
    """What the database says of where work stands is what Python says: midnights, whole days, done early or late."""
    rng = Random(seed)
    call = ActivityType.objects.get(name="Gọi điện")
    rows = []
    for _again in range(150):
        due = at(date(2031, 6, rng.randrange(1, 30)), rng.choice((0, 0, 8, 17, 23)), rng.choice((0, 30)))
        done = due + timedelta(hours=rng.choice((-30, -1, 0, 5, 24, 60))) if rng.random() < 0.5 else None
        lasts = rng.choice((0, 30, 60, 1440, 1470, 2880))
        rows.append(
            Activity(record=lead.record, type=call, assignee=an, created_by=an, due_at=due, lasts=lasts, done_at=done)
        )
    Activity.objects.bulk_create(rows)
    month = grid_of(an, None, Look("month", "mine", WEDNESDAY, None, ""))
    in_weeks, bars = Counter(), set()
    for week in month.weeks:
        grid = grid_of(an, None, Look("week", "mine", week[0], None, ""))
        in_weeks.update({day: len(entries) for day, entries in grid.by_day.items()})
        bars |= {one.pk for one in grid.bars}
    assert Counter({day: len(entries) for day, entries in month.by_day.items()}) + month.beside == in_weeks
    assert {one.pk for one in month.bars} == bars
    assert max(map(len, month.by_day.values())) == 3
    Activity.objects.filter(record=lead.record).delete()  # they came past the doors


def test_a_month_of_a_team_counts_the_times_that_others_do_not_tell(client, an, chi, lead):
    """What is somebody else's own is a time that is taken; one that takes no time is nobody's to know."""
    for nth in range(5):
        plan(None, chi, f"Riêng {nth}", at(hour=8 + nth), lasts=30 if nth else 0)
    an.teams.add(*chi.teams.all())
    client.force_login(an)
    page = client.get("/calendar/?view=month&on=2031-06-11&whose=team").text
    assert "Riêng" not in page
    assert entries_of(page)["2031-06-11"][1] == "4"
    assert '<a class="more hide-phone" href="?view=day&amp;whose=team&amp;on=2031-06-11">+1</a>' in page


@pytest.mark.parametrize(
    ("view", "on", "before", "after"),
    [
        ("day", "2031-06-30", "2031-06-29", "2031-07-01"),
        ("week", "2031-06-11", "2031-06-04", "2031-06-18"),
        ("month", "2031-01-31", "2030-12-01", "2031-02-01"),
        ("month", "2032-02-29", "2032-01-01", "2032-03-01"),
    ],
)
def test_the_arrows_lead_to_the_time_before_and_after(client, an, view, on, before, after):
    client.force_login(an)
    page = client.get(f"/calendar/?view={view}&on={on}").text
    more = "" if view == "week" else f"view={view}&amp;"
    assert f'href="?{more}on={before}" data-press="ArrowLeft"' in page
    assert f'href="?{more}on={after}" data-press="ArrowRight"' in page


@pytest.mark.parametrize(
    "asked", ["view=year", "on=2031-13-01", "on=9999999", "person=x", "until=x", "on={}", "whose=x"]
)
def test_an_address_that_means_nothing_shows_this_week(client, an, asked):
    client.force_login(an)
    assert f"{timezone.localdate():%d/%m}" in client.get(f"/calendar/?{asked}").text


def test_the_teams_calendar_has_everybody_in_a_colour_of_their_own(client, an, binh, chi, lead):
    """Work on records that I may see, of the people of my teams; one of them alone on demand."""
    theirs = create_lead({"company_name": "Vũng Sao", "owner": chi}, by=chi)
    plan(lead.record, an, "Của An", at(hour=9))
    plan(lead.record, binh, "Của Bình", at(hour=9), by=an)
    plan(theirs.record, an, "Ngoài phạm vi", at(hour=9), by=chi)
    client.force_login(binh)
    page = client.get("/calendar/?whose=team&on=2031-06-11").text
    assert "<h1>Lịch làm việc</h1>" in page  # whose it is stands in the tabs
    tones = dict(re.findall(r'class="entry (\w+)".*?entry-text">(Của \w+)', page))
    assert len(tones) == 2
    assert "Ngoài phạm vi" not in page
    assert "Lê Kim Chi" not in page
    alone = client.get(f"/calendar/?whose=team&on=2031-06-11&person={an.pk}").text
    assert "Của An" in alone
    assert "Của Bình" not in alone
    client.force_login(an)
    mine = client.get("/calendar/?on=2031-06-11").text
    assert ("Của An" in mine, "Ngoài phạm vi" in mine, "Của Bình" in mine, "Vũng Sao" in mine) == (
        True,
        True,
        False,
        False,
    )


def test_whoever_is_in_no_team_looks_at_the_department_or_at_nobody_else(client, an, binh, lead):
    plan(lead.record, an, "Của An", at(hour=9))
    binh.teams.clear()
    client.force_login(binh)
    page = client.get("/calendar/?whose=team&on=2031-06-11").text
    assert "Của phòng tôi" in page
    assert "Của đội tôi" not in page
    assert "Của An" in page
    binh.department = None
    binh.save()
    alone = client.get("/calendar/?on=2031-06-11").text
    assert "whose=team" not in alone


@pytest.mark.parametrize(("look", "shown"), [("?on=2031-06-11", 1), ("?view=list", 1)])
def test_a_page_that_holds_no_more_says_so(client, an, lead, monkeypatch, look, shown):
    for nth in range(2):
        plan(lead.record, an, f"Việc {nth}", at(hour=9 + nth))
    client.force_login(an)
    words = "Nhiều việc quá"
    assert words not in client.get(f"/calendar/{look}").text
    monkeypatch.setattr("pheu.activities.calendar.MOST", shown)
    monkeypatch.setattr("pheu.activities.views.MOST", shown)
    assert words in client.get(f"/calendar/{look}").text


def test_work_done_stands_where_it_was_due_or_else_when_it_was_done(an, lead):
    today = timezone.localdate()
    now = timezone.localtime()
    early = plan(lead.record, an, "Hẹn tháng sau", now + timedelta(days=40))
    same = plan(lead.record, an, "Hẹn hôm nay", at(today, 8, 15))
    for one in (early, same):
        finish_activity(one, by=an)
    grid = grid_of(an, None, Look("week", "mine", today, None, ""))
    stand = {one.title: one.at for one in grid.by_day[today]}
    assert (stand["Hẹn hôm nay"].hour, stand["Hẹn hôm nay"].minute) == (8, 15)
    assert stand["Hẹn tháng sau"] >= now


def test_the_count_of_overdue_work_opens_exactly_it(client, an, lead):
    for days in (-30, -2, 2):
        plan(lead.record, an, f"Hẹn {days}", timezone.now() + timedelta(days=days))
    client.force_login(an)
    page = client.get("/calendar/").text
    [(address, count)] = re.findall(r'<a class="pill red" href="([^"]+)">\s*(\d+) việc quá hạn', page)
    days = client.get(f"/calendar/{address.replace('&amp;', '&')}").context["days"]
    assert len([one for day in days for one in day.activities]) == int(count) == 2


def test_a_click_on_an_entry_tells_it_and_offers_what_may_be_done(client, an, chi, giang, lead):
    activity = plan(lead.record, chi, "Hỗ trợ đo", at(), by=an)
    for who, sees, opens, works in ((an, True, True, True), (chi, True, False, True), (giang, True, True, False)):
        client.force_login(who)
        answer = client.get(f"/activities/{activity.pk}/")
        assert ("Hỗ trợ đo" in answer.text) == sees
        assert (lead.get_absolute_url() in answer.text) == opens
        assert (f"/activities/{activity.pk}/result/" in answer.text) == works
    finish_activity(activity, result="Đo được\n35 mg", by=chi)
    page = client.get(f"/activities/{activity.pk}/").text
    assert "Đo được<br>35 mg" in page
    assert f"/activities/{activity.pk}/result/" not in page


@pytest.mark.parametrize("many", [1, 40])
@pytest.mark.parametrize(
    "look", ["", "?view=day", "?view=month", "?view=list", "?whose=team", "?whose=team&view=month"]
)
def test_the_calendar_asks_the_same_few_questions_for_any_number_of_entries(
    client, an, lead, many, look, django_assert_max_num_queries
):
    for nth in range(many):
        plan(lead.record, an, f"Việc {nth}", timezone.now() + timedelta(hours=nth))
    client.force_login(an)
    # Of a team, what stands on records and what stands on none are two statements; of a month's days, one more each.
    with django_assert_max_num_queries((6 + ("team" in look)) + ("month" in look) * (1 + ("team" in look))):
        client.get(f"/calendar/{look}")


def test_the_dialog_of_a_plan_shares_no_id_with_the_record_below_it(client, an, lead):
    client.force_login(an)
    page = client.get(f"/r/{lead.pk}/activities/new/", headers={"HX-Request": "true", "HX-Target": "dialog"}).text
    ids = set(re.findall(r' id="([^"]+)"', page))
    below = set(re.findall(r' id="([^"]+)"', client.get(lead.get_absolute_url()).text))
    assert "plan_due_at" in ids
    assert ids & below == set()
