"""Pages that every kind shares: list, board, form, record, picker, search. The domain gives schema and acts."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import resolve
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST, require_safe
from django_htmx.http import (
    HttpResponseClientRefresh,
    replace_url,
    trigger_client_event,
)

from pheu.core import registries
from pheu.core.errors import Conflict, DomainError, Invalid, Refused, tell
from pheu.core.ids import read_id, read_ids
from pheu.core.once import once, sight
from pheu.people.models import User
from pheu.people.requests import Request
from pheu.people.scopes import ARCHIVE, ASSIGN, CHANGE, CONVERT, CREATE, MOVE, VIEW, may_take
from pheu.records import kinds
from pheu.records.access import granted, must, with_abilities
from pheu.records.alike import Alike, others_like, seen_and_unseen
from pheu.records.answers import asked_in, moved_toast, query_of_page, say, settle
from pheu.records.boards import Board, Column, board_for
from pheu.records.counting import counts_of
from pheu.records.forms import MoveForm, sent_in
from pheu.records.gates import dialog_into, mark_barred, must_let
from pheu.records.kinds import Kind
from pheu.records.lists import Listing, listing_for
from pheu.records.models import Record, Stage
from pheu.records.ownership import is_left_open
from pheu.records.same import same_by_rules, same_rows
from pheu.records.schema import SchemaForm
from pheu.records.search import find, found_by


def open_kind(request: Request, code: str) -> Kind:
    """The kind, for someone whose role has any part in it; else there is no such page."""
    kind = kinds.get(code)
    if not request.user.may(code, VIEW) and not kind.windows:
        raise Http404
    return kind


@require_safe
def record_list(request: Request, kind: str) -> HttpResponse:
    listing = listing_for(request.user, kind, request.GET, _last_tab(request, kind))
    template = "records/list.html"
    if request.headers.get("HX-Target") == "more":
        template += "#rows"
    elif request.htmx and listing.group_by and listing.of_group:
        template += "#group"
    return _remember_tab(request, listing, render(request, template, _list_context(request, listing)))


@require_safe
def record_board(request: Request, kind: str) -> HttpResponse:
    board = board_for(open_kind(request, kind), request.user, request.GET, _last_tab(request, kind))
    if request.htmx and "column" in request.GET:
        return _other_fold(request, board.kind)
    context = _list_context(request, board) | {"board": board}
    if of := request.GET.get("of"):
        column = board.more_of(_head(board, of), request.GET.get("lane", ""))
        return render(request, "records/board.html#more", context | {"column": column})
    return _remember_tab(request, board, render(request, "records/board.html", context))


def _head(board: Board, key: str) -> Column:
    """The column of this key; without it there is no such page."""
    found = board.head(key)
    if found is None:
        raise Http404
    return found


def _other_fold(request: Request, kind: Kind) -> HttpResponse:
    """One column opened or folded where it stands; the address says so too, for when the page is drawn again."""
    key = request.GET["column"]
    board = board_for(kind, request.user, query_of_page(request), _last_tab(request, kind.code))
    board = board.with_other_fold(key)
    column = next((one for one in board.heads if one.key == key), None)
    if column is None:
        raise Http404
    board.deal_out([column])
    context = _list_context(request, board) | {"board": board, "column": column}
    return replace_url(render(request, "records/board.html#column", context), board.url())


def _last_tab(request: Request, kind: str) -> str:
    """The view that this person chose last in this browser."""
    who, _dot, tab = request.COOKIES.get(f"tab-{kind}", "").partition(".")
    return tab if who == str(request.user.pk) else ""


YEAR = 365 * 24 * 3600  # seconds


def _remember_tab(request: Request, listing: Listing, answer: HttpResponse) -> HttpResponse:
    """A view is chosen by its tab, whose address names nothing else; links to some rows choose none."""
    if set(request.GET) - {"by", "lanes"} == {"tab"} and request.GET["tab"] == listing.tab.code:
        name, value = f"tab-{listing.kind.code}", f"{request.user.pk}.{listing.tab.code}"
        secure = settings.SESSION_COOKIE_SECURE
        answer.set_cookie(name, value, max_age=YEAR, httponly=True, samesite="Lax", secure=secure)
    return answer


def _list_context(request: Request, listing: Listing) -> dict[str, Any]:
    code = listing.kind.code
    return {
        "kind": listing.kind,
        "listing": listing,
        "may_create": request.user.may(code, CREATE),
        "bulk_acts": [] if listing.is_split else registries.buttons_for(registries.bulk, code, code, request.user),
        "list_buttons": _list_buttons(listing),
    }


def _list_buttons(listing: Listing) -> list[registries.Button]:
    code = listing.kind.code
    buttons = registries.buttons_for(registries.list_buttons, code, code, listing.user)
    here = urlencode({"list": listing.shared_query_with_sort.removeprefix("?")})
    return [replace(one, url=f"{one.url}?{here}") if one.of_list else one for one in buttons]


@require_GET
def record_counts(request: Request, kind: str) -> HttpResponse:
    """The counts of the tabs, a minute old at most, and of the rows; the page loads them after itself."""
    listing = listing_for(request.user, kind, request.GET)
    context = {"listing": listing, "counts": counts_of(listing), "kind": listing.kind}
    return render(request, "records/_counts.html", context)


@require_GET
def record_ids(request: Request, kind: str) -> JsonResponse:
    """The ids of all that a list has, as far as an act takes them at once: «Chọn tất cả»."""
    return JsonResponse({"ids": listing_for(request.user, kind, request.GET).first_ids()})


@require_GET
def record_rows(request: Request, kind: str) -> HttpResponse:
    """Those of `ids` that belong to this list, as its rows: what a colleague has changed is drawn anew."""
    params = request.GET.copy()
    params.pop("ids", None)
    listing = listing_for(request.user, kind, params)
    listing.show_only(read_ids(request.GET.getlist("ids")))
    return render(request, "records/_rows.html", _list_context(request, listing))


@require_GET
def record_filters(request: Request, kind: str) -> HttpResponse:
    """The choices of the filter menu, when somebody opens it."""
    return render(request, "records/_filters.html", {"listing": listing_for(request.user, kind, request.GET)})


@once
def record_new(request: Request, kind: str) -> HttpResponse:
    """A blank form and its answer. «Lưu» leads to the new record's page."""
    chosen = kinds.get(kind)
    if not request.user.may(kind, CREATE):
        raise Http404
    sent = sent_in(request)
    form = chosen.schema_for(request.user).form(request.user, sent, initial=_asked_for(chosen, request))
    if "owner" in form.fields and is_left_open(kind):
        form.fields["owner"].help_text = _("Empty: the hand-out rules decide")
    stage = _stage_asked(chosen, request)
    is_right = sent is not None and form.is_valid()
    others = _not_yet_told(chosen, form, request) if is_right else []
    row = _created(chosen, form, request.user, stage) if is_right and not others else None
    if row is not None:
        if "pick" in request.GET:  # made in place, from inside another form (R0.07)
            item = _picked(chosen, row, request.user)
            made = trigger_client_event(HttpResponse(status=204), "record-made", {"item": item})
            return trigger_client_event(made, "dialog-close")
        return settle(request, row, {"text": _("%(title)s was created.") % {"title": row.title}})
    status = 200 if sent is None else 422
    context = {"kind": chosen, "form": form, "stage": stage, "others": others}
    return render(request, "records/new.html", context, status=status)


