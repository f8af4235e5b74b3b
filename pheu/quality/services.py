"""The way of an import: keep a file, read it, map its columns, check every line, create rows in chunks.

Reading, checking and creating are jobs (`quality.jobs`). Each chunk of them is one transaction that also keeps the
progress: no transaction lasts, and a killed worker's work goes on without anything made twice.
"""

import contextlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import PurePath
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import Count, F
from django.utils.translation import gettext_lazy as _

from pheu.core.errors import Conflict, DomainError, Refused
from pheu.core.turns import take_turn
from pheu.core.vietnamese.text import clean
from pheu.people.models import User
from pheu.people.scopes import IMPORT
from pheu.quality import marks
from pheu.quality.existing import Known
from pheu.quality.importers import importer_of
from pheu.quality.lines import Draft, LineReader
from pheu.quality.mapping import (
    Headers,
    guess_area_code,
    headers_of,
    is_column_numbers,
    is_header_again,
    words_of,
)
from pheu.quality.models import Import, ImportLine
from pheu.quality.parser import MOST_IN_LINE, cell_text
from pheu.quality.places import departments_for, first_place, teams_for
from pheu.quality.reading import FILE_LIMIT, Abandoned, FileRefused, Line, Sheet, read_sheet
from pheu.records import kinds

CHUNK = 1000
KEPT_AT_ONCE = 2000  # lines of a file that is read
CHECKED = ["state", "values", "marks", "reason", "detail", "has_problem", "record", "phones", "same_by"]  # of a line
MOST_AT_ONCE = 5_000_000  # characters of such lines
SAMPLE = 1500  # lines by which columns and area code are proposed: a longer list would only take longer
COMPARED = 20  # earlier imports whose headers are compared
State, LineState = Import.State, ImportLine.State


# --- the file ---------------------------------------------------------------------------------------------------------


@transaction.atomic
def open_file(upload: UploadedFile, *, kind: str, by: User) -> Import:
    """Keep a file; whoever calls asks for the job that reads it in the same transaction."""
    by.must(kind, IMPORT)
    if importer_of(kind) is None:
        raise Refused
    if (upload.size or 0) > FILE_LIMIT:
        raise FileRefused("too_large")
    name = clean(PurePath(upload.name or "").name)[:255] or "file"
    team, department = first_place(by, kind)
    imported = Import(kind=kind, by=by, name=name, origin=PurePath(name).stem[:200], team=team, department=department)
    imported.wanted = {"sheet": "", "encoding": ""}
    offered = imported.importer.of_list()
    imported.given = {field: one.to_json(one.proposed()) for field, one in offered.items()}
    imported.file.save(name, upload, save=False)
    imported.save()
    return imported


@transaction.atomic
def choose_sheet(imported: Import, *, sheet: str, encoding: str, header_line: int | None, by: User) -> Import | None:
    """Take another sheet, or the same text in another encoding; or say on which line the header stands (0: on none).

    Another sheet has to be read: then the import comes back in a new round of READING, whose job the caller asks for
    in the same transaction. While one is being read, a second choice changes nothing.
    """
    imported = locked(imported, by)
    if imported.state == State.READING:
        return None
    _must_be_open(imported)
    if (sheet, encoding) != (imported.sheet, imported.encoding):
        imported.wanted = {"sheet": sheet, "encoding": encoding}
        return new_round(imported, State.READING)
    if header_line != imported.header_line:
        _propose(imported, lines_of(imported, SAMPLE), header_line)
    return None


def new_round(imported: Import, state: str, *, refusal: str = "") -> Import:
    """Whatever worked on it before is overtaken; `refusal` says why what was wanted was not read."""
    imported.state, imported.round, imported.done = state, imported.round + 1, 0
    imported.problem, imported.refusal = "", refusal
    imported.save()
    return imported


def locked(imported: Import, by: User) -> Import:
    """The import as it is now, held until the transaction ends; `Refused` unless it is one that `by` may work on."""
    by.must(imported.kind, IMPORT)
    take_turn_at(imported.pk)
    return Import.objects.visible_to(by).select_for_update().get_or_refuse(imported.pk)


def take_turn_at(import_id: int, *, beside: bool = False) -> None:
    """Let nobody else work on an import until the transaction ends, but for those who do so `beside` us."""
    take_turn(f"import {import_id}", shared=beside)


def _must_be_open(imported: Import) -> None:
    """Settings change between the reading and the run; once it runs nobody may."""
    if imported.state in (State.READING, State.REFUSED):
        raise Conflict(_("This file has not been read."))
    if not imported.is_open:
        raise Conflict(_("This import has already been started."))


