"""Drawing work: a calendar has up to a thousand entries, so each is drawn by functions (core/markup.py)."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from django import template
from django.template.context import Context
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from pheu.core.markup import address, attributes, drawn_once, html, together
from pheu.core.templatetags.signs import AVATAR_TONES, avatar, dot, icon
from pheu.core.templatetags.vn import show_datetime
from pheu.people.profile import holiday, is_working

register = template.Library()


@register.simple_tag(takes_context=True)
def lines_of(context: Context, day: Any) -> SafeString:
    """The activities of a day of the calendar, each with `opens`; in a team's calendar with whose each is."""
    user, is_team = context["request"].user, context["whose"] == "team"
    return together(_line(one, day.tone, is_team=is_team, is_mine=one.assignee == user) for one in day.activities)


def _line(activity: Any, tone: str, *, is_team: bool, is_mine: bool) -> SafeString:
    due = html("{}{}", show_datetime(activity.due_at), _off_note(timezone.localtime(activity.due_at).date()))
    record = activity.record
    about = html("{} · {}", record.title, record.number) if activity.opens else html("{}", activity.type)
    link = '<a href="{}">{}</a>'
    name = html(link, address("record", activity.record_id), activity) if activity.opens else html("{}", activity)
    return html(
        '<div class="line">{}<div class="line-text"><div class="name cut">{}</div>'
        '<div class="sub cut"><span class="only-phone">{} · </span>{}{}</div></div>'
        '<span class="sub nowrap hide-phone">{}</span>{}</div>\n',
        dot(activity.type.icon, tone),
        name,
        due,
        about,
        html(" · {}", activity.assignee) if is_team else "",
        due,
        html('<a class="btn btn-small" href="{}" data-dialog>{}</a>', address("activity-done", activity.pk), _done())
        if is_mine
        else "",
    )


def _off_note(day: date) -> SafeString | str:
    """Says of a day on which nobody works that it is one, and why."""
    if is_working(day):
        return ""
    special = holiday(day)
    return html(' · <span class="off-note">{}</span>', special or _("day off"))


@drawn_once
def _done() -> SafeString:
    return together([icon("check"), _("Done")])


# Grids ------------------------------------------------------------------------------------------------------------

SHOWN_OF_A_DAY = 3
MORNING = "09:00"


def _weekdays() -> list[str]:
    return [_("Mon"), _("Tue"), _("Wed"), _("Thu"), _("Fri"), _("Sat"), _("Sun")]


def _tone_of_person(person: Any) -> str:
    """That of their avatar everywhere."""
    return AVATAR_TONES[person.pk % len(AVATAR_TONES)]


@register.simple_tag
def people_of(team: Iterable[Any], look: Any) -> SafeString:
    """Whose work a team's calendar shows, each in a colour: a click shows theirs alone."""
    chip = '<a class="chip"{}>{}</a>'
    everybody = attributes({"href": look.url(person=None), "aria-current": "true" if look.person is None else None})
    drawn = [html(chip, everybody, _("Everybody"))]
    for one in team:
        named = {"href": look.url(person=one.pk), "aria-current": "true" if look.person == one.pk else None}
        drawn.append(html(chip, attributes(named), together([avatar(one, silent=True), one.full_name])))
    label = _("Whose work")
    return html('<nav class="calendar-people" aria-label="{}">{}</nav>', label, together(drawn))


@register.simple_tag(takes_context=True)
def week_of(context: Context, grid: Any) -> SafeString:
    """Days beside each other, hours below each other; what has no hour stands on top."""
    now, days = timezone.localtime(), grid.days
    heads = together(
        html('<th scope="col"{}>{} <b>{}</b>{}</th>', _marks(day, grid), name, f"{day:%d/%m}", _why(day))
        for day, name in zip(days, _weekdays(), strict=True)
    )
    rows = [_hour(context, grid, None, _("All day"), "")]
    for hour in grid.hours:
        is_now = hour == now.hour and now.date() in days
        rows.append(_hour(context, grid, hour, f"{hour:02}:00", "now" if is_now else ""))
    return html(
        '<table class="calendar calendar-week"><thead><tr><td class="calendar-hours"></td>{}</tr></thead>'
        "<tbody>{}</tbody></table>",
        heads,
        together(rows),
    )


def _hour(context: Context, grid: Any, hour: int | None, label: str, mark: str) -> SafeString:
    cells = []
    for day in grid.days:
        entries = [one for one in grid.by_day.get(day, ()) if one.hour == hour]
        at = f"{hour or 0:02}:00"
        cells.append(html("<td{}>{}{}</td>", _marks(day, grid), _slot(context, day, at), _entries(context, entries)))
    head = html("<th{}>{}</th>", attributes({"scope": "row", "class": mark or None}), label)
    return html("<tr>{}{}</tr>", head, together(cells))