def _not_yet_told(kind: Kind, form: SchemaForm, request: Request) -> list[tuple[Alike, bool]]:
    """Those that a rule finds like the new row, and whether the person may see each; nothing once they have read of all
    of them: then they decide (R1.34)."""
    found = others_like(kind, kind.schema.new_row(form.values()), request.user)
    told = set(read_ids(request.POST.getlist("told")))
    if all(one.record.pk in told for one in found):
        return []
    seen, unseen = seen_and_unseen(found, request.user)
    return [*((one, True) for one in seen), *((one, False) for one in unseen)]


def _stage_asked(kind: Kind, request: Request) -> Stage | None:
    """The stage in whose column of the board a new row was asked for."""
    pk = read_id(request.GET.get("stage")) if kind.has_stages else None
    return get_object_or_404(Stage.objects.select_related("pipeline"), pk=pk, pipeline__kind=kind.code) if pk else None


def _created(kind: Kind, form: SchemaForm, user: User, stage: Stage | None) -> Any:
    """The new row; None where a rule of the business says no, in words at the head of the form."""
    try:
        return kind.create(form.values(), by=user, **({"begins_in": stage} if stage else {}))
    except DomainError as error:
        form.refuse(error)
        return None


def _asked_for(kind: Kind, request: Request) -> dict[str, Any]:
    """What the address already knows: `?company=12` from a company's page, `?name=…` from a picker."""
    known = {name: value for name, value in request.GET.items() if kind.schema.get(name) is not None}
    return ({} if is_left_open(kind.code) else {"owner": request.user.pk}) | known


