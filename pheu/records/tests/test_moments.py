"""Days and moments said from now: pure, at moments where calendars are awkward."""

from datetime import UTC, date, datetime

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from pheu.records import moments
from pheu.records.moments import read_day, read_moment
from pheu.records.tests.made_up import HERE


@pytest.fixture
def now(monkeypatch):
    def set_to(text: str) -> None:
        at = datetime.fromisoformat(text).replace(tzinfo=HERE)
        monkeypatch.setattr(timezone, "now", lambda: at.astimezone(UTC))

    return set_to


@pytest.mark.parametrize(
    ("at", "said", "day"),
    [
        ("2026-11-25T10:00", {}, "2026-11-25"),
        ("2026-11-25T10:00", {"days": -14}, "2026-11-11"),
        ("2026-11-25T10:00", {"days": 6}, "2026-12-01"),
        ("2026-11-25T10:00", {"weeks": -1, "days": 1}, "2026-11-19"),
        ("2026-11-25T10:00", {"start": "day"}, "2026-11-25"),
        ("2026-11-25T10:00", {"start": "week"}, "2026-11-23"),  # a Monday
        ("2026-11-23T00:00", {"start": "week"}, "2026-11-23"),
        ("2026-11-22T23:59", {"start": "week"}, "2026-11-16"),  # Sunday is the last day
        ("2026-11-25T10:00", {"start": "week", "weeks": 1}, "2026-11-30"),
        ("2026-11-25T10:00", {"start": "month"}, "2026-11-01"),
        ("2026-11-25T10:00", {"start": "month", "months": 1}, "2026-12-01"),
        ("2026-12-31T10:00", {"start": "month", "months": 1}, "2027-01-01"),
        ("2026-11-25T10:00", {"start": "month", "months": 1, "days": -1}, "2026-11-30"),
        ("2026-11-25T10:00", {"start": "quarter"}, "2026-10-01"),
        ("2026-03-31T10:00", {"start": "quarter"}, "2026-01-01"),
        ("2026-11-25T10:00", {"start": "year"}, "2026-01-01"),
        ("2026-11-25T10:00", {"start": "year", "months": -12}, "2025-01-01"),
        ("2026-01-31T10:00", {"months": 1}, "2026-02-28"),  # the last day where there is no such day
        ("2028-01-31T10:00", {"months": 1}, "2028-02-29"),
        ("2028-02-29T10:00", {"months": 12}, "2029-02-28"),
        ("2028-02-29T10:00", {"months": -48}, "2024-02-29"),
        ("2026-12-31T10:00", {"months": -1}, "2026-11-30"),
        ("2026-12-31T10:00", {"months": 2}, "2027-02-28"),
        ("2026-01-01T00:00", {"days": -1}, "2025-12-31"),
        ("2026-01-01T00:00", {"months": -1}, "2025-12-01"),
        ("2100-02-28T10:00", {"days": 1}, "2100-03-01"),  # no leap year
        ("2026-11-25T23:59", {"days": 0}, "2026-11-25"),  # our day, though it is the 25th in London too
        ("2026-11-26T00:30", {"days": 0}, "2026-11-26"),  # our day, while London has the 25th
    ],
)
def test_a_day_is_counted_in_our_calendar(now, at, said, day):
    now(at)
    assert read_day(said) == date.fromisoformat(day)
    moment = read_moment(said)
    assert timezone.localtime(moment).date() == date.fromisoformat(day)
    assert moment.tzinfo is not None


@pytest.mark.parametrize("said", [{}, {"days": -3}, {"months": 2}, {"weeks": 1}, {"start": "now", "months": -1}])
def test_from_now_keeps_the_time_of_day(now, said):
    now("2026-11-25T10:20:30")
    assert timezone.localtime(read_moment(said)).time().isoformat() == "10:20:30"


@pytest.mark.parametrize("start", ["day", "week", "month", "quarter", "year"])
def test_a_beginning_is_midnight_in_vietnam(now, start):
    now("2026-11-25T10:20:30")
    moment = read_moment({"start": start, "days": 1})
    assert timezone.localtime(moment).time().isoformat() == "00:00:00"
    assert moment.astimezone(UTC).hour == 17


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-30", "2026-11-30T00:00+07:00"),
        ("2026-11-30T09:00", "2026-11-30T09:00+07:00"),
        ("2026-11-30T09:00+07:00", "2026-11-30T09:00+07:00"),
        ("2026-11-30T02:00Z", "2026-11-30T09:00+07:00"),
        ("2026-11-30T09:00:30.5-05:00", "2026-11-30T21:00:30.5+07:00"),
    ],
)
def test_a_moment_written_out(text, moment):
    assert read_moment(text) == datetime.fromisoformat(moment)


WRONG = ["", "x", "2026-02-29", "1899-12-31", "2201-01-01", "9999-12-31", "2026-11-30T24:01", "x" * 100, None, 5, [],
         {"start": "century"}, {"start": {}}, {"days": "1"}, {"days": 1.0}, {"days": True}, {"days": 4801}, {"y": 1},
         {"months": 12 * 200}, {"months": -12 * 200}, {"weeks": 4800, "months": 1600}]  # fmt: skip


@pytest.mark.parametrize("told", WRONG, ids=repr)
@pytest.mark.parametrize("read", [read_day, read_moment])
def test_what_is_no_moment_is_refused(told, read):
    with pytest.raises((ValueError, TypeError)):
        read(told)


@given(
    start=st.sampled_from(sorted(moments.STARTS)),
    days=st.integers(-800, 800), weeks=st.integers(-100, 100), months=st.integers(-100, 100),
)  # fmt: skip
def test_months_come_first_then_days_and_a_start_is_the_first_of_its_kind(start, days, weeks, months):
    first = read_day({"start": start, "months": months})
    whole = read_day({"start": start, "days": days, "weeks": weeks, "months": months})
    assert (whole - first).days == days + 7 * weeks
    assert start != "week" or read_day({"start": start}).weekday() == 0
    assert start not in ("month", "quarter", "year") or first.day == 1
    assert start != "quarter" or (first.month - 1 - months) % 3 == 0
