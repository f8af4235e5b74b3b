"""«Cấu hình»: the lists of a company, kept by an admin on the screen and in force at everybody's next click."""

import pytest
from playwright.sync_api import expect

from pheu.conftest import nothing_changes, stage_of
from pheu.core.errors import Conflict, DomainError, Invalid, Refused
from pheu.deals.services import create_deal
from pheu.leads.services import create_lead
from pheu.parties.models import Source
from pheu.records.models import ClosingReason, RecordTag, Tag
from pheu.setup import lists
from pheu.setup.configuring import add_item, change_item, order_items
from pheu.setup.events import ITEM_ADDED, ITEM_CHANGED, LIST_ORDERED
from pheu.timeline.models import Event

TAGS = lists.get("tags")
LOST = lists.get("deal-lost-reasons")


def tag(by, name="Nhà máy mới", **more):
    return add_item(TAGS, {"name": name, "colour": "violet"} | more, by=by)


def names(of=TAGS):
    return [one.name for one in of.items]


def test_an_admin_makes_a_tag_and_a_seller_chooses_it_at_once(client, dung, an):
    """R3.24-3.26."""
    client.force_login(dung)
    answer = client.post("/setup/tags/new/", {"name": "Nhà máy mới", "colour": "violet"})
    assert answer.status_code == 302
    made = Tag.objects.get(name="Nhà máy mới")
    assert made.colour == "violet"
    client.force_login(an)
    for form in ("/leads/new/", "/deals/new/"):
        assert "Nhà máy mới" in client.get(form).text


def test_every_list_has_a_page_with_what_uses_its_entries(client, dung, an):
    lead = create_lead({"company_name": "Xi măng Hòn Đá", "owner": an}, by=an)
    made = tag(dung)
    RecordTag.objects.create(record=lead.record, tag=made)
    client.force_login(dung)
    for one in lists.every():
        if not isinstance(one, lists.CompanyList):
            continue
        page = client.get(f"/setup/{one.code}/")
        assert page.status_code == 200
        assert all(item.name in page.context["items"][at].name for at, item in enumerate(one.items))
    page = client.get("/setup/tags/")
    assert {item.name: item.uses for item in page.context["items"]}["Nhà máy mới"] == 1
    assert "đang dùng ở 1 bản ghi" in page.text
    source = Source.objects.all()[0]
    create_lead({"company_name": "Dệt Sông Trà", "source": source, "owner": an}, by=an)
    create_deal({"name": "Trạm nước", "source": source, "owner": an}, by=an)
    uses = {item.name: item.uses for item in client.get("/setup/sources/").context["items"]}
    assert (uses.pop(source.name), set(uses.values())) == (2, {0})


def test_what_a_list_knows_besides_the_name_is_kept_too(client, dung):
    client.force_login(dung)
    client.post("/setup/sources/new/", {"name": "Triển lãm", "colour": "blue", "channel": "inbound"})
    made = Source.objects.get(name="Triển lãm")
    assert made.channel == "inbound"
    page = client.get(f"/setup/sources/{made.pk}/").text
    assert 'name="initial-channel" value="inbound"' in page
    told = {"name": "Triển lãm", "initial-name": "Triển lãm", "colour": "blue", "initial-colour": "blue"}
    client.post(f"/setup/sources/{made.pk}/", told | {"channel": "marketing", "initial-channel": "inbound"})
    assert Source.objects.get(pk=made.pk).channel == "marketing"
    assert "Khách tự tìm đến → Marketing" in client.get("/setup/log/").text


def test_a_list_is_searched_without_marks(client, dung):
    tag(dung)
    client.force_login(dung)
    assert [one.name for one in client.get("/setup/tags/?q=nha may").context["items"]] == ["Nhà máy mới"]
    assert "Không có mục nào tên như vậy" in client.get("/setup/tags/?q=xyz").text


