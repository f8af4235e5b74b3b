"""«Xuất» over HTTP: any list as a file, within field rights and scope, told in the log, and read back by an import."""

import csv
import gc
import io
import weakref
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from python_calamine import CalamineWorkbook

from pheu.conftest import given, standing
from pheu.core.vietnamese.units import atlas, provinces
from pheu.parties.models import Prospect, Source
from pheu.parties.tests.test_import_pages import kept_files  # noqa: F401
from pheu.people.models import Role, Team
from pheu.quality.events import EXPORTED
from pheu.quality.importers import NUMBER, OWNER, importable_kinds, importer_of
from pheu.quality.models import Import
from pheu.quality.outgoing import Outgoing
from pheu.quality.tests.importing import mapped, run, work
from pheu.records import kinds, lists, schema
from pheu.records.fields import (
    Choice,
    Date,
    Email,
    Link,
    LongText,
    Moment,
    MultiChoice,
    Number,
    Percent,
    Phone,
    Pick,
    RowPick,
    Tags,
    TaxCode,
    WardPick,
)
from pheu.records.models import Tag
from pheu.records.tests.made_up import FIELDS, VALUES, of_leads
from pheu.records.tests.test_toy import plant_toys
from pheu.timeline import services as timeline
from pheu.timeline.models import Event

WHOLE = {"rows": "all", "columns": "all", "form": "csv"}
NASTY = ["=1+1", "'=cmd|' /C calc'!A0", "+84 mở", "-5", "@SUM(A1)", 'Nói "ừ", rồi; thôi', "<script>alert(1)</script>"]


@pytest.fixture(autouse=True)
def made_up(monkeypatch):
    """Leads have a field of the company's own of each type."""
    monkeypatch.setattr(schema, "_sources", [])
    schema.add_source(of_leads)


def exported(client, kind: str = "lead", **asked) -> bytes:
    answer = client.post(f"{kinds.get(kind).url('export')}", WHOLE | asked)
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Disposition"].startswith("attachment; filename")
    return b"".join(answer)


def table(content: bytes) -> list[dict[str, str]]:
    assert content.startswith("\ufeff".encode())
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def lead(by, **values):
    return standing("lead", {"name": "Trạm khí thải", "owner": by, **values}, by=by)


# What is in the file ------------------------------------------------------------------------------


def test_a_file_has_what_the_list_shows_now(client, dung, an, chi):
    """The view, the search, the filter, the order and the columns, under the labels of the list."""
    for name, owner in (("Trạm bụi 2", an), ("Trạm bụi 1", an), ("Trạm bụi 3", chi), ("Nước thải", an)):
        lead(owner, name=name, phone="+84912345678")
    client.force_login(dung)
    query = f"?tab=all&q=bụi&owner={an.pk}&sort=name&cols=name,phone"
    lines = table(exported(client, rows="shown", columns="shown", list=query))
    assert [list(one.values()) for one in lines] == [["Trạm bụi 1", "0912 345 678"], ["Trạm bụi 2", "0912 345 678"]]
    assert [str(kinds.get("lead").schema[name].label) for name in ("name", "phone")] == list(lines[0])


def test_everything_is_every_field_of_every_row(client, dung, an):
    first, second = lead(an, name="Một", **VALUES), lead(an, name="Hai")
    client.force_login(dung)
    lines = table(exported(client, list="tab=all&q=Một&cols=name"))
    assert {one["Tên tiềm năng"] for one in lines} == {"Một", "Hai"}
    row = next(one for one in lines if one["Tên tiềm năng"] == "Một")
    assert [row[str(one.label)] for one in FIELDS] == [
        "Xưởng Đúc", "2,5", "1500000", "30/11/2026", "30/11/2026 09:15", "Có", "Dây B", "SO₂; CO",
    ]  # fmt: skip
    assert {first.record.number, second.record.number} <= {value for one in lines for value in one.values()}