@require_safe
def record_beside(request: Request, kind: str, pk: int, before: bool) -> HttpResponse:
    """On to the next record of the list that one came from, whose query string the address carries."""
    row = get_object_or_404(kinds.get(kind).model.objects.visible_to(request.user), pk=pk)
    found = listing_for(request.user, kind, request.GET).beside(before=before)
    if found is not None:
        return redirect(found.get_absolute_url() + getattr(found, "place", ""))
    tell(request, _("This is the first one of the list.") if before else _("This is the last one of the list."))
    return redirect(f"{row.get_absolute_url()}?{request.GET.urlencode()}")


@require_safe
def record_page(request: Request, kind: str, pk: int) -> HttpResponse:
    row = visible_row(request, kind, pk)
    if not (row.is_live or row.record.is_archived):
        return _elsewhere(row)
    return _page(request, row, row_form(request, row))


def _elsewhere(row: Any) -> HttpResponse:
    """A merged record leads to its survivor, one taken back to what it had continued, or is no more."""
    survivor = row.record.survivor
    if survivor.pk == row.pk:
        raise Http404
    return redirect("record", pk=survivor.pk)


@sight
def must_still_be_seen(request: Any, address: str) -> None:
    """Words, and not a page that is missing, where a form that is sent again would lead to a record out of sight."""
    match = resolve(urlsplit(address).path)
    if match.func is not record_page:
        return
    record = Record.objects.visible_to(request.user).filter(pk=match.kwargs["pk"]).first()
    if record is None or not (record.is_live or record.is_archived or record.survivor.pk != record.pk):
        raise Conflict(_("This form was saved before, but what it made is gone, or you may no longer see it."))


def visible_row(request: Request, kind: str, pk: int) -> Any:
    chosen = kinds.get(kind)
    rows = chosen.model.objects.visible_to(request.user).with_past()
    row = get_object_or_404(
        with_abilities(chosen.on_page(rows), request.user, CHANGE, ASSIGN, CONVERT, MOVE, ARCHIVE), pk=pk
    )
    row.record.past_ids = row.past_ids
    if chosen.has_stages:
        mark_barred(row, request.user)
    return row


def row_form(request: Request, row: Any, data: Any = None, only: Collection[str] | None = None) -> Any:
    return kinds.get(row.kind).schema_for(request.user).form(request.user, data, row=row, only=only)


PLACES = {
    "beside_title": registries.title_panels,
    "head": registries.head_panels,
    "centre": registries.centre_panels,
    "side": registries.side_panels,
}


