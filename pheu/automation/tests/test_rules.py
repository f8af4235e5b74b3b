"""«Quy tắc phân công»: which rule takes a record, whose turn it is, and that everybody reads why (R1.17)."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from pheu.automation.models import HandOutRule
from pheu.automation.services import hand_out_by_rules
from pheu.conftest import nothing_changes, told
from pheu.core import shape
from pheu.core.errors import DomainError, Invalid, Refused
from pheu.core.vietnamese import today_here
from pheu.leads.models import Lead
from pheu.leads.services import convert_prospects, create_lead, create_leads
from pheu.parties.models import Prospect, Source
from pheu.parties.services import create_prospect
from pheu.people.models import Team, TimeOff, User
from pheu.quality.jobs import run_import
from pheu.quality.running import start_import
from pheu.quality.tests.importing import checked, csv, run
from pheu.quality.tests.test_redoing import done_again
from pheu.quality.tests.test_taking_back import taken_back
from pheu.records import kinds
from pheu.records.acts import last_operation
from pheu.records.models import Operation
from pheu.records.tests.desk import Desk
from pheu.records.tests.test_toy import plant_toys
from pheu.setup import lists
from pheu.setup.configuring import add_item, change_item
from pheu.timeline.events import ASSIGNED
from pheu.timeline.models import Event
from pheu.timeline.undo import undo

DIALOG = "/leads/by-rules/"


@pytest.fixture
def rules(cast: Any) -> Any:
    return lists.get("lead-rules")


@pytest.fixture
def north(cast: Any) -> Team:
    return cast.an.teams.get()


def rule(of: Any, by: User, name: str = "Hội thảo", **values: Any) -> HandOutRule:
    return add_item(of, {"name": name, "way": "turns", "on_new": True, **values}, by=by)


def from_source(name: str) -> dict[str, Any]:
    return {"field": "source", "op": "in", "value": [Source.objects.get(name=name).pk]}


def leads(by: User, n: int = 1, **values: Any) -> list[Lead]:
    """Leads that nobody has, made before any rule could take them."""
    values = {"company_name": "Xi măng Hòn Đá", "owner": None} | values
    return list(create_leads([dict(values) for _n in range(n)], by=by))


def owners(rows: list[Lead]) -> list[User | None]:
    found = Lead.objects.select_related("owner").in_bulk([row.pk for row in rows])
    return [found[row.pk].owner for row in rows]


def test_the_first_rule_that_takes_a_record_decides(client, rules, cast, north):
    """R1.17: by the same conditions as a list, in the order of the page."""
    rows = [*leads(cast.binh, source=Source.objects.get(name="Hội thảo")), *leads(cast.binh)]
    everything = rule(rules, cast.dung, "Còn lại", team=north, people=[cast.binh])
    seminar = rule(rules, cast.dung, condition=from_source("Hội thảo"), people=[cast.an])
    hand_out_by_rules(rows, by=cast.dung)
    assert owners(rows) == [cast.binh, cast.binh]
    client.force_login(cast.dung)
    assert client.post("/setup/lead-rules/order/", {"ids": [seminar.pk, everything.pk]}).status_code == 302
    hand_out_by_rules(rows, by=cast.dung)
    assert owners(rows) == [cast.an, cast.binh]
    facts = Event.objects.filter(about=rows[0].pk, kind=ASSIGNED.code).latest("pk").facts
    assert facts["rule"] == {"id": seminar.pk, "name": "Hội thảo"}
    assert "theo quy tắc «Hội thảo»" in client.get(rows[0].get_absolute_url()).text


def test_turns_go_on_where_they_ended(rules, cast, north):
    people = [cast.an, cast.binh, cast.chi]
    rule(rules, cast.dung, team=north, people=people)
    rows = leads(cast.dung)
    assert owners(rows) == [cast.an], "the first was made after the rule"
    assert owners(leads(cast.dung, 4)) == [cast.binh, cast.chi, cast.an, cast.binh]
    assert owners(leads(cast.dung)) == [cast.chi]


def test_without_people_the_members_of_the_team_have_turns(rules, cast, north):
    rule(rules, cast.dung, team=north)
    assert owners(leads(cast.dung, 3)) == [cast.an, cast.binh, cast.an]
    assert set(Lead.objects.values_list("team", "department")) == {(north.pk, cast.an.department_id)}


def test_or_whoever_has_the_least_in_hand(rules, cast):
    create_lead({"company_name": "Dệt Trăng Non", "owner": cast.an}, by=cast.an)
    rule(rules, cast.dung, way="least", people=[cast.an, cast.binh])
    assert owners(leads(cast.dung, 3)) == [cast.binh, cast.an, cast.binh]


def test_nobody_gets_more_than_they_take_on(rules, cast, north):
    """Who is full is passed over; where nobody is free it is the team's, for whoever takes it."""
    User.objects.filter(pk=cast.an.pk).update(capacity=1)
    User.objects.filter(pk=cast.binh.pk).update(capacity=2)
    rule(rules, cast.dung, team=north)
    rows = leads(cast.dung, 4)
    assert owners(rows) == [cast.an, cast.binh, cast.binh, None]
    pool = Lead.objects.get(pk=rows[3].pk)
    assert (pool.team, pool.department) == (north, None)
    assert told(ASSIGNED, about=pool).facts["to"] == [{"id": north.pk, "name": "Miền Bắc"}]