def test_ticked_rows_alone_leave(client, dung, an):
    rows = [lead(an, name=f"Trạm {nth}") for nth in range(4)]
    client.force_login(dung)
    ids = [rows[0].pk, rows[2].pk]
    page = client.get("/leads/export/", {"ids": ids, "list": "?tab=all&cols=name"}).text
    assert page.count('name="ids"') == 2
    lines = table(exported(client, rows="ticked", columns="shown", ids=ids, list="?tab=all&sort=name&cols=name"))
    assert [list(one.values()) for one in lines] == [["Trạm 0"], ["Trạm 2"]]


def test_a_workbook_keeps_numbers_days_and_the_zeros_of_phones(client, dung, an):
    due = datetime(2026, 11, 30, 9, 15, tzinfo=timezone.get_default_timezone())
    lead(an, phone="+84912345678", tax_code="0100109106", expected_amount=Decimal(1_980_000_000), due_at=due,
         expected_close_on=date(2026, 12, 1))  # fmt: skip
    client.force_login(dung)
    cols = "name,phone,tax_code,expected_amount,due_at,expected_close_on"
    content = exported(client, rows="shown", columns="shown", form="xlsx", list=f"tab=all&cols={cols}")
    [_heads, line] = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python()
    naive = due.replace(tzinfo=None)
    assert line == ["Trạm khí thải", "0912 345 678", "0100109106", 1_980_000_000, naive, date(2026, 12, 1)]


def test_several_values_stand_in_one_cell(client, dung, an):
    row = lead(an, phone="+84912345678", other_phones=["+842438637747"])
    tags = [Tag.objects.create(name=name) for name in ("Vốn, nhà nước", "Gấp")]
    kinds.get("lead").change(row, {"tags": ([], tags)}, by=an)
    client.force_login(dung)
    [line] = table(exported(client))
    assert line["Điện thoại"] == "0912 345 678; 024 3863 7747"
    assert set(line["Từ khóa"].split("; ")) == {"Vốn, nhà nước", "Gấp"}


def test_nothing_that_somebody_typed_runs_as_a_formula(client, dung, an):
    for text in NASTY:
        standing("prospect", {"company_name": text, "person_name": text, "remark": text}, by=an)
    client.force_login(dung)
    cells = [cell for line in table(exported(client, "prospect")) for cell in line.values()]
    assert not [cell for cell in cells if cell[:1] in tuple("=+-@\t\r")]
    book = CalamineWorkbook.from_filelike(io.BytesIO(exported(client, "prospect", form="xlsx")))
    texts = [cell for line in book.get_sheet_by_index(0).to_python() for cell in line if isinstance(cell, str)]
    assert not [cell for cell in texts if cell[:1] in tuple("=+-@\t\r")]
    assert "'=1+1" in cells and "'=1+1" in texts


def test_a_list_of_any_length_takes_as_many_statements_for_each_chunk(client, dung, an, monkeypatch):
    """Whatever fields leave: two for the rows, and one for each field that stands beside them."""
    monkeypatch.setattr(lists, "CHUNK", 4)
    monkeypatch.setattr(lists.Listing.chunks, "__defaults__", (4,))
    plant_toys()
    client.force_login(dung)
    for kind in kinds.every():
        title = kind.fields.title[0]
        needs = {"type": "prospect"} if kind.code == "company" else {}
        company = standing("company", {"name": "Hòn Đá", "type": "prospect"}, by=an) if kind.code != "company" else None
        asked = []
        for _more in range(3):
            for nth in range(4):
                row = standing(kind.code, {title: f"Số {nth}", "owner": an, **needs}, by=an)
                if company and kind.schema.get("company") and kind.code != "prospect":
                    given(row, company=company)
            with CaptureQueriesContext(connection) as queries:
                exported(client, kind.code)
            asked.append(len(queries))
        assert asked[2] - asked[1] == asked[1] - asked[0] <= 6, kind.code


def test_rows_that_are_moved_meanwhile_are_neither_lost_nor_twice(client, dung, an, monkeypatch):
    """Each way to see and both halves of an order, chunk by chunk."""
    monkeypatch.setattr(lists.Listing.chunks, "__defaults__", (3,))
    for nth in range(8):
        lead(an, name=f"Trạm {nth}", **({"expected_amount": Decimal(nth % 3)} if nth % 2 else {}))
    client.force_login(dung)
    for sort in ("expected_amount", "-expected_amount", "name", "-updated_at"):
        names = [one["Tên tiềm năng"] for one in table(exported(client, rows="shown", list=f"tab=all&sort={sort}"))]
        assert sorted(names) == [f"Trạm {nth}" for nth in range(8)], sort


