"""A cell is mended before anything is written; repeats are marked for the whole file, and anew after that (R1.31)."""

import pytest
from playwright.sync_api import expect

from pheu.conftest import given, nothing_changes
from pheu.core.errors import Conflict, Refused
from pheu.parties.models import Prospect
from pheu.quality import services
from pheu.quality.models import Import, ImportLine
from pheu.quality.reading import FileRefused
from pheu.quality.tests.importing import accounts, checked, csv, mapped, run, work
from pheu.records import kinds
from pheu.timeline.services import create

pytestmark = pytest.mark.django_db

FILE = csv(
    "Tên công ty,Điện thoại,Email,Ghi chú",
    "Thép Sông Đà,0903 123 456,,",
    "Gạch Đông Á,0903 123 456,,Gọi sáng",
    ",,,",
    "Xi măng Hòn Đá,12,,",
    ",,nobody,",
)
NEEDED = {
    "prospect": {"company_name": "Hòn Đá"}, "company": {"name": "Hòn Đá", "type": "prospect"},
    "contact": {"full_name": "Đỗ Vân"}, "lead": {"name": "Trạm"},
}  # fmt: skip


@pytest.fixture(autouse=True)
def kept_files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "files"


@pytest.fixture
def imported(client, an) -> Import:
    client.force_login(an)
    return checked(client, FILE, "khach.csv")


def marks_of(imported: Import) -> dict[int, set[str]]:
    return {line.line: set(line.marks) for line in imported.lines_of_customers}


def mended(client, imported: Import, line: int, **cells: str):
    of = imported.lines.get(line=line)
    sent = {f"cell_{n}": cell for n, cell in enumerate([*of.cells, "", "", "", ""][:4])} | cells
    answer = client.post(f"/imports/lines/{of.pk}/", sent)
    imported.refresh_from_db()
    return answer


def test_a_mended_cell_is_read_again_and_the_accounts_follow(client, imported):
    assert (imported.rows, imported.rejected) == (4, 1)
    page = client.get(f"/imports/{imported.pk}/check/?tab=rejected").text
    line = imported.lines.get(line=6)
    assert f"/imports/lines/{line.pk}/" in page
    dialog = client.get(f"/imports/lines/{line.pk}/").text
    assert 'value="nobody"' in dialog
    assert mended(client, imported, 6, cell_0="Sứ Hải Hà").status_code == 302
    line.refresh_from_db()
    assert (line.state, line.values["company_name"]) == ("ready", "Sứ Hải Hà")
    assert (imported.rows, imported.rejected, imported.state) == (4, 0, "checked")
    assert accounts(run(client, imported)) == (4, 4, 0, 0)
    assert Prospect.objects.filter(company_name="Sứ Hải Hà", remark__contains="nobody").exists()


def test_a_number_that_is_no_longer_repeated_says_so_on_both_lines(client, imported):
    assert marks_of(imported)[2] == {"repeated"}
    assert marks_of(imported)[3] == {"repeated", "again"}
    assert imported.mark_counts["repeated"] == 2
    mended(client, imported, 3, cell_1="0904 555 666")
    assert marks_of(imported)[2] == marks_of(imported)[3] == set()
    assert not imported.lines.get(line=2).has_problem
    assert "repeated" not in imported.mark_counts
    mended(client, imported, 5, cell_1="0904 555 666")
    assert marks_of(imported)[3] == {"repeated"}
    assert marks_of(imported)[5] == {"repeated", "again"}


def test_only_mapped_columns_of_a_checked_import_are_mended_by_who_may(client, imported, an, chi):
    line = imported.lines.get(line=2)
    with nothing_changes():
        with pytest.raises(Refused):
            services.mend_line(line, {7: "x"}, by=an)
        with pytest.raises(Refused):
            services.mend_line(line, {0: "x"}, by=chi)
        with pytest.raises(Refused):
            services.mend_line(imported.lines.get(line=1), {0: "x"}, by=an)  # the header is no line of customers
    run(client, imported)
    with nothing_changes(), pytest.raises(Conflict):
        services.mend_line(line, {0: "x"}, by=an)
    assert mended(client, imported, 2, cell_0="x").status_code == 409