def test_a_reason_out_of_use_is_asked_no_more_and_history_keeps_it(client, dung, an):
    """R3.28-3.29, D9."""
    reason = add_item(LOST, {"name": "Chọn nhà thầu cũ", "colour": "slate"}, by=dung)
    deal = create_deal({"name": "Trạm khí thải", "owner": an}, by=an)
    client.force_login(an)
    closing = f"/deals/{deal.pk}/closing/?to={stage_of('deal', 'Thất bại').pk}"
    assert "Chọn nhà thầu cũ" in client.get(closing).text
    client.force_login(dung)
    client.post(f"/setup/deal-lost-reasons/{reason.pk}/switch/", {"was": "1"})
    assert not ClosingReason.objects.get(pk=reason.pk).is_active
    assert "hết hiệu lực" in client.get("/setup/deal-lost-reasons/").text
    client.force_login(an)
    assert "Chọn nhà thầu cũ" not in client.get(closing).text


def test_the_order_is_that_in_which_people_choose(client, dung, an):
    first, second, *rest = [one.pk for one in LOST.items]
    client.force_login(dung)
    client.post("/setup/deal-lost-reasons/order/", {"ids": [second, first, *rest]})
    assert [one.pk for one in LOST.items] == [second, first, *rest]
    assert Event.objects.filter(kind=LIST_ORDERED.code).count() == 1


def test_a_name_stands_in_a_list_once_however_it_is_written(dung):
    tag(dung)
    for name in ("nhà MÁY mới", "Nha may moi"):
        with nothing_changes(), pytest.raises(Invalid) as refused:
            tag(dung, name)
        assert "đã có trong danh mục" in refused.value.errors["name"][0]


@pytest.mark.parametrize(
    ("values", "column"), [({"name": ""}, "name"), ({"name": "x" * 101}, "name"), ({"colour": "url(x)"}, "colour")]
)
def test_what_cannot_be_kept_is_refused_beside_its_field(dung, values, column):
    with nothing_changes(), pytest.raises(Invalid) as refused:
        add_item(TAGS, {"name": "Mới", "colour": "blue"} | values, by=dung)
    assert list(refused.value.errors) == [column]


def test_a_refused_form_says_so_and_keeps_what_was_typed(client, dung):
    tag(dung)
    client.force_login(dung)
    answer = client.post("/setup/tags/new/", {"name": "nhà máy mới", "colour": "red"})
    assert answer.status_code == 422
    assert "đã có trong danh mục" in answer.text
    assert 'value="nhà máy mới"' in answer.text


def test_two_admins_who_edit_one_entry_see_it(dung):
    item = tag(dung)
    change_item(TAGS, item.pk, {"name": ("Nhà máy mới", "Nhà máy lớn")}, by=dung)
    with nothing_changes(), pytest.raises(Conflict):
        change_item(TAGS, item.pk, {"name": ("Nhà máy mới", "Nhà máy nhỏ")}, by=dung)
    change_item(TAGS, item.pk, {"colour": ("violet", "red")}, by=dung)
    assert Tag.objects.get(pk=item.pk).colour == "red"


def test_an_order_of_another_list_than_there_is_now_is_refused(dung):
    pks = [tag(dung, name).pk for name in ("Vốn nhà nước", "Vốn nước ngoài")]
    tag(dung)
    for wrong in (pks, pks[1:], [*pks, *pks]):
        with nothing_changes(), pytest.raises(Conflict):
            order_items(TAGS, wrong, by=dung)


def test_an_entry_of_another_list_is_none_of_this(dung):
    other = ClosingReason.objects.filter(kind="lead")[0]
    with nothing_changes(), pytest.raises(DomainError):
        change_item(LOST, other.pk, {"name": (other.name, "Khác hẳn")}, by=dung)


def test_a_list_ends_at_two_hundred(dung, monkeypatch):
    monkeypatch.setattr(lists.Page, "most", len(names()))
    with nothing_changes(), pytest.raises(DomainError):
        tag(dung)