def _why(day: date) -> SafeString | str:
    """What the company calls the day; of another day off, who hears the page is told what its tint tells."""
    if special := holiday(day):
        return html('<span class="holiday">{}</span>', special)
    return "" if is_working(day) else html('<span class="sr-only">{}</span>', _("day off"))


def _marks(day: date, grid: Any) -> SafeString:
    marks = {"today": day == timezone.localdate(), "chosen": day == grid.look.on, "off": not is_working(day)}
    if grid.look.view == "month":
        marks["other"] = day.month != grid.look.on.month
    return attributes({"class": " ".join(name for name, is_so in marks.items() if is_so) or None})


def _slot(context: Context, day: date, at: str) -> SafeString | str:
    """A place where new work can be put. The keyboard has the button of the page instead of a hundred of these."""
    if not context["may_plan"]:
        return ""
    words = _("Schedule an activity on %(day)s at %(at)s") % {"day": f"{day:%d/%m}", "at": at}
    named = {
        "class": "slot", "href": f"{reverse('activity-at')}?at={day:%Y-%m-%d}T{at}", "data-dialog": True,
        "tabindex": "-1", "aria-label": words, "title": at,
    }  # fmt: skip
    return html("<a{}>{}</a>", attributes(named), icon("plus", size="small"))


def _entries(context: Context, activities: Iterable[Any]) -> SafeString:
    is_team = context["whose"] == "team"
    return together(_entry(one, is_team=is_team) for one in activities)


def _entry(activity: Any, *, is_team: bool) -> SafeString:
    """One piece of work; who hears the page is told what colours tell."""
    overdue = activity.is_overdue
    tone = _tone_of_person(activity.assignee) if is_team else "red" if overdue else "jade"
    state = _("Done") if activity.done_at else _("Overdue") if overdue else ""
    named = {
        "class": f"entry {tone}{' done' if activity.done_at else ''}",
        "href": address("activity", activity.pk), "data-dialog": True,
    }  # fmt: skip
    about = html(" · {}", activity.record.title) if activity.opens else ""
    return html(
        '<a{}>{}{}{}<span class="entry-text">{}{}</span>{}</a>',
        attributes(named),
        avatar(activity.assignee) if is_team else "",
        icon("check", size="small") if activity.done_at else "",
        html("<b>{}</b>", f"{activity.at:%H:%M}") if activity.hour is not None else "",
        activity,
        about,
        html('<span class="sr-only">{}</span>', state) if state else "",
    )


@register.simple_tag(takes_context=True)
def month_of(context: Context, grid: Any) -> SafeString:
    """Weeks below each other; a day shows its first entries, and all of them in its week."""
    heads = together(html('<th scope="col">{}</th>', name) for name in _weekdays())
    rows = together(html("<tr>{}</tr>", together(_day(context, grid, day) for day in week)) for week in grid.weeks)
    table = '<table class="calendar calendar-month"><thead><tr>{}</tr></thead><tbody>{}</tbody></table>'
    return html(table, heads, rows)


def _day(context: Context, grid: Any, day: date) -> SafeString:
    url, entries = grid.look.url(view="week", on=day), grid.by_day.get(day, [])
    more = len(entries) - SHOWN_OF_A_DAY
    drawn = [_slot(context, day, MORNING), html('<a class="day" href="{}">{}</a>', url, f"{day.day}"), _why(day)]
    drawn.append(_entries(context, entries[:SHOWN_OF_A_DAY]))
    if more > 0:
        drawn.append(html('<a class="more hide-phone" href="{}">+{}</a>', url, more))
    if entries:
        drawn.append(html('<div class="only-phone"><a class="tag jade day" href="{}">{}</a></div>', url, len(entries)))
    return html("<td{}>{}</td>", _marks(day, grid), together(drawn))


@register.simple_tag
def day_strip(grid: Any) -> SafeString:
    """The days of the week to choose one from, on a phone."""
    drawn = []
    for day, name in zip(grid.days, _weekdays(), strict=True):
        named = {
            "href": grid.look.url(on=day), "aria-current": "date" if day == grid.look.on else None,
            "class": "today" if day == timezone.localdate() else None if is_working(day) else "off",
        }  # fmt: skip
        dots = html('<i class="{}"></i>', "" if grid.by_day.get(day) else "none")
        drawn.append(html("<a{}>{}<b>{}</b>{}</a>", attributes(named), name, day.day, dots))
    special = html('<p class="day-note">{}</p>', why) if (why := holiday(grid.look.on)) else ""
    return html('<nav class="day-strip" aria-label="{}">{}</nav>{}', _("Days of the week"), together(drawn), special)
