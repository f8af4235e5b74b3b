"""«Nhập lại lần đã hoàn tác»: a whole import that was taken back is done again (issue 9: undo can be undone, R1.31)."""

import pytest

from pheu.conftest import nothing_changes
from pheu.core import shape
from pheu.core.errors import Refused
from pheu.parties.models import Prospect
from pheu.quality import jobs, running, taking_back
from pheu.quality.models import DuplicateRule
from pheu.quality.tests.importing import asked_for, checked, csv, run, work
from pheu.quality.tests.test_taking_back import (
    FILE,
    called,
    everything,
    give_away,
    imports_everywhere,
    live,
    taken_back,
)
from pheu.records import kinds
from pheu.records.models import CustomField, Operation, Record
from pheu.timeline.archiving import archive
from pheu.timeline.events import REDONE
from pheu.timeline.models import Event
from pheu.timeline.services import add_note, change
from pheu.timeline.undo import undo

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def kept_files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "files"


@pytest.fixture
def done(client, an):
    client.force_login(an)
    return run(client, checked(client, FILE, "khach.csv"))


def done_again(client, imported):
    client.post(f"/imports/{imported.pk}/redo/")
    work()
    imported.refresh_from_db()
    return imported


def lines(imported):
    return list(imported.lines.order_by("line").values_list("line", "state", "record", "was"))


@pytest.mark.parametrize("policy", ["create", "fill", "overwrite", "merge"])
def test_it_is_as_it_was_after_the_import_in_every_column_any_number_of_times(client, an, policy):
    """R1.31: rows that came, were brought up to date or were merged into; and so are the lines and their accounts."""
    values = {"company_name": "Thép", "tax_code": "0100109106", "phone": "+842438637747", "owner": an}
    kinds.get("prospect").create(values, by=an)
    before = everything()
    client.force_login(an)
    imported = checked(client, FILE, "khach.csv")
    imported = run(client, imported, policy=policy, overwrites=["company_name", "phone", "remark"])
    after, states = everything(), lines(imported)
    records = list(Record.objects.order_by("pk").values_list("pk", "state", "merged_into"))
    for _time in range(2):
        taken_back(client, imported)
        assert everything() == before
        assert set(Record.objects.exclude(state="undone").values_list("pk", flat=True)) == {records[0][0]}
        again = done_again(client, imported)
        assert (again.state, again.kept, again.problem, again.brought_back) == ("done", 0, "", 3)
        assert everything() == after
        assert list(Record.objects.order_by("pk").values_list("pk", "state", "merged_into")) == records
        assert lines(again) == states
        assert (again.to_take_back, len(again.operations)) == (len(again.operations), len(imported.operations))


def test_the_page_offers_it_and_says_what_became_of_it(client, an, done):
    taken_back(client, done)
    assert f'action="/imports/{done.pk}/redo/"' in client.get(f"/imports/{done.pk}/").text
    page = client.get("/undo/").text
    assert page.count("khach.csv") == 1 and "Đã hoàn tác" in page
    done_again(client, done)
    page = client.get(f"/imports/{done.pk}/").text
    assert f'action="/imports/{done.pk}/redo/"' not in page and "Hoàn tác lần nhập" in page
    told = Event.objects.get(kind="import.redone")
    assert (told.by, told.facts["brought_back"]) == (an, 3)
    assert Event.objects.filter(kind=REDONE.code).count() == 3


def test_what_has_come_in_again_by_another_way_is_not_doubled(client, an, done):
    """R1.32: the rules that compared the lines compare what would come back."""
    taken_back(client, done)
    other = run(client, checked(client, FILE.replace(b"Cao", b"cao"), "khach-2.csv"), policy="fill")
    assert other.created == 3
    again = done_again(client, done)
    # Whoever says «create another one all the same» gets that.
    assert (done.policy, again.brought_back, again.kept) == ("create", 3, 0)
    taken_back(client, other)
    assert taken_back(client, again).state == "taken_back"
    run(client, checked(client, FILE, "khach-3.csv"), policy="create")
    again = done_again(client, other)
    assert (again.brought_back, again.kept) == (0, 3)
    assert sorted(Prospect.objects.live().values_list("company_name", flat=True)) == sorted(
        ["Thép Sông Đà", "Gạch Đông Á", "Sứ Hải Hà"]
    )


