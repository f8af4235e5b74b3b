"""Where customers are: province and ward of today follow from the address as it was typed (vietnam.md 7.1, R4.23)."""

import json
import re

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from pheu.conftest import given, nothing_changes, told
from pheu.leads.services import convert_prospects, create_lead
from pheu.parties.models import Company
from pheu.parties.services import change_company, create_company, create_contact, create_prospect
from pheu.people.models import Team
from pheu.quality.merging import merge
from pheu.quality.models import DuplicateRule, Import
from pheu.quality.tests.importing import checked, csv, run
from pheu.records import kinds
from pheu.records.models import Operation
from pheu.timeline.events import CHANGED
from pheu.timeline.services import change_each, change_many
from pheu.timeline.undo import undo

HCM, HANOI, HAIPHONG = "79", "01", "31"
SAIGON, TAN_DINH, THU_DAU_MOT, HOAN_KIEM = "26740", "26737", "25747", "00070"
BEN_NGHE = "12 Lê Lợi, P. Bến Nghé, Quận 1, TP.HCM"  # went into one ward
DA_KAO = "12 Điện Biên Phủ, P. Đa Kao, Q.1, TP.HCM"  # was divided between two


def turned(before: dict[str, str], now: dict[str, str]) -> tuple[str, str]:
    """(province, ward) of a company that was so once somebody has changed that of it."""
    schema, row = kinds.get("company").fields, Company(**(before | now))
    schema.follow(row, {name: before.get(name, "") for name in now})
    return row.province, row.ward


def save(client, row, **changes: tuple[str, str]):
    """Press «Save» on a company's page: {field: (seen, wanted)}."""
    sent = {"name": row.name, "initial-name": row.name, "type": row.type, "initial-type": row.type}
    for name, (seen, wanted) in changes.items():
        sent |= {name: wanted, f"initial-{name}": seen}
    answer = client.post(f"/companies/{row.pk}/fields/", sent)
    row.refresh_from_db()
    return answer.status_code


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [
        # Of an address: the province, and the ward where it is one.
        ({}, {"address": BEN_NGHE}, (HCM, SAIGON)),
        ({}, {"address": DA_KAO}, (HCM, "")),
        ({}, {"address": "KCN Sóng Thần, Dĩ An, Bình Dương"}, (HCM, "")),
        ({}, {"address": "Số 5 đường Hà Nội"}, ("", "")),
        # What somebody says of the place goes before the words.
        ({}, {"address": BEN_NGHE, "province": HANOI}, (HANOI, "")),
        ({}, {"address": DA_KAO, "ward": TAN_DINH}, (HCM, TAN_DINH)),
        ({}, {"ward": TAN_DINH}, (HCM, TAN_DINH)),
        # Another address, another place; the same place in other words changes nothing.
        ({"address": BEN_NGHE, "province": HCM, "ward": SAIGON}, {"address": "Hải Phòng"}, (HAIPHONG, "")),
        ({"address": BEN_NGHE, "province": HCM, "ward": SAIGON}, {"address": "TP.HCM"}, (HCM, "")),
        ({"address": DA_KAO, "province": HCM, "ward": TAN_DINH}, {"address": f"Lầu 2, {DA_KAO}"}, (HCM, TAN_DINH)),
        ({"address": "12 Lê Lợi, Hà Nội", "province": HCM}, {"address": "14 Lê Lợi, Hà Nội"}, (HCM, "")),
        # New words that say nothing take along what had followed from the old ones, and nothing that was picked.
        ({"address": BEN_NGHE, "province": HCM, "ward": SAIGON}, {"address": "12 Lê Lợi"}, ("", "")),
        ({"address": BEN_NGHE, "province": HCM, "ward": SAIGON}, {"address": ""}, ("", "")),
        ({"address": "Lô A2", "province": HCM, "ward": TAN_DINH}, {"address": "Lô A3"}, (HCM, TAN_DINH)),
        ({"address": "Lô A2", "province": HCM, "ward": TAN_DINH}, {"address": DA_KAO}, (HCM, TAN_DINH)),
        ({"address": "Lô A2", "province": HCM, "ward": THU_DAU_MOT}, {"address": DA_KAO}, (HCM, "")),
        # A ward stands below its province.
        ({"province": HCM, "ward": SAIGON}, {"province": HANOI}, (HANOI, "")),
        ({"province": HCM, "ward": SAIGON}, {"province": ""}, ("", "")),
        ({"province": HCM, "ward": SAIGON}, {"ward": ""}, (HCM, "")),
    ],
)
def test_a_place_follows_its_address(before, now, expected):
    """vietnam.md 7.1: converted where one-to-one, never guessed; picked by hand it stays."""
    assert turned(before, now) == expected


