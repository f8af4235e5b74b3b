"""«Lịch sử»: all changes of one field of a record, and what the record held at a moment."""

from datetime import datetime, timedelta
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from pheu.core.ids import read_id
from pheu.people.models import User
from pheu.people.requests import Request
from pheu.records import kinds
from pheu.records.fields import NO_VALUE, Field
from pheu.records.models import Record
from pheu.records.schema import Schema
from pheu.records.told import is_same
from pheu.timeline.events import CREATED, told_by
from pheu.timeline.forms import moment_form
from pheu.timeline.history import UNKNOWN, Change, changes_in, value_at_first, values_at
from pheu.timeline.models import Event
from pheu.timeline.reading import changes_of, page, tellings


@require_safe
def field_history(request: Request, pk: int) -> HttpResponse:
    """How a field came to hold what it holds, newest first; who may not see the field gets no history of it."""
    kind, row = _visible_row(request, pk)
    schema = kind.schema_for(request.user)
    field = schema.get(request.GET.get("field", ""))
    if field is None or not field.has_history:
        raise Http404
    told = tellings(row.pk, field.name).select_related("by", "about", "operation")
    events, older = page(told, read_id(request.GET.get("below")))
    context = {
        "record": row.record,
        "field": field,
        "lines": [_line(event, field, request.user) for event in events],
        "older": older,
        "first": None if older else _first(schema, row, field, events),
    }
    template = "timeline/history.html" + ("#lines" if "below" in request.GET and request.htmx else "")
    return render(request, template, context)


def _visible_row(request: Request, pk: int) -> tuple[kinds.Kind, Any]:
    """The row of any visible record, with what its fields refer to."""
    record = get_object_or_404(Record.objects.visible_to(request.user), pk=pk)
    kind = kinds.get(record.kind)
    rows = kind.model.objects.visible_to(request.user).with_facts()
    return kind, get_object_or_404(rows, pk=pk)


def _line(event: Event, field: Field, reader: User) -> dict[str, Any]:
    """One event with what it made of the field: [(was, now)], of a value that came beside it without the first."""
    kind = told_by(event)
    return {
        "event": event,
        "sentence": kind.say(event, reader),
        "icon": kind.icon,
        "tone": kind.tone,
        "pairs": [
            (field.show_json(one.was), field.show_json(one.now), one.is_beside)
            for one in changes_in(event.at, event.facts)
            if one.field == field.name
        ],
    }


def _first(schema: Schema, row: Any, field: Field, oldest: list[Event]) -> dict[str, Any]:
    """With what the field began, and the event that tells of the record's making, if one does."""
    changes = [one for event in oldest for one in changes_in(event.at, event.facts) if one.field == field.name]
    began = value_at_first(schema.told_of(row, field.name)[field.name], changes)
    told = Event.objects.filter(about=row.pk, kind=CREATED.code).select_related("by", "operation")
    made = told.order_by("pk").first()
    return {"value": field.show_json(began), "event": made, "at": made.at if made else row.created_at}


@require_safe
def record_past(request: Request, pk: int) -> HttpResponse:
    """«Giá trị vào ngày…»: every field that the person may see as it was `?at=` a moment, beside what it holds now."""
    kind, row = _visible_row(request, pk)
    form = moment_form(request.GET.get("at"))
    moment = form.moment
    context = {"record": row.record, "form": form, "moment": moment, "made_at": row.created_at}
    if moment is not None and moment >= row.created_at:
        context |= _past_of(kind.schema_for(request.user), row, moment)
    elif row.record.continues_id is not None:
        mine = Record.objects.visible_to(request.user)
        context["continues"] = mine.filter(pk=row.record.continues_id).first()
    return render(request, "timeline/past.html", context)


def _past_of(schema: Schema, row: Any, moment: datetime) -> dict[str, Any]:
    """The fields group by group as they were, how many differ, and the moments of the changes around."""
    present, changes = schema.told_of(row), changes_of(row.pk)
    then = values_at(moment, present, changes)
    lines = {field.name: _then_and_now(field, then[field.name], present[field.name]) for field in schema.historic()}
    empty = [name for name, line in lines.items() if line["is_empty"]]
    folded = [lines.pop(name) for name in empty]
    groups = [(one.label, [lines.pop(each.name) for each in one.fields if each.name in lines]) for one in schema.groups]
    return {
        "groups": [("", list(lines.values())), *groups],  # first what stands in no group: the stage
        "empty": folded,
        "differing": sum(1 for name, told in then.items() if told is UNKNOWN or not is_same(told, present[name])),
        **_around(moment, row, [one for one in changes if one.field in present]),
    }


def _then_and_now(field: Field, then: Any, now: Any) -> dict[str, Any]:
    is_known = then is not UNKNOWN
    return {
        "field": field,
        "is_known": is_known,
        "then": field.show_json(then) if is_known else "",
        "now": field.show_json(now),
        "differs": not is_known or not is_same(then, now),
        "is_empty": is_known and then in NO_VALUE and now in NO_VALUE,
    }


def _around(moment: datetime, row: Any, newest_first: list[Change]) -> dict[str, datetime | None]:
    """The moments just before the last change until then, and of the next one after."""
    moments = [one.at for one in newest_first]
    before = next((at for at in moments if at <= moment), None)
    return {
        "earlier": before and max(before - timedelta(microseconds=1), row.created_at),
        "later": next((at for at in reversed(moments) if at > moment), None),
    }
