"""Two at once, in an order that the test decides: the first is held at a point while the second comes as far as it can.

Nobody sleeps and nothing is left to luck: the second either ends or waits for a lock of the first, which PostgreSQL
tells (`pg_blocking_pids`). Both come through the door that pages have, so an act may be begun once more.
"""

import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db import DatabaseError, connection
from django.db.models import Count, Min

from pheu.activities.models import Activity
from pheu.core import health
from pheu.core.again import in_one_go
from pheu.deals.models import Conversion, Deal
from pheu.parties.models import Company
from pheu.quality.events import REPOINTED
from pheu.records import kinds
from pheu.records.models import JournalEntry, Record
from pheu.timeline.events import ASSIGNED, CHANGED
from pheu.timeline.models import Event

BOUND = 60  # seconds after which a test fails rather than wait for ever
# Before: it has read what its caller knew. Then: it holds what it decides by.
BEFORE_LOCK, BEFORE_WRITE = "before its first lock", "before its first write"
WRITES = ("insert", "update", "delete", "with given", "with gone")
DEADLOCK = "40P01"


class Somebody(threading.Thread):
    """Does something with a connection of their own, held at a point where one is named."""

    def __init__(self, work: Callable[[], Any], held_at: str = "") -> None:
        super().__init__(daemon=True)
        self.work, self.held_at = work, held_at
        self.stands, self.may_go_on, self.has_ended = threading.Event(), threading.Event(), threading.Event()
        self.pid = 0
        self.rival = self
        self.tries = self.deadlocks = self.locks = 0
        self.has_written = self.waited_at_first_lock = False
        self.result: Any = None
        self.error: Exception | None = None

    def run(self) -> None:
        try:
            connection.ensure_connection()
            self.pid = connection.connection.info.backend_pid
            with connection.execute_wrapper(self._watch):
                self.result = in_one_go(self._whole)
        except Exception as error:
            self.error = error
        finally:
            connection.close()
            self.has_ended.set()
            self.stands.set()

    def _whole(self) -> Any:
        self.tries += 1
        return self.work()

    def _watch(self, execute: Any, statement: Any, params: Any, many: bool, context: Any) -> Any:
        text = statement if isinstance(statement, str) else statement.as_string(None)
        if " FOR NO KEY UPDATE" in text or " FOR UPDATE" in text:
            self._stand_at(BEFORE_LOCK)
            self.locks += 1
        if text.lstrip().lower().startswith(WRITES):
            self._stand_at(BEFORE_WRITE)
            self.has_written = True
        try:
            return execute(statement, params, many, context)
        except DatabaseError as error:
            self.deadlocks += getattr(error.__cause__, "sqlstate", None) == DEADLOCK
            raise

    def _stand_at(self, point: str) -> None:
        if point == self.held_at and not self.stands.is_set():
            self.stands.set()
            assert self.may_go_on.wait(BOUND)

    def comes_as_far_as_it_can(self) -> None:
        """Return once it has ended or waits for a lock that somebody holds."""
        for _look in range(BOUND * 200):
            if self.has_ended.wait(0.005):
                return
            if self._is_blocked():
                self.waited_at_first_lock = self.tries == 1 and self.locks == 1 and not self.has_written
                return
        raise AssertionError("neither ended nor waiting for a lock")

    def _is_blocked(self) -> bool:
        with connection.cursor() as cursor:
            cursor.execute("select cardinality(pg_blocking_pids(%s)) > 0", [self.pid])
            return cursor.fetchone()[0]


@dataclass
class Outcome:
    """What became of both: results and errors, in the order of who began."""

    both: tuple[Somebody, Somebody]
    results: list[Any] = field(init=False)
    errors: list[Exception] = field(init=False)

    def __post_init__(self) -> None:
        self.results = [one.result for one in self.both if one.error is None]
        self.errors = [one.error for one in self.both if one.error is not None]

    @property
    def deadlocks(self) -> int:
        return sum(one.deadlocks for one in self.both)

    @property
    def shows_second_held(self) -> bool:
        """Whether the second waited at its first lock until the first had ended, and only then went on: what it does
        when it is held `BEFORE_LOCK` while the first comes by.
        """
        return self.both[1].waited_at_first_lock


def race(first: Callable[[], Any], second: Callable[[], Any], *, at: str) -> Outcome:
    """Hold `first` at a point, let `second` come by as far as it can, then let both end."""
    one, other = Somebody(first, at), Somebody(second)
    one.rival, other.rival = other, one
    one.start()
    assert one.stands.wait(BOUND)
    other.start()
    try:
        other.comes_as_far_as_it_can()
    finally:
        one.may_go_on.set()
    for each in (one, other):
        each.join(BOUND)
        assert each.has_ended.is_set()
    return Outcome((one, other))


