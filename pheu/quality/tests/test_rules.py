"""«Quy tắc trùng»: made by admins per kind, of single fields or several together, telling or blocking (R1.32-1.34)."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from pheu.automation.rules import DuplicateRules
from pheu.conftest import nothing_changes
from pheu.core.errors import Invalid, Refused
from pheu.leads.models import Lead
from pheu.quality.models import DuplicateRule
from pheu.records.alike import must_be_let_in
from pheu.setup.configuring import add_item
from pheu.timeline.archiving import archive
from pheu.timeline.services import change, change_many, create_many

pytestmark = pytest.mark.django_db


def rule(kind, *criteria, blocks=True, **more):
    name = "Trùng " + " + ".join(criteria)
    return DuplicateRule.objects.create(kind=kind, name=name, criteria=list(criteria), blocks=blocks, **more)


def made(kind, by, via="page", **values):
    return create_many(kind, [{"owner": by, **values}], by=by, via=via)[0]


def test_an_admin_makes_a_rule_on_the_screen(client, dung, an):
    """R1.32: for nobody else; what cannot be compared is not offered, and no rule stands there twice."""
    client.force_login(dung)
    assert "Quy tắc trùng" in client.get("/setup/lead-duplicates/").text
    assert 'value="tax"' in client.get("/setup/lead-duplicates/new/").text
    assert 'value="tax"' not in client.get("/setup/contact-duplicates/new/").text
    sent = {"name": "Tên và điện thoại", "criteria": ["company", "phone"], "blocks": "on"}
    assert client.post("/setup/lead-duplicates/new/", sent).status_code == 302
    made_rule = DuplicateRule.objects.get()
    assert (made_rule.kind, made_rule.criteria, made_rule.blocks) == ("lead", ["company", "phone"], True)
    page = client.get("/setup/lead-duplicates/").text
    assert "Tên công ty + Điện thoại" in page
    assert "Tên công ty" in client.get("/setup/log/").text
    for wrong in ({"criteria": ["phone", "company"]}, {"criteria": []}, {"criteria": ["khong_co"]}):
        assert client.post("/setup/lead-duplicates/new/", sent | {"name": "Khác"} | wrong).status_code == 422
    client.force_login(an)
    assert client.get("/setup/lead-duplicates/").status_code == 404
    with pytest.raises(Refused):
        add_item(DuplicateRules.of("lead"), {"name": "x", "criteria": ["tax"]}, by=an)


def test_a_rule_that_blocks_lets_nobody_save_the_second(an, lead):
    """R1.33, R1.34: said beside the field, with what is there already and why."""
    rule("lead", "phone")
    with nothing_changes(), pytest.raises(Invalid) as refused:
        made("lead", an, company_name="Khác", phone="0243 863 7747")
    assert set(refused.value.errors) == {"phone"}
    assert lead.record.number in str(refused.value)
    assert "cùng số điện thoại" in str(refused.value)
    made("lead", an, company_name="Khác", phone="0903 123 456")


def test_several_fields_of_one_rule_must_all_be_alike_and_one_rule_is_enough(an, lead):
    """R1.33: (Tên + Email) hoặc (Tên + Số điện thoại)."""
    rule("lead", "company", "email")
    rule("lead", "company", "phone")
    made("lead", an, company_name="Hòn Đá Xi măng")
    made("lead", an, company_name="Khác", phone="0243 863 7747", email=lead.email)
    for values in ({"email": lead.email.upper()}, {"phone": "0243 863 7747"}):
        with nothing_changes(), pytest.raises(Invalid):
            made("lead", an, company_name="CTCP Xi Măng HÒN ĐÁ", **values)


def test_names_of_companies_and_codes_are_compared_however_they_are_written(an):
    rule("company", "company")
    rule("company", "tax")
    made("company", an, name="Công ty Cổ phần Thép Hòa Phát", type="prospect", tax_code="0100109106")
    for values in ({"name": "CTCP Thép Hoà Phát"}, {"name": "Khác", "tax_code": "0100 109 106"}):
        with nothing_changes(), pytest.raises(Invalid):
            made("company", an, type="prospect", **values)
    made("company", an, name="Thép Hòa Phát Dung Quất", type="prospect", tax_code="0100109106-001")


def test_a_change_is_blocked_only_where_it_makes_two_the_same(an, lead):
    other = made("lead", an, company_name="Khác", phone="0903 123 456")
    same = made("lead", an, company_name="Cũ", phone="0243 863 7747")  # from before there was a rule
    rule("lead", "phone")
    with nothing_changes(), pytest.raises(Invalid):
        change(other, {"phone": (other.phone, "+842438637747")}, by=an)
    change(same, {"company_name": ("Cũ", "Mới")}, by=an)
    change(other, {"phone": (other.phone, "+84903999999")}, by=an)


def test_what_is_archived_of_another_kind_or_of_a_rule_out_of_use_blocks_nothing(an, lead):
    rule("contact", "phone")
    rule("lead", "email", is_active=False)
    made("lead", an, company_name="Khác", phone="0243 863 7747", email=lead.email)
    rule("lead", "tax")
    archive([lead], by=an)
    made("lead", an, company_name="Khác", tax_code=lead.tax_code)


def test_a_rule_that_blocks_holds_whatever_brings_the_row(an, lead):
    """R1.34: an import rejects that line alone (`test_policies.py`), it is not let in."""
    rule("lead", "phone")
    with pytest.raises(Invalid):
        made("lead", an, via="import", company_name="Khác", phone="0243 863 7747")


def test_what_one_may_not_see_is_named_without_content(an, chi):
    made("lead", chi, company_name="Bí mật của Chi", phone="0243 863 7747")
    rule("lead", "phone")
    with pytest.raises(Invalid) as refused:
        made("lead", an, company_name="Khác", phone="0243 863 7747")
    assert "Phòng dịch vụ phụ trách" in str(refused.value)
    assert "Bí mật" not in str(refused.value)
    assert "TN-" not in str(refused.value)


def test_a_rule_that_tells_asks_once_and_whoever_knows_decides(client, an, lead):
    """R1.34: the form keeps what was typed; saving once more makes it."""
    rule("lead", "phone", blocks=False)
    client.force_login(an)
    sent = {"company_name": "Nhà máy Hòn Đá", "phone": "0243 863 7747", "owner": an.pk}
    answer = client.post("/leads/new/", sent)
    assert answer.status_code == 422
    assert lead.record.number in answer.text
    assert "cùng số điện thoại" in answer.text
    assert 'value="Nhà máy Hòn Đá"' in answer.text
    assert Lead.objects.count() == 1
    [told] = re.findall(r'name="told" value="(\d+)"', answer.text)
    assert client.post("/leads/new/", sent | {"told": told}).status_code == 302
    assert Lead.objects.count() == 2


def test_what_was_named_while_typing_is_not_asked_again(client, an, lead):
    client.force_login(an)
    hint = client.get("/leads/same/", {"phone": "0243 863 7747"}).text
    assert f'name="told" value="{lead.pk}"' in hint


def test_a_rule_that_tells_stops_no_program(an, lead):
    rule("lead", "phone", blocks=False)
    assert made("lead", an, via="api", company_name="Khác", phone="0243 863 7747")


def test_of_a_hidden_one_the_form_says_only_whose_it_is(client, an, chi):
    made("lead", chi, company_name="Bí mật của Chi", phone="0243 863 7747")
    rule("lead", "phone", blocks=False)
    client.force_login(an)
    answer = client.post("/leads/new/", {"company_name": "Khác", "phone": "0243 863 7747", "owner": an.pk})
    assert answer.status_code == 422
    assert "Phòng dịch vụ phụ trách" in answer.text
    assert "Bí mật" not in answer.text


def test_without_rules_nothing_is_asked_of_the_database_but_whether_there_are_some(an, django_assert_max_num_queries):
    with django_assert_max_num_queries(1):
        must_be_let_in([Lead(company_name="Một", phone="+842438637747")], by=an, via="page")


@pytest.mark.parametrize("criteria", [[], ["khong_co"], ["phone", "khong_co"]])
def test_a_rule_that_no_page_would_make_blocks_nothing(an, lead, criteria):
    DuplicateRule.objects.create(kind="lead", name="Lạ", criteria=criteria, blocks=True)
    assert made("lead", an, company_name="Khác", phone="0243 863 7747")


def test_two_of_one_act_are_compared_with_each_other_too(an):
    rule("lead", "phone", "company")
    values = {"company_name": "Hòn Đá", "phone": "0243 863 7747", "owner": an}
    with nothing_changes(), pytest.raises(Invalid, match="Hai bản ghi"):
        create_many("lead", [values, values | {"company_name": "CTCP Hòn Đá"}], by=an)
    assert len(create_many("lead", [values, values | {"company_name": "Khác"}], by=an)) == 2


def test_many_rows_take_as_many_statements_as_one(an):
    rule("lead", "phone")

    def counted(n):
        rows = [Lead(company_name=f"Khách {nth}", phone=f"+8490312{n:02d}{nth:02d}") for nth in range(n)]
        with CaptureQueriesContext(connection) as asked:
            must_be_let_in(rows, by=an, via="api")
        return len(asked)

    assert counted(1) == counted(30) == 3


def test_one_value_for_many_is_blocked_too(an):
    rule("lead", "website")
    rows = [made("lead", an, company_name=f"Khách {n}") for n in range(2)]
    with nothing_changes(), pytest.raises(Invalid):
        change_many(rows, "website", "https://hondacement.example", by=an)
