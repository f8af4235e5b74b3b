"""«Chuyển thành cơ hội», over HTTP and as an act."""

import re

import pytest

from pheu.conftest import nothing_changes, stage_of, standing, told
from pheu.core.errors import DomainError
from pheu.deals import events
from pheu.deals.conversion import Handover, convert_leads, proposals, same_email
from pheu.deals.counts import conversion_counts
from pheu.deals.models import Conversion, Deal
from pheu.deals.services import close_deal, create_deal, move_deal
from pheu.deals.undoing import undo_conversion
from pheu.leads.models import Lead
from pheu.leads.services import close_lead, create_lead
from pheu.parties.models import Company, Contact
from pheu.parties.services import create_company, create_contact
from pheu.records.models import ClosingReason, Pipeline, Record
from pheu.timeline.services import add_note, follow


def answers(lead, owner, **changed):
    pipeline = Pipeline.objects.get(kind="deal")
    return {
        "owner": owner.pk,
        "team": "",
        "pipeline": pipeline.pk,
        "amount": "1.980.000.000",
        "customer": "create",
    } | changed


def test_the_dialog_offers_person_team_value_and_three_ways_with_the_customer(client, an, lead):
    """R0.14, R0.15, R0.16, R0.17, R2.02, R2.03, R2.05, R2.06, R2.07, R2.08, R2.09: everything that conversion asks."""
    client.force_login(an)
    text = client.get(f"/leads/{lead.pk}/conversion/", headers={"HX-Request": "true", "HX-Target": "dialog"}).text
    for name in ("owner", "team", "amount", "customer", "company", "contact"):
        assert f'name="{name}"' in text
    assert re.findall(r'name="customer" value="(\w+)"', text) == ["create", "link", "none"]
    assert "Phòng dự án" in text  # the department of whoever is chosen (R0.16)
    assert "<html" not in text


def test_converting_makes_contact_company_and_deal_in_the_first_stage(client, an, binh, lead):
    """R0.13, R0.18, R1.09-R1.10, R2.07, R2.10-R2.11, R4.07, R4.09: one conversion, three linked records."""
    client.force_login(an)
    answer = client.post(f"/leads/{lead.pk}/conversion/", answers(lead, binh))
    deal = Deal.objects.get()
    assert answer.url == deal.get_absolute_url()
    assert (deal.stage.name, deal.probability, deal.owner, deal.department) == ("Tiếp cận", 20, binh, binh.department)
    assert (deal.company.name, deal.company.type) == ("Xi măng Hòn Đá", Company.Type.PROSPECT)
    assert (deal.contact.full_name, deal.contact.company) == ("Đỗ Thị Vân", deal.company)
    lead.refresh_from_db()
    assert (lead.status, lead.closed_by, lead.company) == ("converted", an, deal.company)
    assert told(events.CONVERTED, about=lead).facts["deal"]["id"] == deal.pk
    assert deal.title in client.get("/deals/board/?tab=all").text  # R2.11


def test_the_department_fills_itself_from_the_person(an, chi, lead):
    """R0.16, R0.36: handed over to another department."""
    deal = convert_leads([lead], Handover(owner=chi), by=an)[0]
    assert (deal.department, deal.team.name) == (chi.department, "Miền Nam")


def test_linking_uses_the_chosen_customer_and_makes_nothing_twice(client, an, lead):
    """R2.08, D17."""
    client.force_login(an)
    company = create_company({"name": "Xi măng Hòn Đá", "owner": an}, by=an)
    contact = create_contact({"full_name": "ĐỖ THỊ VÂN", "company": company, "owner": an}, by=an)
    client.post(f"/leads/{lead.pk}/conversion/", answers(lead, an, customer="link", company=company.pk))
    deal = Deal.objects.get()
    assert (deal.company, deal.contact) == (company, contact)
    assert (Company.objects.count(), Contact.objects.count()) == (1, 1)


def test_not_linking_leaves_the_customer_empty(an, lead):
    """R2.09, R0.17."""
    deal = convert_leads([lead], Handover(owner=an, customer=Handover.NONE), by=an)[0]
    assert (deal.company, deal.contact, Company.objects.count()) == (None, None, 0)


