"""Taking a whole import back: its operations one by one, the last one first, each in a transaction of its own; and
doing it again, the first one first.

What somebody has used or changed since stays and is counted; whoever imported may, and whoever may import there. A
part that is refused as a whole waits, with the reason, and is tried again alone.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any, cast

from django.db import transaction
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from pheu.core.errors import DomainError, Invalid
from pheu.people.models import User
from pheu.people.scopes import CHANGE
from pheu.quality import events
from pheu.quality.existing import Known
from pheu.quality.models import Import, ImportLine
from pheu.quality.rules import found_by_rules, wait_for_whoever_saves
from pheu.quality.services import locked, may_place
from pheu.records.acts import operation
from pheu.records.journal import used_by_others
from pheu.records.models import JournalEntry, Operation, Record, Row
from pheu.records.schema import Schema
from pheu.timeline.events import CHANGED, CREATED
from pheu.timeline.models import Event
from pheu.timeline.services import record
from pheu.timeline.undo import Undoable, Work, bring_rows_up, can_undo, offers_works, redo, rule_of, undo

ACT = "run_import"
UNDOING = ("undo", "redo")
MOST_SHOWN = 50
WRITTEN = [ImportLine.State.CREATED, ImportLine.State.UPDATED, ImportLine.State.MERGED]
State = Import.State


def take_back_import(imported: Import, *, by: User) -> bool:
    """Whether there is something to take back. Call inside the transaction that also asks for the job (R1.31)."""
    imported = locked(imported, by)
    may_place(by, imported.kind, imported.team, imported.department)
    may_go_on = imported.state == State.TAKING_BACK and bool(imported.problem)
    if not (imported.can_be_taken_back or may_go_on):
        return False
    if not may_go_on:
        _begin(imported, State.TAKEN_BACK, imported.operations)
    imported.state, imported.problem, imported.taken_back_by = State.TAKING_BACK, "", by
    imported.save()
    return True


def _begin(imported: Import, end: str, to_do: Sequence[int]) -> None:
    """Count from nothing; where it has ended like that before, what was refused then is to do, and counts go on."""
    imported.to_take_back, imported.refused_because = len(to_do), ""
    if imported.state == end:
        imported.kept = max(imported.kept - _about(to_do), 0)
    else:
        imported.taken_away, imported.brought_back, imported.kept = 0, 0, 0


def _about(operations: Sequence[int]) -> int:
    """How many records the operations are about, those of each counted by themselves."""
    told = Event.objects.filter(operation__in=operations).exclude(about=None)
    return told.order_by().values("operation", "about").distinct().count()


def _refuse(imported: Import, one: Operation, error: DomainError) -> None:
    """Keep for another try what was refused as a whole."""
    imported.refused_operations.append(one.pk)
    imported.refused_because = str(error)[:500]
    imported.kept += _about([one.pk])


def _with_refused(imported: Import, left: Sequence[int]) -> list[int]:
    """What is still to do, those that were refused in their places; they are no longer refused."""
    refused, imported.refused_operations = imported.refused_operations, []
    return [*left, *reversed(refused)]


@transaction.atomic
def take_back_chunk(import_id: int) -> bool:
    """Take the last operation back that still stands; False when there was none left."""
    imported = Import.objects.select_related("taken_back_by").select_for_update(of=("self",)).get(pk=import_id)
    if imported.state != State.TAKING_BACK:
        return False
    if not imported.operations:
        return _finish(imported)
    _take_back(imported, Operation.objects.get(pk=imported.operations.pop()))
    imported.problem = ""
    imported.save()
    return True


def do_import_again(imported: Import, *, by: User) -> bool:
    """Whether there is something that was taken back to do again. Call inside the transaction that also asks for the
    job (issue: undo can be undone)."""
    imported = locked(imported, by)
    may_place(by, imported.kind, imported.team, imported.department)
    may_go_on = imported.state == State.DOING_AGAIN and bool(imported.problem)
    if not (imported.can_be_done_again or may_go_on):
        return False
    if not may_go_on:
        _begin(imported, State.DONE if imported.finished_at else State.STOPPED, imported.taken_operations)
    imported.state, imported.problem, imported.done_again_by = State.DOING_AGAIN, "", by
    imported.save()
    return True


@transaction.atomic
def redo_chunk(import_id: int) -> bool:
    """Do the first operation again that is still taken back; False when there was none left."""
    imported = Import.objects.select_related("done_again_by", "by").select_for_update(of=("self",)).get(pk=import_id)
    if imported.state != State.DOING_AGAIN:
        return False
    if not imported.taken_operations:
        return _finish_again(imported)
    _do_again(imported, Operation.objects.select_related("undone_by").get(pk=imported.taken_operations.pop()))
    imported.problem = ""
    imported.save()
    return True


def _do_again(imported: Import, one: Operation) -> None:
    imported.operations = sorted({*imported.operations, one.pk})
    if one.undone_by_id is None:
        return  # it has been
    known = Known(imported, imported.policy)
    known.wait_for_others()
    about = set(one.events.exclude(about=None).values_list("about", flat=True))
    try:
        with transaction.atomic():
            done = redo(one, by=cast(User, imported.done_again_by), via="import", stay=partial(there_by_now, known))
    except DomainError as error:  # all of it stays taken back
        imported.operations.remove(one.pk)
        _refuse(imported, one, error)
        return
    kept = {row.pk for row in done.used}
    imported.kept += len(kept | {row.pk for row, _column in done.edited})
    again = imported.lines.filter(record__in=about - kept, state=ImportLine.State.TAKEN_BACK).exclude(was="")
    imported.brought_back += again.update(state=F("was"), was="")


def there_by_now(known: Known, ids: Sequence[int]) -> set[int]:
    """Which of the rows that would come into use again stay out, as the same has come in by another way since.

    The rules by which the lines were compared say so, and fields whose values must differ.
    """
    schema = known.kind.schema
    rows = list(known.kind.model.objects.filter(pk__in=ids).with_words().order_by("pk"))
    keys = [schema.keys_of(row) for row in rows]
    wait_for_whoever_saves(known.kind, [rule for rule in known.rules if rule.blocks], keys)
    found = {row.pk for row, there in zip(rows, found_by_rules(known.kind, known.rules, keys), strict=True) if there}
    return found | {row.pk for row in rows if row.pk not in found and not _differs(schema, row)}


def _differs(schema: Schema, row: Row) -> bool:
    unique = {one.name: one.value(row) for one in schema if one.is_unique}
    try:
        schema.must_differ([unique])
    except Invalid:
        return False
    return True


def _finish_again(imported: Import) -> bool:
    """It is what it was before it was taken back: done, or stopped on the way."""
    imported.state = State.DONE if imported.finished_at else State.STOPPED
    imported.taken_operations = _with_refused(imported, imported.taken_operations)
    imported.save()
    told: dict[str, Any] = {"id": imported.pk, "name": imported.name, "brought_back": imported.brought_back}
    by = imported.done_again_by
    with operation("do_import_again", by=by, via="import"):
        record(events.IMPORT_REDONE, about=None, by=by, via="import", subject=imported.name[:200], **told)
    return False


def _take_back(imported: Import, one: Operation) -> None:
    imported.taken_operations = sorted({*imported.taken_operations, one.pk}, reverse=True)
    if rule_of(one) is None:
        return  # it has been
    try:
        with transaction.atomic():
            done = undo(one, by=cast(User, imported.taken_back_by), via="import")
    except DomainError as error:  # all of it stays
        imported.taken_operations.remove(one.pk)
        _refuse(imported, one, error)
        return
    kept = {row.pk for row, _column in done.edited} | {row.pk for row in done.used}
    imported.taken_away += len(done.gone)
    imported.kept += len(kept)
    back = set(one.events.exclude(about=None).values_list("about", flat=True)) - kept
    imported.lines.filter(record__in=back, state__in=WRITTEN).update(was=F("state"), state=ImportLine.State.TAKEN_BACK)


def _finish(imported: Import) -> bool:
    imported.state = State.TAKEN_BACK
    imported.operations = _with_refused(imported, imported.operations)
    imported.save()
    told: dict[str, Any] = {
        "id": imported.pk,
        "name": imported.name,
        "taken_away": imported.taken_away,
        "kept": imported.kept,
    }
    by = imported.taken_back_by
    with operation("take_back_import", by=by, via="import"):
        record(
            events.IMPORT_TAKEN_BACK,
            about=None,
            by=by,
            via="import",
            subject=imported.name[:200],
            **told,
        )
    return False


def used_or_changed(rows: Sequence[Row]) -> set[int]:
    """Rows of an import that stay: others name them, somebody has worked on them or changed them since."""
    ids = [row.pk for row in rows]
    tables = [type(rows[0])._meta.db_table, Record._meta.db_table]
    later = JournalEntry.objects.filter(table__in=tables, key__in=ids, before__isnull=False)
    written = later.values_list("key", "operation")
    # Asked apart: joined, the planner reads all operations that there are.
    by_people = Operation.objects.filter(pk__in={pk for _key, pk in written}, undone_by=None).exclude(by=None)
    counted = set(by_people.exclude(act__in=[ACT, *UNDOING]).values_list("pk", flat=True))
    return used_by_others(rows) | {key for key, pk in written if pk in counted}


@offers_works
def imports_of(user: User, since: datetime) -> list[Work]:
    """Each on its own page."""
    stands = Q(state__in=[State.DONE, State.STOPPED, State.TAKEN_BACK]) & ~Q(operations=[])
    found = Import.objects.visible_to(user).filter(by=user, at__gte=since)
    found = found.filter(stands | Q(state=State.TAKEN_BACK) & ~Q(taken_operations=[])).order_by("-pk")[:MOST_SHOWN]
    words = _("an import")
    return [
        Work(words, one.name, one.finished_at or one.at, one.get_absolute_url(), one.state == State.TAKEN_BACK)
        for one in found
    ]


can_undo(
    ACT,
    Undoable(
        event=CREATED.code,
        beside=(CHANGED.code, events.MERGED.code),
        along=(events.REPOINTED.code,),
        action=CHANGE,
        what=_("an import"),
        afterwards=bring_rows_up,
        used=used_or_changed,
        of_archived=True,
        is_part=True,
    ),
)
