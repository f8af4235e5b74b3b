"""«Hoàn tác»: which acts can be taken back, by whom, and how that is told. The journal does the work."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from pheu.core.errors import Conflict, DomainError, Refused
from pheu.people.models import User
from pheu.people.scopes import Action
from pheu.records import journal, kinds, writing
from pheu.records.acts import act, current
from pheu.records.journal import TakenBack
from pheu.records.locking import hold, must_hold
from pheu.records.models import Operation, Record, Row, id_and_name
from pheu.records.told import differing, is_same
from pheu.timeline import events, stages
from pheu.timeline.models import Event
from pheu.timeline.services import Handing, give_each, record_many


@dataclass(frozen=True, kw_only=True)
class Undoable:
    """How one act is taken back.

    Whoever did it may, and whoever may do `action` with every row that it was about. `event` is the code of the event
    that told it, on which «Hoàn tác» stands, or gives several of them. `refuse(operation, by)` raises where it is too
    late; `also(operation)` does what only the domain knows before the journal is read backwards, `afterwards(ids)`
    brings up to date what hangs on the Records concerned. `beside` are codes of further events, of records that it was
    about too, `along` of those on whose records it is told besides. `of_fields` where a record's own fields may change
    by it, `of_archived` where it is about what is archived: all else is restored before it is taken back. `is_part`
    where it is part of a larger work, which is taken back as a whole on a page of its own. `hold(operation)` locks what
    it wrote on no record, once the records are held.
    """

    event: str | Callable[[], Collection[str]]
    action: Action
    what: Any
    refuse: Callable[[Operation, User], None] | None = None
    also: Callable[[Operation], None] | None = None
    afterwards: Callable[[set[int]], None] | None = None
    of_fields: bool = True
    of_archived: bool = False
    is_part: bool = False
    hold: Callable[[Operation], None] | None = None
    used: journal.Used = journal.used_by_others
    beside: tuple[str, ...] = ()
    along: tuple[str, ...] = ()

    @property
    def codes(self) -> Collection[str]:
        return [self.event] if isinstance(self.event, str) else self.event()


_undoable: dict[str, Undoable] = {}


def can_undo(act_name: str, rule: Undoable) -> None:
    """Let an act be taken back; `act_name` is the name of its function."""
    _undoable[act_name] = rule
    events.ACTS[act_name] = rule.what


def name_of(operation: Operation) -> Any:
    """What an act that can be taken back is called."""
    return _undoable[operation.act].what


def of_fields(operation: Operation) -> bool:
    """Whether fields of a record may change when it is taken back, or done again."""
    rule = _undoable.get(operation.act)
    return rule is None or rule.of_fields


def rule_of(operation: Operation) -> Undoable | None:
    """How to take the operation back; None where that cannot be, or has been done."""
    return _undoable.get(operation.act) if operation.undone_by_id is None else None


def offers_undo(event: Any, reader: User) -> bool:
    """Whether «Hoàn tác» stands on this event for this reader: whoever did it sees it there."""
    rule = rule_of(event.operation)
    if rule is None or rule.is_part:
        return False
    return event.kind in rule.codes and event.operation.by_id == reader.pk


def offers_redo(event: Any, reader: User) -> bool:
    """Whether «Làm lại» stands on this event of an undoing for this reader: whoever took it back sees it there."""
    if event.kind != events.UNDONE.code or event.operation.by_id != reader.pk:
        return False
    undone = getattr(event.operation, "undoes", None)
    return undone is not None and not _undoable[undone.act].is_part


# What is taken back, and done again, at addresses of its own: {event: where for this reader, empty where it is not}.
Where = Callable[[Any, User], str]
_back: dict[str, Where] = {}
_on: dict[str, Where] = {}


def leads_back(kind: events.EventKind) -> Callable[[Where], Where]:
    """A function that says where what this kind of event told is taken back, for whoever did it."""
    return lambda function: _back.setdefault(kind.code, function)


def leads_on(kind: events.EventKind) -> Callable[[Where], Where]:
    """The same of where what it told to be taken back is done again, for whoever took it back."""
    return lambda function: _on.setdefault(kind.code, function)


def undo_address(event: Any, reader: User) -> str:
    """Where «Hoàn tác» on this event posts to; empty where this reader is offered none."""
    if offers_undo(event, reader):
        return reverse("operation-undo", args=[event.operation_id])
    return _by_its_own(_back, event, reader)


def redo_address(event: Any, reader: User) -> str:
    """The same of «Làm lại»."""
    if offers_redo(event, reader):
        return reverse("operation-redo", args=[event.operation.undoes.pk])
    return _by_its_own(_on, event, reader)


def _by_its_own(ways: dict[str, Where], event: Any, reader: User) -> str:
    where = ways.get(event.kind)
    return where(event, reader) if where is not None and event.operation.by_id == reader.pk else ""


KEPT_IN_SIGHT = timedelta(days=30)


@dataclass(frozen=True)
class Work:
    """Something that is taken back, and done again, in its own way: on its page at `url`, or by a post to `act`."""

    what: Any
    name: str
    at: datetime
    url: str
    is_taken_back: bool = False
    act: str = ""


# Of the works of a person since a moment those that can be taken back or done again, the latest first.
WorksOf = Callable[[User, datetime], list[Work]]
_works: list[WorksOf] = []


def offers_works(function: WorksOf) -> WorksOf:
    _works.append(function)
    return function


def works_of(user: User) -> list[Work]:
    """What the person has done in the last 30 days and can take back, or do again, as a whole."""
    since = timezone.now() - KEPT_IN_SIGHT
    return sorted((one for of in _works for one in of(user, since)), key=lambda one: one.at, reverse=True)


def undoable_by(user: User, *, below: int | None = None) -> QuerySet[Operation]:
    """What the person has done in the last 30 days and can take back, or has taken back and can do again; the latest
    first."""
    since = timezone.now() - KEPT_IN_SIGHT
    acts = [name for name, rule in _undoable.items() if not rule.is_part]
    theirs = Q(undone_by=None) | Q(undone_by__by=user, undone_by__act=undo.__name__)
    found = Operation.objects.filter(theirs, by=user, act__in=acts, at__gte=since).order_by("-pk")
    return found.filter(pk__lt=below) if below else found


def subjects_of(operations: Collection[Operation]) -> dict[int, list[Record]]:
    """{operation: the records that it was mainly about}, for all of them in two statements."""
    codes = {code for one in operations for code in _undoable[one.act].codes}
    told = Event.objects.filter(operation__in=operations, kind__in=codes).exclude(about=None).order_by("pk")
    found: dict[int, list[Record]] = {one.pk: [] for one in operations}
    acts = {one.pk: one.act for one in operations}
    for event in told.select_related("about"):
        if event.about is not None and event.kind in _undoable[acts[event.operation_id]].codes:
            found[event.operation_id].append(event.about)
    return found


def sentences_of(operations: Collection[Operation], reader: User) -> dict[int, str]:
    """{operation: what its first event says} of those that are about no record; for all of them in one statement."""
    codes = {code for one in operations for code in _undoable[one.act].codes}
    told = Event.objects.filter(operation__in=operations, kind__in=codes, about=None).order_by("-pk")
    return {event.operation_id: events.told_by(event).say(event, reader) for event in told}


@act
def undo(operation: Operation, *, by: User, via: str = "page") -> TakenBack:
    """Take an operation back: what nobody has changed since is as before, later edits are kept and told.

    Open work of somebody who has left since goes to `by`. Undoing twice is harmless: the second finds it undone.
    """
    rule = rule_of(operation)
    if rule is None:
        if operation.undone_by_id:
            return TakenBack()
        raise DomainError(_("This cannot be taken back."))
    concerned = _hold_all_of(operation.standing, operation, rule)
    operation = _locked(operation)
    if operation.undone_by_id:
        return TakenBack()
    must_be_kept(operation.standing)
    _must_be_possible(operation.standing, operation, rule, concerned, by)
    if rule.refuse is not None:
        rule.refuse(operation, by)
    if rule.also is not None:
        rule.also(operation)
    done = journal.take_back(operation.standing, used=rule.used)
    if rule.afterwards is not None:
        rule.afterwards(concerned - {row.pk for row in done.gone})
    hand_on(concerned, by=by, via=via)
    Operation.objects.filter(pk=operation.pk).update(undone_by=current().operation)
    _tell(events.UNDONE, operation, operation.standing, done, by=by, via=via)
    return done


@act
def redo(
    operation: Operation, *, by: User, via: str = "page", stay: Callable[[list[int]], set[int]] | None = None
) -> TakenBack:
    """Do again what was taken back: the journal of the undoing is read backwards, later edits are kept and told.

    Refused where a record that it takes out of use, or into use, has been worked on since: then it is done anew. A part
    of a larger work leaves such records out, and those that `stay` names of the ids that would come into use again;
    they are the `used` ones of the answer. Redoing twice is harmless. Whoever may undo may (issue: undo can be undone).
    """
    undoing, rule = operation.undone_by, _undoable.get(operation.act)
    if rule is None or undoing is None:
        if operation.redone_by_id:
            return TakenBack()
        raise DomainError(_("This cannot be done again."))
    concerned = _hold_all_of(undoing, operation, rule)
    operation = _locked(operation)
    if operation.undone_by_id != undoing.pk:
        return TakenBack()
    if undoing.at < timezone.now() - journal.KEPT:  # a younger one without a journal has changed nothing
        must_be_kept(undoing)
    _must_be_possible(undoing, operation, rule, concerned, by)
    put = set(journal.put_in_or_out(undoing))
    left = _left_out(put, undoing, rule, stay)
    put -= left
    done = journal.take_back(undoing, only=concerned - left if left else None)
    done.used += [row for rows in rows_of(Record.objects.filter(pk__in=left).order_by("kind", "pk")) for row in rows]
    if rule.afterwards is not bring_rows_up:  # which does so for all of them
        bring_rows_up(put)
    if rule.afterwards is not None:
        rule.afterwards(concerned - left)
    _must_be_out_of_use(put)
    hand_on(concerned - left, by=by, via=via)
    Operation.objects.filter(pk=operation.pk).update(undone_by=None, redone_by=current().operation)
    _tell(events.REDONE, operation, undoing, done, by=by, via=via)
    return done


def _hold_all_of(written: Operation, operation: Operation, rule: Undoable) -> set[int]:
    """Hold every Record that the journal of `written` names and that the operation was about; their ids."""
    concerned = journal.rows_of(written).union(_subjects(operation, rule.along))
    hold(*concerned)
    if rule.hold is not None:
        rule.hold(written)
    return concerned


def _locked(operation: Operation) -> Operation:
    return (
        Operation.objects.select_for_update(of=("self",), no_key=True).select_related("redone_by").get(pk=operation.pk)
    )


def _must_be_possible(
    written: Operation, operation: Operation, rule: Undoable, concerned: Collection[int], by: User
) -> None:
    must_hold(*journal.rows_of(written))
    _must_be_allowed(operation, rule, by)
    if not rule.of_archived:
        _must_be_restored(concerned)


def _left_out(
    put: Collection[int], undoing: Operation, rule: Undoable, stay: Callable[[list[int]], set[int]] | None
) -> set[int]:
    """Which of the Records that the undoing put in use or out of it stay as they are: for a part of a larger work.

    `DomainError` of any other act where something was done about one of these, or what it goes on from, since then.
    """
    sources = dict(Record.objects.filter(pk__in=put).exclude(continues=None).values_list("pk", "continues"))
    later = Event.objects.filter(about__in={*put, *sources.values()}, operation__gt=undoing.pk)
    if not rule.is_part:
        if (event := later.select_related("about").first()) is not None:
            raise DomainError(
                _("%(record)s has been worked on since, so this is not done again: do it anew."), record=event.about
            )
        return set()
    touched = set(later.values_list("about", flat=True))
    left = {pk for pk in put if pk in touched or sources.get(pk) in touched}
    was_live = undoing.entries.filter(table=Record._meta.db_table, before__state=Record.State.LIVE, key__in=put)
    again = set(was_live.values_list("key", flat=True)) - left
    return left | (stay(sorted(again)) if stay is not None and again else set())


def _must_be_out_of_use(ids: Collection[int]) -> None:
    """`DomainError` where a row in use names one of these that is merged now, or work hangs on it."""
    for rows in rows_of(Record.objects.filter(pk__in=ids, state=Record.State.MERGED).order_by("kind", "pk")):
        if used := journal.used_by_others(rows):
            raise DomainError(
                _("%(record)s has been worked on since, so this is not done again: do it anew."),
                record=next(row.record for row in rows if row.pk in used),
            )


def _tell(
    kind: events.EventKind, operation: Operation, written: Operation, done: TakenBack, *, by: User, via: str
) -> None:
    facts, kept = told(operation, done), conflicts(written, done)
    subjects = _subjects(operation, _undoable[operation.act].along)
    records = Record.objects.filter(pk__in=done.changes.keys() | kept.keys() | set(subjects))
    each = [(one, facts | done.changed(one.pk) | kept.get(one.pk, {})) for one in records]
    record_many(kind, each, by=by, via=via)
    for subject in _alone(operation).values_list("subject", flat=True).distinct():
        record_many(kind, [(None, facts)], by=by, via=via, subject=subject)


def _alone(operation: Operation) -> QuerySet[Event]:
    """The main events of an act about something that stands on no record."""
    codes = _undoable[operation.act].codes
    return operation.events.filter(kind__in=codes, about=None).exclude(subject="").order_by("subject")


def conflicts(written: Operation, done: TakenBack) -> dict[int, dict[str, Any]]:
    """{Record: facts}: fields that stay as somebody has left them since, with what they would have become.

    `conflicts` is [{field, was, now}] as events keep values: `was` would have come back, `now` stays.
    """
    names: dict[Any, set[str]] = {}
    for row, column in done.edited:
        if isinstance(row, Row):
            names.setdefault(row, set()).add(column.removesuffix("_id"))
    facts = {}
    for row, of_row in names.items():
        schema = kinds.get(row.kind).schema
        fields = [one.name for one in schema.historic() if one.name in of_row]
        before = journal.as_before(written, row)
        if found := differing(schema.told_of(before, *fields), schema.told_of(row, *fields)) if fields else []:
            facts[row.pk] = {"conflicts": found, "journal": written.pk}
    return facts


@act
def take_former(event: Event, name: str, *, by: User, via: str = "page") -> Any:
    """Give a field the value that an undoing would have given it, had nobody changed it since; the row.

    `Conflict` where it was changed once more after that. An ordinary change, by whoever may make it.
    """
    told = next((one for one in event.facts.get("conflicts", ()) if one["field"] == name), None)
    kind = kinds.get(event.about.kind) if event.about else None
    field = kind.schema_for(by).get(name) if kind else None
    if told is None or event.about is None or kind is None or field is None:
        raise DomainError(_("This cannot be chosen."))
    row = kind.model.objects.within(by, Action.CHANGE).with_words().get_or_refuse(event.about.pk)
    written = Operation(pk=event.facts["journal"])
    must_be_kept(written)
    former, value = field.value(journal.as_before(written, row)), field.value(row)
    if not is_same(field.to_json(value), told["now"]) and field.identity(value) != field.identity(former):
        raise Conflict(_("%(name)s was changed meanwhile. Please look again."), name=row.title)
    return kind.change(row, {name: (value, former)}, by=by, via=via)


def must_be_kept(operation: Operation) -> None:
    """`DomainError` once the journal has forgotten what the operation changed."""
    if not operation.entries.exists():
        raise DomainError(_("This was too long ago to be taken back."))


def _must_be_allowed(operation: Operation, rule: Undoable, by: User) -> None:
    if by.is_active and operation.by_id == by.pk:
        return
    subjects = Record.objects.filter(pk__in=_subjects(operation))
    if not subjects:  # what stands on no record is theirs alone
        raise Refused
    for kind in {record.kind for record in subjects}:
        wanted = {record.pk for record in subjects if record.kind == kind}
        if kinds.get(kind).model.objects.reached_by(by, rule.action).filter(pk__in=wanted).count() != len(wanted):
            raise Refused


def _must_be_restored(concerned: Collection[int]) -> None:
    archived = Record.objects.filter(pk__in=concerned, state=Record.State.ARCHIVED).first()
    if archived is not None:
        raise DomainError(_("%(record)s is archived. Restore it first."), record=archived)


def _subjects(operation: Operation, along: Collection[str] = ()) -> list[int]:
    """The records that the act was about: those of its main events, and of others `along` with them."""
    rule = _undoable[operation.act]
    told = operation.events.filter(kind__in=[*rule.codes, *rule.beside, *along])
    return [pk for pk in told.values_list("about", flat=True) if pk]


def bring_rows_up(ids: set[int]) -> None:
    """After undoing: rows are in use again, or not, as their Records are."""
    for rows in rows_of(Record.objects.filter(pk__in=ids).order_by("kind", "pk")):
        writing.save_many(rows, "is_live")


def hand_on(ids: Collection[int], *, by: User, via: str) -> None:
    """What is open work again and was that of somebody who has left since goes to `by`, who brought it back, and stays
    in its team; to nobody where `by` may not work on such rows. For held Records of any kind.

    Who leaves hands all open work over (`setup.staffing.leave`), but what is out of use then is not there to be given.
    """
    for rows in rows_of(_of_who_has_left(ids)):
        owner = User.objects.who_may(rows[0].kind, Action.CHANGE).filter(pk=by.pk).first()
        handings = [(row, Handing(owner, row.team, row.department)) for row in rows if not row.is_over]
        give_each(handings, events.ASSIGNED, by=by, via=via)


def _of_who_has_left(ids: Collection[int]) -> QuerySet[Record]:
    in_use = Record.objects.filter(pk__in=ids, state=Record.State.LIVE)
    return in_use.filter(owner__is_active=False).order_by("kind", "pk")


def rows_of(records: Iterable[Record]) -> Iterable[list[Row]]:
    """The rows of records that are sorted by kind, one list for each kind."""
    for kind, of_kind in groupby(records, key=lambda one: one.kind):
        ids = [one.pk for one in of_kind]
        yield list(kinds.get(kind).model.objects.filter(pk__in=ids).with_words().order_by("pk"))


def told(operation: Operation, done: TakenBack) -> dict[str, Any]:
    """The facts of an undoing: what went, what stays and why.

    Of thousands only the first are named, as each of them is told so: else an import of n rows would write n x n names.
    """
    return {
        "act": operation.act,
        "operation": operation.pk,
        "gone": [id_and_name(row.record) for row in done.gone[: events.TOLD]],
        "kept": [id_and_name(row.record) for row in done.used[: events.TOLD]],
        "edited": sorted({column.removesuffix("_id") for _row, column in done.edited}),
    }


can_undo("take", Undoable(event=events.TAKEN.code, action=Action.ASSIGN, what=_("taking this on")))
for _act, _event, _what in (
    ("withdraw_note", events.NOTE_WITHDRAWN, _("withdrawing a note")),
    ("withdraw_file", events.FILE_WITHDRAWN, _("withdrawing a file")),
):
    can_undo(_act, Undoable(event=_event.code, action=Action.CHANGE, what=_what, of_fields=False))
can_undo("share_out", Undoable(event=events.ASSIGNED.code, action=Action.ASSIGN, what=_("handing out")))
can_undo("assign", Undoable(event=events.ASSIGNED.code, action=Action.ASSIGN, what=_("handing out")))
can_undo(
    "follow_many",
    Undoable(
        event=lambda: [events.FOLLOWED.code, events.UNFOLLOWED.code],
        action=Action.CHANGE,
        what=_("changing who follows"),
        of_fields=False,
    ),
)
for changing in ("change_many", "rearrange"):
    can_undo(changing, Undoable(event=events.CHANGED.code, action=Action.CHANGE, what=_("changing a field")))
for moving in ("move", "move_many"):
    can_undo(moving, Undoable(event=stages.moved_codes, action=Action.MOVE, what=_("moving to another stage")))
