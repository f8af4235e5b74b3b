"""«Nhập dữ liệu» over HTTP, from a file of the real sort to prospects and accounts (R1.01, R4.02)."""

import datetime
import io
import re
import signal
from pathlib import Path

import pytest
import xlsxwriter
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.utils import timezone
from python_calamine import CalamineWorkbook

from pheu.conftest import nothing_changes, told
from pheu.core.errors import Conflict, DomainError, Refused
from pheu.leads.services import convert_prospects
from pheu.parties.models import Prospect
from pheu.parties.services import create_prospect
from pheu.people.models import Role
from pheu.quality import jobs, lanes, reading, running, services
from pheu.quality.events import IMPORT_FINISHED
from pheu.quality.models import Import
from pheu.quality.reading import Line
from pheu.quality.tests.files import one_that_ends
from pheu.quality.tests.importing import accounts, asked_for, checked, mapped, opened, run, upload, work, xlsx
from pheu.timeline.events import CREATED
from pheu.timeline.models import Event

HEADER = ["TT", "Tên doanh nghiệp", "Gọi tắt", "Tên dự án", "Địa chỉ trong khu", "Điện thoại", "Fax", "Website"]
TITLES = [["DANH SÁCH DOANH NGHIỆP TRONG KHU CÔNG NGHỆ CAO TP. HỒ CHÍ MINH"], ["(Nguồn: dữ liệu công khai)"], []]
LOOK_ALIKE = [
    *TITLES,
    HEADER,
    [
        1,
        "Công ty CP Thiết bị Sông Hồng",
        "Sông Hồng",
        "Nhà máy linh kiện\u200b",
        "Lô A1",
        38450000,
        38450001,
        "http://songhong.example",
    ],
    [2, "Công ty TNHH Hải Nam", "", "\u200b\u200b", "Lô A2", "38389868", "", ""],
    [3, "Công ty TNHH Ánh Lam", "", "", "Lô A3", "38389868", "", ""],
    [4, "Công ty Viedam", "", "", "Lô A4", 1283668386, "", ""],
    [],
    [5, "Công ty không điện thoại", "", "", "Lô A5"],
    [6, "Công ty Chữ", "", "", "Lô A6", "liên hệ bảo vệ"],
    HEADER,
    [7, "", "", "Chỉ có dự án", "Lô A7"],
    [8, "\u200bCôn\u0323g ty NFD".replace("n\u0323", "\u0323n"), "", "", "", "0903 123 456/0904 123 456"],
]


@pytest.fixture(autouse=True)
def kept_files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "files"
    return settings.MEDIA_ROOT


def test_a_real_list_goes_from_file_to_prospects_and_every_line_is_accounted_for(client, an):
    """R1.01, R4.02: the whole wizard."""
    client.force_login(an)
    assert "Nhập dữ liệu" in client.get("/prospects/?tab=all").text

    answer = upload(client, xlsx(LOOK_ALIKE))
    imported = Import.objects.get()
    assert answer["Location"] == f"/imports/{imported.pk}/columns/"
    assert "Đang mở tệp" in client.get(answer["Location"]).text
    assert work() == ["read_file"]
    imported.refresh_from_db()
    page = client.get(answer["Location"]).text
    assert (imported.header_line, imported.area_code) == (4, "028")
    assert imported.columns == {
        "1": "company_name",
        "2": "short_name",
        "3": "remark",
        "4": "address",
        "5": "phone",
        "7": "website",
    }
    assert "3 số thiếu mã vùng: thêm 028" in page

    client.post(f"/imports/{imported.pk}/columns/", mapped(imported))
    work()
    page = client.get(f"/imports/{imported.pk}/check/").text
    assert "liên hệ bảo vệ" in page
    assert Prospect.objects.count() == 0

    imported = run(client, imported)
    assert accounts(imported) == (9, 7, 1, 1)
    page = client.get(f"/imports/{imported.pk}/").text
    assert "9 dòng = 7 đã tạo + 1 bỏ qua + 1 bị từ chối" in page

    prospects = {prospect.company_name: prospect for prospect in Prospect.objects.all()}
    assert prospects["Công ty CP Thiết bị Sông Hồng"].phone == "+842838450000"
    assert prospects["Công ty CP Thiết bị Sông Hồng"].remark == "Nhà máy linh kiện"
    assert prospects["Công ty CP Thiết bị Sông Hồng"].flags == ["completed"]
    assert prospects["Công ty Viedam"].phone == "+84783668386"
    assert prospects["Công ty Viedam"].flags == ["old_mobile"]
    assert prospects["Công ty TNHH Hải Nam"].flags == ["completed", "repeated"]
    assert prospects["Công ty TNHH Ánh Lam"].flags == ["completed", "repeated"]
    assert prospects["Công ty Chữ"].phone == "liên hệ bảo vệ"
    assert prospects["Công ty Chữ"].flags == ["unreadable"]
    assert prospects["Cộng ty NFD"].other_phones == ["+84904123456"]
    assert {(one.owner, one.team, one.department, one.created_by) for one in prospects.values()} == {
        (None, an.teams.get(), an.department, an)
    }
    assert told(CREATED, about=prospects["Công ty Viedam"]).via == "import"
    finished = Event.objects.get(kind=IMPORT_FINISHED.code)
    assert (finished.by, finished.subject, finished.about, finished.via) == (an, imported.name, None, "import")
    counts = {"created": 7, "updated": 0, "merged": 0, "skipped": 1, "rejected": 1, "rows": 9}
    assert finished.facts == {"id": imported.pk, "name": imported.name, **counts}
    assert imported.name in client.get("/imports/").text


def test_an_import_counts_its_own_lines_and_says_when_it_was_finished(client, an):
    """Another one that waits is left as it is."""
    client.force_login(an)
    content = "Tên công ty,Điện thoại\nSông Hồng,0903 123 456\nHải Nam,0904 123 456\n".encode()
    waiting = opened(client, content + "Đông Á,0905 123 456\n".encode(), "mot.csv")
    before = Import.objects.values().get(pk=waiting.pk)
    done = run(client, checked(client, content, "hai.csv"))
    assert (done.state, done.rows, done.created) == ("done", 2, 2)
    assert done.finished_at is not None
    assert Import.objects.values().get(pk=waiting.pk) == before


