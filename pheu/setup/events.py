from django.utils.translation import gettext_lazy as _

from pheu.timeline.events import EventKind

JOB_RUN_AGAIN = EventKind("job.run_again", _("had the job %(task)s run again"), "refresh", "blue")
JOB_DROPPED = EventKind("job.dropped", _("dropped the job %(task)s"), "trash", "slate")
ITEM_ADDED = EventKind("list.item_added", _("added “%(item)s”"), "plus", "jade")
ITEM_CHANGED = EventKind("list.item_changed", _("changed “%(item)s”"), "pencil")
LIST_ORDERED = EventKind("list.ordered", _("put the list in another order"), "grip-vertical")
FIELD_ADDED = EventKind("field.added", _("added the field “%(item)s”"), "plus", "jade")
FIELD_CHANGED = EventKind("field.changed", _("changed the field “%(item)s”"), "pencil")
FIELD_MOVED = EventKind("field.moved", _("moved the field “%(item)s” to other records"), "arrows-left-right")
GROUP_ADDED = EventKind("group.added", _("added the group “%(item)s”"), "plus", "jade")
GROUP_CHANGED = EventKind("group.changed", _("changed the group “%(item)s”"), "pencil")
GROUP_DROPPED = EventKind("group.dropped", _("took away the group “%(item)s”"), "trash", "slate")
FIELDS_ARRANGED = EventKind("fields.arranged", _("arranged the fields of %(kind_label)s"), "grip-vertical")
# What a company decides about itself.
OF_CONFIGURATION = (
    ITEM_ADDED, ITEM_CHANGED, LIST_ORDERED, FIELD_ADDED, FIELD_CHANGED, FIELD_MOVED, GROUP_ADDED, GROUP_CHANGED,
    GROUP_DROPPED, FIELDS_ARRANGED,
)  # fmt: skip
