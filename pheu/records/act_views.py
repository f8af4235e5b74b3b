"""Acts that every kind shares, as pages and dialogs: handing out, closing, reopening, changing the pipeline."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST
from django_htmx.http import HttpResponseClientRefresh, trigger_client_event

from pheu.core.errors import DomainError, Invalid, Refused, say_beside, tell
from pheu.core.ids import read_ids
from pheu.core.registries import buttons_for, hand_out_ways
from pheu.people.models import User
from pheu.people.requests import Request
from pheu.people.scopes import MOVE
from pheu.records import drawing, kinds
from pheu.records.access import must
from pheu.records.answers import asked_in, closing_toast, done, settle, undo_url
from pheu.records.forms import (
    AssignForm,
    EditForm,
    Entry,
    FollowForm,
    PipelineForm,
    ReasonForm,
    SharingForm,
    StageForm,
    sent_in,
)
from pheu.records.gates import NotYet, dialog_into, lacking, must_let
from pheu.records.held import held_in_list, held_now
from pheu.records.lists import Listing, listing_for
from pheu.records.many import ARCHIVING, ASSIGNING, CHANGING, FOLLOWING, MOVING, SHARING, ManyAct
from pheu.records.models import Stage
from pheu.records.sharing import dealt, loads_of

MANY = 5000
MOST_WHOLE = 500_000  # rows of a whole list that a job works off


def changed_here(
    request: Request, back: Any, text: str, *, undo: str = "", redo: str = "", news: Sequence[str] = ("record-changed",)
) -> HttpResponse:
    """Close the dialog and let the page fetch the pieces that changed; without htmx, go `back`."""
    if not request.htmx:
        tell(request, text, undo=undo, redo=redo)
        return redirect(back)
    answer = trigger_client_event(HttpResponse(status=204), "dialog-close")
    for one in news:
        answer = trigger_client_event(answer, one)
    return trigger_client_event(answer, "toast", {"text": text, "level": "success", "undo": undo, "redo": redo})


class Selection(list[Any]):
    """The ticked rows that an act is about; of everything that a list had, the first few, and the ids of all.

    `query` is that list's; `beyond` counts those of it with which the person may not do this.
    """

    query: str = ""
    ids: Sequence[int] = ()
    beyond: int = 0

    @property
    def is_whole(self) -> bool:
        return bool(self.query)

    @property
    def n(self) -> int:
        return len(self.ids) if self.is_whole else len(self)


SHOWN = 50  # rows of a whole list that its dialog looks at


def selected(request: Request, kind: kinds.Kind, act: ManyAct) -> Selection:
    """What the request names: ticked rows, or all that a list has (`whole`, its query string). All within the right."""
    asked = asked_ids(request)
    query = str(asked.get("whole", ""))
    rows = kind.model.objects.visible_to(request.user)
    rows = rows.with_stage() if kind.has_stages else rows
    if not query:
        found = Selection(ticked(rows, asked, request.user))
        may = kind.model.objects.kept_within if act is ARCHIVING else kind.model.objects.within
        may(request.user, act.action).all_or_refuse(found)
        return found
    listing = _list_of(query, kind.code, request.user)
    mine = listing.narrowed(kind.model.objects.within(request.user, act.action)).order_by("pk")
    ids = list(mine.values_list("pk", flat=True)[: MOST_WHOLE + 1])
    if len(ids) > MOST_WHOLE:
        raise DomainError(_("At most %(most)s records at once. Narrow the list first."), most=MOST_WHOLE)
    if not ids:
        raise Refused
    found = Selection(rows.filter(pk__in=ids[:SHOWN]).select_related("record", "owner").order_by("pk"))
    found.query, found.ids, found.beyond = query, ids, listing.narrowed().count() - len(ids)
    return found


def begun(request: Request, kind: kinds.Kind, act: ManyAct, rows: Selection, form: Any) -> HttpResponse:
    """Have a job do it with all of them, and lead to the page that shows how far it is."""
    sent = request.POST.copy()
    for name in ("ids", "whole", "list", "sure", "csrfmiddlewaretoken"):
        sent.pop(name, None)
    words = str(act.says(form)) if form is not None else ""
    batch = kind.begin_batch(act, kind.code, rows.ids, sent.urlencode(), words=words, by=request.user)
    return done(request, reverse("batch", args=[batch.pk]))


def _list_of(query: str, kind: str, user: User) -> Listing:
    return listing_for(user, kind, QueryDict(query.removeprefix("?")))


def ticked(rows: Any, asked: QueryDict, user: User) -> list[Any]:
    """The rows of a kind among `rows` that were ticked, or all of the list that was, where an act takes so many."""
    rows, query = rows.select_related("record", "owner"), str(asked.get("whole", ""))
    if not query:
        return all_ticked(rows, asked)
    found = list(_list_of(query, rows.model.kind, user).narrowed(rows).order_by("pk")[: MANY + 1])
    if len(found) > MANY:
        raise DomainError(_("At most %(most)s records at once. Narrow the list first."), most=MANY)
    if not found:
        raise Http404
    return found


def all_ticked(rows: Any, asked: QueryDict) -> list[Any]:
    """Those among `rows` whose ids were ticked: all of them, or words why not. None of them is no page."""
    keys = asked.getlist("ids")
    if len(keys) > MANY:
        raise DomainError(_("At most %(most)s records at once; %(many)s are ticked."), most=MANY, many=len(keys))
    ids = set(read_ids(keys))
    found = list(rows.filter(pk__in=ids).order_by("pk"))
    if not found:
        raise Http404
    if len(found) < len(ids):
        raise DomainError(_("Some of these records are gone, or not yours to see. Please tick them anew."))
    return found


def asked_ids(request: Request) -> QueryDict:
    """Ids come with the form of a list, or with the address of a record page's button."""
    return request.POST if "ids" in request.POST or "whole" in request.POST else request.GET