def test_people_without_a_company_become_a_contact_each_even_of_one_name(an):
    """D17: two private customers of one name are two people; at one company they would be one."""
    asked = {"person_name": "Nguyễn Văn Nam", "phone": "+84903123456", "need": "Lọc nước", "owner": an}
    leads = [create_lead(asked, by=an) for _nth in range(2)]
    deals = convert_leads(leads, Handover(owner=an), by=an)
    assert [deal.company for deal in deals] == [None, None]
    assert len({deal.contact for deal in deals}) == Contact.objects.count() == 2
    at_one = [create_lead(asked | {"company_name": "Hòn Đá"}, by=an) for _nth in range(2)]
    deals = convert_leads(at_one, Handover(owner=an), by=an)
    assert len({deal.contact for deal in deals}) == len({deal.company for deal in deals}) == 1


def test_notes_tags_followers_and_files_stay_readable_on_the_deal(client, an, hanh, lead):
    client.force_login(an)
    add_note(lead.record, body="Khách cần hồ sơ trước ngày 27", by=an)
    lead.record.followers.create(user=hanh)
    deal = convert_leads([lead], Handover(owner=an), by=an)[0]
    assert "Khách cần hồ sơ trước ngày 27" in client.get(deal.get_absolute_url()).text
    assert deal.record.followers.get().user == hanh


def test_an_existing_company_is_proposed_not_doubled_in_silence(client, an, lead):
    """D17: the same tax code or folded name."""
    client.force_login(an)
    create_company({"name": "XI MĂNG hòn đá", "owner": an}, by=an)
    text = client.get(f"/leads/{lead.pk}/conversion/").text
    assert re.search(r'value="link"[^>]*checked', text)


def test_other_open_records_with_the_same_email_are_shown(client, an, lead):
    client.force_login(an)
    convert_leads([lead], Handover(owner=an), by=an)
    other = create_lead({"company_name": "Hòn Đá 2", "email": lead.email.upper(), "owner": an}, by=an)
    text = client.get(f"/leads/{other.pk}/conversion/").text
    assert Deal.objects.get().record.number in text


def test_too_little_known_is_said_in_words(client, an, lead):
    """R0.35: a fitting need and enough basic information."""

    bare = create_lead({"person_name": "Anh Minh", "owner": an}, by=an)
    client.force_login(an)
    with nothing_changes():
        answer = client.post(f"/leads/{bare.pk}/conversion/", answers(bare, an))
    assert answer.status_code == 422
    assert "Điện thoại hoặc email" in answer.text


def test_nobody_without_a_name_is_announced_as_customer(client, an):
    """What is asked for in the dialog itself makes the customer."""
    bare = create_lead({"name": "Trạm quan trắc", "owner": an}, by=an)
    client.force_login(an)
    dialog = client.get(f"/leads/{bare.pk}/conversion/").text
    assert "Sẽ tạo khách hàng từ thông tin điền ở trên." in dialog
    assert "khách hàng cá nhân" not in dialog


def test_converting_twice_makes_one_deal(client, an, lead):
    client.force_login(an)
    for _again in range(2):
        client.post(f"/leads/{lead.pk}/conversion/", answers(lead, an))
    assert (Deal.objects.count(), Conversion.objects.count()) == (1, 1)


def test_a_double_click_makes_one_deal(client, an, lead):
    client.force_login(an)
    posted = answers(lead, an, once="6f1b7c1e-6ad0-4a0e-9d5a-0f7f0c1d2e3f")
    first, second = (client.post(f"/leads/{lead.pk}/conversion/", posted) for _click in range(2))
    assert first.url == second.url
    assert Deal.objects.count() == 1


def test_an_outsider_cannot_tell_the_lead_exists(client, chi, an, lead):
    client.force_login(chi)
    with nothing_changes():
        assert client.get(f"/leads/{lead.pk}/conversion/").status_code == 404
        assert client.post(f"/leads/{lead.pk}/conversion/", answers(lead, an)).status_code == 404


def test_who_only_looks_may_not_convert(client, giang, an, lead):
    client.force_login(giang)
    with nothing_changes():
        assert client.post(f"/leads/{lead.pk}/conversion/", answers(lead, an)).status_code == 403


