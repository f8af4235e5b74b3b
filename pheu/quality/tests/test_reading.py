"""Files of every sort, right and wrong, opened for real (R1.31)."""

import io
import json
import signal
import subprocess
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest
import xlsxwriter

from pheu.quality import parser, reading
from pheu.quality.reading import FileRefused, Sheet, read_sheet
from pheu.quality.tests.files import archive, ods, one_that_ends, raw_xlsx, xls, xlsb

HEADER = ["Tên công ty", "Điện thoại"]


@pytest.fixture
def read(tmp_path):
    """Reads bytes as if somebody had chosen them under a name."""

    def read(content: bytes, name: str = "danh-sach.xlsx", **wanted) -> Sheet:
        path = tmp_path / "file"
        path.write_bytes(content)
        with read_sheet(path, name=name, **wanted) as sheet:
            return replace(sheet, lines=list(sheet.lines))

    return read


def xlsx(*sheets: list[list[object]]) -> bytes:
    written = io.BytesIO()
    with xlsxwriter.Workbook(written, {"in_memory": True}) as book:
        for rows in sheets:
            sheet = book.add_worksheet()
            for number, row in enumerate(rows):
                sheet.write_row(number, 0, row)
    return written.getvalue()


def test_lines_keep_the_numbers_that_the_spreadsheet_shows(read):
    sheet = read(xlsx([["DANH SÁCH"], [], HEADER, [], ["Sông Hồng", 38450000]]))
    assert [(line.number, line.cells) for line in sheet.lines] == [
        (1, ["DANH SÁCH"]), (3, HEADER), (5, ["Sông Hồng", "38450000"]),
    ]  # fmt: skip


def test_a_cell_of_unseen_characters_is_empty_and_text_is_nfc(read):
    sheet = read(xlsx([HEADER, ["\u200b\u200b", "\u00a0"], ["Co\u0302ng ty\u200b Đào", "0903\u00a0123 456 "]]))
    assert [line.cells for line in sheet.lines] == [HEADER, ["Công ty Đào", "0903 123 456"]]


LONG = b"Ten cong ty,Dien thoai\n" + b"Song Hong,0903123456\n" * 300_000


def test_the_parser_ends_once_nobody_waits_for_it(read, monkeypatch):
    """R1.31: somebody has stopped the reading, or begun it anew."""
    monkeypatch.setattr(reading, "ASKS_EVERY", 0.05)
    started: list[subprocess.Popen[bytes]] = []
    begin = subprocess.Popen.__init__
    monkeypatch.setattr(
        subprocess.Popen, "__init__", lambda self, *told, **more: started.append(self) or begin(self, *told, **more)
    )
    with pytest.raises(reading.Abandoned):
        read(LONG, "danh-sach.csv", is_wanted=lambda: False)
    assert [one.returncode for one in started] == [-signal.SIGKILL]


def test_a_parser_that_takes_too_long_is_ended(read, monkeypatch):
    monkeypatch.setattr(reading, "ASKS_EVERY", 0.05)
    monkeypatch.setattr(reading, "PATIENCE", 0.1)
    with pytest.raises(FileRefused) as refused:
        read(LONG, "danh-sach.csv")
    assert refused.value.why == "too_slow"


def test_the_first_sheet_with_data_is_read_unless_another_is_asked_for(read):
    content = xlsx([], [["a", "b"]], [["c", "d"]])
    assert (read(content).name, read(content, sheet="Sheet3").lines[0].cells) == ("Sheet2", ["c", "d"])
    assert read(content).sheets == ["Sheet1", "Sheet2", "Sheet3"]


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        ("Tên công ty;Điện thoại\nĐào;0903\n".encode(), "utf-8"),
        ("\ufeffTên công ty,Điện thoại\r\nĐào,0903\r\n".encode(), "utf-8"),
        ("Tên công ty\tĐiện thoại\nĐào\t0903\n".encode("utf-16"), "utf-16-le"),
        ("Tên công ty\tĐiện thoại\nĐào\t0903\n".encode("utf-16-be"), "utf-16-be"),
        ("sep=|\nTên công ty|Điện thoại\nĐào|0903\n".encode(), "utf-8"),
        ("Tên công ty,Điê\u0323n thoa\u0323i\nĐa\u0300o,0903\n".encode("cp1258"), "cp1258"),
    ],
)
def test_text_files_are_read_in_the_encodings_that_excel_writes(read, content, encoding):
    sheet = read(content, "ds.csv")
    assert sheet.encoding == encoding
    assert [line.cells for line in sheet.lines] == [HEADER, ["Đào", "0903"]]


