"""«Xuất» in a real browser: the dialog, the file that comes down, the page that stays."""

import csv

import pytest
from playwright.sync_api import expect
from python_calamine import CalamineWorkbook

from pheu.leads.services import create_lead
from pheu.quality.events import EXPORTED
from pheu.timeline.models import Event

pytestmark = pytest.mark.django_db(transaction=True)

DIALOG = "#dialog[open]"
EXPORT = "[href*='/leads/export/'], [formaction*='/leads/export/']"


def list_of(world, *names):
    for name in names:
        create_lead({"name": name, "phone": "+84912345678", "owner": world.cast.an}, by=world.cast.an)
    return world.enter(world.cast.dung, "/leads/?tab=all&sort=name&cols=name,phone")


def taken(page) -> tuple[str, str]:
    """The file that the dialog's button brings down: (its name, its path)."""
    with page.expect_download() as download:
        page.locator(f"{DIALOG} button[type=submit]").click()
    return download.value.suggested_filename, str(download.value.path())


def test_what_the_list_shows_comes_down_as_a_workbook_and_the_page_stays(world):
    page = list_of(world, "Nước thải", "Trạm bụi")
    page.locator(f".toolbar :is({EXPORT})").click()
    expect(page.locator(f"{DIALOG} input[value=shown][name=rows]")).to_be_checked()
    name, path = taken(page)
    assert name.startswith("Tiềm năng ") and name.endswith(".xlsx")
    [_heads, *lines] = CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python()
    assert lines == [["Nước thải", "0912 345 678"], ["Trạm bụi", "0912 345 678"]]
    expect(page.locator("#dialog")).to_be_hidden()
    expect(page.locator("#rows tr")).to_have_count(2)
    assert Event.objects.get(kind=EXPORTED.code).facts["rows"] == 2


def test_ticked_rows_come_down_as_csv_and_again_with_other_answers(world):
    page = list_of(world, "Một", "Hai", "Ba")
    for row in ("Một", "Ba"):
        page.locator("#rows tr", has_text=row).locator("input[name=ids]").check()
    for form, fields in (("csv", "shown"), ("csv", "all")):
        page.locator(f".bulk-bar :is({EXPORT})").click()
        page.locator(f"{DIALOG} input[name=form][value={form}]").check()
        page.locator(f"{DIALOG} input[name=columns][value={fields}]").check()
        _name, path = taken(page)
        with open(path, encoding="utf-8-sig", newline="") as file:
            [heads, *lines] = csv.reader(file)
        assert [line[heads.index("Tên tiềm năng")] for line in lines] == ["Ba", "Một"]
        assert (len(heads) == 2) is (fields == "shown")
        expect(page.locator("#dialog")).to_be_hidden()


def test_a_file_comes_without_scripts_too(world):
    page = list_of(world, "Trạm bụi")
    page.goto(page.locator(f".toolbar :is({EXPORT})").get_attribute("href"))
    with page.expect_download() as download:
        page.locator("main button[type=submit]").click()
    assert download.value.suggested_filename.endswith(".xlsx")
