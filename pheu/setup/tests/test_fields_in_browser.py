"""«Trường động» as an admin and a seller see them in a browser."""

from playwright.sync_api import expect

from pheu.core import shape
from pheu.records import kinds
from pheu.records.models import CustomField
from pheu.setup.tests.test_fields import add, options

LEAD = kinds.get("lead")


def test_an_admin_adds_fields_and_a_seller_fills_what_the_choice_shows(world):
    """R4.24, R4.32, R0.28-0.29, D1."""
    page = world.enter(world.cast.dung, "/setup/fields/")
    expect(page.get_by_text("chưa có trường động nào")).to_be_visible()
    page.get_by_role("link", name="Tiềm năng", exact=True).last.click()
    page.get_by_role("link", name="Thêm mới").first.click()
    page.get_by_role("radio", name="Chọn một phương án").check()
    page.get_by_label("Tên", exact=False).first.fill("Loại trạm")
    page.get_by_label("Dán nhiều lựa chọn").fill("Khí thải\nNước")
    page.get_by_role("button", name="Thêm mới").click()
    expect(page.get_by_text("Đã lưu «Loại trạm»")).to_be_visible()
    kind = CustomField.objects.get()
    assert [one["label"] for one in kind.settings["options"]] == ["Khí thải", "Nước"]
    add(world.cast.dung, label="Số ống khói", shown_when=[kind.key, ["1"]])
    seller = world.enter(world.cast.an, "/leads/new/")
    pipes = seller.get_by_label("Số ống khói")
    expect(seller.get_by_label("Loại trạm")).to_be_visible()
    expect(pipes).to_be_hidden()
    seller.get_by_label("Loại trạm").select_option(label="Khí thải")
    pipes.fill("4 ống")
    seller.get_by_label("Loại trạm").select_option(label="Nước")
    expect(pipes).to_be_hidden()
    seller.get_by_label("Loại trạm").select_option(label="Khí thải")
    expect(pipes).to_have_value("4 ống")


def test_choices_below_a_choice_follow_it(world):
    """R4.24."""
    by = world.cast.dung
    maker = add(by, of_type="choice", label="Hãng", settings=options("Horiba", "Sick"))
    under = options("ENDA", "GM32", parent=maker.key)
    under["options"][0]["under"], under["options"][1]["under"] = ["1"], ["2"]
    add(by, of_type="choice", label="Model", settings=under)
    page = world.enter(world.cast.an, "/leads/new/")
    model = page.get_by_label("Model")
    expect(model.locator("option")).to_have_text(["—"])
    page.get_by_label("Hãng").select_option(label="Sick")
    expect(model.locator("option")).to_have_text(["—", "GM32"])
    model.select_option(label="GM32")
    page.get_by_label("Hãng").select_option(label="Horiba")
    expect(model).to_have_value("")
    expect(model.locator("option")).to_have_text(["—", "ENDA"])


def test_a_field_goes_to_another_group_by_keyboard(world):
    add(world.cast.dung, label="Số ca")
    page = world.enter(world.cast.dung, "/setup/layout/lead/")
    grip = page.get_by_role("button", name="Chuyển chỗ «Số ca»")
    grip.focus()
    page.keyboard.press("ArrowDown")  # the last of its group: on into the next
    expect(page.get_by_text("Đã lưu thứ tự")).to_be_visible()
    expect(grip).to_be_focused()
    shape.see(None)  # the server changed it
    groups = {one.name: [field.name for field in one.fields] for one in LEAD.schema.groups}
    assert groups["responsible"][0] == "x_so_ca"
