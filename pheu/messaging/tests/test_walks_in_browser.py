"""From a setting to what comes of it: a team's alias (R3.09-3.10), letters that go by themselves (R0.32, D2)."""

import re

from playwright.sync_api import expect

from pheu.deals.models import Deal
from pheu.leads.models import Lead
from pheu.leads.services import change_lead
from pheu.messaging import mailboxes
from pheu.messaging.channels.email.letters import Address, Attached
from pheu.messaging.models import Message
from pheu.messaging.tests.test_by_itself import work_off
from pheu.messaging.tests.test_receiving import mail, read
from pheu.messaging.tests.test_sending_letters import columns
from pheu.messaging.tests.test_writing_letters import mailbox_for
from pheu.people.models import Profile

LA = Address("Phạm Văn Lạ", "la@khac.example")


def test_a_team_gets_an_alias_and_a_letter_to_it_becomes_its_deal(world, mailbox, recorder, settings, tmp_path):
    """R3.09, R3.10: set by an administrator, seen by who leads the team; the answer comes to the same deal."""
    settings.MEDIA_ROOT = tmp_path
    cast = world.cast
    page = world.enter(cast.dung, "/setup/teams/")
    page.locator(".setup-item", has_text="Miền Bắc").get_by_role("link", name="Sửa").click()
    dialog = page.locator("#dialog[open]")
    dialog.get_by_label("Bí danh email").fill("kinhdoanh.bac")
    dialog.get_by_role("button", name="Lưu").click()
    expect(page.locator(".setup-item", has_text="Miền Bắc")).to_contain_text("kinhdoanh.bac")
    ours = mailboxes.connect(columns(mailbox, recorder), key=mailbox.login.password, by=cast.binh)
    alias = Address("", f"kinhdoanh.bac@{ours.address.partition('@')[2]}")
    file = Attached("mặt bằng.pdf", "application/pdf", b"%PDF-1.4 x")
    mailbox.deliver(mail(LA, to=alias, subject="Cần báo giá quan trắc", files=[file], n=1))
    read(ours)
    page = world.enter(cast.binh, "/deals/?tab=all")
    page.get_by_role("link", name="Cần báo giá quan trắc").click()
    expect(page).to_have_url(re.compile(rf"{Deal.objects.get().get_absolute_url()}"))
    expect(page.locator("#content")).to_contain_text(LA.name)
    page.get_by_role("link", name="Xem thư").click()
    expect(page.get_by_role("link", name="mặt bằng.pdf")).to_be_visible()
    page.keyboard.press("Escape")
    answer = mail(
        LA, to=alias, subject="Re: Cần báo giá", text="Gửi thêm bản vẽ.", in_reply_to="<1@hondacement.example>", n=2
    )
    mailbox.deliver(answer)
    read(ours)
    page.reload()
    expect(page.locator("#content")).to_contain_text("Gửi thêm bản vẽ.")
    assert Deal.objects.count() == 1


def test_a_template_goes_out_by_itself_or_says_why_not_and_goes_from_there(world):
    """R0.32, D2: written by an administrator; a lead with an address gets it, one without has the way to send it."""
    cast = world.cast
    Profile.objects.update_or_create(pk=1, defaults={"name": "Sen Việt", "website": "https://senviet.example"})
    mailbox_for(cast.an)
    page = world.enter(cast.dung, "/setup/email-templates/")
    page.locator("main").get_by_role("link", name="Tạo", exact=True).click()
    dialog = page.locator("#dialog[open]")
    expect(dialog.locator(".rich")).to_be_visible()
    dialog.get_by_label("Tên").fill("Thư chào")
    dialog.get_by_label("Tiêu đề").fill("Kính chào {{ record.company_name }}")
    dialog.locator(".rich").click()
    page.keyboard.type("Chúng tôi là Sen Việt.")
    dialog.get_by_text("Khi tạo tiềm năng").click()
    dialog.get_by_role("button", name="Lưu").click()
    expect(page.locator(".setup-item", has_text="Thư chào")).to_contain_text("Tự gửi")
    page = world.enter(cast.an, "/leads/new/")
    for name, email in (("Thép Sông Đà", "van@songda.example"), ("Gạch Đông Á", "")):
        page.goto("/leads/new/")
        page.locator("[name=company_name]").fill(name)
        page.locator("[name=email]").fill(email)
        page.get_by_role("button", name="Lưu", exact=True).click()
        page.wait_for_url(re.compile(r"/leads/\d+/"))
    work_off()
    assert Message.objects.get().subject == "Kính chào Thép Sông Đà"
    without = Lead.objects.get(company_name="Gạch Đông Á")
    page.goto(without.get_absolute_url())
    expect(page.locator("#content")).to_contain_text("Không có địa chỉ email")
    page.get_by_role("link", name="Gửi ngay").click()
    dialog = page.locator("#dialog[open]")
    expect(dialog).to_contain_text("Chưa có địa chỉ email")
    page.keyboard.press("Escape")
    change_lead(without, {"email": ("", "lan@donga.example")}, by=cast.an)
    page.reload()
    page.get_by_role("link", name="Gửi ngay").click()
    expect(dialog).to_contain_text("lan@donga.example")
    dialog.locator(".dialog-foot [type=submit]").click()
    expect(dialog).to_be_hidden()
    assert set(Message.objects.values_list("subject", "state")) == {
        ("Kính chào Thép Sông Đà", "waiting"),
        ("Kính chào Gạch Đông Á", "waiting"),
    }