def test_a_rule_that_blocks_and_a_value_that_differs_hold_here_too(client, an, done):
    """R1.34."""
    taken_back(client, done)
    DuplicateRule.objects.create(kind="prospect", name="MST", criteria=["tax"], blocks=True)
    values = {"company_name": "Thép khác", "tax_code": "0100109106", "owner": an}
    kinds.get("prospect").create(values, by=an)
    again = done_again(client, done)
    assert (again.state, again.brought_back, again.kept) == ("done", 2, 1)
    assert live() == {"Thép khác", "Gạch Đông Á", "Sứ Hải Hà"}
    assert lines(again)[1][1] == "taken_back"
    assert taken_back(client, again).taken_away == 2
    assert live() == {"Thép khác"}


def test_values_that_no_two_share_are_not_shared(client, an):
    shape.changed()
    CustomField.objects.create(
        kind="prospect", key="x_code", type="text", label="Mã khách", group="prospect", is_unique=True
    )
    client.force_login(an)
    file = csv("Tên công ty,Mã khách", "Thép,A1", "Gạch,A2")
    one = checked(client, file, "ma.csv")
    one = run(client, one)
    taken_back(client, one)
    kinds.get("prospect").create({"company_name": "Khác", "x_code": "A1", "owner": an}, by=an)
    again = done_again(client, one)
    assert (again.brought_back, again.kept, live()) == (1, 1, {"Khác", "Gạch"})


def test_what_was_changed_since_it_was_taken_back_is_kept(client, an):
    """A record that lines had filled in, and that somebody has filled in otherwise since."""
    kinds.get("prospect").create({"company_name": "Thép", "tax_code": "0100109106", "owner": an}, by=an)
    client.force_login(an)
    imported = run(client, checked(client, FILE, "khach.csv"), policy="fill")
    taken_back(client, imported)
    change(called("Thép"), {"phone": ("", "+84909999999")}, by=an)
    again = done_again(client, imported)
    assert (again.state, again.kept) == ("done", 1)
    assert called("Thép").phone == "+84909999999"
    told = Event.objects.get(kind=REDONE.code, about=called("Thép").pk)
    assert "phone" in {one["field"] for one in told.facts["conflicts"]}


def test_what_was_used_when_it_was_taken_back_is_not_touched(client, an, done):
    add_note(called("Thép Sông Đà").record, body="Đã gọi", by=an)
    archive([called("Sứ Hải Hà")], by=an)
    taken_back(client, done)
    assert live() == {"Thép Sông Đà"}
    again = done_again(client, done)
    assert (again.state, again.kept, again.problem) == ("done", 0, "")
    assert live() == {"Thép Sông Đà", "Gạch Đông Á"}
    assert called("Sứ Hải Hà").record.state == Record.State.ARCHIVED


def test_two_clicks_do_it_again_once(client, an, done):
    taken_back(client, done)
    for _click in range(2):
        assert client.post(f"/imports/{done.pk}/redo/").status_code == 302
    assert asked_for(done, "redo_import").count() == 1
    work()
    with nothing_changes():
        client.post(f"/imports/{done.pk}/redo/")
        assert taking_back.redo_chunk(done.pk) is False


def test_it_is_killed_anywhere_and_goes_on(client, an, monkeypatch):
    """Promise 3 of quality.md."""
    monkeypatch.setattr(running, "CHUNK", 1)
    client.force_login(an)
    imported = taken_back(client, run(client, checked(client, FILE, "khach.csv")))
    jobs.do_again(imported, by=an)
    assert taking_back.redo_chunk(imported.pk) is True
    assert live() == {"Thép Sông Đà"}  # the first one first
    monkeypatch.setattr(taking_back, "redo", None)
    with pytest.raises(TypeError):
        jobs.redo_import(import_id=imported.pk)
    monkeypatch.undo()
    imported.refresh_from_db()
    assert (imported.state, len(imported.operations), imported.percent) == ("doing_again", 1, 33)
    page = client.get(f"/imports/{imported.pk}/").text
    assert "Chạy tiếp" in page
    client.post(f"/imports/{imported.pk}/run/")
    work()
    assert live() == {"Thép Sông Đà", "Gạch Đông Á", "Sứ Hải Hà"}
    imported.refresh_from_db()
    assert (imported.state, imported.brought_back) == ("done", 3)


