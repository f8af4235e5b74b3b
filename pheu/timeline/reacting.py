"""Reactions: what follows an event later, as a job (mail, webhooks); what must be true at once is a follower's.

    @reacts_to("lead.converted")
    def confirm_what_was_said(event: Event) -> None: ...

The act that tells an event asks for one dispatch job, a row in its own transaction. That job makes one of each
(event, reaction), so that one that fails is tried again alone, and is parked after five tries, where an administrator
sees it and can have it run again. A reaction runs in one transaction with its row in `Reacted`: twice is once.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.core import checks
from django.db import transaction

from pheu.core.jobs import FOLLOWING, app
from pheu.records.acts import current
from pheu.timeline.events import KINDS
from pheu.timeline.models import Event, Reacted

Reaction = Callable[[Event], None]
Among = Callable[[Sequence[Event]], Sequence[Event]]


@dataclass(frozen=True)
class Registered:
    """A function that reacts: only to events about records of kind `of`, if that is named, and while it is `wanted`.

    `among` says of the events of one act which of them concern it.
    """

    run: Reaction
    name: str
    of: str
    wanted: Callable[[], bool]
    among: Among

    def is_for(self, event: Event) -> bool:
        return (not self.of or (event.about is not None and event.about.kind == self.of)) and self.wanted()


_reactions: dict[str, Registered] = {}
_of_kinds: dict[str, list[Registered]] = {}
AT_ONCE = 500  # jobs in one statement
DISPATCH, REACT = "pheu.timeline.jobs.dispatch", "pheu.timeline.jobs.react"


def always() -> bool:
    return True


def all_of_them(events: Sequence[Event]) -> Sequence[Event]:
    return events


def reacts_to(
    *codes: str, of: str = "", wanted: Callable[[], bool] = always, among: Among = all_of_them
) -> Callable[[Reaction], Reaction]:
    """Run the function as a job for each event of these kinds; a name that nobody has ends the start.

    What is not `wanted` when an event is told is not asked for: it costs the act nothing. `among` may ask the database,
    once for all events of an act: a job that has nothing to do costs more.
    """

    def add(reaction: Reaction) -> Reaction:
        one = Registered(reaction, f"{reaction.__module__}.{reaction.__name__}", of, wanted, among)
        _reactions[one.name] = one
        for code in codes:
            _of_kinds.setdefault(code, []).append(one)
        return reaction

    return add


def ask_for(events: Iterable[Event]) -> None:
    """Have those among the events of one act dispatched to which something reacts; not of an act without automation."""
    asked: dict[str, tuple[Registered, list[Event]]] = {}
    for event in events:
        for one in _of_kinds.get(event.kind, ()):
            if one.is_for(event):
                asked.setdefault(one.name, (one, []))[1].append(event)
    if asked and current().starts_automation:
        ids: list[Any] = sorted({event.pk for one, some in asked.values() for event in one.among(some)})
        if ids:
            app.configure_task(DISPATCH).defer(events=ids)


def dispatch(ids: list[int]) -> None:
    """Ask for a job of each reaction to each event."""
    wanted: list[dict[str, Any]] = [{"event": pk, "reaction": name} for pk, name in _reactions_to(ids)]
    with transaction.atomic():
        for start in range(0, len(wanted), AT_ONCE):
            app.configure_task(REACT, priority=FOLLOWING).batch_defer(*wanted[start : start + AT_ONCE])


def _reactions_to(ids: list[int]) -> Iterator[tuple[int, str]]:
    for event in Event.objects.filter(pk__in=ids).select_related("about").order_by("pk"):
        yield from ((event.pk, one.name) for one in _of_kinds.get(event.kind, ()) if one.is_for(event))


def react(event_id: int, name: str) -> bool:
    """Let one reaction to one event happen; False where it has happened already, or is known no more."""
    known = _reactions.get(name)
    if known is None:
        return False
    with transaction.atomic():
        _row, is_new = Reacted.objects.get_or_create(event=event_id, reaction=name)
        if is_new:
            known.run(Event.objects.select_related("about", "by").get(pk=event_id))
        return is_new


@checks.register
def check_reactions(app_configs: Any, **kwargs: Any) -> list[checks.CheckMessage]:
    """Every event that something reacts to exists."""
    wrong = sorted(set(_of_kinds) - set(KINDS))
    return [checks.Error(f"no event is called {code!r}, yet something reacts to it", id="pheu.E002") for code in wrong]
