"""«Gọi lần lượt»: several people call one list through, each customer by one of them (R1.16, R1.17)."""

import json
import re
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from django.db import connection
from django.db.models import F
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from playwright.sync_api import expect

from pheu.activities.models import ActivityType
from pheu.activities.services import log_activity, schedule_activity
from pheu.automation.models import Turn
from pheu.conftest import nothing_changes
from pheu.leads.services import convert_prospects, create_lead
from pheu.notifications import presence
from pheu.parties.models import Prospect
from pheu.parties.services import create_prospect
from pheu.people.models import Team
from pheu.timeline import jobs
from pheu.timeline.models import Batch
from pheu.timeline.services import add_note, assign, follow

ALL = "/prospects/calling/?list=tab%3Dall"


def prospects(owner: Any, *names: str, **more: Any) -> list[Prospect]:
    by = owner or more.pop("by")
    return [create_prospect({"company_name": name, "owner": owner, **more}, by=by) for name in names]


def press(client: Any, url: str = ALL) -> Any:
    """The record to which the button leads, and its address; None and that of the list where nobody is left."""
    answer = client.post(url)
    assert answer.status_code == 302
    to = urlsplit(answer.url)
    pk = to.path.removeprefix("/prospects/").removesuffix("/")
    return (int(pk) if pk else None), answer.url


def go_on(client: Any, page: str) -> Any:
    [calling] = parse_qs(urlsplit(page).query)["calling"]
    return press(client, f"/prospects/calling/?calling={calling}")


def called(client: Any, url: str = ALL) -> list[int]:
    """All customers to whom pressing the button leads, in their turn."""
    found, (pk, page) = [], press(client, url)
    while pk is not None:
        found.append(pk)
        pk, page = go_on(client, page)
    return found


def work_was(days: int) -> None:
    Prospect.objects.update(worked_at=F("worked_at") - timedelta(days=days))


def test_one_after_the_other_from_the_list(client, an):
    """The list offers it, the head of the record goes on and says how many are left."""
    first, second = prospects(an, "Hòn Đá", "Trăng Non")
    client.force_login(an)
    assert "/prospects/calling/?list=tab%3Dmine" in client.get("/prospects/?tab=mine").text
    pk, page = press(client)
    shown = client.get(page).text
    assert (pk, "còn 2" in shown, "Bỏ qua, khách tiếp theo" in shown) == (first.pk, True, True)
    add_note(first.record, body="Không nghe máy", by=an)
    shown = client.get(page).text
    assert ("còn 1" in shown, "Bỏ qua" in shown, "Khách tiếp theo" in shown) == (True, False, True)
    pk, page = go_on(client, page)
    assert pk == second.pk
    pk, page = go_on(client, page)
    assert (pk, page) == (None, "/prospects/?tab=all")
    assert "không còn ai để gọi" in client.get(page).text


def test_who_was_left_the_longest_comes_first(client, an):
    """Nobody has called the third; the first was called before the second; today's is not called again."""
    first, second, third, today = prospects(an, "Một", "Hai", "Ba", "Bốn")
    for days, one in enumerate([first, second]):
        add_note(one.record, body="Gọi lại sau", by=an)
        Prospect.objects.filter(pk=one.pk).update(worked_at=timezone.now() - timedelta(days=9 - days))
    add_note(today.record, body="Đã gọi", by=an)
    client.force_login(an)
    assert called(client) == [third.pk, first.pk, second.pk]


def test_many_of_the_same_moment_are_each_called_once(client, an):
    """More than are looked at together, in both halves of the order."""
    found = prospects(an, *map(str, range(45)))
    Prospect.objects.filter(pk__in=[one.pk for one in found[:22]]).update(worked_at=timezone.now() - timedelta(days=3))
    client.force_login(an)
    assert called(client) == [one.pk for one in (*found[22:], *found[:22])]


def test_only_mine_and_what_nobody_of_my_team_has(client, an, binh, chi, dung):
    """R1.17: a colleague's is theirs, another team's pool is not mine, and the manager has no more than others."""
    north, south = Team.objects.get(name="Miền Bắc"), Team.objects.get(name="Miền Nam")
    [mine], [theirs], [far] = prospects(an, "Một"), prospects(binh, "Hai"), prospects(chi, "Ba")
    [free] = prospects(None, "Bốn", by=dung, team=north)
    prospects(None, "Năm", by=dung, team=south)
    [of_department] = prospects(None, "Sáu", by=an)
    for person, expected in ((an, [mine, free, of_department]), (binh, [theirs, free, of_department])):
        client.force_login(person)
        assert called(client) == sorted(one.pk for one in expected)
        Turn.objects.all().delete()
    client.force_login(chi)
    assert far.pk in called(client)


