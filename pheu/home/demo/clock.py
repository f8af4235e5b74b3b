"""The clock of the demo: acts happen now, and are told as if they had happened over many months.

The product has one clock and nobody sets it. So the stories are played in the order of their moments, the clock notes
at which real instant each moment began, and `tell` afterwards moves every instant that the acts wrote by the shift of
its moment. Moments only ever go forward, so what came first stays first, and copies of one instant stay equal.
"""

import heapq
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta
from random import Random

from django.apps import apps
from django.db import connection, models
from django.utils import timezone
from psycopg import sql

from pheu.home.demo.seasons import is_day_off

# Moments that people chose: they are said in the demo's own time already.
CHOSEN = {"due_at", "next_activity_at"}
TICK = timedelta(seconds=1)
TURNS_BETWEEN = 1500
# A story says when it goes on, and then is continued at that moment.
Story = Iterator[datetime]


class Clock:
    """The moment of the demo, and the turns of its hands: (real instant, moment shown from then on)."""

    def __init__(self) -> None:
        self.turns: list[tuple[datetime, datetime]] = []

    @property
    def now(self) -> datetime:
        real, shown = self.turns[-1]
        return shown + (timezone.now() - real)

    def turn_to(self, moment: datetime) -> None:
        """Show `moment`, or a little later where the hands have come so far already: never back."""
        if self.turns:
            moment = max(moment, self.now + TICK)
        self.turns.append((timezone.now(), moment))

    def tell(self) -> None:
        """Move every instant that was written since the first turn to the moment that the clock showed."""
        with connection.cursor() as cursor:
            cursor.execute("set local pheu.rewrites_history = on")
            cursor.execute("create temporary table demo_turns (began timestamptz primary key, shift interval)")
            cursor.execute(
                "insert into demo_turns select * from unnest(%s::timestamptz[], %s::interval[])",
                [[real for real, _ in self.turns], [shown - real for real, shown in self.turns]],
            )
            for table, columns in _instants():
                cursor.execute(_moved(table, columns), [self.turns[0][0]] * len(columns))
            cursor.execute("drop table demo_turns")


def _instants() -> Iterator[tuple[str, list[str]]]:
    """Our tables with their columns of instants that acts write."""
    for model in apps.get_models():
        if model.__module__.startswith("pheu."):
            fields = model._meta.local_concrete_fields
            instants = [one for one in fields if isinstance(one, models.DateTimeField) and one.name not in CHOSEN]
            columns = [str(one.column) for one in instants]
            if columns:
                yield model._meta.db_table, columns


def _moved(table: str, columns: list[str]) -> sql.Composed:
    """An update that gives each instant since %s its shift; older ones and empty ones stay."""
    shift = "(select shift from demo_turns where began <= {0} order by began desc limit 1)"
    one = sql.SQL("{0} = {0} + coalesce(" + shift + ", interval '0')")
    late = sql.SQL("{} >= %s")
    return sql.SQL("update {} set {} where {}").format(
        sql.Identifier(table),
        sql.SQL(", ").join(one.format(sql.Identifier(column)) for column in columns),
        sql.SQL(" or ").join(late.format(sql.Identifier(column)) for column in columns),
    )


def play(stories: Iterable[Story], *, until: datetime, clock: Clock) -> None:
    """Play the stories side by side in the order of time; what would come after `until` has not happened yet."""
    for moment in together(stories):
        if moment > until:
            return
        clock.turn_to(moment)
        if len(clock.turns) % TURNS_BETWEEN == 0:
            _take_stock()


def together(stories: Iterable[Story]) -> Story:
    """Several stories as one, in the order of time."""
    waiting: list[tuple[datetime, int, Story]] = []
    for number, story in enumerate(stories):
        _wait(waiting, number, story)
    while waiting:
        moment, number, story = heapq.heappop(waiting)
        yield moment
        _wait(waiting, number, story)


def _take_stock() -> None:
    """Let the database know how much there is: nobody tells it within a transaction, and it would scan tables."""
    with connection.cursor() as cursor:
        tables = [model._meta.db_table for model in apps.get_models() if model.__module__.startswith("pheu.")]
        cursor.execute(sql.SQL("analyze {}").format(sql.SQL(", ").join(map(sql.Identifier, tables))))


def _wait(waiting: list[tuple[datetime, int, Story]], number: int, story: Story) -> None:
    """Let the story act until it says when it goes on, or ends."""
    moment = next(story, None)
    if moment is not None:
        heapq.heappush(waiting, (moment, number, story))


OPENS, CLOSES = time(8, 0), time(17, 30)


def at_work(moment: datetime, rng: Random) -> datetime:
    """`moment` itself within office hours, else some time in the morning of the next working day."""
    local = timezone.localtime(moment)
    if not is_day_off(local.date()) and OPENS <= local.time() < CLOSES:
        return moment
    day = local.date() + timedelta(days=local.time() >= CLOSES)
    while is_day_off(day):
        day += timedelta(days=1)
    return on(day, 8) + timedelta(minutes=rng.randrange(5, 200), seconds=rng.randrange(60))


def later(moment: datetime, rng: Random, *, days: float = 0, hours: float = 0) -> datetime:
    """About so much later (a third more or less), when people are at work."""
    return at_work(moment + timedelta(days=days, hours=hours) * rng.uniform(0.67, 1.33), rng)


def on(day: date, hour: int, minute: int = 0) -> datetime:
    """The moment at `hour`:`minute` of a day, in the company's time zone."""
    return timezone.make_aware(datetime.combine(day, time(hour, minute)))


def appointment(moment: datetime, rng: Random, *, days: float) -> datetime:
    """A moment that people would write down: at a quarter of an hour, about so many days later."""
    then = timezone.localtime(later(moment, rng, days=days))
    return then.replace(minute=then.minute // 15 * 15, second=0, microsecond=0) + timedelta(minutes=15)
