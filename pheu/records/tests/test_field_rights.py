"""A role may hide fields of a kind or make them read-only: what `schema_for` does not give, nobody shows or writes."""

import re
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from pheu.conftest import nothing_changes
from pheu.core.errors import Invalid, Refused
from pheu.deals.conversion import Handover, convert_leads
from pheu.leads.models import Lead
from pheu.parties.services import create_company
from pheu.people.models import Role, User
from pheu.quality.services import begin_check, open_file, read_file
from pheu.records import kinds, schema
from pheu.records.chips import chips_of
from pheu.records.conditions import BadCondition, rows_where
from pheu.records.search import find
from pheu.records.tests.made_up import VALUES, of_leads, sent_by
from pheu.setup.configuring import change_item
from pheu.setup.roles import ROLES
from pheu.setup.shaping import add_field, change_field, digest
from pheu.timeline.events import CHANGED

LEAD = kinds.get("lead")
AMOUNT = "1.980.000.000"
every_title = pytest.mark.parametrize(
    ("code", "name"), [(kind.code, name) for kind in kinds.every() for name in kind.fields.title if kind.code != "toy"]
)
RIGHTS = {"lead": {"expected_amount": "hidden", "need": "read"}}


def narrow(user, rights) -> None:
    """Give the person's role these field rights."""
    user.role.fields = rights
    user.role.save()


@pytest.fixture
def seller(client, an, lead):
    """An, who does not see what a lead is worth and does not write what the customer needs."""
    narrow(an, RIGHTS)
    client.force_login(an)
    return an


def fresh(row):
    return type(row).objects.select_related("record").get(pk=row.pk)


# What is shown ------------------------------------------------------------------------------------


def test_no_form_asks_for_them(client, seller, lead):
    for address, form in (("/leads/new/", "page narrow"), (lead.get_absolute_url(), "fields-form")):
        sent = sent_by(client.get(address).text, form)
        assert "name" in sent
        assert not {"expected_amount", "initial-expected_amount", "need", "initial-need"} & set(sent)


def test_the_record_page_shows_what_may_be_read_and_nothing_of_what_is_hidden(client, seller, giang, lead):
    label = str(LEAD.schema["expected_amount"].label)
    page = client.get(lead.get_absolute_url()).text
    assert lead.need in page
    assert label not in page
    assert AMOUNT not in page
    client.force_login(giang)
    page = client.get(lead.get_absolute_url()).text
    assert label in page
    assert AMOUNT in page


def test_list_card_and_board_are_silent_about_it(client, seller, dung, lead):
    narrow(seller, RIGHTS | {"deal": {"expected_amount": "hidden"}})
    kinds.get("deal").create({"name": "Trạm", "expected_amount": Decimal(1_980_000_000), "owner": seller}, by=dung)
    pages = ["/leads/?tab=all", "/leads/board/", "/deals/?tab=all", "/deals/board/"]
    for page in pages:
        text = client.get(page).text
        assert "1.980" not in text, page
        assert "1,98" not in text, page
        assert str(LEAD.schema["expected_amount"].label) not in text, page
    client.force_login(dung)
    assert all("1.980" in (text := client.get(page).text) or "1,98" in text for page in pages[1:])


def test_no_filter_and_no_order_asks_for_it(client, seller, dung, lead):
    other = LEAD.create({"name": "Nhỏ", "expected_amount": Decimal(5), "owner": seller}, by=dung)
    for address in ("expected_amount.from=1000", "expected_amount=5", "sort=expected_amount", "sort=-expected_amount"):
        page = client.get(f"/leads/?tab=all&{address}")
        listing = page.context["listing"]
        assert {row.pk for row in listing.rows} == {lead.pk, other.pk}
        assert (chips_of(listing), listing.sort) == ([], "-updated_at")
    client.force_login(dung)
    assert client.get("/leads/?tab=all&expected_amount.from=1000").context["listing"].rows == [lead]


