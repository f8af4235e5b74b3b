"""Âm lịch: the lunar date of a day in Việt Nam and back (vietnam.md 7.7), reckoned by the rules and not looked up.

A month begins on the day of the new moon and the eleventh holds the winter solstice, both by the clock of Việt Nam
(UTC+7; Beijing reckons an hour later, so Tết was on another day there in 1985 and 2007 and will be in 2030). Where
thirteen months lie between two elevenths, the first in which the sun enters no twelfth of its way is a leap month.

Moon and sun: Meeus, Astronomical Algorithms (1998), chapters 49 and 25. From 1968, when Việt Nam began to reckon so, to
2050 no date hangs on less than what they leave open (a test measures it), but for the leap month of 2033, of which an
ephemeris says the same. Later a new moon may come so near midnight that the turning of the earth decides, which nobody
knows: within a minute in May 2054, December 2072, November 2077 and October 2085.
"""

from bisect import bisect_right
from datetime import date, timedelta
from functools import lru_cache
from itertools import pairwise
from math import floor, radians, sin
from typing import NamedTuple

DAY = timedelta(days=1)
HOURS_EAST = 7
_ORDINAL = 1721424.5  # the Julian day at the midnight of which Python's ordinals would begin
_J2000, _CENTURY = 2451545.0, 36525
_SOLSTICE = 9  # the twelfth of the sun's way that begins with winter

# Days by which a new moon is off its mean: factor, power of the eccentricity, anomaly of sun and moon, latitude.
_OFF_MEAN = [
    (-0.40720, 0, 0, 1, 0), (0.17241, 1, 1, 0, 0), (0.01608, 0, 0, 2, 0), (0.01039, 0, 0, 0, 2),
    (0.00739, 1, -1, 1, 0), (-0.00514, 1, 1, 1, 0), (0.00208, 2, 2, 0, 0), (-0.00111, 0, 0, 1, -2),
    (-0.00057, 0, 0, 1, 2), (0.00056, 1, 1, 2, 0), (-0.00042, 0, 0, 3, 0), (0.00042, 1, 1, 0, 2),
    (0.00038, 1, 1, 0, -2), (-0.00024, 1, -1, 2, 0), (-0.00007, 0, 2, 1, 0), (0.00004, 0, 0, 2, -2),
    (0.00004, 0, 3, 0, 0), (0.00003, 0, 1, 1, -2), (0.00003, 0, 0, 2, 2), (-0.00003, 0, 1, 1, 2),
    (0.00003, 0, -1, 1, 2),
]  # fmt: skip
# What the planets do to it: factor, angle at the moon of 6 January 2000, degrees for each moon since.
_PLANETS = [
    (0.000325, 299.77, 0.107408), (0.000165, 251.88, 0.016321), (0.000164, 251.83, 26.651886),
    (0.000126, 349.42, 36.412478), (0.000110, 84.66, 18.206239), (0.000062, 141.74, 53.303771),
    (0.000060, 207.14, 2.453732), (0.000056, 154.84, 7.306860), (0.000047, 34.52, 27.261239),
]  # fmt: skip


class Lunar(NamedTuple):
    """A day of the lunar calendar; `is_leap` of one in the second month of that number."""

    day: int
    month: int
    year: int
    is_leap: bool = False


class _Month(NamedTuple):
    first: date
    month: int
    year: int
    is_leap: bool


def to_lunar(day: date) -> Lunar:
    months = _from_solstice(day.year)
    if day >= months[-1].first:  # the eleventh month of the year has come
        months = _from_solstice(day.year + 1)
    at = months[bisect_right(months, day, key=lambda one: one.first) - 1]
    return Lunar((day - at.first).days + 1, at.month, at.year, at.is_leap)


def to_solar(lunar: Lunar) -> date:
    """The day of a lunar date; ValueError where the calendar has none such."""
    for month, after in pairwise((*_from_solstice(lunar.year)[:-1], *_from_solstice(lunar.year + 1))):
        if month[1:] == lunar[1:] and 1 <= lunar.day <= (after.first - month.first).days:
            return month.first + (lunar.day - 1) * DAY
    raise ValueError(f"The lunar calendar has no {lunar}.")


