"""Finding by beginnings of words, marks or not, and by any spelling of a phone (design.md section 5)."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction
from django.db.models import Q

from pheu.core.vietnamese.text import search_words
from pheu.people.models import User
from pheu.records.models import Record

WINDOW = 500  # the newest records that a person may see: a full page of hits among them is the exact answer
PAGE = 30


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


def find(text: str, user: User, most: int = PAGE) -> list[Record]:
    """The first `most` records in use that `user` may see and `text` finds.

    Exact numbers and exact marks stand first, over all hits; then the newest. Words that are common, but never
    together, once took 1.6 s at a million (tried.md 5b): so the newest records are looked through first, and where they
    do not fill the page, all of them by the trigram index alone, whatever the planner thinks of these words.
    """
    hits = search_q(text)
    if not hits:
        return []
    seen = Record.objects.visible_to(user).filter(state=Record.State.LIVE)
    window = seen.order_by("-updated_at", "-id").values("pk")[:WINDOW]
    newest = _page(Record.objects.filter(pk__in=window), hits, WINDOW)
    exact = [record for record in newest if _is_exact(record, text)]
    if len(exact) < most:
        with _only_bitmaps():
            exact = _page(seen, hits & (Q(number__iexact=text) | Q(title__icontains=text)), most)
            newest = newest if len(newest) >= most else _page(seen, hits, most)
    return list({record.pk: record for record in (*exact, *newest)}.values())[:most]


def _is_exact(record: Record, text: str) -> bool:
    return text.lower() == record.number.lower() or text.lower() in record.title.lower()


def _page(records: Any, hits: Q, most: int) -> list[Record]:
    return list(records.filter(hits).select_related("owner").order_by("-updated_at", "-id")[:most])


@contextmanager
def _only_bitmaps() -> Iterator[None]:
    """Leave the planner nothing but the trigram index."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("set local enable_seqscan = off; set local enable_indexscan = off")
        try:
            yield
        finally:
            cursor.execute("set local enable_seqscan = on; set local enable_indexscan = on")