def test_what_our_own_export_guards_is_read_back_without_the_guard(read):
    sheet = read("Tên,Điện thoại\n'=1+1,'+84903123456\n".encode(), "ds.csv")
    assert sheet.lines[1].cells == ["=1+1", "+84903123456"]


LOCKED = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "EncryptedPackage".encode("utf-16-le")


@pytest.mark.parametrize(
    ("content", "name", "code"),
    [
        (b"", "ds.xlsx", "empty"),
        (b" \r\n\r\n", "ds.csv", "empty"),
        (xlsx([]), "ds.xlsx", "empty"),
        (xlsx([["\u200b", " "]]), "ds.xlsx", "empty"),
        (b"Hello, this is a letter.\nBye", "ds.xlsx", "no_spreadsheet"),
        (b"Hello, this is a letter.\nIt has lines\nwithout columns.", "ds.txt", "no_spreadsheet"),
        (b"%PDF-1.7\n1,2\n3,4", "ds.csv", "no_spreadsheet"),
        (bytes(range(256)) * 9, "ds.xls", "no_spreadsheet"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(900), "ds.xls", "no_spreadsheet"),
        (archive({"letter.xml": b"x"}), "ds.xlsx", "no_spreadsheet"),
        (xlsx([HEADER])[:300], "ds.xlsx", "damaged"),
        (b"<html><table><tr><td>a</td><td>b</td></tr></table>", "ds.xls", "web_page"),
        (LOCKED, "ds.xlsx", "encrypted"),
        (b"a,b\n" * 1_048_577, "ds.csv", "too_many"),
    ],
)
def test_what_is_no_spreadsheet_is_refused_in_words(read, content, name, code):
    with pytest.raises(FileRefused) as refused:
        read(content, name)
    assert refused.value.why == code
    assert "%" not in str(refused.value)


def test_a_cell_far_away_is_named_by_its_line(read):
    written = io.BytesIO()
    with xlsxwriter.Workbook(written, {"in_memory": True}) as book:
        book.add_worksheet().write(1_048_575, 16_383, "far away")
    with pytest.raises(FileRefused) as refused:
        read(written.getvalue())
    assert refused.value.why == "too_wide:1048576"


def cells(sheet: Sheet) -> list[list[str]]:
    return [line.cells for line in sheet.lines]


def refused(read, content: bytes, name: str = "ds.xlsx") -> str:
    with pytest.raises(FileRefused) as refusal:
        read(content, name)
    assert "%" not in str(refusal.value)
    return refusal.value.why


# --- text -------------------------------------------------------------------------------------------------------------


def test_spaces_and_marks_that_nobody_sees_make_no_bad_file(read):
    """R1.31: no-break and thin spaces, marks of direction: every cell of a list from a phone has some."""
    line = "\u202a+84\xa0903\u2009123\u2009456\u202c,\u202aCông\xa0ty\xa0Đào\u202c\n"
    assert cells(read((line * 40).encode(), "ds.csv")) == [["+84 903 123 456", "Công ty Đào"]] * 40


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('Tên,Điện thoại\n"Sông Hồng,0903\nHải Nam,0904\n', 2),
        ('Tên,Điện thoại\n"Sông Hồng,0903\n"Hải Nam",0904\n', 2),
        ('Tên,Điện thoại\nSông Hồng,0903\nHải Nam,"0904', 3),
        ('Tên,Ghi chú\n"Hải Nam","hai\ndòng"\n"Sông Hồng,0903\n' + "Đào,0904\n" * 9000, 4),
        ('Tên,Ghi chú\n"Ống 5" x,"mới\nĐào,0904\n', 2),
    ],
)
def test_a_quotation_mark_that_is_not_closed_is_told_with_its_line(read, text, line):
    """R1.31: a hundred rows in one cell, before."""
    assert refused(read, text.encode(), "ds.csv") == f"open_quote:{line}"
    assert str(line) in str(FileRefused(f"open_quote:{line}"))


