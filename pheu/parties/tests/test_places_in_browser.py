"""Where a customer is, as somebody types it in a browser (vietnam.md 7.1)."""

import pytest
from playwright.sync_api import expect

from pheu.parties.models import Company
from pheu.parties.services import create_company
from pheu.quality.models import DuplicateRule

pytestmark = pytest.mark.django_db(transaction=True)


def test_an_old_address_is_typed_its_ward_chosen_and_the_record_found_by_old_names(world):
    """vietnam.md 7.1: filled in where it is plain, offered where it is not, and found by «tỉnh cũ»."""
    page = world.enter(world.cast.an, "/companies/new/")
    page.get_by_label("Tên công ty").fill("Xi măng Hòn Đá")
    address = page.get_by_label("Địa chỉ")
    province, ward = page.locator("[name=province]"), page.locator("[name=ward]")
    address.fill("KCN Sóng Thần, Dĩ An, Bình Dương")
    address.press("Tab")
    expect(province).to_have_value("79")
    address.fill("12 Lê Lợi, Hải Phòng")
    address.press("Tab")
    expect(province).to_have_value("31")  # what nobody has picked follows the words
    address.fill("12 Điện Biên Phủ, P. Đa Kao, Q.1, TP.HCM")
    address.press("Tab")
    page.get_by_role("button", name="Phường Tân Định").click()
    expect(ward).to_have_value("26737")
    expect(province).to_have_value("79")
    expect(page.get_by_role("button", name="Phường Sài Gòn")).to_have_count(0)
    page.get_by_role("button", name="Lưu").click()
    expect(page.get_by_text("nay: Phường Tân Định, TP. Hồ Chí Minh")).to_be_visible()
    row = Company.objects.get()
    assert (row.province, row.ward) == ("79", "26737")
    page.goto("/search/?q=da kao")
    expect(page.get_by_role("link", name="Xi măng Hòn Đá").first).to_be_visible()


def test_one_press_on_a_record_page_says_which_ward_it_is_today(world):
    an = world.cast.an
    row = create_company({"name": "Xi măng Hòn Đá", "address": "P. Đa Kao, Q.1, TP.HCM", "owner": an}, by=an)
    page = world.enter(an, row.get_absolute_url())
    page.get_by_role("button", name="Phường Sài Gòn").click()
    expect(page.get_by_text("nay: Phường Sài Gòn, TP. Hồ Chí Minh")).to_be_visible()
    row.refresh_from_db()
    assert (row.province, row.ward) == ("79", "26740")


def test_choosing_a_ward_leaves_who_else_has_the_address(world):
    an, address = world.cast.an, "12 Điện Biên Phủ, P. Đa Kao, Q.1, TP.HCM"
    DuplicateRule.objects.create(kind="company", name="Trùng địa chỉ", criteria=["address"], blocks=False)
    there = create_company({"name": "Gạch Tân", "address": address, "owner": an}, by=an)
    page = world.enter(an, "/companies/new/")
    page.get_by_label("Địa chỉ").fill(address)
    page.get_by_label("Địa chỉ").press("Tab")
    page.get_by_role("button", name="Phường Tân Định").click()
    expect(page.locator("[name=ward]")).to_have_value("26737")
    expect(page.get_by_role("button", name="Phường Tân Định")).to_have_count(0)
    expect(page.get_by_role("link", name=there.record.number)).to_be_visible()


def test_a_ward_is_typed_below_its_province_and_goes_with_it(world):
    page = world.enter(world.cast.an, "/companies/new/")
    province, ward = page.locator("[name=province]"), page.locator("[name=ward]")
    box = page.get_by_role("combobox", name="Phường/Xã")
    box.press_sequentially("bến nghé")  # by a name of before
    page.get_by_role("option", name="Phường Sài Gòn").click()
    expect(ward).to_have_value("26740")
    expect(province).to_have_value("79")
    above = page.get_by_role("combobox", name="Tỉnh/Thành phố")
    above.press_sequentially("hà nội")
    page.get_by_role("option", name="TP. Hà Nội").click()
    expect(ward).to_have_value("")
    box.press_sequentially("hoàn")
    page.get_by_role("option", name="Phường Hoàn Kiếm").click()
    expect(ward).to_have_value("00070")
