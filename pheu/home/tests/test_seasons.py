"""Eighteen months of the demo company as they are dealt out: seasons, Tết, growth, and people of different skill."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from random import Random

import pytest

from pheu.home.demo.customers import Inventor
from pheu.home.demo.scripts import CONVERTED, DAYS, write_lists, write_scripts
from pheu.home.demo.seasons import days_of, is_day_off, pull
from pheu.records.models import Category

NOW = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def scripts():
    rng = Random(1)
    lists = write_lists(now=NOW, days=DAYS, rng=rng)
    return write_scripts(2000, lists, now=NOW, days=DAYS, inventor=Inventor(rng), rng=rng)


@pytest.mark.parametrize(
    "day", [date(2026, 2, 17), date(2026, 2, 15), date(2026, 9, 2), date(2026, 4, 30), date(2026, 11, 22)]
)
def test_nobody_comes_on_a_holiday(day):
    assert is_day_off(day)
    assert pull(day) == 0


def test_most_come_in_autumn_few_around_tet_and_more_every_year():
    by_month = Counter((day.year, day.month) for day in days_of(20_000, until=NOW.date(), days=DAYS, rng=Random(1)))
    assert by_month[2026, 2] < by_month[2026, 4] / 2
    assert by_month[2026, 7] < by_month[2026, 10]
    assert by_month[2025, 10] < by_month[2026, 10]


def test_two_thousand_leads_give_some_six_hundred_deals(scripts):
    assert len(scripts) == 2000
    converted = [script for script in scripts if script.ending == CONVERTED]
    again = [script for script in converted if script.needs_service]
    assert 560 < len(converted) + len(again) < 640
    assert max(script.begins for script in scripts) <= NOW
    assert NOW - min(script.begins for script in scripts) > timedelta(days=530)


def test_who_sells_better_wins_more(scripts):
    ended = [one for one in scripts if one.ending == CONVERTED and one.deal_ending in (Category.WON, Category.LOST)]
    won, all_of = Counter(), Counter()
    for script in ended:
        all_of[script.seller] += 1
        won[script.seller] += script.deal_ending == Category.WON
    assert won["my"] / all_of["my"] > 1.3 * won["phuc"] / all_of["phuc"]


def test_who_was_sent_by_a_friend_buys_more_readily(scripts):
    became = {
        source: [one.ending == CONVERTED for one in scripts if one.source == source]
        for source in ("Giới thiệu", "Facebook comment")
    }
    rates = {source: sum(ends) / len(ends) for source, ends in became.items()}
    assert rates["Giới thiệu"] > 2 * rates["Facebook comment"]


def test_no_two_customers_are_one(scripts):
    customers = {script.customer for script in scripts}
    assert len({one.phone for one in customers}) == len(customers)
    assert len({one.name for one in customers}) == len(customers)
