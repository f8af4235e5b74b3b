"""Notes, files and followers of any record."""

from datetime import datetime
from typing import Any

from django.db.models import Q
from django.http import FileResponse, Http404, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import HttpResponseClientRefresh

from pheu.core.errors import Conflict, DomainError, tell
from pheu.core.ids import read_id
from pheu.core.once import once
from pheu.people.models import User
from pheu.people.requests import Request
from pheu.records.act_views import changed_here, undo_url
from pheu.records.alike import record_of
from pheu.records.answers import Toast, is_on_board, say, settle
from pheu.records.models import Operation, Record
from pheu.timeline import services
from pheu.timeline.asking import ask_to_see
from pheu.timeline.forms import AskForm, FileNameForm, NoteEditForm, NoteForm
from pheu.timeline.mentions import proposed
from pheu.timeline.models import Event, File, Note
from pheu.timeline.panels import timeline_context
from pheu.timeline.previews import HEADERS, as_attachment
from pheu.timeline.reading import may_read
from pheu.timeline.undo import (
    KEPT_IN_SIGHT,
    name_of,
    of_fields,
    redo,
    sentences_of,
    subjects_of,
    take_former,
    undo,
    undoable_by,
    works_of,
)

MOST_FILES = 20  # of one sending


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
    form = NoteForm(request.POST, about=record)
    if not form.is_valid():
        raise DomainError(form.errors["body"][0])
    services.add_note(record, body=form.cleaned_data["body"], by=request.user)
    return redirect(record)


@require_POST
@once
def file_add(request: Request, pk: int) -> HttpResponse:
    """Several files at once: all of them, or words about each that is not kept."""
    record, uploads = visible_record(request, pk), request.FILES.getlist("upload")
    if not uploads or len(uploads) > MOST_FILES:
        raise DomainError(_("Choose between 1 and %(most)s files."), most=MOST_FILES)
    if wrong := [words for upload in uploads if (words := services.wrong_with(upload))]:
        raise DomainError(" ".join(map(str, wrong)))
    for upload in uploads:
        services.add_file(record, upload=upload, by=request.user)
    n = len(uploads)
    tell(request, ngettext("%(n)d file was added.", "%(n)d files were added.", n) % {"n": n})
    return redirect(record)


def _readable(request: Request, model: type[Any], pk: int) -> Any:
    """A note or file that I may read."""
    thing = get_object_or_404(model.objects.select_related("record", "by"), pk=pk)
    if not may_read(thing, request.user):
        raise Http404
    return thing


def _mine(request: Request, model: type[Any], pk: int) -> Any:
    thing = _readable(request, model, pk)
    services.must_be_author(thing, request.user)
    return thing


def note_change(request: Request, pk: int) -> HttpResponse:
    """What a note says, changed by its author."""
    note = _mine(request, Note, pk)
    sent = request.POST if request.method == "POST" else None
    form = NoteEditForm(sent, initial={"body": note.body}, about=note.record)
    conflict = None
    if sent is not None and form.is_valid():
        try:
            services.edit_note(note, body=form.cleaned_data["body"], saw=form.saw, by=request.user)
            return changed_here(request, note.record, _("The note was changed."))
        except Conflict as error:
            conflict, note = error, Note.objects.select_related("record", "by").get(pk=pk)
            again = {"body": form.cleaned_data["body"], "initial-body": note.body}
            form = NoteEditForm(again, about=note.record)
    context = {"note": note, "form": form, "conflict": conflict}
    status = 409 if conflict else 200 if sent is None else 422
    return render(request, "timeline/note_change.html", context, status=status)


@require_POST
def note_withdrawal(request: Request, pk: int) -> HttpResponse:
    note = services.withdraw_note(_mine(request, Note, pk), by=request.user)
    return changed_here(request, note.record, _("The note was withdrawn."), undo=undo_url())


def file_change(request: Request, pk: int) -> HttpResponse:
    """What a file is called."""
    file = _mine(request, File, pk)
    sent = request.POST if request.method == "POST" else None
    form = FileNameForm(sent, initial={"name": file.name})
    if sent is not None and form.is_valid():
        services.rename_file(file, **form.cleaned_data, by=request.user)
        return changed_here(request, file.record, _("The file was renamed."))
    context = {"file": file, "form": form}
    return render(request, "timeline/file_change.html", context, status=200 if sent is None else 422)


@require_POST
def file_withdrawal(request: Request, pk: int) -> HttpResponse:
    file = services.withdraw_file(_mine(request, File, pk), by=request.user)
    return changed_here(request, file.record, _("The file was withdrawn."), undo=undo_url())


def _served(request: Request, pk: int) -> File:
    file = _readable(request, File, pk)
    if file.withdrawn_at is not None:
        raise Http404
    return file


@require_safe
def file_get(request: Request, pk: int) -> Any:
    file = _served(request, pk)
    return as_attachment(file.content, file.name)


@require_safe
def file_preview(request: Request, pk: int) -> Any:
    """A picture or PDF to look at: by the type that its bytes have, and nothing else (`previews`)."""
    file = _served(request, pk)
    if not file.media_type:
        raise Http404
    content = file.content.open("rb")
    return FileResponse(content, filename=file.name, content_type=file.media_type, headers=HEADERS)