# Whether what is left agrees ------------------------------------------------------------------------------------------


def disagreements() -> Iterator[str]:
    """A line for everything that two acts, one after the other, would never leave behind."""
    yield from (line for lines in health.examine().values() for line in lines)
    yield from _told_twice()
    yield from _broken_chains()
    yield from _overwritten()
    yield from _work_left_behind()
    yield from _wrong_customers()
    for found in Conversion.objects.filter(undone_at=None).values("lead").annotate(n=Count("pk")).filter(n__gt=1):
        yield f"lead {found['lead']}: {found['n']} conversions stand"
    live = Record.objects.filter(state=Record.State.LIVE, continues__isnull=False)
    for found in live.values("continues").annotate(n=Count("pk")).filter(n__gt=1):
        yield f"record {found['continues']}: {found['n']} records go on with it"


def _told_twice() -> Iterator[str]:
    told = Counter(Event.objects.exclude(about=None).values_list("operation", "kind", "about"))
    yield from (f"{kind} about {about}: told {n} times by one act" for (_act, kind, about), n in told.items() if n > 1)


def _broken_chains() -> Iterator[str]:
    """What each event says was so before is what the one before it had left; the last is as the row is now."""
    stands: dict[tuple[int, str], Any] = {}
    for event in Event.objects.exclude(about=None).order_by("pk"):
        for name, was, now in _steps(event):
            key = (event.about_id, name)
            if key in stands and stands[key] != was:
                yield f"record {event.about_id}, {name}: {event.kind} says {was}, it was {stands[key]}"
            stands[key] = now
        if event.kind in TAKING_BACK:
            stands = {key: now for key, now in stands.items() if key[0] != event.about_id}
    yield from _not_as_told(stands)


TAKING_BACK = {"operation.undone", "lead.converted", "lead.conversion_undone", "lead.conversion_redone"}


def _steps(event: Event) -> Iterator[tuple[str, Any, Any]]:
    facts = event.facts
    if "left" in facts and "entered" in facts:
        yield "stage", _id(facts["left"]), _id(facts["entered"])
    if event.kind == ASSIGNED.code:
        yield "owner", facts["was"]["owner_id"], _id(facts["owner"])
        yield "team", facts["was"]["team_id"], facts["team_id"]
        yield "department", facts["was"]["department_id"], facts["department_id"]
    if event.kind in (CHANGED.code, REPOINTED.code):
        for one in facts["changes"]:
            yield one["field"], _id(one["was"]), _id(one["now"])


def _id(told: Any) -> Any:
    """The id of what is told with its name of that day, which may be another by now."""
    return [_id(one) for one in told] if isinstance(told, list) else told["id"] if isinstance(told, dict) else told


def _not_as_told(stands: dict[tuple[int, str], Any]) -> Iterator[str]:
    rows = {kind.code: kind.model.objects.select_related("record").in_bulk() for kind in kinds.every()}
    records = Record.objects.in_bulk({pk for pk, _name in stands})
    for (pk, name), told in stands.items():
        record = records[pk]
        row, schema = rows[record.kind][pk], kinds.get(record.kind).schema
        now = _id(schema[name].to_json(schema[name].value(row)))
        if now != told:
            yield f"{record.number}, {name}: it is {now}, told was {told}"


def _overwritten() -> Iterator[str]:
    """Each journal entry begins with what the one before it had left: nobody wrote over what they had not read."""
    entries: dict[tuple[str, int], list[JournalEntry]] = defaultdict(list)
    for entry in JournalEntry.objects.order_by("pk"):
        entries[entry.table, entry.key].append(entry)
    for (table, key), of_row in entries.items():
        stands: dict[str, Any] = {}
        for entry in of_row:
            for column, was in (entry.before or {}).items():
                if column in stands and stands[column] != was and entry.after is not None:
                    yield f"{table} {key}, {column}: written over {stands[column]}, thought to be {was}"
            stands |= entry.after or {}


def _work_left_behind() -> Iterator[str]:
    """Work is planned where it is done: not on a record that goes on in another, or was taken back."""
    for activity in Activity.objects.open().exclude(record=None).select_related("record"):
        row = kinds.get(activity.record.kind).model.objects.select_related("record").get(pk=activity.record_id)
        if row.goes_on_in is not None or not row.is_live:
            yield f"{row.number}: work is left on it"


def _wrong_customers() -> Iterator[str]:
    for company in Company.objects.live().select_related("record"):
        won = Deal.objects.live().filter(company=company).aggregate(first=Min("won_at"))["first"]
        if company.first_won_at != won or (company.type == Company.Type.CUSTOMER) != (won is not None):
            yield f"{company.number}: {company.type} since {company.first_won_at}, first won {won}"
