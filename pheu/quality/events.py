from django.utils.translation import gettext_lazy as _

from pheu.timeline.events import EventKind

IMPORT_FINISHED = EventKind("import.finished", _("imported %(created)s rows from %(name)s"), "table-import", "jade")
