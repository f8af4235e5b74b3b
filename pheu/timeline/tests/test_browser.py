"""Notes and files on a record page, in Chromium (issue 6, 9)."""

import base64

import pytest
from playwright.sync_api import expect

from pheu.conftest import edited
from pheu.leads.services import create_lead
from pheu.timeline.models import File, Note
from pheu.timeline.services import add_note

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
)


@pytest.fixture
def lead(world, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    return create_lead({"company_name": "Xi măng Hòn Đá", "owner": world.cast.an}, by=world.cast.an)


def test_a_note_is_edited_and_withdrawn_in_place_and_that_is_undone(world, lead):
    add_note(lead.record, body="Giá 1,2 tỷ", by=world.cast.an)
    page = world.enter(world.cast.an, lead.get_absolute_url())
    edited(page, "company_name").fill("Xi măng Hòn Đá Bạc")
    timeline, dialog = page.locator("#timeline"), page.locator("#dialog")
    timeline.get_by_text("Giá 1,2 tỷ").hover()
    timeline.get_by_label("Sửa ghi chú").click()
    dialog.get_by_label("Ghi chú").fill("Giá 1,3 tỷ")
    page.keyboard.press("Control+Enter")
    timeline.locator(".noted").get_by_text("Giá 1,3 tỷ").wait_for()
    timeline.get_by_text("đã sửa").wait_for()
    timeline.get_by_text("Nội dung trước khi sửa").click()
    timeline.get_by_text("Giá 1,2 tỷ").wait_for()

    timeline.locator(".noted").hover()
    timeline.get_by_label("Thu hồi ghi chú").click()
    timeline.get_by_text("Đã thu hồi · Nguyễn Hoài An").wait_for()
    assert not timeline.get_by_text("Giá 1,").count()
    page.locator(".toast").get_by_role("button", name="Hoàn tác").click()
    timeline.locator(".noted").get_by_text("Giá 1,3 tỷ").wait_for()
    # «Hoàn tác» fetched the page anew: the draft brings back what was not saved.
    expect(page.locator("#record-fields [name=company_name]")).to_have_value("Xi măng Hòn Đá Bạc")


def test_a_colleague_is_named_by_a_few_letters(world, lead):
    page = world.enter(world.cast.an, lead.get_absolute_url())
    note, options = page.locator("#note_body"), page.locator("#mentions li")
    note.press_sequentially("Nhờ @t")  # Trần Thanh Bình, Phạm Tiến Dũng, Vũ Trường Giang; not Lê Thị Hạnh
    expect(options).to_have_count(3)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    second = note.input_value()
    assert second.startswith("Nhờ @") and "Hạnh" not in second
    note.fill("Nhờ @gian")
    note.press_sequentially("g")
    options.get_by_text("Vũ Trường Giang").wait_for()
    page.keyboard.press("Enter")
    assert note.input_value() == "Nhờ @Vũ Trường Giang "
    note.press_sequentially("gọi, báo @trần b")
    options.get_by_text("Trần Thanh Bình").click()
    note.press_sequentially("@zz")
    page.locator("#mentions").wait_for(state="hidden")
    page.keyboard.press("Control+Enter")
    page.locator("#timeline .mention").nth(1).wait_for()
    assert [one["name"] for one in Note.objects.get().mentions] == ["Trần Thanh Bình", "Vũ Trường Giang"]


def test_esc_closes_the_names_and_leaves_the_words(world, lead):
    page = world.enter(world.cast.an, lead.get_absolute_url())
    page.locator("#note_body").press_sequentially("@b")
    page.locator("#mentions li").first.wait_for()
    page.keyboard.press("Escape")
    page.locator("#mentions").wait_for(state="hidden")
    assert page.input_value("#note_body") == "@b"


def test_a_picture_is_seen_where_it_was_put(world, lead):
    page = world.enter(world.cast.an, lead.get_absolute_url())
    page.locator("#record-side input[type=file]").set_input_files(
        {"name": "ống khói.png", "mimeType": "image/png", "buffer": PNG}
    )
    picture = page.locator("#timeline img")
    picture.wait_for()
    picture.scroll_into_view_if_needed()
    page.wait_for_function("() => document.querySelector('#timeline img').naturalWidth === 1")
    assert picture.get_attribute("alt") == "ống khói.png"
    page.locator("#record-side").get_by_label("Tải về: ống khói.png").wait_for()


def test_what_was_done_stands_there_after_back_and_is_taken_back_in_place(world, lead):
    page = world.enter(world.cast.an, lead.get_absolute_url())
    page.locator("#note_body").fill("Giá 1,2 tỷ")
    page.keyboard.press("Control+Enter")
    noted = page.locator("#timeline .noted", has_text="Giá 1,2 tỷ")
    noted.wait_for()
    page.goto("/calendar/")
    page.go_back()
    noted.wait_for()
    noted.hover()
    page.locator("#timeline").get_by_label("Thu hồi ghi chú").click()
    page.locator("#timeline .withdrawn").wait_for()
    page.locator("#timeline").get_by_role("button", name="Hoàn tác").first.click()
    noted.wait_for()
    assert lead.get_absolute_url() in page.url


def test_a_colleague_is_named_by_a_click(world, lead):
    page = world.enter(world.cast.an, lead.get_absolute_url())
    note, options = page.locator("#note_body"), page.locator("#mentions li")
    note.press_sequentially("Nhờ @dun")
    options.first.wait_for()
    options.filter(has_text="Phạm Tiến Dũng").click()
    expect(note).to_have_value("Nhờ @Phạm Tiến Dũng ")
    expect(page.locator("#mentions")).to_be_hidden()
    expect(note).to_be_focused()
    page.keyboard.type("gọi lại")
    expect(page.locator("#mentions")).to_be_hidden()


def test_a_note_on_a_new_lead_says_at_once_that_it_is_worked_on(world, lead):
    """In the head and among what nobody types; unsaved edits beside it stay."""
    page = world.enter(world.cast.an, lead.get_absolute_url())
    edited(page, "company_name").fill("Xi măng Hòn Đá Bạc")
    expect(page.locator("#record-shown")).to_contain_text("Mới")
    page.locator("#note_body").fill("Gọi lại sáng mai")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#record-shown")).to_contain_text("Đang xử lý")
    expect(page.locator("#record-head [aria-current=step]")).to_contain_text("Đang xử lý")
    expect(page.locator("#record-fields [name=company_name]")).to_have_value("Xi măng Hòn Đá Bạc")


def a_file(name, content=PNG):
    return {"name": name, "mimeType": "application/octet-stream", "buffer": content}


def test_several_files_go_at_once_and_what_is_refused_is_told_of_each(world, lead):
    page = world.enter(world.cast.an, lead.get_absolute_url())
    chosen = [
        a_file("ống khói.png"),
        a_file("trống.pdf", b""),
        a_file("cai-dat.exe", b"x"),
        a_file("hồ sơ.txt", b"SO2"),
    ]
    page.locator("#add-file").set_input_files(chosen)
    side = page.locator("#record-side")
    expect(side.locator(".file")).to_have_count(2)
    told = side.locator("[data-sending-error]")
    expect(told).to_contain_text("trống.pdf")
    expect(told).to_contain_text("cai-dat.exe")
    expect(page.locator(".toast")).to_have_count(1)
    expect(page.locator(".toast")).to_contain_text("Đã thêm 2 tệp")
    assert {file.name for file in File.objects.all()} == {"ống khói.png", "hồ sơ.txt"}


def test_files_are_dropped_on_their_group(world, lead):
    page = world.enter(world.cast.an, lead.get_absolute_url())
    drop = """() => {
      const data = new DataTransfer();
      for (const name of ["a.txt", "b.txt"]) data.items.add(new File(["SO2"], name));
      const drop = new DragEvent("drop", { bubbles: true, cancelable: true, dataTransfer: data });
      document.querySelector(".drop-zone").dispatchEvent(drop);
    }"""
    page.evaluate(drop)
    expect(page.locator("#record-side .file")).to_have_count(2)
    page.evaluate(drop)
    expect(page.locator("#record-side .file")).to_have_count(4)
    expect(page.locator(".toast")).to_have_count(1)


def test_on_a_phone_the_acts_of_the_composer_are_in_reach_at_once(world, lead):
    page = world.enter(world.cast.an, "/")
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(lead.get_absolute_url())
    acts = page.locator(".composer-tabs > *")
    expect(acts).to_have_count(5)
    for one in acts.all():
        expect(one).to_be_in_viewport(ratio=1)
    acts.get_by_text("Ghi chú").click()
    expect(page.locator("#note_body")).to_be_focused()
    expect(page.locator("#note_body")).to_be_in_viewport()
    page.keyboard.type("Gọi lại sáng mai")
    page.get_by_role("button", name="Thêm ghi chú").click()
    expect(page.locator("#timeline .noted")).to_have_text("Gọi lại sáng mai")
    acts.get_by_text("Công việc").click()
    expect(page.locator("#dialog")).to_be_visible()


def focused(page):
    """The nearest named part of the page around what has the focus."""
    return page.evaluate("document.activeElement.closest('#timeline, #record-head, #composer, main')?.id ?? 'nothing'")


def test_the_focus_stays_after_editing_a_note_and_after_taking_back(world, lead):
    add_note(lead.record, body="Giá 1,2 tỷ", by=world.cast.an)
    page = world.enter(world.cast.an, lead.get_absolute_url())
    timeline = page.locator("#timeline")
    timeline.get_by_label("Sửa ghi chú").press("Enter")
    page.locator("#dialog [name=body]").fill("Giá 1,3 tỷ")
    page.keyboard.press("Control+Enter")
    timeline.get_by_text("đã sửa").wait_for()
    expect(timeline.get_by_label("Sửa ghi chú")).to_be_focused()
    timeline.get_by_label("Thu hồi ghi chú").press("Enter")
    timeline.locator(".withdrawn").wait_for()
    page.wait_for_function("document.activeElement !== document.body")
    timeline.get_by_role("button", name="Hoàn tác").press("Enter")
    timeline.locator(".noted").wait_for()
    page.wait_for_function("document.activeElement !== document.body")
    assert focused(page) == "timeline"


def test_the_focus_stays_on_the_stage_bar(world, lead):
    page = world.enter(world.cast.an, lead.get_absolute_url())
    bar = page.locator("#record-head .stage-bar")
    bar.get_by_role("button").first.press("Enter")
    expect(bar.locator("[aria-current=step]")).to_contain_text("Đang xử lý")
    page.wait_for_function("document.activeElement.closest('#record-head .stage-bar')")


def test_the_focus_goes_back_from_a_toast_to_where_it_was(world, lead):
    add_note(lead.record, body="Giá 1,2 tỷ", by=world.cast.an)
    page = world.enter(world.cast.an, lead.get_absolute_url())
    page.locator("#timeline").get_by_label("Thu hồi ghi chú").press("Enter")
    undo = page.locator(".toast").get_by_role("button", name="Hoàn tác")
    undo.wait_for()
    page.locator("#note_body").focus()
    undo.press("Enter")
    page.locator("#timeline .noted").wait_for()
    expect(page.locator("#note_body")).to_be_focused()
