"""Acts on leads: screening prospects, handing out, not suitable, reopening."""

from typing import Any

from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST
from django_htmx.http import HttpResponseClientRedirect, HttpResponseClientRefresh

from pheu.core.errors import tell
from pheu.core.ids import read_ids
from pheu.leads import services
from pheu.leads.forms import AssignForm, ReasonForm
from pheu.leads.models import Lead
from pheu.parties.models import Prospect
from pheu.people.requests import Request
from pheu.people.scopes import ASSIGN, MOVE
from pheu.records import kinds
from pheu.records.access import must
from pheu.records.models import Category
from pheu.timeline.services import assign

MANY = 500


def done(request: Request, where: Any) -> HttpResponse:
    """Lead on to `where`; from a dialog by htmx, the whole page goes there."""
    if request.htmx:
        return HttpResponseClientRedirect(where if isinstance(where, str) else where.get_absolute_url())
    return redirect(where)


def ticked(rows: Any, asked: QueryDict) -> list[Any]:
    """The rows among `rows` whose ids were ticked; none of them is no page."""
    ids = read_ids(asked.getlist("ids")[:MANY])
    found = list(rows.filter(pk__in=ids).select_related("record").order_by("pk"))
    if not found:
        raise Http404
    return found


def _asked(request: Request) -> QueryDict:
    """Ids come with the form of a list, or with the address of a record page's button."""
    return request.POST if "ids" in request.POST else request.GET


@require_POST
def prospect_conversion(request: Request) -> HttpResponse:
    """Make leads of the ticked prospects; one alone leads to its lead (R1.16)."""
    prospects = ticked(Prospect.objects.visible_to(request.user), _asked(request))
    leads = services.convert_prospects(prospects, by=request.user)
    if len(leads) == 1:
        return done(request, leads[0])
    tell(request, ngettext("%(n)d lead stands ready.", "%(n)d leads stand ready.", len(leads)) % {"n": len(leads)})
    return done(request, kinds.get("lead").url("list") + "?tab=all")


def record_assign(request: Request, kind: str) -> HttpResponse:
    """The dialog that hands ticked rows of any worked kind to a person and team, and its answer (R1.17)."""
    chosen = kinds.get(kind)
    rows = ticked(chosen.model.objects.visible_to(request.user), _asked(request))
    chosen.model.objects.within(request.user, ASSIGN).all_or_refuse(rows)
    form = AssignForm(
        request.POST if request.method == "POST" else None,
        kind=kind,
        initial={"team": rows[0].team_id if len(rows) == 1 else None},
    )
    if request.method == "POST" and form.is_valid():
        assign(rows, **form.cleaned_data, by=request.user)
        tell(
            request,
            ngettext("%(n)d record was handed over.", "%(n)d records were handed over.", len(rows)) % {"n": len(rows)},
        )
        return (
            HttpResponseClientRefresh() if request.htmx else redirect(rows[0] if len(rows) == 1 else chosen.url("list"))
        )
    context = {"kind": chosen, "rows": rows, "form": form}
    return render(request, "leads/assign.html", context, status=422 if request.method == "POST" else 200)


def _visible_lead(request: Request, pk: int) -> Lead:
    return get_object_or_404(Lead.objects.visible_to(request.user).select_related("record", "stage"), pk=pk)


def lead_closing(request: Request, pk: int) -> HttpResponse:
    """«Không phù hợp»: the dialog with reasons, and its answer (R4.39, R4.43)."""
    lead = _visible_lead(request, pk)
    must(request.user, lead, MOVE)
    form = ReasonForm(request.POST if request.method == "POST" else None, kind="lead", category=Category.UNQUALIFIED)
    if request.method == "POST" and form.is_valid():
        services.mark_unqualified(lead, **form.cleaned_data, by=request.user)
        tell(request, _("%(lead)s was marked as not suitable.") % {"lead": lead})
        return done(request, lead)
    return render(
        request, "leads/closing.html", {"lead": lead, "form": form}, status=422 if request.method == "POST" else 200
    )


@require_POST
def lead_reopening(request: Request, pk: int) -> HttpResponse:
    lead = services.reopen_lead(_visible_lead(request, pk), by=request.user)
    tell(request, _("%(lead)s is open again.") % {"lead": lead})
    return done(request, lead)
