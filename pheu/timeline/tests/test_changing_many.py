"""«Sửa trường» of ticked rows: one value for all of them, or a few more tags, and the way back."""

from collections import Counter

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from playwright.sync_api import expect

from pheu.conftest import nothing_changes, told
from pheu.core.errors import DomainError, Invalid, Refused
from pheu.leads.models import Lead
from pheu.leads.services import create_lead
from pheu.parties.models import Source
from pheu.records.acts import last_operation
from pheu.records.models import Operation, Tag
from pheu.timeline.events import CHANGED
from pheu.timeline.models import Event
from pheu.timeline.services import ADD, TAKE, change_many
from pheu.timeline.undo import undo


def leads_of(owner, n, **more):
    return [create_lead({"company_name": f"Công ty {at}", "owner": owner, **more}, by=owner) for at in range(n)]


def tags(*names):
    return [Tag.objects.get_or_create(name=name)[0] for name in names]


def tags_of(*leads):
    return [sorted(one.record.tags.values_list("name", flat=True)) for one in leads]


@pytest.mark.django_db
def test_ticked_leads_get_one_source_and_come_back_to_their_own(an):
    fair, other = Source.objects.get(name="Hội thảo"), Source.objects.exclude(name="Hội thảo")[0]
    first, second, there = [*leads_of(an, 2, source=other), *leads_of(an, 1, source=fair)]
    change_many([first, second, there], "source", fair, by=an)
    assert set(Lead.objects.values_list("source__name", flat=True)) == {"Hội thảo"}
    assert told(CHANGED, about=first).facts["changes"][0]["was"]["name"] == other.name
    assert not Event.objects.filter(kind=CHANGED.code, about=there.pk).exists()
    undo(Operation.objects.get(pk=last_operation()), by=an)
    assert [Lead.objects.get(pk=one.pk).source for one in (first, second, there)] == [other, other, fair]


@pytest.mark.django_db
def test_tags_are_added_taken_away_and_replaced(an):
    """R3.24-R3.27: whoever has the tag already keeps it, and is told nothing."""
    old, vip, cement = tags("Cũ", "VIP", "Xi măng")
    first, second = leads_of(an, 2)
    change_many([first], "tags", [vip], how=ADD, by=an)
    change_many([first, second], "tags", [vip, cement], how=ADD, by=an)
    assert tags_of(first, second) == [["VIP", "Xi măng"], ["VIP", "Xi măng"]]
    change_many([first, second], "tags", [vip], how=TAKE, by=an)
    assert tags_of(first, second) == [["Xi măng"], ["Xi măng"]]
    change_many([first], "tags", [old], by=an)
    change_many([first, second], "tags", [cement], how=ADD, by=an)
    assert tags_of(first, second) == [["Cũ", "Xi măng"], ["Xi măng"]]
    assert Event.objects.filter(kind=CHANGED.code, about=second.pk).count() == 2
    undo(Operation.objects.get(pk=last_operation()), by=an)
    assert tags_of(first, second) == [["Cũ"], ["Xi măng"]]


@pytest.mark.django_db
def test_all_or_none(an, binh, chi):
    fair = Source.objects.get(name="Hội thảo")
    mine, theirs = leads_of(an, 1), leads_of(chi, 1)
    with nothing_changes(), pytest.raises(Refused):
        change_many([*mine, *theirs], "source", fair, by=an)
    with nothing_changes(), pytest.raises(Invalid):
        change_many(mine, "source", Tag(pk=fair.pk), by=an)


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["company_name", "phone", "tax_code"])
def test_what_tells_records_apart_is_changed_in_each_by_itself(an, name):
    rows = leads_of(an, 1)
    with nothing_changes(), pytest.raises(DomainError):
        change_many(rows, name, "0100109106", by=an)


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["owner", "stage", "number", "nothing"])
def test_what_nobody_writes_like_this_is_refused(an, name):
    rows = leads_of(an, 1)
    with nothing_changes(), pytest.raises(Refused):
        change_many(rows, name, None, by=an)


@pytest.mark.django_db
def test_to_what_holds_one_nothing_is_added(an):
    rows = leads_of(an, 1)
    with nothing_changes(), pytest.raises(DomainError):
        change_many(rows, "source", None, how=ADD, by=an)


@pytest.mark.django_db
def test_a_field_that_a_role_only_reads_is_not_offered_and_refused(an, client):
    an.role.fields = {"lead": {"source": "read"}}
    an.role.save()
    [lead] = leads_of(an, 1)
    client.force_login(an)
    asked = client.get(f"/leads/editing/?ids={lead.pk}").text
    assert 'value="source"' not in asked
    assert 'value="tags"' in asked
    fair = Source.objects.get(name="Hội thảo")
    with nothing_changes():
        assert client.post("/leads/editing/", {"ids": lead.pk, "field": "source", "source": fair.pk}).status_code == 422
    with nothing_changes(), pytest.raises(Refused):
        change_many([lead], "source", fair, by=an)


