"""«Từ danh sách»: which import a row came from, as a field that its kind is filtered by."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import F, Q, QuerySet, Value
from django.db.models.functions import Coalesce, NullIf
from django.utils.translation import gettext_lazy as _

from pheu.core.ids import read_ids
from pheu.people.models import User
from pheu.quality.models import Import, ImportLine
from pheu.records import kinds
from pheu.records.fields import Field, Pick, Shown
from pheu.records.models import Record

OFFERED = 30  # lists in the menu of filters, the newest


@dataclass(frozen=True, kw_only=True, eq=False)
class FromList(Shown, Pick):
    """The import that made a row of `kind`; where it `goes_on`, also the one that made what the row continues.

    Nothing of the row says so: the lines of the import name their rows.
    """

    kind: str
    goes_on: bool = False
    reads: Callable[[Any], Any] = lambda row: None  # a row is not asked: its page names the list by itself
    model: type[Import] = Import
    named_by = "called"

    def q(self, lookup: str, value: Any) -> Q:
        lines = ImportLine.objects.filter(state=ImportLine.State.CREATED, record__isnull=False)
        if lookup == "in":
            return Q(pk__in=self._made(lines.filter(imported__in=value)))
        came = Q(pk__in=self._made(lines))
        return ~came if value else came

    def _made(self, lines: QuerySet) -> QuerySet:
        made = lines.order_by().values("record")
        return made.union(Record.objects.filter(continues__in=made).order_by().values("pk")) if self.goes_on else made

    def table(self, user: User) -> QuerySet:
        """The newest lists that `user` may see and that brought rows."""
        newest = Import.objects.visible_to(user).filter(kind__in=self._kinds(), created__gt=0).order_by("-pk")
        return _called(Import.objects.filter(pk__in=newest.values("pk")[:OFFERED]))

    def _kinds(self) -> list[str]:
        return [kind.code for kind in kinds.every()] if self.goes_on else [self.kind]

    def names_of(self, told: Sequence[Any], user: User) -> dict[str, str]:
        """Of lists that are not offered: whoever sees one of its rows may know what the list is called."""
        rows = kinds.get(self.kind).model.objects.visible_to(user).filter(self.q("in", read_ids(told)))
        lists = Import.objects.filter(pk__in=read_ids(told))
        if not rows.exists():
            lists = lists.visible_to(user)
        return {str(pk): name for pk, name in _called(lists).values_list("pk", "called")}


def _called(imports: QuerySet) -> QuerySet:
    """With what people call the list: by its own name, else by that of its file."""
    return imports.annotate(called=Coalesce(NullIf(F("origin"), Value("")), F("name")))


def from_list(kind: str, *, goes_on: bool = False) -> Field:
    return FromList(
        name="from_list", label=_("From the list"), kind=kind, goes_on=goes_on, on_page=False, filterable=True
    )
