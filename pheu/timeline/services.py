"""Telling what happened, and the acts that every kind shares: create, change, hand out, note, file, follow."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache, reduce
from operator import or_
from typing import Any, TypeVar, cast

from django.core.exceptions import SuspiciousFileOperation
from django.core.files.uploadedfile import UploadedFile
from django.db.models import Q
from django.utils import timezone
from django.utils.text import get_valid_filename
from django.utils.translation import gettext_lazy as _

from pheu.core import bulk
from pheu.core.errors import Conflict, DomainError, Invalid, Refused
from pheu.people.models import Department, Team, User
from pheu.people.scopes import ASSIGN, CHANGE, CREATE, VIEW, may_take
from pheu.records import gates, kinds, writing
from pheu.records.acts import act, current
from pheu.records.alike import must_be_let_in
from pheu.records.fields import Field, OwnFile, Pick, RowPick
from pheu.records.kinds import Kind
from pheu.records.locking import hold, must_hold
from pheu.records.models import Follower, Pipeline, Record, RecordTag, Row, Stage, Staged, id_and_name
from pheu.records.ownership import must_reach, must_serve, place_with_owner, team_of
from pheu.records.queries import Future
from pheu.records.schema import offered
from pheu.records.told import differing
from pheu.timeline import events, reacting
from pheu.timeline.events import Author, EventKind, Outsider
from pheu.timeline.mentions import mentioned
from pheu.timeline.models import Contribution, Event, File, Note
from pheu.timeline.previews import is_program, media_type_of

FILE_LIMIT = 25 * 1024 * 1024
NOTE_LIMIT = 20_000
PLACE = ("owner", "team", "department")
RULE = "rule"  # through what an event of the system came
Theirs = TypeVar("Theirs", bound=Contribution)


# Telling --------------------------------------------------------------------------------------------------------------


def record(
    kind: EventKind,
    *,
    about: Record | None,
    by: Author,
    via: str = "page",
    subject: str = "",
    cause: Event | None = None,
    since: datetime | None = None,
    **facts: Any,
) -> Event:
    """Tell one event; see `record_many`."""
    return record_many(kind, [(about, facts)], by=by, via=via, subject=subject, cause=cause, since=since)[0]


def record_many(
    kind: EventKind,
    told: Iterable[tuple[Record | None, dict[str, Any]]],
    *,
    by: Author,
    via: str = "page",
    subject: str = "",
    cause: Event | Mapping[int, Event] | None = None,
    since: datetime | Mapping[int, datetime] | None = None,
) -> list[Event]:
    """Insert one event for each (record, facts) and run the followers, all in the act's transaction.

    `by` is a person, an `Outsider`, or None: the system. `cause` is the event that made this happen, if one did;
    `since` is when began what this ends; both for several records by their ids.
    """
    told = list(told)
    if not told:
        return []
    who = _author(by) | {"kind": kind.code, "via": via, "subject": subject, "operation_id": current().operation}
    who["at"] = timezone.now()
    rows = [
        Event.fresh(
            about=about, facts=facts, since=_of(since, about), cause=(why := _of(cause, about)) and why.pk, **who
        )
        for about, facts in told
    ]
    bulk.insert(rows)
    for follower in events.followers_of(kind.code):
        follower(rows)
    reacting.ask_for(rows)
    return rows


def _of(one_or_many: Any, about: Record | None) -> Any:
    """What was given for this record, or for all of them."""
    return one_or_many.get(about.pk) if isinstance(one_or_many, Mapping) and about is not None else one_or_many


def _author(by: Author) -> dict[str, Any]:
    match by:
        case None:
            return {"author": Event.Author.SYSTEM}
        case Outsider():
            return {"author": Event.Author.OUTSIDER, "outsider": by.name[:300], "outsider_record": by.record}
    return {"author": Event.Author.PERSON, "by": by}


# Create and change ----------------------------------------------------------------------------------------------------


def create(kind: str, values: Mapping[str, Any], *, by: User, via: str = "page", **facts: Any) -> Any:
    """Make one row of `values` by field name of the schema."""
    return create_many(kind, [values], by=by, via=via, **facts)[0]


@act
def create_many(
    kind: str,
    many: Sequence[Mapping[str, Any]],
    *,
    begins_in: Stage | None = None,
    by: User,
    via: str = "page",
    **facts: Any,
) -> Sequence[Any]:
    """Make rows of one kind: the schema checks the values, and each row must be one that `by` may create.

    They begin in the first stage of the usual pipeline, or in an open one that is named.
    """
    by.must(kind, CREATE)
    schema = kinds.get(kind).schema_for(by)
    checked = schema.check(many, by=by, new=True)
    rows = [schema.new_row(values) for values in checked]
    place_with_owner(rows, by=by)
    must_reach(rows, by=by)
    if begins_in is not None:
        begin_in(rows, begins_in, by=by)
    must_be_let_in(rows, by=by, via=via)
    put(rows, by=by, via=via, **facts)
    with_files = [row for row, values in zip(rows, checked, strict=True) if _keep_uploads(schema, row, values, by)]
    writing.save_many(with_files, "own")
    return rows


def begin_in(rows: Sequence[Any], stage: Stage, *, by: User) -> None:
    """Let unsaved rows begin in an open stage, if `by` may put records there and they have what it asks for."""
    if stage != stage.pipeline.first_stage:  # where whoever may make records makes them
        gates.must_let_in(by, stage)
    for row in rows:
        row.begin_in(stage)
        gates.must_pass(row, stage, by=by)


@act
def put(rows: Sequence[Any], *, by: User, via: str = "page", **facts: Any) -> Sequence[Any]:
    """Put unsaved rows of one kind into the directory and tell each, without asking for the right to create.

    For acts that make rows with the rights of what they do: whoever may convert a lead gets its customer with it.
    """
    if not rows:
        return rows
    kind = kinds.get(rows[0].kind)
    _hold_picked(rows, kind)
    place_with_owner(rows, by=by)
    schema = kind.schema
    for row in rows:
        schema.follow(row, schema.begun_with(row))
    new = [row for row in rows if isinstance(row, Staged) and row.stage_id is None]
    pipeline = Pipeline.objects.default(kind.code) if new else None
    for row in new:
        row.begin(pipeline)
    for stage in {row.stage for row in rows if isinstance(row, Staged)}:
        Stage.objects.hold_still(stage)
    if not all(map(schema.title_of, rows)):
        names = " / ".join(str(schema[name].label) for name in schema.title)
        raise DomainError(_("Fill in one of these: %(fields)s."), fields=names)
    writing.begin_rows(rows, by=by)
    handed = _moved([one for to_whom in _of_new for one in to_whom(rows)])
    for row, _facts in handed:
        row.place_record().comes_by_rule = True
    writing.create_rows(rows)
    _write_tags(rows)
    told = [(row.record, {"number": row.record.number, **facts}) for row in rows]
    made: dict[Any, Event] = {event.about_id: event for event in record_many(events.CREATED, told, by=by, via=via)}
    record_many(events.ASSIGNED, [(row.record, why) for row, why in handed], by=None, via=RULE, cause=made)
    return rows


def _hold_picked(rows: Sequence[Any], kind: Kind) -> None:
    """Hold what the rows pick, and take it as it is now: a rename or a merging waits for us, or we for it."""
    picks = [one for one in kind.schema if isinstance(one, RowPick)]
    picked = {one: {row_id for row in rows if (row_id := one.picked_id(row))} for one in picks}
    ids = set().union(*picked.values())
    if not ids <= current().held:
        hold(*ids)
        for one, wanted in picked.items():
            fresh = _as_now(one, wanted) if wanted else {}
            for row in rows:
                if (row_id := one.picked_id(row)) in fresh:
                    one.put(row, fresh[row_id])


def _as_now(one: RowPick, ids: Iterable[int]) -> dict[int, Any]:
    """{id: the held row of that id, or the one that it was merged into}."""
    rows = kinds.get(one.kind).model.objects.select_related("record")
    found = rows.in_bulk(ids)
    for pk, row in found.items():
        if row.record.state == Record.State.MERGED:
            found[pk] = rows.get(pk=row.record.survivor.pk)
    return found


def _take_fresh(schema: Any, values: dict[str, Any]) -> None:
    """Take held rows that are picked as they are now: who renamed one came before us."""
    for name, value in values.items():
        one = schema.get(name)
        if isinstance(one, RowPick) and value is not None:
            values[name] = _as_now(one, [value.pk])[value.pk]


def _write_tags(rows: Iterable[Any]) -> None:
    """Give Records the tags that were put into their rows: three statements for any number of them."""
    changed = [one for one in rows if one.__dict__.get("tags_put") is not None]
    if not changed:
        return
    wanted = {(row.pk, tag.pk) for row in changed for tag in row.__dict__.pop("tags_put")}
    standing = RecordTag.objects.filter(record__in=[row.pk for row in changed])
    there = {(record, tag): pk for pk, record, tag in standing.values_list("pk", "record", "tag")}
    writing.make([RecordTag(record_id=record, tag_id=tag) for record, tag in sorted(wanted - set(there))])
    gone = [pk for pair, pk in there.items() if pair not in wanted]
    if gone:
        writing.remove(RecordTag.objects.filter(pk__in=gone))
    for row in changed:
        row.record._prefetched_objects_cache = {}
        row.record.__dict__.pop("loaded_tags", None)


@act
def change(row: Row, changes: Mapping[str, tuple[Any, Any]], *, by: User, via: str = "page") -> Any:
    """Change fields of one row: {name: (the value that the person saw, the new one)}.

    The schema checks the new values, whoever calls. A field that somebody else changed meanwhile to something else
    raises `Conflict` with both values; other fields merge. Nothing new is told where nothing changed (promise 2).
    """
    kind = kinds.get(row.kind)
    schema = kind.schema_for(by, getattr(row, "pipeline_id", None))
    schema.must_write(changes, new=False)
    named = _named_after(row, schema.names_others(changes))
    hold(row.pk, *named, *_picked_ids(schema, changes))
    row = type(row).objects.within(by, CHANGE).with_words().get_or_refuse(row.pk)
    checked = schema.check([{name: new for name, (_saw, new) in changes.items()}], by=by, new=False, rows=[row])[0]
    _take_fresh(schema, checked)
    wanted = _wanted(schema, row, changes, checked, by)
    if not wanted:
        return row
    wanted = [(field, held, _as_kept(field, row, new, by)) for field, held, new in wanted]
    told = [_put(field, row, current, new) for field, current, new in wanted]
    told += _followed(row, {field.name: current for field, current, _new in wanted})
    must_be_let_in([row], was=[row.record.keys or ()], by=by, via=via)
    if not row.title:
        raise Invalid(
            {wanted[0][0].name: [str(_("This field is required."))]}, {wanted[0][0].name: str(wanted[0][0].label)}
        )
    writing.save_changed(row)
    _write_tags([row])
    _refresh_named(row, named)
    record(events.CHANGED, about=row.record, by=by, via=via, changes=told)
    return row


@act
def rearrange(row: Row, changes: Mapping[str, tuple[Any, Any]], *, by: User, via: str = "page") -> Any:
    """`change` by a card that was put elsewhere on a board: one press of a button takes it back."""
    current().about = row.pk
    return kinds.get(row.kind).change(row, changes, by=by, via=via)


def _keep_uploads(schema: Any, row: Row, values: Mapping[str, Any], by: User) -> bool:
    """Keep the files that came with a new row, now that there is a record for them; whether there were any."""
    uploads = [one for name in values if isinstance(one := schema.get(name), OwnFile) and values[name] is not None]
    for field in uploads:
        field.put(row, _as_kept(field, row, values[field.name], by))
    return bool(uploads)


def _as_kept(field: Field, row: Row, value: Any, by: User) -> Any:
    """A new value as the row names it: an upload is a file of its record by then. Nobody names another's file.

    What is told of the row tells of the file too.
    """
    if not isinstance(field, OwnFile) or value is None:
        return value
    if not isinstance(value, UploadedFile):
        raise Invalid({field.name: [str(_("This cannot be chosen."))]}, {field.name: str(field.label)})
    return _keep_file(row.record, value, by=by)


@act
def change_each(
    rows: Sequence[Any], many: Sequence[Mapping[str, Any]], *, by: User, via: str = "page", **facts: Any
) -> list[Any]:
    """Give rows of one kind, none of them twice, values of their own: [{field: new value}] in the same order.

    Further phones (`companions`) go along with theirs. All of them or none; what a row has already is left alone.
    Set-based.
    """
    if not rows:
        return []
    kind = kinds.get(rows[0].kind)
    schema, wanted = kind.schema_for(by), {row.pk: values for row, values in zip(rows, many, strict=True)}
    named = {row.pk: _named_after(row, schema.names_others(wanted[row.pk])) for row in rows}
    picked = [one.pk for values in many for one in values.values() if isinstance(one, Row)]
    hold(*wanted, *picked, *(pk for ids in named.values() for pk in ids))
    fields = schema.fields_of({name for values in many for name in values})
    held = type(rows[0]).objects.within(by, CHANGE).with_values_of(*fields).all_or_refuse(rows)
    checked = schema.check([wanted[row.pk] for row in held], by=by, new=False, rows=held)
    changed, told = [], []
    for row, values in zip(held, checked, strict=True):
        _take_fresh(schema, values)
        if changes := _given(schema, row, values):
            changed.append(row)
            told.append((row.record, {"changes": changes, **facts}))
    must_be_let_in(changed, was=[row.record.keys or () for row in changed], by=by, via=via)
    writing.save_many(changed)
    _write_tags(changed)
    for row in changed:
        _refresh_named(row, named[row.pk])
    record_many(events.CHANGED, told, by=by, via=via)
    return held


def _put(field: Field, row: Row, was: Any, new: Any) -> dict[str, Any]:
    """Put a value into a row, and tell it by what the row made of it: an emptied one may follow something else."""
    field.put(row, new)
    return {"field": field.name, "was": field.to_json(was), "now": field.to_json(field.value(row))}


def _given(schema: Any, row: Row, values: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Put values into a held row; what changed with that, further numbers one by one as told `beside` the first."""
    changes, before = [], {}
    for name, new in values.items():
        field = schema.get(name)
        if field is None:
            [field] = schema.fields_of([name])
            there = field.with_companions(row)
            setattr(row, name, new)
            more = [one for one in new if one not in there]
            nothing = field.to_json(field.empty)
            changes += [{"field": field.name, "was": nothing, "now": one, "beside": True} for one in more]
        elif field.identity(was := field.value(row)) != field.identity(new):
            before[name] = was
            changes.append(_put(field, row, was, new))
    return changes + _followed(row, before)


