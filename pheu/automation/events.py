from django.utils.translation import gettext_lazy as _

from pheu.timeline.events import EventKind, a_day

POOL_WARNED = EventKind(
    "record.pool_warned",
    _("told %(owner)s: back to the pool on %(on)s unless somebody touches it"),
    "clock",
    "amber",
    shows={"on": a_day},
)
