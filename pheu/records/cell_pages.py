"""One cell of a list, edited where it stands: its control, and what it holds once it is saved."""

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from pheu.core.errors import Conflict, Invalid
from pheu.people.requests import Request
from pheu.people.scopes import CHANGE
from pheu.records import drawing, kinds
from pheu.records.access import must
from pheu.records.columns import can_edit_in_list
from pheu.records.views import visible_row


@require_http_methods(["GET", "POST"])
def record_cell(request: Request, kind: str, field: str, pk: int) -> HttpResponse:
    """The control of one field of a row, for a list; sent, it answers with the cell, or says what is in the way."""
    row = visible_row(request, kind, pk)
    must(request.user, row, CHANGE)
    schema = kinds.get(kind).schema_for(request.user)
    asked = schema.get(field)
    if asked is None or not row.is_live or not can_edit_in_list(asked):
        raise Http404
    sent = request.POST if request.method == "POST" else None
    form = schema.form(request.user, sent, row=row, only=[field])
    if sent is None:
        return _control(request, row, form, field)
    if not form.is_valid():
        return _control(request, row, form, field, status=422)
    try:
        kinds.get(kind).change(row, form.changes(), by=request.user)
    except Conflict as conflict:
        fresh = visible_row(request, kind, pk)
        return _control(request, fresh, form.seen_again(fresh), field, status=409, theirs=conflict)
    except Invalid as error:
        form.refuse(error)
        return _control(request, row, form, field, status=422)
    [drawn] = kinds.get(kind).model.objects.filter(pk=pk).to_draw([asked])
    return HttpResponse(drawing.cell(asked, drawn))


def _control(
    request: Request, row: Any, form: Any, name: str, *, status: int = 200, theirs: Any = None
) -> HttpResponse:
    bound = form[name]
    context = {"row": row, "bound": bound, "seen": bound.as_hidden(only_initial=True), "theirs": theirs}
    context["errors"] = form.non_field_errors()
    return render(request, "records/_cell.html", context, status=status)
