"""What is typed and not sent, and «Back» after saving, in Chromium."""

import re

from django.test import Client
from django.utils import timezone
from playwright.sync_api import expect

from pheu.activities.models import ActivityType
from pheu.activities.services import schedule_activity
from pheu.conftest import edited
from pheu.leads.models import Lead
from pheu.leads.services import create_lead
from pheu.timeline.services import change

A_LEAD = re.compile(r"/leads/\d+/$")


def test_back_after_saving_and_saving_again_leads_to_the_record_that_was_made(world):
    """Issue 6, 3: one form, one record."""
    page = world.enter(world.cast.an, "/leads/new/")
    page.fill("[name=company_name]", "Xi măng Hòn Đá")
    page.get_by_role("button", name="Lưu", exact=True).click()
    page.wait_for_url(A_LEAD)
    made = page.url
    page.go_back()
    assert page.input_value("[name=company_name]") == "Xi măng Hòn Đá"
    page.fill("[name=email]", "van@hondacement.example")
    page.get_by_role("button", name="Lưu", exact=True).click()
    page.wait_for_url(made)
    page.locator(".toast[data-level=warning]").wait_for()
    assert Lead.objects.count() == 1

    page.get_by_role("link", name="Tiềm năng").first.click()
    page.goto("/leads/new/")
    page.fill("[name=company_name]", "Thép Sông Đà")
    page.get_by_role("button", name="Lưu", exact=True).click()
    page.wait_for_url(A_LEAD)
    assert page.url != made
    assert Lead.objects.count() == 2


FULL = "() => { Storage.prototype.setItem = () => { throw new Error('full') } }"


def listened(page):
    """What the browser asked, from now on, before a page was left."""
    asked = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    return asked


def test_saving_what_is_new_warns_of_no_loss(world):
    page = world.enter(world.cast.an, "/leads/new/")
    asked = listened(page)
    page.evaluate(FULL)  # no draft speaks for it
    page.locator("[name=company_name]").press_sequentially("Xi măng Hòn Đá")
    page.get_by_role("button", name="Lưu", exact=True).click()
    page.wait_for_url(A_LEAD)
    assert asked == []


def test_who_leaves_is_warned_only_of_words_that_no_draft_keeps(world):
    page = world.enter(world.cast.an, "/leads/new/")
    asked = listened(page)
    page.locator("[name=company_name]").press_sequentially("Xi măng Hòn Đá")
    page.goto("/leads/")
    assert asked == []
    page.goto("/leads/new/")
    expect(page.locator("[name=company_name]")).to_have_value("Xi măng Hòn Đá")
    page.evaluate(FULL)
    page.locator("[name=company_name]").press_sequentially(" 2")
    page.goto("/leads/")
    assert asked == ["beforeunload"]


def test_a_step_on_the_stage_bar_asks_nothing_of_unsaved_fields(world):
    page = world.enter(world.cast.an, a_lead(world).get_absolute_url())
    asked = listened(page)
    edited(page, "company_name").press_sequentially(" 2")
    page.locator(".record-head").get_by_role("button", name="Đang xử lý").click()
    expect(page.locator(".record-head [aria-current=step]")).to_contain_text("Đang xử lý")
    expect(page.locator("[name=company_name]")).to_have_value("Xi măng Hòn Đá 2")
    assert asked == []


KEPT = "Object.keys(localStorage).filter((key) => key.startsWith('pheu-draft:')).length"


def a_lead(world):
    return create_lead({"company_name": "Xi măng Hòn Đá", "need": "Đo bụi", "owner": world.cast.an}, by=world.cast.an)


def kept(page, many):
    page.wait_for_function(f"() => {KEPT} === {many}")


def test_an_unsaved_note_waits_until_it_is_sent(world):
    """Issue 6, 3: said on coming back; gone when sent."""
    lead = a_lead(world)
    page = world.enter(world.cast.an, lead.get_absolute_url())
    page.fill("#note_body", "Khách hẹn\nsau Tết")
    page.goto("/leads/")
    page.goto(lead.get_absolute_url())
    page.locator("#composer").get_by_text(re.compile(r"Bản nháp từ \d\d:\d\d ·")).wait_for()
    assert page.input_value("#note_body") == "Khách hẹn\nsau Tết"
    page.get_by_role("button", name="Thêm ghi chú").click()
    page.locator("#timeline").get_by_text("sau Tết").wait_for()
    kept(page, 0)
    assert not page.locator("#composer").get_by_text("Bản nháp từ").is_visible()
    page.reload()
    assert page.input_value("#note_body") == ""


