"""«Tìm trùng lặp»: what seems to be the same, with its reasons; and «Không trùng» (R1.33, R1.43-1.45)."""

import pytest
from django.db import connection
from django.db.models import F

from pheu.conftest import given, nothing_changes
from pheu.core.errors import DomainError, Refused
from pheu.core.vietnamese.identity import address_key, company_key, email_key, host_key, likeness, person_key
from pheu.leads.services import create_lead
from pheu.people.models import Role
from pheu.quality.apart import keep_apart, kept_apart
from pheu.quality.merging import merge
from pheu.records import alike, kinds
from pheu.records.alike import sharing
from pheu.records.models import Record
from pheu.timeline.archiving import archive
from pheu.timeline.services import change


def made(kind, by, **values):
    return kinds.get(kind).create({"owner": by, **values}, by=by)


def keys_of(row):
    return Record.objects.get(pk=row.pk).keys


def found(row, user, **how):
    return [(one.record.pk, one.shared) for one in sharing(keys_of(row), user, but=[row.pk], **how)]


# Alike in every way of writing it -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "names",
    [
        ["Công ty Cổ phần Thép Hòa Phát", "CTCP Thép Hoà Phát", "CÔNG TY CP THÉP HÒA PHÁT", "thep hoa phat"],
        ["Hòa Phát Thép", "Thép Hòa Phát"],
        ["Công ty TNHH MTV Bao bì Cầu Mây", "Cty TNHH Một thành viên bao bì Cầu Mây", "Bao Bi Cau May Co., Ltd"],
        ["Công ty TNHH TM & DV An Bình", "Công ty TNHH Thương mại và Dịch vụ An Bình"],
        ["Xi măng Việt Nam", "Công ty Xi măng VN"],
    ],
)
def test_companies_of_one_name_have_one_key(names):
    assert len({company_key(name) for name in names}) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Công ty Thép Hòa Phát", "Công ty Nhựa Hòa Phát"),
        ("Tổng công ty Thép", "Thép Miền Nam"),
        ("An Bình 1", "An Bình 2"),
        ("Chi nhánh An Bình", "An Bình"),
        ("Công ty Cơ điện lạnh REE", "Công ty Điện lạnh REE"),
        ("Điện tử An Bình", "Đầu tư An Bình"),
    ],
)
def test_other_companies_have_other_keys(one, other):
    assert company_key(one) != company_key(other)


def test_a_name_of_nothing_but_forms_is_still_one():
    assert company_key("Công ty Cổ phần") == "cong ty co phan"
    assert company_key("") == company_key("?!") == ""


def test_people_mails_hosts_and_addresses():
    assert person_key("Chị Nguyễn Thị Lan (kế toán)") == person_key("LAN NGUYEN THI") == "lan nguyen thi"
    assert person_key("Lan") == person_key("") == ""
    assert email_key("Van.DT+web@Gmail.com") == email_key("vandt@googlemail.com") == "vandt@gmail.com"
    assert email_key("Van.DT@hoaphat.example") == "van.dt@hoaphat.example"
    assert email_key("không có") == email_key("") == ""
    assert host_key("https://www.HoaPhat.com.vn/gioi-thieu?x=1") == host_key("hoaphat.com.vn") == "hoaphat.com.vn"
    assert host_key("http://[") == host_key("") == host_key("abc") == ""
    assert address_key("Số 28, đường Trần Phú, P. Hà Đông, TP Hà Nội") == address_key("28 Trần Phú, Hà Đông, Hà Nội")
    assert address_key("Hà Nội") == ""
    assert (likeness("hoa phat thep", "hoa phat thep"), likeness("", "abc")) == (100, 0)


