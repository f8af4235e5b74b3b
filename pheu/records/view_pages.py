"""«Chế độ xem»: the menu of kept views, keeping what one looks at, changing and taking away; «Cột»."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import HttpResponseClientRedirect, replace_url

from pheu.core import navigation
from pheu.core.errors import Invalid, Refused, say_beside, tell
from pheu.core.ids import RowsField
from pheu.core.once import once
from pheu.core.vietnamese.fields import CleanCharField
from pheu.people.models import Role, User
from pheu.people.requests import Request
from pheu.people.scopes import CHANGE, VIEW
from pheu.records import keeping, kinds
from pheu.records.answers import is_on_board
from pheu.records.boards import board_for
from pheu.records.columns import offered_as, read_columns, write_columns
from pheu.records.conditions import as_parameters
from pheu.records.lists import Listing, address_of, listing_for
from pheu.records.models import SavedView


@navigation.register_places
def views_by_name(user: User) -> Iterator[navigation.Command]:
    """The views of every list: those that come with it, and those that are kept."""
    kept = list(SavedView.objects.for_person(user))
    for kind in kinds.every():
        if user.may(kind.code, VIEW):
            usual = [(one.label, f"{kind.url('list')}?tab={one.code}") for one in kind.views(user)]
            mine = [(one.name, address_of(one)) for one in kept if one.kind == kind.code]
            for label, url in [*usual, *mine]:
                yield navigation.Command(label, url, "bookmark", kind.plural)


class ViewForm(forms.Form):
    """What a view is called, and with whom it is shared."""

    name = CleanCharField(label=gettext_lazy("Name"), max_length=60, widget=forms.TextInput({"autofocus": True}))
    shared = forms.ChoiceField(label=gettext_lazy("Shared with"), widget=forms.RadioSelect)
    roles = RowsField(
        Role.objects.all(),
        label=gettext_lazy("Roles"),
        required=False,
        widget=forms.SelectMultiple({"data-pick": ""}),
    )

    def __init__(self, data: Any = None, *, user: User, view: SavedView | None = None) -> None:
        held: dict[str, Any] = {"shared": keeping.ME}
        if view is not None:
            held = {"name": view.name, "shared": view.shared, "roles": view.roles}
        super().__init__(data, initial=held)
        offered = keeping.shared_by(user)
        if view is not None and view.shared not in dict(offered):
            offered = [*offered, *((code, label) for code, label in keeping.SHARED if code == view.shared)]
        self.fields["shared"].choices = offered  # type: ignore[attr-defined]
        if keeping.ROLE not in dict(offered):
            del self.fields["roles"]


def _listing(request: Request, kind: str) -> Listing:
    """The list that the address asks for; from a board, that board."""
    listing = listing_for(request.user, kind, request.GET)
    return board_for(listing.kind, request.user, request.GET) if _is_on_board(request, kind) else listing


@require_GET
def record_views(request: Request, kind: str) -> HttpResponse:
    """The views that a person has or is shared, when somebody opens the menu."""
    listing = _listing(request, kind)
    views = SavedView.objects.for_person(request.user).filter(kind=kind).select_related("owner")
    mine = [one for one in views if one.owner_id == request.user.pk]
    context = {"listing": listing, "kind": listing.kind, "mine": mine}
    context["others"] = [one for one in views if one.owner_id != request.user.pk]
    context["link"] = _whole_address(listing)
    context["looks_after_all"] = request.user.may("system", CHANGE)
    return render(request, "records/_views.html", context)


def _whole_address(listing: Listing) -> str:
    """An address that shows a colleague the same, as far as they may see it: a view of one's own by what it asks."""
    looks = {"sort": listing.sort, "cols": write_columns(listing.shown_columns)}
    looks |= {"group": listing.group_by.name} if listing.group_by else {}
    looks |= listing.look["board"]
    told = [("tab", "all"), *as_parameters(listing.kind, listing.asked), *looks.items()]
    return f"{listing.kind.url('list' if listing.is_paged else 'board')}?{urlencode(told)}"


