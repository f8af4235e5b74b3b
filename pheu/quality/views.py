"""The four steps of an import and its accounts. A file that cannot be taken is said beside the field that held it."""

from typing import Any

from django.http import FileResponse, Http404, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST, require_safe
from django_htmx.http import HttpResponseClientRedirect, HttpResponseClientRefresh

from pheu.core.ids import read_id
from pheu.core.once import once
from pheu.core.vietnamese.money import show_number
from pheu.people.models import User
from pheu.people.requests import Request
from pheu.people.scopes import EXPORT, IMPORT, VIEW
from pheu.quality import jobs, marks, running, services
from pheu.quality.events import ALL
from pheu.quality.export import rejected_lines
from pheu.quality.forms import ExportForm, FileForm, LineForm, MappingForm, PolicyForm, SheetForm
from pheu.quality.importers import importable_kinds
from pheu.quality.models import Import, ImportLine
from pheu.quality.outgoing import Outgoing, download, export_rows
from pheu.quality.preview import ABOVE, MOST, Preview
from pheu.quality.reading import FileRefused
from pheu.records import kinds
from pheu.records.act_views import ticked

PAGE = 100
State, LineState = Import.State, ImportLine.State


def _go(request: Request, where: Any, *args: Any) -> HttpResponse:
    answer = redirect(where, *args)
    return HttpResponseClientRedirect(answer["Location"]) if request.htmx else answer


def _offered(user: User) -> list[str]:
    offered = [kind for kind in importable_kinds() if user.may(kind, IMPORT)]
    if not offered:
        raise Http404
    return offered


def _import(request: Request, pk: int) -> Import:
    rows = Import.objects.visible_to(request.user).select_related("by", "team", "department", "taken_back_by", "like")
    return get_object_or_404(rows, pk=pk)


@require_safe
def import_list(request: Request) -> HttpResponse:
    """Every import that the person may see, newest first."""
    _offered(request.user)
    rows = Import.objects.visible_to(request.user).select_related("by").order_by("-pk")
    before = read_id(request.GET.get("before"))
    if before is not None:
        rows = rows.filter(pk__lt=before)
    imports = list(rows[: PAGE + 1])
    return render(
        request,
        "quality/list.html",
        {"imports": imports[:PAGE], "more": imports[PAGE - 1] if len(imports) > PAGE else None},
    )


@once
@require_http_methods(["GET", "HEAD", "POST"])
def import_new(request: Request) -> HttpResponse:
    """Step 1: choose a file."""
    offered = _offered(request.user)
    asked = request.GET.get("kind")
    form = FileForm(
        request.POST or None,
        request.FILES or None,
        offered=offered,
        initial={"kind": asked if asked in offered else offered[0]},
    )
    if request.method == "POST" and form.is_valid():
        try:
            imported = jobs.open_file(form.cleaned_data["file"], kind=form.cleaned_data["kind"], by=request.user)
        except FileRefused as refusal:
            form.add_error("file", str(refusal))
        else:
            return _go(request, "import-map", imported.pk)
    return _new_page(request, form, form["kind"].value() if form["kind"].value() in offered else offered[0])


