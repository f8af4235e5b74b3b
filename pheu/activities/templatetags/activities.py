"""Drawing work: a calendar has up to a thousand entries, so each is drawn by functions (core/markup.py)."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from django import template
from django.template.context import Context
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from pheu.activities.calendar import SHOWN_OF_A_DAY
from pheu.activities.models import Guest
from pheu.core.markup import address, attributes, drawn_once, html, together
from pheu.core.templatetags.signs import AVATAR_TONES, avatar, dot, icon
from pheu.core.vietnamese.dates import in_vietnam, show_datetime
from pheu.core.vietnamese.lunar import to_lunar
from pheu.people.profile import holiday, is_working
from pheu.records import kinds

register = template.Library()


@register.simple_tag(takes_context=True)
def lines_of(context: Context, day: Any) -> SafeString:
    """The activities of a day of the calendar, each with `opens`; in a team's calendar with whose each is."""
    user, is_team = context["request"].user, context["whose"] == "team"
    return together(_line(one, day.tone, is_team=is_team, is_mine=one.assignee == user) for one in day.activities)


def _line(activity: Any, tone: str, *, is_team: bool, is_mine: bool) -> SafeString:
    due = html("{}{}{}", _again(activity), activity.span, _off_note(in_vietnam(activity.due_at).date()))
    record = activity.record
    about = html("{} · {}", record.title, record.number) if activity.opens else html("{}", activity.type)
    link = '<a href="{}">{}</a>'
    name = html(link, address("record", activity.record_id), activity) if activity.opens else html("{}", activity)
    if activity.record_id is None:
        name = html('<a href="{}" data-dialog>{}</a>', address("activity", activity.pk), activity)
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
        else html(
            '<a class="btn btn-small" href="{}" data-dialog>{}</a>', address("activity", activity.pk), _to_answer()
        )
        if not is_team
        else "",
    )


@register.simple_tag
def planned_for(at: Any) -> SafeString:
    """A moment, and whether nobody works then."""
    return html("{}{}", show_datetime(at), _off_note(in_vietnam(at).date()))


@register.simple_tag
def guest(told: Any) -> SafeString:
    """One guest and their answer, of a `guest_list`."""
    answer = Guest.Answer(told["answer"])
    words = html('<span class="sub"> · {}</span>', answer.label)
    return html(
        '<li class="{}">{}{}{}</li>', answer or "unanswered", icon(SIGNS[answer], size="small"), told["name"], words
    )


SIGNS = {
    Guest.Answer.NONE: "clock", Guest.Answer.ACCEPTED: "circle-check", Guest.Answer.DECLINED: "circle-x",
    Guest.Answer.TENTATIVE: "help-circle",
}  # fmt: skip


@register.simple_tag
def busy_time(taken: Any, asked: Any) -> str:
    """«09:00–10:30»; with its day where that is another than the one that was asked."""
    begins, ends = in_vietnam(taken.begins), in_vietnam(taken.ends)
    if begins.date() == ends.date() == in_vietnam(asked).date():
        return f"{begins:%H:%M}–{ends:%H:%M}"
    return f"{show_datetime(begins)} – {show_datetime(ends)}"


@register.simple_tag
def kind_of_plan(plan: Any) -> str:
    return str(kinds.get(plan.kind).plural)


def _hour(activity: Any) -> SafeString | str:
    """When it begins, and the mark of work that comes again."""
    at = f"{activity.at:%H:%M}" if activity.hour is not None else ""
    return html("<b>{}{}</b>", at, _again(activity)) if at or activity.series_id else ""


def _again(activity: Any) -> SafeString | str:
    """The mark of work that comes again."""
    return _repeats() if activity.series_id else ""


@drawn_once
def _repeats() -> SafeString:
    return html(' {}<span class="sr-only">{}</span>', icon("repeat", size="small"), _("repeated"))


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

