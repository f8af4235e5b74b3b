"""«Vai trò»: a matrix of what may be done with what, in force at everybody's next request."""

import json

import pytest
from playwright.sync_api import expect

from pheu.conftest import nothing_changes
from pheu.core.errors import Conflict, DomainError, Invalid, Refused
from pheu.leads.services import create_lead
from pheu.people.models import Role, User
from pheu.people.scopes import CHANGE, VIEW, Scope
from pheu.records import kinds
from pheu.setup.configuring import add_item, change_item, order_items, remove_item
from pheu.setup.events import ITEM_CHANGED
from pheu.setup.roles import ROLES
from pheu.timeline.models import Event


def role(code):
    return Role.objects.get(code=code)


def change(one, by, **columns):
    return change_item(ROLES, one.pk, {name: (getattr(one, name), new) for name, new in columns.items()}, by=by)


def sent(one, name="", **cells):
    """What the page of a role sends: every cell as it is, but those that are named ({"lead·view": "all"})."""
    held = one.grants if one else {}
    rows = [*{kind.family for kind in kinds.every()}, "system", *(row for row in held if row in PLAIN)]
    values = {f"grant-{row}-{action}": scope for row in rows for action, scope in held.get(row, {}).items()}
    values |= {
        f"grant-{row}-{action}": "none" for row in rows for action in ACTIONS if f"grant-{row}-{action}" not in values
    }
    values |= {f"own-{row}": "on" for row in held if row in PLAIN}
    values |= {
        f"field-{kind}-{field}": how
        for kind, rights in (one.fields if one else {}).items()
        for field, how in rights.items()
    }
    seen = {"grants": held, "fields": one.fields if one else {}}
    named = {"name": name or one.name, "initial-name": one.name if one else "", "seen": json.dumps(seen)}
    return values | named | {key.replace("·", "-"): value for key, value in cells.items()}


PLAIN = {kind.code for kind in kinds.every()}
ACTIONS = ("view", "change")


def test_a_role_is_made_and_given(client, dung):
    client.force_login(dung)
    assert client.get("/setup/roles/new/").status_code == 200
    values = sent(None, "Thực tập") | {"grant-work-view": "own", "own-deal": "on", "grant-deal-view": "none"}
    assert client.post("/setup/roles/new/", values).status_code == 302
    made = Role.objects.get(name="Thực tập")
    assert made.grants == {"work": {"view": "own"}, "deal": {}}
    assert (made.scope("lead", VIEW), made.scope("deal", VIEW)) == (Scope.OWN, Scope.NONE)


def test_a_role_begins_as_a_copy(client, dung):
    client.force_login(dung)
    like = role("care")
    form = client.get(f"/setup/roles/new/?from={like.pk}").context["form"]
    values = {name: form[name].value() for name in form.fields if form[name].value() not in (None, False)}
    client.post("/setup/roles/new/", values | {"name": "CSKH 2"})
    made = Role.objects.get(name="CSKH 2")
    assert (made.grants, made.fields) == (like.grants, like.fields)
    assert made.code != like.code


def test_a_change_is_in_force_at_the_next_request(client, dung, an, chi):
    """Nobody signs in anew, no process is begun anew."""
    lead = create_lead({"name": "Của Chi", "need": "Đo bụi", "owner": chi}, by=chi)
    client.force_login(an)
    assert client.get(f"/leads/{lead.pk}/").status_code == 404
    client.force_login(dung)
    sales = role("sales")
    values = sent(sales) | {"grant-work-view": "all", "field-lead-need": "hidden"}
    assert client.post(f"/setup/roles/{sales.pk}/", values).status_code == 302
    client.force_login(an)
    page = client.get(f"/leads/{lead.pk}/")
    assert page.status_code == 200
    assert "Đo bụi" not in page.text
    sales.refresh_from_db()
    assert sales.fields == {"lead": {"need": "hidden"}}
    change(sales, dung, grants=sales.grants | {"work": {}}, fields={})
    assert client.get("/leads/").status_code == 404
    assert "/leads/" not in client.get("/").text


def test_who_saves_what_they_saw_changes_nothing(client, dung):
    client.force_login(dung)
    for one in Role.objects.all():
        form = client.get(f"/setup/roles/{one.pk}/").context["form"]
        values = {name: form[name].value() for name in form.fields if form[name].value() not in (None, False)}
        with nothing_changes():
            client.post(f"/setup/roles/{one.pk}/", values | {"initial-name": one.name})


def test_two_admins_change_other_cells_and_hear_of_the_same_one(client, dung):
    sales = role("sales")
    client.force_login(dung)
    seen = sent(sales)
    client.post(f"/setup/roles/{sales.pk}/", seen | {"grant-work-view": "all"})
    client.post(f"/setup/roles/{sales.pk}/", seen | {"grant-party-view": "own"})
    sales.refresh_from_db()
    assert (sales.scope("lead", VIEW), sales.scope("company", VIEW)) == (Scope.ALL, Scope.OWN)
    with nothing_changes():
        assert client.post(f"/setup/roles/{sales.pk}/", seen | {"grant-work-view": "own"}).status_code == 409
    with nothing_changes(), pytest.raises(Conflict):
        change_item(ROLES, sales.pk, {"name": ("Khác", "Khác nữa")}, by=dung)