def test_one_that_had_stopped_is_stopped_again_and_goes_on(client, an, monkeypatch):
    monkeypatch.setattr(running, "CHUNK", 1)
    client.force_login(an)
    imported = checked(client, FILE, "khach.csv")
    with monkeypatch.context() as patch:
        patch.setattr(jobs.run_import, "defer", lambda **told: None)
        client.post(f"/imports/{imported.pk}/run/")
    assert running.import_chunk(imported.pk)
    imported.refresh_from_db()
    running._stop(imported, "Dừng")
    taken_back(client, imported)
    again = done_again(client, imported)
    assert (again.state, again.created, live()) == ("stopped", 1, {"Thép Sông Đà"})
    assert run(client, again).created == 3


def test_only_who_may_import_there_does_it_again(client, an, binh, chi, giang, done):
    taken_back(client, done)
    for stranger in (chi, giang):
        client.force_login(stranger)
        assert client.post(f"/imports/{done.pk}/redo/").status_code == 404
        with nothing_changes(), pytest.raises(Refused):
            taking_back.do_import_again(done, by=stranger)


def test_what_stands_is_not_done_again(client, an, done):
    with nothing_changes():
        assert taking_back.do_import_again(done, by=an) is False


def test_a_portion_that_was_taken_back_by_itself_is_not_lost(client, an, done):
    """Its operation's address takes it back, too."""
    undo(Operation.objects.get(pk=done.operations[0]), by=an)
    back = taken_back(client, done)
    assert (back.state, live()) == ("taken_back", set())
    done_again(client, done)
    assert live() == {"Thép Sông Đà", "Gạch Đông Á", "Sứ Hải Hà"}


def test_a_part_that_is_refused_as_a_whole_waits_with_the_reason_and_is_tried_again(
    client, an, binh, dung, monkeypatch
):
    """R1.31: nothing of an import is lost from sight, whoever may not do all of it again."""
    monkeypatch.setattr(running, "CHUNK", 1)
    client.force_login(an)
    done = run(client, checked(client, FILE, "khach.csv"))
    first, second, third = done.operations
    states = lines(done)
    back = taken_back(client, done)
    imports_everywhere(binh)
    give_away(called("Gạch Đông Á"), dung)
    client.force_login(binh)
    again = done_again(client, back)
    assert (again.state, again.operations, again.taken_operations) == ("done", [first, third], [second])
    assert (again.brought_back, again.kept, again.refused_operations) == (2, 1, [])
    assert live() == {"Thép Sông Đà", "Sứ Hải Hà"}
    page = client.get(f"/imports/{done.pk}/").text
    assert again.refused_because in page and f'action="/imports/{done.pk}/redo/"' in page
    client.force_login(an)
    assert "Đã hoàn tác" not in client.get("/undo/").text
    again = done_again(client, again)
    assert (again.state, again.operations, again.taken_operations) == ("done", [first, second, third], [])
    assert (again.brought_back, again.kept, again.refused_because) == (3, 0, "")
    assert lines(again) == states
    page = client.get(f"/imports/{done.pk}/").text
    assert f'action="/imports/{done.pk}/redo/"' not in page
    assert taken_back(client, again).taken_away == 3


def test_what_was_refused_is_taken_back_with_the_rest_and_not_lost(client, an, binh, dung, monkeypatch):
    monkeypatch.setattr(running, "CHUNK", 1)
    client.force_login(an)
    done = taken_back(client, run(client, checked(client, FILE, "khach.csv")))
    parts = done.taken_operations
    imports_everywhere(binh)
    give_away(called("Gạch Đông Á"), dung)
    client.force_login(binh)
    again = done_again(client, done)
    back = taken_back(client, again)
    assert (back.state, back.operations, back.taken_operations) == ("taken_back", [], parts)
    assert (back.taken_away, back.kept, back.refused_because, live()) == (2, 0, "", set())
