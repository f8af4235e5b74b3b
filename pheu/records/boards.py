"""The board engine: stages of one pipeline as columns, with count, sum and a meter of next activities.

The address says by what else: `by=source` has the groups of a field as columns, `lanes=owner` cuts the board into rows.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import groupby, islice
from operator import itemgetter
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, F, Q, Value, Window
from django.db.models.fields.tuple_lookups import Tuple, TupleLessThan
from django.db.models.functions import RowNumber
from django.http import QueryDict
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from pheu.core.ids import read_id
from pheu.core.markup import address
from pheu.people.models import User
from pheu.people.scopes import ASSIGN, CHANGE, MOVE, Action
from pheu.records import counters
from pheu.records.access import granted, mark_free, with_abilities
from pheu.records.columns import can_edit_in_list
from pheu.records.conditions import LATE, Tree, compile_tree
from pheu.records.fields import Field
from pheu.records.grouping import NOTHING, Group, fields_of_columns, groups_of, key_of, names_of, tree_of_group
from pheu.records.kinds import Kind
from pheu.records.lists import Listing, told_open
from pheu.records.models import Pipeline, Stage
from pheu.records.orders import USUAL
from pheu.records.places import LONGEST_PLACE, place_of, read_place, write_place
from pheu.records.schema import Schema

CARDS = 20
CARDS_IN_LANES = 6
# What a wide screen shows: columns with cards further right bring them when they come into sight; many share the room.
COLUMNS_AT_ONCE = 6
CARDS_AT_ONCE = 72
MOST_COLUMNS = 30
MOST_LANES = 12


@dataclass
class Column:
    """One column: its cards so far and its totals; of a `stage`, the meter's three parts add up to `count`."""

    key: str
    label: Any
    stage: Stage | None = None
    count: int = 0
    amount: Decimal = Decimal(0)
    planned: int = 0
    overdue: int = 0
    weighted: Decimal = Decimal(0)
    cards: list[Any] = field(default_factory=list)
    more_url: str = ""
    fold_url: str = ""
    can_fold: bool = False
    folded: bool = False
    # Whether the person's role may put records into it, and make new ones there, with what in the address.
    lets_in: bool = True
    takes_new: bool = True
    new_query: str = ""
    # In which lane this piece of it is.
    lane: str = ""

    @property
    def unplanned(self) -> int:
        return self.count - self.planned - self.overdue

    @property
    def is_closing(self) -> bool:
        return self.stage is not None and self.stage.is_closing

    @property
    def code(self) -> str:
        """What tells it from every other on the page."""
        return f"{self.lane}-{self.key}" if self.lane else self.key


@dataclass
class Lane:
    """A row of a board: the cards of one group of a field, column by column."""

    key: str
    label: str
    count: int
    fold_url: str
    folded: bool = False
    cells: list[Column] = field(default_factory=list)


def right_to_move(one: Field | None) -> Action | None:
    """By what right records go from one group of a field to another on a board (None: the stages); None where by none:
    what is not edited in a list is not moved either."""
    if one is None or one.cell == "stage":
        return MOVE
    if one.name == "owner":
        return ASSIGN if one.on_create else None
    return CHANGE if can_edit_in_list(one) else None


def board_for(kind: Kind, user: User, params: QueryDict, last_tab: str = "") -> "Board":
    """The board that an address asks for: by stage, or by a field."""
    by = field_asked(kind.schema_for(user), params.get("by", ""))
    board = Board if by is None or by.cell == "stage" else FieldBoard
    return board(kind, user, params, last_tab)


def field_asked(schema: Schema, name: str) -> Field | None:
    return next((one for one in fields_of_columns(schema) if one.name == name), None)


def read_board(kind: Kind, user: User, asked: Any) -> dict[str, str]:
    """By what the board of a kept view stands, of what its address says; empty for a list, or where it has none."""
    if not kind.has_board or not isinstance(asked, dict) or not asked:
        return {}
    board = board_for(kind, user, _as_parameters(asked))
    return board.stands_by


def _as_parameters(asked: dict[str, Any]) -> QueryDict:
    params = QueryDict(mutable=True)
    params.update({name: str(value) for name, value in asked.items()})
    return params