def read_file(imported: Import, round_: int) -> None:
    """Read the wanted sheet and keep its lines. Safe to repeat: it begins anew. `refusal` says why it cannot be."""
    waiting = Import.objects.filter(pk=imported.pk, round=round_, state=State.READING)
    try:
        with read_sheet(imported.file.path, name=imported.name, is_wanted=waiting.exists, **imported.wanted) as sheet:
            _keep_sheet(imported, round_, sheet)
    except FileRefused as refusal:
        _refuse_file(imported, round_, refusal.why)
    except Abandoned:
        return  # somebody has stopped it, or begun it anew


def _keep_sheet(imported: Import, round_: int, sheet: Sheet) -> None:
    """Keep the lines chunk by chunk, and give way to whoever overtakes."""
    start = 0
    for lines in portions(sheet.lines):
        if not _keep_lines(imported, round_, sheet, start, lines):
            return
        start += len(lines)
    _end_reading(imported, round_, sheet)


def portions(lines: Iterable[Line]) -> Iterator[list[Line]]:
    """The lines, as many at once as are kept in one transaction and find room in memory."""
    portion, size = list[Line](), 0
    for line in lines:
        portion.append(line)
        size += sum(map(len, line.cells))
        if len(portion) == KEPT_AT_ONCE or size > MOST_AT_ONCE:
            yield portion
            portion, size = [], 0
    if portion:
        yield portion


@transaction.atomic
def _refuse_file(imported: Import, round_: int, code: str) -> None:
    current = _in_round(imported, round_, State.READING)
    if current is not None:
        give_up_reading(current, code)


def give_up_reading(imported: Import, code: str) -> None:
    """Go back to the lines read before; without any, the file is of no use and goes."""
    if not imported.has_lines:
        _drop_file(imported)
    new_round(imported, State.DRAFT if imported.has_lines else State.REFUSED, refusal=code)


def _drop_file(imported: Import) -> None:
    """Off the disk, once nothing can bring its row back."""
    storage, name = imported.file.storage, imported.file.name
    imported.file = ""
    if name:
        transaction.on_commit(lambda: storage.delete(name))


@transaction.atomic
def _keep_lines(imported: Import, round_: int, sheet: Sheet, start: int, lines: Sequence[Line]) -> bool:
    """Keep one chunk of lines, the first in place of all that there were; False when somebody else does or has.

    The same job may run twice at once, when a worker that was held for dead is not: whose chunk does not follow what
    is kept already gives way.
    """
    current = _in_round(imported, round_, State.READING)
    if current is None or start not in (0, current.done):
        return False
    if not start:
        current.lines.all().delete()
        current.sheet, current.sheets, current.encoding, current.rows = "", [], "", sheet.count
    ImportLine.objects.keep(current.pk, ((one.number, one.cells) for one in lines))
    current.done = start + len(lines)
    current.save()
    return True


@transaction.atomic
def _end_reading(imported: Import, round_: int, sheet: Sheet) -> None:
    current = _in_round(imported, round_, State.READING)
    if current is None or current.done != sheet.count:
        return
    current.sheet, current.sheets, current.encoding = sheet.name[:255], sheet.sheets, sheet.encoding
    lines = lines_of(current, SAMPLE)
    _propose(current, lines, _headers(current).find(lines))


def _propose(imported: Import, lines: Sequence[Line], header_line: int | None) -> None:
    """What each column probably is and which area code its numbers lack; the person has the last word.

    Where an earlier file had the same headers, what was said of that one.
    """
    below = [line for line in lines if line.number > (header_line or 0)]
    headers = headers_of(lines, header_line) if header_line else []
    columns = _headers(imported).propose(headers) if headers else _headers(imported).propose_by_content(below)
    imported.header_line, imported.columns = header_line, {str(column): name for column, name in columns.items()}
    imported.readings, imported.headings, imported.like = {}, [words_of(header) for header in headers], None
    titles = [
        imported.name,
        imported.sheet,
        *(cell for line in lines if line.number < (header_line or 0) for cell in line.cells),
    ]
    imported.area_code = guess_area_code(_texts(below, columns, "phone"), titles, _texts(below, columns, "address"))
    if earlier := _same_source(imported):
        _take_over(imported, earlier)
    imported.rows = imported.lines_of_customers.count()
    new_round(imported, State.DRAFT)


def _same_source(imported: Import) -> Import | None:
    """The last file of this kind with the same headers whose columns somebody has looked through."""
    if not any(imported.headings):
        return None
    looked_through = Import.objects.visible_to(imported.by).exclude(state__in=Import.NOT_LOOKED_THROUGH)
    alike = looked_through.filter(kind=imported.kind, headings__contains=imported.headings).exclude(pk=imported.pk)
    places = _places(imported.headings).keys()
    return next((one for one in alike.order_by("-pk")[:COMPARED] if _places(one.headings).keys() == places), None)


