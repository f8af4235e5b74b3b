"""«Lưu trữ» and «Thùng rác»: daily work destroys nothing, and only an admin does, after 30 days (D19)."""

from datetime import timedelta

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.db.models import Q
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from playwright.sync_api import expect

from pheu.activities.models import Activity, ActivityType
from pheu.activities.services import schedule_activity
from pheu.conftest import nothing_changes
from pheu.core.errors import DomainError, Refused
from pheu.deals.conversion import Handover, convert_leads
from pheu.leads.models import Lead
from pheu.leads.services import create_lead
from pheu.parties.models import Company
from pheu.people.models import Role
from pheu.records import counters, kinds
from pheu.records.models import JournalEntry, Operation, Record
from pheu.records.search import find
from pheu.timeline.archiving import KEPT, MOST_DESTROYED, archive, destroy, restore
from pheu.timeline.models import Event, File, Note
from pheu.timeline.services import add_file, add_note, change
from pheu.timeline.undo import undo

pytestmark = pytest.mark.django_db


def long_ago(*rows):
    """Let them have been archived before the time that an admin waits."""
    then = timezone.now() - KEPT - timedelta(days=1)
    Record.objects.filter(pk__in=[one.pk for one in rows]).update(archived_at=then)


def records(*rows):
    return list(Record.objects.filter(pk__in=[one.pk for one in rows]))


def test_an_archived_lead_leaves_lists_search_counts_and_work_and_comes_back_whole(client, an, lead):
    """D19: from its page, and back from the bin."""
    schedule_activity(lead.record, what=ActivityType.objects.first(), due_at=timezone.now(), assignee=an, by=an)
    due = Record.objects.get(pk=lead.pk).next_activity_at
    client.force_login(an)
    assert f"/leads/archiving/?ids={lead.pk}" in client.get(f"/leads/{lead.pk}/").text
    answer = client.post(f"/leads/archiving/?ids={lead.pk}", {"list": "?tab=all"}, follow=True)
    assert answer.redirect_chain == [("/leads/?tab=all", 302)]
    assert f"{lead.title}: đã lưu trữ." in answer.text
    assert f'href="/leads/{lead.pk}/"' not in answer.text
    assert find("hòn đá", an) == []
    assert counters.total(kinds.get("lead"), an, Q()) == 0
    assert not Activity.objects.open().of(an).exists()
    assert lead.title not in client.get("/calendar/").text
    assert lead.title in client.get("/bin/").text
    assert client.post("/bin/restoring/", {"ids": [lead.pk]}).url == "/bin/"
    back = Record.objects.get(pk=lead.pk)
    assert (back.state, back.archived_at, back.archived_by, back.next_activity_at) == ("live", None, None, due)
    assert [one.pk for one in find("hòn đá", an)] == [lead.pk]
    assert counters.total(kinds.get("lead"), an, Q()) == 1
    assert Activity.objects.open().of(an).count() == 1
    assert "Thùng rác trống" in client.get("/bin/").text
    told = Event.objects.filter(about=lead.pk).order_by("-pk").values_list("kind", flat=True)
    assert list(told[:2]) == ["record.restored", "record.archived"]


def test_the_page_of_an_archived_lead_is_only_read_and_restores(client, an, lead):
    """D19: nothing can be done with it but that, by whatever address."""
    archive([lead], by=an)
    client.force_login(an)
    page = client.get(f"/leads/{lead.pk}/").text
    assert "Nguyễn Hoài An đã lưu trữ" in page
    for act in ("/fields/", "/notes/", "/closing/", "/assignment/", "/archiving/", "/taking/"):
        assert act not in page.partition('id="content"')[2]
    assert client.get(f"/r/{lead.pk}/").url == f"/leads/{lead.pk}/"
    with nothing_changes():
        for path, sent in (
            ("fields/", {"name": "Khác", "initial-name": lead.name}),
            ("stage/", {"to": lead.stage_id, "left": lead.stage_id}),
            ("taking/", {}),
        ):
            assert client.post(f"/leads/{lead.pk}/{path}", sent).status_code in (403, 404, 422)
        assert client.post(f"/r/{lead.pk}/notes/", {"body": "Gọi lại"}).status_code in (403, 404)
        with pytest.raises(Refused):
            change(lead, {"name": (lead.name, "Khác")}, by=an)
    assert client.post(f"/bin/restoring/?page=1&ids={lead.pk}").url == f"/leads/{lead.pk}/"
    assert "Nguyễn Hoài An đã lưu trữ" not in client.get(f"/leads/{lead.pk}/").text


