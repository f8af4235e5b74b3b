"""«Gọi lần lượt»: a list is called through by several people at once, each customer by one of them (R1.16).

The customer who has been left the longest comes first, and who was never worked on before all others. The order is
the database's own (`Worked`), so nobody keeps a queue that could differ from the list.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from pheu.automation.models import Turn
from pheu.automation.queries import not_over
from pheu.core.vietnamese import today_here
from pheu.notifications.presence import readers_but
from pheu.people.models import User
from pheu.people.scopes import CHANGE
from pheu.records.lists import COUNT_CAP, Listing, as_capped
from pheu.records.moments import midnight

KEPT = timedelta(minutes=10)  # that a customer stays somebody's who says nothing more
AT_ONCE = 20  # customers that are looked at together
# When somebody last worked on a customer, and the customer's id.
Place = tuple[datetime | None, int]


def next_customer(listing: Listing, *, beyond: Place | None) -> tuple[Any, Place] | None:
    """The next one of a list for its reader, kept for them, and where it stood; None where nobody is left.

    `beyond` is where the last one stood: whoever was passed over waits until the list is begun anew.
    """
    user = listing.user
    place = next((one for one in _in_turn(listing, beyond) if _keep(one[-1], user)), None)
    Turn.objects.filter(user=user).exclude(record=place[-1] if place else None).delete()
    return (listing.row(place[-1]), place) if place else None


def left(listing: Listing) -> str:
    """How many wait, whoever is with one of them just now; capped."""
    ways = [way.values("pk")[: COUNT_CAP + 1] for way in _ways(listing, _waiting(listing))]
    return as_capped(ways[0].union(*ways[1:], all=True)[: COUNT_CAP + 1].count())


def is_worked_today(row: Any) -> bool:
    return row.worked_at is not None and row.worked_at >= midnight(today_here())


def _waiting(listing: Listing) -> QuerySet[Any]:
    """Open, not worked on today, and with nothing planned for a later day."""
    today, model = today_here(), listing.kind.model
    rows = listing.narrowed(model.objects.within(listing.user, CHANGE)).filter(not_over(listing.kind))
    tomorrow = midnight(today + timedelta(days=1))
    is_due = Q(next_activity_at=None) | Q(next_activity_at__lt=tomorrow)
    return rows.filter(is_due, Q(worked_at=None) | Q(worked_at__lt=midnight(today)))


def _ways(listing: Listing, rows: QuerySet[Any]) -> list[QuerySet[Any]]:
    """Those of `rows` that the reader has, and that nobody of each of their teams or their department has.

    Each is read along an index of its own (`RowQuerySet.ways_to_see` says why).
    """
    user, free = listing.user, Q(owner=None)
    of_teams = [free & Q(team=one) for one in user.team_ids]
    of_department = free & Q(team=None, department=user.department_id or 0)
    return [rows.filter(way) for way in (Q(owner=user), *of_teams, of_department)]


def _in_turn(listing: Listing, beyond: Place | None) -> Iterator[Place]:
    """Where those stand whom nobody else has, in their turn."""
    of_others = Turn.objects.filter(record=OuterRef("pk"), until__gt=timezone.now()).exclude(user=listing.user)
    rows = _waiting(listing).filter(~Exists(of_others), ~Exists(readers_but(listing.user)))
    never, before = rows.filter(worked_at=None), rows.filter(worked_at__isnull=False)
    if beyond is None or beyond[0] is None:
        yield from _walk(listing, never, beyond)
        beyond = None
    yield from _walk(listing, before, beyond)


def _walk(listing: Listing, rows: QuerySet[Any], beyond: Place | None) -> Iterator[Place]:
    while True:
        ways = [_first(way, beyond) for way in _ways(listing, rows)]
        found = ways[0].union(*ways[1:]).order_by("worked_at", "pk")[:AT_ONCE]
        places = [(one["worked_at"], one["pk"]) for one in found]
        yield from places
        if len(places) < AT_ONCE:
            return
        beyond = places[-1]


def _first(way: QuerySet[Any], beyond: Place | None) -> QuerySet[Any]:
    if beyond is not None:
        at, pk = beyond
        way = way.filter(pk__gt=pk) if at is None else way.filter(worked_at__gte=at).exclude(worked_at=at, pk__lte=pk)
    return way.order_by("worked_at", "pk").values("worked_at", "pk")[:AT_ONCE]


def _keep(pk: int, user: User) -> bool:
    """Whether the customer is now this person's turn; of two at the same instant, the second waits and hears no."""
    now = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute(_KEEP, {"record": pk, "user": user.pk, "until": now + KEPT, "now": now})
        return cursor.fetchone() is not None


_KEEP = """
insert into automation_turn (record_id, user_id, until) values (%(record)s, %(user)s, %(until)s)
on conflict (record_id) do update set user_id = excluded.user_id, until = excluded.until
where automation_turn.until < %(now)s or automation_turn.user_id = excluded.user_id
returning record_id
"""
