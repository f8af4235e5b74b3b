"""Boards by another field than the stage, and boards cut into lanes: what stands where, and what a move changes."""

import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from playwright.sync_api import expect

from pheu.conftest import stage_of, told
from pheu.core.tests.looking import walked
from pheu.deals.models import Deal
from pheu.deals.services import create_deal, move_deal
from pheu.leads.models import Lead
from pheu.leads.services import create_lead
from pheu.parties.models import Source
from pheu.people.models import Role, User
from pheu.records import boards, schema
from pheu.records.models import Operation
from pheu.records.tests.made_up import of_leads
from pheu.timeline.events import ASSIGNED, CHANGED
from pheu.timeline.services import change


@pytest.fixture
def sources(cast):
    return list(Source.objects.filter(is_active=True)[:2])


@pytest.fixture
def deals(an, binh, sources):
    made = (("Trạm khí", an, 3_000_000, sources[0]), ("Trạm nước", an, 2_000_000, None), ("Bảo trì", binh, None, None))
    return [
        create_deal({"name": name, "owner": owner, "expected_amount": worth, "source": source}, by=binh)
        for name, owner, worth, source in made
    ]


def board(client, query, kind="deals"):
    answer = client.get(f"/{kind}/board/?tab=all&{query}")
    assert answer.status_code == 200
    return answer.context["board"]


def columns(client, query, kind="deals"):
    """{label: (count, amount, titles)}."""
    shown = board(client, query, kind).columns_of_stages
    return {str(one.label): (one.count, one.amount, [card.title for card in one.cards]) for one in shown}


def moved(client, row, page, **sent):
    """A card dropped on the board of this address."""
    kind = f"{row.kind}s"
    headers = {
        "HX-Request": "true",
        "HX-Target": f"{row.kind}-{row.pk}",
        "HX-Current-URL": f"http://testserver/{kind}/board/?tab=all&{page}",
    }
    return client.post(f"/{kind}/{row.pk}/column/", sent, headers=headers)


def toast(answer):
    return json.loads(answer.headers["HX-Trigger"])["toast"]


# What stands where ------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_people_are_columns_with_count_sum_and_cards(client, binh, deals):
    """R4.58: as the list in these groups, which counters can answer, or not."""
    client.force_login(binh)
    for more in ("", "&expected_amount.from=0&expected_amount.from=1"):
        found = columns(client, f"by=owner{more}")
        assert found["Nguyễn Hoài An"] == (2, 5_000_000, ["Trạm nước", "Trạm khí"])
    found = columns(client, "by=owner")
    assert found["Trần Thanh Bình"] == (1, 0, ["Bảo trì"])
    assert found["Chưa có «Người phụ trách»"] == (0, 0, [])


@pytest.mark.django_db
def test_what_can_be_chosen_is_a_column_also_while_nothing_stands_there(client, binh, deals, sources):
    client.force_login(binh)
    found = columns(client, "by=source")
    assert set(found) >= {str(one) for one in Source.objects.filter(is_active=True)}
    assert found[str(sources[0])] == (1, 3_000_000, ["Trạm khí"])
    assert list(found.values())[-1][0] == 2
    assert [one[0] for one in columns(client, "by=priority").values()] == [3, 0, 0, 0]


@pytest.mark.django_db
def test_a_company_s_own_choices_are_columns(client, an, monkeypatch):
    monkeypatch.setattr(schema, "_sources", [])
    schema.add_source(of_leads)
    lead = create_lead({"name": "Xi măng", "owner": an, "line": "b", "is_urgent": True}, by=an)
    client.force_login(an)
    assert {label: one[2] for label, one in columns(client, "by=line", "leads").items()} == {
        "Dây A": [], "Dây B": ["Xi măng"], "Chưa có «Dây chuyền»": []
    }  # fmt: skip
    assert columns(client, "by=is_urgent", "leads")["Có"][2] == ["Xi măng"]
    assert moved(client, lead, "by=line", by="line", left="b", to="a").status_code == 200
    assert Lead.objects.get().own["line"] == "a"
    assert moved(client, lead, "by=is_urgent", by="is_urgent", left="true", to="none").status_code == 200
    assert Lead.objects.get().own.get("is_urgent") is None


