"""Working hours of a day as people write them."""

from datetime import time

import pytest

from pheu.core.vietnamese.hours import read_hours, stretches


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("08:00-12:00, 13:30-17:30", "08:00-12:00, 13:30-17:30"),
        ("8-12; 13h30 – 17h30", "08:00-12:00, 13:30-17:30"),
        ("8h đến 12h và 13.30 tới 17.30", "08:00-12:00, 13:30-17:30"),
        ("7 giờ 30 - 11 giờ", "07:30-11:00"),
        ("8:00-12:00,12:00-16:00", "08:00-12:00, 12:00-16:00"),
        ("  9-18 ", "09:00-18:00"),
        ("nghỉ", ""),
        ("Off", ""),
        ("", ""),
    ],
)
def test_hours_are_read_as_they_are_written(typed, read):
    assert read_hours(typed) == read
    assert read_hours(read) == read


@pytest.mark.parametrize(
    "typed",
    ["12-8", "8-8", "13-17, 8-12", "8-12, 11-15", "25-26", "8:99-9", "sáng", "8", "8-9,10-11,12-13", "8-12" * 40],
)
def test_what_are_no_hours_is_said(typed):
    with pytest.raises(ValueError, match=r"\w+ \w+"):
        read_hours(typed)


def test_the_stretches_of_a_day():
    assert stretches("08:00-12:00, 13:30-17:30") == ((time(8), time(12)), (time(13, 30), time(17, 30)))
    assert stretches("") == ()
