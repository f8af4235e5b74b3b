"""The board engine: stages of one pipeline as columns, with count, sum and a meter of next activities."""

from dataclasses import dataclass, field
from decimal import Decimal
from itertools import groupby, islice
from operator import itemgetter
from typing import Any

from django.db.models import Count, F, Q
from django.utils.functional import cached_property

from pheu.core.ids import read_id
from pheu.people.scopes import MOVE
from pheu.records import counters
from pheu.records.access import mark_free, may
from pheu.records.conditions import LATE, Tree
from pheu.records.lists import Listing, told_open
from pheu.records.models import Pipeline, Stage
from pheu.records.places import LONGEST_PLACE, place_of

CARDS = 20


@dataclass
class Column:
    """One stage: its cards so far and its totals. The meter's three parts add up to `count`."""

    stage: Stage
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
    # Whether the person's role may put records into it, and make new ones there.
    lets_in: bool = True
    takes_new: bool = True

    @property
    def unplanned(self) -> int:
        return self.count - self.planned - self.overdue


class Board(Listing):
    """A Listing drawn as columns. Closed stages are folded and load no cards."""

    is_paged = False

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

    def deal_out(self, columns: list[Column]) -> None:
        """Bring the first cards of those of these columns that are open."""
        shown = {column.stage.pk: column for column in columns if not column.folded}
        self._deal_out(shown, self._cards(list(shown)))

    @property
    def _unfolded(self) -> set[str]:
        return set(self.params.getlist("unfold"))

    def _column(self, stage: Stage) -> Column:
        can_fold, key = stage.is_folded or stage.is_closing, str(stage.pk)
        folded = can_fold and key not in self._unfolded
        column = Column(stage, can_fold=can_fold, folded=folded)
        column.fold_url = self.url(unfold=sorted(self._unfolded ^ {key}))
        column.lets_in = stage.lets_in(self.user)
        column.takes_new = not stage.is_closing and (column.lets_in or stage == self.pipeline.first_stage)
        return column

    def with_other_fold(self, stage: Stage) -> "Board":
        """This board with one column opened that was folded, or folded that was open."""
        params = self.params.copy()
        params.setlist("unfold", sorted(self._unfolded ^ {str(stage.pk)}))
        return Board(self.kind, self.user, params, self.last_tab)

    def _deal_out(self, columns: dict[int, Column], cards: list[Any]) -> None:
        for card in cards:
            columns[card.stage_id].cards.append(card)
        for column in columns.values():
            if len(column.cards) > CARDS:
                column.cards = column.cards[:CARDS]
                column.more_url = self.url(of=str(column.stage.pk), below=str(column.cards[-1].pk))

    def more_of(self, stage: Stage) -> Column:
        """The next cards of one column, below the one that the address names."""
        columns = {stage.pk: self._column(stage)}
        self._deal_out(columns, self._cards([stage.pk]))
        return columns[stage.pk]

    def card(self, row: Any) -> Any:
        """One card, as the board draws it."""
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
        open_stages = [pk for pk, column in columns.items() if not column.stage.is_closing]
        # Open ones are not closed: said again, for their index is of those.
        late = self.narrowed().filter(self._late, stage__in=open_stages, closed_at=None)
        for one in late.order_by().values("stage").annotate(n=Count("*"), planned=Count("next_activity_at")):
            columns[one["stage"]].overdue = one["n"]
            columns[one["stage"]].planned -= one["planned"]  # a deadline may be past with nothing planned

    def _cards(self, stages: list[int]) -> list[Any]:
        """The newest cards of each stage: their ids by one union of short index scans, then the rows at once."""
        below = read_id(self.params.get("below"))
        beyond = Q() if below is None else Q(pk__lt=below)
        found = self.narrowed(self.kind.model.objects.all()).filter(beyond).order_by("-pk").values("stage", "pk")
        ways = found.ways_to_see(self.user)
        slices = [way.filter(stage=stage)[: CARDS + 1] for stage in stages for way in ways]
        if not slices:
            return []
        # A union of one is the slice itself, which is in order and takes no other.
        newest = slices[0].union(*slices[1:]).order_by("stage", "-pk") if len(slices) > 1 else slices[0]
        by_stage = groupby(newest, key=itemgetter("stage"))
        return self._drawn([row["pk"] for _stage, rows in by_stage for row in islice(rows, CARDS + 1)])

    def _drawn(self, ids: list[int]) -> list[Any]:
        fields = self.schema.card_fields()
        rows = self.kind.model.objects.filter(pk__in=ids).to_draw([*fields, *self.schema.customer_fields()])
        rows = rows.annotate(may_move=may(self.user, self.kind.code, MOVE), made=F("created_at"))
        cards = list(rows.order_by("-pk"))
        kept = {stage.pk for stage in self.pipeline.stages.all() if not stage.lets_out(self.user)}
        for card in cards:
            card.may_move = card.may_move and card.stage_id not in kept
            card.card_fields = fields
            card.customer_name = self.schema.customer_of(card)
            card.place = self._place_of(card)
        for one in fields:
            one.bring(cards)
        mark_free(cards, fields, self.user)
        return cards

    def _place_of(self, card: Any) -> str:
        """Where its page knows it by: in its column, from the newest card down."""
        query = self.url(stage=str(card.stage_id), sort="-created_at", board="1", unfold=None, below=None, of=None)
        return place_of(query, "-created_at", (card.made, card.pk)) if len(query) <= LONGEST_PLACE else ""

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
        return [column for column in self.heads if not column.stage.is_closing]

    @property
    def ends(self) -> list[Column]:
        return [column for column in self.columns_of_stages if column.stage.is_closing]

    @property
    def total(self) -> Decimal:
        return sum((column.amount for column in self.open_columns), Decimal(0))

    @property
    def weighted(self) -> Decimal | None:
        """What the open deals are worth by their probability; None where the kind has none."""
        return sum((column.weighted for column in self.open_columns), Decimal(0)) if self.has_forecast else None
