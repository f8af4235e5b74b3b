"""«Chưa đủ thông tin»: what a conversion still needs is asked in its own dialog (R0.35)."""

import re

import pytest
from playwright.sync_api import expect

from pheu.conftest import nothing_changes, standing
from pheu.deals.conversion import Handover, convert_leads
from pheu.deals.models import Deal
from pheu.deals.tests.test_convert import answers
from pheu.leads.models import Lead, RequestType
from pheu.people.models import Role


@pytest.fixture
def bare(an):
    """A lead of which nothing is known but a name."""
    return standing("lead", {"name": "Khách gọi tới", "owner": an}, by=an)


def test_the_missing_fields_stand_in_the_dialog_and_go_to_the_lead(client, an, bare):
    """R0.35, R0.14."""
    client.force_login(an)
    address = f"/leads/{bare.pk}/conversion/"
    page = client.get(address).text
    for name in ("company_name", "person_name", "phone", "email", "need", "request_type"):
        assert f'name="lead-{name}"' in page
    facts = {"lead-company_name": "Xi măng Hòn Đá", "lead-phone": "0903 123 456", "lead-need": "Đo khí thải"}
    answer = client.post(address, answers(bare, an) | facts)
    deal = Deal.objects.get()
    assert answer.url == deal.get_absolute_url()
    lead = Lead.objects.get()
    assert (lead.company_name, lead.phone, lead.need) == ("Xi măng Hòn Đá", "+84903123456", "Đo khí thải")
    assert deal.company.name == "Xi măng Hòn Đá"


def test_what_is_still_missing_is_said_beside_its_field(client, an, bare):
    """R0.35: one of each two will do; what was typed stays."""
    client.force_login(an)
    facts = {"lead-company_name": "Xi măng Hòn Đá", "lead-request_type": RequestType.objects.all()[0].pk}
    with nothing_changes():
        answer = client.post(f"/leads/{bare.pk}/conversion/", answers(bare, an) | facts)
    assert answer.status_code == 422
    assert "Cần có trước khi chuyển đổi: Điện thoại hoặc email." in answer.text
    assert "Cần có trước khi chuyển đổi: Nhu cầu" not in answer.text
    assert 'value="Xi măng Hòn Đá"' in answer.text


def test_what_the_lead_refuses_is_said_beside_its_field(client, an, bare):
    client.force_login(an)
    facts = {"lead-company_name": "x" * 400, "lead-phone": "0903 123 456", "lead-need": "Đo khí thải"}
    with nothing_changes():
        answer = client.post(f"/leads/{bare.pk}/conversion/", answers(bare, an) | facts)
    assert answer.status_code == 422
    assert "Nhiều nhất 300 ký tự" in answer.text


def test_who_may_not_write_the_lead_is_told_and_offered_nothing(client, an, bare):
    role = Role.objects.create(
        code="closer", name="Chốt", grants={"work": {"view": "own", "convert": "own"}, "deal": {"create": "own"}}
    )
    an.role = role
    an.save()
    client.force_login(an)
    page = client.get(f"/leads/{bare.pk}/conversion/").text
    assert "Chưa đủ thông tin" in page
    assert "lead-phone" not in page
    assert 'type="submit"' not in page.split("dialog-foot")[1]


def test_a_lead_that_has_enough_is_asked_nothing_more(client, an, lead):
    client.force_login(an)
    assert "lead-" not in client.get(f"/leads/{lead.pk}/conversion/").text.split("dialog-body")[1]


@pytest.mark.django_db(transaction=True)
def test_a_bare_lead_becomes_a_deal_without_leaving_the_dialog(world):
    """R0.35, R2.02."""
    an = world.cast.an
    lead = standing("lead", {"name": "Khách gọi tới", "owner": an}, by=an)
    page = world.enter(an, lead.get_absolute_url())
    page.get_by_role("link", name="Chuyển thành cơ hội").click()
    dialog = page.locator("#dialog[open]")
    dialog.locator("[name=lead-company_name]").fill("Xi măng Hòn Đá")
    dialog.locator("[name=lead-need]").fill("Đo khí thải")
    dialog.locator("[type=submit]").click()
    phone = dialog.locator("[name=lead-phone]")
    expect(phone).to_be_focused()
    expect(dialog.locator("[data-field=lead-phone]")).to_contain_text("Cần có trước khi chuyển đổi")
    phone.fill("0903 123 456")
    dialog.locator("[type=submit]").click()
    page.wait_for_url(re.compile(r"/deals/\d+/$"))
    assert Deal.objects.get().company.name == "Xi măng Hòn Đá"


@pytest.mark.django_db(transaction=True)
def test_the_list_of_a_picker_in_a_dialog_is_never_under_its_foot(world):
    """R2.08."""
    an = world.cast.an
    lead = standing("lead", {"name": "Khách gọi tới", "person_name": "Vân", "owner": an}, by=an)
    page = world.enter(an)
    page.set_viewport_size({"width": 1440, "height": 700})
    page.goto(lead.get_absolute_url())
    page.get_by_role("link", name="Chuyển thành cơ hội").click()
    dialog = page.locator("#dialog[open]")
    dialog.locator("[name=customer][value=link]").check()
    dialog.locator("[data-field=contact] .ts-control").click()
    menu = dialog.locator("[data-field=contact] .ts-dropdown")
    expect(menu).to_be_visible()
    page.wait_for_function(
        """(list) => {
          const { bottom, left } = list.getBoundingClientRect();
          return bottom <= innerHeight && list.contains(document.elementFromPoint(left + 30, bottom - 12));
        }""",
        arg=menu.element_handle(),
    )


@pytest.mark.django_db(transaction=True)
def test_a_lead_that_was_converted_meanwhile_opens_in_place_of_a_dialog(world):
    an = world.cast.an
    lead = standing(
        "lead", {"name": "Trạm", "company_name": "Hòn Đá", "phone": "0903123456", "need": "Đo bụi", "owner": an}, by=an
    )
    page = world.enter(an, lead.get_absolute_url())
    convert_leads([lead], Handover(owner=an, customer=Handover.NONE), by=an)
    page.get_by_role("link", name="Chuyển thành cơ hội").click()
    page.get_by_role("button", name="Mở lại").wait_for()
    expect(page.locator("#dialog[open]")).to_have_count(0)
