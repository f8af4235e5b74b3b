"""The list engine: tabs, filters, search, sort and keyset pages of any kind, all from its schema.

No COUNT of a table and no OFFSET: a page fetches one row more than it shows (quality.md 1).
"""

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import takewhile
from typing import Any, ClassVar
from urllib.parse import urlencode

from django.db.models import Q, QuerySet, Value
from django.http import Http404, QueryDict
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from pheu.core.ids import read_id
from pheu.core.prepared import prepared
from pheu.core.vietnamese import show_number
from pheu.people.models import User
from pheu.people.scopes import CHANGE, VIEW
from pheu.records import counters, kinds
from pheu.records.access import mark_free
from pheu.records.columns import beside_a_record, can_edit_in_list, chosen, of_role, usual
from pheu.records.conditions import (
    LATE,
    Part,
    Tree,
    View,
    askable,
    asked_beyond,
    can_be_asked,
    compile_tree,
    parts_of_address,
    read_tree,
    tree_of,
)
from pheu.records.fields import Field
from pheu.records.grouping import Group, can_group, fields_to_group, groups_of, tree_of_group
from pheu.records.kinds import Kind
from pheu.records.models import SavedView
from pheu.records.orders import USUAL, Edge, Key, Order, WayToSort, read_order, ways_to_sort, with_values
from pheu.records.places import LONGEST_PLACE, place_of, read_place, write_place
from pheu.records.schema import offered
from pheu.records.search import found_by

PAGE = 50
COUNT_CAP = 999
MOST_COUNTED = 1000  # rows, where no counter knows how many they are
MOST_CHOSEN = 500  # rows that «Chọn tất cả» ticks: what an act takes at once
CHUNK = 1000  # rows of a whole list that are read at once


@dataclass(frozen=True)
class Beyond:
    """A field of the record that rows name, as the menu of filters offers it: its parameter, what it is called."""

    name: str
    label: str


Half = Callable[[Any, Edge | None], Any]
KEPT = "v"  # begins the code of a kept view


def view_of(saved: SavedView, user: User) -> View:
    """A kept view as this person has it: what they may not ask is left out."""
    kind = kinds.get(saved.kind)
    where = askable(kind, user, saved.where)
    code = f"{KEPT}{saved.pk}"
    is_whole = where == saved.where
    return View(code, saved.name, where, saved.sort, saved.columns, saved.group, saved.board, saved, is_whole=is_whole)


def _parameter(name: str, value: str | list[str]) -> str:
    return urlencode({name: value}, doseq=True)


def address_of(saved: SavedView, *, on_board: bool = False) -> str:
    """Where a kept view is opened: on the list, or on a board where it was kept from one or somebody is on one."""
    page = kinds.get(saved.kind).url("board" if saved.board or on_board else "list")
    return f"{page}?{urlencode({'tab': f'{KEPT}{saved.pk}', **saved.board})}"


