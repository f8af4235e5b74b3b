"""How long work lasts: in minutes from its moment, so that what is moved keeps its length; 0 is a moment alone."""

from datetime import datetime, time, timedelta
from itertools import groupby

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from pheu.core.vietnamese.dates import in_vietnam, show_date, show_datetime

HOUR, DAY = 60, 24 * 60
LONGEST = 31 * DAY
USUAL = (15, 30, 45, HOUR, 90, 2 * HOUR, 3 * HOUR, 4 * HOUR, DAY, 2 * DAY, 3 * DAY, 5 * DAY, 7 * DAY)


def end_of(at: datetime, lasts: int) -> datetime:
    return in_vietnam(at) + timedelta(minutes=lasts)


def is_all_day(at: datetime, lasts: int) -> bool:
    """Whether it is about whole days: a day alone is its midnight."""
    return in_vietnam(at).time() == time.min and lasts % DAY == 0


def show_length(minutes: int) -> str:
    """«1 giờ 30 phút», «2 ngày»."""
    days, rest = divmod(minutes, DAY)
    hours, minutes = divmod(rest, HOUR)
    said = [
        ngettext("%(n)d day", "%(n)d days", days) % {"n": days} if days else "",
        ngettext("%(n)d hour", "%(n)d hours", hours) % {"n": hours} if hours else "",
        ngettext("%(n)d minute", "%(n)d minutes", minutes) % {"n": minutes} if minutes else "",
    ]
    return " ".join(filter(None, said)) or _("A moment")


def show_span(at: datetime, lasts: int) -> str:
    """«25/11/2026 09:00–10:30», «25/11/2026 – 27/11/2026»; of what lasts nothing, its moment."""
    if not lasts:
        return show_datetime(at)
    begins, ends = in_vietnam(at), end_of(at, lasts)
    if is_all_day(at, lasts):
        days = (begins.date(), ends.date() - timedelta(days=1))
        return " – ".join(show_date(day) for day, _same in groupby(days))
    if begins.date() == ends.date():
        return f"{show_datetime(begins)}–{ends:%H:%M}"
    return f"{show_datetime(begins)} – {show_datetime(ends)}"
