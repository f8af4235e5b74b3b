"""The parts of the start page. A part about something that a role may not see is left out."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from pheu.core.registries import Panel
from pheu.core.vietnamese import show_number, show_total
from pheu.deals.kinds import DEAL
from pheu.home import queries
from pheu.leads.kinds import LEAD
from pheu.people.models import User
from pheu.people.scopes import CREATE
from pheu.records.conditions import list_url


@dataclass(frozen=True)
class Kpi:
    """One figure and the address of exactly what it counts; `trend` is rising, falling or nothing."""

    label: str
    value: str
    url: str
    change: str = ""
    trend: str = ""
    shares: list[tuple[str, str, Any]] = field(default_factory=list)


@dataclass
class Page:
    """What one person sees at one moment: the figures are counted once, the panels read them."""

    user: User
    now: datetime

    def __post_init__(self) -> None:
        user = self.user
        self.leads = queries.lead_figures(user) if queries.sees(LEAD, user, queries.LEADS) else None
        self.deals = queries.deal_figures(user) if queries.sees(DEAL, user, queries.DEALS) else None
        self.work = queries.my_work(self.user, self.now)

    def kpis(self) -> list[Kpi]:
        user = self.user
        found = [_new_leads(self.leads) if self.leads else None, _work(self.work)]
        found += [_open_deals(self.deals, user), _forecast(self.deals, self.now, user)] if self.deals else []
        return [one for one in found if one is not None]

    def left(self) -> list[Panel]:
        return _shown(work_panel(self), new_leads_panel(self))

    def right(self) -> list[Panel]:
        return _shown(funnel_panel(self), still_panel(self))


def _shown(*panels: Panel | None) -> list[Panel]:
    return [panel for panel in panels if panel is not None]


def greeting(user: User, now: datetime) -> str:
    """«Chào buổi sáng, An»: Vietnamese call each other by the given name."""
    hour = timezone.localtime(now).hour
    if 4 <= hour < 12:
        words = _("Good morning, %(name)s")
    elif 12 <= hour < 18:
        words = _("Good afternoon, %(name)s")
    else:
        words = _("Good evening, %(name)s")
    return words % {"name": user.given_name}


# Figures -------------------------------------------------------------------------------------------


def _new_leads(figures: dict[str, int]) -> Kpi:
    more = figures["this_week"] - figures["last_week"]
    change = _("as many as last week so far")
    if more:
        change = _("%(more)s against last week so far") % {"more": f"{more:+d}".replace("-", "−")}
    trend = "rising" if more > 0 else "falling" if more < 0 else ""
    url = list_url(LEAD, queries.LEADS["this_week"])
    return Kpi(_("New leads this week"), show_number(figures["this_week"]), url, change, trend)


def _work(work: queries.Work) -> Kpi:
    label, count, url = _("Waiting for me today"), show_number(work.count), reverse("calendar")
    if not work.overdue:
        return Kpi(label, count, f"{url}?until=tonight", _("nothing overdue"))
    late = ngettext("%(late)d overdue", "%(late)d overdue", work.overdue) % {"late": work.overdue}
    return Kpi(label, count, f"{url}?until=tonight", trend="falling", shares=[(late, f"{url}?until=now", "")])


def _deal_count(count: int) -> str:
    return ngettext("%(count)s deal", "%(count)s deals", count) % {"count": show_number(count)}


def _open_deals(figures: dict[str, Any], user: User) -> Kpi:
    counts = (figures["count"], figures["count_mine"])
    return _deals_kpi(_("Open deals"), figures.get("amount"), counts, "open", user)


def _forecast(figures: dict[str, Any], now: datetime, user: User) -> Kpi:
    label = _("Forecast for month %(month)d") % {"month": timezone.localtime(now).month}
    counts = (figures["closing"], figures["closing_mine"])
    return _deals_kpi(label, figures.get("forecast"), counts, "closing", user)


def _deals_kpi(label: str, amount: Any, counts: tuple[int, int], which: str, user: User) -> Kpi:
    """What deals are worth with how many they are, mine and others' apart; without the value where it is hidden."""
    (count, mine), tree = counts, queries.DEALS[which]
    url = list_url(DEAL, tree)
    value, words = (_deal_count(count), "") if amount is None else (show_total(amount), _deal_count(count))
    parts = tree.get("all", [tree])
    own, others = ({"all": [*parts, whose]} for whose in (queries.MINE, queries.OTHERS))
    if count == mine or not queries.sees(DEAL, user, {"own": own}):
        return Kpi(label, value, url, words)
    shares = queries.shares(DEAL, (mine, own, _("mine")), (count - mine, others, queries.of_others(user)))
    return Kpi(label, value, url, shares=shares)


# Lists ---------------------------------------------------------------------------------------------


def work_panel(page: Page) -> Panel:
    """«Việc của tôi»: overdue and due by tonight, and which records of mine stand too long where they are."""
    context = {"activities": page.work.first, "count": page.work.count, **queries.my_neglected(page.user)}
    return Panel("home/_work.html", context)


def new_leads_panel(page: Page) -> Panel | None:
    tree = queries.untouched_leads(page.user)
    if not queries.sees(LEAD, page.user, {"new": tree}):
        return None
    rows = queries.new_leads(page.user)
    mine, free = queries.how_many(rows)
    of_nobody = (free, queries.nobodys_leads(page.user), _("nobody's yet"))
    shares = queries.shares(LEAD, (mine, queries.MY_LEADS, _("mine")), of_nobody)
    context = {"rows": rows, "shares": shares, "may_create": page.user.may("lead", CREATE)}
    return Panel("home/_leads.html", context)


def still_panel(page: Page) -> Panel | None:
    """«Cơ hội đứng yên»: nobody has moved them for two weeks."""
    others = queries.others_still(page.user)
    if not queries.sees(DEAL, page.user, {"mine": queries.MY_STILL, "others": others}):
        return None
    shows_amount = DEAL.schema_for(page.user).get("expected_amount") is not None
    rows = queries.still_deals(page.user)
    mine, theirs = queries.how_many(rows)
    whose = _("of the team") if page.user.team_ids else _("of others")
    shares = queries.shares(DEAL, (mine, queries.MY_STILL, _("mine")), (theirs, others, whose))
    return Panel("home/_still.html", {"rows": rows, "shares": shares, "shows_amount": shows_amount})


def funnel_panel(page: Page) -> Panel | None:
    if page.leads is None:
        return None
    steps = queries.funnel(page.user, page.leads) if page.leads["made"] else []
    return Panel("home/_funnel.html", {"steps": steps, "days": queries.FUNNEL})
