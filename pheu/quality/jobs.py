"""Reading, checking and running imports outside the request: ids in, acts of `services` called chunk by chunk."""

import datetime
import logging
from collections.abc import Callable
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from procrastinate.contrib.django import app

from pheu.core.jobs import job, titled
from pheu.people.models import User
from pheu.quality import lanes, running, services, sweep, taking_back
from pheu.quality.models import Import
from pheu.records.kinds import Kind

KEPT_DRAFTS = datetime.timedelta(days=14)
State = Import.State

log = logging.getLogger(__name__)


# Asked for by pages: the job exists exactly when the import is busy with it ---------------------


@transaction.atomic
def open_file(upload: UploadedFile, *, kind: str, by: User) -> Import:
    """Keep a file and have it read."""
    imported = services.open_file(upload, kind=kind, by=by)
    read_file.defer(import_id=imported.pk, round=imported.round)
    return imported


@transaction.atomic
def choose_sheet(imported: Import, settings: dict[str, Any], *, by: User) -> None:
    """Choose sheet, encoding or header; what has to be read again is read by a job."""
    if wanted := services.choose_sheet(imported, **settings, by=by):
        read_file.defer(import_id=wanted.pk, round=wanted.round)


@transaction.atomic
def check(imported: Import, settings: dict[str, Any], *, by: User) -> None:
    """Check every line with new settings."""
    imported = services.begin_check(imported, settings, by=by)
    check_import.defer(import_id=imported.pk, round=imported.round)


@transaction.atomic
def start(imported: Import, *, by: User, **settings: Any) -> None:
    """Start with the `settings` of `running.start_import`, or go on after what stopped it."""
    if imported.state == State.TAKING_BACK:
        take_back(imported, by=by)
    elif imported.state == State.DOING_AGAIN:
        do_again(imported, by=by)
    elif running.start_import(imported, by=by, **settings):
        run_import.defer(import_id=imported.pk)
    elif again := running.try_again(imported, by=by):
        work = read_file if again.state == State.READING else check_import
        work.defer(import_id=again.pk, round=again.round)


@transaction.atomic
def take_back(imported: Import, *, by: User) -> None:
    """Take all of it back; what has been used or changed since stays."""
    if taking_back.take_back_import(imported, by=by):
        take_import_back.defer(import_id=imported.pk)


@transaction.atomic
def do_again(imported: Import, *, by: User) -> None:
    """Do again what was taken back; what has come in its place since stays."""
    if taking_back.do_import_again(imported, by=by):
        redo_import.defer(import_id=imported.pk)


# Done by the worker -----------------------------------------------------------------------------


@titled(_("Reading a file to import"))
@job
def read_file(import_id: int, round: int) -> None:  # noqa: A002
    imported = Import.objects.filter(pk=import_id, round=round, state=State.READING).first()
    if imported is not None:
        _telling(import_id, lambda: services.read_file(imported, round))


@titled(_("Checking the lines of an import"))
@job
def check_import(import_id: int, round: int) -> None:  # noqa: A002
    imported = Import.objects.filter(pk=import_id, round=round, state=State.CHECKING).first()
    if imported is not None:
        _telling(import_id, lambda: lanes.check_lines(imported, round))


@titled(_("Importing rows"))
@job
def run_import(import_id: int) -> None:
    """Chunk after chunk until nothing is left. Killed anywhere, it goes on at the first line that has no row yet."""
    _telling(import_id, lambda: lanes.work_off(import_id))


@titled(_("Taking back an import"))
@job
def take_import_back(import_id: int) -> None:
    """Chunk after chunk, the last one first; killed anywhere, it goes on with what still stands."""
    while _telling(import_id, lambda: taking_back.take_back_chunk(import_id)):
        pass


@titled(_("Doing an import again"))
@job
def redo_import(import_id: int) -> None:
    """Chunk after chunk, the first one first; killed anywhere, it goes on with what is still taken back."""
    while _telling(import_id, lambda: taking_back.redo_chunk(import_id)):
        pass


def _telling(import_id: int, work: Callable[[], Any]) -> Any:
    """Run `work`; a failure is shown on the import's page and tried again by the queue."""
    try:
        return work()
    except Exception:
        log.exception("import %s failed", import_id)
        running.note_problem(import_id, str(_("The last try failed; it is repeated by itself.")))
        raise


@app.periodic(cron="10 3 * * *")
@app.task(queueing_lock="quality.forget_drafts")
def forget_drafts(timestamp: int) -> None:
    """Imports whose preparation nobody has touched for two weeks."""
    services.forget_drafts(untouched_since=timezone.now() - KEPT_DRAFTS)


# Duplicates of a whole kind ---------------------------------------------------------------------


@transaction.atomic
def begin_sweep(kind: Kind, *, by: User) -> None:
    """Have duplicates of a kind looked for; while that goes on, once more changes nothing."""
    if begun := sweep.begin(kind, by=by):
        sweep_kind.defer(sweep_id=begun.pk)


@titled(_("Looking for duplicates"))
@job
def sweep_kind(sweep_id: int) -> None:
    """A failure is shown on the page of duplicates and tried again by the queue."""
    try:
        sweep.work_off(sweep_id)
    except Exception:
        log.exception("sweep %s failed", sweep_id)
        sweep.note_problem(sweep_id, str(_("The last try failed; it is repeated by itself.")))
        raise
