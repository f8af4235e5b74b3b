"""What nobody types: number, stage, moments; and the fields that every kind shows."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from operator import attrgetter
from typing import Any, ClassVar

from django.contrib.postgres.expressions import ArraySubquery
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from pheu.core.vietnamese import show_datetime
from pheu.people.models import User
from pheu.records import kinds
from pheu.records.fields.base import Field
from pheu.records.fields.choices import Choice
from pheu.records.fields.dates import Moment
from pheu.records.fields.references import ENTERED, WHEN_ROTTING, PersonPick, Pick, StagePick
from pheu.records.models import OPEN, Category, ClosingReason, JournalEntry, Operation, Pipeline, Stage
from pheu.records.operators import OF_LIST, Operator
from pheu.records.rotting import rotting_q


@dataclass(frozen=True, kw_only=True, eq=False)
class Shown(Field):
    """Something of the row that nobody types: number, next activity, moments."""

    reads: Callable[[Any], Any]
    # The column by which it is filtered and ordered, where that is not its name.
    kept_in: str = ""
    cell: str = "text"  # type: ignore[misc]
    editable: bool = False
    importable: bool = False
    on_create: bool = False
    has_history: ClassVar[bool] = False

    @property
    def column(self) -> str:
        return self.kept_in or self.name

    def value(self, row: Any) -> Any:
        return self.reads(row)


@dataclass(frozen=True, kw_only=True, eq=False)
class ShownRow(Shown):
    """Another record that this one became."""

    cell: str = "row"  # type: ignore[misc]
    empty: ClassVar[Any] = None

    def drawn_from(self) -> tuple[list[str], list[str]]:
        return [self.name], [self.name, *(f"{self.name}__{column}" for column in ("kind", "number", "title"))]


@dataclass(frozen=True, kw_only=True, eq=False)
class ShownPerson(Shown, PersonPick):
    cell: str = "person"  # type: ignore[misc]


@dataclass(frozen=True, kw_only=True, eq=False)
class ShownMoment(Shown, Moment):
    cell: str = "moment"  # type: ignore[misc]


@dataclass(frozen=True, kw_only=True, eq=False)
class ShownChoice(Shown, Choice):
    """A word of a fixed list that follows from something else: the category of the stage."""

    cell: str = "choice"  # type: ignore[misc]


@dataclass(frozen=True, kw_only=True, eq=False)
class ShownStatus(ShownChoice):
    """The category of the stage in which a row of `kind` stands: one of an array of stages that is asked first.

    A join would have the planner guess how many rows such stages have, and it guesses few.
    """

    kind: str
    # The categories that stages of this kind have; a filter offers no others.
    among: tuple[str, ...] = ()

    def choices(self) -> list[tuple[Any, str]]:
        return [(value, label) for value, label in self.options if value in self.among]

    def q(self, lookup: str, value: Any) -> models.Q:
        if lookup != "in" or not value:
            return super().q(lookup, value)
        return in_stages(self.kind, category__in=value)


@dataclass(frozen=True, kw_only=True, eq=False)
class ShownPipeline(Shown, Pick):
    """The pipeline that a row of `kind` walks: a list is narrowed to it, a board shows one."""

    kind: str
    cell: str = "choice"  # type: ignore[misc]

    def q(self, lookup: str, value: Any) -> models.Q:
        if lookup != "in" or not value:
            return super().q(lookup, value)
        return in_stages(self.kind, pipeline__in=value)

    def table(self, user: User) -> models.QuerySet:
        return Pipeline.objects.filter(kind=self.kind)


def in_stages(kind: str, **asked: Any) -> models.Q:
    """Rows of `kind` that stand in one of these stages."""
    stages = Stage.objects.filter(pipeline__kind=kind, **asked)
    return models.Q(IsOneOf("stage", ArraySubquery(stages.order_by().values("pk"))))


class IsOneOf(models.Func):
    """Whether a column is one of an array that is asked first."""

    template, arg_joiner = "%(expressions)s)", " = any("
    output_field = models.BooleanField()


DEADLINE = "due_at"


@dataclass(frozen=True, kw_only=True, eq=False)
class NextActivity(ShownMoment):
    """What is to be done next, and when; red once that, or the row's own deadline, is past."""

    kind: str
    cell: str = "activity"  # type: ignore[misc]
    shows_deadline: bool = True

    def drawn_from(self) -> tuple[list[str], list[str]]:
        return [], [self.column, *([kinds.get(self.kind).model.late_column] if self.shows_deadline else [])]

    def late_at(self, row: Any) -> Any:
        """Since when something about an open row is late; in the future, when it will be."""
        return getattr(row, row.late_column) if self.shows_deadline else self.value(row)

    def bring(self, rows: Sequence[Any]) -> None:
        titles = _next_titles[-1]([row.pk for row in rows]) if rows and _next_titles else {}
        for row in rows:
            row.next_title = titles.get(row.pk, "")

    def without(self, hidden: set[str]) -> Field | None:
        left = super().without(hidden)
        return replace(self, shows_deadline=False) if left is not None and DEADLINE in hidden else left


