"""«Lặp lại»: on which days work comes again, kept as an RRULE (RFC 5545, 3.3.10), asked and told in words."""

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any

from dateutil.rrule import rrule, rrulestr
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy

from pheu.core.errors import DomainError
from pheu.core.vietnamese.dates import show_date

DAY, WEEK, MONTH, WEEKDAY, YEAR = UNITS = ("day", "week", "month", "weekday", "year")
MOST_EVERY, MOST_TIMES = 99, 999
CODES = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
DAYS = [
    pgettext_lazy("on a day", "Monday"), pgettext_lazy("on a day", "Tuesday"), pgettext_lazy("on a day", "Wednesday"),
    pgettext_lazy("on a day", "Thursday"), pgettext_lazy("on a day", "Friday"), pgettext_lazy("on a day", "Saturday"),
    pgettext_lazy("on a day", "Sunday"),
]  # fmt: skip
IMPOSSIBLE = gettext_lazy("Work cannot be repeated like that.")


@dataclass(frozen=True)
class Repeat:
    """Once in `every` units: days, weeks (on `days`, 0 is Monday), months by their date or by the nth weekday, years.

    For good, `until` a day, or so many `times`. Which date or weekday it is, the first day says.
    """

    unit: str
    every: int = 1
    days: tuple[int, ...] = ()
    until: date | None = None
    times: int | None = None

    @classmethod
    def read(cls, rule: str) -> "Repeat":
        """Of a rule that `rule_from` made."""
        told = dict(part.split("=") for part in rule.split(";"))
        unit = {"DAILY": DAY, "WEEKLY": WEEK, "YEARLY": YEAR}.get(told["FREQ"])
        unit = unit or (WEEKDAY if "BYDAY" in told else MONTH)
        days = tuple(map(CODES.index, told["BYDAY"].split(","))) if unit == WEEK else ()
        until = date.fromisoformat(told["UNTIL"]) if "UNTIL" in told else None
        times = int(told["COUNT"]) if "COUNT" in told else None
        return cls(unit, int(told.get("INTERVAL", 1)), days, until, times)

    def begins(self, day: date) -> date:
        """The first day that fits, from this one on."""
        week = (day + timedelta(days=nth) for nth in range(7))
        return next(one for one in week if not self.days or one.weekday() in self.days)

    def shifted(self, days: int) -> "Repeat":
        """The same so many days later: Mondays become Tuesdays."""
        return replace(self, days=tuple(sorted((one + days) % 7 for one in self.days)))


def must_be_possible(repeat: Any) -> None:
    """`DomainError` unless it can be read and comes at some time."""
    is_right = (
        isinstance(repeat, Repeat)
        and repeat.unit in UNITS
        and _is_within(repeat.every, MOST_EVERY)
        and (repeat.times is None or _is_within(repeat.times, MOST_TIMES))
        and (repeat.until is None or type(repeat.until) is date)
        and not (repeat.until and repeat.times)
        and (len(set(repeat.days)) == len(repeat.days) and set(repeat.days) <= set(range(7)))
        and bool(repeat.days) == (repeat.unit == WEEK)
    )
    if not is_right:
        raise DomainError(IMPOSSIBLE)


def _is_within(number: Any, most: int) -> bool:
    return type(number) is int and 1 <= number <= most


def rule_from(repeat: Repeat, first: date) -> str:
    """In a month without the day it is its last one: of the days up to it, the last that there is."""
    parts = {
        DAY: "FREQ=DAILY",
        WEEK: f"FREQ=WEEKLY;BYDAY={','.join(CODES[one] for one in sorted(repeat.days))}",
        MONTH: f"FREQ=MONTHLY;{_date_in_month(first)}",
        WEEKDAY: f"FREQ=MONTHLY;BYDAY={_nth(first)}{CODES[first.weekday()]}",
        YEAR: f"FREQ=YEARLY;BYMONTH={first.month};{_date_in_month(first)}",
    }
    said = [parts[repeat.unit]]
    said += [f"INTERVAL={repeat.every}"] if repeat.every > 1 else []
    return ";".join(said + _end(repeat.until, repeat.times))