def test_who_only_looks_calls_nobody(client, an, giang):
    prospects(an, "Một")
    client.force_login(giang)
    assert "/prospects/calling/" not in client.get("/prospects/?tab=all").text
    with nothing_changes():
        assert client.post(ALL).status_code == 404


def test_the_list_decides_whom(client, an):
    """View, filter and search of the address hold on the way, which leads back to it."""
    hanoi, _other, hue = prospects(an, "Xi măng Hà Nội", "Dệt Sài Gòn", "Xi măng Huế")
    client.force_login(an)
    assert called(client, "/prospects/calling/?list=tab%3Dall%26q%3Dxi%2Bmang") == [hanoi.pk, hue.pk]
    assert called(client, "/prospects/calling/?list=tab%3Dconverted") == []
    page = client.get(press(client, "/prospects/calling/?list=tab%3Dall%26q%3Dha%2Bnoi")[1]).text
    assert 'href="/prospects/?tab=all&amp;q=ha+noi"' in page


def test_whom_a_colleague_has_open_is_passed_over(client, an, binh):
    """Whether they came by calling or otherwise; not whoever has left, nor oneself."""
    team = {"by": binh, "team": Team.objects.get(name="Miền Bắc")}
    first, second, third = prospects(None, "Một", "Hai", "Ba", **team)
    presence.come(first.record, binh)
    presence.come(second.record, an)
    client.force_login(binh)
    assert press(client)[0] == first.pk
    presence.leave(first.record, binh)
    client.force_login(an)
    assert press(client)[0] == second.pk
    client.force_login(binh)
    assert press(client)[0] == first.pk
    assert go_on(client, press(client)[1])[0] == third.pk
    client.force_login(an)
    assert press(client)[0] == first.pk  # which Bình has gone on from


def test_a_turn_ends_after_some_minutes(client, an, binh):
    team = {"by": binh, "team": Team.objects.get(name="Miền Bắc")}
    first, second = prospects(None, "Một", "Hai", **team)
    client.force_login(an)
    assert press(client)[0] == first.pk
    client.force_login(binh)
    assert press(client)[0] == second.pk
    Turn.objects.filter(user=an).update(until=timezone.now() - timedelta(seconds=1))
    assert press(client)[0] == first.pk
    assert Turn.objects.count() == 1


def call(one: Prospect, by: Any) -> None:
    log_activity(one.record, what=ActivityType.objects.all()[0], result="Bận", by=by)


def plan(one: Prospect, by: Any, days: int = 3) -> None:
    due_at = timezone.now() + timedelta(days=days)
    schedule_activity(one.record, what=ActivityType.objects.all()[0], due_at=due_at, assignee=by, by=by)


def test_what_the_customer_became_leads_on(client, an):
    first, second = prospects(an, "Một", "Hai")
    client.force_login(an)
    _pk, page = press(client)
    here = {"HX-Request": "true", "HX-Current-URL": f"http://testserver{page}"}
    answer = client.post(f"/prospects/conversion/?ids={first.pk}", headers=here)
    on = answer.headers["HX-Redirect"]
    assert on.startswith("/leads/")
    assert "Khách tiếp theo" in client.get(on).text
    assert go_on(client, on)[0] == second.pk


@pytest.mark.parametrize("act", [call, plan, lambda one, by: convert_prospects([one], by=by)])
def test_what_was_done_today_is_done(client, an, act):
    done, left = prospects(an, "Một", "Hai")
    act(done, an)
    client.force_login(an)
    assert called(client) == [left.pk]


@pytest.mark.parametrize(
    "act",
    [lambda one, by: follow(one.record, user=by, by=by), lambda one, by: assign([one], owner=by, by=by)],
    ids=["followed", "handed out"],
)
def test_what_is_no_work_on_a_customer_changes_nothing(client, binh, act):
    [one] = prospects(binh, "Một")
    act(one, binh)
    client.force_login(binh)
    assert called(client) == [one.pk]