def test_care_converts_hands_over_and_goes_on_reading(client, hanh, an):
    """R0.39, R0.36: the lead is worked by care before sales sees it."""
    lead = create_lead(
        {"company_name": "Dệt nhuộm Sông Trà", "phone": "+842363740118", "need": "Trạm nước thải", "owner": hanh},
        by=hanh,
    )
    assert not Lead.objects.visible_to(an).filter(pk=lead.pk).exists()
    client.force_login(hanh)
    answer = client.post(f"/leads/{lead.pk}/conversion/", answers(lead, an))
    deal = Deal.objects.get()
    assert (deal.owner, answer.url) == (an, deal.get_absolute_url())
    assert client.get(answer.url).status_code == 200


def test_the_counts_of_conversions_agree(client, dung, an, lead, deal):
    """R4.10, D6: equal entries; deals made by hand are counted apart; undoing keeps the equality."""
    convert_leads([lead], Handover(owner=an), by=an)
    counts = conversion_counts(dung)
    assert (counts.converted_leads, counts.entered_from_lead, counts.merged, counts.by_hand) == (1, 1, 0, 1)
    undo_conversion(lead, by=an)
    counts = conversion_counts(dung)
    assert (counts.converted_leads, counts.entered_from_lead, counts.undone) == (0, 0, 1)
    assert counts.is_equal
    client.force_login(dung)
    assert "Các con số khớp nhau" in client.get("/deals/conversions/").text


def test_undoing_folds_the_deal_back_and_leads_its_page_to_the_lead(client, an, lead):
    """D9: reopening a converted lead undoes its conversion."""
    deal = convert_leads([lead], Handover(owner=an), by=an)[0]
    client.force_login(an)
    client.post(f"/leads/{lead.pk}/conversion/undo/")
    lead.refresh_from_db()
    assert lead.status == "working"
    assert client.get(f"/r/{deal.pk}/").url == lead.get_absolute_url()
    assert not Deal.objects.live().exists()


def test_a_deal_that_moved_on_keeps_its_conversion(an, lead):
    deal = convert_leads([lead], Handover(owner=an), by=an)[0]
    move_deal(deal, to=stage_of("deal", "Báo giá"), left=deal.stage, by=an)
    with nothing_changes(), pytest.raises(DomainError):
        undo_conversion(lead, by=an)


def test_a_deal_that_i_may_not_see_is_named_without_content(client, an, binh, chi, lead):
    """design.md 3: number and department, no title, no stage, no link."""
    deal = convert_leads([lead], Handover(owner=chi), by=an)[0]
    client.force_login(binh)
    side = client.get(lead.get_absolute_url()).text.split('id="record-side"')[1]
    assert deal.record.number in side
    assert "Phòng dịch vụ" in side
    assert "Tiếp cận" not in side
    assert f"/r/{deal.pk}/" not in side


def test_an_undone_deal_only_leads_back(client, an, lead):
    deal = convert_leads([lead], Handover(owner=an), by=an)[0]
    undo_conversion(lead, by=an)
    client.force_login(an)
    assert client.get(deal.get_absolute_url()).url == f"/r/{lead.pk}/"
    with nothing_changes():
        assert client.post(f"/deals/{deal.pk}/fields/", {"name": "x", "initial-name": ""}).status_code in (403, 404)


def test_a_colleague_takes_back_only_what_is_theirs(an, binh, chi, hanh, lead):
    """Undoing folds a deal away: whoever made the conversion may, others need the right to change the deal."""
    convert_leads([lead], Handover(owner=chi), by=an)
    with nothing_changes(), pytest.raises(DomainError):
        undo_conversion(lead, by=binh)
    undo_conversion(lead, by=an)


# What is known already ----------------------------------------------------------------------------------------------


def theirs(kind, values, chi):
    """A row that An does not see, in a house where each sees their own customers."""
    return standing(kind, values | {"owner": chi}, by=chi)


@pytest.fixture
def own_customers(an):
    an.role.grants |= {"party": {"view": "own"}}
    an.role.save()


def test_companies_of_one_tax_code_or_name_are_proposed_among_those_one_sees(an, chi, lead, own_customers):
    """D17: the name is compared without marks and capitals."""
    by_code = standing("company", {"name": "Tên khác", "tax_code": lead.tax_code, "owner": an}, by=an)
    by_name = standing("company", {"name": "XI MANG hòn đá", "owner": an}, by=an)
    standing("company", {"name": "Xi măng Sông Gianh", "owner": an}, by=an)
    theirs("company", {"name": lead.company_name, "tax_code": lead.tax_code}, chi)
    assert set(proposals(lead, to=an)[0]) == {by_code, by_name}
    lead.tax_code = ""
    assert proposals(lead, to=an)[0] == [by_name]
    lead.company_name = ""
    assert proposals(lead, to=an)[0] == []


