"""«Thùng rác»: what was archived, brought back by whoever archives and destroyed by admins (D19)."""

from typing import Any

from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from pheu.core.errors import tell
from pheu.core.ids import read_id
from pheu.core.registries import Button
from pheu.core.vietnamese.text import clean
from pheu.people.models import User
from pheu.people.requests import Request
from pheu.people.scopes import ARCHIVE, CHANGE
from pheu.records import kinds
from pheu.records.act_views import all_ticked, asked_ids
from pheu.records.answers import done, undo_url
from pheu.records.models import Record
from pheu.records.search import of_all_kinds
from pheu.timeline import archiving
from pheu.timeline.navigation import may_archive

PAGE = 50


@require_safe
def recycle_bin(request: Request) -> HttpResponse:
    """Archived records, the latest first: `?kind=` one kind, `?q=` words of their names, `?below=` the next page."""
    if not may_archive(request.user):
        raise Http404
    only, text = clean(request.GET.get("kind", "")), request.GET.get("q", "")[:200]
    found = Record.objects.archived_for(request.user).filter(of_all_kinds(text, request.user))
    page = list(_below(found.filter(kind=only) if only else found, request.GET)[: PAGE + 1])
    lines = [{"record": one, "kind": kinds.get(one.kind), "left": _days_left(one)} for one in page[:PAGE]]
    context = {
        "lines": lines,
        "narrowed": bool(only or text),
        "tabs": _tabs(request),
        "text": text,
        "only": only,
        "more": _address(request.GET, below=str(page[PAGE - 1].pk)) if len(page) > PAGE else "",
        "bulk_acts": _bulk_acts(request.user),
        "days": archiving.KEPT.days,
    }
    return render(request, "timeline/bin.html", context)


def _below(found: Any, asked: QueryDict) -> Any:
    found = found.select_related("archived_by").order_by("-archived_at", "-pk")
    edge = found.filter(pk=read_id(asked.get("below", ""))).first()
    if edge is None:
        return found
    return found.filter(archived_at__lte=edge.archived_at).exclude(archived_at=edge.archived_at, pk__gte=edge.pk)


def _days_left(one: Record) -> int:
    """How many days still protect it from being destroyed."""
    assert one.archived_at is not None
    return max((one.archived_at + archiving.KEPT - timezone.now()).days + 1, 0)


def _tabs(request: Request) -> list[dict[str, Any]]:
    """All, and the kinds of which the person may restore rows."""
    only = request.GET.get("kind", "")
    told = [("", _("All")), *((one.code, one.plural) for one in kinds.every() if request.user.may(one.code, ARCHIVE))]
    return [
        {"label": label, "url": _address(request.GET, kind=code, below=""), "current": code == only}
        for code, label in told
    ]


def _address(asked: QueryDict, **other: str) -> str:
    query = QueryDict(mutable=True)
    query.update({name: asked.get(name, "") for name in ("kind", "q")} | other)
    for name in [name for name, value in query.items() if not value]:
        del query[name]
    return f"?{query.urlencode()}"


def _bulk_acts(user: User) -> list[Button]:
    buttons = [Button(_("Restore"), "restoring/", "arrow-back-up", posts=True)]
    if user.may("system", CHANGE):
        buttons.append(Button(_("Destroy for good…"), "destruction/", "trash", dialog=True))
    return buttons


def _ticked(request: Request) -> list[Record]:
    return all_ticked(Record.objects.visible_to(request.user), asked_ids(request))


@require_POST
def restoring(request: Request) -> HttpResponse:
    """Bring ticked records back; one of its own page leads to it again."""
    restored = archiving.restore(_ticked(request), by=request.user)
    n = len(restored)
    what = restored[0].title if n == 1 else ngettext("%(n)d record", "%(n)d records", n) % {"n": n}
    tell(request, _("%(what)s: restored.") % {"what": what}, undo=undo_url())
    return done(request, restored[0]) if "page" in request.GET else redirect("bin")


def destruction(request: Request) -> HttpResponse:
    """The dialog that says what will be gone for good, and its answer (D19)."""
    if not request.user.may("system", CHANGE):
        raise Http404
    records = _ticked(request)
    ripe = [one for one in records if archiving.may_be_destroyed(one)]
    if request.method == "POST" and ripe:
        gone, kept = archiving.destroy(ripe, by=request.user)
        n = len(gone)
        words = [ngettext("%(n)d record is gone for good.", "%(n)d records are gone for good.", n) % {"n": n}]
        if kept:
            words.append(_("Others still name these, so they stay: %(numbers)s.") % {"numbers": ", ".join(kept[:20])})
        tell(request, " ".join(words))
        return done(request, "/bin/")
    context = {"ripe": ripe, "young": len(records) - len(ripe), "days": archiving.KEPT.days}
    return render(request, "timeline/destruction.html", context)
