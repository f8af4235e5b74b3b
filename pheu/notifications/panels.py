"""At the head of every record who else looks at it; in one's account when the bell rings."""

from typing import Any

from pheu.core.registries import Panel, account_panels, head_panels, title_panels
from pheu.notifications.models import Reason
from pheu.notifications.reading import silent_for
from pheu.people.requests import Request


@title_panels.add("*")
def readers(request: Request, row: Any, may: set[str]) -> Panel:
    return Panel("notifications/_at_title.html", {"row": row})


@head_panels.add("*", order=10)
def news(request: Request, row: Any, may: set[str]) -> Panel:
    return Panel("notifications/_at_head.html", {"row": row})


@account_panels.add("*")
def choices(request: Request) -> Panel:
    silent = silent_for(request.user)
    return Panel("notifications/_choices.html", {"reasons": [(one, one.value not in silent) for one in Reason]})