def test_other_quotation_marks_are_read_as_they_are_meant(read):
    """R1.31: a cell of several lines, doubled ones, and some in the middle of a cell."""
    text = 'Tên,Ghi chú\n"Hải Nam","hai\ndòng"\n"Công ty ""Đào""",Ống 5" mới\n"Sông" Hồng,x\n'
    assert cells(read(text.encode(), "ds.csv")) == [
        ["Tên", "Ghi chú"], ["Hải Nam", "hai\ndòng"], ['Công ty "Đào"', 'Ống 5" mới'], ["Sông Hồng", "x"],
    ]  # fmt: skip


def test_a_line_of_a_megabyte_is_told_with_its_number(read):
    """R1.31."""
    assert refused(read, b"a,b\n" + b"x" * 1_000_000 + b",c\n", "ds.csv") == "too_long:2"
    assert refused(read, b"a,b\n" + b"xyzw," * 30_000 + b"c\n", "ds.csv") == "too_long:2"
    assert refused(read, xlsx([HEADER, ["x" * 32_767] * 4])) == "too_long:2"
    assert len(cells(read(xlsx([HEADER, ["x" * 32_767]])))[1][0]) == 32_767


def test_some_lines_in_another_encoding_are_read_too(read):
    """R1.31: pasted together from two files."""
    mixed = ("Tên,Điện thoại\n" + "Công ty Đầu tư Sông Hồng,0903\n" * 9).encode() + "Đào,0904\n".encode("cp1258")
    sheet = read(mixed, "ds.csv")
    assert (sheet.encoding, sheet.lines[-1].cells) == ("utf-8", ["Đào", "0904"])
    assert (
        read("Công ty Đầu tư Sông Hồng,0903\nCông ty Thương mại Đào \ufffd,0904\n".encode() * 9, "ds.csv").encoding
        == "utf-8"
    )


def test_nul_bytes_are_no_text_at_the_beginning_and_nothing_later(read):
    """R1.31."""
    assert refused(read, b"a\x00b,c\n", "ds.csv") == "no_spreadsheet"
    assert cells(read(b"a,b\n" * 6000 + b"c\x00d,e\n", "ds.csv"))[-1] == ["cd", "e"]


def test_names_of_files_decide_nothing_where_the_bytes_do(read):
    """R1.31: a workbook called csv, a text called xls."""
    assert cells(read(xlsx([HEADER]), "ds.csv")) == [HEADER]
    assert cells(read("Tên công ty\tĐiện thoại\n".encode("utf-16"), "ds.xls")) == [HEADER]


# --- old fonts --------------------------------------------------------------------------------------------------------

OLD = {
    "tcvn3": [["Tªn c«ng ty", "§iÖn tho¹i"], ["C«ng ty §Çu t\xad Hång", "0903"], ["NguyÔn V¨n Quý", "0904"]],
    "vni": [["Teân coâng ty", "Ñieän thoaïi"], ["Coâng ty Ñaàu tö Hoàng", "0903"], ["Nguyeãn Vaên Quyù", "0904"]],
}
MEANT = [["Tên công ty", "Điện thoại"], ["Công ty Đầu tư Hồng", "0903"], ["Nguyễn Văn Quý", "0904"]]


@pytest.mark.parametrize("code", OLD)
@pytest.mark.parametrize("codec", ["cp1252", "utf-8", "utf-16"])
def test_text_in_an_old_encoding_is_recognised_in_text_files(read, code, codec):
    """R1.31: TCVN3 and VNI, as bytes of the font or as their look-alikes."""
    text = "".join(",".join(line) + "\n" for line in OLD[code]).encode(codec)
    sheet = read(text, "ds.csv")
    assert (sheet.encoding, cells(sheet)) == (code, MEANT)
    assert cells(read(text, "ds.csv", encoding=code)) == MEANT


