"""What people do with leads and deals, in a real browser."""

import re

import pytest
from playwright.sync_api import expect

from pheu.conftest import edited, stage_of
from pheu.deals.models import Deal
from pheu.deals.services import create_deal
from pheu.leads.models import Lead
from pheu.leads.services import create_lead
from pheu.people.models import Team

pytestmark = pytest.mark.django_db(transaction=True)


def a_lead(owner, **more):
    known = {
        "company_name": "Xi măng Hòn Đá",
        "person_name": "Đỗ Thị Vân",
        "phone": "+842438637747",
        "need": "Đo khí thải",
    }
    return create_lead(known | {"owner": owner} | more, by=owner)


def test_a_dragged_card_moves_the_deal(world):
    """R3.21: by mouse; the heads of both columns follow."""
    an = world.cast.an
    deal = create_deal({"name": "Trạm nước thải", "expected_amount": 850_000_000, "owner": an}, by=an)
    page = world.enter(an, "/deals/board/")
    quote = stage_of("deal", "Báo giá")
    column = page.locator(f'.cards[data-stage="{quote.pk}"]')
    with page.expect_response(f"**/deals/{deal.pk}/stage/"):
        page.locator(f"#deal-{deal.pk}").drag_to(column)
    expect(column.locator(f"#deal-{deal.pk}")).to_be_visible()
    expect(page.locator(f"#stage-{quote.pk}-head .count")).to_have_text("1")
    assert Deal.objects.get().stage == quote


def test_a_card_moves_with_the_keyboard(world):
    """R3.21: Alt and an arrow, without a mouse."""
    an = world.cast.an
    deal = create_deal({"name": "Trạm nước thải", "owner": an}, by=an)
    page = world.enter(an, "/deals/board/")
    page.locator(f"#deal-{deal.pk}").focus()
    with page.expect_response(f"**/deals/{deal.pk}/stage/"):
        page.keyboard.press("Alt+ArrowRight")
    expect(page.locator(f"#deal-{deal.pk}")).to_be_focused()
    assert Deal.objects.get().stage.name == "Xác định nhu cầu"


