"""«Chi nhánh» and «Phòng ban»: what belongs where, and who sees what because of it (D16)."""

import pytest

from pheu.conftest import nothing_changes
from pheu.core.errors import Conflict, Invalid
from pheu.leads.services import create_lead
from pheu.people.models import Branch, Department, User
from pheu.quality.places import departments_for
from pheu.setup.company import BRANCHES, DEPARTMENTS
from pheu.setup.configuring import add_item, change_item


def department(by, name, parent=None):
    return add_item(DEPARTMENTS, {"name": name, "parent": parent}, by=by)


def move(one, to, by):
    return change_item(DEPARTMENTS, one.pk, {"parent": (one.parent, to)}, by=by)


def switch_off(of, one, by):
    return change_item(of, one.pk, {"is_active": (True, False)}, by=by)


def paths():
    return {one.name: one.path for one in Department.objects.all()}


@pytest.fixture
def tree(dung):
    """Khối > Vùng > Tổ, beside Ban."""
    top = department(dung, "Khối")
    middle = department(dung, "Vùng", top)
    return top, middle, department(dung, "Tổ", middle), department(dung, "Ban")


def test_departments_are_made_renamed_and_drawn_as_a_tree(client, dung, tree):
    top, middle, low, _other = tree
    client.force_login(dung)
    client.post("/setup/departments/new/", {"name": "Nhóm", "parent": middle.pk})
    client.post(f"/setup/departments/{low.pk}/", {"name": "Tổ 1", "initial-name": "Tổ", "parent": middle.pk})
    items = client.get("/setup/departments/").context["items"]
    drawn = [(str(one), one.depth) for one in items if one.path.startswith(top.path)]
    assert drawn == [("Khối", 0), ("Vùng", 1), ("Nhóm", 2), ("Tổ 1", 2)]
    assert "Vùng → Nhóm" not in client.get("/setup/log/").text


def test_a_department_moves_with_all_below_it_in_one_statement(dung, tree, django_assert_num_queries):
    top, middle, low, other = tree
    for nth in range(20):
        department(dung, f"Tổ {nth}", middle)
    middle.parent = other
    with django_assert_num_queries(2):  # its own row, and the paths of all
        middle.save(update_fields=["parent"])
    assert paths()["Tổ"] == f"/{other.pk}/{middle.pk}/{low.pk}/"
    assert {path.rsplit("/", 2)[0] for name, path in paths().items() if name.startswith("Tổ")} == {
        f"/{other.pk}/{middle.pk}"
    }
    assert paths()["Khối"] == f"/{top.pk}/"


def test_who_sees_a_department_follows_where_it_lies(client, dung, binh, hanh, tree):
    """In force at the next click: binh leads a department, hanh's comes below it."""
    lead = create_lead({"name": "Trạm", "owner": hanh}, by=hanh)
    client.force_login(binh)
    assert client.get(f"/leads/{lead.pk}/").status_code == 404
    move(hanh.department, binh.department, dung)
    assert client.get(f"/leads/{lead.pk}/").status_code == 200


def test_a_department_is_never_a_part_of_itself(dung, tree):
    top, middle, low, _other = tree
    for to in (top, middle, low):
        with nothing_changes(), pytest.raises(Invalid) as refused:
            move(top, to, dung)
        assert list(refused.value.errors) == ["parent"]


def test_two_admins_cannot_make_a_circle_together(dung, tree):
    """Each move alone is fine; the second is asked of the tree as the first has left it."""
    top, _middle, _low, other = tree
    stale = Department.objects.get(pk=top.pk)
    move(top, other, dung)
    with nothing_changes(), pytest.raises(Invalid):
        move(other, stale, dung)
    with nothing_changes(), pytest.raises(Conflict):
        change_item(DEPARTMENTS, top.pk, {"parent": (None, tree[1].parent)}, by=dung)


def test_a_tree_is_at_most_twelve_deep(dung):
    one = None
    for nth in range(12):
        one = department(dung, f"Cấp {nth}", one)
    with nothing_changes(), pytest.raises(Invalid):
        department(dung, "Cấp 12", one)
    above = department(dung, "Trên cùng")
    with nothing_changes(), pytest.raises(Invalid):
        move(Department.objects.get(name="Cấp 0"), above, dung)


def test_only_an_empty_department_goes_out_of_use(client, dung, an, tree):
    top, middle, low, _other = tree
    client.force_login(dung)
    for full in (top, an.department):
        with nothing_changes(), pytest.raises(Invalid) as refused:
            switch_off(DEPARTMENTS, full, dung)
        assert list(refused.value.errors) == ["is_active"]
        assert client.post(f"/setup/departments/{full.pk}/switch/", {"was": "1"}).status_code == 422
    for empty in (low, middle, top):
        switch_off(DEPARTMENTS, empty, dung)
    assert top not in departments_for(dung, "lead")
    page = client.get("/setup/departments/new/").text
    assert "Khối</option>" not in page
    with nothing_changes(), pytest.raises(Invalid):
        department(dung, "Tổ mới", top)
    with nothing_changes(), pytest.raises(Invalid):
        change_item(DEPARTMENTS, low.pk, {"is_active": (False, True)}, by=dung)


def test_one_name_stands_once_in_one_place(dung, tree):
    top, middle, _low, _other = tree
    department(dung, "Tổ", top)
    with nothing_changes(), pytest.raises(Invalid):
        department(dung, "tổ", middle)


def test_branches_are_kept_and_offered_to_teams(client, dung):
    """R3.11, D16."""
    client.force_login(dung)
    client.post("/setup/branches/new/", {"name": "Chi nhánh Cần Thơ"})
    made = Branch.objects.get()
    assert "Chi nhánh Cần Thơ</option>" in client.get("/setup/teams/new/").text
    client.post(f"/setup/branches/{made.pk}/", {"name": "Chi nhánh Miền Tây"})
    client.post(f"/setup/branches/{made.pk}/switch/", {"was": "1"})
    assert "Chi nhánh Miền Tây</option>" not in client.get("/setup/teams/new/").text
    page = client.get("/setup/log/").text
    assert "Chi nhánh Cần Thơ → Chi nhánh Miền Tây" in page
    with nothing_changes(), pytest.raises(Conflict):
        change_item(BRANCHES, made.pk, {"name": ("Chi nhánh Cần Thơ", "Khác")}, by=dung)


def test_a_hundred_departments_of_many_people_ask_no_more(client, dung, django_assert_num_queries):
    client.force_login(dung)
    client.get("/setup/departments/")
    parent = None
    for nth in range(100):
        made = department(dung, f"Phòng {nth}", parent)
        parent = made if nth % 10 == 0 and nth < 50 else parent
    User.objects.filter(pk=dung.pk).update(department=parent)
    for path in ("/setup/departments/", "/setup/branches/"):
        with django_assert_num_queries(3):
            client.get(path)


@pytest.mark.parametrize("code", ["departments", "branches"])
def test_a_name_is_text_and_has_an_end(client, dung, code):
    client.force_login(dung)
    client.post(f"/setup/{code}/new/", {"name": "<img src=x onerror=alert(1)>"})
    for path in (f"/setup/{code}/", f"/setup/{code}/new/", "/setup/log/", "/setup/teams/new/"):
        assert "<img src=x" not in client.get(path).text
    with nothing_changes():
        assert client.post(f"/setup/{code}/new/", {"name": "x" * 10_000}).status_code == 422