def test_the_form_of_a_new_company_keeps_the_words_and_finds_the_place(client, an):
    client.force_login(an)
    client.post("/companies/new/", {"name": "Xi măng Hòn Đá", "type": "prospect", "address": BEN_NGHE})
    row = Company.objects.get()
    assert (row.address, row.province, row.ward) == (BEN_NGHE, HCM, SAIGON)
    page = client.get(row.get_absolute_url()).text
    assert "nay: Phường Sài Gòn, TP. Hồ Chí Minh" in page


def test_an_edit_on_the_page_is_told_with_what_follows(client, an):
    """R4.23: what follows is told beside it."""
    row = create_company({"name": "Xi măng Hòn Đá", "address": BEN_NGHE, "owner": an}, by=an)
    client.force_login(an)
    assert save(client, row, address=(BEN_NGHE, "Hải Phòng")) == 302
    assert (row.province, row.ward) == (HAIPHONG, "")
    event = told(CHANGED, about=row)
    assert {one["field"]: (one["was"], one["now"]) for one in event.facts["changes"]} == {
        "address": (BEN_NGHE, "Hải Phòng"),
        "province": (HCM, HAIPHONG),
        "ward": (SAIGON, ""),
    }
    page = client.get(row.get_absolute_url()).text
    assert "TP. Hải Phòng" in page and "Phường Sài Gòn" in page  # in the history


def test_a_cell_of_a_list_changes_the_place_too(client, an):
    row = create_company({"name": "Xi măng Hòn Đá", "owner": an}, by=an)
    client.force_login(an)
    client.post(f"/companies/cells/address/{row.pk}/", {"address": BEN_NGHE, "initial-address": ""})
    row.refresh_from_db()
    assert (row.province, row.ward) == (HCM, SAIGON)
    answer = client.post(f"/companies/cells/province/{row.pk}/", {"province": HANOI, "initial-province": HCM})
    assert answer.text == "TP. Hà Nội"
    row.refresh_from_db()
    assert (row.address, row.province, row.ward) == (BEN_NGHE, HANOI, "")


def test_many_are_changed_at_once_with_what_follows_and_that_is_taken_back(an):
    rows = [create_company({"name": name, "address": BEN_NGHE, "owner": an}, by=an) for name in ("A", "B")]
    change_many(rows, "province", HANOI, by=an)
    undo(Operation.objects.latest("at"), by=an)
    assert set(Company.objects.values_list("province", "ward")) == {(HCM, SAIGON)}
    change_many(rows, "province", HANOI, by=an)
    assert set(Company.objects.values_list("province", "ward")) == {(HANOI, "")}
    change_each(Company.objects.order_by("pk"), [{"address": BEN_NGHE}, {"address": "Hải Phòng"}], by=an)
    assert list(Company.objects.order_by("pk").values_list("province", "ward")) == [(HANOI, ""), (HAIPHONG, "")]
    change_many(rows, "address", DA_KAO, by=an)  # that of the first says the same province as before
    assert list(Company.objects.order_by("pk").values_list("province", "ward")) == [(HANOI, ""), (HCM, "")]


def test_a_ward_that_is_not_below_the_province_is_refused(client, an):
    row = create_company({"name": "Xi măng Hòn Đá", "address": BEN_NGHE, "owner": an}, by=an)
    client.force_login(an)
    for ward in (HOAN_KIEM, "99999", "x" * 6):
        with nothing_changes():
            assert save(client, row, ward=(SAIGON, ward)) == 422


def test_the_place_goes_along_in_conversions(an):
    """A prospect's goes to its lead, a lead's to its company and contact, and those fill a new lead."""
    prospect = create_prospect({"company_name": "Xi măng Hòn Đá", "address": DA_KAO, "ward": TAN_DINH}, by=an)
    [lead] = convert_prospects([prospect], by=an)
    assert (lead.address, lead.province, lead.ward) == (DA_KAO, HCM, TAN_DINH)
    company = create_company({"name": "Xi măng Hòn Đá", "address": DA_KAO, "ward": TAN_DINH}, by=an)
    fills = kinds.get("company").schema_for(an).fills_for(company, an)
    assert fills["province"] == HCM
    assert fills["ward"] == {"id": TAN_DINH, "text": "Phường Tân Định", "under": HCM}
    for kind in ("company", "contact"):
        assert kinds.get("lead").fields["ward"].comes_from[kind] == "ward"


