"""«Làm lại»: what was taken back is done again, what somebody has done since is kept and told (issue: undo of undo)."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from pheu.activities.models import Activity
from pheu.conftest import nothing_changes, told
from pheu.core import shape
from pheu.core.errors import Conflict, DomainError, Refused
from pheu.leads.models import Lead
from pheu.leads.services import change_lead, convert_prospects, create_lead
from pheu.parties.models import Prospect, Source
from pheu.parties.services import create_company, create_prospect
from pheu.quality.merging import merge
from pheu.records import journal, writing
from pheu.records.acts import operation
from pheu.records.locking import hold
from pheu.records.models import CustomField, Operation, Record
from pheu.timeline.archiving import archive, restore
from pheu.timeline.events import REDONE, UNDONE
from pheu.timeline.models import Event
from pheu.timeline.services import add_note, assign, change_many
from pheu.timeline.tests.test_undo import last, place, planned
from pheu.timeline.undo import conflicts, redo, take_former, undo, undoable_by

pytestmark = pytest.mark.django_db


def undone(operation, by):
    undo(operation, by=by)
    return Operation.objects.get(pk=operation.pk)


def test_what_was_taken_back_is_done_again_and_can_be_taken_back_again(binh, chi, lead):
    """R1.17: any number of times; the timeline tells each."""
    before = place(lead)
    assign([lead], owner=chi, by=binh)
    done, after = last(), place(lead)
    for _time in range(2):
        redo(undone(done, binh), by=binh)
        assert place(lead) == after
        done = Operation.objects.get(pk=done.pk)
    facts = Event.objects.filter(kind=REDONE.code, about=lead.pk).values_list("facts", flat=True)
    assert [one["act"] for one in facts] == ["assign", "assign"]
    undo(done, by=binh)
    assert place(lead) == before


def test_of_what_is_done_again_later_edits_are_kept_and_told(binh, chi, hanh, dung, lead):
    assign([lead], owner=chi, by=binh)
    done = undone(last(), binh)
    assign([lead], owner=hanh, by=dung)
    found = redo(done, by=binh)
    assert Lead.objects.get(pk=lead.pk).owner == hanh
    assert {column for _row, column in found.edited} >= {"owner_id"}
    assert "owner" in told(REDONE, about=lead).facts["edited"]


def test_doing_again_twice_is_harmless_and_only_of_what_was_taken_back(binh, chi, lead):
    assign([lead], owner=chi, by=binh)
    done = last()
    with nothing_changes(), pytest.raises(DomainError):
        redo(done, by=binh)
    taken_back = undone(done, binh)
    redo(taken_back, by=binh)
    with nothing_changes():
        for read in (taken_back, Operation.objects.get(pk=done.pk)):  # before, and since
            assert redo(read, by=binh) == journal.TakenBack()


def test_only_who_did_it_or_may_do_it_does_it_again(client, an, binh, chi, giang, dung, lead):
    assign([lead], owner=chi, by=binh)
    done = undone(last(), binh)
    for stranger in (chi, giang, an):
        with nothing_changes(), pytest.raises(Refused):
            redo(done, by=stranger)
        client.force_login(stranger)
        with nothing_changes():
            assert client.post(f"/operations/{done.pk}/redo/").status_code == 404
    redo(done, by=dung)
    assert Lead.objects.get(pk=lead.pk).owner == chi


def companies(by, *names):
    return [create_company({"name": name, "owner": by}, by=by) for name in names]


def test_a_merge_is_done_again_with_all_that_hung_on_it(dung, an):
    """R2.19: state, references and notes are as they were after it, and taking it back once more parts them."""
    stays, goes = companies(dung, "Gạch Tân", "Gach Tan")
    add_note(goes.record, body="Gọi sau Tết", by=dung)
    named = create_lead({"name": "Trạm", "owner": an, "company": goes}, by=dung)
    merge([stays, goes], by=dung)
    done = undone(last(), dung)
    redo(done, by=dung)
    assert Record.objects.get(pk=goes.pk).survivor == stays.record
    assert Lead.objects.get(pk=named.pk).company == stays
    undo(Operation.objects.get(pk=done.pk), by=dung)
    assert Record.objects.get(pk=goes.pk).state == Record.State.LIVE
    assert Lead.objects.get(pk=named.pk).company == goes
    assert Record.objects.get(pk=goes.pk).notes.get().body == "Gọi sau Tết"


def test_a_merge_is_not_done_again_over_what_came_since(dung, an):
    """A note on what would go, or a lead that names it: neither is lost from sight; one merges anew."""
    stays, goes = companies(dung, "Gạch Tân", "Gach Tan")
    merge([stays, goes], by=dung)
    done = undone(last(), dung)
    lead = create_lead({"name": "Trạm", "owner": an, "company": goes}, by=dung)
    with nothing_changes(), pytest.raises(DomainError):
        redo(done, by=dung)
    change_lead(lead, {"company": (goes, stays)}, by=dung)
    goes.refresh_from_db()
    add_note(goes.record, body="Vẫn mua", by=dung)
    with nothing_changes(), pytest.raises(DomainError):
        redo(done, by=dung)
    merge([stays, goes], by=dung)
    assert Record.objects.get(pk=goes.pk).survivor == stays.record


def test_prospects_are_leads_again_with_their_work(an):
    """The same leads under the same numbers, used ones kept when that is taken back once more."""
    prospect = create_prospect({"company_name": "Gạch", "owner": an}, by=an)
    work = planned(prospect, an)
    [lead] = convert_prospects([prospect], by=an)
    done = undone(last(), an)
    assert Activity.objects.get(pk=work.pk).record_id == prospect.pk
    redo(done, by=an)
    assert Activity.objects.get(pk=work.pk).record_id == lead.pk
    assert Lead.objects.live().filter(pk=lead.pk).exists()
    add_note(lead.record, body="Đã gọi", by=an)
    undo(Operation.objects.get(pk=done.pk), by=an)
    assert not Lead.objects.live().filter(pk=lead.pk).exists()


def test_prospects_that_were_screened_anew_are_not_doubled(an):
    prospect = create_prospect({"company_name": "Gạch", "owner": an}, by=an)
    convert_prospects([prospect], by=an)
    done = undone(last(), an)
    convert_prospects([Prospect.objects.with_words().get(pk=prospect.pk)], by=an)
    with nothing_changes(), pytest.raises(DomainError):
        redo(done, by=an)
    assert Lead.objects.live().filter(record__continues=prospect.pk).count() == 1


def test_archiving_is_done_again(dung, an):
    """Also of a company that others name; not once somebody archived and restored it since."""
    [company] = companies(dung, "Gạch Tân")
    create_lead({"name": "Trạm", "owner": an, "company": company}, by=dung)
    archive([company], by=dung)
    done = undone(last(), dung)
    redo(done, by=dung)
    assert Record.objects.get(pk=company.pk).state == Record.State.ARCHIVED
    undo(Operation.objects.get(pk=done.pk), by=dung)
    company.refresh_from_db()
    archive([company], by=dung)
    restore([Record.objects.get(pk=company.pk)], by=dung)
    with nothing_changes(), pytest.raises(DomainError):
        redo(Operation.objects.get(pk=done.pk), by=dung)


def test_it_stands_on_the_toast_the_timeline_and_the_page(client, binh, chi, lead):
    """«Hoàn tác» brings «Làm lại», and that brings «Hoàn tác» again."""
    assign([lead], owner=chi, by=binh)
    done = last()
    client.force_login(binh)
    undo_url, redo_url = (f"/operations/{done.pk}/{way}/" for way in ("undo", "redo"))
    shown = client.post(undo_url, follow=True).content.decode()
    assert f'data-redo="{redo_url}"' in shown
    assert f'action="{redo_url}"' in client.get(f"/r/{lead.pk}/timeline/").content.decode()
    assert f'action="{redo_url}"' in client.get("/undo/").content.decode()
    shown = client.post(redo_url, follow=True).content.decode()
    assert f'data-undo="{undo_url}"' in shown
    shown = client.get("/undo/").content.decode()
    assert f'action="{undo_url}"' in shown
    assert redo_url not in shown
    assert done in undoable_by(binh)


def test_what_changes_no_field_answers_with_a_toast(client, an, lead):
    note = add_note(lead.record, body="Nhầm", by=an)
    client.force_login(an)
    client.post(f"/notes/{note.pk}/withdrawal/")
    done = last()
    undo(done, by=an)
    answer = client.post(f"/operations/{done.pk}/redo/", headers={"HX-Request": "true"})
    toast = json.loads(answer.headers["HX-Trigger"])["toast"]
    assert toast["undo"] == f"/operations/{done.pk}/undo/"
    note.refresh_from_db()
    assert note.withdrawn_at is not None


# What stays as somebody has left it --------------------------------------------------------------------------------


@pytest.fixture
def own_need():
    """Two fields of the company's own on leads."""
    shape.changed()
    keys = ("x_kiln", "x_dust")
    for key in keys:
        CustomField.objects.create(kind="lead", key=key, type="text", label=key, group="requirements")
    return keys


