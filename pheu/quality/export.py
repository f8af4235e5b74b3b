"""The rejected lines of an import as an Excel file, to be corrected and imported again."""

import io

import xlsxwriter
from django.http import FileResponse
from django.utils.translation import gettext as _

from pheu.quality.mapping import letter_of
from pheu.quality.models import Import, ImportLine
from pheu.quality.services import header_cells

EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CELL_ROOM = 32_767  # characters, Excel's own limit


def rejected_lines(imported: Import) -> FileResponse:
    lines = imported.lines_of_customers.filter(state=ImportLine.State.REJECTED).order_by("line")
    headers = header_cells(imported)
    written = io.BytesIO()
    with xlsxwriter.Workbook(written, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        bold = book.add_format({"bold": True})
        rows = [(line.line, line.reason_text(), *line.cells) for line in lines]
        width = max([len(headers), *(len(row) - 2 for row in rows)])
        names = [*headers, *(letter_of(column) for column in range(len(headers), width))]
        for column, name in enumerate([_("Line"), _("Reason"), *names]):
            sheet.write_string(0, column, guarded(name), bold)
        for number, row in enumerate(rows, 1):
            sheet.write_number(number, 0, row[0])
            for column, text in enumerate(row[1:], 1):
                sheet.write_string(number, column, guarded(str(text)))
        sheet.freeze_panes(1, 0)
        sheet.set_column(1, 1, 40)
        sheet.set_column(2, max(width + 1, 2), 20)
    written.seek(0)
    return FileResponse(
        written,
        as_attachment=True,
        filename=f"{imported.origin or imported.name} - {_('rejected')}.xlsx",
        content_type=EXCEL,
    )


def guarded(text: str) -> str:
    """An apostrophe before what a spreadsheet might run as a formula; `parser.cell_text` takes it away again."""
    text = text[: CELL_ROOM - 1]
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text