@pytest.mark.parametrize(
    ("address", "sought", "is_found"),
    [
        ("KCN Sóng Thần, Dĩ An, Bình Dương", "Bình Dương", True),  # as it was typed
        ("Phường Thủ Dầu Một, TP.HCM", "Bình Dương", True),  # what the ward was in
        (BEN_NGHE, "bến nghé", True),
        (BEN_NGHE, "sài gòn", True),
        ("P. Bến Nghé, Q1, TP.HCM", "Bình Dương", False),
        ("12 Lê Lợi, Hồ Chí Minh", "hồ chí minh", True),
        ("12 Lê Lợi, Hồ Chí Minh", "Bình Dương", False),
        ("12 Lê Lợi, Hồ Chí Minh", "lê lợi", False),
    ],
)
def test_old_names_find_the_record_where_they_are_true_of_it(client, an, address, sought, is_found):
    """vietnam.md 7.1: «tỉnh cũ»."""
    row = create_company({"name": "Xi măng Hòn Đá", "address": address, "owner": an}, by=an)
    client.force_login(an)
    assert (row.record.number in client.get("/search/", {"q": sought}).text) is is_found


def test_lists_show_filter_and_group_by_province(client, an):
    create_company({"name": "Xi măng Hòn Đá", "address": BEN_NGHE, "owner": an}, by=an)
    create_company({"name": "Nhiệt điện Phả Lại", "address": "Hải Phòng", "owner": an}, by=an)
    client.force_login(an)
    page = client.get(f"/companies/?tab=all&province={HCM}&cols=name,province,ward").text
    assert "Xi măng Hòn Đá" in page and "Nhiệt điện Phả Lại" not in page
    assert "<td>" not in page and "TP. Hồ Chí Minh" in page and "Phường Sài Gòn" in page
    groups = client.get("/companies/?tab=all&group=province").text
    assert "TP. Hồ Chí Minh" in groups and "TP. Hải Phòng" in groups


def test_a_column_of_places_asks_nothing_more(client, an):
    for name in ("A", "B"):
        create_company({"name": name, "address": BEN_NGHE, "owner": an}, by=an)
    client.force_login(an)
    asked = []
    for columns in ("name", "name,province,ward,address"):
        client.get("/companies/?tab=all&cols=name")
        with CaptureQueriesContext(connection) as captured:
            client.get(f"/companies/?tab=all&cols={columns}")
        asked.append(len(captured))
    assert asked[0] == asked[1]


def test_what_an_address_says_is_told_while_somebody_types(client, an):
    """One ward fills itself, several are offered."""
    client.force_login(an)
    answer = client.get("/companies/place/", {"address": BEN_NGHE})
    ward = {"id": SAIGON, "text": "Phường Sài Gòn", "under": HCM}
    assert json.loads(answer["HX-Trigger"]) == {"told": {"fills": {"province": HCM, "ward": ward}}}
    assert answer.text == ""
    answer = client.get("/companies/place/", {"address": DA_KAO})
    assert json.loads(answer["HX-Trigger"]) == {"told": {"fills": {"province": HCM, "ward": ""}}}
    assert re.findall(r">(Phường [^<]+)</button>", answer.text) == ["Phường Tân Định", "Phường Sài Gòn"]


def test_the_page_offers_the_wards_that_an_old_address_can_be_in(client, an, giang):
    row = create_company({"name": "Xi măng Hòn Đá", "address": DA_KAO, "owner": an}, by=an)
    client.force_login(an)
    page = client.get(row.get_absolute_url()).text
    assert page.count("data-offers=") == 2
    assert save(client, row, ward=("", TAN_DINH)) == 302
    page = client.get(row.get_absolute_url()).text
    assert "data-offers=" not in page and "nay: Phường Tân Định, TP. Hồ Chí Minh" in page
    change_company(row, {"ward": (TAN_DINH, "")}, by=an)
    client.force_login(giang)  # who only looks
    page = client.get(row.get_absolute_url()).text
    assert DA_KAO in page and "data-offers=" not in page