def test_what_is_written_is_cleaned_as_a_file_is(imported, an):
    line = services.mend_line(imported.lines.get(line=2), {0: "  Thép\x00 Sông\u200b Hồng ", 3: "a\nb"}, by=an)
    line = ImportLine.objects.get(pk=line.pk)
    assert line.cells == ["Thép Sông Hồng", "0903 123 456", "", "a\nb"]
    assert line.values["company_name"] == "Thép Sông Hồng"


def test_a_line_that_no_file_may_have_is_not_written_and_other_cells_stay_as_they_are(imported, an):
    line = imported.lines.get(line=3)
    with nothing_changes(), pytest.raises(FileRefused, match="3"):
        services.mend_line(line, {3: "a" * 100_001}, by=an)
    long = "'" + "b" * 60_000
    ImportLine.objects.filter(pk=line.pk).update(cells=["Gạch Đông Á", "0903 123 456", "", long])
    services.mend_line(line, {0: "Gạch Đông Triều"}, by=an)
    line.refresh_from_db()
    assert line.cells == ["Gạch Đông Triều", "0903 123 456", "", long]


def test_a_mended_line_that_is_a_record_now_meets_it(client, imported, an):
    there = create("prospect", {"company_name": "Nhôm Việt", "email": "lh@nhomviet.example", "owner": an}, by=an)
    mended(client, imported, 5, cell_2="lh@nhomviet.example", cell_0="Nhôm Việt", cell_1="")
    assert imported.lines.get(line=5).record_id == there.pk


@pytest.mark.parametrize("kind", [kind.code for kind in kinds.every() if kind.schema.get("phone")])
def test_a_number_of_any_kind_of_record_is_known(client, an, kind):
    """R1.16: whoever may see it: only that it is there is told."""
    create(kind, NEEDED[kind] | {"phone": "+842438637747", "owner": an}, by=an)
    client.force_login(an)
    imported = checked(client, csv("Tên công ty,Điện thoại", "Thép,024 3863 7747", "Gạch,0903412887"), "a.csv")
    assert "known" in marks_of(imported)[2]
    assert marks_of(imported)[3] == set()


def test_more_numbers_than_one_statement_takes_are_all_compared(client, an):
    """Two thousand lines have no less right than one."""
    there = create("lead", {"name": "Trạm", "phone": "+842438637747", "owner": an}, by=an)
    given(there, phone="+84900000003")
    lines = [f"Khách {n},090{n:07d}" for n in range(2000)]
    client.force_login(an)
    imported = checked(client, csv("Tên công ty,Điện thoại", *lines, "Cuối,0900000007"), "a.csv")
    told = {line: marks - {"no_phone"} for line, marks in marks_of(imported).items() if marks}
    assert told == {5: {"known", "again"}, 9: {"repeated"}, 2002: {"repeated", "again"}}


def test_a_line_above_the_header_repeats_nothing(client, imported):
    """Though it was a line of customers when the header was thought to stand higher."""
    client.post(f"/imports/{imported.pk}/sheet/", {"header_line": 2, "encoding": imported.encoding})
    imported.refresh_from_db()
    columns = {"column_0": "company_name", "column_1": "phone"}
    client.post(f"/imports/{imported.pk}/columns/", mapped(imported, **columns))
    assert work() == ["check_import"]
    assert marks_of(imported)[3] == set()


def test_as_many_statements_for_many_lines_as_for_few(client, imported, an, django_assert_max_num_queries):
    line = imported.lines.get(line=2)
    with django_assert_max_num_queries(40):
        services.mend_line(line, {0: "Thép Sông Hồng"}, by=an)


@pytest.mark.django_db(transaction=True)
def test_a_cell_is_mended_on_the_page(world, client):
    client.force_login(world.cast.an)
    imported = checked(client, FILE, "khach.csv")
    page = world.enter(world.cast.an, f"/imports/{imported.pk}/check/?tab=rejected")
    page.get_by_role("link", name="Sửa dòng 6").click()
    page.locator("#dialog").get_by_label("Tên công ty").fill("Sứ Hải Hà")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("button", name="Nhập 4 dòng")).to_be_visible()
