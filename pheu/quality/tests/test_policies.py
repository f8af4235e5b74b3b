"""What becomes of lines of a file that are there already, and what they name by words (R1.31-1.34, R4.02)."""

import pytest

from pheu.conftest import nothing_changes
from pheu.core.errors import Refused
from pheu.leads.models import Lead
from pheu.parties.models import Company, Contact, Prospect
from pheu.quality import running
from pheu.quality.events import FOLDED
from pheu.quality.models import DuplicateRule, Import
from pheu.quality.tests.importing import checked, csv, opened, run, work, xlsx
from pheu.records import kinds
from pheu.records.models import Record
from pheu.setup import shaping
from pheu.timeline.events import CHANGED
from pheu.timeline.models import Event, Note

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def kept_files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "files"


def made(kind, by, **values):
    return kinds.get(kind).create({"owner": by, **values}, by=by)


def accounts(imported):
    names = ("rows", "created", "updated", "merged", "skipped", "rejected")
    return tuple(getattr(imported, name) for name in names)


@pytest.fixture
def steel(an):
    return made(
        "prospect", an, company_name="Công ty CP Thép Sông Đà", phone="+842438637747", tax_code="0100109106",
        remark="Gọi buổi sáng",
    )  # fmt: skip


FILE = csv(
    "Tên công ty,Mã số thuế,Điện thoại,Email,Ghi chú",
    "Thép Sông Đà (tên khác),0100109106,0903 123 456,lien.he@songda.example,Cần báo giá",
    "Gạch Đông Á,0100109113,0904 123 456,,",
)


def test_the_check_says_which_lines_are_there_and_asks_what_becomes_of_them(client, an, steel):
    """R1.31, R1.34: before anything is written."""
    client.force_login(an)
    imported = checked(client, FILE, "khach.csv")
    [line] = imported.lines.filter(marks__contains=["there"])
    assert line.record_id == steel.pk
    page = client.get(f"/imports/{imported.pk}/check/").text
    assert "1 dòng trùng với bản ghi đã có" in page
    assert "Điền vào chỗ còn trống" in page
    assert f"/r/{steel.pk}/" in page


def test_what_is_empty_is_filled_and_nothing_of_the_line_is_lost(client, an, steel):
    """R1.31: further numbers and remarks are added; what was there stays."""
    client.force_login(an)
    imported = run(client, checked(client, FILE, "khach.csv"), policy="fill")
    assert accounts(imported) == (2, 1, 1, 0, 0, 0)
    steel.refresh_from_db()
    assert (steel.company_name, steel.email) == ("Công ty CP Thép Sông Đà", "lien.he@songda.example")
    assert (steel.phone, steel.other_phones) == ("+842438637747", ["+84903123456"])
    assert steel.remark == "Gọi buổi sáng\nCần báo giá"
    told = Event.objects.get(kind=CHANGED.code, about=steel.pk)
    assert (told.via, told.facts["list"]) == ("import", imported.origin)
    assert {"field": "phone", "was": "", "now": "+84903123456", "beside": True} in told.facts["changes"]
    page = client.get(f"/imports/{imported.pk}/").text
    assert "2 dòng = 1 đã tạo + 1 đã cập nhật + 0 đã trộn + 0 bỏ qua + 0 bị từ chối" in page
    assert imported.lines.get(state="updated").record_id == steel.pk


def test_only_the_chosen_fields_are_overwritten(client, an, steel):
    """R1.31: the former first number stays as a further one."""
    client.force_login(an)
    chosen = {"policy": "overwrite", "overwrites": ["company_name", "phone"]}
    imported = run(client, checked(client, FILE, "khach.csv"), **chosen)
    assert accounts(imported) == (2, 1, 1, 0, 0, 0)
    steel.refresh_from_db()
    assert steel.company_name == "Thép Sông Đà (tên khác)"
    assert (steel.phone, steel.other_phones) == ("+84903123456", ["+842438637747"])
    assert steel.remark == "Gọi buổi sáng\nCần báo giá"


