"""Drawing rows: one function for each kind of cell, the row of a list, the page of a record.

Each takes (field, value, row) and gives markup; whatever it puts in is escaped.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.template.defaultfilters import capfirst, truncatechars
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from pheu.core.markup import address, attributes, drawn_once, html, together
from pheu.core.templatetags import controls
from pheu.core.templatetags.blocks import chip
from pheu.core.templatetags.signs import avatar, icon, pill, stars, tag
from pheu.core.templatetags.vn import NOTHING
from pheu.core.vietnamese import show_relative_day
from pheu.core.vietnamese.address import says
from pheu.core.vietnamese.dates import in_vietnam, show_overdue
from pheu.core.vietnamese.phone import dialled
from pheu.core.widgets import Parts, draws, options
from pheu.people.models import User
from pheu.records.chips import Chip, chips_of
from pheu.records.fields import Field, PlaceText, WardPick
from pheu.records.kinds import Kind
from pheu.records.schema import when_shown

Drawn = SafeString | str


def url_of(row: Any) -> str:
    return address(f"{row.kind}-page", row.pk)


# Cells -----------------------------------------------------------------------------------------


def _title(field: Field, value: Any, row: Any) -> Drawn:
    return html('<a href="{}{}">{}</a>', url_of(row), getattr(row, "place", ""), row.title)


def _long(field: Field, value: Any, row: Any) -> Drawn:
    return truncatechars(value, 80) if value else NOTHING


def _phone(field: Field, value: Any, row: Any) -> Drawn:
    if not value:
        return NOTHING
    if not value.startswith("+"):
        return html('<span class="nowrap" title="{}">{}</span>', _("phone could not be read"), pill(value, "amber"))
    number = dialled(value)
    kept = "" if ";" in number else " nowrap"  # an extension may stand below its number where there is little room
    shown = field.show(number)
    link = html('<a class="phone{}" href="tel:{}">{}</a>', kept, number, shown)
    words = field.show(value).removeprefix(shown).strip() if value != number else ""
    return html('{} <span class="sub">{}</span>', link, words) if words else link


def _email(field: Field, value: Any, row: Any) -> Drawn:
    return html('<a href="mailto:{0}">{0}</a>', value) if value else NOTHING


def _link(field: Field, value: Any, row: Any) -> Drawn:
    if not value:
        return NOTHING
    href = value if value.startswith(("http://", "https://")) else f"https://{value}"
    return html('<a href="{}" rel="noopener noreferrer" target="_blank">{}</a>', href, value)


def _stage(field: Any, value: Any, row: Any) -> Drawn:
    if not (field.shows_rotting and row.is_rotting):
        return pill(value, value.tone)
    return html('<span class="row">{}{}</span>', pill(value, value.tone), rotting(row))


def rotting(row: Any) -> SafeString:
    """A quiet mark on a row that stands too long in its stage: for how many days."""
    days = row.days_in_stage
    words = ngettext("%(n)d day", "%(n)d days", days) % {"n": days}
    sign = icon("clock", _("Too long in its stage"), size="small")
    return html('<span class="rotting" title="{}">{}{}</span>', rotting_words(row), sign, words)


def rotting_words(row: Any) -> str:
    days = row.days_in_stage
    words = ngettext("Here for %(n)d day, over %(most)d", "Here for %(n)d days, over %(most)d", days)
    return words % {"n": days, "most": row.stage.rots_after}


def _rotting(field: Field, value: Any, row: Any) -> Drawn:
    return rotting(row) if value == "yes" else NOTHING


def _label(field: Field, value: Any, row: Any) -> Drawn:
    return tag(value, value.colour) if value else NOTHING


def _tags(field: Field, value: Any, row: Any) -> Drawn:
    return together((tag(one, one.colour) for one in value), " ") or NOTHING


# What a person should look at; the other remarks say what was put right.
WORRYING = {"unreadable", "ambiguous", "repeated"}


def _flags(field: Field, value: Any, row: Any) -> Drawn:
    if not value:
        return NOTHING
    words, tone = field.show(value), "amber" if WORRYING & set(value) else "slate"
    return html('<span class="nowrap" title="{}">{}</span>', words, pill(words, tone))


def _stars(field: Field, value: Any, row: Any) -> Drawn:
    return stars(value)


def _person(field: Field, value: Any, row: Any) -> Drawn:
    if value:
        return html(PERSON, "", avatar(value, "", True), value)
    return take_button(row, "row") if field.name == "owner" and can_be_taken(row) else _nobody_yet()


PERSON = '<span class="row"{}>{} <span class="cut person-name">{}</span></span>'


def can_be_taken(row: Any) -> bool:
    """Whether whoever looks may take the row on, as lists and boards say of theirs (`access.mark_free`)."""
    return getattr(row, "may_take", False)


def take_button(row: Any, place: str) -> SafeString:
    """«Nhận» where the owner stands; the answer takes its place."""
    url = address(f"{row.kind}-taking", row.pk)
    around = "td" if place == "row" else ".push"
    named = {
        "class": "btn btn-small", "formmethod": "post", "formaction": url,
        "hx-post": f"{url}?as={place}", "hx-target": f"closest {around}", "hx-swap": "innerHTML",
    }  # fmt: skip
    return html("<button{}>{}</button>", attributes(named), _("Take on"))


def owner(person: User, *, on_card: bool) -> SafeString:
    """Who has just taken a row, in the place of the button: the focus stays there."""
    focus = attributes({"tabindex": "-1", "autofocus": True})
    if on_card:
        return html("<span{}>{}</span>", focus, avatar(person))
    return html(PERSON, focus, avatar(person, "", True), person)


@drawn_once
def _nobody_yet() -> SafeString:
    return html('<span class="faint">{}</span>', _("Nobody yet"))


def _row(field: Field, value: Any, row: Any) -> Drawn:
    return html('<a href="{}">{}</a>', url_of(value), value) if value else NOTHING


def _file(field: Field, value: Any, row: Any) -> Drawn:
    if value is None or value.pk is None:
        return NOTHING
    return html('<a class="link" href="{}">{}</a>', address("file", value.pk), value)


def _activity(field: Field, value: Any, row: Any) -> Drawn:
    return next_of(field, row).in_cell()


def _options(field: Any, value: Any, row: Any) -> Drawn:
    return together((tag(label, tone) for label, tone in field.tones(value)), " ") or NOTHING


def _progress(field: Any, value: Any, row: Any) -> Drawn:
    """The step by its name, and how far that is."""
    step, steps = field.step(value)
    bar = '<span class="steps"><progress value="{}" max="{}" aria-hidden="true"></progress>{}</span>'
    return html(bar, step, steps, field.show(value)) if value else NOTHING


def _probability(field: Field, value: Any, row: Any) -> Drawn:
    how = "" if row.probability_is_typed else _("by stage")
    return html('{} <span class="faint">{}</span>', field.show(value), how)


def _text(field: Field, value: Any, row: Any) -> Drawn:
    return field.show(value) or NOTHING


CELLS: dict[str, Callable[[Field, Any, Any], Drawn]] = {
    "title": _title, "long": _long, "phone": _phone, "email": _email, "link": _link, "stage": _stage, "label": _label,
    "tags": _tags, "flags": _flags, "stars": _stars, "person": _person, "row": _row, "activity": _activity,
    "probability": _probability, "rotting": _rotting, "option": _options, "options": _options, "progress": _progress,
    "file": _file,
}  # fmt: skip


def cell(field: Field, row: Any) -> Drawn:
    """A value of a row as a list shows it."""
    return CELLS.get(field.cell, _text)(field, field.value(row), row)


def _whole(field: Field, value: Any, row: Any) -> Drawn:
    return html('<div class="whole">{}</div>', value) if value else NOTHING


# How a record's own page reads: its title is no link to itself, and a long text stands there whole.
READ = CELLS | {"title": _text, "long": _whole}


def read(field: Field, row: Any, schema: Any) -> Drawn:
    """A value of a row as its own page reads, for whoever sees `schema`; a name leads to the record that has it."""
    value = field.value(row)
    if isinstance(field, PlaceText) and field.is_former(value):
        return _place(field, row, schema)
    record = schema.get(field.proposes)
    if record is not None and (linked := record.value(row)) is not None:
        return html('<a href="{}">{}</a>', url_of(linked), value or linked)
    return READ.get(field.cell, _text)(field, value, row)


def _place(field: PlaceText, row: Any, schema: Any) -> Drawn:
    """An address in words of before July 2025, and where that is today as far as it does not say so itself."""
    places = [name for one in schema if field.name in one.follows and (name := one.show(one.value(row)))]
    today = ", ".join(reversed(places)) if any(not says(field.value(row), name) for name in places) else ""
    words = html('<br><span class="faint">{}</span>', _("today: %(place)s") % {"place": today}) if today else ""
    return html("<span>{}{}</span>", field.value(row), words)


def offered_wards(field: PlaceText, row: Any, schema: Any) -> SafeString:
    """Where an address can lie in several wards of today, a button for each (js/fills.js): nobody guesses."""
    ward = next((one for one in schema if isinstance(one, WardPick) and field.name in one.follows), None)
    offered = field.wards_of(row) if ward is not None and ward.on_create and not ward.value(row) else []
    if ward is None or not offered:
        return SafeString("")
    button = '<button type="button" class="btn btn-small" data-offers="{}">{}</button>'
    above = schema.get(ward.parent)
    buttons = []
    for one in offered:
        fills = {ward.name: ward.filling(one.code)} | ({above.name: one.province} if above is not None else {})
        buttons.append(html(button, json.dumps(fills), one.name))
    return html('<p class="hint offers">{} {}</p>', _("Today this is in:"), together(buttons, " "))


def fact_group(group: Any, rows: Iterable[tuple[Field, Any]], row: Any, schema: Any, *, may_edit: bool) -> SafeString:
    """A group of a record's page: (field, its bound form field, if it has one). Empty ones are folded away, but for
    those that everybody asks after first.

    What may be edited reads as a page does, with its control beside it (js/reads.js); without scripts it is a form.
    What depends on another field is not folded: it comes and goes with that (js/when.js).
    """
    filled, empty = list[SafeString](), list[SafeString]()
    for field, bound in rows:
        comes_and_goes = may_edit and bound is not None and hasattr(bound.field, "when")
        if not comes_and_goes and not schema.shows(field, lambda other: other.value(row)):
            continue
        drawn = read(field, row, schema)
        history = history_link(field, row)
        typed = bound and bound.form.is_bound and bound.name in bound.form.changed_data
        folds = drawn is NOTHING and not comes_and_goes and field.name not in schema.key and not typed
        told = offered_wards(field, row, schema) if isinstance(field, PlaceText) else ""
        (empty if folds else filled).append(_fact(field, bound if may_edit else None, drawn, history, told))
    if not filled and not empty:
        return SafeString("")
    folded = _folded(empty) if empty else ""
    shown = attributes({"data-when": when_shown(group.shown_when) or None}) if may_edit else ""
    section = '<section class="group"{}><header class="group-head"><h2>{}</h2></header>{}{}</section>'
    return html(section, shown, group.label, html(FACTS, together(filled)), folded)


FACTS = '<div class="facts-edit">{}</div>'


def _folded(facts: list[SafeString]) -> SafeString:
    words = ngettext("%(n)d empty field", "%(n)d empty fields", len(facts)) % {"n": len(facts)}
    details = '<details class="more-facts"><summary>+ {}</summary>{}</details>'
    return html(details, words, html(FACTS, together(facts)))


def _fact(field: Field, bound: Any, drawn: Drawn, history: Drawn, told: Drawn = "") -> SafeString:
    if bound is None:
        pattern = '<div class="field"><span class="field-label">{}</span><div class="shown">{}{}</div></div>'
        return html(pattern, field.label, drawn, history)
    shown = _readable(field, drawn, history)
    return together([controls.field(bound, hint=False, read=shown, told=told), bound.as_hidden(only_initial=True)])


def history_link(field: Field, row: Any) -> Drawn:
    """How the field came to hold what it holds; quiet until one points at it."""
    if not field.has_history:
        return ""
    words = _("History: %(field)s") % {"field": field.label}
    link = '<a class="read-history" href="{0}?field={1}" data-dialog aria-label="{2}" title="{2}">{3}</a>'
    return html(link, address("field-history", row.pk), field.name, words, icon("history", size="small"))


def _readable(field: Field, drawn: Drawn, history: Drawn) -> SafeString:
    if field.cell == "stars":  # they are clicked where they stand
        return html('<div class="shown beside">{}</div>', history)
    words = _("Edit: %(field)s") % {"field": field.label}
    button = '<button type="button" class="read-edit" data-edit aria-label="{0}" title="{0}">{1}</button>'
    edit = html(button, words, icon("pencil", size="small"))
    return html('<div class="shown read">{}{}{}</div>', drawn, history, edit)


def next_activity(at: Any, is_closed: bool = False) -> Drawn:
    """When something is to be done next: red when overdue, amber when nothing is planned."""
    return Next(at, at, missed=not is_closed).in_cell()


@dataclass(frozen=True)
class Next:
    """What is to be done next on a row, when, and since when the row is late; `missed` where something should be."""

    at: datetime | None
    late_at: datetime | None
    title: str = ""
    missed: bool = True

    def in_cell(self) -> Drawn:
        """The task, and beside it the time; red where the row is overdue, amber where nothing is planned."""
        now = timezone.now()
        if not self.title:
            return self._late(now) or self._unplanned() or self._day(now)
        words = '<span class="next"><span class="cut" title="{0}">{0}</span>{1}</span>'
        return html(words, self.title, self._beside(now))

    def on_card(self) -> Drawn:
        """All of it in one pill."""
        now = timezone.now()
        if not self.title or self.at is None:
            return self.in_cell()
        if self._by_deadline(now):
            words = '<span class="pill red"><span>{0} ·</span><span class="cut" title="{1}">{1}</span></span>'
            return html(words, self._deadline(now), self.title)
        late = self._is_late(now)
        when = _since(self._days_late(now)) if late else show_time(in_vietnam(self.at), in_vietnam(now))
        words = '<span class="pill {0}"><span class="cut" title="{1}">{1}</span><span>· {2}</span></span>'
        return html(words, "red" if late else "jade", self.title, when)

    def _is_late(self, now: datetime) -> bool:
        return self.late_at is not None and self.late_at < now

    def _by_deadline(self, now: datetime) -> bool:
        """Whether it is the row's own deadline that is past, and the task still lies ahead."""
        return self._is_late(now) and self.at is not None and self.at >= now

    def _late(self, now: datetime) -> SafeString | str:
        return _late_pill(self._days_late(now)) if self._is_late(now) else ""

    def _days_late(self, now: datetime) -> int:
        """Of the task where it is late, else of the deadline."""
        since = self.at if self.at is not None and self.at < now else self.late_at
        return (in_vietnam(now).date() - in_vietnam(since).date()).days if since else 0

    def _deadline(self, now: datetime) -> str:
        day = show_relative_day(in_vietnam(self.late_at).date(), in_vietnam(now).date()) if self.late_at else ""
        return _("Due %(day)s") % {"day": day}

    def _beside(self, now: datetime) -> SafeString | str:
        if self._by_deadline(now):
            return pill(self._deadline(now), "red")
        return self._late(now) or self._unplanned() or self._time(now)

    def _day(self, now: datetime) -> Drawn:
        return _when(in_vietnam(self.at), in_vietnam(now).date()) if self.at else NOTHING

    def _time(self, now: datetime) -> SafeString | str:
        if self.at is None:
            return ""
        return html('<span class="faint nowrap">· {}</span>', show_time(in_vietnam(self.at), in_vietnam(now)))

    def _unplanned(self) -> SafeString | str:
        return _nothing_planned() if self.at is None and self.missed else ""


