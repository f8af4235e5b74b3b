"""«Tìm trùng lặp» over a whole kind: the sweep, the groups that it found, and what becomes of each."""

from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import HttpResponseClientRefresh

from pheu.core.ids import read_ids
from pheu.core.once import once
from pheu.core.vietnamese.money import show_number
from pheu.people.models import User
from pheu.people.requests import Request
from pheu.quality import jobs
from pheu.quality.apart import keep_apart
from pheu.quality.findings import MOST_COUNTED, Findings, last_sweep
from pheu.quality.models import Sweep
from pheu.quality.panels import swept_by
from pheu.quality.sweep import MOST
from pheu.records.act_views import changed_here
from pheu.records.answers import undo_url
from pheu.records.kinds import Kind
from pheu.records.models import Record


def _kind(request: Request) -> Kind:
    """The kind that `?kind=` names, or the first."""
    offered = swept_by(request.user)
    asked = request.GET.get("kind") or (offered[0].code if offered else "")
    found = next((one for one in offered if one.code == asked), None)
    if found is None:
        raise Http404
    return found


def _address(kind: Kind, **more: str) -> str:
    return f"{reverse('duplicates')}?{urlencode({'kind': kind.code, **more})}"


@require_safe
def duplicates(request: Request) -> HttpResponse:
    """Groups of one kind, the strongest first; `?below=` the next page."""
    kind, user = _kind(request), request.user
    last = last_sweep(kind)
    running = _running(kind)
    context: dict[str, Any] = {"kind": kind, "tabs": _tabs(user, kind), "last": last, "running": running}
    if last is not None:
        found = Findings(last, kind, user)
        cards, below = found.page(request.GET.get("below", ""))
        more = _address(kind, below=below) if below else ""
        context |= {"cards": cards, "left": _left(found.count()), "more": more, "first": "below" not in request.GET}
    return render(request, "quality/duplicates.html", context)


def _running(kind: Kind) -> Sweep | None:
    return Sweep.objects.filter(kind=kind.code, state=Sweep.State.RUNNING).select_related("by").first()


def _tabs(user: User, kind: Kind) -> list[dict[str, Any]]:
    return [{"label": one.plural, "url": _address(one), "current": one is kind} for one in swept_by(user)]


def _left(n: int) -> str:
    if n > MOST_COUNTED:
        return _("more than %(n)s groups left") % {"n": show_number(MOST_COUNTED)}
    return ngettext("%(n)s group left", "%(n)s groups left", n) % {"n": show_number(n)}


@once
@require_http_methods(["GET", "HEAD", "POST"])
def sweep(request: Request) -> HttpResponse:
    """Begin one; and how it goes on, asked again and again, whose last answer draws the page anew."""
    kind = _kind(request)
    if request.method == "POST":
        jobs.begin_sweep(kind, by=request.user)
        return redirect(_address(kind))
    running = _running(kind)
    if running is None:
        return HttpResponseClientRefresh()
    asked = request.GET.get("asked", "")[:3]
    times = int(asked) + 1 if asked.isdecimal() else 1
    return render(request, "quality/_sweeping.html", {"kind": kind, "running": running, "asked": times})


@require_POST
def duplicates_apart(request: Request) -> HttpResponse:
    """«Không trùng»: no two of these are the same."""
    kind = _kind(request)
    records = _named(request.user, kind, request.POST)
    keep_apart(*records, by=request.user)
    words = _("%(numbers)s are kept apart.") % {"numbers": ", ".join(one.number for one in records)}
    return changed_here(request, _address(kind), words, undo=undo_url())


def _named(user: User, kind: Kind, sent: QueryDict) -> list[Record]:
    ids = set(read_ids(sent.getlist("ids")))
    found = list(Record.objects.visible_to(user).filter(pk__in=ids, kind=kind.code, state=Record.State.LIVE))
    if not 2 <= len(found) <= MOST or len(found) != len(ids):
        raise Http404
    return sorted(found, key=lambda one: one.pk)
