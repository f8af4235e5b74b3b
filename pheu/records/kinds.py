"""The register of kinds. A domain app adds its own in `ready()`; engines read it and never name a domain."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.urls import reverse
from django.utils.functional import Promise

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from pheu.people.models import User
    from pheu.records.schema import Schema

Words = str | Promise


@dataclass(kw_only=True)
class Kind:
    """One kind of record and what the engines need of it.

    `create(values, by=)`, `change(row, changes, by=)` and, with a pipeline, `move(row, to=, left=, by=)` are the
    domain's own acts; `prefetch(rows)` brings what a list draws, `on_page(rows)` what the record page draws besides;
    `closing_url(row, stage)` is the dialog that a closing stage asks through.  What it may be seen through
    (a company through its deals) upper apps add with `add_window`.
    """

    code: str
    prefix: str
    label: Words
    plural: Words
    icon: str
    schema: "Schema"
    create: Callable[..., Any]
    change: Callable[..., Any]
    tabs: Callable[["User"], list[Any]]
    prefetch: Callable[[Any], Any] = lambda rows: rows
    on_page: Callable[[Any], Any] = lambda rows: rows
    move: Callable[..., Any] | None = None
    closing_url: Callable[[Any, Any], str] = lambda row, stage: ""
    empty: Words = ""

    @property
    def windows(self) -> list["Window"]:
        return _windows.get(self.code, [])

    @property
    def has_board(self) -> bool:
        return self.move is not None

    @property
    def model(self) -> Any:
        return self.schema.model

    def url(self, page: str, *args: Any) -> str:
        return reverse(f"{self.code}-{page}", args=args)

    def url_of(self, pk: int) -> str:
        return self.url("page", pk)


# Gives the ids of rows that a user sees through other records.
Window = Callable[["User"], "QuerySet"]
_kinds: dict[str, Kind] = {}
_windows: dict[str, list[Window]] = {}


def register(kind: Kind) -> Kind:
    _kinds[kind.code] = kind
    return kind


def add_window(code: str, window: Window) -> None:
    """Make rows of kind `code` visible through other records as well."""
    _windows.setdefault(code, []).append(window)


def get(code: str) -> Kind:
    return _kinds[code]


def every() -> Iterator[Kind]:
    return iter(_kinds.values())