def test_the_list_of_the_high_tech_park_gives_76_prospects(client, binh):
    """R1.01: 76 = 76 + 0 + 0, 26 without a phone, 49 completed with 028, one old mobile put right, repeats marked."""
    client.force_login(binh)
    # None on most machines: the look-alike of the walk (`deals/tests/test_walk.py`) always runs.
    for path in (settings.BASE_DIR.parent / "shared/data").glob("khu-cong-nghe-cao*.xlsx"):
        imported = run(client, checked(client, path.read_bytes()))
        assert accounts(imported) == (76, 76, 0, 0)
        assert imported.mark_counts == {"completed": 49, "no_phone": 26, "old_mobile": 1, "repeated": 8}
        assert Prospect.objects.filter(phone="").count() == 26
        assert Prospect.objects.filter(phone__startswith="+8428", flags__contains=["completed"]).count() == 49
        assert Prospect.objects.get(flags=["old_mobile"]).phone == "+84783668386"
        assert Prospect.objects.filter(flags__contains=["repeated"]).count() == 8


def test_a_number_that_is_already_in_the_system_is_marked_whoever_may_see_it(client, an, chi):
    create_prospect({"company_name": "Của phòng khác", "phone": "+842838450000", "owner": chi}, by=chi)
    client.force_login(an)
    imported = checked(client, xlsx(LOOK_ALIKE))
    assert imported.mark_counts["known"] == 1
    page = client.get(f"/imports/{imported.pk}/check/").text
    assert "đã có trong hệ thống" in page
    assert "Của phòng khác" not in page


def test_rejected_lines_come_back_as_excel_with_their_reason_and_no_formula(client, an):
    client.force_login(an)
    imported = checked(client, xlsx([HEADER, [1, "Sông Hồng"], [2, "", "=HYPERLINK(1)", "", "@Lô"]]))
    answer = client.get(f"/imports/{imported.pk}/rejected/")
    assert answer["Content-Disposition"].startswith("attachment")
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(b"".join(answer))).get_sheet_by_index(0)
    header, line = sheet.to_python()
    assert header[:4] == ["Dòng", "Lý do", "TT", "Tên doanh nghiệp"]
    assert line[0] == 3
    assert "đều trống" in line[1]
    assert line[4:7] == ["'=HYPERLINK(1)", "", "'@Lô"]


def test_two_clicks_make_one_file_and_one_run(client, an):
    client.force_login(an)
    imported = checked(client, xlsx(LOOK_ALIKE))
    for _click in range(2):
        assert client.post(f"/imports/{imported.pk}/run/")["Location"] == f"/imports/{imported.pk}/"
    assert work() == ["run_import"]
    client.post(f"/imports/{imported.pk}/run/")
    assert asked_for(imported, "run_import").count() == 1
    assert Prospect.objects.count() == 7


def test_an_import_that_is_killed_goes_on_where_it_stopped(client, an, monkeypatch):
    """Promise 3 of quality.md: the row count is exact and nothing is doubled, wherever it was killed."""
    monkeypatch.setattr(running, "CHUNK", 10)
    client.force_login(an)
    imported = checked(client, xlsx([HEADER, *([n, f"Công ty {n}", "", "", "", 38450000 + n] for n in range(35))]))
    jobs.start(imported, by=an)
    build, calls = imported.importer.build, []

    def killed(*words):
        calls.append(words)
        if len(calls) == 25:
            raise KeyboardInterrupt
        return build(*words)

    monkeypatch.setitem(imported.importer.__dict__, "build", killed)
    with pytest.raises(KeyboardInterrupt):
        jobs.run_import(import_id=imported.pk)
    imported.refresh_from_db()
    assert (imported.state, imported.created, Prospect.objects.count()) == (Import.State.RUNNING, 20, 20)

    jobs.run_import(import_id=imported.pk)
    jobs.run_import(import_id=imported.pk)
    imported.refresh_from_db()
    assert accounts(imported) == (35, 35, 0, 0)
    assert imported.state == Import.State.DONE
    assert sorted(Prospect.objects.values_list("company_name", flat=True)) == sorted(f"Công ty {n}" for n in range(35))
    assert Event.objects.filter(kind=CREATED.code, via="import").count() == 35
    assert Event.objects.filter(kind=IMPORT_FINISHED.code).count() == 1


def test_a_chunk_says_whether_anything_is_left_to_do(client, an, giang, monkeypatch):
    """The worker asks for the next one as long as it hears so."""
    monkeypatch.setattr(running, "CHUNK", 4)
    client.force_login(an)
    imported = checked(client, xlsx(LOOK_ALIKE))
    assert running.import_chunk(imported.pk) is False  # nobody has started it
    assert running.start_import(imported, by=an) is True
    assert [running.import_chunk(imported.pk) for _chunk in range(4)] == [True, True, False, False]
    imported.refresh_from_db()
    assert (imported.state, imported.created, imported.done) == (Import.State.DONE, 7, 7)
    stopped = checked(client, xlsx(LOOK_ALIKE), column_3="")
    running.start_import(stopped, by=an)
    an.role = giang.role
    an.save()
    assert running.import_chunk(stopped.pk) is False


def test_a_run_is_stopped_by_a_press_and_goes_on_where_it_was(client, an, giang, monkeypatch):
    """R1.31: what was written stays, and can be taken back; the lines left wait."""
    monkeypatch.setattr(running, "CHUNK", 4)
    client.force_login(an)
    imported = checked(client, xlsx(LOOK_ALIKE))
    client.post(f"/imports/{imported.pk}/stop/")  # nobody has started it
    imported.refresh_from_db()
    assert imported.state == Import.State.CHECKED
    jobs.start(imported, by=an)
    assert running.import_chunk(imported.pk) is True
    page = client.get(f"/imports/{imported.pk}/").text
    assert f'action="/imports/{imported.pk}/stop/"' in page
    with pytest.raises(Refused):
        running.stop_import(imported, by=giang)
    for _press in range(2):
        assert client.post(f"/imports/{imported.pk}/stop/").status_code == 302
    assert running.import_chunk(imported.pk) is False  # as the worker finds it
    imported.refresh_from_db()
    assert (imported.state, imported.problem) == (Import.State.STOPPED, f"{an} đã dừng ở đây.")
    assert imported.created + imported.skipped + imported.rejected < imported.rows
    written = Prospect.objects.live().count()
    assert 0 < written == imported.created
    page = client.get(f"/imports/{imported.pk}/").text
    assert "Chạy tiếp" in page and f'action="/imports/{imported.pk}/undo/"' in page
    assert accounts(run(client, imported)) == (9, 7, 1, 1)