def test_only_whoever_looks_after_the_system_may(client, binh, an, dung):
    item = tag(dung)
    for person in (binh, an):
        for act in (
            lambda by: tag(by, "Khác"),
            lambda by: change_item(TAGS, item.pk, {"name": (item.name, "Khác")}, by=by),
            lambda by: order_items(TAGS, [one.pk for one in reversed(TAGS.items)], by=by),
        ):
            with nothing_changes(), pytest.raises(Refused):
                act(person)
        client.force_login(person)
        assert client.get("/setup/tags/").status_code == 404
        assert "/setup/" not in client.get("/").text


def test_every_change_is_told_with_what_was_and_what_is(client, dung):
    item = tag(dung)
    change_item(TAGS, item.pk, {"name": (item.name, "Nhà máy lớn"), "colour": ("violet", "violet")}, by=dung)
    change_item(TAGS, item.pk, {"is_active": (True, False)}, by=dung)
    told = Event.objects.filter(kind__in=[ITEM_ADDED.code, ITEM_CHANGED.code]).order_by("pk")
    assert [one.facts.get("changes") for one in told] == [
        None,
        [{"column": "name", "was": "Nhà máy mới", "now": "Nhà máy lớn"}],
        [{"column": "is_active", "was": True, "now": False}],
    ]
    with nothing_changes():
        change_item(TAGS, item.pk, {"is_active": (False, False)}, by=dung)
    client.force_login(dung)
    page = client.get("/setup/log/").text
    for words in ("Nhà máy mới → Nhà máy lớn", "có → không", "Từ khóa", str(dung)):
        assert words in page


def test_the_log_goes_on_page_by_page(client, dung, monkeypatch):
    monkeypatch.setattr("pheu.setup.queries.LINES", 2)
    monkeypatch.setattr("pheu.setup.views.LINES", 2)
    for nth in range(3):
        tag(dung, f"Loại {nth}")
    client.force_login(dung)
    page = client.get("/setup/log/")
    assert "Loại 2" in page.text
    assert "Loại 0" not in page.text
    assert "Loại 0" in client.get(f"/setup/log/?before={page.context['more']}").text


@pytest.mark.django_db(transaction=True)
def test_entries_are_made_ordered_and_put_out_of_use_in_place(world):
    tag(world.cast.dung, "Vốn nhà nước")
    page = world.enter(world.cast.dung, "/setup/tags/")
    page.get_by_role("link", name="Tạo", exact=True).click()
    dialog = page.locator("#dialog[open]")
    dialog.get_by_label("Tên").fill("Nhà máy <b>mới</b>")
    dialog.get_by_text("Tím").click()
    page.keyboard.press("Control+Enter")
    made = page.locator(".setup-item", has_text="Nhà máy <b>mới</b>")
    expect(made).to_have_count(1)
    expect(page.locator(".setup-item").last).to_contain_text("Nhà máy")

    with page.expect_response("**/order/"):
        made.locator("[data-grip]").press("ArrowUp")
    expect(page.locator(".setup-item").last).to_contain_text("Vốn nhà nước")
    assert names() == ["Nhà máy <b>mới</b>", "Vốn nhà nước"]

    made.get_by_role("button", name="Ngừng dùng").click()
    expect(made).to_contain_text("hết hiệu lực")
    page.reload()
    expect(made).to_contain_text("hết hiệu lực")
    made.get_by_role("button", name="Dùng lại").click()
    expect(made).not_to_contain_text("hết hiệu lực")


@pytest.mark.django_db(transaction=True)
def test_an_entry_is_dragged_to_its_place(world):
    for name in ("Vốn nhà nước", "Vốn nước ngoài"):
        tag(world.cast.dung, name)
    page = world.enter(world.cast.dung, "/setup/tags/")
    rows = page.locator(".setup-item")
    first, second = rows.nth(0).get_attribute("data-id"), rows.nth(1).get_attribute("data-id")
    page.wait_for_function("document.querySelector('[data-order]').sortable instanceof Sortable")
    with page.expect_response("**/order/"):
        rows.nth(0).locator("[data-grip]").drag_to(rows.nth(1).locator("[data-grip]"))
    assert [str(one.pk) for one in TAGS.items[:2]] == [second, first]
