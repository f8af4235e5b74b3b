"""Drawing a report: a table of up to a thousand numbers, each a link, so it is drawn by functions (core/markup.py)."""

from django import template
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from pheu.core.markup import html, together
from pheu.reports.files import drawing
from pheu.reports.sheets import Cell, Line, Sheet, shown

register = template.Library()


@register.simple_tag
def picture_of(sheet: Sheet) -> SafeString:
    told = '<figure class="chart-frame"><figcaption class="sub">{}</figcaption>{}</figure>'
    return html(told, sheet.columns[sheet.drawn].label, drawing(sheet))


@register.simple_tag
def sheet_table(sheet: Sheet) -> SafeString:
    """Every number opens its rows; the small one below it is that of the period before."""
    heads = together(html('<th scope="col" class="end">{}</th>', column.label) for column in sheet.columns)
    foot = html("<tfoot>{}</tfoot>", _line(sheet.total, sheet)) if sheet.total and len(sheet.lines) > 1 else ""
    legend = (
        html('<p class="sub">{}</p>', _("The small number is that of the period before.")) if sheet.compares else ""
    )
    return html(
        '<div class="figures" tabindex="0" role="region" aria-label="{}"><table>'
        '<thead><tr><th scope="col">{}</th>{}</tr></thead><tbody>{}</tbody>{}</table></div>{}',
        sheet.title,
        sheet.head,
        heads,
        together(_line(line, sheet) for line in sheet.lines),
        foot,
        legend,
    )


def _line(line: Line, sheet: Sheet) -> SafeString:
    cells = together(_cell(cell, column.form, sheet) for cell, column in zip(line.cells, sheet.columns, strict=True))
    return html('<tr><th scope="row">{}</th>{}</tr>', line.label, cells)


def _cell(cell: Cell, form: str, sheet: Sheet) -> SafeString:
    before = (
        html('<div class="sub">{}</div>', _number(cell.was, form, cell.was_url))
        if sheet.compares and cell.was_url
        else ""
    )
    return html('<td class="num">{}{}</td>', _number(cell.value, form, cell.url), before)


def _number(value: object, form: str, url: str) -> SafeString:
    words = shown(value, form)  # type: ignore[arg-type]
    return html('<a href="{}">{}</a>', url, words) if url and value is not None else html("{}", words)