def changed_over(an, binh):
    """A lead whose source many got and a colleague changed since; the undoing that left it, and the sources."""
    former, given, theirs = Source.objects.all()[:3]
    lead = create_lead({"name": "Trạm", "owner": an, "source": former}, by=an)
    change_many([lead], "source", given, by=an)
    done = last()
    change_lead(Lead.objects.with_words().get(pk=lead.pk), {"source": (given, theirs)}, by=binh)
    undo(done, by=an)
    return lead, told(UNDONE, about=lead), former, theirs


def test_what_stays_is_told_with_what_would_have_come_back(client, an, binh):
    """Both values stand on the timeline, and one press decides."""
    lead, event, former, theirs = changed_over(an, binh)
    [one] = event.facts["conflicts"]
    assert (one["field"], one["was"]["id"], one["now"]["id"]) == ("source", former.pk, theirs.pk)
    client.force_login(an)
    shown = client.get(f"/r/{lead.pk}/timeline/").content.decode()
    assert former.name in shown and f'action="/events/{event.pk}/former/"' in shown
    assert client.post(f"/events/{event.pk}/former/", {"field": "source"}).status_code == 302
    assert Lead.objects.get(pk=lead.pk).source == former
    with nothing_changes():
        assert client.post(f"/events/{event.pk}/former/", {"field": "source"}).status_code == 302


