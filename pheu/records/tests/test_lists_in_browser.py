"""A day's work in a list: what is on screen, what opens a row, what the keys do, which view one lands on."""

import re
from datetime import timedelta

import pytest
from django.http import QueryDict
from django.utils import timezone
from playwright.sync_api import expect

from pheu.activities.models import ActivityType
from pheu.activities.services import schedule_activity
from pheu.conftest import given, stage_of, standing
from pheu.deals.services import create_deal
from pheu.leads.models import Lead, Source
from pheu.leads.services import create_lead, create_leads
from pheu.records import kinds, lists
from pheu.records.lists import Listing
from pheu.records.models import Stage

LONG = "Công ty Cổ phần Đầu tư Xây dựng và Thương mại Xuất nhập khẩu Môi trường Xanh Đại Việt Miền Trung"
in_browser = pytest.mark.django_db(transaction=True)


def a_lead(owner, name, **more):
    return create_lead({"company_name": name, "phone": "+842438637747", "owner": owner, **more}, by=owner)


def planned(row, by, *, title="", **later):
    what, at = ActivityType.objects.all()[0], timezone.now() + timedelta(**later)
    return schedule_activity(row.record, what=what, title=title, due_at=at, assignee=by, by=by)


def _company(owner):
    return standing("company", {"name": LONG, "type": "customer", "owner": owner}, by=owner)


def page_of(row):
    """Its address, with or without the place in the list that one came from."""
    return re.compile(re.escape(row.get_absolute_url()) + r"(\?|$)")


def rows_of(page):
    return page.locator("#rows tr:not(.more)")


# On screen ------------------------------------------------------------------------------------------------------------


@in_browser
@pytest.mark.parametrize("path", ["prospects", "leads", "deals", "companies", "contacts"])
def test_owner_and_next_activity_are_on_screen_however_long_the_names(world, path):
    """At 1440 px, without scrolling sideways."""
    an = world.cast.an
    values = {
        "prospects": ("prospect", {"company_name": LONG, "email": "phong.kinh.doanh@moitruongxanhdaiviet.example"}),
        "leads": ("lead", {"company_name": LONG, "phone": "+842438637747", "priority": 3}),
        "deals": ("deal", {"name": LONG, "expected_amount": 12_345_000_000, "company": _company(an)}),
        "companies": ("company", {"name": LONG, "type": "customer", "phone": "+842438637747"}),
        "contacts": ("contact", {"full_name": LONG, "job_title": LONG[:100]}),
    }
    kind, given_values = values[path]
    row = standing(kind, given_values | {"owner": an}, by=an)
    planned(row, an, days=1, title="Gửi hồ sơ năng lực và báo giá sơ bộ cho phòng kỹ thuật")
    page = world.enter(world.cast.dung, f"/{path}/?tab=all")
    line = page.locator("#rows tr", has_text=row.number)
    for shown in (line.locator(".next .faint"), line.locator(".person-name")):
        box = shown.bounding_box()
        assert box is not None
        assert 0 < box["x"] + box["width"] <= 1440
    name = line.locator(".cell-title").bounding_box()
    assert name is not None
    assert name["width"] >= (220 if path == "deals" else 300)


@in_browser
def test_a_long_stage_says_its_days_and_pushes_nobody_off_the_screen(world):
    """At 1440 px, of a deal that stands still and has an amount, a company and something to be done."""
    an = world.cast.an
    values = {"name": LONG, "expected_amount": 1_320_000_000, "company": _company(an), "owner": an}
    deal = standing("deal", values, by=an)
    Stage.objects.update(rots_after=21)
    given(deal, stage=stage_of("deal", "Xác định nhu cầu"), stage_entered_at=timezone.now() - timedelta(days=167))
    planned(deal, an, days=-24, title="Khảo sát hiện trường")
    page = world.enter(world.cast.dung, "/deals/?tab=all")
    cell = page.locator("#rows .cell-state")
    expect(cell).to_contain_text("167 ngày")
    assert cell.evaluate("cell => cell.scrollWidth <= cell.clientWidth")
    owner = page.locator("#rows .person-name").bounding_box()
    assert owner is not None
    assert owner["x"] + owner["width"] <= 1440