def record_assign(request: Request, kind: str) -> HttpResponse:
    """The dialog that hands ticked rows of any kind to a person and team, and its answer (R1.17)."""
    chosen = kinds.get(kind)
    rows = selected(request, chosen, ASSIGNING)
    sent = request.POST if request.method == "POST" else None
    form = AssignForm(sent, rows=rows)
    if rows.is_whole and sent is not None and form.is_valid():
        return begun(request, chosen, ASSIGNING, rows, form)
    if sent is not None and form.is_valid():
        chosen.assign(rows, **form.cleaned_data, by=request.user)
        tell(request, _handed_words(rows, **form.cleaned_data), undo=undo_url())
        if request.htmx:
            return HttpResponseClientRefresh()
        return redirect(rows[0] if len(rows) == 1 else chosen.url("list"))
    ways = buttons_for(hand_out_ways, kind, kind, request.user)
    context = {"kind": chosen, "rows": rows, "form": form, "ways": ways}
    return render(request, "records/assign.html", context, status=200 if sent is None else 422)


def record_sharing(request: Request, kind: str) -> HttpResponse:
    """The dialog that deals ticked rows out between people, with who gets how many, and its answer (R1.17)."""
    chosen = kinds.get(kind)
    rows = selected(request, chosen, SHARING)
    is_look = "look" in request.GET
    sent = request.POST if request.method == "POST" and "people" in request.POST else None
    form = SharingForm(sent, kind=kind)
    is_right = sent is not None and form.is_valid()
    context = {"kind": chosen, "rows": rows, "form": form, "shares": _shares(chosen, rows, form) if is_right else []}
    if is_look:
        return render(request, "records/_shares.html", context)
    if is_right and rows.is_whole:
        return begun(request, chosen, SHARING, rows, form)
    people = list(form.cleaned_data["people"]) if is_right else []
    if is_right and (got := _done(form, chosen.share_out, rows, people=people, by=request.user)) is not None:
        tell(request, ", ".join(f"{person}: {n}" for person, n in got.items() if n), undo=undo_url())
        return HttpResponseClientRefresh() if request.htmx else redirect(chosen.url("list"))
    return render(request, "records/sharing.html", context, status=200 if sent is None else 422)


