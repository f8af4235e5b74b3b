"""«Tìm trùng lặp» over a kind in Chromium: from the button to the last group; calm at a desk and on a phone."""

import pytest
from playwright.sync_api import expect

from pheu.core.tests.looking import walked
from pheu.leads.services import create_lead
from pheu.quality import sweep
from pheu.quality.models import Sweep
from pheu.records import kinds

pytestmark = pytest.mark.django_db(transaction=True)
LONG = "Công ty Cổ phần Đầu tư Xây dựng và Thương mại Xuất nhập khẩu Môi trường Xanh Đại Việt Miền Trung"


@pytest.fixture
def groups(world):
    """Two groups of two, the first by two criteria."""
    an = world.cast.an
    values = [
        {"company_name": "Xi măng Hòn Đá", "phone": "+842438637747", "email": "van@hondacement.example"},
        {"company_name": LONG, "phone": "+842438637747", "email": "van@hondacement.example"},
        {"company_name": "Gạch Đông Á", "phone": "+84903123456"},
        {"company_name": "Sứ Hải Hà", "phone": "+84903123456"},
    ]
    return [create_lead({**one, "owner": an}, by=an) for one in values]


def test_from_the_list_through_all_groups_until_nothing_is_left(world, groups):
    """R1.43, R1.44, R1.45: one group is merged, the other one is none; both can be taken back."""
    page = world.enter(world.cast.an)
    page.goto(f"{world.url}/duplicates/?kind=lead")
    page.get_by_role("button", name="Tìm trùng lặp").click()
    expect(page.get_by_text("Đang so mọi bản ghi")).to_be_visible()
    sweep.work_off(Sweep.objects.get().pk)
    expect(page.get_by_text("Còn 2 nhóm")).to_be_visible()
    page.get_by_role("link", name="Trộn…").first.click()
    page.get_by_role("button", name="Trộn", exact=True).click()
    expect(page).to_have_url(f"{world.url}/leads/{groups[0].pk}/")
    page.goto(f"{world.url}/duplicates/?kind=lead")
    expect(page.get_by_text("Còn 1 nhóm")).to_be_visible()
    page.get_by_role("button", name="Không trùng").click()
    expect(page.get_by_text("Còn 0 nhóm")).to_be_visible()
    page.get_by_role("button", name="Hoàn tác").click()
    expect(page.get_by_text("Còn 1 nhóm")).to_be_visible()


def test_the_page_is_calm_at_a_desk_and_on_a_phone(world, groups):
    an = world.cast.an
    addresses = [f"{world.url}/duplicates/?kind={kind}" for kind in ("lead", "company")]
    sweep.work_off(sweep.begin(kinds.get("lead"), by=an).pk)
    page = world.enter(an)
    assert walked(page, addresses) == {}
    sweep.begin(kinds.get("lead"), by=an)
    assert walked(page, addresses[:1]) == {}
