from django.utils.translation import gettext_lazy as _

from pheu.timeline.events import EventKind

CONVERTED = EventKind(
    "lead.converted",
    _("converted the lead to the deal %(deal)s and handed it to %(owner)s, %(department)s"),
    "star",
    "violet",
)
CONVERSION_UNDONE = EventKind("lead.conversion_undone", _("undid the conversion to %(deal)s"), "arrow-back-up", "amber")
CONVERSION_REDONE = EventKind(
    "lead.conversion_redone", _("did the conversion to %(deal)s again"), "arrow-forward-up", "violet"
)
STAGE_CHANGED = EventKind(
    "deal.stage_changed", _("moved the deal from %(left)s to %(entered)s"), "arrows-left-right", "jade"
)
WON = EventKind("deal.won", _("won the deal"), "trophy", "jade")
LOST = EventKind("deal.lost", _("lost the deal: %(reason)s"), "circle-x", "red")
UNQUALIFIED = EventKind("deal.unqualified", _("put the deal on hold: %(reason)s"), "player-pause", "amber")
REOPENED = EventKind("deal.reopened", _("reopened the deal in %(entered)s"), "refresh", "blue")
BECAME_CUSTOMER = EventKind(
    "company.became_customer", _("won the first deal with this company: it is a customer now"), "confetti", "jade"
)
NO_CUSTOMER = EventKind(
    "company.no_longer_customer", _("has no won deal with this company any more"), "arrow-back-up", "amber"
)
OF_STAGES = {
    "moved": STAGE_CHANGED, "reopened": REOPENED, "won": WON, "lost": LOST, "unqualified": UNQUALIFIED,
}  # fmt: skip