@pytest.mark.parametrize("policy", ["fill", "overwrite", "merge"])
def test_columns_that_no_row_has_go_into_what_is_there_with_the_fields_that_they_belong_to(client, an, steel, policy):
    """R1.31, R4.02: a district belongs to the address."""
    content = csv(
        "Tên công ty,Mã số thuế,Địa chỉ,Quận/Huyện,Tỉnh",
        "Thép Sông Đà,0100109106,12 Trần Phú,Ba Đình,Hà Nội",
    )
    client.force_login(an)
    imported = run(client, checked(client, content, "khach.csv"), policy=policy, overwrites=["address"])
    assert imported.problem == ""
    assert imported.updated + imported.merged == 1
    steel.refresh_from_db()
    assert (steel.address, str(steel.province)) == ("12 Trần Phú, Ba Đình, Hà Nội", "01")


@pytest.mark.parametrize("policy", ["fill", "overwrite", "merge"])
def test_notes_of_a_list_are_notes_on_the_timeline(client, dung, an, policy):
    """R1.31: of new records, and of those that are there; of several columns each says which."""
    there = made("company", an, name="Thép Sông Đà", tax_code="0100109106")
    content = csv(
        "Tên công ty,Mã số thuế,Ghi chú,Nội dung",
        "Thép Sông Đà,0100109106,Gọi sau Tết,Hẹn thứ hai",
        "Gạch Đông Á,0100109113,,Cần báo giá",
        "Sứ Hải Hà,0100109120,,",
    )
    client.force_login(dung)
    imported = checked(client, content, "khach.csv", kind="company", team="", department=an.department.pk)
    assert [*imported.columns.values()] == ["name", "tax_code", "+note", "+note"]
    imported = run(client, imported, policy=policy)
    assert accounts(imported) == (3, 2, *((0, 1) if policy == "merge" else (1, 0)), 0, 0)
    assert {note.record.title: note.body for note in Note.objects.all()} == {
        "Thép Sông Đà": "Ghi chú: Gọi sau Tết\nNội dung: Hẹn thứ hai", "Gạch Đông Á": "Nội dung: Cần báo giá"
    }  # fmt: skip
    assert Note.objects.get(record_id=there.pk).by == dung
    client.post(f"/imports/{imported.pk}/undo/")
    work()
    assert not Note.objects.filter(record__state="live").exists()


def test_notes_of_a_list_that_comes_in_once_more_are_not_doubled(client, dung, an):
    """R1.31: another one comes in."""
    client.force_login(dung)
    for told in ("Gọi sau Tết", "Gọi sau Tết", "Đã gọi"):
        content = csv("Tên công ty,Mã số thuế,Ghi chú", f"Thép Sông Đà,0100109106,{told}")
        place = {"team": "", "department": an.department.pk}
        run(client, checked(client, content, "khach.csv", kind="company", **place), policy="fill")
    assert sorted(Note.objects.values_list("body", flat=True)) == ["Gọi sau Tết", "Đã gọi"]
    assert Company.objects.count() == 1


def test_a_note_for_which_there_is_no_room_rejects_its_line(client, dung, an):
    """Nothing of a line is lost: it is told before anything is written."""
    content = csv("Tên công ty,Ghi chú", "Thép Sông Đà,ngắn", "Gạch Đông Á," + "dài " * 5001)
    client.force_login(dung)
    imported = checked(client, content, "khach.csv", kind="company", team="", department=an.department.pk)
    assert imported.rejected == 1
    assert accounts(run(client, imported)) == (2, 1, 0, 0, 0, 1)


def test_a_line_is_merged_into_what_is_there_with_all_that_it_said(client, an, steel):
    """R1.31, R2.19: the line's own values are told on the timeline of the one that stays."""
    client.force_login(an)
    imported = run(client, checked(client, FILE, "khach.csv"), policy="merge")
    assert accounts(imported) == (2, 1, 0, 1, 0, 0)
    assert Prospect.objects.live().count() == 2
    steel.refresh_from_db()
    assert steel.other_phones == ["+84903123456"]
    folded = Event.objects.get(kind=FOLDED.code)
    assert {"field": "company_name", "value": "Thép Sông Đà (tên khác)"} in folded.facts["values"]
    assert imported.lines.get(state="merged").record_id == steel.pk


