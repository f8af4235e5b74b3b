"""On which days work comes again: rules as calendars write them, in words, and nothing that could never end (R1.29)."""

from datetime import date

import pytest
from django.utils import translation

from pheu.activities.repeating import Repeat, coming, gone_by, limited, must_be_possible, rule_from, show_rule
from pheu.core.errors import DomainError

WEDNESDAY = date(2026, 11, 25)


def days(repeat, first, most=4):
    return [f"{one:%d/%m}" for one in coming(rule_from(repeat, first), first, after=first, most=most)]


@pytest.mark.parametrize(
    ("repeat", "first", "rule", "expected", "words"),
    [
        (Repeat("day"), WEDNESDAY, "FREQ=DAILY", ["26/11", "27/11", "28/11", "29/11"], "mỗi ngày"),
        (Repeat("day", 3), WEDNESDAY, "FREQ=DAILY;INTERVAL=3", ["28/11", "01/12", "04/12", "07/12"], "3 ngày một lần"),
        (
            Repeat("week", 1, (0, 3)), date(2026, 11, 26), "FREQ=WEEKLY;BYDAY=MO,TH",
            ["30/11", "03/12", "07/12", "10/12"], "mỗi thứ hai và thứ năm",
        ),
        (
            Repeat("week", 2, (0, 2, 4)), WEDNESDAY, "FREQ=WEEKLY;BYDAY=MO,WE,FR;INTERVAL=2",
            ["27/11", "07/12", "09/12", "11/12"], "2 tuần một lần vào thứ hai, thứ tư và thứ sáu",
        ),
        (Repeat("month"), WEDNESDAY, "FREQ=MONTHLY;BYMONTHDAY=25", ["25/12", "25/01", "25/02", "25/03"],
         "ngày 25 hằng tháng"),
        (
            Repeat("month"), date(2026, 12, 31), "FREQ=MONTHLY;BYMONTHDAY=28,29,30,31;BYSETPOS=-1",
            ["31/01", "28/02", "31/03", "30/04"], "ngày cuối tháng hằng tháng",
        ),
        (
            Repeat("month"), date(2027, 1, 29), "FREQ=MONTHLY;BYMONTHDAY=28,29;BYSETPOS=-1",
            ["28/02", "29/03", "29/04", "29/05"], "ngày 29 hằng tháng",
        ),
        (
            Repeat("weekday"), date(2026, 12, 8), "FREQ=MONTHLY;BYDAY=2TU",
            ["12/01", "09/02", "09/03", "13/04"], "thứ ba tuần thứ 2 hằng tháng",
        ),
        (
            Repeat("weekday", 2), date(2026, 12, 31), "FREQ=MONTHLY;BYDAY=-1TH;INTERVAL=2",
            ["25/02", "29/04", "24/06", "26/08"], "thứ năm cuối cùng, 2 tháng một lần",
        ),
        (
            Repeat("year"), date(2028, 2, 29), "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=28,29;BYSETPOS=-1",
            ["28/02", "28/02", "28/02", "29/02"], "ngày 29/2 hằng năm",
        ),
        (
            Repeat("day", until=date(2026, 11, 27)), WEDNESDAY, "FREQ=DAILY;UNTIL=20261127",
            ["26/11", "27/11"], "mỗi ngày, đến 27/11/2026",
        ),
        (Repeat("day", times=3), WEDNESDAY, "FREQ=DAILY;COUNT=3", ["26/11", "27/11"], "mỗi ngày, 3 lần"),
    ],
)  # fmt: skip
def test_a_rule_gives_its_days_and_its_words_and_is_read_back(repeat, first, rule, expected, words):
    assert rule_from(repeat, first) == rule
    assert days(repeat, first) == expected
    assert show_rule(rule) == words
    assert Repeat.read(rule) == repeat


def test_in_english_too():
    with translation.override("en"):
        assert show_rule("FREQ=WEEKLY;BYDAY=MO,TH;UNTIL=20261231") == "every Monday and Thursday, until 31/12/2026"


def test_it_begins_on_the_first_day_that_fits():
    assert Repeat("week", 1, (0, 3)).begins(WEDNESDAY) == date(2026, 11, 26)
    assert Repeat("day").begins(WEDNESDAY) == WEDNESDAY


def test_another_end_leaves_the_date_of_the_month_alone():
    """What goes on in February is on the 31st again in March."""
    rule = rule_from(Repeat("month", times=9), date(2026, 12, 31))
    rest = limited(rule, until=None, times=7)
    assert rest == "FREQ=MONTHLY;BYMONTHDAY=28,29,30,31;BYSETPOS=-1;COUNT=7"
    february = date(2027, 2, 28)
    assert [one.day for one in coming(rest, february, after=february, most=2)] == [31, 30]
    assert limited(rule, until=february, times=None).endswith("BYSETPOS=-1;UNTIL=20270228")


def test_days_that_have_been_are_counted():
    rule = rule_from(Repeat("day", times=10), WEDNESDAY)
    assert [gone_by(rule, WEDNESDAY, before=day) for day in (WEDNESDAY, date(2026, 11, 28))] == [0, 3]


@pytest.mark.parametrize(
    "repeat",
    [
        "FREQ=SECONDLY", None, Repeat("second"), Repeat("day", 0), Repeat("day", 10**9), Repeat("day", True),
        Repeat("day", 1.5), Repeat("day", times=0), Repeat("day", times=10**9), Repeat("week"), Repeat("week", 1, (7,)),
        Repeat("week", 1, (0, 0)), Repeat("day", 1, (0,)), Repeat("day", until="2026-12-31"),
        Repeat("day", until=WEDNESDAY, times=3),
    ],
)  # fmt: skip
def test_what_nobody_can_mean_is_refused(repeat):
    with pytest.raises(DomainError):
        must_be_possible(repeat)
