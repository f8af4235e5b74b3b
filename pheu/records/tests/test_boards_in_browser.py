"""A day's work on a board: folded columns, ends by drag and by menu, new cards in place, totals that follow."""

import re
from datetime import timedelta
from itertools import pairwise

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from pheu.conftest import stage_of
from pheu.core.errors import DomainError
from pheu.deals.models import Deal
from pheu.deals.services import close_deal, create_deal, move_deal
from pheu.leads.models import Lead
from pheu.records.models import ClosingReason, Tag

in_browser = pytest.mark.django_db(transaction=True)


def a_deal(owner, name="Trạm nước thải", **more):
    return create_deal({"name": name, "expected_amount": 850_000_000, "owner": owner, **more}, by=owner)


def lost_by(deal, by):
    why = ClosingReason.objects.filter(kind="deal", category="lost")[0]
    return close_deal(deal, to=stage_of("deal", "Thất bại"), reason=why, by=by)


@in_browser
def test_a_card_keeps_its_avatar_and_says_how_many_more_tags_it_has(world):
    """However many tags there are, and however long."""
    an = world.cast.an
    tags = [Tag.objects.create(name=name) for name in ("Dự án nhà nước", "Năng lượng tái tạo", "Bảo trì", "Gấp")]
    deal = a_deal(an, tags=tags)
    page = world.enter(an, "/deals/board/?tab=all")
    card = page.locator(f"#deal-{deal.pk}")
    expect(card.locator(".card-marks .tag").last).to_have_text("+3")
    expect(card.locator(".card-marks .tag").last).to_have_attribute("title", "Năng lượng tái tạo, Bảo trì, Gấp")
    frame, avatar = card.bounding_box(), card.locator(".card-worth .avatar").bounding_box()
    assert frame is not None
    assert avatar is not None
    assert 0 < frame["x"] + frame["width"] - avatar["x"] - avatar["width"] < 16


@in_browser
def test_folded_columns_are_strips_side_by_side_that_open_in_place(world):
    an = world.cast.an
    deal = lost_by(a_deal(an), an)
    page = world.enter(an, "/deals/board/?tab=all")
    strips = page.locator(".column-folded")
    boxes = [strips.nth(n).bounding_box() for n in range(strips.count())]
    assert len(boxes) == 3
    assert {box["width"] for box in boxes} == {40}
    assert all(0 < right["x"] - left["x"] < 60 for left, right in pairwise(boxes))
    assert boxes[-1]["x"] + 40 <= 1440
    page.evaluate("window.stayed = true")
    page.get_by_role("link", name="Thất bại").click()
    expect(page.locator(f"#deal-{deal.pk}")).to_be_visible()
    expect(page).to_have_url(re.compile(rf"unfold={deal.stage_id}"))
    page.get_by_role("link", name="Thành công").click()
    expect(page).to_have_url(re.compile(r"unfold=\d+&unfold=\d+"))  # so that the page drawn again has both open
    page.get_by_role("link", name="Thu gọn Thất bại").click()
    expect(page.locator(f"#deal-{deal.pk}")).to_have_count(0)
    expect(page.locator(".column-folded")).to_have_count(2)
    assert page.evaluate("window.stayed")


@in_browser
def test_the_strips_stay_in_sight_however_far_one_scrolls_down(world):
    an = world.cast.an
    for n in range(12):
        a_deal(an, f"Trạm {n}")
    page = world.enter(an, "/deals/board/?tab=all")
    page.locator(".card").last.scroll_into_view_if_needed()
    for strip in page.locator(".column-folded").all():
        expect(strip).to_be_in_viewport(ratio=1)


@in_browser
def test_a_deal_is_won_by_dropping_it_on_the_strip_and_taken_back_from_the_toast(world):
    """R4.15, R4.40: every total follows at once, the page stays."""
    an = world.cast.an
    deal = a_deal(an)
    won = stage_of("deal", "Thành công")
    page = world.enter(an, "/deals/board/?tab=all")
    page.evaluate("window.stayed = true")
    expect(page.locator("#board-total")).to_contain_text("850")
    with page.expect_response(f"**/deals/{deal.pk}/stage/"):
        page.locator(f"#deal-{deal.pk}").drag_to(page.locator(f"#column-{won.pk}"))
    expect(page.locator(f"#stage-{won.pk}-count")).to_have_text("1")
    expect(page.locator(f"#stage-{deal.stage_id}-head .count")).to_have_text("0")
    expect(page.locator("#board-total")).not_to_contain_text("850")
    assert Deal.objects.get().stage == won
    page.locator(".toast").get_by_role("button", name="Hoàn tác").click()
    expect(page.locator(f'.cards[data-stage="{deal.stage_id}"] #deal-{deal.pk}')).to_be_visible()
    expect(page.locator(f"#stage-{won.pk}-count")).to_have_text("0")
    expect(page.locator("#board-total")).to_contain_text("850")
    assert Deal.objects.get().stage == deal.stage
    assert page.evaluate("window.stayed")


