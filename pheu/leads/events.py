from django.utils.translation import gettext_lazy as _

from pheu.timeline.events import EventKind

STAGE_CHANGED = EventKind(
    "lead.stage_changed", _("moved the lead from %(left)s to %(entered)s"), "arrows-left-right", "jade"
)
UNQUALIFIED = EventKind("lead.unqualified", _("marked the lead as not suitable: %(reason)s"), "circle-x", "red")
REOPENED = EventKind("lead.reopened", _("reopened the lead"), "refresh", "blue")
SCREENED = EventKind("prospect.converted", _("made the lead %(lead)s of this"), "star", "violet")
OF_STAGES = {"moved": STAGE_CHANGED, "reopened": REOPENED, "unqualified": UNQUALIFIED}
