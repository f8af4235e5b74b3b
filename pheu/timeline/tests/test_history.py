"""The values of a record as of any date, and a field's whole history (issue 9)."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from pheu.timeline.history import UNKNOWN, Change, changes_in, value_at, value_at_first, values_at

BEGAN = datetime(2026, 11, 1, tzinfo=UTC)
VALUES = st.sampled_from(["", "a", "b", 7, {"id": 3, "name": "Bán lẻ"}, [{"id": 4, "name": "Gấp"}]])


def day(n):
    return BEGAN + timedelta(days=n)


def walked(values):
    """The changes, the newest first, of a field that held each of these for a day."""
    pairs = zip(values, values[1:], strict=False)
    return [Change("need", was, now, day(n)) for n, (was, now) in enumerate(pairs, 1)][::-1]


@given(st.lists(VALUES, min_size=1, max_size=12))
def test_a_field_held_at_every_moment_what_the_changes_lead_back_to(values):
    changes = walked(values)
    for n, held in enumerate(values):
        for hours in (0, 13, 23):
            assert value_at(day(n) + timedelta(hours=hours), values[-1], changes) == held
    assert value_at_first(values[-1], changes) == values[0]


def test_between_two_changes_that_do_not_meet_the_value_is_unknown():
    """Nobody guesses: something was never told."""
    changes = [Change("need", "c", "d", day(3)), Change("need", "a", "b", day(1))]
    assert [value_at(day(n), "d", changes) for n in range(5)] == ["a", UNKNOWN, UNKNOWN, "d", "d"]
    assert value_at(day(3), "other", changes) is UNKNOWN


def test_a_name_of_another_day_is_no_other_value():
    then, now = {"id": 3, "name": "Hội chợ"}, {"id": 3, "name": "Hội thảo"}
    changes = [Change("source", None, then, day(1))]
    assert values_at(day(2), {"source": now, "need": ""}, changes) == {"source": now, "need": ""}


def test_stages_are_read_from_moves_and_what_came_beside_a_value_is_left_out():
    moved = {"left": {"id": 1, "name": "Mới"}, "entered": {"id": 2, "name": "Đang xử lý"}}
    beside = {"changes": [{"field": "phone", "was": "", "now": "+84903112233", "beside": True}]}
    [move] = changes_in(day(1), moved | beside)
    assert (move.field, move.was, move.now) == ("stage", moved["left"], moved["entered"])
