from collections.abc import Sequence
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from pheu.activities.models import Guest
from pheu.activities.repeating import show_rule
from pheu.activities.spans import show_span
from pheu.core.markup import html
from pheu.people.models import User
from pheu.timeline.events import MOMENT, EventKind

TITLED = _("%(type)s “%(title)s”")


class WorkKind(EventKind):
    """About an activity: %(work)s is its type and title, or only the type where nobody gave it a title of its own."""

    def words(self, event: Any) -> dict[str, Any]:
        kind, title = (event.facts.get("type") or {}).get("name", ""), event.facts.get("title", "")
        work = kind if title == kind else TITLED % {"type": kind, "title": title}
        return super().words(event) | {"work": work, "due": _span(event.facts)}

    def url(self, event: Any) -> str:
        """Work on no record has a page of its own."""
        return super().url(event) or reverse("activity", args=[event.facts["activity"]])


def _span(facts: dict[str, Any]) -> str:
    due = MOMENT.from_json(facts.get("due"))
    said = show_span(due, facts.get("lasts", 0)) if due else ""
    return f"{said}, {show_rule(facts['rule'])}" if facts.get("rule") else said


def stands_on(activity: Any) -> dict[str, Any]:
    """Where an event of work is told: about its record; of work on none under a name of its own."""
    about = activity.record if activity.record_id else None
    return {"about": about, "subject": "" if about else alone_subject(activity.pk)}


def alone_subject(pk: int) -> str:
    return f"activity {pk}"


class ScheduledKind(WorkKind):
    """Whom it is for is said only where somebody planned it for somebody else."""

    def say(self, event: Any, reader: User) -> str:
        if (event.facts.get("assignee") or {}).get("id") != event.by_id:
            return super().say(event, reader)
        return _("scheduled %(work)s, %(due)s") % self.words(event)


class GuestsKind(WorkKind):
    """`added` and `removed` are [{"id", "name"}]; one of the two may be empty."""

    def say(self, event: Any, reader: User) -> str:
        words = self.words(event)
        if not words["removed"]:
            return _("invited %(added)s to %(work)s") % words
        if not words["added"]:
            return _("took %(removed)s off the guests of %(work)s") % words
        return super().say(event, reader)


class AnsweredKind(WorkKind):
    """What a guest said, `facts["answer"]`, and perhaps wrote with it."""

    def say(self, event: Any, reader: User) -> str:
        sentence = {
            Guest.Answer.DECLINED.value: _("does not come to %(work)s"),
            Guest.Answer.TENTATIVE.value: _("may come to %(work)s"),
        }.get(event.facts.get("answer", ""))
        return sentence % self.words(event) if sentence else super().say(event, reader)

    def enclosed(self, events: Sequence[Any], reader: User) -> list[str]:
        return [
            html('<div class="timeline-box"><p>{}</p></div>', said) if (said := one.facts.get("comment")) else ""
            for one in events
        ]


class NotInvitedKind(WorkKind):
    """Letters to `guests` that could not be written: `why` is a code, `method` what they were to say."""

    def say(self, event: Any, reader: User) -> str:
        if event.facts.get("method") == "CANCEL":
            return _("could not tell %(guests)s that %(work)s is called off: %(why)s") % self.words(event)
        return super().say(event, reader)


def _names(guests: Any) -> str:
    return ", ".join(one["name"] for one in guests or ())


WHY_NOT = {"no_mailbox": _("whoever does it has not connected a mailbox")}

SCHEDULED = ScheduledKind(
    "activity.scheduled",
    _("scheduled %(work)s for %(assignee)s, %(due)s"),
    "calendar-plus",
    "blue",
)
DONE = WorkKind("activity.done", _("finished %(work)s"), "circle-check", "jade")
RESCHEDULED = WorkKind("activity.rescheduled", _("moved %(work)s to %(due)s"), "calendar-event", "amber")
HANDED_OVER = WorkKind("activity.handed_over", _("handed %(work)s to %(assignee)s"), "user-share", "violet")
OVERDUE = WorkKind("activity.overdue", _("found %(work)s overdue, it was for %(due)s"), "clock", "red")
PLAN_APPLIED = EventKind("activity.plan_applied", _("applied the work plan “%(plan)s”"), "list", "blue")
SERIES_MOVED = WorkKind(
    "activity.series_moved", _("moved %(work)s and what follows to %(due)s"), "calendar-event", "amber"
)
SERIES_ENDED = WorkKind("activity.series_ended", _("called off %(work)s and what follows"), "calendar-x")
LINKED = WorkKind("activity.linked", _("brought %(work)s here, %(due)s"), "link", "blue")
CALLED_OFF = WorkKind("activity.called_off", _("called off %(work)s"), "calendar-x")
RESUMED = WorkKind("activity.resumed", _("took up %(work)s again"), "refresh", "blue")
GUESTS_CHANGED = GuestsKind(
    "activity.guests_changed",
    _("invited %(added)s to %(work)s, and took %(removed)s off its guests"),
    "users",
    "blue",
    shows={"added": _names, "removed": _names},
)
ANSWERED = AnsweredKind("activity.answered", _("comes to %(work)s"), "user-check", "jade")
NOT_INVITED = NotInvitedKind(
    "activity.not_invited",
    _("could not invite %(guests)s to %(work)s by e-mail: %(why)s"),
    "alert-triangle",
    "amber",
    shows={"guests": _names, "why": lambda code: str(WHY_NOT.get(code, code or ""))},
)