def test_the_last_who_may_change_the_setup_keeps_it(dung, an):
    """Somebody must be left who can give it back."""
    admin = role("admin")
    without = {row: given for row, given in admin.grants.items() if row != "system"}
    for grants in (without, without | {"system": {"view": "all"}}, {}):
        with nothing_changes(), pytest.raises(DomainError):
            change(admin, dung, grants=grants)
    other = add_item(ROLES, {"name": "Phó quản trị", "grants": {"system": {"change": "all"}}, "fields": {}}, by=dung)
    with nothing_changes(), pytest.raises(DomainError):
        change(admin, dung, grants=without)  # nobody has the other role
    User.objects.filter(pk=an.pk).update(role=other, is_active=False)
    with nothing_changes(), pytest.raises(DomainError):
        change(admin, dung, grants=without)  # who has it has left
    User.objects.filter(pk=an.pk).update(is_active=True)
    change(admin, dung, grants=without)
    with nothing_changes(), pytest.raises(Refused):
        change(role("sales"), User.objects.get(pk=dung.pk), grants={})


def test_only_a_role_that_nobody_has_is_deleted(client, dung):
    spare = add_item(ROLES, {"name": "Thực tập", "grants": {}, "fields": {}}, by=dung)
    with nothing_changes(), pytest.raises(DomainError, match="1 "):
        remove_item(ROLES, role("care").pk, by=dung)
    client.force_login(dung)
    assert client.post(f"/setup/roles/{spare.pk}/removal/").status_code == 302
    assert not Role.objects.filter(pk=spare.pk).exists()
    assert "Thực tập" in client.get("/setup/log/").text
    with nothing_changes(), pytest.raises(DomainError):
        remove_item(ROLES, spare.pk, by=dung)
    for code in ("teams", "tags"):
        with nothing_changes():
            assert client.post(f"/setup/{code}/1/removal/").status_code == 404


@pytest.mark.parametrize(
    "columns",
    [
        {"grants": {"nothing": {"view": "all"}}},
        {"grants": {"work": {"fly": "all"}}},
        {"grants": {"work": {"view": "everything"}}},
        {"grants": {"system": {"view": "team"}}},
        {"grants": {"system": {"assign": "all"}}},
        {"fields": {"lead": {"need": "shown"}}},
        {"fields": {"nothing": {"need": "hidden"}}},
        {"name": ""},
        {"name": "Quản  trị"},
    ],
)
def test_what_is_no_right_is_refused(dung, columns):
    with nothing_changes(), pytest.raises(Invalid) as refused:
        add_item(ROLES, {"name": "Mới", "grants": {}, "fields": {}} | columns, by=dung)
    assert list(refused.value.errors) == list(columns)


def test_no_act_writes_what_a_page_does_not_keep(dung):
    for name in ("code", "position", "pk", "users"):
        with nothing_changes(), pytest.raises(Refused):
            change_item(ROLES, role("sales").pk, {name: ("sales", "admin")}, by=dung)


@pytest.mark.parametrize("seen", ["", "{", "[]", '{"grants": 1}', '{"grants": {"work": []}, "fields": {}}', "[" * 9000])
def test_what_cannot_have_been_seen_is_read_as_what_is(client, dung, seen):
    client.force_login(dung)
    values = sent(role("sales")) | {"seen": seen, "grant-work-view": "all"}
    assert client.post(f"/setup/roles/{role('sales').pk}/", values).status_code == 302
    assert role("sales").scope("lead", VIEW) == Scope.ALL


def test_the_log_says_which_right_was_given(client, dung):
    sales = role("sales")
    change(sales, dung, grants=sales.grants | {"work": {"view": "all"}}, fields={"lead": {"need": "read"}})
    told = Event.objects.get(kind=ITEM_CHANGED.code)
    assert {"column": "grants", "row": "work", "cell": "view", "was": "team", "now": "all"} in told.facts["changes"]
    client.force_login(dung)
    page = client.get("/setup/log/").text
    assert "Xem: Đội → Tất cả" in page
    assert "Nhu cầu: theo bản ghi → Chỉ đọc" in page


def test_the_log_says_what_a_new_role_may_and_what_a_deleted_one_could(client, dung):
    """Every right that was ever given is told, and by whom."""
    made = add_item(ROLES, {"name": "Giám sát", "grants": {"work": {"view": "all"}}, "fields": {}}, by=dung)
    remove_item(ROLES, made.pk, by=dung)
    client.force_login(dung)
    page = client.get("/setup/log/").text
    assert "Xem: Không → Tất cả" in page
    assert "Xem: Tất cả → Không" in page


