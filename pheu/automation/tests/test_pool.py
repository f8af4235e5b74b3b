"""«Trả về kho»: leads that nobody touches lose their owner, who is told beforehand (R1.17)."""

from datetime import timedelta
from typing import Any

import pytest
from django.db.models import F
from django.utils import timezone

from pheu.activities.models import ActivityType
from pheu.activities.services import finish_activity, schedule_activity
from pheu.automation.events import POOL_WARNED
from pheu.automation.jobs import return_untouched
from pheu.automation.models import PoolWarning
from pheu.conftest import nothing_changes, rewriting_history, stage_of, told
from pheu.leads.models import Lead
from pheu.leads.services import change_lead, close_lead, convert_prospects, create_lead, move_lead
from pheu.parties.models import Prospect
from pheu.parties.services import create_prospect
from pheu.records.models import ClosingReason, Pipeline, Record
from pheu.setup import lists
from pheu.setup.configuring import add_item
from pheu.timeline.events import ASSIGNED
from pheu.timeline.models import Event
from pheu.timeline.services import add_note, assign, follow

DAYS, BEFORE = 14, 2


@pytest.fixture
def patience(dung: Any) -> Any:
    pipeline = Pipeline.objects.default("lead")
    return add_item(lists.get("returns"), {"pipeline": pipeline, "days": DAYS, "warn_days": BEFORE}, by=dung)


def lead_of(person: Any, **values: Any) -> Lead:
    return create_lead({"company_name": "Xi măng Hòn Đá", "owner": person, **values}, by=person)


def pass_by(days: int) -> None:
    """Let all that has happened have happened so many days earlier."""
    earlier = timedelta(days=days)
    with rewriting_history():
        Event.objects.update(at=F("at") - earlier)
    for model in (Record, Lead, Prospect):
        model.objects.update(created_at=F("created_at") - earlier)
    PoolWarning.objects.update(at=F("at") - earlier)


def test_nothing_goes_back_until_somebody_says_so(an):
    lead_of(an)
    pass_by(400)
    with nothing_changes():
        return_untouched()


def test_the_owner_is_told_and_then_it_goes_back(client, patience, an):
    """R1.17: to the team, told as the system with its reason; nobody else is touched."""
    lead, fresh = lead_of(an), lead_of(an, company_name="Dệt Trăng Non")
    pass_by(DAYS - BEFORE - 1)
    with nothing_changes():
        return_untouched()
    pass_by(1)
    add_note(fresh.record, body="Đã gọi", by=an)
    return_untouched()
    warned = told(POOL_WARNED, about=lead)
    assert (warned.author, warned.facts["owner"]["id"]) == ("system", an.pk)
    with nothing_changes():
        return_untouched()  # told once
    client.force_login(an)
    assert "sắp về kho" in client.get("/").text
    about_to_go = client.get("/leads/ids/?tab=all&owner=me&returning=yes").json()
    assert about_to_go["ids"] == [lead.pk]
    pass_by(BEFORE)
    return_untouched()
    lead = Lead.objects.get(pk=lead.pk)
    assert (lead.owner, lead.team, lead.department) == (None, an.teams.get(), an.department)
    event = told(ASSIGNED, about=lead)
    assert (event.author, event.via, event.facts["idle"]) == ("system", "rule", DAYS)
    assert "14 ngày không ai động tới" in client.get(lead.get_absolute_url()).text
    assert Lead.objects.get(pk=fresh.pk).owner == an
    assert not PoolWarning.objects.exists()
    assert "sắp về kho" not in client.get("/").text


def note(lead: Lead, by: Any) -> None:
    add_note(lead.record, body="Đã gọi", by=by)


def planned(lead: Lead, by: Any) -> None:
    later = timezone.now() + timedelta(days=60)
    schedule_activity(lead.record, what=ActivityType.objects.all()[0], due_at=later, assignee=by, by=by)


def done(lead: Lead, by: Any) -> None:
    what = ActivityType.objects.all()[0]
    activity = schedule_activity(lead.record, what=what, due_at=timezone.now(), assignee=by, by=by)
    finish_activity(activity, result="Đã gặp", by=by)


def moved(lead: Lead, by: Any) -> None:
    move_lead(lead, to=stage_of("lead", "Đang xử lý"), left=lead.stage, by=by)


