"""Days and hours, read and shown (vietnam.md 7.6)."""

from contextlib import suppress
from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils.translation import override
from hypothesis import given, settings
from hypothesis import strategies as st

from pheu.core.vietnamese.dates import (
    ZONE,
    read_date,
    read_datetime,
    show_date,
    show_datetime,
    show_overdue,
    show_relative_day,
    show_time,
    today_here,
)

TODAY = date(2026, 11, 24)


@pytest.fixture(autouse=True)
def in_english():
    with override("en"):
        yield


@pytest.mark.parametrize(
    ("typed", "day"),
    [
        ("24/11/2026", date(2026, 11, 24)),
        ("1/2/26", date(2026, 2, 1)),
        ("01-02-2026", date(2026, 2, 1)),
        ("24.11.2026", date(2026, 11, 24)),
        ("24/11", date(2026, 11, 24)),
        ("2026-11-24", date(2026, 11, 24)),
        ("2026/1/4", date(2026, 1, 4)),
        ("2026-11-24 00:00:00", date(2026, 11, 24)),
        ("2026-11-24T00:00", date(2026, 11, 24)),
        (" 24/11/2026\u200b", date(2026, 11, 24)),
        ("46350", date(2026, 11, 24)),
        (46350.0, date(2026, 11, 24)),
        ("46350.75", date(2026, 11, 24)),
        ("29/02/2028", date(2028, 2, 29)),
        ("24/11/46", date(2046, 11, 24)),
        ("24/11/47", date(1947, 11, 24)),
        ("5/6/99", date(1999, 6, 5)),
        ("hôm nay", TODAY),
        ("Ngày mai", TODAY + timedelta(days=1)),
        ("hôm qua", TODAY - timedelta(days=1)),
        ("24112026", date(2026, 11, 24)),
        ("20261124", date(2026, 11, 24)),
        ("20012002", date(2002, 1, 20)),
        ("311226", date(2026, 12, 31)),
        ("1 / 2 / 2026", date(2026, 2, 1)),
        ("15 tháng 3", date(2026, 3, 15)),
        ("ngày 15 tháng 3 năm 2027", date(2027, 3, 15)),
        ("15 tháng 3/27", date(2027, 3, 15)),
        ("mốt", date(2026, 11, 26)),
        ("mai", date(2026, 11, 25)),
        ("hôm kia", date(2026, 11, 22)),
        ("thứ 3", TODAY),  # a Tuesday
        ("thứ sáu", date(2026, 11, 27)),
        ("T2", date(2026, 11, 30)),
        ("chủ nhật", date(2026, 11, 29)),
        ("thứ 6 tuần sau", date(2026, 12, 4)),
        ("CN tuần tới", date(2026, 12, 6)),
        ("tuần sau", date(2026, 11, 30)),  # its Monday
        ("Tuần tới", date(2026, 11, 30)),
        ("1 tuần nữa", date(2026, 12, 1)),
        ("1 tuần sau", date(2026, 12, 1)),
        ("3 ngày nữa", date(2026, 11, 27)),
        ("2 tuần nữa", date(2026, 12, 8)),
        ("cuối tháng", date(2026, 11, 30)),
        ("cuoi thang nay", date(2026, 11, 30)),
        ("Cuối tháng sau", date(2026, 12, 31)),
        ("cuối tháng 2/27", date(2027, 2, 28)),
        ("đầu tháng", date(2026, 12, 1)),  # that of November is over
        ("đầu tháng này", date(2026, 11, 1)),
        ("giữa tháng", date(2026, 12, 15)),
        ("giữa tháng 3 năm 2027", date(2027, 3, 15)),
        ("tháng sau", date(2026, 12, 24)),
        ("cuối tuần", date(2026, 11, 28)),  # a Saturday
        ("cuối tuần sau", date(2026, 12, 5)),
        ("đầu tuần", date(2026, 11, 30)),
        ("đầu tuần sau", date(2026, 11, 30)),
        ("giữa tuần này", date(2026, 11, 25)),
        ("cuối quý", date(2026, 12, 31)),
        ("cuối quý sau", date(2027, 3, 31)),
        ("cuối năm", date(2026, 12, 31)),
        ("cuối năm tới", date(2027, 12, 31)),
        ("sáng thứ 2", date(2026, 11, 30)),
        ("tối nay", TODAY),
        (date(2026, 1, 2), date(2026, 1, 2)),
        (datetime(2026, 1, 1, 20, tzinfo=UTC), date(2026, 1, 2)),
    ],
)
def test_days_are_read_the_way_they_are_written(typed, day):
    assert read_date(typed, today=TODAY) == day


