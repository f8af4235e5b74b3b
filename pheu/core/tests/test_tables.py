"""Files that spreadsheets open: what is in them, and that nothing in them runs or is counted wrongly."""

import io
import tracemalloc
import zipfile
from datetime import date, datetime
from decimal import Decimal
from xml.etree import ElementTree

import pytest
from python_calamine import CalamineWorkbook

from pheu.core.tables import Sheet, csv_file, guarded, letter_of, unguarded, xlsx_file
from pheu.quality.reading import read_sheet

RUNS = ["=1+1", "+84", "-5", "@SUM(A1)", "'=1", "''=1", "＝1", "＋1", '=HYPERLINK("http://x")']
PLAIN = ["Xi măng", "'a", "''", "a=b", "0012", 'nói "ừ", rồi; thôi', "hai\ndòng", "<b>&amp;</b>", "₫ 👩‍👩‍👧"]
DAY, MOMENT = date(2026, 11, 26), datetime(2026, 11, 26, 9, 30)  # noqa: DTZ001


def book(*sheets: Sheet) -> CalamineWorkbook:
    return CalamineWorkbook.from_filelike(io.BytesIO(b"".join(xlsx_file(*sheets))))


@pytest.mark.parametrize("text", RUNS)
def test_what_a_spreadsheet_might_run_is_guarded_and_read_back(text):
    assert guarded(text) == f"'{text}"
    assert unguarded(guarded(text)) == text


@pytest.mark.parametrize("text", PLAIN)
def test_what_runs_nowhere_stays_as_it_is(text):
    assert guarded(text) == unguarded(text) == text


@pytest.mark.parametrize("name", ["sheet.xlsx", "sheet.csv"])
def test_every_text_comes_back_from_either_file(tmp_path, name):
    lines = [["Đầu", "Cuối"], *([text, "."] for text in RUNS + PLAIN)]
    pieces = xlsx_file(Sheet(lines)) if name.endswith("xlsx") else csv_file(lines)
    (tmp_path / name).write_bytes(b"".join(pieces))
    with read_sheet(tmp_path / name, name=name) as read:
        assert [line.cells for line in read.lines] == lines


def test_numbers_and_days_are_numbers_and_days_in_a_workbook():
    line = [DAY, MOMENT, Decimal("1980000000"), Decimal("1.234"), 33.333333333333336, 0, None, "0012"]
    [read] = book(Sheet([line], heads=0)).get_sheet_by_index(0).to_python()
    assert read == [DAY, MOMENT, 1980000000, 1.234, 33.3333333333333, 0, "", "0012"]


def test_what_a_workbook_would_round_or_misplace_is_text():
    line = [10**15, Decimal("1.2345678901234567"), date(1900, 2, 28)]
    [read] = book(Sheet([line], heads=0)).get_sheet_by_index(0).to_python()
    assert read == ["1000000000000000", "1,2345678901234567", "28/02/1900"]


def test_a_csv_writes_numbers_and_days_as_people_here_do():
    content = b"".join(csv_file([[DAY, MOMENT, Decimal("1.234"), -5, None]]))
    assert content == '\ufeff"26/11/2026","26/11/2026 09:30","1,234","-5",""\r\n'.encode()


def test_sheets_have_names_that_a_workbook_may_have():
    sheets = [Sheet([["a"]], title=title) for title in ("Theo người/đội [1]", "theo ngườiđội 1", "", 'x"<&' + "y" * 40)]
    names = book(*sheets).sheet_names
    assert names == ["Theo ngườiđội 1", "theo ngườiđội 1+", "Sheet3", 'x"<&' + "y" * 24]


def test_every_part_of_a_workbook_is_xml_whatever_stands_in_the_cells():
    worst = ["\x00\x01\x0b", "\ud800", "\ufffe", "]]>", "<?xml?>", "a\r\nb", "x" * 40_000]
    content = b"".join(xlsx_file(Sheet([worst, worst], widths={0: 9}, still=1, title="<&")))
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        for name in parts.namelist():
            ElementTree.fromstring(parts.read(name))  # noqa: S314
    [line, _same] = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python()
    assert line[3:6] == ["]]>", "<?xml?>", "a\nb"] and len(line[6]) == 32_767


@pytest.mark.parametrize("write", [csv_file, lambda lines: xlsx_file(Sheet(lines))], ids=["csv", "xlsx"])
def test_a_file_leaves_while_its_lines_are_still_read_and_holds_none_of_them(write):
    """What stays in memory does not grow with the number of lines."""
    read, first = 0, 0

    def lines():
        nonlocal read
        for nth in range(20_000):
            read += 1
            yield [f"Công ty {nth * 7919 % 10007}", f"{nth:x}" * 20]

    tracemalloc.start()
    for nth, piece in enumerate(write(lines())):
        first = first or (read if nth == 0 and piece else 0)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert 0 < first < 10_000
    assert most < 3_000_000


def test_columns_are_called_as_the_spreadsheet_calls_them():
    assert [letter_of(column) for column in (0, 7, 25, 26, 701)] == ["A", "H", "Z", "AA", "ZZ"]
