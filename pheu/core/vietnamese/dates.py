"""Days and hours the Vietnamese way: 24/11/2026 17:00, in the time of Việt Nam (vietnam.md 7.6)."""

import calendar
import re
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from pheu.core.vietnamese.text import clean, fold

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")

_DAY_FIRST = re.compile(r"(\d{1,2}) ?([/.-]) ?(\d{1,2})(?: ?\2 ?(\d{4}|\d{2}))?", re.ASCII)
_YEAR_FIRST = re.compile(r"(\d{4}) ?([/.-]) ?(\d{1,2}) ?\2 ?(\d{1,2})", re.ASCII)
# Nothing between: 20261124 and 24112026 are never the same, for no month is 19, 20 or 21.
_YEAR_FIRST_CLOSE = re.compile(r"(19|2[01])(\d\d)(0[1-9]|1[0-2])(\d\d)", re.ASCII)
_DAY_FIRST_CLOSE = re.compile(r"(\d\d)(\d\d)(\d{4}|\d{2})", re.ASCII)
_SPOKEN_MONTH = re.compile(
    r"(?:ngay |mung |mong )?(\d{1,2}) thang (\d{1,2})(?:(?: nam |[ /-])(\d{4}|\d{2}))?", re.ASCII
)
_WEEKDAY = re.compile(r"(?:(?:thu|t) ?(2|3|4|5|6|7|hai|ba|tu|nam|sau|bay)|(chu nhat|cn))( tuan (?:sau|toi))?")
_WEEKDAYS = {"2": 0, "hai": 0, "3": 1, "ba": 1, "4": 2, "tu": 2, "5": 3, "nam": 3, "6": 4, "sau": 4, "7": 5, "bay": 5}
_DAYS_ON = re.compile(r"(\d{1,3}) (ngay|tuan) (?:nua|sau|toi)", re.ASCII)
_MIDNIGHT = re.compile(r"[T ]0{1,2}:00(?::00(?:\.0+)?)?$", re.ASCII)
_HOUR = re.compile(r"(\d{1,2})(?::|h|g)(\d{2})?(?::\d{2})?(?: ?(am|pm|sa|ch))?", re.ASCII)
_GIO = re.compile(r"(?<!\S)(\d{1,2}) ?gi(?:ờ|o)(?: (\d{2}))?(?!\S)", re.IGNORECASE)
_ISO_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}.*", re.ASCII)
_SPOKEN_DAYS = {
    "hom nay": 0, "today": 0, "mai": 1, "ngay mai": 1, "tomorrow": 1, "hom qua": -1, "yesterday": -1,
    "kia": 2, "ngay kia": 2, "mot": 2, "ngay mot": 2, "hom kia": -2, "nay": 0,
}  # fmt: skip
_NEXT_MONTH = re.compile(r"thang (?:sau|toi)")
_EDGE_OF_MONTH = re.compile(
    r"(dau|giua|cuoi) thang(?: (nay|sau|toi)| (\d{1,2})(?:(?: nam |[ /-])(\d{4}|\d{2}))?)?", re.ASCII
)
_EDGE_OF_WEEK = re.compile(r"(dau|giua|cuoi) tuan(?: (nay|sau|toi))?")
# A week, not a day: it is meant from where it begins, as «đầu tuần sau» says and the filter «tuần sau» counts. Seven
# days on it would be a Sunday for whoever plans on one. Who means the same day of the week says which, or «1 tuần nữa».
_NEXT_WEEK = re.compile(r"tuan (?:sau|toi)")
_END_OF = re.compile(r"cuoi (quy|nam)(?: (nay|sau|toi))?")
_EDGES_OF_WEEK = {"dau": 0, "giua": 2, "cuoi": 5}
# Parts of the day: the hour meant where none is said, and the hours that one says with it, as they are on the clock.
_PARTS: dict[str, tuple[int, dict[int, int]]] = {
    "sang": (9, {hour: hour for hour in range(12)}),
    "trua": (12, {10: 10, 11: 11, 12: 12, 1: 13, 2: 14, 13: 13, 14: 14}),
    "chieu": (14, {hour: hour % 12 + 12 for hour in (*range(1, 8), *range(12, 20))}),
    "toi": (19, {hour: hour % 12 + 12 for hour in (*range(5, 12), *range(17, 24))}),
}

