"""«Chế độ xem»: what a list shows is kept under a name, for oneself or for others, who see of it what they may."""

import re
from html import escape, unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from playwright.sync_api import expect

from pheu.conftest import nothing_changes
from pheu.core.errors import DomainError, Invalid, Refused
from pheu.leads.services import create_lead
from pheu.parties.models import Source
from pheu.people.models import Department
from pheu.records.conditions import BadCondition
from pheu.records.keeping import MOST_KEPT, change_view, keep_view
from pheu.records.models import SavedView

FAIR = "Hội thảo"


def from_the_fair() -> dict:
    return {"field": "source", "op": "in", "value": [str(Source.objects.get(name=FAIR).pk)]}


@pytest.fixture
def leads(an):
    fair, other = Source.objects.get(name=FAIR), Source.objects.exclude(name=FAIR)[0]
    return [
        create_lead({"company_name": name, "owner": an, "source": source}, by=an)
        for name, source in (("Xi măng Hòn Đá", fair), ("Thép Sông Đà", other))
    ]


@pytest.mark.django_db
def test_what_a_list_shows_is_kept_and_opened_by_its_address(client, an, leads):
    """R4.58: view, filters and order; the address of it can be sent."""
    client.force_login(an)
    fair = Source.objects.get(name=FAIR).pk
    query = f"?tab=all&source={fair}&sort=-name"
    assert "Chỉ mình tôi" in client.get(f"/leads/views/new/{query}").text
    answer = client.post(f"/leads/views/new/{query}", {"name": " Khách  hội thảo ", "shared": "me"})
    view = SavedView.objects.get()
    assert answer["Location"] == f"/leads/?tab=v{view.pk}"
    assert (view.name, view.sort, view.shared) == ("Khách hội thảo", "-name", "me")
    page = client.get(answer["Location"])
    assert "Xi măng Hòn Đá" in page.text
    assert "Thép Sông Đà" not in page.text
    assert "Khách hội thảo" in page.text
    assert page.context["listing"].sort == "-name"
    assert "Khách hội thảo" in client.get("/leads/views/").text
    assert "Xi măng Hòn Đá" in client.get(f"/leads/board/?tab=v{view.pk}").text
    assert "Thép Sông Đà" not in client.get(f"/leads/board/?tab=v{view.pk}").text


@pytest.mark.django_db
def test_a_link_shows_a_colleague_the_same(client, an, binh, leads):
    """R4.58: what a view of one's own asks, in its order, columns and groups; the view itself stays private."""
    view = keep_view("lead", "Hội thảo", from_the_fair(), sort="-name", columns="name,owner", by=an)
    client.force_login(an)
    page = client.get(f"/leads/views/?tab=v{view.pk}&group=owner").text
    link = unescape(re.search(r'data-copy="([^"]+)"', page)[1])
    client.force_login(binh)
    listing = client.get(link).context["listing"]
    assert [row.title for row in listing.narrowed()] == ["Xi măng Hòn Đá"]
    assert (listing.sort, listing.group_by.name, len(listing.shown_columns)) == ("-name", "owner", 2)
    assert client.get(f"/leads/?tab=v{view.pk}").context["listing"].tab.saved is None


def on(page: str) -> dict[str, str]:
    return {"HX-Request": "true", "HX-Current-URL": f"http://testserver{page}"}


@pytest.mark.django_db
def test_a_board_is_kept_with_its_columns_and_lanes(client, an, binh, leads):
    """R4.58: opened from the list, the menu or a link it is that board again, to whoever may see its fields."""
    client.force_login(an)
    page = "/leads/board/?tab=all&by=source&lanes=owner"
    query = page.partition("?")[2]
    answer = client.post(f"/leads/views/new/?{query}", {"name": "Nguồn", "shared": "team"}, headers=on(page))
    view = SavedView.objects.get()
    assert view.board == {"by": "source", "lanes": "owner"}
    kept = f"/leads/board/?tab=v{view.pk}&by=source&lanes=owner"
    assert answer["HX-Redirect"] == kept
    board = client.get(kept).context["board"]
    assert (board.by.name, board.lanes_by.name, board.tab.saved) == ("source", "owner", view)
    assert f'href="{escape(kept)}"' in client.get("/leads/views/?tab=all").text
    assert "Lưu thay đổi" not in client.get(f"/leads/views/?{kept.partition('?')[2]}", headers=on(kept)).text
    other = f"/leads/board/?tab=v{view.pk}&by=priority"
    menu = client.get(f"/leads/views/?{other.partition('?')[2]}", headers=on(other)).text
    assert "Lưu thay đổi" in menu
    link = unescape(re.search(r'data-copy="([^"]+)"', menu)[1])
    assert link.startswith("/leads/board/")
    client.post(f"/views/{view.pk}/update/?{other.partition('?')[2]}", headers=on(other))
    view.refresh_from_db()
    assert view.board == {"by": "priority"}
    client.force_login(binh)
    assert client.get(link).context["board"].by.name == "priority"
    binh.role.fields = {"lead": {"priority": "hidden"}}
    binh.role.save()
    assert client.get(link).context["board"].by is None


