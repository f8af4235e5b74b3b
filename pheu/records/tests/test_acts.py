"""What every act does, whichever it is: it tells through what it was done, and belongs to one operation."""

import pytest

from pheu.records.models import Operation
from pheu.records.tests.desk import GROUPS, Desk
from pheu.timeline.models import Event


@pytest.mark.parametrize(
    ("rows", "name"), [(rows, name) for rows, (_made, acts) in GROUPS.items() for name in acts], ids=lambda one: one
)
def test_an_act_says_through_what_it_was_done(cast, settings, tmp_path, rows, name):
    """By page, import, API or workflow: every event of it, and of what follows, says so, and so does its operation."""
    settings.MEDIA_ROOT = tmp_path
    made, acts = GROUPS[rows]
    work = acts[name].of(Desk(cast, *made))
    last, before = Event.objects.latest("pk").pk, Operation.objects.latest("pk").pk
    work(via="api")
    told = Event.objects.filter(pk__gt=last)
    assert {event.via for event in told} == {"api"}
    assert acts[name].tells in {event.kind for event in told}
    operation = Operation.objects.get(pk__gt=before)
    assert operation.via == "api"
    assert {event.operation_id for event in told} == {operation.pk}