# Excel counts days from here; below and above these serials a number is no date anyone means.
_EXCEL_START = date(1899, 12, 30)
_EXCEL_FIRST = 10_000  # 1927; of five digits, which go on to 2173: six are 241126
_YEARS = range(1900, 2200)
_MOST_CHARACTERS = 60


def today_here() -> date:
    """The day it is in Việt Nam."""
    return timezone.now().astimezone(ZONE).date()


def read_date(text: str | float | date, today: date | None = None) -> date:
    """A day out of «24/11/2026», «24-11-26», «24/11», «2026-11-24», «24112026», «15 tháng 3», «mốt», «thứ 6» or an
    Excel serial.

    A day of the week is the next one, today's being today; «cuối tuần» is Saturday, «tuần sau» its Monday. Two
    digits of a year mean the hundred years up to twenty years from `today`. ValueError says in words what is wrong.
    """
    if isinstance(text, date):
        return in_vietnam(text).date() if isinstance(text, datetime) else text
    written = _MIDNIGHT.sub("", _short(text))
    now = today or today_here()
    if (serial := _serial(written)) is not None:
        return _EXCEL_START + timedelta(days=int(serial))
    if found := _YEAR_FIRST.fullmatch(written):
        return _day(int(found[1]), int(found[3]), int(found[4]))
    if found := _DAY_FIRST.fullmatch(written):
        return _day(_year(found[4], now), int(found[3]), int(found[1]))
    if found := _YEAR_FIRST_CLOSE.fullmatch(written):
        return _day(int(found[1] + found[2]), int(found[3]), int(found[4]))
    if found := _DAY_FIRST_CLOSE.fullmatch(written):
        return _day(_year(found[3], now), int(found[2]), int(found[1]))
    said = _said_day(fold(_part_of_day(written.split())[0]), now)
    if said is None:
        raise _no_date(written)
    return said


def _said_day(words: str, today: date) -> date | None:
    """«mai», «15 tháng 3», «thứ sáu tuần sau», «3 ngày nữa», folded."""
    if words in _SPOKEN_DAYS:
        return today + timedelta(days=_SPOKEN_DAYS[words])
    if found := _SPOKEN_MONTH.fullmatch(words):
        return _day(_year(found[3], today), int(found[2]), int(found[1]))
    if found := _DAYS_ON.fullmatch(words):
        return today + timedelta(days=int(found[1]) * (7 if found[2] == "tuan" else 1))
    if found := _WEEKDAY.fullmatch(words):
        wanted = _WEEKDAYS[found[1]] if found[1] else 6
        monday = today - timedelta(days=today.weekday())
        if found[3]:
            return monday + timedelta(days=7 + wanted)
        return today + timedelta(days=(wanted - today.weekday()) % 7)
    if _NEXT_WEEK.fullmatch(words):
        return today + timedelta(days=7 - today.weekday())
    return _said_edge(words, today)


