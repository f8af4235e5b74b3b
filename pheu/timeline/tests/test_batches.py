"""What is done to everything that a list had: in the background, told how far it is, stopped, and taken back."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from playwright.sync_api import expect
from procrastinate.contrib.django.models import ProcrastinateJob

from pheu.conftest import given, nothing_changes, stage_of
from pheu.core.errors import DomainError, Refused
from pheu.leads.models import Lead
from pheu.leads.services import create_leads
from pheu.people.models import User
from pheu.records import act_views, lists
from pheu.records.many import ARCHIVING, ASSIGNING, CHANGING, SHARING
from pheu.records.models import Operation
from pheu.timeline import batches, jobs
from pheu.timeline.archiving import archive
from pheu.timeline.models import Batch, Event
from pheu.timeline.services import change

pytestmark = pytest.mark.django_db
WHOLE = {"whole": "?tab=all"}


@pytest.fixture
def leads(binh, an, monkeypatch):
    monkeypatch.setattr(batches, "PORTION", 3)
    return create_leads([{"company_name": f"Khách {n}", "owner": an} for n in range(7)], by=binh)


def sent_batch(answer):
    """The batch to whose page an answer leads, which a job has to work off."""
    batch = Batch.objects.latest("pk")
    assert answer.url == f"/batches/{batch.pk}/"
    assert ProcrastinateJob.objects.filter(args={"batch_id": batch.pk}, status="todo").count() == 1
    return batch


def worked_off(batch):
    jobs.work_batch_off(batch_id=batch.pk)
    return Batch.objects.get(pk=batch.pk)


def taken_back(batch):
    jobs.take_portions_back(batch_id=batch.pk)
    return Batch.objects.get(pk=batch.pk)


def test_everything_that_a_list_has_is_handed_out_and_taken_back(client, binh, chi, hanh, leads):
    """R1.17: all of it as it was when the button was pressed; what the person may not hand out stays."""
    create_leads([{"company_name": "Khách của Chi", "owner": chi}], by=chi)
    client.force_login(binh)
    dialog = client.get("/leads/assignment/", WHOLE).text
    assert "Cả 7 bản ghi của danh sách" in dialog
    assert 'name="ids"' not in dialog
    batch = sent_batch(client.post("/leads/assignment/", WHOLE | {"owner": hanh.pk}))
    create_leads([{"company_name": "Đến sau", "owner": binh}], by=binh)
    assert "0 trên 7 bản ghi" in client.get(f"/batches/{batch.pk}/").text
    batch = worked_off(batch)
    assert (batch.state, batch.done, batch.left_out, len(batch.operations)) == ("done", 7, {}, 3)
    assert Lead.objects.filter(owner=hanh).count() == 7
    assert Event.objects.filter(kind="record.assigned", via="bulk").count() == 7
    page = client.get(f"/batches/{batch.pk}/").text
    assert f"Phân công: {hanh}" in page
    assert client.post(f"/batches/{batch.pk}/undo/").url == f"/batches/{batch.pk}/"
    batch = taken_back(batch)
    assert (batch.state, batch.operations) == ("taken_back", [])
    assert not Lead.objects.filter(owner=hanh).exists()
    with nothing_changes():
        client.post(f"/batches/{batch.pk}/undo/")


def test_a_field_and_a_stage_of_a_whole_list(client, an, leads):
    """R3.19-3.21, R4.33: by the list's own words and filters."""
    client.force_login(an)
    create_leads([{"company_name": "Xi măng Hòn Đá", "owner": an}], by=an)
    working = stage_of("lead", "Đang xử lý")
    batch = worked_off(sent_batch(client.post("/leads/stages/", {"whole": "?tab=all&q=xi+mang", "to": working.pk})))
    assert (batch.many, batch.words) == (1, "Đang xử lý")
    assert Lead.objects.get(stage=working).company_name == "Xi măng Hòn Đá"
    asked = {"whole": "?tab=all&q=khach", "field": "priority"}
    assert "Cả 7 bản ghi" in client.get("/leads/editing/", asked).text
    worked_off(sent_batch(client.post("/leads/editing/", asked | {"priority": "3"})))
    assert Lead.objects.filter(priority=3).count() == 7


def test_archiving_a_whole_list_is_asked_once_more(client, an, leads):
    """D19."""
    client.force_login(an)
    with nothing_changes():
        asked = client.post("/leads/archiving/", WHOLE)
    assert "Lưu trữ 7 bản ghi" in asked.text
    batch = worked_off(sent_batch(client.post("/leads/archiving/", WHOLE | {"sure": "1"})))
    assert Lead.objects.live().count() == 0
    client.post(f"/batches/{batch.pk}/undo/")
    taken_back(batch)
    assert Lead.objects.live().count() == 7


