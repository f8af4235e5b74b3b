"""The run of a checked import: chunk by chunk its lines make rows, bring rows up to date, go into them or are left out.

Each chunk is one transaction that also keeps the progress, and an operation of its own, so that a killed run goes on
and a whole import can be taken back (`quality/taking_back.py`).
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from django.conf import settings
from django.db import transaction
from django.db.models import F, Func, Value
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _

from pheu.core.errors import DomainError, Refused
from pheu.people.models import User
from pheu.people.scopes import IMPORT
from pheu.quality import events, marks, merging
from pheu.quality.existing import Known, Match
from pheu.quality.importers import NOTE, OWNER, STAGE
from pheu.quality.lines import lacks
from pheu.quality.models import Import, ImportLine
from pheu.quality.services import CHUNK, give_up_reading, locked, may_place, new_round, repeats_of, take_turn_at
from pheu.records.acts import in_halves, last_operation, operation
from pheu.records.fields import Field
from pheu.records.locking import hold
from pheu.records.models import Record, Stage
from pheu.records.ownership import must_reach, place_with_owner
from pheu.timeline import services as timeline
from pheu.timeline.models import Note

Policy, State, LineState = Import.Policy, Import.State, ImportLine.State


def start_import(
    imported: Import,
    *,
    by: User,
    policy: str = Policy.CREATE,
    overwrites: Sequence[str] = (),
    without_automation: bool = False,
) -> bool:
    """Let a checked import run, or one that stopped go on. False when it runs already: a second click changes nothing.

    `policy` says what becomes of lines that a record matches, `overwrites` which of its fields take the line's value
    though they have one; `without_automation` lets no rule run for new rows. Call inside the transaction that also
    asks for the job.
    """
    imported = locked(imported, by)
    may_go_on = imported.state == State.STOPPED or (imported.state == State.RUNNING and bool(imported.problem))
    if not may_go_on and imported.state != State.CHECKED:
        return False
    if not may_go_on:
        if not set(overwrites) <= set(imported.columns.values()) or policy not in Policy.values:
            raise Refused
        imported.policy, imported.overwrites = policy, sorted(set(overwrites))
        imported.without_automation = without_automation
        if policy == Policy.SKIP:
            imported.skipped += repeats_of(imported).update(state=LineState.SKIPPED, reason=marks.LEFT_OUT)
        imported.to_do, imported.done = imported.rows - imported.skipped - imported.rejected, 0
    imported.state, imported.problem = State.RUNNING, ""
    imported.save()
    return True


@transaction.atomic
def stop_import(imported: Import, *, by: User) -> bool:
    """Leave the lines that nobody has worked off as they are; whether somebody was at it.

    What a run has written stays, and can be taken back; it goes on from there when somebody starts it again. A check
    goes back to the columns, a reading to what was read before; without that its file goes.
    """
    imported = locked(imported, by)
    if imported.state == State.READING:
        give_up_reading(imported, "stopped")
    elif imported.state == State.CHECKING:
        new_round(imported, State.DRAFT)
    elif imported.state == State.RUNNING:
        _stop(imported, _("%(name)s has stopped it here.") % {"name": by})
    else:
        return False
    return True


def try_again(imported: Import, *, by: User) -> Import | None:
    """A new round of a reading or check that failed; None where there is none, or somebody was faster.

    Call inside the transaction that also asks for the job.
    """
    imported = locked(imported, by)
    if imported.state not in (State.READING, State.CHECKING) or not imported.problem:
        return None
    return new_round(imported, imported.state)


@transaction.atomic
def import_chunk(import_id: int, *, beside: bool = False) -> bool:
    """Work off the next lines and keep the progress with them; False when there is nothing left to do.

    One worker at a time is let in, unless all work `beside` others: then each takes lines that nobody has and that need
    not wait for any other (`lanes`). A line that was worked off is not `READY` any more: nothing is made twice.
    """
    take_turn_at(import_id, beside=beside)
    imported = Import.objects.select_related("by__role", "team", "department").get(pk=import_id)
    if imported.state != State.RUNNING:
        return False
    try:
        imported.by.must(imported.kind, IMPORT)
        may_place(imported.by, imported.kind, imported.team, imported.department)
    except DomainError:
        return _stop(imported, _("The person who started this import may no longer import here."))
    ready = imported.lines_of_customers.filter(state=LineState.READY).order_by("line")
    if beside:
        ready = ready.filter(waits=False).select_for_update(no_key=True, skip_locked=True)
    lines = list(ready[:CHUNK])
    if not lines:
        return False if beside else _finish(imported)
    with translation.override(settings.LANGUAGE_CODE):
        known = Known(imported, imported.policy)
        known.wait_for_others(beside=beside)
        _count(imported, *_work_off(imported, known, lines))
    return True


# What becomes of lines ------------------------------------------------------------------------------------------------


@dataclass
class Ended:
    """What became of a line: its new state, the record that it made or met, and why."""

    line: ImportLine
    state: str
    record: int | None = None
    reason: str = ""
    detail: str = ""


def _work_off(imported: Import, known: Known, lines: Sequence[ImportLine]) -> tuple[list[int], list[Ended]]:
    """Work off lines, but those that are in the way of others: they are rejected with the reason.

    (operations, what became of all lines).
    """
    operations, all_ended = list[int](), list[Ended]()

    def do(some: Sequence[ImportLine]) -> None:
        rounds = list(_rounds(imported, known, some))
        ended = [one for _made, ended in rounds for one in ended]
        _keep(ended)
        operations.extend(made for made, _ended in rounds if made)
        all_ended.extend(ended)

    def refuse(line: ImportLine, error: DomainError) -> None:
        all_ended.append(Ended(line, LineState.REJECTED, reason=marks.REFUSED, detail=str(error)[:300]))
        _keep(all_ended[-1:])

    in_halves(lines, do, refuse)
    return operations, all_ended


def _rounds(
    imported: Import, known: Known, lines: Sequence[ImportLine]
) -> Iterator[tuple[int | None, Sequence[Ended]]]:
    """(operation, what became of its lines): first of all lines that are the same as none above them, then of those
    that have waited for these, and so on."""
    while lines:
        with operation("run_import", by=imported.by, via="import") as doing:
            doing.starts_automation = not imported.without_automation
            ended = _ends_of(imported, known, lines)
        yield last_operation(), ended
        through = {one.line.pk for one in ended}
        lines = [line for line in lines if line.pk not in through]


def _keep(ended: Sequence[Ended]) -> None:
    for one in ended:
        one.line.state, one.line.record_id, one.line.reason = one.state, one.record, one.reason
        one.line.detail = one.detail
    ImportLine.objects.save_all([one.line for one in ended], ["record", "state", "reason", "detail"])


def _count(imported: Import, operations: Sequence[int], ended: Sequence[Ended]) -> None:
    """Add to the accounts; those who work off other lines beside us add theirs."""
    counts = Counter(one.state for one in ended)
    Import.objects.filter(pk=imported.pk).update(
        **{state: F(state) + many for state, many in counts.items()},
        done=F("done") + len(ended),
        operations=Func(F("operations"), Value(list(operations)), function="array_cat"),
        problem="",
        touched_at=timezone.now(),
    )


def _ends_of(imported: Import, known: Known, lines: Sequence[ImportLine]) -> Sequence[Ended]:
    """Of these lines, those that need not wait for another one."""
    rows = imported.importer.build_many(lines, imported.place)
    met = known.matches(lines, rows)
    if known.takes_in:  # as they are once nobody else is at them
        hold(*(one.record.pk for one in met.values() if one is not None))
    mine = known.changeable(met.values())
    required = imported.importer.required()
    done = {nth: _without_row(imported, lines[nth], one, mine, required) for nth, one in met.items()}
    open_ = [nth for nth, one in done.items() if one is None]
    new = [nth for nth in open_ if met[nth] is None or not known.takes_in]
    stays = {nth: mine[one.record.pk] for nth in open_ if nth not in new and (one := met[nth]) is not None}
    ends = _begin_where_told(imported, {lines[nth]: rows[nth] for nth in new})
    _must_differ(known, [rows[nth] for nth in new])
    _give_to_owners(imported, [rows[nth] for nth in new])
    timeline.put([rows[nth] for nth in new], by=imported.by, via="import", list=imported.origin)
    _take_in(imported, [(rows[nth], row) for nth, row in stays.items()])
    about = {nth: rows[nth].record for nth in new} | {nth: row.record for nth, row in stays.items()}
    said = {nth: [lines[nth].values.get(NOTE, ""), ends.get(lines[nth], "")] for nth in about}
    _put_notes(imported, [(about[nth], "\n".join(filter(None, words))) for nth, words in said.items() if any(words)])
    state = LineState.MERGED if imported.policy == Policy.MERGE else LineState.UPDATED
    done |= {nth: Ended(lines[nth], LineState.CREATED, rows[nth].pk) for nth in new}
    done |= {nth: Ended(lines[nth], state, row.pk) for nth, row in stays.items()}
    return cast(Sequence[Ended], [*done.values()])


def _begin_where_told(imported: Import, rows: Mapping[ImportLine, Any]) -> dict[ImportLine, str]:
    """Let new rows begin in the open stages that their lines tell.

    No row begins closed: the end that a line tells is given back in words, for a note.
    """
    field, ends = imported.importer.stages().get(STAGE), dict[ImportLine, str]()
    told = {line: value for line in rows if field is not None and (value := line.values.get(STAGE))}
    stages = field.rows_of({value["id"] for value in told.values()}) if field is not None and told else {}
    begin = defaultdict[Stage, list[Any]](list)
    for line, value in told.items():
        stage = stages.get(value["id"])
        if stage is None or stage.is_closing:
            ends[line] = f"{_('Stage')}: {value['name']}"
        else:
            begin[stage].append(rows[line])
    for stage, some in begin.items():
        timeline.begin_in(some, stage, by=imported.by)
    return ends


def _put_notes(imported: Import, told: Sequence[tuple[Record, str]]) -> None:
    """Write notes on held records; what a list that came in once more says again stands there already."""
    if not told:
        return
    about, bodies = zip(*told, strict=True)
    there = Note.objects.filter(record__in=about, body__in=bodies, withdrawn_at=None).values_list("record", "body")
    known = set(there)
    new = [(record, body) for record, body in told if (record.pk, body) not in known]
    timeline.put_notes(new, by=imported.by, via="import")


def _give_to_owners(imported: Import, rows: Sequence[Any]) -> None:
    """Place new rows whose line says whose they are: where that colleague works, in the list's team if it is theirs."""
    owned = [row for row in rows if row.owner_id]
    if not owned:
        return
    people = imported.importer.schema[OWNER].queryset(imported.by).filter(pk__in={row.owner_id for row in owned})
    there = {one.pk: one for one in people.with_team_ids().select_related("department")}
    for row in owned:
        if row.owner_id not in there:
            raise DomainError(_("You can no longer give records to %(name)s."), name=row.owner)
        row.owner, row.department = there[row.owner_id], None  # it is the owner's (R0.16)
        row.team = row.team if row.team_id in row.owner.team_ids else None
    place_with_owner(owned, by=imported.by)
    must_reach(owned, by=imported.by)


