"""«Làm lại» of a conversion that was taken back: the same deal, the same customer (issue 9, D6, D9)."""

import json

import pytest
from django.db import transaction

from pheu.activities.models import Activity
from pheu.conftest import nothing_changes, stage_of, told
from pheu.core.errors import DomainError, Refused
from pheu.deals import events
from pheu.deals.conversion import Handover, convert_leads
from pheu.deals.counts import conversion_counts
from pheu.deals.models import Conversion, Deal
from pheu.deals.tests.test_any_order import tables
from pheu.deals.undoing import redo_conversion, undo_conversion
from pheu.leads.models import Lead
from pheu.leads.services import change_lead, close_lead, create_leads, move_lead
from pheu.parties.models import Company, Source
from pheu.parties.services import create_company
from pheu.people.tests.test_access_acts import reason
from pheu.quality.models import DuplicateRule
from pheu.records.consistency import differing_copies
from pheu.records.models import Category, Record, RecordTag, Tag
from pheu.timeline.archiving import archive
from pheu.timeline.services import add_note
from pheu.timeline.tests.test_undo import planned

pytestmark = pytest.mark.django_db
NEW = Conversion.Outcome.NEW


@pytest.fixture
def deal(an, lead):
    return convert_leads([lead], Handover(owner=an), by=an)[0]


def fresh(lead):
    return Lead.objects.with_stage().with_words().get(pk=lead.pk)


def undone(lead, by):
    undo_conversion(lead, by=by)
    return fresh(lead)


def test_it_is_as_it_was_in_every_table_any_number_of_times(an, lead, deal):
    """D6, D9: the same deal, company and contact, the work on the deal, one conversion that counts."""
    lead.record.tags.add(Tag.objects.create(name="Khí thải"))
    work = planned(deal, an)
    after = tables()
    for _time in range(2):
        undone(lead, an)
        assert not Record.objects.get(pk=deal.pk).is_live
        again = redo_conversion(fresh(lead), by=an)
        assert again.status == "converted"
        now = tables()
        # The tag came to the lead after it was converted, and goes along when that is done again.
        assert {model for model in after if now[model] != after[model]} == {RecordTag}
        assert Activity.objects.get(pk=work.pk).record_id == deal.pk
        assert conversion_counts(an).is_equal
    assert Conversion.objects.filter(undone_at=None).count() == Conversion.objects.count() == 1
    undone(lead, an)
    assert not Deal.objects.live().exists() and not Company.objects.live().exists()
    assert list(differing_copies()) == []


def test_from_toast_timeline_and_page(client, an, lead, deal):
    """Each leads to the other, over HTTP, and a second press changes nothing."""
    client.force_login(an)
    back, on = f"/leads/{lead.pk}/conversion/undo/", f"/leads/{lead.pk}/conversion/redo/"
    for _time in range(2):
        for page in ("/undo/", f"/r/{lead.pk}/timeline/"):
            shown = client.get(page).text
            assert f'action="{back}"' in shown and f'action="{on}"' not in shown, page
        assert f"redo:{on}" in toast(client, back)
        for page in ("/undo/", f"/r/{lead.pk}/timeline/"):
            shown = client.get(page).text
            assert f'action="{on}"' in shown and f'action="{back}"' not in shown, page
        assert f"undo:{back}" in toast(client, on)
        with nothing_changes():
            redo_conversion(fresh(lead), by=an)
    assert fresh(lead).status == "converted"


def toast(client, url):
    """What the toast after this post offers."""
    answer = client.post(url)
    assert answer.status_code == 302
    return " ".join(message.tags for message in answer.wsgi_request._messages)


def test_what_has_come_to_the_lead_since_goes_along(an, lead, deal):
    undone(lead, an)
    work = planned(fresh(lead), an)
    add_note(lead.record, body="Khách gọi lại", by=an)
    redo_conversion(fresh(lead), by=an)
    assert Activity.objects.get(pk=work.pk).record_id == deal.pk
    assert lead.pk in Record.objects.get(pk=deal.pk).past_ids


def test_what_was_edited_since_is_kept_and_told(an, lead, deal):
    other = create_company({"name": "Gạch Tân", "owner": an}, by=an)
    undone(lead, an)
    change_lead(fresh(lead), {"company": (None, other)}, by=an)
    change_lead(fresh(lead), {"need": (lead.need, "Đo nước thải")}, by=an)
    redo_conversion(fresh(lead), by=an)
    assert (fresh(lead).company, fresh(lead).need) == (other, "Đo nước thải")
    facts = told(events.CONVERSION_REDONE, about=lead).facts
    assert [one["field"] for one in facts["conflicts"]] == ["company"]
    assert facts["deal"]["id"] == deal.pk


