from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from pheu.core.ids import RowField
from pheu.core.vietnamese.fields import CleanCharField
from pheu.people.models import Team, User
from pheu.people.scopes import CHANGE
from pheu.records.models import ClosingReason, Pipeline


class MoveForm(forms.Form):
    """Where to, and the stage the person saw; only stages of the row's own pipeline are offered."""

    to = forms.TypedChoiceField()
    left = forms.TypedChoiceField()

    def __init__(self, *args: Any, row: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        stages = {str(stage.pk): stage for stage in row.stage.pipeline.stages.all()}
        for field in self.fields.values():
            field.choices, field.coerce = list(stages.items()), stages.__getitem__  # type: ignore[attr-defined]


class ReasonForm(forms.Form):
    """Why a record of `kind` ends in `category`: only active reasons of that list are offered (D9)."""

    reason = RowField(
        ClosingReason.objects.none(),
        label=_("Reason"),
        empty_label=None,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose a reason.")},
    )
    reason_note = CleanCharField(label=_("More about it"), required=False, max_length=500)

    def __init__(self, *args: Any, kind: str, category: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        reasons = ClosingReason.objects.filter(kind=kind, category=category, is_active=True)
        self.fields["reason"].queryset = reasons  # type: ignore[attr-defined]


class AssignForm(forms.Form):
    """Whom rows are handed to: a person, a team, or both. The department is the person's (R0.16, R1.17)."""

    owner = RowField(
        User.objects.none(),
        label=_("Owner"),
        required=False,
        empty_label=_("Nobody yet"),
        widget=forms.Select(attrs={"data-pick": ""}),
    )
    team = RowField(
        Team.objects.all(),
        label=_("Sales team"),
        required=False,
        empty_label="—",
        help_text=_("Empty: the owner's team"),
    )

    def __init__(self, *args: Any, kind: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["owner"].queryset = User.objects.who_may(kind, CHANGE).select_related("department")  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if not given.get("owner") and not given.get("team"):
            raise forms.ValidationError(_("Choose a person or a team."))
        return given


class PipelineForm(forms.Form):
    """Another pipeline of the row's kind, to go on in its first stage."""

    pipeline = RowField(Pipeline.objects.none(), label=_("Pipeline"), empty_label=None, widget=forms.RadioSelect)

    def __init__(self, *args: Any, row: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        others = Pipeline.objects.filter(kind=row.kind).exclude(pk=row.stage.pipeline_id)
        self.fields["pipeline"].queryset = others.prefetch_related("stages")  # type: ignore[attr-defined]
