"""«Báo cáo»: what became of leads and deals in a period. Reads only."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from pheu.core.errors import Refused
from pheu.people.requests import Request
from pheu.reports import queries
from pheu.reports.navigation import reads_sales

PERIODS = (30, 90, 365)
USUAL = 90


def _periods(days: int) -> list[dict[str, Any]]:
    return [
        {"label": ngettext("%(n)d day", "%(n)d days", n) % {"n": n}, "url": f"?days={n}", "current": n == days}
        for n in PERIODS
    ]


@require_safe
def reports(request: Request) -> HttpResponse:
    """Leads by status and origin, failures by reason, in `?days=` 30, 90 or 365."""
    user = request.user
    if not reads_sales(user):
        raise Refused(_("Your role may not do this."))
    asked = request.GET.get("days", "")
    days = int(asked) if asked in {str(one) for one in PERIODS} else USUAL
    context: dict[str, Any] = {"periods": _periods(days)}
    if queries.sees_leads(user):
        context |= {
            "statuses": queries.leads_by_status(user, days),
            "origins": queries.leads_by_origin(user, days),
            "lost_leads": queries.lost_leads(user, days),
        }
    if queries.sees_deals(user):
        context["lost_deals"], context["paused_deals"] = queries.failed_deals(user, days)
    return render(request, "reports/reports.html", context)