def _must_differ(known: Known, rows: Sequence[Any]) -> None:
    unique = [one for one in known.kind.schema if one.is_unique]
    known.kind.schema.must_differ([{one.name: one.value(row) for one in unique} for row in rows])


def _without_row(
    imported: Import, line: ImportLine, one: Match | None, mine: dict[int, Any], required: Sequence[str]
) -> Ended | None:
    """Where a line makes no row and changes none, as something is there; None where it does."""
    if one is None or (imported.policy == Policy.CREATE and not one.blocks):
        lacking = lacks(imported.importer, line.values, required)
        return Ended(line, LineState.REJECTED, reason=lacking) if lacking else None
    if one.record.pk not in mine:  # nothing tells which one it is
        is_left = imported.policy != Policy.CREATE
        return Ended(line, LineState.SKIPPED if is_left else LineState.REJECTED, reason=marks.NOT_YOURS)
    if imported.policy == Policy.CREATE:
        return Ended(line, LineState.REJECTED, one.record.pk, marks.BLOCKED)
    return Ended(line, LineState.SKIPPED, one.record.pk, marks.IS_THERE) if imported.policy == Policy.SKIP else None


def _take_in(imported: Import, pairs: Sequence[tuple[Any, Any]]) -> None:
    """Bring what rows of lines say to the rows that they are the same as."""
    if not pairs:
        return
    if imported.policy == Policy.MERGE:
        for row, _stays in pairs:
            row.owner = None  # whoever has the record keeps it
        timeline.put([row for row, _stays in pairs], by=imported.by, via="import", list=imported.origin)
        for row, stays in pairs:
            merging.merge([stays, row], by=imported.by, via="import")
        return
    fields, overflow = imported.importer.filled_by(imported.columns.values()), imported.importer.overflow
    stand = [stays for _row, stays in pairs]
    wanted = [_brought(fields, row, stays, set(imported.overwrites), overflow) for row, stays in pairs]
    timeline.change_each(stand, wanted, by=imported.by, via="import", list=imported.origin)


