"""At the head of every record who else looks at it; in one's account when the bell rings."""

from typing import Any

from pheu.core.registries import Panel, account_panels, head_panels, title_panels
from pheu.notifications.reading import choice_of, choices_of
from pheu.notifications.services import daily_of
from pheu.notifications.webpush import public_key
from pheu.people.requests import Request


@title_panels.add("*")
def readers(request: Request, row: Any, may: set[str]) -> Panel:
    return Panel("notifications/_at_title.html", {"row": row})


@head_panels.add("*", order=10)
def news(request: Request, row: Any, may: set[str]) -> Panel:
    return Panel("notifications/_at_head.html", {"row": row})


@account_panels.add("*")
def choices(request: Request) -> Panel:
    chosen = choice_of(request.user)
    return Panel("notifications/_choices.html", {"reasons": choices_of(chosen), "daily": daily_of(chosen)})


@account_panels.add("*")
def device(request: Request) -> Panel:
    return Panel("notifications/_device.html", {"push_key": public_key()})
