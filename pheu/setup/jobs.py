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
from pheu.records.models import Stage
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


@titled(gettext_lazy("Moving the records of a stage"))
@job
def empty_stage(stage_id: int, user_id: int) -> None:
    """Portion by portion, each a transaction of its own: a worker that ends leaves the rest for the next one."""
    stage = Stage.objects.select_related("pipeline").filter(pk=stage_id).first()
    by = User.objects.get(pk=user_id)
    while stage is not None and not pipelines.empty_some(stage, by=by):
        pass