@pytest.mark.django_db
@pytest.mark.parametrize(
    "query", ["by=nothing", "by=name", "by=created_at", "by=tags", "by=company", "by=stage", "by="]
)
def test_what_is_no_such_field_is_the_usual_board(client, binh, deals, query):
    client.force_login(binh)
    assert "Tiếp cận" in columns(client, query)


@pytest.mark.django_db
def test_a_hidden_field_is_neither_offered_nor_shown_nor_written(client, binh, deals, sources):
    binh.role.fields = {"deal": {"source": "hidden", "expected_amount": "hidden"}}
    binh.role.save()
    client.force_login(binh)
    shown = board(client, "by=source&lanes=source")
    assert (shown.by, shown.lanes_by) == (None, None)
    assert "source" not in {one.name for one, _url, _now in [*shown.ways_to_stand, *shown.ways_to_lanes]}
    answer = moved(client, deals[0], "by=source", by="source", left=str(sources[0].pk), to=str(sources[1].pk))
    assert answer.status_code == 404
    assert board(client, "by=owner").has_amount is False
    assert "3.000.000" not in client.get("/deals/board/?tab=all&by=owner").text


@pytest.mark.django_db
def test_a_column_goes_on_below_its_last_card(client, an, monkeypatch):
    monkeypatch.setattr(boards, "CARDS", 2)
    for nth in range(5):
        create_deal({"name": f"Trạm {nth}", "owner": an}, by=an)
    client.force_login(an)
    [mine] = [one for one in board(client, "by=owner").columns_of_stages if one.count]
    assert [card.title for card in mine.cards] == ["Trạm 4", "Trạm 3"]
    more = client.get(f"/deals/board/{mine.more_url}").text
    assert ("Trạm 2" in more, "Trạm 1" in more, "Trạm 0" in more, "<html" in more) == (True, True, False, False)
    assert client.get("/deals/board/?tab=all&by=owner&of=nobody").status_code == 404
    folded = client.get("/deals/board/?column=nobody", headers={"HX-Request": "true"})
    assert folded.status_code == 404


@pytest.mark.django_db
def test_columns_out_of_sight_bring_their_cards_when_they_are_seen(client, an, sources, monkeypatch):
    """And what is in sight shares the room for cards."""
    monkeypatch.setattr(boards, "COLUMNS_AT_ONCE", 2)
    monkeypatch.setattr(boards, "CARDS_AT_ONCE", 2)
    for nth in range(3):
        for source in (*sources, None):
            create_deal({"name": f"Trạm {nth}", "owner": an, "source": source}, by=an)
    client.force_login(an)
    first, second, last = [one for one in board(client, "by=source").columns_of_stages if one.count]
    assert [len(one.cards) for one in (first, second, last)] == [1, 1, 0]
    more = client.get(f"/deals/board/{last.more_url}").text
    assert [f"Trạm {nth}" in more for nth in range(3)] == [False, True, True]


@pytest.mark.django_db
def test_cards_stand_as_the_list_does_what_was_changed_last_on_top(client, an, monkeypatch):
    monkeypatch.setattr(boards, "CARDS", 2)
    first, *_others = [create_deal({"name": f"Trạm {nth}", "owner": an}, by=an) for nth in range(4)]
    change(first, {"priority": (0, 2)}, by=an)
    client.force_login(an)
    [mine] = [one for one in board(client, "by=owner").columns_of_stages if one.count]
    assert [card.title for card in mine.cards] == ["Trạm 0", "Trạm 3"]
    listed = [row.title for row in client.get("/deals/?tab=all&owner=me").context["listing"].rows]
    assert listed == ["Trạm 0", "Trạm 3", "Trạm 2", "Trạm 1"]
    more = client.get(f"/deals/board/{mine.more_url}").text
    assert [f"Trạm {nth}" in more for nth in range(4)] == [False, True, True, False]
    # What nobody has signed is no place: the column begins at its beginning.
    again = client.get(f"/deals/board/?tab=all&by=owner&of={mine.key}&below={first.pk}").text
    assert "Trạm 0" in again