def test_a_draft_is_dropped_with_one_press_and_for_good(world):
    lead = a_lead(world)
    page = world.enter(world.cast.an, lead.get_absolute_url())
    page.fill("#note_body", "Nhầm khách")
    kept(page, 1)
    page.reload()
    page.get_by_role("button", name="Bỏ bản nháp").first.click()
    kept(page, 0)
    assert page.input_value("#note_body") == ""
    page.reload()
    page.locator("#composer").wait_for()
    assert page.input_value("#note_body") == ""


def test_unsaved_fields_wait_with_what_the_person_saw_in_them(world):
    """Who changed the same field meanwhile is not written over unseen (promise 2)."""
    lead = a_lead(world)
    page = world.enter(world.cast.an, lead.get_absolute_url())
    page.on("dialog", lambda asked: asked.accept())
    edited(page, "need").fill("Đo SO₂")
    edited(page, "job_title").fill("Trưởng phòng")
    kept(page, 1)
    page.goto("/leads/")
    change(lead, {"need": ("Đo bụi", "Đo nước thải"), "website": ("", "hd.vn")}, by=world.cast.binh)
    page.goto(lead.get_absolute_url())
    page.locator("#fields-form").get_by_text("Bản nháp từ").wait_for()
    assert page.input_value("#fields-form [name=need]") == "Đo SO₂"
    assert page.input_value("#fields-form [name=website]") == "hd.vn"
    page.get_by_text("2 thay đổi chưa lưu").wait_for()
    page.get_by_role("button", name="Cập nhật").click()
    page.locator("table.clashes").get_by_text("Đo nước thải").wait_for()
    page.get_by_role("button", name="Cập nhật").click()
    page.locator("#timeline").get_by_text("Chức vụ").first.wait_for()
    kept(page, 0)
    lead.refresh_from_db()
    assert (lead.need, lead.job_title, lead.website) == ("Đo SO₂", "Trưởng phòng", "hd.vn")


def test_discarding_in_the_save_bar_puts_back_what_is_so_now(world):
    lead = a_lead(world)
    page = world.enter(world.cast.an, lead.get_absolute_url())
    page.on("dialog", lambda asked: asked.accept())
    edited(page, "need").fill("Đo SO₂")
    kept(page, 1)
    page.goto("/leads/")
    change(lead, {"need": ("Đo bụi", "Đo nước thải")}, by=world.cast.binh)
    page.goto(lead.get_absolute_url())
    page.locator("[data-save-bar]").get_by_role("button", name="Bỏ", exact=True).click()
    kept(page, 0)
    assert page.input_value("#fields-form [name=need]") == "Đo nước thải"
    assert page.locator("#fields-form [name=initial-need]").get_attribute("value") == "Đo nước thải"
    page.locator("[data-save-bar]").wait_for(state="hidden")


def test_the_result_of_an_activity_and_a_new_record_wait_too(world):
    lead, an = a_lead(world), world.cast.an
    planned = schedule_activity(
        lead.record, what=ActivityType.objects.all()[0], due_at=timezone.now(), assignee=an, by=an
    )
    page = world.enter(an, lead.get_absolute_url())
    opener, dialog = page.locator(f"#record-side a[href='/activities/{planned.pk}/result/']"), page.locator("#dialog")
    opener.click()
    dialog.get_by_label("Kết quả", exact=True).fill("Khách bận, gọi lại chiều mai")
    page.keyboard.press("Escape")
    opener.click()
    dialog.get_by_text("Bản nháp từ").wait_for()
    assert dialog.get_by_label("Kết quả", exact=True).input_value() == "Khách bận, gọi lại chiều mai"
    page.keyboard.press("Control+Enter")
    page.locator("#timeline").get_by_text("Khách bận, gọi lại chiều mai").wait_for()
    kept(page, 0)

    page.on("dialog", lambda asked: asked.accept())
    page.goto("/leads/new/")
    page.fill("[name=company_name]", "Thép Sông Đà")
    page.locator("label", has_text="Ưu tiên 2").click()
    kept(page, 1)
    page.goto("/leads/")
    page.goto("/leads/new/")
    page.get_by_text("Bản nháp từ").wait_for()
    assert page.input_value("[name=company_name]") == "Thép Sông Đà"
    assert page.locator("[name=priority][value='2']").is_checked()
    page.get_by_role("button", name="Lưu", exact=True).click()
    page.wait_for_url(A_LEAD)
    kept(page, 0)
    assert Lead.objects.filter(company_name="Thép Sông Đà", priority=2).count() == 1


def test_drafts_are_each_persons_own_and_go_with_signing_out(world):
    lead = a_lead(world)
    page = world.enter(world.cast.an, lead.get_absolute_url())
    page.fill("#note_body", "Giá sàn là 1,2 tỷ")
    kept(page, 1)
    sign_in(page, world, world.cast.binh)
    page.goto(lead.get_absolute_url())
    assert page.input_value("#note_body") == ""
    page.fill("#note_body", "Của Bình")
    kept(page, 2)
    sign_in(page, world, world.cast.an)
    page.goto(lead.get_absolute_url())
    page.get_by_text("Bản nháp từ").wait_for()
    assert page.input_value("#note_body") == "Giá sàn là 1,2 tỷ"
    page.locator("[popovertarget^=person-menu]").locator("visible=true").first.click()
    page.get_by_role("button", name="Đăng xuất").click()
    page.wait_for_url("**/accounts/login/**")
    assert page.evaluate(KEPT) == 0


