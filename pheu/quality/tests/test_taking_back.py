"""«Hoàn tác lần nhập»: a whole import goes again, and nothing that anybody has done since goes with it (R1.31)."""

import pytest

from pheu.conftest import nothing_changes
from pheu.core.errors import Refused
from pheu.leads.services import convert_prospects
from pheu.parties.models import Prospect
from pheu.people.scopes import FAMILIES
from pheu.quality import jobs, running, taking_back
from pheu.quality.models import Import
from pheu.quality.tests.importing import asked_for, checked, csv, run, work
from pheu.records import kinds
from pheu.records.models import Operation, Record
from pheu.timeline.archiving import archive
from pheu.timeline.models import Event, Note
from pheu.timeline.services import add_note, change

pytestmark = pytest.mark.django_db
FILE = csv(
    "Tên công ty,Mã số thuế,Điện thoại,Ghi chú",
    "Thép Sông Đà,0100109106,0903 123 456,Cần báo giá",
    "Gạch Đông Á,0100109113,0904 123 456,",
    "Sứ Hải Hà,0100109120,0905 123 456,",
)


@pytest.fixture(autouse=True)
def kept_files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "files"


@pytest.fixture
def done(client, an):
    client.force_login(an)
    return run(client, checked(client, FILE, "khach.csv"))


def taken_back(client, imported):
    client.post(f"/imports/{imported.pk}/undo/")
    work()
    imported.refresh_from_db()
    return imported


def called(name):
    return Prospect.objects.select_related("record").get(company_name=name)


def live():
    return set(Prospect.objects.live().values_list("company_name", flat=True))


def everything():
    """All that records say of themselves, whatever made them so."""
    rows = Prospect.objects.live().order_by("pk")
    derived = {"updated_at", "title_key"}
    return [{k: v for k, v in row.items() if k not in derived} for row in rows.values()]


def test_all_rows_of_an_import_go_and_the_page_says_so(client, an, done):
    assert live() == {"Thép Sông Đà", "Gạch Đông Á", "Sứ Hải Hà"}
    assert "Hoàn tác lần nhập" in client.get(f"/imports/{done.pk}/").text
    back = taken_back(client, done)
    assert (back.state, back.taken_away, back.kept, back.operations) == ("taken_back", 3, 0, [])
    assert live() == set()
    assert set(back.lines.values_list("state", flat=True)) == {"read", "taken_back"}
    page = client.get(f"/imports/{done.pk}/").text
    assert "3 bản ghi được thu hồi" in page
    assert "Hoàn tác lần nhập" not in page
    told = Event.objects.get(kind="import.taken_back")
    assert (told.by, told.facts["taken_away"], told.facts["kept"]) == (an, 3, 0)


@pytest.mark.parametrize("policy", ["fill", "overwrite", "merge"])
def test_what_was_there_before_is_as_it_was(client, an, policy):
    """R1.31: rows that were brought up to date or merged into are as before, in every column."""
    values = {"company_name": "Thép", "tax_code": "0100109106", "phone": "+842438637747", "owner": an}
    kinds.get("prospect").create(values, by=an)
    before = everything()
    client.force_login(an)
    imported = checked(client, FILE, "khach.csv")
    imported = run(client, imported, policy=policy, overwrites=["company_name", "phone", "remark"])
    assert imported.updated + imported.merged == 1
    assert everything() != before
    back = taken_back(client, imported)
    assert (back.state, back.kept, back.problem) == ("taken_back", 0, "")
    assert everything() == before
    assert set(back.lines.exclude(state="read").values_list("state", flat=True)) == {"taken_back"}


def test_what_somebody_has_used_or_changed_since_stays_and_is_counted(client, an, done):
    add_note(called("Thép Sông Đà").record, body="Đã gọi", by=an)
    change(called("Gạch Đông Á"), {"company_name": ("Gạch Đông Á", "Gạch Đông Á mới")}, by=an)
    back = taken_back(client, done)
    assert (back.taken_away, back.kept) == (1, 2)
    assert live() == {"Thép Sông Đà", "Gạch Đông Á mới"}
    assert Note.objects.count() == 1
    assert "2 bản ghi ở lại" in client.get(f"/imports/{done.pk}/").text


def test_what_was_converted_since_stays(client, an, done):
    convert_prospects([called("Thép Sông Đà")], by=an)
    assert taken_back(client, done).kept == 1
    assert called("Thép Sông Đà").record.state == Record.State.LIVE


def test_what_was_archived_since_stays_archived(client, an, done):
    archive([called("Sứ Hải Hà")], by=an)
    back = taken_back(client, done)
    assert (back.state, back.taken_away) == ("taken_back", 2)
    assert called("Sứ Hải Hà").record.state == Record.State.ARCHIVED


def test_it_is_killed_anywhere_and_goes_on(client, an, monkeypatch):
    """Promise 3 of quality.md."""
    monkeypatch.setattr(running, "CHUNK", 1)
    client.force_login(an)
    imported = run(client, checked(client, FILE, "khach.csv"))
    assert len(imported.operations) == 3
    jobs.take_back(imported, by=an)
    assert taking_back.take_back_chunk(imported.pk) is True
    assert live() == {"Thép Sông Đà", "Gạch Đông Á"}  # the last one first
    monkeypatch.setattr(taking_back, "undo", None)
    with pytest.raises(TypeError):
        jobs.take_import_back(import_id=imported.pk)
    monkeypatch.undo()
    imported.refresh_from_db()
    assert (imported.state, len(imported.operations), imported.percent) == ("taking_back", 2, 33)
    page = client.get(f"/imports/{imported.pk}/").text
    assert "Đang hoàn tác lần nhập" in page
    assert "Chạy tiếp" in page
    client.post(f"/imports/{imported.pk}/run/")
    work()
    assert live() == set()