def test_who_may_not_archive_neither_archives_nor_restores(client, an, chi, giang, lead):
    """D19: by the right «archive» of the role, like any other."""
    client.force_login(giang)
    assert client.get("/bin/").status_code == 404
    assert "/leads/archiving/" not in client.get(f"/leads/{lead.pk}/").text
    assert client.post("/leads/archiving/", {"ids": [lead.pk]}).status_code == 403
    with nothing_changes():
        for person in (chi, giang):
            with pytest.raises(Refused):
                archive([lead], by=person)
    archive([lead], by=an)
    client.force_login(chi)
    assert lead.title not in client.get("/bin/").text
    assert client.post("/bin/restoring/", {"ids": [lead.pk]}).status_code == 404
    with nothing_changes():
        for person in (chi, giang):
            with pytest.raises(Refused):
                restore(records(lead), by=person)


def test_ticked_rows_are_archived_and_restored_together_or_not_at_all(an, binh, chi):
    """D19: of several kinds at once where the bin restores them."""
    leads = [create_lead({"company_name": f"Khách {n}", "owner": an}, by=an) for n in range(3)]
    other = create_lead({"company_name": "Của người khác", "owner": chi}, by=chi)
    company = kinds.get("company").create({"name": "Cơ khí Đông Anh", "owner": an}, by=an)
    with nothing_changes(), pytest.raises(Refused):
        archive([*leads, other], by=an)
    assert archive([], by=an) == []
    archive(leads, by=an)
    archive([company], by=an)
    with nothing_changes():
        archive(leads[:1], by=an)  # twice
    assert restore([], by=an) == []
    restore(records(*leads, company), by=an)
    assert Lead.objects.live().filter(pk__in=[one.pk for one in leads]).count() == 3
    assert Company.objects.live().filter(pk=company.pk).exists()
    with nothing_changes():
        restore(records(*leads), by=an)


def test_as_many_statements_for_fifty_rows_as_for_four(an):
    taken = []
    for n in (4, 50):
        rows = [create_lead({"company_name": f"Khách {n}-{nth}", "owner": an}, by=an) for nth in range(n)]
        with CaptureQueriesContext(connection) as captured:
            archive(rows, by=an)
            restore(records(*rows), by=an)
        taken.append(len(captured))
    assert taken[0] == taken[1]


def test_archiving_and_restoring_are_taken_back_by_the_toast_but_not_what_came_after(client, an, lead):
    """D19."""
    client.force_login(an)
    client.post("/leads/archiving/", {"ids": [lead.pk]})
    first = Operation.objects.get(act="archive")
    client.post(f"/operations/{first.pk}/undo/")
    assert Lead.objects.get(pk=lead.pk).is_live
    archive([lead], by=an)
    restore(records(lead), by=an)
    second = Operation.objects.filter(act="archive").latest("pk")
    with nothing_changes(), pytest.raises(DomainError, match="lưu trữ hoặc khôi phục lần nữa"):
        undo(second, by=an)
    undo(Operation.objects.filter(act="restore").latest("pk"), by=an)
    row = Lead.objects.select_related("record").get(pk=lead.pk)
    assert not row.is_live
    assert row.record.archived_by == an


def test_nothing_else_is_taken_back_while_it_is_archived(an, lead):
    """A change made before would come into a record that nobody sees."""
    changed = change(lead, {"name": (lead.name, "Trạm quan trắc nước thải")}, by=an)
    kinds.get("lead").change_many([changed], "priority", 1, by=an)
    archive([changed], by=an)
    with nothing_changes(), pytest.raises(DomainError, match="Hãy khôi phục trước"):
        undo(Operation.objects.get(act="change_many"), by=an)


