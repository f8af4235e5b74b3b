"""Two at once by one rule: each takes a turn of its own (R1.17)."""

from functools import partial
from typing import Any

import pytest
from django.db import transaction
from django.http import QueryDict

from pheu.automation.calling import next_customer
from pheu.automation.models import HandOutRule, Patience, Turn
from pheu.automation.services import hand_out_by_rules, return_to_pool
from pheu.automation.tests.test_pool import pass_by
from pheu.conftest import make_cast
from pheu.leads.models import Lead
from pheu.leads.services import create_lead
from pheu.parties.services import create_prospect
from pheu.people.models import Team
from pheu.records.lists import listing_for
from pheu.records.models import Record
from pheu.records.tests.races import BEFORE_LOCK, BEFORE_WRITE, disagreements, race
from pheu.setup import lists
from pheu.setup.configuring import add_item, change_item
from pheu.timeline.models import Note
from pheu.timeline.services import add_note


@pytest.fixture
def cast(transactional_db: None) -> Any:
    return make_cast()


@pytest.fixture
def rule(cast: Any) -> HandOutRule:
    values = {"name": "Lần lượt", "way": "turns", "on_new": True, "people": [cast.an, cast.binh]}
    return add_item(lists.get("lead-rules"), values, by=cast.dung)


def next_for(person: Any) -> Any:
    """The customer whom somebody gets from the whole list."""
    found = next_customer(listing_for(person, "prospect", QueryDict("tab=all")), beyond=None)
    return found and found[0].pk


@pytest.mark.parametrize("stays", [False, True], ids=["before either is kept", "while the first is being kept"])
def test_two_who_call_at_once_get_two_customers(cast, stays):
    """R1.16: both have read that the first one is free; the last of them is left for one, and nobody for the other."""
    team = Team.objects.get(name="Miền Bắc")
    values = {"owner": None, "team": team}
    first, second = (create_prospect({"company_name": name, **values}, by=cast.binh) for name in ("Hòn Đá", "Trăng"))

    def stay() -> Any:
        got = next_for(cast.an)
        if stays:
            add_note(Record.objects.get(pk=first.pk), body="Đã gọi", by=cast.an)
        return got

    outcome = race(stay, partial(next_for, cast.binh), at=BEFORE_LOCK if stays else BEFORE_WRITE)
    assert (outcome.errors, outcome.deadlocks) == ([], 0)
    assert sorted(outcome.results) == [first.pk, second.pk]
    assert dict(Turn.objects.values_list("user", "record")) == dict(
        zip([cast.an.pk, cast.binh.pk], outcome.results, strict=True)
    )


def made_by(person: Any) -> Any:
    return partial(create_lead, {"company_name": "Xi măng Hòn Đá", "owner": None}, by=person)


@pytest.mark.parametrize("point", [BEFORE_LOCK, BEFORE_WRITE])
def test_two_new_leads_at_once_take_two_turns(cast, rule, point):
    outcome = race(made_by(cast.dung), made_by(cast.hanh), at=point)
    assert (outcome.errors, outcome.deadlocks) == ([], 0)
    assert set(Lead.objects.values_list("owner", flat=True)) == {cast.an.pk, cast.binh.pk}
    assert list(disagreements()) == []


@pytest.mark.parametrize("point", [BEFORE_LOCK, BEFORE_WRITE])
def test_a_new_lead_while_others_are_handed_out(cast, rule, point):
    change_item(lists.get("lead-rules"), rule.pk, {"is_active": (True, False)}, by=cast.dung)
    there = [made_by(cast.dung)() for _n in range(3)]
    change_item(lists.get("lead-rules"), rule.pk, {"is_active": (False, True)}, by=cast.dung)
    outcome = race(partial(hand_out_by_rules, there, by=cast.dung), made_by(cast.hanh), at=point)
    assert (outcome.errors, outcome.deadlocks) == ([], 0)
    owners = sorted(Lead.objects.values_list("owner", flat=True))
    assert owners == [cast.an.pk, cast.an.pk, cast.binh.pk, cast.binh.pk]
    assert list(disagreements()) == []


def test_a_rule_that_is_changed_while_it_is_gone_by(cast, rule):
    """Whoever changes it waits, or is waited for; the turn is not forgotten."""
    page = lists.get("lead-rules")
    change = partial(change_item, page, rule.pk, {"name": ("Lần lượt", "Theo lượt")}, by=cast.dung)
    outcome = race(made_by(cast.hanh), change, at=BEFORE_WRITE)
    assert (outcome.errors, outcome.deadlocks) == ([], 0)
    found = HandOutRule.objects.get()
    assert (found.name, found.last) == ("Theo lượt", cast.an)


@pytest.mark.parametrize("point", [BEFORE_LOCK, BEFORE_WRITE])
def test_a_lead_that_is_touched_while_it_goes_back(cast, point):
    """Who comes first decides: touched before, it stays; gone before, the note is kept all the same."""
    lead = create_lead({"company_name": "Xi măng Hòn Đá", "owner": cast.an}, by=cast.an)
    with transaction.atomic():
        pass_by(30)
    patience = Patience.objects.create(pipeline=lead.stage.pipeline, days=14, warn_days=0)
    back, note = partial(return_to_pool, patience.pk), partial(add_note, lead.record, body="Đã gọi", by=cast.an)
    outcome = race(back, note, at=point)
    assert (outcome.errors, outcome.deadlocks) == ([], 0)
    stays = outcome.results[0] == 0
    assert Lead.objects.get().owner == (cast.an if stays else None)
    assert stays == (point == BEFORE_LOCK)
    assert Note.objects.count() == 1
    assert list(disagreements()) == []