def test_whoever_is_away_is_passed_over(client, rules, cast, north):
    today = today_here()
    for begins, ends in ((today, today), (today + timedelta(days=1), today + timedelta(days=9))):
        TimeOff.objects.create(user=cast.an if begins == today else cast.binh, begins_on=begins, ends_on=ends)
    rule(rules, cast.dung, team=north)
    rows = leads(cast.dung, 2)
    assert owners(rows) == [cast.binh, cast.binh]
    client.force_login(cast.dung)
    page = client.get(DIALOG, {"ids": [row.pk for row in rows]}).text
    assert "Nguyễn Hoài An đang nghỉ" in page


def test_to_the_team_for_whoever_takes_it(rules, cast, north):
    """In the department of its leader, where whoever looks after that sees it."""
    Team.objects.filter(pk=north.pk).update(leader=cast.binh)
    rule(rules, cast.dung, team=north, way="team")
    row = Lead.objects.get(pk=leads(cast.dung)[0].pk)
    assert (row.owner, row.team, row.department) == (None, north, cast.binh.department)
    with pytest.raises(Invalid):
        rule(rules, cast.dung, "Không đội", way="team", people=[cast.an])


def test_a_choice_by_hand_goes_before_every_rule(rules, cast, north):
    rule(rules, cast.dung, people=[cast.binh])
    south = cast.chi.teams.get()
    assert owners(leads(cast.dung, owner=cast.chi)) == [cast.chi]
    assert owners(leads(cast.dung, team=south)) == [None]
    change_item(rules, HandOutRule.objects.get().pk, {"on_new": (True, False)}, by=cast.dung)
    assert owners(leads(cast.dung)) == [None]


def test_the_form_of_a_new_lead_proposes_nobody_where_rules_decide(client, rules, cast):
    client.force_login(cast.an)
    mine = f'<option value="{cast.an.pk}" selected'
    assert mine in client.get("/leads/new/").text
    rule(rules, cast.dung, people=[cast.binh])
    form = client.get("/leads/new/").text
    assert mine not in form and "Để trống: theo quy tắc phân công" in form
    client.post("/leads/new/", {"company_name": "Nhiệt điện Mây Trắng", "owner": ""})
    made = Lead.objects.get()
    assert (made.owner, made.record.owner) == (cast.binh, cast.binh)
    event = told(ASSIGNED, about=made)
    assert (event.author, event.by, event.via) == ("system", None, "rule")
    assert event.cause == Event.objects.get(about=made.pk, kind="record.created").pk