def _brought(fields: Sequence[Field], row: Any, stays: Any, overwrites: set[str], overflow: str | None) -> Any:
    """{field: new value} for a row that stays: what is empty is filled, further numbers and remarks are added."""
    found: dict[str, Any] = {}
    for one in fields:
        held, new = one.value(stays), one.value(row)
        if one.identity(new) is None:
            continue
        if one.companions:
            together = [*one.with_companions(stays), *one.with_companions(row)]
            first = new if one.name in overwrites or one.identity(held) is None else held
            further = [other for other in one.each_once(together) if other != first]
            found |= {one.name: first, **dict.fromkeys(one.companions, further)}
        elif one.identity(held) is None or one.name in overwrites:
            found[one.name] = new
        elif one.gathers:
            found[one.name] = [*held, *(further for further in new if further not in held)]
        elif one.name == overflow and new not in held:
            found[one.name] = f"{held}\n{new}"
    return found


# The end --------------------------------------------------------------------------------------------------------------


def _stop(imported: Import, problem: Any) -> bool:
    imported.state, imported.problem = State.STOPPED, str(problem)
    imported.save(update_fields=["state", "problem"])
    return False


def _finish(imported: Import) -> bool:
    imported.state, imported.finished_at = State.DONE, timezone.now()
    imported.save(update_fields=["state", "finished_at"])
    counts = {name: getattr(imported, name) for name in ("created", "updated", "merged", "skipped", "rejected", "rows")}
    facts: dict[str, Any] = {"id": imported.pk, "name": imported.name, **counts}
    with operation("finish_import", by=imported.by, via="import"):
        timeline.record(
            events.IMPORT_FINISHED, about=None, by=imported.by, via="import", subject=imported.name[:200], **facts
        )
    return False


def note_problem(import_id: int, problem: str) -> None:
    """Say on the page of a busy import why its last try failed."""
    Import.objects.filter(pk=import_id, state__in=Import.BUSY).update(problem=problem[:500])
