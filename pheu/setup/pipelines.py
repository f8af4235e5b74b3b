"""The acts on pipelines and their stages (R3.17-3.22, R4.16-4.21, D10), in force at everybody's next click.

A pipeline keeps a stage of each category that its kind needs, and begins with one of the first. No record is ever left
without a stage: whoever takes one out, or gives it another category, says where its records go. Very many of them go
portion by portion, by a job, while nothing enters the stage any more (`is_leaving`).
"""

from collections.abc import Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import ProtectedError, QuerySet, RestrictedError
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from pheu.core import shape
from pheu.core.errors import Conflict, DomainError, Invalid
from pheu.core.templatetags.signs import TONES
from pheu.core.turns import take_turn
from pheu.core.vietnamese import fold
from pheu.people.models import Role, User
from pheu.people.scopes import CHANGE
from pheu.records import kinds, writing
from pheu.records.acts import act, current
from pheu.records.forms import stages_elsewhere
from pheu.records.gates import checks_for, fields_for
from pheu.records.kinds import Kind
from pheu.records.locking import hold
from pheu.records.models import OPEN, Category, CustomField, Pipeline, Stage, id_and_name
from pheu.records.shipped import LANGUAGE
from pheu.setup import events
from pheu.setup.configuring import Changes
from pheu.timeline.events import PIPELINE_CHANGED, EventKind
from pheu.timeline.services import record, record_many
from pheu.timeline.stages import event_of, told_with_stage, what_followed

MOST_PIPELINES, MOST_STAGES = 30, 100
MOST_MOVED = 10_000  # records in one act
AT_ONCE = 2_000  # records in one statement
MOST_DAYS = 999  # in a stage, before that is too long
# Columns of a stage that hold ids of roles.
OF_ROLES = ("entered_by", "left_by")
GATE = ("requirement", "needs_fields", "needs_checks", "least_amount")
HELD = ("sets_probability", "probability", "is_folded", "colour", "rots_after", *OF_ROLES, *GATE)
# All that a company says of a stage.
COPIED = ("name", "category", "purpose", *HELD)


class TooMany(DomainError):
    """All is right with what was asked, but more records would move than one act moves: `move_some` comes first."""


# Pipelines --------------------------------------------------------------------------------------------------------


@act
def add_pipeline(
    kind: Kind, *, name: str, stages: Sequence[Mapping[str, Any]], by: User, via: str = "page"
) -> Pipeline:
    """A pipeline with these stages: {column: value} of each, in order."""
    there = _hold(kind, by)
    if len(there) >= MOST_PIPELINES:
        raise DomainError(_("There are at most %(most)s pipelines of a kind."), most=MOST_PIPELINES)
    if len(stages) > MOST_STAGES:
        raise DomainError(_("A pipeline has at most %(most)s stages."), most=MOST_STAGES)
    pipeline = Pipeline(kind=kind.code, name=name, is_default=not there, position=len(there))
    _check_name(pipeline, there)
    made = [Stage(pipeline=pipeline, **one, position=place) for place, one in enumerate(stages)]
    for stage in made:
        _check_stage(stage, [one for one in made if one is not stage])
    _check_whole(kind, made)
    pipeline.save()
    Stage.objects.bulk_create(made)
    if any(stage.rots_after for stage in made):
        shape.changed()
    _tell(events.PIPELINE_ADDED, pipeline, by, via)
    return pipeline


@act
def change_pipeline(pipeline: Pipeline, changes: Changes, *, by: User, via: str = "page") -> Pipeline:
    """Rename a pipeline, or make it the usual one: {column: (what the person saw, the new value)}."""
    there = _hold(kinds.get(pipeline.kind), by)
    pipeline = _among(there, pipeline)
    told = _put(pipeline, changes)
    if not told:
        return pipeline
    _check_name(pipeline, [one for one in there if one.pk != pipeline.pk])
    if any(one["column"] == "is_default" for one in told):
        if not (pipeline.is_default and pipeline.is_active):
            raise DomainError(_("Make another pipeline the usual one instead."))
        Pipeline.objects.filter(kind=pipeline.kind, is_default=True).update(is_default=False)
    pipeline.save(update_fields=[one["column"] for one in told])
    _tell(events.PIPELINE_CHANGED, pipeline, by, via, changes=told)
    return pipeline