@pytest.mark.parametrize(
    "touch",
    [note, planned, done, moved, lambda lead, by: change_lead(lead, {"need": ("", "Đo bụi")}, by=by)],
    ids=["note", "planned", "done", "moved", "changed"],
)
def test_any_touch_makes_the_warning_void(client, patience, an, touch):
    lead = lead_of(an)
    pass_by(DAYS)
    return_untouched()
    told(POOL_WARNED, about=lead)
    touch(Lead.objects.with_stage().with_words().get(pk=lead.pk), an)
    client.force_login(an)
    assert "sắp về kho" not in client.get("/").text
    pass_by(BEFORE)
    return_untouched()
    assert Lead.objects.get(pk=lead.pk).owner == an


def test_to_follow_a_lead_is_no_touch(patience, an, hanh):
    lead = lead_of(an)
    pass_by(DAYS)
    return_untouched()
    follow(lead.record, user=hanh, by=an)
    pass_by(BEFORE)
    return_untouched()
    assert Lead.objects.get(pk=lead.pk).owner is None


def test_a_new_owner_has_as_long_as_the_first(patience, an, binh):
    lead = lead_of(an)
    pass_by(DAYS)
    return_untouched()
    assign([lead], owner=binh, by=binh)
    pass_by(BEFORE)
    return_untouched()
    assert Lead.objects.get(pk=lead.pk).owner == binh
    pass_by(DAYS - BEFORE)
    return_untouched()
    assert Event.objects.filter(kind=POOL_WARNED.code).count() == 2


def test_what_is_over_or_stands_in_another_pipeline_stays(patience, an, dung):
    reason = ClosingReason.objects.filter(kind="lead", category="unqualified")[0]
    over = close_lead(lead_of(an), to=stage_of("lead", "Không phù hợp"), reason=reason, by=an)
    pass_by(400)
    with nothing_changes():
        return_untouched()
    assert Lead.objects.get(pk=over.pk).owner == an


def test_prospects_go_back_as_well(client, dung, an):
    """R1.16, R1.17: a rule without a pipeline is about what walks none; the owner is told before, and may call them."""
    client.force_login(dung)
    sent = {"pipeline": "", "days": DAYS, "warn_days": BEFORE, "is_active": "on"}
    assert client.post("/setup/returns/new/", sent).status_code == 302
    assert client.post("/setup/returns/new/", sent).status_code == 422
    assert "KH thô" in client.get("/setup/returns/").text
    names = ("Hòn Đá", "Trăng Non", "Sông Xanh")
    left, called, over = (create_prospect({"company_name": name, "owner": an}, by=an) for name in names)
    convert_prospects([over], by=an)
    pass_by(DAYS)
    add_note(called.record, body="Đã gọi", by=an)
    return_untouched()
    assert told(POOL_WARNED, about=left).facts["owner"]["id"] == an.pk
    client.force_login(an)
    assert "sắp về kho" in client.get("/").text
    assert client.get("/prospects/ids/?tab=all&returning=yes").json()["ids"] == [left.pk]
    pass_by(BEFORE)
    return_untouched()
    owners = dict(Prospect.objects.values_list("pk", "owner"))
    assert owners == {left.pk: None, called.pk: an.pk, over.pk: an.pk}
    assert told(ASSIGNED, about=left).facts["idle"] == DAYS
    assert Event.objects.filter(kind=POOL_WARNED.code).count() == 1


@pytest.mark.parametrize(
    ("values", "column"), [({"days": 0}, "days"), ({"warn_days": DAYS}, "warn_days"), ({"days": 9999}, "days")]
)
def test_a_rule_of_return_makes_sense(client, dung, values, column):
    client.force_login(dung)
    sent = {"pipeline": Pipeline.objects.default("lead").pk, "days": DAYS, "warn_days": BEFORE} | values
    with nothing_changes():
        answer = client.post("/setup/returns/new/", sent)
    assert answer.status_code == 422
    assert answer.context["form"].errors.keys() == {column}
    assert client.post("/setup/returns/new/", sent | {"days": 30, "warn_days": 3}).status_code == 302
    assert client.post("/setup/returns/new/", sent | {"days": 30, "warn_days": 3}).status_code == 422
    assert "sau 30 ngày không ai động tới" in client.get("/setup/returns/").text
