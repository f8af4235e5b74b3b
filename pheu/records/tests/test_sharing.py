"""«Chia đều»: ticked rows dealt out between people, by turns and within what each takes on (R1.17)."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st
from playwright.sync_api import expect

from pheu.conftest import nothing_changes
from pheu.core.errors import DomainError, Refused
from pheu.leads.models import Lead
from pheu.leads.services import create_lead
from pheu.records.models import Operation
from pheu.records.sharing import Load, dealt, loads_of
from pheu.timeline.models import Event
from pheu.timeline.sharing import share_out
from pheu.timeline.undo import undo

LOADS = st.dictionaries(
    st.integers(1, 20), st.builds(Load, st.integers(0, 30), st.none() | st.integers(0, 60)), min_size=1, max_size=8
)


@given(st.integers(0, 80), LOADS)
def test_everybody_gets_as_many_as_the_others_or_is_full(n, loads):
    room = sum(n if load.room is None else load.room for load in loads.values())
    if room < n:
        with pytest.raises(DomainError):
            dealt(n, loads)
        return
    got = {pk: dealt(n, loads).count(pk) for pk in loads}
    assert sum(got.values()) == n
    most = max(got.values())
    for pk, load in loads.items():
        assert load.room is None or got[pk] <= load.room
        assert got[pk] >= most - 1 or got[pk] == load.room


@pytest.fixture
def leads(binh):
    return [create_lead({"company_name": f"Khách {n}", "owner": binh}, by=binh) for n in range(5)]


@pytest.mark.django_db
def test_rows_go_by_turns_first_to_whoever_has_the_least(client, an, binh, leads):
    """R1.17: told in one act, which «Hoàn tác» takes back as a whole."""
    client.force_login(binh)
    ids = [one.pk for one in leads]
    assert "Chia đều" in client.post("/leads/assignment/", {"ids": ids}).text
    look = client.post("/leads/sharing/?look=1", {"ids": ids, "people": [an.pk, binh.pk]}).text
    assert "+3" in look
    assert "đang có 5" in look
    answer = client.post("/leads/sharing/", {"ids": ids, "people": [an.pk, binh.pk]})
    assert answer.url == "/leads/"
    assert (Lead.objects.filter(owner=an).count(), Lead.objects.filter(owner=binh).count()) == (3, 2)
    assert {one.team for one in Lead.objects.filter(owner=an)} == {an.teams.get()}
    operation = Operation.objects.get(act="share_out")
    assert set(Event.objects.filter(operation=operation).values_list("kind", flat=True)) == {"record.assigned"}
    undo(operation, by=binh)
    assert Lead.objects.filter(owner=binh).count() == 5


@pytest.mark.django_db
def test_whoever_is_full_is_passed_over_and_too_little_room_is_said(client, an, binh, leads):
    an.capacity = 1
    an.save()
    assert loads_of("lead", [an]) == {an.pk: Load(0, 1)}
    assert share_out(leads, people=[an, binh], by=binh) == {an: 1, binh: 4}
    binh.capacity = 4
    binh.save()
    client.force_login(binh)
    sent = {"ids": [one.pk for one in leads], "people": [an.pk, binh.pk]}
    with nothing_changes():
        answer = client.post("/leads/sharing/", sent)
        assert answer.status_code == 422
        assert "chỉ nhận thêm được 0 trong 5" in answer.text
        assert "+" not in client.post("/leads/sharing/?look=1", sent).text


@pytest.mark.django_db
def test_to_nobody_to_strangers_and_of_rows_out_of_reach_nothing_is_shared(an, binh, giang, chi, leads):
    with nothing_changes():
        for people in ([], [giang], [an, giang]):
            with pytest.raises(DomainError):
                share_out(leads, people=people, by=binh)
        with pytest.raises(Refused):
            share_out(leads, people=[chi], by=chi)
    assert share_out([], people=[an], by=binh) == {}


@pytest.mark.django_db
def test_as_many_statements_for_fifty_rows_as_for_four(an, binh):
    taken = []
    for n in (4, 50):
        rows = [create_lead({"company_name": f"Khách {n}-{nth}", "owner": None}, by=binh) for nth in range(n)]
        with CaptureQueriesContext(connection) as captured:
            share_out(rows, people=[an, binh], by=binh)
        taken.append(len(captured))
    assert taken[0] == taken[1]


@pytest.mark.django_db(transaction=True)
def test_a_manager_shares_out_and_sees_who_gets_what(world):
    """R1.17."""
    binh = world.cast.binh
    for n in range(4):
        create_lead({"company_name": f"Khách {n}", "owner": None}, by=binh)
    page = world.enter(binh, "/leads/?tab=all")
    page.get_by_label("Chọn mọi dòng").check()
    page.get_by_role("button", name="Phân công").click()
    page.get_by_role("button", name="Chia đều cho nhiều người…").click()
    expect(page.locator("#dialog select[name=people].tomselected")).to_be_attached()
    people = page.locator("#dialog .ts-control input")
    for name in ("Hoài An", "Thanh Bình"):
        people.fill(name)
        page.locator(".ts-dropdown .option", has_text=name).click()
    expect(page.locator(".share")).to_have_count(2)
    expect(page.locator(".ts-dropdown:visible")).to_have_count(0)  # nothing lies over who gets what
    expect(page.locator(".share").first).to_contain_text("+2")
    page.locator("#dialog").get_by_role("button", name="Chia đều", exact=True).click()
    expect(page.locator("#rows")).to_contain_text("Nguyễn Hoài An")
    assert Lead.objects.filter(owner=binh).count() == 2
