"""A record's page: it reads as a page, is edited in place, and leads on through the list one came from (R0.05-0.07)."""

import re

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from pheu.conftest import edited
from pheu.deals.services import create_deal
from pheu.leads.models import Lead
from pheu.leads.services import change_lead, create_lead
from pheu.parties.services import create_company, create_contact

in_browser = pytest.mark.django_db(transaction=True)
NEED = "Đo SO₂ và NOₓ ở hai ống khói của dây chuyền 2, truyền số liệu về Sở.\nHồ sơ trước ngày 30/11, thêm một tủ."


def a_lead(owner, **more):
    known = {"company_name": "Xi măng Hòn Đá", "phone": "+842438637747", "email": "van@hd.example", "need": NEED}
    return create_lead(known | {"owner": owner} | more, by=owner)


# Reading and editing ------------------------------------------------------------------------------------------------


@in_browser
def test_fields_read_as_a_page_and_open_on_a_click(world):
    an = world.cast.an
    lead = a_lead(an)
    page = world.enter(an, lead.get_absolute_url())
    fields = page.locator("#record-fields")
    expect(fields.get_by_role("link", name="024 3863 7747")).to_have_attribute("href", "tel:+842438637747")
    expect(fields.get_by_role("link", name="van@hd.example")).to_have_attribute("href", "mailto:van@hd.example")
    expect(fields.locator("[data-field=need] .whole")).to_have_text(NEED)
    assert not fields.locator("input:visible:not([type=radio]), select:visible, textarea:visible").all()
    fields.locator("[data-field=need] .shown").click()
    expect(fields.locator("[name=need]")).to_be_focused()


@in_browser
def test_enter_opens_a_field_enter_saves_it_and_the_focus_stays(world):
    an = world.cast.an
    lead = a_lead(an, job_title="Trưởng phòng")
    page = world.enter(an, lead.get_absolute_url())
    button = page.get_by_role("button", name="Sửa: Chức vụ")
    button.press("Enter")
    expect(page.locator("[name=job_title]")).to_be_focused()
    page.locator("[name=job_title]").fill("Giám đốc")
    with page.expect_response(f"**/leads/{lead.pk}/fields/"):
        page.keyboard.press("Enter")
    expect(button).to_be_focused()
    expect(page.locator("[data-field=job_title] .shown")).to_contain_text("Giám đốc")
    assert Lead.objects.get().job_title == "Giám đốc"


@in_browser
def test_tab_comes_to_saving_before_dropping(world):
    page = world.enter(world.cast.an, a_lead(world.cast.an).get_absolute_url())
    edited(page, "need").fill("Khác")
    order = page.evaluate("[...document.querySelectorAll('[data-save-bar] button')].map((one) => one.innerText.trim())")
    assert order == ["Cập nhật", "Bỏ"]
    page.get_by_role("button", name="Cập nhật").focus()
    page.keyboard.press("Tab")
    expect(page.locator("[data-discard]")).to_be_focused()


@in_browser
def test_escape_puts_a_field_back(world):
    an = world.cast.an
    page = world.enter(an, a_lead(an, job_title="Trưởng phòng").get_absolute_url())
    button = page.get_by_role("button", name="Sửa: Chức vụ")
    button.press("F2")
    page.locator("[name=job_title]").fill("Giám đốc")
    expect(page.locator("[data-save-bar]")).to_be_visible()
    page.keyboard.press("Escape")
    expect(button).to_be_focused()
    expect(page.locator("[name=job_title]")).to_be_hidden()
    expect(page.locator("[data-save-bar]")).to_be_hidden()


@in_browser
def test_a_changed_and_a_refused_field_stay_open(world):
    an = world.cast.an
    lead = a_lead(an)
    page = world.enter(an, lead.get_absolute_url())
    edited(page, "email").fill("không phải")
    page.locator("h1").click()
    expect(page.locator("[name=email]")).to_be_visible()
    with page.expect_response(f"**/leads/{lead.pk}/fields/"):
        page.get_by_role("button", name="Cập nhật").click()
    expect(page.locator("[name=email]")).to_be_visible()
    expect(page.locator("[data-field=email] .error")).to_be_visible()


@in_browser
def test_empty_fields_fold_away(world):
    an = world.cast.an
    page = world.enter(an, a_lead(an).get_absolute_url())
    group = page.locator("#record-fields .group", has=page.locator("[data-field=company_name]"))
    expect(group.locator("[data-field=website] .shown")).to_be_hidden()
    group.get_by_text(re.compile(r"\+ \d+ trường trống")).click()
    expect(group.locator("[data-field=website] .shown")).to_be_visible()


