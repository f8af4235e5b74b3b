"""How a column of a file writes what it says, where that is not how we write: the month before the day, a point before
the decimals, words of its own for the choices of a list. Pure but for the lists that choices come from.

What is kept of an import is {column: {"days": ..., "numbers": ..., "words": {folded word: word of the list}}}; an empty
answer says that somebody has seen the proposal and reads the cells as they stand. A cell is rewritten before its field
reads it, and stays as it is in the line.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from pheu.core.vietnamese.text import clean, fold
from pheu.people.models import User
from pheu.records.fields import Choice, Date, Field, Number, YesNo
from pheu.records.fields.base import BETWEEN_CHOICES
from pheu.records.fields.references import PersonPick, Pick, Tags
from pheu.records.shipped import own_words

DAYS, NUMBERS, WORDS = "days", "numbers", "words"
MONTH_FIRST, POINT = "month_first", "point"
OFFERED: dict[str, list[tuple[str, Any]]] = {
    DAYS: [("", _("day/month/year")), (MONTH_FIRST, _("month/day/year"))],
    NUMBERS: [("", _("1.234,56")), (POINT, _("1,234.56"))],
}
MOST_WORDS = 200  # of a column, beyond which nobody translates them one by one

_DAY = re.compile(r"(?<![\d/.-])(\d{1,2})( ?[/.-] ?)(\d{1,2})(?!\d)(?=( ?[/.-] ?\d{2,4})?\b)", re.ASCII)
_POINTED = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+\.\d+", re.ASCII)
# What proves the one or the other: thousands with decimals, several groups of thousands, decimals that are no group.
_HAS_POINT = re.compile(r"\d,\d{3}\.\d|\d,\d{3},\d{3}|^\d+\.(?:\d{1,2}|\d{4,})$", re.ASCII)
_HAS_COMMA = re.compile(r"\d\.\d{3},\d|\d\.\d{3}\.\d{3}|^\d+,(?:\d{1,2}|\d{4,})$", re.ASCII)


def family_of(field: Field | None) -> str:
    """By what its cells are told apart: DAYS or NUMBERS; empty where there is one way only."""
    return DAYS if isinstance(field, Date) else NUMBERS if isinstance(field, Number) else ""


def propose(family: str, texts: Iterable[str]) -> str:
    """The way that the cells of a column prove; ours where they prove nothing, or both."""
    ours, other = False, False
    for text in texts:
        if family == DAYS and (found := _DAY.search(text)):
            ours, other = ours or int(found[1]) > 12, other or int(found[3]) > 12
        elif family == NUMBERS:
            ours, other = ours or bool(_HAS_COMMA.search(text)), other or bool(_HAS_POINT.search(text))
    return {DAYS: MONTH_FIRST, NUMBERS: POINT}[family] if other and not ours else ""


def rewriter(field: Field, way: Mapping[str, Any]) -> Callable[[str], str] | None:
    """What makes a cell say the same as we write it; None where it is read as it stands."""
    if way.get(DAYS) == MONTH_FIRST and family_of(field) == DAYS:
        return lambda text: _DAY.sub(_day_first, text, count=1)
    if way.get(NUMBERS) == POINT and family_of(field) == NUMBERS:
        return lambda text: _POINTED.sub(_with_comma, text)
    words = {key: meant for key, meant in way.get(WORDS, {}).items() if meant}
    if words and has_words(field):
        return lambda text: "; ".join(words.get(key_of(word), word) for word in _words_in(field, text))
    return None


def _day_first(found: re.Match[str]) -> str:
    first, between, second = found[1], found[2], found[3]
    return f"{second}{between}{first}" if int(first) <= 12 else found[0]


def _with_comma(found: re.Match[str]) -> str:
    whole, _point, decimals = found[0].replace(",", "").partition(".")
    decimals = decimals.rstrip("0")
    return f"{whole},{decimals}" if decimals else whole


# --- words of a column's own ------------------------------------------------------------------------------------------


def key_of(text: str) -> str:
    """A word of a cell for comparing."""
    return fold(clean(text))


def has_words(field: Field | None) -> bool:
    """Whether its values are chosen from a list short enough to choose from here."""
    return isinstance(field, YesNo | Choice | Pick | Tags)


def list_of(field: Field, user: User) -> list[tuple[str, str]]:
    """[(the word by which the field's own reading knows it, what it is called)]."""
    if isinstance(field, Tags):
        return [(tag.name, tag.name) for tag in field.table(user)]
    if isinstance(field, Pick):
        spelled = "email" if isinstance(field, PersonPick) else field.named_by
        return [(str(getattr(row, spelled)), str(getattr(row, field.named_by))) for row in field.queryset(user)]
    return [(str(label), str(label)) for _value, label in field.choices()]


def unknown_words(field: Field, texts: Iterable[str], offered: Iterable[tuple[str, str]]) -> dict[str, str]:
    """{word for comparing: the word}: those of the cells' words that the field does not know. No statement."""
    known = {clean(word).casefold() for pair in offered for word in pair}
    found = dict[str, str]()
    for word in (one for text in texts for one in _words_in(field, text)):
        names = {clean(one).casefold() for one in own_words(word)}
        if known.isdisjoint(names) and (isinstance(field, Pick | Tags) or not _reads(field, word)):
            found.setdefault(key_of(word), clean(word))
    return found


def meant_by(key: str, offered: Iterable[tuple[str, str]]) -> str:
    """The word of the list that differs in its marks only; empty where none does, or several do."""
    same = [word for word, label in offered if key in (key_of(word), key_of(label))]
    return same[0] if len(same) == 1 else ""


def _words_in(field: Field, text: str) -> list[str]:
    """The words of a cell: a field of several has them apart, by commas too where the whole is no choice of its own."""
    if not field.holds_several:
        return [text]
    if isinstance(field, Tags):
        return field.words_in(text)
    parts = (part for part in BETWEEN_CHOICES.split(text) if part.strip())
    return [word.strip() for part in parts for word in ([part] if _reads(field, part) else part.split(","))]


def _reads(field: Field, text: str) -> bool:
    try:
        field.read(text)
    except ValueError:
        return False
    return True
