"""Where people can go: every app registers its areas and the things one can create, the shell draws them.

navigation.register(NavItem(_("Leads"), "leads:list", "star", group="sales", order=20))
navigation.register_create(CreateItem(_("Lead"), "leads:create", "star", order=20))
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.db import DatabaseError
from django.http import HttpRequest
from django.urls import NoReverseMatch, get_script_prefix, reverse
from django.utils.functional import Promise, cached_property
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from pheu.core.vietnamese import fold

Words = str | Promise

GROUPS: dict[str, Words] = {"": "", "sales": _("Sales"), "customers": _("Customers"), "admin": _("Administration")}
PHONE_PLACES = 4


def everyone(_user: Any) -> bool:
    return True


@dataclass(frozen=True)
class NavItem:
    """One area of the sidebar.

    `group` is a key of GROUPS. `phone` 1 to 4 gives it a place on a phone's bottom bar, 0 puts it on the sheet behind
    «More». `key` is the letter of its shortcut (`g` then the letter). `count_url_name` answers, after the page, with
    the number of things that wait; the sidebar shows it in small.
    """

    label: Words
    url_name: str
    icon: str
    group: str = ""
    order: int = 50
    allowed: Callable[[Any], bool] = everyone
    phone: int = 0
    key: str = ""
    count_url_name: str = ""

    @property
    def url(self) -> str:
        return _address(self.url_name)

    @property
    def count_url(self) -> str:
        return _address(self.count_url_name) if self.count_url_name else ""

    def holds(self, path: str) -> bool:
        """Whether `path` is this area or stands inside it."""
        url = self.url
        return path == url or (url != "/" and path.startswith(url))


@dataclass(frozen=True)
class CreateItem:
    """One line of «Create» in the top bar. `dialog` opens it over the page."""

    label: Words
    url_name: str
    icon: str = "plus"
    order: int = 50
    allowed: Callable[[Any], bool] = everyone
    dialog: bool = True

    @property
    def url(self) -> str:
        return _address(self.url_name)


@dataclass(frozen=True)
class Command:
    """A place that «Ctrl+K» leads to by its name; `group` says what it is a part of, `more` what else finds it."""

    label: Words
    url: str
    icon: str = "arrow-right"
    group: Words = ""
    more: Words = ""
    dialog: bool = False

    @property
    def words(self) -> str:
        """What is typed is looked for in this: without marks and capitals."""
        return fold(f"{self.label} {self.group} {self.more}")


@dataclass(frozen=True)
class Brand:
    """What the company is called at the head of every page, and the address of its logo; empty: the product's own."""

    name: str = ""
    logo: str = ""


_items: dict[str, NavItem] = {}
_creates: dict[str, CreateItem] = {}
_brands: list[Callable[[], Brand]] = [Brand]
_places: list[Callable[[Any], Iterable[Command]]] = []


def register(item: NavItem) -> NavItem:
    """Add an area; registering the same address again takes the earlier one's place."""
    _items[item.url_name] = item
    return item


def register_create(item: CreateItem) -> CreateItem:
    """Add a thing that can be created from anywhere."""
    _creates[item.url_name] = item
    return item


def register_brand(read: Callable[[], Brand]) -> Callable[[], Brand]:
    """Ask `read` what the company is called; the last who registers is asked."""
    _brands.append(read)
    return read


def register_places(places: Callable[[Any], Iterable[Command]]) -> Callable[[Any], Iterable[Command]]:
    """Let «Ctrl+K» lead to places that no menu shows: `places(user)` gives those that are open to the person."""
    _places.append(places)
    return places


def commands_for(user: Any) -> list[Command]:
    """Everything that a person can go to or make, by its name."""
    areas = [Command(one.label, one.url, one.icon) for one in items_for(user)]
    makes = [Command(one.label, one.url, "plus", _("Create"), dialog=one.dialog) for one in creates_for(user)]
    return [*areas, *makes, *(command for places in _places for command in places(user))]