@pytest.mark.django_db
@pytest.mark.parametrize(
    "board", [["by"], {"by": "name"}, {"by": "nothing", "lanes": "source'--"}, "by", {"pipeline": "x"}]
)
def test_a_board_that_is_none_is_kept_as_the_usual_one_or_as_a_list(an, board):
    view = keep_view("lead", "Bảng", {}, board=board, by=an)
    assert view.board in ({}, {"by": "stage"})
    assert keep_view("company", "Công ty", {}, board={"by": "owner"}, by=an).board == {}


@pytest.mark.django_db
def test_a_further_filter_is_kept_with_what_was_there(client, an, leads):
    view = keep_view("lead", "Hội thảo", from_the_fair(), by=an)
    client.force_login(an)
    changed = f"?tab=v{view.pk}&priority=3"
    assert "Lưu thay đổi" in client.get(f"/leads/views/{changed}").text
    client.post(f"/views/{view.pk}/update/{changed}")
    view.refresh_from_db()
    assert [one["field"] for one in view.where["all"]] == ["source", "priority"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("shared", "seen_by"), [("me", []), ("team", ["binh"]), ("department", ["binh"]), ("all", ["binh", "chi", "hanh"])]
)
def test_who_a_view_is_shared_with_has_it(client, cast, leads, shared, seen_by):
    """R4.58: nobody else can tell that it is there."""
    by = cast.dung if shared == "all" else cast.an
    view = keep_view("lead", "Hội thảo", from_the_fair(), shared=shared, by=by)
    for name in ("binh", "chi", "hanh"):
        client.force_login(getattr(cast, name))
        has = name in seen_by
        assert ("Hội thảo" in client.get("/leads/views/").text) is has
        assert (client.get(f"/leads/?tab=v{view.pk}").context["listing"].tab.saved == view) is has
        with nothing_changes():
            refused = client.post(f"/views/{view.pk}/", {"name": "x", "shared": "me"}).status_code
            assert refused == (403 if has else 404)
            assert client.post(f"/views/{view.pk}/removal/").status_code == refused


@pytest.mark.django_db
def test_the_company_shares_a_view_with_the_people_of_a_role(client, cast, leads):
    """R4.58: who looks after the installation chooses the roles, and may let the lists of one begin with it."""
    dung, sales, care = cast.dung, cast.an.role, cast.hanh.role
    client.force_login(dung)
    assert "Người của một vai trò" in client.get("/leads/views/new/").text
    sent = {"name": "Hội thảo", "shared": "role"}
    assert "Chọn ít nhất một vai trò" in client.post("/leads/views/new/", sent).text
    client.post("/leads/views/new/?tab=all", sent | {"roles": [sales.pk]})
    view = SavedView.objects.get()
    assert (view.shared, view.roles) == ("role", [sales.pk])
    for person, has in ((cast.an, True), (cast.chi, True), (cast.binh, False), (cast.hanh, False)):
        assert (view in SavedView.objects.for_person(person)) is has
    assert f'value="v{view.pk}"' in client.get(f"/setup/roles/lists/lead/{sales.pk}/").text
    assert f'value="v{view.pk}"' not in client.get(f"/setup/roles/lists/lead/{care.pk}/").text
    client.force_login(cast.an)
    assert "Người của một vai trò" not in client.get("/leads/views/new/").text
    with nothing_changes(), pytest.raises(Refused):
        keep_view("lead", "Của tôi", {}, shared="role", roles=[sales], by=cast.an)
    with nothing_changes(), pytest.raises(Refused):
        change_view(view.pk, {"name": "x"}, by=cast.an)
    change_view(view.pk, {"shared": "role", "roles": [care]}, by=dung)
    assert view not in SavedView.objects.for_person(cast.an)
    assert view in SavedView.objects.for_person(cast.hanh)
    change_view(view.pk, {"shared": "me"}, by=dung)
    view.refresh_from_db()
    assert (view.shared, view.roles) == ("me", [])


@pytest.mark.django_db
def test_a_department_shares_with_those_below(client, an, binh, chi):
    chi.department = Department.objects.create(name="Tổ hiện trường", parent=an.department)
    chi.save()
    view = keep_view("lead", "Của phòng", {}, shared="department", by=an)
    assert view in SavedView.objects.for_person(chi)


@pytest.mark.django_db
def test_what_a_reader_may_not_ask_is_left_out_with_a_word(client, an, binh, leads):
    """Neither an error nor a leak by counting: of «any» nothing is left."""
    name = {"field": "company_name", "op": "contains", "value": "Hòn"}
    view = keep_view("lead", "Hội thảo", {"all": [from_the_fair(), name]}, shared="team", by=an)
    either = keep_view("lead", "Một trong hai", {"any": [from_the_fair(), name]}, shared="team", by=an)
    binh.role.fields = {"lead": {"source": "hidden"}}
    binh.role.save()
    client.force_login(binh)
    page = client.get(f"/leads/?tab=v{view.pk}").text
    assert "bạn không xem được" in page
    assert "Xi măng Hòn Đá" in page
    assert "Thép Sông Đà" not in page  # the rest is asked
    assert "Thép Sông Đà" in client.get(f"/leads/?tab=v{either.pk}").text
    client.force_login(an)
    assert "bạn không xem được" not in client.get(f"/leads/?tab=v{view.pk}").text