def test_a_former_value_does_not_overrule_what_came_after_it_was_told(an, binh):
    lead, event, _former, theirs = changed_over(an, binh)
    lead = Lead.objects.with_words().get(pk=lead.pk)
    change_lead(lead, {"source": (theirs, None)}, by=binh)
    with nothing_changes(), pytest.raises(Conflict):
        take_former(event, "source", by=an)


def test_only_told_fields_are_put_back_by_whoever_may_change_them(client, an, binh, giang):
    _lead, event, *_sources = changed_over(an, binh)
    with nothing_changes(), pytest.raises(Refused):
        take_former(event, "source", by=giang)
    client.force_login(giang)
    with nothing_changes():
        assert client.post(f"/events/{event.pk}/former/", {"field": "source"}).status_code == 403
    for name in ("need", "owner", "nothing", ""):
        with nothing_changes(), pytest.raises(DomainError):
            take_former(event, name, by=an)


def test_fields_of_a_company_are_put_back_one_by_one(an, own_need):
    """R4.22: of two that many got, the one that nobody has touched goes back, the other stays and is told."""
    first, second = own_need
    lead = create_lead({"name": "Trạm", "owner": an, first: "cũ"}, by=an)
    with operation("given", by=an):
        hold(lead.pk)
        row = Lead.objects.with_words().get(pk=lead.pk)
        row.own = {first: "mới", second: "mới"}
        writing.save_many([row], "own")
    done = last()
    row = Lead.objects.with_words().get(pk=lead.pk)
    change_lead(row, {first: ("mới", "khác")}, by=an)
    with operation("taken back", by=an):
        hold(lead.pk)
        found = journal.take_back(done)
    assert Lead.objects.get(pk=lead.pk).own == {first: "khác"}
    assert [name for _row, name in found.edited] == [first]
    with operation("told", by=an):
        facts = conflicts(done, found)[lead.pk]
    assert facts["conflicts"] == [{"field": first, "was": "cũ", "now": "khác"}]


def test_an_undoing_that_left_everything_is_done_again_too(an, binh):
    """It has changed nothing, and neither does this; the act can be taken back once more."""
    lead, event, _former, theirs = changed_over(an, binh)
    done = Operation.objects.get(pk=event.facts["operation"])
    redo(done, by=an)
    assert Lead.objects.get(pk=lead.pk).source == theirs
    assert done in undoable_by(an)


def test_what_was_forgotten_is_not_done_again(an, binh, chi, lead):
    assign([lead], owner=chi, by=binh)
    done = undone(last(), binh)
    long_ago = timezone.now() - journal.KEPT - timedelta(days=1)
    Operation.objects.filter(pk=done.undone_by_id).update(at=long_ago)
    journal.prune()
    with nothing_changes(), pytest.raises(DomainError):
        redo(Operation.objects.get(pk=done.pk), by=binh)
