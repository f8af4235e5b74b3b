"""«Tìm trùng lặp» over a whole kind: one pass along the keys of its records, and groups of those that are the same
(R1.43-1.45).

A job works it off in one transaction, so that whoever looks sees the last result until the new one stands.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from pheu.core.errors import DomainError
from pheu.people.models import User
from pheu.people.scopes import CHANGE
from pheu.quality.models import AlikeGroup, AlikePair, Sweep
from pheu.quality.pairs import find_pairs, read_pairs
from pheu.records import kinds
from pheu.records.kinds import Kind

MOST = 20  # in a group: as many as anybody looks through together
PATIENCE = timedelta(minutes=15)  # after which a sweep that has not ended may be begun anew


def is_compared(kind: Kind) -> bool:
    """Whether records of this kind say anything by which they could be compared."""
    return any(one.criterion for one in kind.fields)


@transaction.atomic
def begin(kind: Kind, *, by: User) -> Sweep | None:
    """The sweep that a job is now asked for; None where one is on its way already.

    For whoever may change records of the kind. One that failed, or of which nothing was heard for too long, is begun
    once more.
    """
    by.must(kind.code, CHANGE)
    if not is_compared(kind):
        raise DomainError(_("These records say nothing by which they could be compared."))
    sweep, is_new = Sweep.objects.get_or_create(kind=kind.code, state=Sweep.State.RUNNING, defaults={"by": by})
    if is_new:
        return sweep
    given_up = ~Q(problem="") | Q(at__lt=timezone.now() - PATIENCE)
    running = Sweep.objects.filter(given_up, pk=sweep.pk, state=Sweep.State.RUNNING)
    return sweep if running.update(by=by, at=timezone.now(), problem="") else None


def note_problem(pk: int, words: str) -> None:
    Sweep.objects.filter(pk=pk, state=Sweep.State.RUNNING).update(problem=words)


@transaction.atomic
def work_off(pk: int) -> None:
    """Find what is the same and keep it in place of what the last sweep found: all of it or nothing.

    Once more is harmless, also at the same time.
    """
    sweep = Sweep.objects.filter(pk=pk, state=Sweep.State.RUNNING).first()
    if sweep is None or not _is_alone(pk):
        return
    with connection.cursor() as cursor:
        cursor.execute("set local work_mem = '64MB'")
        sweep.rules = [list(rule) for rule in find_pairs(cursor, kinds.get(sweep.kind))]
        _mark_groups(cursor)
        _forget_others(sweep)
        cursor.execute(KEPT, [sweep.pk])
        cursor.execute("drop table found_pair, found_member")
    sweep.state, sweep.ended_at, sweep.problem = Sweep.State.DONE, timezone.now(), ""
    sweep.save()


def _is_alone(pk: int) -> bool:
    """Whether no other worker is at this sweep: one that was held for dead may not be."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_try_advisory_xact_lock(hashtextextended('quality.sweep', %s))", [pk])
        return cursor.fetchone() == (True,)


# The groups -----------------------------------------------------------------------------------------------------------


class Groups:
    """Which records belong together: pairs that share one, and so on, up to as many as are looked through at once.

    What does not fit in any more is found by the next sweep, when there is one of them instead of twenty.
    """

    def __init__(self, most: int = MOST) -> None:
        self.most = most
        self._above: dict[int, int] = {}
        self._sizes: dict[int, int] = {}  # of the groups, by the record at the top of each

    def put_together(self, one: int, other: int) -> None:
        top, joining = sorted((self.top(one), self.top(other)))
        size = self._sizes.get(top, 1) + self._sizes.get(joining, 1)
        if top != joining and size <= self.most:
            self._above[joining], self._sizes[top] = top, size
            self._above.setdefault(top, top)

    def top(self, one: int) -> int:
        """The record that names the group; on the way everything is hung up higher."""
        above = self._above.get(one, one)
        while above != one:
            higher = self._above.get(above, above)
            self._above[one] = higher
            one, above = above, higher
        return one

    def __iter__(self) -> Iterator[tuple[int, int]]:
        """(record, the one that names its group) of every record that has found another one."""
        return ((one, self.top(one)) for one in list(self._above))


def _mark_groups(cursor: Any) -> None:
    groups = Groups()
    for first, second in read_pairs():
        groups.put_together(first, second)
    cursor.execute("create temporary table found_member (record bigint, begun_with bigint)")
    with cursor.copy("copy found_member from stdin") as copy:
        for member in groups:
            copy.write_row(member)
    cursor.execute("analyze found_member")


def _forget_others(sweep: Sweep) -> None:
    """What earlier sweeps of the kind have found; a million rows are not brought here to be deleted."""
    others = Sweep.objects.filter(kind=sweep.kind).exclude(pk=sweep.pk)
    for rows in (AlikePair.objects.filter(group__sweep__in=others), AlikeGroup.objects.filter(sweep__in=others)):
        rows._raw_delete(rows.db)
    others.delete()


KEPT = """
    with member as (
        select pair.*, one.begun_with
        from found_pair pair
        join found_member one on one.record = pair.first
        join found_member other on other.record = pair.second
        where one.begun_with = other.begun_with
    ),
    kept as (
        insert into quality_alikegroup (sweep_id, begun_with, score)
        select %s, begun_with, max(score) from member group by begun_with
        returning id, begun_with
    )
    insert into quality_alikepair (group_id, first_id, second_id, criteria, score)
    select kept.id, first, second, criteria, score from member join kept using (begun_with)
"""