def _places(headings: Sequence[str]) -> dict[tuple[str, int], str]:
    """{(heading, which one of that name): number of the column}."""
    times = Counter[str]()
    places = {}
    for column, heading in enumerate(headings):
        places[heading, times[heading]] = str(column)
        times[heading] += 1
    return places


def _take_over(imported: Import, earlier: Import) -> None:
    """What was said of the columns of an earlier file, wherever they stand in this one, and of all of its lines."""
    mine, places = imported.importer.columns(), _places(imported.headings)
    to = {column: places[place] for place, column in _places(earlier.headings).items()}
    imported.columns = {to[column]: name for column, name in earlier.columns.items() if name in mine}
    imported.readings = {to[column]: reading for column, reading in earlier.readings.items()}
    imported.area_code, imported.like = earlier.area_code, earlier
    imported.given |= {name: told for name, told in earlier.given.items() if name in imported.given}
    with contextlib.suppress(DomainError):
        may_place(imported.by, imported.kind, earlier.team, earlier.department)
        imported.team, imported.department = earlier.team, earlier.department


def _headers(imported: Import) -> Headers:
    importer = imported.importer
    return Headers(importer.columns(), importer.joined, [one for one in importer.schema if not one.importable])


def _texts(lines: Sequence[Line], columns: dict[int, str], name: str) -> list[str]:
    wanted = [column for column, to in columns.items() if to == name]
    return [line.cells[column] for line in lines for column in wanted if column < len(line.cells)]


def lines_of(imported: Import, most: int) -> list[Line]:
    """The lines of the file in order, the first `most` of them."""
    return [
        Line(number, cells) for number, cells in imported.lines.order_by("line").values_list("line", "cells")[:most]
    ]


def reader_of(imported: Import) -> LineReader:
    columns = {int(column): name for column, name in imported.columns.items()}
    headers = header_cells(imported)
    return LineReader(imported.importer, columns, headers, imported.area_code, imported.by, imported.readings)


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
    imported = locked(imported, by)
    _must_be_open(imported)
    if imported.header_line is None:
        raise DomainError(_("Say first on which line the header stands."))
    may_place(by, imported.kind, settings["team"], settings["department"])
    if not set(settings["columns"].values()) <= set(imported.importer.columns()):
        raise Refused
    given = _given(imported, settings.get("given", {}), by)
    for name, value in (settings | {"given": given}).items():
        setattr(imported, name, value)
    imported.rows = imported.lines_of_customers.count()
    return new_round(imported, State.CHECKING)


def _given(imported: Import, values: dict[str, Any], by: User) -> dict[str, Any]:
    """What holds for all lines, as JSON, if `by` may write and choose it."""
    offered = imported.importer.as_for(by).of_list()
    if not set(values) <= set(offered):
        raise Refused
    checked = kinds.get(imported.kind).schema_for(by).check([values], by=by, new=False)[0]
    return {name: offered[name].to_json(value) for name, value in checked.items()}


def may_place(user: User, kind: str, team: Any, department: Any) -> None:
    """Refuse a place where this person may not import to."""
    if team is None and department is None:
        raise DomainError(_("Choose the team or department that the rows belong to."))
    fits = team is None or teams_for(user, kind).filter(pk=team.pk).exists()
    if not (fits and (department is None or departments_for(user, kind).filter(pk=department.pk).exists())):
        raise Refused(_("You may not import into that team or department."))


def read_share(imported: Import, round_: int, last: int, end: int) -> bool:
    """Keep what the lines behind `last`, to `end`, would become; False once a newer round has begun. Safe to repeat."""
    reader, known = reader_of(imported), Known(imported)
    while chunk := list(imported.lines.filter(line__lte=end).after(last, CHUNK)):
        _read_lines(imported, reader, known, chunk)
        last = chunk[-1].line
        with transaction.atomic():
            if _in_round(imported, round_, State.CHECKING) is None:
                return False
            ImportLine.objects.save_all(chunk, CHECKED)
            Import.objects.filter(pk=imported.pk).update(done=F("done") + len(chunk))
    return True


def _read_lines(imported: Import, reader: LineReader, known: Known, lines: Sequence[ImportLine]) -> None:
    """Put into lines what their cells give, and the record that each is the same as."""
    for line in lines:
        draft, line.state = read_line(reader, line.cells)
        line.values, line.marks, line.reason = draft.values, draft.marks, draft.reason
        line.record_id, line.detail, line.phones, line.same_by = None, "", draft.phones, []
        line.has_problem = marks.has_problem(line.marks)
    _find_existing(imported, known, [line for line in lines if line.state == LineState.READY])