@require_safe
def colleagues(request: Request, pk: int) -> JsonResponse:
    """Who is proposed after an @ in a note on this record."""
    people = proposed(request.GET.get("q", ""), visible_record(request, pk))
    found = [{"id": one.pk, "text": one.full_name, "sub": one.job_title or str(one.department or "")} for one in people]
    return JsonResponse(found, safe=False)


@require_POST
def following(request: Request, pk: int) -> HttpResponse:
    """POST follows, POST with `stop` no longer does; with `person` a colleague follows, and so may see it."""
    record = visible_record(request, pk)
    act = services.unfollow if "stop" in request.POST or "stop" in request.GET else services.follow
    user: Any = request.user
    if "person" in request.POST:
        user = get_object_or_404(User.objects.active(), pk=read_id(request.POST["person"]))
    act(record, user=user, by=request.user)
    if Record.objects.visible_to(request.user).filter(pk=pk).exists():
        return HttpResponseClientRefresh() if request.htmx else redirect(record)
    return HttpResponseRedirect("/")


@require_http_methods(["GET", "HEAD", "POST"])
def access(request: Request) -> HttpResponse:
    """Ask whoever has a record to let one see it, of which one was told only that it is there."""
    ticket = request.GET.get("ticket", "")
    told = record_of(ticket)
    if told is None:
        raise Http404
    if Record.objects.visible_to(request.user).filter(pk=told.pk).exists():
        return redirect(told)
    form = AskForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        is_new = ask_to_see(told, note=form.cleaned_data["note"], by=request.user)
        words = _("They have been asked. You hear of it when they let you see it.")
        return changed_here(request, "/", words if is_new else _("You have asked them already."), news=())
    return render(request, "timeline/access.html", {"form": form, "place": told.department, "ticket": ticket})


UNDOABLE = 50


@require_safe
def undoables(request: Request) -> HttpResponse:
    """«Có thể hoàn tác»: what I have done in the last 30 days and can take back, the latest first."""
    below = read_id(request.GET.get("below"))
    page = list(undoable_by(request.user, below=below)[: UNDOABLE + 1])
    subjects, sentences = subjects_of(page[:UNDOABLE]), sentences_of(page[:UNDOABLE], request.user)
    mine = Record.objects.visible_to(request.user)
    seen = set(mine.filter(pk__in=[one.pk for some in subjects.values() for one in some]).values_list("pk", flat=True))
    lines: list[tuple[datetime, dict[str, Any]]] = []
    for one in page[:UNDOABLE]:
        records = subjects[one.pk]
        shown = [record for record in records if record.pk in seen]
        url = reverse("operation-redo" if one.undone_by_id else "operation-undo", args=[one.pk])
        line: dict[str, Any] = {
            "operation": one,
            "what": name_of(one),
            "records": shown[:3],
            "n": len(records),
            "url": url,
        }
        line["says"] = sentences.get(one.pk, "")
        lines.append((one.at, line))
    more = page[UNDOABLE - 1].pk if len(page) > UNDOABLE else None
    works = [(work.at, {"work": work}) for work in works_of(request.user)] if below is None else []
    entries = [entry for _at, entry in sorted([*lines, *works], key=lambda one: one[0], reverse=True)]
    context = {"entries": entries, "more": more, "days": KEPT_IN_SIGHT.days}
    return render(request, "timeline/undoables.html", context)


@require_POST
def operation_undo(request: Request, pk: int) -> HttpResponse:
    """«Hoàn tác» of a whole act: of the toast that told it, and of its event on the timeline."""
    operation = get_object_or_404(Operation.objects.filter(by=request.user), pk=pk)
    done = undo(operation, by=request.user)
    words = _("Taken back.")
    if done.used or done.edited:
        words = _("Taken back, except for what somebody has changed or used since; the timeline says what.")
    return _settled(request, operation, {"text": words, "redo": reverse("operation-redo", args=[pk])})


@require_POST
def operation_redo(request: Request, pk: int) -> HttpResponse:
    """«Làm lại» of what one has taken back."""
    operation = get_object_or_404(Operation.objects.filter(Q(by=request.user) | Q(undone_by__by=request.user)), pk=pk)
    done = redo(operation, by=request.user)
    words = _("Done again.")
    if done.edited:
        words = _("Done again, except for what somebody has changed since; the timeline says what.")
    return _settled(request, operation, {"text": words, "undo": reverse("operation-undo", args=[pk])})


@require_POST
def event_former(request: Request, pk: int) -> HttpResponse:
    """What an undoing has left as somebody changed it is put back all the same, one field at a time."""
    told = Event.objects.filter(about__in=Record.objects.visible_to(request.user)).select_related("about")
    event = get_object_or_404(told, pk=pk)
    row = take_former(event, request.POST.get("field", ""), by=request.user)
    return changed_here(request, row.record, _("The former value is back."))


def _settled(request: Request, operation: Operation, toast: Toast) -> HttpResponse:
    """Where one was, drawn anew as far as the act reached."""
    back = operation.about.survivor if operation.about else "/"
    if not of_fields(operation):
        return changed_here(request, back, news=("record-changed", "counts-changed"), **toast)
    if request.htmx and operation.about and is_on_board(request, operation.about.kind):
        return settle(request, operation.about, toast)
    say(request, toast)
    if request.htmx:
        return HttpResponseClientRefresh()
    return redirect(back)