def _shares(kind: Any, rows: Selection, form: SharingForm) -> list[tuple[User, Any, int | None]]:
    """(person, what they have in hand, how many of the rows they would get); None where there is no room for all."""
    people = list(form.cleaned_data["people"])
    loads = loads_of(kind.code, people)
    try:
        turns = dealt(rows.n, loads)
    except DomainError:
        return [(one, loads[one.pk], None) for one in people]
    got = Counter(turns)
    return [(one, loads[one.pk], got[one.pk]) for one in people]


def _handed_words(rows: Sequence[Any], owner: Any, team: Any) -> str:
    """What was handed to whom, by their names."""
    n = len(rows)
    what = {"what": rows[0].title if n == 1 else ngettext("%(n)d record", "%(n)d records", n) % {"n": n}}
    if owner is None and team is None:
        return _("%(what)s: nobody's now.") % what
    return _("%(what)s: now with %(name)s.") % (what | {"name": owner or team})


def record_stages(request: Request, kind: str) -> HttpResponse:
    """The dialog that puts ticked rows in another stage, and its answer (R3.19-3.21)."""
    chosen = kinds.get(kind)
    rows = selected(request, chosen, MOVING)
    sent = request.POST if request.method == "POST" else None
    form = StageForm(sent, rows=rows, user=request.user)
    if rows.is_whole and sent is not None and form.is_valid():
        return begun(request, chosen, MOVING, rows, form)
    if (
        sent is not None
        and form.is_valid()
        and _done(form, chosen.move_many, rows, **form.cleaned_data, by=request.user) is not None
    ):
        n, to = len(rows), form.cleaned_data["to"]
        words = ngettext("%(n)d record: now in “%(stage)s”.", "%(n)d records: now in “%(stage)s”.", n)
        tell(request, words % {"n": n, "stage": to}, undo=undo_url())
        return HttpResponseClientRefresh() if request.htmx else redirect(chosen.url("list"))
    now = _held(rows, chosen, chosen.schema_for(request.user).get("stage"), request.user)
    context = {"kind": chosen, "rows": rows, "form": form, "now": now}
    return render(request, "records/stages.html", context, status=200 if sent is None else 422)


def _held(rows: Selection, kind: kinds.Kind, field: Any, user: User) -> str:
    """What they hold now in the field that is to be changed in all of them."""
    return held_in_list(_list_of(rows.query, kind.code, user), field) if rows.is_whole else held_now(rows, field)


def _done(form: Any, act: Any, rows: Sequence[Any], **told: Any) -> Any:
    """What the act answers for the ticked rows; None where the form says what is in the way."""
    try:
        return act(rows, **told)
    except Refused:
        raise
    except DomainError as error:
        say_beside(form, error)
        return None


def record_editing(request: Request, kind: str) -> HttpResponse:
    """The dialog that gives one field of ticked rows the same value, and its answer (R3.24, R4.33).

    `?field=` asks for the control of that field.
    """
    chosen = kinds.get(kind)
    rows = selected(request, chosen, CHANGING)
    sent = request.POST if request.method == "POST" else None
    form = EditForm(sent, kind=chosen, user=request.user, asked=request.GET.get("field", ""))
    if rows.is_whole and form.is_valid():
        return begun(request, chosen, CHANGING, rows, form)
    if form.is_valid() and (_done(form.value, chosen.change_many, rows, **form.told(), by=request.user) is not None):
        n, label = len(rows), form.chosen.label if form.chosen else ""
        words = ngettext("%(n)d record: “%(field)s” is changed.", "%(n)d records: “%(field)s” is changed.", n)
        tell(request, words % {"n": n, "field": label}, undo=undo_url())
        return HttpResponseClientRefresh() if request.htmx else redirect(chosen.url("list"))
    context = {"kind": chosen, "rows": rows, "form": form, "now": _held(rows, chosen, form.chosen, request.user)}
    return render(request, "records/editing.html", context, status=200 if sent is None else 422)


