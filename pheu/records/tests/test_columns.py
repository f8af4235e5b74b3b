"""«Cột»: which columns a list has is chosen by each person, kept with a view, begun and fixed by a role."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from playwright.sync_api import expect

from pheu.conftest import nothing_changes
from pheu.core.errors import DomainError, Refused
from pheu.leads.services import create_lead
from pheu.records import kinds
from pheu.records.columns import MOST_COLUMNS, WIDEST, read_columns, write_columns
from pheu.records.keeping import choose_columns, keep_view
from pheu.records.models import SavedView

HEADS = "th[data-column]"


@pytest.fixture
def lead(an):
    return create_lead({"company_name": "Xi măng Hòn Đá", "person_name": "Đỗ Văn Năm", "owner": an}, by=an)


def heads(page) -> list[str]:
    return [one.field.name for one in page.context["listing"].shown_columns]


@pytest.mark.django_db
def test_who_chooses_columns_has_them_the_next_day(client, an, binh, lead):
    """R4.58: for one person; others keep theirs."""
    client.force_login(an)
    usual = heads(client.get("/leads/"))
    answer = client.post("/leads/columns/?tab=all", {"cols": ["name", "person_name:180", "owner"]})
    assert answer["Location"] == "/leads/?tab=all"
    page = client.get("/leads/")
    assert heads(page) == ["name", "person_name", "owner"]
    assert "Đỗ Văn Năm" in page.text
    assert 'data-width="180"' in page.text
    assert heads(client.get("/deals/")) != heads(page)
    client.force_login(binh)
    assert heads(client.get("/leads/")) == usual
    client.force_login(an)
    client.post("/leads/columns/", {"cols": ["name"], "usual": "1"})
    assert heads(client.get("/leads/")) == usual


@pytest.mark.django_db
def test_an_address_brings_its_columns_along(client, an, lead):
    client.force_login(an)
    assert heads(client.get("/leads/?cols=owner,name:90")) == ["owner", "name"]
    assert heads(client.get("/leads/?cols=owner")) == ["name", "owner"], "what a record is called always"
    assert len(heads(client.get("/leads/?cols=nothing"))) > 3
    assert "cols=owner" in client.get("/leads/?cols=owner").context["listing"].url(sort="-name")


@pytest.mark.django_db
def test_a_view_is_kept_with_its_columns(client, an, lead):
    """R4.58: while it is open a change of them asks to be saved there, and is nobody's own choice."""
    client.force_login(an)
    client.post("/leads/views/new/?tab=all&cols=name,owner", {"name": "Gọn", "shared": "me"})
    view = SavedView.objects.get()
    assert view.columns == "name,owner"
    assert heads(client.get(f"/leads/?tab=v{view.pk}")) == ["name", "owner"]
    answer = client.post(f"/leads/columns/?tab=v{view.pk}", {"cols": ["name", "phone"]})
    assert answer["Location"] == f"/leads/?tab=v{view.pk}&cols=name%2Cphone"
    page = client.get(answer["Location"])
    assert heads(page) == ["name", "phone"]
    assert page.context["listing"].is_changed
    an.refresh_from_db()
    assert an.lists == {}
    client.post(f"/views/{view.pk}/update/?tab=v{view.pk}&cols=name,phone")
    assert heads(client.get(f"/leads/?tab=v{view.pk}")) == ["name", "phone"]
    assert not client.get(f"/leads/?tab=v{view.pk}").context["listing"].is_changed


@pytest.mark.django_db
def test_a_role_begins_lists_and_may_fix_their_columns(client, an, lead):
    """R4.58: whoever chooses for themselves has that, unless the role has fixed it."""
    view = keep_view("lead", "Việc của tôi", {}, by=an)
    an.role.lists = {"lead": {"columns": "name,phone", "tab": f"v{view.pk}"}}
    an.role.save()
    client.force_login(an)
    page = client.get("/leads/")
    assert heads(page) == ["name", "phone"]
    assert page.context["listing"].tab.saved == view
    client.post("/leads/columns/?tab=all", {"cols": ["name", "email"]})
    assert heads(client.get("/leads/?tab=all")) == ["name", "email"]
    an.role.lists["lead"]["is_locked"] = True
    an.role.save()
    page = client.get("/leads/?tab=all&cols=name,owner")
    assert heads(page) == ["name", "phone"]
    assert 'data-columns="' not in page.text
    with nothing_changes():
        assert client.post("/leads/columns/?tab=all", {"cols": ["name", "email"]}).status_code == 403
        with pytest.raises(Refused):
            choose_columns("lead", "name", by=an)


