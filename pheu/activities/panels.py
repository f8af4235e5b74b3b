"""Next activities and work done on every record page, and two tabs of the composer."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from pheu.core.registries import Panel, side_panels
from pheu.people.requests import Request
from pheu.timeline.panels import composer_tabs


@side_panels.add("*", order=5)
def activities(request: Request, row: Any, may: set[str]) -> Panel:
    """What is to be done next, and what was done (area 3 of a lead, R0.10), in one query."""
    every = [one for one in row.record.activities.select_related("type", "assignee") if one.called_off_at is None]
    done = sorted((one for one in every if one.done_at), key=lambda one: one.done_at, reverse=True)
    context = {"row": row, "may": may, "open": [one for one in every if one.is_open], "done": done[:10]}
    return Panel("activities/_panel.html", context | {"me": request.user})


@composer_tabs.add("*", order=10)
def call_tab(request: Request, row: Any, may: set[str]) -> Panel:
    return Panel("", {"url": reverse("activity-log", args=[row.pk]), "icon": "phone", "label": _("Call or meeting")})


@composer_tabs.add("*", order=20)
def schedule_tab(request: Request, row: Any, may: set[str]) -> Panel:
    return Panel("", {"url": reverse("activity-new", args=[row.pk]), "icon": "calendar", "label": _("Activity")})