@pytest.mark.django_db
def test_a_column_that_is_empty_on_the_page_is_hidden_there(an, client):
    a_lead(an, "Xi măng Hòn Đá")
    client.force_login(an)
    head = re.search(r"<th[^>]*>Nguồn", client.get("/leads/?tab=all").text)
    assert head is not None
    assert " hidden" in head[0]


@in_browser
def test_a_column_comes_back_when_further_rows_fill_it(world, monkeypatch):
    monkeypatch.setattr(lists, "PAGE", 3)
    an = world.cast.an
    a_lead(an, "Có nguồn, ở trang sau", source=Source.objects.all()[0])
    for n in range(3):
        a_lead(an, f"Công ty {n}")
    page = world.enter(an, "/leads/?tab=all")
    expect(rows_of(page)).to_have_count(4)  # «Show more» is in sight, so it is followed
    expect(page.locator("thead th", has_text="Nguồn")).to_be_visible()
    heads, cells = page.locator("thead th:visible"), rows_of(page).first.locator("td:visible")
    assert heads.count() == cells.count()
    name = page.locator("thead th.cell-title").bounding_box()
    assert name is not None
    assert name["width"] > 200


@pytest.mark.django_db
def test_the_next_activity_is_named_in_lists_and_on_cards(an, client):
    """R0.33."""
    first, second = a_lead(an, "Xi măng Hòn Đá"), a_lead(an, "Thép Phú Gia")
    planned(first, an, days=3, title="Gọi lần hai")
    planned(first, an, days=1, title="Gọi lần đầu")
    planned(second, an, days=1)
    client.force_login(an)
    for address in ("/leads/?tab=all", "/leads/board/?tab=all"):
        page = client.get(address).text
        assert "Gọi lần đầu" in page
        assert "Gọi lần hai" not in page
        assert str(ActivityType.objects.all()[0]) in page  # without a title it is called by its type
        assert re.search(r"ngày mai \d\d:\d\d", page)


@in_browser
def test_a_long_pill_stands_within_its_column_and_says_all_of_it(world):
    an = world.cast.an
    row = standing("prospect", {"company_name": "Xi măng Hòn Đá", "owner": an}, by=an)
    given(row, flags=["completed", "old_mobile", "repeated"])
    page = world.enter(an, "/prospects/?tab=all")
    shown = page.locator("#rows [title*='số lặp lại']")
    pill, cell = shown.locator(".pill").bounding_box(), page.locator("#rows td:has(> [title] > .pill)").bounding_box()
    assert pill is not None
    assert cell is not None
    assert pill["x"] + pill["width"] <= cell["x"] + cell["width"]


# Opening and keys -----------------------------------------------------------------------------------------------------


@in_browser
def test_a_click_anywhere_on_a_row_opens_it_and_what_stands_in_it_keeps_its_meaning(world):
    an = world.cast.an
    lead = a_lead(an, "Xi măng Hòn Đá")
    page = world.enter(world.cast.binh, "/leads/?tab=all")
    state = page.locator("#rows .cell-state")
    page.locator("#rows .cell-check").click(position={"x": 4, "y": 20})
    expect(page.locator("#rows [name=ids]")).to_be_checked()
    with page.expect_popup() as opened:
        state.click(modifiers=["ControlOrMeta"])
    opened.value.wait_for_url(page_of(lead))
    with page.expect_popup() as opened:
        state.click(button="middle")
    opened.value.close()
    # Marking a text with the mouse is no click.
    number = page.locator("#rows td", has_text=lead.number).bounding_box()
    assert number is not None
    page.mouse.move(number["x"] + 12, number["y"] + 20)
    page.mouse.down()
    page.mouse.move(number["x"] + 70, number["y"] + 20)
    page.mouse.up()
    assert page.evaluate("String(getSelection())")
    assert page.url.endswith("/leads/?tab=all")
    page.evaluate("getSelection().empty()")
    state.click()
    page.wait_for_url(page_of(lead))


