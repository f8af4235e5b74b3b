"""A list in groups: by stage, person, choice, small table or month, with how many rows each has and their worth."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from playwright.sync_api import expect

from pheu.conftest import stage_of
from pheu.deals.services import create_deal, move_deal
from pheu.leads.services import create_lead
from pheu.parties.models import Source
from pheu.records import kinds
from pheu.records.grouping import fields_to_group
from pheu.records.models import SavedView
from pheu.records.tests.test_toy import plant_toys


@pytest.fixture
def deals(an, binh):
    made = (("Trạm khí", an, 3_000_000), ("Trạm nước", an, 2_000_000), ("Bảo trì", binh, None))
    deals = [
        create_deal({"name": name, "owner": owner, "expected_amount": worth}, by=binh) for name, owner, worth in made
    ]
    move_deal(deals[0], to=stage_of("deal", "Báo giá"), left=deals[0].stage, by=binh)
    return deals


def groups(client, query, kind="deals"):
    page = client.get(f"/{kind}/?tab=all&{query}")
    return [(one.label, one.count, one.amount) for one in page.context["listing"].groups]


@pytest.mark.django_db
def test_counters_tell_how_many_and_what_they_are_worth(client, binh, deals):
    client.force_login(binh)
    assert groups(client, "group=owner") == [("Nguyễn Hoài An", 2, 5_000_000), ("Trần Thanh Bình", 1, 0)]
    assert [one[:2] for one in groups(client, "group=stage")] == [("Tiếp cận", 2), ("Báo giá", 1)]
    # Beyond what is counted: the rows themselves.
    assert groups(client, "group=owner&expected_amount.from=1")[0] == ("Nguyễn Hoài An", 2, 5_000_000)
    assert len(groups(client, "group=owner&expected_amount.from=1")) == 1


@pytest.mark.django_db
def test_where_there_is_no_group_the_list_says_that_it_is_empty(client, an):
    client.force_login(an)
    assert "Không có bản ghi nào" in client.get("/leads/?tab=all&group=owner&created_at.within=tomorrow").text


@pytest.mark.django_db
def test_the_rows_of_a_group_come_when_it_is_opened(client, an, binh, deals):
    client.force_login(binh)
    page = client.get("/deals/?tab=all&group=owner")
    assert "Trạm khí" not in page.text
    listing = page.context["listing"]
    urls = [listing.group_url(one) for one in listing.groups]
    rows = client.get(f"/deals/{urls[0]}", headers={"HX-Request": "true"}).text
    assert "<html" not in rows
    assert ("Trạm khí" in rows, "Trạm nước" in rows, "Bảo trì" in rows) == (True, True, False)
    whole = client.get(f"/deals/{urls[1]}")  # without scripts: a list of these
    assert ("<html" in whole.text, "Bảo trì" in whole.text) == (True, True)


@pytest.mark.django_db
def test_days_stand_in_groups_by_month_and_what_is_empty_at_the_end(client, an):
    today = timezone.localdate().replace(day=15)
    for day in (today, today, today - timedelta(days=40), None):
        create_lead({"company_name": "Xi măng", "owner": an, "expected_close_on": day}, by=an)
    client.force_login(an)
    found = groups(client, "group=expected_close_on", "leads")
    assert [one[1] for one in found] == [2, 1, 1]
    assert found[0][0] == f"Tháng {today:%m/%Y}"
    assert found[-1][0].startswith("Chưa có")
    for label, count, _amount in found:
        listing = client.get("/leads/?tab=all&group=expected_close_on").context["listing"]
        [group] = [one for one in listing.groups if one.label == label]
        assert len(client.get(f"/leads/{listing.group_url(group)}").context["listing"].rows) == count


@pytest.mark.django_db
@pytest.mark.parametrize("code", [kind.code for kind in kinds.every()])
def test_every_field_that_is_offered_groups(client, dung, code):
    """All groups of a field together are the rows of the list, each row in one, without a statement for each group."""
    kind = kinds.get(code)
    client.force_login(dung)
    if code == "toy":
        plant_toys()
    title = kind.schema.title[0]
    for nth in range(4):
        kind.create({title: f"Tên {nth}", "owner": [dung, None][nth % 2]}, by=dung)
    fields = fields_to_group(kind.schema_for(dung))
    assert {"owner", "created_at"} <= {one.name for one in fields}
    for one in fields:
        with CaptureQueriesContext(connection) as captured:
            listing = client.get(f"{kind.url('list')}?tab=all&group={one.name}").context["listing"]
        assert len(captured) <= 12, one.name
        found = [row.pk for group in listing.groups for row in rows_of(client, kind, listing, group)]
        assert len(found) == len(set(found)) == 4, one.name


def rows_of(client, kind, listing, group):
    return client.get(f"{kind.url('list')}{listing.group_url(group)}").context["listing"].rows


@pytest.mark.django_db
@pytest.mark.parametrize("query", ["group=nothing", "group=need", "group=created_at&in=2026-99", "in=3"])
def test_what_is_no_group_is_a_list(client, an, query):
    create_lead({"company_name": "Xi măng", "owner": an}, by=an)
    client.force_login(an)
    assert client.get(f"/leads/?tab=all&{query}").status_code == 200


@pytest.mark.django_db
def test_a_hidden_field_groups_nothing_and_hidden_money_is_not_added_up(client, binh, deals):
    binh.role.fields = {"deal": {"owner": "hidden", "expected_amount": "hidden"}}
    binh.role.save()
    client.force_login(binh)
    assert groups(client, "group=owner") == []
    assert {one[2] for one in groups(client, "group=stage")} == {None}


@pytest.mark.django_db
def test_a_view_is_kept_in_its_groups(client, an):
    """R4.58."""
    create_lead({"company_name": "Xi măng", "owner": an, "source": Source.objects.all()[0]}, by=an)
    client.force_login(an)
    client.post("/leads/views/new/?tab=all&group=source", {"name": "Theo nguồn", "shared": "me"})
    view = SavedView.objects.get()
    listing = client.get(f"/leads/?tab=v{view.pk}").context["listing"]
    assert (listing.group_by.name, listing.is_changed) == ("source", False)
    assert client.get(f"/leads/{listing.ungrouped_url}").context["listing"].group_by is None
    assert client.get(f"/leads/{listing.ungrouped_url}").context["listing"].is_changed


@pytest.mark.django_db(transaction=True)
def test_groups_open_and_close(world):
    an = world.cast.an
    first, second = Source.objects.all()[:2]
    for name, source in (("Xi măng Hòn Đá", first), ("Thép Sông Đà", second)):
        create_lead({"company_name": name, "owner": an, "source": source}, by=an)
    page = world.enter(an, "/leads/?tab=all")
    page.get_by_role("button", name="Nhóm").click()
    page.get_by_role("link", name="Nguồn", exact=True).click()
    expect(page.get_by_role("link", name="Xi măng Hòn Đá")).to_be_visible()
    expect(page.get_by_role("link", name="Thép Sông Đà")).to_have_count(0)
    other = page.get_by_role("link", name=second.name)
    other.click()
    expect(page.get_by_role("link", name="Thép Sông Đà")).to_be_visible()
    expect(other).to_have_attribute("aria-expanded", "true")
    other.click()
    expect(page.get_by_role("link", name="Thép Sông Đà")).to_be_hidden()
    other.click()
    expect(page.get_by_role("link", name="Thép Sông Đà")).to_be_visible()
    page.get_by_role("checkbox", name="Chọn Thép Sông Đà").check()
    expect(page.locator("[data-bulk-count]")).to_contain_text("1")
