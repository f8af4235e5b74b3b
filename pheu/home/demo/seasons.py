"""When customers come and nobody works: Tết, other holidays, the budget rush of autumn, and a company that grows."""

from datetime import date, timedelta
from random import Random

from pheu.core.vietnamese.lunar import tet

HOLIDAYS = {(1, 1), (4, 30), (5, 1), (9, 2)}
# Month -> how many ask: factories spend in autumn what they were given, and plan little in the rain.
MONTHS = {1: 0.85, 2: 0.7, 3: 1.1, 4: 1.1, 5: 1.0, 6: 0.8, 7: 0.75, 8: 0.95, 9: 1.15, 10: 1.3, 11: 1.35, 12: 1.1}
WEEKDAYS = [1.15, 1.1, 1.0, 1.0, 0.8, 0.0, 0.0]
GROWTH = 0.7  # from the first day to the last


def is_day_off(day: date) -> bool:
    return day.weekday() >= 5 or (day.month, day.day) in HOLIDAYS or -2 <= _after_tet(day) <= 4


def _after_tet(day: date) -> int:
    """Days since the nearest Tết; below nothing before it."""
    return min(((day - tet(year)).days for year in (day.year, day.year + 1)), key=abs)


def pull(day: date) -> float:
    """How many ask on a day, of an ordinary one."""
    after = _after_tet(day)
    quiet = 0.45 if -10 <= after <= 14 else 1
    return 0.0 if is_day_off(day) else MONTHS[day.month] * WEEKDAYS[day.weekday()] * quiet


def days_of(count: int, *, until: date, days: int, rng: Random) -> list[date]:
    """On which days `count` customers come, earliest first."""
    every = [until - timedelta(days=days - n) for n in range(days)]
    weights = [pull(day) * (1 + GROWTH * n / days) for n, day in enumerate(every)]
    return sorted(rng.choices(every, weights, k=count))
