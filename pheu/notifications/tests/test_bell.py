"""«Chuông»: who hears of what, in as many statements for many rows as for one, and only of what they may see."""

import re
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from pheu.activities.events import OVERDUE
from pheu.activities.jobs import tell_overdue_work
from pheu.activities.models import Activity, ActivityType
from pheu.activities.services import finish_activity, refresh_next, reschedule_activity, schedule_activity
from pheu.conftest import given, nothing_changes, stage_of, told
from pheu.deals.conversion import Handover, convert_leads
from pheu.leads.services import create_lead
from pheu.notifications.models import Choice, Notification, Reason
from pheu.notifications.services import KEPT, forget_old
from pheu.people.models import User
from pheu.records.acts import operation
from pheu.records.models import Pipeline, Stage
from pheu.timeline.events import ASSIGNED, FOLLOWED, NOTE_ADDED
from pheu.timeline.services import add_note, assign, edit_note, follow, take, withdraw_note
from pheu.timeline.stages import move, move_many

pytestmark = pytest.mark.django_db


def rung(user: User) -> list[tuple[str, str]]:
    """(reason, kind of event) of all that somebody was told, the oldest first."""
    rows = Notification.objects.filter(receiver=user).order_by("pk")
    return list(rows.values_list("reason", "event__kind"))


def leads_of(owner: User, many: int, by: User) -> list:
    return [create_lead({"company_name": f"Hòn Đá {nth}", "owner": owner}, by=by) for nth in range(many)]


def passes(activity: Activity) -> None:
    """The time for which work was planned has passed."""
    Activity.objects.filter(pk=activity.pk).update(due_at=timezone.now() - timedelta(minutes=1))
    with operation("given", by=None):
        refresh_next([activity.record_id])


def working() -> Stage:
    return stage_of("lead", "Đang xử lý")


# Who hears of what ----------------------------------------------------------------------------------------------------


def test_whoever_gets_a_record_hears_of_it_and_whoever_loses_it(lead, an, binh):
    my = create_lead({"company_name": "Nhiệt điện Sông Con", "owner": binh}, by=binh)
    assign([my], owner=an, by=binh)
    assert rung(an) == [(Reason.ASSIGNED, ASSIGNED.code)]
    assert rung(binh) == []  # nobody is told of what they did themselves
    assign([lead], owner=binh, by=binh)
    assert rung(an)[1:] == [(Reason.RETURNED, ASSIGNED.code)]  # he sees his team's records


def test_who_may_not_see_a_record_any_more_does_not_hear_that_it_was_taken_away(an, dung, chi):
    my = create_lead({"company_name": "Nhiệt điện Sông Con", "owner": chi}, by=dung)
    assert rung(chi) == [(Reason.ASSIGNED, "record.created")]
    assign([my], owner=an, team=an.teams.get(), by=dung)
    assert rung(chi)[1:] == []


def test_the_same_owner_in_another_team_is_no_news(lead, an, dung):
    before = rung(an)
    assign([lead], owner=an, team=dung.teams.first() or an.teams.get(), department=None, by=dung)
    assert rung(an) == before


def test_whoever_takes_a_record_is_not_told_of_it(an, dung):
    free = create_lead({"company_name": "Hòn Đá", "owner": None, "team": an.teams.get()}, by=dung)
    take(free, by=an)
    assert rung(an) == []


def test_a_note_tells_those_whom_it_names_once_for_each_time_that_they_are_new(lead, an, binh, giang):
    note = add_note(lead.record, body="Nhờ @Trần Thanh Bình xem giúp", by=an)
    assert rung(binh) == [(Reason.MENTION, NOTE_ADDED.code)]
    edit_note(note, body="Nhờ @Trần Thanh Bình và @Vũ Trường Giang xem", saw=note.body, by=an)
    assert len(rung(binh)) == 1
    assert rung(giang) == [(Reason.MENTION, "note.edited")]


def test_owner_and_followers_hear_of_moves_and_whoever_moves_does_not(lead, an, binh, hanh, giang):
    follow(lead.record, user=hanh, by=an)
    follow(lead.record, user=giang, by=an)
    assert rung(hanh) == [(Reason.WATCHED, FOLLOWED.code)]
    move(lead, to=working(), left=lead.stage, by=binh)
    assert rung(an) == rung(giang)[1:] == rung(hanh)[1:] == [(Reason.WATCHED, "lead.stage_changed")]
    assert rung(binh) == []


