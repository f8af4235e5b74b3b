"""What upper apps add to lower pages: toolbar buttons, bulk acts and panels, by kind ("*": every kind).

A panel is a function of the app that owns the data; the record page renders all of them in its first answer.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpRequest
from django.template import RequestContext, Template
from django.template.loader import get_template
from django.utils.functional import Promise

Words = str | Promise


@dataclass(frozen=True)
class Button:
    """One act on a toolbar or bulk bar. `dialog` opens `url` in the dialog, `posts` sends it, else it is a link.
    `style`: "primary", "danger", or "square" for one that is told by its icon alone.

    `key` presses it; keys are told in the help of «?». `of_list`: the address is told, as `list`, the query string of
    the list on which the button stands.
    """

    label: Words
    url: str
    icon: str = ""
    style: str = ""
    dialog: bool = False
    posts: bool = False
    confirm: Words = ""
    key: str = ""
    of_list: bool = False


@dataclass(frozen=True)
class Panel:
    """A piece of a record page: a template with its context. `None` from a panel function leaves it out."""

    template: str
    context: dict[str, Any] = field(default_factory=dict)


class Registry:
    """Functions by kind, in order."""

    def __init__(self) -> None:
        self._added: list[tuple[int, tuple[str, ...], Callable[..., Any]]] = []

    def add(self, *kinds: str, order: int = 50) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        def keep(function: Callable[..., Any]) -> Callable[..., Any]:
            self._added.append((order, kinds, function))
            return function

        return keep

    def of(self, kind: str) -> list[Callable[..., Any]]:
        chosen = [(order, function) for order, kinds, function in self._added if kind in kinds or "*" in kinds]
        return [function for _order, function in sorted(chosen, key=lambda one: one[0])]


toolbar = Registry()
more = Registry()  # what the menu «…» of a record's page holds: functions of (row, user)
bulk = Registry()
list_buttons = Registry()
hand_out_ways = Registry()  # further ways in the dialog that hands ticked rows out: functions of (kind, user)
head_panels, centre_panels, side_panels = Registry(), Registry(), Registry()
title_panels = Registry()  # small things beside the title of a record
account_panels = Registry()  # what each person chooses for themselves, on «Tài khoản của tôi»
sign_in_panels = Registry()  # below the form on the sign-in page, for visitors whom nobody knows yet


def buttons_for(registry: Registry, kind: str, *args: Any) -> list[Button]:
    return [button for function in registry.of(kind) for button in function(*args)]


def render_panels(places: dict[str, Registry], kind: str, request: HttpRequest, *args: Any) -> dict[str, list[str]]:
    """What each panel of each place draws; None draws nothing. What templates are given is gathered once for all."""
    around = RequestContext(request)
    with around.bind_template(Template("")):
        return {place: _panels(registry.of(kind), around, request, *args) for place, registry in places.items()}


def _panels(functions: list[Callable[..., Panel | None]], around: RequestContext, *args: Any) -> list[str]:
    panels = [panel for function in functions if (panel := function(*args)) is not None]
    return [_drawn(panel, around) for panel in panels]


def _drawn(panel: Panel, around: RequestContext) -> str:
    template: Any = get_template(panel.template)
    with around.push(**panel.context):
        return template.template.render(around)
