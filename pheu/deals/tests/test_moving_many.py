"""«Đổi giai đoạn» of ticked rows, and the way back from any move."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from playwright.sync_api import expect

from pheu.conftest import given, nothing_changes, stage_of, told
from pheu.core.errors import DomainError, Refused
from pheu.deals import events
from pheu.deals.models import Deal
from pheu.deals.services import close_deal, create_deal
from pheu.records.acts import last_operation
from pheu.records.models import ClosingReason, Operation
from pheu.timeline.events import UNDONE
from pheu.timeline.models import Event
from pheu.timeline.stages import move, move_many
from pheu.timeline.undo import undo


def deals_of(owner, n, **more):
    return [create_deal({"name": f"Trạm {at}", "owner": owner, **more}, by=owner) for at in range(n)]


def stands(deal):
    return Deal.objects.values_list("stage__name", "stage_entered_at", "probability").get(pk=deal.pk)


@pytest.mark.django_db
def test_ticked_deals_go_to_a_stage_together_and_come_back_together(an):
    """R3.19-R3.21: each told with since when it had stood there; one that stood there already is left alone."""
    first, second, there = deals_of(an, 3)
    given(first, stage_entered_at=timezone.now() - timedelta(days=9))
    before = [stands(one) for one in (first, second)]
    quote = stage_of("deal", "Báo giá")
    move(there, to=quote, left=there.stage, by=an)
    move_many([first, second, there], to=quote, by=an)
    assert {stands(one)[0] for one in (first, second, there)} == {"Báo giá"}
    assert stands(first)[2] == 60
    moved = told(events.STAGE_CHANGED, about=first)
    assert (moved.since, moved.facts["left"]["name"]) == (before[0][1], "Tiếp cận")
    assert told(events.STAGE_CHANGED, about=there).operation.act == "move"
    undo(Operation.objects.get(pk=last_operation()), by=an)
    assert [stands(one) for one in (first, second)] == before
    assert stands(there)[0] == "Báo giá"
    assert told(UNDONE, about=second).facts["edited"] == []


@pytest.mark.django_db
def test_what_was_moved_on_since_stays(an):
    first, second = deals_of(an, 2)
    quote, talk = stage_of("deal", "Báo giá"), stage_of("deal", "Đàm phán")
    move_many([first, second], to=quote, by=an)
    operation = Operation.objects.get(pk=last_operation())
    move(Deal.objects.get(pk=first.pk), to=talk, left=quote, by=an)
    undo(operation, by=an)
    assert [stands(one)[0] for one in (first, second)] == ["Đàm phán", "Tiếp cận"]


@pytest.mark.django_db
def test_all_or_none_and_what_is_in_the_way_is_named(an, chi):
    open_one, closed = deals_of(an, 2)
    why = ClosingReason.objects.filter(kind="deal", category="lost")[0]
    close_deal(closed, to=stage_of("deal", "Thất bại"), reason=why, by=an)
    quote = stage_of("deal", "Báo giá")
    too = create_deal({"name": "Trạm 2", "owner": an}, by=an)
    close_deal(too, to=stage_of("deal", "Thành công"), by=an)
    with nothing_changes(), pytest.raises(DomainError, match=r"Trạm 1, Trạm 2"):
        move_many([open_one, closed, too], to=quote, by=an)
    with nothing_changes(), pytest.raises(DomainError):
        move_many([open_one], to=stage_of("deal", "Thành công"), by=an)
    with nothing_changes(), pytest.raises(DomainError, match="Trạm 0"):
        move_many([open_one], to=stage_of("lead", "Mới"), by=an)
    with nothing_changes(), pytest.raises(Refused):
        move_many([open_one], to=quote, by=chi)


@pytest.mark.django_db
def test_as_many_statements_for_thirty_as_for_two(an):
    quote = stage_of("deal", "Báo giá")
    taken = []
    for n in (2, 30):
        rows = deals_of(an, n)
        with CaptureQueriesContext(connection) as captured:
            move_many(rows, to=quote, by=an)
        taken.append(len(captured))
    assert taken[0] == taken[1]


@pytest.mark.django_db
def test_the_dialog_says_which_ones_cannot_be_moved(client, an):
    open_one, closed = deals_of(an, 2)
    why = ClosingReason.objects.filter(kind="deal", category="lost")[0]
    close_deal(closed, to=stage_of("deal", "Thất bại"), reason=why, by=an)
    client.force_login(an)
    sent = {"ids": [open_one.pk, closed.pk], "to": stage_of("deal", "Báo giá").pk}
    answer = client.post("/deals/stages/", sent)
    assert answer.status_code == 422
    assert "Trạm 1" in re.search(r'<div class="note red".*?</div></div>', answer.text, re.S)[0]


@pytest.mark.django_db(transaction=True)
def test_a_manager_moves_ticked_deals_and_takes_that_back(world):
    binh = world.cast.binh
    rows = deals_of(binh, 2)
    page = world.enter(binh, "/deals/?tab=all")
    for row in rows:
        page.locator(f"#rows [name=ids][value='{row.pk}']").check()
    page.get_by_role("button", name="Đổi giai đoạn").click()
    dialog = page.locator("#dialog[open]")
    dialog.get_by_label("Báo giá").check()
    dialog.locator(".dialog-foot [type=submit]").click()
    expect(page.locator(".toast")).to_contain_text("Báo giá")
    expect(page.locator("#rows .pill", has_text="Báo giá")).to_have_count(2)
    expect(page.locator(f"#rows [name=ids][value='{rows[1].pk}']")).to_be_focused()
    page.get_by_role("button", name="Hoàn tác").click()
    expect(page.locator("#rows .pill", has_text="Tiếp cận")).to_have_count(2)
    expect(page.locator(f"#rows [name=ids][value='{rows[1].pk}']")).to_be_focused()
    assert Event.objects.filter(kind=UNDONE.code).count() == 2


@pytest.mark.django_db(transaction=True)
def test_a_move_on_the_board_and_on_the_page_offers_the_way_back_and_keeps_the_focus(world):
    """R3.21."""
    an = world.cast.an
    [deal] = deals_of(an, 1)
    page = world.enter(an, "/deals/board/?tab=all")
    card = page.locator(f"#deal-{deal.pk}")
    card.focus()
    page.keyboard.press("m")
    expect(page.locator("#stage-menu button:focus")).to_have_text("Xác định nhu cầu")  # where it mostly goes
    page.keyboard.press("Enter")
    expect(page.locator(".toast")).to_contain_text("Xác định nhu cầu")
    expect(card).to_be_focused()
    page.evaluate("window.stayed = true")
    page.get_by_role("button", name="Hoàn tác").click()
    expect(page.locator(f'.cards[data-stage="{stage_of("deal", "Tiếp cận").pk}"] .card')).to_have_count(1)
    expect(card).to_be_focused()
    assert page.evaluate("window.stayed")
    page.goto(world.url + deal.get_absolute_url())
    bar = page.locator("#record-head .stage-bar")
    bar.get_by_role("button", name="Báo giá").click()
    expect(page.locator(".toast")).to_contain_text("Báo giá")
    expect(bar.locator("button:focus")).to_have_count(1)  # a neighbour of the one that is no button any more
    page.get_by_role("button", name="Hoàn tác").first.click()
    expect(bar.locator("[aria-current=step]")).to_contain_text("Tiếp cận")
    expect(page.locator("body")).not_to_be_focused()
