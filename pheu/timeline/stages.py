"""The acts of every kind that walks a pipeline: move, close, reopen, change the pipeline."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext_lazy as _

from pheu.core.errors import Conflict, DomainError
from pheu.people.models import User
from pheu.people.scopes import MOVE
from pheu.records import gates, kinds, writing
from pheu.records.acts import act, current
from pheu.records.locking import hold
from pheu.records.models import ClosingReason, Stage, Staged, id_and_name
from pheu.records.told import differing
from pheu.timeline import events
from pheu.timeline.events import EventKind
from pheu.timeline.services import change, record, record_many

Changes = Mapping[str, tuple[Any, Any]]
NOTHING: Changes = {}


def _held(row: Staged, by: User) -> Any:
    hold(row.pk, *row.held_with())
    return type(row).objects.within(by, MOVE).with_stage().with_words().get_or_refuse(row.pk)


@act
def move(
    row: Any, *, to: Stage, left: Stage, changes: Changes = NOTHING, override: bool = False, by: User, via: str = "page"
) -> Any:
    """Put a row in another stage of its pipeline and tell its timeline. Rows R3.19-3.21, R3.23.

    `left` is the stage the person saw: if someone moved the row meanwhile, `Conflict` says so. A closing stage closes
    it; the failures ask for a reason and have a door of their own (`close`). `changes` are saved first: what the gate
    of the stage was lacking; who may `override` it passes all the same, and that is told.
    """
    row = _held(_changed(row, changes, by, via), by)
    if row.stage_id == to.pk:
        return row  # Dropped where it was: nothing happened, so there is nothing to tell.
    if row.stage_id != left.pk:
        raise Conflict(_("%(name)s was moved to %(stage)s meanwhile."), name=row, stage=row.stage)
    if to.is_closing:
        return close(row, to=to, override=override, by=by, via=via)
    row.may_leave_for(to)
    current().about = row.pk
    what = "reopened" if row.is_closed else "moved"
    _pass(row, to, override, by, via)
    return enter(row, to, what, by=by, via=via)


@act
def move_many(rows: Sequence[Any], *, to: Stage, by: User, via: str = "page") -> list[Any]:
    """Put open rows of one kind in another open stage of their pipeline; those that stand there already stay.

    All of them or none: what is closed, or walks another pipeline, is named. An end is given to each by itself, for it
    asks why. Set-based. Rows R3.19-3.21.
    """
    if not rows:
        return []
    if to.is_closing:
        raise DomainError(_("Choose an open stage."))
    hold(*(pk for row in rows for pk in (row.pk, *row.held_with())))
    held = type(rows[0]).objects.within(by, MOVE).with_stage().with_words().all_or_refuse(rows)
    _must_all_stand_open(held, to)
    moved = [row for row in held if row.stage_id != to.pk]
    for row in moved:
        gates.must_let(by, row.stage, to)
        gates.must_pass(row, to, by=by)
    enter_many(moved, to, by=by, via=via)
    return held


NAMED = 3  # rows that a refusal names


def _must_all_stand_open(rows: Sequence[Any], to: Stage) -> None:
    for words, wrong in (
        (_("Reopen these first, or untick them: %(names)s."), [row for row in rows if row.is_closed]),
        (
            _("These walk another pipeline: %(names)s."),
            [row for row in rows if row.stage.pipeline_id != to.pipeline_id],
        ),
    ):
        if wrong:
            names = ", ".join(row.title for row in wrong[:NAMED]) + (
                f" (+{len(wrong) - NAMED})" if wrong[NAMED:] else ""
            )
            raise DomainError(words, names=names)


@act
def close(
    row: Any,
    *,
    to: Stage,
    reason: ClosingReason | None = None,
    reason_note: str = "",
    changes: Changes = NOTHING,
    override: bool = False,
    by: User,
    via: str = "page",
) -> Any:
    """End a row in a closing stage; a failure needs a reason of its own list (D9). Its gate is as that of `move`."""
    row = _held(_changed(row, changes, by, via), by)
    if row.stage_id == to.pk:
        return row
    if not to.is_closing:
        raise DomainError(_("That stage does not close a record."))
    if reason is not None and not reason.is_active:
        raise DomainError(_("That reason is no longer in use."))
    row.may_leave_for(to)
    _pass(row, to, override, by, via)
    facts = {"note": reason_note[:500], "amount": _amount(row), "reason": id_and_name(reason)}
    return enter(row, to, to.category, by=by, via=via, reason=reason, reason_note=reason_note[:500], facts=facts)


@act
def reopen(row: Any, *, by: User, via: str = "page") -> Any:
    """Resume a closed row in the stage where it stood; the history stays (R4.40, R4.53, D9)."""
    row = _held(row, by)
    if not row.is_closed:
        return row
    stage = row.resumes_in
    row.may_leave_for(stage)
    gates.must_let(by, row.stage, stage)
    return enter(row, stage, "reopened", by=by, via=via)


@act
def change_pipeline(
    row: Any, *, to: Stage, changes: Changes = NOTHING, override: bool = False, by: User, via: str = "page"
) -> Any:
    """Let an open row go on in a stage of another pipeline of its kind; `changes` and `override` as for `move`."""
    row = _held(_changed(row, changes, by, via), by)
    if row.stage.pipeline_id == to.pipeline_id:
        return row
    if to.pipeline.kind != row.kind:
        raise DomainError(_("That stage belongs to another pipeline."))
    if row.is_closed:
        raise DomainError(_("Reopen %(name)s first."), name=row)
    _pass(row, to, override, by, via)
    left, since, before = row.stage, row.stage_entered_at, told_with_stage(row)
    Stage.objects.hold_still(to)
    row.enter_pipeline(to)
    writing.save_changed(row)
    facts: dict[str, Any] = {
        "left": id_and_name(left), "entered": id_and_name(to), "pipeline": id_and_name(to.pipeline),
        **what_followed(row, before),
    }  # fmt: skip
    record(events.PIPELINE_CHANGED, about=row.record, by=by, via=via, since=since, **facts)
    return row


def _changed(row: Any, changes: Changes, by: User, via: str) -> Any:
    return change(row, changes, by=by, via=via) if changes else row


def _pass(row: Any, to: Stage, override: bool, by: User, via: str) -> None:
    gates.must_let(by, row.stage, to)
    tell_override(row, to, gates.must_pass(row, to, by=by, override=override), by=by, via=via)


def tell_override(row: Any, to: Stage, lacked: gates.Lacking, *, by: User, via: str) -> None:
    """Tell on a row that it got into a stage without what that asks for, if so it was."""
    if lacked:
        record(events.GATE_OVERRIDDEN, about=row.record, by=by, via=via, entered=id_and_name(to), **lacked.facts)


def enter(
    row: Any,
    stage: Stage,
    what: str,
    *,
    by: Any,
    via: str,
    reason: ClosingReason | None = None,
    reason_note: str = "",
    facts: dict[str, Any] | None = None,
    cause: Any = None,
) -> Any:
    """Let a held row stand in `stage`, tell it, and do what the kind does whenever a row has come to another stage."""
    left, since, kind = row.stage, row.stage_entered_at, kinds.get(row.kind)
    Stage.objects.hold_still(stage)
    before = told_with_stage(row)
    row.enter(stage, by=by, reason=reason, reason_note=reason_note)
    writing.save_changed(row)
    told = {"left": id_and_name(left), "entered": id_and_name(stage), **(facts or {}), **what_followed(row, before)}
    record(event_of(kind, what), about=row.record, by=by, via=via, cause=cause, since=since, **told)
    if kind.entered is not None:
        kind.entered(row, left, by=by, via=via)
    return row


def enter_many(
    rows: Sequence[Any], stage: Stage, *, by: Any, via: str, causes: Mapping[int, Any] | None = None
) -> None:
    """Let held rows of one kind stand in an open `stage`, told as moved; `causes` are the events that made them go."""
    if not rows:
        return
    told, since, kind = [], {}, kinds.get(rows[0].kind)
    left = {row.pk: row.stage for row in rows}
    Stage.objects.hold_still(stage)
    for row in rows:
        since[row.pk], before = row.stage_entered_at, told_with_stage(row)
        row.enter(stage, by=by)
        ways = {"left": id_and_name(left[row.pk]), "entered": id_and_name(stage)}
        told.append((row.record, ways | what_followed(row, before)))
    writing.save_many(rows)
    record_many(event_of(kind, "moved"), told, by=by, via=via, cause=causes, since=since)
    if kind.entered is not None:
        for row in rows:
            kind.entered(row, left[row.pk], by=by, via=via)


def told_with_stage(row: Any) -> dict[str, Any]:
    """What of a row goes along with its stage, as events keep it: to be asked before it enters another."""
    return kinds.get(row.kind).schema.told_of(row, *row.follow_its_stage)


def what_followed(row: Any, before: Mapping[str, Any]) -> dict[str, Any]:
    """Facts about what changed with the stage; none where nothing did."""
    changes = differing(before, told_with_stage(row))
    return {"changes": changes} if changes else {}


def event_of(kind: kinds.Kind, what: str) -> EventKind:
    """The event of "moved", "reopened" or of an end's category: the kind's own, else the usual one."""
    usual = {"moved": events.STAGE_CHANGED, "reopened": events.REOPENED}
    return kind.stage_events.get(what) or usual.get(what, events.CLOSED)


def moved_codes() -> set[str]:
    """By which events the moves of all kinds are told."""
    return {event_of(kind, "moved").code for kind in kinds.every()}


def _amount(row: Any) -> Any:
    schema = kinds.get(row.kind).schema
    return schema[schema.amount].to_json(row.amount) if schema.amount else None
