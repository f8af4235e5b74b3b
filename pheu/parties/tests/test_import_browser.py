"""«Nhập dữ liệu» in a real browser: long work shows itself from the first second (R1.31)."""

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from playwright.sync_api import expect

from pheu.parties.tests.test_import_pages import LOOK_ALIKE, kept_files  # noqa: F401
from pheu.quality import jobs, services
from pheu.quality.models import Import
from pheu.quality.tests.importing import work, xlsx

pytestmark = pytest.mark.django_db(transaction=True)

NEW, NAME = "/imports/new/?kind=prospect", "danh-sach.xlsx"
SENT = re.compile(r".*/imports/new/.*")
PATIENCE = 30_000  # milliseconds; pages ask every second or two


def choosing(world, content: bytes | None = None):
    """The first step with a file chosen."""
    page = world.enter(world.cast.an, NEW)
    file = {"name": NAME, "mimeType": "application/octet-stream", "buffer": content or xlsx(LOOK_ALIKE)}
    page.locator("input[type=file]").set_input_files(file)  # type: ignore[arg-type]
    return page


def is_still_chosen(page) -> None:
    assert page.locator("input[type=file]").evaluate("input => input.files[0].name") == NAME
    expect(page.locator("[data-drop-name]")).to_have_text(NAME)


def watched(page) -> str:
    """What this browser looks after on every page."""
    return page.evaluate("Object.entries(localStorage).find(([key]) => key.startsWith('pheu-works'))[1]")


def on_the_way(world) -> Import:
    """An import that waits for a worker."""
    upload = SimpleUploadedFile(NAME, xlsx(LOOK_ALIKE))
    return jobs.open_file(upload, kind="prospect", by=world.cast.an)


def test_a_file_on_its_way_says_how_far_it_is_and_can_be_stopped(world):
    """R1.31: beside the field and in the tab; stopped, it is still chosen."""
    page = choosing(world)
    held = []
    page.route(SENT, lambda route: held.append(route), times=1)
    page.evaluate("document.addEventListener('htmx:beforeSend', (event) => (window.sent = event.detail.xhr))")
    page.get_by_role("button", name="Tiếp tục").click()
    field = page.locator(".field", has=page.locator("input[type=file]"))
    expect(field).to_contain_text(f"{NAME}: đã gửi 0 %")
    page.evaluate("sent.upload.dispatchEvent(new ProgressEvent('progress', {loaded: 2097152, total: 5242880}))")
    expect(field).to_contain_text(f"{NAME}: đã gửi 40 %, 2 MB trên 5 MB")
    expect(field.get_by_role("progressbar")).to_have_js_property("value", 40)
    expect(page).to_have_title("40 % · Nhập dữ liệu · Phễu")

    page.get_by_role("button", name="Dừng gửi").click()
    expect(field.get_by_role("alert")).to_contain_text("Đã dừng gửi. Tệp vẫn được chọn.")
    expect(field.get_by_role("progressbar")).to_be_hidden()
    expect(page).to_have_title("Nhập dữ liệu · Phễu")
    is_still_chosen(page)
    assert not Import.objects.exists()


def test_a_broken_connection_is_told_beside_the_file_which_is_still_chosen(world):
    """R1.31."""
    page = choosing(world)
    page.route(SENT, lambda route: route.abort("connectionreset"), times=1)
    page.get_by_role("button", name="Tiếp tục").click()
    field = page.locator(".field", has=page.locator("input[type=file]"))
    expect(field.get_by_role("alert")).to_contain_text("Chưa gửi được tệp vì mất kết nối.")
    expect(page.locator(".toast")).to_have_count(0)
    expect(page.locator("input[type=file]")).to_be_focused()
    is_still_chosen(page)

    page.get_by_role("button", name="Gửi lại").click()
    page.wait_for_url("**/columns/")
    assert Import.objects.get().name == NAME


def test_a_file_that_the_server_refuses_is_still_chosen(world, monkeypatch):
    """R1.31: the form comes back with what is wrong, and with the file."""
    page = choosing(world)
    with monkeypatch.context() as patched:
        patched.setattr(services, "FILE_LIMIT", 100)
        page.get_by_role("button", name="Tiếp tục").click()
        expect(page.locator(".field .error", has_text="lớn hơn 250 MB")).to_be_visible()
    is_still_chosen(page)
    page.get_by_role("button", name="Tiếp tục").click()
    page.wait_for_url("**/columns/")