@pytest.mark.parametrize("today", [TODAY + timedelta(days=nth) for nth in range(7)])
def test_next_week_begins_on_its_monday_whatever_day_it_is_said_on(today):
    said = read_date("tuần sau", today=today)
    assert said.weekday() == 0 and 1 <= (said - today).days <= 7
    assert said == read_date("thứ 2 tuần sau", today=today) == read_date("đầu tuần sau", today=today)


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("31/02/2026", "Month 2 of 2026 has no day 31"),
        ("29/02/2026", "Month 2 of 2026 has no day 29"),
        ("31/04", "Month 4 of 2026 has no day 31"),
        ("0/1/2026", "no day 0"),
        ("12/31/2026", "no month 31. The day comes first"),
        ("1/1/0026", "year 26"),
        ("1/1/9999", "year 9999"),
        ("", "not a date"),
        ("mai mốt", "not a date"),
        ("24/11-2026", "not a date"),
        ("31022026", "no day 31"),
        ("20261324", "year 1324"),
        ("30 tháng 2", "no day 30"),
        ("thứ 8", "not a date"),
        ("2026", "not a date"),
        ("24/11/2026 17:00", "not a date"),
        ("²/1/2026", "not a date"),
    ],
)
def test_what_is_no_day_is_refused_with_a_reason(typed, reason):
    with pytest.raises(ValueError, match=reason):
        read_date(typed, today=TODAY)


def at(hour, minute=0, day=24, month=11, year=2026):
    return datetime(year, month, day, hour, minute, tzinfo=ZONE)


@pytest.mark.parametrize(
    ("typed", "moment"),
    [
        ("24/11/2026 17:00", at(17)),
        ("24/11 17:00", at(17)),
        ("24/11/26 17:05:59", at(17, 5)),
        ("17:00 24/11/2026", at(17)),
        ("24/11/2026, 17h30", at(17, 30)),
        ("24/11 9h", at(9)),
        ("24/11 9g15", at(9, 15)),
        ("24/11/2026 5:30 PM", at(17, 30)),
        ("24/11/2026 12:00 SA", at(0)),
        ("ngày mai 8:00", at(8, day=25)),
        ("mai 9h", at(9, day=25)),
        ("9h mốt", at(9, day=26)),
        ("thứ 6 14h30", at(14, 30, day=27)),
        ("15 tháng 3 8:00", at(8, day=15, month=3)),
        ("chiều mai 2h", at(14, day=25)),
        ("2h chiều mai", at(14, day=25)),
        ("2 giờ chiều mai", at(14, day=25)),
        ("chiều mai 2h rưỡi", at(14, 30, day=25)),
        ("chieu mai", at(14, day=25)),
        ("sáng thứ 2", at(9, day=30)),
        ("9 giờ 30 sáng thứ hai", at(9, 30, day=30)),
        ("tối nay", at(19)),
        ("8h tối nay", at(20)),
        ("toi mai 7h", at(19, day=25)),
        ("20h tối mai", at(20, day=25)),
        ("trưa mai 12h", at(12, day=25)),
        ("1h trưa 25/11", at(13, day=25)),
        ("15h chiều thứ 6 tuần tới", at(15, day=4, month=12)),
        ("thứ 6 tuần tới 9h", at(9, day=4, month=12)),
        ("sáng 24/11/2026", at(9)),
        ("cuối tháng 17h", at(17, day=30)),
        ("24/11/2026", at(0)),
        ("2026-11-24T17:00", at(17)),
        ("2026-11-24 17:00:12.345", at(17)),
        ("2026-11-24T10:00:00Z", at(17)),
        ("2026-11-24T10:00:00+00:00", at(17)),
        ("46350.7083333333", at(17)),
        (46350.9999999, at(0, day=25)),
        (date(2026, 11, 24), at(0)),
        (datetime(2026, 11, 24, 10, 0, 30, tzinfo=UTC), at(17)),
        (datetime(2026, 11, 24, 17), at(17)),  # noqa: DTZ001  (Excel's moments name no zone)
    ],
)
def test_moments_are_read_the_way_they_are_written(typed, moment):
    read = read_datetime(typed, today=TODAY)
    assert read == moment
    assert read.utcoffset() == timedelta(hours=7)


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("24/11 25:00", "not a time of day"),
        ("24/11 12:60", "not a time of day"),
        ("31/02 17:00", "no day 31"),
        ("17:00", "“17:00” names no day"),
        ("15h", "“15h” names no day"),
        ("14h sáng mai", "not a time of day"),
        ("12h tối mai", "not a time of day"),
        ("chiều 2h", "names no day"),
        ("sáng tối mai", "not a date"),
        ("cuối mai", "not a date"),
        ("2026-02-31T17:00", "not a date and time"),
    ],
)
def test_what_is_no_moment_is_refused_with_a_reason(typed, reason):
    with pytest.raises(ValueError, match=reason):
        read_datetime(typed, today=TODAY)