def test_two_clicks_take_it_back_once(client, an, done):
    for _click in range(2):
        assert client.post(f"/imports/{done.pk}/undo/").status_code == 302
    assert asked_for(done, "take_import_back").count() == 1
    work()
    with nothing_changes():
        client.post(f"/imports/{done.pk}/undo/")
        assert taking_back.take_back_chunk(done.pk) is False


def test_a_part_that_is_refused_as_a_whole_stays_says_why_and_is_tried_again(client, an, binh, dung, monkeypatch):
    """Somebody who reaches only a part of the rows takes that back, whoever reaches all of them the rest."""
    monkeypatch.setattr(running, "CHUNK", 1)
    client.force_login(an)
    done = run(client, checked(client, FILE, "khach.csv"))
    first, second, third = done.operations
    imports_everywhere(binh)
    give_away(called("Gạch Đông Á"), dung)
    client.force_login(binh)
    back = taken_back(client, done)
    assert (back.state, back.operations, back.taken_operations) == ("taken_back", [second], [third, first])
    assert (back.taken_away, back.kept, back.refused_operations) == (2, 1, [])
    assert live() == {"Gạch Đông Á"}
    page = client.get(f"/imports/{done.pk}/").text
    assert back.refused_because in page and f'action="/imports/{done.pk}/undo/"' in page
    with_reason = taken_back(client, back)  # nothing has changed: the same once more
    assert (with_reason.operations, with_reason.taken_away, with_reason.kept) == ([second], 2, 1)
    client.force_login(an)
    assert client.get("/undo/").text.count("khach.csv") == 1
    back = taken_back(client, with_reason)
    assert (back.operations, back.taken_operations) == ([], [third, second, first])
    assert (back.taken_away, back.kept, back.refused_because, live()) == (3, 0, "", set())
    page = client.get(f"/imports/{done.pk}/").text
    assert f'action="/imports/{done.pk}/undo/"' not in page


def imports_everywhere(person):
    """May import anywhere, and so sees all imports, but changes rows only where they could before."""
    person.role.grants |= {"prospect": person.role.grants[FAMILIES["prospect"]] | {"import": "all"}}
    person.role.save()


def give_away(row, to):
    """Where a department does not reach, without anybody having changed the row itself."""
    place = {"owner": to, "team": None, "department": None}
    type(row).objects.filter(pk=row.pk).update(**place)
    Record.objects.filter(pk=row.pk).update(**place)


def test_only_who_may_import_there_takes_it_back(client, an, binh, chi, giang, done):
    for stranger in (chi, giang):
        client.force_login(stranger)
        assert client.post(f"/imports/{done.pk}/undo/").status_code == 404
        with nothing_changes(), pytest.raises(Refused):
            taking_back.take_back_import(done, by=stranger)


def test_an_import_that_has_not_run_has_nothing_to_take_back(client, an):
    client.force_login(an)
    imported = checked(client, FILE, "khach.csv")
    with nothing_changes():
        assert taking_back.take_back_import(imported, by=an) is False


def test_it_stands_on_the_page_of_what_can_be_taken_back_and_not_on_every_timeline(client, an, done):
    """A row's own event offers no «Hoàn tác»: that would take 500 others along."""
    page = client.get("/undo/").text
    assert page.count("khach.csv") == 1
    assert f"/imports/{done.pk}/" in page
    operation = Operation.objects.get(pk=Import.objects.get().operations[0])
    assert f"/operations/{operation.pk}/undo/" not in client.get(f"/r/{called('Sứ Hải Hà').pk}/", follow=True).text
    taken_back(client, done)
    assert client.get("/undo/").text.count("khach.csv") == 1  # there it leads to doing it again


def test_the_latest_stands_first_on_that_page_whatever_it_is(client, an):
    client.force_login(an)
    first, last = (kinds.get("lead").create({"company_name": name, "owner": an}, by=an) for name in ("Một", "Hai"))
    archive([first], by=an)
    run(client, checked(client, FILE, "khach.csv"))
    archive([last], by=an)
    page = client.get("/undo/").text
    assert page.index(last.record.number) < page.index("khach.csv") < page.index(first.record.number)


def test_what_was_taken_back_comes_in_again(client, an, done):
    """Records that were taken back are nobody's: their numbers are free (R1.31, R4.02)."""
    taken_back(client, done)
    again = checked(client, FILE, "khach.csv")
    assert "known" not in again.mark_counts
    assert run(client, again, policy="skip").created == 3
    assert live() == {"Thép Sông Đà", "Gạch Đông Á", "Sứ Hải Hà"}


def test_lines_that_wait_for_one_above_are_worked_off_after_all_others(client, an):
    """The third is the same as the second, that as the first: each meets what the one before has left (R4.02)."""
    client.force_login(an)
    lines = ["Mỏ Đá,a@mo.example,111", "Gạch Tân,g@tan.example,222", "Mỏ Đá,a@mo.example,333", "Mỏ Đá,a@mo.example,444"]
    file = "\n".join(["Tên công ty,Email,Ghi chú", *lines]).encode()
    imported = run(client, checked(client, file, "khach.csv"), policy="fill")
    assert (imported.created, imported.updated, imported.rejected) == (2, 2, 0)
    assert len(imported.operations) == 3  # in three rounds, and not one for each line
    assert called("Mỏ Đá").remark == "111\n333\n444"
    back = taken_back(client, imported)
    assert (back.taken_away, back.kept, live()) == (2, 0, set())