def next_of(field: Any, row: Any) -> Next:
    at, title = field.value(row), getattr(row, "next_title", "")
    return Next(at, None if row.is_closed else field.late_at(row), title, missed=row.should_go_on)


def show_time(at: datetime, now: datetime) -> str:
    """«hôm nay 14:00», «ngày mai 9:30», later «25/11»."""
    day = show_relative_day(at.date(), now.date())
    return f"{day} {at:%H:%M}" if abs((at.date() - now.date()).days) <= 1 else day


def _since(days: int) -> str:
    return show_overdue(days) if days else _("overdue today")


@drawn_once
def _when(day: date, today: date) -> SafeString:
    return pill(show_relative_day(day, today), "jade")


@drawn_once
def _late_pill(days: int) -> SafeString:
    return pill(capfirst(show_overdue(days)) if days else _("Overdue"), "red")


@drawn_once
def _nothing_planned() -> SafeString:
    return pill(_("Nothing planned"), "amber")


# Rows of a list --------------------------------------------------------------------------------


def heads(listing: Any) -> SafeString:
    """The heads of a list's columns, which order it."""
    return together(_head(**one, is_idle=idle) for one, idle in zip(listing.columns, _idle(listing), strict=True))


def _cells(listing: Any) -> list[list[Drawn]]:
    """What the page shows of each row, by column; drawn once, for heads and rows."""
    if listing.drawn is None:
        fields = listing.column_fields
        listing.drawn = [[cell(one, row) for one in fields] for row in listing.rows]
    drawn: list[list[Drawn]] = listing.drawn
    return drawn