@act
def retire_pipeline(pipeline: Pipeline, *, to: Stage | None, by: User, via: str = "page") -> int:
    """Use a pipeline no more. Its open records go on in `to`, a stage of another one; those that ended stay.

    How many records went.
    """
    there = _hold(kinds.get(pipeline.kind), by)
    pipeline = _among(there, pipeline)
    if not pipeline.is_active:
        return 0
    if pipeline.is_default:
        raise DomainError(_("New records begin in this pipeline. Make another one the usual one first."))
    rows = _rows(pipeline.kind, stage__pipeline=pipeline).filter(closed_at=None)
    if to is not None and not stages_elsewhere(pipeline).filter(pk=to.pk).exists():
        raise DomainError(_("Choose an open stage of another pipeline."))
    nowhere = DomainError(_("Open records stand in it: say where they go."))
    if to is None and rows.exists():
        raise nowhere
    ids = _gather(rows, pipeline.stages.all())
    if to is None and ids:  # which came in just now
        raise nowhere
    pipeline.is_active = False
    pipeline.save(update_fields=["is_active"])
    moved = _send(rows, ids, to, by=by, via=via) if to is not None else 0
    _tell(events.PIPELINE_RETIRED, pipeline, by, via, moved=moved, to=id_and_name(to))
    return moved


@act
def resume_pipeline(pipeline: Pipeline, *, by: User, via: str = "page") -> Pipeline:
    """Use a pipeline again."""
    pipeline = _among(_hold(kinds.get(pipeline.kind), by), pipeline)
    if not pipeline.is_active:
        pipeline.is_active = True
        pipeline.save(update_fields=["is_active"])
        _tell(events.PIPELINE_RESUMED, pipeline, by, via)
    return pipeline


@act
def delete_pipeline(pipeline: Pipeline, *, by: User, via: str = "page") -> None:
    """Delete a pipeline in which no record stands or has ever stood."""
    pipeline = _among(_hold(kinds.get(pipeline.kind), by), pipeline)
    if pipeline.is_default:
        raise DomainError(_("New records begin in this pipeline. Make another one the usual one first."))
    pk = pipeline.pk
    _delete(pipeline, _("Records stand in this pipeline, or have ended in it. Stop using it instead."))
    pipeline.pk = pk  # which the event still names
    _tell(events.PIPELINE_DELETED, pipeline, by, via)


# Stages -----------------------------------------------------------------------------------------------------------


@act
def add_stage(pipeline: Pipeline, values: Mapping[str, Any], *, by: User, via: str = "page") -> Stage:
    """A new stage, after the last one of its sort: open ones stand before ends."""
    there = _stages(pipeline, by)
    if len(there) >= MOST_STAGES:
        raise DomainError(_("A pipeline has at most %(most)s stages."), most=MOST_STAGES)
    stage = Stage(pipeline=pipeline, **values)
    _check_stage(stage, there)
    at = max((place for place, one in enumerate(there, 1) if one.is_closing <= stage.is_closing), default=0)
    _renumber([*there[:at], stage, *there[at:]])
    stage.save()
    if stage.rots_after:
        shape.changed()
    _tell(events.STAGE_ADDED, pipeline, by, via, stage=id_and_name(stage))
    return stage


