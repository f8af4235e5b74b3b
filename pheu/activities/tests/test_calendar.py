"""«Lịch làm việc» by week and by month: what stands where, whose it is, and what a place in it opens."""

import re
from datetime import date, timedelta

import pytest
from django.utils import timezone

from pheu.activities.calendar import Look, grid_of
from pheu.activities.models import Activity, ActivityType
from pheu.activities.services import finish_activity, schedule_activity
from pheu.conftest import nothing_changes
from pheu.core import shape
from pheu.leads.services import create_lead
from pheu.people.models import WEEK, Holiday, Profile
from pheu.records.moments import midnight

WEDNESDAY = date(2031, 6, 11)


def at(day=WEDNESDAY, hour=9, minute=0):
    return midnight(day) + timedelta(hours=hour, minutes=minute)


def plan(record, who, title, due_at, *, by=None):
    what = ActivityType.objects.get(name="Gọi điện")
    return schedule_activity(record, what=what, due_at=due_at, assignee=who, title=title, by=by or who)


def cells(page: str) -> dict[str, str]:
    """The text of each row of a week by its head."""
    rows = re.findall(r'<tr><th scope="row"[^>]*>(.*?)</th>(.*?)</tr>', page, re.S)
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


def test_who_only_looks_is_offered_no_places(client, giang, lead):
    client.force_login(giang)
    page = client.get("/calendar/").text
    assert "/activities/new/" not in page
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
    assert '<a class="more hide-phone" href="?on=2031-06-11">+2</a>' in page
    week = client.get("/calendar/?on=2031-06-11").text
    assert all(f"Việc {nth}" in week for nth in range(5))


@pytest.mark.parametrize(
    ("view", "on", "before", "after"),
    [
        ("week", "2031-06-11", "2031-06-04", "2031-06-18"),
        ("month", "2031-01-31", "2030-12-01", "2031-02-01"),
        ("month", "2032-02-29", "2032-01-01", "2032-03-01"),
    ],
)
def test_the_arrows_lead_to_the_time_before_and_after(client, an, view, on, before, after):
    client.force_login(an)
    page = client.get(f"/calendar/?view={view}&on={on}").text
    more = "view=month&amp;" if view == "month" else ""
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
@pytest.mark.parametrize("look", ["", "?view=month", "?view=list", "?whose=team", "?whose=team&view=month"])
def test_the_calendar_asks_the_same_few_questions_for_any_number_of_entries(
    client, an, lead, many, look, django_assert_max_num_queries
):
    for nth in range(many):
        plan(lead.record, an, f"Việc {nth}", timezone.now() + timedelta(hours=nth))
    client.force_login(an)
    with django_assert_max_num_queries(6):
        client.get(f"/calendar/{look}")


def test_the_dialog_of_a_plan_shares_no_id_with_the_record_below_it(client, an, lead):
    client.force_login(an)
    page = client.get(f"/r/{lead.pk}/activities/new/", headers={"HX-Request": "true", "HX-Target": "dialog"}).text
    ids = set(re.findall(r' id="([^"]+)"', page))
    below = set(re.findall(r' id="([^"]+)"', client.get(lead.get_absolute_url()).text))
    assert "plan_due_at" in ids
    assert ids & below == set()
