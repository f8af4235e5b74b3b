"""Drawing rows in templates: what `pheu.records.drawing` draws."""

from typing import Any

from django import template
from django.utils.safestring import SafeString

from pheu.core.markup import together
from pheu.records import cards, drawing, kinds
from pheu.records.lists import address_of
from pheu.records.schema import when_shown

register = template.Library()
register.simple_tag(drawing.cell)
register.simple_tag(drawing.heads)
register.simple_tag(drawing.sort_lines)
register.simple_tag(drawing.group_lines)
register.filter("opened_at", address_of)
register.simple_tag(cards.card)
register.simple_tag(drawing.filter_chips)
register.simple_tag(cards.cards)
register.simple_tag(drawing.next_activity)
register.simple_tag(drawing.history_link)


@register.simple_tag
def rows(listing: Any, ticked: Any = False) -> SafeString:
    """A page of a list; `ticked` (the bulk acts, or nothing) puts a box to tick before each row."""
    return drawing.rows(listing, ticked=bool(ticked))


@register.simple_tag
def fact_groups(form: Any, row: Any, may_edit: Any = False) -> SafeString:
    """The fields of a record, group by group."""
    return together(
        drawing.fact_group(group, rows, row, form.schema, may_edit=bool(may_edit)) for group, rows in form.groups()
    )


@register.simple_tag
def group_url(listing: Any, group: Any) -> str:
    """The address of the rows of one group."""
    return str(listing.group_url(group))


@register.filter
def kind_icon(code: str) -> str:
    return kinds.get(code).icon


@register.filter
def when(group: Any) -> str:
    """When a group of fields is shown, for js/when.js."""
    return when_shown(group.shown_when)


@register.simple_tag
def parts(column: Any) -> list[tuple[int, str]]:
    """The meter of a column: planned, nothing planned, overdue."""
    return [(column.planned, "jade"), (column.unplanned, "amber"), (column.overdue, "red")]