def test_a_lead_is_converted_without_a_mouse(world):
    """R0.14-R0.18, R2.02-R2.10: the dialog is keyboard-complete."""
    an = world.cast.an
    lead = a_lead(an)
    page = world.enter(an, lead.get_absolute_url())
    page.get_by_role("link", name="Chuyển thành cơ hội").focus()
    page.keyboard.press("Enter")
    dialog = page.locator("#dialog[open]")
    expect(dialog.get_by_role("heading", name="Chuyển thành cơ hội")).to_be_visible()
    expect(dialog.locator("[name=department]")).to_have_value("Phòng dự án")
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/deals/*/")
    expect(page.locator("h1")).to_have_text("Xi măng Hòn Đá")
    assert Deal.objects.get().contact.full_name == "Đỗ Thị Vân"


def test_the_department_follows_the_chosen_person(world):
    """R0.16."""
    an = world.cast.an
    lead = a_lead(an)
    page = world.enter(an, lead.get_absolute_url())
    page.get_by_role("link", name="Chuyển thành cơ hội").click()
    dialog = page.locator("#dialog[open]")
    dialog.locator("#id_owner-ts-control").click()
    dialog.locator(".ts-dropdown .option", has_text="Lê Kim Chi").click()
    expect(dialog.locator("[name=department]")).to_have_value("Phòng dịch vụ")


def test_choosing_a_company_fills_the_form(world):
    """R0.06."""
    from pheu.parties.services import create_company

    an = world.cast.an
    create_company({"name": "Thép Phú Gia", "phone": "+842543924771", "email": "vp@phugia.example", "owner": an}, by=an)
    page = world.enter(an, "/leads/new/")
    page.locator("[name=company_name]").press_sequentially("phu gia")
    page.get_by_role("option", name="Thép Phú Gia").click()
    expect(page.locator("[name=company_name]")).to_have_value("Thép Phú Gia")
    expect(page.locator("[name=email]")).to_have_value("vp@phugia.example")


def test_a_contact_made_in_place_is_chosen_at_once(world):
    """R0.07: without leaving the lead's form or losing what stands in it."""
    an = world.cast.an
    page = world.enter(an, "/leads/new/")
    page.locator("[name=company_name]").fill("Bia Hà Thành")
    page.locator("[name=person_name]").press_sequentially("Trần Quốc Duy")
    page.get_by_role("button", name="Người liên hệ mới").click()
    dialog = page.locator("#dialog[open]")
    expect(dialog.locator("[name=full_name]")).to_have_value("Trần Quốc Duy")
    dialog.get_by_role("button", name="Lưu").click()
    expect(page.locator("#dialog[open]")).to_have_count(0)
    expect(page.locator("[data-field=person_name] .linked")).to_contain_text("Trần Quốc Duy")
    expect(page.locator("[name=company_name]")).to_have_value("Bia Hà Thành")
    page.get_by_role("button", name="Lưu").click()
    page.wait_for_url(re.compile(r"/leads/\d+/$"))
    assert Lead.objects.get().contact.full_name == "Trần Quốc Duy"


def test_two_people_edit_the_same_field(world):
    """quality.md 2: the second is shown what changed; nothing is overwritten in silence."""
    an, binh = world.cast.an, world.cast.binh
    lead = a_lead(an)
    his, hers = world.enter(binh, lead.get_absolute_url()), world.enter(an, lead.get_absolute_url())
    for page, need in ((his, "Hai ống khói"), (hers, "Bốn ống khói")):
        edited(page, "need").fill(need)
        expect(page.locator("[data-save-bar]")).to_be_visible()
        with page.expect_response(f"**/leads/{lead.pk}/fields/"):
            page.get_by_role("button", name="Cập nhật").click()
    expect(hers.locator("table.clashes")).to_contain_text("Hai ống khói")
    expect(hers.locator("[name=need]")).to_have_value("Bốn ống khói")
    assert Lead.objects.get().need == "Hai ống khói"
    with hers.expect_response(f"**/leads/{lead.pk}/fields/"):
        hers.get_by_role("button", name="Cập nhật").click()
    expect(hers.locator("table.clashes")).to_have_count(0)
    assert Lead.objects.get().need == "Bốn ống khói"


def test_a_note_keeps_unsaved_fields(world):
    an = world.cast.an
    lead = a_lead(an)
    page = world.enter(an, lead.get_absolute_url())
    edited(page, "job_title").fill("Giám đốc")
    page.locator("#note_body").fill("Đã gọi, hẹn thứ Ba")
    page.get_by_role("button", name="Thêm ghi chú").click()
    expect(page.locator("#timeline")).to_contain_text("Đã gọi, hẹn thứ Ba")
    expect(page.locator("[name=job_title]")).to_have_value("Giám đốc")
    expect(page.locator("#note_body")).to_have_value("")
    expect(page.locator("#record-head")).to_contain_text("Đang xử lý")


def test_signing_in_again_over_the_page_keeps_what_was_typed(world):
    """D20: a form left open while the sign-in ran out."""
    from django.contrib.sessions.models import Session

    from pheu.conftest import PASSWORD

    an = world.cast.an
    lead = a_lead(an)
    page = world.enter(an, lead.get_absolute_url())
    edited(page, "need").fill("Bốn ống khói")
    Session.objects.all().delete()
    page.get_by_role("button", name="Cập nhật").click()
    page.locator("#sign-in [name=password]").fill(PASSWORD)
    page.locator("#sign-in").get_by_role("button", name="Đăng nhập").click()
    expect(page.locator("[data-save-bar]")).to_be_hidden()
    expect(page.locator("#timeline")).to_contain_text("Nhu cầu")
    assert Lead.objects.get().need == "Bốn ống khói"


def test_a_double_click_on_save_makes_one_lead(world):
    an = world.cast.an
    page = world.enter(an, "/leads/new/")
    page.locator("[name=company_name]").fill("Bia Hà Thành")
    page.get_by_role("button", name="Lưu").dblclick()
    page.wait_for_url(re.compile(r"/leads/\d+/$"))
    assert Lead.objects.count() == 1