class Listing:
    """What a person sees of a kind for one query string. Rows come from `within(user, VIEW)` and nowhere else."""

    is_paged: ClassVar[bool] = True
    most_chosen: ClassVar[int] = MOST_CHOSEN
    # What `drawing` has made of the rows, by row and column.
    drawn: list[list[Any]] | None = None

    def __init__(self, kind: Kind, user: User, params: QueryDict, last_tab: str = "") -> None:
        self.kind, self.user, self.params, self.last_tab = kind, user, params, last_tab
        self.schema = kind.schema_for(user)
        self.text = params.get("q", "").strip()[:200]

    @cached_property
    def views(self) -> list[View]:
        """Those that come with the system, as far as the person may ask for what they ask."""
        views = self.kind.views(self.user)
        if self.schema is self.kind.schema:
            return views
        return [view for view in views if can_be_asked(self.kind, self.user, view.where)]

    @cached_property
    def tabs(self) -> list[View]:
        """These, and the kept one that is open."""
        return [*self.views, *([self.kept_view] if self.kept_view else [])]

    @cached_property
    def kept_view(self) -> View | None:
        """The view that somebody has kept and that the address, or this browser's last look, names."""
        asked = self.params.get("tab", "") or self.last_tab or self._begins_with
        pk = read_id(asked[1:]) if asked.startswith(KEPT) else None
        if pk is None:
            return None
        found = SavedView.objects.for_person(self.user).filter(kind=self.kind.code, pk=pk).first()
        return found and view_of(found, self.user)

    @cached_property
    def tab(self) -> View:
        """The view that was asked for, else the one chosen last, else the role's, else the first that has rows."""
        named = {view.code: view for view in self.tabs}
        asked = (self.params.get("tab", ""), self.last_tab, self._begins_with)
        return next((named[code] for code in asked if code in named), None) or self._first_with_rows()

    @property
    def _begins_with(self) -> str:
        """The view with which the role's people begin."""
        return str(of_role(self.user, self.kind.code).get("tab", ""))

    def _first_with_rows(self) -> View:
        """One statement looks into all of them; mostly it is the first, of which a list then has read its page."""
        asked = list(takewhile(lambda view: view.where, self.views))
        if asked and self.is_paged and not self.params and (found := self._under(asked[0])._ids):
            self._ids = found
            return asked[0]
        parts = [part for nth, view in enumerate(asked) for part in self._under(view)._any(nth)]
        together = parts[0].union(*parts[1:], all=True) if parts[1:] else [*parts, ()][0]
        have = {row["nth"] for row in together}
        return self.views[min(have)] if have else self.views[len(asked) % len(self.views)]

    def _under(self, view: View) -> "Listing":
        return Listing(self.kind, self.user, QueryDict(f"tab={view.code}"))

    def _any(self, nth: int) -> list[Any]:
        """Querysets of one row each, if there is one, to tell by `nth` whether the list has any."""
        rows = self.order.of(self.narrowed(self.kind.model.objects.all())).annotate(nth=Value(nth)).values("nth")
        return [way[:1] for way in rows.ways_to_see(self.user)]

    @cached_property
    def choices(self) -> dict[Field, dict[str, str]]:
        """Every filterable field that offers choices: {value: label}."""
        return self._choices_of(self.schema.filters())

    @cached_property
    def asked_choices(self) -> dict[Field, dict[str, str]]:
        """Those of the fields by which it is filtered."""
        return self._choices_of(self.filtered_fields)

    def _choices_of(self, fields: Iterable[Field]) -> dict[Field, dict[str, str]]:
        tables = {one: one.table(self.user) for one in fields}
        found = offered({one: rows for one, rows in tables.items() if rows is not None})
        fixed = {one: one.choices() for one in tables}
        offers = {one: {str(value): str(label) for value, label in found.get(one) or fixed[one]} for one in tables}
        return {one: choices for one, choices in offers.items() if choices}

    @cached_property
    def filters(self) -> dict[str, Part]:
        """The comparisons that the query string names, by parameter."""
        return dict(parts_of_address(self.kind, self.user, self.params))

    @cached_property
    def where(self) -> Any:
        """The condition that the address holds besides: a number of a report leads to its rows with it."""
        if not self.params.get("where"):
            return {}
        tree = read_tree(str(self.params["where"]))
        compile_tree(self.kind, self.user, tree)  # says in words that it is none, before anything reads it
        return tree

    @cached_property
    def _asked(self) -> list[Any]:
        of_group = tree_of_group(self.group_by, self.of_group) if self.group_by and self.of_group else {}
        return [self.tab.where, self.where, *(tree_of(part) for part in self.filters.values()), of_group]

    @cached_property
    def group_by(self) -> Field | None:
        """By what the rows stand in groups, if they do."""
        field = self.schema.get(self.params.get("group", "") or self.tab.group)
        return field if field is not None and can_group(self.schema, field) else None

    @property
    def of_group(self) -> str:
        """The one group that is asked for."""
        return str(self.params.get("in", ""))

    @cached_property
    def groups(self) -> list[Group]:
        return groups_of(self, self.group_by) if self.group_by is not None else []

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing at all: no rows, or no group of them."""
        if self.group_by is not None and not self.of_group:
            return not self.groups
        return not self.rows and self.is_first_page

    @property
    def ways_to_group(self) -> list[tuple[Field, str, bool]]:
        """(field, the address of the list in groups by it, whether it is so now)."""
        return [(one, self.url(group=one.name), one is self.group_by) for one in fields_to_group(self.schema)]

    @property
    def ungrouped_url(self) -> str:
        return self.url(group="no" if self.tab.group else None)

    def group_url(self, group: Group) -> str:
        return self.url(**{"in": group.key, "group": self.group_by.name if self.group_by else None})

    @cached_property
    def condition(self) -> Q:
        """The view and the filters as one condition; compiled once for all ways to the rows."""
        return compile_tree(self.kind, self.user, {"all": self._asked})

    @property
    def asked(self) -> Tree:
        """View and filters as one condition, as it can be kept."""
        parts = [part for one in self._asked for part in (one["all"] if set(one) == {"all"} else [one]) if part]
        return {"all": parts} if parts else {}

    @property
    def look(self) -> dict[str, Any]:
        """All that a kept view is made of."""
        columns = self.params.get("cols", "") or self.tab.columns
        group = self.group_by.name if self.group_by else ""
        return {"where": self.asked, "sort": self.sort, "columns": columns, "group": group, "board": {}}

    @property
    def is_changed(self) -> bool:
        """Whether it shows something else than the view that is open."""
        is_ordered = self.sort != (self.tab.sort or USUAL)
        has_others = self.params.get("cols", "") not in ("", self.tab.columns)
        is_grouped = (self.group_by.name if self.group_by else "") != self.tab.group
        return bool(self.filters or self.where) or is_ordered or has_others or is_grouped

    @property
    def is_counted(self) -> bool:
        """Whether the kept counters know how many rows these are."""
        return self.kind.has_stages and not self.text and all(map(counters.can_answer, self._asked))

    @cached_property
    def size(self) -> int:
        """How many rows these are: all that a counter knows of, else no further than one beyond `MOST_COUNTED`."""
        if self.is_counted:
            return counters.total(self.kind, self.user, self.condition)
        return self.narrowed().order_by()[: MOST_COUNTED + 1].count()

    @property
    def size_words(self) -> str:
        if self.size > MOST_COUNTED and not self.is_counted:
            return _("more than %(n)s results") % {"n": show_number(MOST_COUNTED)}
        return ngettext("%(n)s result", "%(n)s results", self.size) % {"n": show_number(self.size)}

    def first_ids(self, most: int = MOST_CHOSEN) -> list[int]:
        """Ids of the first rows of all pages together."""
        keys = self._keys(self.order.filled, None, most)
        if len(keys) < most and self.order.may_be_empty:
            keys += self._keys(self.order.empty, None, most - len(keys))
        return keys

    def narrowed(self, rows: Any = None) -> Any:
        """Everything the person may see (or what `rows` has of it) under this view, search and filters, in no order."""
        rows = self.kind.model.objects.visible_to(self.user) if rows is None else rows
        rows = rows.live().filter(self.condition)
        return rows.filter(found_by(self.text, self.kind, self.user, "record__")) if self.text else rows

    # -- order -----------------------------------------------------------------------------------

    @cached_property
    def order(self) -> Order:
        of_filters = (part.field.order_of(part.value) for part in self.filters.values())
        begins_with = next(filter(None, of_filters), "") or self.tab.sort
        asked = self.params.get("sort", "") or begins_with
        return read_order(self.kind, self.schema, asked, begins_with=begins_with)

    @property
    def sort(self) -> str:
        return self.order.name

    # -- pages -----------------------------------------------------------------------------------

    @cached_property
    def _ids(self) -> list[int]:
        """Of the rows of the page and one more. Filled values come first in both directions, then the empty ones.

        Each half is read along the index of its order; only the page on which the first half ends reads both.
        """
        last = read_place(self.sort, self.params.get("after", ""))
        keys = [] if last is not None and last[0] is None else self._keys(self.order.filled, last)
        if len(keys) <= PAGE and self.order.may_be_empty:
            keys += self._keys(self.order.empty, last if last is not None and last[0] is None else None)
        return keys[: PAGE + 1]

    def show_only(self, ids: list[int]) -> None:
        """Let the page be those of these rows that belong to this list."""
        self.tab  # noqa: B018  (choosing it may read the ids)
        self._ids = list(self.narrowed().filter(pk__in=ids[:PAGE]).values_list("pk", flat=True))

    @cached_property
    def _fetched(self) -> list[Any]:
        """The rows of the page and one more."""
        self.tab  # noqa: B018  (choosing it may read the ids)
        place = {pk: at for at, pk in enumerate(self._ids)}
        rows, fields = self._brought(list(place)), self.column_fields
        for one in fields:
            one.bring(rows)
        mark_free(rows, fields, self.user)
        return sorted(rows, key=lambda row: place[row.pk])

    def _brought(self, keys: list[int]) -> list[Any]:
        """Rows by their ids, each with the query string by which its page knows where in this list it stands."""
        rows = _rows(self.kind.code, tuple(self.column_fields), (), self.order.keys, keys)
        here = self.url()
        if len(here) <= LONGEST_PLACE:
            for row in rows:
                row.place = place_of(here, self.sort, self.order.edge_of(row))
        return rows

    def beside(self, *, before: bool) -> Any:
        """The row that stands right after (or `before`) the one that the address names, even if that has moved since.

        None at the end of the list, and where the address names none.
        """
        self.order = order = replace(self.order, backwards=before)
        last = read_place(self.sort, self.params.get("after", ""))
        if last is None:
            return None
        halves = [(order.filled, last)] if last[0] is not None else [(order.empty, last)]
        if order.may_be_empty and (last[0] is None) == before:
            halves.append((order.filled, None) if before else (order.empty, None))  # type: ignore[arg-type]
        keys = next((keys for half, edge in halves if (keys := self._keys(half, edge, 1))), [])
        return self._brought(keys)[0] if keys else None

    def row(self, pk: int) -> Any:
        """One of its rows as the list draws it."""
        return self._brought([pk])[0]

    def _keys(self, half: Half, last: Edge | None, most: int = PAGE + 1) -> list[int]:
        return [edge[-1] for edge in self._edges(half, last, most)]

    def _edges(self, half: Half, last: Edge | None, most: int) -> list[Edge]:
        """Where the first rows of one half stand: from the first ones of each way to see, so every scan is short."""
        columns = (*self.order.columns, "pk")
        found = half(self.order.of(self.narrowed(self.kind.model.objects.all())), last).values(*columns)
        ways = [found.visible_to(self.user)] if self.text else found.ways_to_see(self.user)
        firsts = [way[:most] for way in ways]
        together = firsts[0].union(*firsts[1:]).order_by(*self.order.by) if firsts[1:] else firsts[0]
        return [tuple(row[column] for column in columns) for row in together[:most]]

    def chunks(self, fields: list[Field], most: int = CHUNK) -> Iterator[list[Any]]:
        """All rows in their order, so many at a time, with what these fields say of them.

        Two statements for each chunk, and one for each field that stands beside the rows.
        """
        beside = tuple(name for one in fields for name in one.companions)
        for half in (self.order.filled, *([self.order.empty] if self.order.may_be_empty else [])):
            last: Edge | None = None
            while edges := self._edges(half, last, most):
                last, place = edges[-1], {edge[-1]: at for at, edge in enumerate(edges)}
                rows = _rows(self.kind.code, tuple(fields), beside, self.order.keys, list(place))
                for one in fields:
                    one.bring(rows)
                yield sorted(rows, key=lambda row: place[row.pk])
                _let_go(rows)
                if len(edges) < most:
                    break

    @property
    def rows(self) -> list[Any]:
        return self._fetched[:PAGE]

    @property
    def next_url(self) -> str:
        if len(self._fetched) <= PAGE:
            return ""
        last = self.rows[-1]
        return self.url(after=write_place(self.sort, self.order.edge_of(last)))

    @property
    def is_first_page(self) -> bool:
        return not self.params.get("after")

    @property
    def is_narrowed(self) -> bool:
        return bool(self.text or self.filters or self.where)

    # -- what the page draws -----------------------------------------------------------------------

    def url(self, **changed: str | list[str] | None) -> str:
        """This list's query string with some parameters changed; a new filter or order starts at the first page."""
        parts = self._address | {name: _parameter(name, value or []) for name, value in changed.items()}
        return "?" + "&".join(filter(None, parts.values()))

    @cached_property
    def _address(self) -> dict[str, str]:
        """Its parameters as they stand in an address: a page writes its own fifty times."""
        told = {"tab": [self.tab.code]} | {name: values for name, values in self.params.lists() if name != "after"}
        return {name: _parameter(name, values) for name, values in told.items()}

    @property
    def kept(self) -> list[tuple[str, str]]:
        """What a new filter keeps of the address: tab, order, and what its menu does not ask about."""
        beside = self.filters.keys() - self._in_menu
        told = self._told({*beside, "sort", "where", "cols", "group", "by", "lanes"})
        return [("tab", self.tab.code), *told]

    @property
    def kept_of_menu(self) -> list[tuple[str, str]]:
        """What the menu asks about and is asked already: it stands for the menu until somebody opens that."""
        return self._told(self._in_menu)

    def _told(self, names: Collection[str]) -> list[tuple[str, str]]:
        return [(name, value) for name, values in self.params.lists() if name in names for value in values]

    @cached_property
    def _in_menu(self) -> set[str]:
        """The filters that the menu asks about."""
        asked = ((key, part.field) for key, part in self.filters.items() if key == part.field.name)
        return {key for key, one in asked if one.choices() or one.table(self.user) is not None}

    @property
    def clear_text_url(self) -> str:
        return self.url(q=None)

    @property
    def shows_filters(self) -> bool:
        """Whether the page itself holds the choices of its filters: without scripts."""
        return "filters" in self.params

    @property
    def filters_url(self) -> str:
        return self.url(filters="1")

    @property
    def shared_query(self) -> str:
        """What list and board share: tab, words and filters."""
        return self.url(sort=None, unfold=None, below=None, split=None, open=None)

    @property
    def is_split(self) -> bool:
        """Whether the record that is open stands beside the list."""
        return self.is_paged and "split" in self.params

    @property
    def split_url(self) -> str:
        return self.url(split="1", open=None)

    @property
    def whole_url(self) -> str:
        """The list alone."""
        return self.url(split=None, open=None)

    @property
    def open_url(self) -> str:
        """The page of the record that is open; empty where none is."""
        pk = read_id(self.params.get("open"))
        return self.kind.url_of(pk) if pk else ""

    @property
    def shared_query_with_sort(self) -> str:
        """All that a kept view is made of."""
        return self.url(unfold=None, below=None, of=None, filters=None, split=None, open=None)

    def offers(self) -> list[tuple[Any, list[tuple[str, str, bool]]]]:
        """Every filterable field with its choices: (value, label, is chosen); and those of what its rows name."""
        found: list[tuple[Any, list[tuple[str, str, bool]]]] = []
        for one, choices in self.choices.items():
            chosen = self.chosen_of(self.filters.get(one.name))
            found.append((one, [(value, label, value in chosen) for value, label in choices.items()]))
        return [*found, *((Beyond(key, label), self.ticks_beyond(key)) for key, label in self.beyond.items())]

    @cached_property
    def beyond(self) -> dict[str, str]:
        """{parameter: what it is called} of fields of the record that rows name, by which they can be narrowed."""
        return {key: f"{pick.label}: {one.label}" for key, (pick, one) in asked_beyond(self.kind, self.user).items()}

    def ticks_beyond(self, key: str) -> list[tuple[str, str, bool]]:
        """The choices of a field of what its rows name, by its parameter: (value, label, is chosen)."""
        _pick, field = asked_beyond(self.kind, self.user)[key]
        chosen = self.filters[key].value["value"] if key in self.filters else []
        return [(str(value), str(label), value in chosen) for value, label in field.choices()]

    def chosen_of(self, part: Part | None) -> list[str]:
        """The values of a comparison with several, as its field offers them."""
        if part is None or part.operator.takes != "many":
            return []
        told = [str(one) for one in part.value]
        return [str(self.user.pk) if one == "me" else one for one in told] if part.field in self.asked_choices else told

    @property
    def filtered_fields(self) -> set[Field]:
        return {part.field for part in self.filters.values()}

    @cached_property
    def chosen_columns(self) -> tuple[Any, ...]:
        """The columns that somebody has chosen for this list; empty where it has its usual ones."""
        return chosen(self.schema, self.user, self.params.get("cols", ""), self.tab.columns)

    @property
    def columns_are_fixed(self) -> bool:
        """Whether the person's role says which columns this list has."""
        return bool(of_role(self.user, self.kind.code).get("is_locked"))

    @property
    def shown_columns(self) -> tuple[Any, ...]:
        columns = self.chosen_columns or usual(self.schema)
        return beside_a_record(columns) if self.is_split else columns

    @property
    def column_fields(self) -> list[Field]:
        return [one.field for one in self.shown_columns]

    @property
    def columns(self) -> list[dict[str, Any]]:
        """Every column: its width, whether its cells can be edited, the address that orders the list by it, and how."""
        may_change = self.user.may(self.kind.code, CHANGE)
        return [
            {
                "field": one.field,
                "width": one.width,
                "can_edit": may_change and can_edit_in_list(one.field),
                "sort": self.ways_to_sort.get(one.field.name),
            }
            for one in self.shown_columns
        ]

    @cached_property
    def ways_to_sort(self) -> dict[str, WayToSort]:
        """By each field that puts the list in order; those that do first, in their turn."""
        is_asked = self.sort != USUAL or self.params.get("sort") == USUAL
        return ways_to_sort(self.order, self.schema, is_asked=is_asked, unsorted=self.url(sort=None))

    def counts(self) -> dict[str, str]:
        """How many rows each view has, capped: «999+»."""
        return {view.code: self._count(view) for view in self.views}

    def _count(self, view: View) -> str:
        condition = compile_tree(self.kind, self.user, view.where)
        if self.kind.has_stages and counters.can_answer(view.where):
            return as_capped(counters.total(self.kind, self.user, condition))
        return capped(self.kind.model.objects.visible_to(self.user).live().filter(condition & told_open(view.where)))


def listing_for(user: User, code: str, params: QueryDict, last_tab: str = "") -> Listing:
    """The list of a kind, for someone whose role has any part in it; else there is no such page."""
    kind = kinds.get(code)
    if not user.may(code, VIEW) and not kind.windows:
        raise Http404
    return Listing(kind, user, params, last_tab)


def told_open(where: Any) -> Q:
    """What is late is open. Where rows are counted that is said again, for the index of what is late is of those."""
    return Q(closed_at=None) if where == LATE else Q()


@prepared
def _rows(
    code: str, fields: tuple[Field, ...], beside: tuple[str, ...], keys: tuple[Key, ...], ids: list[int]
) -> QuerySet:
    return with_values(kinds.get(code).model.objects.filter(pk__in=ids).to_draw(fields, beside), keys)


def _let_go(rows: list[Any]) -> None:
    """Free the memory of rows that have been read: a row and its Record name each other, and so would stay for long."""
    for row in rows:
        row._state.fields_cache.clear()


def capped(rows: QuerySet) -> str:
    return as_capped(rows.order_by()[: COUNT_CAP + 1].count())


def as_capped(count: int) -> str:
    return f"{COUNT_CAP}+" if count > COUNT_CAP else str(count)
