"""Finding by beginnings of words, marks or not, and by any spelling of a phone (design.md section 5)."""

import re
from collections.abc import Collection
from functools import reduce
from operator import and_
from typing import Any

from django.db import connection, transaction
from django.db.models import F, Func, Q, Subquery, TextField, Value
from django.db.models.lookups import Contains

from pheu.core.vietnamese.text import marked_words, search_text, search_words
from pheu.people.models import User
from pheu.records import kinds, sections
from pheu.records.kinds import Kind
from pheu.records.models import Record
from pheu.records.schema import unseen_by

PAGE = 30
# Of the newest records that a person may see so many tell whether hits are common. Common ones fill a page from among
# the newest of everybody's.
NEAR, FAR = 500, 20_000
COMMON = 3
SHORT = re.compile(r"([A-Za-z]{2,4})-?0*([0-9]{1,6})")


def search_q(text: str, prefix: str = "") -> Q:
    """Rows whose folded text has a word beginning with each word of `text`, or whose phones hold its digits."""
    words, digits = asked_for(text)
    by_words = Q()
    for word in words:
        by_words &= Q(**{f"{prefix}search__contains": word})
    return by_words | Q(**{f"{prefix}digits__contains": digits}) if digits else by_words


def asked_for(text: str) -> tuple[list[str], str]:
    """The beginnings of words that `text` looks for, and the digits of a phone."""
    words = [f" {word}" for word in search_words(text)[:8]]
    digits = "".join(letter for letter in text if letter.isdigit())
    return words, digits if words and len(digits) >= 3 and len(digits) >= len(text.strip()) / 2 else ""


def found_by(text: str, kind: Kind, user: User, prefix: str = "") -> Q:
    """The same of rows of a kind, but not by what is hidden from `user`: that, too, would tell it."""
    hits, unseen = search_q(text, prefix), unseen_by(kind, user)
    return hits & _by_what_is_seen(text, unseen, prefix) if hits and unseen else hits


def _by_what_is_seen(text: str, unseen: Collection[str], prefix: str) -> Q:
    """Looked through only where an index has found something."""
    words, digits = asked_for(text)
    gone = Value(sections.pattern_of(unseen))

    def left(column: str) -> Func:
        told = (F(f"{prefix}{column}"), gone, Value(""), Value("g"))
        return Func(*told, function="regexp_replace", output_field=TextField())

    by_words = reduce(and_, (Q(Contains(left("search"), word)) for word in words))
    return by_words | Q(Contains(left("digits"), digits)) if digits else by_words


def of_all_kinds(text: str, user: User) -> Q:
    """The same of Records of every kind."""
    hits = search_q(text)
    for kind in kinds.every() if hits else ():
        if unseen := unseen_by(kind, user):
            hits &= ~Q(kind=kind.code) | _by_what_is_seen(text, unseen, "")
    return hits


def find(text: str, user: User, most: int = PAGE) -> list[Record]:
    """The first `most` records in use that `user` may see and `text` finds.

    An exact number and titles with exactly these marks stand first, over all hits; then, of what is found, titles that
    have the words before hits in other words, and the newest. Words that are
    common, but never together, once took 1.6 s at a million (tried.md 5b), and so does sorting all that one common word
    finds. So the newest records are looked through: common hits are among them. Rare ones are asked of the trigram
    index alone, whatever the planner thinks of these words.
    """
    hits = of_all_kinds(text, user)
    if not hits:
        return []
    seen = Record.objects.visible_to(user).filter(state=Record.State.LIVE)
    with transaction.atomic():  # that the ways are said for alone
        return _found(seen, hits, text, most)


def numbers_of(text: str) -> set[str]:
    """The numbers that somebody may mean: «ch-595» is CH-000595."""
    meant = SHORT.fullmatch(text.strip())
    return {text.upper(), f"{meant[1].upper()}-{int(meant[2]):06}"} if meant else {text.upper()}


def _found(seen: Any, hits: Q, text: str, most: int) -> list[Record]:
    directory = _Directory(seen)
    near = directory.near(hits)
    found = directory.first(hits, near, most)
    marks = [f" {word}" for word in marked_words(text)]
    exact = [record for record in found if _has(record, marks)]
    if marks and len(found) >= most:
        with_marks = reduce(and_, (Q(search__contains=word) for word in marks), hits)
        exact = directory.first(with_marks, [record for record in near if _has(record, marks)], most)
    directory.read_by(*WAYS)
    numbered = _numbered(seen, text) if any(map(str.isdigit, text)) else []
    titled = [record for record in found if _is_called(record, search_words(text))]
    return list({record.pk: record for record in (*numbered, *exact, *titled, *found)}.values())[:most]


def _numbered(seen: Any, text: str) -> list[Record]:
    """What is meant by a number, also by that of a record which lives on in another."""
    named = Record.objects.filter(number__in=numbers_of(text)).select_related("merged_into")
    ids = [one.survivor.pk for one in named]
    return list(seen.filter(pk__in=ids).select_related("owner")) if ids else []


def _is_called(record: Record, words: list[str]) -> bool:
    """Whether the title itself has a word beginning with each of `words`."""
    title = search_text(record.title)
    return bool(words) and all(f" {word}" in title for word in words)


def _has(record: Record, marks: list[str]) -> bool:
    return bool(marks) and all(word in record.search for word in marks)


WAYS = ("seqscan", "indexscan", "bitmapscan")


class _Directory:
    """The directory as the planner may read it, one way at a time; a way is said only where it is another one.

    `is_thin` once the newest of everybody's were too few for a page of hits: narrower ones need not be tried there.
    """

    def __init__(self, seen: Any) -> None:
        self.seen = seen
        self.ways: tuple[str, ...] = WAYS
        self.is_thin = False

    def near(self, hits: Q) -> list[Record]:
        """The hits among the newest records that the person sees."""
        self.read_by("indexscan")
        return _page(Record.objects.filter(pk__in=_newest(self.seen).values("pk")[:NEAR]), hits, NEAR)

    def first(self, hits: Q, near: list[Record], most: int) -> list[Record]:
        """The newest hits, at least `most` where there are so many; `near` is what the nearest records have of them."""
        if len(near) >= most:
            return near
        if len(near) >= COMMON and not self.is_thin:
            since = Subquery(_newest(Record.objects).values("updated_at")[FAR : FAR + 1])
            self.read_by("indexscan")
            far = _page(self.seen.filter(updated_at__gte=since), hits, most)
            if len(far) == most:
                return far
            self.is_thin = True
        self.read_by("bitmapscan")
        return _page(self.seen, hits, most)

    def read_by(self, *ways: str) -> None:
        """Leave the planner these ways: along an index in order, rows that an index has named, or all of the table."""
        if ways != self.ways:
            said = (f"set local enable_{one} = {'on' if one in ways else 'off'}" for one in WAYS)
            with connection.cursor() as cursor:
                cursor.execute("; ".join(said))
            self.ways = ways


def _newest(records: Any) -> Any:
    return records.order_by("-updated_at", "-id")


def _page(records: Any, hits: Q, most: int) -> list[Record]:
    return list(_newest(records.filter(hits).select_related("owner"))[:most])