@pytest.mark.django_db
def test_columns_and_lanes_without_room_are_told_with_a_way_to_the_list(client, an, monkeypatch):
    monkeypatch.setattr(boards, "MOST_COLUMNS", 3)
    monkeypatch.setattr(boards, "MOST_LANES", 2)
    for nth in range(5):
        source = Source.objects.create(name=f"Nguồn {nth}")
        create_deal({"name": f"Trạm {nth}", "owner": an, "source": source, "expected_amount": 1_000_000}, by=an)
    client.force_login(an)
    shown = board(client, "by=source")
    assert (len(shown.heads), len(shown.groups_left_out), shown.total) == (3, 2, 5_000_000)
    assert "group=source" in client.get("/deals/board/?tab=all&by=source").text
    assert len(board(client, "lanes=source").lanes) == 2
    page = client.get("/deals/board/?tab=all&lanes=source").text
    assert "/deals/?tab=all&amp;group=source" in page


# What a move changes ----------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_card_put_with_somebody_else_is_handed_over_and_taken_back(client, an, binh, deals):
    client.force_login(binh)
    deal = deals[0]
    answer = moved(client, deal, "by=owner", by="owner", left=str(an.pk), to=str(binh.pk))
    assert answer.status_code == 200
    assert Deal.objects.get(pk=deal.pk).owner == binh
    assert told(ASSIGNED, about=deal)
    assert f'id="deal-{deal.pk}"' in answer.text
    assert f'id="stage-{an.pk}-head"' in answer.text
    client.post(toast(answer)["undo"])
    assert Deal.objects.get(pk=deal.pk).owner == an
    moved(client, deal, "by=owner", by="owner", left=str(an.pk), to="none")
    assert Deal.objects.get(pk=deal.pk).owner is None


@pytest.mark.django_db
def test_a_card_put_in_another_column_has_its_value(client, an, deals, sources):
    client.force_login(an)
    first, second = (str(one.pk) for one in sources)
    answer = moved(client, deals[0], "by=source", by="source", left=first, to=second)
    assert str(sources[1]) in toast(answer)["text"]
    assert Deal.objects.get(pk=deals[0].pk).source == sources[1]
    client.post(toast(answer)["undo"])
    assert Deal.objects.get(pk=deals[0].pk).source == sources[0]
    # What a filter leaves out is not drawn again.
    page = f"by=source&source={first}"
    assert f'id="deal-{deals[0].pk}"' not in moved(client, deals[0], page, by="source", left=first, to="none").text


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["source", "owner"])
def test_what_somebody_changed_meanwhile_stays(client, an, binh, deals, sources, name):
    client.force_login(binh)
    if name == "source":
        change(deals[0], {"source": (sources[0], None)}, by=an)
        left, to, was = sources[0], sources[1], None
    else:
        left, to, was = binh, None, an
    answer = moved(client, deals[0], f"by={name}", by=name, left=str(left.pk), to=str(to.pk) if to else "none")
    assert (answer.status_code, toast(answer)["level"]) == (409, "error")
    assert getattr(Deal.objects.get(pk=deals[0].pk), name) == was