def _said_edge(words: str, today: date) -> date | None:
    """«cuối tháng», «giữa tháng 3», «đầu tuần sau», «cuối năm», «tháng sau», folded."""
    if found := _EDGE_OF_WEEK.fullmatch(words):
        wanted, monday = _EDGES_OF_WEEK[found[1]], today - timedelta(days=today.weekday())
        if found[2]:
            return monday + timedelta(days=wanted + (0 if found[2] == "nay" else 7))
        return today + timedelta(days=(wanted - today.weekday()) % 7)
    if found := _EDGE_OF_MONTH.fullmatch(words):
        if found[3]:
            return _edge_of_month(_day(_year(found[4], today), int(found[3]), 1), found[1])
        said = _edge_of_month(_first_of_month(today, 0 if found[2] in (None, "nay") else 1), found[1])
        is_over = said < today and not found[2]
        return _edge_of_month(_first_of_month(today, 1), found[1]) if is_over else said
    if _NEXT_MONTH.fullmatch(words):
        last = _last_of_month(_first_of_month(today, 1))
        return last.replace(day=min(today.day, last.day))
    if found := _END_OF.fullmatch(words):
        months = 3 if found[1] == "quy" else 12
        left = months - 1 - (today.month - 1) % months + (0 if found[2] in (None, "nay") else months)
        return _last_of_month(_first_of_month(today, left))
    return None


def _edge_of_month(first: date, edge: str) -> date:
    return {"dau": first, "giua": first.replace(day=15), "cuoi": _last_of_month(first)}[edge]


def _first_of_month(day: date, months: int) -> date:
    whole = day.year * 12 + day.month - 1 + months
    return _day(whole // 12, whole % 12 + 1, 1)


def _last_of_month(day: date) -> date:
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])


def _part_of_day(words: list[str]) -> tuple[str, str]:
    """The words without the part of the day that is among them, and that part, folded; «tuần tới» names none."""
    folded = [fold(word) for word in words]
    for at, word in enumerate(folded):
        comes = word == "toi" and at > 0 and folded[at - 1] in ("ngay", "tuan", "thang", "quy", "nam")
        if word in _PARTS and not comes:
            return " ".join(words[:at] + words[at + 1 :]), word
    return " ".join(words), ""


def _short(text: object) -> str:
    """What was typed, cleaned; nothing that long is a date."""
    written = clean(str(text))
    if len(written) > _MOST_CHARACTERS:
        raise _no_date(written)
    return written


def _no_date(written: str) -> ValueError:
    return ValueError(_("“%(text)s” is not a date. Write for example 24/11/2026.") % {"text": written[:40]})


def read_datetime(text: str | float | date, today: date | None = None) -> datetime:
    """An aware moment, to the minute, out of «24/11/2026 17:00», «24/11 17h30», «17:00 ngày mai», ISO, Excel serials.

    A day alone is its midnight, with a part of it («sáng mai») an hour of that; what names no zone is the time of
    Việt Nam.
    """
    if isinstance(text, datetime):
        return _minute(text if text.tzinfo else text.replace(tzinfo=ZONE))
    written = "" if isinstance(text, date) else _short(text)
    if _ISO_MOMENT.fullmatch(written):
        return _iso_moment(written)
    if (serial := _serial(written)) is not None:
        minutes = round((serial % 1) * 24 * 60)
        return datetime.combine(_EXCEL_START + timedelta(days=int(serial)), time(), ZONE) + timedelta(minutes=minutes)
    day, hour = (text, time()) if isinstance(text, date) else _day_and_hour(written)
    if not day and written:
        raise ValueError(
            _("“%(text)s” names no day. Write for example tomorrow %(text)s or 24/11/2026 %(text)s.")
            % {"text": written[:40]}
        )
    if isinstance(day, str) and _part_of_day(day.split())[1]:
        raise _no_date(written)  # two parts of the day
    return datetime.combine(read_date(day, today), hour, ZONE)


def _day_and_hour(written: str) -> tuple[str, time]:
    """The hour may stand before or after the day, and so may the part of the day: «2h chiều mai», «sáng thứ 2»."""
    rest, part = _part_of_day(written.replace(",", " ").split())
    words = _GIO.sub(r"\1h\2", rest).split()
    for at, word in enumerate(words):
        beside = fold(words[at + 1]) if len(words) > at + 1 else ""
        half = beside if beside in ("am", "pm", "sa", "ch") else ""
        if found := _HOUR.fullmatch(f"{word}{half}".lower()):
            is_half_past = beside == "ruoi" and not found[2]
            left = words[:at] + words[at + (2 if half or is_half_past else 1) :]
            return " ".join(left), _hour(found, part, 30 if is_half_past else 0)
    return rest, time(_PARTS[part][0]) if part else time()


