"""The filters in force on a list, one by one: what each says, how it is edited, the address without it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _

from pheu.records.conditions import Part
from pheu.records.fields import Field
from pheu.records.lists import Listing
from pheu.records.wording import said, value_words, words_of


@dataclass(frozen=True)
class Chip:
    """One filter in force: its field (None: a whole condition), the words of its values, the address without it."""

    field: Field | None
    values: str
    without: str
    # How it is edited: its parameter, what the address says besides, and either what can be ticked or what is typed;
    # anything else in the dialog of conditions, at `edit_url`.
    key: str = ""
    kept: tuple[tuple[str, str], ...] = ()
    choices: tuple[tuple[str, str, bool], ...] = ()
    typed: tuple[str, str] | None = None  # type of the input, its value
    edit_url: str = ""
    name: str = ""  # what it is called where that is not the field's own label

    @property
    def label(self) -> Any:
        return self.name or (self.field.label if self.field is not None else _("Condition"))


def chips_of(listing: Listing) -> list[Chip]:
    return list(_chips(listing))


def _chips(listing: Listing) -> Iterator[Chip]:
    edit_url = f"{listing.kind.url('conditions')}{listing.shared_query_with_sort}"
    for key, part in listing.filters.items():
        told = QueryDict(listing.url(**{key: None}).removeprefix("?")).lists()
        kept = tuple((name, value) for name, values in told for value in values)
        ticks, typed = _ticks_of(listing, key, part), _typed_of(listing, part)
        shown, without = _shown(listing, part, ticks), listing.url(**{key: None})
        yield Chip(part.field, shown, without, key, kept, ticks, typed, edit_url, listing.beyond.get(key, ""))
    if listing.where:
        words = words_of(listing.kind, listing.user, listing.where)
        yield Chip(None, words, listing.url(where=None), edit_url=edit_url)


def _shown(listing: Listing, part: Part, ticks: tuple[tuple[str, str, bool], ...]) -> str:
    if part.operator.takes not in ("one", "many", "condition"):
        return said(part, listing.user, {})
    is_beyond = part.operator.takes == "condition"
    words = [label for _value, label, is_chosen in ticks if is_chosen] if is_beyond else _words_of(listing, part)
    shown = ", ".join(words[:2]) + (f", +{len(words) - 2}" if len(words) > 2 else "")
    return shown if is_beyond or part.name == part.field.usual_operator else f"{part.operator.label} {shown}".strip()


def _ticks_of(listing: Listing, key: str, part: Part) -> tuple[tuple[str, str, bool], ...]:
    """What can be ticked of a comparison with several values: the field's choices, else what is chosen now."""
    if part.operator.takes == "condition":
        return tuple(listing.ticks_beyond(key))
    if part.operator.takes != "many":
        return ()
    chosen = listing.chosen_of(part)
    offered = listing.asked_choices.get(part.field) or dict(zip(chosen, _words_of(listing, part), strict=True))
    return tuple((value, label, value in chosen) for value, label in offered.items())


def _typed_of(listing: Listing, part: Part) -> tuple[str, str] | None:
    """The input of a comparison with one value."""
    if part.operator.takes != "one" or isinstance(part.value, dict):
        return None
    value = part.field.operand(part.value, listing.user)
    if isinstance(value, datetime):
        value = timezone.localtime(value)
    is_day = isinstance(value, date)
    return ("date", f"{value:%Y-%m-%d}") if is_day else ("number" if part.field.is_number else "text", str(value))


def _words_of(listing: Listing, part: Part) -> list[str]:
    """The values of a comparison as the person reads them."""
    values = part.value if part.operator.takes == "many" else [part.value]
    names = listing.asked_choices.get(part.field, {})
    if not names.keys() >= set(map(str, values)):
        names = names | part.field.names_of(values, listing.user)
    words = [value_words(part.field, one, listing.user, names) for one in values]
    return [str(listing.user) if one == "me" else word for one, word in zip(values, words, strict=True)]