def test_lines_that_are_there_are_left_out(client, an, steel):
    client.force_login(an)
    imported = run(client, checked(client, FILE, "khach.csv"), policy="skip")
    assert accounts(imported) == (2, 1, 0, 0, 1, 0)
    steel.refresh_from_db()
    assert steel.email == ""
    assert "Đã có: bỏ qua theo lựa chọn" in client.get(f"/imports/{imported.pk}/?tab=skipped").text


def test_another_one_is_made_all_the_same_unless_a_rule_blocks(client, an, steel):
    """R1.34: a rule that blocks holds for imports too; the line is rejected with the reason."""
    client.force_login(an)
    assert accounts(run(client, checked(client, FILE, "khach.csv"), policy="create")) == (2, 2, 0, 0, 0, 0)
    DuplicateRule.objects.create(kind="prospect", name="Mã số thuế", criteria=["tax"], blocks=True)
    imported = run(client, checked(client, FILE, "khach.csv"), policy="create")
    assert accounts(imported) == (2, 0, 0, 0, 0, 2)
    assert "quy tắc trùng không cho lưu" in client.get(f"/imports/{imported.pk}/?tab=rejected").text


def test_a_rule_that_blocks_holds_between_lines_of_one_file(client, an):
    """R1.34: the second of two is rejected, the first made."""
    DuplicateRule.objects.create(kind="prospect", name="Mã số thuế", criteria=["tax"], blocks=True)
    client.force_login(an)
    content = csv("Tên công ty,Mã số thuế", "Gạch Đông Á,0100109106", "Gạch Đông Á 2,0100109106", "Sứ,0100109113")
    imported = run(client, checked(client, content, "khach.csv"))
    assert accounts(imported) == (3, 2, 0, 0, 0, 1)
    assert set(Prospect.objects.values_list("company_name", flat=True)) == {"Gạch Đông Á", "Sứ"}


def test_lines_of_one_file_that_are_the_same_go_into_one_record(client, an):
    """R1.31: the second line finds the row of the first."""
    client.force_login(an)
    content = csv(
        "Tên công ty,Mã số thuế,Điện thoại,Email",
        "Gạch Đông Á,0100109106,0903 123 456,",
        "Gạch Đông Á,0100109106,,a@gach.example",
        "Gạch Đông Á,0100109106,0904 123 456,b@gach.example",
    )
    imported = run(client, checked(client, content, "khach.csv"), policy="fill")
    assert accounts(imported) == (3, 1, 2, 0, 0, 0)
    only = Prospect.objects.get()
    assert (only.phone, only.other_phones, only.email) == ("+84903123456", ["+84904123456"], "a@gach.example")


def test_companies_come_in_from_excel_beginning_at_their_own_list(client, dung, an):
    """R1.31: «Import từ File excel», «Nhập dữ liệu» (module Công ty)."""
    client.force_login(dung)
    assert 'href="/imports/new/?kind=company"' in client.get("/companies/?tab=all").text
    file = xlsx([["Tên công ty", "Mã số thuế", "Điện thoại"], ["Thép Sông Đà", "0100109106", "0903 123 456"]])
    imported = run(client, checked(client, file, "khach.xlsx", kind="company", team="", department=an.department.pk))
    assert (imported.rows, imported.created) == (1, 1)
    [company] = Company.objects.live()
    assert (company.name, company.tax_code, company.phone) == ("Thép Sông Đà", "0100109106", "+84903123456")


def test_companies_that_share_a_phone_stay_two(client, an):
    """R1.01: companies of one house have one number."""
    client.force_login(an)
    content = csv("Tên công ty,Điện thoại", "Gạch Đông Á,0243 863 7747", "Sứ Hải Hà,0243 863 7747")
    assert accounts(run(client, checked(client, content, "khach.csv"), policy="fill")) == (2, 2, 0, 0, 0, 0)


