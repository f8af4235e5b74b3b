"""What follows at once when somebody leaves, or records become one: their work goes on elsewhere."""

from django.utils.translation import gettext_lazy as _

from pheu.activities import events as told
from pheu.activities.inviting import bring_up, bring_up_alone, concerned, people_of
from pheu.activities.models import Activity, Series
from pheu.activities.services import hand_over_work, refresh_next
from pheu.people.models import User
from pheu.quality.events import MERGED
from pheu.quality.merging import merge
from pheu.setup.events import PERSON_LEFT
from pheu.setup.staff import Work
from pheu.timeline.events import ARCHIVED, REDONE, RESTORED, UNDONE, follows
from pheu.timeline.models import Event
from pheu.timeline.reacting import reacts_to

Work(
    _("Activities"), lambda person: Activity.objects.planned().filter(assignee=person).values_list("record", flat=True)
)
Work(
    _("Repeated work"),
    lambda person: Series.objects.filter(assignee=person, is_over=False).values_list("record", flat=True),
)


@follows(PERSON_LEFT)
def work_of_leavers_is_handed_over(events: list[Event]) -> None:
    """Whoever told these events holds the records of the work."""
    for event in events:
        if event.facts["heir"]:
            heir = User.objects.get(pk=event.facts["heir"]["id"])
            hand_over_work(event.facts["item"]["id"], to=heir, by=event.by, via=event.via, cause=event)


@follows(MERGED)
def merged_records_plan_together(events: list[Event]) -> None:
    """Those that went in have nothing to do any more, the one that stays has all of it."""
    went = [one["id"] for event in events for one in event.facts["merged"]]
    refresh_next([*(event.about_id for event in events), *went])


@follows(UNDONE, REDONE)
def records_taken_apart_or_together_plan_for_themselves(events: list[Event]) -> None:
    refresh_next([event.about_id for event in events if event.about_id and event.facts["act"] == merge.__name__])


MAY_CHANGE_GUESTS = (
    told.GUESTS_CHANGED, told.RESCHEDULED, told.CALLED_OFF, told.RESUMED, told.HANDED_OVER, told.SERIES_MOVED,
    told.SERIES_ENDED,
    ARCHIVED, RESTORED, UNDONE, REDONE,
)  # fmt: skip


@reacts_to(*(one.code for one in MAY_CHANGE_GUESTS), among=concerned)
def guests_outside_are_told(event: Event) -> None:
    """R1.30: invitations, new times and what is called off, by mail."""
    if event.about is not None:
        bring_up(event.about, cause=event)
    else:
        bring_up_alone(people_of(event), cause=event)
