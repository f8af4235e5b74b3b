"""Pipelines in the file of a configuration (`setup.portable`): their stages with gates and movers, by words.

A stage that the file does not name stays where it stands, with its records; of one that it names, what the file does
not say is left as it is.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from django.utils.translation import gettext_lazy as _

from pheu.core.errors import DomainError
from pheu.core.vietnamese import fold
from pheu.people.models import Role, User
from pheu.records import kinds
from pheu.records.kinds import Kind
from pheu.records.models import Pipeline, Stage
from pheu.setup import pipelines
from pheu.setup.pipelines import COPIED, OF_ROLES
from pheu.setup.roles import role_called

Told = Mapping[str, Any]
OF_PIPELINE = ("name", "is_default", "is_active", "stages")


def told_pipelines() -> dict[str, list[Any]]:
    roles = dict(Role.objects.values_list("pk", "name"))
    told: dict[str, list[Any]] = {}
    for one in Pipeline.objects.prefetch_related("stages"):
        stages = [_told_stage(stage, roles) for stage in one.stages.all() if not stage.is_leaving]
        kept = {"name": one.name, "is_default": one.is_default, "is_active": one.is_active, "stages": stages}
        told.setdefault(one.kind, []).append(kept)
    return told


def _told_stage(stage: Stage, roles: Mapping[int, str]) -> dict[str, Any]:
    told = {name: getattr(stage, name) for name in COPIED}
    return told | {name: sorted(roles[pk] for pk in told[name] if pk in roles) for name in OF_ROLES}


def import_pipelines(told: Told, by: User) -> None:
    """Those that are missing, then which one is the usual, then which are used no more: in an order that can stand."""
    for code, many in told.get("pipelines", {}).items():
        kind = next((one for one in kinds.every() if one.code == code and one.has_stages), None)
        if kind is None:
            raise DomainError(_("There is no record type “%(kind)s”."), kind=code)
        once(many)
        for one in many:
            known(one, OF_PIPELINE)
            with at(one["name"]):
                _import_pipeline(kind, one, by)
        if len([one for one in many if one.get("is_default")]) > 1:
            raise DomainError(_("Only one pipeline of a kind is the usual one."))
        for one in sorted(many, key=lambda one: not one.get("is_default")):
            with at(one["name"]):
                _switch(_called(kind, one["name"]), one, by)


def _import_pipeline(kind: Kind, told: Told, by: User) -> None:
    stages = once(told.get("stages", ()))
    wanted = [_columns(one) for one in stages]
    there = _called(kind, told["name"])
    if there is None:
        pipelines.add_pipeline(kind, name=told["name"], stages=wanted, by=by, via="import")
        return
    changes = {"name": (there.name, told["name"])}
    pipelines.change_pipeline(there, changes, by=by, via="import")
    names = {fold(one.name) for one in there.stages.all()}
    for one in wanted:
        if fold(one["name"]) not in names:
            with at(one["name"]):
                pipelines.add_stage(there, one, by=by, via="import")
    # The first is what it is to be before it comes first, and the others when they are first no more.
    _change_stages(there, wanted[:1], by)
    order = placed(list(there.stages.all()), [one["name"] for one in wanted])
    pipelines.order_stages(there, [one.pk for one in order], by=by, via="import")
    _change_stages(there, wanted[1:], by)


def _change_stages(pipeline: Pipeline, wanted: Sequence[Told], by: User) -> None:
    there = {fold(one.name): one for one in pipeline.stages.select_related("pipeline")}
    for told in wanted:
        stage = there[fold(told["name"])]
        with at(told["name"]):
            changes = {name: (getattr(stage, name), value) for name, value in told.items()}
            pipelines.change_stage(stage, changes, by=by, via="import")


def _switch(pipeline: Pipeline, told: Told, by: User) -> None:
    if told.get("is_active"):
        pipelines.resume_pipeline(pipeline, by=by, via="import")
    if told.get("is_default"):
        changes = {"is_default": (pipeline.is_default, True)}
        pipelines.change_pipeline(pipeline, changes, by=by, via="import")
    if not told.get("is_active", True):
        pipelines.retire_pipeline(pipeline, to=None, by=by, via="import")


def _columns(told: Told) -> dict[str, Any]:
    values = known(told, COPIED)
    return values | {name: sorted(_role(who).pk for who in values[name]) for name in OF_ROLES if name in values}


def _role(who: str) -> Role:
    role = role_called(who)
    if role is None:
        raise DomainError(_("There is nobody called “%(who)s” here."), who=who)
    return role


def _called(kind: Kind, name: str) -> Any:
    there = Pipeline.objects.filter(kind=kind.code)
    return next((one for one in there if fold(one.name) == fold(name)), None)


# What the file says of entries that have names ------------------------------------------------------------------------


@contextmanager
def at(name: str) -> Iterator[None]:
    """Say of what cannot be done at which entry of the file it stands."""
    try:
        yield
    except DomainError as error:
        raise DomainError("%(name)s: %(words)s", name=name, words=error) from error


def known(told: Told, names: Sequence[str]) -> dict[str, Any]:
    """`DomainError` for an entry that says something which there is not: it would be lost in silence."""
    for name in told:
        if name not in names:
            raise DomainError(_("The file cannot be read at: %(what)s."), what=f"{told.get('name', '')}: {name}"[:200])
    return dict(told)


def once(many: Sequence[Told]) -> Sequence[Told]:
    """`DomainError` for a name that is there twice: nobody could say which one counts."""
    names = [fold(one["name"]) for one in many]
    for nth, one in enumerate(many):
        if names[nth] in names[:nth]:
            raise DomainError(_("“%(name)s” is in the list already."), name=one["name"])
    return many


def placed(there: Sequence[Any], names: Sequence[str]) -> list[Any]:
    """Entries of which those of `names` stand in that order; one that is not named stays where it is."""
    by_name = {fold(one.name): one for one in there}
    wanted = [by_name[fold(name)] for name in names]
    order = iter(wanted)
    return [next(order) if one in wanted else one for one in there]