@once
def view_new(request: Request, kind: str) -> HttpResponse:
    """Keep what the list shows: its view, filters and order under a name of one's own."""
    listing = _listing(request, kind)
    form = ViewForm(request.POST if request.method == "POST" else None, user=request.user)
    if form.is_valid():
        try:
            given = {**listing.look, **form.cleaned_data}
            kept = keeping.keep_view(kind, **given, by=request.user)
            return _opened(request, kept, _("“%(name)s” was kept.") % {"name": kept})
        except Invalid as error:
            say_beside(form, error)
    action = f"{listing.kind.url('view-new')}{listing.shared_query_with_sort}"
    context = {"form": form, "listing": listing, "action": action}
    return render(request, "records/view.html", context, status=422 if form.is_bound else 200)


def _opened(request: Request, view: SavedView, words: str, *, undo: str = "") -> HttpResponse:
    tell(request, words, undo=undo)
    return _lead_to(request, address_of(view, on_board=_is_on_board(request, view.kind)))


def _is_on_board(request: Request, kind: str) -> bool:
    return bool(request.htmx) and is_on_board(request, kind)


def _lead_to(request: Request, url: str) -> HttpResponse:
    return HttpResponseClientRedirect(url) if request.htmx else redirect(url)


def _kept(request: Request, pk: int) -> SavedView:
    """A view that the person sees, or has taken away; whether they may change it the act says."""
    seen = SavedView.objects.for_person(request.user).values("pk")
    return get_object_or_404(SavedView.objects.filter(Q(owner=request.user) | Q(pk__in=seen)), pk=pk)


def view_change(request: Request, pk: int) -> HttpResponse:
    """Its name and whom it is shared with."""
    view = _kept(request, pk)
    if not keeping.is_theirs(view, request.user):
        raise Refused
    form = ViewForm(request.POST if request.method == "POST" else None, user=request.user, view=view)
    if form.is_valid():
        try:
            changed = keeping.change_view(pk, form.cleaned_data, by=request.user)
            return _opened(request, changed, _("“%(name)s” was saved.") % {"name": changed})
        except Invalid as error:
            say_beside(form, error)
    context = {"form": form, "view": view, "action": reverse("view-change", args=[pk])}
    return render(request, "records/view.html", context, status=422 if form.is_bound else 200)


@require_POST
def view_update(request: Request, pk: int) -> HttpResponse:
    """Let it show what the list shows now."""
    view = _kept(request, pk)
    listing = _listing(request, view.kind)
    changed = keeping.change_view(pk, listing.look, by=request.user)
    return _opened(request, changed, _("“%(name)s” was saved.") % {"name": changed})


@require_POST
def view_removal(request: Request, pk: int) -> HttpResponse:
    """Take it away, or with `back` bring it back."""
    is_back = "back" in request.GET
    view = keeping.change_view(_kept(request, pk).pk, {"is_active": is_back}, by=request.user)
    if is_back:
        return _opened(request, view, _("“%(name)s” is there again.") % {"name": view})
    undo = f"{reverse('view-removal', args=[pk])}?back=1"
    tell(request, _("“%(name)s” was taken away.") % {"name": view}, undo=undo)
    page = "board" if _is_on_board(request, view.kind) else "list"  # where one was one stays
    return _lead_to(request, kinds.get(view.kind).url(page))


def record_columns(request: Request, kind: str) -> HttpResponse:
    """Which columns the list has: a view that is open asks for them in the address, else they are kept for the person.

    `widened` where somebody has dragged the edge of a column: the page shows it already.
    """
    listing = _listing(request, kind)
    action = f"{listing.kind.url('columns')}{listing.shared_query_with_sort}"
    if request.method != "POST":
        offered = offered_as(listing.schema, listing.shown_columns)
        context = {"kind": listing.kind, "listing": listing, "offered": offered, "action": action}
        return render(request, "records/columns.html", context)
    told = "" if "usual" in request.POST else ",".join(request.POST.getlist("cols"))
    asked = None
    if listing.tab.saved:
        asked = write_columns(read_columns(listing.schema, told)) or None
    else:
        keeping.choose_columns(kind, told, by=request.user)
    url = listing.kind.url("list") + listing.url(cols=asked, unfold=None, below=None, filters=None)
    if "widened" in request.POST:
        return replace_url(HttpResponse(status=204), url)
    return _lead_to(request, url)