def _page(
    request: Request, row: Any, form: Any, *, conflict: Conflict | None = None, status: int = 200
) -> HttpResponse:
    kind = kinds.get(row.kind)
    schema = kind.schema_for(request.user)
    row.customer_name = schema.customer_of(row)
    may = _may(request.user, row)
    context = {
        "kind": kind,
        "row": row,
        "form": form,
        "may": may,
        "conflict": conflict,
        "shown": [(field, field.value(row)) for field in schema.shown if field.on_page],
        "buttons": registries.buttons_for(registries.toolbar, row.kind, row, may),
        "more": registries.buttons_for(registries.more, row.kind, row, request.user) if row.is_live else [],
        "place": f"?{request.GET.urlencode()}" if "after" in request.GET else "",
        "came_from": _came_from(kind, request) if "after" in request.GET else kind.url("list"),
        **registries.render_panels(PLACES, row.kind, request, row, may),
    }
    return render(request, "records/record.html", context, status=status)


def _may(user: User, row: Any) -> set[str]:
    """What the person may do with the row of a page; with an archived one, restore it at most."""
    may = granted(row)
    if not row.is_live:
        return {"restore"} if str(ARCHIVE) in may else set()
    return may | ({"take"} if may_take(user, row) else set())


def _came_from(kind: Kind, request: Request) -> str:
    """The list, or the board, whose row or card led here."""
    listing = Listing(kind, request.user, request.GET)
    if "board" in request.GET and kind.has_board:
        group = {"group": None, "in": None} if "by" in request.GET else {}
        return kind.url("board") + listing.url(stage=None, sort=None, board=None, **group)
    return kind.url("list") + listing.url()


@require_POST
def record_save(request: Request, kind: str, pk: int) -> HttpResponse:
    """Save what the person changed on a record page; a clash shows both values and keeps what was typed."""
    row = visible_row(request, kind, pk)
    must(request.user, row, CHANGE)
    form = row_form(request, row, sent_in(request))
    if not form.is_valid():
        return _page(request, row, form, status=422)
    try:
        kinds.get(kind).change(row, form.changes(), by=request.user)
    except Conflict as conflict:
        fresh = visible_row(request, kind, pk)
        return _page(request, fresh, form.seen_again(fresh), conflict=conflict, status=409)
    except Invalid as error:
        form.refuse(error)
        return _page(request, row, form, status=422)
    tell(request, _("Saved."))
    return redirect(row)


@require_POST
def record_stage(request: Request, kind: str, pk: int) -> HttpResponse:
    """Move a row to another stage: the stage bar, a dropped card, or Alt+arrow on a focused card."""
    return move_to_stage(request, kind, pk, request.POST)


def move_to_stage(request: Request, kind: str, pk: int, sent: Mapping[str, Any]) -> HttpResponse:
    """Move a row from the stage `left` `to` another, both as sent."""
    chosen = kinds.get(kind)
    rows = chosen.model.objects.visible_to(request.user).select_related("record").with_stage()
    row = get_object_or_404(with_abilities(rows, request.user, MOVE), pk=pk)
    if str(MOVE) not in granted(row):
        raise Refused
    form = MoveForm(sent, row=row)
    if not form.is_valid():
        return render(request, "refused.html", {"error": form.errors.as_text()}, status=422)
    to, left = form.cleaned_data["to"], form.cleaned_data["left"]
    must_let(request.user, row.stage, to)
    dialog = dialog_into(row, to) if to != left else ""
    if dialog:  # the stage asks for more: a reason, whom a converted lead goes to, what its gate wants
        return asked_in(request, dialog)
    row = chosen.move(row, to=to, left=left, by=request.user)
    return moved_on_board(request, row, moved_toast(row), {str(left.pk), str(to.pk)})


def moved_on_board(request: Request, row: Any, toast: Any, columns: set[str]) -> HttpResponse:
    """The answer to a card that was put elsewhere: itself, and the heads of these columns; elsewhere a page."""
    kind = kinds.get(row.kind)
    if not request.htmx or request.htmx.target != f"{kind.code}-{row.pk}":
        if toast is not None:
            say(request, toast)
        return HttpResponseClientRefresh() if request.htmx else redirect(row)
    board = board_for(kind, request.user, query_of_page(request), _last_tab(request, kind.code))
    heads = [column for column in board.heads if column.key in columns]
    context = {"kind": kind, "board": board, "card": board.card(row), "columns": heads}
    answer = render(request, "records/board.html#moved", context)
    return trigger_client_event(answer, "toast", toast) if toast is not None else answer


