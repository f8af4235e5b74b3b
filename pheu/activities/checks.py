"""What the gate of a stage may ask of the work on a record."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from pheu.activities.models import Activity
from pheu.records.gates import Check


def _has_done_activity(row: Any) -> bool:
    if row.pk is None:  # a new one, of which nothing is done yet
        return False
    return Activity.objects.done().filter(record__in=row.record.past_ids).exists()


Check("done_activity", _("an activity that is done"), _has_done_activity)
