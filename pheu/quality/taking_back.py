"""Taking a whole import back: its operations one by one, the last one first, each in a transaction of its own.

What somebody has used or changed since stays and is counted; whoever imported may, and whoever may import there.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from pheu.core.errors import DomainError
from pheu.people.models import User
from pheu.people.scopes import CHANGE
from pheu.quality import events
from pheu.quality.models import Import, ImportLine
from pheu.quality.services import locked, may_place
from pheu.records.acts import operation
from pheu.records.journal import used_by_others
from pheu.records.models import JournalEntry, Operation, Record, Row
from pheu.timeline.events import CHANGED, CREATED
from pheu.timeline.services import record
from pheu.timeline.undo import Undoable, Work, bring_rows_up, can_undo, offers_works, rule_of, undo

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
        imported.to_take_back, imported.taken_away, imported.kept = len(imported.operations), 0, 0
    imported.state, imported.problem, imported.taken_back_by = State.TAKING_BACK, "", by
    imported.save()
    return True


@transaction.atomic
def take_back_chunk(import_id: int) -> bool:
    """Take the last operation back that still stands; False when there was none left."""
    imported = Import.objects.select_related("taken_back_by").select_for_update(of=("self",)).get(pk=import_id)
    if imported.state != State.TAKING_BACK:
        return False
    if not imported.operations:
        return _finish(imported)
    _take_back(imported, Operation.objects.get(pk=imported.operations.pop()))
    imported.save()
    return True


def _take_back(imported: Import, one: Operation) -> None:
    if rule_of(one) is None:
        return  # it has been
    try:
        with transaction.atomic():
            done = undo(one, by=cast(User, imported.taken_back_by), via="import")
    except DomainError as error:  # all of it stays
        imported.kept += one.events.exclude(about=None).values("about").distinct().count()
        imported.problem = str(error)[:500]
        return
    kept = {row.pk for row, _column in done.edited} | {row.pk for row in done.used}
    imported.taken_away += len(done.gone)
    imported.kept += len(kept)
    back = set(one.events.exclude(about=None).values_list("about", flat=True)) - kept
    imported.lines.filter(record__in=back, state__in=WRITTEN).update(state=ImportLine.State.TAKEN_BACK)


def _finish(imported: Import) -> bool:
    imported.state = State.TAKEN_BACK
    imported.save(update_fields=["state"])
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
    done = [State.DONE, State.STOPPED]
    found = Import.objects.visible_to(user).filter(by=user, at__gte=since, state__in=done)
    found = found.exclude(operations=[]).order_by("-pk")[:MOST_SHOWN]
    words = _("an import")
    return [Work(words, one.name, one.finished_at or one.at, one.get_absolute_url()) for one in found]


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
