"""Days and moments of conditions: written out, or said from now, so that a saved view stays true tomorrow.

`"2026-11-30"`, `"2026-11-30T09:00+07:00"`, `{"days": -14}` (from now), `{"start": "month"}` (its first day, at
midnight where a moment is meant), `{"start": "month", "months": 1}` (of the next one). Weeks begin on Monday.
"""

from datetime import date, datetime, time, timedelta
from typing import Any

from django.utils import timezone

FIRST_YEAR, LAST_YEAR = 1900, 2200
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
