"""The way of an import: open a file, map its columns, check every line, create rows in chunks.

Each chunk is one transaction that also keeps the progress, so a killed worker goes on exactly where it stopped.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import PurePath
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import Count, Func, Value
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from pheu.core.errors import Conflict, DomainError, Refused
from pheu.core.vietnamese.text import clean
from pheu.people.models import User
from pheu.people.scopes import IMPORT
from pheu.quality import events, marks
from pheu.quality.importers import importer_of
from pheu.quality.lines import Draft, LineReader
from pheu.quality.mapping import Headers, guess_area_code, headers_of, is_column_numbers, is_header_again
from pheu.quality.models import Import, ImportLine
from pheu.quality.places import departments_for, first_place, teams_for
from pheu.quality.reading import FILE_LIMIT, FileRefused, Line, Sheet, read_sheet
from pheu.records import kinds
from pheu.records.acts import operation
from pheu.timeline.services import put, record

CHUNK = 500
State, LineState = Import.State, ImportLine.State


# --- the file ---------------------------------------------------------------------------------------------------------


@transaction.atomic
def open_file(upload: UploadedFile, *, kind: str, by: User) -> Import:
    """Keep a file and read its first sheet with data; `FileRefused` says why not, and then nothing is kept."""
    by.must(kind, IMPORT)
    importer = importer_of(kind)
    if importer is None:
        raise Refused
    if (upload.size or 0) > FILE_LIMIT:
        raise FileRefused("too_large")
    name = clean(PurePath(upload.name or "").name)[:255] or "file"
    team, department = first_place(by, kind)
    imported = Import(
        kind=kind, by=by, name=name, file=upload, origin=PurePath(name).stem[:200], team=team, department=department
    )
    imported.file.save(name, upload, save=False)
    try:
        sheet = read_sheet(imported.file.path, name=name)
    except FileRefused:
        imported.file.delete(save=False)
        raise
    imported.save()
    _keep_lines(imported, sheet)
    return imported


@transaction.atomic
def choose_sheet(imported: Import, *, sheet: str, encoding: str, header_line: int | None, by: User) -> Import:
    """Read another sheet, or the same text in another encoding; or say on which line the header stands (0: on none)."""
    imported = _locked_open(imported, by)
    if (sheet, encoding) != (imported.sheet, imported.encoding):
        _keep_lines(imported, read_sheet(imported.file.path, name=imported.name, sheet=sheet, encoding=encoding))
    elif header_line != imported.header_line:
        _propose(imported, lines_of(imported), header_line)
    return imported


def _locked_open(imported: Import, by: User) -> Import:
    """The import, locked, for somebody who may change its settings; once it runs nobody may."""
    by.must(imported.kind, IMPORT)
    imported = Import.objects.visible_to(by).select_for_update().get_or_refuse(imported.pk)
    if not imported.is_open:
        raise Conflict(_("This import has already been started."))
    return imported


def _keep_lines(imported: Import, sheet: Sheet) -> None:
    imported.lines.all().delete()
    rows = [ImportLine(imported=imported, line=line.number, cells=line.cells) for line in sheet.lines]
    ImportLine.objects.bulk_create(rows, batch_size=2000)
    imported.sheet, imported.sheets, imported.encoding = sheet.name[:255], sheet.sheets, sheet.encoding
    _propose(imported, sheet.lines, _headers(imported).find(sheet.lines))


def _propose(imported: Import, lines: Sequence[Line], header_line: int | None) -> None:
    """What each column probably is and which area code its numbers lack; the person has the last word."""
    below = [line for line in lines if line.number > (header_line or 0)]
    if header_line:
        columns = _headers(imported).propose(headers_of(lines, header_line))
    else:
        columns = _headers(imported).propose_by_content(below)
    imported.header_line, imported.columns = header_line, {str(column): name for column, name in columns.items()}
    titles = [
        imported.name,
        imported.sheet,
        *(cell for line in lines if line.number < (header_line or 0) for cell in line.cells),
    ]
    imported.area_code = guess_area_code(_texts(below, columns, "phone"), titles, _texts(below, columns, "address"))
    imported.state, imported.rows = State.DRAFT, len(below)
    imported.round += 1
    imported.save()


def _headers(imported: Import) -> Headers:
    return Headers(imported.importer.fields(), imported.importer.joined)


def _texts(lines: Sequence[Line], columns: dict[int, str], name: str) -> list[str]:
    wanted = [column for column, to in columns.items() if to == name]
    return [line.cells[column] for line in lines for column in wanted if column < len(line.cells)]


def lines_of(imported: Import, most: int | None = None) -> list[Line]:
    """The lines of the file in order, the first `most` of them."""
    return [
        Line(number, cells) for number, cells in imported.lines.order_by("line").values_list("line", "cells")[:most]
    ]


def reader_of(imported: Import) -> LineReader:
    columns = {int(column): name for column, name in imported.columns.items()}
    return LineReader(imported.importer, columns, header_cells(imported), imported.area_code)


def header_cells(imported: Import) -> list[str]:
    header = imported.lines.filter(line=imported.header_line or 0).first()
    return header.cells if header else []


def read_line(reader: LineReader, cells: Sequence[str]) -> tuple[Draft, str]:
    """(the draft of a line, the state it gets): a repeated header or a line of column numbers is skipped."""
    for reason, is_so in (
        (marks.HEADER_AGAIN, is_header_again(cells, reader.headers)),
        (marks.COLUMN_NUMBERS, is_column_numbers(cells)),
    ):
        if is_so:
            return Draft(reason=reason), LineState.SKIPPED
    draft = reader.read(cells)
    return draft, LineState.REJECTED if draft.reason else LineState.READY


# --- the check --------------------------------------------------------------------------------------------------------


@transaction.atomic
def begin_check(imported: Import, settings: dict[str, Any], *, by: User) -> Import:
    """Take over columns, area code, place and origin of the list, and open a new round of checking."""
    imported = _locked_open(imported, by)
    if imported.header_line is None:
        raise DomainError(_("Say first on which line the header stands."))
    may_place(by, imported.kind, settings["team"], settings["department"])
    for name, value in settings.items():
        setattr(imported, name, value)
    imported.state, imported.done, imported.problem = State.CHECKING, 0, ""
    imported.rows = imported.lines_of_customers.count()
    imported.round += 1
    imported.save()
    return imported


def may_place(user: User, kind: str, team: Any, department: Any) -> None:
    """Refuse a place where this person may not import to."""
    if team is None and department is None:
        raise DomainError(_("Choose the team or department that the rows belong to."))
    fits = team is None or teams_for(user, kind).filter(pk=team.pk).exists()
    if not (fits and (department is None or departments_for(user, kind).filter(pk=department.pk).exists())):
        raise Refused(_("You may not import into that team or department."))


def check_lines(imported: Import, round_: int) -> None:
    """Read every line and keep what it would become. Stops by itself when a newer round has begun; safe to repeat."""
    reader, last, seen, numbers = reader_of(imported), imported.header_line or 0, 0, dict[int, list[str]]()
    while chunk := list(imported.lines.after(last, CHUNK)):
        for line in chunk:
            draft, line.state = read_line(reader, line.cells)
            line.values, line.marks, line.reason = draft.values, draft.marks, draft.reason
            line.has_problem = marks.has_problem(line.marks)
            if line.state == LineState.READY:
                numbers[line.line] = draft.phones
        last, seen = chunk[-1].line, seen + len(chunk)
        with transaction.atomic():
            if not _still_in_round(imported, round_):
                return
            ImportLine.objects.save_all(chunk, ["state", "values", "marks", "reason", "has_problem"])
            Import.objects.filter(pk=imported.pk).update(done=seen)
    _end_check(imported, round_, numbers)


def _still_in_round(imported: Import, round_: int) -> bool:
    """Whether this check is the latest, which then cannot change until the transaction ends."""
    return Import.objects.select_for_update().filter(pk=imported.pk, round=round_, state=State.CHECKING).exists()


@transaction.atomic
def _end_check(imported: Import, round_: int, numbers: dict[int, list[str]]) -> None:
    if not _still_in_round(imported, round_):
        return
    _mark_repeats(imported, numbers)
    counts = dict(imported.lines_of_customers.values_list("state").annotate(Count("pk")))
    told = imported.lines_of_customers.filter(state=LineState.READY).values_list("marks", flat=True)
    Import.objects.filter(pk=imported.pk).update(
        state=State.CHECKED,
        rows=sum(counts.values()),
        done=0,
        skipped=counts.get(LineState.SKIPPED, 0),
        rejected=counts.get(LineState.REJECTED, 0),
        mark_counts=Counter(mark for line in told for mark in line),
    )


def _mark_repeats(imported: Import, numbers: dict[int, list[str]]) -> None:
    """Mark each line whose number another line of the file, or any record of the system, has too."""
    times = Counter(number for line in numbers.values() for number in line)
    there = known_phones(list(times))
    for code, is_so in (
        (marks.REPEATED, lambda number: times[number] > 1),
        (marks.KNOWN, lambda number: number in there),
    ):
        wanted = [line for line, phones in numbers.items() if any(map(is_so, phones))]
        for start in range(0, len(wanted), CHUNK):
            lines = imported.lines.filter(line__in=wanted[start : start + CHUNK])
            lines.update(marks=Func("marks", Value(code), function="array_append"), has_problem=True)


def known_phones(phones: Sequence[str]) -> set[str]:
    """Those numbers that a record of any kind has, whoever may see it: only that it is there is told."""
    found = set[str]()
    for kind in kinds.every():
        if kind.schema.get("phone") is not None:
            for start in range(0, len(phones), 1000):
                rows = kind.model.objects.filter(phone__in=phones[start : start + 1000])
                found.update(rows.values_list("phone", flat=True))
    return found


# --- the run ----------------------------------------------------------------------------------------------------------


def start_import(imported: Import, *, by: User) -> bool:
    """Let a checked import run, or one that stopped go on. False when it runs already: a second click changes nothing.

    Call inside the transaction that also asks for the job.
    """
    by.must(imported.kind, IMPORT)
    imported = Import.objects.visible_to(by).select_for_update().get_or_refuse(imported.pk)
    may_go_on = imported.state == State.STOPPED or (imported.state == State.RUNNING and bool(imported.problem))
    if not may_go_on and imported.state != State.CHECKED:
        return False
    imported.state, imported.problem = State.RUNNING, ""
    imported.save(update_fields=["state", "problem"])
    return True


@transaction.atomic
def import_chunk(import_id: int) -> bool:
    """Create the rows of the next lines and keep the progress with them; False when there is nothing left to do.

    The lock lets one worker at a time in, and a line that was created is not `READY` any more: nothing is made twice.
    """
    imported = (
        Import.objects.select_related("by__role", "team", "department")
        .select_for_update(of=("self",))
        .get(pk=import_id)
    )
    if imported.state != State.RUNNING:
        return False
    try:
        imported.by.must(imported.kind, IMPORT)
        may_place(imported.by, imported.kind, imported.team, imported.department)
    except DomainError:
        return _stop(imported, _("The person who started this import may no longer import here."))
    with operation("run_import", by=imported.by, via="import", belongs_to=imported.operation_id) as doing:
        lines = list(imported.lines_of_customers.filter(state=LineState.READY).order_by("line")[:CHUNK])
        if not lines:
            return _finish(imported)
        _create_rows(imported, lines)
        imported.operation_id = doing.operation
    imported.created += len(lines)
    imported.done, imported.problem = imported.created, ""
    imported.save(update_fields=["created", "done", "problem", "operation"])
    return True


def _create_rows(imported: Import, lines: Iterable[ImportLine]) -> None:
    lines, place = list(lines), imported.place
    importer = imported.importer
    rows = [importer.build(importer, line.values, set(line.marks), place, line.key) for line in lines]
    put(rows, by=imported.by, via="import", list=imported.origin)
    for line, row in zip(lines, rows, strict=True):
        line.record_id, line.state = row.pk, LineState.CREATED
    ImportLine.objects.save_all(lines, ["record", "state"])


def _stop(imported: Import, problem: Any) -> bool:
    imported.state, imported.problem = State.STOPPED, str(problem)
    imported.save(update_fields=["state", "problem"])
    return False


def _finish(imported: Import) -> bool:
    imported.state, imported.finished_at = State.DONE, timezone.now()
    imported.save(update_fields=["state", "finished_at"])
    counts = {
        "created": imported.created,
        "skipped": imported.skipped,
        "rejected": imported.rejected,
        "rows": imported.rows,
    }
    facts: dict[str, Any] = {"id": imported.pk, "name": imported.name, **counts}
    record(events.IMPORT_FINISHED, about=None, by=imported.by, via="import", subject=imported.name[:200], **facts)
    return False


def note_problem(import_id: int, problem: str) -> None:
    """Say on the page of a running import why its last try failed."""
    Import.objects.filter(pk=import_id, state__in=[State.RUNNING, State.CHECKING]).update(problem=problem[:500])


def counted_marks(imported: Import) -> list[tuple[marks.Mark, int]]:
    """What the check found on the lines that become rows: (mark, how many lines), problems first."""
    return [(mark, imported.mark_counts[mark.code]) for mark in marks.known(imported.mark_counts)]
