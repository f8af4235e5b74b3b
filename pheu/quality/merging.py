"""«Trộn»: several records become one, and nothing of them is lost (R2.12-2.19, D7)."""

from collections.abc import Collection, Mapping, Sequence
from itertools import groupby
from typing import Any

from django.utils.translation import gettext_lazy as _

from pheu.core.errors import Conflict, DomainError, Invalid, Refused
from pheu.people.models import User
from pheu.people.scopes import ASSIGN, CHANGE
from pheu.quality import events
from pheu.quality.repointing import Told, naming, repoint
from pheu.quality.sidebyside import MOST, PLACE, SideBySide, rule_of, written
from pheu.records import kinds, writing
from pheu.records.acts import act, current
from pheu.records.locking import hold
from pheu.records.models import Follower, Operation, Record, Row, id_and_name
from pheu.records.told import differing
from pheu.timeline.services import record, record_many
from pheu.timeline.undo import Undoable, bring_rows_up, can_undo

OWNER = "owner"  # what the choice of who works the record is called


@act
def merge(
    rows: Sequence[Row | Record],
    *,
    choices: Mapping[str, int] | None = None,
    seen: Mapping[int, int] | None = None,
    by: User,
    via: str = "page",
) -> Any:
    """Fold rows of one kind, or leads and deals, or those of Records, into the one that was created first; that one.

    `choices`: {field: id of the record whose value it takes}; the rest as `SideBySide` proposes. `seen`: {id: version}
    that the person looked at; `Conflict` where one was changed since. What hangs on the others moves, what names them
    names the one that stays, every value that they had is told on its timeline (R2.19). Refused unless `by` may change
    all of them. Set-based. Rows R1.45, R2.13, R2.16-2.19, decision D7.
    """
    ids = {row.pk for row in rows}
    if len(ids) < 2:
        raise DomainError(_("Choose at least two records to merge."))
    if len(ids) > MOST:
        raise DomainError(_("At most %(most)s records are merged at once."), most=MOST)
    hold(*ids, *_named_by(rows))
    try:
        held = all_to_merge(rows, by)
    except Refused:
        if (one := _one_already(ids)) is None:
            raise
        return kinds.get(one.kind).model.objects.within(by, CHANGE).get_or_refuse(one.pk)
    _must_be_as_seen(held, seen or {})
    beside = SideBySide(held)
    must_fit(beside, by)
    stays = beside.stays
    current().about = stays.pk
    folded = [(row.record, _folded(row, stays)) for row in beside.others]
    before = beside.schema.told_of(stays)
    _take_values(beside, choices or {}, by)
    place = _take_place(beside, choices or {}, by)
    named = Told()
    for _code, some in _by_kind(beside.others):
        named += repoint(some, stays)
        for row in some:
            row.record.state, row.record.merged_into = Record.State.MERGED, stays.record
        writing.place_many(some, "is_live")
    stays.created_at, was_made = min(row.created_at for row in beside.rows), stays.created_at
    writing.save_changed(stays)
    if stays.created_at != was_made:  # nobody else writes when a row was made
        writing.update([stays], "created_at")
    _keep_readers(beside)
    record_many(events.FOLDED, folded, by=by, via=via)
    record_many(events.REPOINTED, _by_record(named), by=by, via=via)
    merged = [id_and_name(row.record) for row in beside.others]
    stays.record.__dict__.pop("loaded_tags", None)  # those of the others have come to it
    changes = differing(before, beside.schema.told_of(stays))
    record(events.MERGED, about=stays.record, by=by, via=via, merged=merged, changes=changes, **place)
    return stays


def _one_already(ids: Collection[int]) -> Record | None:
    """The record that all of these are by now."""
    found = {one.survivor for one in Record.objects.filter(pk__in=ids)}
    return found.pop() if len(found) == 1 else None


def _by_kind(rows: Sequence[Row | Record]) -> list[tuple[str, list[Any]]]:
    ordered = sorted(rows, key=lambda row: row.kind)
    return [(code, list(of_kind)) for code, of_kind in groupby(ordered, key=lambda row: row.kind)]


def _named_by(rows: Sequence[Row | Record]) -> set[int]:
    """The records that name one of these; who names them while the act waits is found when they are repointed."""
    return {pk for code, some in _by_kind(rows) for pk in naming(kinds.get(code).model, [row.pk for row in some])}


def all_to_merge(rows: Sequence[Row | Record], by: User) -> list[Any]:
    """The rows, or those of the Records, as they are now, if `by` may change every one of them: kind by kind, in order
    of their creation."""
    found: list[Any] = []
    for code, some in _by_kind(rows):
        kind = kinds.get(code)
        mine = kind.model.objects.within(by, CHANGE).with_values_of(*written(kind))
        mine = mine.with_stage() if kind.has_stages else mine
        there = list(mine.filter(pk__in=[row.pk for row in some]).order_by("pk"))
        lacking = {row.pk for row in some} - {row.pk for row in there}
        if lacking:
            numbers = Record.objects.filter(pk__in=lacking).order_by("pk").values_list("number", flat=True)
            raise Refused(_("You may not change all of these: %(numbers)s."), numbers=", ".join(numbers))
        found += there
    return found


def _must_be_as_seen(rows: Sequence[Row], seen: Mapping[int, int]) -> None:
    for row in rows:
        if seen.get(row.pk, row.record.version) != row.record.version:
            raise Conflict(_("%(name)s was changed meanwhile. Please look again."), name=row.title)