def sign_in(page, world, user):
    """Another person in the same browser; a session that ran out is no signing out."""
    client = Client()
    client.force_login(user)
    page.context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": world.url}])


def test_two_tabs_keep_their_words_apart_and_what_was_sent_is_so_in_both(world):
    lead = a_lead(world)
    page = world.enter(world.cast.an, lead.get_absolute_url())
    page.fill("#note_body", "Một")
    kept(page, 1)
    other = page.context.new_page()
    other.goto(lead.get_absolute_url())
    other.get_by_text("Bản nháp từ").wait_for()
    assert other.input_value("#note_body") == "Một"
    page.get_by_role("button", name="Thêm ghi chú").click()
    other.wait_for_function("() => document.querySelector('#note_body').value === ''")
    kept(other, 0)

    page.fill("#note_body", "Ở trang này")
    kept(page, 1)
    other.fill("#note_body", "Ở trang kia")
    kept(page, 2)
    for one, words in ((page, "Ở trang này"), (other, "Ở trang kia")):
        one.reload()
        one.get_by_text("Bản nháp từ").wait_for()
        assert one.input_value("#note_body") == words


def test_drafts_are_few_small_and_not_old(world):
    lead = a_lead(world)
    page = world.enter(world.cast.an)
    me = world.cast.an.pk
    page.evaluate(
        """(me) => {
          const day = 24 * 3600 * 1000;
          const fields = {body: [["x"]]};
          const put = (key, at) => localStorage.setItem(`pheu-draft:${me}:${key}`, JSON.stringify({at, fields}));
          for (let nth = 0; nth < 40; nth++) put(`/r/${nth + 100000}/notes/:t`, Date.now() - nth);
          put("/r/999/notes/:t", Date.now() - 15 * day);
          localStorage.setItem(`pheu-draft:${me}:junk`, "{");
          localStorage.setItem("pheu-theme", "dark");
        }""",
        me,
    )
    page.goto(lead.get_absolute_url())
    kept(page, 30)
    assert page.evaluate("localStorage.getItem('pheu-theme')") == "dark"
    page.locator("#note_body").evaluate("(field) => field.removeAttribute('maxlength')")
    page.fill("#note_body", "x" * 100_001)
    page.goto("/leads/")
    page.goto(lead.get_absolute_url())
    slots = page.evaluate("Object.keys(localStorage)")
    assert not [slot for slot in slots if f"/r/{lead.pk}/notes/" in slot]
    assert page.input_value("#note_body") == ""


def test_a_note_whose_answer_was_lost_is_not_written_twice(world):
    lead = a_lead(world)
    page = world.enter(world.cast.an, lead.get_absolute_url())
    page.fill("#note_body", "Gửi một lần")
    kept(page, 1)

    def lose(route):
        route.fetch()
        route.abort()

    page.route("**/notes/", lose)
    page.get_by_role("button", name="Thêm ghi chú").click()
    page.locator(".toast[data-level=error]").wait_for()
    page.unroute("**/notes/")
    page.reload()
    page.get_by_text("Bản nháp từ").wait_for()
    page.get_by_role("button", name="Thêm ghi chú").click()
    kept(page, 0)
    page.locator("#timeline").get_by_text("Gửi một lần").wait_for()
    assert lead.record.notes.count() == 1


def test_back_brings_every_unsaved_field_and_counts_it(world):
    """What will be saved is what one sees: no input holds another value than the field shows."""
    an = world.cast.an
    lead = create_lead({"company_name": "Xi măng Hòn Đá", "job_title": "Kế toán", "owner": an}, by=an)
    page = world.enter(an, lead.get_absolute_url())
    page.on("dialog", lambda question: question.accept())
    edited(page, "job_title").fill("Trưởng phòng")
    edited(page, "phone").fill("0936 664 919")
    page.locator(".sidebar").get_by_role("link", name="Cơ hội").click()
    page.wait_for_url("**/deals/")
    page.go_back()
    for name, value in (("job_title", "Trưởng phòng"), ("phone", "0936 664 919")):
        expect(page.locator(f'.field[data-field="{name}"][data-changed]')).to_have_count(1)
        expect(page.locator(f"#fields-form [name={name}]")).to_have_value(value)
    expect(page.locator("[data-dirty-count]")).to_have_text("2 thay đổi chưa lưu")