def test_what_is_planned_for_a_later_day_waits_until_then(client, an):
    today, later, other = prospects(an, "Một", "Hai", "Ba")
    plan(today, an, days=0)
    plan(later, an, days=1)
    work_was(1)
    client.force_login(an)
    assert called(client) == [other.pk, today.pk]


def test_a_place_that_is_none_begins_at_the_beginning(client, an):
    [one] = prospects(an, "Một")
    client.force_login(an)
    assert press(client, "/prospects/calling/?calling=1:abc&list=tab%3Dall")[0] == one.pk
    assert "Đang gọi lần lượt" not in client.get(f"{one.get_absolute_url()}?calling=1:abc").text


def test_leads_are_called_through_as_well(client, an):
    lead = create_lead({"company_name": "Hòn Đá", "owner": an}, by=an)
    client.force_login(an)
    answer = client.post("/leads/calling/?list=tab%3Dall")
    assert urlsplit(answer.url).path == lead.get_absolute_url()


def test_as_many_statements_for_many_as_for_few(client, an, django_assert_num_queries):
    prospects(an, "Một", "Hai", "Ba")
    client.force_login(an)
    _pk, page = press(client)
    with CaptureQueriesContext(connection) as few:
        _pk, page = go_on(client, page)
    prospects(an, *map(str, range(30)))
    with django_assert_num_queries(len(few)):
        go_on(client, page)


def test_what_nobody_has_worked_on_is_called_back_from_the_list(client, an, binh):
    """R1.17: found by when somebody last worked on it, all of it taken off its owners, and given back by «Hoàn tác»."""
    left, called_on = prospects(an, "Một", "Hai")
    add_note(called_on.record, body="Đã gọi", by=an)
    never = {"field": "worked_at", "op": "empty"}
    where = {"any": [never, {"field": "worked_at", "op": "before", "value": {"days": -14}}]}
    client.force_login(binh)
    query = urlencode({"tab": "all", "where": json.dumps(where)})
    assert client.get(f"/prospects/ids/?{query}").json()["ids"] == [left.pk]
    client.post("/prospects/assignment/", {"whole": f"?{query}", "owner": "nobody"})
    batch = Batch.objects.get()
    jobs.work_batch_off(batch_id=batch.pk)
    assert dict(Prospect.objects.values_list("pk", "owner")) == {left.pk: None, called_on.pk: an.pk}
    client.post(f"/batches/{batch.pk}/undo/")
    jobs.take_portions_back(batch_id=batch.pk)
    assert Prospect.objects.get(pk=left.pk).owner == an


@pytest.mark.django_db(transaction=True)
def test_calling_with_the_keys(world):
    """From the list with `q`; the call is written down, and on; who became a lead leads on too."""
    an = world.cast.an
    first, _second, _third = prospects(an, "Hòn Đá", "Trăng Non", "Sông Xanh")
    page = world.enter(an, "/prospects/?tab=all")
    page.keyboard.press("q")
    expect(page.locator("h1")).to_have_text("Hòn Đá")
    expect(page.locator(".calling")).to_contain_text("còn 3")
    expect(page.locator(".calling").get_by_role("button")).to_have_text("Bỏ qua, khách tiếp theo")
    page.keyboard.press("q")
    expect(page.locator("h1")).to_have_text("Trăng Non")
    page.get_by_role("button", name="Chuyển thành tiềm năng").click()
    expect(page).to_have_url(re.compile("/leads/"))
    expect(page.locator(".calling").get_by_role("button")).to_have_text("Khách tiếp theo")
    page.keyboard.press("q")
    expect(page.locator("h1")).to_have_text("Sông Xanh")
    page.keyboard.press("n")  # writes a note here too
    expect(page.locator("#note_body")).to_be_focused()
    page.locator("#note_body").fill("Gọi lại sau")
    page.get_by_role("button", name="Thêm ghi chú").click()
    expect(page.locator(".calling").get_by_role("button")).to_have_text("Khách tiếp theo")
    page.locator("h1").click()
    page.keyboard.press("q")
    expect(page.locator(".toast")).to_contain_text("không còn ai để gọi")
    assert set(Prospect.objects.filter(worked_at=None).values_list("pk", flat=True)) == {first.pk}