def test_the_owner_of_a_lead_hears_that_it_was_converted_and_the_new_owner_of_the_deal(lead, an, binh, chi):
    pipeline = Pipeline.objects.default("deal")
    convert_leads([lead], handover=Handover(owner=chi, pipeline=pipeline), by=binh)
    assert (Reason.WATCHED, "lead.converted") in rung(an)
    assert (Reason.ASSIGNED, "record.created") in rung(chi)


def test_work_that_others_plan_or_move_is_told_once_it_is_overdue_too(lead, an, binh):
    """R4.20: people are reminded of work that is due."""
    call = ActivityType.objects.first()
    soon = timezone.now() + timedelta(hours=1)
    schedule_activity(lead.record, what=call, due_at=soon, assignee=an, by=an)
    assert rung(an) == []
    activity = schedule_activity(lead.record, what=call, due_at=soon, assignee=an, by=binh)
    reschedule_activity(activity, due_at=soon + timedelta(hours=1), by=binh)
    assert [kind for _reason, kind in rung(an)] == ["activity.scheduled", "activity.rescheduled"]
    passes(activity)
    tell_overdue_work(timestamp=0)
    tell_overdue_work(timestamp=0)  # once for each moment
    assert rung(an)[2:] == [(Reason.OVERDUE, "activity.overdue")]
    activity.refresh_from_db()
    reschedule_activity(activity, due_at=soon, by=an)
    passes(activity)
    tell_overdue_work(timestamp=0)
    assert len(rung(an)) == 4


def test_what_is_done_in_time_is_never_overdue(lead, an):
    activity = schedule_activity(
        lead.record, what=ActivityType.objects.first(), due_at=timezone.now() + timedelta(hours=1), assignee=an, by=an
    )
    finish_activity(activity, by=an)
    passes(activity)
    tell_overdue_work(timestamp=0)
    assert rung(an) == []


def test_what_is_overdue_can_still_be_taken_back_as_if_nobody_had_been_told(lead, an):
    """The mark that somebody was told is no change of the work that anybody would undo."""
    activity = schedule_activity(
        lead.record, what=ActivityType.objects.first(), due_at=timezone.now() + timedelta(hours=1), assignee=an, by=an
    )
    passes(activity)
    tell_overdue_work(timestamp=0)
    assert not told(OVERDUE, about=lead).operation.entries.exists()


def test_what_was_rolled_back_rings_no_bell(lead, an, binh):
    with transaction.atomic():
        move(lead, to=working(), left=lead.stage, by=binh)
        assert rung(an)
        transaction.set_rollback(True)
    assert rung(an) == []


# Many -----------------------------------------------------------------------------------------------------------------


def test_a_bulk_act_tells_in_as_many_statements_as_one_row(an, binh):
    few, many = leads_of(binh, 2, binh), leads_of(binh, 60, binh)
    counts = []
    for rows in (few, many):
        with CaptureQueriesContext(connection) as asked:
            assign(rows, owner=an, by=binh)
        counts.append(len(asked))
    assert counts[0] == counts[1]
    assert len(rung(an)) == 62


def test_what_came_at_once_is_one_line(client, an, binh):
    rows = leads_of(binh, 12, binh)
    move_many(rows, to=working(), by=binh)
    assign(rows, owner=an, by=binh)
    client.force_login(an)
    assert client.get("/notifications/count/").text == "1"
    page = client.get("/notifications/").text
    assert page.count('class="notice ') == 1
    assert "và 11 bản ghi khác" in page
    one = Notification.objects.filter(receiver=an).latest("pk")
    answer = client.post(f"/notifications/{one.pk}/", {"all": "1"})
    assert answer["Location"] == f"/notifications/?of={one.operation_id}"
    assert client.get(answer["Location"]).text.count('class="notice') >= 12
    assert client.get("/notifications/count/").text == ""  # reading one is reading all of the operation


# Reading --------------------------------------------------------------------------------------------------------------


def test_opening_one_leads_to_its_record_and_notes_that_it_was_read(client, lead, an, binh):
    move(lead, to=working(), left=lead.stage, by=binh)
    client.force_login(an)
    one = Notification.objects.get(receiver=an)
    panel = client.get("/notifications/panel/").text
    assert "Trần Thanh Bình" in panel and lead.title in panel
    assert client.post(f"/notifications/{one.pk}/")["Location"] == f"/r/{lead.pk}/"
    one.refresh_from_db()
    assert one.read_at is not None
    first = one.read_at
    client.post(f"/notifications/{one.pk}/")
    one.refresh_from_db()
    assert one.read_at == first


def test_the_count_is_capped(client, an, binh):
    for row in leads_of(binh, 101, binh):
        assign([row], owner=an, by=binh)
    client.force_login(an)
    assert client.get("/notifications/count/").text == "99+"