@settings(deadline=None)
@given(st.dates(date(1950, 1, 1), date(2150, 1, 1)), st.times())
def test_what_is_shown_is_read_back(day, hour):
    moment = datetime.combine(day, hour, ZONE).replace(second=0, microsecond=0)
    assert read_date(show_date(day)) == read_date(day.isoformat()) == day
    assert read_datetime(show_datetime(moment)) == moment


@pytest.mark.parametrize("typed", ["cuối tháng", "cuối tuần", "đầu tuần", "giữa tháng", "đầu tháng", "cuối quý"])
@settings(deadline=None)
@given(day=st.dates(date(1950, 1, 1), date(2150, 1, 1)))
def test_what_is_said_alone_is_to_come(typed, day):
    assert day <= read_date(typed, today=day) <= day + timedelta(days=92)


@settings(deadline=None)
@given(st.text() | st.text(st.sampled_from("0123456789/-.: Th+Z"), max_size=30))
def test_any_text_is_a_day_or_a_reason(text):
    for read in (read_date, read_datetime):
        with suppress(ValueError):
            assert read(text)


def test_moments_are_shown_in_the_time_of_vietnam():
    late = datetime(2026, 11, 23, 18, 5, tzinfo=UTC)
    assert show_datetime(late) == "24/11/2026 01:05"
    assert show_date(late) == "24/11/2026"
    assert show_time(late) == "01:05"
    assert show_date(date(2026, 2, 1)) == "01/02/2026"
    assert today_here() - datetime.now(ZONE).date() in (timedelta(0), timedelta(days=-1))


def test_near_days_have_names():
    days = [TODAY + timedelta(days=away) for away in (-2, -1, 0, 1, 2)]
    assert [show_relative_day(day, TODAY) for day in days] == ["22/11", "yesterday", "today", "tomorrow", "26/11"]
    assert show_relative_day(date(2027, 11, 25), TODAY) == "25/11/2027"
    assert show_relative_day(datetime(2026, 11, 24, 18, tzinfo=UTC), TODAY) == "tomorrow"
    assert (show_overdue(1), show_overdue(2)) == ("1 day overdue", "2 days overdue")


def test_near_days_have_vietnamese_names():
    with override("vi"):
        named = [show_relative_day(TODAY + timedelta(days=away), TODAY) for away in (-1, 0, 1)]
        assert named == ["hôm qua", "hôm nay", "ngày mai"]
        assert (show_overdue(1), show_overdue(2)) == ("quá hạn 1 ngày", "quá hạn 2 ngày")
