"""Next activities and work done on every record page, and two tabs of the composer."""

from typing import Any

from django.db.models import F, Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from pheu.activities.models import Activity, CalendarFeed
from pheu.activities.plans import has_plans
from pheu.core.prepared import prepared
from pheu.core.registries import Button, Panel, account_panels, more, side_panels
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
