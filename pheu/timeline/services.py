"""Telling what happened, and the acts that every kind shares: create, change, hand out, note, file, follow."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils.text import get_valid_filename
from django.utils.translation import gettext_lazy as _

from pheu.core.errors import Conflict, DomainError
from pheu.people.models import Department, Team, User
from pheu.people.scopes import ASSIGN, CHANGE, VIEW
from pheu.records import kinds
from pheu.records.models import Follower, Record, Row, id_and_name
from pheu.records.writing import create_rows, save_many
from pheu.timeline import events
from pheu.timeline.events import EventKind
from pheu.timeline.models import Event, File, Note

FILE_LIMIT = 25 * 1024 * 1024


def record(
    kind: EventKind, *, about: Record | None, by: User | None, via: str = "page", subject: str = "", **facts: Any
) -> Event:
    """Tell one event; see `record_many`."""
    return record_many(kind, [(about, facts)], by=by, via=via, subject=subject)[0]


def record_many(
    kind: EventKind,
    told: Iterable[tuple[Record | None, dict[str, Any]]],
    *,
    by: User | None,
    via: str = "page",
    subject: str = "",
) -> list[Event]:
    """Insert one event for each (record, facts) and run the followers, all in the act's transaction."""
    rows = [Event(kind=kind.code, about=about, by=by, via=via, subject=subject, facts=facts) for about, facts in told]
    happened = Event.objects.bulk_create(rows, batch_size=1000)
    for follower in events.followers_of(kind.code):
        follower(happened)
    return happened


@transaction.atomic
def create(rows: Sequence[Any], *, by: User, via: str = "page", **facts: Any) -> Sequence[Any]:
    """Put new rows of one kind into the directory and tell each; what the domain's own create act ends with."""
    create_rows(rows, by=by)
    record_many(events.CREATED, [(row.record, {"number": row.record.number, **facts}) for row in rows], by=by, via=via)
    return rows


@transaction.atomic
def change(row: Row, changes: dict[str, tuple[Any, Any]], *, by: User, via: str = "page") -> Row:
    """Change fields of one row: {name: (the value that the person saw, the new one)}.

    A field that somebody else changed meanwhile to something else raises `Conflict` with both values; other fields
    merge. Nothing new is told where nothing changed. Promise 2 of docs/five-ideas.md: no lost update.
    """
    row = type(row).objects.within(by, CHANGE).locked().get_or_refuse(row.pk)
    schema = kinds.get(row.kind).schema
    wanted = []
    for name, (saw, new) in changes.items():
        field = schema[name]
        current = field.value(row)
        if field.fact(current) != field.fact(new):
            wanted.append((field, saw, current, new))
    clashes = [
        {"label": str(field.label), "theirs": field.show(current), "mine": field.show(new)}
        for field, saw, current, new in wanted
        if field.fact(current) != field.fact(saw)
    ]
    if clashes:
        raise Conflict(_("%(name)s was changed by somebody else meanwhile."), clashes=clashes, name=row.title)
    if not wanted:
        return row
    told = [
        {"field": field.name, "label": str(field.label), "was": field.fact(current), "now": field.fact(new)}
        for field, _saw, current, new in wanted
    ]
    for field, _saw, _current, new in wanted:
        field.put(row, new)
    row.save_changed()
    record(
        events.CHANGED, about=row.record, by=by, via=via, fields=", ".join(one["label"] for one in told), changes=told
    )
    return row


@transaction.atomic
def assign(
    rows: Sequence[Any],
    *,
    owner: User | None,
    team: Team | None = None,
    department: Department | None = None,
    by: User,
    via: str = "page",
) -> list[Any]:
    """Hand rows of one kind to a person and team. The department is the person's, else the one given (R0.16, R1.17).

    Set-based in its events; refused as a whole if one of the rows is not in the person's scope to hand out.
    """
    if not rows:
        return []
    locked = type(rows[0]).objects.within(by, ASSIGN).locked().all_or_refuse(rows)
    department = (owner.department if owner else None) or department
    if team is None and owner:
        team = owner.teams.order_by("pk").first()
    moved = [row for row in locked if (row.owner_id, row.team_id) != (owner and owner.pk, team and team.pk)]
    for row in moved:
        row.owner, row.team, row.department = owner, team, department
    save_many(moved, "owner", "team", "department")
    place = ", ".join(str(where) for where in (team, department) if where)
    facts = {
        "owner": id_and_name(owner),
        "team": id_and_name(team),
        "department": id_and_name(department),
        "place": place,
    }
    record_many(events.ASSIGNED, [(row.record, facts) for row in moved], by=by, via=via)
    return locked


def _writable(about: Record, by: User) -> Record:
    row = kinds.get(about.kind).model.objects.within(by, CHANGE).get_or_refuse(about.pk)
    return row.record


@transaction.atomic
def add_note(about: Record, *, body: str, by: User, via: str = "page") -> Note:
    note = Note.objects.create(record=_writable(about, by), body=body, by=by)
    record(events.NOTE_ADDED, about=about, by=by, via=via, note=note.pk)
    return note


@transaction.atomic
def add_file(about: Record, *, upload: UploadedFile, by: User, via: str = "page") -> File:
    """Keep a file with a record, under a name of our own; `FILE_LIMIT` bytes at most."""
    about = _writable(about, by)
    if (upload.size or 0) > FILE_LIMIT:
        raise DomainError(_("The file is larger than 25 MB."))
    name = get_valid_filename(upload.name or "file").replace("_", " ")[:255]
    file = File.objects.create(record=about, content=upload, name=name, size=upload.size or 0, by=by)
    record(events.FILE_ADDED, about=about, by=by, via=via, file=file.pk, name=name)
    return file


@transaction.atomic
def follow(about: Record, *, user: User, by: User, via: str = "page") -> None:
    """`by`, who may see the record, lets `user` read it (and hear of it) from now on."""
    kinds.get(about.kind).model.objects.within(by, VIEW if user == by else CHANGE).get_or_refuse(about.pk)
    _follower, is_new = Follower.objects.get_or_create(record=about, user=user)
    if is_new:
        record(events.FOLLOWED, about=about, by=by, via=via, who=id_and_name(user))


@transaction.atomic
def unfollow(about: Record, *, user: User, by: User, via: str = "page") -> None:
    """Anybody may stop following; taking somebody else off needs the right to change the record."""
    if user != by:
        _writable(about, by)
    gone, _counts = Follower.objects.filter(record=about, user=user).delete()
    if gone:
        record(events.UNFOLLOWED, about=about, by=by, via=via, who=id_and_name(user))


def bring_along(pairs: Sequence[tuple[Record, Record]]) -> None:
    """Give each new record the tags and followers of the old one it continues; the old one keeps its own."""
    for old, new in pairs:
        new.tags.add(*old.tags.all())
        Follower.objects.bulk_create(
            [Follower(record=new, user_id=user) for user in old.followers.values_list("user", flat=True)],
            ignore_conflicts=True,
        )