@in_browser
def test_rows_are_walked_ticked_and_opened_by_keys(world):
    an = world.cast.an
    leads = [a_lead(an, f"Công ty {n}") for n in range(3)]
    page = world.enter(world.cast.binh, "/leads/?tab=all")
    for pressed in "jjjkx":
        page.keyboard.press(pressed)
    expect(page.locator(f"#rows [name=ids][value='{leads[1].pk}']")).to_be_checked()
    expect(page.locator("[data-bulk-count]")).to_have_text("Đã chọn 1")
    page.keyboard.press("o")
    page.wait_for_url(page_of(leads[1]))
    page.go_back()
    page.locator(f"#rows [name=ids][value='{leads[0].pk}']").focus()
    page.keyboard.press("Enter")
    page.wait_for_url(page_of(leads[0]))


def before_the_script(world, an):
    """All leads of a list whose script has not come yet, and what lets it come."""
    page = world.enter(an, "/")
    held = []
    page.route(re.compile(r"/js/rows[.\w]*\.js"), lambda route: held.append(route))
    page.goto(f"{world.url}/leads/?tab=all", wait_until="commit")

    def let_come():
        assert held
        held[0].continue_()

    return page, let_come


@in_browser
def test_a_tick_from_before_the_script_came_stays(world):
    """R1.17: on a slow line the boxes are there before what listens to them."""
    an = world.cast.an
    leads = [a_lead(an, f"Công ty {n}") for n in range(3)]
    page, let_come = before_the_script(world, an)
    page.locator(f"[name=ids][value='{leads[1].pk}']").check()
    let_come()
    expect(page.locator("[data-bulk-count]")).to_have_text("Đã chọn 1")
    expect(page.locator(f"[name=ids][value='{leads[1].pk}']")).to_be_checked()


@in_browser
def test_all_ticked_before_the_script_came_are_ticked(world):
    """R1.17."""
    an = world.cast.an
    leads = [a_lead(an, f"Công ty {n}") for n in range(3)]
    page, let_come = before_the_script(world, an)
    page.locator("thead [type=checkbox]").check()
    let_come()
    expect(page.locator("[data-bulk-count]")).to_have_text("Đã chọn 3")
    expect(page.locator("[name=ids]:checked")).to_have_count(len(leads))


@in_browser
def test_ticks_survive_other_pages_and_orders_of_the_list(world, monkeypatch):
    """R1.17: ticked on one page, handed out from another."""
    monkeypatch.setattr(lists, "PAGE", 3)
    an, binh, chi = world.cast.an, world.cast.binh, world.cast.chi
    leads = [a_lead(an, f"Công ty {n}") for n in range(8)]
    page = world.enter(binh, "/leads/?tab=all")
    page.locator(f"[name=ids][value='{leads[-1].pk}']").check()
    expect(page.locator("[data-bulk-count]")).to_have_text("Đã chọn 1")
    page.locator("thead .cell-title a").click()
    page.wait_for_url(re.compile("sort=name"))
    expect(page.locator("[data-bulk-count]")).to_have_text("Đã chọn 1")  # it came along
    page.locator(f"[name=ids][value='{leads[0].pk}']").check()
    expect(page.locator("[data-bulk-count]")).to_have_text("Đã chọn 2")
    page.get_by_role("button", name="Phân công").click()
    dialog = page.locator("#dialog[open]")
    dialog.locator("#id_owner-ts-control").fill("Chi")
    dialog.locator(".ts-dropdown .option", has_text="Lê Kim Chi").click()
    dialog.locator(".dialog-foot [type=submit]").click()
    expect(page.locator("#dialog[open]")).to_have_count(0)
    expect(page.locator(".toast")).to_be_visible()
    assert set(Lead.objects.filter(owner=chi)) == {leads[0], leads[-1]}
    expect(page.locator(".bulk-bar")).to_be_hidden()  # what was done with them is done
    page.goto("/leads/?tab=all")
    expect(page.locator("[name=ids]:checked")).to_have_count(0)


