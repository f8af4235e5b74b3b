"""Rules of handing out as a person makes and uses them."""

from typing import Any

import pytest
from playwright.sync_api import expect

from pheu.automation.models import HandOutRule
from pheu.core.tests.looking import walked
from pheu.core.vietnamese import today_here
from pheu.deals.tests.test_pages_in_browser import LONG
from pheu.leads.models import Lead
from pheu.leads.services import create_lead
from pheu.people.models import TimeOff, User

pytestmark = pytest.mark.django_db(transaction=True)


def choose(page: Any, control: str, text: str) -> None:
    """One entry of a combobox."""
    box = page.locator(f"#dialog .field:has([name{control}]) .ts-control")
    box.click()
    page.locator("#dialog .ts-dropdown:visible .option", has_text=text).first.click()
    page.keyboard.press("Escape")


def test_an_admin_makes_two_rules_and_puts_the_second_first(world: Any) -> None:
    """R1.17: with the same lines of a condition as a list has."""
    page = world.enter(world.cast.dung, "/setup/lead-rules/")
    dialog = page.locator("#dialog[open]")
    page.get_by_role("link", name="Tạo", exact=True).click()
    dialog.get_by_label("Tên").fill("Còn lại")
    dialog.get_by_label("Về đội").select_option(label="Miền Nam")
    dialog.get_by_text("Về kho của đội").click()
    page.keyboard.press("Control+Enter")
    expect(page.locator(".setup-item")).to_have_count(1)

    page.get_by_role("link", name="Tạo", exact=True).click()
    dialog.get_by_label("Tên").fill("Xi măng")
    with page.expect_response("**/conditions/line/**"):
        dialog.get_by_label("Trường", exact=True).select_option("company_name")
    dialog.locator("[name^=value-]").fill("xi măng")
    dialog.get_by_label("Về đội").select_option(label="Miền Bắc")
    page.keyboard.press("Control+Enter")
    made = page.locator(".setup-item", has_text="Xi măng")
    expect(made).to_contain_text("xi măng")
    expect(page.locator(".setup-shares")).to_contain_text("Nguyễn Hoài An")
    with page.expect_response("**/order/"):
        made.locator("[data-grip]").press("ArrowUp")
    assert [one.name for one in HandOutRule.objects.all()] == ["Xi măng", "Còn lại"]
    made.get_by_role("button", name="Ngừng dùng").click()
    expect(made).to_contain_text("hết hiệu lực")


def test_ticked_leads_are_handed_out_by_the_rules_and_taken_back(world: Any) -> None:
    """R1.17: the dialog says before who gets what."""
    cast = world.cast
    for name in ("Xi măng Hòn Đá", "Dệt Trăng Non"):
        create_lead({"company_name": name, "owner": None}, by=cast.binh)
    rule = HandOutRule.objects.create(kind="lead", name="Lần lượt", on_new=False)
    rule.people.set([cast.an, cast.chi])
    page = world.enter(cast.dung, "/leads/?tab=all")
    for box in page.locator("input[name=ids]").all():
        box.check()
    page.locator("[data-dialog]", has_text="Phân công").first.click()
    page.locator("#dialog button", has_text="Theo quy tắc").click()
    dialog = page.locator("#dialog[open]")
    expect(dialog.locator(".share")).to_have_count(2)
    expect(dialog).to_contain_text("Lê Kim Chi")
    assert not Lead.objects.exclude(owner=None).exists()
    with page.expect_navigation():
        dialog.get_by_role("button", name="Phân công", exact=True).click()
    expect(page.locator("#toasts")).to_contain_text("Nguyễn Hoài An: 1")
    assert set(Lead.objects.values_list("owner", flat=True)) == {cast.an.pk, cast.chi.pk}
    with page.expect_navigation():
        page.locator("#toasts [data-undo]").click()
    expect(page.locator("#toasts")).to_be_visible()
    assert set(Lead.objects.values_list("owner", flat=True)) == {None}


def test_every_form_of_handing_out_is_accessible_and_fits(world: Any) -> None:
    cast = world.cast
    User.objects.filter(pk=cast.an.pk).update(full_name=LONG)
    rows = [create_lead({"company_name": LONG, "owner": None}, by=cast.binh) for _n in range(3)]
    rule = HandOutRule.objects.create(kind="lead", name=LONG[:100], team=cast.an.teams.get(), on_new=False)
    gone = {"field": "x_gone", "op": "in", "value": ["1"]}
    broken = HandOutRule.objects.create(kind="lead", name="Hỏng", condition=gone, on_new=False)
    days = {"begins_on": today_here(), "ends_on": today_here()}
    TimeOff.objects.create(user=cast.binh, reason=LONG[:200], **days)
    ids = "&".join(f"ids={row.pk}" for row in rows)
    forms = [f"/setup/lead-rules/{one.pk}/" for one in (rule, broken)]
    pages = [f"/leads/by-rules/?{ids}", f"/leads/assignment/?{ids}", f"/people/{cast.binh.pk}/time-off/"]
    addresses = ["/setup/lead-rules/", *forms, "/setup/returns/new/", *pages]
    assert walked(world.enter(cast.dung), addresses) == {}


def test_a_person_puts_down_days_off_and_takes_them_back(world: Any) -> None:
    page = world.enter(world.cast.an, "/account/")
    page.locator("#account-off").get_by_role("link", name="Thêm").click()
    dialog = page.locator("#dialog[open]")
    dialog.get_by_label("Từ ngày").fill("24/12/2030")
    dialog.get_by_label("Đến ngày").fill("26/12/2030")
    dialog.get_by_label("Lý do").fill("Về quê")
    page.keyboard.press("Control+Enter")
    off = page.locator("#account-off li")
    expect(off).to_contain_text("24/12/2030 – 26/12/2030")
    assert TimeOff.objects.get().reason == "Về quê"
    off.get_by_role("button").click()
    expect(off).to_have_count(0)
    assert not TimeOff.objects.exists()