@act
def change_stage(stage: Stage, changes: Changes, *, to: Stage | None = None, by: User, via: str = "page") -> Stage:
    """Change columns of a stage: {name: (what the person saw, the new value)}.

    Records keep standing in it, but for those that it would be wrong for: when an end becomes something else, or
    something open an end, they go to the stage `to` of the sort that this one was.
    """
    there = _stages(stage.pipeline, by)
    stage = _among(there, stage)
    was, places = stage.category, places_for(stage, there)
    told = _put(stage, changes)
    if not told:
        return stage
    if stage.is_leaving or is_another_sort(was, stage.category):
        _must_be_at_rest(stage, there)
    _check_stage(stage, [one for one in there if one.pk != stage.pk])
    _check_whole(kinds.get(stage.pipeline.kind), there)
    facts: dict[str, Any] = {"stage": id_and_name(stage), "changes": _with_names(stage, told)}
    if is_another_sort(was, stage.category):
        facts |= {"moved": _empty(stage, to, places, by=by, via=via), "to": id_and_name(to)}
    stage.save(update_fields=[one["column"] for one in told])
    if any(one["column"] == "rots_after" for one in told):
        shape.changed()
    _tell(events.STAGE_CHANGED, stage.pipeline, by, via, **facts)
    return stage


@act
def remove_stage(stage: Stage, *, to: Stage | None = None, by: User, via: str = "page") -> int:
    """Take a stage out; its records go to `to`. How many they were.

    Where no other stage could take them the stage must be one in which nothing has ever stood. Where there are more
    than one act moves, it is only told that they go: none have, and `empty_some` moves them portion by portion.
    """
    there = _stages(stage.pipeline, by)
    stage = _among(there, stage)
    _must_be_at_rest(stage, there)
    places = places_for(stage, there)
    _check_whole(kinds.get(stage.pipeline.kind), [one for one in there if one.pk != stage.pk])
    many = _rows(stage.pipeline.kind, stage=stage).count()
    if places and many > MOST_MOVED:
        _begin_to_empty(stage, to, places, many, by=by, via=via)
        return 0
    told = id_and_name(stage)
    if places:
        moved = _empty(stage, to, places, by=by, via=via)
        stage.gone_to = to = to or places[0]
        stage.save(update_fields=["gone_to"])
    else:
        moved, to = 0, None
        _delete(stage, _("Records have ended in this stage, and there is no other of its sort to take them."))
    _tell(events.STAGE_REMOVED, stage.pipeline, by, via, stage=told, moved=moved, to=id_and_name(to))
    return moved


def _begin_to_empty(stage: Stage, to: Stage | None, places: Sequence[Stage], many: int, *, by: User, via: str) -> None:
    """From now on records only leave the stage: who is entering just now has done so when we may write it."""
    stage.empties_into, stage.to_empty = _place_among(places, to, stage), many
    _shut(Stage.objects.filter(pk=stage.pk))
    stage.save(update_fields=["empties_into", "to_empty"])
    _tell(events.STAGE_REMOVAL_BEGUN, stage.pipeline, by, via, stage=id_and_name(stage), many=many, to=id_and_name(to))


@act
def empty_some(stage: Stage, *, by: User, via: str = "page") -> bool:
    """Move the next portion out of a stage that is taken out; without any left it is gone. Whether it is.

    Safe to repeat: what stands there now is what is left to do. That it may be done was asked when it began.
    """
    rows = _rows(stage.pipeline.kind, stage=stage)
    hold(*rows.order_by("pk").values_list("pk", flat=True)[:AT_ONCE])
    _shut(Stage.objects.filter(pk=stage.pk))
    now = Stage.objects.select_related("pipeline", "empties_into").filter(pk=stage.pk).first()
    if now is None or now.empties_into is None:
        return True
    ids = list(rows.filter(pk__in=current().held).order_by("pk").values_list("pk", flat=True))
    if ids or rows.exists():
        _send(rows, ids, now.empties_into, by=by, via=via)
        return False
    to, moved = now.empties_into, now.to_empty
    now.gone_to, now.empties_into, now.to_empty = to, None, None
    now.save(update_fields=["gone_to", "empties_into", "to_empty"])
    told = {"stage": id_and_name(now), "moved": moved, "to": id_and_name(to)}
    _tell(events.STAGE_REMOVED, now.pipeline, by, via, **told)
    return True


