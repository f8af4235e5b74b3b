from typing import Any

from django.utils.translation import gettext_lazy as _

from pheu.activities.repeating import show_rule
from pheu.activities.spans import show_span
from pheu.people.models import User
from pheu.timeline.events import MOMENT, EventKind

TITLED = _("%(type)s “%(title)s”")


class WorkKind(EventKind):
    """About an activity: %(work)s is its type and title, or only the type where nobody gave it a title of its own."""

    def words(self, event: Any) -> dict[str, Any]:
        kind, title = (event.facts.get("type") or {}).get("name", ""), event.facts.get("title", "")
        work = kind if title == kind else TITLED % {"type": kind, "title": title}
        return super().words(event) | {"work": work, "due": _span(event.facts)}


def _span(facts: dict[str, Any]) -> str:
    due = MOMENT.from_json(facts.get("due"))
    said = show_span(due, facts.get("lasts", 0)) if due else ""
    return f"{said}, {show_rule(facts['rule'])}" if facts.get("rule") else said


class ScheduledKind(WorkKind):
    """Whom it is for is said only where somebody planned it for somebody else."""

    def say(self, event: Any, reader: User) -> str:
        if (event.facts.get("assignee") or {}).get("id") != event.by_id:
            return super().say(event, reader)
        return _("scheduled %(work)s, %(due)s") % self.words(event)


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
CALLED_OFF = WorkKind("activity.called_off", _("called off %(work)s"), "calendar-x")
RESUMED = WorkKind("activity.resumed", _("took up %(work)s again"), "refresh", "blue")
