"""What follows at once when something happens to a lead."""

from typing import Any

from pheu.activities.events import DONE, SCHEDULED
from pheu.leads.models import Lead
from pheu.leads.services import start_working
from pheu.messaging.events import SENT
from pheu.records.models import Category
from pheu.timeline.events import CHANGED, FILE_ADDED, NOTE_ADDED, follows
from pheu.timeline.models import Event


@follows(NOTE_ADDED, FILE_ADDED, CHANGED, SCHEDULED, DONE, SENT)
def touched_leads_are_working(events: list[Event]) -> None:
    """The first act on a lead moves it from New to Working; a field change counts when its owner makes it (D14).

    The events are of one act and one kind; whoever told them holds the leads.
    """
    touched: dict[Any, Event] = {
        event.about_id: event for event in events if event.about and event.about.kind == Lead.kind
    }
    if not touched:
        return
    new = Lead.objects.filter(pk__in=touched, stage__category=Category.NEW).with_stage().with_words()
    told = events[0]
    if told.by is None:  # a letter that went out by itself
        return
    leads = [lead for lead in new if told.kind != CHANGED.code or told.by_id == lead.owner_id]
    start_working(leads, by=told.by, via=told.via, causes=touched)