def test_the_bin_is_narrowed_by_kind_and_words_and_goes_on_below(client, an, monkeypatch):
    """D19: the latest first."""
    monkeypatch.setattr("pheu.timeline.bin_views.PAGE", 2)
    leads = [create_lead({"company_name": f"Khách số {n}", "owner": an}, by=an) for n in range(5)]
    company = kinds.get("company").create({"name": "Cơ khí Đông Anh", "owner": an}, by=an)
    archive(leads, by=an)
    archive([company], by=an)
    client.force_login(an)
    page = client.get("/bin/").text
    assert page.index("Cơ khí Đông Anh") < page.index("Khách số 4")
    seen, address = [], "/bin/?kind=lead"
    while address:
        page = client.get(address).text
        seen += [one.pk for one in leads if f'value="{one.pk}"' in page]
        address = "/bin/" + page.partition('<nav class="pager"><a class="btn btn-small" href="')[2].partition('"')[0]
        address = address.replace("&amp;", "&") if address != "/bin/" else ""
    assert sorted(seen) == [one.pk for one in leads]
    assert len(seen) == 5
    assert "Cơ khí Đông Anh" in client.get("/bin/?q=dong+anh").text
    assert "Không có bản ghi nào trong thùng rác khớp" in client.get("/bin/?kind=lead&q=dong+anh").text


def test_the_bin_finds_nobody_by_what_is_hidden_from_them(client, an, lead):
    """R4.30: as every search."""
    archive([lead], by=an)
    client.force_login(an)
    assert lead.title in client.get("/bin/?q=02438637747").text
    role = Role.objects.get(pk=an.role_id)
    role.fields = {"lead": {"phone": "hidden"}}
    role.save()
    assert lead.title not in client.get("/bin/?q=02438637747").text
    assert lead.title in client.get("/bin/?q=khi+thai").text


def test_only_an_admin_destroys_only_after_thirty_days_and_the_log_has_the_numbers(client, an, dung, lead):
    """D19: with notes, files, activities, events and what the journal kept of it."""
    note = add_note(lead.record, body="Anh Vân đồng ý", by=an)
    file = add_file(lead.record, upload=SimpleUploadedFile("bao-gia.pdf", b"%PDF-1.4"), by=an)
    archive([lead], by=an)
    client.force_login(an)
    assert "Xóa vĩnh viễn" not in client.get("/bin/").text
    assert client.post("/bin/destruction/", {"ids": [lead.pk]}).status_code == 404
    client.force_login(dung)
    in_use = create_lead({"company_name": "Đang dùng", "owner": an}, by=an)
    with nothing_changes():
        with pytest.raises(DomainError, match="không còn nằm trong thùng rác"):
            destroy(records(in_use), by=dung)
        assert "được giữ lại" in client.get(f"/bin/destruction/?ids={lead.pk}").text
        with pytest.raises(DomainError, match="chưa quá 30 ngày"):
            destroy(records(lead), by=dung)
        with pytest.raises(Refused):
            destroy(records(lead), by=an)
        with pytest.raises(DomainError, match="nhiều nhất 500"):
            destroy([Record(pk=n) for n in range(1, MOST_DESTROYED + 2)], by=dung)
    long_ago(lead)
    assert "không thể hoàn tác" in client.get(f"/bin/destruction/?ids={lead.pk}").text.lower()
    assert client.post("/bin/destruction/", {"ids": [lead.pk]}).url == "/bin/"
    assert not Record.objects.filter(pk=lead.pk).exists()
    assert not Lead.objects.filter(pk=lead.pk).exists()
    for model, key in ((Note, note.pk), (File, file.pk)):
        assert not model.objects.filter(pk=key).exists()
        assert not JournalEntry.objects.filter(table=model._meta.db_table, key=key).exists()
    assert not JournalEntry.objects.filter(table__in=["records_record", "leads_lead"], key=lead.pk).exists()
    assert not Event.objects.filter(about=lead.pk).exists()
    told = Event.objects.get(kind="records.destroyed")
    assert (told.by, told.facts["numbers"]) == (dung, [lead.number])
    assert lead.number in client.get("/setup/log/").text