@in_browser
def test_a_row_that_is_taken_on_leaves_the_ticks_of_the_others(world):
    an, binh = world.cast.an, world.cast.binh
    ticked = a_lead(an, "Xi măng Hòn Đá")
    create_lead({"company_name": "Thép Phú Gia", "phone": "+842438637748"}, by=binh)
    page = world.enter(binh, "/leads/?tab=all")
    box = page.locator(f"#rows [name=ids][value='{ticked.pk}']")
    box.check()
    row = page.locator("#rows tr", has_text="Thép Phú Gia")
    row.get_by_role("button", name="Nhận").click()
    expect(row.locator(".person-name")).to_have_text(str(binh))
    expect(page.locator("[data-bulk-count]")).to_have_text("Đã chọn 1")
    page.reload()
    expect(box).to_be_checked()


# Orders, «Quá hạn», and the view one lands on -------------------------------------------------------------------------


@pytest.mark.django_db
def test_the_first_press_sorts_names_upwards_and_dates_and_numbers_downwards(an):
    def first(kind, name, address="tab=all"):
        [column] = [
            one for one in Listing(kinds.get(kind), an, QueryDict(address)).columns if one["field"].name == name
        ]
        return QueryDict(column["sort"].url.removeprefix("?"))["sort"]

    assert first("lead", "name") == "name"
    assert first("lead", "name", "tab=all&sort=name") == "-name"
    assert first("lead", "name", "tab=all&sort=-name") == "name"
    assert first("deal", "expected_amount") == "-expected_amount"
    assert first("deal", "expected_close_on") == "-expected_close_on"
    assert first("lead", "priority") == "-priority"


@pytest.mark.django_db
def test_names_are_sorted_as_vietnamese_do(an):
    for name in ("Đông Á", "Dệt Sông Trà", "Ánh Dương", "An Phát"):
        a_lead(an, name)
    rows = Listing(kinds.get("lead"), an, QueryDict("tab=all&sort=name")).rows
    assert [row.title for row in rows] == ["An Phát", "Ánh Dương", "Dệt Sông Trà", "Đông Á"]


@pytest.mark.django_db
def test_overdue_is_a_deadline_or_an_activity_that_is_past_wherever_it_is_said(an, client):
    """In the tab, the filter, the meter of a board and the cell of a row: the same rows."""
    yesterday, tomorrow = timezone.now() - timedelta(days=2), timezone.now() + timedelta(days=2)
    by_deadline = a_lead(an, "Quá hạn xử lý", due_at=yesterday)
    by_work = a_lead(an, "Việc quá hạn", due_at=tomorrow)
    planned(by_work, an, days=-2)
    in_time, nothing = a_lead(an, "Còn hạn", due_at=tomorrow), a_lead(an, "Chưa có gì")
    planned(in_time, an, days=1)
    client.force_login(an)
    listed = {
        address: {row.pk for row in Listing(kinds.get("lead"), an, QueryDict(address)).rows}
        for address in ("tab=overdue", "tab=all&overdue=yes", "tab=all&overdue=no")
    }
    assert listed["tab=overdue"] == listed["tab=all&overdue=yes"] == {by_deadline.pk, by_work.pk}
    assert listed["tab=all&overdue=no"] == {in_time.pk, nothing.pk}
    board = client.get("/leads/board/?tab=all")
    columns = board.context["board"].open_columns
    assert [sum(getattr(one, part) for one in columns) for part in ("overdue", "planned", "unplanned")] == [2, 1, 1]
    assert client.get("/leads/?tab=all").text.count("Quá hạn 2 ngày") == 2