def _date_in_month(first: date) -> str:
    if first.day <= 28:
        return f"BYMONTHDAY={first.day}"
    return f"BYMONTHDAY={','.join(map(str, range(28, first.day + 1)))};BYSETPOS=-1"


def _nth(first: date) -> int:
    """Which of its weekday in the month; the fifth, which not every month has, is the last."""
    nth = (first.day - 1) // 7 + 1
    return nth if nth <= 4 else -1


def coming(rule: str, first: date, *, after: date, most: int) -> list[date]:
    """The next days of a rule that began on `first`, later than `after`."""
    return [one.date() for one in _read(rule, first).xafter(_midnight(after), count=most)]


def gone_by(rule: str, first: date, *, before: date) -> int:
    """How many days of it there were before this one."""
    days = _read(rule, first).xafter(_midnight(first), count=MOST_TIMES, inc=True)
    return sum(one < _midnight(before) for one in days)


def _read(rule: str, first: date) -> rrule:
    return rrulestr(rule, dtstart=_midnight(first))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min)


def limited(rule: str, *, until: date | None, times: int | None) -> str:
    """The same rule with another end: its dates stay those of its first day, whatever the month of the next one has."""
    kept = [part for part in rule.split(";") if not part.startswith(("COUNT=", "UNTIL="))]
    return ";".join(kept + _end(until, times))


def _end(until: date | None, times: int | None) -> list[str]:
    return [f"UNTIL={until:%Y%m%d}"] if until else [f"COUNT={times}"] if times else []


def show_rule(rule: str) -> str:
    """«mỗi thứ hai và thứ năm, đến 31/12/2026»."""
    repeat = Repeat.read(rule)
    said = _every(repeat, dict(part.split("=") for part in rule.split(";")))
    if repeat.until:
        return _("%(every)s, until %(day)s") % {"every": said, "day": show_date(repeat.until)}
    if repeat.times:
        times = ngettext("%(n)d time", "%(n)d times", repeat.times) % {"n": repeat.times}
        return f"{said}, {times}"
    return said


def _every(repeat: Repeat, told: dict[str, str]) -> str:
    once, more = {
        DAY: (_("every day"), _("every %(n)s days")),
        WEEK: (_("every %(on)s"), _("every %(n)s weeks on %(on)s")),
        MONTH: (_("every month on %(on)s"), _("every %(n)s months on %(on)s")),
        WEEKDAY: (_("every month on %(on)s"), _("every %(n)s months on %(on)s")),
        YEAR: (_("every year on %(on)s"), _("every %(n)s years on %(on)s")),
    }[repeat.unit]
    return (once if repeat.every == 1 else more) % {"n": repeat.every, "on": _place(repeat, told)}


def _place(repeat: Repeat, told: dict[str, str]) -> str:
    """«thứ hai và thứ năm», «ngày 15», «ngày cuối tháng», «thứ hai tuần thứ 2», «thứ sáu cuối cùng», «ngày 2/9»."""
    day = told.get("BYMONTHDAY", "").rpartition(",")[2]
    if repeat.unit == MONTH:
        return _("its last day") if day == "31" else _("day %(n)s") % {"n": day}
    if repeat.unit == YEAR:
        return _("day %(n)s") % {"n": f"{day}/{told['BYMONTH']}"}
    if repeat.unit == WEEKDAY:
        nth, name = told["BYDAY"][:-2], str(DAYS[CODES.index(told["BYDAY"][-2:])])
        said = _("the last %(day)s") if nth == "-1" else _("%(day)s number %(n)s")
        return said % {"day": name, "n": nth}
    return _together([str(DAYS[one]) for one in repeat.days])


def _together(days: list[str]) -> str:
    if len(days) < 2:
        return "".join(days)
    return _("%(days)s and %(last)s") % {"days": ", ".join(days[:-1]), "last": days[-1]}