@in_browser
def test_what_everybody_asks_first_shows_while_it_is_empty(world):
    """Amount, closing date and owner; a click on the dash is where one types."""
    an = world.cast.an
    deal = create_deal({"name": "Trạm nước thải", "owner": an}, by=an)
    page = world.enter(an, deal.get_absolute_url())
    fields = page.locator("#record-fields")
    for name in ("expected_amount", "expected_close_on"):
        expect(fields.locator(f"[data-field={name}] .shown")).to_contain_text("—")
    expect(fields.get_by_text("Người phụ trách")).to_be_visible()
    fields.locator("[data-field=expected_amount] .shown").click()
    page.keyboard.type("1,5 tỷ")
    page.keyboard.press("Enter")
    expect(fields.locator("[data-field=expected_amount] .shown")).to_contain_text("1.500.000.000")


def test_without_scripts_it_is_a_form(client, an):
    """Every field has its control with what the person saw, folded or not; a refusal opens what is wrong."""
    lead = a_lead(an)
    client.force_login(an)
    page = client.get(lead.get_absolute_url()).text
    assert 'name="website"' in page
    assert 'name="initial-website"' in page
    refused = client.post(reverse("lead-save", args=[lead.pk]), {"website": "x" * 400, "initial-website": ""})
    assert refused.status_code == 422
    folded = re.findall(r"<details class=\"more-facts\">.*?</details>", refused.text, re.DOTALL)
    assert not [one for one in folded if 'name="website"' in one]


@in_browser
def test_a_moment_is_picked_with_its_hour(world):
    an = world.cast.an
    lead = a_lead(an)
    page = world.enter(an, lead.get_absolute_url())
    edited(page, "due_at").wait_for()
    picker = page.locator("[data-field=due_at] .native-date")
    expect(picker).to_have_attribute("type", "datetime-local")
    picker.evaluate("(one) => { one.value = '2026-12-31T14:30'; one.dispatchEvent(new Event('change')); }")
    expect(page.locator("[name=due_at]")).to_have_value("31/12/2026 14:30")


# Its place ----------------------------------------------------------------------------------------------------------


@in_browser
def test_columns_scroll_by_themselves_under_the_head_and_over_the_bar(world):
    an = world.cast.an
    page = world.enter(an, a_lead(an).get_absolute_url())
    page.set_viewport_size({"width": 1440, "height": 500})
    edited(page, "need").fill("Khác")
    bar, head = page.locator("[data-save-bar]").bounding_box(), page.locator("#record-head").bounding_box()
    columns = page.locator(".record").bounding_box()
    assert (bar["x"], bar["width"]) == (columns["x"], columns["width"])
    page.locator("#record-fields").evaluate("(one) => one.scrollTo(0, 400)")
    assert page.locator("#record-fields").evaluate("(one) => one.scrollTop") > 100
    assert page.locator("#record-centre").evaluate("(one) => one.scrollTop") == 0
    assert page.locator("#record-head").bounding_box() == head
    assert page.evaluate("document.documentElement.scrollHeight") == 500


@in_browser
def test_on_a_phone_unsaved_edits_stay_in_sight_down_to_the_last_panel(world):
    an = world.cast.an
    page = world.enter(an, a_lead(an).get_absolute_url())
    page.set_viewport_size({"width": 390, "height": 700})
    edited(page, "need").fill("Khác")
    page.get_by_role("button", name="Theo dõi").last.scroll_into_view_if_needed()
    bar = page.locator("[data-save-bar]")
    expect(bar).to_be_in_viewport(ratio=1)
    box = bar.bounding_box()
    assert (box["x"], box["width"]) == (0, 390)


@in_browser
def test_on_through_the_list_one_came_from_though_its_order_changes(world):
    """Each is edited, and so moves to the top of its list; one goes on where one was."""
    an = world.cast.an
    for name in ("Một", "Hai", "Ba", "Bốn"):
        a_lead(an, name=name, priority=3 if name == "Ba" else 0)
    page = world.enter(an, "/leads/?tab=all")
    page.locator("#rows").get_by_role("link", name="Bốn").click()
    for name in ("Ba", "Hai"):
        change_lead(Lead.objects.get(name=page.locator("h1").inner_text()), {"job_title": ("", "x")}, by=an)
        page.get_by_role("link", name="Bản ghi sau").click()
        expect(page.locator("h1")).to_have_text(name)
    page.get_by_role("link", name="Bản ghi sau").click()
    page.get_by_role("link", name="Bản ghi sau").click()
    expect(page.locator("h1")).to_have_text("Một")
    expect(page.locator(".toast")).to_contain_text("cuối danh sách")
    page.get_by_role("navigation", name="Tiềm năng", exact=True).get_by_role("link", name="Bản ghi trước").click()
    expect(page.locator("h1")).to_have_text("Hai")


