"""Counts that are kept: whoever writes, they are those of the rows; every database test ends by comparing them too."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.db.models import Q
from django.utils import timezone

from pheu.conftest import stage_of, standing
from pheu.deals.kinds import DEAL, OPEN
from pheu.deals.services import close_deal, create_deal, move_deal
from pheu.leads.kinds import LEAD
from pheu.leads.models import Lead, Rating
from pheu.records.conditions import compile_tree
from pheu.records.counter_triggers import differing_counts, fold, rebuild, watch
from pheu.records.counters import by_stage, by_value, can_answer, made_since, total
from pheu.records.models import Category, Counter, GroupCounter
from pheu.setup.shaping import add_field, digest, move_field
from pheu.timeline.services import assign, follow

HOT, COLD = (str(one.value) for one in (Rating.HIGH, Rating.LOW))
OPTIONS = [{"value": "coal", "label": "Than"}, {"value": "gas", "label": "Khí"}]


def told(kind, user, condition=None):
    found = by_stage(kind, user, condition or Q())
    return {stage: (one.count, one.amount) for stage, one in found.items() if one.count}


def test_making_moving_and_closing_keep_count_and_sum(an, deal):
    first, quote = deal.stage, stage_of("deal", "Báo giá")
    create_deal({"name": "Trạm khí", "owner": an}, by=an)
    assert told(DEAL, an) == {first.pk: (2, Decimal(850_000_000))}
    deal = move_deal(deal, to=quote, left=first, by=an)
    assert told(DEAL, an) == {first.pk: (1, 0), quote.pk: (1, Decimal(850_000_000))}
    assert by_stage(DEAL, an, Q())[quote.pk].weighted == Decimal(510_000_000)
    close_deal(deal, to=stage_of("deal", "Thành công"), by=an)
    assert total(DEAL, an, compile_tree(DEAL, an, OPEN)) == 1


def test_each_person_counts_what_they_see(an, binh, chi, dung, giang, hanh, lead):
    """Own and team by the counters; what I made or follow beside them, each row once."""
    mine = standing("lead", {"name": "Của Chi", "owner": chi}, by=an)  # made by An, owned elsewhere
    assert [total(LEAD, user, Q()) for user in (an, binh, chi, dung, giang, hanh)] == [2, 1, 1, 2, 2, 0]
    follow(lead.record, user=hanh, by=an)
    assert total(LEAD, hanh, Q()) == 1
    assign([mine], owner=an, by=dung)
    assert [total(LEAD, user, Q()) for user in (an, binh, chi)] == [2, 2, 0]


def test_what_was_made_since_a_day(an, chi, lead):
    """By counters where I own it, by rows where I only made it: told by day and category alike."""
    today = timezone.localdate()
    standing("lead", {"name": "Của Chi", "owner": chi}, by=an)
    assert made_since(LEAD, an, today) == {(today, Category.NEW): 2}
    assert made_since(LEAD, an, today + timedelta(days=1)) == {}


def test_folding_changes_no_count_and_leaves_one_row_for_each_place(an, lead):
    for _again in range(3):
        standing("lead", {"name": "Trạm", "owner": an}, by=an)
    before = told(LEAD, an)
    fold()
    assert told(LEAD, an) == before
    assert not Counter.objects.filter(is_delta=True).exists()
    standing("lead", {"name": "Trạm", "owner": an}, by=an)
    fold()
    assert Counter.objects.filter(kind="lead", day=None).count() == 1
    assert total(LEAD, an, Q()) == 5


def valued(kind, user, name, condition=None):
    found = by_value(kind, user, condition or Q(), kind.schema[name])
    return {value: (one.count, one.amount) for value, one in found.items() if one.count}


def test_each_value_of_a_choice_has_its_count_and_its_sum(an, chi, dung, deal):
    """Boards and groups read them; as texts, the empty one for none."""
    hot = {"name": "Trạm", "owner": an, "rating": Rating.HIGH, "expected_amount": 5}
    rows = [create_deal(hot, by=an) for _again in range(2)]
    theirs = standing("deal", {"name": "Của Chi", "owner": chi, "rating": Rating.HIGH}, by=an)
    assert valued(DEAL, an, "rating") == {"": (1, 850_000_000), HOT: (3, 10)}  # what I made beside what is mine
    assert valued(DEAL, chi, "rating") == {HOT: (1, 0)}
    close_deal(rows[0], to=stage_of("deal", "Thành công"), by=an)
    assert valued(DEAL, an, "rating", compile_tree(DEAL, an, OPEN)) == {"": (1, 850_000_000), HOT: (2, 5)}
    DEAL.change(rows[1], {"rating": (Rating.HIGH, Rating.LOW)}, by=an)
    fold()
    assert valued(DEAL, dung, "rating") == {"": (1, 850_000_000), HOT: (2, 5), COLD: (1, 5)}
    DEAL.archive([theirs], by=dung)
    assert valued(DEAL, dung, "rating")[HOT] == (1, 5)


def of_boiler(dung, label="Lò hơi"):
    values = {"label": label, "group": "requirements", "settings": {"options": OPTIONS}}
    return add_field("lead", "choice", values, by=dung)


def test_a_choice_of_ones_own_is_counted_from_its_first_day(an, dung, lead):
    one = of_boiler(dung)
    for value in ("coal", "coal", "gas"):
        standing("lead", {"name": "Lò", "owner": an, one.key: value}, by=an)
    assert {value: n for value, (n, _worth) in valued(LEAD, an, one.key).items()} == {"": 1, "coal": 2, "gas": 1}
    assert GroupCounter.objects.filter(field=one.key).exists()


def test_a_choice_that_moves_to_another_kind_is_counted_with_the_values_it_left_there(an, dung, lead):
    one = of_boiler(dung)
    standing("lead", {"name": "Lò", "owner": an, one.key: "coal"}, by=an)
    move_field(one.pk, "deal", seen=digest(one), by=dung)
    create_deal({"name": "Lò", "owner": an, one.key: "gas"}, by=an)
    one.refresh_from_db()
    assert valued(DEAL, an, one.key) == {"gas": (1, 0)}
    of_boiler(dung, "Lò đốt")  # the triggers of leads are made anew
    assert not GroupCounter.objects.filter(kind="lead", field=one.key).exists()
    move_field(one.pk, "lead", seen=digest(one), by=dung)
    assert {value: n for value, (n, _worth) in valued(LEAD, an, one.key).items()} == {"": 1, "coal": 1}


@pytest.mark.parametrize(
    "sql",
    [
        "update records_counter set count = count + 1",
        "delete from records_counter",
        "update records_groupcounter set count = count + 1",
        "delete from records_groupcounter",
        "update records_groupcounter set value = 'none' where field = 'source'",
    ],
)
def test_doctor_finds_a_difference_and_counting_anew_mends_it(an, lead, sql):
    assert list(differing_counts()) == []
    with connection.cursor() as cursor:
        cursor.execute(sql)
    assert list(differing_counts())
    rebuild()
    assert list(differing_counts()) == []


def test_whatever_writes_is_counted(an, lead):
    """Past the doors too: a trigger hears every statement."""
    Lead.objects.filter(pk=lead.pk).update(expected_amount=Decimal(5), next_activity_at=timezone.now())
    [one] = by_stage(LEAD, an, Q()).values()
    assert (one.amount, one.planned) == (5, 1)
    Lead.objects.filter(pk=lead.pk).update(expected_amount=lead.expected_amount, next_activity_at=None)


def test_watching_twice_makes_nothing_anew(an, django_assert_num_queries):
    with django_assert_num_queries(4):  # two of them a savepoint
        watch(LEAD)


@pytest.mark.parametrize(
    ("tree", "answer"),
    [
        ({}, True),
        ({"field": "owner", "op": "in", "value": ["me"]}, True),
        ({"all": [OPEN, {"any": [{"field": "team", "op": "empty"}]}]}, True),
        ({"not": OPEN}, True),
        ({"field": "label", "op": "in", "value": [1]}, False),
        ({"all": [OPEN, {"field": "created_at", "op": "from", "value": {"days": -1}}]}, False),
    ],
)
def test_which_conditions_need_no_rows(tree, answer):
    assert can_answer(tree) is answer