def record_following(request: Request, kind: str) -> HttpResponse:
    """The dialog that lets somebody follow ticked rows, or no longer, and its answer."""
    chosen = kinds.get(kind)
    rows = selected(request, chosen, FOLLOWING)
    sent = request.POST if request.method == "POST" else None
    form = FollowForm(sent, kind=chosen, rows=rows, user=request.user)
    if rows.is_whole and form.is_valid():
        return begun(request, chosen, FOLLOWING, rows, form)
    if form.is_valid() and _done(form, chosen.follow_many, rows, **form.told(), by=request.user) is not None:
        n = len(rows)
        what = ngettext("%(n)d record", "%(n)d records", n) % {"n": n}
        tell(request, f"{what}: {form.says()}", undo=undo_url())
        return HttpResponseClientRefresh() if request.htmx else redirect(chosen.url("list"))
    context = {"kind": chosen, "rows": rows, "form": form}
    return render(request, "records/following.html", context, status=200 if sent is None else 422)


@require_POST
def record_archiving(request: Request, kind: str) -> HttpResponse:
    """Archive ticked rows; the toast takes that back (D19). Of a whole list it is asked once more."""
    chosen = kinds.get(kind)
    rows = selected(request, chosen, ARCHIVING)
    if rows.is_whole:
        if "sure" in request.POST:
            return begun(request, chosen, ARCHIVING, rows, None)
        return render(request, "records/archiving.html", {"kind": chosen, "rows": rows})
    chosen.archive(rows, by=request.user)
    n = len(rows)
    what = rows[0].title if n == 1 else ngettext("%(n)d record", "%(n)d records", n) % {"n": n}
    tell(request, _("%(what)s: archived.") % {"what": what}, undo=undo_url())
    listed = request.POST.get("list", "")
    return done(request, chosen.url("list") + (listed if listed.startswith("?") else ""))


@require_POST
def record_taking(request: Request, kind: str, pk: int) -> HttpResponse:
    """Take on a row that nobody has. A list or board asks `as` a piece of its own and goes on where it was."""
    row = kinds.get(kind).take(_visible(request, kind, pk), by=request.user)
    words, undo = _("You have taken on %(title)s.") % {"title": row.title}, undo_url()
    if not (request.htmx and "as" in request.GET):
        tell(request, words, undo=undo)
        return done(request, row)
    answer = HttpResponse(drawing.owner(row.owner, on_card=request.GET["as"] == "card"))
    answer = trigger_client_event(answer, "toast", {"text": words, "level": "success", "undo": undo})
    return trigger_client_event(answer, "record-changed")


def _visible(request: Request, kind: str, pk: int) -> Any:
    rows = kinds.get(kind).model.objects.visible_to(request.user).live().with_words()
    return get_object_or_404(rows.with_stage() if kinds.get(kind).has_stages else rows, pk=pk)


def record_closing(request: Request, kind: str, pk: int) -> HttpResponse:
    """An end: at once where it needs no reason, else through a dialog with reasons (R4.13-4.15, R4.39, R4.43)."""
    chosen, row = kinds.get(kind), _visible(request, kind, pk)
    must(request.user, row, MOVE)
    asked = request.POST.get("to") or request.GET.get("to", "")
    to = next((one for one in row.stage.pipeline.stages.all() if one.is_closing and str(one.pk) == asked), None)
    if to is None:
        raise Http404
    must_let(request.user, row.stage, to)
    gate = dialog_into(row, to) if to.has_gate else ""
    if gate.startswith(chosen.url("entry", pk)):
        return asked_in(request, gate) if request.method == "POST" else redirect(gate)
    if not to.needs_reason:
        if request.method != "POST":
            return done(request, row)
        return settle(request, row, closing_toast(chosen.close(row, to=to, by=request.user)))
    sent = request.POST if request.method == "POST" else None
    form = ReasonForm(sent, kind=kind, category=to.category)
    if sent is not None and form.is_valid():
        return settle(request, row, closing_toast(chosen.close(row, to=to, **form.cleaned_data, by=request.user)))
    context = {"kind": chosen, "row": row, "to": to, "form": form}
    return render(request, "records/closing.html", context, status=200 if sent is None else 422)


