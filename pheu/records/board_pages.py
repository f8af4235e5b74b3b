"""A card put elsewhere on a board whose columns or lanes are the groups of fields."""

from typing import Any

from django.http import Http404, HttpResponse, QueryDict
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from pheu.core.errors import Conflict, DomainError, Invalid, Refused
from pheu.core.ids import read_id
from pheu.people.models import User
from pheu.people.requests import Request
from pheu.people.scopes import CHANGE
from pheu.records import kinds
from pheu.records.access import must
from pheu.records.answers import Toast, undo_url
from pheu.records.boards import field_asked, right_to_move
from pheu.records.fields import Field
from pheu.records.grouping import NOTHING
from pheu.records.views import move_to_stage, moved_on_board, row_form, visible_row

# (key of the group that the person saw, of the one in which the card was put)
Step = tuple[str, str]


@require_POST
def record_column(request: Request, kind: str, pk: int) -> HttpResponse:
    """Put a card in another column or lane: `by` and `lanes` say which fields these stand for.

    What they stand for is changed by the act that changes it anywhere: moving, handing over, editing a cell.
    """
    row = visible_row(request, kind, pk)
    if not row.is_live:
        raise Http404
    steps, sent = _steps(request, row), request.POST
    if {"stage", "owner"} & steps.keys() and len(steps) > 1:
        raise DomainError(_("One step at a time: to another column, or to another lane."))
    if "stage" in steps:
        left, to = steps["stage"]
        return move_to_stage(request, kind, pk, {"left": left, "to": to})
    toast = _handed(request, row, *steps["owner"]) if "owner" in steps else _changed(request, row, steps)
    return moved_on_board(request, row, toast, {sent.get("left", ""), sent.get("to", "")})


def _steps(request: Request, row: Any) -> dict[str, Step]:
    """What is to change, by the name of the field; refused where it is not for this person to change like that."""
    schema, sent = kinds.get(row.kind).schema_for(request.user), request.POST
    asked = [(sent.get("by") or "stage", sent.get("left", ""), sent.get("to", ""))]
    if sent.get("lanes"):
        asked.append((sent["lanes"], sent.get("from", ""), sent.get("lane", "")))
    steps = {}
    for name, left, to in asked:
        if left != to:
            _must_move(field_asked(schema, name), row, request.user)
            steps[name] = (left, to)
    return steps


def _must_move(one: Field | None, row: Any, user: User) -> None:
    if one is None:
        raise Http404
    right = right_to_move(one)
    if right is None:
        raise Refused(_("“%(field)s” is not changed on a board."), field=one.label)
    must(user, row, right)


def _handed(request: Request, row: Any, left: str, to: str) -> Toast | None:
    """The row with another person, or with nobody; not where it is somebody else's meanwhile."""
    kind = kinds.get(row.kind)
    if (str(row.owner_id) if row.owner_id else NOTHING) != left:
        raise Conflict(_("%(name)s was changed by somebody else meanwhile."), name=row.title)
    owner = None if to == NOTHING else User.objects.who_may(row.kind, CHANGE).filter(pk=read_id(to) or 0).first()
    if owner is None and to != NOTHING:
        raise DomainError(_("This cannot be chosen."))
    team = owner.teams.filter(pk=row.team_id).first() if owner else None  # theirs too: it stays there
    kind.assign([row], owner=owner, team=team, by=request.user)
    words = _("%(what)s: now with %(name)s.") if owner else _("%(what)s: nobody's now.")
    return _told(words % {"what": row.title, "name": owner})


def _changed(request: Request, row: Any, steps: dict[str, Step]) -> Toast | None:
    """The row with other values of these fields, through the same form and act as a cell of a list."""
    sent = QueryDict(mutable=True)
    for name, (left, to) in steps.items():
        sent[name], sent[f"initial-{name}"] = ("" if key == NOTHING else key for key in (to, left))
    form = row_form(request, row, sent, only=list(steps))
    if not form.is_valid():
        raise Invalid(form.errors, {name: str(one.label) for name, one in form.fields.items()} | {"__all__": ""})
    changed = kinds.get(row.kind).rearrange(row, form.changes(), by=request.user)
    now = [f"{one.label}: {one.show(one.value(changed)) or '—'}" for name in steps if (one := form.schema.get(name))]
    return _told(f"{row.title} · {', '.join(now)}")


def _told(words: str) -> Toast | None:
    undo = undo_url()
    return {"text": words, "level": "success", "undo": undo} if undo else None