def _idle(listing: Any) -> list[bool]:
    """Which columns take no room: nobody has chosen them, no row of the page has something there, none is the order."""
    if listing.chosen_columns or listing.group_by:
        return [False] * len(listing.columns)
    filled = [any(drawn is not NOTHING for drawn in column) for column in zip(*_cells(listing), strict=True)]
    is_key = [bool(column["sort"] and column["sort"].nth) for column in listing.columns]
    return [bool(filled) and not filled[place] and not key for place, key in enumerate(is_key)]


def _head(field: Field, width: int | None, can_edit: bool, sort: Any, is_idle: bool) -> SafeString:
    place = "cell-title" if field.cell == "title" else "end" if field.is_number else None
    # Of one column alone: so readers are told.
    first = ("descending" if sort.falls else "ascending") if sort and sort.nth == 1 else None
    named = {"scope": "col", "class": place, "aria-sort": first, "hidden": is_idle}
    named |= {"data-column": field.name, "data-width": str(width) if width else None}
    named |= {"data-edit": can_edit}
    words = together([field.label, _sign_of(sort) if sort else ""])
    link = words
    if sort and sort.url:
        link = html("<a{}>{}</a>", attributes({"href": sort.url, "data-also": sort.also_url or None}), words)
    return html("<th{}>{}</th>\n", attributes(named), link)