MORNING = "09:00"
DAYS_OF_TET = 3
A_MOMENT = timedelta(microseconds=1)
GAP = html('<span class="entry entry-gap"></span>')


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
    """A day, or those of a week beside each other, hours below each other; what has no hour stands on top."""
    now, days = timezone.localtime(), grid.days
    heads = together(
        html('<th scope="col"{}>{} <b>{}</b>{}{}</th>', _marks(day, grid), name, f"{day:%d/%m}", _lunar(day), _why(day))
        for day, name in ((day, _weekdays()[day.weekday()]) for day in days)
    )
    lanes, pieces = grid.lanes_of(days), {day: grid.pieces_of(day) for day in days}
    whole = [(day, [*_bars(context, lanes, day, days), _loose(context, grid, day, None)]) for day in days]
    rows = [_row(context, grid, "00:00", whole, head=_("All day"), mark="", is_whole=True)]
    for hour in grid.hours:
        is_now = hour == now.hour and now.date() in days
        cells = [(day, _in_hour(context, grid, day, hour, pieces[day].get(hour, []))) for day in days]
        rows.append(_row(context, grid, f"{hour:02}:00", cells, head=f"{hour:02}:00", mark="now" if is_now else ""))
    return html(
        '<table class="calendar calendar-week{}" data-calendar>'
        '<thead><tr><td class="calendar-hours"></td>{}</tr></thead>'
        "<tbody>{}</tbody></table>",
        " calendar-day" if len(days) == 1 else "",
        heads,
        together(rows),
    )


def _row(
    context: Context, grid: Any, at: str, cells: list[Any], *, head: str, mark: str, is_whole: bool = False
) -> SafeString:
    drawn = [html("<td{}>{}{}</td>", _marks(day, grid), _slot(day, at), together(inside)) for day, inside in cells]
    named = html("<th{}>{}</th>", attributes({"scope": "row", "class": mark or None}), head)
    return html("<tr{}>{}{}</tr>", attributes({"data-whole": is_whole or None}), named, together(drawn))


def _loose(context: Context, grid: Any, day: date, hour: int | None) -> SafeString:
    """What is a moment, in its hour."""
    return _entries(context, [one for one in grid.by_day.get(day, ()) if one.hour == hour and one.ends == one.at])


def _in_hour(context: Context, grid: Any, day: date, hour: int, pieces: list[Any]) -> list[SafeString]:
    """Blocks beside each other, and moments in the lane that is left to them."""
    loose = _loose(context, grid, day, hour)
    if pieces and loose:
        lanes = min(max(one.lane for one in pieces) + 1, pieces[0].of - 1)
        loose = html('<div class="entry-beside lane-{} of-{}">{}</div>', lanes, pieces[0].of, loose)
    return [*(_piece(context, one) for one in pieces), loose]


def _piece(context: Context, piece: Any) -> SafeString:
    """What of a block stands in one hour: all is said in the first, the others only carry its colour on."""
    place = f"entry-piece lane-{piece.lane} of-{piece.of} from-{piece.begins} to-{piece.ends}"
    place += f"{' first' if piece.is_first else ''}{' last' if piece.is_last else ''}"
    return _entry(piece.activity, is_team=context["whose"] == "team", place=place, says=piece.is_first)


def _bars(context: Context, lanes: list[list[Any]], day: date, week: list[date]) -> list[SafeString]:
    """What goes over days, on one of them: in the same lane on all, said where it begins and where a week does."""
    drawn, is_team = [], context["whose"] == "team"
    for lane in lanes:
        over = [one for one in lane if one.at.date() <= day <= (one.ends - A_MOMENT).date()]
        if not over:
            drawn.append(GAP)
        for one in over:
            is_first, is_last = day == one.at.date(), day == (one.ends - A_MOMENT).date()
            place = f"entry-bar{' first' if is_first else ''}{' last' if is_last else ''}"
            drawn.append(_entry(one, is_team=is_team, place=place, says=is_first or day == week[0]))
    while drawn and drawn[-1] == GAP:
        drawn.pop()
    return drawn


