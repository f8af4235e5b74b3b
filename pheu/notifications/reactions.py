"""Of which events people hear, and who: in the act's own transaction. Events of apps above are named by their codes."""

from collections.abc import Iterable, Iterator

from pheu.notifications.live import told
from pheu.notifications.models import Reason
from pheu.notifications.services import News, tell
from pheu.people.models import User
from pheu.people.scopes import ASSIGN
from pheu.records.models import Follower, Record
from pheu.timeline.events import (
    ACCESS_ASKED,
    ASSIGNED,
    CLOSED,
    CREATED,
    FOLLOWED,
    NOTE_ADDED,
    NOTE_EDITED,
    PIPELINE_CHANGED,
    REOPENED,
    STAGE_CHANGED,
    follows,
)
from pheu.timeline.models import Event

MOVES = (
    STAGE_CHANGED, CLOSED, REOPENED, PIPELINE_CHANGED,
    "lead.stage_changed", "lead.unqualified", "lead.reopened", "lead.converted",
    "deal.stage_changed", "deal.won", "deal.lost", "deal.unqualified", "deal.reopened",
)  # fmt: skip
WORK = (
    "activity.scheduled", "activity.rescheduled", "activity.called_off", "activity.handed_over",
    "activity.series_moved", "activity.series_ended",
)  # fmt: skip


@follows(CREATED, ASSIGNED)
def tell_of_owners(events: list[Event]) -> None:
    """Whoever has a record now that somebody else gave them, and whoever has it no longer."""
    tell(one for event in events for one in _handed(event))


def _handed(event: Event) -> Iterator[News]:
    """The one who has it comes with the record; the one who had it stands in the facts."""
    if event.about is None or (event.kind == CREATED.code and event.about.comes_by_rule):
        return
    was, now = (event.facts.get("was") or {}).get("owner_id"), event.about.owner_id
    if was == now:
        return
    if now is not None:
        yield News(now, event, Reason.ASSIGNED)
    if was is not None:
        yield News(was, event, Reason.RETURNED)


@follows(ACCESS_ASKED)
def tell_of_asking(events: list[Event]) -> None:
    """Whoever has the record; where nobody has, those who see it and hand records out."""
    for event in events:
        if event.about is not None:
            tell(News(who, event, Reason.ASKED) for who in _who_has(event.about))


def _who_has(about: Record) -> list[int]:
    if about.owner_id is not None:
        return [about.owner_id]
    return [one.pk for one in User.objects.active().with_rights() if one.may(about.kind, ASSIGN)]


@follows(NOTE_ADDED, NOTE_EDITED)
def tell_of_mentions(events: list[Event]) -> None:
    tell(News(who["id"], event, Reason.MENTION) for event in events for who in event.facts.get("mentions", ()))


@follows(FOLLOWED)
def tell_of_following(events: list[Event]) -> None:
    """Whom somebody else made a follower."""
    tell(News(event.facts["who"]["id"], event, Reason.WATCHED) for event in events)


@follows(*MOVES)
def tell_of_moves(events: list[Event]) -> None:
    """The owner and the followers: one statement finds those of all records."""
    tell(_watching(events))


def _watching(events: list[Event], reason: Reason = Reason.WATCHED) -> Iterable[News]:
    abouts = [event.about_id for event in events if event.about_id is not None]
    followers: dict[int, list[int]] = {}
    for record, user in Follower.objects.filter(record__in=abouts).values_list("record", "user"):
        followers.setdefault(record, []).append(user)
    for event in events:
        if event.about is not None:
            owner = [event.about.owner_id] if event.about.owner_id else []
            for receiver in dict.fromkeys([*owner, *followers.get(event.about.pk, ())]):
                yield News(receiver, event, reason)


@follows(*WORK)
def tell_of_work(events: list[Event]) -> None:
    """Whoever does it, and the colleagues who are its guests."""
    tell(
        News(receiver, event, Reason.WORK)
        for event in events
        for receiver in {event.facts["assignee"]["id"]: 0} | dict.fromkeys(event.facts.get("guests", ()))
    )


@follows("activity.guests_changed")
def tell_of_invitations(events: list[Event]) -> None:
    tell(News(guest, event, Reason.WORK) for event in events for guest in event.facts.get("guests", ()))


@follows("activity.answered", "activity.not_invited")
def tell_of_answers(events: list[Event]) -> None:
    """Whoever does the work."""
    tell(News(event.facts["assignee"]["id"], event, Reason.WORK) for event in events)


@follows("activity.overdue")
def tell_of_overdue_work(events: list[Event]) -> None:
    tell(News(event.facts["assignee"]["id"], event, Reason.OVERDUE) for event in events)


@follows("email.received")
def tell_of_mail(events: list[Event]) -> None:
    """The owner and the followers of what a customer wrote about."""
    tell(_watching(events, Reason.MAIL))


@follows("email.not_sent", "email.bounced")
def tell_of_lost_mail(events: list[Event]) -> None:
    """Whoever wrote it; of what was to go out by itself, the owner."""
    for event in events:
        if event.about is not None and (receiver := event.by_id or event.about.owner_id):
            tell([News(receiver, event, Reason.MAIL)])


@follows("mailbox.stopped")
def tell_of_mailboxes(events: list[Event]) -> None:
    """Whose it is."""
    tell(News(event.facts["owner"]["id"], event, Reason.MAIL) for event in events)


@follows("*")
def tell_open_screens(events: list[Event]) -> None:
    """Of which records something has happened."""
    if abouts := {event.about_id for event in events if event.about_id is not None}:
        told().records.update(abouts)
