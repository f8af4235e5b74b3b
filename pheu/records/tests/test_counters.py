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
from pheu.leads.models import Lead
from pheu.records import counters
from pheu.records.conditions import compile_tree
from pheu.records.counters import by_stage, can_answer, differing_counts, fold, made_since, rebuild, total
from pheu.records.models import Category, Counter
from pheu.timeline.services import assign, follow


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


@pytest.mark.parametrize("sql", ["update records_counter set count = count + 1", "delete from records_counter"])
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
    with django_assert_num_queries(3):
        counters.watch(LEAD)


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
