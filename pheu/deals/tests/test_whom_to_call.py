"""Whom to call about a deal, at the head of its page for everybody who may see it (R0.14-0.18, R2.03-2.10)."""

import re

import pytest
from playwright.sync_api import expect

from pheu.deals.conversion import Handover, convert_leads
from pheu.deals.services import create_deal
from pheu.parties.services import create_company, create_contact


def head_of(client, deal) -> str:
    page = client.get(deal.get_absolute_url()).text
    found = re.search(r'<address class="reach".*?</address>', page, re.DOTALL)
    return found[0] if found else ""


def converted(lead, by, customer):
    return convert_leads([lead], Handover(owner=by, customer=customer), by=by)[0]


@pytest.mark.parametrize("reader", ["an", "giang"])
def test_company_and_contact_open_and_the_number_calls(client, cast, an, lead, reader):
    """Whoever may edit has links as well as whoever only looks."""
    deal = converted(lead, an, Handover.CREATE)
    client.force_login(getattr(cast, reader))
    head = head_of(client, deal)
    assert f'href="{deal.company.get_absolute_url()}"' in head
    assert f'href="{deal.contact.get_absolute_url()}"' in head
    assert 'href="tel:+842438637747"' in head
    assert 'href="mailto:van.dt@hondacement.example"' in head


def test_without_a_customer_the_person_of_the_lead_is_there(client, an, lead):
    """«Không liên kết»."""
    deal = converted(lead, an, Handover.NONE)
    client.force_login(an)
    head = head_of(client, deal)
    assert "Đỗ Thị Vân" in head
    assert "Xi măng Hòn Đá" in head
    assert 'href="tel:+842438637747"' in head


def test_the_lead_is_not_told_to_who_may_not_see_it(client, an, chi, lead):
    deal = convert_leads([lead], Handover(owner=chi, customer=Handover.NONE), by=an)[0]
    client.force_login(chi)
    assert client.get(deal.get_absolute_url()).status_code == 200
    assert client.get(lead.get_absolute_url()).status_code == 404
    assert head_of(client, deal) == ""


def test_a_field_that_a_role_hides_is_not_there_either(client, an, lead):
    deal = converted(lead, an, Handover.CREATE)
    an.role.fields = {"contact": {"phone": "hidden"}, "company": {"phone": "hidden"}, "deal": {"company": "hidden"}}
    an.role.save()
    client.force_login(an)
    head = head_of(client, deal)
    assert "mailto:" in head
    assert "tel:" not in head
    assert deal.company.get_absolute_url() not in head


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("width", [1440, 390])
def test_one_click_from_the_deal_to_who_is_called(world, width):
    an = world.cast.an
    company = create_company({"name": "Thép Phú Gia", "phone": "+842543924771", "type": "prospect", "owner": an}, by=an)
    contact = create_contact({"full_name": "Trần Quốc Duy", "phone": "+84903123456", "company": company}, by=an)
    deal = create_deal({"name": "Trạm", "company": company, "contact": contact, "owner": an}, by=an)
    page = world.enter(an, deal.get_absolute_url())
    page.set_viewport_size({"width": width, "height": 844})
    head = page.locator("#record-head")
    expect(head.get_by_role("link", name="0903 123 456")).to_have_attribute("href", "tel:+84903123456")
    expect(head.get_by_role("link", name="0254 3924 771")).to_be_visible()
    head.get_by_role("link", name="Trần Quốc Duy").click()
    page.wait_for_url(f"**{contact.get_absolute_url()}")
