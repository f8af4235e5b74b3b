"""Two people at once, on the real server: what one does, the other's open pages show without being loaded again."""

import pytest
from playwright.sync_api import expect

from pheu.conftest import World, edited, make_cast, stage_of
from pheu.core.tests.looking import findings
from pheu.leads.services import create_lead
from pheu.notifications.tests.test_stream import Site, listener
from pheu.records.lists import PAGE
from pheu.timeline.services import add_note, assign, change
from pheu.timeline.stages import move


@pytest.fixture(scope="module")
def started(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock():
        site = Site()
    yield site
    site.process.terminate()
    site.process.wait()


@pytest.fixture
def world(transactional_db, started, context):
    """The site behind the server that it has in earnest."""
    started.wait()
    listener()
    world = World(f"http://127.0.0.1:{started.port}", make_cast(), context)
    yield world
    for one in world.entered:
        one.close()
    assert world.errors == []


def lead_of(owner, name: str = "Xi măng Hòn Đá"):
    return create_lead({"company_name": name, "owner": owner}, by=owner)


def entered(world, user, path: str):
    """A page of somebody whose browser listens already: it is told when what came before has reached it."""
    page = world.enter(user, path)
    expect(page.locator("[data-live]")).to_have_attribute("data-heard", "")
    return page


def test_the_bell_rings_without_a_reload_in_every_tab_and_one_read_marks_all(world):
    an, binh = world.cast.an, world.cast.binh
    lead = lead_of(binh)
    first = entered(world, an, "/leads/")
    second = first.context.new_page()
    second.goto("/")
    assign([lead], owner=an, by=binh)
    for page in (first, second):
        expect(page.locator(".bell-count")).to_have_text("1")
    first.locator(".bell").click()
    line = first.locator("#menu-bell .notice")
    expect(line).to_contain_text("Trần Thanh Bình")
    line.click()
    expect(first).to_have_url(f"{world.url}/leads/{lead.pk}/")
    for page in (first, second):
        expect(page.locator(".bell-count")).to_have_text("")


@pytest.mark.parametrize(("width", "theme"), [(1440, "light"), (390, "dark")])
def test_what_the_bell_opens_is_accessible_fits_and_closes_with_escape(world, width, theme):
    an, binh = world.cast.an, world.cast.binh
    assign([lead_of(binh), lead_of(binh)], owner=an, by=binh)
    add_note(lead_of(an).record, body="@Nguyễn Hoài An khách hỏi lại báo giá", by=binh)
    page = world.enter(an, "/leads/")
    page.set_viewport_size({"width": width, "height": 844})
    page.emulate_media(color_scheme=theme, reduced_motion="reduce")
    expect(page.locator(".bell-count")).to_have_text("2")
    page.locator(".bell").press("Enter")
    expect(page.locator("#menu-bell .notice")).to_have_count(2)
    assert findings(page) == []
    box = page.locator("#menu-bell").bounding_box()
    assert box["x"] >= 0 and box["x"] + box["width"] <= width
    page.locator("#menu-bell").get_by_role("button", name="Đánh dấu tất cả đã đọc").click()
    expect(page.locator(".bell-count")).to_have_text("")
    page.keyboard.press("Escape")
    expect(page.locator("#menu-bell")).to_be_hidden()


def test_an_open_record_shows_what_a_colleague_did(world):
    an, binh = world.cast.an, world.cast.binh
    lead = lead_of(an)
    page = entered(world, an, f"/leads/{lead.pk}/")
    move(lead, to=stage_of("lead", "Đang xử lý"), left=lead.stage, by=binh)
    expect(page.locator("#record-head [aria-current]")).to_contain_text("Đang xử lý")
    change(lead, {"company_name": ("Xi măng Hòn Đá", "Xi măng Sông Con")}, by=binh)
    expect(page.locator("[data-field=company_name] .read")).to_contain_text("Sông Con")
    add_note(lead.record, body="Đã gọi lại cho khách", by=binh)
    expect(page.locator("#timeline")).to_contain_text("Đã gọi lại cho khách")


def test_what_is_being_typed_stays_and_words_say_that_there_is_something_newer(world):
    an, binh = world.cast.an, world.cast.binh
    lead = lead_of(an)
    page = entered(world, an, f"/leads/{lead.pk}/")
    edited(page, "need").fill("Đo SO₂ ở hai ống khói")
    change(lead, {"company_name": ("Xi măng Hòn Đá", "Xi măng Sông Con")}, by=binh)
    expect(page.locator("#record-news")).to_contain_text("Trần Thanh Bình vừa sửa bản ghi này")
    expect(page.locator("[name=need]")).to_have_value("Đo SO₂ ở hai ống khói")
    page.locator("#fields-form [data-save-bar] [type=submit]").click()
    expect(page.locator("[data-field=company_name] .read")).to_contain_text("Sông Con")
    expect(page.locator("#record-news")).to_be_empty()
    lead.refresh_from_db()
    assert lead.need == "Đo SO₂ ở hai ống khói"


def test_a_list_draws_the_row_that_somebody_else_changed_and_keeps_the_ticks(world):
    an, binh = world.cast.an, world.cast.binh
    changed, other = lead_of(an), lead_of(an, "Nhiệt điện Sông Con")
    page = entered(world, an, "/leads/?tab=mine")
    rows = page.locator("#rows tr")
    expect(rows).to_have_count(2)
    page.locator(f"#rows [name=ids][value='{changed.pk}']").check()
    change(changed, {"company_name": ("Xi măng Hòn Đá", "Xi măng Hạ Long")}, by=binh)
    expect(page.locator("#rows")).to_contain_text("Xi măng Hạ Long")
    expect(page.locator(f"#rows [name=ids][value='{changed.pk}']")).to_be_checked()
    assign([other], owner=binh, by=binh)
    expect(rows).to_have_count(1)  # it belongs to this list no more


def test_every_row_of_several_pages_is_drawn_anew(world):
    """The server draws as many at once as a page has; what was asked beyond that was taken for gone."""
    an, binh, dung = world.cast.an, world.cast.binh, world.cast.dung
    leads = [lead_of(an, f"Xi măng Hòn Đá {nth}") for nth in range(PAGE + 4)]
    page = entered(world, binh, "/leads/?tab=all")
    page.get_by_role("link", name="Xem thêm").click()
    expect(page.locator("#rows tr:not(.more)")).to_have_count(PAGE + 4)
    assign(leads, owner=binh, by=dung)
    expect(page.locator("#rows tr", has_text="Trần Thanh Bình")).to_have_count(PAGE + 4)


def test_a_board_shows_a_card_where_somebody_else_has_put_it(world):
    an, binh = world.cast.an, world.cast.binh
    lead = lead_of(an)
    page = entered(world, an, "/leads/board/?tab=all")
    to = stage_of("lead", "Đang xử lý")
    expect(page.locator(f"#lead-{lead.pk}")).to_be_visible()
    move(lead, to=to, left=lead.stage, by=binh)
    expect(page.locator(f"[data-stage='{to.pk}'] #lead-{lead.pk}")).to_be_visible()


def test_who_else_looks_at_a_record_is_shown_while_they_do(world):
    an, binh = world.cast.an, world.cast.binh
    lead = lead_of(an)
    mine = entered(world, an, f"/leads/{lead.pk}/")
    expect(mine.locator("#record-readers .avatar")).to_have_count(0)
    theirs = entered(world, binh, f"/leads/{lead.pk}/")
    expect(mine.locator("#record-readers [title='Trần Thanh Bình']")).to_be_visible()
    expect(theirs.locator("#record-readers [title='Nguyễn Hoài An']")).to_be_visible()
    theirs.goto("/leads/")
    expect(mine.locator("#record-readers .avatar")).to_have_count(0)
    move(lead, to=stage_of("lead", "Đang xử lý"), left=lead.stage, by=binh)
    expect(mine.locator("#record-head [aria-current]")).to_contain_text("Đang xử lý")


def test_a_lost_line_says_so_and_heals(world, started):
    lead = lead_of(world.cast.an)
    page = entered(world, world.cast.an, f"/leads/{lead.pk}/")
    page.context.set_offline(True)
    started.kill_worker()
    expect(page.locator("[data-live]")).to_be_visible(timeout=20_000)
    add_note(lead.record, body="Trong lúc mất kết nối", by=world.cast.binh)
    started.wait()
    page.context.set_offline(False)
    expect(page.locator("#timeline")).to_contain_text("Trong lúc mất kết nối", timeout=30_000)
    expect(page.locator("[data-live]")).to_be_hidden()
