"""«Tìm trùng lặp»: the records that seem to be the same as one, by criteria chosen there, each with its reasons."""

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from pheu.core.errors import tell
from pheu.core.ids import read_id
from pheu.people.requests import Request
from pheu.people.scopes import CHANGE
from pheu.quality.apart import keep_apart, kept_apart
from pheu.quality.sidebyside import can_become_one
from pheu.records import kinds
from pheu.records.alike import CRITERIA, Alike, criteria_for, criteria_of, seen_and_unseen, sharing
from pheu.records.models import Record


def _record(request: Request, pk: int) -> Record:
    record = get_object_or_404(Record.objects.visible_to(request.user), pk=pk)
    if not record.is_live:
        raise Http404
    return record


@require_safe
def alike(request: Request, pk: int) -> HttpResponse:
    """Those that share one of the criteria `?by=`, or any; of what the person may not see only whose it is."""
    record = _record(request, pk)
    keys = record.keys or []
    possible = [one for one in criteria_of(keys) if one in criteria_for(record.kind, request.user)]
    chosen = [one for one in request.GET.getlist("by") if one in possible] or possible
    apart = kept_apart(record)
    found = sharing(keys, request.user, criteria=chosen, but=[record.pk, *apart])
    seen, unseen = seen_and_unseen(found, request.user)
    context = {
        "record": record,
        "kind": kinds.get(record.kind),
        "criteria": [(one, CRITERIA[one][0], one in chosen) for one in possible],
        "lines": [_line(record, one) for one in seen],
        "unseen": unseen,
        "apart": len(apart),
        "may_merge": kinds.get(record.kind).model.objects.within(request.user, CHANGE).filter(pk=record.pk).exists(),
    }
    return render(request, "quality/alike.html", context)


def _line(record: Record, one: Alike) -> dict[str, Any]:
    kind = kinds.get(one.record.kind)
    return {"alike": one, "kind": kind, "mergeable": can_become_one({record.kind, kind.code})}


@require_POST
def apart(request: Request, pk: int) -> HttpResponse:
    """These two are not the same, and are not proposed again."""
    record = _record(request, pk)
    other = _record(request, read_id(request.POST.get("other")) or 0)
    keep_apart(record, other, by=request.user)
    tell(request, _("%(one)s and %(other)s are kept apart.") % {"one": record.number, "other": other.number})
    return redirect("alike", pk=pk)
