"""«Quy tắc trùng»: made by admins per kind, of single fields or several together, telling or blocking (R1.32-1.34)."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from playwright.sync_api import expect
from psycopg.types.json import Jsonb

from pheu.automation.rules import DuplicateRules
from pheu.conftest import nothing_changes
from pheu.core.errors import Invalid, Refused
from pheu.leads.models import Lead
from pheu.people.models import Role
from pheu.quality import rules
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


def test_whoever_has_the_keys_is_found_along_their_index(an):
    """Among many the ids are not walked along in hope of a few, and the index has no list to read besides."""
    asked = Jsonb([{"nth": 0, "keys": ["company:song da thep", "address:ha noi"]}])
    with connection.cursor() as cursor:
        cursor.execute("set local enable_seqscan = off")
        cursor.execute(f"explain {rules._HAVING}", [asked, "lead", 200])
        plan = "\n".join(line for (line,) in cursor.fetchall())
        cursor.execute("select reloptions from pg_class where relname = 'record_keys'")
        assert cursor.fetchone() == (["fastupdate=off"],)
    assert "Bitmap Index Scan on record_keys" in plan
    assert "records_record_pkey" not in plan


# While somebody types -------------------------------------------------------------------------------------------------


def hint(client, of, **typed):
    return client.get("/leads/same/", {"of": of, **typed}).text


@pytest.mark.parametrize("blocks", [True, False])
@pytest.mark.parametrize(
    ("criterion", "name", "typed"),
    [
        ("company", "company_name", "CTCP XI MANG Hòn Đá"),
        ("website", "website", "http://www.HonDaCement.example/vi"),
        ("address", "address", "12 Lê Lợi - P. Vĩnh Ninh - Huế"),
        ("person", "person_name", "VAN DO THI"),
    ],
)
def test_a_rule_names_its_record_beside_the_field(client, an, criterion, name, typed, blocks):
    """R1.32-1.33: by the engine that a save asks, however it is written."""
    values = {"website": "https://hondacement.example", "address": "Số 12 Lê Lợi, phường Vĩnh Ninh, Huế"}
    there = made("lead", an, company_name="Công ty Xi măng Hòn Đá", person_name="Đỗ Thị Vân", **values)
    client.force_login(an)
    assert hint(client, name, **{name: typed}).strip() == ""
    rule("lead", criterion, blocks=blocks)
    told = hint(client, name, **{name: typed})
    assert there.record.number in told
    assert f'name="told" value="{there.pk}"' in told
    assert hint(client, name, **{name: "Khác hẳn, 99 Trần Phú, Vinh"}).strip() == ""
    assert hint(client, name, **{name: typed}, but=there.pk).strip() == ""


def test_a_rule_of_several_fields_names_it_beside_the_last_one(client, an, lead):
    """R1.33: whichever is typed last; beside a field that the rule does not look at nothing is said."""
    rule("lead", "company", "email")
    client.force_login(an)
    typed = {"company_name": "Xi măng Hòn Đá", "email": "khac@x.example", "website": "x.example"}
    assert hint(client, "company_name", **typed).strip() == ""
    other = made("lead", an, company_name="Xi măng Hòn Đá", email="moi@hd.example")
    typed["email"] = "MOI@hd.example"
    for last in ("company_name", "email"):
        assert other.record.number in hint(client, last, **typed)
    assert "cùng email; cùng tên công ty" in hint(client, "company_name", **typed)
    assert hint(client, "website", **typed).strip() == ""


def test_of_a_hidden_one_only_whose_it_is_stands_beside_the_field(client, an, chi):
    """As a save says it."""
    hidden = made("lead", chi, company_name="Bí mật của Chi")
    rule("lead", "company")
    client.force_login(an)
    told = hint(client, "company_name", company_name="bi mat cua chi")
    assert "Phòng dịch vụ phụ trách" in told
    assert "Bí mật" not in told and hidden.record.number not in told and hidden.get_absolute_url() not in told


def test_beside_a_field_by_which_one_may_not_compare_nothing_is_said(client, an, lead):
    rule("lead", "phone")
    rule("lead", "company", "phone")
    Role.objects.filter(pk=an.role_id).update(fields={"lead": {"phone": "hidden", "other_phones": "hidden"}})
    client.force_login(an)
    typed = {"phone": "0243 863 7747", "company_name": lead.company_name}
    for last in typed:
        assert hint(client, last, **typed).strip() == ""


def test_what_is_named_beside_the_field_takes_the_same_few_statements(client, an, django_assert_num_queries):
    """The session, the person; the rules, the records, which are in sight."""
    rule("lead", "company")
    DuplicateRule.objects.update(blocks=False)
    for _nth in range(5):
        made("lead", an, company_name="Khác")
    client.force_login(an)
    with django_assert_num_queries(4):
        hint(client, "company_name", company_name="Chưa có")
    with django_assert_num_queries(6):
        told = hint(client, "company_name", company_name="Khác")
    assert told.count('name="told"') == 3


@pytest.mark.parametrize(
    "typed",
    [
        {},
        {"of": "company_name"},
        {"of": "owner", "owner": "1"},
        {"of": "x", "x": "1"},
        {"of": "company_name", "company_name": "\0"},
        {"of": "email", "email": "@"},
    ],
)
def test_what_cannot_be_compared_names_nobody(client, an, lead, typed):
    rule("lead", "company")
    client.force_login(an)
    answer = client.get("/leads/same/", typed)
    assert (answer.status_code, answer.text.strip()) == (200, "")


@pytest.mark.django_db(transaction=True)
def test_whoever_types_sees_it_below_the_field_and_saves_without_being_asked_again(world):
    """R1.34: a rule of two fields, beside the one that was typed last."""
    an = world.cast.an
    there = made("lead", an, company_name="Công ty Xi măng Hòn Đá", address="12 Lê Lợi, Vĩnh Ninh, Huế")
    rule("lead", "company", "address", blocks=False)
    page = world.enter(an, "/leads/new/")
    page.locator("[name=company_name]").fill("CTCP Xi măng Hòn Đá")
    page.locator("[name=address]").fill("số 12, lê lợi - vĩnh ninh - huế")
    page.keyboard.press("Tab")
    beside = page.locator("[data-field=address] .same, .field:has([name=address]) .same")
    expect(beside.get_by_role("link")).to_have_attribute("href", f"/r/{there.pk}/")
    expect(page.locator(".field:has([name=company_name]) .same")).to_be_empty()
    page.keyboard.press("Control+Enter")
    page.wait_for_url(re.compile(r"/leads/\d+/"))
    assert Lead.objects.count() == 2
