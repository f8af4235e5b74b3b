"""What a report says, however it is shown: a table of numbers, each with the address of exactly its rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from pheu.core.vietnamese import show_number, show_short

Number = int | float | Decimal | None
COUNT, MONEY, PERCENT, DAYS = "count", "money", "percent", "days"


@dataclass(frozen=True)
class Column:
    label: Any
    form: str = COUNT


@dataclass(frozen=True)
class Cell:
    """A number and what it was in the period before; None where there is nothing to say."""

    value: Number
    url: str = ""
    was: Number = None
    was_url: str = ""


@dataclass(frozen=True)
class Line:
    label: str
    cells: Sequence[Cell]


@dataclass(frozen=True)
class Sheet:
    """`total` stands last, `drawn` is the column of the picture; `compares` says that cells have a period before."""

    title: str
    head: str
    columns: Sequence[Column]
    lines: Sequence[Line]
    total: Line | None = None
    drawn: int = 0
    compares: bool = True


def shown(value: Number, form: str) -> str:
    if value is None:
        return "—"
    match form:
        case "money":
            return show_short(Decimal(str(value))) if value else "0"
        case "percent":
            return f"{show_number(round(value))} %"
        case "days":
            return show_number(round(float(value), 1))
    return show_number(value)
