"""What is written by itself after something has happened."""

from functools import partial

from pheu.messaging.by_itself import Moment, goes_out, send_first
from pheu.records.models import Record
from pheu.timeline.models import Event
from pheu.timeline.reacting import reacts_to


@reacts_to("record.created", of="lead", wanted=partial(goes_out, Moment.NEW_LEAD))
def introduce_us(event: Event) -> None:
    """R0.32: once to each new lead."""
    if event.about is not None and event.by is not None:
        send_first(event.about, Moment.NEW_LEAD, by=event.by, via="automation", cause=event)


@reacts_to("lead.converted", wanted=partial(goes_out, Moment.CONVERTED))
def confirm_what_was_said(event: Event) -> None:
    """R0.37-0.38: to the customer, with a copy to whom the deal was handed."""
    deal = Record.objects.filter(pk=event.facts["deal"]["id"]).first()
    if deal is not None and event.by is not None:
        send_first(deal, Moment.CONVERTED, by=event.by, via="automation", cause=event)