def test_what_cannot_be_imported_is_said_when_it_is_chosen(world, tmp_path):
    """R1.31: by type and size, before anything is sent; another file takes the words away."""
    page = choosing(world)
    sent = []
    page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    letter, giant = tmp_path / "thu-ngo.pdf", tmp_path / "khong-lo.csv"
    letter.write_bytes(b"%PDF-1.4")
    with giant.open("wb") as file:
        file.truncate(251 * 1024 * 1024)
    said = page.locator(".field [role=alert]")
    for path, words in (
        (letter, "thu-ngo.pdf không đúng loại tệp."),
        (giant, "khong-lo.csv nặng 251 MB, nhiều nhất là 250 MB."),
    ):
        page.locator("input[type=file]").set_input_files(path)
        expect(said).to_contain_text(words)
        page.get_by_role("button", name="Tiếp tục").click()
        expect(said).to_be_visible()
    page.locator("input[type=file]").set_input_files({"name": NAME, "mimeType": "", "buffer": xlsx(LOOK_ALIKE)})
    expect(said).to_be_hidden()
    assert sent == []


def test_an_import_is_found_again_on_every_page_until_its_end_was_seen(world):
    """R1.31: the tab and the line above other pages say how far it is."""
    imported = on_the_way(world)
    page = world.enter(world.cast.an, f"/imports/{imported.pk}/columns/")
    expect(page.locator("#content")).to_contain_text("Đang mở tệp")
    expect(page).to_have_title(f"… · {NAME}: đang đọc · Phễu")
    page.goto("/")
    line = page.locator(".work")
    expect(line).to_contain_text(f"{NAME}: đang đọc tệp")

    work()
    expect(line).to_contain_text("đã đọc xong, mời ghép cột", timeout=PATIENCE)
    line.get_by_role("link").click()
    page.wait_for_url(f"**/imports/{imported.pk}/columns/")
    expect(page.get_by_role("button", name="Kiểm tra")).to_be_visible()
    page.goto("/")
    assert watched(page) == "[]"


def test_a_check_and_a_run_say_how_far_they_are(world):
    """R1.31: in the page, in the tab, above other pages, and in the list of imports."""
    imported = on_the_way(world)
    work()
    Import.objects.filter(pk=imported.pk).update(state=Import.State.CHECKING, rows=200, done=86)
    page = world.enter(world.cast.an, f"/imports/{imported.pk}/check/")
    expect(page.locator("#import-progress")).to_contain_text("86 trên 200 dòng")
    expect(page).to_have_title(f"43 % · {NAME}: đang kiểm tra · Phễu")
    Import.objects.filter(pk=imported.pk).update(done=200)
    expect(page.locator("#import-progress")).to_contain_text("đang so với các số điện thoại đã có", timeout=PATIENCE)

    Import.objects.filter(pk=imported.pk).update(state=Import.State.RUNNING, created=50, done=50, to_do=200)
    page.goto("/imports/")
    expect(page.locator("tbody tr")).to_contain_text("25 %")
    line = page.locator(".work")
    expect(line).to_contain_text("đang nhập")
    expect(line.get_by_role("progressbar")).to_have_js_property("value", 25)
    Import.objects.filter(pk=imported.pk).update(
        state=Import.State.DONE, created=200, rows=200, finished_at=timezone.now()
    )
    expect(line).to_contain_text("200 đã tạo", timeout=PATIENCE)
    line.get_by_role("button", name="Cất đi").click()
    expect(line).to_have_count(0)
    assert watched(page) == "[]"


def test_a_page_of_progress_that_gets_no_answer_says_so_once(world):
    """R1.31: words in place of a heap of toasts; the next answer takes them away."""
    imported = on_the_way(world)
    page = world.enter(world.cast.an, f"/imports/{imported.pk}/columns/")
    asked = re.compile(r".*/progress/.*")
    page.route(asked, lambda route: route.abort("connectionrefused"))
    said = page.locator("#import-progress").get_by_text("Máy chủ chưa trả lời")
    expect(said).to_be_visible(timeout=PATIENCE)
    expect(page.locator(".toast")).to_have_count(0)
    page.unroute(asked)
    expect(said).to_be_hidden(timeout=PATIENCE)


def test_the_rejected_lines_come_as_a_file_and_the_page_says_that_they_are_made(world):
    """R1.31: words while the server works; a failure is told, and the page stays."""
    imported = on_the_way(world)
    work()
    Import.objects.filter(pk=imported.pk).update(state=Import.State.DONE, rows=1, rejected=1)
    page = world.enter(world.cast.an, f"/imports/{imported.pk}/")
    link = page.get_by_role("link", name="Tải các dòng bị từ chối")
    asked = re.compile(r".*/rejected/")
    page.route(asked, lambda route: route.abort("connectionrefused"), times=1)
    link.click()
    expect(page.locator(".toast")).to_be_visible()

    held = []
    page.route(asked, lambda route: held.append(route), times=1)
    link.click()
    words = page.locator("[data-waiting-words]")
    expect(words).to_contain_text("Đang làm…")
    expect(words).to_be_visible(timeout=PATIENCE)
    with page.expect_download() as book:
        held[0].continue_()
    assert book.value.suggested_filename.endswith(".xlsx")
    expect(words).to_be_hidden()