# Gives of Records, by their ids, what is to be done next on each; activities stand above the fields.
NextTitles = Callable[[list[int]], dict[int, str]]
_next_titles: list[NextTitles] = []


def use_next_titles(function: NextTitles) -> None:
    _next_titles.append(function)


@dataclass(frozen=True, kw_only=True, eq=False)
class Overdue(ShownChoice):
    """«Quá hạn», said once for tabs, filters, boards and home: open, and its deadline or what is planned is past."""

    kind: str

    # Of which other fields it tells.
    follows_from: ClassVar[set[str]] = {"next_activity", DEADLINE}

    def rows(self) -> models.Q:
        """The rows of which it is true."""
        column = kinds.get(self.kind).model.late_column
        # Told that it is filled, the opposite is true where nothing is planned.
        late = models.Q(**{f"{column}__isnull": False, f"{column}__lt": timezone.now()})
        return late & in_stages(self.kind, category__in=OPEN)

    def q(self, lookup: str, value: Any) -> models.Q:
        if lookup == "isnull":
            return models.Q(pk__in=[]) if value else ~models.Q(pk__in=[])
        asked, found = value if lookup == "in" else [value], models.Q(pk__in=[])
        for one, rows in (("yes", self.rows()), ("no", ~self.rows())):
            found = found | rows if one in asked else found
        return found

    def is_empty_q(self) -> models.Q:
        return models.Q(pk__in=[])

    def without(self, hidden: set[str]) -> Field | None:
        return None if hidden & {self.name, *self.follows_from} else self


@dataclass(frozen=True, kw_only=True, eq=False)
class Rotting(Overdue):
    """«Để lâu»: open, and longer in its stage than the company wants; a mark on cards (R4.20)."""

    cell: str = "rotting"  # type: ignore[misc]
    follows_from: ClassVar[set[str]] = {"stage", ENTERED}

    def rows(self) -> models.Q:
        return rotting_q(self.kind)

    def order_of(self, told: Any) -> str:
        """The longest first. They were changed long ago: among the newest nearly all would be read to find some."""
        return ENTERED if told == ["yes"] else ""

    def drawn_from(self) -> tuple[list[str], list[str]]:
        return ["stage"], ["stage", *WHEN_ROTTING]