def test_rows_that_have_left_leave_the_memory_too(an, dung):
    """At once, and not when something else clears up: of 100,000 rows one chunk is held."""
    for nth in range(4):
        lead(an, name=f"Trạm {nth}", source=Source.objects.all()[0])
    kind = kinds.get("lead")
    chunks = Outgoing(kind, dung, QueryDict("tab=all"), scope="all").chunks(list(kind.schema.column_fields()), 2)
    gc.disable()
    try:
        gone = [weakref.ref(row) for row in next(chunks)]
        next(chunks)
        assert [one() for one in gone] == [None, None]
    finally:
        gc.enable()


# Rights -------------------------------------------------------------------------------------------


def test_who_may_not_export_has_neither_button_nor_address(client, an, dung):
    lead(an)
    for user, may in ((an, False), (dung, True)):
        client.force_login(user)
        assert ("/leads/export/" in client.get("/leads/?tab=all").text) is may
        assert client.get("/leads/export/").status_code == (200 if may else 404)
        assert client.post("/leads/export/", WHOLE).status_code == (200 if may else 404)


def test_only_rows_that_may_be_exported_leave(client, an, binh, chi, dung):
    """The right has a scope like every other: seeing more than one's own is not taking it away."""
    mine, others = lead(binh, name="Của tôi"), lead(chi, name="Của người khác")
    role = Role.objects.get(code="manager")
    role.grants["lead"] = {"view": "all", "export": "own"}
    role.save()
    client.force_login(binh)
    assert "Của người khác" in client.get("/leads/?tab=all").text
    assert [one["Tên tiềm năng"] for one in table(exported(client))] == ["Của tôi"]
    answer = client.post("/leads/export/", WHOLE | {"rows": "ticked", "ids": [mine.pk, others.pk]})
    assert answer.status_code >= 400
    assert Event.objects.filter(kind=EXPORTED.code).count() == 1


def test_a_field_that_a_role_does_not_see_leaves_in_no_way(client, an, dung):
    """Neither as a column, nor by a condition or an order on it, nor in the log."""
    lead(an, expected_amount=Decimal(77_000_000))
    role = Role.objects.get(code="admin")
    role.fields = {"lead": {"expected_amount": "hidden"}}
    role.save()
    client.force_login(dung)
    query = "tab=all&cols=name,expected_amount&sort=expected_amount"
    for content in (exported(client), exported(client, rows="shown", columns="shown", list=query)):
        assert "77000000" not in content.decode()
    assert "expected_amount" not in str(Event.objects.filter(kind=EXPORTED.code).values_list("facts", flat=True))


def test_a_record_out_of_sight_is_not_named(client, an, binh, chi):
    """A lead that a colleague's prospect became is another department's."""
    prospect = standing("prospect", {"company_name": "Hòn Đá", "owner": binh}, by=binh)
    hidden = lead(chi, name="Bí mật")
    given(prospect, became=hidden.record)
    client.force_login(binh)
    assert "Bí mật" not in exported(client, "prospect").decode()
    given(prospect, became=lead(binh, name="Của tôi").record)
    assert "Của tôi" in exported(client, "prospect").decode()


# The log ------------------------------------------------------------------------------------------


def test_every_export_is_told_with_who_what_and_how_many(client, an, dung, binh):
    lead(an, name="Trạm bụi", priority=3), lead(an, name="Nước thải")
    client.force_login(dung)
    exported(client, rows="shown", columns="shown", list="?tab=all&q=bụi&priority=3&cols=name,phone", form="xlsx")
    event = Event.objects.get(kind=EXPORTED.code)
    assert (event.by, event.about, event.facts["of"], event.facts["rows"]) == (dung, None, "lead", 1)
    assert (event.facts["form"], event.facts["text"], event.facts["fields"]) == ("xlsx", "bụi", ["name", "phone"])
    page = client.get("/setup/log/?only=rows.exported").text
    for words in ("Phạm Tiến Dũng", "Tiềm năng", "Excel (xlsx)", "bụi", "Độ ưu tiên", "Tên tiềm năng, Điện thoại"):
        assert words in page
    assert "Excel (xlsx)" in client.get("/setup/log/").text
    client.force_login(binh)
    assert client.get("/setup/log/").status_code == 404