@act
def move_some(stages: Sequence[Stage], to: Stage, *, by: User, via: str = "page") -> bool:
    """Send a portion of what stands in `stages` on; whether so few are left that one act moves them.

    That it may be done was asked when it began (`TooMany`). People work on: who comes in meanwhile goes along.
    """
    rows = _rows(to.pipeline.kind, stage__in=stages)
    if len(rows.order_by("pk").values_list("pk", flat=True)[: MOST_MOVED + 1]) <= MOST_MOVED:
        return True
    hold(*rows.order_by("pk").values_list("pk", flat=True)[:AT_ONCE])
    ids = list(rows.filter(pk__in=current().held).order_by("pk").values_list("pk", flat=True))
    _send(rows, ids, to, by=by, via=via)
    return False


@act
def order_stages(pipeline: Pipeline, pks: Sequence[int], *, by: User, via: str = "page") -> None:
    """Put the stages in this order; `pks` are all of them."""
    there = {one.pk: one for one in _stages(pipeline, by)}
    if sorted(there) != sorted(pks):
        raise Conflict(_("The list was changed meanwhile. Please look at it again."))
    stages = [there[pk] for pk in pks]
    _check_whole(kinds.get(pipeline.kind), stages)
    if _renumber(stages):
        _tell(events.STAGES_ORDERED, pipeline, by, via)


def is_another_sort(was: str, now: str) -> bool:
    """Whether records that stood rightly in a stage of one category would not in one of the other."""
    return was != now and not (was in OPEN and now in OPEN)


def places_for(stage: Stage, there: Sequence[Stage]) -> list[Stage]:
    """Stages to which the records of `stage` may go: open ones to any open one, others to an end of the same sort."""
    others = [one for one in there if one.pk != stage.pk and not one.is_leaving]
    return [one for one in others if not is_another_sort(stage.category, one.category)]


# Holding ----------------------------------------------------------------------------------------------------------


def _hold(kind: Kind, by: User) -> list[Pipeline]:
    """The pipelines of a kind, which no other admin changes until we are done."""
    by.must("system", CHANGE)
    take_turn(f"pipelines {kind.code}")
    return list(Pipeline.objects.filter(kind=kind.code))


def _stages(pipeline: Pipeline, by: User) -> list[Stage]:
    pipeline = _among(_hold(kinds.get(pipeline.kind), by), pipeline)
    return list(pipeline.stages.select_related("pipeline"))


def _among(there: Sequence[Any], one: Any) -> Any:
    found = next((each for each in there if each.pk == one.pk), None)
    if found is None:
        raise DomainError(_("“%(name)s” is no more: somebody has taken it out."), name=one)
    return found


def _must_be_at_rest(stage: Stage, there: Sequence[Stage]) -> None:
    """`DomainError` while records are still going out of a stage, or into it because another is taken out."""
    for one in there:
        if one.is_leaving and stage.pk in (one.pk, one.empties_into_id):
            names = {"left": one, "to": next(into for into in there if into.pk == one.empties_into_id)}
            raise DomainError(_("Records are still going from “%(left)s” to “%(to)s”: wait until they have."), **names)


# Checking ---------------------------------------------------------------------------------------------------------


def _check_name(pipeline: Pipeline, others: Sequence[Pipeline]) -> None:
    _check_columns(pipeline, {"name": _is_named_so(pipeline, others)})


def _check_stage(stage: Stage, others: Sequence[Stage]) -> None:
    """`Invalid` with words beside the column."""
    kind, wrong = kinds.get(stage.pipeline.kind), str(_("This cannot be chosen."))
    has_chance = kind.fields.get("probability") is not None
    _check_columns(
        stage,
        {
            "name": _is_named_so(stage, others),
            "category": "" if stage.category in kind.categories else wrong,
            "colour": "" if stage.colour in ("", *TONES) else wrong,
            "probability": "" if 0 <= stage.probability <= 100 else str(_("Between 0 and 100 %.")),
            "needs_fields": "" if _are_of(stage.needs_fields, _askable(kind)) else wrong,
            "needs_checks": "" if _are_of(stage.needs_checks, [one.code for one in checks_for(kind)]) else wrong,
            "least_amount": "" if stage.least_amount is None or kind.fields.amount else wrong,
            "sets_probability": "" if has_chance or not stage.sets_probability else wrong,
            "rots_after": "" if stage.rots_after is None or 1 <= stage.rots_after <= MOST_DAYS else wrong,
            "entered_by": "" if _are_roles(stage.entered_by) else wrong,
            "left_by": "" if _are_roles(stage.left_by) else wrong,
        },
        but=("pipeline",),
    )