@pytest.mark.django_db
def test_a_view_is_taken_away_and_comes_back(client, an):
    view = keep_view("lead", "Hội thảo", {}, by=an)
    client.force_login(an)
    client.post(f"/views/{view.pk}/removal/")
    assert not SavedView.objects.for_person(an).exists()
    assert client.get(f"/leads/?tab=v{view.pk}").status_code == 200
    client.post(f"/views/{view.pk}/removal/?back=1")
    assert SavedView.objects.for_person(an).get() == view


WRONG = {
    "no name": ({"name": " \u200b "}, Invalid),
    "too long": ({"name": "x" * 61}, Invalid),
    "twice": ({"name": "HỘI thảo"}, Invalid),
    "no condition": ({"where": {"field": "nothing", "op": "in", "value": []}}, BadCondition),
    "not a tree": ({"where": [1]}, BadCondition),
    "shared with all": ({"shared": "all"}, Refused),
    "shared with nobody known": ({"shared": "moon"}, Refused),
}


@pytest.mark.django_db
@pytest.mark.parametrize("why", WRONG)
def test_what_cannot_be_kept_is_refused_in_words(an, why):
    values, error = WRONG[why]
    keep_view("lead", "Hội thảo", {}, by=an)
    other = keep_view("lead", "Khác", {}, by=an)
    with nothing_changes(), pytest.raises(error):
        keep_view("lead", **({"name": "Mới", "where": {}} | values), by=an)
    with nothing_changes(), pytest.raises(error):
        change_view(other.pk, values, by=an)


@pytest.mark.django_db
def test_an_order_that_is_none_is_not_kept(an):
    assert keep_view("lead", "Hội thảo", {}, sort="-nothing", by=an).sort == ""


@pytest.mark.django_db
def test_nobody_keeps_more_than_there_is_room_for(an, client):
    SavedView.objects.bulk_create(SavedView(kind="lead", name=f"Số {n}", owner=an) for n in range(MOST_KEPT))
    with nothing_changes(), pytest.raises(DomainError):
        keep_view("lead", "Thêm", {}, by=an)
    client.force_login(an)
    assert "Số 199" in client.get("/leads/views/").text


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/leads/?tab=all", "/leads/views/"])
def test_a_page_asks_as_much_with_200_views_as_with_one(client, an, binh, path):
    client.force_login(an)
    taken = []
    for n in (1, MOST_KEPT - 1):
        SavedView.objects.bulk_create(SavedView(kind="lead", name=f"{n}-{one}", owner=an) for one in range(n))
        client.get(path)
        with CaptureQueriesContext(connection) as captured:
            client.get(path)
        taken.append(len(captured))
    assert taken[0] == taken[1]


@pytest.mark.django_db(transaction=True)
def test_a_seller_keeps_a_view_by_keyboard_and_finds_it_in_the_menu(world):
    """R4.58."""
    an = world.cast.an
    fair = Source.objects.get(name=FAIR)
    for name, source in (("Xi măng Hòn Đá", fair), ("Thép Sông Đà", None)):
        create_lead({"company_name": name, "owner": an, "source": source}, by=an)
    page = world.enter(an, f"/leads/?tab=all&source={fair.pk}")
    page.get_by_role("button", name="Chế độ xem").click()
    page.get_by_role("link", name="Lưu chế độ xem").click()
    dialog = page.locator("#dialog[open]")
    expect(dialog.locator("[name=name]")).to_be_focused()
    page.keyboard.type("Khách hội thảo")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".toast")).to_contain_text("Khách hội thảo")
    expect(page.locator(".tabs [aria-current=page]")).to_contain_text("Khách hội thảo")
    expect(page.locator("#rows tr")).to_have_count(1)
    page.goto(f"{world.url}/leads/?tab=all")
    expect(page.locator("#rows tr")).to_have_count(2)
    page.get_by_role("button", name="Chế độ xem").click()
    kept = page.locator("#kept-views").get_by_role("link", name="Khách hội thảo", exact=True)
    box = kept.bounding_box()
    assert box is not None
    assert box["width"] > 100  # beside its pencil there is room for the name
    kept.click()
    expect(page.locator("#rows tr")).to_have_count(1)
    page.get_by_role("button", name="Chế độ xem").click()
    page.get_by_role("link", name="Sửa «Khách hội thảo»").click()
    dialog.get_by_role("button", name="Bỏ chế độ xem này").click()
    page.locator(".toast").get_by_role("button", name="Hoàn tác").click()
    expect(page.locator(".tabs [aria-current=page]")).to_contain_text("Khách hội thảo")
