"""«Lưu trữ» and «Thùng rác»: daily work destroys nothing (D19).

What is archived is restored, or destroyed by an admin.
"""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from functools import partial
from typing import Any

from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import ProtectedError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from pheu.core.errors import DomainError, Refused
from pheu.people.models import User
from pheu.people.scopes import ARCHIVE, CHANGE
from pheu.records import writing
from pheu.records.acts import act
from pheu.records.locking import hold
from pheu.records.models import Operation, Record
from pheu.timeline import events
from pheu.timeline.models import File
from pheu.timeline.services import record, record_many
from pheu.timeline.undo import Undoable, bring_rows_up, can_undo, hand_on, rows_of

KEPT = timedelta(days=30)  # before an admin may destroy what was archived (D19)
MOST_DESTROYED = 500  # in one act


@act
def archive(rows: Sequence[Any], *, by: User, via: str = "page") -> list[Any]:
    """Take rows of one kind out of lists, counts, search and work to do; all of them or none. Set-based (D19).

    What is archived already stays so.
    """
    if not rows:
        return []
    hold(*(row.pk for row in rows))
    held = type(rows[0]).objects.kept_within(by, ARCHIVE).with_words().all_or_refuse(rows)
    fresh = [row for row in held if not row.record.is_archived]
    now = timezone.now()
    for row in fresh:
        row.record.state, row.record.archived_at, row.record.archived_by = Record.State.ARCHIVED, now, by
    writing.place_many(fresh, "is_live")
    record_many(events.ARCHIVED, [(row.record, {}) for row in fresh], by=by, via=via)
    return held


@act
def restore(records: Iterable[Record], *, by: User, via: str = "page") -> list[Record]:
    """Bring archived records of any kinds back as they were; all of them or none. Set-based for each kind (D19).

    What is in use again already stays so. What somebody who has left since worked on goes to `by`.
    """
    wanted = {one.pk for one in records}
    if not wanted:
        return []
    hold(*wanted)
    held = list(Record.objects.archivable_by(by).filter(pk__in=wanted).order_by("kind", "pk"))
    if len(held) != len(wanted):
        raise Refused
    fresh = [one for one in held if one.is_archived]
    for rows in rows_of(fresh):
        for row in rows:
            row.record.state, row.record.archived_at, row.record.archived_by = Record.State.LIVE, None, None
        writing.save_many(rows, "is_live")
    record_many(events.RESTORED, [(one, {}) for one in fresh], by=by, via=via)
    hand_on([one.pk for one in fresh], by=by, via=via)
    return held


@act
def destroy(records: Iterable[Record], *, by: User, via: str = "page") -> tuple[list[str], list[str]]:
    """Destroy what was archived more than `KEPT` ago, with all that hangs on it: numbers of (gone, kept) ones (D19).

    For whoever may change the system, and never taken back. What other rows still name stays, what is gone already is
    not told again. The log of the company has the numbers alone.
    """
    by.must("system", CHANGE)
    wanted = {one.pk for one in records}
    if len(wanted) > MOST_DESTROYED:
        raise DomainError(_("At most %(most)s records are destroyed at once."), most=MOST_DESTROYED)
    hold(*wanted)
    there = Record.objects.filter(pk__in=wanted)
    held = list(there & Record.objects.archived_for(by))
    if len(held) != len(there):
        raise DomainError(_("Some of these records are no longer archived. Please look again."))
    if any(not may_be_destroyed(one) for one in held):
        raise DomainError(_("What was archived less than %(days)s days ago stays."), days=KEPT.days)
    gone: list[str] = []
    kept: list[str] = []
    # What goes on with another, or names it, was made after it, and goes first.
    for one in sorted(held, key=lambda one: -one.pk):
        (gone if _is_destroyed(one) else kept).append(one.number)
    if gone:
        words = ngettext("%(n)d record", "%(n)d records", len(gone)) % {"n": len(gone)}
        record(events.DESTROYED, about=None, by=by, via=via, subject=words, numbers=sorted(gone))
    return gone, kept


def may_be_destroyed(one: Record) -> bool:
    """Whether it was archived long enough ago."""
    return one.archived_at is not None and one.archived_at < timezone.now() - KEPT


def _is_destroyed(one: Record) -> bool:
    """Whether it is gone now; what another row still names is not."""
    names = [str(file.content.name) for file in File.objects.filter(record=one)]
    try:
        with transaction.atomic():
            writing.destroy(one)
    except ProtectedError:
        return False
    for name in names:
        transaction.on_commit(partial(default_storage.delete, name), robust=True)
    return True


def _must_be_the_last(operation: Operation, by: User) -> None:
    """What was restored and archived anew, or the other way round, stays as it was last left."""
    later = operation.events.model.objects.filter(
        about__in=operation.events.values("about"),
        kind__in=[events.ARCHIVED.code, events.RESTORED.code],
        operation__gt=operation.pk,
    )
    if later.exists():
        raise DomainError(_("Some of these records were archived or restored since."))


for _act, _event, _what in (
    ("archive", events.ARCHIVED, _("archiving")),
    ("restore", events.RESTORED, _("restoring")),
):
    can_undo(
        _act,
        Undoable(
            event=_event.code,
            action=ARCHIVE,
            what=_what,
            refuse=_must_be_the_last,
            afterwards=bring_rows_up,
            of_archived=True,
        ),
    )
