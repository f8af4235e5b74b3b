"""What a deal, its lead and its customer hold once it was converted, won, reopened."""

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from pheu.activities.models import ActivityType
from pheu.activities.services import finish_activity, resume_activity, schedule_activity
from pheu.conftest import nothing_changes, stage_of, told
from pheu.core.errors import DomainError, Refused
from pheu.deals import events
from pheu.deals.conversion import Handover, convert_leads
from pheu.deals.counts import ConversionCounts, conversion_counts
from pheu.deals.models import Deal
from pheu.deals.schema import DEAL
from pheu.deals.services import change_deal, close_deal, create_deal, move_deal, reopen_deal
from pheu.deals.undoing import undo_conversion
from pheu.leads.models import Rating, RequestType
from pheu.leads.schema import LEAD
from pheu.leads.services import create_lead, create_leads
from pheu.parties.models import Company, Source
from pheu.parties.services import create_company, create_contact
from pheu.people.models import User
from pheu.records.models import ClosingReason, Label, Record, Tag
from pheu.timeline.models import Event

HANOI = ZoneInfo("Asia/Ho_Chi_Minh")
# Who works a deal, what it is called and whom it is with, is decided by the conversion; its chance by the stage.
DECIDED_ANEW = {"owner", "team", "department", "name", "company", "contact"}


@pytest.fixture
def known(an):
    """Everything that a lead knows and its deal goes on with."""
    return {
        "expected_amount": Decimal(1_980_000_000), "expected_close_on": date(2026, 12, 24),
        "label": Label.objects.create(name="Nóng"), "tags": [Tag.objects.create(name="Khí thải")], "priority": 2,
        "source": Source.objects.get(name="Hội thảo"), "due_at": datetime(2026, 12, 1, 9, tzinfo=HANOI),
        "request_type": RequestType.objects.all()[1], "need": "Đo bụi ở hai ống khói", "rating": Rating.HIGH,
    }  # fmt: skip


@pytest.fixture
def customer(an):
    return {
        "company_name": "Xi măng Hòn Đá", "person_name": "Đỗ Thị Vân", "job_title": "Trưởng phòng",
        "phone": "+842438637747", "other_phones": ["+84903412887"], "email": "van.dt@honda.example",
        "tax_code": "0100109106", "website": "honda.example", "address": "Hà Nội", "owner": an,
    }  # fmt: skip


def test_a_deal_goes_on_with_everything_that_its_lead_knew(an, known, customer):
    """R0.13, R1.09, R4.55: field by field; a new field that both have belongs into this test."""
    shared = {one.name for one in DEAL if one.on_create and LEAD.get(one.name)} - DECIDED_ANEW
    assert set(known) == shared
    lead = create_lead(customer | known, by=an)
    deal = convert_leads([lead], Handover(owner=an), by=an)[0]
    deal = Deal.objects.get(pk=deal.pk)
    assert {name: DEAL[name].value(deal) for name in shared} == known


def test_the_customer_goes_on_with_what_the_lead_knew_of_it(an, customer):
    """R1.10, D17: the phone and the address of mail are the person's, where a person is known."""
    deal = convert_leads([create_lead(customer | {"need": "Đo"}, by=an)], Handover(owner=an), by=an)[0]
    company, contact = deal.company, deal.contact
    assert (company.name, company.tax_code, company.website, company.address) == (
        "Xi măng Hòn Đá", "0100109106", "honda.example", "Hà Nội",
    )  # fmt: skip
    assert (company.phone, company.other_phones, company.email) == ("", [], "")
    assert (contact.full_name, contact.job_title, contact.phones, contact.email) == (
        "Đỗ Thị Vân", "Trưởng phòng", ["+842438637747", "+84903412887"], "van.dt@honda.example",
    )  # fmt: skip


def test_without_a_person_the_phone_is_the_companys(an, customer):
    customer |= {"person_name": "", "need": "Đo"}
    deal = convert_leads([create_lead(customer, by=an)], Handover(owner=an), by=an)[0]
    assert (deal.contact, deal.company.phones, deal.company.email) == (
        None, ["+842438637747", "+84903412887"], "van.dt@honda.example",
    )  # fmt: skip


