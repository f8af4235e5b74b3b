"""Finding by beginnings of words, marks or not, and by any spelling of a phone (design.md section 5)."""

from django.db.models import Q

from pheu.core.vietnamese.text import search_words


def search_q(text: str, prefix: str = "") -> Q:
    """Rows whose folded text has a word beginning with each word of `text`, or whose phones hold its digits."""
    words = search_words(text)[:8]
    if not words:
        return Q()
    by_words = Q()
    for word in words:
        by_words &= Q(**{f"{prefix}search__contains": f" {word}"})
    digits = "".join(letter for letter in text if letter.isdigit())
    if len(digits) >= 3 and len(digits) >= len(text.strip()) / 2:
        return by_words | Q(**{f"{prefix}digits__contains": digits})
    return by_words