@pytest.mark.django_db
def test_a_column_that_a_role_hides_is_left_out(client, an, lead):
    """R4.26: of a colleague's address or view too, and from the choice."""
    client.force_login(an)
    client.post("/leads/columns/", {"cols": ["name", "phone"]})
    an.role.fields = {"lead": {"phone": "hidden"}}
    an.role.save()
    assert heads(client.get("/leads/")) == ["name"]
    assert heads(client.get("/leads/?cols=name,phone,owner")) == ["name", "owner"]
    assert 'value="phone' not in client.get("/leads/columns/").text


@pytest.mark.django_db
@pytest.mark.parametrize(
    "told", ["x", "name:x", "name:-5", ":,:,", "name:99999", "name:" + "9" * 5000, "\x00,name", "name,name"]
)
def test_columns_that_nobody_could_have_chosen(an, told):
    """A text of any kind gives columns within bounds, or none; what was read is written the same."""
    schema = kinds.get("lead").schema_for(an)
    columns = read_columns(schema, told)
    assert all(one.width is None or one.width <= WIDEST for one in columns)
    assert read_columns(schema, write_columns(columns)) == columns
    assert len(read_columns(schema, ",".join(one.name for one in schema))) <= MOST_COLUMNS
    if not columns:
        with pytest.raises(DomainError):
            choose_columns("lead", told, by=an)


@pytest.mark.django_db
@pytest.mark.parametrize("code", [kind.code for kind in kinds.every()])
def test_every_field_can_be_a_column_for_no_query_of_each_row(client, dung, code):
    """Twice as many columns cost no statement more for each of them."""
    kind = kinds.get(code)
    client.force_login(dung)
    names = [one.name for one in kind.schema_for(dung) if one.on_page]
    with CaptureQueriesContext(
        connection,
    ) as few:
        assert client.get(f"{kind.url('list')}?tab=all&cols={names[0]}").status_code == 200
    with CaptureQueriesContext(connection) as all_of_them:
        assert client.get(f"{kind.url('list')}?tab=all&cols={','.join(names)}").status_code == 200
    assert len(all_of_them) <= len(few) + 4


@pytest.mark.django_db(transaction=True)
def test_a_seller_ticks_drags_and_widens_columns(world):
    """R4.58: in the dialog by the keyboard too; on the list by a head and by its edge, which is there the next time."""
    an = world.cast.an
    create_lead({"company_name": "Xi măng Hòn Đá", "person_name": "Đỗ Văn Năm", "owner": an}, by=an)
    page = world.enter(an, "/leads/?tab=all")
    page.get_by_role("link", name="Cột").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("checkbox", name="Người liên hệ").check()
    dialog.get_by_role("checkbox", name="Nhãn").uncheck()
    grip = dialog.get_by_role("button", name="«Mã số»")
    grip.press("ArrowDown")
    dialog.get_by_role("button", name="Áp dụng").click()
    expect(page.locator(HEADS).last).to_have_text("Người liên hệ")
    assert columns_of(page)[:3] == ["name", "stage", "number"]
    phone = page.locator("th[data-column=phone]")
    box = phone.bounding_box()
    edge = box["x"] + box["width"] - 3
    page.mouse.move(edge, box["y"] + 12)
    page.mouse.down()
    page.mouse.move(edge + 120, box["y"] + 12, steps=4)
    with page.expect_response("**/leads/columns/**"):
        page.mouse.up()
    phone.focus()
    with page.expect_response("**/leads/columns/**"):
        page.keyboard.press("Shift+ArrowRight")
    page.reload()
    assert phone.bounding_box()["width"] == pytest.approx(box["width"] + 140, abs=3)
    page.locator("th[data-column=owner]").hover()  # who comes near a head may want to drag it
    page.wait_for_function("document.querySelector('[data-columns] thead tr').sortable")
    from_, to = (
        page.locator("th[data-column=owner]").bounding_box(),
        page.locator("th[data-column=stage]").bounding_box(),
    )
    page.mouse.move(from_["x"] + 20, from_["y"] + 12)
    page.mouse.down()
    page.locator("th[data-column=owner][draggable=true]").wait_for(state="attached")
    page.mouse.move(from_["x"] - 20, to["y"] + 12, steps=4)
    page.mouse.move(to["x"] + 8, to["y"] + 12, steps=12)
    with page.expect_navigation():
        page.mouse.up()
    assert columns_of(page).index("owner") < columns_of(page).index("next_activity")


def columns_of(page) -> list[str]:
    return page.locator(HEADS).evaluate_all("(heads) => heads.map((head) => head.dataset.column)")