def test_a_check_is_stopped_by_a_press_and_goes_back_to_the_columns(client, an, giang):
    """R1.31: a job with live progress that can be cancelled."""
    client.force_login(an)
    imported = opened(client, xlsx(LOOK_ALIKE))
    client.post(f"/imports/{imported.pk}/columns/", mapped(imported))
    page = client.get(f"/imports/{imported.pk}/progress/").text
    assert "Dừng kiểm tra" in page and f'action="/imports/{imported.pk}/stop/"' in page
    with pytest.raises(Refused):
        running.stop_import(imported, by=giang)
    for _press in range(2):
        answer = client.post(f"/imports/{imported.pk}/stop/", follow=True)
        assert answer.redirect_chain[-1][0] == f"/imports/{imported.pk}/columns/"
    assert work() == ["check_import"]  # as the worker finds it
    imported.refresh_from_db()
    assert (imported.state, imported.done) == (Import.State.DRAFT, 0)
    client.post(f"/imports/{imported.pk}/columns/", mapped(imported))
    assert work() == ["check_import"]
    imported.refresh_from_db()
    assert (imported.state, imported.to_create) == (Import.State.CHECKED, 7)


def test_a_reading_is_stopped_by_a_press(client, an, kept_files, django_capture_on_commit_callbacks):
    """R1.31: the file goes where nothing of it was read; else what was read before is there as it was."""
    client.force_login(an)
    upload(client, xlsx(LOOK_ALIKE))
    imported = Import.objects.get()
    assert "Dừng đọc" in client.get(f"/imports/{imported.pk}/columns/").text
    with django_capture_on_commit_callbacks(execute=True):
        page = client.post(f"/imports/{imported.pk}/stop/", follow=True)
    assert "Đã dừng đọc khi chưa hết tệp." in page.text and 'type="file"' in page.text
    assert not [one for one in kept_files.rglob("*") if one.is_file()]
    assert work() == ["read_file"]
    assert not imported.lines.exists()

    imported = opened(client, xlsx(LOOK_ALIKE))
    lines = list(imported.lines.values_list("cells", flat=True))
    with transaction.atomic():
        services.choose_sheet(imported, sheet="Khác", encoding="", header_line=None, by=an)
    assert client.post(f"/imports/{imported.pk}/stop/", follow=True).status_code == 200
    imported.refresh_from_db()
    assert (imported.state, imported.refusal) == (Import.State.DRAFT, "stopped")
    assert list(imported.lines.values_list("cells", flat=True)) == lines


def test_a_failure_is_shown_and_can_be_run_again(client, an, monkeypatch):
    client.force_login(an)
    imported = checked(client, xlsx(LOOK_ALIKE))
    jobs.start(imported, by=an)
    with monkeypatch.context() as broken:
        broken.setitem(imported.importer.__dict__, "build", None)
        with pytest.raises(TypeError):
            jobs.run_import(import_id=imported.pk)
    assert "Chạy tiếp" in client.get(f"/imports/{imported.pk}/").text
    assert accounts(run(client, imported)) == (9, 7, 1, 1)


def test_the_worker_checks_and_the_page_shows_its_progress(client, an):
    client.force_login(an)
    imported = opened(client, xlsx(LOOK_ALIKE))
    client.post(f"/imports/{imported.pk}/columns/", mapped(imported))
    assert "<progress" in client.get(f"/imports/{imported.pk}/check/").text
    assert work() == ["check_import"]
    assert client.get(f"/imports/{imported.pk}/progress/")["HX-Refresh"] == "true"
    imported.refresh_from_db()
    assert (imported.state, imported.to_create) == (Import.State.CHECKED, 7)
    repeated = imported.lines.filter(marks__contains=["repeated"])
    assert {(line.values["company_name"], line.has_problem) for line in repeated} == {
        ("Công ty TNHH Hải Nam", True),
        ("Công ty TNHH Ánh Lam", True),
    }


def test_a_check_that_is_killed_has_kept_how_far_it_came_and_begins_anew(client, an, monkeypatch):
    monkeypatch.setattr(services, "CHUNK", 5)
    client.force_login(an)
    imported = opened(client, xlsx(LOOK_ALIKE))
    client.post(f"/imports/{imported.pk}/columns/", mapped(imported))
    imported.refresh_from_db()
    read, calls = services.read_line, []

    def killed(*words):
        calls.append(words)
        if len(calls) == 6:
            raise KeyboardInterrupt
        return read(*words)

    with monkeypatch.context() as power:
        power.setattr(services, "read_line", killed)
        with pytest.raises(KeyboardInterrupt):
            lanes.check_lines(imported, imported.round)
    imported.refresh_from_db()
    assert (imported.state, imported.done) == (Import.State.CHECKING, 5)
    lanes.check_lines(imported, imported.round)
    imported.refresh_from_db()
    assert (imported.state, imported.done, imported.to_create) == (Import.State.CHECKED, 0, 7)


def test_a_long_reason_of_a_failure_is_kept_as_far_as_there_is_room(client, an):
    client.force_login(an)
    imported = opened(client, xlsx(LOOK_ALIKE))
    with nothing_changes():  # nobody works on it
        running.note_problem(imported.pk, "x")
    services.begin_check(imported, {"columns": {}, "team": an.teams.get(), "department": None}, by=an)
    running.note_problem(imported.pk, "x" * 600)
    imported.refresh_from_db()
    assert imported.problem == "x" * 500


