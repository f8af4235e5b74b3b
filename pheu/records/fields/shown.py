"""What nobody types: number, stage, moments; and the fields that every kind shows."""

from collections.abc import Callable
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, ClassVar

from django.contrib.postgres.expressions import ArraySubquery
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from pheu.records import kinds
from pheu.records.fields.base import Field
from pheu.records.fields.choices import Choice
from pheu.records.fields.dates import Moment
from pheu.records.fields.references import PersonPick, Pick, StagePick
from pheu.records.models import Category, ClosingReason, Stage


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

    def q(self, lookup: str, value: Any) -> models.Q:
        if lookup != "in" or not value:
            return super().q(lookup, value)
        stages = Stage.objects.filter(pipeline__kind=self.kind, category__in=value)
        return models.Q(_IsOneOf("stage", ArraySubquery(stages.order_by().values("pk"))))


class _IsOneOf(models.Func):
    template, arg_joiner = "%(expressions)s)", " = any("
    output_field = models.BooleanField()


def staged(kind: str) -> tuple[Field, ...]:
    """What every kind with stages shows: where it stands and since when, how it ended, what is next."""
    kept: dict[str, Any] = {"editable": False, "importable": False, "on_create": False}
    return (
        StagePick(name="stage", label=_("Stage"), model=Stage, kind=kind, filterable=True, **kept),
        ShownStatus(
            name="status",
            kind=kind,
            label=_("Status"),
            options=Category.choices,
            reads=attrgetter("status"),
            kept_in="stage__category",
            filterable=True,
        ),
        moment("stage_entered_at", _("In this stage since"), sortable=False),
        moment("closed_at", _("Closed"), sortable=False),
        Pick(name="reason", label=_("Reason"), model=ClosingReason, filterable=True, **kept),
        next_activity(),
    )


def next_activity() -> Field:
    return ShownMoment(
        name="next_activity",
        label=_("Next activity"),
        reads=attrgetter("next_activity_at"),
        kept_in="next_activity_at",
        cell="activity",
        sortable=True,
        filterable=True,
    )


def moment(name: str, label: kinds.Words, *, sortable: bool = True) -> Field:
    """A moment of the row that nobody types."""
    return ShownMoment(name=name, label=label, reads=attrgetter(name), sortable=sortable, filterable=True)


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
    )