def _askable(kind: Kind) -> list[str]:
    """Fields that a gate may name. One that went out of use stays named, and is asked for when it comes back."""
    own = CustomField.objects.filter(kind=kind.code).values_list("key", flat=True)
    return [*(one.name for one in fields_for(kind)), *own]


def _are_of(names: Any, known: Sequence[str]) -> bool:
    return isinstance(names, list) and all(name in known for name in names)


def _are_roles(ids: Any) -> bool:
    if not isinstance(ids, list) or not all(isinstance(one, int) for one in ids):
        return False
    return not ids or set(ids) <= set(Role.objects.values_list("pk", flat=True))


def _check_columns(one: Any, said: dict[str, str], but: Sequence[str] = ()) -> None:
    errors: dict[str, list[str]] = {}
    try:
        one.clean_fields(exclude=but)
    except ValidationError as error:
        errors = {name: list(words) for name, words in error.message_dict.items()}
    errors |= {name: [words] for name, words in said.items() if words and name not in errors}
    if errors:
        raise Invalid(errors, {name: str(one._meta.get_field(name).verbose_name) for name in errors})


def _is_named_so(one: Any, others: Sequence[Any]) -> str:
    taken = any(fold(other.name) == fold(one.name) for other in others)
    return str(_("“%(name)s” is in the list already.") % {"name": one.name}) if taken else ""


def _check_whole(kind: Kind, stages: Sequence[Stage]) -> None:
    """`DomainError` for a pipeline that its kind could not walk."""
    stages = [stage for stage in stages if not stage.is_leaving]
    there = {stage.category for stage in stages}
    for category in kind.needs:
        if category not in there:
            word = Category(category).label
            raise DomainError(_("A pipeline needs at least one stage of the category “%(category)s”."), category=word)
    if stages and stages[0].has_gate:
        raise DomainError(_("Records begin in the first stage: it asks for nothing."))
    if stages and stages[0].category != kind.categories[0]:
        word = Category(kind.categories[0]).label
        raise DomainError(_("A pipeline begins with a stage of the category “%(category)s”."), category=word)


def _put(one: Any, changes: Changes) -> list[dict[str, Any]]:
    """Give columns their new values; what really changes, as an event keeps it. `Conflict` for what others changed."""
    told = []
    for name, (saw, new) in changes.items():
        now = getattr(one, name)
        if now == new:
            continue
        if now != saw:
            raise Conflict(_("Somebody else has changed this meanwhile. Please look at it again."))
        told.append({"column": name, "was": now, "now": new})
        setattr(one, name, new)
    return told


