"""«Theo quy tắc»: who would get the ticked rows by the company's rules, and handing them out so (R1.17)."""

from typing import Any

from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from django_htmx.http import HttpResponseClientRefresh

from pheu.automation.calling import next_customer
from pheu.automation.panels import list_called, place_in_list
from pheu.automation.policies import Plan, plan_for, rules_of
from pheu.automation.rules import HandOutRules
from pheu.automation.services import hand_out_by_rules
from pheu.core.errors import tell
from pheu.people.requests import Request
from pheu.people.scopes import ASSIGN, CHANGE, VIEW
from pheu.records import kinds
from pheu.records.act_views import asked_ids, ticked
from pheu.records.answers import done, undo_url
from pheu.records.lists import listing_for


def by_rules(request: Request, kind: str) -> HttpResponse:
    """The dialog that shows what the rules would do with ticked rows, and its answer."""
    chosen = kinds.get(kind)
    rows = ticked(chosen.model.objects.visible_to(request.user), asked_ids(request), request.user)
    chosen.model.objects.within(request.user, ASSIGN).all_or_refuse(rows)
    if request.method == "POST" and "go" in request.POST:
        plan = hand_out_by_rules(rows, by=request.user)
        tell(request, _said(plan), undo=undo_url() if plan.hands else "")
        return HttpResponseClientRefresh() if request.htmx else redirect(chosen.url("list"))
    plan = plan_for(chosen, rows, rules_of(kind))
    may_see_rules = request.user.may("system", VIEW)
    context = {"kind": chosen, "rows": rows, "plan": plan, "rules": HandOutRules.of(kind) if may_see_rules else None}
    return render(request, "automation/by_rules.html", context)


def _said(plan: Plan) -> str:
    """Who got how many."""
    got: list[tuple[Any, int]] = [(person, n) for person, _load, n in plan.shares()]
    told = [f"{name}: {n}" for name, n in (*got, *plan.pools())]
    return ", ".join(told) or _("No rule takes any of these records; they stay where they are.")


@require_POST
def calling(request: Request, kind: str) -> HttpResponse:
    """On to the next customer: the first of the list `?list=`, or who comes after the one of `?calling=`."""
    called = list_called(request.GET)
    query = called.query if called else request.GET.get("list", "")
    listing = listing_for(request.user, kind, QueryDict(query))
    if not request.user.may(kind, CHANGE):
        raise Http404
    found = next_customer(listing, beyond=called.place if called else None)
    if found is not None:
        row, place = found
        return done(request, f"{row.get_absolute_url()}?{place_in_list(kind, query, place)}")
    tell(request, _("Nobody of this list is left to call today. Who was passed over comes when you begin anew."))
    return done(request, listing.kind.url("list") + listing.url())