def test_a_lead_that_has_moved_on_is_converted_anew(an, lead, deal):
    undone(lead, an)
    move_lead(fresh(lead), to=stage_of("lead", "Mới"), left=fresh(lead).stage, by=an)
    with nothing_changes(), pytest.raises(DomainError):
        redo_conversion(fresh(lead), by=an)


def test_a_lead_that_lacks_what_conversion_asks_for_is_not_converted(an, lead, deal):
    undone(lead, an)
    change_lead(fresh(lead), {"company_name": (lead.company_name, ""), "person_name": (lead.person_name, "")}, by=an)
    change_lead(fresh(lead), {"phone": (lead.phone, ""), "email": (lead.email, "")}, by=an)
    with nothing_changes(), pytest.raises(DomainError):
        redo_conversion(fresh(lead), by=an)


def test_a_closed_lead_is_reopened_first(an, lead, deal):
    undone(lead, an)
    gone = stage_of("lead", "Không phù hợp")
    close_lead(fresh(lead), to=gone, reason=reason("lead", Category.UNQUALIFIED), by=an)
    with nothing_changes(), pytest.raises(DomainError):
        redo_conversion(fresh(lead), by=an)


def test_an_archived_lead_is_not_there(an, dung, lead, deal):
    undone(lead, an)
    archive([fresh(lead)], by=dung)
    with nothing_changes(), pytest.raises(Refused):
        redo_conversion(fresh(lead), by=an)


def test_the_last_one_that_was_taken_back_is_done_again(an, lead, deal):
    """D6: each conversion has its own row; the earlier one stays undone."""
    undone(lead, an)
    second = convert_leads([fresh(lead)], Handover(owner=an), by=an)[0]
    undone(lead, an)
    redo_conversion(fresh(lead), by=an)
    assert list(Deal.objects.live()) == [second]
    assert Conversion.objects.get(undone_at=None).deal == second


def test_nothing_is_done_again_where_nothing_was_taken_back(an, lead):
    with nothing_changes(), pytest.raises(DomainError):
        redo_conversion(lead, by=an)


def test_a_customer_that_is_there_by_now_is_not_doubled_where_a_rule_forbids_it(an, lead, deal):
    """R1.34."""
    undone(lead, an)
    DuplicateRule.objects.create(kind="company", name="Tên", criteria=["company"], blocks=True)
    create_company({"name": deal.company.name, "owner": an}, by=an)
    with nothing_changes(), pytest.raises(DomainError):
        redo_conversion(fresh(lead), by=an)


def test_a_deal_does_not_come_back_to_somebody_who_has_left(an, binh, dung, lead):
    convert_leads([lead], Handover(owner=binh), by=an)
    undone(lead, an)
    type(binh).objects.filter(pk=binh.pk).update(is_active=False)
    with nothing_changes(), pytest.raises(DomainError):
        redo_conversion(fresh(lead), by=an)


def test_of_several_leads_of_one_click_each_comes_and_goes_by_itself(an):
    """D9, D17: the customer that both have stays for the other."""
    asked = {"company_name": "Hòn Đá", "phone": "+842438637747", "need": "Đo", "owner": an}
    leads = create_leads([asked | {"person_name": name} for name in ("Đỗ Vân", "Lê Hà")], by=an)
    convert_leads(leads, Handover(owner=an), by=an)
    after = tables()
    for one in leads:
        undone(one, an)
    assert not Company.objects.live().exists()
    for one in reversed(leads):
        redo_conversion(fresh(one), by=an)
    now = tables()
    assert now[Deal] == after[Deal] and now[Company] == after[Company] and now[Lead] == after[Lead]
    assert conversion_counts(an).is_equal


def test_only_who_may_convert_it_does_it_again(client, an, binh, chi, giang, dung, lead, deal):
    undone(lead, an)
    for stranger, status in ((chi, 404), (giang, 403)):
        client.force_login(stranger)
        with nothing_changes():
            assert client.post(f"/leads/{lead.pk}/conversion/redo/").status_code == status
            with pytest.raises(Refused), transaction.atomic():
                redo_conversion(fresh(lead), by=stranger)
    client.force_login(binh)
    assert f'/leads/{lead.pk}/conversion/redo/"' not in client.get(f"/r/{lead.pk}/timeline/").text
    redo_conversion(fresh(lead), by=binh)
    assert fresh(lead).status == "converted"


@pytest.mark.parametrize("worst", ["0", "999999999", "99999999999999999999", "x"])
def test_the_worst_numbers_are_not_there(client, an, worst):
    client.force_login(an)
    assert client.post(f"/leads/{worst}/conversion/redo/").status_code == 404


def test_its_facts_are_values(an, lead, deal):
    source = Source.objects.all()[0]
    undone(lead, an)
    change_lead(fresh(lead), {"source": (fresh(lead).source, source)}, by=an)
    redo_conversion(fresh(lead), by=an)
    json.dumps(told(events.CONVERSION_REDONE, about=lead).facts)