@pytest.mark.django_db(transaction=True)
def test_the_bytes_of_a_destroyed_record_go_once_that_is_sure(an_and_dung):
    an, dung = an_and_dung
    lead = create_lead({"company_name": "Xi măng Hòn Đá", "owner": an}, by=an)
    file = add_file(lead.record, upload=SimpleUploadedFile("bao-gia.pdf", b"%PDF-1.4"), by=an)
    archive([lead], by=an)
    long_ago(lead)
    assert default_storage.exists(file.content.name)
    assert destroy(records(lead), by=dung) == ([lead.number], [])
    assert not default_storage.exists(file.content.name)


@pytest.fixture
def an_and_dung(transactional_db, settings, tmp_path):
    from pheu.conftest import make_cast

    settings.MEDIA_ROOT = tmp_path
    cast = make_cast()
    return cast.an, cast.dung


def test_what_other_records_name_stays_and_is_told(client, an, dung, lead):
    """D19, D6: a lead that became a deal is counted for ever, and so is the company of a lead in use."""
    company = kinds.get("company").create({"name": "Cơ khí Đông Anh", "owner": an}, by=an)
    other = create_lead({"company_name": "Đông Anh", "company": company, "owner": an}, by=an)
    alone = create_lead({"company_name": "Đứng một mình", "owner": an}, by=an)
    convert_leads([lead], Handover(owner=an), by=an)
    archive([lead, alone], by=dung)
    archive([company], by=dung)
    long_ago(lead, alone, company)
    client.force_login(dung)
    sent = {"ids": [lead.pk, alone.pk, company.pk]}
    answer = client.post("/bin/destruction/", sent, follow=True)
    assert "Đã xóa vĩnh viễn 1 bản ghi." in answer.text
    assert company.number in answer.text
    assert set(Record.objects.filter(pk__in=sent["ids"])) == {lead.record, company.record}
    archive([other], by=dung)
    long_ago(other, company)
    assert destroy(records(other, company), by=dung) == ([other.number, company.number], [])


def test_a_deal_that_was_archived_still_says_where_its_lead_went_on(client, an, lead):
    deal = convert_leads([lead], Handover(owner=an), by=an)[0]
    archive([deal], by=an)
    assert Lead.objects.get(pk=lead.pk).goes_on_in == deal.record


@pytest.mark.django_db(transaction=True)
def test_a_seller_archives_and_restores_in_the_browser(world):
    """D19: from a record's menu, taken back by the toast; from a list, and back from the bin."""
    an = world.cast.an
    lead = create_lead({"company_name": "Xi măng Hòn Đá", "owner": an}, by=an)
    create_lead({"company_name": "Cơ khí Đông Anh", "owner": an}, by=an)
    page = world.enter(an, f"/leads/{lead.pk}/")
    page.locator("[popovertarget=menu-record]").click()
    page.locator("#menu-record").get_by_role("button", name="Lưu trữ").click()
    page.wait_for_url("**/leads/")
    page.locator(".toast").get_by_role("button", name="Hoàn tác").click()
    expect(page.locator("#rows")).to_contain_text("Xi măng Hòn Đá")
    page.get_by_label("Chọn mọi dòng").check()
    page.locator(".bulk-bar").get_by_role("button", name="Lưu trữ").click()
    expect(page.locator(".toast")).to_contain_text("2 bản ghi: đã lưu trữ.")
    page.goto("/bin/")
    page.locator("tbody tr", has_text="Cơ khí Đông Anh").get_by_role("checkbox").check()
    page.locator(".bulk-bar").get_by_role("button", name="Khôi phục").click()
    expect(page.locator(".toast")).to_contain_text("Cơ khí Đông Anh: đã khôi phục.")
    page.get_by_role("link", name="Xi măng Hòn Đá").click()
    page.get_by_role("button", name="Khôi phục").click()
    expect(page.get_by_text("Nguyễn Hoài An đã lưu trữ", exact=False)).to_have_count(0)
    assert Lead.objects.live().count() == 2


def test_a_role_without_the_right_has_no_bin_in_its_menu(client, an):
    """The right is one of the matrix of roles."""
    client.force_login(an)
    assert 'href="/bin/"' in client.get("/").text
    role = Role.objects.get(pk=an.role_id)
    role.grants = {family: {**granted, "archive": "none"} for family, granted in role.grants.items()}
    role.save()
    assert 'href="/bin/"' not in client.get("/").text
