"""Kinds of events with their sentences, who may be their author, and the kinds that every record shares."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.core import checks
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from pheu.core.vietnamese.dates import show_date, show_datetime
from pheu.core.vietnamese.money import show_money
from pheu.people.models import User
from pheu.records import gates, kinds
from pheu.records.fields import Moment, Money
from pheu.records.models import Record, Stage
from pheu.records.shipped import shown

Words = str | Promise


@dataclass(frozen=True)
class Outsider:
    """Somebody who has no account and wrote to us: by the name of that day, and the record of theirs, if known."""

    name: str
    record: Record | None = None


# A person with an account, somebody from outside, or nobody: the system.
Author = User | Outsider | None
# Makes words of one fact, in the language that is spoken just now.
Shower = Callable[[Any], str]


@dataclass(frozen=True)
class EventKind:
    """`code` is noun.past_tense; `sentence` follows the author's name and has %(fact)s places.

    Facts are JSON values: ids with the name of that day, numbers, moments. `shows` says how those are read that are
    not just names or texts; sentences are made for the reader, in the reader's language.
    """

    code: str
    sentence: Words
    icon: str = "point"
    tone: str = ""
    shows: Mapping[str, Shower] = field(default_factory=dict)
    # Under which words the log of the company has it; what is not about the company has none.
    in_log: Words = ""

    def __post_init__(self) -> None:
        KINDS[self.code] = self

    def __hash__(self) -> int:
        return hash(self.code)

    def say(self, event: Any, reader: User) -> str:
        """The sentence about `event` for somebody who reads it now."""
        return str(self.sentence) % _Names(self.words(event))

    def enclosed(self, events: Sequence[Any], reader: User) -> list[str]:
        """Markup that stands below the sentence of each event: things of other apps that they brought; set-based."""
        return [""] * len(events)

    def more(self, events: Sequence[Any], reader: User) -> list[list[tuple[Any, str]]]:
        """What the log says of each event below its sentence: (label, words); a few statements for all of them."""
        return [[] for _event in events]

    def url(self, event: Any) -> str:
        """Where that can be looked at: its record; of what is about none, what its app says."""
        return reverse("record", args=[event.about_id]) if event.about_id else ""

    def words(self, event: Any) -> dict[str, Any]:
        """What stands in the sentence's places."""
        return event.facts | {name: show(event.facts.get(name)) for name, show in self.shows.items()}


class HandOutKind(EventKind):
    """To whom something was handed, and by which rule; to nobody, where it was only taken off its owner.

    `idle` is for how many days nobody had touched what went back to the pool.
    """

    def say(self, event: Any, reader: User) -> str:
        facts = event.facts
        if facts.get("idle"):
            words = _("took this off its owner: nobody had touched it for %(idle)s days")
            return str(words) % {"idle": facts["idle"]}
        if facts.get("rule") and facts.get("to"):
            return str(_("handed this to %(to)s by the rule “%(rule)s”")) % _Names(facts)
        return super().say(event, reader) if facts.get("to") else str(_("took this off its owner"))


class ChangeKind(EventKind):
    """Fields were changed: `facts["changes"]` is [{field, was, now}]."""

    def say(self, event: Any, reader: User) -> str:
        labels = [str(field.label) for field, _was, _now in changes_of(event, reader)]
        return str(self.sentence) % {"fields": ", ".join(labels) or str(_("fields that you may not see"))}


class OverrideKind(EventKind):
    """A gate was passed without what it asks for: `fields`, `checks` and perhaps `least`, as `Lacking.facts`."""

    def say(self, event: Any, reader: User) -> str:
        told = event.facts | {"lacking": ", ".join(self._lacking(event, reader))}
        return str(self.sentence) % _Names(told)

    @staticmethod
    def _lacking(event: Any, reader: User) -> list[str]:
        if event.about is None:
            return []
        kind, facts = kinds.get(event.about.kind), event.facts
        asked = {"needs_fields": facts["fields"], "needs_checks": facts["checks"]}
        return gates.whole(Stage(**asked, least_amount=facts.get("least")), kind).words_for(reader, kind)


def told_by(event: Any) -> EventKind:
    """Its kind; one that is known no more goes by its code."""
    return KINDS.get(event.kind) or EventKind(event.kind, event.kind)


def enclosed_in(events: Sequence[Any], reader: User) -> dict[int, str]:
    """What stands below the sentences of events, by their ids; each kind asks once for all of its own."""
    by_kind: dict[EventKind, list[Any]] = {}
    for event in events:
        by_kind.setdefault(told_by(event), []).append(event)
    return {
        event.pk: drawn
        for kind, of_kind in by_kind.items()
        for event, drawn in zip(of_kind, kind.enclosed(of_kind, reader), strict=True)
    }


def changes_of(event: Any, reader: User) -> list[tuple[Any, Any, Any]]:
    """(field, was, now) of every changed field that the reader may see; a field that is no more is left out."""
    if event.about is None:
        return []
    schema = kinds.get(event.about.kind).schema_for(reader)
    told = [(schema.get(one["field"]), one["was"], one["now"]) for one in event.facts.get("changes", ())]
    return [(field, was, now) for field, was, now in told if field is not None]


def values_of(event: Any, reader: User) -> list[tuple[Any, Any]]:
    """(field, value) of everything that the event says its record held, as far as the reader may see it."""
    if event.about is None:
        return []
    schema = kinds.get(event.about.kind).schema_for(reader)
    told = [(schema.get(one["field"]), one["value"]) for one in event.facts.get("values", ())]
    return [(field, value) for field, value in told if field is not None]