@pytest.mark.django_db
def test_what_is_read_only_or_not_theirs_is_refused_in_words(client, an, binh, deals, sources):
    first, second = (str(one.pk) for one in sources)
    client.force_login(an)  # who may not hand out what is not hers
    answer = moved(client, deals[2], "by=source", by="source", left="none", to=second)
    assert answer.status_code in (403, 404)
    answer = moved(client, deals[0], "by=created_by", by="created_by", left=str(binh.pk), to=str(an.pk))
    assert (answer.status_code, "error") == (403, toast(answer)["level"])
    assert not any(card.may_move for one in board(client, "by=created_by").columns_of_stages for card in one.cards)
    an.role.fields = {"deal": {"source": "read", "owner": "read"}}
    an.role.save()
    assert not any(card.may_move for one in board(client, "by=source").columns_of_stages for card in one.cards)
    assert moved(client, deals[0], "by=source", by="source", left=first, to=second).status_code == 403
    assert moved(client, deals[0], "by=owner", by="owner", left=str(an.pk), to="none").status_code == 403
    assert Deal.objects.get(pk=deals[0].pk).source == sources[0]
    assert not Operation.objects.filter(act__in=["rearrange", "assign"]).exists()


@pytest.mark.django_db
@pytest.mark.parametrize("to", ["9" * 30, "x", "", "-1"])
@pytest.mark.parametrize("name", ["source", "owner", "priority"])
def test_what_cannot_be_chosen_is_refused_in_words(client, binh, deals, name, to):
    client.force_login(binh)
    held = getattr(deals[0], name)
    left = str(getattr(held, "pk", held))
    answer = moved(client, deals[0], f"by={name}", by=name, left=left, to=to)
    assert answer.status_code in ((200, 409, 422) if to == "" else (409, 422))
    assert to == "" or getattr(Deal.objects.get(pk=deals[0].pk), name) == held


# Lanes ------------------------------------------------------------------------------------------------------------


def cells(client, query):
    """{(lane, column): titles}, of cells with cards."""
    shown = board(client, query)
    return {
        (lane.label, str(cell.label)): [card.title for card in cell.cards]
        for lane in shown.lanes for cell in lane.cells if cell.cards
    }  # fmt: skip


@pytest.mark.django_db
def test_lanes_cut_a_board_by_stage(client, an, binh, deals):
    quote = stage_of("deal", "Báo giá")
    move_deal(deals[0], to=quote, left=deals[0].stage, by=binh)
    client.force_login(binh)
    assert cells(client, "lanes=owner") == {
        ("Nguyễn Hoài An", "Tiếp cận"): ["Trạm nước"],
        ("Nguyễn Hoài An", "Báo giá"): ["Trạm khí"],
        ("Trần Thanh Bình", "Tiếp cận"): ["Bảo trì"],
    }
    counts = {one.label: one.count for one in board(client, "lanes=owner").lanes}
    assert (counts["Nguyễn Hoài An"], counts["Trần Thanh Bình"]) == (2, 1)
    assert not any(lane == "Nguyễn Hoài An" for lane, _column in cells(client, f"lanes=owner&fold={an.pk}"))


@pytest.mark.django_db
def test_lanes_cut_a_board_by_a_field_and_stages_can_be_lanes(client, an, binh, deals, sources):
    client.force_login(binh)
    nobody = "Chưa có «Nguồn»"
    assert cells(client, "by=source&lanes=owner") == {
        ("Nguyễn Hoài An", str(sources[0])): ["Trạm khí"],
        ("Nguyễn Hoài An", nobody): ["Trạm nước"],
        ("Trần Thanh Bình", nobody): ["Bảo trì"],
    }
    assert cells(client, "by=owner&lanes=stage") == {
        ("Tiếp cận", "Nguyễn Hoài An"): ["Trạm nước", "Trạm khí"],
        ("Tiếp cận", "Trần Thanh Bình"): ["Bảo trì"],
    }
    assert board(client, "by=owner&lanes=owner").lanes_by is None
    assert board(client, "lanes=stage").lanes_by is None