def _new_page(request: Request, form: FileForm, kind: str) -> HttpResponse:
    context = {"form": form, "kind": kinds.get(kind)}
    return render(request, "quality/new.html", context, status=422 if request.method == "POST" else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def import_map(request: Request, pk: int) -> HttpResponse:
    """Step 2: which column is which field. A GET with choices shows what they would do, and keeps nothing."""
    imported = _import(request, pk)
    if imported.state == State.READING:
        return render(request, "quality/reading.html", {"imported": imported, "kind": kinds.get(imported.kind)})
    if not imported.is_open:
        return _go(request, imported)
    lines = services.lines_of(imported, MOST + ABOVE)
    form = MappingForm(_choices(request), imported=imported, lines=lines, user=request.user)
    if request.method == "POST" and form.is_valid():
        jobs.check(imported, form.settings(), by=request.user)
        return _go(request, "import-check", pk)
    return _map_page(request, imported, lines, form, SheetForm(imported=imported, lines=lines))


def _choices(request: Request) -> Any:
    return request.POST if request.method == "POST" else request.GET or None


def _map_page(request: Request, imported: Import, lines: Any, form: MappingForm, sheet_form: SheetForm) -> HttpResponse:
    if form.is_bound and (form.is_valid() or form.cleaned_data):
        columns, area_code = form.columns(), form.cleaned_data.get("area_code", "")
    else:
        columns, area_code = imported.columns, imported.area_code
    mapped = {int(column): name for column, name in columns.items()}
    preview = Preview(imported, form, lines, mapped, area_code, form.readings())
    context = {
        "imported": imported,
        "form": form,
        "sheet_form": sheet_form,
        "preview": preview,
        "kind": kinds.get(imported.kind),
    }
    return render(request, "quality/map.html", context, status=422 if request.method == "POST" else 200)


@require_POST
def import_sheet(request: Request, pk: int) -> HttpResponse:
    """Read another sheet, in another encoding, or from another header."""
    imported = _import(request, pk)
    if imported.state == State.READING:  # a second click
        return _go(request, "import-map", pk)
    lines = services.lines_of(imported, MOST + ABOVE)
    form = SheetForm(request.POST, imported=imported, lines=lines)
    if form.is_valid():
        jobs.choose_sheet(imported, form.settings(), by=request.user)
        return _go(request, "import-map", pk)
    return _map_page(request, imported, lines, MappingForm(imported=imported, lines=lines, user=request.user), form)


@require_safe
def import_check(request: Request, pk: int) -> HttpResponse:
    """Step 3: what every line would become."""
    imported = _import(request, pk)
    if imported.state in (State.READING, State.DRAFT):
        return _go(request, "import-map", pk)
    if not imported.is_open:
        return _go(request, imported)
    tabs = [
        ("problems", _("To look at"), imported.lines_of_customers.filter(has_problem=True, state=LineState.READY)),
        ("rejected", _("Rejected"), imported.lines_of_customers.filter(state=LineState.REJECTED)),
        ("skipped", _("Skipped"), imported.lines_of_customers.filter(state=LineState.SKIPPED)),
        ("all", _("All lines"), imported.lines_of_customers),
    ]
    more: dict[str, Any] = {}
    if not imported.is_busy:
        ready = imported.lines_of_customers.filter(state=LineState.READY)
        there, repeats = ready.filter(marks__contains=[marks.THERE]).count(), services.repeats_of(imported).count()
        more = {"there": there, "repeats": repeats, "policies": PolicyForm(imported=imported)}
    return render(request, "quality/check.html", _accounts(request, imported, tabs) | more)


@once
@require_http_methods(["GET", "HEAD", "POST"])
def import_line(request: Request, pk: int) -> HttpResponse:
    """The cells of one checked line, to be mended."""
    seen = ImportLine.objects.filter(imported__in=Import.objects.visible_to(request.user))
    line = get_object_or_404(seen.select_related("imported__by"), pk=pk)
    form = LineForm(request.POST or None, line=line)
    if request.method == "POST" and form.is_valid():
        services.mend_line(line, form.cells(), by=request.user)
        return HttpResponseClientRefresh() if request.htmx else redirect("import-check", line.imported_id)
    context = {"line": line, "form": form}
    return render(request, "quality/line.html", context, status=422 if request.method == "POST" else 200)


@require_POST
def import_run(request: Request, pk: int) -> HttpResponse:
    """Step 4: let it run. Clicking twice makes one run."""
    imported = _import(request, pk)
    form = PolicyForm(request.POST, imported=imported)
    if not form.is_valid():
        return _go(request, "import-check", pk)
    jobs.start(imported, by=request.user, **form.settings())
    return _go(request, imported)


@require_POST
def import_stop(request: Request, pk: int) -> HttpResponse:
    """Let a run end after the lines that it is at; give up a reading or a check."""
    imported = _import(request, pk)
    running.stop_import(imported, by=request.user)
    return _go(request, imported)


@require_POST
def import_undo(request: Request, pk: int) -> HttpResponse:
    """Take all of it back."""
    imported = _import(request, pk)
    jobs.take_back(imported, by=request.user)
    return _go(request, imported)


@require_POST
def import_redo(request: Request, pk: int) -> HttpResponse:
    """Do again what was taken back."""
    imported = _import(request, pk)
    jobs.do_again(imported, by=request.user)
    return _go(request, imported)


@require_safe
def import_page(request: Request, pk: int) -> HttpResponse:
    """The running import, then its accounts: every line was created, skipped or rejected, and why."""
    imported = _import(request, pk)
    if imported.state == State.REFUSED:
        return _refused_page(request, imported)
    if imported.is_open or imported.state == State.READING:
        return _go(request, "import-check" if imported.state in (State.CHECKING, State.CHECKED) else "import-map", pk)
    tabs = [
        ("created", _("Created rows"), imported.lines_of_customers.filter(state=LineState.CREATED)),
        ("updated", _("Updated rows"), imported.lines_of_customers.filter(state=LineState.UPDATED)),
        ("merged", _("Merged rows"), imported.lines_of_customers.filter(state=LineState.MERGED)),
        ("taken_back", _("Taken back"), imported.lines_of_customers.filter(state=LineState.TAKEN_BACK)),
        ("problems", _("To look at"), imported.lines_of_customers.filter(has_problem=True, state=LineState.CREATED)),
        ("rejected", _("Rejected"), imported.lines_of_customers.filter(state=LineState.REJECTED)),
        ("skipped", _("Skipped"), imported.lines_of_customers.filter(state=LineState.SKIPPED)),
    ]
    return render(request, "quality/page.html", _accounts(request, imported, tabs))


def _refused_page(request: Request, imported: Import) -> HttpResponse:
    """Why this file cannot be read, beside the field that takes another."""
    form = FileForm(offered=_offered(request.user), initial={"kind": imported.kind})
    form.errors["file"] = form.error_class([f"{imported.name}: {imported.refusal_text}"])
    return _new_page(request, form, imported.kind)


def _accounts(request: Request, imported: Import, tabs: list[tuple[str, str, Any]]) -> dict[str, Any]:
    """The tabs that hold lines with their counts, and one page of the chosen tab's lines."""
    counted = [(code, label, rows, rows.count()) for code, label, rows in tabs] if not imported.is_busy else []
    shown = [one for one in counted if one[3]]
    chosen = next((one for one in shown if one[0] == request.GET.get("tab")), shown[0] if shown else None)
    behind = read_id(request.GET.get("after")) or 0
    lines = list(chosen[2].select_related("record").after(behind, PAGE + 1)) if chosen else []
    for line in lines:
        line.imported = imported
    return {
        "imported": imported,
        "kind": kinds.get(imported.kind),
        "tabs": [
            {"label": label, "url": f"?tab={code}", "count": show_number(count), "current": code == chosen[0]}
            for code, label, _rows, count in shown
            if chosen
        ],
        "tab": chosen[0] if chosen else "",
        "lines": lines[:PAGE],
        "more": lines[PAGE - 1].line if len(lines) > PAGE else None,
        "marks": services.counted_marks(imported),
    }


@require_GET
def import_progress(request: Request, pk: int) -> HttpResponse:
    """How far a busy import is; asked again and again, and the last answer draws the page anew."""
    imported = _import(request, pk)
    if not imported.is_busy:
        return HttpResponseClientRefresh()
    asked = request.GET.get("asked", "")[:3]
    times = int(asked) + 1 if asked.isdecimal() else 1
    return render(request, "quality/_progress.html", {"imported": imported, "asked": times})


@require_GET
def import_work(request: Request, pk: int) -> HttpResponse:
    """The line above other pages: how far an import is that goes on without its page, or how it ended."""
    return render(request, "quality/_work.html", {"imported": _import(request, pk)})


@require_http_methods(["GET", "HEAD", "POST"])
def export_new(request: Request, kind: str) -> HttpResponseBase:
    """The dialog that asks what leaves as which file, and the file; `list` is the query string of the list."""
    if not (request.user.may(kind, EXPORT) and request.user.may(kind, VIEW)):
        raise Http404
    chosen, sent = kinds.get(kind), request.POST if request.method == "POST" else None
    asked = request.GET if sent is None else sent
    rows = (
        ticked(chosen.model.objects.within(request.user, EXPORT), asked, request.user)
        if "ids" in asked and not asked.get("whole")
        else []
    )
    form = ExportForm(sent, ticked=bool(rows))
    query = asked.get("list", "").removeprefix("?")
    if sent is not None and form.is_valid():
        told, ids = form.cleaned_data, [row.pk for row in rows]
        outgoing = Outgoing(chosen, request.user, QueryDict(query), scope=told["rows"], ids=ids)
        fields = outgoing.fields(every=told["columns"] == ALL)
        export_rows(outgoing, fields, form=told["form"], by=request.user)
        return download(outgoing, fields, told["form"])
    context = {"kind": chosen, "form": form, "rows": rows, "query": query}
    return render(request, "quality/export.html", context, status=200 if sent is None else 422)


@require_GET
def import_rejected(request: Request, pk: int) -> FileResponse:
    """The rejected lines as Excel: the file's own columns, and why."""
    return rejected_lines(_import(request, pk))