def test_contacts_of_the_same_email_are_proposed_among_those_one_sees(an, chi, lead, own_customers):
    contact = standing("contact", {"full_name": "Vân", "email": lead.email.upper(), "owner": an}, by=an)
    standing("contact", {"full_name": "Đỗ Thị Vân", "email": "other@hondacement.example", "owner": an}, by=an)
    theirs("contact", {"full_name": "Vân", "email": lead.email}, chi)
    assert proposals(lead, to=an)[1] == [contact]
    lead.email = ""
    assert proposals(lead, to=an)[1] == []


def test_five_of_each_are_proposed(an, lead):
    for _nth in range(6):
        standing("company", {"name": lead.company_name, "owner": an}, by=an)
        standing("contact", {"full_name": "Vân", "email": lead.email, "owner": an}, by=an)
        create_lead({"name": "Trạm", "email": lead.email, "owner": an}, by=an)
    assert [len(found) for found in (*proposals(lead, to=an), same_email(lead, to=an))] == [5, 5, 5]


def test_what_is_open_and_has_the_same_email_is_near_and_nothing_else(an, chi, lead):
    """Leads by their own address, deals by their contact's; what has ended, or is not mine to see, is not shown."""
    contact = standing("contact", {"full_name": "Vân", "email": lead.email.upper(), "owner": an}, by=an)
    near, ended, other = (
        create_lead({"name": name, "email": email, "owner": an}, by=an)
        for name, email in (("Gần", lead.email.upper()), ("Xong", lead.email), ("Khác", "x@hondacement.example"))
    )
    reason = ClosingReason.objects.filter(kind="lead")[0]
    close_lead(ended, to=stage_of("lead", "Không phù hợp"), reason=reason, by=an)
    create_lead({"name": "Của Chi", "email": lead.email, "owner": chi}, by=chi)
    deal, won = (create_deal({"name": name, "contact": contact, "owner": an}, by=an) for name in ("Mở", "Thắng"))
    close_deal(won, to=stage_of("deal", "Thành công"), by=an)
    create_deal({"name": "Không ai", "owner": an}, by=an)
    create_deal({"name": "Của Chi", "contact": contact, "owner": chi}, by=chi)
    assert same_email(lead, to=an) == [near, deal]
    other.email = ""
    assert same_email(other, to=an) == []


def test_the_toast_of_a_conversion_takes_it_back(client, an, lead):
    client.force_login(an)
    page = client.post(f"/leads/{lead.pk}/conversion/", answers(lead, an), follow=True).text
    assert f'data-undo="/leads/{lead.pk}/conversion/undo/"' in page
    client.post(f"/leads/{lead.pk}/conversion/undo/")
    assert not Deal.objects.live().exists()
    assert Lead.objects.get().status == "working"


def test_the_dialog_takes_at_most_twelve_statements(client, django_assert_max_num_queries, an, lead):
    """With a customer that stands there already, others with the same e-mail, and what is missing."""
    company = create_company({"name": "Xi măng Hòn Đá", "owner": an}, by=an)
    create_contact({"full_name": "Đỗ Thị Vân", "company": company, "email": lead.email, "owner": an}, by=an)
    create_lead({"company_name": "Hòn Đá 2", "email": lead.email, "owner": an}, by=an)
    bare = create_lead({"person_name": "Anh Minh", "owner": an, "company": company}, by=an)
    client.force_login(an)
    client.get("/")
    for one in (lead, bare):
        with django_assert_max_num_queries(12):
            client.get(f"/leads/{one.pk}/conversion/", headers={"HX-Request": "true", "HX-Target": "dialog"})


def test_everything_that_is_missing_is_named_in_one_sentence(an):
    bare = create_lead({"name": "Trạm khí thải", "owner": an}, by=an)
    with nothing_changes(), pytest.raises(DomainError) as refusal:
        convert_leads([bare], Handover(owner=an), by=an)
    missing = [str(one) for one in bare.missing_for_conversion(an)]
    assert len(missing) > 1
    assert ", ".join(missing) in str(refusal.value)