@drawn_once
def _lunar(day: date) -> SafeString:
    """«15/9» under a day of the sun's calendar; the first day of a month says what it is."""
    lunar = to_lunar(day)
    words = f"{lunar.day}/{lunar.month}"
    if lunar.day == 1:
        words = (_("%(day)s leap, lunar") if lunar.is_leap else _("%(day)s lunar")) % {"day": words}
    title = _("Lunar calendar")
    return html('<small class="lunar{}" title="{}">{}</small>', " first" if lunar.day == 1 else "", title, words)


def _name(day: date) -> str:
    """What the company calls the day, or else what everybody does: the three days of Tết."""
    if special := holiday(day):
        return str(special)
    lunar = to_lunar(day)
    is_tet = lunar.month == 1 and lunar.day <= DAYS_OF_TET
    return _("Day %(day)s of Tết") % {"day": lunar.day} if is_tet else ""


def _why(day: date) -> SafeString | str:
    """The day's name; of another day off, who hears the page is told what its tint tells."""
    if name := _name(day):
        return html('<span class="holiday">{}</span>', name)
    return "" if is_working(day) else html('<span class="sr-only">{}</span>', _("day off"))


def _marks(day: date, grid: Any) -> SafeString:
    marks = {
        "today": day == timezone.localdate(), "chosen": day == grid.look.on, "named": bool(_name(day)),
        "off": not is_working(day),
    }  # fmt: skip
    if grid.look.view == "month":
        marks["other"] = day.month != grid.look.on.month
    return attributes({"class": " ".join(name for name, is_so in marks.items() if is_so) or None})


def _slot(day: date, at: str) -> SafeString:
    """A place where new work can be put. The keyboard has the button of the page instead of a hundred of these."""
    words = _("Schedule an activity on %(day)s at %(at)s") % {"day": f"{day:%d/%m}", "at": at}
    named = {
        "class": "slot", "href": f"{reverse('activity-at')}?at={day:%Y-%m-%d}T{at}", "data-dialog": True,
        "tabindex": "-1", "aria-label": words, "title": at,
    }  # fmt: skip
    return html("<a{}>{}</a>", attributes(named), icon("plus", size="small"))


def _entries(context: Context, activities: Iterable[Any]) -> SafeString:
    is_team = context["whose"] == "team"
    return together(_entry(one, is_team=is_team) for one in activities)


def _entry(activity: Any, *, is_team: bool, place: str = "", says: bool = True) -> SafeString:
    """One piece of work; who hears the page is told what colours tell. What is going on is not shown as late."""
    if activity.is_busy:
        return _busy(activity, place, says=says)
    overdue = activity.is_overdue and activity.ends < timezone.now()
    tone = _tone_of_person(activity.assignee) if is_team else "red" if overdue else "jade"
    state = _("Done") if activity.done_at else _("Overdue") if overdue else ""
    named = {
        "class": " ".join(filter(None, ["entry", tone, "done" if activity.done_at else "", place])),
        "href": address("activity", activity.pk), "data-dialog": True,
        "title": activity.span if activity.ends > activity.at else None,
    }  # fmt: skip
    if activity.is_open and (
        activity.is_mine or (is_team and activity.record_id)
    ):  # what a drag needs: see js/calendar.js
        at = f"{in_vietnam(activity.due_at):%Y-%m-%dT%H:%M}"
        named |= {"data-at": at, "data-lasts": activity.lasts, "data-move": address("activity-move", activity.pk)}
    if not says:
        return html("<a{}></a>", attributes(named | {"tabindex": "-1", "aria-hidden": "true"}))
    if not place or " first" in place:  # where the focus stays when it is drawn anew; a bar is said in each week
        named["id"] = f"work-{activity.pk}"
    about = html(" · {}", activity.record.title) if activity.opens else ""
    return html(
        '<a{}>{}{}{}{}{}<span class="entry-text">{}{}</span>{}</a>',
        attributes(named),
        avatar(activity.assignee) if is_team else "",
        icon("check", size="small") if activity.done_at else "",
        "" if is_team or activity.is_mine else _invited(),
        "" if activity.record_id else _alone(),
        _hour(activity),
        activity,
        about,
        html('<span class="sr-only">{}</span>', state) if state else "",
    )