@require_GET
def record_pick(request: Request, kind: str) -> JsonResponse:
    """Rows for a combobox, with the fields that fill themselves when one is chosen (R0.06)."""
    chosen = open_kind(request, kind)
    rows = chosen.model.objects.visible_to(request.user).live().with_cells()
    hits = found_by(request.GET.get("q", "")[:100], chosen, request.user, "record__")
    found = rows.filter(hits).order_by("-updated_at", "-pk")[:20]
    return JsonResponse([_picked(chosen, row, request.user) for row in found], safe=False)


@require_GET
def record_same(request: Request, kind: str) -> HttpResponse:
    """Who else has what somebody types in the field `?of=`; of those that they may not see only whose they are."""
    return render(request, "records/_same.html", same_as_typed(request, open_kind(request, kind)))


def same_as_typed(request: Request, kind: Kind) -> dict[str, Any]:
    """What that template needs."""
    schema, told = kind.schema_for(request.user), request.GET.dict()
    one = schema.get(told.get("of", "")) or next((field for name in told if (field := schema.get(name))), None)
    if one is None or one.name not in told:
        return {}
    but = read_id(told.get("but"))
    rows = same_rows(one, told[one.name], request.user, but=but)
    named = [row.pk for row in rows] + ([but] if but else [])
    others = same_by_rules(kind, one, told, request.user, but=named)
    return {"rows": _with_owners(rows, request.user), "others": others}


def _with_owners(found: list[Record], user: User) -> list[Record]:
    """Each with its owner as `told_owner`, as far as `user` may know whose it is."""
    for record in found:
        may_know = kinds.get(record.kind).schema_for(user).get("owner") is not None
        vars(record)["told_owner"] = record.owner if may_know else None
    return found


def _picked(kind: Kind, row: Any, user: User) -> dict[str, Any]:
    schema = kind.schema_for(user)
    return {"id": row.pk, "text": row.title, "sub": schema.hint_of(row), "fills": schema.fills_for(row, user)}


@require_safe
def open_record(request: Request, pk: int) -> HttpResponse:
    """`/r/<id>/` opens any record; a merged one leads to its survivor."""
    record = get_object_or_404(Record.objects.visible_to(request.user), pk=pk)
    return redirect(record if record.is_live else record.survivor)


MOST_RECENT = 8


def _recent(request: Request) -> list[Record]:
    """Those of the records that somebody has looked at last which are still there for them, in that order."""
    ids = list(dict.fromkeys(read_ids(request.GET["recent"].split(","))))[:MOST_RECENT]
    found = Record.objects.visible_to(request.user).filter(pk__in=ids, state=Record.State.LIVE).select_related("owner")
    by_id = {record.pk: record for record in found}
    return _with_owners([by_id[pk] for pk in ids if pk in by_id], request.user)


@require_safe
def search(request: Request) -> HttpResponse:
    if "recent" in request.GET:
        return render(request, "records/search.html#recent", {"records": _recent(request)})
    text = request.GET.get("q", "").strip()[:200]
    if request.htmx.target != "found-now":
        return render(request, "records/search.html", {"text": text, "groups": _found(text, request.user)})
    # While somebody types; one letter finds everything.
    groups = _found(text, request.user) if len(text) > 1 else []
    return render(request, "records/search.html#now", {"text": text, "groups": groups, "now": True})


def _found(text: str, user: User) -> list[tuple[Kind, list[Record]]]:
    """The kinds in the order of their best hits."""
    groups: dict[str, list[Record]] = {}
    for record in _with_owners(find(text, user), user):
        groups.setdefault(record.kind, []).append(record)
    return [(kinds.get(code), records) for code, records in groups.items()]
