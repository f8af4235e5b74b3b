"""«Gọi lần lượt» on lists, and «Khách tiếp theo» at the head of the record to which that led (R1.16)."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from pheu.automation.calling import Place, is_worked_today, left
from pheu.automation.queries import kinds_to_call
from pheu.core.registries import Button, Panel, head_panels, list_buttons
from pheu.people.models import User
from pheu.people.requests import Request
from pheu.people.scopes import CHANGE
from pheu.records import kinds
from pheu.records.answers import CALLING, query_of_page
from pheu.records.lists import Listing
from pheu.records.places import read_place, write_place

KEY = "q"  # the queue; n writes a note


@dataclass(frozen=True)
class Called:
    """The list that somebody calls through, and where in it they are."""

    kind: str
    query: str
    place: Place


def place_in_list(kind: str, query: str, place: Place) -> str:
    """What the address of a record's page says of the list through which one calls."""
    return urlencode({CALLING: write_place(CALLING, (kind, query, *place))})


def list_called(params: QueryDict) -> Called | None:
    told = read_place(CALLING, params.get(CALLING, ""))
    return Called(told[0], told[1], told[2:]) if told else None


@list_buttons.add("*", order=10)
def call_through(kind: str, user: User) -> list[Button]:
    if not user.may(kind, CHANGE) or kind not in {one.code for one in kinds_to_call()}:
        return []
    url = reverse(f"{kind}-calling")
    return [Button(_("Call one by one"), url, "phone", posts=True, key=KEY, of_list=True)]


@head_panels.add("*", order=5)
def next_customer(request: Request, row: Any, may: set[str]) -> Panel | None:
    """Stays while the head is drawn anew, and on what the customer became."""
    params = query_of_page(request) if request.htmx else request.GET
    called = list_called(params)
    if called is None or not request.user.may(called.kind, CHANGE):
        return None
    listing = Listing(kinds.get(called.kind), request.user, QueryDict(called.query))
    waits = row.pk == called.place[-1] and not (row.is_over or is_worked_today(row))
    url = f"{reverse(f'{called.kind}-calling')}?{urlencode({CALLING: params[CALLING]})}"
    words = _("Skip for now") if waits else _("Next customer")
    button = Button(words, url, "chevron-right", "" if waits else "primary", posts=True, key=KEY)
    list_url = listing.kind.url("list") + listing.url()
    context = {"listing": listing, "list_url": list_url, "button": button, "left": left(listing)}
    return Panel("automation/_calling.html", context)