@pytest.mark.parametrize("code", OLD)
def test_text_in_an_old_encoding_is_recognised_in_workbooks_and_can_be_left_alone(read, code):
    """R1.31."""
    for content in (xlsx(OLD[code]), xls(OLD[code])):
        assert (read(content).encoding, cells(read(content))) == (code, MEANT)
        alone = read(content, encoding="unicode")
        assert (alone.encoding, alone.lines[0].cells[0]) == ("unicode", OLD[code][0][0])
    assert read(xlsx(MEANT)).encoding == ""
    assert cells(read(xlsx([["Tªn"]]), encoding="tcvn3")) == [["Tên"]]


# --- workbooks --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("written", [xls, xlsb, ods])
def test_other_workbooks_are_read(read, written):
    """R1.31: of Excel 97 to 2003, binary ones, and those of LibreOffice."""
    sheet = read(written([HEADER, ["Đào", 38450000.0]]))
    assert (sheet.name, sheet.sheets, cells(sheet)) == ("DS", ["DS"], [HEADER, ["Đào", "38450000"]])


@pytest.mark.parametrize(
    "content",
    [
        xls([HEADER], locked=True),
        ods([HEADER], manifest="<manifest><file-entry><encryption-data/></file-entry></manifest>"),
    ],
)
def test_a_password_is_called_a_password(read, content):
    """R1.31: a FILEPASS record, an encrypted part of an ods."""
    assert refused(read, content) == "encrypted"


@pytest.mark.parametrize(("epoch", "years"), [("", 0), ('<workbookPr date1904="1"/>', 4)])
def test_days_are_counted_from_1900_or_1904(read, epoch, years):
    """R1.31: by the format of the cell; 60 is a day that never was."""
    styles = (
        '<styleSheet><numFmts><numFmt numFmtId="164" formatCode="[$-42A]dd/mm/yyyy;@"/><numFmt numFmtId="165" '
        'formatCode="#,##0\\ &quot;đồng&quot;"/><numFmt numFmtId="166" formatCode="[h]:mm"/></numFmts>'
        '<cellStyleXfs><xf numFmtId="14"/></cellStyleXfs><cellXfs>'
        + "".join(f'<xf numFmtId="{one}"/>' for one in (0, 14, 22, 164, 165, 166, 20))
        + "</cellXfs></styleSheet>"
    )
    numbers = [(40000, 0), (40000, 1), (40000.5, 2), (59.0, 3), (40000, 4), (1.5, 5), (0.75, 6), (3e9, 1)]
    row = "".join(f'<c s="{style}"><v>{number}</v></c>' for number, style in numbers)
    content = raw_xlsx(f"<row>{row}</row>", styles=styles, workbookPr=epoch)
    day, early = ("07/07/2013", "29/02/1904") if years else ("06/07/2009", "28/02/1900")
    assert cells(read(content)) == [
        ["40000", day, f"{day} 12:00", early, "40000", "1 day, 12:00:00", "18:00:00", "3000000000"]
    ]


def test_every_type_of_cell_of_a_workbook_is_read(read):
    """R1.31: shared, rich and spoken text, formulas, errors, escapes, days in words, cells without a place."""
    shared = (
        "<sst><si><t>Đào</t></si><si><r><t>Sông </t></r><r><t>Hồng</t></r>"
        "<rPh><t>songu</t></rPh></si><si><t>a_x000A_b</t></si></sst>"
    )
    row = (
        '<row r="2"><c r="B2" t="s"><v>0</v></c><c t="s"><v>1</v></c><c t="s"><v>2</v></c></row><row>'
        '<c t="inlineStr"><is><t>tại chỗ</t></is></c><c t="str"><f>A1</f><v>công thức</v></c><c t="b"><v>1</v></c>'
        '<c t="e"><v>#N/A</v></c><c t="d"><v>2026-11-26T09:30:00</v></c><c><v>1.5</v></c><c s="9"/></row>'
    )
    sheet = read(raw_xlsx(f"<x:sheetData xmlns:x='x'>{row}</x:sheetData>", sharedStrings=shared))
    assert [(line.number, line.cells) for line in sheet.lines] == [
        (2, ["", "Đào", "Sông Hồng", "a\nb"]),
        (3, ["tại chỗ", "công thức", "x", "", "26/11/2026 09:30", "1,5"]),
    ]