@pytest.mark.parametrize(("typed", "kept"), [(Decimal(2_500_000), 2_500_000), (Decimal(0), 0), (None, 1_980_000_000)])
def test_an_amount_that_is_typed_at_conversion_counts(an, lead, typed, kept):
    """R2.03: nothing typed leaves what the lead was worth."""
    assert convert_leads([lead], Handover(owner=an, amount=typed), by=an)[0].expected_amount == kept


def test_the_amount_of_the_dialog_is_the_deals(client, an, lead):
    """R2.03, R0.15."""
    client.force_login(an)
    sent = {"owner": an.pk, "pipeline": stage_of("deal", "Tiếp cận").pipeline_id, "customer": "none"}
    client.post(f"/leads/{lead.pk}/conversion/", sent | {"amount": "2,5 tỷ"})
    assert Deal.objects.get().expected_amount == 2_500_000_000


def test_a_lead_is_converted_by_no_other_stage(an, lead):
    with nothing_changes(), pytest.raises(DomainError):
        convert_leads([lead], Handover(owner=an, ends_in=stage_of("lead", "Đang xử lý")), by=an)


def test_a_customer_that_somebody_may_not_see_is_not_linked(an, chi, lead):
    """Linking opens a window: it must not be of one's own making."""
    an.role.grants |= {"party": an.role.grants["work"]}
    an.role.save()
    an = User.objects.get(pk=an.pk)
    company = create_company({"name": "Của Chi", "type": "prospect", "owner": chi}, by=chi)
    contact = create_contact({"full_name": "Của Chi", "owner": chi, "company": company}, by=chi)
    for chosen in ({"company": company}, {"contact": contact}):
        with nothing_changes(), pytest.raises(Refused):
            convert_leads([lead], Handover(owner=an, customer=Handover.LINK, **chosen), by=an)


def test_a_linked_contact_brings_only_a_company_that_somebody_sees(an, chi, lead):
    an.role.grants |= {"party": an.role.grants["work"]}
    an.role.save()
    an = User.objects.get(pk=an.pk)
    theirs = create_company({"name": "Của Chi", "type": "prospect", "owner": chi}, by=chi)
    mine = create_company({"name": "Của An", "type": "prospect", "owner": an}, by=an)
    for company, brought in ((theirs, None), (mine, mine)):
        contact = create_contact({"full_name": "Đỗ Vân", "owner": chi, "company": company}, by=chi)
        contact.record.followers.create(user=an)
        lead = create_lead({"company_name": "Hòn Đá", "phone": "+842438637747", "need": "Đo", "owner": an}, by=an)
        deal = convert_leads([lead], Handover(owner=an, customer=Handover.LINK, contact=contact), by=an)[0]
        assert (deal.contact, deal.company) == (contact, brought)


# A customer from the first deal that stays won -------------------------------------------------------------------


@pytest.fixture
def company(an):
    return create_company({"name": "Xi măng Hòn Đá", "type": "prospect", "owner": an}, by=an)


@pytest.fixture
def two_deals(an, company):
    return [create_deal({"name": name, "company": company, "owner": an}, by=an) for name in ("Trạm", "Bảo trì")]


def won(deal, an):
    return close_deal(deal, to=stage_of("deal", "Thành công"), by=an)


def standing(company):
    company = Company.objects.get(pk=company.pk)
    return company.type, company.first_won_at


def test_the_only_won_deal_reopened_takes_the_customer_back(an, company, two_deals):
    """D3, R1.03, R4.53."""
    deal = won(two_deals[0], an)
    assert standing(company) == ("customer", deal.won_at)
    reopen_deal(deal, by=an)
    assert standing(company) == ("prospect", None)
    assert told(events.BECAME_CUSTOMER, about=company)
    assert told(events.NO_CUSTOMER, about=company).facts["deal"]["id"] == deal.pk


