"""Deals by where their customer is, and any kind by its ward (R4.23, docs/dia-chi.md)."""

import json
from urllib.parse import quote

import pytest

from pheu.deals.services import create_deal
from pheu.parties.services import create_company
from pheu.people.models import Role
from pheu.records import kinds
from pheu.records.asking import field_at
from pheu.records.conditions import BadCondition, compile_tree, rows_where
from pheu.records.wording import words_of

pytestmark = pytest.mark.django_db
DANANG, HCM, SAIGON = "48", "79", "26740"
IN_DANANG = {"field": "company", "op": "where", "value": {"field": "province", "op": "in", "value": [DANANG]}}
IN_SAIGON = {"field": "company", "op": "where", "value": {"field": "ward", "op": "in", "value": [SAIGON]}}


@pytest.fixture
def two(an):
    """A deal of a company in Đà Nẵng, and one of a company in what is the ward Sài Gòn today."""
    places = {"Gạch Sông Hàn": "5 Bạch Đằng, Đà Nẵng", "Thép Sài Gòn": "12 Lê Lợi, P. Bến Nghé, Quận 1, TP.HCM"}
    deals = []
    for name, address in places.items():
        company = create_company({"name": name, "address": address, "owner": an}, by=an)
        deals.append(create_deal({"name": f"Trạm {name}", "company": company, "owner": an}, by=an))
    return deals


@pytest.mark.parametrize(("tree", "nth"), [(IN_DANANG, 0), (IN_SAIGON, 1)])
def test_deals_are_found_by_the_place_of_their_company(client, an, two, tree, nth):
    client.force_login(an)
    page = client.get(f"/deals/?tab=all&where={quote(json.dumps(tree))}").text
    assert two[nth].name in page and two[1 - nth].name not in page


def test_the_dialog_of_conditions_asks_for_both(client, an, two):
    """A ward is searched for as somebody types, as in forms."""
    kind = kinds.get("deal")
    for path in ("company.province", "company.ward"):
        assert field_at(kind, an, path)[0] is not None
    assert "Sài Gòn" in words_of(kind, an, IN_SAIGON) and "Đà Nẵng" in words_of(kind, an, IN_DANANG)
    client.force_login(an)
    page = client.get(f"/deals/conditions/?where={quote(json.dumps(IN_SAIGON))}").text
    assert 'data-pick-url="/wards/"' in page
    assert f'<option value="{SAIGON}" selected>' in page


def test_whoever_may_not_see_where_companies_are_cannot_ask_for_it(an, two):
    Role.objects.filter(code="sales").update(fields={"company": {"province": "hidden", "ward": "hidden"}})
    seller = type(an).objects.with_rights().get(pk=an.pk)
    for tree in (IN_DANANG, IN_SAIGON):
        with pytest.raises(BadCondition):
            compile_tree(kinds.get("deal"), seller, tree)


def test_a_list_is_narrowed_to_a_ward_and_its_chip_names_it(client, an, two):
    client.force_login(an)
    page = client.get(f"/companies/?tab=all&ward={SAIGON}").text
    assert "Thép Sài Gòn" in page and "Gạch Sông Hàn" not in page
    assert "Phường Sài Gòn" in page
    assert "Gạch Sông Hàn" not in client.get("/companies/?tab=all&ward=khong-co").text  # no ward is nobody's


def test_the_menu_of_filters_narrows_deals_to_the_province_of_their_company(client, an, two):
    """A deal has no place of its own; a company and a lead are asked for theirs."""
    client.force_login(an)
    menu = client.get("/deals/filters/?tab=all").text
    assert "Công ty: Tỉnh/Thành phố" in menu
    assert f'<input type="checkbox" name="company.province" value="{DANANG}">' in menu
    for other in ("companies", "leads", "contacts"):
        assert "company.province" not in client.get(f"/{other}/filters/?tab=all").text
    page = client.get(f"/deals/?tab=all&company.province={DANANG}").text
    assert "Trạm Gạch Sông Hàn" in page and "Trạm Thép Sài Gòn" not in page
    both = client.get(f"/deals/?tab=all&company.province={DANANG}&company.province={HCM}").text
    assert "Trạm Gạch Sông Hàn" in both and "Trạm Thép Sài Gòn" in both
    menu = client.get(f"/deals/filters/?tab=all&company.province={DANANG}").text
    assert f'name="company.province" value="{DANANG}" checked' in menu
    assert "Trạm Gạch Sông Hàn" in client.get(f"/deals/board/?tab=all&company.province={DANANG}").text


def test_the_chip_says_where_and_is_taken_away(client, an, two):
    client.force_login(an)
    page = client.get(f"/deals/?tab=all&company.province={DANANG}").text
    assert "<b>Công ty: Tỉnh/Thành phố</b>" in page and page.count("TP. Đà Nẵng") > 1
    assert f'name="company.province" value="{DANANG}" checked' in page


@pytest.mark.parametrize("worst", ["", "0", "999", "{}", '{"days": 1}', "48\0", "me", "[48]"])
def test_what_is_no_province_narrows_to_nothing_and_is_no_fault(client, an, two, worst):
    client.force_login(an)
    page = client.get("/deals/", {"tab": "all", "company.province": worst})
    assert page.status_code == 200 and "Trạm Gạch Sông Hàn" not in page.text
    # Names of nothing are no filter.
    for name in ("company.name", "company.province.in", "contact.province", "company.nothing", "province.company"):
        page = client.get("/deals/", {"tab": "all", name: DANANG})
        assert page.status_code == 200 and "Trạm Thép Sài Gòn" in page.text


def test_where_companies_are_is_no_filter_for_whoever_may_not_see_it(client, an, two):
    Role.objects.filter(code="sales").update(fields={"company": {"province": "hidden"}})
    client.force_login(an)
    assert "company.province" not in client.get("/deals/filters/?tab=all").text
    assert "Trạm Thép Sài Gòn" in client.get(f"/deals/?tab=all&company.province={DANANG}").text


@pytest.mark.parametrize("worst", ["", "0", "99999", "Sài Gòn", 26740, None, True, {}, ["26740"], "26740\0", "\ud800"])
def test_what_is_no_ward_is_refused(an, worst):
    tree = {"field": "ward", "op": "in", "value": [worst]}
    with pytest.raises(BadCondition):
        compile_tree(kinds.get("company"), an, tree)


def test_rows_without_a_ward_and_of_none_of_some(an, two):
    kind = kinds.get("company")
    empty = rows_where(kind, an, {"field": "ward", "op": "empty"})
    other = rows_where(kind, an, {"field": "ward", "op": "not_in", "value": [SAIGON]})
    assert [one.name for one in empty] == [one.name for one in other] == ["Gạch Sông Hàn"]