@pytest.mark.parametrize("policy", ["fill", "overwrite", "merge", "skip"])
def test_what_one_may_not_change_stays_and_is_not_named(client, an, chi, policy):
    """R1.34: it is told that something is there, not what."""
    theirs = made("prospect", chi, company_name="Của phòng khác", tax_code="0100109106")
    client.force_login(an)
    imported = checked(client, FILE, "khach.csv")
    imported = run(client, imported, policy=policy)
    assert accounts(imported) == (2, 1, 0, 0, 1, 0)
    before = theirs.record.version
    theirs.refresh_from_db()
    assert theirs.record.version == before
    page = client.get(f"/imports/{imported.pk}/?tab=skipped").text
    assert "không có quyền sửa" in page
    assert "Của phòng khác" not in page
    assert f"/r/{theirs.pk}/" not in page
    assert imported.lines.get(state="skipped").record_id is None


def test_what_refuses_one_line_rejects_that_line_alone(client, an, steel):
    """R1.31: with the reason in words, and all others come in."""
    made("prospect", an, company_name="Xi măng Hòn Đá", email="a@honda.example")
    DuplicateRule.objects.create(kind="prospect", name="Email", criteria=["email"], blocks=True)
    DuplicateRule.objects.create(kind="prospect", name="Mã số thuế", criteria=["tax"])
    client.force_login(an)
    content = csv(
        "Tên công ty,Mã số thuế,Email",
        "Sứ Hải Hà,0100109113,",
        "Thép Sông Đà,0100109106,a@honda.example",
        "Gạch Đông Á,0100109120,",
    )
    imported = run(client, checked(client, content, "khach.csv"), policy="overwrite", overwrites=["email"])
    assert accounts(imported) == (3, 2, 0, 0, 0, 1)
    assert "không cho lưu bản ghi thứ hai" in imported.lines.get(state="rejected").reason_text()
    steel.refresh_from_db()
    assert steel.email == ""


def test_a_value_that_no_two_records_share_comes_in_once(client, an, dung):
    """R1.31, R4.23: of two lines the first, and none where a record has it; each other line comes in."""
    group = shaping.groups_of("prospect")[0].name
    field = shaping.add_field("prospect", "text", {"label": "Mã khu", "group": group, "is_unique": True}, by=dung)
    made("prospect", an, company_name="Thép Sông Đà", **{field.key: "A1"})
    client.force_login(an)
    content = csv("Tên công ty,Mã khu", "Gạch Đông Á,B2", "Sứ Hải Hà,A1", "Xi măng,B2", "Kính,C3")
    imported = run(client, checked(client, content, "khach.csv"))
    assert accounts(imported) == (4, 2, 0, 0, 0, 2)
    assert set(imported.lines.filter(state="created").values_list("line", flat=True)) == {2, 5}


def test_the_act_refuses_a_policy_or_a_field_that_no_page_offers(client, an):
    client.force_login(an)
    imported = checked(client, FILE, "khach.csv")
    for told in ({"policy": "destroy"}, {"policy": "overwrite", "overwrites": ["owner"]}):
        with nothing_changes(), pytest.raises(Refused):
            running.start_import(imported, by=an, **told)
    with nothing_changes():
        client.post(f"/imports/{imported.pk}/run/", {"policy": "destroy"})
    assert Import.objects.get().state == "checked"


@pytest.fixture
def lister(binh):
    """Who may import whom we sell to as well."""
    binh.role.grants["party"]["import"] = "department"
    binh.role.save()
    return binh


# Numbers and other records --------------------------------------------------------------------------------------------


