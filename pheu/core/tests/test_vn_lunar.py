"""Âm lịch: Tết as Việt Nam keeps it, leap months, there and back, and how near midnight the moons come."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pheu.core.vietnamese.lunar import Lunar, new_moon, sun_at, tet, to_lunar, to_solar

# Those of 1968, 1969, 1985, 2007, 2030 and 2053 are on another day in China (vietnam.md 7.7).
TET = [
    date(1968, 1, 29), date(1969, 2, 16), date(1985, 1, 21), date(2007, 2, 17), date(2024, 2, 10), date(2025, 1, 29),
    date(2026, 2, 17), date(2027, 2, 6), date(2028, 1, 26), date(2029, 2, 13), date(2030, 2, 2), date(2031, 1, 23),
    date(2032, 2, 11), date(2033, 1, 31), date(2034, 2, 19), date(2035, 2, 8), date(2053, 2, 18),
]  # fmt: skip
# In 1985 Việt Nam had a second second month; China, a second tenth of 1984.
LEAP = {1985: 2, 1987: 6, 2020: 4, 2023: 2, 2025: 6, 2028: 5, 2031: 3, 2033: 11, 2036: 6}


@pytest.mark.parametrize("day", TET, ids=str)
def test_tet_is_when_viet_nam_keeps_it(day):
    assert tet(day.year) == day
    assert to_lunar(day) == Lunar(1, 1, day.year)
    assert to_lunar(day - timedelta(days=1))[1:] == (12, day.year - 1, False)


@pytest.mark.parametrize(
    ("day", "lunar"),
    [
        (date(2026, 4, 26), Lunar(10, 3, 2026)),  # Giỗ Tổ
        (date(2026, 9, 25), Lunar(15, 8, 2026)),  # Trung thu
        (date(2026, 11, 23), Lunar(15, 10, 2026)),
        (date(2025, 7, 25), Lunar(1, 6, 2025, is_leap=True)),
        (date(2033, 12, 22), Lunar(1, 11, 2033, is_leap=True)),
        (date(2034, 1, 20), Lunar(1, 12, 2033)),
    ],
)
def test_days_that_everybody_knows(day, lunar):
    assert to_lunar(day) == lunar
    assert to_solar(lunar) == day


@pytest.mark.parametrize("year", range(2019, 2037))
def test_a_leap_month_comes_after_the_month_of_its_number(year):
    days = [tet(year) + timedelta(days=n) for n in range((tet(year + 1) - tet(year)).days)]
    months = list(dict.fromkeys((one.month, one.is_leap) for one in map(to_lunar, days)))
    assert [month for month, is_leap in months if not is_leap] == list(range(1, 13))
    assert [month for month, is_leap in months if is_leap] == ([LEAP[year]] if year in LEAP else [])
    assert sorted(months) == months


@pytest.mark.parametrize(
    "lunar", [Lunar(0, 1, 2026), Lunar(31, 1, 2026), Lunar(30, 2, 2026), Lunar(1, 13, 2026), Lunar(1, 5, 2026, True)]
)
def test_a_day_that_the_calendar_does_not_have(lunar):
    with pytest.raises(ValueError, match="no Lunar"):
        to_solar(lunar)


DAYS = st.dates(date(1900, 1, 1), date(2199, 12, 31))


@given(DAYS)
def test_there_and_back_is_the_same_day_and_the_next_day_follows(day):
    lunar, after = to_lunar(day), to_lunar(day + timedelta(days=1))
    assert to_solar(lunar) == day
    assert 1 <= lunar.day <= 30
    assert after == lunar._replace(day=lunar.day + 1) or (after.day == 1 and lunar.day >= 29)


def test_no_date_until_2050_hangs_on_less_than_the_reckoning_leaves_open():
    """Moons are right within half a minute, the clock of the earth within 20 seconds, the sun within 0.01 degrees."""
    moons = [new_moon(nth) for nth in range(-395, 631)]
    assert (date.fromordinal(int(moons[0])).year, date.fromordinal(int(moons[-1])).year) == (1968, 2050)
    assert min(abs(at - round(at)) for at in moons) * 24 * 60 > 1  # minute
    turns = [(sun_at(int(at)), date.fromordinal(int(at))) for at in moons]
    assert [day for at, day in turns if abs(at / 30 - round(at / 30)) * 30 < 0.01] == [date(2033, 9, 23)]
