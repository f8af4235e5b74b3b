"""One reading of the ids and cursors that addresses and forms bring, for every door.

A browser sends what our pages wrote; anybody else sends thirty digits, «٣» or NUL. What no column can hold is the id of
nothing: it never reaches the database, and is answered like any row that is not there.
"""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

LARGEST = 2**63 - 1  # of PostgreSQL's bigint
_MOST_DIGITS = len(str(LARGEST))


def read_id(text: Any) -> int | None:
    """The id that `text` names; None for what is none."""
    digits = str(text)
    if len(digits) > _MOST_DIGITS or not (digits.isascii() and digits.isdigit()):
        return None
    number = int(digits)
    return number if number <= LARGEST else None


def read_ids(texts: Iterable[Any]) -> list[int]:
    """The ids among `texts`, in order."""
    return [number for number in map(read_id, texts) if number is not None]


class IdConverter:
    """`<id:pk>` of an address; one that no row can have leads to «not found»."""

    regex = "[0-9]{1,19}"

    def to_python(self, text: str) -> int:
        if (number := read_id(text)) is None:
            raise ValueError(text)
        return number

    def to_url(self, value: Any) -> str:
        return str(value)


class RowField(forms.ModelChoiceField):
    """One of the rows that a form offers, by its id."""

    def to_python(self, value: Any) -> Any:
        if value not in self.empty_values and read_id(getattr(value, "pk", value)) is None:
            raise ValidationError(self.error_messages["invalid_choice"], code="invalid_choice", params={"value": value})
        return super().to_python(value)


class RowsField(forms.ModelMultipleChoiceField):
    """Some of the rows that a form offers, by their ids."""

    def _check_values(self, value: Any) -> Any:
        for one in value:
            if read_id(getattr(one, "pk", one)) is None:
                words = self.error_messages["invalid_pk_value"]
                raise ValidationError(words, code="invalid_pk_value", params={"pk": one})
        return super()._check_values(value)  # type: ignore[misc]
