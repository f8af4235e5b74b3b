from django.utils.translation import gettext_lazy as _

from pheu.timeline.events import EventKind, a_day

JOB_RUN_AGAIN = EventKind("job.run_again", _("had the job %(task)s run again"), "refresh", "blue")
JOB_DROPPED = EventKind("job.dropped", _("dropped the job %(task)s"), "trash", "slate")
ITEM_ADDED = EventKind("list.item_added", _("added “%(item)s”"), "plus", "jade")
ITEM_CHANGED = EventKind("list.item_changed", _("changed “%(item)s”"), "pencil")
ITEM_REMOVED = EventKind("list.item_removed", _("deleted “%(item)s”"), "trash", "red")
LIST_ORDERED = EventKind("list.ordered", _("put the list in another order"), "grip-vertical")
FIELD_ADDED = EventKind("field.added", _("added the field “%(item)s”"), "plus", "jade")
FIELD_CHANGED = EventKind("field.changed", _("changed the field “%(item)s”"), "pencil")
FIELD_MOVED = EventKind("field.moved", _("moved the field “%(item)s” to other records"), "arrows-left-right")
GROUP_ADDED = EventKind("group.added", _("added the group “%(item)s”"), "plus", "jade")
GROUP_CHANGED = EventKind("group.changed", _("changed the group “%(item)s”"), "pencil")
GROUP_DROPPED = EventKind("group.dropped", _("took away the group “%(item)s”"), "trash", "slate")
FIELDS_ARRANGED = EventKind("fields.arranged", _("arranged the fields of %(kind_label)s"), "grip-vertical")
LOGO_CHANGED = EventKind("profile.logo_changed", _("put up another logo"), "photo", "jade")
LOGO_REMOVED = EventKind("profile.logo_removed", _("took the logo down"), "photo", "slate")
PERSON_INVITED = EventKind("person.invited", _("invited “%(item)s”"), "send", "blue")
PERSON_LEFT = EventKind(
    "person.left",
    _("closed the account of “%(item)s”; handed over to %(heir)s: %(handed_over)s"),
    "lock",
    "amber",
    shows={"handed_over": lambda told: ", ".join(f"{one['name']} {one['count']}" for one in told or ()) or "—"},
)
PERSON_RETURNED = EventKind("person.returned", _("opened the account of “%(item)s” again"), "user-check", "jade")
SECOND_STEP_TAKEN_AWAY = EventKind(
    "person.second_step_taken_away", _("took the second step of signing in away from “%(item)s”"), "shield", "amber"
)
TIME_OFF = {"begins": a_day, "ends": a_day}
TIME_OFF_ADDED = EventKind(
    "person.time_off_added", _("put down that “%(item)s” is away: %(begins)s – %(ends)s"), "calendar-x", shows=TIME_OFF
)
TIME_OFF_REMOVED = EventKind(
    "person.time_off_removed", _("took back that “%(item)s” is away: %(begins)s – %(ends)s"), "calendar", shows=TIME_OFF
)
PIPELINE_ADDED = EventKind("pipeline.added", _("made the pipeline “%(pipeline)s”"), "plus", "jade")
PIPELINE_CHANGED = EventKind("pipeline.changed", _("changed the pipeline “%(pipeline)s”"), "pencil")
PIPELINE_RETIRED = EventKind(
    "pipeline.retired",
    _("stopped using the pipeline “%(pipeline)s”; %(moved)s open records went to “%(to)s”"),
    "archive",
)
PIPELINE_RESUMED = EventKind("pipeline.resumed", _("used the pipeline “%(pipeline)s” again"), "refresh", "blue")
PIPELINE_DELETED = EventKind("pipeline.deleted", _("deleted the empty pipeline “%(pipeline)s”"), "trash", "slate")
STAGE_ADDED = EventKind("stage.added", _("added the stage “%(stage)s”"), "plus", "jade")
STAGE_CHANGED = EventKind("stage.changed", _("changed the stage “%(stage)s”"), "pencil")
STAGE_REMOVED = EventKind(
    "stage.removed", _("took out the stage “%(stage)s”; %(moved)s records went to “%(to)s”"), "trash", "slate"
)
STAGE_REMOVAL_BEGUN = EventKind(
    "stage.removal_begun", _("began to take out the stage “%(stage)s”; %(many)s records go to “%(to)s”"), "trash"
)
STAGES_ORDERED = EventKind("stage.ordered", _("put the stages in another order"), "grip-vertical")
OF_PIPELINES = (
    PIPELINE_ADDED, PIPELINE_CHANGED, PIPELINE_RETIRED, PIPELINE_RESUMED, PIPELINE_DELETED, STAGE_ADDED, STAGE_CHANGED,
    STAGE_REMOVAL_BEGUN, STAGE_REMOVED, STAGES_ORDERED,
)  # fmt: skip
# What a company decides about itself.
OF_CONFIGURATION = (
    PERSON_INVITED, PERSON_LEFT, PERSON_RETURNED, SECOND_STEP_TAKEN_AWAY, TIME_OFF_ADDED, TIME_OFF_REMOVED, ITEM_ADDED,
    ITEM_CHANGED, ITEM_REMOVED,
    LIST_ORDERED, FIELD_ADDED, FIELD_CHANGED, FIELD_MOVED, GROUP_ADDED, GROUP_CHANGED, GROUP_DROPPED, FIELDS_ARRANGED,
    LOGO_CHANGED, LOGO_REMOVED, *OF_PIPELINES,
)  # fmt: skip
