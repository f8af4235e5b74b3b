"""Next activities and work done on every record page, two tabs of the composer, the day in the mail of the morning."""

from typing import Any

from django.db.models import F, Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from pheu.activities.calendar import Part, day_of
from pheu.activities.models import Activity, CalendarFeed
from pheu.activities.plans import has_plans
from pheu.activities.spans import is_all_day
from pheu.core.prepared import prepared
from pheu.core.registries import Button, Panel, account_panels, more, side_panels
from pheu.core.vietnamese.dates import show_overdue
from pheu.notifications.letters import Daily, Item, Section, add_daily, site
from pheu.notifications.models import Reason
from pheu.people.models import User
from pheu.people.requests import Request
from pheu.people.scopes import CHANGE
from pheu.timeline.panels import composer_tabs

MOST = 30


@side_panels.add("*", order=5)
def activities(request: Request, row: Any, may: set[str]) -> Panel:
    """What is to be done next, and what was done (area 3 of a lead, R0.10), in one query.

    A deal goes on showing the work done on its lead; what was open there has come along to it.
    """
    shown = _shown(row.pk, row.record.past_ids)
    context = {"open": [one for one in shown if one.is_open], "done": [one for one in shown if one.done_at]}
    return Panel("activities/_panel.html", context | {"row": row, "may": may, "me": request.user})


@prepared
def _shown(record_id: int, past_ids: list[int]) -> QuerySet[Activity]:
    to_do, done = Q(record=record_id, done_at=None), Q(record__in=past_ids, done_at__isnull=False)
    rows = Activity.objects.filter(to_do | done, called_off_at=None).select_related("type", "assignee", "series")
    rows = rows.with_guests()
    return rows.next_of_series().order_by(F("done_at").desc(nulls_first=True), "due_at", "pk")[:MOST]


@more.add("*", order=15)
def apply_a_plan(row: Any, user: User) -> list[Button]:
    """As far as the page asked for that right (`records.access.with_abilities`)."""
    if not has_plans(row.kind) or not getattr(row, f"may_{CHANGE}", False) or row.goes_on_in is not None:
        return []
    return [Button(_("Apply a work plan…"), reverse("activity-plan", args=[row.pk]), "calendar-plus", dialog=True)]


@composer_tabs.add("*", order=10)
def call_tab(request: Request, row: Any, may: set[str]) -> Panel:
    return Panel("", {"url": reverse("activity-log", args=[row.pk]), "icon": "phone", "label": _("Call or meeting")})


@composer_tabs.add("*", order=20)
def schedule_tab(request: Request, row: Any, may: set[str]) -> Panel:
    return Panel("", {"url": reverse("activity-new", args=[row.pk]), "icon": "calendar", "label": _("Activity")})


@account_panels.add("*")
def phone_calendar(request: Request) -> Panel:
    feed = CalendarFeed.objects.filter(user=request.user).first()
    return Panel("activities/_feed.html", {"feed": feed})


# In the mail of the day -----------------------------------------------------------------------------------------------


def work_of_day(user: User) -> list[Section]:
    """What is for today and what is overdue (R1.35, R4.20)."""
    today, late = day_of(user)
    for_today = ngettext("%(n)s piece of work today", "%(n)s pieces of work today", today.many) % {"n": today.many}
    overdue = ngettext("%(n)s overdue", "%(n)s overdue", late.many) % {"n": late.many}
    told = [(gettext("For today"), for_today, today, _at), (gettext("Overdue"), overdue, late, _since)]
    return [
        Section(title, counted, [_item(one, when(one)) for one in part.activities], _besides(part))
        for title, counted, part, when in told
        if part.many
    ]


def _item(work: Any, when: str) -> Item:
    """Its record is named only to whoever may see it."""
    about = work.record
    kind, title = str(work.type), _line(work.title)
    words = " · ".join([when, kind, *[title] * (title not in ("", kind))])
    below = f"{about.number} · {_line(about.title)}" if work.opens else ""
    return Item(words, below, site() + reverse("activity", args=[work.pk]))


def _line(text: str) -> str:
    return " ".join(text.split())


def _at(work: Any) -> str:
    """Its time; of what is for whole days, or goes on from an earlier one, from when to when."""
    due = timezone.localtime(work.due_at)
    if due.date() != timezone.localdate() or is_all_day(due, work.lasts):
        return work.span if work.lasts else gettext("All day")
    return f"{due:%H:%M}"


def _since(work: Any) -> str:
    days = (timezone.localdate() - timezone.localtime(work.due_at).date()).days
    return f"{work.span} ({show_overdue(days)})"


def _besides(part: Part) -> str:
    more = part.many - len(part.activities)
    return (
        ngettext("And %(n)s more piece of work.", "And %(n)s more pieces of work.", more) % {"n": more} if more else ""
    )


add_daily(Daily("work_of_day", _("My work of the day, and what is overdue"), work_of_day, covers=Reason.OVERDUE))