def test_two_roles_are_looked_at_beside_each_other(client, dung):
    client.force_login(dung)
    sales, viewer = role("sales"), role("viewer")
    page = client.get(f"/setup/roles/{sales.pk}/?with={viewer.pk}")
    differing = {
        cell["bound"].name: cell["other"]
        for row in page.context["form"].matrix() for cell in row["cells"] if cell and cell["other"]
    }  # fmt: skip
    assert differing["grant-work-view"] == Scope.ALL.label
    assert differing["grant-party-create"] == Scope.NONE.label
    assert "grant-party-view" not in differing
    assert 'class="differs"' in page.text
    assert 'class="differs"' not in client.get(f"/setup/roles/{sales.pk}/").text
    assert 'class="differs"' not in client.get(f"/setup/roles/{sales.pk}/?with=999999").text


def test_roles_are_put_in_order_and_say_who_has_them(client, dung):
    client.force_login(dung)
    page = client.get("/setup/roles/")
    assert "đang dùng bởi 1 người" in page.text
    order = [one.pk for one in reversed(page.context["items"])]
    client.post("/setup/roles/order/", {"ids": order})
    assert [one.pk for one in ROLES.items] == order
    with nothing_changes(), pytest.raises(Refused):
        order_items(ROLES, order[::-1], by=User.objects.get(role__code="sales", email__startswith="an@"))


def test_a_name_is_text_and_has_an_end(client, dung):
    client.force_login(dung)
    add_item(ROLES, {"name": "<img src=x onerror=alert(1)>", "grants": {}, "fields": {}}, by=dung)
    for path in ("/setup/roles/", f"/setup/roles/{role('sales').pk}/", "/setup/log/"):
        assert "<img src=x" not in client.get(path).text
    with nothing_changes():
        assert client.post("/setup/roles/new/", {"name": "x" * 10_000}).status_code == 422


def test_many_roles_and_people_ask_no_more(client, dung, django_assert_max_num_queries):
    client.force_login(dung)
    for nth in range(40):
        add_item(ROLES, {"name": f"Vai trò {nth}", "grants": {}, "fields": {}}, by=dung)
    client.get("/setup/roles/")
    for path in (
        "/setup/roles/",
        f"/setup/roles/{role('sales').pk}/",
        f"/setup/roles/{role('sales').pk}/?with={role('care').pk}",
    ):
        with django_assert_max_num_queries(5):
            client.get(path)


@pytest.mark.django_db
def test_a_role_says_how_its_peoples_lists_begin(client, dung, an):
    """R4.58: view and columns of each kind, which its people may be kept from changing; the log says so."""
    of = role(an.role.code)
    client.force_login(dung)
    path = f"/setup/roles/lists/lead/{of.pk}/"
    assert 'name="cols" value="phone"' in client.get(path).text
    assert "Mở đầu bằng" in client.get(path).text
    assert '<h3 class="role-part">Danh sách</h3>' in client.get(f"/setup/roles/{of.pk}/").text
    client.post(path, {"tab": "all", "is_locked": "on", "cols": ["name", "email:200", "owner"]})
    of.refresh_from_db()
    assert of.lists == {"lead": {"columns": "name,email:200,owner", "is_locked": "yes", "tab": "all"}}
    assert "name,email:200,owner" in client.get("/setup/log/").text
    client.force_login(an)
    page = client.get("/leads/")
    assert [one.field.name for one in page.context["listing"].shown_columns] == ["name", "email", "owner"]
    assert page.context["listing"].tab.code == "all"
    client.force_login(dung)
    client.post(f"/setup/roles/lists/deal/{of.pk}/", {"tab": "", "cols": ["name"]})
    client.post(path, {"tab": "", "cols": ["name"], "usual": "1", "is_locked": "on"})
    of.refresh_from_db()
    assert of.lists == {"deal": {"columns": "name"}}, "nothing is fixed where nothing is chosen"
    assert client.get(f"/setup/roles/lists/nothing/{of.pk}/").status_code == 404
    with nothing_changes():
        assert client.post(path, {"tab": "v99999"}).status_code == 422
        with pytest.raises(Invalid):
            change(of, dung, lists={"lead": {"colour": "red"}})


@pytest.mark.django_db(transaction=True)
def test_a_right_is_taken_in_the_matrix_and_the_colleague_has_it_no_more(world):
    page = world.enter(world.cast.dung, "/setup/roles/")
    page.locator(".setup-item", has_text="Kinh doanh").get_by_role("link", name="Sửa").click()
    expect(page.get_by_role("heading", name="Kinh doanh")).to_be_visible()
    own = page.get_by_role("row", name="Cơ hội").get_by_label("Quyền riêng")
    cell = page.get_by_label("Cơ hội · Xem", exact=True)
    expect(cell).to_be_hidden()
    own.check()
    expect(cell).to_be_visible()
    cell.select_option(label="Không")
    page.get_by_role("button", name="Lưu").click()
    expect(page.locator(".setup-item").first).to_be_visible()
    assert not User.objects.get(pk=world.cast.an.pk).may("deal", VIEW)
    assert User.objects.get(pk=world.cast.an.pk).may("lead", CHANGE)
    theirs = world.enter(world.cast.an, "/")
    expect(theirs.get_by_role("link", name="Tiềm năng").first).to_be_visible()
    expect(theirs.get_by_role("link", name="Cơ hội", exact=True)).to_have_count(0)
