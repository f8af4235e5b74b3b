"""The description of a kind that everything reads: form, list, filter, sort, import, history.

A domain app lists its fields once in `<app>/schema.py`. A field knows how it is asked for (`form_field`), read from a
file (`read`), shown (`show`), kept in an event (`fact`), sorted and filtered. Nobody lists the fields a second time.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache, partial
from typing import Any, cast

from django import forms
from django.db import models
from django.db.models.functions import RowNumber
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from pheu.people.models import User
from pheu.records import kinds
from pheu.records.fields import DepartmentPick, Field, PersonPick, TeamPick


@dataclass(frozen=True)
class Group:
    """Fields that stand together under one heading on forms and record pages."""

    name: str
    label: kinds.Words
    fields: tuple[Field, ...]


# Who works a record is handed over by an act of its own (`timeline.services.assign`), so only a new row asks for it.
RESPONSIBLE = Group(
    "responsible",
    _("Responsible"),
    (
        PersonPick(name="owner", label=_("Owner"), filterable=True, editable=False, importable=False),
        TeamPick(name="team", label=_("Sales team"), filterable=True, editable=False, importable=False),
        DepartmentPick(
            name="department", label=_("Department"), filterable=True, editable=False, importable=False, on_create=False
        ),
    ),
)


@dataclass(kw_only=True)
class Schema:
    """All of a kind's fields. `columns` are the list's, in order; `card` needs nothing: the board asks the row."""

    model: Any
    groups: tuple[Group, ...]
    columns: tuple[str, ...]
    shown: tuple[Field, ...] = ()
    phone_columns: tuple[str, ...] = ()
    _by_name: dict[str, Field] = field(init=False)

    def __post_init__(self) -> None:
        self._by_name = {one.name: one for one in (*(f for group in self.groups for f in group.fields), *self.shown)}

    def __getitem__(self, name: str) -> Field:
        return self._by_name[name]

    def __iter__(self) -> Iterator[Field]:
        return iter(self._by_name.values())

    def get(self, name: str) -> Field | None:
        return self._by_name.get(name)

    def column_fields(self) -> list[Field]:
        return [self[name] for name in self.columns]

    def filters(self) -> list[Field]:
        return [one for one in self if one.filterable]

    def form(
        self, user: User, data: Any = None, *, row: Any = None, initial: dict[str, Any] | None = None
    ) -> "SchemaForm":
        """A form of every editable field (of a new row: those asked `on_create`), filled from `row`."""
        asked = [one for one in self if (one.on_create if row is None else one.editable)]
        held = {one: one.value(row) for one in asked} if row is not None else {}
        values = {one.name: _initial(value) for one, value in held.items()}
        form = SchemaForm(self, asked, user, data, initial=values | (initial or {}))
        for one, value in held.items():
            one.keep_offering(form.fields[one.name], value)
        form.draw_choices_at_once()
        return form


def offered(asked: dict[Field, Any]) -> dict[Field, list[tuple[Any, str]]]:
    """(id, name) of the rows of several small tables, each in its own order: one statement, not one for each."""
    parts = [
        rows.order_by()
        .annotate(
            nth=models.Value(nth),
            place=models.Window(RowNumber(), order_by=list(rows.model._meta.ordering)),
            text=models.F(one.named_by),  # type: ignore[attr-defined]
        )
        .values_list("nth", "place", "pk", "text")
        for nth, (one, rows) in enumerate(asked.items())
    ]
    found: dict[Field, list[tuple[Any, str]]] = {one: [] for one in asked}
    if parts:
        by_order, together = list(asked), parts[0].union(*parts[1:], all=True) if parts[1:] else parts[0]
        for nth, _place, pk, text in together.order_by("nth", "place"):
            found[by_order[nth]].append((pk, text))
    return found


def _initial(value: Any) -> Any:
    if isinstance(value, models.Model):
        return value.pk
    if isinstance(value, list):
        return [one.pk for one in value]
    return value


class SchemaForm(forms.Form):
    """Built from a schema. Each field carries the value the person saw, so a save touches only what they changed."""

    def __init__(self, schema: Schema, asked: list[Field], user: User, data: Any, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.schema, self.user = schema, user
        for one in asked:
            self.fields[one.name] = one.form_field(user)
        self.asked = asked

    def draw_choices_at_once(self) -> None:
        """Let all selects take their options from one statement, made when the first of them is drawn."""
        tables = {
            one: cast(Any, self.fields[one.name]).queryset for one in self.asked if one.table(self.user) is not None
        }
        loaded = cache(lambda: offered(tables))
        for one in tables:
            field = cast(Any, self.fields[one.name])
            empty = [] if field.empty_label is None else [("", field.empty_label)]
            field.choices = partial(lambda one, empty: [*empty, *loaded()[one]], one, empty)

    def groups(self) -> Iterator[tuple[Group, list[tuple[Field, Any]]]]:
        """Every group with (field, its bound form field or None where it is only shown)."""
        for group in self.schema.groups:
            yield group, [(one, self[one.name] if one.name in self.fields else None) for one in group.fields]

    def values(self) -> dict[str, Any]:
        """What was typed, for a new row."""
        return {name: self.cleaned_data[name] for name in self.fields}

    def changes(self) -> dict[str, tuple[Any, Any]]:
        """{name: (what the person saw, what they want)}, only of fields that the person changed and that were sent."""
        sent = [
            name
            for name in self.changed_data
            if self.add_prefix(name) in self.data or self[name].html_initial_name in self.data
        ]
        return {name: (self._saw(name), self.cleaned_data[name]) for name in sent}

    def seen_again(self, row: Any) -> "SchemaForm":
        """The same typing over what `row` holds now: saving it again is a decision, not an accident."""
        data = cast(QueryDict, self.data).copy()
        for bound in self.schema.form(self.user, row=row):
            value = bound.value()
            values = value if isinstance(value, list) else ["" if value is None else value]
            data.setlist(bound.html_initial_name, [str(one) for one in values])
        return self.schema.form(self.user, data, row=row)

    def _saw(self, name: str) -> Any:
        bound = self[name]
        raw = bound.field.hidden_widget().value_from_datadict(self.data, self.files, bound.html_initial_name)
        if raw in (None, "", []):
            return None
        try:
            return bound.field.clean(raw)
        except forms.ValidationError:
            return None