@pytest.mark.parametrize("code", ["deal", "prospect", "toy"])
def test_every_kind_that_people_work_through_has_rules(client, cast, code):
    plant_toys()
    kind = kinds.get(code)
    rule(lists.get(f"{code}-rules"), cast.dung, people=[cast.an])
    row = kind.create({kind.fields.title[0]: "Xi măng Hòn Đá", "owner": None}, by=cast.dung)
    assert kind.model.objects.get(pk=row.pk).owner == cast.an
    client.force_login(cast.dung)
    page = client.get(f"/{kind.path}/by-rules/", {"ids": row.pk}).text
    assert "Nguyễn Hoài An" in page


def test_a_prospect_that_becomes_a_lead_goes_by_the_rules_too(rules, cast):
    rule(rules, cast.dung, people=[cast.chi])
    values = {"company_name": "Xi măng Hòn Đá", "owner": None}
    [lead] = convert_prospects([create_prospect(values, by=cast.dung)], by=cast.dung)
    assert owners([lead]) == [cast.chi]
    [kept] = convert_prospects([create_prospect(values | {"owner": cast.an}, by=cast.an)], by=cast.an)
    assert owners([kept]) == [cast.an], "who had the prospect goes on with it"


def test_a_list_from_a_file_goes_by_the_rules_too(cast, north, settings, tmp_path):
    """The lines of a portion take their turns at once; a team that whoever imports has chosen keeps them."""
    settings.MEDIA_ROOT = tmp_path
    rule(lists.get("prospect-rules"), cast.dung, team=north)
    file = Desk(cast).checked()
    start_import(file, by=cast.an)
    run_import(import_id=file.pk)
    assert set(Prospect.objects.values_list("owner", flat=True)) == {cast.an.pk, cast.binh.pk}
    assert Event.objects.filter(kind=ASSIGNED.code, facts__rule__name="Hội thảo").count() == 2


def test_the_preview_says_who_would_get_what_and_the_act_does_it(client, rules, cast, north):
    """R1.17: and «Hoàn tác» puts all of it back."""
    rows = leads(cast.binh, 3, source=Source.objects.get(name="Hội thảo")) + leads(cast.binh)
    rule(rules, cast.dung, condition=from_source("Hội thảo"), team=north)
    client.force_login(cast.binh)
    ids = {"ids": [row.pk for row in rows]}
    assert "/leads/by-rules/" in client.get("/leads/assignment/", ids).text
    with nothing_changes():
        for page in (client.get(DIALOG, ids).text, client.post(DIALOG, ids).text):
            assert "Nguyễn Hoài An" in page and "+2" in page and "+1" in page
            assert "1 bản ghi ở lại" in page
    client.post(DIALOG, ids | {"go": "1"})
    assert owners(rows) == [cast.an, cast.binh, cast.an, None]
    undo(Operation.objects.get(pk=last_operation()), by=cast.binh)
    assert owners(rows) == [None] * 4


def test_only_who_may_hand_out_uses_the_rules(client, rules, cast):
    row = leads(cast.an, owner=cast.an)
    rule(rules, cast.dung, people=[cast.chi])
    for person, status in ((cast.an, 403), (cast.chi, 404)):
        client.force_login(person)
        with nothing_changes():
            assert client.post(DIALOG, {"ids": row[0].pk, "go": "1"}).status_code == status
    with nothing_changes(), pytest.raises(Refused):
        hand_out_by_rules(row, by=cast.an)


def test_a_rule_with_a_field_that_is_no_more_is_skipped_and_says_so(client, rules, cast):
    gone = rule(rules, cast.dung, people=[cast.chi])
    HandOutRule.objects.filter(pk=gone.pk).update(condition={"field": "x_gone", "op": "in", "value": ["1"]})
    rule(rules, cast.dung, "Còn lại", people=[cast.binh])
    rows = leads(cast.dung)
    assert owners(rows) == [cast.binh]
    client.force_login(cast.dung)
    for page in ("/setup/lead-rules/", f"/setup/lead-rules/{gone.pk}/"):
        assert "x_gone" in client.get(page).text
    assert "Bỏ qua quy tắc «Hội thảo»" in client.get(DIALOG, {"ids": rows[0].pk}).text


