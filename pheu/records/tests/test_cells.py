"""Cells of a list are edited where they stand."""

import pytest
from playwright.sync_api import expect

from pheu.conftest import nothing_changes
from pheu.leads.models import Lead
from pheu.leads.services import create_lead
from pheu.records import kinds
from pheu.records.columns import can_edit_in_list
from pheu.timeline.services import change


@pytest.fixture
def lead(an):
    return create_lead({"company_name": "Xi măng Hòn Đá", "owner": an, "expected_amount": 5_000_000}, by=an)


@pytest.mark.django_db
def test_a_cell_gives_its_control_and_takes_what_was_typed(client, an, lead):
    """As people write it; the answer is the cell as the list shows it."""
    client.force_login(an)
    path = f"/leads/cells/expected_amount/{lead.pk}/"
    assert 'value="5.000.000"' in client.get(path).text
    answer = client.post(path, {"expected_amount": "1,5 tỷ", "initial-expected_amount": "5000000"})
    assert answer.text == "1.500.000.000 ₫"
    wrong = client.post(path, {"expected_amount": "nhiều", "initial-expected_amount": "1500000000"})
    assert wrong.status_code == 422
    assert 'class="error"' in wrong.text
    lead.refresh_from_db()
    assert lead.expected_amount == 1_500_000_000


@pytest.mark.django_db
def test_what_somebody_else_wrote_meanwhile_is_shown_and_kept_only_knowingly(client, an, dung, lead):
    client.force_login(an)
    change(lead, {"expected_amount": (5_000_000, 7_000_000)}, by=dung)
    path = f"/leads/cells/expected_amount/{lead.pk}/"
    answer = client.post(path, {"expected_amount": "9 triệu", "initial-expected_amount": "5000000"})
    assert answer.status_code == 409
    assert "Hiện là: 7.000.000 ₫" in answer.text
    assert 'value="9 triệu"' in answer.text
    again = client.post(path, {"expected_amount": "9 triệu", "initial-expected_amount": "7000000"})
    assert again.text == "9.000.000 ₫"


@pytest.mark.django_db
def test_what_is_not_theirs_to_write_has_no_control(client, an, giang, chi, lead):
    client.force_login(an)
    for name in ("owner", "stage", "number", "created_at", "nothing"):
        assert client.get(f"/leads/cells/{name}/{lead.pk}/").status_code == 404
    an.role.fields = {"lead": {"need": "hidden", "email": "read"}}
    an.role.save()
    with nothing_changes():
        for name in ("need", "email"):
            assert client.post(f"/leads/cells/{name}/{lead.pk}/", {name: "x"}).status_code == 404
    for stranger in (giang, chi):
        client.force_login(stranger)
        with nothing_changes():
            assert client.post(f"/leads/cells/website/{lead.pk}/", {"website": "x"}).status_code in (403, 404)


@pytest.mark.django_db
@pytest.mark.parametrize("code", ["prospect", "company", "contact", "lead", "deal"])
def test_every_field_that_can_be_edited_has_its_control(client, dung, code):
    kind = kinds.get(code)
    row = kind.create({kind.schema.title[0]: "Xi măng", "owner": dung}, by=dung)
    client.force_login(dung)
    names = [one.name for one in kind.schema_for(dung) if can_edit_in_list(one)]
    assert len(names) > 5
    for name in names:
        answer = client.get(f"{kind.url('list')}cells/{name}/{row.pk}/")
        assert f'name="{name}"' in answer.text, name


def paste(page, copied):
    page.evaluate(
        """(copied) => {
          const data = new DataTransfer();
          data.setData("text/plain", copied);
          const paste = new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true });
          document.activeElement.dispatchEvent(paste);
        }""",
        copied,
    )


@pytest.mark.django_db(transaction=True)
def test_several_columns_of_a_spreadsheet_go_into_those_beside(world):
    """Choices by their names, what is copied beyond the list is left out; what no entry is called stands there."""
    an = world.cast.an
    leads = [create_lead({"company_name": f"Khách {n}", "owner": an}, by=an) for n in (1, 2, 3)]
    page = world.enter(an, "/leads/?tab=all&sort=name&cols=name,website,expected_amount,priority,rating,created_at")
    cell = lambda n, at: page.locator("#rows tr").nth(n).locator("td").nth(at)  # noqa: E731
    cell(0, 2).hover()
    page.get_by_role("button", name="Sửa: Website").click()
    expect(cell(0, 2).locator("input[name=website]")).to_be_focused()
    paste(page, "a.example\t3 triệu\t2\tCao\tHôm nay\r\nb.example\t4 triệu\t1\tthấp\r\nc.example\t5 triệu\t3\thơi cao")
    for row, amount in enumerate(("3.000.000 ₫", "4.000.000 ₫", "5.000.000 ₫")):
        expect(cell(row, 3)).to_contain_text(amount)
    expect(cell(2, 5).locator("form")).to_be_visible()
    found = Lead.objects.order_by("company_name").values_list("website", "expected_amount", "priority", "rating")
    first, second, third = found
    assert (first, second) == (("a.example", 3_000_000, 2, 3), ("b.example", 4_000_000, 1, 1))
    assert third == ("c.example", 5_000_000, 3, None)
    assert len(leads) == len(found)


@pytest.mark.django_db(transaction=True)
def test_a_column_is_filled_by_keyboard_and_from_a_spreadsheet(world):
    """The pencil, Enter down, Tab on, Esc back; several lines that are pasted go into the rows below."""
    an = world.cast.an
    leads = [create_lead({"company_name": f"Khách {n}", "owner": an}, by=an) for n in (1, 2, 3)]
    page = world.enter(an, "/leads/?tab=all&sort=name&cols=name,website,expected_amount")
    cell = lambda n, at: page.locator("#rows tr").nth(n).locator("td").nth(at)  # noqa: E731
    cell(0, 3).hover()
    page.get_by_role("button", name="Sửa: Giá trị dự kiến").click()
    field = page.locator("[name=expected_amount]")
    expect(field).to_be_focused()
    field.fill("2 triệu")
    page.keyboard.press("Enter")
    expect(cell(0, 3)).to_contain_text("2.000.000 ₫")
    expect(cell(1, 3).locator("input[name=expected_amount]")).to_be_focused()
    page.keyboard.press("Escape")
    expect(cell(1, 3).locator("form")).to_have_count(0)
    page.keyboard.press("e")
    expect(cell(1, 1).locator("input[name=name]")).to_be_focused()
    page.keyboard.press("Tab")
    expect(cell(1, 2).locator("input[name=website]")).to_be_focused()
    page.keyboard.type("khach2.example")
    page.keyboard.press("Tab")
    expect(cell(1, 2)).to_contain_text("khach2.example")
    expect(cell(1, 3).locator("input[name=expected_amount]")).to_be_focused()
    paste(page, "3 triệu\n4 triệu\n")
    expect(cell(2, 3)).to_contain_text("4.000.000 ₫")
    for lead, amount in zip(leads, (2_000_000, 3_000_000, 4_000_000), strict=True):
        lead.refresh_from_db()
        assert lead.expected_amount == amount
    assert leads[1].website == "khach2.example"