def test_what_is_in_the_way_of_one_record_leaves_that_one_out_with_the_reason(client, an, leads):
    """All the others of its portion are done."""
    closed = given(leads[4], stage=stage_of("lead", "Không phù hợp"))
    client.force_login(an)
    working = stage_of("lead", "Đang xử lý")
    batch = worked_off(sent_batch(client.post("/leads/stages/", WHOLE | {"to": working.pk})))
    assert Lead.objects.filter(stage=working).count() == 6
    assert (batch.done, batch.many_left_out, batch.many_changed) == (7, 1, 6)
    [reason] = batch.left_out
    assert reason in client.get(f"/batches/{batch.pk}/").text
    assert Lead.objects.get(pk=closed.pk).stage == closed.stage


def test_who_loses_the_right_or_the_account_meanwhile_changes_nothing_more(an, binh, chi, leads):
    """Rights are asked for again with every portion."""
    ids = [one.pk for one in leads]
    batch = jobs.begin_batch(CHANGING, "lead", ids, "field=priority&priority=3", words="x", by=an)
    assert not batches.work_some(batch.pk)
    an.is_active = False
    an.save()
    batch = worked_off(batch)
    assert Lead.objects.filter(priority=3).count() == 3
    assert batch.many_left_out == 4
    with nothing_changes(), pytest.raises(Refused):
        jobs.begin_batch(ASSIGNING, "lead", ids, "", words="", by=chi)
    with nothing_changes(), pytest.raises(DomainError):
        jobs.begin_batch(CHANGING, "lead", [], "", words="", by=binh)


def test_a_batch_is_stopped_and_what_was_done_is_taken_back(client, an, chi, leads):
    client.force_login(an)
    batch = sent_batch(client.post("/leads/editing/", WHOLE | {"field": "priority", "priority": "3"}))
    assert not batches.work_some(batch.pk)
    client.force_login(chi)
    for part in ("", "progress/", "line/"):
        assert client.get(f"/batches/{batch.pk}/{part}").status_code == 404
    for part in ("stop/", "undo/"):
        assert client.post(f"/batches/{batch.pk}/{part}").status_code == 404
    client.force_login(an)
    assert "3 trên 7 bản ghi" in client.get(f"/batches/{batch.pk}/progress/").text
    client.post(f"/batches/{batch.pk}/stop/")
    with nothing_changes():
        assert batches.work_some(batch.pk)
    assert "Đã dừng" in client.get(f"/batches/{batch.pk}/line/").text
    assert Lead.objects.filter(priority=3).count() == 3
    client.post(f"/batches/{batch.pk}/undo/")
    taken_back(batch)
    assert not Lead.objects.exclude(website="").exists()


def test_what_somebody_changed_since_stays_when_a_batch_is_taken_back(client, an, leads):
    client.force_login(an)
    batch = worked_off(sent_batch(client.post("/leads/editing/", WHOLE | {"field": "priority", "priority": "3"})))
    lead = Lead.objects.get(pk=leads[2].pk)
    change(lead, {"priority": (3, 2)}, by=an)
    client.post(f"/batches/{batch.pk}/undo/")
    batch = taken_back(batch)
    assert batch.kept == 1
    assert Lead.objects.get(pk=lead.pk).priority == 2
    assert "1 bản ghi đã được sửa sau đó nên giữ nguyên" in client.get(f"/batches/{batch.pk}/").text


def test_a_portion_that_cannot_be_taken_back_is_counted_with_the_reason(client, an, leads):
    client.force_login(an)
    batch = worked_off(sent_batch(client.post("/leads/editing/", WHOLE | {"field": "priority", "priority": "3"})))
    archive([Lead.objects.get(pk=leads[0].pk)], by=an)
    client.post(f"/batches/{batch.pk}/undo/")
    batch = taken_back(batch)
    assert batch.kept == 3
    assert "Hãy khôi phục trước" in batch.problem
    assert Lead.objects.filter(priority=3).count() == 3


def test_a_worker_that_ends_in_the_middle_leaves_whole_portions(an, leads, monkeypatch):
    """What a portion does and that it is done are one transaction: the next worker goes on, and does nothing twice."""
    batch = jobs.begin_batch(CHANGING, "lead", [one.pk for one in leads], "field=priority&priority=3", words="x", by=an)
    assert not batches.work_some(batch.pk)

    def fall(*args):
        raise MemoryError

    with monkeypatch.context() as patched:
        patched.setattr(batches, "last_operation", fall)
        with pytest.raises(MemoryError):
            batches.work_some(batch.pk)
    assert Lead.objects.filter(priority=3).count() == 3
    worked_off(batch)
    assert Event.objects.filter(kind="record.changed").count() == 7
    assert Operation.objects.filter(act="change_many").count() == 3