@pytest.mark.django_db
def test_two_fields_change_in_one_act_and_other_slanting_moves_are_refused(client, an, binh, deals, sources):
    client.force_login(binh)
    deal, page = deals[0], "by=source&lanes=priority"
    first, second = (str(one.pk) for one in sources)
    step = {"by": "source", "left": first, "to": second}
    answer = moved(client, deal, page, **step, lanes="priority", **{"from": "0", "lane": "2"})
    deal = Deal.objects.get(pk=deal.pk)
    assert (deal.source, deal.priority) == (sources[1], 2)
    assert len(told(CHANGED, about=deal).facts["changes"]) == 2
    client.post(toast(answer)["undo"])
    deal = Deal.objects.get(pk=deal.pk)
    assert (deal.source, deal.priority) == (sources[0], 0)
    slanting = {**step, "lanes": "owner", "from": str(an.pk), "lane": str(binh.pk)}
    assert moved(client, deal, "by=source&lanes=owner", **slanting).status_code == 409
    along = slanting | {"to": first}
    assert moved(client, deal, "by=source&lanes=owner", **along).status_code == 200
    assert Deal.objects.get(pk=deal.pk).owner == binh


@pytest.mark.django_db
def test_a_lane_of_a_stage_is_entered_as_a_stage_is(client, an, binh, deals):
    client.force_login(binh)
    quote, deal = stage_of("deal", "Báo giá"), deals[0]
    told_of = {"by": "owner", "left": str(an.pk), "to": str(an.pk), "lanes": "stage", "from": str(deal.stage_id)}
    answer = moved(client, deal, "by=owner&lanes=stage", **told_of, lane=str(quote.pk))
    assert answer.status_code == 200
    assert Deal.objects.get(pk=deal.pk).stage == quote
    lost = stage_of("deal", "Thất bại")
    answer = moved(client, deal, "by=owner&lanes=stage", **told_of | {"from": str(quote.pk)}, lane=str(lost.pk))
    assert "dialog-open" in answer.headers["HX-Trigger"]
    assert Deal.objects.get(pk=deal.pk).stage == quote


@pytest.mark.django_db
def test_a_cell_goes_on_below_its_last_card(client, an, monkeypatch):
    monkeypatch.setattr(boards, "CARDS_IN_LANES", 1)
    for nth in range(3):
        create_deal({"name": f"Trạm {nth}", "owner": an, "priority": 1}, by=an)
    create_deal({"name": "Khác", "owner": an, "priority": 2}, by=an)
    client.force_login(an)
    [cell] = [one for lane in board(client, "lanes=priority").lanes for one in lane.cells if one.more_url]
    assert [card.title for card in cell.cards] == ["Trạm 2"]
    more = client.get(f"/deals/board/{cell.more_url}").text
    assert ("Trạm 1" in more, "Trạm 0" in more, "Khác" in more) == (True, False, False)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "query", ["by=owner", "by=source", "lanes=owner", "by=source&lanes=owner", "by=owner&lanes=stage"]
)
def test_a_board_takes_as_many_statements_for_many_columns_lanes_and_cards(client, binh, sources, query):
    client.force_login(binh)
    create_deal({"name": "Trạm", "owner": binh, "source": sources[0]}, by=binh)

    def asked():
        board(client, query)
        with CaptureQueriesContext(connection) as captured:
            board(client, query)
        return len(captured)

    few = asked()
    for nth in range(8):
        one = User.objects.create_user(
            f"nv{nth}@quantrac.example", "x", full_name=f"Lý {nth}", role=Role.objects.get(code="sales"),
            department=binh.department,
        )  # fmt: skip
        one.teams.add(*binh.teams.all())
        source = Source.objects.create(name=f"Nguồn {nth}")
        for deal in range(3):
            create_deal({"name": f"Trạm {nth} {deal}", "owner": one, "source": source}, by=binh)
    assert asked() == few <= 13