def _busy(activity: Any, place: str, *, says: bool) -> SafeString:
    """A time that somebody else has taken for themselves: whose it is, and nothing of what."""
    named = {"class": f"entry entry-busy {place}", "title": activity.span}
    if not says:
        return html("<span{}></span>", attributes(named | {"aria-hidden": "true"}))
    told = '<span{}>{}{}<span class="entry-text">{}</span></span>'
    hour = html("<b>{}</b>", f"{activity.at:%H:%M}") if activity.hour is not None else ""
    return html(told, attributes(named), avatar(activity.assignee), hour, _("busy then"))


@drawn_once
def _invited() -> SafeString:
    """The mark of what somebody else does and I come to."""
    return html('{}<span class="sr-only">{}</span>', icon("users", size="small"), _("invited"))


@drawn_once
def _alone() -> SafeString:
    """The mark of what stands on no record: others see only that the time is taken."""
    return html('{}<span class="sr-only">{}</span>', icon("lock", size="small"), _("private, on no record"))


@drawn_once
def _to_answer() -> SafeString:
    return together([icon("users"), _("Say whether I come")])


@register.simple_tag(takes_context=True)
def month_of(context: Context, grid: Any) -> SafeString:
    """Weeks below each other; a day shows its first entries, and all of them on a page of its own."""
    heads = together(html('<th scope="col">{}</th>', name) for name in _weekdays())
    rows = together(html("<tr>{}</tr>", together(_days(context, grid, week))) for week in grid.weeks)
    table = '<table class="calendar calendar-month" data-calendar><thead><tr>{}</tr></thead><tbody>{}</tbody></table>'
    return html(table, heads, rows)


def _days(context: Context, grid: Any, week: list[date]) -> list[SafeString]:
    lanes = grid.lanes_of(week)
    return [_day(context, grid, day, _bars(context, lanes, day, week)) for day in week]


def _day(context: Context, grid: Any, day: date, bars: list[SafeString]) -> SafeString:
    url, entries = grid.look.url(view="day", on=day), grid.by_day.get(day, [])
    room = max(SHOWN_OF_A_DAY - len(bars), 0)
    count = len(entries) + grid.beside[day] + sum(one != GAP for one in bars)
    shown = entries[:room]
    more = count - len(shown) - sum(one != GAP for one in bars[:SHOWN_OF_A_DAY])
    drawn: list[SafeString | str] = [_slot(day, MORNING), html('<a class="day" href="{}">{}</a>', url, f"{day.day}")]
    drawn += [_lunar(day), _why(day)]
    drawn += [*bars[:SHOWN_OF_A_DAY], _entries(context, shown)]
    if more > 0:
        drawn.append(html('<a class="more hide-phone" href="{}">+{}</a>', url, more))
    if count:
        drawn.append(html('<div class="only-phone"><a class="tag jade day" href="{}">{}</a></div>', url, count))
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
        dots = html('<i class="{}"></i>', "" if grid.has_work(day) else "none")
        drawn.append(html("<a{}>{}<b>{}</b>{}{}</a>", attributes(named), name, day.day, _lunar(day), dots))
    special = html('<p class="day-note">{}</p>', why) if (why := _name(grid.look.on)) else ""
    return html('<nav class="day-strip" aria-label="{}">{}</nav>{}', _("Days of the week"), together(drawn), special)