def test_merged_cells_and_the_same_header_twice_are_read_as_they_stand(read):
    """R1.31: what a merged cell says stands in its first one."""
    written = io.BytesIO()
    with xlsxwriter.Workbook(written, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        sheet.merge_range("A1:C1", "DANH SÁCH")
        sheet.write_row("A2", ["Tên", "Điện thoại", "Điện thoại"])
    assert cells(read(written.getvalue())) == [["DANH SÁCH"], ["Tên", "Điện thoại", "Điện thoại"]]


def test_macros_hidden_sheets_and_charts_are_passed_over(read, tmp_path):
    """R1.31: xlsm."""
    macros = tmp_path / "vbaProject.bin"
    macros.write_bytes(b"macros")
    written = io.BytesIO()
    with xlsxwriter.Workbook(written, {"in_memory": True}) as book:
        hidden, seen = book.add_worksheet("Ẩn"), book.add_worksheet("Danh sách")
        book.add_vba_project(str(macros))
        hidden.write(0, 0, "ẩn")
        seen.write_row(0, 0, HEADER)
        seen.activate()
        hidden.hide()
        chart = book.add_chart({"type": "line"})
        chart.add_series({"values": "='Danh sách'!$A$1:$A$2"})
        book.add_chartsheet("Biểu đồ").set_chart(chart)
    sheet = read(written.getvalue(), "ds.xlsm")
    assert (sheet.sheets, cells(sheet)) == (["Danh sách"], [HEADER])


LAUGHS = (
    '<!DOCTYPE x [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY {to} "{f"&{of};" * 10}">' for of, to in zip("abcdefgh", "bcdefghi", strict=True))
    + ']><worksheet><row><c t="str"><v>&i;</v></c></row></worksheet>'
)


@pytest.mark.parametrize(
    "content",
    [
        raw_xlsx(LAUGHS),
        xlsx([HEADER])[:-40],
        raw_xlsx("<row><c><v>1</v></row>"),
        raw_xlsx('<row r="5"><c><v>1</v></c></row><row r="5"><c><v>1</v></c></row>'),
        raw_xlsx('<row r="99999999"><c><v>1</v></c></row>'),
        raw_xlsx('<row><c r="ZZZZ1"><v>1</v></c></row>'),
        raw_xlsx("<row><c><v>một</v></c></row>"),
        raw_xlsx('<row><c t="s"><v>7</v></c></row>'),
        archive({"xl/workbook.xml": "<workbook/>"}),
    ],
    ids=[
        "entities", "truncated", "no XML", "a line twice", "no such line", "no such column", "no number", "no text",
        "no links",
    ],
)  # fmt: skip
def test_a_workbook_whose_parts_do_not_fit_is_damaged(read, content):
    """R1.31: nothing of it is taken."""
    assert refused(read, content) == "damaged"


def test_a_broken_ods_is_refused(read):
    """R1.31: entities too."""
    laughs = LAUGHS.replace("<worksheet><row>", "<table>").replace("</row></worksheet>", "</table>")
    assert refused(read, archive({"content.xml": laughs})) in ("no_spreadsheet", "empty")


def test_cells_far_to_the_right_count_only_where_something_stands_in_them(read):
    """R1.31: 200 columns; the line is named that has more."""
    wide = [HEADER, *[["x"]] * 3, ["x"] * 200]
    assert len(cells(read(xlsx(wide)))[-1]) == 200
    assert refused(read, xlsx([*wide, ["x"] * 201])) == "too_wide:6"
    assert refused(read, b"a,b\n" + b"x," * 200 + b"x\n", "ds.csv") == "too_wide:2"
    far = '<row><c r="A1"><v>1</v></c><c r="XFD1" t="str"><v>{}</v></c></row>'
    assert cells(read(raw_xlsx(far.format(" ")))) == [["1"]]
    assert refused(read, raw_xlsx(far.format("x"))) == "too_wide:1"
    assert "200" in str(FileRefused("too_wide:1"))