def test_history_does_not_tell_it(client, seller, dung, lead):
    LEAD.change(
        lead, {"expected_amount": (lead.expected_amount, Decimal(777_000)), "need": (lead.need, "Đo bụi")}, by=dung
    )
    kinds.get("lead").change(fresh(lead), {"expected_amount": (Decimal(777_000), Decimal(888_000))}, by=dung)
    page = client.get(lead.get_absolute_url()).text
    assert "Đo bụi" in page
    assert not [told for told in (AMOUNT, "777.000", "888.000") if told in page]
    client.force_login(dung)
    page = client.get(lead.get_absolute_url()).text
    assert all(told in page for told in (AMOUNT, "777.000", "888.000"))


def test_a_picked_record_fills_nothing_that_is_hidden_there_or_not_to_be_written_here(client, seller):
    create_company({"name": "Hòn Đá", "tax_code": "0100109106", "phone": "+842438637747"}, by=seller)
    fills = client.get("/companies/pick/?q=hon").json()[0]["fills"]
    assert {"tax_code", "phone"} <= set(fills)
    narrow(seller, {"company": {"tax_code": "hidden"}, "lead": {"phone": "read"}, "contact": {"phone": "hidden"}})
    fills = client.get("/companies/pick/?q=hon").json()[0]["fills"]
    assert "company_name" in fills
    assert not {"tax_code", "phone"} & set(fills)


def test_views_over_hidden_fields_are_left_out_and_the_usual_order_stays(client, seller, lead):
    codes = [view.code for view in LEAD.views(seller)]
    narrow(seller, {"lead": {"next_activity": "hidden", "owner": "hidden", "updated_at": "hidden"}})
    page = client.get("/leads/")
    assert [view.code for view in page.context["listing"].tabs] == ["all"]
    assert {"mine", "overdue"} < set(codes)
    assert lead.get_absolute_url() in page.text
    assert client.get("/leads/counts/").status_code == client.get("/leads/board/").status_code == 200
    narrow(seller, {"lead": {"status": "hidden"}})
    assert (
        client.get("/leads/").status_code == client.get("/").status_code == client.get("/reports/").status_code == 200
    )


# What is written ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "value"), [("expected_amount", Decimal(1)), ("need", "Đo bụi")])
def test_the_act_writes_neither(seller, lead, name, value):
    with nothing_changes():
        with pytest.raises(Refused):
            LEAD.create({"name": "Trạm", "owner": seller, name: value}, by=seller)
        with pytest.raises(Refused):
            LEAD.change(lead, {name: (getattr(lead, name), value)}, by=seller)
        with pytest.raises(Refused):
            LEAD.change(lead, {"name": (lead.name, "Đổi"), name: (getattr(lead, name), value)}, by=seller)


def test_what_a_page_sends_besides_is_not_taken(client, seller, lead):
    sent = sent_by(client.get(lead.get_absolute_url()).text)
    more = {"expected_amount": "1", "initial-expected_amount": "2", "need": "Đo bụi", "initial-need": lead.need}
    assert client.post(f"/leads/{lead.pk}/fields/", sent | more | {"name": "Đổi tên"}).status_code == 302
    after = fresh(lead)
    assert (after.name, after.expected_amount, after.need) == ("Đổi tên", lead.expected_amount, lead.need)
    client.post("/leads/new/", {"name": "Mới", "owner": seller.pk, **more})
    assert (made := Lead.objects.get(name="Mới")).expected_amount is None
    assert made.need == ""


