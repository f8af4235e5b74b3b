"""What follows at once when somebody leaves: their work goes to whoever takes it over."""

from django.utils.translation import gettext_lazy as _

from pheu.activities.models import Activity
from pheu.activities.services import hand_over_work
from pheu.people.models import User
from pheu.setup.events import PERSON_LEFT
from pheu.setup.staff import Work
from pheu.timeline.events import follows
from pheu.timeline.models import Event

Work(
    _("Activities"), lambda person: Activity.objects.planned().filter(assignee=person).values_list("record", flat=True)
)


@follows(PERSON_LEFT)
def work_of_leavers_is_handed_over(events: list[Event]) -> None:
    """Whoever told these events holds the records of the work."""
    for event in events:
        if event.facts["heir"]:
            heir = User.objects.get(pk=event.facts["heir"]["id"])
            hand_over_work(event.facts["item"]["id"], to=heir, by=event.by, via=event.via, cause=event)
