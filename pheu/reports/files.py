"""A report as an Excel file and as a picture."""

import io
from collections.abc import Iterator, Sequence
from typing import Any

from django.http import FileResponse, HttpResponse
from django.utils.safestring import SafeString
from django.utils.text import slugify
from django.utils.translation import gettext as _

from pheu.core.markup import html, together
from pheu.core.tables import EXCEL, TENTHS, WHOLE, xlsx_file
from pheu.core.tables import Line as FileLine
from pheu.core.tables import Sheet as FileSheet
from pheu.core.vietnamese.text import fold
from pheu.reports.periods import Period
from pheu.reports.sheets import DAYS, MONEY, PERCENT, Line, Sheet, shown

FORMS = {MONEY: WHOLE, PERCENT: WHOLE, DAYS: TENTHS}
MOST_BARS = 40


def workbook(name: str, sheets: Sequence[Sheet], period: Period) -> FileResponse:
    """Every table on a sheet of its own, in numbers; text is never a formula, whatever somebody is called."""
    written = io.BytesIO(b"".join(xlsx_file(*(_sheet(one, period) for one in sheets))))
    return FileResponse(written, as_attachment=True, filename=f"{_file_name(name, period)}.xlsx", content_type=EXCEL)


def _file_name(name: str, period: Period) -> str:
    return f"{slugify(fold(name))}-{period.first:%Y%m%d}-{period.last:%Y%m%d}"


def _sheet(sheet: Sheet, period: Period) -> FileSheet:
    beside = 2 if sheet.compares else 1
    forms = [FORMS.get(column.form, WHOLE) for column in sheet.columns for _nth in range(beside)]
    return FileSheet(
        _lines(sheet, period),
        title=sheet.title,
        heads=3,
        still=1,
        widths={0: 34},
        usual_width=16,
        forms=dict(enumerate(forms, 1)),
    )


def _lines(sheet: Sheet, period: Period) -> Iterator[FileLine]:
    yield [f"{sheet.title}, {period}"]
    yield []
    heads = [sheet.head]
    for column in sheet.columns:
        label = str(column.label)
        heads += [label, _("%(column)s, the period before") % {"column": label}] if sheet.compares else [label]
    yield heads
    for line in [*sheet.lines, *([sheet.total] if sheet.total else [])]:
        pairs = ([cell.value, cell.was] if sheet.compares else [cell.value] for cell in line.cells)
        yield [line.label, *(None if one is None else float(one) for pair in pairs for one in pair)]


# Pictures ---------------------------------------------------------------------------------------------------------

ROW, BAR, TOP, LEGEND = 46, 12, 8, 24


def picture(sheet: Sheet, period: Period) -> HttpResponse:
    """The drawing as a file of its own, with its title, on white paper."""
    drawn = drawing(sheet, title=f"{sheet.title}: {sheet.columns[sheet.drawn].label}, {period}")
    answer = HttpResponse(f'<?xml version="1.0" encoding="UTF-8"?>\n{drawn}', content_type="image/svg+xml")
    answer.headers["Content-Disposition"] = f'attachment; filename="{_file_name(sheet.title, period)}.svg"'
    return answer


def drawing(sheet: Sheet, title: str = "") -> SafeString:
    """Bars of one column, a thin one below each for the period before.

    It is as wide as its place: lengths are shares. Colours are attributes, which the page's stylesheet outdoes.
    """
    lines = [line for line in sheet.lines if line.cells[sheet.drawn].value is not None][:MOST_BARS]
    cells = [line.cells[sheet.drawn] for line in lines]
    most = max((float(value) for cell in cells for value in (cell.value, cell.was) if value is not None), default=0)
    start = 44 if title else TOP
    above = start + (LEGEND if sheet.compares else 0)
    height = above + ROW * len(lines) + TOP
    words = html(
        '<text class="chart-title" x="0" y="24" font-size="16" font-weight="600" fill="#1c1d1f">{}</text>', title
    )
    paper = html('<rect width="100%" height="{}" fill="#ffffff"/>', height)
    return html(
        '<svg xmlns="http://www.w3.org/2000/svg" class="chart" width="720" height="{}" role="img" aria-label="{}"'
        ' font-family="Inter, system-ui, sans-serif" font-size="13">{}{}{}{}</svg>',
        height,
        title or f"{sheet.title}: {sheet.columns[sheet.drawn].label}",
        paper if title else "",
        words if title else "",
        _legend(start) if sheet.compares else "",
        together(_bar(line, sheet, most, above + ROW * nth) for nth, line in enumerate(lines)),
    )


def _legend(top: int) -> SafeString:
    """What the two bars of a line are."""
    one = (
        '<rect class="{}" x="{}" y="{}" width="12" height="{}" rx="2" fill="{}"/>'
        '<text class="chart-name" x="{}" y="{}" font-size="12" fill="#535861">{}</text>'
    )
    parts = (
        ("chart-bar", 0, BAR, "#0b7a63", _("This period")),
        ("chart-was", 140, 4, "#8d929b", _("The period before")),
    )
    return together(
        html(one, name, x, top + (BAR - tall) // 2, tall, fill, x + 18, top + 11, words)
        for name, x, tall, fill, words in parts
    )


def _bar(line: Line, sheet: Sheet, most: float, top: int) -> SafeString:
    cell, form = line.cells[sheet.drawn], sheet.columns[sheet.drawn].form
    return html(
        '<text class="chart-name" x="0" y="{}" fill="#535861">{}</text>'
        '<text class="chart-value" x="100%" y="{}" text-anchor="end" font-weight="600" fill="#1c1d1f">{}</text>'
        '<rect class="chart-bar" x="0" y="{}" width="{}%" height="{}" rx="3" fill="#0b7a63"/>{}',
        top + 12,
        line.label[:48],
        top + 12,
        shown(cell.value, form),
        top + 18,
        _share(cell.value, most),
        BAR,
        html(
            '<rect class="chart-was" x="0" y="{}" width="{}%" height="4" rx="2" fill="#8d929b"/>',
            top + 18 + BAR + 2,
            _share(cell.was, most),
        )
        if sheet.compares and cell.was
        else "",
    )


def _share(value: Any, most: float) -> str:
    return f"{100 * float(value or 0) / most if most else 0:.2f}"