def test_a_whole_list_is_shared_out_between_people_and_taken_back(client, an, binh, hanh, leads):
    """R1.17: the dialog says who would get how many; each portion is dealt out, and all are even in the end."""
    client.force_login(binh)
    people = {"people": [an.pk, binh.pk, hanh.pk]}
    dialog = client.post("/leads/assignment/", WHOLE).text
    assert 'formaction="/leads/sharing/"' in dialog
    look = client.post("/leads/sharing/?look=1", WHOLE | people).text
    assert [look.count("+3"), look.count("+2")] == [1, 2]
    batch = worked_off(sent_batch(client.post("/leads/sharing/", WHOLE | people)))
    assert (batch.state, batch.done, batch.left_out) == ("done", 7, {})
    assert sorted(Lead.objects.filter(owner=one).count() for one in (an, binh, hanh)) == [2, 2, 3]
    assert all(str(one) in batch.words for one in (an, binh, hanh))
    client.post(f"/batches/{batch.pk}/undo/")
    assert taken_back(batch).state == "taken_back"
    assert Lead.objects.filter(owner=an).count() == 7


def test_who_has_no_room_for_a_whole_list_gets_what_fits(client, binh, hanh, leads):
    """The rest stays with whoever had it, and the page of the job says why."""
    User.objects.filter(pk=hanh.pk).update(capacity=2)
    client.force_login(binh)
    assert "+" not in client.post("/leads/sharing/?look=1", WHOLE | {"people": [hanh.pk]}).text
    batch = worked_off(sent_batch(client.post("/leads/sharing/", WHOLE | {"people": [hanh.pk]})))
    assert (Lead.objects.filter(owner=hanh).count(), sum(batch.left_out.values())) == (2, 5)


def test_no_whole_list_of_nothing_and_none_too_large(client, an, binh, leads, monkeypatch):
    client.force_login(binh)
    with nothing_changes():
        assert client.post("/leads/sharing/", {"whole": "?tab=all&q=khongaica", "people": an.pk}).status_code == 403
        assert client.post("/leads/assignment/", {"whole": "?tab=all&q=khongaica", "owner": an.pk}).status_code == 403
        monkeypatch.setattr(act_views, "MOST_WHOLE", 6)
        assert client.post("/leads/assignment/", WHOLE | {"owner": an.pk}).status_code == 409


@pytest.mark.parametrize("act", [ARCHIVING, SHARING], ids=lambda one: one.code)
def test_as_many_statements_for_a_portion_of_fifty_as_for_four(an, binh, hanh, monkeypatch, act):
    monkeypatch.setattr(batches, "PORTION", 100)
    sent = f"people={an.pk}&people={hanh.pk}" if act is SHARING else ""
    taken = []
    for n in (4, 50):
        rows = create_leads([{"company_name": f"Khách {n}-{nth}", "owner": binh} for nth in range(n)], by=binh)
        batch = jobs.begin_batch(act, "lead", [one.pk for one in rows], sent, words="", by=binh)
        with CaptureQueriesContext(connection) as captured:
            assert worked_off(batch).left_out == {}
        taken.append(len(captured))
    assert taken[0] == taken[1]


@pytest.mark.django_db(transaction=True)
def test_a_manager_changes_a_whole_list_watches_it_and_takes_it_back(world, monkeypatch):
    """R4.33: more than one act takes at once."""
    monkeypatch.setattr(lists.Listing, "most_chosen", 50)
    binh = world.cast.binh
    create_leads([{"company_name": f"Khách {n}", "owner": binh} for n in range(60)], by=binh)
    page = world.enter(binh, "/leads/?tab=all")
    page.get_by_label("Chọn mọi dòng").check()
    page.get_by_role("button", name="Chọn cả danh sách").click()
    count, dialog = page.locator("[data-bulk-count]"), page.locator("#dialog[open]")
    expect(count).to_have_text("Đã chọn cả danh sách.")
    page.locator("#rows [name=ids]").first.uncheck()  # not all of it any more
    expect(count).to_have_text("Đã chọn 49")
    page.locator("#rows [name=ids]").first.check()
    page.get_by_role("button", name="Chọn cả danh sách").click()
    page.get_by_role("button", name="Phân công").click()
    expect(dialog).to_contain_text("Cả 60 bản ghi của danh sách")
    dialog.get_by_role("button", name="Hủy").click()
    expect(count).to_have_text("Đã chọn cả danh sách.")
    page.get_by_role("button", name="Sửa trường").click()
    dialog.locator("[name=field]").select_option("website")
    dialog.locator("[name=website]").fill("hondacement.example")
    dialog.locator(".dialog-foot [type=submit]").click()
    page.wait_for_url("**/batches/*/")
    batch = Batch.objects.get()
    page.goto("/deals/")
    expect(page.locator(".works")).to_contain_text("Đang chạy")
    worked_off(batch)
    expect(page.locator(".works")).to_contain_text("Xong")
    page.locator(".works a").click()
    page.get_by_role("button", name="Hoàn tác").click()
    expect(page.locator("#batch")).to_contain_text("Đang hoàn tác")
    taken_back(batch)
    expect(page.locator("#batch")).to_contain_text("Đã hoàn tác")
    assert not Lead.objects.exclude(website="").exists()
