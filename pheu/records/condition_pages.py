"""The dialog of conditions: fields, operators and values of every kind, in groups of «all» and «any»."""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET
from django_htmx.http import HttpResponseClientRedirect

from pheu.core.errors import DomainError
from pheu.people.requests import Request
from pheu.records.answers import is_on_board
from pheu.records.asking import MOST_LINES, Line, Lines, blank, of_tree, sent
from pheu.records.conditions import LONGEST, as_parameters, compile_tree, tree_of
from pheu.records.lists import Listing, listing_for


def record_conditions(request: Request, kind: str) -> HttpResponse:
    """What the list is narrowed to besides its view, line by line; the answer is the list's new address."""
    listing = listing_for(request.user, kind, request.GET)
    if request.method != "POST":
        dialog = of_tree(listing.kind, request.user, _asked(listing))
        return render(request, "records/conditions.html", _context(listing, dialog))
    dialog = sent(listing.kind, request.user, request.POST)
    tree = dialog.tree()
    if not dialog.problems and (told := _told(listing, tree)) is not None:
        is_board = request.htmx and is_on_board(request, kind)
        url = f"{listing.kind.url('board' if is_board else 'list')}?{urlencode(told)}"
        return HttpResponseClientRedirect(url) if request.htmx else redirect(url)
    context = _context(listing, dialog) | {"is_too_long": not dialog.problems}
    return render(request, "records/conditions.html", context, status=422)


def _asked(listing: Listing) -> Any:
    parts = [tree_of(part) for part in listing.filters.values()]
    if not parts:
        return listing.where
    where = listing.where
    return {"all": [*parts, *(where["all"] if set(where) == {"all"} else [where] if where else [])]}


def _told(listing: Listing, tree: Any) -> list[tuple[str, str]] | None:
    """The parameters of the list with this condition in place of the filters; None where no address has room for it."""
    try:
        compile_tree(listing.kind, listing.user, tree)
    except DomainError:
        return None
    asked = as_parameters(listing.kind, tree)
    replaced = {*listing.filters, "where", "after", "tab", "filters"}
    beside = [(name, value) for name, values in listing.params.lists() if name not in replaced for value in values]
    told = [("tab", listing.tab.code), *beside, *asked]
    return told if sum(len(value) for _name, value in asked) <= LONGEST else None


def _context(listing: Listing, dialog: Any) -> dict[str, Any]:
    action = f"{listing.kind.url('conditions')}{listing.shared_query_with_sort}"
    return {"kind": listing.kind, "listing": listing, "groups": dialog.groups, "dialog": dialog, "action": action}


@require_GET
def condition_line(request: Request, kind: str) -> HttpResponse:
    """A line anew, when its field or its operator was chosen; a blank one without a code."""
    listing = listing_for(request.user, kind, request.GET)
    group = request.GET.get("group", "0")
    code = next((one for one in request.GET.getlist("line") if one.isalnum()), "")
    if not code:
        line = blank(listing.kind, request.user, group if group.isalnum() else "0")
    else:
        names = ("field", "op", "value", "value2", "when", "n")
        told = {name: request.GET.getlist(f"{name}-{code}")[:MOST_LINES] for name in names}
        of = request.GET.get(f"of-{code}", "0")
        line = Line(listing.kind, request.user, code, group=of if of.isalnum() else "0", told=told)
    return render(request, "records/_condition.html", {"kind": listing.kind, "line": line})


@require_GET
def condition_group(request: Request, kind: str) -> HttpResponse:
    """A blank group of its own."""
    listing = listing_for(request.user, kind, request.GET)
    line = blank(listing.kind, request.user)
    line.group = line.code
    group = Lines(line.code, is_any=True, lines=[line])
    return render(request, "records/_condition_group.html", {"kind": listing.kind, "group": group})