def must_fit(beside: SideBySide, by: User) -> None:
    """`DomainError` where one goes on elsewhere, or open work would go into an end: they are not merged."""
    for row in beside.rows:
        if (on := row.goes_on_in) is not None:
            raise DomainError(_("%(row)s goes on in %(on)s: merge that one."), row=row.number, on=on)
    rules = {row.kind: rule for row in beside.others if (rule := rule_of(row.kind, beside.kind.code)) is not None}
    for code, rule in rules.items():
        rule([row for row in beside.others if row.kind == code], by)
    if beside.stays.is_closed and not all(row.is_closed for row in beside.others):
        words = _("%(row)s was created first and takes the others in, but it is closed: reopen it first.")
        raise DomainError(words, row=beside.stays.number)


def _take_values(beside: SideBySide, choices: Mapping[str, int], by: User) -> None:
    """Give the row that stays what was chosen, or is proposed."""
    stays, mine = beside.stays, beside.kind.schema_for(by)
    lines = {line.field.name: line for line in beside.lines}
    chosen = {name: pk for name, pk in choices.items() if name != OWNER}
    if set(chosen) - set(lines):
        raise DomainError(_("This cannot be chosen."))
    # What is proposed is nobody's choice.
    mine.must_write({name: pk for name, pk in chosen.items() if pk != lines[name].winner}, new=False)
    several = [one for one in beside.schema if one.companions]
    numbers = {one: [number for row in beside.rows for number in one.with_companions(row)] for one in several}
    changed: dict[str, Any] = {}
    for name, line in lines.items():
        field, pk = line.field, chosen.get(name, line.winner)
        if pk not in line.values:
            raise DomainError(_("This cannot be chosen."))
        was, now = field.value(stays), line.values[pk]
        if field.required and field.identity(now) is None:
            raise Invalid({name: [str(_("This field is required."))]}, {name: str(field.label)})
        if field.identity(was) != field.identity(now):
            changed[name] = was
            field.put(stays, now)
    beside.schema.follow(stays, changed)
    for field, together in numbers.items():  # further phones come together
        for column in field.companions:
            setattr(stays, column, [one for one in field.each_once(together) if one != field.value(stays)])
    _keep_unknown(beside)


def _keep_unknown(beside: SideBySide) -> None:
    """Values of own fields that are out of use come along where the row that stays has none."""
    known = {one.name for one in beside.schema}
    for row in beside.others:
        left = {name: told for name, told in row.own.items() if name not in known and name not in beside.stays.own}
        if row.kind == beside.kind.code and left:
            beside.stays.own = {**beside.stays.own, **left}


def _take_place(beside: SideBySide, choices: Mapping[str, int], by: User) -> dict[str, Any]:
    """Let the result be whose it was chosen to be, which takes the right to hand out; nobody's takes an owner."""
    stays, was, chosen = beside.stays, beside.stays.owner, choices.get(OWNER, beside.owned_by.pk)
    if chosen != beside.owned_by.pk:
        by.must(stays.kind, ASSIGN)
    of = next((row for row in beside.rows if row.pk == chosen), None)
    if of is None:
        raise DomainError(_("This cannot be chosen."))
    for name in PLACE:
        setattr(stays, f"{name}_id", getattr(of, f"{name}_id"))
    return {"was": id_and_name(was), "owner": id_and_name(stays.owner)} if was != stays.owner else {}


def _keep_readers(beside: SideBySide) -> None:
    """Whoever worked one of the others goes on reading it."""
    people = {row.owner_id: row.owner for row in beside.others if row.owner is not None and row.owner.is_active}
    readers = [
        Follower(record=beside.stays.record, user=one) for pk, one in people.items() if pk != beside.stays.owner_id
    ]
    writing.make(readers, ignore_conflicts=True)


def _by_record(named: Told) -> list[tuple[Record, dict[str, Any]]]:
    """One event for each record, whatever of it names another one now."""
    changes: dict[Record, list[dict[str, Any]]] = {}
    for about, change in named:
        changes.setdefault(about, []).append(change)
    return [(about, {"changes": of_record}) for about, of_record in changes.items()]


def _folded(row: Any, stays: Any) -> dict[str, Any]:
    """What is told of a row that goes into another."""
    return {"row": id_and_name(row.record), "into": id_and_name(stays.record), "values": _all_values(row)}


def _all_values(row: Any) -> list[dict[str, Any]]:
    """Everything that a row says of itself, field by field, as an event keeps it."""
    kind = kinds.get(row.kind)
    fields = [*written(kind), *(one for one in kind.schema.shown if one.cell == "stage")]
    told = [
        (one, held) for one in fields for held in (one.with_companions(row) if one.companions else [one.value(row)])
    ]
    return [{"field": one.name, "value": one.to_json(held)} for one, held in told if one.identity(held) is not None]


# Taking it back -------------------------------------------------------------------------------------------------------


def _refuse(operation: Operation, by: User) -> None:
    """Refused once what stayed has been merged into another itself: the later one is taken back first."""
    stays = operation.about
    if stays is None or stays.state == Record.State.MERGED:
        raise DomainError(_("%(record)s was merged into another since: take that back first."), record=stays or "")


can_undo(
    "merge",
    Undoable(
        event=events.MERGED.code,
        beside=(events.FOLDED.code,),
        along=(events.REPOINTED.code,),
        action=CHANGE,
        what=_("merging"),
        refuse=_refuse,
        afterwards=bring_rows_up,
    ),
)
