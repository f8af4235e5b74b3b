"""What is done to everything that a list had: portion by portion, each an act of its own that can be taken back.

A page makes a `Batch` of the ids that the list had at that moment; a job works it off (`timeline/jobs.py`), shows how
far it is, can be stopped, and takes all portions back, the last one first.
"""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.db import transaction
from django.http import QueryDict
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from pheu.core.errors import DomainError
from pheu.people.models import User
from pheu.records import kinds
from pheu.records.act_views import MOST_WHOLE
from pheu.records.acts import in_halves, last_operation
from pheu.records.many import ACTS, ManyAct
from pheu.records.models import Operation
from pheu.timeline.models import Batch
from pheu.timeline.undo import rule_of, undo

PORTION = 500  # records in one transaction
REASONS = 20  # that are told apart
# What a portion changes of its batch: half a million ids are not written again with each.
PROGRESS = ("done", "state", "ended_at", "left_out", "operations", "kept", "problem")


def start(act: ManyAct, kind: str, ids: Sequence[int], sent: str, *, words: str, by: User) -> Batch:
    """Keep what is to be done to these records; `sent` is the dialog as it was sent, `words` what becomes of them.

    Whether `by` may do it is asked for every portion again.
    """
    by.must(kind, act.action)
    if not 0 < len(ids) <= MOST_WHOLE:
        raise DomainError(_("Choose between 1 and %(most)s records."), most=MOST_WHOLE)
    return Batch.objects.create(act=act.code, kind=kind, ids=list(ids), sent=sent, words=words[:300], by=by)


def work_some(pk: int) -> bool:
    """Do the next portion; whether that was the last one. A portion is done and counted, or neither."""
    with transaction.atomic(), translation.override(settings.LANGUAGE_CODE):
        batch = _in_state(pk, Batch.State.RUNNING)
        if batch is None:
            return True
        portion = batch.ids[batch.done : batch.done + PORTION]
        _do(batch, portion)
        batch.done += len(portion)
        if batch.done >= len(batch.ids) and batch.state == Batch.State.RUNNING:
            batch.state, batch.ended_at = Batch.State.DONE, timezone.now()
        batch.save(update_fields=PROGRESS)
        return batch.state != Batch.State.RUNNING


def stop(batch: Batch, *, by: User) -> None:
    """Leave the rest as it is; what was done stays and can be taken back."""
    with transaction.atomic():
        current = Batch.objects.select_for_update().get(pk=batch.pk, by=by)
        if current.state == Batch.State.RUNNING:
            current.state, current.ended_at = Batch.State.STOPPED, timezone.now()
            current.save(update_fields=["state", "ended_at"])


def begin_to_take_back(batch: Batch, *, by: User) -> bool:
    """Whether there is something to take back, which a job now does."""
    with transaction.atomic():
        current = Batch.objects.select_for_update().get(pk=batch.pk, by=by)
        if not current.can_be_taken_back:
            return False
        current.state, current.to_take_back = Batch.State.TAKING_BACK, len(current.operations)
        current.save(update_fields=["state", "to_take_back"])
        return True


def take_back_some(pk: int) -> bool:
    """Take the last portion back that still stands; whether that was the first one of all."""
    with transaction.atomic(), translation.override(settings.LANGUAGE_CODE):
        batch = _in_state(pk, Batch.State.TAKING_BACK)
        if batch is None:
            return True
        if batch.operations:
            _take_back(batch, batch.operations.pop())
        if not batch.operations:
            batch.state, batch.ended_at = Batch.State.TAKEN_BACK, timezone.now()
        batch.save(update_fields=PROGRESS)
        return batch.state != Batch.State.TAKING_BACK


def _in_state(pk: int, state: str) -> Batch | None:
    return Batch.objects.select_for_update(of=["self"]).select_related("by").filter(pk=pk, state=state).first()


def _do(batch: Batch, portion: Sequence[int]) -> None:
    act, kind = ACTS[batch.act], kinds.get(batch.kind)
    rows = _rows(act, kind, batch.by, portion) if batch.by.is_active else []
    _leave_out(batch, _("gone meanwhile, or not yours to change"), len(portion) - len(rows))
    if not rows:
        return
    form = act.form_for(QueryDict(batch.sent), kind, rows, batch.by)
    if form is not None and not form.is_valid():
        _leave_out(batch, _wrong_with(form), len(rows))
        return
    _try(batch, act, rows, act.told(form) if form is not None else {})


def _rows(act: ManyAct, kind: kinds.Kind, by: User, ids: Sequence[int]) -> list[Any]:
    rows = kind.model.objects.within(by, act.action).filter(pk__in=ids).select_related("record", "owner")
    return list((rows.with_stage() if kind.has_stages else rows).order_by("pk"))


def _wrong_with(form: Any) -> str:
    return " ".join(error for errors in form.errors.values() for error in errors) or _("The choice no longer holds.")


def _try(batch: Batch, act: ManyAct, rows: Sequence[Any], told: dict[str, Any]) -> None:
    """Do it to all of them, but those that are in the way: they are left out with the reason."""

    def do(some: Sequence[Any]) -> None:
        getattr(kinds.get(batch.kind), act.code)(some, **told, by=batch.by, via="bulk")
        if operation := last_operation():
            batch.operations.append(operation)

    in_halves(rows, do, lambda _row, error: _leave_out(batch, str(error), 1))


def _leave_out(batch: Batch, reason: str, many: int) -> None:
    if many:
        is_known = reason in batch.left_out or len(batch.left_out) < REASONS
        reason = reason if is_known else _("other reasons")
        batch.left_out[reason] = batch.left_out.get(reason, 0) + many


def _take_back(batch: Batch, pk: int) -> None:
    operation = Operation.objects.get(pk=pk)
    if rule_of(operation) is None:
        return  # somebody has taken this portion back already
    try:
        with transaction.atomic():
            done = undo(operation, by=batch.by)
            batch.kept += len({row.pk for row, _column in done.edited} | {row.pk for row in done.used})
    except DomainError as error:  # all of the portion stays
        batch.kept += operation.events.values("about").distinct().count()
        batch.problem = str(error)[:500]
