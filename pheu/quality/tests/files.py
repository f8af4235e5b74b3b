"""Workbooks in forms that no library here writes, as small as a spreadsheet still opens them; a parser that dies."""

import io
import struct
import sys
import zipfile

Row = list[str | float]
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
SECTOR, END, FREE, IS_FAT = 512, 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFD


def archive(files: dict[str, bytes | str]) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in files.items():
            packed.writestr(name, content)
    return written.getvalue()


def xls(rows: list[Row], *, locked: bool = False) -> bytes:
    """Excel 97 to 2003: a BIFF8 stream ([MS-XLS]) in a compound file ([MS-CFB])."""
    cells = b"".join(_biff_cell(row, column, cell) for row, line in enumerate(rows) for column, cell in enumerate(line))
    begin = _record(0x809, struct.pack("<HHHHII", 0x600, 5, 0, 0, 0, 0))
    begin += _record(0x2F, struct.pack("<HHH", 1, 1, 1) + bytes(48)) if locked else b""
    begin += _record(0x42, struct.pack("<H", 1200))
    sheet = _record(0x809, struct.pack("<HHHHII", 0x600, 0x10, 0, 0, 0, 0)) + cells + _record(0x0A, b"")
    at = len(begin) + len(_bound(0)) + 4
    return _compound(begin + _bound(at) + _record(0x0A, b"") + sheet)


def _record(code: int, content: bytes) -> bytes:
    return struct.pack("<HH", code, len(content)) + content


def _bound(at: int) -> bytes:
    return _record(0x85, struct.pack("<IBBBB", at, 0, 0, 2, 0) + b"DS")


def _biff_cell(row: int, column: int, cell: str | float) -> bytes:
    place = struct.pack("<HHH", row, column, 0)
    if isinstance(cell, str):
        return _record(0x204, place + struct.pack("<HB", len(cell), 1) + cell.encode("utf-16-le"))
    return _record(0x203, place + struct.pack("<d", cell))


def _compound(stream: bytes) -> bytes:
    """One stream «Workbook»: a sector of the table, one of the directory, then the stream."""
    stream = stream.ljust(4096, b"\0")
    stream += bytes(-len(stream) % SECTOR)
    size = len(stream) // SECTOR
    table = [IS_FAT, END, *range(3, size + 2), END]
    head = OLE + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6)
    head += struct.pack("<IIIIIIIII", 0, 1, 1, 0, 4096, END, 0, END, 0) + struct.pack("<I", 0) + b"\xff" * 432
    directory = _entry("Root Entry", 5, 1, END, 0) + _entry("Workbook", 2, FREE, 2, len(stream)) + bytes(256)
    return head + struct.pack(f"<{len(table)}I", *table).ljust(SECTOR, b"\xff") + directory + stream


def _entry(name: str, sort: int, child: int, first: int, size: int) -> bytes:
    called = name.encode("utf-16-le")
    return called.ljust(64, b"\0") + struct.pack(
        "<HBBIII16xI8x8xIQ", len(called) + 2, sort, 1, FREE, FREE, child, 0, first, size
    )


def xlsb(rows: list[Row]) -> bytes:
    """A binary workbook ([MS-XLSB])."""
    book = _brt(131) + _brt(143) + _brt(156, struct.pack("<II", 0, 1) + _wide("rId1") + _wide("DS"))
    lines = b"".join(
        _brt(0, struct.pack("<I", row) + bytes(13)) + b"".join(_brt_cell(*place) for place in enumerate(line))
        for row, line in enumerate(rows)
    )
    size = struct.pack("<IIII", 0, len(rows) - 1, 0, max(map(len, rows)) - 1)
    links = (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" '
        'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" '
        'Target="worksheets/sheet1.bin"/></Relationships>'
    )
    return archive(
        {
            "xl/workbook.bin": book + _brt(144) + _brt(132),
            "xl/_rels/workbook.bin.rels": links,
            "xl/worksheets/sheet1.bin": _brt(129) + _brt(148, size) + _brt(145) + lines + _brt(146) + _brt(130),
        }
    )


def _brt(code: int, content: bytes = b"") -> bytes:
    called = bytes([code]) if code < 128 else bytes([code & 0x7F | 0x80, code >> 7])
    low, high = len(content) & 0x7F, len(content) >> 7
    return called + (bytes([low | 0x80, high]) if high else bytes([low])) + content


def _wide(text: str) -> bytes:
    return struct.pack("<I", len(text)) + text.encode("utf-16-le")


def _brt_cell(column: int, cell: str | float) -> bytes:
    place = struct.pack("<II", column, 0)
    if isinstance(cell, str):
        return _brt(6, place + _wide(cell))
    return _brt(5, place + struct.pack("<d", cell))


def ods(rows: list[Row], *, manifest: str = "") -> bytes:
    """An OpenDocument spreadsheet."""
    spaces = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "table", "text")
    )
    lines = "".join(f"<table:table-row>{''.join(map(_ods_cell, row))}</table:table-row>" for row in rows)
    content = (
        f"<office:document-content {spaces}><office:body><office:spreadsheet>"
        f'<table:table table:name="DS">{lines}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    return archive({"mimetype": kind, "META-INF/manifest.xml": manifest or "<manifest/>", "content.xml": content})


def _ods_cell(cell: str | float) -> str:
    kind = "string" if isinstance(cell, str) else f'float" office:value="{cell}'
    return f'<table:table-cell office:value-type="{kind}"><text:p>{cell}</text:p></table:table-cell>'


def raw_xlsx(rows: str, **more: str) -> bytes:
    """A workbook whose sheet holds `rows` as XML; other parts by name (`styles`, `sharedStrings`, `workbookPr`)."""
    kinds = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    parts = {f"xl/{name}.xml": text for name, text in more.items() if name != "workbookPr"}
    return archive(
        {
            "xl/workbook.xml": f'<workbook xmlns:r="{kinds}">{more.get("workbookPr", "")}'
            '<sheets><sheet name="DS" sheetId="1" r:id="rId1"/></sheets></workbook>',
            "xl/_rels/workbook.xml.rels": f'<Relationships><Relationship Id="rId1" Type="{kinds}/worksheet" '
            'Target="worksheets/sheet1.xml"/></Relationships>',
            "xl/worksheets/sheet1.xml": rows if rows.startswith("<!") else f"<worksheet>{rows}</worksheet>",
            **parts,
        }
    )


def one_that_ends(code: int, said: bytes = b"") -> list[str]:
    """Instead of the parser: it writes half of what it read, says this and ends so, by a signal if below zero."""
    does = f"""
import os, sys
sys.stdout.write('[1, ["half"]]\\n[2, ["ha')
sys.stdout.flush()
sys.stderr.buffer.write({said!r})
sys.stderr.flush()
os.kill(os.getpid(), {-code}) if {code} < 0 else os._exit({code})
"""
    return [sys.executable, "-c", does]