def items_for(user: Any) -> list[NavItem]:
    """The areas that exist and that `user` may open, in order."""
    return sorted(
        (item for item in _items.values() if _exists(item) and item.allowed(user)), key=lambda item: item.order
    )


def creates_for(user: Any) -> list[CreateItem]:
    return sorted(
        (item for item in _creates.values() if _exists(item) and item.allowed(user)), key=lambda item: item.order
    )


def _exists(item: NavItem | CreateItem) -> bool:
    """An area whose pages are not there yet stays out of the menus, rather than breaking every page."""
    return bool(_address(item.url_name))


class Shell:
    """What the sidebar, the top bar and the phone bar show; asked for only by pages that draw them."""

    def __init__(self, request: HttpRequest) -> None:
        self.request = request

    @cached_property
    def items(self) -> list[NavItem]:
        user = getattr(self.request, "user", None)
        return items_for(user) if user is not None and user.is_authenticated else []

    @cached_property
    def groups(self) -> list[dict[str, Any]]:
        known = [
            {"label": label, "items": [one for one in self.items if one.group == key]} for key, label in GROUPS.items()
        ]
        return [group for group in known if group["items"]]

    @cached_property
    def phone(self) -> list[NavItem]:
        """Four areas for a phone's bottom bar: those that ask for a place, then the first others."""
        asking = sorted((item for item in self.items if item.phone), key=lambda item: item.phone)
        others = [item for item in self.items if not item.phone]
        return [*asking, *others][:PHONE_PLACES]

    @cached_property
    def current(self) -> NavItem | None:
        """The area that holds this page: the one with the longest address, so that /leads/import/ is not /leads/."""
        holding = [item for item in self.items if item.holds(self.request.path)]
        return max(holding, key=lambda item: len(item.url), default=None)

    @cached_property
    def brand(self) -> Brand:
        """The product's own where the database cannot say: that page is drawn too."""
        try:
            return _brands[-1]()
        except DatabaseError:
            return Brand()

    @cached_property
    def key(self) -> str:
        """All that the sidebar and the bars are drawn from: the same key, the same drawing (`{% cache %}`)."""
        user: Any = self.request.user
        person = (user.pk, str(user), user.email, getattr(user, "full_name", ""), getattr(user, "picture_key", ""))
        offered = [item.url_name for item in self.items], [item.url_name for item in self.creates]
        here = self.current.url_name if self.current else ""
        return repr((get_language(), person, offered, here, self.brand))

    @cached_property
    def creates(self) -> list[CreateItem]:
        return creates_for(self.request.user) if self.items else []

    @cached_property
    def search_url(self) -> str:
        return _address("search")

    @cached_property
    def reminders_url(self) -> str:
        return _address("reminders")

    @cached_property
    def bell(self) -> dict[str, str]:
        """Addresses of the bell's count, panel and page; empty while there is no bell."""
        names = {"count": "notifications-count", "panel": "notifications-panel", "page": "notifications"}
        return {name: url for name, url_name in names.items() if (url := _address(url_name))}

    @cached_property
    def live_url(self) -> str:
        """Where pages hear of what happens, from the moment at which this one is drawn."""
        url = _address("live")
        return f"{url}?since={time.time_ns() // 1_000_000}" if url else ""

    @cached_property
    def settings_url(self) -> str:
        return _address("setup:index") or _address("setup")


def shell(request: HttpRequest) -> dict[str, Any]:
    """Context processor: `shell`, and `dialog_parent`, the template that a dialog's page extends."""
    in_dialog = request.headers.get("HX-Target") == "dialog"
    return {"shell": Shell(request), "dialog_parent": "ui/bare.html" if in_dialog else "base.html"}


def _address(url_name: str) -> str:
    """The address of a page of another app, or nothing while that app is not there."""
    return _address_below(url_name, get_script_prefix())


@cache
def _address_below(url_name: str, _prefix: str) -> str:
    try:
        return reverse(url_name)
    except NoReverseMatch:
        return ""