def _followed(row: Row, before: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Let what follows from fields that have changed follow them; told in the same way."""
    return [
        {"field": one.name, "was": one.to_json(held), "now": one.to_json(one.value(row))}
        for one, held in kinds.get(row.kind).schema.follow(row, before)
    ]


SET, ADD, TAKE = "set", "add", "take"


@act
def change_many(
    rows: Sequence[Any], name: str, value: Any, *, how: str = SET, by: User, via: str = "page"
) -> list[Any]:
    """Give one field of rows of one kind the same value; to what holds several, `ADD` some or `TAKE` some away.

    All of them or none; a row that has it already is left alone. What names a row, and what no two rows share, is
    changed in each by itself. Set-based.
    """
    if not rows:
        return []
    kind = kinds.get(rows[0].kind)
    field = _in_many(kind.schema_for(by), name, how)
    hold(*(row.pk for row in rows), *_picked_ids(kind.schema, {name: (None, value)}))
    held = type(rows[0]).objects.within(by, CHANGE).with_values_of(field).all_or_refuse(rows)
    wanted = [{name: _joined(field, field.value(row), value, how)} for row in held]
    checked = kind.schema_for(by).check(wanted, by=by, new=False, rows=held)
    _take_fresh(kind.schema, checked[0])  # the same row for all of them
    fresh = checked[0][name]
    told = []
    for row, values in zip(held, checked, strict=True):
        was, now = field.value(row), fresh if how == SET else values[name]
        if field.identity(was) != field.identity(now):
            changes = [_put(field, row, was, now)]
            told.append((row, {"changes": changes + _followed(row, {name: was})}))
    changed = [row for row, _facts in told]
    must_be_let_in(changed, was=[row.record.keys or () for row in changed], by=by, via=via)
    writing.save_many(changed)
    _write_tags(changed)
    record_many(events.CHANGED, [(row.record, facts) for row, facts in told], by=by, via=via)
    return held


def _in_many(schema: Any, name: str, how: str) -> Field:
    """The field, if many rows may have the same in it."""
    schema.must_write([name], new=False)
    field = schema[name]
    if not schema.can_be_alike(field) or (how != SET and not field.holds_several):
        raise DomainError(_("The field “%(field)s” is changed in each record by itself."), field=field.label)
    return field


def _joined(field: Field, held: Any, value: Any, how: str) -> Any:
    """What a row has after some values were added, or taken away."""
    if how == SET:
        return value
    there = list(held or ())
    if how == ADD:
        return [*there, *(one for one in value or () if one not in there)]
    return [one for one in there if one not in (value or ())]


def _wanted(
    schema: Any, row: Row, changes: Mapping[str, tuple[Any, Any]], checked: Mapping[str, Any], by: User
) -> list[tuple[Field, Any, Any]]:
    """(field, current, new) of what really changes; `Conflict` where somebody else changed the same meanwhile."""
    wanted, clashes = [], []
    for name, (saw, _new) in changes.items():
        field, new = schema[name], checked[name]
        held = field.value(row)
        if field.identity(held) == field.identity(new):
            continue
        wanted.append((field, held, new))
        if field.identity(held) != field.identity(saw):
            clashes.append({"label": str(field.label), "theirs": field.show(held), "mine": field.show(new)})
    if clashes:
        raise Conflict(_changed_meanwhile(row, by), clashes=clashes, name=row.title)
    return wanted


def _changed_meanwhile(row: Row, by: User) -> Any:
    """Somebody else did it, or the same person on another page."""
    last = row.record.events.filter(kind=events.CHANGED.code).order_by("-pk").first()
    if last is not None and last.by_id == by.pk:
        return _("You have changed %(name)s on another page meanwhile.")
    return _("%(name)s was changed by somebody else meanwhile.")


def _picked_ids(schema: Any, changes: Mapping[str, tuple[Any, Any]]) -> list[int]:
    """Records that a change lets go of or newly picks."""
    picks = [pair for name, pair in changes.items() if isinstance(schema[name], RowPick)]
    return [row.pk for pair in picks for row in pair if isinstance(row, Row)]


def _named_after(row: Row, is_renamed: bool) -> set[int]:
    """Ids of the rows of every kind that are found by this one's words, if those are about to change."""
    if not is_renamed:
        return set()
    picking = [kind.model.objects.filter(**{name: row.pk}) for kind, name in kinds.which_pick(row.kind)]
    return {pk for rows in picking for pk in rows.values_list("pk", flat=True)}


def _refresh_named(row: Row, named: set[int]) -> None:
    """Bring the words of `named` rows up to date; whoever began to pick the row meanwhile waits for us."""
    must_hold(*_named_after(row, bool(named)))
    for kind in {kind.code: kind for kind, _name in kinds.which_pick(row.kind)}.values():
        writing.refresh_words(kind.model.objects.filter(pk__in=named).with_words())


# Handing out ----------------------------------------------------------------------------------------------------------


@act
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

    Without person, team and department the rows are nobody's and stay where they stand. Set-based; refused as a whole
    if one of the rows is not in the person's scope to hand out, or if the new owner may not work such rows.
    """
    if not rows:
        return []
    hold(*(row.pk for row in rows))
    held = type(rows[0]).objects.within(by, ASSIGN).with_words().all_or_refuse(rows)
    may_work(owner, rows[0].kind)
    must_serve(team, rows[0].kind, held)
    department = (owner.department if owner else None) or department
    give(held, events.ASSIGNED, owner, team, department, by=by, via=via)
    return held


@act
def take(row: Any, *, by: User, via: str = "page") -> Any:
    """Take on a row that nobody has yet, without the right to hand out (`scopes.may_take`); it stays in its team.

    Of two who press at once the first has it, the second is told who. Taking what one has is harmless.
    """
    by.must(row.kind, CHANGE)
    hold(row.pk)
    row = type(row).objects.within(by, VIEW).live().with_words().get_or_refuse(row.pk)
    if row.owner_id not in (None, by.pk):
        raise Refused(_("%(owner)s has taken this already."), owner=row.owner)
    if row.owner_id is None:
        if not may_take(by, row):
            raise Refused
        give([row], events.TAKEN, by, row.team, by.department or row.department, by=by, via=via)
    return row


@dataclass(frozen=True)
class Handing:
    """To whom one row goes; `facts` say why, where that is not plain.

    Without team it comes to one of the owner's. With nobody, no team and no department it stays where it stands.
    """

    owner: User | None
    team: Team | None = None
    department: Department | None = None
    facts: Mapping[str, Any] | None = None


def give(
    held: Sequence[Any],
    told_as: EventKind,
    owner: User | None,
    team: Team | None,
    department: Department | None,
    *,
    by: User,
    via: str,
) -> None:
    """Let held rows be with a person and team, and tell those that were not."""
    handing = Handing(owner, team, department)
    give_each([(row, handing) for row in held], told_as, by=by, via=via)


def give_each(
    handings: Sequence[tuple[Any, Handing]],
    told_as: EventKind,
    *,
    by: Author,
    via: str,
    cause: Mapping[int, Event] | None = None,
) -> None:
    """The same where held rows of one kind go to different people, with as many statements."""
    moved = _moved(handings)
    writing.place_many([row for row, _facts in moved], *PLACE)
    record_many(told_as, [(row.record, facts) for row, facts in moved], by=by, via=via, cause=cause)


# To whom new rows of one kind go, before they are written; what is left out stays where it was made. Rules that say so
# stand above.
OfNew = Callable[[Sequence[Any]], Iterable[tuple[Any, Handing]]]
_of_new: list[OfNew] = []


def hands_out_new(function: OfNew) -> OfNew:
    """Let a function say to whom rows go as they are made, which is then told as done by a rule."""
    _of_new.append(function)
    return function


def _moved(handings: Sequence[tuple[Any, Handing]]) -> list[tuple[Any, dict[str, Any]]]:
    """Put rows where they go, not saved: those that were not there already, with the facts of it."""
    first_team = cache(team_of)
    moved, before = [], _places_of([row for row, _to in handings])
    facts_of: dict[Any, dict[str, Any]] = {}  # few people get many rows
    for row, to in handings:
        team = first_team(to.owner, row.kind) if to.team is None and to.owner else to.team
        place = {"team_id": team and team.pk, "department_id": to.department and to.department.pk}
        goes = [one for one in (to.owner, team, to.department) if one]
        was, wanted = _place_of(row), {"owner_id": to.owner and to.owner.pk} | (place if goes else {})
        if was | wanted == was:
            continue
        for name, pk in wanted.items():
            setattr(row, name, pk)
        same = (*was.values(), *wanted.values())
        if same not in facts_of:
            named = {"owner": id_and_name(to.owner), "to": [id_and_name(one) for one in goes]}
            now = {"owner": to.owner} | ({"team": team, "department": to.department} if goes else {})
            changes = differing(before[row.pk], {name: id_and_name(one) for name, one in now.items()})
            there = {"team_id": row.team_id, "department_id": row.department_id, "was": was, "changes": changes}
            facts_of[same] = named | there
        moved.append((row, facts_of[same] | dict(to.facts or {})))
    return moved


def _places_of(rows: Sequence[Any]) -> dict[int, dict[str, Any]]:
    """{id: {field: whose the row is and where it stands, as events keep it}}, in one statement for all of them."""
    tables: dict[Field, Any] = {}
    for name in PLACE if rows else ():
        field = cast(Pick, kinds.get(rows[0].kind).schema[name])
        tables[field] = field.model._default_manager.filter(pk__in={getattr(row, f"{name}_id") for row in rows})
    names = {field.name: dict(found) for field, found in offered(tables).items()}
    return {row.pk: {name: _named(names[name], getattr(row, f"{name}_id")) for name in PLACE} for row in rows}


def _named(names: Mapping[Any, str], pk: int | None) -> dict[str, Any] | None:
    return None if pk is None else {"id": pk, "name": names[pk]}


def _place_of(row: Any) -> dict[str, Any]:
    return {"owner_id": row.owner_id, "team_id": row.team_id, "department_id": row.department_id}


def may_work(owner: User | None, kind: str) -> None:
    """`DomainError` for somebody to whom rows of this kind cannot be given."""
    if owner is not None and not User.objects.who_may(kind, CHANGE).filter(pk=owner.pk).exists():
        raise DomainError(_("%(name)s may not work on these records."), name=owner)


# Notes, files, followers ------------------------------------------------------------------------------------------


def writable(about: Record, by: User) -> Record:
    """The Record, held, if `by` may change its row."""
    hold(about.pk)
    return (
        kinds.get(about.kind).model.objects.within(by, CHANGE).select_related("record").get_or_refuse(about.pk).record
    )


@act
def add_note(about: Record, *, body: str, by: User, via: str = "page") -> Note:
    about = writable(about, by)
    _check_note(body)
    return put_notes([(about, body)], by=by, via=via)[0]


@act
def put_notes(told: Sequence[tuple[Record, str]], *, by: User, via: str = "page") -> Sequence[Note]:
    """Write notes on held records without asking for the right to: for acts that bring the records themselves."""
    notes = [Note(record=about, body=body, by=by, mentions=mentioned(body, about)) for about, body in told]
    writing.make(notes)
    facts = [(note.record, {"note": note.pk, **_naming(note.mentions)}) for note in notes]
    record_many(events.NOTE_ADDED, facts, by=by, via=via)
    return notes


def _check_note(body: str) -> None:
    if not body.strip() or len(body) > NOTE_LIMIT:
        raise DomainError(_("A note has between 1 and %(most)s characters."), most=NOTE_LIMIT)


def _naming(mentions: list[dict[str, Any]]) -> dict[str, Any]:
    """Whom a note names, as facts of its event: whoever tells them of it reads it there."""
    return {"mentions": mentions} if mentions else {}


@act
def edit_note(note: Note, *, body: str, saw: str, by: User, via: str = "page") -> Note:
    """Let a note of `by` read otherwise; its event keeps what it said before.

    `saw` is what the person read: who edited it in another tab meanwhile sees both.
    """
    note = _own(note, by)
    _must_be_correctable(note)
    _check_note(body)
    if body == note.body:
        return note
    if note.body != saw:
        clash = {"label": str(_("Note")), "theirs": note.body, "mine": body}
        raise Conflict(_("This note reads otherwise by now."), clashes=[clash])
    was, known = note.body, note.mentions
    note.body, note.edited_at, note.mentions = body, timezone.now(), mentioned(body, note.record)
    writing.change([note], "body", "edited_at", "mentions")
    fresh = [one for one in note.mentions if one not in known]
    record(events.NOTE_EDITED, about=note.record, by=by, via=via, note=note.pk, was=was, **_naming(fresh))
    return note


@act
def withdraw_note(note: Note, *, by: User, via: str = "page") -> Note:
    """Show a note of `by` to nobody any more; that it stood there stays. Once more is harmless."""
    note = _own(note, by)
    if _withdraw(note):
        record(events.NOTE_WITHDRAWN, about=note.record, by=by, via=via, note=note.pk)
    return note


@act
def rename_file(file: File, *, name: str, by: User, via: str = "page") -> File:
    file = _own(file, by)
    _must_be_correctable(file)
    was, name = file.name, _tidy_name(name)
    if name != was:
        file.name = name
        writing.change([file], "name")
        _tell_fields(file, file, by=by, via=via)
        record(events.FILE_RENAMED, about=file.record, by=by, via=via, file=file.pk, was=was, now=name)
    return file


@act
def withdraw_file(file: File, *, by: User, via: str = "page") -> File:
    """Give a file of `by` to nobody any more, nor any field. Its bytes stay, so that this can be taken back."""
    file = _own(file, by)
    if _withdraw(file):
        _tell_fields(file, None, by=by, via=via)
        record(events.FILE_WITHDRAWN, about=file.record, by=by, via=via, file=file.pk, name=file.name)
    return file


def _tell_fields(file: File, now: File | None, *, by: User, via: str) -> None:
    """Let the fields that name a file name it as it is now, in its record and in those that went on from that."""
    ids = Record.objects.filter(pk=file.record_id).values_list(Future("pk"), flat=True)[0]
    for kind in kinds.every():
        fields = [one for one in kind.schema if isinstance(one, OwnFile)]
        naming = reduce(or_, (Q(own__contains={one.name: {"id": file.pk}}) for one in fields), Q(pk__in=[]))
        keys = list(kind.model.objects.filter(naming, pk__in=ids).values_list("pk", flat=True)) if fields else []
        if keys:
            hold(*keys)
            for row in kind.model.objects.with_words().filter(pk__in=keys):
                _tell_fields_of(row, fields, file, now, by=by, via=via)


def _tell_fields_of(row: Row, fields: Sequence[Field], file: File, now: File | None, *, by: User, via: str) -> None:
    told = []
    for field in fields:
        was = field.value(row)
        if was is not None and was.pk == file.pk:
            field.put(row, now)
            told.append({"field": field.name, "was": field.to_json(was), "now": field.to_json(now)})
    writing.save_changed(row)
    record(events.CHANGED, about=row.record, by=by, via=via, changes=told)


def _own(thing: Theirs, by: User) -> Theirs:
    """The note or file as it is now, its record held, for its author while that may change the record."""
    hold(thing.record_id)
    fresh = type(thing)._default_manager.select_related("record").get(pk=thing.pk)
    must_hold(fresh.record_id)
    must_be_author(fresh, by)
    return fresh


def must_be_author(thing: Contribution, by: User) -> None:
    """Refuse who did not put it there, or may not change its record (any more)."""
    kinds.get(thing.record.kind).model.objects.within(by, CHANGE).get_or_refuse(thing.record_id)
    if thing.by_id != by.pk:
        raise Refused(_("Only who put it there may change it."))


def _must_be_correctable(thing: Contribution) -> None:
    if thing.withdrawn_at is not None:
        raise DomainError(_("It was withdrawn."))
    if timezone.now() - thing.at > thing.CORRECTED_WITHIN:
        hours = thing.CORRECTED_WITHIN // timedelta(hours=1)
        raise DomainError(_("It can be changed for %(hours)s hours only."), hours=hours)


def _withdraw(thing: Contribution) -> bool:
    """Whether it stood there until now."""
    if thing.withdrawn_at is not None:
        return False
    _must_be_correctable(thing)
    thing.withdrawn_at = timezone.now()
    writing.change([thing], "withdrawn_at")
    return True


@act
def add_file(about: Record, *, upload: UploadedFile, by: User, via: str = "page") -> File:
    """Keep a file with a record, under a name of our own; `FILE_LIMIT` bytes at most, and no program."""
    file = _keep_file(writable(about, by), upload, by=by)
    record(events.FILE_ADDED, about=file.record, by=by, via=via, file=file.pk, name=file.name)
    return file


def _keep_file(about: Record, upload: UploadedFile, *, by: User) -> File:
    if wrong := wrong_with(upload):
        raise DomainError(wrong)
    name = _tidy_name(upload.name or "file")
    kind = media_type_of(upload)
    file = File.objects.create(record=about, content=upload, name=name, size=upload.size or 0, media_type=kind, by=by)
    writing.keep_made(File, [file.pk])
    return file


def wrong_with(upload: UploadedFile) -> str:
    """Why a file is not kept, in words; empty where it is."""
    name = upload.name or "file"
    if not upload.size:
        return _("%(name)s is empty.") % {"name": name}
    if upload.size > FILE_LIMIT:
        return _("%(name)s is larger than 25 MB.") % {"name": name}
    if is_program(name, upload):
        return _("%(name)s is a program; programs are not kept here.") % {"name": name}
    return ""


def _tidy_name(name: str) -> str:
    try:
        return get_valid_filename(name).replace("_", " ")[:255]
    except SuspiciousFileOperation:  # dots alone
        raise DomainError(_("That is no name for a file.")) from None


@act
def follow(about: Record, *, user: User, by: User, via: str = "page") -> None:
    """`by`, who may see the record, lets `user` read it (and hear of it) from now on."""
    hold(about.pk)
    kinds.get(about.kind).model.objects.within(by, VIEW if user == by else CHANGE).live().get_or_refuse(about.pk)
    _turn([about], user, stops=False, by=by, via=via)


@act
def unfollow(about: Record, *, user: User, by: User, via: str = "page") -> None:
    """Anybody may stop following; taking somebody else off needs the right to change the record."""
    if user != by:
        writable(about, by)
    hold(about.pk)
    _turn([about], user, stops=True, by=by, via=via)


@act
def follow_many(rows: Sequence[Any], *, user: User, stops: bool = False, by: User, via: str = "page") -> list[Any]:
    """Let `user` follow rows of one kind from now on, or no longer (`stops`): all of them or none.

    Everybody follows, and stops to, what they may see; to let a colleague, one may change it. Set-based.
    """
    if not rows:
        return []
    hold(*(row.pk for row in rows))
    held = type(rows[0]).objects.within(by, VIEW if user == by else CHANGE).live().with_words().all_or_refuse(rows)
    _turn([row.record for row in held], user, stops=stops, by=by, via=via)
    return held


def _turn(records: Sequence[Record], user: User, *, stops: bool, by: User, via: str) -> None:
    """Let `user` follow held records, or no longer; those that stand so already are left alone."""
    if not user.is_active and not stops:
        raise DomainError(_("%(name)s has left."), name=user)
    theirs = Follower.objects.filter(record__in=[one.pk for one in records], user=user)
    there = set(theirs.values_list("record", flat=True))
    turned = [one for one in records if (one.pk in there) == stops]
    if stops:
        writing.remove(theirs)
    else:
        writing.make([Follower(record=one, user=user) for one in turned])
    told = [(one, {"who": id_and_name(user)}) for one in turned]
    record_many(events.UNFOLLOWED if stops else events.FOLLOWED, told, by=by, via=via)


def bring_along(pairs: Sequence[tuple[Record, Record]]) -> None:
    """Give each new record the tags and followers of the old one it continues; the old one keeps its own."""
    new_of = {old.pk: new.pk for old, new in pairs}
    tags = RecordTag.objects.filter(record__in=new_of).values_list("record", "tag")
    writing.make([RecordTag(record_id=new_of[old], tag_id=tag) for old, tag in tags], ignore_conflicts=True)
    people = Follower.objects.filter(record__in=new_of).values_list("record", "user")
    writing.make([Follower(record_id=new_of[old], user_id=user) for old, user in people], ignore_conflicts=True)
