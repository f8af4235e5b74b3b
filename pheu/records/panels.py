"""What every kind shows on its pages: the stage bar, handing over, ends and reopening."""

from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from pheu.core.prepared import prepared
from pheu.core.registries import Button, Panel, bulk, head_panels, toolbar
from pheu.people.models import User
from pheu.people.requests import Request
from pheu.people.scopes import ASSIGN, CHANGE, MOVE
from pheu.records import kinds
from pheu.records.drawing import rotting_words
from pheu.records.models import Category, Pipeline, Staged


@bulk.add("*", order=20)
def hand_out(kind: str, user: User) -> list[Button]:
    if not user.may(kind, ASSIGN):
        return []
    return [Button(_("Hand out"), reverse(f"{kind}-assign"), "user-share", dialog=True)]


@bulk.add("*", order=30)
def move_on(kind: str, user: User) -> list[Button]:
    if not kinds.get(kind).has_stages or not user.may(kind, MOVE):
        return []
    return [Button(_("Change the stage"), reverse(f"{kind}-stages"), "arrows-left-right", dialog=True)]


@bulk.add("*", order=40)
def edit(kind: str, user: User) -> list[Button]:
    if not user.may(kind, CHANGE):
        return []
    return [Button(_("Change a field"), reverse(f"{kind}-editing"), "pencil", dialog=True)]


@bulk.add("*", order=70)
def follow(kind: str, user: User) -> list[Button]:
    return [Button(_("Follow"), reverse(f"{kind}-following"), "eye", dialog=True)]


@toolbar.add("*", order=5)
def take_on(row: Any, may: set[str]) -> list[Button]:
    """A row that nobody has yet: «Nhận»."""
    if "take" not in may or row.is_over:
        return []
    return [Button(_("Take on"), reverse(f"{row.kind}-taking", args=[row.pk]), "user-check", posts=True)]


@toolbar.add("*", order=90)
def hand_over(row: Any, may: set[str]) -> list[Button]:
    if "assign" not in may or row.is_over:
        return []
    return [Button(_("Hand over"), f"{reverse(f'{row.kind}-assign')}?ids={row.pk}", "user-share", dialog=True)]


@toolbar.add("*", order=20)
def ends(row: Any, may: set[str]) -> list[Button]:
    """The ends that a row is closed in; «Mở lại» on a closed one (R0.12, R4.39-4.40, R4.53)."""
    if not isinstance(row, Staged) or "move" not in may or row.status == Category.CONVERTED:
        return []
    if row.is_closed:
        if row.open_stage_id in row.barred:
            return []
        return [Button(_("Reopen"), reverse(f"{row.kind}-reopening", args=[row.pk]), "refresh", posts=True)]
    stages = [one for one in row.stage.pipeline.stages.all() if one.is_closing and one.category != Category.CONVERTED]
    return [_end(row, stage) for stage in stages if stage.pk not in row.barred]


def _end(row: Any, stage: Any) -> Button:
    is_won = stage.category == Category.WON
    url = f"{reverse(f'{row.kind}-closing', args=[row.pk])}?to={stage.pk}"
    look = ("trophy", "primary") if is_won else ("", "")
    return Button(str(stage), url, *look, dialog=stage.needs_reason, posts=not stage.needs_reason)


@toolbar.add("*", order=95)
def other_pipeline(row: Any, may: set[str]) -> list[Button]:
    if not isinstance(row, Staged) or "move" not in may or row.is_closed or row.stage_id in row.barred:
        return []
    if not _others(row.kind, row.stage.pipeline_id):
        return []
    return [Button(_("Change the pipeline"), reverse(f"{row.kind}-pipeline", args=[row.pk]), dialog=True)]


@prepared
def _others(kind: str, pipeline_id: int) -> QuerySet[Pipeline]:
    return Pipeline.objects.active().filter(kind=kind).exclude(pk=pipeline_id)[:1]


@head_panels.add("*")
def stages(request: Request, row: Any, may: set[str]) -> Panel | None:
    """The bar of stages, the current one marked with how long the row stands there (R4.41, R4.56)."""
    if not isinstance(row, Staged):
        return None
    shown = [stage for stage in row.stage.pipeline.stages.all() if not stage.is_folded or stage.pk == row.stage_id]
    context = {"row": row, "stages": shown, "may_move": "move" in may and not row.is_closed}
    if row.is_rotting and kinds.get(row.kind).schema_for(request.user).get("rotting"):
        context["rotting"] = rotting_words(row)
    return Panel("records/_stage_bar.html", context)
