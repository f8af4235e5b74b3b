"""«Để lâu»: how long records may stand in a stage, and where those that stand longer are marked (R4.20, R4.21)."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from pheu.conftest import given, nothing_changes, stage_of
from pheu.core.errors import DomainError
from pheu.deals.services import close_deal, create_deal
from pheu.home.queries import my_neglected
from pheu.leads.services import create_lead
from pheu.people.models import Role
from pheu.records import kinds, lists
from pheu.records.models import Stage
from pheu.setup import pipelines
from pheu.setup.tests.test_pipelines import form_of

ROTTING = "Ở đây 12 ngày, quá 7 ngày"


def limit(stage, days, *, by):
    stage = Stage.objects.get(pk=stage.pk)
    return pipelines.change_stage(stage, {"rots_after": (stage.rots_after, days)}, by=by)


def stood(row, days):
    return given(row, stage_entered_at=timezone.now() - timedelta(days=days))


def a_deal(by, name="Trạm nước", days=0):
    return stood(create_deal({"name": name, "owner": by}, by=by), days)


def titles(client, query="rotting=yes&tab=all", kind="deals"):
    return {row.title for row in client.get(f"/{kind}/?{query}").context["listing"].rows}


@pytest.fixture
def a_week(dung):
    """Deals should leave the first stage within seven days."""
    return limit(stage_of("deal", "Tiếp cận"), 7, by=dung)


def test_an_admin_says_on_the_screen_how_long_is_too_long(client, dung, an):
    stage = stage_of("deal", "Tiếp cận")
    client.force_login(dung)
    assert "Để lâu sau (ngày)" in client.get(f"/setup/stages/{stage.pk}/").text
    with nothing_changes():
        assert client.post(f"/setup/stages/{stage.pk}/", form_of(stage, rots_after="0")).status_code == 422
    assert client.post(f"/setup/stages/{stage.pk}/", form_of(stage, rots_after="7")).status_code == 302
    assert stage_of("deal", "Tiếp cận").rots_after == 7
    assert "để lâu sau 7 ngày" in client.get(f"/setup/pipelines/{stage.pipeline_id}/").text
    assert "để lâu sau 7 ngày" in client.get(f"/setup/pipelines/{stage.pipeline_id}/map/").text
    assert "để lâu sau (ngày): — → 7" in client.get("/setup/log/").text.lower()
    a_deal(an, days=8)
    client.force_login(an)
    assert titles(client) == {"Trạm nước"}  # in force at once


@pytest.mark.parametrize("days", [0, -1, 1000])
def test_so_many_days_are_refused(dung, days):
    with nothing_changes(), pytest.raises(DomainError):
        limit(stage_of("deal", "Tiếp cận"), days, by=dung)


def test_it_is_marked_on_card_list_and_record(client, a_week, an):
    deal, fresh = a_deal(an, days=12), a_deal(an, "Trạm khí", days=3)
    client.force_login(an)
    for page in ("/deals/?tab=all", "/deals/board/?tab=all"):
        text = client.get(page).text
        assert text.count(ROTTING) == 1
        assert "12 ngày" in text
    assert ROTTING in client.get(deal.get_absolute_url()).text
    assert "quá 7 ngày" not in client.get(fresh.get_absolute_url()).text


def test_it_is_a_filter_of_list_and_board(client, a_week, an, dung):
    """Each stage by its own days; what has ended is not left lying, and a stage without days keeps nothing too long."""
    limit(stage_of("deal", "Báo giá"), 30, by=dung)
    lost = stage_of("deal", "Thành công")
    names = {"Tiếp cận": 8, "Báo giá": 29, "Đàm phán": 300}
    for name, days in names.items():
        given(a_deal(an, name, days), stage=stage_of("deal", name))
    stood(close_deal(a_deal(an, "Xong"), to=lost, by=an), 100)
    client.force_login(an)
    assert titles(client) == {"Tiếp cận"}
    assert titles(client, "rotting=no&tab=all") == {"Báo giá", "Đàm phán", "Xong"}
    assert titles(client, "rotting=yes&rotting=no&tab=all") == {*names, "Xong"}
    board = client.get("/deals/board/?rotting=yes&tab=all").context["board"]
    assert {card.title for column in board.columns_of_stages for card in column.cards} == {"Tiếp cận"}
    assert [column.count for column in board.heads][:4] == [1, 0, 0, 0]
    assert "Để lâu" in client.get("/deals/filters/").text


def test_the_longest_stand_first_page_by_page(client, a_week, an, monkeypatch):
    monkeypatch.setattr(lists, "PAGE", 2)
    for days in (9, 30, 12, 8):
        a_deal(an, f"{days}", days)
    client.force_login(an)
    first = client.get("/deals/?rotting=yes&tab=all").context["listing"]
    second = client.get(f"/deals/{first.next_url}").context["listing"]
    assert [row.title for row in (*first.rows, *second.rows)] == ["30", "12", "9", "8"]
    assert [row.title for row in client.get("/deals/?rotting=yes&tab=all&sort=name").context["listing"].rows] == [
        "12", "30",
    ]  # fmt: skip


def test_no_stage_says_so_and_nothing_is_too_long(client, an):
    a_deal(an, days=400)
    client.force_login(an)
    assert titles(client) == set()
    assert titles(client, "rotting=no&tab=all") == {"Trạm nước"}


@pytest.mark.parametrize("hidden", ["rotting", "stage_entered_at"])
def test_whom_it_is_hidden_from_is_told_nothing(client, a_week, an, hidden):
    Role.objects.filter(code="sales").update(fields={"deal": {hidden: "hidden"}})
    deal = a_deal(an, days=12)
    client.force_login(an)
    for page in ("/deals/?tab=all", "/deals/board/?tab=all", deal.get_absolute_url(), "/"):
        assert "quá 7 ngày" not in client.get(page).text
    assert "để lâu" not in client.get("/").text
    assert titles(client) == {"Trạm nước"}  # no such filter: it is left out


def test_home_counts_mine_and_leads_to_exactly_them(client, a_week, an, binh, dung):
    limit(stage_of("lead", "Mới"), 2, by=dung)
    client.force_login(an)
    assert "để lâu" not in client.get("/").text
    for n in range(3):
        a_deal(an, f"Trạm {n}", days=9)
    a_deal(binh, "Của Bình", days=9)
    stood(create_lead({"company_name": "Hòn Đá", "owner": an}, by=an), 3)
    page = client.get("/")
    assert "3 cơ hội để lâu" in page.text
    assert "1 tiềm năng để lâu" in page.text
    found = {what: (count, url) for count, url, what in my_neglected(an)["rotting"]}
    assert {what: count for what, (count, _url) in found.items()} == {"Tiềm năng": "1", "Cơ hội": "3"}
    listing = client.get(found["Cơ hội"][1]).context["listing"]
    assert {row.title for row in listing.rows} == {"Trạm 0", "Trạm 1", "Trạm 2"}


def test_the_count_costs_one_statement_and_none_where_nothing_is_said(an, dung, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert my_neglected(an) == {}
    limit(stage_of("deal", "Tiếp cận"), 7, by=dung)
    limit(stage_of("lead", "Mới"), 7, by=dung)
    a_deal(an, days=9)
    my_neglected(an)  # what the company has said is read once
    with django_assert_num_queries(1):
        assert len(my_neglected(an)["rotting"]) == 1


def test_a_copy_of_a_pipeline_keeps_the_days(client, a_week, dung):
    client.force_login(dung)
    client.post("/setup/pipelines/new/deal/", {"name": "Bản sao", "like": f"copy-{a_week.pipeline_id}"})
    assert Stage.objects.get(pipeline__name="Bản sao", name="Tiếp cận").rots_after == 7


def test_lists_and_boards_cost_no_statement_more(client, a_week, an, django_assert_max_num_queries):
    for n in range(5):
        a_deal(an, f"Trạm {n}", days=12)
    client.force_login(an)
    client.get("/deals/?tab=all")
    with django_assert_max_num_queries(5):
        client.get("/deals/?tab=all")
    with django_assert_max_num_queries(10):
        client.get("/deals/board/?tab=all")
    assert kinds.get("deal").schema.get("rotting") is not None


@pytest.mark.django_db(transaction=True)
def test_a_person_finds_what_lies_too_long(world):
    """From home to the list of exactly these, with the mark on the card."""
    an, dung = world.cast.an, world.cast.dung
    limit(stage_of("deal", "Tiếp cận"), 7, by=dung)
    deal = a_deal(an, days=12)
    a_deal(an, "Trạm khí", days=2)
    page = world.enter(an, "/")
    page.get_by_role("link", name="1 cơ hội để lâu").click()
    expect(page.locator("tbody tr:not(.more)")).to_have_count(1)
    expect(page.locator("tbody .rotting")).to_have_text("12 ngày")
    page.locator(".segmented").get_by_text("Bảng").click()
    expect(page.locator(f"#deal-{deal.pk} .rotting")).to_be_visible()
    page.locator(f"#deal-{deal.pk} h3 a").click()
    expect(page.locator("#record-head .rotting")).to_have_text(ROTTING)