def test_a_log_of_many_exports_takes_as_many_statements(client, an, dung):
    lead(an)
    client.force_login(dung)
    asked = []
    for _more in range(2):
        for nth in range(5):
            exported(client, rows="shown", list=f"?tab=all&owner={an.pk}&priority={nth % 3}")
        with CaptureQueriesContext(connection) as queries:
            client.get("/setup/log/?only=rows.exported")
        asked.append(len(queries))
    assert asked[0] == asked[1] <= 12


def test_what_is_refused_is_not_told(client, dung):
    client.force_login(dung)
    for wrong in ({"form": "exe"}, {"rows": "ticked"}, {"columns": "?"}):
        assert client.post("/leads/export/", WHOLE | wrong).status_code == 422
    assert client.post("/leads/export/", WHOLE | {"rows": "shown", "list": "where=[["}).status_code >= 400
    assert not Event.objects.filter(kind=EXPORTED.code).exists()


# There and back -----------------------------------------------------------------------------------


def filled(one, nth: int):
    """A value for a field that tells its row from others."""
    match one:
        case MultiChoice():
            return [value for value, _label in one.options][: nth + 1]
        case Choice():
            return one.options[nth % len(one.options)][0]
        case Phone():
            return ["+84912345678", "+842438637747", "+6591234567"][nth % 3]
        case Email():
            return f"van{nth}@hondacement.example"
        case Link():
            return f"https://hondacement.example/{nth}"
        case TaxCode():
            return ["0100109106", "0100109106-001", "001099012345"][nth % 3]
        case Moment():
            return datetime(2026, 11, 30, 9 * (nth % 2), 15 * (nth % 2), tzinfo=timezone.get_default_timezone())
        case Date():
            return date(2026, 11, 28) + timedelta(days=nth)
        case Percent():
            return 10 + nth
        case Number():
            return Decimal(1234 + nth) / 10**one.places
        case LongText():
            return f"Dòng một, {NASTY[nth % len(NASTY)]}\nDòng hai; {nth}"
        case Tags():
            return [Tag.objects.get_or_create(name=name)[0] for name in ("VIP", "Xuất khẩu, nội địa")[: nth % 3]]
        case WardPick():  # below the province
            return atlas().provinces[provinces()[nth][0]].wards[nth].code
        case RowPick():
            return None
        case Pick():
            rows = list(one.queryset(None) if one.name != "owner" else ())
            return rows[nth % len(rows)] if rows else None
    return VALUES.get(one.name) if one.own and not isinstance(VALUES.get(one.name), str) else NASTY[nth % len(NASTY)]


def worth(kind, rows) -> list[tuple]:
    """Everything of rows that a file can bring."""
    fields = list(importer_of(kind.code).fields().values())
    return sorted(
        tuple(
            repr((one.name, one.identity(one.value(row)), *(getattr(row, more) for more in one.companions)))
            for one in fields
        )
        for row in rows
    )


def with_everything(kind, numbers, *, by) -> None:
    """A row for each of these numbers that has a value in every field."""
    fields = importer_of(kind.code).fields().values()
    picks = [one for one in fields if isinstance(one, RowPick)]
    titled = {one.kind: kinds.get(one.kind).fields.title[0] for one in picks}
    needs = {"company": {"type": "prospect"}}
    others = {
        there: standing(there, {title: f"Hòn Đá, {there}", **needs.get(there, {})}, by=by)
        for there, title in titled.items()
    }
    for nth in numbers:
        values = {one.name: value for one in fields if one.on_create and (value := filled(one, nth)) is not None}
        values |= {one.name: others[one.kind] for one in picks}
        more = {"other_phones": ["+84903123456", "+8419001234"]} if nth == 1 and kind.schema.get("phone") else {}
        standing(kind.code, {**values, **more}, by=by)


