"""What goes out by mail when somebody is invited, and moving the records of a stage that is taken out."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from pheu.core.jobs import job, titled
from pheu.people.models import User
from pheu.records.models import Pipeline, Stage
from pheu.setup import pipelines, staffing
from pheu.setup.staff import has_come_in, invitation_link


@transaction.atomic
def invite_person(values: Mapping[str, Any], *, by: User) -> User:
    """Make an account and send the link that opens it."""
    return _sent(staffing.invite_person(values, by=by))


@transaction.atomic
def invite_again(pk: int, *, by: User) -> User:
    return _sent(staffing.invite_again(pk, by=by))


@transaction.atomic
def come_back(pk: int, *, by: User) -> User:
    return _sent(staffing.come_back(pk, by=by))


def _sent(person: User) -> User:
    send_invitation.defer(user_id=person.pk)
    return person


@titled(gettext_lazy("Sending an invitation"))
@job
def send_invitation(user_id: int) -> None:
    """Nothing to whoever has come in or left meanwhile."""
    person = User.objects.active().filter(pk=user_id).first()
    if person is None or has_come_in(person):
        return
    with translation.override(settings.LANGUAGE_CODE):
        words = render_to_string("setup/invitation.txt", {"person": person, "link": invitation_link(person)})
        send_mail(_("Your account in Phễu"), words, None, [person.email])


@transaction.atomic
def remove_stage(stage: Stage, *, to: Stage | None, by: User) -> int:
    """Take a stage out; how many records went at once. Where there are too many for that, a job moves them."""
    moved = pipelines.remove_stage(stage, to=to, by=by)
    if Stage.objects.filter(pk=stage.pk).exclude(empties_into=None).exists():
        empty_stage.defer(stage_id=stage.pk, user_id=by.pk)
    return moved


@transaction.atomic
def change_stage(stage: Stage, changes: pipelines.Changes, *, to: Stage | None, by: User) -> bool:
    """Change a stage; False where so many records must leave it first that a job moves them, and then changes it."""
    try:
        pipelines.change_stage(stage, changes, to=to, by=by)
    except pipelines.TooMany:
        told = {name: list(pair) for name, pair in changes.items()}
        change_emptied_stage.defer(stage_id=stage.pk, to_id=to and to.pk, changes=told, user_id=by.pk)
        return False
    return True


@titled(gettext_lazy("Moving the records of a stage"))
@job
def change_emptied_stage(stage_id: int, to_id: int, changes: dict[str, Any], user_id: int) -> None:
    """Portion by portion, each a transaction of its own; the last of them come with the change itself."""
    stage = Stage.objects.select_related("pipeline").filter(pk=stage_id).first()
    if stage is None:
        return
    to, by = _standing(to_id), User.objects.get(pk=user_id)
    while not pipelines.move_some([stage], to, by=by):
        pass
    pipelines.change_stage(stage, {name: (saw, new) for name, (saw, new) in changes.items()}, to=to, by=by)


@transaction.atomic
def retire_pipeline(pipeline: Pipeline, *, to: Stage | None, by: User) -> int | None:
    """Use a pipeline no more; how many records went at once, None where a job moves them first."""
    try:
        return pipelines.retire_pipeline(pipeline, to=to, by=by)
    except pipelines.TooMany:
        retire_emptied_pipeline.defer(pipeline_id=pipeline.pk, to_id=to and to.pk, user_id=by.pk)
        return None


@titled(gettext_lazy("Moving the records of a pipeline"))
@job
def retire_emptied_pipeline(pipeline_id: int, to_id: int, user_id: int) -> None:
    """The same for a pipeline: its open records, until one act moves the rest and stops using it."""
    pipeline = Pipeline.objects.filter(pk=pipeline_id, is_active=True).first()
    if pipeline is None:
        return
    to, by = _standing(to_id), User.objects.get(pk=user_id)
    while not pipelines.move_some([one for one in pipeline.stages.all() if not one.is_closing], to, by=by):
        pass
    pipelines.retire_pipeline(pipeline, to=to, by=by)


def _standing(pk: int) -> Stage:
    """A stage, or where its records went if it was taken out meanwhile."""
    pk = Stage.every.get(pk=pk).standing.pk
    return Stage.every.select_related("pipeline").get(pk=pk)


@titled(gettext_lazy("Moving the records of a stage"))
@job
def empty_stage(stage_id: int, user_id: int) -> None:
    """Portion by portion, each a transaction of its own: a worker that ends leaves the rest for the next one."""
    stage = Stage.objects.select_related("pipeline").filter(pk=stage_id).first()
    by = User.objects.get(pk=user_id)
    while stage is not None and not pipelines.empty_some(stage, by=by):
        pass