def record_entry(request: Request, kind: str, pk: int) -> HttpResponse:
    """The gate of a stage: what it asks for, with a field for each that is missing; filled, the row goes in (R3.23)."""
    chosen, row = kinds.get(kind), _visible(request, kind, pk)
    must(request.user, row, MOVE)
    asked = request.POST.get("to") or request.GET.get("to", "")
    to = next((one for one in row.stage.pipeline.stages.all() if str(one.pk) == asked), None)
    if to is None or to.pk == row.stage_id:
        raise Http404
    must_let(request.user, row.stage, to)
    saw, lacks = request.POST.get("left", ""), lacking(row, to)
    left = next((one for one in row.stage.pipeline.stages.all() if str(one.pk) == saw), row.stage)
    entry = Entry(sent_in(request), row=row, lacks=lacks, user=request.user)
    if request.method == "POST" and entry.is_valid():
        try:
            if to.is_closing:
                moved = chosen.close(row, to=to, **entry.reason(), **entry.told(), by=request.user)
                return settle(request, moved, closing_toast(moved))
            moved = chosen.move(row, to=to, left=left, **entry.told(), by=request.user)
            return settle(request, moved, {"text": _("%(title)s: now in %(stage)s.") % _titles(moved)})
        except (NotYet, Invalid) as error:
            entry.form.refuse(error)
    context = {"kind": chosen, "row": row, "to": to, "left": left, "lacks": lacks, "entry": entry}
    return render(request, "records/entry.html", context, status=200 if request.method != "POST" else 422)


def _titles(row: Any) -> dict[str, Any]:
    return {"title": row.title, "stage": row.stage}


@require_POST
def record_reopening(request: Request, kind: str, pk: int) -> HttpResponse:
    row = kinds.get(kind).reopen(_visible(request, kind, pk), by=request.user)
    return settle(request, row, {"text": _("%(title)s is open again.") % {"title": row.title}})


def record_pipeline(request: Request, kind: str, pk: int) -> HttpResponse:
    """The dialog that lets a row go on in another pipeline, and its answer."""
    chosen, row = kinds.get(kind), _visible(request, kind, pk)
    must(request.user, row, MOVE)
    sent = sent_in(request)
    form = PipelineForm(sent, row=row, user=request.user)
    to, entry = form.cleaned_data["to"] if form.is_valid() else None, None
    if sent is not None and to is not None:
        entry, asks = _gate_of(row, to, sent, request.user)
        if not asks and entry.is_valid() and _went_on(chosen, row, to, entry):
            told = {"title": row.title, "pipeline": to.pipeline, "stage": to}
            tell(request, _("%(title)s goes on in “%(pipeline)s”, %(stage)s.") % told)
            return done(request, row)
    context = {"kind": chosen, "row": row, "form": form, "to": to, "entry": entry}
    return render(request, "records/pipeline.html", context, status=200 if sent is None else 422)


def _gate_of(row: Any, to: Stage, sent: QueryDict, user: User) -> tuple[Entry, bool]:
    """What a stage that was just chosen asks for, and whether the person has yet to read that."""
    lacks, was_asked = lacking(row, to), sent.get("asked") == str(to.pk)
    entry = Entry(sent if was_asked or not lacks else None, row=row, lacks=lacks, user=user)
    return entry, not was_asked and bool(lacks or to.requirement)


def _went_on(kind: kinds.Kind, row: Any, to: Stage, entry: Entry) -> bool:
    """Whether the act let the row in; else the form says what it found wrong."""
    try:
        kind.change_pipeline(row, to=to, **entry.told(), by=entry.user)
    except (NotYet, Invalid) as error:
        entry.form.refuse(error)
        return False
    return True
