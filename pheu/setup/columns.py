"""How a column of what a company keeps about itself is read, changed, told and shown."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from pheu.core.errors import Conflict
from pheu.core.vietnamese import show_date
from pheu.records.models import id_and_name

MEANWHILE = gettext_lazy("Somebody else has changed this meanwhile. Please look at it again.")


class Column:
    """One column of the table: a text, a number, a tick, or another row."""

    is_of_row = True

    def __init__(self, field: Any) -> None:
        self.field, self.name = field, field.name

    @property
    def label(self) -> Any:
        return self.field.verbose_name

    def value(self, item: Any) -> Any:
        return getattr(item, self.name, None)  # a new one has no row to refer to yet

    def put(self, item: Any, value: Any) -> None:
        setattr(item, self.name, value)

    def merged(self, now: Any, saw: Any, new: Any) -> Any:
        """What comes of it that somebody wants `new` who saw `saw`; `Conflict` where it is something else by now.

        What they did not touch is left as it is.
        """
        if saw == new:
            return now
        if now not in (saw, new):
            raise Conflict(MEANWHILE)
        return new

    def changes(self, was: Any, now: Any) -> list[dict[str, Any]]:
        """What an event keeps of it."""
        return [{"column": self.name, "was": _told(was), "now": _told(now)}]

    def words(self, change: dict[str, Any]) -> str:
        """The change as a line of the log."""
        return f"{self._shown(change['was'])} → {self._shown(change['now'])}"

    def _shown(self, told: Any) -> str:
        if isinstance(told, bool):
            return _("yes") if told else _("no")
        if isinstance(told, dict):
            return str(told["name"])
        if told and isinstance(self.field, models.DateField):
            return show_date(date.fromisoformat(told))
        return str(dict(self.field.flatchoices).get(told, told)) if told not in (None, "") else "—"


class Many(Column):
    """Rows of another table that belong to it. Two admins who add and take out different ones are in nobody's way."""

    is_of_row = False

    def value(self, item: Any) -> frozenset[Any]:
        return frozenset(getattr(item, self.name).all()) if item.pk else frozenset()

    def put(self, item: Any, value: Iterable[Any]) -> None:
        """Written at once: the row is there already."""
        getattr(item, self.name).set(value)

    def merged(self, now: Any, saw: Any, new: Any) -> frozenset[Any]:
        saw, new = frozenset(saw or ()), frozenset(new)
        return (frozenset(now) | new - saw) - (saw - new)

    def changes(self, was: Any, now: Any) -> list[dict[str, Any]]:
        """Only those who came and went: a team of three hundred is not told anew."""
        return [{"column": self.name, "was": _names(was - now), "now": _names(now - was)}]

    def words(self, change: dict[str, Any]) -> str:
        """+ who came − who went."""
        parts = (("+", change["now"]), ("−", change["was"]))
        return " ".join(f"{sign} {', '.join(one['name'] for one in rows)}" for sign, rows in parts if rows)


def _told(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    return id_and_name(value) if isinstance(value, models.Model) else value


def _names(rows: Iterable[Any]) -> list[Any]:
    return [id_and_name(one) for one in sorted(rows, key=str)]


def column_of(model: type[models.Model], name: str) -> Column:
    field = model._meta.get_field(name)
    return Many(field) if field.many_to_many else Column(field)