@pytest.mark.django_db
def test_a_deadline_that_is_past_is_never_said_of_a_task_that_still_lies_ahead(an, client):
    """In the cell and on the card; a task that is late itself says its own days."""
    long_ago = timezone.now() - timedelta(days=9)
    ahead, late = a_lead(an, "Còn hạn gọi", due_at=long_ago), a_lead(an, "Quá hạn gọi", due_at=long_ago)
    planned(ahead, an, title="Gọi lần đầu", days=3)
    planned(late, an, title="Gọi lần đầu", days=-1)
    client.force_login(an)
    day = timezone.localtime(long_ago).strftime("%d/%m")
    for address in ("/leads/?tab=all", "/leads/board/?tab=all"):
        said = client.get(address).text
        assert said.count(f"Hạn {day}") == 1
        assert "uá hạn 1 ngày" in said
        assert "uá hạn 9 ngày" not in said


@pytest.mark.django_db
def test_one_lands_on_the_first_view_that_has_rows_unless_one_chose_another(an, binh, client):
    """A manager without leads of her own never begins with an empty «Của tôi»."""
    a_lead(an, "Xi măng Hòn Đá")
    client.force_login(binh)
    landed = client.get("/leads/").context["listing"]
    assert landed.tab.code == "all"
    assert len(landed.rows) == 1
    client.force_login(an)
    assert client.get("/leads/").context["listing"].tab.code == "mine"
    client.get("/leads/?tab=free")
    assert client.get("/leads/").context["listing"].tab.code == "free"
    assert client.get("/leads/board/").context["listing"].tab.code == "free"
    client.get("/leads/?tab=all&owner=me")  # a link to some rows is no choice of a view
    assert client.get("/leads/").context["listing"].tab.code == "free"
    client.force_login(binh)  # at the same computer
    assert client.get("/leads/").context["listing"].tab.code == "all"


@pytest.mark.django_db
def test_orders_and_filters_stay_in_the_view_one_landed_on(an, binh, client):
    a_lead(an, "Xi măng Hòn Đá")
    client.force_login(binh)
    listing = client.get("/leads/").context["listing"]
    assert QueryDict(listing.url(sort="name").removeprefix("?"))["tab"] == "all"
    assert ("tab", "all") in listing.kept


@pytest.mark.django_db
def test_a_deal_is_overdue_by_the_same_word(an):
    late = create_deal({"name": "Trạm", "owner": an, "due_at": timezone.now() - timedelta(days=1)}, by=an)
    create_deal({"name": "Trạm khác", "owner": an}, by=an)
    assert Listing(kinds.get("deal"), an, QueryDict("tab=all&overdue=yes")).rows == [late]


# How many, all of them, and where ticks end ---------------------------------------------------------------------------


@in_browser
def test_a_list_says_how_many_rows_its_filters_leave_and_takes_all_of_them(world):
    """R1.17: the whole page, then all of the filter, handed out together; other rows stay."""
    an, binh, chi = world.cast.an, world.cast.binh, world.cast.chi
    known = {"phone": "+842438637747", "owner": an}
    create_leads([known | {"company_name": f"Công ty {n}", "priority": int(n < 60)} for n in range(64)], by=an)
    page = world.enter(binh, "/leads/?tab=all&priority=1")
    expect(page.locator("#list-size")).to_have_text("60 kết quả")
    page.locator("[data-tick-all]").check()
    expect(page.locator("[data-bulk-count]")).to_have_text("Đã chọn 50 trên trang này.")
    page.get_by_role("button", name="Chọn tất cả 60").click()
    expect(page.locator("[data-bulk-count]")).to_have_text("Đã chọn 60")
    expect(page.get_by_role("button", name="Phân công")).to_be_focused()
    page.keyboard.press("Enter")
    dialog = page.locator("#dialog[open]")
    dialog.locator("#id_owner-ts-control").fill("Chi")
    dialog.locator(".ts-dropdown .option", has_text="Lê Kim Chi").click()
    dialog.locator(".dialog-foot [type=submit]").click()
    expect(page.locator(".toast")).to_contain_text("Lê Kim Chi")
    assert set(Lead.objects.filter(owner=chi).values_list("priority", flat=True)) == {1}
    assert Lead.objects.filter(owner=chi).count() == 60


