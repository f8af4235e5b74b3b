"""What is done to more records than a page waits for."""

from collections.abc import Sequence

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from pheu.core.jobs import job, titled
from pheu.people.models import User
from pheu.records.many import ManyAct
from pheu.timeline import batches, reacting
from pheu.timeline.models import Batch


@transaction.atomic
def begin_batch(act: ManyAct, kind: str, ids: Sequence[int], sent: str, *, words: str, by: User) -> Batch:
    """Keep a batch and have it worked off."""
    batch = batches.start(act, kind, ids, sent, words=words, by=by)
    work_batch_off.defer(batch_id=batch.pk)
    return batch


@transaction.atomic
def take_batch_back(batch: Batch, *, by: User) -> None:
    if batches.begin_to_take_back(batch, by=by):
        take_portions_back.defer(batch_id=batch.pk)


@titled(_("Changing many records"))
@job
def work_batch_off(batch_id: int) -> None:
    """Portion by portion: a worker that ends leaves the rest for the next one."""
    while not batches.work_some(batch_id):
        pass


@titled(_("Taking back a change of many records"))
@job
def take_portions_back(batch_id: int) -> None:
    while not batches.take_back_some(batch_id):
        pass


@job
def dispatch(events: list[int]) -> None:
    """Jobs for what reacts to these events."""
    reacting.dispatch(events)


@titled(_("What follows an event"))
@job
def react(event: int, reaction: str) -> None:
    reacting.react(event, reaction)
