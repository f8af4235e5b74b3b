"""Checking and running imports outside the request: ids in, acts of `services` called chunk by chunk."""

import logging
from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from pheu.core.jobs import job
from pheu.people.models import User
from pheu.quality import services
from pheu.quality.models import Import

AT_ONCE = 1000  # lines that are checked while the person waits; more of them are a job

log = logging.getLogger(__name__)


def check(imported: Import, settings: dict[str, Any], *, by: User) -> None:
    """Check with new settings: a short list at once, a long one as a job."""
    with transaction.atomic():
        imported = services.begin_check(imported, settings, by=by)
        if imported.rows > AT_ONCE:
            check_import.defer(import_id=imported.pk, round=imported.round)
    if imported.rows <= AT_ONCE:
        services.check_lines(imported, imported.round)


def start(imported: Import, *, by: User) -> None:
    """Start or resume; the job exists exactly when the import is running."""
    with transaction.atomic():
        if services.start_import(imported, by=by):
            run_import.defer(import_id=imported.pk)


@job
def check_import(import_id: int, round: int) -> None:  # noqa: A002
    imported = Import.objects.filter(pk=import_id).first()
    if imported is not None:
        _telling(import_id, lambda: services.check_lines(imported, round))


@job
def run_import(import_id: int) -> None:
    """Chunk after chunk until nothing is left. Killed anywhere, it goes on at the first line that has no row yet."""
    while _telling(import_id, lambda: services.import_chunk(import_id)):
        pass


def _telling(import_id: int, work: Callable[[], Any]) -> Any:
    """Run `work`; a failure is shown on the import's page and tried again by the queue."""
    try:
        return work()
    except Exception:
        log.exception("import %s failed", import_id)
        services.note_problem(import_id, str(_("The last try failed; it is repeated by itself.")))
        raise
