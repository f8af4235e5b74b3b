"""Words beside a phone stay with it wherever it goes, and what compares goes by the number alone (R1.31, R4.02)."""

import pytest
from django.utils import translation

from pheu.conftest import given, nothing_changes, told
from pheu.leads.services import convert_prospects
from pheu.parties.models import Company
from pheu.parties.services import create_company, create_prospect
from pheu.people.models import Team
from pheu.quality.merging import merge
from pheu.quality.tests.importing import checked, csv, run
from pheu.records import kinds
from pheu.records.models import Operation
from pheu.timeline.events import CHANGED
from pheu.timeline.undo import undo

TYPED = "Fax: (0236) 3888999 ext 12, gặp chị Lan"
KEPT = "+842363888999;ext=12;label=fax;note=gặp chị Lan"
SHOWN = "0236 3888 999 máy lẻ 12 · Fax (gặp chị Lan)"


@pytest.fixture
def company(an):
    return create_company({"name": "Sông Hàn", "phone": TYPED, "owner": an}, by=an)


def save(client, row, seen: str, wanted: str) -> int:
    sent = {"name": row.name, "initial-name": row.name, "type": row.type, "initial-type": row.type}
    answer = client.post(f"/companies/{row.pk}/fields/", {**sent, "phone": wanted, "initial-phone": seen})
    row.refresh_from_db()
    return answer.status_code


def test_what_is_shown_and_typed_again_changes_nothing(client, an, company):
    client.force_login(an)
    assert company.phone == KEPT
    page = client.get(company.get_absolute_url()).text
    assert '<a class="phone" href="tel:+842363888999;ext=12">0236 3888 999 máy lẻ 12</a>' in page
    assert '<span class="sub">· Fax (gặp chị Lan)</span>' in page and f'value="{SHOWN}"' in page
    with nothing_changes():
        save(client, company, SHOWN, SHOWN)
        client.post(f"/companies/cells/phone/{company.pk}/", {"phone": SHOWN, "initial-phone": SHOWN})


def test_an_edit_is_told_in_words(client, an, company):
    client.force_login(an)
    assert save(client, company, SHOWN, "0236 3888 999 máy lẻ 15") == 302
    assert company.phone == "+842363888999;ext=15"
    [change] = told(CHANGED, about=company).facts["changes"]
    assert (change["was"], change["now"]) == (KEPT, "+842363888999;ext=15")
    page = client.get(company.get_absolute_url()).text
    assert SHOWN in page and "0236 3888 999 máy lẻ 15" in page  # in the history


def test_search_filter_and_duplicates_go_by_the_number_alone(client, an, company):
    client.force_login(an)
    number = "0236 3888 999"
    assert "Sông Hàn" in client.get("/search/", {"q": number}).text
    phone = kinds.get("company").fields["phone"]
    for told_as in (KEPT, "+842363888999", "+842363888999;ext=7"):
        for operator, value in (("is", told_as), ("in", ["+84903123456", told_as])):
            assert Company.objects.filter(phone.operators[operator].q(phone, value)).get() == company
    assert not Company.objects.filter(phone.operators["is"].q(phone, "+8423638889990")).exists()
    assert "Sông Hàn" in client.get("/companies/same/", {"phone": number}).text
    assert list(phone.keys(company)) == ["+842363888999"]


def test_a_record_without_a_name_is_called_by_the_number_alone(an):
    with translation.override("en"):
        row = create_prospect({"phone": TYPED}, by=an)
    assert row.record.title == "0236 3888 999"


def test_they_come_in_go_out_and_come_in_again(client, dung):
    """The records of an exported file are the same when it is read again, and a bare number adds nothing to them."""
    client.force_login(dung)
    cell = "Fax: 02363888999 ext 12 (chị Lan); 0905 123 456 - di động; 037.3750928 (kho)"
    kept = ["+842363888999;ext=12;label=fax;note=chị Lan", "+84905123456;label=mobile", "037.3750928 (kho)"]
    brought(client, "Tên công ty,Điện thoại", f"Sông Hàn,{cell}")
    row = Company.objects.get()
    assert row.phones == kept
    whole = {"rows": "all", "columns": "all", "form": "csv", "list": ""}
    content = b"".join(client.post("/companies/export/", whole))
    given(row, phone="", other_phones=[])
    imported = checked(client, content, "khach.csv", "company", team=Team.objects.all()[0].pk)
    run(client, imported, policy="fill")
    row.refresh_from_db()
    assert row.phones == kept
    number = row.record.number
    run(
        client,
        brought_to(client, "Mã số,Tên công ty,Điện thoại", f"{number},Sông Hàn,0236 3888 999; 0905123456"),
        policy="fill",
    )
    row.refresh_from_db()
    assert (Company.objects.count(), row.phones) == (1, kept)


def brought_to(client, *lines: str):
    return checked(client, csv(*lines), "khach.csv", "company", team=Team.objects.all()[0].pk)


def brought(client, *lines: str):
    return run(client, brought_to(client, *lines))


def test_a_number_known_to_the_house_is_known_whatever_stands_beside_it(client, dung, company):
    """The preview of an import counts it, over the index of the numbers."""
    client.force_login(dung)
    imported = brought_to(client, "Tên công ty,Điện thoại", "Hải Vân,0236 3888 999", "Bà Nà,0236 3888 998")
    assert {line.cells[0]: line.marks for line in imported.lines.filter(line__gt=1)} == {
        "Hải Vân": ["known", "again"],
        "Bà Nà": [],
    }


def test_they_go_along_in_conversions_and_merging(an, company):
    row = create_prospect({"company_name": "Sông Hàn", "phone": TYPED, "other_phones": ["0903 123 456 (Lan)"]}, by=an)
    [lead] = convert_prospects([row], by=an)
    assert (lead.phone, lead.other_phones) == (KEPT, ["+84903123456;note=Lan"])
    phones = {"phone": "0236 3888 999", "other_phones": ["0903 123 456 (Lan)", "+84903123456"]}
    other = create_company({"name": "Sông Hàn 2", **phones, "owner": an}, by=an)
    merge([company, other], by=an)
    company.refresh_from_db()
    assert company.phones == [KEPT, "+84903123456;note=Lan"]
    undo(Operation.objects.latest("at"), by=an)
    for row in (company, other):
        row.refresh_from_db()
    assert company.phones == [KEPT]
    assert other.phones == ["+842363888999", "+84903123456;note=Lan", "+84903123456"]


def test_a_doubtful_number_stays_doubtful_in_every_act(an):
    """What a person types today is a number of today; what an act brings from elsewhere is not decided by it."""
    row = create_prospect({"company_name": "Lam Sơn", "phone": "037.3750928 (kho)"}, by=an)
    [lead] = convert_prospects([row], by=an)
    assert row.phone == lead.phone == "037.3750928 (kho)"
    form_field = kinds.get("prospect").fields["phone"].form_field(an)
    assert form_field.clean("037.3750928 (kho)") == "+84373750928;note=kho"