@pytest.mark.parametrize("sort", ["-updated_at", "name", "-expected_amount", "expected_amount", "due_at"])
def test_next_and_previous_walk_a_list_from_end_to_end(client, an, sort):
    """Empty values stand last in both directions; a filter and the tab come along."""
    for nth in range(5):
        a_lead(an, name=f"Số {nth}", priority=1, expected_amount=(None, 5, 5, None, 7)[nth])
    a_lead(an, name="Không lọc", priority=2)
    client.force_login(an)
    listed = client.get(f"/leads/?tab=all&sort={sort}&priority=1").context["listing"].rows
    places = {row.pk: f"?{row.place.removeprefix('?')}" for row in listed}
    for which, order in (("next", listed), ("previous", listed[::-1])):
        at, walked = order[0], [order[0].pk]
        place = places[at.pk]
        while True:
            answer = client.get(f"/leads/{walked[-1]}/{which}/{place}")
            found, _mark, place = answer["Location"].partition("?")
            place = f"?{place}"
            if int(found.split("/")[2]) == walked[-1]:
                break
            walked.append(int(found.split("/")[2]))
        assert walked == [row.pk for row in order]


@in_browser
def test_the_menu_copies_the_link_and_follows(world):
    an = world.cast.an
    lead = a_lead(an)
    page = world.enter(an, lead.get_absolute_url())
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Thêm", exact=True).first.click()
    page.get_by_role("button", name="Chép liên kết").click()
    expect(page.locator(".toast")).to_contain_text("Đã chép liên kết")
    assert page.evaluate("navigator.clipboard.readText()") == world.url + lead.get_absolute_url()
    page.locator("[popovertarget=menu-record]").click()
    page.locator("#menu-record").get_by_role("button", name="Theo dõi").click()
    expect(page.locator("#record-side")).to_contain_text("Bỏ theo dõi")


# One field for a name and for the record of that name -----------------------------------------------------------


@in_browser
def test_a_name_proposes_companies_and_keeps_the_chosen_one(world):
    """R0.06: «Công ty có sẵn» and «Tên công ty» are one."""
    an = world.cast.an
    company = create_company({"name": "Thép Phú Gia", "tax_code": "0100109106", "type": "prospect"}, by=an)
    page = world.enter(an, "/leads/new/")
    page.locator("[name=company_name]").press_sequentially("phu")
    page.get_by_role("option", name="Thép Phú Gia").wait_for()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("[name=company_name]")).to_have_value("Thép Phú Gia")
    expect(page.locator("[data-field=company_name] .linked")).to_contain_text("Thép Phú Gia")
    page.get_by_role("button", name="Lưu").click()
    page.wait_for_url(re.compile(r"/leads/\d+/$"))
    lead = Lead.objects.get()
    assert (lead.company, lead.tax_code) == (company, "0100109106")
    shown = page.locator("[data-field=company_name] .shown").get_by_role("link", name="Thép Phú Gia")
    expect(shown).to_have_attribute("href", company.get_absolute_url())


@in_browser
def test_typing_on_after_choosing_is_another_name(world):
    an = world.cast.an
    create_company({"name": "Thép Phú Gia", "type": "prospect"}, by=an)
    page = world.enter(an, "/leads/new/")
    page.locator("[name=company_name]").press_sequentially("phu gia")
    page.get_by_role("option", name="Thép Phú Gia").click()
    page.locator("[name=company_name]").press_sequentially(" Miền Nam")
    expect(page.locator(".linked")).to_have_count(0)
    page.get_by_role("button", name="Lưu").click()
    page.wait_for_url(re.compile(r"/leads/\d+/$"))
    lead = Lead.objects.get()
    assert (lead.company, lead.company_name) == (None, "Thép Phú Gia Miền Nam")


