"""Acts on deals: converting a lead, winning, losing, reopening; and the page of conversion counts (D6)."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from pheu.core.errors import tell
from pheu.core.ids import read_id
from pheu.core.once import once
from pheu.deals import services
from pheu.deals.conversion import convert_leads, same_email, undo_conversion
from pheu.deals.counts import conversion_counts
from pheu.deals.forms import ConversionForm
from pheu.deals.models import Deal
from pheu.leads.forms import ReasonForm
from pheu.leads.models import Lead
from pheu.leads.views import done
from pheu.people.requests import Request
from pheu.people.scopes import CONVERT, MOVE
from pheu.records.access import must
from pheu.records.models import Category


def _visible_lead(request: Request, pk: int) -> Lead:
    rows = Lead.objects.visible_to(request.user).select_related(
        "record", "stage", "owner__department", "company", "contact"
    )
    return get_object_or_404(rows, pk=pk)


@once
def lead_conversion(request: Request, pk: int) -> HttpResponse:
    """The dialog «Chuyển thành cơ hội» and its answer, which leads to the new deal."""
    lead = _visible_lead(request, pk)
    if lead.status == Category.CONVERTED:
        return redirect(lead)
    must(request.user, lead, CONVERT)
    form = ConversionForm(request.POST if request.method == "POST" else None, lead=lead, by=request.user)
    if request.method == "POST" and form.is_valid():
        deal = convert_leads([lead], form.handover(), by=request.user)[0]
        tell(request, _("%(lead)s is now the deal %(deal)s.") % {"lead": lead.number, "deal": deal.number})
        if Deal.objects.visible_to(request.user).filter(pk=deal.pk).exists():
            return done(request, deal)
        return done(request, lead)  # handed to somebody whose deals I may not see
    context = {
        "lead": lead,
        "form": form,
        "same_email": same_email(lead, to=request.user),
        "missing": lead.missing_for_conversion(),
    }
    return render(request, "deals/conversion.html", context, status=422 if request.method == "POST" else 200)


@require_POST
def lead_conversion_undo(request: Request, pk: int) -> HttpResponse:
    lead = undo_conversion(_visible_lead(request, pk), by=request.user)
    tell(request, _("The conversion was undone; %(lead)s is open again.") % {"lead": lead.number})
    return done(request, lead)


def _visible_deal(request: Request, pk: int) -> Deal:
    return get_object_or_404(
        Deal.objects.visible_to(request.user).live().select_related("record", "stage__pipeline"), pk=pk
    )


def deal_closing(request: Request, pk: int) -> HttpResponse:
    """Thành công at once; Thất bại and Tạm dừng through a dialog with reasons (R4.13-4.15)."""
    deal = _visible_deal(request, pk)
    must(request.user, deal, MOVE)
    closing = deal.stage.pipeline.stages.filter(category__in=services.ENDS)
    to = get_object_or_404(closing, pk=read_id(request.POST.get("to") or request.GET.get("to")))
    if to.category == Category.WON:
        if request.method == "POST":
            services.close_deal(deal, to=to, by=request.user)
            tell(request, _("%(deal)s is won. Congratulations!") % {"deal": deal})
        return done(request, deal)
    form = ReasonForm(request.POST if request.method == "POST" else None, kind="deal", category=to.category)
    if request.method == "POST" and form.is_valid():
        services.close_deal(deal, to=to, **form.cleaned_data, by=request.user)
        tell(request, _("%(deal)s was closed: %(stage)s.") % {"deal": deal, "stage": to})
        return done(request, deal)
    return render(
        request,
        "deals/closing.html",
        {"deal": deal, "to": to, "form": form},
        status=422 if request.method == "POST" else 200,
    )


@require_POST
def deal_reopening(request: Request, pk: int) -> HttpResponse:
    deal = services.reopen_deal(_visible_deal(request, pk), by=request.user)
    tell(request, _("%(deal)s is open again.") % {"deal": deal})
    return done(request, deal)


@require_safe
def conversion_counts_page(request: Request) -> HttpResponse:
    """The counts of decision D6, over the records that the person may see."""
    return render(request, "deals/counts.html", {"counts": conversion_counts(request.user)})