def test_a_column_of_numbers_finds_the_records_that_a_list_was_exported_from(client, an, steel):
    """R1.31: what was exported and corrected comes back to the same records."""
    client.force_login(an)
    content = csv("Mã số,Tên công ty,Ghi chú", f"{steel.number},Thép Sông Đà mới,", "KT-999999,Lạ,")
    imported = opened(client, content, "khach.csv")
    assert imported.columns["0"] == "number"
    done = run(client, checked(client, content, "khach.csv"), policy="overwrite", overwrites=["company_name"])
    assert accounts(done) == (2, 1, 1, 0, 0, 0)
    steel.refresh_from_db()
    assert steel.company_name == "Thép Sông Đà mới"
    assert Prospect.objects.exclude(pk=steel.pk).get().number != "KT-999999"


def test_a_number_is_enough_for_a_record_that_is_there_and_for_no_other(client, an, steel):
    """R1.31: a list of numbers and one new value for each."""
    client.force_login(an)
    content = csv("Mã số,Email", f"{steel.number},moi@songda.example", "KT-999999,", ",la@songda.example")
    done = run(client, checked(client, content, "khach.csv"), policy="fill")
    assert accounts(done) == (3, 1, 1, 0, 0, 1)
    steel.refresh_from_db()
    assert (steel.email, steel.company_name) == ("moi@songda.example", "Công ty CP Thép Sông Đà")
    assert "Không có tên hay cách liên lạc" in done.lines.get(state="rejected").reason_text()


@pytest.mark.parametrize(
    "named", ["{number}", "Công ty CP Thép Sông Đà", "CTCP THEP SONG DA", "0100109106", "lien.he@songda.example"]
)
def test_a_contact_names_its_company_by_number_name_tax_code_or_mail(client, lister, named):
    """R1.31: relations by name, number, tax code or e-mail."""
    company = made(
        "company", lister, name="Công ty CP Thép Sông Đà", type="prospect", tax_code="0100109106",
        email="lien.he@songda.example",
    )  # fmt: skip
    client.force_login(lister)
    content = csv("Họ tên,Công ty", f"Đỗ Vân,{named.format(number=company.number)}")
    imported = opened(client, content, "lien-he.csv", "contact")
    assert imported.columns == {"0": "full_name", "1": "company"}
    done = run(client, checked(client, content, "lien-he.csv", "contact"))
    assert accounts(done) == (1, 1, 0, 0, 0, 0)
    assert Contact.objects.get().company_id == company.pk


def test_a_company_that_is_not_there_or_not_to_be_seen_or_not_the_only_one_is_kept_in_words(client, lister, chi):
    """R1.31: nothing is guessed, and nothing of what others have is told."""
    for owner, name in ((chi, "Của phòng khác"), (lister, "Sứ Hải Hà"), (lister, "Sứ Hải Hà")):
        made("company", owner, name=name, type="prospect")
    lister.role.grants["party"]["view"] = "own"
    lister.role.save()
    client.force_login(lister)
    content = csv("Họ tên,Công ty", "Đỗ Vân,Của phòng khác", "Đỗ Lan,Sứ Hải Hà", "Đỗ Mai,Không có")
    imported = checked(client, content, "lien-he.csv", "contact")
    assert imported.mark_counts["bad_value"] == 3
    run(client, imported)
    assert {one.company_id for one in Contact.objects.all()} == {None}
    assert Note.objects.get(record__title="Đỗ Vân").body == "Công ty: Của phòng khác"


def test_leads_come_from_a_file_with_their_company_and_source(client, lister):
    """R4.02: every kind of record, by its schema."""
    company = made("company", lister, name="Thép Sông Đà", type="prospect")
    client.force_login(lister)
    content = csv("Tên công ty,Công ty có sẵn,Người liên hệ,Điện thoại", "Thép Sông Đà,Thép Sông Đà,Vân,0903 123 456")
    done = run(client, checked(client, content, "tiem-nang.csv", "lead"))
    assert accounts(done) == (1, 1, 0, 0, 0, 0), list(done.lines.values("reason", "detail"))
    lead = Lead.objects.get()
    assert (lead.company_id, lead.phone) == (company.pk, "+84903123456")
    assert Company.objects.count() == 1
    assert Record.objects.filter(kind="lead").count() == 1
