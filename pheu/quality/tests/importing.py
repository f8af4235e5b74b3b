"""Walking an import over HTTP, the worker's part done in between."""

import io

import xlsxwriter
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from procrastinate.contrib.django.models import ProcrastinateJob

from pheu.quality import jobs
from pheu.quality.models import Import


def xlsx(rows: list[list[object]]) -> bytes:
    """A workbook of one sheet."""
    written = io.BytesIO()
    with xlsxwriter.Workbook(written, {"in_memory": True, "strings_to_formulas": False}) as book:
        sheet = book.add_worksheet("Doanh nghiep")
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
    return written.getvalue()


def csv(*lines: str) -> bytes:
    return "\n".join([*lines, ""]).encode()


def upload(client, content: bytes, name: str = "khu-cong-nghe-cao.xlsx", kind: str = "prospect"):
    return client.post(f"/imports/new/?kind={kind}", {"kind": kind, "file": SimpleUploadedFile(name, content)})


def mapped(imported: Import, **changed) -> dict[str, object]:
    """The mapping form as the page proposes it, with some answers changed."""
    proposed = {f"column_{column}": name for column, name in imported.columns.items()}
    place = {
        "area_code": imported.area_code,
        "origin": imported.origin,
        "team": imported.team_id,
        "department": imported.department_id,
    }
    return {name: value for name, value in ({**proposed, **place} | changed).items() if value is not None}


def work() -> list[str]:
    """Do what a worker does with the waiting jobs of imports; returns their names."""
    # The queue's tables are not emptied after tests that commit, so it may hold jobs of imports long gone.
    mine = {"args__import_id__in": list(Import.objects.values_list("pk", flat=True))}
    waiting = ProcrastinateJob.objects.filter(status="todo", task_name__startswith="pheu.quality", **mine)
    names = []
    for one in waiting.order_by("pk"):
        names.append(one.task_name.rpartition(".")[2])
        getattr(jobs, names[-1])(**one.args)
        with connection.cursor() as cursor:
            for status in ("doing", "succeeded"):
                cursor.execute("update procrastinate_jobs set status = %s where id = %s", [status, one.pk])
    return names


def asked_for(imported: Import, name: str):
    """The jobs of this import that bear this name, the first one first."""
    return ProcrastinateJob.objects.filter(task_name__endswith=name, args__import_id=imported.pk).order_by("pk")


def opened(client, content: bytes, name: str = "khu-cong-nghe-cao.xlsx", kind: str = "prospect") -> Import:
    """An import whose file is read: at its second step, or refused."""
    answer = upload(client, content, name, kind)
    assert answer.status_code == 302, answer.text
    assert work() == ["read_file"]
    return Import.objects.latest("pk")


def checked(client, content: bytes, name: str = "khu-cong-nghe-cao.xlsx", kind: str = "prospect", **changed) -> Import:
    """An import taken to its third step."""
    imported = opened(client, content, name, kind)
    answer = client.post(f"/imports/{imported.pk}/columns/", mapped(imported, **changed))
    assert answer.status_code == 302, answer.text
    assert work() == ["check_import"]
    imported.refresh_from_db()
    return imported


def run(client, imported: Import, **policy) -> Import:
    """What it is once it has run, `policy` chosen."""
    client.post(f"/imports/{imported.pk}/run/", policy)
    work()
    imported.refresh_from_db()
    return imported


def accounts(imported: Import) -> tuple[int, int, int, int]:
    return imported.rows, imported.created, imported.skipped, imported.rejected