def test_a_manager_ticks_rows_and_hands_them_out(world):
    """R1.17."""
    an, binh, chi = world.cast.an, world.cast.binh, world.cast.chi
    for n in range(3):
        a_lead(an, company_name=f"Công ty {n}")
    page = world.enter(binh, "/leads/?tab=all")
    page.locator("[data-tick-all]").check()
    page.get_by_role("button", name="Phân công").click()
    dialog = page.locator("#dialog[open]")
    dialog.locator("#id_owner-ts-control").fill("Chi")
    dialog.locator(".ts-dropdown .option", has_text="Lê Kim Chi").click()
    dialog.locator(".dialog-foot [type=submit]").click()
    expect(page.locator("#dialog[open]")).to_have_count(0)
    expect(page.locator(".toast")).to_be_visible()
    assert set(Lead.objects.values_list("owner", flat=True)) == {chi.pk}


def test_dropping_on_lost_asks_why_and_goes_back_when_cancelled(world):
    """R4.13, R3.22: through the stage menu of a card."""
    an = world.cast.an
    deal = create_deal({"name": "Trạm nước thải", "owner": an}, by=an)
    lost = stage_of("deal", "Thất bại")
    page = world.enter(an, f"/deals/board/?unfold={lost.pk}")
    page.locator(f"#deal-{deal.pk}").focus()
    page.keyboard.press("m")
    page.locator("#stage-menu").get_by_role("button", name="Thất bại").click()
    dialog = page.locator("#dialog[open]")
    expect(dialog).to_contain_text("Lý do")
    page.keyboard.press("Escape")
    expect(page.locator(f'.cards[data-stage="{deal.stage_id}"] #deal-{deal.pk}')).to_be_visible()
    assert Deal.objects.get().stage == deal.stage


def test_the_conversion_begins_at_what_is_to_be_decided(world):
    """Nothing missing: the button; something missing: its first field. The toast takes it back."""
    an = world.cast.an
    bare = a_lead(an, company_name="", person_name="Anh Minh", phone="", need="Đo khí thải")
    page = world.enter(an, bare.get_absolute_url())
    page.get_by_role("link", name="Chuyển thành cơ hội").click()
    expect(page.locator("#dialog [name=lead-phone]")).to_be_focused()
    lead = a_lead(an)
    page.goto(lead.get_absolute_url())
    page.get_by_role("link", name="Chuyển thành cơ hội").click()
    expect(page.locator("#dialog").get_by_role("button", name="Tạo cơ hội")).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/deals/\d+/$"))
    page.locator(".toast").get_by_role("button", name="Hoàn tác").click()
    page.wait_for_url(re.compile(rf"{lead.get_absolute_url()}$"))
    expect(page.locator("#record-shown")).to_contain_text("Đang xử lý")


def test_the_team_follows_the_chosen_person(world):
    """R1.17: a team of theirs is proposed; one of theirs that was chosen stays."""
    binh, chi = world.cast.binh, world.cast.chi
    chi.teams.add(Team.objects.create(name="Cảng biển"))
    lead = a_lead(world.cast.an)
    page = world.enter(binh, f"/leads/assignment/?ids={lead.pk}")
    owner, team = page.locator("[name=owner]"), page.locator("[name=team]")
    chosen = "(one) => one.selectedOptions[0].textContent"
    assert team.evaluate(chosen) == "Miền Bắc"
    owner.evaluate("(one, pk) => one.tomselect.setValue(pk)", str(chi.pk))
    assert team.evaluate(chosen) == "Miền Nam"
    team.select_option(label="Cảng biển")
    owner.evaluate("(one, pk) => one.tomselect.setValue(pk)", str(chi.pk))
    assert team.evaluate(chosen) == "Cảng biển"
    owner.evaluate("(one, pk) => one.tomselect.setValue(pk)", str(binh.pk))
    assert team.evaluate(chosen) == "Miền Bắc"
    page.get_by_role("button", name="Giao", exact=True).click()
    expect(page.locator(".toast")).to_contain_text("Trần Thanh Bình")
    assert Lead.objects.get().team.name == "Miền Bắc"