def test_a_place_that_is_hidden_stays_hidden(client, an):
    """Told neither by the page, nor by the offer, nor by search; they follow all the same."""
    an.role.fields = {"company": {"province": "hidden", "ward": "hidden"}}
    an.role.save()
    row = create_company({"name": "Xi măng Hòn Đá", "address": DA_KAO, "owner": an}, by=an)
    client.force_login(an)
    page = client.get(row.get_absolute_url()).text
    assert "data-offers=" not in page and "nay:" not in page
    answer = client.get("/companies/place/", {"address": BEN_NGHE})
    assert answer.text == "" and json.loads(answer["HX-Trigger"]) == {"told": {"fills": {}}}
    assert save(client, row, address=(DA_KAO, BEN_NGHE)) == 302
    assert (row.province, row.ward) == (HCM, SAIGON)
    assert row.record.number not in client.get("/search/", {"q": "sài gòn"}).text
    assert row.record.number in client.get("/search/", {"q": "bến nghé"}).text
    assert "Sài Gòn" not in client.get(row.get_absolute_url()).text
    an.role.fields = {"company": {"address": "hidden"}}
    an.role.save()
    assert client.get("/companies/place/", {"address": BEN_NGHE}).text == ""
    assert row.record.number not in client.get("/search/", {"q": "bến nghé"}).text


def test_wards_are_asked_for_below_a_province_and_by_old_names(client, an):
    client.force_login(an)
    found = client.get("/wards/", {"q": "sai gon", "province": HCM}).json()
    assert found[0] == {
        "id": SAIGON, "text": "Phường Sài Gòn", "sub": "TP. Hồ Chí Minh", "under": HCM, "fills": {"province": HCM},
    }  # fmt: skip
    assert client.get("/wards/", {"q": "sai gon", "province": HANOI}).json() == []
    [now] = client.get("/wards/", {"q": "bến nghé", "province": HCM}).json()
    assert now["id"] == SAIGON and "Phường Bến Nghé" in now["sub"]
    assert len(client.get("/wards/").json()) == 50
    client.logout()
    assert client.get("/wards/").status_code == 302


def test_a_contact_and_a_lead_have_a_place_too(an):
    contact = create_contact({"full_name": "Đỗ Thị Vân", "address": BEN_NGHE}, by=an)
    lead = create_lead({"company_name": "Xi măng", "address": BEN_NGHE}, by=an)
    assert [(row.province, row.ward) for row in (contact, lead)] == [(HCM, SAIGON)] * 2


def brought(client, *lines: str) -> Import:
    """An import of companies that has run."""
    return run(client, checked(client, csv(*lines), "khach.csv", "company", team=Team.objects.all()[0].pk))


def test_a_file_brings_places_of_today_and_of_before(client, dung):
    """vietnam.md 7.1: three levels in columns of their own; what is divided waits for somebody, the words stay."""
    client.force_login(dung)
    header = "Tên công ty,Địa chỉ,Phường/Xã,Quận/Huyện,Tỉnh/Thành phố"
    lines = [
        "A,12 Lê Lợi,P. Bến Nghé,Quận 1,TP.HCM",
        "B,12 Điện Biên Phủ,P. Đa Kao,Q.1,TP.HCM",
        "C,Lô 3,,Dĩ An,Bình Dương",
    ]
    columns = brought(client, header, *lines).columns
    assert list(columns.values()) == ["name", "address", "ward", "district", "province"]
    assert list(Company.objects.order_by("name").values_list("address", "province", "ward")) == [
        ("12 Lê Lợi, P. Bến Nghé, Quận 1, TP.HCM", HCM, SAIGON),
        ("12 Điện Biên Phủ, P. Đa Kao, Q.1, TP.HCM", HCM, ""),
        ("Lô 3, Dĩ An, Bình Dương", HCM, ""),
    ]


def test_a_file_with_addresses_alone_brings_places_too(client, dung):
    client.force_login(dung)
    imported = checked(
        client, csv("Tên công ty,Địa chỉ", f'A,"{BEN_NGHE}"'), "khach.csv", "company", team=Team.objects.all()[0].pk
    )
    run(client, imported)
    row = Company.objects.get()
    assert (row.address, row.province, row.ward) == (BEN_NGHE, HCM, SAIGON)