def conflicts_of(event: Any, reader: User) -> list[tuple[Any, Any, Any]]:
    """(field, was, now) of what an undoing left as somebody had changed it, as far as the reader may see it."""
    if event.about is None or not event.facts.get("conflicts"):
        return []
    schema = kinds.get(event.about.kind).schema_for(reader)
    told = [(schema.get(one["field"]), one["was"], one["now"]) for one in event.facts["conflicts"]]
    return [(field, was, now) for field, was, now in told if field is not None]


TOLD = 20  # of many records, in one sentence

# Facts that name a stage.
STAGES = {"left", "entered"}


class _Names(dict):
    """Facts as words: {"id": 3, "name": "Báo giá"} reads «Báo giá», several are joined; a missing one reads «—»."""

    def __getitem__(self, key: str) -> str:
        return shown(_name(self.get(key))) if key in STAGES else _name(self.get(key))


def _name(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(_name, value)) or "—"
    return str(value["name"]) if isinstance(value, dict) else "—" if value in (None, "") else str(value)


def a_moment(told: Any) -> str:
    return show_datetime(MOMENT.from_json(told)) if told else ""


def a_day(told: Any) -> str:
    return show_date(date.fromisoformat(told)) if told else ""


def an_amount(told: Any) -> str:
    return show_money(MONEY.from_json(told)) if told is not None else ""


# How facts are kept that are no field of the record: the same JSON as fields of their type.
MOMENT, MONEY = Moment(name="moment", label=""), Money(name="money", label="")


KINDS: dict[str, EventKind] = {}
Follower = Callable[[list[Any]], None]
_followers: dict[str, list[Follower]] = {}


def follows(*followed: EventKind | str) -> Callable[[Follower], Follower]:
    """Run the function at once, in the act's own transaction, with the list of events of these kinds ("*": all).

    Kinds of apps above the follower are named by their code; a name that nobody has ends the start (`check_names`).
    """

    def add(follower: Follower) -> Follower:
        for kind in followed:
            _followers.setdefault(kind if isinstance(kind, str) else kind.code, []).append(follower)
        return follower

    return add


def followers_of(code: str) -> list[Follower]:
    return [*_followers.get(code, ()), *_followers.get("*", ())]


@checks.register
def check_names(app_configs: Any, **kwargs: Any) -> list[checks.CheckMessage]:
    """Every followed event exists."""
    wrong = sorted(set(_followers) - set(KINDS) - {"*"})
    return [checks.Error(f"no event is called {code!r}, yet it is followed", id="pheu.E001") for code in wrong]


CREATED = EventKind("record.created", _("created %(number)s"), "plus", "jade")
CHANGED = ChangeKind("record.changed", _("changed %(fields)s"), "pencil")
ASSIGNED = HandOutKind("record.assigned", _("handed this to %(to)s"), "user-share", "violet")
TAKEN = EventKind("record.taken", _("took this on"), "user-check", "violet")
NOTE_ADDED = EventKind("note.added", _("wrote a note"), "note", "amber")
NOTE_EDITED = EventKind("note.edited", _("edited a note"), "pencil")
NOTE_WITHDRAWN = EventKind("note.withdrawn", _("withdrew a note"), "trash")
FILE_ADDED = EventKind("file.added", _("added the file %(name)s"), "paperclip")
FILE_RENAMED = EventKind("file.renamed", _("renamed the file %(was)s to %(now)s"), "pencil")
FILE_WITHDRAWN = EventKind("file.withdrawn", _("withdrew the file %(name)s"), "trash")
FOLLOWED = EventKind("record.followed", _("added %(who)s as a follower"), "eye")
ACCESS_ASKED = EventKind("record.access_asked", _("asks to see this"), "key", "amber")
UNFOLLOWED = EventKind("record.unfollowed", _("took %(who)s off the followers"), "eye-off")
STAGE_CHANGED = EventKind("record.stage_changed", _("moved this from %(left)s to %(entered)s"), "arrows-left-right")
CLOSED = EventKind("record.closed", _("closed this as %(entered)s: %(reason)s"), "circle-x")
REOPENED = EventKind("record.reopened", _("reopened this in %(entered)s"), "refresh", "blue")
PIPELINE_CHANGED = EventKind(
    "record.pipeline_changed", _("moved this to the pipeline %(pipeline)s, %(entered)s"), "arrows-left-right"
)
GATE_OVERRIDDEN = OverrideKind(
    "record.gate_overridden", _("let this into %(entered)s without: %(lacking)s"), "lock", "amber"
)
ARCHIVED = EventKind("record.archived", _("archived this"), "archive", "amber")
RESTORED = EventKind("record.restored", _("restored this"), "arrow-back-up", "jade")
DESTROYED = EventKind(
    "records.destroyed",
    _("destroyed for good: %(numbers)s"),
    "trash",
    "red",
    shows={
        "numbers": lambda numbers: " ".join(numbers[:TOLD]) + (" …" if len(numbers) > TOLD else "") if numbers else ""
    },
    in_log=_("Recycle bin"),
)
# What each act that can be taken back is called; filled by `timeline/undo.py`.
ACTS: dict[str, Words] = {}
UNDONE = EventKind(
    "operation.undone",
    _("took back: %(act)s"),
    "arrow-back-up",
    "amber",
    shows={"act": lambda act: str(ACTS.get(act, act))},
)
REDONE = EventKind(
    "operation.redone",
    _("did again: %(act)s"),
    "arrow-forward-up",
    shows={"act": lambda act: str(ACTS.get(act, act))},
)
