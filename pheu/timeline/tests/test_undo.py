"""«Hoàn tác»: what an act did is taken back, what somebody has done since is kept and told."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from pheu.activities.models import Activity, ActivityType
from pheu.activities.services import finish_activity, schedule_activity
from pheu.conftest import nothing_changes, stage_of, told
from pheu.core.errors import DomainError, Refused
from pheu.deals import events as deal_events
from pheu.deals.conversion import Handover, convert_leads
from pheu.deals.models import Deal
from pheu.deals.services import create_deal
from pheu.deals.undoing import undo_conversion
from pheu.leads.models import Lead
from pheu.leads.services import change_lead, close_lead, convert_prospects, create_lead, create_leads, move_lead
from pheu.parties.models import Company, Contact, Prospect
from pheu.parties.services import create_contact, create_prospect
from pheu.people.models import Team
from pheu.records import journal, writing
from pheu.records.acts import last_operation, operation
from pheu.records.locking import hold
from pheu.records.models import ClosingReason, Follower, Operation, Record, Tag
from pheu.timeline.archiving import archive, restore
from pheu.timeline.events import ASSIGNED, UNDONE
from pheu.timeline.models import Event, Note
from pheu.timeline.services import add_file, add_note, assign, follow, unfollow
from pheu.timeline.undo import hand_on, offers_undo, redo, undo


def last() -> Operation:
    return Operation.objects.get(pk=last_operation())


def planned(row, an, days=1):
    due = timezone.now() + timedelta(days=days)
    what = ActivityType.objects.all()[0]
    return schedule_activity(row.record, what=what, due_at=due, assignee=an, by=an)


# Handing out --------------------------------------------------------------------------------------------------------


def place(lead):
    return Lead.objects.values_list("owner", "team", "department").get(pk=lead.pk)


def test_a_hand_out_goes_back_to_whom_it_was_with(an, binh, chi, lead):
    """R1.17: person, team and department."""
    before = place(lead)
    assign([lead], owner=chi, by=binh)
    undo(last(), by=binh)
    assert place(lead) == before
    assert told(UNDONE, about=lead).facts["edited"] == []


def test_of_a_hand_out_later_edits_are_kept_and_told(an, binh, chi, hanh, dung, lead):
    """Whoever came later is not overruled: the lead stays with them, the others go back."""
    other = create_lead({"name": "Trạm", "owner": an}, by=an)
    assign([lead, other], owner=chi, by=binh)
    done = last()
    assign([lead], owner=hanh, by=dung)
    now, back = place(lead), (an.pk, an.teams.get().pk, an.department_id)
    found = undo(done, by=binh)
    assert (place(lead)[0], place(other)) == (hanh.pk, back)
    assert {column for row, column in found.edited if row.pk == lead.pk} >= {"owner_id"}
    assert now[0] == hanh.pk
    assert "owner" in told(UNDONE, about=lead).facts["edited"]


def test_what_else_was_changed_since_stays(an, binh, chi, lead):
    assign([lead], owner=chi, by=binh)
    done = last()
    change_lead(Lead.objects.get(pk=lead.pk), {"need": (lead.need, "Đo bụi")}, by=chi)
    undo(done, by=binh)
    lead = Lead.objects.get(pk=lead.pk)
    assert (lead.owner, lead.need) == (an, "Đo bụi")


def has_left(person):
    type(person).objects.filter(pk=person.pk).update(is_active=False)


def test_what_was_of_somebody_who_has_left_comes_to_whoever_takes_it_back(an, binh, chi, lead):
    """R1.17: no open work goes back into hands that are not here; it stays in its team."""
    _owner, team, department = place(lead)
    assign([lead], owner=chi, by=binh)
    done, after = last(), place(lead)
    has_left(an)
    undo(done, by=binh)
    assert place(lead) == (binh.pk, team, department)
    event = Event.objects.get(kind=ASSIGNED.code, about=lead.pk, operation__act="undo")
    assert (event.by, event.facts["owner"]["id"]) == (binh, binh.pk)
    redo(Operation.objects.get(pk=done.pk), by=binh)
    assert place(lead) == after


def test_what_is_over_stays_of_whom_it_was(an, binh, chi, lead):
    close_lead(lead, to=stage_of("lead", "Không phù hợp"), reason=ClosingReason.objects.filter(kind="lead")[0], by=an)
    before = place(lead)
    assign([lead], owner=chi, by=binh)
    done = last()
    has_left(an)
    undo(done, by=binh)
    assert place(lead) == before


def test_a_lead_that_is_open_again_is_not_of_somebody_who_has_left(an, binh, lead):
    convert_leads([lead], Handover(owner=binh), by=binh)
    has_left(an)
    undo_conversion(Lead.objects.get(pk=lead.pk), by=binh)
    assert place(lead)[0] == binh.pk


def test_who_may_not_work_such_rows_brings_them_back_without_an_owner(an, binh, giang, lead):
    archive([lead], by=binh)
    done = last()
    _owner, *where = place(lead)
    has_left(an)
    with operation("test", by=giang):
        hold(lead.pk)
        hand_on([lead.pk], by=giang, via="page")
    assert place(lead)[0] == an.pk  # what is archived waits
    undo(done, by=binh)
    assert place(lead) == (binh.pk, *where)
    lead = Lead.objects.get(pk=lead.pk)
    Lead.objects.filter(pk=lead.pk).update(owner=an)
    Record.objects.filter(pk=lead.pk).update(owner=an)
    with operation("test", by=giang):
        hold(lead.pk)
        hand_on([lead.pk], by=giang, via="page")
    assert place(lead) == (None, *where)


def test_what_is_restored_is_not_of_somebody_who_has_left(an, binh, lead):
    archive([lead], by=binh)
    has_left(an)
    restore([Record.objects.get(pk=lead.pk)], by=binh)
    assert place(lead)[0] == binh.pk


def test_undoing_twice_is_harmless(binh, chi, lead):
    assign([lead], owner=chi, by=binh)
    done = last()
    undo(done, by=binh)
    with nothing_changes():
        for read in (done, Operation.objects.get(pk=done.pk)):  # before, and since
            assert undo(read, by=binh) == journal.TakenBack()


def test_only_who_did_it_or_may_do_it_takes_it_back(client, an, binh, chi, giang, dung, lead):
    assign([lead], owner=chi, by=binh)
    done = last()
    for stranger in (chi, giang, an):
        with nothing_changes(), pytest.raises(Refused):
            undo(done, by=stranger)
        client.force_login(stranger)
        with nothing_changes():
            assert client.post(f"/operations/{done.pk}/undo/").status_code == 404
    undo(done, by=dung)
    assert Lead.objects.get(pk=lead.pk).owner == an


def test_whoever_did_not_do_it_needs_the_right_to_every_row_of_it(an, binh, chi, dung, hanh, lead):
    """A manager of the one row takes back nothing of the other."""
    other = create_lead({"name": "Trạm", "owner": chi}, by=chi)
    assign([lead, other], owner=hanh, by=dung)
    for row, owner in ((lead, an), (other, chi)):
        with operation("given", by=None):
            row = Lead.objects.with_words().get(pk=row.pk)
            row.owner, row.team, row.department = owner, owner.teams.get(), owner.department
            writing.save_many([row], "owner", "team", "department")
    done = Operation.objects.get(act="assign")
    with nothing_changes(), pytest.raises(Refused):
        undo(done, by=binh)


def test_who_was_disabled_takes_nothing_back(binh, chi, lead):
    assign([lead], owner=chi, by=binh)
    binh.is_active = False
    binh.save()
    with nothing_changes(), pytest.raises(Refused):
        undo(last(), by=type(binh).objects.get(pk=binh.pk))


def test_only_who_did_it_is_offered_it_and_only_once(an, binh, chi, dung, lead):
    assign([lead], owner=chi, by=binh)
    done, event = last(), Event.objects.get(kind="record.assigned", about=lead.pk)
    assert [offers_undo(event, one) for one in (binh, dung, an)] == [True, False, False]
    undo(done, by=binh)
    assert not offers_undo(Event.objects.get(pk=event.pk), binh)


def test_what_was_forgotten_is_refused_in_words(binh, chi, lead):
    """The journal is kept for a time."""
    assign([lead], owner=chi, by=binh)
    done = last()
    assert journal.prune() == 0  # those of a year are kept
    assert journal.prune(before=timezone.now() + timedelta(days=1)) > 0
    with nothing_changes(), pytest.raises(DomainError, match="quá lâu"):
        undo(done, by=binh)


@pytest.mark.parametrize(("days", "kept"), [(399.9, True), (400.1, False)])
def test_an_operation_can_be_taken_back_for_400_days(binh, chi, lead, days, kept):
    assign([lead], owner=chi, by=binh)
    done = last()
    Operation.objects.filter(pk=done.pk).update(at=timezone.now() - timedelta(days=days))
    journal.prune()
    assert done.entries.exists() == kept


def test_what_cannot_be_taken_back_is_refused_in_words(an, lead):
    made = Operation.objects.get(act="create_many")
    with nothing_changes(), pytest.raises(DomainError):
        undo(made, by=an)


def statements(work):
    with CaptureQueriesContext(
        connection,
    ) as caught:
        work()
    return len(caught)


def test_a_hand_out_and_its_undo_take_the_same_few_statements_for_any_number(an, binh):
    """R1.17: 500 rows, their journal included."""
    found = []
    for many in (1, 5, 500):
        rows = create_leads([{"company_name": f"Công ty {n}", "owner": an} for n in range(many)], by=an)
        hand = statements(lambda: assign(rows, owner=binh, by=binh))  # noqa: B023
        done = last()
        assert done.entries.count() == many
        found.append((hand, statements(lambda: undo(done, by=binh))))  # noqa: B023
        assert set(Lead.objects.values_list("owner", flat=True)) == {an.pk}
    assert found[1] == found[2]  # the first asks for what a person carries along from then on


# Raw prospects made into leads --------------------------------------------------------------------------------------


@pytest.fixture
def prospects(an):
    return [create_prospect({"company_name": f"KH {n}", "owner": an}, by=an) for n in (1, 2)]


def test_leads_go_and_prospects_are_raw_again(client, an, prospects):
    """R1.16."""
    leads = convert_prospects(prospects, by=an)
    done = undo(last(), by=an)
    assert {row.pk for row in done.gone} == {lead.pk for lead in leads}
    assert not Lead.objects.live().exists()
    assert not any(one.is_converted for one in Prospect.objects.all())
    assert told(UNDONE, about=prospects[0]).facts["gone"]
    client.force_login(an)
    assert client.get(f"/r/{leads[0].pk}/").url == prospects[0].get_absolute_url()
    again = convert_prospects(prospects, by=an)
    assert not {lead.pk for lead in again} & {lead.pk for lead in leads}


def test_many_leads_go_back_in_as_many_statements_as_one(an):
    """R1.16."""
    found = []
    for many in (2, 2, 60):
        rows = [create_prospect({"company_name": f"KH {n}", "owner": an}, by=an) for n in range(many)]
        convert_prospects(rows, by=an)
        done = last()
        found.append(statements(lambda: undo(done, by=an)))  # noqa: B023
        assert not Lead.objects.live().exists()
    assert found[1] == found[2]


def test_work_comes_back_to_the_prospect(an, prospects):
    """R1.16, R0.33: what was planned before, and on the lead since."""
    before = planned(prospects[0], an, days=3)
    lead = convert_prospects(prospects, by=an)[0]
    done = last()
    since = planned(lead, an)
    undo(done, by=an)
    assert set(Activity.objects.open().values_list("record", flat=True)) == {prospects[0].pk}
    assert {before.pk, since.pk} == set(Activity.objects.values_list("pk", flat=True))
    assert Record.objects.get(pk=prospects[0].pk).next_activity_at == since.due_at


MOVED_ON = {
    "converted": lambda lead, an: convert_leads([lead], Handover(owner=an), by=an),
    "closed": lambda lead, an: close_lead(
        lead, to=stage_of("lead", "Không phù hợp"), reason=ClosingReason.objects.filter(kind="lead")[0], by=an
    ),
}


@pytest.mark.parametrize("how", MOVED_ON)
def test_a_lead_that_moved_on_keeps_all_of_the_batch(an, prospects, how):
    """R1.16: nobody gets a part in silence."""
    lead = convert_prospects(prospects, by=an)[0]
    done = last()
    lead = change_lead(lead, {"phone": ("", "+842438637747"), "need": ("", "Đo")}, by=an)
    MOVED_ON[how](lead, an)
    with nothing_changes(), pytest.raises(DomainError, match=lead.number):
        undo(done, by=an)


def test_tags_and_followers_stay_with_the_prospect(an, hanh, prospects):
    prospect = prospects[0]
    prospect.record.tags.add(Tag.objects.create(name="Khí thải"))
    follow(prospect.record, user=hanh, by=an)
    lead = convert_prospects(prospects, by=an)[0]
    assert (lead.record.tags.count(), lead.record.followers.count()) == (1, 1)
    undo(last(), by=an)
    for record, count in ((prospect.record, 1), (lead.record, 0)):
        assert (record.tags.count(), record.followers.count()) == (count, count)


def test_what_was_written_on_the_lead_is_read_on_the_prospect(client, an, prospects):
    lead = convert_prospects(prospects, by=an)[0]
    done = last()
    add_note(lead.record, body="Khách hẹn thứ Hai", by=an)
    undo(done, by=an)
    client.force_login(an)
    assert "Khách hẹn thứ Hai" in client.get(prospects[0].get_absolute_url()).text


# Conversion of leads ------------------------------------------------------------------------------------------------


@pytest.fixture
def deal_of_lead(an, lead):
    return convert_leads([lead], Handover(owner=an), by=an)[0]


def is_there(row):
    return Record.objects.get(pk=row.pk).is_live


def test_the_customer_that_came_with_it_goes_with_it(an, lead, deal_of_lead):
    """D9: nothing of the conversion is left in use."""
    before = [is_there(one) for one in (deal_of_lead, deal_of_lead.company, deal_of_lead.contact)]
    back = undo_conversion(lead, by=an)
    assert before == [True] * 3
    assert not any(is_there(one) for one in (deal_of_lead, deal_of_lead.company, deal_of_lead.contact))
    assert (back.company, back.contact, back.status) == (None, None, "working")
    facts = told(deal_events.CONVERSION_UNDONE, about=lead).facts
    assert {one["id"] for one in facts["gone"]} == {deal_of_lead.pk, deal_of_lead.company_id, deal_of_lead.contact_id}
    assert facts["kept"] == []


USED = {
    "another deal of the company": ("company", lambda deal, an: create_deal(
        {"name": "Bảo trì", "company": deal.company, "owner": an}, by=an
    )),
    "another contact of the company": ("company", lambda deal, an: create_contact(
        {"full_name": "Lê Hà", "company": deal.company, "owner": an}, by=an
    )),
    "a lead of the company": ("company", lambda deal, an: create_lead(
        {"name": "Trạm", "company": deal.company, "owner": an}, by=an
    )),
    "a note on the company": ("company", lambda deal, an: add_note(deal.company.record, body="x", by=an)),
    "a file on the company": ("company", lambda deal, an: add_file(
        deal.company.record, upload=SimpleUploadedFile("a.txt", b"a"), by=an
    )),
    "work on the company": ("company", lambda deal, an: planned(deal.company, an)),
    "another deal of the contact": ("contact", lambda deal, an: create_deal(
        {"name": "Bảo trì", "contact": deal.contact, "owner": an}, by=an
    )),
    "a note on the contact": ("contact", lambda deal, an: add_note(deal.contact.record, body="x", by=an)),
}  # fmt: skip


@pytest.mark.parametrize("how", USED)
def test_a_customer_that_something_else_uses_stays(an, lead, deal_of_lead, settings, tmp_path, how):
    """D9: and the timeline says so."""
    settings.MEDIA_ROOT = tmp_path
    what, use = USED[how]
    use(deal_of_lead, an)
    kept = getattr(deal_of_lead, what)
    undo_conversion(lead, by=an)
    assert is_there(kept)
    assert not is_there(deal_of_lead)
    # A contact that stays holds its company.
    assert is_there(deal_of_lead.company)
    assert is_there(deal_of_lead.contact) == (what == "contact")
    assert kept.pk in {one["id"] for one in told(deal_events.CONVERSION_UNDONE, about=lead).facts["kept"]}


def test_what_is_written_on_the_deal_does_not_hold_it(client, an, lead, deal_of_lead):
    """The deal goes, and what was written on it is read on the lead."""
    add_note(deal_of_lead.record, body="Khách cần gấp", by=an)
    finish_activity(planned(deal_of_lead, an), result="Đã gọi", by=an)
    undo_conversion(lead, by=an)
    assert not is_there(deal_of_lead)
    client.force_login(an)
    assert "Khách cần gấp" in client.get(lead.get_absolute_url()).text


def test_tags_and_followers_of_the_lead_stay_and_the_deals_go(an, hanh, lead):
    lead.record.tags.add(Tag.objects.create(name="Khí thải"))
    follow(lead.record, user=hanh, by=an)
    deal = convert_leads([lead], Handover(owner=an), by=an)[0]
    assert (deal.record.tags.count(), deal.record.followers.count()) == (1, 1)
    undo_conversion(lead, by=an)
    for record, count in ((lead.record, 1), (deal.record, 0)):
        assert (record.tags.count(), record.followers.count()) == (count, count)


def test_later_edits_of_the_lead_are_kept(an, lead, deal_of_lead):
    change_lead(Lead.objects.get(pk=lead.pk), {"need": (lead.need, "Đo nước thải")}, by=an)
    assert undo_conversion(lead, by=an).need == "Đo nước thải"


def test_undoing_a_conversion_twice_is_harmless(an, lead, deal_of_lead):
    undo_conversion(lead, by=an)
    with nothing_changes():
        undo_conversion(lead, by=an)


def test_a_conversion_can_be_done_again_and_undone_again(an, lead, deal_of_lead):
    """D6: each has its own row."""
    undo_conversion(lead, by=an)
    second = convert_leads([lead], Handover(owner=an), by=an)[0]
    assert second.pk != deal_of_lead.pk
    assert second.company.pk != deal_of_lead.company.pk
    undo_conversion(lead, by=an)
    assert not Deal.objects.live().exists() and not Company.objects.live().exists()


def test_two_leads_of_one_click_come_back_one_by_one(an):
    """D9, D17: the company that both have stays while the other uses it."""
    asked = {"company_name": "Hòn Đá", "phone": "+842438637747", "need": "Đo", "owner": an}
    leads = create_leads([asked | {"person_name": name} for name in ("Đỗ Vân", "Lê Hà")], by=an)
    works = [planned(lead, an) for lead in leads]
    first, second = convert_leads(leads, Handover(owner=an), by=an)
    assert first.company == second.company and first.contact != second.contact
    undo_conversion(leads[0], by=an)
    assert [is_there(one) for one in (first, first.contact, second, second.contact, second.company)] == [
        False, False, True, True, True,
    ]  # fmt: skip
    assert Lead.objects.get(pk=leads[1].pk).status == "converted"
    assert set(Activity.objects.open().values_list("pk", "record")) == {
        (works[0].pk, leads[0].pk),
        (works[1].pk, second.pk),
    }
    undo_conversion(leads[1], by=an)
    assert not Company.objects.live().exists() and not Contact.objects.live().exists()
    assert not Deal.objects.live().exists()


def test_a_conversion_whose_journal_is_forgotten_is_refused_in_words(an, lead, deal_of_lead):
    journal.prune(before=timezone.now() + timedelta(days=1))
    with nothing_changes(), pytest.raises(DomainError, match="quá lâu"):
        undo_conversion(lead, by=an)


def test_a_lead_whose_deal_moved_on_stays_converted(an, lead, deal_of_lead):
    move_lead(deal_of_lead, to=stage_of("deal", "Báo giá"), left=deal_of_lead.stage, by=an)
    with nothing_changes(), pytest.raises(DomainError):
        undo_conversion(lead, by=an)


# What lives on in another -------------------------------------------------------------------------------------------


def merged(row, into):
    """As merging will leave it."""
    with operation("merge", by=None):
        row.record.state, row.record.merged_into = Record.State.MERGED, into.record
        writing.save_many([row], "is_live")


def test_a_record_that_was_merged_several_times_shows_its_whole_past(client, an):
    """R1.16: A into B into C; old addresses lead to C."""
    a, b, c = (create_lead({"name": name, "owner": an}, by=an) for name in "ABC")
    add_note(a.record, body="Ghi trên A", by=an)
    add_note(b.record, body="Ghi trên B", by=an)
    merged(a, b)
    merged(b, c)
    c = Lead.objects.get(pk=c.pk)
    assert set(c.record.past_ids) == {a.pk, b.pk, c.pk}
    assert Record.objects.get(pk=a.pk).survivor == c.record
    client.force_login(an)
    for old in (a, b):
        assert client.get(f"/r/{old.pk}/", follow=True).redirect_chain[-1][0] == c.get_absolute_url()
    page = client.get(c.get_absolute_url()).text
    assert "Ghi trên A" in page and "Ghi trên B" in page


def test_an_undone_record_leads_to_what_its_past_was_merged_into(client, an, lead):
    deal = convert_leads([lead], Handover(owner=an), by=an)[0]
    undo_conversion(lead, by=an)
    other = create_lead({"name": "Trạm khác", "owner": an}, by=an)
    merged(Lead.objects.with_words().get(pk=lead.pk), other)
    client.force_login(an)
    assert client.get(f"/r/{deal.pk}/", follow=True).redirect_chain[-1][0] == other.get_absolute_url()
    assert set(Record.objects.get(pk=other.pk).past_ids) == {other.pk, lead.pk, deal.pk}


# A place alone ------------------------------------------------------------------------------------------------------


def test_a_hand_out_to_another_team_alone_moves_the_row(an, binh, lead):
    """R1.17: owner and department stay."""
    south = Team.objects.get(name="Miền Nam")
    assign([lead], owner=an, team=south, by=binh)
    assert place(lead) == (an.pk, south.pk, an.department_id)
    assert told_place(lead) == (south.pk, an.department_id)
    undo(last(), by=binh)
    assert place(lead)[1] == an.teams.get().pk


def test_a_hand_out_to_another_department_alone_moves_the_row(an, binh, chi):
    """R1.17, R0.16: of a row that nobody has."""
    free = create_lead({"name": "Trạm", "department": binh.department}, by=binh)
    assign([free], owner=None, department=chi.department, by=binh)
    assert place(free) == (None, None, chi.department_id)
    assert told_place(free) == (None, chi.department_id)


def told_place(lead):
    facts = Event.objects.get(kind="record.assigned", about=lead.pk).facts
    return facts["team_id"], facts["department_id"]


# What the journal keeps ---------------------------------------------------------------------------------------------


def test_the_journal_keeps_what_somebody_changed_and_nothing_that_follows_from_it(an, lead):
    """Words to be found by, versions and moments come by themselves, and nobody takes them back."""
    add_note(lead.record, body="Đã gọi", by=an)  # the first act moves a new lead on
    change_lead(Lead.objects.get(pk=lead.pk), {"name": (lead.name, "Trạm khí thải 2")}, by=an)
    kept = last().entries.values_list("table", "key", "before", "after")
    assert list(kept) == [("leads_lead", lead.pk, {"name": lead.name}, {"name": "Trạm khí thải 2"})]


# What hangs on records ----------------------------------------------------------------------------------------------


def taken_back(done, by):
    """The journal read backwards, as any act that may be undone has it."""
    with operation("test_back", by=by):
        hold(*journal.rows_of(done))
        return journal.take_back(done)


def test_what_an_act_removed_stands_there_again(an, hanh, chi, lead):
    for user in (hanh, chi):
        follow(lead.record, user=user, by=an)
    was = Follower.objects.values_list("pk", "user", "record").get(user=hanh)
    with operation("test", by=an) as done:
        writing.remove(Follower.objects.filter(user=hanh))
    done = Operation.objects.get(pk=done.operation)
    assert journal.rows_of(done) == {lead.pk}
    taken_back(done, an)
    assert Follower.objects.values_list("pk", "user", "record").get(user=hanh) == was
    back = last()
    assert back.entries.get().after == {} and back.entries.get().before is None
    taken_back(back, an)  # what came again goes again
    assert set(lead.record.followers.values_list("user", flat=True)) == {chi.pk}


def test_what_was_removed_and_made_anew_since_is_not_doubled(an, hanh, lead):
    follow(lead.record, user=hanh, by=an)
    unfollow(lead.record, user=hanh, by=an)
    removed = last()
    follow(lead.record, user=hanh, by=an)
    taken_back(removed, an)
    assert lead.record.followers.get().user == hanh


def test_what_was_changed_and_has_gone_since_stays_gone(an, lead):
    note, other = (add_note(lead.record, body=body, by=an) for body in ("Một", "Hai"))
    with operation("test", by=an) as done:
        for one in (note, other):
            one.body += " sửa"
        writing.change([note, other], "body")
    done = Operation.objects.get(pk=done.operation)
    with operation("test", by=an):
        hold(lead.pk)
        writing.remove(Note.objects.filter(pk=note.pk))
    taken_back(done, an)
    assert list(Note.objects.values_list("pk", "body")) == [(other.pk, "Hai")]


# «Có thể hoàn tác» ----------------------------------------------------------------------------------------------------


def test_what_i_have_done_stands_on_a_page_until_it_is_taken_back(client, an, binh, lead):
    twin = create_lead({"company_name": "Hòn Đá 2", "owner": an}, by=an)
    client.force_login(an)
    assert "Chưa có gì để hoàn tác" in client.get("/undo/").text
    assign([lead, twin], owner=binh, by=binh)
    theirs = last_operation()
    archive([twin], by=an)
    mine = last_operation()
    page = client.get("/undo/").text
    assert f"/operations/{mine}/undo/" in page
    assert "<b>Lưu trữ</b>" in page
    assert twin.record.number in page
    assert f"/operations/{theirs}/undo/" not in page
    client.post(f"/operations/{mine}/undo/")
    assert f"/operations/{mine}/undo/" not in client.get("/undo/").text
    client.force_login(binh)
    page = client.get("/undo/").text
    assert f"/operations/{theirs}/undo/" in page
    assert "(2 bản ghi)" in page


def test_what_was_done_long_ago_stands_there_no_more_and_pages_go_on(client, an, lead):
    client.force_login(an)
    made = []
    for _nth in range(52):
        archive([lead], by=an)
        made.append(last_operation())
        restore([lead.record], by=an)
        made.append(last_operation())
    page = client.get("/undo/").text
    assert page.count('/undo/" hx-post') == 50
    assert f"?below={made[-50]}" in page
    assert f"/operations/{made[0]}/undo/" in client.get(f"/undo/?below={made[3]}").text
    Operation.objects.filter(pk=made[0]).update(at=timezone.now() - timedelta(days=31))
    assert f"/operations/{made[0]}/undo/" not in client.get(f"/undo/?below={made[3]}").text


def test_the_page_takes_as_many_statements_for_fifty_as_for_two(client, an, lead):
    client.force_login(an)
    client.get("/undo/")

    def counted():
        with CaptureQueriesContext(connection) as asked:
            client.get("/undo/")
        return len(asked)

    archive([lead], by=an)
    few = counted()
    for _nth in range(10):
        restore([lead.record], by=an)
        archive([lead], by=an)
    assert counted() == few


def test_a_record_out_of_my_sight_is_counted_and_not_named(client, an, binh, chi, lead):
    """Handed to somebody whose records I do not see: that I did it stays, what is with it now does not show."""
    assign([lead], owner=chi, by=binh)
    client.force_login(binh)
    page = client.get("/undo/").text
    assert "phân công" in page.lower()
    assert lead.record.number not in page
