"""Drawing a row by its schema: one function for each kind of cell."""

from collections.abc import Callable
from typing import Any

from django import template
from django.template.defaultfilters import truncatechars
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from pheu.core.templatetags.ui import avatar, pill, stars, tag
from pheu.core.templatetags.vn import NOTHING
from pheu.core.vietnamese import show_relative_day
from pheu.records.fields import Field

register = template.Library()
Drawn = SafeString | str


def _title(field: Field, value: Any, row: Any) -> Drawn:
    return format_html('<a href="{}">{}</a>', row.get_absolute_url(), row.title)


def _long(field: Field, value: Any, row: Any) -> Drawn:
    return truncatechars(value or NOTHING, 80)


def _phone(field: Field, value: Any, row: Any) -> Drawn:
    if not value:
        return NOTHING
    if not value.startswith("+"):
        return format_html('<span class="nowrap" title="{}">{}</span>', _("phone could not be read"), value)
    return format_html('<a class="phone nowrap" href="tel:{}">{}</a>', value, field.show(value))


def _email(field: Field, value: Any, row: Any) -> Drawn:
    return format_html('<a href="mailto:{0}">{0}</a>', value) if value else NOTHING


def _link(field: Field, value: Any, row: Any) -> Drawn:
    if not value:
        return NOTHING
    href = value if value.startswith(("http://", "https://")) else f"https://{value}"
    return format_html('<a href="{}" rel="noopener noreferrer" target="_blank">{}</a>', href, value)


def _stage(field: Field, value: Any, row: Any) -> Drawn:
    return pill(value, value.tone)


def _label(field: Field, value: Any, row: Any) -> Drawn:
    return tag(value, value.colour) if value else NOTHING


def _tags(field: Field, value: Any, row: Any) -> Drawn:
    return format_html_join(" ", "{}", ((tag(one, one.colour),) for one in value)) or NOTHING


# What a person should look at; the other remarks say what was put right.
WORRYING = {"unreadable", "ambiguous", "repeated"}


def _flags(field: Field, value: Any, row: Any) -> Drawn:
    return pill(field.show(value), "amber" if WORRYING & set(value) else "slate") if value else NOTHING


def _stars(field: Field, value: Any, row: Any) -> Drawn:
    return stars(value)


def _person(field: Field, value: Any, row: Any) -> Drawn:
    if not value:
        return format_html('<span class="faint">{}</span>', _("Nobody yet"))
    return format_html(
        '<span class="row">{} <span class="cut person-name">{}</span></span>', avatar(value, "", True), value
    )


def _row(field: Field, value: Any, row: Any) -> Drawn:
    return format_html('<a href="{}">{}</a>', value.get_absolute_url(), value) if value else NOTHING


def _activity(field: Field, value: Any, row: Any) -> Drawn:
    return next_activity(value, getattr(row, "is_closed", False))


def _probability(field: Field, value: Any, row: Any) -> Drawn:
    how = "" if row.probability_is_typed else _("by stage")
    return format_html('{} <span class="faint">{}</span>', field.show(value), how)


def _text(field: Field, value: Any, row: Any) -> Drawn:
    return field.show(value) or NOTHING


CELLS: dict[str, Callable[[Field, Any, Any], Drawn]] = {
    "title": _title, "long": _long, "phone": _phone, "email": _email, "link": _link, "stage": _stage, "label": _label,
    "tags": _tags, "flags": _flags, "stars": _stars, "person": _person, "row": _row, "activity": _activity,
    "probability": _probability,
}  # fmt: skip


@register.simple_tag
def cell(field: Field, row: Any) -> Drawn:
    """A value of a row as the list and the record page show it."""
    return CELLS.get(field.cell, _text)(field, field.value(row), row)


@register.simple_tag
def cells(listing: Any, row: Any) -> SafeString:
    """A whole row of a list at once: half a thousand tags a page are slow one by one."""
    return format_html_join(
        "",
        '<td class="{}">{}</td>',
        (
            (place, CELLS.get(field.cell, _text)(field, field.value(row), row))
            for field, place in listing.places(cell_class)
        ),
    )


@register.simple_tag
def seen(bound: Any) -> SafeString:
    """The hidden value that the person saw, so that a save touches only what they changed."""
    return bound.as_hidden(only_initial=True)


@register.simple_tag
def cell_class(field: Field, kind: Any) -> str:
    """Where the cell stands on a phone's card; cells not named there are left out."""
    if field.cell == "title":
        place = "cell-title"
    elif field.name not in kind.schema.phone_columns:
        place = ""
    else:
        place = {"stage": "cell-state", "choice": "cell-state", "person": "cell-owner"}.get(field.cell, "cell-line")
    return f"{place} end num".strip() if field.is_number else place


@register.simple_tag
def next_activity(at: Any, is_closed: bool = False) -> Drawn:
    """When something is to be done next: red when overdue, amber when nothing is planned."""
    if at is None:
        return NOTHING if is_closed else pill(_("Nothing planned"), "amber")
    today, day = timezone.localdate(), timezone.localtime(at).date()
    if day < today or at < timezone.now():
        late = (today - day).days
        return pill(_("%(days)d days overdue") % {"days": late} if late else _("Overdue"), "red")
    return pill(show_relative_day(day, today), "jade")


@register.simple_tag
def parts(column: Any) -> list[tuple[int, str]]:
    """The meter of a column: planned, nothing planned, overdue."""
    return [(column.planned, "jade"), (column.unplanned, "amber"), (column.overdue, "red")]
