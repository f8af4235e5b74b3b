"""Files of every sort, right and wrong, opened for real."""

import io
import zipfile

import pytest
import xlsxwriter

from pheu.quality.reading import FileRefused, read_sheet

HEADER = ["Tên công ty", "Điện thoại"]


@pytest.fixture
def read(tmp_path):
    """Reads bytes as if somebody had chosen them under a name."""

    def read(content: bytes, name: str = "danh-sach.xlsx", **wanted):
        path = tmp_path / "file"
        path.write_bytes(content)
        return read_sheet(path, name=name, **wanted)

    return read


def xlsx(*sheets: list[list[object]]) -> bytes:
    written = io.BytesIO()
    with xlsxwriter.Workbook(written, {"in_memory": True}) as book:
        for rows in sheets:
            sheet = book.add_worksheet()
            for number, row in enumerate(rows):
                sheet.write_row(number, 0, row)
    return written.getvalue()


def archive(**files: bytes) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in files.items():
            packed.writestr(name.replace("__", "/").replace("_xml", ".xml"), content)
    return written.getvalue()


def test_lines_keep_the_numbers_that_the_spreadsheet_shows(read):
    sheet = read(xlsx([["DANH SÁCH"], [], HEADER, [], ["Sông Hồng", 38450000]]))
    assert [(line.number, line.cells) for line in sheet.lines] == [
        (1, ["DANH SÁCH"]), (3, HEADER), (5, ["Sông Hồng", "38450000"]),
    ]  # fmt: skip


def test_a_cell_of_unseen_characters_is_empty_and_text_is_nfc(read):
    sheet = read(xlsx([HEADER, ["\u200b\u200b", "\u00a0"], ["Co\u0302ng ty\u200b Đào", "0903\u00a0123 456 "]]))
    assert [line.cells for line in sheet.lines] == [HEADER, ["Công ty Đào", "0903 123 456"]]


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
        (archive(letter_xml=b"x"), "ds.xlsx", "no_spreadsheet"),
        (xlsx([HEADER])[:300], "ds.xlsx", "no_spreadsheet"),
        (b"<html><table><tr><td>a</td><td>b</td></tr></table>", "ds.xls", "web_page"),
        (LOCKED, "ds.xlsx", "encrypted"),
        (archive(xl__workbook_xml=b"x", xl__sheet_xml=bytes(260 << 20)), "ds.xlsx", "too_big"),
        (b"a,b\n" * 50_001, "ds.csv", "too_many"),
    ],
)
def test_what_is_no_spreadsheet_is_refused_in_words(read, content, name, code):
    with pytest.raises(FileRefused) as refused:
        read(content, name)
    assert refused.value.code == code
    assert "%" not in str(refused.value)


def test_a_sheet_that_would_fill_the_memory_ends_only_its_own_process(read):
    written = io.BytesIO()
    with xlsxwriter.Workbook(written, {"in_memory": True}) as book:
        book.add_worksheet().write(1_048_575, 16_383, "far away")
    with pytest.raises(FileRefused) as refused:
        read(written.getvalue())
    assert refused.value.code == "too_big"