def test_the_page_asks_often_at_first_and_then_once_a_second(client, an):
    client.force_login(an)
    upload(client, xlsx(LOOK_ALIKE))
    progress = f"/imports/{Import.objects.get().pk}/progress/"
    assert "every 300ms" in client.get(progress).text
    assert "?asked=4" in client.get(f"{progress}?asked=3").text
    assert "every 1s" in client.get(f"{progress}?asked=30").text
    assert "?asked=1" in client.get(f"{progress}?asked=x").text


def test_a_check_that_was_overtaken_by_a_new_mapping_changes_nothing(client, an):
    client.force_login(an)
    imported = opened(client, xlsx(LOOK_ALIKE))
    client.post(f"/imports/{imported.pk}/columns/", mapped(imported))
    client.post(f"/imports/{imported.pk}/columns/", mapped(imported, column_3=""))
    first, second = asked_for(imported, "check_import")
    jobs.check_import(**second.args)
    with nothing_changes():
        jobs.check_import(**first.args)


def test_a_check_that_is_overtaken_keeps_nothing_of_its_own(client, an):
    client.force_login(an)
    imported = checked(client, xlsx(LOOK_ALIKE))
    for last in (imported.header_line, 1000):  # in the middle, and where no line is left
        imported.header_line = last
        with nothing_changes():
            lanes.check_lines(imported, imported.round - 1)


def test_a_reading_that_is_overtaken_refuses_no_file(client, an, kept_files):
    client.force_login(an)
    upload(client, xlsx(LOOK_ALIKE))
    imported = Import.objects.get()
    (path,) = files_in(kept_files)
    path.write_bytes(b"Hello, this is no spreadsheet")
    with nothing_changes():
        services.read_file(imported, imported.round - 1)
    assert files_in(kept_files)


def test_choices_are_shown_before_they_are_kept(client, an):
    client.force_login(an)
    imported = opened(client, xlsx(LOOK_ALIKE))
    with nothing_changes():
        page = client.get(f"/imports/{imported.pk}/columns/", mapped(imported, area_code="")).text
    assert "3 số không rõ: hãy chọn mã vùng mặc định" in page


def test_numbers_without_area_code_get_that_of_their_lines_place(client, an):
    """R1.31, R4.02: the preview counts apart what the list's default and what the lines' own places complete."""
    client.force_login(an)
    lines = [
        ["Sông Hàn", "Q. Hải Châu, Đà Nẵng", "3888999"],
        ["Thu Bồn", "TP Hội An, Quảng Nam", "3888999"],
        ["Sóng Thần", "Dĩ An, Bình Dương", "3555120"],
        ["Không Nơi", "", "3555121"],
        ["Lam Sơn", "Thanh Hóa", "037.3750928"],
        ["Mã Giang", "Thanh Hóa", "0373750928"],
    ]
    imported = opened(client, xlsx([["Tên công ty", "Địa chỉ", "Điện thoại"], *lines]))
    page = client.get(f"/imports/{imported.pk}/columns/", mapped(imported, area_code="0274")).text
    assert "2 số thiếu mã vùng: thêm 0274" in page
    assert "2 · thêm mã vùng theo chính dòng ấy" in page
    client.post(f"/imports/{imported.pk}/columns/", mapped(imported, area_code="0274"))
    work()
    run(client, imported)
    assert dict(Prospect.objects.values_list("company_name", "phone")) == {
        "Sông Hàn": "+842363888999",
        "Thu Bồn": "+842353888999",
        "Sóng Thần": "+842743555120",
        "Không Nơi": "+842743555121",
        "Lam Sơn": "+842373750928",
        "Mã Giang": "+84373750928",
    }


@pytest.mark.parametrize(
    ("name", "titles", "code"),
    [
        ("Doanh nghiệp Hà Nội.xlsx", [], "024"),
        ("ds.xlsx", [["DOANH NGHIỆP HÀ NỘI"]], "024"),
        ("ds.xlsx", [], ""),
    ],
)
def test_the_area_code_is_proposed_from_the_name_of_the_file_or_the_titles(client, an, name, titles, code):
    client.force_login(an)
    imported = opened(client, xlsx([*titles, HEADER, [1, "Hải Nam", "", "", "Lô A1", "38389868"]]), name)
    assert imported.area_code == code


def test_the_header_and_the_sheet_can_be_corrected(client, an):
    client.force_login(an)
    imported = opened(client, xlsx(LOOK_ALIKE))
    client.post(f"/imports/{imported.pk}/sheet/", {"sheet": "Doanh nghiep", "header_line": "5"})
    imported.refresh_from_db()
    assert (imported.header_line, imported.rows, imported.columns) == (5, 8, {"1": "company_name"})
    client.post(f"/imports/{imported.pk}/sheet/", {"sheet": "Doanh nghiep", "header_line": "4"})
    imported.refresh_from_db()
    assert imported.columns["5"] == "phone"


def test_a_file_without_a_header_says_so_and_goes_on_when_told(client, an):
    client.force_login(an)
    imported = opened(client, "Sông Hồng,0903 123 456\nHải Nam,0904 123 456\n".encode(), "ds.csv")
    assert imported.header_line is None
    assert "Không có dòng nào giống dòng tiêu đề" in client.get(f"/imports/{imported.pk}/columns/").text
    refused = client.post(f"/imports/{imported.pk}/columns/", mapped(imported, column_0="company_name"))
    assert refused.status_code == 409
    client.post(f"/imports/{imported.pk}/sheet/", {"encoding": "utf-8", "header_line": "0"})
    client.post(f"/imports/{imported.pk}/columns/", mapped(imported, column_0="company_name"))
    work()
    assert accounts(run(client, imported)) == (2, 2, 0, 0)
    assert Prospect.objects.get(company_name="Hải Nam").phone == "+84904123456"