@pytest.mark.parametrize("form", ["csv", "xlsx"])
@pytest.mark.parametrize("code", importable_kinds())
def test_an_exported_file_that_is_imported_gives_the_same_rows(client, dung, code, form):
    """Headers are known by themselves; every field that a file can bring has the value that it had."""
    plant_toys()
    kind = kinds.get(code)
    with_everything(kind, range(len(NASTY)), by=dung)
    before = list(kind.model.objects.values_list("pk", flat=True))
    client.force_login(dung)
    content = exported(client, code, form=form)
    name = f"xuat.{form}"
    imported = run(client, checked_file(client, code, content, name))
    assert (imported.created, imported.rejected, imported.skipped) == (len(before), 0, 0)
    importer = importer_of(code)
    assert set(imported.columns.values()) == {*importer.fields(), *importer.stages(), OWNER, NUMBER}
    came, were = kind.model.objects.exclude(pk__in=before), kind.model.objects.filter(pk__in=before)
    assert worth(kind, came) == worth(kind, were)
    assert sorted(came.values_list("owner__email")) == sorted(were.values_list("owner__email"))


@pytest.mark.parametrize("policy", ["fill", "overwrite", "merge"])
@pytest.mark.parametrize("code", importable_kinds())
def test_an_exported_file_gives_back_what_its_rows_have_lost(client, dung, code, policy):
    """R1.31: whatever a file has a column for, also what no row has, goes into what is there."""
    plant_toys()
    kind = kinds.get(code)
    with_everything(kind, [1], by=dung)
    importer, before = importer_of(code), worth(kind, kind.model.objects.all())
    client.force_login(dung)
    headers, cells = csv.reader(io.StringIO(exported(client, code).decode("utf-8-sig"), newline=""))
    beside = [str(one.label) for name, one in importer.columns().items() if kind.schema.get(name) is None]
    lose(kind.model.objects.all(), importer, by=dung)
    assert worth(kind, kind.model.objects.all()) != before
    content = io.StringIO(newline="")
    csv.writer(content).writerows([[*headers, *beside], [*cells, *([""] * len(beside))]])
    imported = checked_file(client, code, content.getvalue().encode(), "xuat.csv")
    assert set(imported.columns.values()) == set(importer.columns())
    imported = run(client, imported, policy=policy, overwrites=[*importer.fields()])
    assert (imported.problem, imported.updated + imported.merged) == ("", 1)
    assert worth(kind, kind.model.objects.live()) == before


def lose(rows, importer, *, by) -> None:
    """Empty whatever may be empty, but what a row is called by."""
    title = kinds.get(importer.kind).schema.title[0]
    lost = [one for one in importer.fields().values() if not one.required and one.name != title]
    values = {one.name: one.empty for one in lost} | {more: [] for one in lost for more in one.companions}
    timeline.change_each(rows, [values for _row in rows], by=by)


def test_a_phone_that_is_none_goes_there_and_back_as_it_was_typed(client, dung):
    client.force_login(dung)
    first = "Tên công ty,Điện thoại,Ghi chú\nXi măng Hòn Đá,liên hệ bảo vệ,Gọi sau\n".encode()
    run(client, checked_file(client, "prospect", first, "mot.csv"))
    run(client, checked_file(client, "prospect", exported(client, "prospect"), "hai.csv"))
    [one, other] = Prospect.objects.values_list("phone", "remark")
    assert one == other == ("liên hệ bảo vệ", "Gọi sau")


def checked_file(client, code: str, content: bytes, name: str):
    client.post(f"/imports/new/?kind={code}", {"kind": code, "file": SimpleUploadedFile(name, content)})
    assert work() == ["read_file"]
    imported = Import.objects.latest("pk")
    answer = client.post(f"/imports/{imported.pk}/columns/", mapped(imported, source="", team=Team.objects.all()[0].pk))
    assert answer.status_code == 302, answer.text
    work()
    imported.refresh_from_db()
    return imported
