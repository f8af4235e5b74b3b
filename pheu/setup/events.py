from django.utils.translation import gettext_lazy as _

from pheu.timeline.events import EventKind

JOB_RUN_AGAIN = EventKind("job.run_again", _("had the job %(task)s run again"), "refresh", "blue")
JOB_DROPPED = EventKind("job.dropped", _("dropped the job %(task)s"), "trash", "slate")
ITEM_ADDED = EventKind("list.item_added", _("added “%(item)s”"), "plus", "jade")
ITEM_CHANGED = EventKind("list.item_changed", _("changed “%(item)s”"), "pencil")
ITEM_REMOVED = EventKind("list.item_removed", _("deleted “%(item)s”"), "trash", "red")
LIST_ORDERED = EventKind("list.ordered", _("put the list in another order"), "grip-vertical")
# What a company decides about itself.
OF_CONFIGURATION = (ITEM_ADDED, ITEM_CHANGED, ITEM_REMOVED, LIST_ORDERED)