def _sign_of(sort: Any) -> SafeString | str:
    """Which way, and after the first its turn."""
    if not sort.nth:
        return ""
    turn = html('<span class="turn num">{}</span>', sort.nth) if sort.nth > 1 else ""
    return together([icon("chevron-down" if sort.falls else "chevron-up", size="small"), turn])


def rows(listing: Any, *, ticked: bool) -> SafeString:
    """The rows of a page of a list; `ticked` puts a box to tick before each."""
    columns = [
        _places(cell_class(one, listing.kind), idle)
        for one, idle in zip(listing.column_fields, _idle(listing), strict=True)
    ]
    words = _("Tick %(title)s") if ticked else ""
    return together(
        part for row in zip(listing.rows, _cells(listing), strict=True) for part in _line(*row, columns, words)
    )


def _places(place: str, is_idle: bool) -> tuple[SafeString, SafeString]:
    """How a cell begins, and a whole one without a value: on a phone's card that takes no line."""
    nothing = '<td class="{} nothing"{}>{}</td>'
    return html('<td class="{}">', place), html(nothing, place, attributes({"hidden": is_idle}), NOTHING)


LINE, LINE_END, CELL_END = SafeString("<tr>\n"), SafeString("</tr>\n"), SafeString("</td>")


def _line(row: Any, cells: list[Drawn], columns: list[tuple[SafeString, SafeString]], words: str) -> Iterator[Drawn]:
    yield LINE
    if words:
        yield _tick(row, words)
    for drawn, (begin, nothing) in zip(cells, columns, strict=True):
        yield from (nothing,) if drawn is NOTHING else (begin, drawn, CELL_END)
    yield LINE_END


