"""The lists that a company keeps for itself: apps register theirs, «Cấu hình» has a page for each."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import F, Func, IntegerField, OuterRef, QuerySet, Value
from django.utils.functional import Promise

from pheu.records.models import ListItem

Words = str | Promise
MOST_COUNTED = 1000  # rows that use an entry; beyond it is «more than»
_lists: dict[str, "CompanyList"] = {}


@dataclass(frozen=True)
class CompanyList:
    """A list of `model`. Its entries have the columns `fixed`; `more` names those that are edited beside the name."""

    code: str
    model: type[ListItem]
    label: Words
    one: Words
    order: int
    hint: Words = ""
    fixed: Mapping[str, Any] = field(default_factory=dict)
    more: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _lists[self.code] = self

    def __hash__(self) -> int:
        return hash(self.code)

    @property
    def items(self) -> QuerySet[Any]:
        """All entries in their order, also those that are offered no more."""
        return self.model._default_manager.filter(**self.fixed)

    @property
    def items_with_uses(self) -> QuerySet[Any]:
        """Each with `uses`: how many rows name it, counted up to `MOST_COUNTED` + 1 in each table."""
        relations = self.model._meta.get_fields(include_hidden=True)
        tables = [one for one in relations if one.one_to_many and one.auto_created]
        uses = sum((_uses_in(one) for one in tables), start=Value(0, IntegerField()))
        return self.items.annotate(uses=uses)

    def column(self, name: str) -> Any:
        """The field of the model."""
        return self.model._meta.get_field(name)


def _uses_in(relation: Any) -> Func:
    rows = relation.related_model._base_manager.filter(**{relation.field.name: OuterRef("pk")})
    few = ArraySubquery(rows.order_by().annotate(one=F("pk")).values("one")[: MOST_COUNTED + 1])
    return Func(few, function="cardinality", output_field=IntegerField())


def every() -> list[CompanyList]:
    return sorted(_lists.values(), key=lambda one: one.order)


def get(code: str) -> CompanyList | None:
    return _lists.get(code)
