"""«Theo dõi» of ticked rows, or of a whole list: oneself or a colleague, from now on or no longer, and the way back."""

import pytest
from playwright.sync_api import expect

from pheu.conftest import nothing_changes
from pheu.core.errors import DomainError, Refused
from pheu.leads.models import Lead
from pheu.leads.services import create_leads
from pheu.notifications.models import Notification
from pheu.records.acts import last_operation
from pheu.records.models import Follower, Operation
from pheu.timeline.models import Event
from pheu.timeline.services import follow, follow_many
from pheu.timeline.tests.test_batches import sent_batch, taken_back, worked_off
from pheu.timeline.undo import undo


@pytest.fixture
def leads(db, an):
    return create_leads([{"company_name": f"Khách {nth}", "owner": an} for nth in range(4)], by=an)


def followed_by(user):
    return set(Follower.objects.filter(user=user).values_list("record", flat=True))


def told_of_following():
    return Event.objects.filter(kind__in=["record.followed", "record.unfollowed"])


def test_ticked_rows_are_followed_and_no_longer_each_told_once(client, binh, leads):
    """Whoever sees them may; those that are followed already are left alone, and «Hoàn tác» leaves those so."""
    follow(leads[0].record, user=binh, by=binh)
    client.force_login(binh)
    asked = {"ids": [one.pk for one in leads[:3]]}
    assert "Theo dõi 3 bản ghi" in client.get("/leads/following/", asked).text
    page = client.post("/leads/following/", asked | {"how": "follow"}, follow=True).text
    assert f"3 bản ghi: {binh} theo dõi" in page
    assert followed_by(binh) == {one.pk for one in leads[:3]}
    assert told_of_following().count() == 3
    undo(Operation.objects.get(pk=last_operation()), by=binh)
    assert followed_by(binh) == {leads[0].pk}
    client.post("/leads/following/", asked | {"how": "stop", "person": binh.pk})
    assert not followed_by(binh)
    undo(Operation.objects.get(pk=last_operation()), by=binh)
    assert followed_by(binh) == {leads[0].pk}


def test_a_colleague_is_let_follow_what_one_may_change_and_hears_of_it(client, an, chi, leads):
    client.force_login(an)
    asked = {"ids": [one.pk for one in leads], "how": "follow", "person": chi.pk}
    assert client.post("/leads/following/", asked).status_code == 302
    assert followed_by(chi) == {one.pk for one in leads}
    assert Notification.objects.filter(receiver=chi).exists()
    assert Lead.objects.visible_to(chi).count() == 4


def test_what_one_only_sees_lets_nobody_else_follow(client, an, giang, chi, leads):
    """The form names it, the act refuses it; a viewer follows by themselves."""
    for one in leads:
        follow(one.record, user=giang, by=an)
    client.force_login(giang)
    asked = {"ids": [one.pk for one in leads], "how": "follow"}
    with nothing_changes():
        answer = client.post("/leads/following/", asked | {"person": chi.pk})
        assert answer.status_code == 422
        with pytest.raises(Refused):
            follow_many(leads, user=chi, by=giang)
    client.post("/leads/following/", asked | {"how": "stop"})
    assert not followed_by(giang)


def test_who_sees_a_row_but_may_not_change_it_is_told_which_in_words(client, an, hanh, chi, leads):
    """R0.16: a follower reads and does not write."""
    follow(leads[1].record, user=hanh, by=an)
    mine = create_leads([{"company_name": "Của Hạnh", "owner": hanh}], by=hanh)
    client.force_login(hanh)
    asked = {"ids": [mine[0].pk, leads[1].pk], "how": "follow", "person": chi.pk}
    with nothing_changes():
        page = client.post("/leads/following/", asked)
    assert "Bạn không được sửa 1 bản ghi trong số này (Khách 1)" in page.text
    client.post("/leads/following/", asked | {"ids": [mine[0].pk]})
    assert followed_by(chi) == {mine[0].pk}


def test_nobody_who_left_follows_and_nothing_is_followed_that_is_gone(an, binh, leads):
    binh.is_active = False
    binh.save()
    with nothing_changes(), pytest.raises(DomainError):
        follow_many(leads, user=binh, by=an)
    follow_many(leads, user=binh, stops=True, by=an)
    assert follow_many([], user=an, by=an) == []


def test_a_whole_list_is_followed_by_the_job_and_taken_back(client, an, leads):
    client.force_login(an)
    batch = worked_off(sent_batch(client.post("/leads/following/", {"whole": "?tab=all", "how": "follow"})))
    assert (batch.done, batch.words) == (4, f"{an} theo dõi")
    assert len(followed_by(an)) == 4
    client.post(f"/batches/{batch.pk}/undo/")
    taken_back(batch)
    assert not followed_by(an)


@pytest.mark.parametrize("many", [2, 30])
def test_as_many_statements_for_thirty_as_for_two(an, binh, django_assert_max_num_queries, many):
    rows = create_leads([{"company_name": f"Khách {nth}", "owner": an} for nth in range(many)], by=an)
    with django_assert_max_num_queries(16):
        follow_many(rows, user=binh, by=an)


@pytest.mark.django_db(transaction=True)
def test_a_manager_follows_ticked_leads_and_thinks_better_of_it(world):
    """Three ticks, one dialog, one word back."""
    binh = world.cast.binh
    create_leads([{"company_name": f"Khách {n}", "owner": binh} for n in range(4)], by=binh)
    page = world.enter(binh, "/leads/?tab=all")
    for nth in range(3):
        page.locator("#rows [name=ids]").nth(nth).check()
    page.get_by_role("button", name="Theo dõi").click()
    page.locator("#dialog[open] .dialog-foot [type=submit]").click()
    toast = page.locator(".toast", has_text=f"3 bản ghi: {binh} theo dõi")
    expect(toast).to_be_visible()
    assert len(followed_by(binh)) == 3
    toast.get_by_role("button", name="Hoàn tác").click()
    expect(page.locator(".toast", has_text="Đã hoàn tác")).to_be_visible()
    assert not followed_by(binh)