def test_a_hidden_change_of_somebody_else_is_no_conflict(client, seller, dung, lead):
    sent = sent_by(client.get(lead.get_absolute_url()).text)
    LEAD.change(lead, {"expected_amount": (lead.expected_amount, Decimal(5))}, by=dung)
    answer = client.post(f"/leads/{lead.pk}/fields/", sent | {"name": "Đổi tên"})
    assert answer.status_code == 302
    assert (fresh(lead).name, fresh(lead).expected_amount) == ("Đổi tên", Decimal(5))
    LEAD.change(fresh(lead), {"name": ("Đổi tên", "Tên khác")}, by=dung)
    answer = client.post(f"/leads/{lead.pk}/fields/", sent | {"name": "Tên của tôi"})
    assert answer.status_code == 409
    assert "1.980" not in answer.text
    assert [one.facts["changes"][0]["field"] for one in lead.record.events.filter(kind=CHANGED.code)].count("name") == 2


def test_an_import_writes_neither(seller, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    seller.role.grants |= {"lead": seller.role.grants["prospect"]}
    seller.role.save()
    upload = SimpleUploadedFile("a.csv", "Tên công ty,Giá trị dự kiến,Nhu cầu\nHòn Đá,5,Đo bụi\n".encode())
    imported = open_file(upload, kind="lead", by=seller)
    read_file(imported, imported.round)
    imported.refresh_from_db()
    assert imported.columns == {"0": "company_name"}
    place = {"team": imported.team, "department": imported.department, "origin": "", "area_code": ""}
    for name in ("expected_amount", "need"):
        with nothing_changes(), pytest.raises(Refused):
            begin_check(imported, {"columns": {"0": "company_name", "1": name}, **place}, by=seller)


def test_a_conversion_carries_what_is_hidden_and_lets_nobody_write_it(client, seller, lead):
    """The deal is worth what the lead was; the person who converts neither sees nor says it."""
    narrow(seller, RIGHTS | {"deal": {"expected_amount": "hidden"}})
    page = client.get(f"/leads/{lead.pk}/conversion/").text
    assert "1.980" not in page
    assert 'name="amount"' not in page
    with nothing_changes(), pytest.raises(Refused):
        convert_leads([lead], Handover(owner=seller, amount=Decimal(1)), by=seller)
    [deal] = convert_leads([lead], Handover(owner=seller), by=seller)
    assert deal.expected_amount == lead.expected_amount


# Conditions ---------------------------------------------------------------------------------------


def test_no_condition_asks_for_it_not_even_through_another_record(seller, lead):
    asked = {"field": "expected_amount", "op": "from", "value": 1}
    for tree in (asked, {"not": asked}, {"any": [{}, {"all": [asked]}]}):
        with pytest.raises(BadCondition):
            rows_where(LEAD, seller, tree)
    narrow(seller, {"company": {"tax_code": "hidden"}})
    inside = {"field": "company", "op": "where", "value": {"field": "tax_code", "op": "filled"}}
    with pytest.raises(BadCondition):
        rows_where(LEAD, seller, inside)
    assert rows_where(LEAD, seller, asked).get() == lead  # which is theirs again


# The schema itself --------------------------------------------------------------------------------


def test_a_schema_is_made_once_for_all_with_the_same_rights(seller, binh, chi):
    narrowed, chi = LEAD.schema_for(seller), User.objects.get(pk=chi.pk)
    assert narrowed is LEAD.schema_for(chi) is LEAD.schema_for(seller)  # chi has the same role
    assert LEAD.schema_for(binh) is LEAD.fields
    assert kinds.get("deal").schema_for(seller) is kinds.get("deal").fields
    assert narrowed.get("expected_amount") is None
    assert narrowed["need"].editable is narrowed["need"].on_create is narrowed["need"].importable is False
    assert LEAD.fields["need"].editable  # nothing of it is taken from others


def test_rights_hold_for_own_fields_too(client, seller, dung, monkeypatch):
    monkeypatch.setattr(schema, "_sources", [])
    schema.add_source(of_leads)
    narrow(seller, {"lead": {"hall": "hidden", "gases": "read"}})
    lead = LEAD.create({"name": "Trạm", "owner": seller, **VALUES}, by=dung)
    page = client.get(lead.get_absolute_url()).text
    sent = sent_by(page)
    assert "pipes" in sent
    assert not {"hall", "gases"} & set(sent)
    assert "Xưởng Đúc" not in page + client.get("/leads/?tab=all").text + client.get("/leads/board/").text
    assert "SO₂, CO" in page
    for name in ("hall", "gases"):
        with nothing_changes(), pytest.raises(Refused):
            LEAD.change(lead, {name: (VALUES[name], None)}, by=seller)
    with pytest.raises(BadCondition):
        rows_where(LEAD, seller, {"field": "hall", "op": "filled"})


# What a row is called and found by ----------------------------------------------------------------


@pytest.fixture
def customer(dung):
    company = create_company({"name": "Thép Sông Đà", "tax_code": "0100109106", "phone": "+842438637747"}, by=dung)
    told = {"full_name": "Vũ Thị Kế Toán", "job_title": "Kế toán trưởng", "phone": "+84912345678", "company": company}
    return company, kinds.get("contact").create(told, by=dung)


@pytest.fixture
def blind_deal(client, an, dung, customer):
    """A deal of a customer of whom An is not told."""
    company, contact = customer
    narrow(an, {"deal": {"company": "hidden", "contact": "hidden"}})
    client.force_login(an)
    return kinds.get("deal").create({"name": "Trạm khí", "owner": an, "company": company, "contact": contact}, by=dung)


def words_found(user, text):
    return [record.number for record in find(text, user)]


def test_no_door_names_a_hidden_customer(client, blind_deal, dung):
    pages = ("/deals/board/", "/deals/?tab=all", blind_deal.get_absolute_url(), "/deals/pick/?q=tram", "/")
    for page in pages:
        text = client.get(page).content.decode("unicode_escape" if "pick" in page else "utf-8")
        assert "Thép Sông Đà" not in text, page
        assert "Vũ Thị Kế Toán" not in text, page
    assert client.get("/deals/pick/?q=tram").json()[0]["sub"] == ""
    client.force_login(dung)
    assert "Thép Sông Đà" in client.get("/deals/board/").text
    assert "Thép Sông Đà" in client.get(blind_deal.get_absolute_url()).text
    assert client.get("/deals/pick/?q=tram").json()[0]["sub"] == "Thép Sông Đà"


def test_another_deal_of_a_hidden_customer_is_not_said_to_be_one(client, blind_deal, an, dung):
    other = kinds.get("deal").create({"name": "Trạm nước", "owner": an, "company": blind_deal.company}, by=dung)
    link = f'href="{other.get_absolute_url()}"'
    assert link not in client.get(blind_deal.get_absolute_url()).text
    client.force_login(dung)
    assert link in client.get(blind_deal.get_absolute_url()).text


@pytest.mark.parametrize("text", ["thep song da", "ke toan", "tram thep"])
def test_no_search_finds_a_row_by_a_hidden_field(client, blind_deal, an, dung, text):
    assert blind_deal.number not in words_found(an, text)
    assert client.get(f"/deals/?tab=all&q={text}").context["listing"].rows == []
    assert client.get(f"/deals/pick/?q={text}").json() == []
    assert blind_deal.number not in client.get(f"/search/?q={text}").text
    assert blind_deal.number in words_found(dung, text)


def test_whoever_may_not_see_a_field_finds_rows_by_the_others(client, blind_deal, an):
    for text in ("tram", "trạm khí", blind_deal.number, "tram kh"):
        assert words_found(an, text) == [blind_deal.number], text
        assert client.get(f"/deals/?tab=all&q={text}").context["listing"].rows == [blind_deal], text
    narrow(an, {"deal": {"contact": "hidden"}})
    assert blind_deal.number in words_found(an, "thep song da")
    assert blind_deal.number not in words_found(an, "ke toan")


def test_a_hidden_phone_finds_nobody(client, customer, an, dung):
    company, contact = customer
    narrow(an, {"contact": {"phone": "hidden", "job_title": "hidden"}, "company": {"phone": "hidden"}})
    for text in ("0912345678", "0912 345", "84912345678", "024 3863 7747", "truong"):
        assert words_found(an, text) == [], text
        assert words_found(dung, text), text
    assert words_found(an, "ke toan") == [contact.number]
    client.force_login(an)
    assert client.get("/contacts/pick/?q=ke").json()[0]["sub"] == ""
    for page in (company.get_absolute_url(), contact.get_absolute_url(), "/contacts/"):
        text = client.get(page).text
        assert not re.search(r"0?912[ .]?345", text), page
        assert "Kế toán trưởng" not in text, page
    client.force_login(dung)
    assert "Kế toán trưởng · 0912 345 678" in client.get(company.get_absolute_url()).text
    assert client.get("/contacts/pick/?q=ke").json()[0]["sub"] == "Kế toán trưởng · 0912 345 678"


def test_what_is_hidden_of_a_picked_record_finds_nobody_who_picks_it(customer, an, dung):
    """A deal is found by the e-mail of its contact, but not by whom that is hidden from."""
    _company, contact = customer
    kinds.get("contact").change(contact, {"email": ("", "ketoan@thepsongda.example")}, by=dung)
    deal = kinds.get("deal").create({"name": "Trạm khí", "owner": an, "contact": contact}, by=dung)
    assert deal.number in words_found(an, "ketoan thepsongda")
    narrow(an, {"contact": {"email": "hidden"}})
    assert words_found(an, "ketoan thepsongda") == []
    assert deal.number in words_found(an, "vu thi")


def test_a_hidden_own_field_finds_nobody_in_use_or_not(an, dung):
    hidden = {"to": "role", "id": an.role_id, "how": "hidden"}
    told = {"label": "Biệt danh", "group": "lead", "rights": [hidden]}
    one = add_field("lead", "text", told, by=dung)
    lead = LEAD.create({"name": "Trạm", "owner": an, one.key: "Sói xám"}, by=dung)
    assert words_found(an, "soi xam") == []
    assert words_found(dung, "soi xam") == [lead.number]
    change_field(one.pk, {"is_active": False}, seen=digest(one), by=dung)
    assert words_found(an, "soi xam") == []
    assert words_found(an, "tram") == [lead.number]


def test_neither_search_nor_the_hint_at_the_same_phone_tells_a_hidden_owner(client, an, dung, chi):
    LEAD.create({"name": "Của Chi", "phone": "+84912345678", "owner": chi}, by=chi)
    an.role.grants |= {"work": {"view": "all", "create": "own"}}
    for rights, told in (({"lead": {"owner": "hidden"}}, False), ({}, True)):
        narrow(an, rights)
        client.force_login(an)
        for page in ("/search/?q=cua+chi", "/leads/same/?phone=0912345678"):
            text = client.get(page, headers={"HX-Request": "true", "HX-Target": "found-now"}).text
            assert "Của Chi" in text
            assert (str(chi) in text) == told, page


@every_title
def test_what_a_record_is_called_by_cannot_be_hidden(client, dung, code, name):
    """R4.26: the page does not offer it, the act refuses it."""
    sales = Role.objects.get(code="sales")
    with nothing_changes(), pytest.raises(Invalid, match=str(kinds.get(code).schema[name].label)):
        change_item(ROLES, sales.pk, {"fields": (sales.fields, {code: {name: "hidden"}})}, by=dung)
    client.force_login(dung)
    form = client.get(f"/setup/roles/{sales.pk}/").context["form"]
    assert [how for how, _label in form.fields[f"field-{code}-{name}"].choices] == ["", "read"]
    change_item(ROLES, sales.pk, {"fields": (sales.fields, {code: {name: "read"}})}, by=dung)