@pytest.mark.django_db
def test_what_one_act_takes_at_once_is_said(an, client, monkeypatch):
    monkeypatch.setattr(lists, "MOST_COUNTED", 4)
    for n in range(6):
        a_lead(an, f"Công ty {n}", priority=3, website="congty.example")
    client.force_login(an)
    assert "6 kết quả" in client.get("/leads/counts/?tab=all").text  # a counter knows
    assert "hơn 4 kết quả" in client.get("/leads/counts/?tab=all&q=congty").text
    monkeypatch.setattr(Listing.first_ids, "__defaults__", (4,))
    newest = list(Lead.objects.order_by("-updated_at", "-pk").values_list("pk", flat=True)[:4])
    assert client.get("/leads/ids/?tab=all").json() == {"ids": newest}


@in_browser
def test_ticks_end_when_one_leaves_the_list(world):
    """They outlive its records, its orders and a reload; not the menu, another list, or a page between."""
    an = world.cast.an
    lead = a_lead(an, "Xi măng Hòn Đá")
    a_lead(world.cast.binh, "Thép Phú Gia")
    page = world.enter(world.cast.binh, "/leads/?tab=all")
    box = page.locator(f"#rows [name=ids][value='{lead.pk}']")
    menu = page.locator(".sidebar")

    def ticked_again():
        page.goto(f"{world.url}/leads/?tab=all")
        box.check()

    box.check()
    page.locator("thead .cell-title a").click()
    page.wait_for_url(re.compile("sort=name"))
    expect(box).to_be_checked()
    page.locator("#rows tr", has_text="Thép Phú Gia").locator(".cell-title a").click()
    page.locator(".crumb a").click()
    expect(box).to_be_checked()
    menu.get_by_role("link", name="Tiềm năng").click()
    expect(page.locator("#rows tr")).to_have_count(2)
    expect(page.locator("#rows [name=ids]:checked")).to_have_count(0)
    ticked_again()
    menu.get_by_role("link", name="Trang chủ").click()
    page.locator("#home").wait_for()
    page.goto(f"{world.url}/leads/?tab=all")
    expect(page.locator("#rows tr")).to_have_count(2)
    expect(page.locator("#rows [name=ids]:checked")).to_have_count(0)
    ticked_again()
    page.locator(".tabs a", has_text="Của tôi").click()
    page.wait_for_url(re.compile("tab=mine"))
    page.locator(".tabs a", has_text="Tất cả").click()
    page.wait_for_url(re.compile("tab=all"))
    expect(page.locator("#rows [name=ids]:checked")).to_have_count(0)


def test_a_list_is_sorted_by_several_columns_with_shift_and_in_its_menu(world):
    """Issue 8: sort by several."""
    an = world.cast.an
    for name, stars in (("Một", 1), ("Hai", 3), ("Ba", 3)):
        create_lead({"company_name": name, "priority": stars, "owner": an}, by=an)
    page = world.enter(an, "/leads/?tab=all&cols=name,priority,owner")
    titles = page.locator("tbody .cell-title a")
    page.get_by_role("columnheader", name="Ưu tiên").get_by_role("link").click()
    expect(titles.nth(2)).to_have_text("Một")
    page.locator("th.cell-title a").click(modifiers=["Shift"])
    expect(titles).to_have_text(["Ba", "Hai", "Một"])
    expect(page.locator("th.cell-title .turn")).to_have_text("2")
    page.get_by_role("button", name="Sắp xếp").click()
    menu = page.locator("#menu-sort")
    menu.locator("[aria-current]").nth(1).click()
    expect(titles).to_have_text(["Hai", "Ba", "Một"])
    page.get_by_role("button", name="Sắp xếp").click()
    menu.get_by_role("link", name=re.compile("Thôi sắp theo «.*ưu tiên»", re.I)).click()
    expect(titles).to_have_text(["Một", "Hai", "Ba"])