@pytest.mark.django_db
@pytest.mark.parametrize(("name", "value"), [("source", "Hội thảo"), ("tags", ["VIP"]), ("company", None)])
def test_as_many_statements_for_thirty_as_for_two(an, name, value):
    values = {"source": lambda: Source.objects.get(name=value), "tags": lambda: tags(*value)}
    taken = []
    for n in (2, 30):
        rows, given = leads_of(an, n), values.get(name, lambda: None)()
        with CaptureQueriesContext(connection) as captured:
            change_many(rows, name, given, by=an)
        taken.append(len(captured))
    assert taken[0] == taken[1]


@pytest.mark.django_db
def test_what_is_wrong_is_said_in_the_dialog(an, client):
    rows = leads_of(an, 2)
    client.force_login(an)
    ids = [one.pk for one in rows]
    assert "Hãy chọn một trường" in client.post("/leads/editing/", {"ids": ids}).text
    wrong = client.post("/leads/editing/", {"ids": ids, "field": "expected_amount", "expected_amount": "nhiều"})
    assert wrong.status_code == 422
    assert "data-invalid" in wrong.text
    gone = client.post("/leads/editing/", {"ids": ids, "field": "source", "source": 999_999})
    assert gone.status_code == 422


@pytest.mark.django_db(transaction=True)
def test_ticked_leads_are_tagged_by_keyboard_and_taken_back(world):
    """R3.24."""
    an = world.cast.an
    tags("VIP")
    rows = leads_of(an, 3)
    page = world.enter(an, "/leads/?tab=all")
    for row in rows[:2]:
        page.locator(f"#rows [name=ids][value='{row.pk}']").check()
    page.get_by_role("button", name="Sửa trường").click()
    dialog = page.locator("#dialog[open]")
    dialog.locator("[name=field]").select_option("tags")
    picker = dialog.locator("#id_tags-ts-control")
    expect(picker).to_be_focused()
    page.keyboard.type("vip")
    expect(dialog.locator(".ts-dropdown .option.active")).to_have_text("VIP")
    page.keyboard.press("Enter")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".toast")).to_contain_text("2 bản ghi")
    assert tags_of(*rows) == [["VIP"], ["VIP"], []]
    page.get_by_role("button", name="Hoàn tác").click()
    expect(page.locator(".toast").last).to_be_visible()
    expect(page.locator("#rows tr")).to_have_count(3)
    page.wait_for_function("!document.querySelector('#rows')?.innerText.includes('VIP')")
    assert tags_of(*rows) == [[], [], []]


@pytest.mark.django_db
def test_whoever_changes_many_sees_what_they_hold_now(client, an):
    """R4.33: before anything is changed, of ticked rows and of a whole list; of tags each is counted."""
    fair, other = Source.objects.get(name="Hội thảo"), Source.objects.exclude(name="Hội thảo")[0]
    rows = [*leads_of(an, 2, source=fair), *leads_of(an, 1, source=other), *leads_of(an, 1)]
    change_many(rows[:2], "tags", tags("Khí thải", "Cần gấp"), by=an)
    change_many(rows[2:3], "tags", tags("Cần gấp"), by=an)
    client.force_login(an)
    ids = {"ids": [one.pk for one in rows]}
    shown = client.get("/leads/editing/", ids | {"field": "source"}).text
    assert f"Hiện có: Hội thảo 2 · {other} 1 · (trống) 1" in shown
    assert "Hiện có: Cần gấp 3 · Khí thải 2 · (trống) 1" in client.get("/leads/editing/", ids | {"field": "tags"}).text
    stages = Counter(Lead.objects.values_list("stage__name", flat=True)).most_common()
    standing = "Hiện có: " + " · ".join(f"{name} {n}" for name, n in stages)
    assert standing in client.get("/leads/stages/", ids).text
    whole = {"whole": "?tab=all", "field": "source"}
    assert "Hiện có: Hội thảo 2" in client.get("/leads/editing/", whole).text
    assert standing in client.get("/leads/stages/", {"whole": "?tab=all"}).text
    assert "Hiện có" not in client.get("/leads/editing/", whole | {"field": "website"}).text
    for nth, one in reversed([*enumerate(rows)]):  # in no order of theirs
        change_many([one], "website", f"a{nth}.example", by=an)
    more = leads_of(an, 3, website="b.example")
    asked = {"ids": [*ids["ids"], *(one.pk for one in more)], "field": "website"}
    assert "b.example 3 · a0.example 1" in client.get("/leads/editing/", asked).text


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["source", "tags", "website", "owner"])
def test_what_they_hold_takes_as_many_statements_for_thirty_as_for_two(client, an, name):
    client.force_login(an)
    counts = []
    for many in (2, 30):
        asked = {"ids": [one.pk for one in leads_of(an, many)], "field": name}
        with CaptureQueriesContext(connection) as asking:
            client.get("/leads/editing/", asked)
        counts.append(len(asking))
    assert counts[0] == counts[1]