# Found ----------------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_records_of_any_kind_that_share_something_are_found_with_reasons(an, lead):
    """R1.33, R1.44: phones in any of their fields, e-mail, tax code, names; the likeliest first."""
    company = made("company", an, name="Khoáng sản Lâm Hà", type="prospect", tax_code="0100109106")
    contact = made("contact", an, full_name="Vân Đỗ Thị", phone="0243 863 7747")
    second = made("lead", an, company_name="Nhà máy Hòn Đá", other_phones=["+842438637747"], phone="+84903123456")
    made("lead", an, company_name="Khác hẳn", phone="+84903999999")
    assert found(lead, an) == [(company.pk, ("tax",)), (contact.pk, ("phone", "person")), (second.pk, ("phone",))]
    assert [pk for pk, _shared in found(lead, an, criteria=["phone"])] == [contact.pk, second.pk]
    scores = [one.score for one in sharing(keys_of(lead), an, but=[lead.pk])]
    assert scores == sorted(scores, reverse=True)
    [told] = [one.reasons for one in sharing(keys_of(lead), an, but=[lead.pk]) if one.record.pk == contact.pk]
    assert told == "cùng số điện thoại; cùng tên người"


@pytest.mark.django_db
def test_names_that_are_nearly_alike_are_said_to_be(an):
    one = made("company", an, name="Thép Hòa Phát Hải Dương", type="prospect", phone="0243 863 7747")
    made("company", an, name="Thép Hòa Phát Hải Dưong 2", type="prospect", phone="0243 863 7747")
    [match] = sharing(keys_of(one), an, but=[one.pk])
    assert match.reasons.startswith("cùng số điện thoại; tên giống 9")
    assert match.score == 55


@pytest.mark.django_db
def test_a_doubtful_number_is_compared_by_both_readings(an):
    typed = given(made("lead", an, company_name="Một"), phone="037.3750928")  # as a list brings it
    mobile = made("lead", an, company_name="Hai", phone="+84373750928")
    landline = made("lead", an, company_name="Ba", phone="+842373750928")
    assert {pk for pk, _shared in found(typed, an)} == {mobile.pk, landline.pk}


@pytest.mark.django_db
def test_what_is_archived_merged_or_changed_is_not_found_any_more(an):
    rows = [made("company", an, name=f"Thép {nth}", type="prospect", phone="0243 863 7747") for nth in range(4)]
    first, archived, merged, changed = rows
    archive([archived], by=an)
    merge([first, merged], by=an)
    change(changed, {"phone": (changed.phone, "0903 123 456")}, by=an)
    assert found(first, an) == []


@pytest.mark.django_db
def test_what_one_may_not_know_is_no_reason(an, dung, lead):
    made("company", dung, name="Khác", type="prospect", phone="+842438637747", owner=dung)
    twin = made("lead", an, company_name="Khác", email=lead.email)
    Role.objects.filter(code="sales").update(fields={"lead": {"email": "hidden"}, "company": {"phone": "hidden"}})
    seller = type(an).objects.with_rights().get(pk=an.pk)
    assert found(lead, seller) == []
    assert (twin.pk, ("email",)) in found(lead, dung)


@pytest.mark.django_db
def test_records_from_before_get_their_keys_by_the_job(an, lead):
    Record.objects.filter(pk=lead.pk).update(keys=None)
    version = Record.objects.get(pk=lead.pk).version
    assert alike.fill() == 1
    assert alike.fill() == 0
    assert "tax:0100109106" in keys_of(lead)
    assert Record.objects.get(pk=lead.pk).version == version


@pytest.mark.django_db
def test_finding_takes_one_statement_along_one_index(an, lead, django_assert_num_queries):
    for nth in range(3):
        made("lead", an, company_name=f"Hòn Đá {nth}", phone="+842438637747")
    keys = keys_of(lead)
    with django_assert_num_queries(1):
        sharing(keys, an)
    with connection.cursor() as cursor:
        cursor.execute("set local enable_seqscan = off")  # so few rows are read one by one
    assert "record_keys" in Record.objects.filter(keys__overlap=keys, state="live").explain()