def _tick(row: Any, words: str) -> SafeString:
    box = '<td class="cell-check"><input type="checkbox" name="ids" value="{}" autocomplete="off" aria-label="{}"></td>'
    return html(box, row.pk, words % {"title": row.title})


def cell_class(field: Field, kind: Kind) -> str:
    """Where the cell stands on a phone's card; cells not named there are left out."""
    if field.cell == "title":
        place = "cell-title"
    elif field.name not in kind.schema.phone_columns:
        place = ""
    else:
        place = {"stage": "cell-state", "choice": "cell-state", "person": "cell-owner"}.get(field.cell, "cell-line")
    return f"{place} end num".strip() if field.is_number else place


# Menus of a list --------------------------------------------------------------------------------


def sort_lines(listing: Any) -> SafeString:
    """By what a list is in order, one after the other, and by what else it can be."""
    return together(_sort_line(way) for way in listing.ways_to_sort.values())


def _sort_line(way: Any) -> SafeString:
    words = html("<span>{}</span>", way.field.label)
    if way.nth:
        which = _("descending") if way.falls else _("ascending")
        sign = icon("sort-descending" if way.falls else "sort-ascending")
        words = html('{}{}<span class="sr-only">{}</span>', sign, words, which)
    told = attributes({"href": way.also_url if way.nth else way.url, "aria-current": "true" if way.nth else None})
    beside: SafeString | str = ""
    if way.without_url:
        beside = _beside(way.without_url, "x", _("No longer by “%(field)s”") % {"field": way.field.label})
    elif way.also_url and not way.nth:
        beside = _beside(way.also_url, "plus", _("Then by “%(field)s”") % {"field": way.field.label})
    return html('<div class="menu-line"><a class="menu-item"{}>{}</a>{}</div>\n', told, words, beside)


