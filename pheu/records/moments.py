"""Days and moments of conditions: written out, or said from now, so that a saved view stays true tomorrow.

`"2026-11-30"`, `"2026-11-30T09:00+07:00"`, `{"days": -14}` (from now), `{"start": "month"}` (its first day, at
midnight where a moment is meant), `{"start": "month", "months": 1}` (of the next one). Weeks begin on Monday.
"""

from datetime import date, datetime, time, timedelta
from typing import Any

from django.utils import timezone
from django.utils.text import format_lazy
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from pheu.core.vietnamese.dates import show_date

FIRST_YEAR, LAST_YEAR = 1900, 2200
# {name: (its words, its first day, the day after its last)}, as `read_day` reads them.
PERIODS: dict[str, tuple[Any, Any, Any]] = {
    "today": (_("today"), {"start": "day"}, {"start": "day", "days": 1}),
    "yesterday": (_("yesterday"), {"start": "day", "days": -1}, {"start": "day"}),
    "tomorrow": (_("tomorrow"), {"start": "day", "days": 1}, {"start": "day", "days": 2}),
    "week": (_("this week"), {"start": "week"}, {"start": "week", "weeks": 1}),
    "last_week": (_("last week"), {"start": "week", "weeks": -1}, {"start": "week"}),
    "next_week": (_("next week"), {"start": "week", "weeks": 1}, {"start": "week", "weeks": 2}),
    "month": (_("this month"), {"start": "month"}, {"start": "month", "months": 1}),
    "last_month": (_("last month"), {"start": "month", "months": -1}, {"start": "month"}),
    "next_month": (_("next month"), {"start": "month", "months": 1}, {"start": "month", "months": 2}),
    "quarter": (_("this quarter"), {"start": "quarter"}, {"start": "quarter", "months": 3}),
    "last_quarter": (_("last quarter"), {"start": "quarter", "months": -3}, {"start": "quarter"}),
    "year": (_("this year"), {"start": "year"}, {"start": "year", "months": 12}),
    "last_7": (_("the last 7 days"), {"start": "day", "days": -6}, {"start": "day", "days": 1}),
    "last_30": (_("the last 30 days"), {"start": "day", "days": -29}, {"start": "day", "days": 1}),
    "last_90": (_("the last 90 days"), {"start": "day", "days": -89}, {"start": "day", "days": 1}),
    "next_7": (_("the next 7 days"), {"start": "day"}, {"start": "day", "days": 7}),
    "next_30": (_("the next 30 days"), {"start": "day"}, {"start": "day", "days": 30}),
}
MONTHS = {"this": _("this month"), "next": _("next month")} | {
    str(month): format_lazy(_("month {n}"), n=month) for month in range(1, 13)
}
STARTS = {"now", "day", "week", "month", "quarter", "year"}
FURTHEST = 400 * 12  # how many days, weeks or months a saying may reach


def read_day(told: Any) -> date:
    """ValueError for what is none of these."""
    if isinstance(told, dict):
        return timezone.localtime(_said(told)).date()
    return _in_our_time(date.fromisoformat(_text(told)))


def read_moment(told: Any) -> datetime:
    if isinstance(told, dict):
        return _said(told)
    text = _text(told)
    if len(text) == len("2026-11-30"):
        return midnight(read_day(text))
    moment = datetime.fromisoformat(text)
    _in_our_time(moment)
    return moment if moment.tzinfo else timezone.make_aware(moment)


def read_period(told: Any) -> tuple[date, date]:
    """The first day of a period by its name, and the day after its last."""
    if not isinstance(told, str) or told not in PERIODS:
        raise ValueError("no period")
    _words, first, after = PERIODS[told]
    return read_day(first), read_day(after)


def read_month(told: Any) -> int:
    """1 to 12, of any year: birthdays in it."""
    if not isinstance(told, str) or told not in MONTHS:
        raise ValueError("no month")
    this = timezone.localdate().month
    return {"this": this, "next": this % 12 + 1}.get(told) or int(told)


def words_of(told: dict[str, Any]) -> str:
    """A day that is said from now: «3 ngày trước», «đầu tháng này»; what has no words of its own, as a day."""
    days, others = told.get("days", 0), {name for name in ("weeks", "months") if told.get(name)}
    if told.get("start", "now") in ("now", "day") and not others:
        if days == 0:
            return gettext("today")
        words = ngettext("%(n)d day ago", "%(n)d days ago", -days) if days < 0 else ""
        return (words or ngettext("in %(n)d day", "in %(n)d days", days)) % {"n": abs(days)}
    if not days and not others:
        return str(BEGINNINGS[told["start"]])
    return show_date(read_day(told))


BEGINNINGS = {
    "day": _("today"),
    "week": _("the beginning of this week"),
    "month": _("the beginning of this month"),
    "quarter": _("the beginning of this quarter"),
    "year": _("the beginning of this year"),
}


def _text(told: Any) -> str:
    if not isinstance(told, str) or len(told) > 40:
        raise ValueError("no moment")
    return told


def _in_our_time(value: Any) -> Any:
    if not FIRST_YEAR <= value.year <= LAST_YEAR:
        raise ValueError("no such year in our time")
    return value


def _said(told: dict[str, Any]) -> datetime:
    start, steps = told.get("start", "now"), {name: told.get(name, 0) for name in ("days", "weeks", "months")}
    wrong = set(told) - {"start", *steps} or start not in STARTS
    if wrong or any(type(step) is not int or abs(step) > FURTHEST for step in steps.values()):
        raise ValueError("no moment")
    now = timezone.localtime()
    day = _shift_months(_first_day(now.date(), start), steps["months"])
    day = _in_our_time(day + timedelta(days=steps["days"], weeks=steps["weeks"]))
    return timezone.make_aware(datetime.combine(day, now.time())) if start == "now" else midnight(day)


def _first_day(today: date, start: str) -> date:
    match start:
        case "week":
            return today - timedelta(days=today.weekday())
        case "month":
            return today.replace(day=1)
        case "quarter":
            return today.replace(month=today.month - (today.month - 1) % 3, day=1)
        case "year":
            return today.replace(month=1, day=1)
    return today


def _shift_months(day: date, months: int) -> date:
    whole = day.year * 12 + day.month - 1 + months
    year, month = divmod(whole, 12)
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise ValueError("no such year in our time")
    last = (date(year + (month == 11), (month + 1) % 12 + 1, 1) - timedelta(days=1)).day
    return date(year, month + 1, min(day.day, last))


def midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time()))