def _find_existing(imported: Import, known: Known, lines: Sequence[ImportLine]) -> None:
    """Mark the lines that are the same as a record; which one it is, where whoever imports may change it."""
    rows = imported.importer.build_many(lines, imported.place)
    keys = [known.kind.schema.keys_of(row) for row in rows]
    found = known.find(lines, keys)
    mine = known.changeable(found)
    for line, one, of_line in zip(lines, found, keys, strict=True):
        line.same_by = known.same_by(line, of_line)
        if one is not None:
            line.marks, line.has_problem = [*line.marks, marks.THERE], True
            line.record_id = one.record.pk if one.record.pk in mine else None


def _in_round(imported: Import, round_: int, state: str) -> Import | None:
    """The import, if this work is the latest; then nothing can overtake it until the transaction ends."""
    return Import.objects.select_for_update().filter(pk=imported.pk, round=round_, state=state).first()


@transaction.atomic
def end_check(imported: Import, round_: int, criteria: Sequence[Sequence[str]]) -> None:
    """Say what lines share with each other and give the accounts; `criteria` are those by which they were compared."""
    if _in_round(imported, round_, State.CHECKING) is None:
        return
    ImportLine.objects.mark_repeats(imported)
    counts = _counts(imported) | {"same_rules": criteria}
    Import.objects.filter(pk=imported.pk).update(state=State.CHECKED, done=0, **counts)


def _counts(imported: Import) -> dict[str, Any]:
    """The accounts of a check."""
    counts = dict(imported.lines_of_customers.values_list("state").annotate(Count("pk")))
    told = imported.lines_of_customers.filter(state=LineState.READY).count_marks()
    return {
        "rows": sum(counts.values()),
        "skipped": counts.get(LineState.SKIPPED, 0),
        "rejected": counts.get(LineState.REJECTED, 0),
        "mark_counts": {code: times for code, times in told.items() if code in marks.MARKS},
    }


# --- mending ----------------------------------------------------------------------------------------------------------


@transaction.atomic
def mend_line(line: ImportLine, cells: Mapping[int, str], *, by: User) -> ImportLine:
    """Write other texts into cells {column: text} of a checked line and read it again; the file itself stays (R1.31).

    Only columns that are mapped can be mended. Lines that share a number with it, before or now, are marked anew.
    """
    imported = locked(line.imported, by)
    if imported.state != State.CHECKED:
        raise Conflict(_("The lines of this import are not being looked through any more."))
    line = imported.lines_of_customers.filter(pk=line.pk).first()
    if line is None or not {str(column) for column in cells} <= imported.columns.keys():
        raise Refused
    before, width = line.phones, max([len(line.cells), *(column + 1 for column in cells)])
    there = dict(enumerate([*line.cells, *[""] * (width - len(line.cells))]))
    line.cells = [*(there | {column: cell_text(text) for column, text in cells.items()}).values()]
    if sum(map(len, line.cells)) > MOST_IN_LINE:
        raise FileRefused(f"too_long:{line.line}")
    _read_lines(imported, reader_of(imported), Known(imported), [line])
    ImportLine.objects.save_all([line], ["cells", *CHECKED])
    _mark_again(imported, {*before, *line.phones})
    Import.objects.filter(pk=imported.pk).update(**_counts(imported))
    return line


def _mark_again(imported: Import, phones: set[str]) -> None:
    """Mark repeats anew on the lines that have one of these numbers."""
    lines = list(imported.lines_of_customers.filter(state=LineState.READY, phones__overlap=list(phones)))
    for line in lines:
        line.marks = [mark for mark in line.marks if mark not in (marks.REPEATED, marks.KNOWN, marks.AGAIN)]
        line.has_problem = marks.has_problem(line.marks)
    ImportLine.objects.save_all(lines, ["marks", "has_problem"])
    ImportLine.objects.mark_repeats(imported, [line.pk for line in lines])


def repeats_of(imported: Import) -> Any:
    """The lines of a checked import that may be left out as repeats."""
    return imported.lines_of_customers.filter(state=LineState.READY, marks__contains=[marks.AGAIN])


def counted_marks(imported: Import) -> list[tuple[marks.Mark, int]]:
    """What the check found on the lines that become rows: (mark, how many lines), problems first."""
    return [(mark, imported.mark_counts[mark.code]) for mark in marks.known(imported.mark_counts)]


# --- the end of those that nobody finished ----------------------------------------------------------------------------


def forget_drafts(*, untouched_since: datetime) -> None:
    """Remove imports that were never started, with their lines and files."""
    drafts = Import.objects.never_started().filter(touched_at__lt=untouched_since)
    for pk in drafts.values_list("pk", flat=True):
        with transaction.atomic():
            draft = drafts.select_for_update(skip_locked=True).filter(pk=pk).first()
            if draft is not None:
                _drop_file(draft)
                draft.delete()
