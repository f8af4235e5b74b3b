"""What the bell shows: one line for each operation, said for whoever reads it now, of records that they may see."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count, Max, Q, QuerySet
from django.utils.translation import ngettext

from pheu.notifications.models import Choice, Notification, Reason
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

    @property
    def what(self) -> str:
        """The record; empty where it is about none."""
        return self.row.record.title if self.row.record else ""

    @property
    def and_others(self) -> str:
        """What stands behind the title where several records came together, with a space before it."""
        if not self.others:
            return ""
        words = ngettext("and %(many)s other record", "and %(many)s other records", self.others)
        return " " + words % {"many": self.others}


def unread_count(user: User) -> str:
    """How many lines wait, capped; empty for none."""
    waiting = Notification.objects.of(user).unread().order_by().values("operation").distinct()
    many = len(waiting[: MOST_COUNTED + 1])
    return f"{MOST_COUNTED}+" if many > MOST_COUNTED else str(many or "")


def choice_of(user: User) -> Choice:
    """What they chose, or what counts until they do."""
    return Choice.objects.filter(user=user).first() or Choice()


def choices_of(chosen: Choice) -> list[tuple[Reason, bool, bool]]:
    """Of each reason whether the bell rings, and whether it comes by mail."""
    return [(one, one.value not in chosen.silent, one.value in chosen.mailed) for one in Reason]


def lines(user: User, *, below: int | None = None, unread: bool = False, most: int = PAGE) -> list[Line]:
    """Operations that brought news, newest first, older than the one of this id; one more than `most`."""
    rows = Notification.objects.of(user)
    if below is not None:
        rows = rows.filter(operation__lt=below)
    return _grouped(rows, user, unread=unread, most=most)


def lines_among(ids: Sequence[int], user: User, *, most: int = PAGE) -> list[Line]:
    """The same of these notifications only."""
    return _grouped(Notification.objects.filter(pk__in=ids), user, most=most)


def _grouped(rows: QuerySet[Notification], user: User, *, unread: bool = False, most: int = PAGE) -> list[Line]:
    told = rows.order_by("-operation").values("operation").annotate(
        many=Count("pk"), newest=Max("pk"), waiting=Count("pk", filter=Q(read_at=None))
    )  # fmt: skip
    groups = list((told.filter(waiting__gt=0) if unread else told)[: most + 1])
    found = _with_events([one["newest"] for one in groups])
    excerpts = _excerpts(found.values())
    return [_line(found[one["newest"]], one["many"] - 1, one["waiting"] > 0, excerpts, user) for one in groups]


def lines_of(user: User, operation: int, *, below: int | None = None, most: int = PAGE) -> list[Line]:
    """Everything that one operation brought, one by one, older than the notification of this id."""
    rows = Notification.objects.told(user).filter(operation=operation)
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
