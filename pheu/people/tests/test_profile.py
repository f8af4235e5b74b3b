"""When the company works: its weekdays, its holidays, and the days that are worked instead."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from pheu.core import shape
from pheu.people.models import Holiday, Profile
from pheu.people.profile import holiday, hours_of, is_working, next_working_day, next_working_moment

FRIDAY, SATURDAY, SUNDAY, MONDAY = (date(2031, 6, day) for day in (13, 14, 15, 16))
MORNING, AFTERNOON = (time(8), time(12)), (time(13, 30), time(17, 30))
pytestmark = pytest.mark.django_db


@pytest.fixture
def closed():
    """Monday is a holiday and the Sunday before it is worked instead."""
    Holiday.objects.create(day=MONDAY, name="Quốc khánh")
    Holiday.objects.create(day=SUNDAY, name="Làm bù", is_working=True)
    shape.changed()


def test_a_new_company_works_in_the_week_and_on_saturday_morning(django_assert_num_queries):
    with django_assert_num_queries(0):
        assert (hours_of(FRIDAY), hours_of(SATURDAY), hours_of(SUNDAY)) == ((MORNING, AFTERNOON), (MORNING,), ())
        assert [is_working(day) for day in (FRIDAY, SATURDAY, SUNDAY)] == [True, True, False]


def test_holidays_go_before_weekdays_and_a_day_worked_instead_is_a_whole_one(closed):
    assert (hours_of(MONDAY), hours_of(SUNDAY)) == ((), (MORNING, AFTERNOON))
    assert (str(holiday(MONDAY)), holiday(FRIDAY)) == ("Quốc khánh", None)
    Holiday.objects.create(day=SATURDAY, name="Làm bù", is_working=True)
    shape.changed()
    assert hours_of(SATURDAY) == (MORNING,)  # its own, where it has some


def test_the_next_moment_of_work_keeps_the_hour(closed):
    late = datetime(2031, 6, 15, 23, 30, tzinfo=UTC)  # Monday in Việt Nam
    assert next_working_moment(late) == late + timedelta(days=1)
    on_friday = datetime(2031, 6, 13, 2, tzinfo=UTC)
    assert next_working_moment(on_friday) == on_friday
    assert next_working_day(MONDAY) == MONDAY + timedelta(days=1)


def test_it_is_read_once_for_all_that_ask(closed, django_assert_max_num_queries):
    with django_assert_max_num_queries(2):
        for nth in range(400):
            is_working(FRIDAY + timedelta(days=nth))
    Profile.objects.update(saturday="")
    assert is_working(SATURDAY)  # nobody has said that it changed
    shape.changed()
    assert not is_working(SATURDAY)


def test_a_company_that_never_works_waits_for_nothing(closed):
    Profile.objects.update(**dict.fromkeys(("monday", "tuesday", "wednesday", "thursday", "friday", "saturday"), ""))
    Holiday.objects.all().delete()
    shape.changed()
    assert next_working_day(FRIDAY) == FRIDAY