# As a page ------------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_from_a_record_to_its_duplicates_and_on_to_merging(client, an, lead):
    """R1.43, R1.44, R1.45."""
    twin = made("lead", an, company_name="Xi măng Hòn Đá", phone="+842438637747", email=lead.email)
    by_name = made("lead", an, company_name="Công ty Xi măng Hòn Đá")
    client.force_login(an)
    assert f"/r/{lead.pk}/alike/" in client.get(f"/leads/{lead.pk}/").text
    page = client.get(f"/r/{lead.pk}/alike/").text
    assert "Cùng email; cùng số điện thoại; cùng tên công ty" in page
    assert f'value="{by_name.pk}"' in page
    page = client.get(f"/r/{lead.pk}/alike/?by=phone").text
    assert f'value="{twin.pk}"' in page
    assert f'value="{by_name.pk}"' not in page
    with connection.cursor() as cursor:  # read as the rows lie: the lead behind the other, as it was written later
        type(lead).objects.filter(pk=lead.pk).update(email=lead.email)
        Record.objects.filter(pk=lead.pk).update(version=F("version"))
        cursor.execute("set local enable_indexscan = off; set local enable_bitmapscan = off")
    assert client.post("/merging/", {"ids": [lead.pk, twin.pk]}).url == f"/merging/?ids={lead.pk}&ids={twin.pk}"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("chosen", "values"),
    [
        ("company", {"company_name": "CTCP XI MĂNG HÒN ĐÁ"}),
        ("person", {"person_name": "Vân Đỗ Thị", "company_name": "Khác"}),
        ("phone", {"other_phones": ["+842438637747"], "company_name": "Khác"}),
        ("email", {"email": "VAN.DT@hondacement.example", "company_name": "Khác"}),
        ("address", {"address": "Số 12, đường Lê Lợi, P. Vĩnh Ninh, Huế", "company_name": "Khác"}),
    ],
)
def test_what_to_compare_by_is_chosen_on_the_page(client, an, lead, chosen, values):
    """R1.44: «Tên, Số điện thoại, Email», «Email, Địa chỉ, Tên»; each alone finds what shares that, and no other."""
    change(lead, {"address": ("", "12 Lê Lợi, phường Vĩnh Ninh, Huế")}, by=an)
    same = made("lead", an, **values)
    client.force_login(an)
    for one in ("company", "person", "phone", "email", "address"):
        page = client.get(f"/r/{lead.pk}/alike/?by={one}").text
        assert f'name="by" value="{one}"' in page
        assert (f'value="{same.pk}"' in page) == (one == chosen)
    assert f'value="{same.pk}"' in client.get(f"/r/{lead.pk}/alike/?by={chosen}&by=tax").text


@pytest.mark.django_db
def test_what_one_may_not_see_is_named_without_content(client, an, chi, lead):
    """R1.33 and design.md 3: only that it is there, and in which department."""
    create_lead({"company_name": "Bí mật của Chi", "phone": "+842438637747", "owner": chi}, by=chi)
    client.force_login(an)
    page = client.get(f"/r/{lead.pk}/alike/").text
    assert "Đã có trong hệ thống, Phòng dịch vụ phụ trách (cùng số điện thoại)" in page
    assert "Bí mật" not in page


@pytest.mark.django_db
def test_two_that_are_not_the_same_are_not_proposed_again(client, an, lead):
    twin = made("lead", an, company_name="Xi măng Hòn Đá", phone="+842438637747")
    client.force_login(an)
    assert client.post(f"/r/{lead.pk}/apart/", {"other": twin.pk}).url == f"/r/{lead.pk}/alike/"
    for row in (lead, twin):
        assert "Không có bản ghi nào giống" in client.get(f"/r/{row.pk}/alike/").text
        assert "không trùng với" in client.get(f"/leads/{row.pk}/").text
    assert kept_apart(lead.record) == {twin.pk}
    with nothing_changes():
        keep_apart(twin.record, lead.record, by=an)
        with pytest.raises(DomainError):
            keep_apart(lead.record, lead.record, by=an)


@pytest.mark.django_db
def test_nobody_keeps_apart_what_they_may_not_change(client, an, chi, giang, lead):
    twin = made("lead", an, company_name="Xi măng Hòn Đá", phone="+842438637747")
    for person in (chi, giang):
        with nothing_changes(), pytest.raises(Refused):
            keep_apart(lead.record, twin.record, by=person)
    client.force_login(chi)
    assert client.get(f"/r/{lead.pk}/alike/").status_code == 404
    assert client.post(f"/r/{lead.pk}/apart/", {"other": twin.pk}).status_code == 404
