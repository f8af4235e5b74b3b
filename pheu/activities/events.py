from django.utils.translation import gettext_lazy as _

from pheu.timeline.events import EventKind, a_moment

DUE = {"due": a_moment}
SCHEDULED = EventKind(
    "activity.scheduled",
    _("scheduled %(type)s “%(title)s” for %(assignee)s, %(due)s"),
    "calendar-plus",
    "blue",
    shows=DUE,
)
DONE = EventKind("activity.done", _("finished %(type)s “%(title)s”"), "circle-check", "jade")
RESCHEDULED = EventKind(
    "activity.rescheduled", _("moved %(type)s “%(title)s” to %(due)s"), "calendar-event", "amber", shows=DUE
)
CALLED_OFF = EventKind("activity.called_off", _("called off %(type)s “%(title)s”"), "calendar-x")
RESUMED = EventKind("activity.resumed", _("took up %(type)s “%(title)s” again"), "refresh", "blue")
