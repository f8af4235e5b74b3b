"""Kinds of events with their sentences, and the kinds that every record shares."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Words = str | Promise


@dataclass(frozen=True)
class EventKind:
    """`code` is noun.past_tense; `sentence` follows the person's name and has %(fact)s places."""

    code: str
    sentence: Words
    icon: str = "point"
    tone: str = ""

    def __post_init__(self) -> None:
        KINDS[self.code] = self

    def say(self, facts: dict[str, Any]) -> str:
        return str(self.sentence) % _Names(facts)


class _Names(dict):
    """Facts as words: {"id": 3, "name": "Báo giá"} reads «Báo giá»; a missing one reads «—»."""

    def __getitem__(self, key: str) -> str:
        value = self.get(key)
        return str(value["name"]) if isinstance(value, dict) else "—" if value in (None, "") else str(value)


KINDS: dict[str, EventKind] = {}
Follower = Callable[[list[Any]], None]
_followers: dict[str, list[Follower]] = {}


def follows(*kinds: EventKind | str) -> Callable[[Follower], Follower]:
    """Run the function at once, in the act's own transaction, with the list of events of these kinds ("*": all)."""

    def add(follower: Follower) -> Follower:
        for kind in kinds:
            _followers.setdefault(kind if isinstance(kind, str) else kind.code, []).append(follower)
        return follower

    return add


def followers_of(code: str) -> list[Follower]:
    return [*_followers.get(code, ()), *_followers.get("*", ())]


CREATED = EventKind("record.created", _("created %(number)s"), "plus", "jade")
CHANGED = EventKind("record.changed", _("changed %(fields)s"), "pencil")
ASSIGNED = EventKind("record.assigned", _("handed this to %(owner)s, %(place)s"), "user-share", "violet")
NOTE_ADDED = EventKind("note.added", _("wrote a note"), "note", "amber")
FILE_ADDED = EventKind("file.added", _("added the file %(name)s"), "paperclip")
FOLLOWED = EventKind("record.followed", _("added %(who)s as a follower"), "eye")
UNFOLLOWED = EventKind("record.unfollowed", _("took %(who)s off the followers"), "eye-off")
