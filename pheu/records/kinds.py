"""The register of kinds. A domain app adds its own in `ready()`; engines read it and never name a domain."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from django.urls import reverse
from django.utils.functional import Promise

from pheu.core import navigation
from pheu.core.navigation import CreateItem, NavItem
from pheu.people import scopes

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from pheu.people.models import User
    from pheu.records.conditions import View
    from pheu.records.schema import Schema

Words = str | Promise


@dataclass(kw_only=True)
class Kind:
    """One kind of record and what the engines need of it. Everything but the first eight has a usual answer.

    `create(values, by=)`, `change(row, changes, by=)`, `change_many(rows, name, value, by=)`, `rearrange(row, changes,
    by=)`, `follow_many(rows, user=, stops=, by=)`, `assign(rows, owner=, team=, by=)`, `take(row, by=)` and, for a kind
    with stages, `move(row, to=, left=, by=)`, `close(row, to=, reason=, by=)`, `reopen(row, by=)` are the domain's own
    acts where it has some.
    `on_page(rows)` brings what the record page draws.
    `closing_url(row, stage)` is the dialog that a closing stage asks through, where it is not the usual one;
    `entered(row, left, by=, via=)` is called whenever a row has come to another stage. `stage_events` names the events
    of "moved", "reopened" and of each end. `family` is what roles grant rights for unless they name the kind. What a
    row may be seen through (a company through its deals) upper apps add with `add_window`. A stage is of one of its
    `categories`, of the first of which every pipeline begins; one of each that it `needs` every pipeline has.
    `templates` are pipelines to begin with, by name. `served_by` is the column of a sales team that is ticked where it
    works such rows.
    """

    code: str
    prefix: str
    label: Words
    plural: Words
    icon: str
    fields: "Schema"
    family: str
    views: Callable[["User"], list["View"]]
    path: str = ""
    acts: dict[str, Callable[..., Any]] = field(default_factory=dict)
    on_page: Callable[[Any], Any] = lambda rows: rows.with_facts()
    closing_url: Callable[[Any, Any], str] | None = None
    entered: Callable[..., None] | None = None
    stage_events: dict[str, Any] = field(default_factory=dict)
    categories: tuple[str, ...] = ("open", "won", "lost", "unqualified")
    needs: tuple[str, ...] = ("open",)
    templates: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    empty: Words = ""
    served_by: str = ""

    def __getattr__(self, name: str) -> Callable[..., Any]:
        """An act: the domain's own, else the usual one. `create` is told of which kind."""
        if name not in ACTS:
            raise AttributeError(name)
        usual = _usual_acts[name]
        return self.acts.get(name) or (partial(usual, self.code) if name == "create" else usual)

    @property
    def schema(self) -> "Schema":
        """Every field, whoever asks: never to show from. See `schema_for`."""
        return _describe["whole"](self)

    def schema_for(self, user: "User", pipeline: int | None = None) -> "Schema":
        return _describe["for_person"](self, user, pipeline)

    @property
    def windows(self) -> list["Window"]:
        return _windows.get(self.code, [])

    @property
    def has_board(self) -> bool:
        return self.has_stages

    @property
    def has_stages(self) -> bool:
        return any(one.name == "stage" for one in self.model._meta.local_fields)

    @property
    def model(self) -> Any:
        return self.fields.model

    def url(self, page: str, *args: Any) -> str:
        return reverse(f"{self.code}-{page}", args=args)

    def url_of(self, pk: int) -> str:
        return self.url("page", pk)

    def dialog_of(self, row: Any, stage: Any) -> str:
        """The dialog through which an end asks for a reason, or what the domain wants; empty where for nothing."""
        own = self.closing_url(row, stage) if self.closing_url is not None else ""
        return own or (f"{self.url('closing', row.pk)}?to={stage.pk}" if stage.needs_reason else "")


ACTS = {
    "create",
    "change",
    "change_many",
    "rearrange",
    "follow_many",
    "assign",
    "share_out",
    "archive",
    "begin_batch",
    "take",
    "move",
    "move_many",
    "close",
    "reopen",
    "change_pipeline",
}


@dataclass(frozen=True)
class Window:
    """Rows are seen through those of `kind` that name them in `column`: a company through its deals."""

    kind: str
    column: str

    def __call__(self, user: "User") -> "QuerySet":
        """The ids of the rows that a user sees through it."""
        rows = get(self.kind).model.objects.visible_to(user)
        return rows.exclude(**{self.column: None}).order_by().values(self.column)

    def rows_of(self, pk: int) -> "QuerySet":
        """The rows through which one is seen."""
        return get(self.kind).model.objects.filter(**{self.column: pk})


_kinds: dict[str, Kind] = {}
_windows: dict[str, list[Window]] = {}
_usual_acts: dict[str, Callable[..., Any]] = {}
_describe: dict[str, Callable[..., "Schema"]] = {}


# Where the menus show kinds of a family; an app that wants another place, or a key, registers that afterwards.
MENUS = {"work": "sales", "party": "customers"}


def register(kind: Kind) -> Kind:
    kind.path = kind.path or f"{kind.code}s"
    scopes.FAMILIES[kind.code] = kind.family
    scopes.SERVED_BY[kind.code] = kind.served_by
    _kinds[kind.code] = kind
    opens, creates = (partial(_may, kind.code, action) for action in (scopes.VIEW, scopes.CREATE))
    menu = MENUS.get(kind.family, "")
    navigation.register(NavItem(kind.plural, f"{kind.code}-list", kind.icon, menu, 90, opens))
    navigation.register_create(CreateItem(kind.label, f"{kind.code}-new", kind.icon, 90, creates))
    return kind


def _may(code: str, action: scopes.Action, user: "User") -> bool:
    return user.may(code, action)


def use_acts(**acts: Callable[..., Any]) -> None:
    """The acts of kinds that have none of their own; they stand in `timeline`, above the register."""
    _usual_acts.update(acts)


def use_schemas(**functions: Callable[..., "Schema"]) -> None:
    """How a kind's fields are put together; said by `schema`, above the register."""
    _describe.update(functions)


def add_window(code: str, window: Window) -> None:
    """Make rows of kind `code` visible through other records as well."""
    _windows.setdefault(code, []).append(window)


def get(code: str) -> Kind:
    return _kinds[code]


def every() -> Iterator[Kind]:
    return iter(list(_kinds.values()))


def which_pick(code: str) -> Iterable[tuple[Kind, str]]:
    """(kind, field) of every kind whose rows are found by the words of a row of `code` that they pick."""
    for kind in every():
        for one in kind.schema:
            if one.searched and getattr(one, "kind", None) == code and one.cell == "row":
                yield kind, one.name