def test_whoever_may_not_write_a_place_imports_it_with_the_address(client, dung):
    dung.role.fields = {"company": {"province": "read", "ward": "read"}}
    dung.role.save()
    client.force_login(dung)
    imported = checked(
        client,
        csv("Tên công ty,Địa chỉ,Quận/Huyện", "A,P. Bến Nghé,Quận 1"),
        "khach.csv",
        "company",
        team=Team.objects.all()[0].pk,
    )
    run(client, imported)
    row = Company.objects.get()
    assert (row.address, row.province, row.ward) == ("P. Bến Nghé, Quận 1", HCM, SAIGON)


def test_a_merged_record_is_where_the_chosen_address_says(an):
    stays, other = (
        create_company({"name": "A", "address": one, "owner": an}, by=an) for one in (BEN_NGHE, "Hải Phòng")
    )
    merge([stays, other], choices={"address": other.pk}, by=an)
    stays.refresh_from_db()
    assert (stays.address, stays.province, stays.ward) == ("Hải Phòng", HAIPHONG, "")


def test_records_from_before_have_the_places_of_their_addresses(an, capsys):
    """`bin/pheu places`, once more without harm; nobody's version changes."""
    rows = [create_company({"name": one, "address": one}, by=an) for one in (BEN_NGHE, "Lô A2")]
    for row in rows:
        given(row, province="", ward="")
    version = Company.objects.get(pk=rows[0].pk).record.version
    for expected in ("company: 1", "company: 0"):
        call_command("places")
        assert expected in capsys.readouterr().out
        row = Company.objects.get(pk=rows[0].pk)
        assert (row.province, row.ward, row.record.version) == (HCM, SAIGON, version)
        assert " sai gon" in row.record.search


def test_who_has_the_same_address_is_said_with_it(client, an):
    """R1.32: a duplicate rule names its record below an address as below any other field."""
    DuplicateRule.objects.create(kind="company", name="Trùng địa chỉ", criteria=["address"], blocks=False)
    there = create_company({"name": "Gạch Tân", "type": "prospect", "address": BEN_NGHE, "owner": an}, by=an)
    client.force_login(an)
    answer = client.get("/companies/place/", {"of": "address", "address": BEN_NGHE})
    assert there.record.number in answer.text
    assert "cùng địa chỉ" in answer.text


NEAR = {
    "the only code of the province": ("38637747", {"province": HANOI}, "+842438637747"),
    "of several the one that has such numbers": ("38637747", {"province": HCM}, "+842838637747"),
    "the district says which": ("3888999", {"address": "5 Bạch Đằng, Hải Châu, Đà Nẵng"}, "+842363888999"),
    "the ward does, too": ("3861234", {"address": "Tam Kỳ, Quảng Nam"}, "+842353861234"),
    "of several that fit none": ("3888999", {"province": "48"}, "3888999"),
    "of no place": ("38637747", {}, "38637747"),
    "address and province contradict": ("38637747", {"address": "1 Phố Huế, Hà Nội", "province": HCM}, "38637747"),
    "a number that has its code": ("0236 3888 999", {"province": HANOI}, "+842363888999"),
    "a mobile": ("0903 123 456", {"province": HANOI}, "+84903123456"),
    "with words beside it": ("38637747 máy lẻ 12", {"province": HANOI}, "+842438637747;ext=12"),
    "no number": ("hỏi anh Nam", {"province": HANOI}, "hỏi anh Nam"),
}


@pytest.mark.parametrize("how", NEAR)
def test_a_number_without_its_area_code_takes_that_of_the_place_in_the_form(client, an, how):
    """R4.23: as a file's line does; nobody guesses where several would fit."""
    typed, place, expected = NEAR[how]
    client.force_login(an)
    sent = {"name": "Gạch Tân", "type": "prospect", "phone": typed, **place}
    answer = client.post("/companies/new/", sent)
    assert answer.status_code == 302, answer.text
    assert Company.objects.get(name="Gạch Tân").phone == expected


def test_a_number_that_is_changed_later_takes_that_of_the_row(client, an):
    row = create_company({"name": "Gạch Tân", "type": "prospect", "address": "1 Phố Huế, Hà Nội", "owner": an}, by=an)
    client.force_login(an)
    assert save(client, row, phone=("", "38637747")) in (200, 302)
    assert row.phone == "+842438637747"
    assert save(client, row, website=("", "https://gach.example")) in (200, 302)
    assert row.phone == "+842438637747"