@pytest.mark.parametrize(
    ("values", "column"),
    [
        ({"condition": {"field": "nothing", "op": "in", "value": ["1"]}}, "condition"),
        ({"condition": {"field": "owner", "op": "in", "value": ["me"]}}, "condition"),
        ({"condition": {"field": "source", "op": "sounds", "value": 1}}, "condition"),
        ({"way": "by dice"}, "way"),
        ({"name": ""}, "name"),
    ],
)
def test_a_rule_that_cannot_be_asked_is_not_kept(rules, cast, values, column):
    with nothing_changes(), pytest.raises(Invalid) as refused:
        rule(rules, cast.dung, **{"people": [cast.an], **values})
    assert list(refused.value.errors) == [column]


def test_a_rule_for_nobody_is_not_kept(rules, cast):
    with nothing_changes(), pytest.raises(DomainError):
        rule(rules, cast.dung)


def test_an_admin_makes_a_rule_with_the_lines_of_a_condition(client, rules, cast, north):
    """And the log tells it in words."""
    client.force_login(cast.dung)
    source = Source.objects.get(name="Hội thảo")
    lines = {"line": "a1", "of-a1": "0", "field-a1": "source", "op-a1": "in", "value-a1": source.pk}
    sent = {"name": "Hội thảo", "team": north.pk, "people": [cast.an.pk], "way": "least", "on_new": "on", **lines}
    assert client.post("/setup/lead-rules/new/", sent).status_code == 302
    made = HandOutRule.objects.get()
    assert made.condition == {"all": [{"field": "source", "op": "in", "value": [str(source.pk)]}]}
    assert (list(made.people.all()), made.team, made.way, made.on_new) == ([cast.an], north, "least", True)
    assert "Nguồn là một trong Hội thảo" in client.get("/setup/lead-rules/").text
    page = client.get(f"/setup/lead-rules/{made.pk}/").text
    assert f'<option value="{source.pk}" selected' in page
    change = {**sent, "way": "turns", "initial-way": "least"}
    change |= {"initial-name": "Hội thảo", "initial-team": north.pk, "initial-people": cast.an.pk}
    change["initial-condition"] = json.dumps(made.condition)
    client.post(f"/setup/lead-rules/{made.pk}/", change)
    assert HandOutRule.objects.get().way == "turns"
    log = client.get("/setup/log/").text
    assert "Nguồn là một trong Hội thảo" in log


def test_who_may_not_change_the_setup_keeps_off_the_rules(client, rules, cast):
    made = rule(rules, cast.dung, people=[cast.an])
    for person in (cast.an, cast.binh, cast.giang):
        client.force_login(person)
        with nothing_changes():
            assert client.get("/setup/lead-rules/").status_code == 404
            assert client.post(f"/setup/lead-rules/{made.pk}/switch/", {"was": "1"}).status_code == 404


def test_a_team_that_works_on_leads_no_more_gets_none(client, rules, cast, north):
    """R3.05-3.07."""
    rule(rules, cast.dung, team=north)
    Team.objects.filter(pk=north.pk).update(serves_leads=False)
    rows = leads(cast.dung)
    assert owners(rows) == [None]
    client.force_login(cast.dung)
    assert "khớp quy tắc «Hội thảo» nhưng không ai còn chỗ" in client.get(DIALOG, {"ids": rows[0].pk}).text


def test_a_hundred_rules_take_no_more_statements_than_two(client, rules, cast, north):
    client.force_login(cast.dung)

    def statements() -> int:
        client.get("/setup/lead-rules/")
        with CaptureQueriesContext(connection) as asked:
            assert client.get("/setup/lead-rules/").status_code == 200
        return len(asked)

    for nth in range(2):
        rule(rules, cast.dung, f"Quy tắc {nth}", team=north, condition=from_source("Hội thảo"))
    few = statements()
    for nth in range(2, 20):
        rule(rules, cast.dung, f"Quy tắc {nth}", team=north, condition=from_source("Hội thảo"))
    assert statements() == few <= 12


