"""The rejected lines of an import as an Excel file, to be corrected and imported again."""

import io
from collections.abc import Iterator

from django.http import FileResponse
from django.utils.translation import gettext as _

from pheu.core.tables import EXCEL, Line, Sheet, letter_of, xlsx_file
from pheu.quality.models import Import, ImportLine
from pheu.quality.services import header_cells


def rejected_lines(imported: Import) -> FileResponse:
    written = io.BytesIO(b"".join(xlsx_file(Sheet(_lines(imported), widths={0: 10, 1: 40}, usual_width=20))))
    return FileResponse(
        written,
        as_attachment=True,
        filename=f"{imported.origin or imported.name} - {_('rejected')}.xlsx",
        content_type=EXCEL,
    )


def _lines(imported: Import) -> Iterator[Line]:
    lines = imported.lines_of_customers.filter(state=ImportLine.State.REJECTED).order_by("line")
    headers = header_cells(imported)
    rows = [(line.line, line.reason_text(), *map(str, line.cells)) for line in lines]
    width = max([len(headers), *(len(row) - 2 for row in rows)])
    yield [_("Line"), _("Reason"), *headers, *(letter_of(column) for column in range(len(headers), width))]
    yield from rows
