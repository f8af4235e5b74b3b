"""What the bell shows: one line for each operation, said for whoever reads it now, of records that they may see."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count, Max, Q

from pheu.notifications.models import Choice, Notification
from pheu.people.models import User
from pheu.timeline.events import KINDS, EventKind
from pheu.timeline.models import Event, Note

PAGE, IN_PANEL = 30, 12
MOST_COUNTED = 99
EXCERPT = 160  # characters of a note


@dataclass(frozen=True)
class Line:
    """The newest notification of an operation, how many others came with it, and what it says."""

    row: Notification
    others: int
    is_unread: bool
    sentence: str
    kind: EventKind
    excerpt: str

    @property
    def event(self) -> Event:
        return self.row.event


def unread_count(user: User) -> str:
    """How many lines wait, capped; empty for none."""
    waiting = Notification.objects.of(user).unread().order_by().values("operation").distinct()
    many = len(waiting[: MOST_COUNTED + 1])
    return f"{MOST_COUNTED}+" if many > MOST_COUNTED else str(many or "")


def silent_for(user: User) -> set[str]:
    """The reasons for which the bell does not ring."""
    chosen = Choice.objects.filter(user=user).first()
    return set(chosen.silent) if chosen else set()


def lines(user: User, *, below: int | None = None, unread: bool = False, most: int = PAGE) -> list[Line]:
    """Operations that brought news, newest first, older than the one of this id; one more than `most`."""
    rows = Notification.objects.of(user)
    if below is not None:
        rows = rows.filter(operation__lt=below)
    told = rows.order_by("-operation").values("operation").annotate(
        many=Count("pk"), newest=Max("pk"), waiting=Count("pk", filter=Q(read_at=None))
    )  # fmt: skip
    groups = list((told.filter(waiting__gt=0) if unread else told)[: most + 1])
    found = _with_events([one["newest"] for one in groups])
    excerpts = _excerpts(found.values())
    return [_line(found[one["newest"]], one["many"] - 1, one["waiting"] > 0, excerpts, user) for one in groups]


def lines_of(user: User, operation: int, *, below: int | None = None, most: int = PAGE) -> list[Line]:
    """Everything that one operation brought, one by one, older than the notification of this id."""
    rows = Notification.objects.of(user).filter(operation=operation)
    if below is not None:
        rows = rows.filter(pk__lt=below)
    found = _with_events(list(rows.order_by("-pk").values_list("pk", flat=True)[: most + 1]))
    excerpts = _excerpts(found.values())
    return [_line(one, 0, one.read_at is None, excerpts, user) for one in found.values()]


def _with_events(ids: Sequence[int]) -> dict[int, Notification]:
    """In the order of `ids`."""
    found = Notification.objects.select_related("event__by", "event__about", "record").in_bulk(ids)
    return {pk: found[pk] for pk in ids}


def _excerpts(rows: object) -> dict[int, str]:
    """How the notes begin that were written or edited, as they read now; withdrawn ones say nothing."""
    ids = [row.event.facts["note"] for row in rows if isinstance(row.event.facts.get("note"), int)]  # type: ignore[attr-defined]
    return dict(Note.objects.filter(pk__in=ids, withdrawn_at=None).values_list("pk", "body")) if ids else {}


def _line(row: Notification, others: int, is_unread: bool, excerpts: dict[int, str], user: User) -> Line:
    event = row.event
    kind = KINDS.get(event.kind) or EventKind(event.kind, event.kind)
    note = event.facts.get("note")
    body = " ".join(excerpts.get(note, "").split()) if isinstance(note, int) else ""
    excerpt = f"{body[:EXCERPT]}…" if len(body) > EXCERPT else body
    return Line(row, others, is_unread, kind.say(event, user), kind, excerpt)