# By hand ----------------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_deals_are_handed_over_by_dragging_and_by_keyboard(world):
    """R1.17: between columns of people and, in lanes, between people and stages."""
    an, binh = world.cast.an, world.cast.binh
    deal = create_deal({"name": "Trạm khí", "owner": an, "expected_amount": 3_000_000}, by=binh)
    create_deal({"name": "Trạm nước", "owner": binh}, by=binh)
    page = world.enter(binh, "/deals/board/?tab=all")
    page.get_by_role("button", name="Cột", exact=True).click()
    page.get_by_role("group", name="Cột theo").get_by_role("link", name="Người phụ trách").click()
    card, cards_of = page.locator(f"#deal-{deal.pk}"), lambda one: page.locator(f'.cards[data-stage="{one.pk}"]')
    expect(cards_of(an).locator(".card")).to_have_count(1)
    with page.expect_response(f"**/deals/{deal.pk}/column/"):
        card.drag_to(cards_of(binh))
    expect(page.locator(f"#stage-{binh.pk}-head .count")).to_have_text("2")
    expect(cards_of(binh).locator(f"#deal-{deal.pk}:not([aria-busy])")).to_have_count(1)
    assert Deal.objects.get(pk=deal.pk).owner == binh
    page.locator(".toast").get_by_role("button", name="Hoàn tác").click()
    expect(cards_of(an).locator(f"#deal-{deal.pk}")).to_have_count(1)
    card.focus()
    page.keyboard.press("m")
    page.locator("#stage-menu").get_by_role("button", name=str(binh)).click()
    expect(cards_of(binh).locator(f"#deal-{deal.pk}:not([aria-busy])")).to_have_count(1)

    page.get_by_role("button", name="Cột", exact=True).click()
    page.get_by_role("group", name="Hàng ngang").get_by_role("link", name="Giai đoạn").click()
    quote = stage_of("deal", "Báo giá")
    cell = page.locator(f'.cards[data-stage="{binh.pk}"][data-lane="{quote.pk}"]')
    card.focus()
    page.keyboard.press("m")
    page.locator("#stage-menu").get_by_role("button", name="Báo giá").click()
    expect(cell.locator(f"#deal-{deal.pk}:not([aria-busy])")).to_have_count(1)
    expect(page.locator(f"#lane-{quote.pk}-count")).to_have_text("1")
    expect(card).to_be_focused()
    page.keyboard.press("Alt+ArrowUp")
    expect(page.locator(f"#lane-{quote.pk}-count")).to_have_text("0")
    page.get_by_role("link", name="Báo giá").click()
    expect(cell).to_have_count(0)
    expect(page.locator(f"#lane-{quote.pk}-fold")).to_have_attribute("aria-expanded", "false")


@pytest.mark.django_db(transaction=True)
def test_a_refused_card_goes_back(world):
    an = world.cast.an
    lead = create_lead({"name": "Xi măng", "owner": an, "source": None}, by=an)
    page = world.enter(an, "/leads/board/?tab=all&by=source")
    to = Source.objects.filter(is_active=True)[0]
    expect(page.locator(f"#lead-{lead.pk}")).to_be_visible()
    Source.objects.filter(pk=to.pk).update(is_active=False)
    page.locator(f"#lead-{lead.pk}").focus()
    page.keyboard.press("m")
    page.locator("#stage-menu").get_by_role("button", name=str(to), exact=True).click()
    expect(page.locator(".toast")).to_be_visible()
    expect(page.locator(f'.cards[data-stage="none"] #lead-{lead.pk}')).to_have_count(1)
    assert Lead.objects.get().source is None


@pytest.mark.django_db(transaction=True)
def test_boards_by_fields_are_easy_to_reach_and_fit_a_phone(world):
    binh = world.cast.binh
    create_deal({"name": "Trạm khí", "owner": binh, "expected_amount": 3_000_000}, by=binh)
    page = world.enter(binh, "/deals/board/?tab=all&by=owner")
    here = f"{world.url}/deals/board/?tab=all"
    assert walked(page, [f"{here}&by=owner", f"{here}&lanes=owner", f"{here}&by=priority&lanes=stage"]) == {}
