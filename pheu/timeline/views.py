"""Notes, files and followers of any record."""

from typing import Any

from django.http import FileResponse, Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import HttpResponseClientRefresh

from pheu.core.errors import DomainError, tell
from pheu.core.once import once
from pheu.people.requests import Request
from pheu.records.models import Operation, Record
from pheu.timeline import services
from pheu.timeline.forms import FileForm, NoteForm
from pheu.timeline.models import File
from pheu.timeline.panels import timeline_context
from pheu.timeline.reading import may_read
from pheu.timeline.undo import undo


def visible_record(request: Request, pk: int) -> Record:
    return get_object_or_404(Record.objects.visible_to(request.user), pk=pk)


@require_safe
def timeline_page(request: Request, pk: int) -> HttpResponse:
    """Older events, below the one that the address names."""
    record = visible_record(request, pk)
    return render(request, "timeline/_events.html", timeline_context(request, record))


@require_POST
@once
def note_add(request: Request, pk: int) -> HttpResponse:
    record = visible_record(request, pk)
    form = NoteForm(request.POST)
    if not form.is_valid():
        raise DomainError(form.errors["body"][0])
    services.add_note(record, body=form.cleaned_data["body"], by=request.user)
    return redirect(record)


@require_POST
@once
def file_add(request: Request, pk: int) -> HttpResponse:
    record = visible_record(request, pk)
    form = FileForm(request.POST, request.FILES)
    if not form.is_valid():
        raise DomainError(form.errors["upload"][0])
    services.add_file(record, upload=form.cleaned_data["upload"], by=request.user)
    tell(request, _("The file was added."))
    return redirect(record)


@require_safe
def file_get(request: Request, pk: int) -> Any:
    """A file as an attachment, never shown in our own origin (quality.md 3)."""
    file = get_object_or_404(File.objects.select_related("record"), pk=pk)
    if not may_read(file, request.user):
        raise Http404
    answer = FileResponse(
        file.content.open("rb"), as_attachment=True, filename=file.name, content_type="application/octet-stream"
    )
    answer["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return answer


@require_POST
def following(request: Request, pk: int) -> HttpResponse:
    """POST follows, POST with `stop` no longer does."""
    record = visible_record(request, pk)
    act = services.unfollow if "stop" in request.POST or "stop" in request.GET else services.follow
    act(record, user=request.user, by=request.user)
    if Record.objects.visible_to(request.user).filter(pk=pk).exists():
        return HttpResponseClientRefresh() if request.htmx else redirect(record)
    return HttpResponseRedirect("/")


@require_POST
def operation_undo(request: Request, pk: int) -> HttpResponse:
    """«Hoàn tác» of a whole act: of the toast that told it, and of its event on the timeline."""
    operation = get_object_or_404(Operation.objects.filter(by=request.user), pk=pk)
    done = undo(operation, by=request.user)
    words = _("Taken back.")
    if done.used or done.edited:
        words = _("Taken back, except for what somebody has changed or used since; the timeline says what.")
    tell(request, words)
    if request.htmx:
        return HttpResponseClientRefresh()
    return redirect(operation.about.survivor if operation.about else "/")
