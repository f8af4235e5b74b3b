"""«Trang chủ»: what waits for me, and the funnel, within what I may see."""

import html
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.core.cache import cache
from django.utils import timezone

from pheu.activities.models import ActivityType
from pheu.activities.services import schedule_activity
from pheu.conftest import stage_of
from pheu.core import shape
from pheu.deals.conversion import Handover, convert_leads
from pheu.deals.models import Deal
from pheu.deals.services import create_deal, move_deal
from pheu.home import queries
from pheu.home.panels import greeting
from pheu.leads.models import Lead
from pheu.leads.services import create_lead
from pheu.records.models import Record, Stage


def new_lead(owner, name="Thép Phú Gia"):
    return create_lead({"company_name": name, "phone": "+84903412887", "need": "Đo khí thải", "owner": owner}, by=owner)


def plan(record, assignee, title, *, by, due_at=None):
    call = ActivityType.objects.get(name="Gọi điện")
    due_at = due_at or timezone.now() - timedelta(hours=1)
    return schedule_activity(record, what=call, due_at=due_at, assignee=assignee, title=title, by=by)


def steps(user):
    return [step.count for step in queries.funnel(user, queries.lead_figures(user))]


@pytest.mark.parametrize(
    ("hour", "words"), [(1, "Chào buổi sáng, An"), (7, "Chào buổi chiều, An"), (13, "Chào buổi tối, An")]
)
def test_the_day_begins_with_a_greeting_by_the_given_name(an, hour, words):
    assert greeting(an, datetime(2026, 11, 24, hour, tzinfo=UTC)) == words


@pytest.mark.parametrize("who", ["an", "binh", "hanh", "dung", "giang"])
def test_an_empty_company_has_a_start_page(client, cast, who):
    client.force_login(getattr(cast, who))
    page = client.get("/").text
    for words in ("Hôm nay không có việc nào chờ bạn", "Không có tiềm năng mới", "Mọi cơ hội đều đang tiến triển"):
        assert words in page
    assert "Chưa có tiềm năng trong thời gian này" in page
    assert ("Tạo tiềm năng" in page) == (who != "giang")


def test_my_work_shows_what_is_overdue_and_finishes_in_the_dialog(client, an, lead):
    """R0.33: what was scheduled is seen on its day."""
    call = plan(lead.record, an, "Gọi lại sau họp", by=an, due_at=timezone.now() - timedelta(days=2))
    client.force_login(an)
    page = client.get("/").text
    assert "Gọi lại sau họp" in page
    assert lead.number in page
    assert '<span class="pill red">Quá hạn 2 ngày</span>' in page
    assert '<a href="/calendar/?until=now">1 quá hạn</a>' in page
    assert f'href="/activities/{call.pk}/result/" data-dialog' in page


def test_work_of_another_day_and_of_others_is_not_mine_today(client, an, binh, lead):
    plan(lead.record, an, "Việc tuần sau", by=an, due_at=timezone.now() + timedelta(days=7))
    plan(lead.record, binh, "Việc của Bình", by=an)
    client.force_login(an)
    page = client.get("/").text
    assert "Việc tuần sau" not in page
    assert "Việc của Bình" not in page


def test_my_work_on_a_record_outside_my_scope_says_what_to_do_and_no_more(client, an, chi):
    theirs = new_lead(chi, "Nhiệt điện Vũng Sao")
    plan(theirs.record, an, "Hỗ trợ khảo sát", by=chi)
    client.force_login(an)
    page = client.get("/").text
    assert "Hỗ trợ khảo sát" in page
    assert theirs.number not in page
    assert "Vũng Sao" not in page


def test_new_leads_are_mine_or_nobodys_in_my_team(client, an, binh, chi):
    """R1.14: before the sale; what nobody has worked on yet waits on the first page."""
    team = an.teams.get()
    new_lead(an, "Của An")
    create_lead({"company_name": "Chưa ai nhận ở Miền Bắc", "team": team, "owner": None}, by=binh)
    new_lead(binh, "Của Bình")
    new_lead(chi, "Của Chi")
    client.force_login(an)
    page = client.get("/").text
    assert "Của An" in page
    assert "Chưa ai nhận ở Miền Bắc" in page
    assert "Của Bình" not in page
    assert "Của Chi" not in page


def test_a_deal_that_stands_still_is_shown_to_its_team_only(client, an, binh, chi, deal):
    Deal.objects.update(stage_entered_at=timezone.now() - timedelta(days=21))
    for person, sees in ((an, True), (binh, True), (chi, False)):
        client.force_login(person)
        page = client.get("/").text
        assert ("Trạm nước thải" in page) == sees
        assert ("21 ngày" in page) == sees


def test_the_forecast_weighs_open_deals_that_close_this_month(client, an, chi):
    today = timezone.localdate()
    values = {"name": "Trạm khí thải", "expected_amount": Decimal(1_000_000_000), "expected_close_on": today}
    first = create_deal(values | {"owner": an}, by=an)
    create_deal(values | {"expected_close_on": today + timedelta(days=40), "owner": an}, by=an)
    create_deal(values | {"owner": chi}, by=chi)
    figures = queries.deal_figures(an)
    assert (figures["count"], figures["amount"], figures["closing"]) == (2, 2_000_000_000, 1)
    assert figures["forecast"] == first.weighted_amount == 200_000_000
    client.force_login(an)
    assert "200 tr ₫" in client.get("/").text