@dataclass(frozen=True, kw_only=True, eq=False)
class MadeIn(Shown, Pick):
    """The operation that made a row: what leads to all that one press of a button has made. Kept as the journal is."""

    model: type[models.Model] = Operation
    operators: ClassVar[dict[str, Operator]] = {"in": OF_LIST["in"]}

    def q(self, lookup: str, value: Any) -> models.Q:
        if not value:
            return models.Q(pk__in=[])
        made = _made_rows().filter(operation__in=value)
        return models.Q(IsOneOf("pk", ArraySubquery(made.order_by().values("key"))))

    def table(self, user: User) -> None:  # type: ignore[override]
        """Nobody picks one from a menu."""

    def names_of(self, told: Sequence[Any], user: User) -> dict[str, str]:
        return {str(pk): show_datetime(at) for pk, at in Operation.objects.filter(pk__in=told).values_list("pk", "at")}


def _made_rows() -> models.QuerySet:
    return JournalEntry.objects.filter(
        table__in=[kind.model._meta.db_table for kind in kinds.every()], before__isnull=True
    )


def _made_in(row: Any) -> Operation | None:
    return next((one.operation for one in _made_rows().filter(key=row.pk).select_related("operation")), None)


YES_OR_NO = [("yes", _("Yes")), ("no", _("No"))]


def staged(kind: str, among: tuple[str, ...]) -> tuple[Field, ...]:
    """What every kind with stages shows: where it stands and since when, how it ended, what is next.

    `among` are the categories that its stages have.
    """
    kept: dict[str, Any] = {"editable": False, "importable": False, "on_create": False}
    return (
        StagePick(name="stage", label=_("Stage"), model=Stage, kind=kind, filterable=True, **kept),
        ShownPipeline(
            name="pipeline",
            label=_("Pipeline"),
            model=Pipeline,
            kind=kind,
            reads=attrgetter("stage.pipeline"),
            kept_in="stage__pipeline",
            on_page=False,
            filterable=True,
        ),
        ShownStatus(
            name="status",
            kind=kind,
            among=among,
            label=_("Status"),
            options=Category.choices,
            reads=attrgetter("status"),
            kept_in="stage__category",
            filterable=True,
        ),
        moment(ENTERED, _("In this stage since"), sortable=False),
        moment("closed_at", _("Closed"), sortable=False),
        Pick(name="reason", label=_("Reason"), model=ClosingReason, filterable=True, **kept),
        next_activity(kind, sortable=True, filterable=True),
        Overdue(
            name="overdue",
            kind=kind,
            label=_("Overdue"),
            options=YES_OR_NO,
            reads=lambda row: "yes" if row.is_overdue else "no",
            on_page=False,
            filterable=True,
        ),
        Rotting(
            name="rotting",
            kind=kind,
            label=_("Too long in its stage"),
            options=YES_OR_NO,
            reads=lambda row: "yes" if row.is_rotting else "no",
            on_page=False,
            filterable=True,
        ),
    )


def next_activity(kind: str, **more: Any) -> Field:
    """What is to be done next; sorting and filtering by it want an index of the kind's table."""
    return NextActivity(
        name="next_activity",
        kind=kind,
        label=_("Next activity"),
        reads=attrgetter("next_activity_at"),
        kept_in="next_activity_at",
        **more,
    )


def moment(name: str, label: kinds.Words, *, sortable: bool = True) -> Field:
    """A moment of the row that nobody types."""
    return ShownMoment(name=name, label=label, reads=attrgetter(name), sortable=sortable, filterable=True)


def worked_at() -> Field:
    """When somebody last worked on what is called through one by one."""
    return moment("worked_at", _("Last worked on"), sortable=False)


def common() -> tuple[Field, ...]:
    """What every kind shows of itself: number, creator, moments."""
    return (
        Shown(
            name="number",
            label=pgettext_lazy("of a record", "Number"),
            reads=attrgetter("record.number"),
            kept_in="record__number",
        ),
        ShownPerson(name="created_by", label=_("Creator"), reads=attrgetter("created_by"), filterable=True),
        moment("created_at", _("Created")),
        moment("updated_at", _("Updated")),
        MadeIn(name="made_in", label=_("Made at once"), reads=_made_in, on_page=False, filterable=True),
    )
