"""Which columns a list has, in which order and how wide: «Cột» (R4.58).

As a text that addresses, views, people and roles keep: `name,phone:180,owner`, a width in pixels behind a colon.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from pheu.people.models import User
from pheu.records.fields import Field
from pheu.records.schema import Schema

MOST_COLUMNS = 40
NARROWEST, WIDEST = 60, 800  # pixels


@dataclass(frozen=True)
class Column:
    """A field as a column; without a width it is as wide as what stands in it."""

    field: Field
    width: int | None = None

    def __str__(self) -> str:
        return f"{self.field.name}:{self.width}" if self.width else self.field.name


def read_columns(schema: Schema, text: str) -> tuple[Column, ...]:
    """The columns that a text names, as far as the person whose schema it is has them; the title always, else first.

    Nothing where it names none: then the list has its usual ones.
    """
    found: dict[Field, Column] = {}
    for part in text.split(",")[: 2 * MOST_COLUMNS]:
        name, _colon, width = part.strip().partition(":")
        field = schema.get(name)
        if field is not None and len(found) < MOST_COLUMNS:
            found.setdefault(field, Column(field, _width(width)))
    title = next((one for one in schema if one.cell == "title"), None)
    if not found or title is None or title in found:
        return tuple(found.values())
    return (Column(title), *found.values())


def _width(text: str) -> int | None:
    return min(max(int(text), NARROWEST), WIDEST) if text.isascii() and text.isdigit() and len(text) < 6 else None


def write_columns(columns: Iterable[Column]) -> str:
    return ",".join(map(str, columns))


def usual(schema: Schema) -> tuple[Column, ...]:
    """The columns that the kind's schema names."""
    return tuple(map(Column, schema.column_fields()))


def beside_a_record(columns: tuple[Column, ...]) -> tuple[Column, ...]:
    """Where there is room for little: what a row is called, and the stage in which it stands or the next of them."""
    title, *others = [replace(one, width=None) for one in columns]
    stage = next((one for one in others if one.field.name == "stage"), None)
    return (title, *([stage] if stage else others[:1]))


def of_role(user: User, kind: str) -> dict[str, Any]:
    """What a role says of a kind's list: `columns`, whether it `is_locked`, the `tab` that it begins with."""
    told: dict[str, Any] = user.role.lists.get(kind) or {}
    return told


def chosen(schema: Schema, user: User, asked: str, kept: str) -> tuple[Column, ...]:
    """What a list has for this person: what its role has locked, what the address asks, what the open view keeps, what
    the person chose last, what the role begins with; empty where nobody has chosen."""
    code = schema.model.kind
    role = of_role(user, code)
    told = [asked, kept, user.lists.get(code, ""), role.get("columns", "")]
    ways = [role.get("columns", "")] if role.get("is_locked") else told
    return next((found for text in ways if (found := read_columns(schema, text))), ())


def can_edit_in_list(one: Field) -> bool:
    """Whether a cell can be edited where it stands; what depends on other fields, and files, on the record's page."""
    return one.editable and one.shown_when is None and not one.parent and one.cell != "file"


def offered_as(schema: Schema, columns: Iterable[Column]) -> list[tuple[Field, str, bool, bool]]:
    """What can be a column of a list: (field, how it is named, whether it is one now, whether it always is).

    Those that are there now in their order, then the others as the schema has them.
    """
    shown = {one.field: str(one) for one in columns}
    others = {one: one.name for one in schema if one not in shown and one.on_page}
    return [(one, told, one in shown, one.cell == "title") for one, told in (shown | others).items()]