def test_a_million_empty_lines_are_no_lines(read):
    """R1.31: somebody gave the whole column a border."""
    empty = '<row><c s="1"/></row>' * 1_000_000
    sheet = read(raw_xlsx(f"<row><c><v>1</v></c></row>{empty}<row><c><v>2</v></c></row>"))
    assert [line.number for line in sheet.lines] == [1, 1_000_002]


# --- limits -----------------------------------------------------------------------------------------------------------


def lines_written(content: bytes, tmp_path: Path, to=None) -> dict[str, int]:
    path = tmp_path / "file"
    path.write_bytes(content)
    _told, lines = parser.parse(path, "", "")
    return parser.write(lines, to or io.StringIO())


@pytest.mark.parametrize(
    ("limit", "code"), [("WRITTEN", "too_big"), ("UNPACKED", "too_big"), ("MOST_LINES", "too_many")]
)
def test_what_exceeds_a_limit_is_refused(tmp_path, monkeypatch, limit, code):
    """R1.31: a text that many cells share is small in the file, and counts in each of them."""
    content = xlsx([["x" * 300]] * 100)
    assert len(content) < 10_000
    assert lines_written(content, tmp_path) == {"lines": 100, "cut": 0}
    monkeypatch.setattr(parser, limit, {"WRITTEN": 20_000, "UNPACKED": 2_000, "MOST_LINES": 99}[limit])
    with pytest.raises(parser.Refused) as refusal:
        lines_written(content, tmp_path)
    assert refusal.value.why == code


def test_a_table_that_is_held_whole_has_a_limit(tmp_path, monkeypatch):
    """R1.31."""
    monkeypatch.setattr(parser, "MOST_CELLS", 5)
    assert lines_written(xls([HEADER] * 2), tmp_path)["lines"] == 2
    with pytest.raises(parser.Refused, match="too_big"):
        lines_written(xls([HEADER] * 9), tmp_path)


@pytest.mark.parametrize(
    ("ended", "said", "code"),
    [
        (-signal.SIGXCPU, b"", "too_slow"),
        (-signal.SIGKILL, b"", "too_big"),
        (-signal.SIGABRT, b"memory allocation failed", "too_big"),
        (1, b"MemoryError", "too_big"),
        (1, b"Traceback", "no_spreadsheet"),
        (0, b'warning\n{"refused": "too_long:7"}', "too_long:7"),
    ],
)
def test_however_the_parser_ends_its_lines_count_only_after_a_good_end(read, monkeypatch, ended, said, code):
    """R1.31: lines that it had written before are not there."""
    monkeypatch.setattr(reading, "PARSER", one_that_ends(ended, said))
    assert refused(read, b"") == code


def test_a_disk_that_is_full_is_no_fault_of_the_file(tmp_path):
    """R1.31: the job fails, is told and tried again."""
    (tmp_path / "file").write_bytes(b"a,b\n" * 9000)
    with open("/dev/full", "wb") as full, pytest.raises(OSError, match="No space left"):
        reading._parse([str(tmp_path / "file"), "", ""], full, lambda: True)


def test_numbers_days_and_spans_are_told_as_people_read_them():
    """R1.31."""
    told = [parser.cell_text(one) for one in (True, 1.25, 1e20, float("inf"), date(2026, 1, 2), time(8), "'=1")]
    assert told == ["x", "1,25", "100000000000000000000", "inf", "02/01/2026", "08:00:00", "=1"]
    moments = datetime(2026, 1, 2, 8, 5), datetime(2026, 1, 2), timedelta(hours=30)  # noqa: DTZ001
    assert [parser.cell_text(one) for one in moments] == ["02/01/2026 08:05", "02/01/2026", "1 day, 6:00:00"]


def test_the_parser_writes_lines_of_json(tmp_path):
    """R1.31."""
    to = io.StringIO()
    assert lines_written("Đào,1\n\nx\n".encode(), tmp_path, to) == {"lines": 2, "cut": 1}
    assert [json.loads(line) for line in to.getvalue().splitlines()] == [[1, ["Đào", "1"]], [3, ["x"]]]
