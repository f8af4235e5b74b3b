"""Mail as a person does it: written with its looks, taken back, read, put on a record (R1.39-1.42)."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from pheu.core.tests.looking import walked
from pheu.leads.services import create_lead
from pheu.messaging.models import Consent, EmailTemplate, Message
from pheu.messaging.tests.test_writing_letters import VAN, mailbox_for, received
from pheu.timeline.models import Event


@pytest.fixture
def lead(world, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    an = world.cast.an
    mailbox_for(an)
    return create_lead(
        {"company_name": "Xi măng Hòn Đá", "person_name": "Đỗ Thị Vân", "email": VAN.address, "owner": an}, by=an
    )


def compose(world, lead):
    page = world.enter(world.cast.an, lead.get_absolute_url())
    page.locator("#composer").get_by_role("link", name="Email").click()
    dialog = page.locator("#dialog")
    expect(dialog.locator(".rich")).to_be_visible()
    return page, dialog


def test_a_letter_is_written_with_its_looks_taken_back_and_goes_out(world, lead):
    page, dialog = compose(world, lead)
    expect(dialog.locator(".item").get_by_text(VAN.address)).to_be_visible()
    dialog.get_by_label("Tiêu đề").fill("Báo giá trạm khí thải")
    text = dialog.locator(".rich")
    text.click()
    page.keyboard.type("Kính gửi chị Vân, ")
    dialog.get_by_role("button", name="Đậm").click()
    page.keyboard.type("giá 1,2 tỷ")
    page.keyboard.press("Control+Enter")
    toast = page.locator("#toasts")
    toast.get_by_role("button", name="Hoàn tác").click()
    # It is open again as it was written.
    expect(dialog.get_by_label("Tiêu đề")).to_have_value("Báo giá trạm khí thải")
    expect(text.locator("b, strong")).to_have_text("giá 1,2 tỷ")
    page.keyboard.press("Control+Enter")
    expect(dialog).to_be_hidden()
    message = Message.objects.get()
    assert message.state == "waiting" and "<b>giá 1,2 tỷ</b>" in message.html.replace("strong", "b")


def test_what_is_typed_survives_a_crash_of_the_browser_and_a_template_stands_above_it(world, lead):
    EmailTemplate.objects.create(
        name="Giới thiệu", subject="Kính chào {{ greeting }}", html="<p>Chúng tôi là Sen Việt.</p>"
    )
    page, dialog = compose(world, lead)
    dialog.locator(".rich").click()
    page.keyboard.type("Hẹn chị thứ năm")
    page.goto("about:blank")
    page.goto(lead.get_absolute_url())
    page.locator("#composer").get_by_role("link", name="Email").click()
    text = dialog.locator(".rich")
    expect(text).to_contain_text("Hẹn chị thứ năm")
    dialog.get_by_label("Mẫu").select_option(label="Giới thiệu")
    expect(dialog.get_by_label("Tiêu đề")).to_have_value("Kính chào Đỗ Thị Vân")
    expect(text).to_contain_text("Chúng tôi là Sen Việt.")
    expect(text).to_contain_text("Hẹn chị thứ năm")


def test_what_is_pasted_comes_without_what_runs(world, lead):
    _page, dialog = compose(world, lead)
    text = dialog.locator(".rich")
    text.click()
    paste = """(place, html) => {
        const data = new DataTransfer();
        data.setData("text/html", html);
        data.setData("text/plain", "x");
        place.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
    }"""
    hostile = (
        '<p onclick="x()">Chào <b>chị</b></p><img src=x onerror="document.title=1"><script>document.title=1</script>'
    )
    text.evaluate(paste, hostile)
    expect(text).to_contain_text("Chào chị")
    drawn = text.inner_html()
    assert "onclick" not in drawn and "onerror" not in drawn and "<script" not in drawn


def test_a_received_letter_is_read_in_a_frame_that_runs_nothing(world, lead):
    html = '<p>Chào anh</p><script>top.document.title = "x"</script><img src="https://theo.doi.example/a.gif">'
    message = received(world.cast.an, lead.record, html=html)
    page = world.enter(world.cast.an)
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"/mail/{message.pk}/")
    frame = page.frame_locator("iframe.letter-body")
    expect(frame.get_by_text("Chào anh")).to_be_visible()
    assert page.title() != "x" and not [url for url in asked if "theo.doi" in url]
    low = re.compile(r"^(\d\d|1\d\d)(\.\d+)?px$")
    expect(page.locator("iframe.letter-body")).to_have_css("height", low)  # as high as what stands in it


def test_a_stranger_in_the_inbox_becomes_a_lead(world, lead):
    message = received(world.cast.an, None)
    Message.objects.filter(pk=message.pk).update(at=timezone.now() - timedelta(hours=1))
    page = world.enter(world.cast.an, "/mail/")
    page.get_by_role("button", name="Tạo tiềm năng").click()
    page.wait_for_url("**/leads/**")
    expect(page.locator("#timeline").get_by_text("Về hợp đồng")).to_be_visible()
    assert Event.objects.filter(kind="email.received").count() == 1


def test_the_pages_of_mail_are_accessible_and_fit(world, lead):
    message = received(world.cast.an, None, html="<p>Chào anh</p>")
    page = world.enter(world.cast.an)
    addresses = ["/mail/", "/mail/mailbox/", f"/r/{lead.pk}/mail/", f"/mail/{message.pk}/", "/account/"]
    assert walked(page, addresses) == {}


def test_a_consent_is_noted_ended_and_seen_beside_the_composer(world, lead):
    """Decree 356/2025: each purpose by itself, with whom and when; what was said before is still to be read."""
    page = world.enter(world.cast.an, lead.get_absolute_url())
    ledger = page.locator(".side-card").filter(has=page.get_by_role("link", name="Ghi nhận đồng ý"))
    advertising = ledger.locator(".row").filter(has_text="Quảng cáo")
    expect(page.locator("#composer")).to_be_visible()
    expect(advertising).to_contain_text("chưa hỏi")
    dialog = page.locator("#dialog")
    ledger.get_by_role("link", name="Ghi nhận đồng ý").click()
    dialog.get_by_role("button", name="Ghi nhận đồng ý").click()  # nothing is chosen beforehand
    expect(dialog.locator(".error").first).to_be_visible()
    dialog.get_by_label("Quảng cáo").check()
    dialog.get_by_label("Biết từ đâu").select_option(label="Cuộc trao đổi")
    dialog.get_by_label("Khách đồng ý với câu nào").fill("Tôi đồng ý nhận bản tin mỗi tháng")
    dialog.get_by_role("button", name="Ghi nhận đồng ý").click()
    expect(dialog).to_be_hidden()
    expect(advertising).to_contain_text("đồng ý")
    ledger.get_by_role("link", name="Ghi nhận rút lại").click()
    dialog.get_by_label("Quảng cáo").check()
    dialog.get_by_label("Biết từ đâu").select_option(label="Cuộc trao đổi")
    dialog.get_by_role("button", name="Ghi nhận rút lại").click()
    expect(dialog).to_be_hidden()
    expect(advertising).to_contain_text("đã rút lại")
    assert list(Consent.objects.order_by("pk").values_list("given", flat=True)) == [True, False]
    ledger.get_by_role("link", name="Ghi nhận đồng ý").click()
    dialog.get_by_text("Đã ghi nhận trước đây").click()
    expect(dialog.get_by_text("Tôi đồng ý nhận bản tin mỗi tháng")).to_be_visible()


def test_a_draft_is_kept_found_in_the_inbox_and_written_on(world, lead):
    page, dialog = compose(world, lead)
    dialog.locator(".rich").click()
    page.keyboard.type("Kính gửi chị")
    dialog.get_by_role("button", name="Lưu nháp").click()
    expect(dialog).to_be_hidden()
    page.goto("/mail/?show=drafts")
    page.get_by_role("link", name="Sửa").click()
    expect(dialog.locator(".rich")).to_contain_text("Kính gửi chị")
    dialog.get_by_label("Tiêu đề").fill("Báo giá")
    page.keyboard.press("Enter")  # sends, as in every form
    expect(dialog).to_be_hidden()
    assert Message.objects.get().state == "waiting"