def _hour(found: re.Match[str], part: str, past: int) -> time:
    hour, minute, half = int(found[1]), int(found[2] or past), found[3]
    if half:
        hour = hour % 12 + (12 if half in ("pm", "ch") else 0)
    if part:
        hour = _PARTS[part][1].get(hour, 24)
    if hour > 23 or minute > 59:
        raise ValueError(_("“%(text)s” is not a time of day. Write for example 17:00.") % {"text": found[0]})
    return time(hour, minute)


def _iso_moment(written: str) -> datetime:
    try:
        moment = datetime.fromisoformat(written)
    except ValueError:
        raise ValueError(
            _("“%(text)s” is not a date and time. Write for example 24/11/2026 17:00.") % {"text": written[:40]}
        ) from None
    _day(moment.year, moment.month, moment.day)  # before another zone can carry it out of the calendar
    return _minute(moment if moment.tzinfo else moment.replace(tzinfo=ZONE))


def _minute(moment: datetime) -> datetime:
    return moment.astimezone(ZONE).replace(second=0, microsecond=0)


def _serial(written: str) -> Decimal | None:
    """The number of an Excel day, «46350» or «46350.708»; None when it is no such number."""
    if not re.fullmatch(r"\d{5}(?:[.,]\d+)?", written, re.ASCII):
        return None
    number = Decimal(written.replace(",", "."))
    return number if number >= _EXCEL_FIRST else None


def _year(written: str | None, today: date) -> int:
    if written is None:
        return today.year
    year = int(written)
    if len(written) == 4:
        return year
    latest = today.year + 20
    return latest - (latest - year) % 100


def _day(year: int, month: int, day: int) -> date:
    if year not in _YEARS:
        raise ValueError(_("The year %(year)s cannot be right.") % {"year": year})
    if not 1 <= month <= 12:
        raise ValueError(_("There is no month %(month)s. The day comes first: 24/11/2026.") % {"month": month})
    if not 1 <= day <= calendar.monthrange(year, month)[1]:
        raise ValueError(
            _("Month %(month)s of %(year)s has no day %(day)s.") % {"day": day, "month": month, "year": year}
        )
    return date(year, month, day)


def in_vietnam(moment: datetime) -> datetime:
    """The same moment on the clocks of Việt Nam; a naive one is taken to be there already."""
    return moment.astimezone(ZONE) if moment.tzinfo else moment


def show_date(value: date) -> str:
    """«24/11/2026»; of a moment, its day in Việt Nam."""
    day = in_vietnam(value) if isinstance(value, datetime) else value
    return f"{day.day:02}/{day.month:02}/{day.year:04}"


def show_time(value: datetime) -> str:
    """«17:00»."""
    at = in_vietnam(value)
    return f"{at.hour:02}:{at.minute:02}"


def show_datetime(value: datetime) -> str:
    """«24/11/2026 17:00»."""
    at = in_vietnam(value)
    return f"{at.day:02}/{at.month:02}/{at.year:04} {at.hour:02}:{at.minute:02}"


def show_relative_day(value: date, today: date | None = None) -> str:
    """«hôm nay», «ngày mai», «hôm qua», else «25/11», with the year when it is another one."""
    day = in_vietnam(value).date() if isinstance(value, datetime) else value
    now = today or today_here()
    match (day - now).days:
        case 0:
            return _("today")
        case 1:
            return _("tomorrow")
        case -1:
            return _("yesterday")
    return f"{day.day:02}/{day.month:02}" if day.year == now.year else show_date(day)


def show_overdue(days: int) -> str:
    """«quá hạn 2 ngày»; templates capitalise where it begins a line."""
    return ngettext("%(days)s day overdue", "%(days)s days overdue", days) % {"days": days}