class Board(Listing):
    """A Listing drawn as columns. Closed stages are folded and load no cards."""

    is_paged = False
    by: Field | None = None
    # The cards of a column, the newest first: by what, and what stands beside their id there.
    # The newest first, and by which moment lists have them in the same order.
    cards_by: tuple[str, ...] = ("-pk",)
    stands_at = "created_at"

    @cached_property
    def pipelines(self) -> list[Pipeline]:
        """Those in use, and the one that is asked for."""
        there = Pipeline.objects.active() | Pipeline.objects.filter(pk=read_id(self._pipeline_asked) or 0)
        return list(there.filter(kind=self.kind.code).prefetch_related("stages"))

    @property
    def _pipeline_asked(self) -> str:
        return self.params.get("pipeline", "")

    @property
    def ways(self) -> list[tuple[Pipeline, str]]:
        """Where one switches between pipelines: each with the address of its board; none where there is one alone."""
        found = [(one, self.url(pipeline=str(one.pk), unfold=None, of=None, below=None)) for one in self.pipelines]
        return found if len(found) > 1 else []

    @cached_property
    def pipeline(self) -> Pipeline:
        chosen = [one for one in self.pipelines if str(one.pk) == self._pipeline_asked]
        if not self.pipelines:
            Pipeline.objects.default(self.kind.code)  # says so in words
        return (chosen or sorted(self.pipelines, key=lambda one: not one.is_default))[0]

    # -- by what -----------------------------------------------------------------------------------------------------

    @cached_property
    def lanes_by(self) -> Field | None:
        """What cuts it into lanes, if anything does; never what its columns stand for already."""
        found = field_asked(self.schema, self.params.get("lanes", ""))
        return None if found is None or self._is_of_columns(found) else found

    def _is_of_columns(self, one: Field) -> bool:
        return one is self.by or (self.by is None and one.cell == "stage")

    @property
    def ways_to_stand(self) -> list[tuple[Field, str, bool]]:
        """«Columns by»: (field, the address of the board by it, whether it is so now)."""
        fresh: dict[str, Any] = {"unfold": None, "of": None, "below": None, "lane": None, "lanes": self._lanes_beside}
        return [
            (one, self.url(**fresh, by=None if one.cell == "stage" else one.name), self._is_of_columns(one))
            for one in fields_of_columns(self.schema)
        ]

    @property
    def _lanes_beside(self) -> str | None:
        return self.lanes_by.name if self.lanes_by else None

    @property
    def ways_to_lanes(self) -> list[tuple[Field, str, bool]]:
        fields = [one for one in fields_of_columns(self.schema) if not self._is_of_columns(one)]
        fresh: dict[str, Any] = {"of": None, "below": None, "lane": None, "fold": None}
        return [(one, self.url(**fresh, lanes=one.name), one is self.lanes_by) for one in fields]

    @property
    def without_lanes_url(self) -> str:
        return self.url(lanes=None, of=None, below=None, lane=None, fold=None)

    @property
    def stands(self) -> str:
        """What the address of another view keeps: by what the columns and lanes are."""
        told = {"by": self.by, "lanes": self.lanes_by}
        return "".join(f"&{name}={one.name}" for name, one in told.items() if one is not None)

    @property
    def stands_by(self) -> dict[str, str]:
        """By what its columns and lanes are, and of which pipeline: as its address names them."""
        told = {"by": self.by.name if self.by else "stage", "lanes": self._lanes_beside}
        told["pipeline"] = (
            self._pipeline_asked if self.by is None and self._pipeline_asked == str(self.pipeline.pk) else None
        )
        return {name: value for name, value in told.items() if value}

    @property
    def look(self) -> dict[str, Any]:
        return {**super().look, "board": self.stands_by}

    @property
    def is_changed(self) -> bool:
        return super().is_changed or self.stands_by != self.tab.board

    @property
    def moves_stages_alone(self) -> bool:
        return self.by is None and self.lanes_by is None

    # -- columns -----------------------------------------------------------------------------------------------------

    @cached_property
    def columns_of_stages(self) -> list[Column]:
        self.deal_out(self.heads)
        return self.heads

    @cached_property
    def heads(self) -> list[Column]:
        """Every column with its totals, without cards."""
        columns = {stage.pk: self._column(stage) for stage in self.pipeline.stages.all()}
        self._add_totals(columns)
        return list(columns.values())

    @cached_property
    def groups_left_out(self) -> list[Group]:
        """The groups of the field for which there is no room."""
        return []

    def head(self, key: str) -> Column | None:
        """The column of this key without totals, if there is one."""
        return next((self._column(one) for one in self.pipeline.stages.all() if str(one.pk) == key), None)

    def deal_out(self, columns: list[Column]) -> None:
        """Bring the first cards of those of these columns that are open, as far as they are in sight at once."""
        shown = [column for column in columns if column.count and not column.folded]
        self._deal_out(shown[:COLUMNS_AT_ONCE], self._cards(shown[:COLUMNS_AT_ONCE]))
        for column in shown[COLUMNS_AT_ONCE:]:
            column.more_url = self.url(of=column.key, lane=None, below=None)

    @property
    def _unfolded(self) -> set[str]:
        return set(self.params.getlist("unfold"))

    def _column(self, stage: Stage) -> Column:
        can_fold, key = stage.is_folded or stage.is_closing, str(stage.pk)
        folded = can_fold and key not in self._unfolded
        column = Column(key, stage, stage, can_fold=can_fold, folded=folded, new_query=f"stage={key}")
        column.fold_url = self.url(unfold=sorted(self._unfolded ^ {key}))
        column.lets_in = stage.lets_in(self.user)
        column.takes_new = not stage.is_closing and (column.lets_in or stage == self.pipeline.first_stage)
        return column

    def with_other_fold(self, key: str) -> "Board":
        """This board with one column opened that was folded, or folded that was open."""
        params = self.params.copy()
        params.setlist("unfold", sorted(self._unfolded ^ {key}))
        return type(self)(self.kind, self.user, params, self.last_tab)

    def _deal_out(self, columns: list[Column], cards: list[tuple[str, str, Any]]) -> None:
        there, most = {(one.lane, one.key): one for one in columns}, self._most_cards(columns)
        for place, key, card in cards:
            there[place, key].cards.append(card)
        for column in columns:
            if len(column.cards) > most:
                column.cards = column.cards[:most]
                lane = [column.lane] if column.lane else None
                column.more_url = self.url(of=column.key, lane=lane, below=self._edge_below(column.cards[-1]))

    def _most_cards(self, columns: list[Column]) -> int:
        """How many each of these columns shows before more are asked for."""
        return CARDS_IN_LANES if self.lanes_by is not None else min(CARDS, CARDS_AT_ONCE // max(1, len(columns)))

    def more_of(self, column: Column, lane: str = "") -> Column:
        """The next cards of one column (in a lane), below the one that the address names."""
        column.lane = lane if self.lanes_by is not None else ""
        self._deal_out([column], self._cards([column]))
        return column

    def card(self, row: Any) -> Any:
        """One card, as the board draws it; None where the row left a board of a field."""
        if not self.moves_stages_alone and not self.narrowed().filter(pk=row.pk).exists():
            return None
        return self._drawn([row.pk])[0]

    def _add_totals(self, columns: dict[int, Column]) -> None:
        """From the kept counters where they can answer, else added up; what is overdue changes by itself."""
        if self.is_counted:
            found = counters.by_stage(self.kind, self.user, self.condition & Q(stage__in=list(columns)))
        else:
            found = counters.added_up(self.narrowed().filter(told_open(self._asked_of_late), stage__in=columns))
        for stage, totals in found.items():
            columns[stage].count, columns[stage].amount = totals.count, totals.amount
            columns[stage].weighted, columns[stage].planned = totals.weighted, totals.planned
        open_stages = [pk for pk, column in columns.items() if not column.is_closing]
        # Open ones are not closed: said again, for their index is of those.
        late = self.narrowed().filter(self._late, stage__in=open_stages, closed_at=None)
        for one in late.order_by().values("stage").annotate(n=Count("*"), planned=Count("next_activity_at")):
            columns[one["stage"]].overdue = one["n"]
            columns[one["stage"]].planned -= one["planned"]  # a deadline may be past with nothing planned

    # -- lanes -------------------------------------------------------------------------------------------------------

    @cached_property
    def _lane_groups(self) -> list[Group]:
        """All lanes, counted over what the columns show: a folded stage has no cards in them."""
        assert self.lanes_by is not None
        within = Listing(self.kind, self.user, self.params, self.last_tab)
        within._asked = [*self._asked, self._tree_of_columns]
        return groups_of(within, self.lanes_by, room=MOST_LANES)

    @property
    def _tree_of_columns(self) -> Tree:
        keys = [one.key for one in self.heads if not one.folded]
        return {"field": "stage", "op": "in", "value": keys} if keys else {"any": []}

    @property
    def lanes_left_out(self) -> list[Group]:
        return self._lane_groups[MOST_LANES:] if self.lanes_by is not None else []

    @property
    def lane_heads(self) -> list[Lane]:
        """Every lane with its count, without cards."""
        folded = set(self.params.getlist("fold"))
        return [
            Lane(one.key, one.label, one.count, self.url(fold=sorted(folded ^ {one.key})), one.key in folded)
            for one in (self._lane_groups[:MOST_LANES] if self.lanes_by is not None else [])
        ]

    @cached_property
    def lanes(self) -> list[Lane]:
        """The board cut into rows, each with its cards column by column: one statement for all of them."""
        lanes, shown = self.lane_heads, [one for one in self.heads if not one.folded]
        for lane in lanes:
            lane.cells = [
                Column(one.key, one.label, one.stage, lets_in=one.lets_in, lane=lane.key)
                for one in shown
                if not lane.folded
            ]
        cells = [cell for lane in lanes for cell in lane.cells]
        self._deal_out(cells, self._cards_of_cells(cells))
        return lanes

    def left_out_url(self, one: Field | None) -> str:
        """The list in groups by a field of which not all groups found room."""
        drop: dict[str, Any] = dict.fromkeys(("by", "lanes", "fold", "unfold", "of", "below", "lane"))
        return self.kind.url("list") + self.url(**drop, group=one.name if one else None)

    @property
    def columns_left_url(self) -> str:
        return self.left_out_url(self.by)

    @property
    def lanes_left_url(self) -> str:
        return self.left_out_url(self.lanes_by)

    # -- cards -------------------------------------------------------------------------------------------------------

    def _within(self, column: Column) -> Q:
        return self._of_key(column.key) & (self._of_lane(column.lane) if column.lane else Q())

    def _of_key(self, key: str) -> Q:
        return Q(stage=int(key))

    def _of_lane(self, key: str) -> Q:
        assert self.lanes_by is not None
        return compile_tree(self.kind, self.user, tree_of_group(self.lanes_by, key))

    def _cards(self, columns: list[Column]) -> list[tuple[str, str, Any]]:
        """The newest cards of each column: their ids by one union of short index scans, then the rows at once."""
        most, told = self._most_cards(columns), [one.removeprefix("-") for one in self.cards_by]
        found = self.narrowed(self.kind.model.objects.all()).filter(self._beyond).order_by(*self.cards_by)
        ways, conditions = found.ways_to_see(self.user), map(self._within, columns)
        slices = [
            way.filter(condition).annotate(nth=Value(nth)).values("nth", *told)[: most + 1]
            for nth, condition in enumerate(conditions)
            for way in ways
        ]
        if not slices:
            return []
        # A union of one is the slice itself, which is in order and takes no other.
        newest = slices[0].union(*slices[1:]).order_by("nth", *self.cards_by) if len(slices) > 1 else slices[0]
        by_column = groupby(newest, key=itemgetter("nth"))
        return self._placed(
            {
                row["pk"]: (columns[nth].lane, columns[nth].key)
                for nth, rows in by_column
                for row in islice(rows, most + 1)
            }
        )

    @property
    def _beyond(self) -> Q:
        """What stands below the card that the address names."""
        below = read_id(self.params.get("below"))
        return Q() if below is None else Q(pk__lt=below)

    def _edge_below(self, card: Any) -> str:
        """How an address names it."""
        return str(card.pk)

    def _cards_of_cells(self, cells: list[Column]) -> list[tuple[str, str, Any]]:
        """The newest cards of each cell: however many there are, their ids by one statement."""
        if not cells or self.lanes_by is None:
            return []
        columns, lanes = ({getattr(one, name): one for one in cells} for name in ("key", "lane"))
        told = {"of_column": self._expression, "of_lane": self.lanes_by.expression()}
        nth = Window(RowNumber(), partition_by=["of_column", "of_lane"], order_by=self.cards_by)
        there = _any_of(map(self._of_key, columns)) & _any_of(map(self._of_lane, lanes))
        rows = self.narrowed().filter(there).annotate(**told).annotate(nth=nth).filter(nth__lte=CARDS_IN_LANES + 1)
        found = rows.values_list("pk", *told)
        return self._placed({pk: (key_of(self.lanes_by, lane), self._key_of(of)) for pk, of, lane in found})

    @property
    def _expression(self) -> Any:
        return F("stage")

    def _key_of(self, value: Any) -> str:
        return str(value)

    def _placed(self, places: dict[int, tuple[str, str]]) -> list[tuple[str, str, Any]]:
        """(lane, column, card), the newest first."""
        drawn = self._drawn(list(places), {pk: key for pk, (_lane, key) in places.items()})
        return [(*places[card.pk], card) for card in drawn]

    def _drawn(self, ids: list[int], keys: dict[int, str] | None = None) -> list[Any]:
        fields = self.schema.card_fields()
        rows = self.kind.model.objects.filter(pk__in=ids).to_draw([*fields, *self.schema.customer_fields()])
        actions = {one for one in map(right_to_move, self._moved_by) if one is not None}
        rows = with_abilities(rows, self.user, *actions).annotate(stands_at=F(self.stands_at))
        cards = list(rows.order_by(*self.cards_by))
        kept = self._kept_in
        for card in cards:
            card.may_move = bool(granted(card) & set(map(str, actions))) and card.stage_id not in kept
            card.move_url, card.move_words = self._move_url(card), self._move_words
            card.card_fields = fields
            card.customer_name = self.schema.customer_of(card)
            card.place = self._place_of(card, (keys or {}).get(card.pk, ""))
        for one in fields:
            one.bring(cards)
        mark_free(cards, fields, self.user)
        return cards

    @property
    def _moved_by(self) -> list[Field | None]:
        return [self.by, *([self.lanes_by] if self.lanes_by is not None else [])]

    @property
    def _kept_in(self) -> set[int]:
        """The stages that let nothing out for this person."""
        if self.lanes_by is not None:  # a card may go to another lane all the same
            return set()
        return {stage.pk for stage in self.pipeline.stages.all() if not stage.lets_out(self.user)}

    def _move_url(self, card: Any) -> str:
        return address(f"{self.kind.code}-{'stage' if self.moves_stages_alone else 'column'}", card.pk)

    @property
    def _move_words(self) -> str:
        return _("Move to another stage") if self.moves_stages_alone else _("Move to another column")

    def _place_of(self, card: Any, key: str) -> str:
        """Where its page knows it by: in its column, from the newest card down."""
        asked, sort = tuple(self._told_of_column(card, key).items()), f"-{self.stands_at}"
        query = self._queries.get(asked)
        if query is None:
            told = {**dict(asked), "sort": sort, "board": "1"}
            query = self.url(**told, unfold=None, below=None, of=None, lane=None)
            self._queries[asked] = query
        return place_of(query, sort, (card.stands_at, card.pk)) if len(query) <= LONGEST_PLACE else ""

    @cached_property
    def _queries(self) -> dict[tuple[tuple[str, str], ...], str]:
        """The list of each column as an address names it, made once for all of its cards."""
        return {}

    def _told_of_column(self, card: Any, key: str) -> dict[str, str]:
        return {"stage": str(card.stage_id)}

    @property
    def _late(self) -> Q:
        """What is overdue, as far as the person may know it."""
        field = self.schema.get("overdue")
        return field.q("in", ["yes"]) if field is not None else Q(pk__in=[])

    @property
    def _asked_of_late(self) -> Tree:
        asked = self.filters.get("overdue")
        return {**LATE, "value": asked.value} if asked is not None else self.tab.where

    @property
    def has_amount(self) -> bool:
        """Whether the person may see what rows of this kind are worth."""
        return self.schema.get(self.kind.fields.amount) is not None

    @property
    def has_forecast(self) -> bool:
        """Whether rows of this kind have a probability to weigh their value by."""
        return self.has_amount and self.schema.get("probability") is not None

    @property
    def open_columns(self) -> list[Column]:
        return [column for column in self.heads if not column.is_closing]

    @property
    def ends(self) -> list[Column]:
        return [column for column in self.columns_of_stages if column.is_closing]

    @property
    def total(self) -> Decimal:
        return sum((column.amount for column in self.open_columns), Decimal(0))

    @property
    def weighted(self) -> Decimal | None:
        """What the open deals are worth by their probability; None where the kind has none."""
        return sum((column.weighted for column in self.open_columns), Decimal(0)) if self.has_forecast else None


class FieldBoard(Board):
    """A board whose columns are the groups of a field: what a list in these groups has, as cards and in its order.

    So its cards are read along the index of the field.
    """

    cards_by = ("-updated_at", "-pk")
    stands_at = "updated_at"

    @property
    def _beyond(self) -> Q:
        below = read_place(USUAL, self.params.get("below", ""))
        return Q(TupleLessThan(Tuple("updated_at", "pk"), below)) if below is not None else Q()

    def _edge_below(self, card: Any) -> str:
        return write_place(USUAL, (card.stands_at, card.pk))

    @cached_property
    def by(self) -> Field:  # type: ignore[override]
        found = field_asked(self.schema, self.params.get("by", ""))
        assert found is not None  # else it were the usual board
        return found

    @property
    def ways(self) -> list[tuple[Pipeline, str]]:
        """None: it has the rows of all pipelines, unless a filter says otherwise."""
        return []

    @cached_property
    def _groups(self) -> list[Group]:
        return groups_of(self, self.by, room=MOST_COLUMNS)

    @cached_property
    def heads(self) -> list[Column]:
        return [self._head(one) for one in self._groups[:MOST_COLUMNS]]

    def _head(self, group: Group) -> Column:
        asked = {self.by.name: "" if group.key == NOTHING else group.key}
        column = Column(group.key, group.label, count=group.count, amount=group.amount or Decimal(0))
        column.lets_in = right_to_move(self.by) is not None
        column.takes_new = self.by.on_create and self.by.asked
        column.new_query = urlencode(asked)
        return column

    @property
    def groups_left_out(self) -> list[Group]:
        return self._groups[MOST_COLUMNS:]

    def head(self, key: str) -> Column | None:
        called = names_of(self.by, [key], self.user)
        return self._head(Group(key, called[key], 0)) if key in called else None

    @property
    def _tree_of_columns(self) -> Tree:
        if not self.groups_left_out:
            return {}
        return {"any": [tree_of_group(self.by, one.key) for one in self.heads]}

    def _of_key(self, key: str) -> Q:
        return compile_tree(self.kind, self.user, tree_of_group(self.by, key))

    @property
    def _expression(self) -> Any:
        return self.by.expression()

    def _key_of(self, value: Any) -> str:
        return key_of(self.by, value)

    @property
    def _kept_in(self) -> set[int]:
        return set()

    def _told_of_column(self, card: Any, key: str) -> dict[str, str]:
        return {"group": self.by.name, "in": key} if key else {}

    @property
    def has_forecast(self) -> bool:
        return False

    @property
    def total(self) -> Decimal:
        return sum((one.amount or Decimal(0) for one in self._groups), Decimal(0))


def _any_of(conditions: Iterable[Q]) -> Q:
    found = Q(pk__in=[])
    for one in conditions:
        found |= one
    return found
