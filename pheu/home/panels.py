"""The parts of the start page. A part about something that a role may not see is left out."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from pheu.core.registries import Panel
from pheu.core.vietnamese import show_number, show_short
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
        found = [_new_leads(self.leads) if self.leads else None, _work(self.work)]
        found += [_open_deals(self.deals), _forecast(self.deals, self.now)] if self.deals else []
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
    late = work.overdue
    words = ngettext("%(late)d overdue", "%(late)d overdue", late) % {"late": late} if late else _("nothing overdue")
    url = f"{reverse('calendar')}?until=tonight"
    return Kpi(_("Waiting for me today"), show_number(work.count), url, words, "falling" if late else "")


def _deal_count(count: int) -> str:
    return ngettext("%(count)s deal", "%(count)s deals", count) % {"count": show_number(count)}


def _open_deals(figures: dict[str, Any]) -> Kpi:
    return _deals_kpi(_("Open deals"), figures.get("amount"), figures["count"], "open")


def _forecast(figures: dict[str, Any], now: datetime) -> Kpi:
    label = _("Forecast for month %(month)d") % {"month": timezone.localtime(now).month}
    return _deals_kpi(label, figures.get("forecast"), figures["closing"], "closing")


def _deals_kpi(label: str, amount: Any, count: int, which: str) -> Kpi:
    """What deals are worth with how many they are; only the latter where the person may not see the value."""
    url = list_url(DEAL, queries.DEALS[which])
    if amount is None:
        return Kpi(label, _deal_count(count), url)
    return Kpi(label, _dong(amount), url, _deal_count(count))


def _dong(amount: Any) -> str:
    return f"{show_short(amount).removesuffix(' ₫')} ₫"


# Lists ---------------------------------------------------------------------------------------------


def work_panel(page: Page) -> Panel:
    """«Việc của tôi»: overdue and due by tonight."""
    return Panel("home/_work.html", {"activities": page.work.first, "count": page.work.count})


def new_leads_panel(page: Page) -> Panel | None:
    tree = queries.untouched_leads(page.user)
    if not queries.sees(LEAD, page.user, {"new": tree}):
        return None
    more = {"may_create": page.user.may("lead", CREATE), "url": list_url(LEAD, tree)}
    return Panel("home/_leads.html", _first(queries.new_leads(page.user)) | more)


def still_panel(page: Page) -> Panel | None:
    """«Cơ hội đứng yên»: nobody has moved them for two weeks."""
    tree = queries.still(page.user)
    if not queries.sees(DEAL, page.user, {"still": tree}):
        return None
    shows_amount = DEAL.schema_for(page.user).get("expected_amount") is not None
    more = {"url": list_url(DEAL, tree), "shows_amount": shows_amount}
    return Panel("home/_still.html", _first(queries.still_deals(page.user)) | more)


def funnel_panel(page: Page) -> Panel | None:
    if page.leads is None:
        return None
    steps = queries.funnel(page.user, page.leads) if page.leads["made"] else []
    return Panel("home/_funnel.html", {"steps": steps, "days": queries.FUNNEL})


def _first(rows: list[Any]) -> dict[str, Any]:
    """As many rows as a panel shows, with the count in words: «5+» where there are more."""
    most = queries.MOST_ROWS
    return {"rows": rows[:most], "count": f"{most}+" if len(rows) > most else str(len(rows))}