def test_new_leads_are_compared_with_the_same_stretch_of_last_week(client, an):
    for made in (0, 0, 7):
        row = new_lead(an)
        for model in (Lead, Record):
            model.objects.filter(pk=row.pk).update(created_at=row.created_at - timedelta(days=made, seconds=made and 1))
    figures = queries.lead_figures(an)
    assert (figures["this_week"], figures["last_week"]) == (2, 1)
    client.force_login(an)
    assert "+1 so với cùng kỳ tuần trước" in client.get("/").text


def test_as_many_as_last_week_is_said_in_words(client, an):
    client.force_login(an)
    page = client.get("/").text
    assert "bằng tuần trước" in page
    assert "+0" not in page


def test_the_funnel_follows_leads_to_won_deals_within_what_one_sees(client, an, chi):
    """R1.14: before, during and after the sale on one picture; an outsider's rows are not counted."""
    rows = [new_lead(an, f"Khách {n}") for n in range(5)]
    deals = convert_leads(rows[:3], Handover(owner=an), by=an)
    move_deal(deals[0], to=stage_of("deal", "Báo giá"), left=deals[0].stage, by=an)
    move_deal(deals[1], to=stage_of("deal", "Thành công"), left=deals[1].stage, by=an)
    new_lead(chi)
    assert steps(an) == [5, 3, 3, 2, 1]
    assert steps(chi) == [1, 0, 0, 0, 0]
    client.force_login(an)
    page = client.get("/").text
    assert re.search(r'<span class="num"><a href="/leads/[^"]+">3</a> · 60 %', page)


def test_a_deal_lost_from_its_quote_was_quoted(an):
    deal = convert_leads([new_lead(an)], Handover(owner=an), by=an)[0]
    Deal.objects.filter(pk=deal.pk).update(open_stage=stage_of("deal", "Đàm phán"), stage=stage_of("deal", "Tạm dừng"))
    assert steps(an) == [1, 1, 1, 1, 0]


@pytest.mark.parametrize("many", [1, 30])
def test_the_start_page_asks_the_same_few_questions_for_any_number_of_rows(
    client, an, many, django_assert_max_num_queries
):
    for n in range(many):
        row = new_lead(an, f"Khách {n}")
        plan(row.record, an, f"Gọi {n}", by=an)
        create_deal({"name": f"Cơ hội {n}", "owner": an}, by=an)
    Deal.objects.update(stage_entered_at=timezone.now() - timedelta(days=20))
    Stage.objects.update(rots_after=7)
    shape.changed()
    client.force_login(an)
    client.get("/")  # what the company has decided is read once
    cache.clear()
    with django_assert_max_num_queries(12) as asked:
        assert "để lâu" in client.get("/").text
    assert len(asked) == 12  # with the two of the funnel's cache, which the next page finds
    with django_assert_max_num_queries(10):
        client.get("/")


def test_a_role_that_sees_no_deals_has_a_start_page_without_them(client, an, lead):
    an.role.grants = an.role.grants | {"deal": {}}
    an.role.save()
    client.force_login(an)
    page = client.get("/").text
    assert "Cơ hội đứng yên" not in page
    assert "Cơ hội đang mở" not in page
    assert "Phễu bán hàng" in page


def test_a_stranger_is_asked_to_sign_in(client, db):
    assert client.get("/").status_code == 302


def test_a_manager_reads_what_is_theirs_and_what_is_the_teams(client, an, binh):
    """Each number is exact, and a link to exactly its rows."""
    for owner, n in ((binh, 2), (an, 7)):
        for at in range(n):
            create_deal({"name": f"Trạm {at}", "owner": owner}, by=owner)
    Deal.objects.update(stage_entered_at=timezone.now() - timedelta(days=20))
    client.force_login(binh)
    page = client.get("/").text
    for panel in ("Cơ hội đang mở", "Cơ hội đứng yên"):
        told = page.split(panel)[1]
        shares = re.findall(r'<span class="count num"><a href="([^"]+)">(\d+)</a> ([^<]+)</span>', told)[:2]
        assert [(number, whose) for _url, number, whose in shares] == [("2", "của tôi"), ("7", "của đội")]
        for url, number, _whose in shares:
            assert len(client.get(html.unescape(url)).context["listing"].rows) == int(number)
    client.force_login(an)
    assert [view.code for view in client.get("/deals/").context["listing"].tabs][:1] == ["mine"]


def test_mine_are_my_open_deals_and_the_closed_ones_have_a_tab(client, an, deal):
    won = create_deal({"name": "Đã thắng", "owner": an}, by=an)
    move_deal(won, to=stage_of("deal", "Thành công"), left=won.stage, by=an)
    client.force_login(an)
    tabs = {tab: client.get(f"/deals/?tab={tab}").context["listing"].rows for tab in ("mine", "closed", "all")}
    assert [tabs["mine"], tabs["closed"], len(tabs["all"])] == [[deal], [won], 2]
