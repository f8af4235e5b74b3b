from django.utils.translation import gettext_lazy as _

from pheu.timeline.events import EventKind

JOB_RUN_AGAIN = EventKind("job.run_again", _("had the job %(task)s run again"), "refresh", "blue")
JOB_DROPPED = EventKind("job.dropped", _("dropped the job %(task)s"), "trash", "slate")