def test_of_two_people_of_one_name_in_a_company_the_first_is_taken(an, lead):
    """D17: whoever has been there longer has the history."""
    company = create_company({"name": "Xi măng Hòn Đá", "owner": an}, by=an)
    first, _second = (create_contact({"full_name": "ĐỖ THỊ VÂN", "company": company}, by=an) for _n in range(2))
    [deal] = convert_leads([lead], Handover(owner=an, customer="link", company=company), by=an)
    assert deal.contact == first


def test_leads_of_one_company_make_it_once_as_the_first_of_them_says(an):
    values = {"company_name": "Xi măng Hòn Đá", "request_type": None, "owner": an, "expected_amount": 1, "need": "đo"}
    leads = [create_lead({**values, "phone": phone}, by=an) for phone in ("0912345678", "0912345679")]
    for one in leads:
        assert not (missing := one.missing_for_conversion(an)), missing
    convert_leads(leads, Handover(owner=an), by=an)
    assert [one.phone for one in Company.objects.all()] == ["+84912345678"]


# Merging instead ------------------------------------------------------------------------------------------------------


def test_merging_is_preselected_where_the_email_is_the_same_and_can_be_switched_back(client, an, lead):
    """R2.12, R2.15."""
    other = create_lead({"company_name": "Hòn Đá 2", "email": lead.email.upper(), "need": "Đo", "owner": an}, by=an)
    client.force_login(an)
    text = client.get(f"/leads/{other.pk}/conversion/").text
    assert re.search(r'value="merge"[^>]*checked', text)
    assert lead.record.number in text
    client.post(f"/leads/{other.pk}/conversion/", answers(other, an) | {"action": "convert"})
    assert Lead.objects.get(pk=other.pk).status == "converted"
    assert Lead.objects.get(pk=lead.pk).is_live


def test_merging_is_preselected_where_a_deal_has_the_email(client, an, lead):
    """R2.12, R2.15: that of its contact."""
    contact = create_contact({"full_name": "Vân", "email": lead.email.upper(), "owner": an}, by=an)
    deal = create_deal({"name": "Trạm", "contact": contact, "owner": an}, by=an)
    client.force_login(an)
    text = client.get(f"/leads/{lead.pk}/conversion/").text
    assert re.search(r'value="merge"[^>]*checked', text) and deal.record.number in text
    assert re.search(r'value="convert"', text)  # can be chosen instead


def test_merging_from_the_dialog_keeps_the_first_lead_which_can_be_converted(client, an, lead):
    """R2.04, R2.13, R2.14: nothing else is asked, not even what a conversion needs; one press takes it back."""
    other = create_lead({"company_name": "Hòn Đá 2", "email": lead.email, "owner": an}, by=an)
    client.force_login(an)
    sent = {"action": "merge", "into": lead.pk}
    answer = client.post(f"/leads/{other.pk}/conversion/", sent, follow=True)
    assert answer.redirect_chain[-1][0] == f"/leads/{lead.pk}/"
    assert "data-undo" in answer.text
    assert Record.objects.get(pk=other.pk).merged_into_id == lead.pk
    assert convert_leads([Lead.objects.get(pk=lead.pk)], Handover(owner=an), by=an)


def test_a_lead_merges_into_an_open_deal_from_the_dialog(client, an, lead):
    """R2.04, D6, D7."""
    contact = create_contact({"full_name": "Vân", "email": lead.email, "owner": an}, by=an)
    deal = create_deal({"name": "Trạm", "contact": contact, "owner": an}, by=an)
    client.force_login(an)
    answer = client.post(f"/leads/{lead.pk}/conversion/", {"action": "merge", "into": deal.pk})
    assert answer.url == f"/deals/{deal.pk}/"
    counts = conversion_counts(an)
    assert (counts.merged, counts.is_equal) == (1, True)


def test_only_what_the_person_may_change_is_offered_for_merging(client, an, chi, lead):
    theirs = create_lead({"company_name": "Hòn Đá 2", "email": lead.email, "owner": chi}, by=chi)
    follow(theirs.record, user=an, by=chi)
    client.force_login(an)
    text = client.get(f"/leads/{lead.pk}/conversion/").text
    assert theirs.record.number in text
    assert 'value="merge"' not in text
    answer = client.post(f"/leads/{lead.pk}/conversion/", {"action": "merge", "into": theirs.pk})
    assert answer.status_code == 422
    assert Lead.objects.get(pk=theirs.pk).is_live