def _beside(url: str, sign: str, words: str) -> SafeString:
    named = attributes({"href": url, "aria-label": words, "title": words})
    return html('<a class="btn btn-ghost btn-small btn-square"{}>{}</a>', named, icon(sign, size="small"))


def group_lines(listing: Any) -> SafeString:
    """By what the rows can stand in groups."""
    return together(
        html('<a class="menu-item"{}>{}</a>\n', attributes({"href": url, "aria-current": is_now and "true"}), one.label)
        for one, url, is_now in listing.ways_to_group
    )


# Filters ---------------------------------------------------------------------------------------


def filter_chips(listing: Any) -> SafeString:
    return together(_filter_chip(one) for one in chips_of(listing))


def _filter_chip(one: Chip) -> SafeString:
    """A filter in force; a press opens what it asks for, to be changed."""
    if one.choices:
        asks = controls.checks(one.key, one.choices)
    elif one.typed:
        kind, value = one.typed
        named = {"type": kind, "name": one.key, "value": value, "aria-label": one.label, "required": True}
        asks = html("<input{}>", attributes(named))
    else:
        return chip(one.label, one.values, one.without, edit_url=one.edit_url)
    form = '<form method="get" class="filter-form">{}<b>{}</b>{}{}</form>'
    send = html('<button class="btn btn-primary btn-small">{}</button>', _("Apply"))
    kept = together(html('<input type="hidden" name="{}" value="{}">', name, value) for name, value in one.kept)
    return chip(one.label, one.values, one.without, html(form, kept, one.label, asks, send))


# Controls of forms -----------------------------------------------------------------------------


@draws("records/_pick_input.html")
def _pick_input(widget: Parts) -> SafeString:
    """A select of which only the chosen row is there (`fields.PickInput`), with a link that makes a new one."""
    asks = {"name": widget["name"], "data-pick-url": widget["pick_url"], "data-kind": widget["kind"]}
    select = html("<select{}>{}</select>", attributes({**asks, **widget["attrs"]}), options(widget))
    if not widget.get("new_url"):
        return select
    make = '<a class="hint link" href="{}" data-dialog data-makes>+ {}</a>'
    return together([select, html(make, widget["new_url"], widget["new_label"])])
