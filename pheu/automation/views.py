"""«Theo quy tắc»: who would get the ticked rows by the company's rules, and handing them out so (R1.17)."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django_htmx.http import HttpResponseClientRefresh

from pheu.automation.policies import Plan, plan_for, rules_of
from pheu.automation.rules import HandOutRules
from pheu.automation.services import hand_out_by_rules
from pheu.core.errors import tell
from pheu.people.requests import Request
from pheu.people.scopes import ASSIGN, VIEW
from pheu.records import kinds
from pheu.records.act_views import asked_ids, ticked
from pheu.records.answers import undo_url


def by_rules(request: Request, kind: str) -> HttpResponse:
    """The dialog that shows what the rules would do with ticked rows, and its answer."""
    chosen = kinds.get(kind)
    rows = ticked(chosen.model.objects.visible_to(request.user), asked_ids(request), request.user)
    chosen.model.objects.within(request.user, ASSIGN).all_or_refuse(rows)
    if request.method == "POST" and "go" in request.POST:
        plan = hand_out_by_rules(rows, by=request.user)
        tell(request, _said(plan), undo=undo_url() if plan.hands else "")
        return HttpResponseClientRefresh() if request.htmx else redirect(chosen.url("list"))
    plan = plan_for(chosen, [row.pk for row in rows], rules_of(kind))
    may_see_rules = request.user.may("system", VIEW)
    context = {"kind": chosen, "rows": rows, "plan": plan, "rules": HandOutRules.of(kind) if may_see_rules else None}
    return render(request, "automation/by_rules.html", context)


def _said(plan: Plan) -> str:
    """Who got how many."""
    got: list[tuple[Any, int]] = [(person, n) for person, _load, n in plan.shares()]
    told = [f"{name}: {n}" for name, n in (*got, *plan.pools())]
    return ", ".join(told) or _("No rule takes any of these records; they stay where they are.")