def _with_names(stage: Stage, told: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Changes of a stage as an event keeps them: fields, checks and roles with the names of that day."""
    kind, roles = kinds.get(stage.pipeline.kind), {}
    if any(one["column"] in OF_ROLES for one in told):
        roles = dict(Role.objects.values_list("pk", "name"))
    named: dict[str, dict[Any, str]] = dict.fromkeys(OF_ROLES, roles)
    with override(LANGUAGE):
        named["needs_fields"] = {one.name: str(one.label) for one in fields_for(kind)}
        named["needs_checks"] = {one.code: str(one.label) for one in checks_for(kind)}

    def names(column: str, value: Any) -> Any:
        known = named.get(column)
        return value if known is None else [{"id": one, "name": known.get(one, str(one))} for one in value]

    return [{**one, **{when: names(one["column"], one[when]) for when in ("was", "now")}} for one in told]


def _renumber(stages: Sequence[Stage]) -> bool:
    """Give stages the places in which they stand here; whether any has another one now."""
    moved = [(stage, place) for place, stage in enumerate(stages) if stage.position != place or stage.pk is None]
    for stage, place in moved:
        stage.position = place
    Stage.objects.bulk_update([stage for stage, _place in moved if stage.pk is not None], ["position"])
    return bool(moved)


def _delete(one: Any, words: Any) -> None:
    try:
        one.delete()
    except (ProtectedError, RestrictedError) as error:
        raise DomainError(words) from error


# Records ----------------------------------------------------------------------------------------------------------


def _rows(kind: str, **where: Any) -> QuerySet:
    return kinds.get(kind).model.objects.filter(**where)


def _empty(stage: Stage, to: Stage | None, places: Sequence[Stage], *, by: User, via: str) -> int:
    """Send the records of a stage to one of `places`; how many."""
    rows = _rows(stage.pipeline.kind, stage=stage)
    if to is not None or rows.exists():
        _place_among(places, to, stage)
    ids = _gather(rows, Stage.objects.filter(pk=stage.pk))
    if to is None and not ids:
        return 0
    return _send(rows, ids, _place_among(places, to, stage), by=by, via=via)


def _place_among(places: Sequence[Stage], to: Stage | None, stage: Stage) -> Stage:
    if to is None or to.pk not in {one.pk for one in places}:
        raise DomainError(_("Records stand in “%(stage)s”: say where they go."), stage=stage)
    return to


def _gather(rows: QuerySet, stages: QuerySet[Stage]) -> list[int]:
    """Hold the rows of some stages, and have whoever enters one wait for us (`StageQuerySet.hold_still`): their ids.

    Records come before stages, as for those who move one; who came in before the door was shut is held after it.
    """
    hold(*_ids_of(rows))
    _shut(stages)
    ids = _ids_of(rows)
    hold(*ids)
    return ids


def _shut(stages: QuerySet[Stage]) -> None:
    list(stages.order_by("pk").select_for_update(no_key=True).values_list("pk", flat=True))


def _ids_of(rows: QuerySet) -> list[int]:
    ids = list(rows.order_by("pk").values_list("pk", flat=True)[: MOST_MOVED + 1])
    if len(ids) > MOST_MOVED:
        raise TooMany(_("More than %(most)s records stand there: too many at once."), most=MOST_MOVED)
    return ids


def _send(rows: QuerySet, ids: Sequence[int], to: Stage, *, by: User, via: str) -> int:
    """Let held rows of one kind go on in the stage `to`, and tell it of each; how many.

    A consequence of what the company decides: nobody's scope is asked, and no gate.
    """
    return sum(_send_some(rows, ids[at : at + AT_ONCE], to, by=by, via=via) for at in range(0, len(ids), AT_ONCE))


def _send_some(rows: QuerySet, ids: Sequence[int], to: Stage, *, by: User, via: str) -> int:
    held: list[Any] = list(rows.filter(pk__in=ids).with_words().order_by("pk"))  # type: ignore[attr-defined]
    if not held:
        return 0
    stays = held[0].stage.pipeline_id == to.pipeline_id
    facts = {"entered": id_and_name(to)} | ({} if stays else {"pipeline": id_and_name(to.pipeline)})
    since = {} if to.is_closing else {row.pk: row.stage_entered_at for row in held}
    told = []
    for row in held:
        left, before = id_and_name(row.stage), told_with_stage(row)
        row.follow_stage(to)
        told.append((row.record, {"left": left, **facts, **what_followed(row, before)}))
    writing.save_many(held)
    kind = event_of(kinds.get(held[0].kind), "moved") if stays else PIPELINE_CHANGED
    record_many(kind, [(about, ways) for about, ways in told if about.is_live], by=by, via=via, since=since)
    return len(held)


def _tell(kind: EventKind, pipeline: Pipeline, by: User, via: str, **facts: Any) -> None:
    subject = f"{kinds.get(pipeline.kind).plural}: {pipeline.name}"[:200]
    record(kind, about=None, by=by, via=via, subject=subject, pipeline=id_and_name(pipeline), **facts)
