"""Acts on deals: converting a lead and taking that back; and the page of conversion counts (D6)."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from pheu.core.errors import Invalid, Refused, tell
from pheu.core.once import once
from pheu.deals.conversion import convert_leads, same_email
from pheu.deals.counts import conversion_counts
from pheu.deals.forms import ConversionForm
from pheu.deals.models import Deal
from pheu.deals.undoing import redo_conversion, undo_conversion
from pheu.leads.models import Lead
from pheu.people.requests import Request
from pheu.people.scopes import CONVERT
from pheu.quality.merging import merge
from pheu.records import kinds
from pheu.records.access import granted, with_abilities
from pheu.records.answers import done, undo_url
from pheu.records.forms import sent_in
from pheu.records.gates import must_let
from pheu.records.models import Category


def _visible_lead(request: Request, pk: int) -> Lead:
    rows = (
        Lead.objects.visible_to(request.user)
        .with_stage()
        .select_related("record", "owner__department", "company", "contact")
    )
    return get_object_or_404(with_abilities(rows, request.user, CONVERT), pk=pk)


def _ending_of(lead: Lead, request: Request) -> Any:
    """The stage that the address names, where the lead's pipeline has several for conversion."""
    asked = request.POST.get("ends_in") or request.GET.get("to", "")
    stages = lead.stage.pipeline.stages.all()
    return next((one for one in stages if str(one.pk) == asked and one.category == Category.CONVERTED), None)


@once
def lead_conversion(request: Request, pk: int) -> HttpResponse:
    """The dialog «Chuyển thành cơ hội» and its answer, which leads to the new deal."""
    lead = _visible_lead(request, pk)
    if lead.status == Category.CONVERTED:
        return redirect(lead)
    if str(CONVERT) not in granted(lead):
        raise Refused
    asked = _ending_of(lead, request)
    to = asked or lead.stage.pipeline.stage_for(Category.CONVERTED)
    must_let(request.user, lead.stage, to)
    near = same_email(lead, to=request.user)
    form = ConversionForm(sent_in(request), lead=lead, to=to, by=request.user, near=near)
    if request.method == "POST" and form.merged_with is not None:
        return _merged(request, lead, form.merged_with)
    if request.method == "POST" and form.is_valid() and _filled_in(lead, form, request):
        deal = convert_leads([lead], form.handover(ends_in=asked), by=request.user)[0]
        words = _("%(lead)s is now the deal %(deal)s.") % {"lead": lead.number, "deal": deal.number}
        tell(request, words, undo=reverse("lead-conversion-undo", args=[lead.pk]))
        if Deal.objects.visible_to(request.user).filter(pk=deal.pk).exists():
            return done(request, deal)
        return done(request, lead)  # handed to somebody whose deals I may not see
    context = {
        "lead": lead,
        "form": form,
        "ends_in": asked,
        "to": to,
        "same_email": near,
    }
    return render(request, "deals/conversion.html", context, status=422 if request.method == "POST" else 200)


def _merged(request: Request, lead: Lead, other: Any) -> HttpResponse:
    """The lead and another that has its e-mail become one (R2.04, R2.12)."""
    stays = merge([lead, other], by=request.user)
    words = _("%(lead)s was merged with %(other)s: %(title)s.")
    tell(request, words % {"lead": lead.number, "other": other.number, "title": stays.title}, undo=undo_url())
    return done(request, stays)


def _filled_in(lead: Lead, form: ConversionForm, request: Request) -> bool:
    """Whether the lead has taken what was still missing; else its fields say why not."""
    changes = form.entry.form.changes()
    if not changes:
        return True
    try:
        kinds.get("lead").change(lead, changes, by=request.user)
    except Invalid as error:
        form.entry.form.refuse(error)
        return False
    return True


@require_POST
def lead_conversion_undo(request: Request, pk: int) -> HttpResponse:
    lead = undo_conversion(_visible_lead(request, pk), by=request.user)
    redo = reverse("lead-conversion-redo", args=[lead.pk])
    tell(request, _("The conversion was undone; %(lead)s is open again.") % {"lead": lead.number}, redo=redo)
    return done(request, lead)


@require_POST
def lead_conversion_redo(request: Request, pk: int) -> HttpResponse:
    lead = redo_conversion(_visible_lead(request, pk), by=request.user)
    undo = reverse("lead-conversion-undo", args=[lead.pk])
    tell(request, _("The conversion of %(lead)s was done again.") % {"lead": lead.number}, undo=undo)
    return done(request, lead)


@require_safe
def conversion_counts_page(request: Request) -> HttpResponse:
    """The counts of decision D6, over the records that the person may see."""
    return render(request, "deals/counts.html", {"counts": conversion_counts(request.user)})