@pytest.mark.parametrize("leave", ["reopened", "moved", "lost"])
def test_however_a_deal_leaves_its_win_the_customer_goes(an, company, two_deals, leave):
    """D3."""
    deal = won(two_deals[0], an)
    lost = {"to": stage_of("deal", "Thất bại"), "reason": ClosingReason.objects.filter(kind="deal", category="lost")[0]}
    match leave:
        case "reopened":
            reopen_deal(deal, by=an)
        case "moved":
            move_deal(deal, to=stage_of("deal", "Báo giá"), left=deal.stage, by=an)
        case "lost":
            close_deal(deal, **lost, by=an)
    assert standing(company) == ("prospect", None)
    assert Deal.objects.get(pk=deal.pk).won_at is None


@pytest.mark.parametrize("kind", ["partner", "supplier"])
def test_a_partner_stays_one_through_wins_and_losses(an, kind):
    """D3: only the date says that something was sold."""
    company = create_company({"name": "Viễn thông Phương Nam", "type": kind, "owner": an}, by=an)
    deal = won(create_deal({"name": "Trạm", "company": company, "owner": an}, by=an), an)
    assert standing(company) == (kind, deal.won_at)
    reopen_deal(deal, by=an)
    assert standing(company) == (kind, None)
    assert not Event.objects.filter(kind__in=[events.BECAME_CUSTOMER.code, events.NO_CUSTOMER.code]).exists()


def test_a_second_win_leaves_the_date_of_the_first(an, company, two_deals):
    """D3, R1.11: whose date is kept."""
    first = won(two_deals[0], an)
    second = won(two_deals[1], an)
    assert first.won_at < second.won_at
    assert standing(company) == ("customer", first.won_at)
    assert told(events.BECAME_CUSTOMER, about=company).facts["deal"]["id"] == first.pk


@pytest.mark.parametrize("order", [1, -1], ids=["the older deal is won first", "the younger deal is won first"])
def test_the_date_of_the_first_win_that_stays_is_kept(an, company, two_deals, order):
    """D3: reopening one of two leaves the customer, with the date of the other."""
    first, second = (won(deal, an) for deal in two_deals[::order])
    reopen_deal(first, by=an)
    assert standing(company) == ("customer", second.won_at)
    first = won(Deal.objects.get(pk=first.pk), an)
    assert first.won_at > second.won_at
    assert standing(company) == ("customer", second.won_at)
    reopen_deal(Deal.objects.get(pk=second.pk), by=an)
    assert standing(company) == ("customer", first.won_at)
    assert told(events.BECAME_CUSTOMER, about=company)
    assert not Event.objects.filter(kind=events.NO_CUSTOMER.code).exists()


def test_a_won_deal_takes_its_customer_along_to_another_company(an, company, two_deals):
    """D3: what was booked on the wrong company is put right on both."""
    other = create_company({"name": "Thép Sông Đà", "type": "prospect", "owner": an}, by=an)
    deal = won(two_deals[0], an)
    change_deal(deal, {"company": (company, other)}, by=an)
    assert standing(company) == ("prospect", None)
    assert standing(other) == ("customer", deal.won_at)
    change_deal(deal, {"company": (other, None)}, by=an)
    assert standing(other) == ("prospect", None)
    cause = Event.objects.filter(kind="record.changed", about=deal.pk).earliest("pk")
    assert told(events.BECAME_CUSTOMER, about=other).cause == cause.pk


def test_an_open_deal_that_goes_elsewhere_makes_nobody_a_customer(an, company, two_deals):
    other = create_company({"name": "Thép Sông Đà", "type": "prospect", "owner": an}, by=an)
    change_deal(two_deals[0], {"company": (company, other)}, by=an)
    assert standing(other) == ("prospect", None)
    assert Company.objects.get(pk=other.pk).record.version == 1


# Counting conversions ---------------------------------------------------------------------------------------------


def test_only_deals_without_a_lead_are_counted_as_made_by_hand(dung, an, lead, deal):
    """R4.10, D6."""
    assert conversion_counts(dung).by_hand == 1
    convert_leads([lead], Handover(owner=an), by=an)
    create_deal({"name": "Bảo trì", "owner": an}, by=an)
    counts = conversion_counts(dung)
    assert (counts.by_hand, counts.entered_from_lead, counts.is_equal) == (2, 1, True)