@in_browser
def test_a_contact_brings_the_company(world):
    """R0.06."""
    an = world.cast.an
    company = create_company({"name": "Thép Phú Gia", "type": "prospect"}, by=an)
    create_contact({"full_name": "Trần Quốc Duy", "phone": "+84903123456", "company": company}, by=an)
    page = world.enter(an, "/leads/new/")
    page.locator("[name=person_name]").press_sequentially("duy")
    page.get_by_role("option", name="Trần Quốc Duy").click()
    expect(page.locator("[name=company_name]")).to_have_value("Thép Phú Gia")
    expect(page.locator("[name=company]")).to_have_value(str(company.pk))


@in_browser
def test_a_name_that_nothing_has_leaves_the_next_field_in_reach(world):
    """R0.07: the way to make one stands beside the text; an arrow key opens the menu with it."""
    page = world.enter(world.cast.an, a_lead(world.cast.an).get_absolute_url())
    name = edited(page, "person_name")
    name.fill("Đỗ Thị Vân")
    page.get_by_role("button", name="Người liên hệ mới").wait_for()
    edited(page, "email").fill("van.dt@khach.example")
    expect(page.get_by_role("button", name="Người liên hệ mới")).to_have_count(0)
    name.press("End")
    page.keyboard.type(" Anh")
    page.get_by_role("button", name="Người liên hệ mới").wait_for()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("#dialog[open] [name=full_name]")).to_have_value("Đỗ Thị Vân Anh")


def test_a_company_that_a_role_hides_is_not_linked(client, an):
    company = create_company({"name": "Thép Phú Gia", "type": "prospect"}, by=an)
    lead = a_lead(an, company=company)
    an.role.fields = {"lead": {"company": "hidden"}}
    an.role.save()
    client.force_login(an)
    page = client.get(lead.get_absolute_url()).text
    assert "Xi măng Hòn Đá" in page
    assert company.get_absolute_url() not in page
    assert 'name="company"' not in page


def test_a_record_that_may_not_be_chosen_is_refused_beside_the_name(client, an, chi):
    an.role.grants = dict.fromkeys(("work", "party"), an.role.grants["work"])
    an.role.save()
    hidden = create_company({"name": "Của Chi", "type": "prospect", "owner": chi}, by=chi)
    client.force_login(an)
    answer = client.post("/leads/new/", {"company_name": "Của Chi", "company": hidden.pk})
    assert answer.status_code == 422
    assert answer.context["form"].errors.keys() == {"company_name"}


# Who has it already ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "asked", ["phone=024 3863 7747", "phone=%2B842438637747", "email=VAN@hd.example", "tax_code=0100109106"]
)
def test_who_has_the_same_is_named(client, django_assert_max_num_queries, an, asked):
    lead = a_lead(an, tax_code="0100109106", name="Trạm khí thải")
    client.force_login(an)
    with django_assert_max_num_queries(4):  # the session, the person, whether there are duplicate rules
        named = client.get(f"/leads/same/?{asked}").text
    assert lead.number in named
    assert lead.number not in client.get(f"/leads/same/?{asked}&but={lead.pk}").text


def test_whom_one_may_not_see_is_not_named(client, an, chi):
    lead = a_lead(an)
    client.force_login(chi)
    assert lead.number not in client.get("/leads/same/?phone=02438637747").text


@pytest.mark.parametrize("asked", ["", "phone=", "phone=abc", "need=Đo", "email=%00", "tax_code=" + "9" * 5000, "x=1"])
def test_what_nobody_has_names_nobody(client, an, asked):
    a_lead(an)
    client.force_login(an)
    answer = client.get(f"/leads/same/?{asked}")
    assert (answer.status_code, "TN-" in answer.text) == (200, False)


@in_browser
def test_another_with_the_same_phone_is_named_beside_the_field(world):
    an = world.cast.an
    company = create_company({"name": "Thép Phú Gia", "type": "prospect"}, by=an)
    contact = create_contact({"full_name": "Trần Quốc Duy", "phone": "+84903123456", "company": company}, by=an)
    page = world.enter(an, "/leads/new/")
    page.locator("[name=phone]").fill("0903 123 456")
    page.keyboard.press("Tab")
    link = page.locator("[data-field=phone]").get_by_role("link", name="Trần Quốc Duy")
    expect(link).to_have_attribute("href", contact.get_absolute_url())
    page = world.enter(an, a_lead(an).get_absolute_url())
    edited(page, "phone").fill("0903 123 456")
    page.keyboard.press("Tab")
    expect(page.locator("[data-field=phone]").get_by_role("link", name="Trần Quốc Duy")).to_be_visible()
