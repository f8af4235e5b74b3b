"""Names that came with the product: shown in the reader's language for as long as the company has kept them.

A company writes its lists in its own language, and what it wrote is shown as it stands. But nobody wrote «Báo giá»:
who reads English reads “Quote”, until an admin calls the stage something else.
"""

from django.utils.functional import Promise
from django.utils.translation import get_language

from pheu.core.language import in_every_language
from pheu.core.vietnamese.text import spelling

# The company's own words -> the reader's.
_shipped: dict[str, Promise | str] = {}
LANGUAGE = "vi"


def ship(names: dict[str, Promise | str]) -> None:
    """Names that seeds plant, with their words for readers of other languages."""
    _shipped.update(names)


def shown(name: str) -> str:
    return name if (get_language() or LANGUAGE).startswith(LANGUAGE) else str(_shipped.get(name, name))


def own_words(text: str) -> set[str]:
    """What the company may have called what somebody writes in any language: «Quoted» is «Báo giá»."""
    told = spelling(text)
    return {text, *(own for own, words in _shipped.items() if told in map(spelling, in_every_language(words)))}