def test_counts_that_differ_are_not_equal():
    """D6: a converted lead without a deal, or a deal too many, shows."""
    right = ConversionCounts(converted_leads=3, entered_from_lead=2, merged=1, by_hand=9, undone=4)
    assert right.is_equal
    for wrong in ({"converted_leads": 4}, {"entered_from_lead": 3}, {"merged": 0}):
        assert not replace(right, **wrong).is_equal
    assert replace(right, by_hand=0, undone=0).is_equal


def test_a_page_says_when_the_counts_differ(client, dung, an, lead, monkeypatch):
    """D6."""
    convert_leads([lead], Handover(owner=an), by=an)
    client.force_login(dung)
    assert "Các con số khớp nhau" in client.get("/deals/conversions/").text
    wrong = ConversionCounts(converted_leads=3, entered_from_lead=1, merged=0, by_hand=0, undone=0)
    monkeypatch.setattr("pheu.deals.views.conversion_counts", lambda user: wrong)
    assert "Các con số khớp nhau" not in client.get("/deals/conversions/").text


# Work goes where it is done ---------------------------------------------------------------------------------------


def test_open_work_comes_back_with_the_lead(an, lead):
    """R0.33, D9: what was planned before the conversion, and what was planned on the deal since."""
    call = ActivityType.objects.all()[0]
    due = datetime(2026, 12, 1, 9, tzinfo=HANOI)
    before = schedule_activity(lead.record, what=call, due_at=due, assignee=an, by=an)
    deal = convert_leads([lead], Handover(owner=an), by=an)[0]
    since = schedule_activity(deal.record, what=call, due_at=due.replace(day=2), assignee=an, by=an)
    lead = undo_conversion(lead, by=an)
    for planned in (before, since):
        planned.refresh_from_db()
        assert (planned.record, planned.is_open) == (lead.record, True)
    lead.record.refresh_from_db()
    deal.record.refresh_from_db()
    assert (lead.record.next_activity_at, deal.record.next_activity_at) == (due, None)


def test_work_that_is_taken_up_again_goes_where_its_deal_went(an, lead):
    """D9: back to the lead when the conversion was undone, on to the deal when there is one again."""
    call, due = ActivityType.objects.all()[0], datetime(2026, 12, 1, 9, tzinfo=HANOI)
    deal = convert_leads([lead], Handover(owner=an), by=an)[0]
    done = finish_activity(schedule_activity(deal.record, what=call, due_at=due, assignee=an, by=an), by=an)
    undo_conversion(lead, by=an)
    assert resume_activity(done, by=an).record == lead.record
    finish_activity(done, by=an)
    again = convert_leads([lead], Handover(owner=an), by=an)[0]
    assert resume_activity(done, by=an).record == again.record
    assert Record.objects.get(pk=again.pk).next_activity_at == due


def test_work_planned_on_a_deal_that_was_taken_back_is_planned_on_its_lead(an, lead):
    """From a page that was open meanwhile."""
    deal = convert_leads([lead], Handover(owner=an), by=an)[0]
    undo_conversion(lead, by=an)
    call, due = ActivityType.objects.all()[0], datetime(2026, 12, 1, 9, tzinfo=HANOI)
    assert schedule_activity(deal.record, what=call, due_at=due, assignee=an, by=an).record == lead.record


@pytest.mark.parametrize("way", [Handover.CREATE, Handover.LINK, Handover.NONE])
def test_converting_many_takes_the_statements_of_a_few(an, company, way):
    """R1.09: eighty leads of one click are one piece of work."""
    found = []
    for many in (1, 3, 80):
        known = {"phone": "+842438637747", "need": "Đo"}
        named = [{"company_name": f"Công ty {n}/{many}", "person_name": f"Lê {n}"} for n in range(many)]
        leads = create_leads([known | names for names in named], by=an)
        with CaptureQueriesContext(connection) as caught:
            convert_leads(leads, Handover(owner=an, customer=way, company=company), by=an)
        found.append(len(caught))
    # The first asks for what a person carries along from then on; eighty are copied, which nobody counts.
    assert found[2] <= found[1] < 70