def test_the_page_says_how_much_each_has_in_hand(client, rules, cast, north):
    User.objects.filter(pk=cast.an.pk).update(capacity=40)
    create_lead({"company_name": "Dệt Trăng Non", "owner": cast.an}, by=cast.an)
    rule(rules, cast.dung, team=north)
    client.force_login(cast.dung)
    assert "đang có 1 / 40" in " ".join(client.get("/setup/lead-rules/").text.split())


def test_as_many_statements_for_five_hundred_as_for_five(rules, cast, north):
    rows = leads(cast.dung, 500)
    rule(rules, cast.dung, condition=from_source("Hội thảo"), people=[cast.chi])
    rule(rules, cast.dung, "Còn lại", team=north)

    def statements(some: list[Lead]) -> int:
        with CaptureQueriesContext(connection) as asked:
            hand_out_by_rules(some, by=cast.dung)
        return len(asked)

    statements(rows[:2])  # what is asked once of a person
    assert statements(rows[2:6]) == statements(rows[6:]) < 40
    assert Event.objects.filter(kind=ASSIGNED.code, about__in=[row.pk for row in rows[6:]]).count() == 494


def test_a_company_without_rules_pays_nothing_for_them(cast, django_assert_num_queries):
    from pheu.automation.policies import takes_new

    shape.see("never changed")
    takes_new("lead")
    with django_assert_num_queries(0):
        assert not takes_new("lead")


@pytest.mark.parametrize(("sent", "owner"), [({}, "an"), ({"without_automation": "on"}, None)])
def test_rules_say_whose_the_rows_of_a_file_are_unless_it_comes_in_without(
    client, rules, cast, sent, owner, settings, tmp_path
):
    """R1.17, R1.31: the choice stands where nothing has been written yet, and only where rules would run."""
    settings.MEDIA_ROOT = tmp_path / "files"
    client.force_login(cast.dung)
    file = csv("Tên công ty,Điện thoại", "Xi măng Hòn Đá,0903 123 456")
    imported = checked(client, file, "khach.csv", kind="lead", team="", department=cast.an.department.pk)
    assert "Không chạy tự động hóa" not in client.get(f"/imports/{imported.pk}/check/").text
    rule(rules, cast.dung, people=[cast.an])
    assert "Không chạy tự động hóa" in client.get(f"/imports/{imported.pk}/check/").text
    assert run(client, imported, **sent).created == 1
    assert Lead.objects.get().owner == (getattr(cast, owner) if owner else None)


def test_open_work_of_somebody_who_has_left_comes_to_whoever_does_an_import_again(
    client, rules, cast, settings, tmp_path
):
    """R1.31: as everywhere, nothing that is to be done is in hands that are not here; it stays in its team."""
    settings.MEDIA_ROOT = tmp_path / "files"
    client.force_login(cast.dung)
    file = csv("Tên công ty,Điện thoại", "Xi măng Hòn Đá,0903 123 456")
    imported = checked(client, file, "khach.csv", kind="lead", team="", department=cast.an.department.pk)
    rule(rules, cast.dung, people=[cast.an])
    imported = run(client, imported)
    lead = Lead.objects.get()
    team = lead.team
    assert lead.owner == cast.an and team is not None
    taken_back(client, imported)
    type(cast.an).objects.filter(pk=cast.an.pk).update(is_active=False)
    again = done_again(client, imported)
    lead.refresh_from_db()
    assert (again.state, again.brought_back, again.kept) == ("done", 1, 0)
    assert (lead.owner, lead.record.owner, lead.team) == (cast.dung, cast.dung, team)
    event = Event.objects.get(kind=ASSIGNED.code, about=lead.pk, operation__act="redo")
    assert (event.by, event.facts["owner"]["id"]) == (cast.dung, cast.dung.pk)
    assert taken_back(client, again).taken_away == 1
    assert done_again(client, again).brought_back == 1
    lead.refresh_from_db()
    assert lead.owner == cast.dung
    assert Event.objects.filter(kind=ASSIGNED.code, about=lead.pk, operation__act="redo").count() == 1
