"""The composer with the timeline in the middle of a record page, and its files at the side."""

from collections.abc import Iterator
from itertools import groupby
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from pheu.core.ids import read_id
from pheu.core.registries import (
    Button,
    Panel,
    Registry,
    bulk,
    centre_panels,
    head_panels,
    more,
    side_panels,
    toolbar,
)
from pheu.people.models import User
from pheu.people.requests import Request
from pheu.people.scopes import ARCHIVE
from pheu.records.models import Record
from pheu.timeline.asking import asks_still
from pheu.timeline.events import FILE_ADDED, NOTE_ADDED, changes_of, conflicts_of, enclosed_in, told_by, values_of
from pheu.timeline.forms import NoteForm
from pheu.timeline.models import Contribution, Event
from pheu.timeline.previews import PROGRAMS
from pheu.timeline.reading import cut, events_of, files_of, followers_of, newest_events, page
from pheu.timeline.services import FILE_LIMIT
from pheu.timeline.undo import redo_address, undo_address

# What apps above add to the composer: functions of (request, row, may) that give a Panel with a `tab` in its context.
composer_tabs = Registry()


def timeline_context(request: Request, record: Record) -> dict[str, Any]:
    """One page of the timeline by days, newest first, below `?below=<event id>`."""
    below = read_id(request.GET.get("below"))
    first = below is None
    shown, older = cut(newest_events(record.past_ids)) if first else page(events_of(record.past_ids), below)
    return {"record": record, "days": list(_by_day(shown, request.user)), "older": older}


def _by_day(events: list[Event], reader: User) -> Iterator[tuple[Any, list[dict[str, Any]]]]:
    boxes = enclosed_in(events, reader)
    for day, of_day in groupby(events, key=lambda event: timezone.localtime(event.at).date()):
        yield day, [{"event": event, "enclosed": boxes[event.pk], **_told(event, reader)} for event in of_day]


def _told(event: Event, reader: User) -> dict[str, Any]:
    kind = told_by(event)
    return {
        "sentence": kind.say(event, reader),
        "icon": kind.icon,
        "tone": kind.tone,
        "changes": [
            {"label": field.label, "was": field.show_json(was), "now": field.show_json(now)}
            for field, was, now in changes_of(event, reader)
        ],
        "values": [(field.label, field.show_json(value)) for field, value in values_of(event, reader)],
        "conflicts": [
            (field, field.show_json(was), field.show_json(now)) for field, was, now in conflicts_of(event, reader)
        ],
        "undo": undo_address(event, reader),
        "redo": redo_address(event, reader),
        "asker": asks_still(event, reader),
        "mine": _is_mine_to_change(event, reader),
    }


def _is_mine_to_change(event: Any, reader: User) -> bool:
    if event.kind not in (NOTE_ADDED.code, FILE_ADDED.code) or event.by_id != reader.pk or event.now is None:
        return False
    return not event.now["withdrawn"] and timezone.now() - event.at < Contribution.CORRECTED_WITHIN


@centre_panels.add("*", order=10)
def composer_and_timeline(request: Request, row: Any, may: set[str]) -> Panel:
    context = timeline_context(request, row.record) | {
        "row": row,
        "may": may,
        "note_form": NoteForm(auto_id="note_%s", about=row.record),
        "tabs": [function(request, row, may) for function in composer_tabs.of(row.kind)] if "change" in may else [],
    }
    return Panel("timeline/_panel.html", context)


@side_panels.add("*", order=90)
def files(request: Request, row: Any, may: set[str]) -> Panel:
    return Panel(
        "timeline/_files_panel.html",
        {
            "files": files_of(row.record.past_ids),
            "row": row,
            "may": may,
            "most": FILE_LIMIT,
            "refused": " ".join(sorted(PROGRAMS)),
        },
    )


def _followers(row: Any) -> list[User]:
    """Asked once for the panel and the menu of a page."""
    if "loaded_followers" not in row.__dict__:
        row.loaded_followers = followers_of(row.pk)
    return row.loaded_followers


@more.add("*", order=10)
def following(row: Any, user: User) -> list[Button]:
    url = reverse("following", args=[row.pk])
    if user in _followers(row):
        return [Button(_("Stop following"), f"{url}?stop=1", "eye-off", posts=True)]
    return [Button(_("Follow"), url, "eye", posts=True)]


@bulk.add("*", order=90)
def archive_ticked(kind: str, user: User) -> list[Button]:
    if not user.may(kind, ARCHIVE):
        return []
    return [Button(_("Archive records"), reverse(f"{kind}-archiving"), "archive", posts=True)]


@more.add("*", order=20)
def past(row: Any, user: User) -> list[Button]:
    return [Button(_("Values on a date…"), reverse("record-past", args=[row.pk]), "history")]


@more.add("*", order=90)
def archive_one(row: Any, user: User) -> list[Button]:
    """As far as the page asked for that right (`records.access.with_abilities`)."""
    if not getattr(row, f"may_{ARCHIVE}", False):
        return []
    return [Button(_("Archive this record"), f"{reverse(f'{row.kind}-archiving')}?ids={row.pk}", "archive", posts=True)]


@toolbar.add("*", order=10)
def bring_back(row: Any, may: set[str]) -> list[Button]:
    if "restore" not in may:
        return []
    url = f"{reverse('bin-restoring')}?page=1&ids={row.pk}"
    return [Button(_("Restore"), url, "arrow-back-up", "primary", posts=True)]


@head_panels.add("*", order=90)
def archived(request: Request, row: Any, may: set[str]) -> Panel | None:
    return Panel("timeline/_archived.html", {"record": row.record}) if row.record.is_archived else None


@side_panels.add("*", order=95)
def followers(request: Request, row: Any, may: set[str]) -> Panel:
    people = _followers(row)
    return Panel(
        "timeline/_followers_panel.html",
        {"people": people, "row": row, "is_following": request.user in people, "title": _("Followers")},
    )
