"""What is done to many records at once: which right it asks for, what its dialog asks, and what its act is told.

A page does it at once with ticked rows; a job with everything that a list had (`timeline/batches.py`).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from pheu.people.models import User
from pheu.people.scopes import ARCHIVE, ASSIGN, CHANGE, MOVE, VIEW, Action
from pheu.records.forms import AssignForm, EditForm, FollowForm, SharingForm, StageForm
from pheu.records.kinds import Kind

Words = str | Promise


@dataclass(frozen=True)
class ManyAct:
    """`code` is the kind's act; `form(data, kind, rows, user)` is its dialog's, None where nothing is asked.

    `told(form)` is what the act is told of a valid one; `says(form)` what becomes of the records, in a few words.
    """

    code: str
    action: Action
    label: Words
    form: Callable[[Any, Kind, Sequence[Any], User], Any] | None = None
    told: Callable[[Any], dict[str, Any]] = lambda form: form.cleaned_data
    says: Callable[[Any], Words] = lambda form: ""

    def form_for(self, data: Any, kind: Kind, rows: Sequence[Any], user: User) -> Any:
        return self.form(data, kind, rows, user) if self.form is not None else None


ASSIGNING = ManyAct(
    "assign",
    ASSIGN,
    _("Hand out"),
    lambda data, kind, rows, user: AssignForm(data, rows=rows),
    says=lambda form: form.cleaned_data["owner"] or form.cleaned_data["team"] or _("nobody"),
)
SHARING = ManyAct(
    "share_out",
    ASSIGN,
    _("Share out"),
    lambda data, kind, rows, user: SharingForm(data, kind=kind.code),
    told=lambda form: {"people": list(form.cleaned_data["people"])},
    says=lambda form: ", ".join(str(one) for one in form.cleaned_data["people"]),
)
MOVING = ManyAct(
    "move_many",
    MOVE,
    _("Change the stage"),
    lambda data, kind, rows, user: StageForm(data, rows=rows, user=user),
    says=lambda form: form.cleaned_data["to"],
)
CHANGING = ManyAct(
    "change_many",
    CHANGE,
    _("Change a field"),
    lambda data, kind, rows, user: EditForm(data, kind=kind, user=user),
    told=lambda form: form.told(),
    says=lambda form: form.chosen.label,
)
FOLLOWING = ManyAct(
    "follow_many",
    VIEW,
    _("Follow"),
    lambda data, kind, rows, user: FollowForm(data, kind=kind, rows=rows, user=user),
    told=lambda form: form.told(),
    says=lambda form: form.says(),
)
ARCHIVING = ManyAct("archive", ARCHIVE, _("Archive records"))

ACTS = {one.code: one for one in (ASSIGNING, SHARING, MOVING, CHANGING, FOLLOWING, ARCHIVING)}
