"""«Ctrl+K»: pages, acts, settings and records by their names; and the records looked at last."""

import pytest
from playwright.sync_api import expect

from pheu.leads.services import create_lead
from pheu.records.keeping import keep_view


@pytest.mark.django_db
def test_it_offers_what_is_open_to_the_person(client, an, dung):
    view = keep_view("lead", "Hội thảo tháng mười", {}, by=an)
    client.force_login(an)
    page = client.get("/commands/").text
    assert f"/leads/?tab=v{view.pk}" in page
    assert 'data-words="hoi thao thang muoi tiem nang' in page
    assert "/leads/new/" in page
    assert "/setup/" not in page
    client.force_login(dung)
    page = client.get("/commands/").text
    assert "/setup/roles/" in page
    assert "Hội thảo" not in page


@pytest.mark.django_db
def test_of_the_records_looked_at_last_only_those_one_may_see(client, an, chi):
    """In that order, whatever a browser remembers; what is no id is nothing."""
    mine, other = (create_lead({"company_name": name, "owner": an}, by=an) for name in ("Xi măng", "Thép"))
    theirs = create_lead({"company_name": "Của Chi", "owner": chi}, by=chi)
    client.force_login(an)
    told = f"{other.pk},x,{theirs.pk},{mine.pk},{mine.pk},999999999999999999999"
    text = client.get("/search/", {"recent": told}, headers={"HX-Request": "true", "HX-Target": "found-now"}).text
    assert text.index("Thép") < text.index("Xi măng")
    assert "Của Chi" not in text
    assert text.count("Xi măng") == 1
    assert "Xem gần đây" not in client.get("/search/?recent=").text


@pytest.mark.django_db(transaction=True)
def test_everything_by_name_without_a_mouse(world):
    """A page without marks, a setting, an act on the record in view, a record; Esc closes it."""
    dung = world.cast.dung
    lead = create_lead({"company_name": "Xi măng Hòn Đá", "owner": dung}, by=dung)
    page = world.enter(dung, lead.get_absolute_url())
    palette = page.get_by_role("dialog", name="Đến trang hoặc làm việc")
    field = palette.get_by_role("combobox")

    def open_it() -> None:
        page.keyboard.press("Control+k")
        expect(field).to_be_focused()

    open_it()
    page.keyboard.press("Control+k")
    expect(palette).to_be_hidden()
    open_it()
    field.fill("do ly")
    expect(palette.get_by_role("option", name="Lý do").first).to_be_visible()
    field.fill("vai tro")
    expect(palette.get_by_role("option", selected=True)).to_contain_text("Vai trò")
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{world.url}/setup/roles/")
    open_it()
    field.fill("xi mang hon da")
    expect(palette.get_by_role("option", name="Xi măng Hòn Đá")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Xi măng Hòn Đá")).to_be_visible()
    open_it()
    field.fill("giao")
    expect(palette.get_by_role("option", selected=True)).to_contain_text("Giao")
    page.keyboard.press("Enter")
    expect(palette).to_be_hidden()
    expect(page.locator("#dialog [name=owner]")).to_be_attached()
    page.keyboard.press("Escape")
    page.goto(f"{world.url}/deals/")
    page.keyboard.press("/")
    expect(page.locator("#found-now")).to_contain_text("Xi măng Hòn Đá")
