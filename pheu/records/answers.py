"""Where an act on a row leads: to its page, or back to the board on which it was done."""

from typing import Any
from urllib.parse import urlencode, urlsplit

from django.contrib import messages
from django.core.exceptions import TooManyFieldsSent
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django_htmx.http import HttpResponseClientRedirect, trigger_client_event

from pheu.core.errors import tell
from pheu.people.requests import Request
from pheu.records import kinds
from pheu.records.acts import last_operation
from pheu.records.models import Category


def done(request: Request, where: Any) -> HttpResponse:
    """Lead on to `where`; from a dialog by htmx, the whole page goes there."""
    url = where if isinstance(where, str) else where.get_absolute_url()
    if request.htmx:
        here = request.htmx.current_url_abs_path or ""  # with the place in the list that one came from
        path = here.partition("?")[0]
        beside = f"{path}{query_of_page(request).get('open')}/"  # a list with the record at its side
        if url in (path, beside):
            return HttpResponseClientRedirect(here)
        return HttpResponseClientRedirect(url if isinstance(where, str) else _still_calling(request, url))
    return redirect(url)


CALLING = "calling"  # the parameter of a record's page that says which list one calls through, and how far


def _still_calling(request: Request, url: str) -> str:
    """Whoever calls a list through goes on with it from what the customer has become."""
    told = query_of_page(request).get(CALLING)
    return f"{url}?{urlencode({CALLING: told})}" if told else url


def query_of_page(request: Request) -> QueryDict:
    """The query string of the page that a htmx request comes from: a board's filters, the record beside a list."""
    try:
        return QueryDict(urlsplit(request.htmx.current_url or "").query)
    except (ValueError, TooManyFieldsSent):  # no address of ours; the act itself is done
        return QueryDict()


def undo_url() -> str:
    """The address that takes back what this request has just done."""
    operation = last_operation()
    return reverse("operation-undo", args=[operation]) if operation else ""


def asked_in(request: Request, dialog: str) -> HttpResponse:
    """What was asked for wants more: the dialog of this address opens, or its page."""
    if not request.htmx:
        return redirect(dialog)
    nothing = HttpResponse(status=409, headers={"HX-Reswap": "none"})
    return trigger_client_event(nothing, "dialog-open", {"href": dialog})


Toast = dict[str, Any]  # text, and perhaps level, and addresses: undo, redo


def settle(request: Request, row: Any, toast: Toast) -> HttpResponse:
    """Answer an act on one row: on its board one stays, and the board is drawn anew; elsewhere its page opens."""
    if request.htmx and is_on_board(request, row.kind):
        answer = trigger_client_event(HttpResponse(status=204), "dialog-close")
        trigger_client_event(answer, "board-changed", {"card": f"{row.kind}-{row.pk}"})
        return trigger_client_event(answer, "toast", toast)
    say(request, toast)
    return done(request, row)


def say(request: Request, toast: Toast) -> None:
    """Show a toast on the next page."""
    level = {"info": messages.INFO}.get(toast.get("level", ""), messages.SUCCESS)
    tell(request, toast["text"], undo=toast.get("undo", ""), redo=toast.get("redo", ""), level=level)


def is_on_board(request: Request, kind: str) -> bool:
    chosen = kinds.get(kind)
    return chosen.has_board and (request.htmx.current_url_abs_path or "").partition("?")[0] == chosen.url("board")


def moved_toast(row: Any) -> Toast | None:
    """What is said of a row that was put in another stage, with the way back; nothing where it stood there."""
    undo = undo_url()
    if row.is_closed:
        return closing_toast(row) if undo else None
    return (
        {"text": _("%(title)s: now in “%(stage)s”.") % {"title": row.title, "stage": row.stage}, "undo": undo}
        if undo
        else None
    )


def closing_toast(row: Any) -> Toast:
    """What is said of a row that has just ended, with the way back; only a win is told as a success."""
    kind, is_won = kinds.get(row.kind), row.status == Category.WON
    words = _("%(title)s was closed: %(stage)s.")
    if is_won:
        words = _("%(kind)s “%(title)s” is won. Congratulations!")
    return {
        "text": words % {"kind": kind.label, "title": row.title, "stage": row.stage},
        "undo": kind.url("reopening", row.pk),
        "level": "success" if is_won else "info",
    }
