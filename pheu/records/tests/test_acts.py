"""What every act does, whichever it is: it tells through what it was done, and belongs to one operation."""

import inspect
from typing import Any

import pytest
from django.db.models import Model

from pheu.conftest import nothing_changes
from pheu.people.tests.test_access_acts import acts_of_the_house
from pheu.records.models import Operation
from pheu.records.tests.desk import GROUPS, Desk
from pheu.timeline.models import Event

EVERY = [(rows, name) for rows, (_made, acts) in GROUPS.items() for name in acts]
# What is gone cannot be taken out, or moved, a second time: whoever does so is told.
TOLD = {"pipelines.remove_stage", "series.move_series"}
ONCE = [(rows, name) for rows, name in EVERY if not GROUPS[rows][1][name].many and name not in TOLD]


@pytest.fixture(autouse=True)
def _files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.mark.parametrize(("rows", "name"), EVERY, ids=lambda one: one)
def test_an_act_says_through_what_it_was_done(cast, rows, name):
    """By page, import, API or workflow: every event of it, and of what follows, says so, and so does its operation."""
    made, acts = GROUPS[rows]
    work = acts[name].of(Desk.many(1, cast, *made)[0])
    last, before = Event.objects.latest("pk").pk, Operation.objects.latest("pk").pk
    work(via="api")
    told = Event.objects.filter(pk__gt=last)
    assert {event.via for event in told} == {"api"}
    assert acts[name].tells in {event.kind for event in told}
    operation = Operation.objects.get(pk__gt=before)
    assert operation.via == "api"
    assert {event.operation_id for event in told} == {operation.pk}


def test_an_act_that_nobody_says_otherwise_of_was_done_by_page():
    signatures = [inspect.signature(act).parameters for act in acts_of_the_house().values()]
    by_people = [one for one in signatures if one["by"].default is not None]  # not by the clock
    given = [one.get("via") for one in by_people]
    assert {one.default for one in given if one is not None and one.default is not one.empty} == {"page"}


def named(answer: Any) -> Any:
    """What an act answers with, so that two answers compare."""
    if isinstance(answer, Model):
        return type(answer), answer.pk
    return [named(one) for one in answer] if isinstance(answer, list) else type(answer)


@pytest.mark.parametrize(("rows", "name"), ONCE, ids=lambda one: one)
def test_an_act_done_twice_answers_alike_and_does_nothing_the_second_time(cast, rows, name):
    """A double click, a job that is run again: whoever asks gets what there is."""
    made, acts = GROUPS[rows]
    work = acts[name].of(Desk.many(1, cast, *made)[0])
    first = work()
    with nothing_changes():
        assert named(work()) == named(first)