def test_all_are_read_at_once_but_not_what_came_after_they_were_shown(client, an, binh):
    first, second = leads_of(binh, 2, binh)
    assign([first], owner=an, by=binh)
    shown = Notification.objects.get(receiver=an).pk
    assign([second], owner=an, by=binh)
    client.force_login(an)
    answer = client.post("/notifications/reading/", {"newest": shown}, headers={"HX-Request": "true"})
    assert "bell-changed" in answer.headers["HX-Trigger"]
    assert client.get("/notifications/count/").text == "1"
    client.post("/notifications/reading/", {"newest": shown + 1})
    assert client.get("/notifications/count/").text == ""
    assert client.get("/notifications/?show=unread").text.count('class="notice') == 0


def test_older_ones_are_a_page_further(client, an, binh):
    for row in leads_of(binh, 33, binh):
        assign([row], owner=an, by=binh)
    client.force_login(an)
    first = client.get("/notifications/")
    assert first.text.count("<li><form") == 30
    assert client.get(f"/notifications/{first.context['older_url']}").text.count("<li><form") == 3


def test_a_record_that_is_out_of_sight_leaves_no_word_in_list_and_count(client, an, binh, chi, dung):
    kept, gone = leads_of(an, 2, dung)
    given(gone, owner=chi, team=chi.teams.get(), department=chi.department)
    client.force_login(an)
    assert client.get("/notifications/count/").text == "1"
    for address in ("/notifications/", "/notifications/panel/"):
        page = client.get(address).text
        assert kept.title in page and gone.title not in page
    hidden = Notification.objects.get(receiver=an, record=gone.pk)
    with nothing_changes():
        assert client.post(f"/notifications/{hidden.pk}/").status_code == 404


def test_nobody_reads_what_another_was_told(client, lead, an, binh, dung):
    move(lead, to=working(), left=lead.stage, by=binh)
    client.force_login(dung)
    with nothing_changes():
        assert client.post(f"/notifications/{Notification.objects.get(receiver=an).pk}/").status_code == 404
    assert lead.title not in client.get("/notifications/").text


def test_a_withdrawn_note_is_quoted_no_more(client, lead, an, binh):
    note = add_note(lead.record, body="@Trần Thanh Bình giá vốn 850 triệu", by=an)
    client.force_login(binh)
    assert "850 triệu" in client.get("/notifications/panel/").text
    withdraw_note(note, by=an)
    assert "850 triệu" not in client.get("/notifications/panel/").text


def test_as_many_statements_for_one_line_as_for_thirty(client, an, binh):
    client.force_login(an)
    counts = []
    for many in (1, 29):
        for row in leads_of(binh, many, binh):
            assign([row], owner=an, by=binh)
        with CaptureQueriesContext(connection) as asked:
            client.get("/notifications/")
        counts.append(len(asked))
    assert counts[0] == counts[1] <= 12


def test_nothing_yet_says_what_it_is_for(client, an):
    client.force_login(an)
    assert 'class="empty' in client.get("/notifications/").text
    assert client.get("/notifications/count/").text == ""


# Choosing -------------------------------------------------------------------------------------------------------------


def test_what_somebody_does_not_want_to_hear_of_is_not_told(lead, an, binh):
    Choice.objects.create(user=an, silent=[Reason.WATCHED])
    move(lead, to=working(), left=lead.stage, by=binh)
    add_note(lead.record, body="@Nguyễn Hoài An xem nhé", by=binh)
    assert [reason for reason, _kind in rung(an)] == [Reason.MENTION]


def ringing(client) -> list[str]:
    """The reasons that are ticked in one's account."""
    return re.findall(r'name="reason" value="(\w+)" checked', client.get("/account/").text)


def test_each_person_chooses_in_their_account_when_the_bell_rings(client, lead, an, binh):
    client.force_login(an)
    assert ringing(client) == Reason.values
    client.post("/notifications/choices/", {"reason": ["mention", "nothing that exists"]})
    assert ringing(client) == [Reason.MENTION]
    move(lead, to=working(), left=lead.stage, by=binh)
    assert rung(an) == []
    client.post("/notifications/choices/", {"reason": [*Reason.values]})
    move(lead, to=stage_of("lead", "Mới"), left=working(), by=binh)
    assert rung(an) == [(Reason.WATCHED, "lead.stage_changed")]


def test_old_ones_are_forgotten_and_their_events_stay(lead, an, binh):
    move(lead, to=working(), left=lead.stage, by=binh)
    assert forget_old() == 0
    Notification.objects.update(made_at=timezone.now() - KEPT - timedelta(days=1))
    assert forget_old() == 1
    assert lead.record.events.filter(kind="lead.stage_changed").exists()
