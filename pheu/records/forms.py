from typing import Any

from django import forms

from pheu.core.ids import RowField
from pheu.records.models import Stage


class MoveForm(forms.Form):
    """Where to, and the stage the person saw; only stages of the row's own pipeline are offered."""

    to = RowField(Stage.objects.none())
    left = RowField(Stage.objects.none())

    def __init__(self, *args: Any, row: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        stages = Stage.objects.filter(pipeline=row.stage.pipeline_id)
        for field in self.fields.values():
            field.queryset = stages  # type: ignore[attr-defined]