@pytest.mark.parametrize(
    ("content", "name", "words"),
    [
        (b"Hello, this is no spreadsheet", "ds.xlsx", "không phải bảng tính"),
        (b"", "ds.xlsx", "không có dữ liệu"),
        (xlsx([]), "ds.xlsx", "không có dữ liệu"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le") * 9, "ds.xlsx", "mật khẩu"),
    ],
)
def test_a_file_that_cannot_be_read_gets_a_sentence_beside_the_field_for_another(
    client, an, kept_files, django_capture_on_commit_callbacks, content, name, words
):
    client.force_login(an)
    with django_capture_on_commit_callbacks(execute=True):
        imported = opened(client, content, name)
    assert client.get(f"/imports/{imported.pk}/columns/")["Location"] == f"/imports/{imported.pk}/"
    page = client.get(f"/imports/{imported.pk}/").text
    assert words in page
    assert 'type="file"' in page and 'action="/imports/new/?kind=prospect"' in page
    assert not files_in(kept_files)
    with nothing_changes():
        client.post(f"/imports/{imported.pk}/run/")
        assert client.post(f"/imports/{imported.pk}/sheet/", {"header_line": "0"}).status_code == 409


def files_in(place: Path) -> list[Path]:
    return [path for path in place.rglob("*") if path.is_file()]


def test_a_file_that_is_too_large_is_refused_before_it_is_kept(client, an, kept_files, monkeypatch):
    monkeypatch.setattr(services, "FILE_LIMIT", 100)
    client.force_login(an)
    with nothing_changes():
        answer = upload(client, xlsx(LOOK_ALIKE))
    assert answer.status_code == 422
    assert "lớn hơn 250 MB" in answer.text
    assert not files_in(kept_files)


def two_sheets(second: list[list[object]]) -> bytes:
    written = io.BytesIO()
    with xlsxwriter.Workbook(written, {"in_memory": True}) as book:
        for name, rows in (("Doanh nghiep", LOOK_ALIKE), ("Khac", second)):
            sheet = book.add_worksheet(name)
            for number, row in enumerate(rows):
                sheet.write_row(number, 0, row)
    return written.getvalue()


def test_another_sheet_is_read_by_the_worker_once_for_two_clicks(client, an):
    client.force_login(an)
    imported = opened(client, two_sheets([HEADER, [1, "Hải Nam"]]))
    for _click in range(2):
        answer = client.post(f"/imports/{imported.pk}/sheet/", {"sheet": "Khac", "header_line": "4"})
        assert answer["Location"] == f"/imports/{imported.pk}/columns/"
    assert "Đang mở tệp" in client.get(f"/imports/{imported.pk}/columns/").text
    jobs.choose_sheet(imported, {"sheet": "Khac", "encoding": "", "header_line": 4}, by=an)  # at the very same moment
    with pytest.raises(Conflict, match="chưa được đọc"):
        jobs.check(imported, {"columns": imported.columns}, by=an)
    assert work() == ["read_file"]
    imported.refresh_from_db()
    assert (imported.sheet, imported.header_line, imported.rows) == ("Khac", 1, 1)


def test_a_sheet_that_cannot_be_read_leaves_the_one_before_and_says_why(client, an, kept_files):
    client.force_login(an)
    imported = opened(client, two_sheets([]))
    jobs.choose_sheet(imported, {"sheet": "Doanh nghiep", "encoding": "utf-8", "header_line": 4}, by=an)
    (path,) = files_in(kept_files)
    path.write_bytes(b"Hello, this is no spreadsheet")  # the disk went bad
    work()
    imported.refresh_from_db()
    assert (imported.state, imported.sheet, imported.header_line) == (Import.State.DRAFT, "Doanh nghiep", 4)
    assert imported.lines.count() == 12
    assert "không phải bảng tính" in client.get(f"/imports/{imported.pk}/columns/").text
    assert files_in(kept_files)


def test_a_reading_that_is_killed_begins_anew_and_keeps_every_line_once(client, an, monkeypatch):
    monkeypatch.setattr(services, "KEPT_AT_ONCE", 5)
    client.force_login(an)
    upload(client, xlsx(LOOK_ALIKE))
    imported = Import.objects.get()
    keep, calls = services._keep_lines, []

    def killed(*words):
        calls.append(words)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return keep(*words)

    with monkeypatch.context() as power:
        power.setattr(services, "_keep_lines", killed)
        with pytest.raises(KeyboardInterrupt):
            jobs.read_file(import_id=imported.pk, round=imported.round)
    imported.refresh_from_db()
    assert (imported.state, imported.done, imported.lines.count()) == (Import.State.READING, 10, 10)

    assert work() == ["read_file"]
    imported.refresh_from_db()
    assert (imported.state, imported.lines.count(), imported.rows) == (Import.State.DRAFT, 12, 9)
    with nothing_changes():
        jobs.read_file(import_id=imported.pk, round=0)


@pytest.mark.parametrize("step", ["_keep_lines", "_end_reading"])
def test_two_workers_that_read_the_same_file_leave_every_line_once(client, an, monkeypatch, step):
    """A worker that was held for dead and is not: before its last steps the second one begins anew."""
    monkeypatch.setattr(services, "KEPT_AT_ONCE", 5)
    client.force_login(an)
    upload(client, xlsx(LOOK_ALIKE))
    imported = Import.objects.get()
    keep, do, calls = services._keep_lines, getattr(services, step), []

    def overtaken(*words):
        calls.append(words)
        if step == "_end_reading" or len(calls) == 3:  # of three chunks: the other worker does its first one
            keep(*words[:3], 0, [Line(number, ["Hải Nam"]) for number in range(5)])
        return do(*words)

    with monkeypatch.context() as two:
        two.setattr(services, step, overtaken)
        jobs.read_file(import_id=imported.pk, round=imported.round)
    imported.refresh_from_db()
    assert (imported.state, imported.done) == (Import.State.READING, 5)  # the first one gave way
    work()
    imported.refresh_from_db()
    assert (imported.state, imported.lines.count()) == (Import.State.DRAFT, 12)


def test_a_sheet_that_was_half_read_and_then_cannot_be_leaves_no_half_of_it(client, an, kept_files, monkeypatch):
    client.force_login(an)
    imported = opened(client, two_sheets([HEADER, *([n, f"Công ty {n}"] for n in range(8))]))
    monkeypatch.setattr(services, "KEPT_AT_ONCE", 5)
    jobs.choose_sheet(imported, {"sheet": "Khac", "encoding": "", "header_line": 4}, by=an)
    imported.refresh_from_db()
    keep, calls = services._keep_lines, []

    def killed(*words):
        calls.append(words)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return keep(*words)

    with monkeypatch.context() as power:
        power.setattr(services, "_keep_lines", killed)
        with pytest.raises(KeyboardInterrupt):
            jobs.read_file(import_id=imported.pk, round=imported.round)
    (path,) = files_in(kept_files)
    path.write_bytes(b"Hello, this is no spreadsheet")
    work()
    imported.refresh_from_db()
    assert imported.state == Import.State.REFUSED


@pytest.mark.parametrize(("step", "broken"), [("read_file", "read_sheet"), ("check_import", "read_line")])
def test_a_reading_or_check_that_failed_is_said_and_can_be_asked_for_again(client, an, monkeypatch, step, broken):
    client.force_login(an)
    if step == "read_file":
        upload(client, xlsx(LOOK_ALIKE))
    else:
        imported = opened(client, xlsx(LOOK_ALIKE))
        client.post(f"/imports/{imported.pk}/columns/", mapped(imported))
    imported = Import.objects.get()
    with monkeypatch.context() as failing:
        failing.setattr(services, broken, None)
        with pytest.raises(TypeError):
            getattr(jobs, step)(import_id=imported.pk, round=imported.round)
    page = client.get(f"/imports/{imported.pk}/", follow=True).text
    assert "Chạy tiếp" in page
    client.post(f"/imports/{imported.pk}/run/")
    client.post(f"/imports/{imported.pk}/run/")
    assert work() == [step, step]  # the first of them was overtaken
    imported.refresh_from_db()
    assert (imported.is_busy, imported.problem) == (False, "")


def test_a_request_never_reads_the_file_itself(client, an, monkeypatch):
    """23 seconds of bare spinner for 5 MB, once; and no transaction that lasts."""
    monkeypatch.setattr(services, "read_sheet", None)
    client.force_login(an)
    assert upload(client, xlsx(LOOK_ALIKE)).status_code == 302


def test_no_transaction_is_open_while_the_file_is_parsed(client, an, monkeypatch):
    client.force_login(an)
    upload(client, xlsx(LOOK_ALIKE))
    imported, depth = Import.objects.get(), len(connection.savepoint_ids)
    read = services.read_sheet

    def parse(*words, **more):
        assert len(connection.savepoint_ids) == depth
        return read(*words, **more)

    monkeypatch.setattr(services, "read_sheet", parse)
    jobs.read_file(import_id=imported.pk, round=imported.round)
    imported.refresh_from_db()
    assert imported.state == Import.State.DRAFT


def test_drafts_that_nobody_touches_are_swept_with_their_files(
    client, an, kept_files, django_capture_on_commit_callbacks
):
    client.force_login(an)
    old, fresh, done = (
        opened(client, xlsx(LOOK_ALIKE)),
        opened(client, xlsx(LOOK_ALIKE)),
        run(client, checked(client, xlsx(LOOK_ALIKE))),
    )
    long_ago = timezone.now() - jobs.KEPT_DRAFTS - datetime.timedelta(hours=1)
    Import.objects.filter(pk__in=[old.pk, done.pk]).update(touched_at=long_ago)
    with transaction.atomic():
        jobs.forget_drafts(timestamp=0)
        transaction.set_rollback(True)
    assert len(files_in(kept_files)) == Import.objects.count() == 3  # what is rolled back keeps its file
    with django_capture_on_commit_callbacks(execute=True):
        jobs.forget_drafts(timestamp=0)
    assert set(Import.objects.all()) == {fresh, done}
    assert {path.name for path in files_in(kept_files)} == {Path(one.file.name).name for one in (fresh, done)}


def test_a_mapping_without_name_phone_or_place_is_refused_and_keeps_what_was_chosen(client, an):
    client.force_login(an)
    imported = opened(client, xlsx(LOOK_ALIKE))
    with nothing_changes():
        answer = client.post(
            f"/imports/{imported.pk}/columns/", {"column_4": "address", "column_3": "address", "origin": "Hội chợ"}
        )
    assert answer.status_code == 422
    for words in ("Hãy ghép ít nhất một cột", "Cột D đã là", "Chọn đội hoặc phòng ban", "Hội chợ"):
        assert words in answer.text


def test_rows_go_only_where_the_person_may_import(client, an, chi, dung):
    client.force_login(an)
    imported = opened(client, xlsx(LOOK_ALIKE))
    with nothing_changes():
        answer = client.post(f"/imports/{imported.pk}/columns/", mapped(imported, team=chi.teams.get().pk))
    assert answer.status_code == 422
    client.force_login(dung)
    imported = checked(client, xlsx(LOOK_ALIKE), team=chi.teams.get().pk)
    run(client, imported)
    assert Prospect.objects.filter(team=chi.teams.get()).count() == 7


def test_the_act_itself_refuses_a_place_or_a_column_that_is_not_ones_own(client, an, chi):
    """Whoever calls: the form asks by the same rule, and is not the guard."""
    client.force_login(an)
    imported = opened(client, xlsx(LOOK_ALIKE))
    north, south = an.teams.get(), chi.teams.get()
    good = {"columns": imported.columns, "team": north, "department": None, "area_code": "", "origin": "x"}
    refused = [
        (DomainError, {"team": None}),
        (Refused, {"team": south}),
        (Refused, {"team": None, "department": chi.department}),
        (Refused, {"department": chi.department}),
        (Refused, {"columns": {"1": "owner_id"}}),
    ]
    for error, wrong in refused:
        with nothing_changes(), pytest.raises(error):
            services.begin_check(imported, good | wrong, by=an)
    assert services.begin_check(imported, good, by=an).state == Import.State.CHECKING


def test_what_is_no_kind_takes_no_file_whatever_a_role_says(dung):
    dung.role.grants |= {"system": {"import": "all"}}
    dung.role.save()
    with nothing_changes(), pytest.raises(Refused):
        services.open_file(SimpleUploadedFile("ds.xlsx", xlsx(LOOK_ALIKE)), kind="system", by=dung)


@pytest.mark.parametrize("page", ["", "columns/", "check/", "progress/", "rejected/"])
def test_someone_else_cannot_tell_an_import_exists(client, an, binh, chi, giang, page):
    client.force_login(an)
    imported = checked(client, xlsx(LOOK_ALIKE))
    for outsider in (binh, chi, giang):
        client.force_login(outsider)
        assert client.get(f"/imports/{imported.pk}/{page}").status_code == 404
        with nothing_changes():
            for act in ("run/", "columns/", "sheet/"):
                assert client.post(f"/imports/{imported.pk}/{act}", mapped(imported)).status_code == 404


def test_who_imports_everywhere_sees_the_imports_of_others(client, an, dung):
    client.force_login(an)
    imported = checked(client, xlsx(LOOK_ALIKE))
    client.force_login(dung)
    assert client.get(f"/imports/{imported.pk}/check/").status_code == 200
    assert imported.name in client.get("/imports/").text


def test_a_role_without_import_finds_no_button_and_no_page(client, giang):
    client.force_login(giang)
    assert "/imports/new/" not in client.get("/prospects/?tab=all").text
    with nothing_changes():
        assert client.get("/imports/new/").status_code == 404
        assert client.get("/imports/").status_code == 404
        assert upload(client, xlsx(LOOK_ALIKE)).status_code == 404


def test_an_import_stops_when_its_person_may_no_longer_import(client, an, giang):
    client.force_login(an)
    imported = checked(client, xlsx(LOOK_ALIKE))
    jobs.start(imported, by=an)
    an.role = giang.role
    an.save()
    jobs.run_import(import_id=imported.pk)
    imported.refresh_from_db()
    assert (imported.state, Prospect.objects.count()) == (Import.State.STOPPED, 0)
    assert "không còn quyền nhập" in imported.problem
    an.role = Role.objects.get(code="sales")
    an.save()
    assert accounts(run(client, imported)) == (9, 7, 1, 1)  # it goes on once they may again
    imported.refresh_from_db()
    assert (imported.state, imported.problem) == (Import.State.DONE, "")


def test_a_started_import_can_no_longer_be_changed(client, an):
    client.force_login(an)
    imported = run(client, checked(client, xlsx(LOOK_ALIKE)))
    with nothing_changes():
        assert (
            client.post(f"/imports/{imported.pk}/columns/", mapped(imported))["Location"] == f"/imports/{imported.pk}/"
        )
        assert (
            client.post(f"/imports/{imported.pk}/sheet/", {"header_line": "5", "sheet": "Doanh nghiep"}).status_code
            == 409
        )
    assert client.get(f"/imports/{imported.pk}/check/").status_code == 302


def test_the_act_itself_refuses_another_setting_once_it_runs_or_while_it_is_read(client, an):
    client.force_login(an)
    upload(client, xlsx(LOOK_ALIKE))
    imported = Import.objects.get()
    settings = {"columns": {}, "team": an.teams.get(), "department": None}
    with nothing_changes(), pytest.raises(Conflict, match="chưa được đọc"):
        services.begin_check(imported, settings, by=an)
    assert work() == ["read_file"]
    with nothing_changes():  # it is not checked yet
        assert running.start_import(imported, by=an) is False
        assert running.try_again(imported, by=an) is None
    imported = run(client, checked(client, xlsx(LOOK_ALIKE)))
    with nothing_changes(), pytest.raises(Conflict):
        services.begin_check(imported, settings, by=an)
    with nothing_changes(), pytest.raises(Conflict):
        services.choose_sheet(imported, sheet="", encoding="", header_line=1, by=an)


def test_the_same_form_sent_twice_keeps_one_file(client, an):
    client.force_login(an)
    once = {"kind": "prospect", "once": "0b9f6c4e-4c5e-4d0c-9d0e-8a51b6f0c3aa"}
    for _click in range(2):
        answer = client.post("/imports/new/", {**once, "file": SimpleUploadedFile("ds.xlsx", xlsx(LOOK_ALIKE))})
        assert answer["Location"] == f"/imports/{Import.objects.get().pk}/columns/"


def listed(client, address: str) -> set[str]:
    return {row.title for row in client.get(address).context["listing"].rows}


def test_the_page_of_an_import_opens_the_list_of_exactly_its_rows(client, an, chi):
    """R1.01: with a filter of its own, also on the leads that were made of them; whoever may not see them sees none."""
    create_prospect({"company_name": "Có từ trước", "owner": an}, by=an)
    client.force_login(an)
    first = run(client, checked(client, xlsx([HEADER, [1, "Sông Hồng"], [2, "Hải Nam"]]), origin="KCN Đồng Văn"))
    run(client, checked(client, xlsx([HEADER, [1, "Ánh Lam"]]), origin="KCN Đồng Văn"))
    page = client.get(f"/imports/{first.pk}/").text
    opens = f"/prospects/?tab=all&from_list={first.pk}"
    assert opens.replace("&", "&amp;") in page
    assert listed(client, opens) == {"Sông Hồng", "Hải Nam"}
    assert listed(client, f"{opens}&from_list={first.pk + 1}") == {"Sông Hồng", "Hải Nam", "Ánh Lam"}
    text = client.get(opens).text
    assert re.search(r"Từ danh sách\s*<b[^>]*>KCN Đồng Văn</b>", text)
    assert re.search(rf'name="from_list" value="{first.pk}"', client.get("/prospects/filters/").text)

    convert_prospects([Prospect.objects.get(company_name="Hải Nam")], by=an)
    assert listed(client, f"/leads/?tab=all&from_list={first.pk}") == {"Hải Nam"}
    assert listed(client, "/leads/?tab=all&from_list.empty=1") == set()
    assert listed(client, "/prospects/?tab=all&from_list.empty=1") == {"Có từ trước"}

    client.force_login(chi)
    assert listed(client, opens) == set()
    assert "KCN Đồng Văn" not in client.get(opens).text


def test_lines_that_repeat_are_left_out_if_one_wants(client, an, chi):
    """R4.02: the first of each number stays; what is in the system, whoever may see it, is not brought again."""
    create_prospect({"company_name": "Của phòng khác", "phone": "+842838450000", "owner": chi}, by=chi)
    client.force_login(an)
    phones = ["38450000", "38389868", "38389868", "38389869", "38389868 / 38389869"]
    lines = [[n, f"Công ty {n}", "", "", "", phone] for n, phone in enumerate(phones)]
    imported = checked(client, xlsx([*TITLES, HEADER, *lines]), area_code="028")
    page = client.get(f"/imports/{imported.pk}/check/").text
    assert "Số điện thoại của 3 dòng đã có ở dòng trước hoặc trong hệ thống" in page
    client.post(f"/imports/{imported.pk}/run/", {"policy": "skip"})
    work()
    imported.refresh_from_db()
    assert accounts(imported) == (5, 2, 3, 0)
    assert set(Prospect.objects.filter(created_by=an).values_list("company_name", flat=True)) == {
        "Công ty 1",
        "Công ty 3",
    }
    assert "bỏ qua theo lựa chọn" in client.get(f"/imports/{imported.pk}/?tab=skipped").text


def test_all_lines_that_repeat_come_in_unless_they_are_left_out(client, an):
    client.force_login(an)
    lines = [[n, f"Công ty {n}", "", "", "", "38389868"] for n in range(3)]
    imported = run(client, checked(client, xlsx([*TITLES, HEADER, *lines]), area_code="028"))
    assert accounts(imported) == (3, 3, 0, 0)
    assert imported.mark_counts["repeated"] == 3


def test_the_mapping_says_that_a_remark_becomes_the_need_of_a_lead(client, an):
    """R1.16: «Tên dự án» of a list is a remark, and what a lead needs."""
    client.force_login(an)
    imported = opened(client, xlsx(LOOK_ALIKE))
    row = client.get(f"/imports/{imported.pk}/columns/").text.split('cell-title">Tên dự án')[1].split("</tr>")[0]
    assert "khi thành tiềm năng: «Nhu cầu»" in row


OLD_FONT = [["Tªn doanh nghiÖp", "§iÖn tho¹i"], ["C«ng ty S«ng Hång", "0903 123 456"], ["NguyÔn V¨n A", "0904 123 456"]]


def test_a_workbook_in_an_old_font_is_read_in_todays_letters_unless_one_says_no(client, an):
    """R1.31: the choice is there only where such a font was recognised."""
    client.force_login(an)
    imported = opened(client, xlsx(OLD_FONT))
    page = client.get(f"/imports/{imported.pk}/columns/").text
    assert (imported.encoding, imported.columns) == ("tcvn3", {"0": "company_name", "1": "phone"})
    assert "Bảng mã cũ" in page and "Công ty Sông Hồng" in page
    client.post(f"/imports/{imported.pk}/sheet/", {"sheet": "Doanh nghiep", "encoding": "unicode", "header_line": "1"})
    assert work() == ["read_file"]
    imported.refresh_from_db()
    assert (imported.encoding, imported.lines.get(line=2).cells[0]) == ("unicode", "C«ng ty S«ng Hång")
    assert "Bảng mã cũ" in client.get(f"/imports/{imported.pk}/columns/").text
    usual = opened(client, xlsx(LOOK_ALIKE))
    assert "Bảng mã cũ" not in client.get(f"/imports/{usual.pk}/columns/").text


def test_an_old_font_is_one_of_the_encodings_of_a_text_file(client, an):
    """R1.31: recognised or chosen."""
    client.force_login(an)
    content = "".join(",".join(line) + "\n" for line in OLD_FONT).encode("cp1252")
    imported = opened(client, content, "ds.csv")
    assert (imported.encoding, imported.lines.get(line=2).cells[0]) == ("tcvn3", "Công ty Sông Hồng")
    assert re.search(r'value="tcvn3" selected>\s*TCVN3', client.get(f"/imports/{imported.pk}/columns/").text)
    client.post(f"/imports/{imported.pk}/sheet/", {"encoding": "vni", "header_line": "1"})
    work()
    imported.refresh_from_db()
    assert imported.encoding == "vni"


def test_what_is_wrong_on_one_line_of_a_file_is_said_with_its_number(client, an):
    """R1.31."""
    client.force_login(an)
    imported = opened(client, 'Tên,Điện thoại\n"Sông Hồng,0903\nHải Nam,0904\n'.encode(), "ds.csv")
    assert "Dòng 2 có dấu ngoặc kép" in client.get(f"/imports/{imported.pk}/").text


def test_a_parser_that_dies_in_the_middle_leaves_what_was_read_before(client, an, monkeypatch):
    """R1.31: what it had written by then counts for nothing."""
    client.force_login(an)
    imported = opened(client, two_sheets([HEADER, *([n, f"Công ty {n}"] for n in range(8))]))
    before = list(imported.lines.values_list("line", "cells"))
    jobs.choose_sheet(imported, {"sheet": "Khac", "encoding": "", "header_line": 4}, by=an)

    with monkeypatch.context() as dying:
        dying.setattr(reading, "PARSER", one_that_ends(-signal.SIGKILL))
        assert work() == ["read_file"]
    imported.refresh_from_db()
    assert (imported.state, imported.sheet, imported.refusal) == (Import.State.DRAFT, "Doanh nghiep", "too_big")
    assert list(imported.lines.values_list("line", "cells")) == before


def test_few_lines_are_kept_at_once_where_they_are_long(client, an, monkeypatch):
    """R1.31: a worker never holds more of a file than it has room for."""
    lines = [Line(number, ["x" * 40, ""]) for number in range(5)]
    assert [len(portion) for portion in services.portions(lines)] == [5]
    monkeypatch.setattr(services, "MOST_AT_ONCE", 60)
    assert [len(portion) for portion in services.portions(lines)] == [2, 2, 1]
    monkeypatch.setattr(services, "KEPT_AT_ONCE", 1)
    assert list(services.portions(iter(lines))) == [[line] for line in lines]