@in_browser
def test_a_deal_is_lost_by_menu_and_the_board_stays(world):
    """R4.13: the reason is asked for, in red; afterwards one is still on the board."""
    an = world.cast.an
    deal = a_deal(an)
    page = world.enter(an, "/deals/board/?tab=all")
    page.locator(f"#deal-{deal.pk}").focus()
    page.keyboard.press("m")
    page.locator("#stage-menu").get_by_role("button", name="Thất bại").click()
    dialog = page.locator("#dialog[open]")
    expect(dialog.locator("[type=submit]")).to_have_class(re.compile("btn-danger"))
    dialog.locator("[name=reason]").first.check()
    dialog.locator("[type=submit]").click()
    expect(page.locator("#dialog[open]")).to_have_count(0)
    lost = stage_of("deal", "Thất bại")
    expect(page.locator(f"#stage-{lost.pk}-count")).to_have_text("1")
    expect(page.locator(".toast")).to_have_attribute("data-level", "info")
    assert page.url.endswith("/deals/board/?tab=all")
    assert Deal.objects.get().stage == lost


@in_browser
def test_a_new_record_begins_in_the_column_where_it_was_asked_for(world):
    an = world.cast.an
    quote = stage_of("deal", "Báo giá")
    page = world.enter(an, "/deals/board/?tab=all")
    page.locator(f"#column-{quote.pk}").get_by_role("link", name="Thêm").click()
    dialog = page.locator("#dialog[open]")
    expect(dialog.locator(".dialog-head")).to_contain_text("Báo giá")
    dialog.locator("[name=name]").fill("Trạm khí thải")
    dialog.locator(".dialog-foot [type=submit]").click()
    expect(page.locator(f'.cards[data-stage="{quote.pk}"] .card')).to_contain_text("Trạm khí thải")
    expect(page.locator(f"#stage-{quote.pk}-head .count")).to_have_text("1")
    deal = Deal.objects.get()
    assert deal.stage == quote
    expect(page.locator(f"#deal-{deal.pk}")).to_be_focused()


def test_what_comes_late_takes_the_focus_from_nobody_who_types(world):
    """What dresses pickers came with the dialog and took the focus: letters of a name went into the company's box."""
    page, held = world.enter(world.cast.an, "/deals/board/?tab=all"), []
    page.route(re.compile(r"/pick[^/]*\.js"), lambda route: held.append(route))
    page.get_by_role("link", name="Thêm").first.click()
    name = page.locator("#dialog[open] [name=name]")
    name.focus()
    assert held
    for one in held:
        one.continue_()
    expect(page.locator("#dialog .ts-control").first).to_be_visible()
    page.keyboard.type("Trạm")
    expect(name).to_have_value("Trạm")


@pytest.mark.django_db
@pytest.mark.parametrize(("kind", "stage"), [("deal", "Thành công"), ("lead", "Mới")])
def test_nothing_begins_at_an_end_or_in_a_stage_of_another_kind(an, kind, stage):
    with pytest.raises(DomainError):
        create_deal({"name": "Trạm", "owner": an}, begins_in=stage_of(kind, stage), by=an)
    assert not Deal.objects.exists()


@pytest.mark.django_db
def test_a_failure_is_not_drawn_as_a_success(an, client):
    deal = lost_by(a_deal(an), an)
    client.force_login(an)
    page = client.get(deal.get_absolute_url()).text
    assert re.search(r'<li class="lost" aria-current="step">', page)
    assert '<li class="done"' not in page
    assert not Lead.objects.exists()


@pytest.mark.django_db
def test_a_board_of_nothing_is_worth_nothing_once(an, client):
    client.force_login(an)
    page = client.get("/deals/board/?tab=all").text
    assert "0 ₫" in page
    assert "₫ ₫" not in page


@in_browser
def test_the_ends_cover_no_column_on_a_laptop_and_the_switch_is_in_sight_on_a_phone(world):
    an = world.cast.an
    a_deal(an)
    page = world.enter(an, "/deals/board/?tab=all")
    last, ends = page.locator(".board > .column").last.bounding_box(), page.locator(".board-ends").bounding_box()
    assert last is not None
    assert ends is not None
    assert last["x"] + last["width"] <= ends["x"] + 1
    page.set_viewport_size({"width": 390, "height": 844})
    expect(page.get_by_role("link", name="Danh sách")).to_be_in_viewport(ratio=1)


@in_browser
def test_a_record_opened_from_a_board_or_from_home_leads_on_to_the_next(world):
    """Down its column; and back to the board."""
    an = world.cast.an
    older, newer = a_deal(an, "Cũ hơn"), a_deal(an, "Mới hơn")
    moved = a_deal(an, "Ở cột khác")
    move_deal(moved, to=stage_of("deal", "Báo giá"), left=moved.stage, by=an)
    page = world.enter(an, "/deals/board/?tab=all&priority=0")
    page.locator(f"#deal-{newer.pk} h3 a").click()
    page.wait_for_url(re.compile(newer.get_absolute_url()))
    page.keyboard.press("j")
    page.wait_for_url(re.compile(older.get_absolute_url()))
    page.keyboard.press("j")
    expect(page.locator(".toast")).to_contain_text("cuối")
    page.locator(".crumb a").click()
    page.wait_for_url(re.compile(r"/deals/board/\?.*priority=0"))
    Deal.objects.update(stage_entered_at=timezone.now() - timedelta(days=20))
    page.goto(world.url)
    page.locator(".panel", has_text="Cơ hội đứng yên").locator("a.line", has_text="Mới hơn").click()
    page.wait_for_url(re.compile(newer.get_absolute_url()))
    page.locator(".beside [rel=next]").click()
    page.wait_for_url(re.compile(rf"/deals/({older.pk}|{moved.pk})/"))