def tet(year: int) -> date:
    """The first day of a lunar year."""
    return to_solar(Lunar(1, 1, year))


@lru_cache(maxsize=32)
def _from_solstice(year: int) -> tuple[_Month, ...]:
    """The months from the eleventh of the year before to that of `year`, both among them."""
    nth = _eleventh(year - 1)
    firsts = [_day_of_moon(one) for one in range(nth, _eleventh(year) + 1)]
    twelfths = [_twelfth(first) for first in firsts]
    still = (n for n, (begins, ends) in enumerate(pairwise(twelfths)) if begins == ends)
    leap = next(still) if len(firsts) > 13 else len(firsts)
    numbers = [n - (n >= leap) for n in range(len(firsts))]
    return tuple(
        _Month(first, (number + 10) % 12 + 1, year - 1 + (number >= 2) - (number >= 14), n == leap)
        for n, (first, number) in enumerate(zip(firsts, numbers, strict=True))
    )


def _eleventh(year: int) -> int:
    """Which new moon begins the month of the winter solstice: the last that comes before the sun has entered winter."""
    nth = round((date(year, 12, 31).toordinal() + _ORDINAL - 2451550.09766) / 29.530588861) + 1
    while _day_of_moon(nth).year > year or _twelfth(_day_of_moon(nth)) >= _SOLSTICE:
        nth -= 1
    return nth


@lru_cache(maxsize=512)
def _day_of_moon(nth: int) -> date:
    return date.fromordinal(floor(new_moon(nth)))


def new_moon(nth: int) -> float:
    """When the `nth` new moon after that of 6 January 2000 comes, as an ordinal of Python in Việt Nam."""
    t = nth / 1236.85
    eccentricity = 1 - 0.002516 * t - 0.0000074 * t**2
    sun = 2.5534 + 29.10535670 * nth - 0.0000014 * t**2
    moon = 201.5643 + 385.81693528 * nth + 0.0107582 * t**2 + 0.00001238 * t**3
    latitude = 160.7108 + 390.67050284 * nth - 0.0016118 * t**2 - 0.00000227 * t**3
    node = 124.7746 - 1.56375588 * nth + 0.0020672 * t**2
    at = 2451550.09766 + 29.530588861 * nth + 0.00015437 * t**2 - 0.00000015 * t**3 - 0.00017 * sin(radians(node))
    at += sum(
        factor * eccentricity**power * sin(radians(a * sun + b * moon + c * latitude))
        for factor, power, a, b, c in _OFF_MEAN
    )
    at += sum(factor * sin(radians(angle + each * nth)) for factor, angle, each in _PLANETS)
    return at - _slower(at) + HOURS_EAST / 24 - _ORDINAL


def _twelfth(day: date) -> int:
    """In which twelfth of its way the sun stands when a day begins, from that of spring on."""
    return floor(sun_at(day.toordinal()) / 30)


def sun_at(ordinal: float) -> float:
    """Degrees of the sun's way at a moment given as `new_moon` gives it."""
    at = ordinal + _ORDINAL - HOURS_EAST / 24
    t = (at + _slower(at) - _J2000) / _CENTURY
    anomaly = radians(357.52911 + 35999.05029 * t - 0.0001537 * t**2)
    centre = (1.914602 - 0.004817 * t) * sin(anomaly) + 0.019993 * sin(2 * anomaly) + 0.000289 * sin(3 * anomaly)
    node = radians(125.04 - 1934.136 * t)
    return (280.46646 + 36000.76983 * t + 0.0003032 * t**2 + centre - 0.00569 - 0.00478 * sin(node)) % 360


def _slower(at: float) -> float:
    """Days by which the clock of the turning earth lies behind the even one of astronomers (Espenak and Meeus, 2006).

    Within 20 seconds from 1968 until now; how the earth will turn nobody knows.
    """
    years = (at - _J2000) / 365.25
    return (62.92 + 0.32217 * years + 0.005589 * years**2) / 86400
