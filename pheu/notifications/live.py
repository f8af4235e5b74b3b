"""News for screens that are open: told once by each operation, and judged for everybody who has one open.

What goes out carries ids only. An operation sends one NOTIFY with its transaction, whatever it did and to how many.
"""

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import connection

from pheu.people import sessions
from pheu.people.models import User
from pheu.records.access import seen_by
from pheu.records.acts import current

CHANNEL = "pheu_live"
LARGEST = 7_900  # bytes of a NOTIFY
MOST = 400  # records that one operation names; of more it says that they are many


@dataclass
class Told:
    """What one operation tells: collected event by event, sent last of all."""

    by: int
    records: set[int] = field(default_factory=set)
    receivers: set[int] = field(default_factory=set)

    def send(self) -> None:
        records, receivers = sorted(self.records), sorted(self.receivers)
        told: dict[str, Any] = {"by": self.by, "records": records, "bell": receivers}
        if len(records) > MOST:
            told |= {"records": [], "many": True}
        if len(receivers) > MOST:
            told["bell"] = []
            told["bells"] = True
        send(told)


def told() -> Told:
    """What the operation that goes on will tell."""
    doing = current()
    ending = doing.endings.get("live")
    if ending is None:
        by = doing.by.pk if isinstance(doing.by, User) and doing.via == "page" else 0
        collected = Told(by)
        doing.endings["live"] = collected.send
        return collected
    return ending.__self__  # type: ignore[attr-defined]


def send(news: Mapping[str, Any]) -> None:
    """NOTIFY, with the transaction that is going on."""
    text = json.dumps(news, separators=(",", ":"))
    if len(text) > LARGEST:  # ids grow longer with the years
        text = json.dumps({"by": news.get("by", 0), "many": True, "bells": True})
    with connection.cursor() as cursor:
        cursor.execute("select pg_notify(%s, %s)", [CHANNEL, text])


# Judging --------------------------------------------------------------------------------------------------------------


@dataclass
class Word:
    """What one person is sent: `changed`: records, by whom; `here`: records whose onlookers are others now."""

    changed: dict[int, int] = field(default_factory=dict)
    here: set[int] = field(default_factory=set)
    bell: bool = False
    many: bool = False
    missed: bool = False

    def __bool__(self) -> bool:
        return bool(self.changed or self.here or self.bell or self.many or self.missed)

    def add(self, other: "Word") -> None:
        self.changed |= other.changed
        self.here |= other.here
        self.bell |= other.bell
        self.many |= other.many
        self.missed |= other.missed

    @property
    def text(self) -> str:
        """The event as it goes over the line."""
        said = {name: value for name, value in vars(self).items() if value}
        return f"data: {json.dumps(said, default=sorted, separators=(',', ':'))}\n\n"


@dataclass(frozen=True)
class Judgement:
    """For each person the word that they get; and the sessions that sign nobody in any more."""

    words: dict[int, Word]
    ended: set[str]


def judge(news: Iterable[Mapping[str, Any]], listening: Mapping[str, int]) -> Judgement:
    """Who of those that are `listening` (session -> person) gets what of the news, with the rights of this moment.

    A few statements for any number of people, records and news.
    """
    news = list(news)
    people = {one.pk: one for one in User.objects.active().filter(pk__in=set(listening.values())).with_rights()}
    open_ones = sessions.still_open({key: people.get(person) for key, person in listening.items()})
    present = [people[pk] for pk in {listening[key] for key in open_ones}]
    seen = seen_by(present, _named(news)) if present else {}
    words = {person.pk: _word(news, person.pk, seen[person.pk]) for person in present}
    return Judgement(words, set(listening) - open_ones)


def _named(news: Collection[Mapping[str, Any]]) -> set[int]:
    return {pk for one in news for pk in (*one.get("records", ()), *one.get("here", ()))}


def _word(news: Iterable[Mapping[str, Any]], person: int, seen: set[int]) -> Word:
    word = Word()
    for one in news:
        word.changed |= {pk: one.get("by", 0) for pk in one.get("records", ()) if pk in seen}
        word.here |= seen.intersection(one.get("here", ()))
        word.bell |= one.get("bells", False) or person in one.get("bell", ())
        word.many |= one.get("many", False)
    return word
