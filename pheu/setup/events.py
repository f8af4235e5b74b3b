from django.utils.translation import gettext_lazy as _

from pheu.timeline.events import EventKind

JOB_RUN_AGAIN = EventKind("job.run_again", _("had the job %(task)s run again"), "refresh", "blue")
JOB_DROPPED = EventKind("job.dropped", _("dropped the job %(task)s"), "trash", "slate")
ITEM_ADDED = EventKind("list.item_added", _("added “%(item)s”"), "plus", "jade")
ITEM_CHANGED = EventKind("list.item_changed", _("changed “%(item)s”"), "pencil")
LIST_ORDERED = EventKind("list.ordered", _("put the list in another order"), "grip-vertical")
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
STAGES_ORDERED = EventKind("stage.ordered", _("put the stages in another order"), "grip-vertical")
OF_PIPELINES = (
    PIPELINE_ADDED, PIPELINE_CHANGED, PIPELINE_RETIRED, PIPELINE_RESUMED, PIPELINE_DELETED, STAGE_ADDED, STAGE_CHANGED,
    STAGE_REMOVED, STAGES_ORDERED,
)  # fmt: skip
# What a company decides about itself.
OF_CONFIGURATION = (ITEM_ADDED, ITEM_CHANGED, LIST_ORDERED, *OF_PIPELINES)
