"""Which rows a person reaches: the settled cases of design.md 3, and that every window on records obeys them."""

import json
import random
from functools import partial
from itertools import product

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from pheu.conftest import given, stage_of, standing
from pheu.deals.conversion import Handover, convert_leads
from pheu.deals.models import Deal
from pheu.deals.undoing import undo_conversion
from pheu.leads.models import Lead
from pheu.leads.services import convert_prospects
from pheu.parties.models import Source
from pheu.people.models import Department, Role, Team, User
from pheu.people.scopes import CHANGE, CREATE, MOVE, VIEW, Action, Scope, reaches
from pheu.records import kinds
from pheu.records.models import Follower, Record
from pheu.timeline.services import add_file, add_note, follow

NAME = "Nhiệt điện Sông Con"

# Rows stand wherever a test says, whoever could have put them there: this file is about seeing.
create_prospect, create_company, create_contact, create_lead, create_deal = (
    partial(standing, kind) for kind in ("prospect", "company", "contact", "lead", "deal")
)


@pytest.fixture
def tree(db):
    """Khối kinh doanh > Phòng dự án > Tổ khí thải; beside it Phòng dịch vụ."""
    block = Department.objects.create(name="Khối kinh doanh")
    projects = Department.objects.create(name="Phòng dự án", parent=block)
    fumes = Department.objects.create(name="Tổ khí thải", parent=projects)
    service = Department.objects.create(name="Phòng dịch vụ", parent=block)
    return {"block": block, "projects": projects, "fumes": fumes, "service": service}


def person(name, department=None, *teams, **grants):
    """Somebody with a role of their own: `view="team"`, `change="own"` hold for every kind."""
    role = Role.objects.create(code=name, name=name, grants={kind.code: dict(grants) for kind in kinds.every()})
    user = User.objects.create_user(f"{name}@quantrac.example", full_name=name, role=role, department=department)
    user.teams.add(*teams)
    return User.objects.with_rights().get(pk=user.pk)


@pytest.fixture
def founder(db):
    return person("founder", **dict.fromkeys(Action.values, "all"))


def lead_of(founder, **values):
    return create_lead({"name": NAME, "owner": None, **values}, by=founder)


def sees(user, row, action=VIEW):
    return type(row).objects.within(User.objects.with_rights().get(pk=user.pk), action).filter(pk=row.pk).exists()


# --- own, team, department, all, none ---------------------------------------------------------------------------------


def test_own_is_owner_creator_and_follower_and_the_follower_only_reads(founder):
    owner, creator, follower, outsider = (
        person(name, **dict.fromkeys(Action.values, "own")) for name in ("owner", "creator", "follower", "outsider")
    )
    lead = create_lead({"name": NAME, "owner": owner}, by=creator)
    follow(lead.record, user=follower, by=owner)
    assert [sees(one, lead) for one in (owner, creator, follower, outsider)] == [True, True, True, False]
    for action in set(Action) - {VIEW}:
        assert [sees(one, lead, action) for one in (owner, creator, follower)] == [True, True, False], action


def test_team_is_every_row_of_one_of_my_teams_wherever_its_owner_works(founder, tree):
    north, south = Team.objects.create(name="Miền Bắc"), Team.objects.create(name="Miền Nam")
    member = person("member", tree["projects"], north, view="team", change="own")
    owner = person("owner", tree["service"], view="own")
    assert sees(member, lead_of(founder, owner=owner, team=north))
    assert not sees(member, lead_of(founder, owner=owner, team=south))
    colleague = person("colleague", tree["projects"], view="own")
    assert not sees(member, lead_of(founder, owner=colleague))  # the same department is not the same team


def test_department_is_mine_and_those_below_mine(founder, tree):
    head = person("head", tree["projects"], view="department")
    owners = {name: person(f"in-{name}", department, view="own") for name, department in tree.items()}
    reached = {name for name, owner in owners.items() if sees(head, lead_of(founder, owner=owner))}
    assert reached == {"projects", "fumes"}


def test_a_person_without_department_reaches_no_department(founder, tree):
    head = person("head", view="department")
    assert head.department_ids == []
    assert not sees(head, lead_of(founder, owner=person("owner", tree["service"], view="own")))


def test_rights_loaded_with_the_person_are_those_asked_for_one_by_one(tree):
    teams = [Team.objects.create(name=name) for name in ("Miền Bắc", "Miền Nam")]
    loaded = person("head", tree["projects"], *teams, view="department")
    plain = User.objects.get(pk=loaded.pk)
    assert set(loaded.department_ids) == set(plain.department_ids) == {tree["projects"].pk, tree["fumes"].pk}
    assert set(loaded.team_ids) == set(plain.team_ids) == {team.pk for team in teams}


def test_all_reaches_everything_and_none_nothing(founder, tree):
    lead = lead_of(founder, owner=person("owner", tree["service"], view="own"))
    assert sees(person("auditor", view="all"), lead)
    assert not sees(person("nobody", tree["service"], view="none"), lead)
    assert not sees(person("speechless", tree["service"]), lead)  # what a role does not name is none


def test_a_disabled_person_reaches_nothing(founder):
    auditor = person("auditor", view="all")
    lead = lead_of(founder)
    auditor.is_active = False
    assert not Lead.objects.visible_to(auditor).exists()
    assert not Record.objects.visible_to(auditor).exists()
    assert sees(founder, lead)


def test_seeing_all_and_changing_own_does_not_add_up_to_changing_all(founder):
    overseer = person("overseer", view="all", change="own", move="own")
    theirs, own = lead_of(founder), lead_of(founder, owner=overseer)
    assert [sees(overseer, theirs, action) for action in (VIEW, CHANGE, MOVE)] == [True, False, False]
    assert [sees(overseer, own, action) for action in (VIEW, CHANGE, MOVE)] == [True, True, True]


# --- nobody's rows ----------------------------------------------------------------------------------------------------


def test_nobodys_rows_belong_to_their_team_then_to_their_department_then_to_those_who_see_all(founder, tree):
    north = Team.objects.create(name="Miền Bắc")
    member = person("member", tree["service"], north, view="own")
    neighbour = person("neighbour", tree["projects"], view="own")
    below = person("below", tree["fumes"], view="own")
    auditor = person("auditor", view="all")
    everybody = (member, neighbour, below, auditor)
    of_team = lead_of(founder, team=north, department=tree["projects"])
    of_department = lead_of(founder, department=tree["projects"])
    of_nobody = lead_of(founder)
    assert [sees(one, of_team) for one in everybody] == [True, False, False, True]
    assert [sees(one, of_department) for one in everybody] == [False, True, False, True]
    assert [sees(one, of_nobody) for one in everybody] == [False, False, False, True]


def test_a_row_that_is_taken_is_no_longer_everybodys(founder):
    north = Team.objects.create(name="Miền Bắc")
    member, owner = person("member", None, north, view="own"), person("owner", None, north, view="own")
    assert not sees(member, lead_of(founder, team=north, owner=owner))


# --- rows still to be made --------------------------------------------------------------------------------------------

ME, COLLEAGUE = 1, 2
MINE, BELOW, FOREIGN = 11, 12, 13
PLACES = list(product([ME, COLLEAGUE, None], [MINE, FOREIGN, None], [MINE, BELOW, FOREIGN, None]))


def in_own(owner, team, department):
    """Mine unless another team has it; nobody's if my team has it, or my own department and no team."""
    if owner == ME:
        return team != FOREIGN
    return owner is None and (team == MINE or (team is None and department == MINE))


# (owner, team, department) -> whether one may make a row that stands there.
REACHED = {
    "none": lambda *place: False,
    "own": in_own,
    "team": lambda owner, team, department: team == MINE or in_own(owner, team, department),
    "department": lambda owner, team, department: (
        department in (MINE, BELOW) or team == MINE or in_own(owner, team, department)
    ),
    "all": lambda *place: True,
}


@pytest.mark.parametrize("scope", REACHED)
def test_whom_and_where_one_may_make_rows_for(scope):
    """CREATE has a scope like every other right: person, team and department of the row decide, not who makes it."""
    maker = User(pk=ME, role=Role(grants={"lead": {"create": scope}}), department_id=MINE)
    maker.loaded_team_ids, maker.loaded_department_ids = [MINE], [MINE, BELOW]
    for owner, team, department in PLACES:
        row = Lead(owner_id=owner, team_id=team, department_id=department, created_by_id=ME)
        found = reaches(maker, "lead", CREATE, row)
        assert found is REACHED[scope](owner, team, department), (owner, team, department)
    homeless = User(pk=ME, role=maker.role)
    homeless.loaded_team_ids, homeless.loaded_department_ids = [], []
    assert reaches(homeless, "lead", CREATE, Lead()) is (scope == "all")


# --- seen through other records ---------------------------------------------------------------------------------------


@pytest.fixture
def customer(founder):
    company = create_company({"name": "Xi măng Hòn Đá"}, by=founder)
    return company, create_contact({"full_name": "Đỗ Thị Vân", "company": company}, by=founder)


@pytest.mark.parametrize("create", [create_lead, create_deal], ids=["lead", "deal"])
def test_a_company_and_a_contact_are_read_by_whoever_sees_a_lead_or_deal_of_theirs(founder, customer, create):
    company, contact = customer
    seller, other = (person(name, view="own", change="own") for name in ("seller", "other"))
    create({"name": NAME, "owner": seller, "company": company, "contact": contact}, by=founder)
    for row in customer:
        assert sees(seller, row)
        assert not sees(other, row)
        assert not sees(seller, row, CHANGE)  # a window is for looking through


def test_a_role_without_any_part_in_companies_still_sees_them_through_its_leads(client, founder, customer):
    """The page, the directory and the search agree on it."""
    company, _contact = customer
    seller = person("seller", view="own", change="own")
    seller.role.grants.pop("company")
    seller.role.save()
    create_lead({"name": NAME, "owner": seller, "company": company}, by=founder)
    assert sees(seller, company)
    assert Record.objects.visible_to(User.objects.with_rights().get(pk=seller.pk)).filter(pk=company.pk).exists()
    client.force_login(seller)
    assert client.get(reverse("company-page", args=[company.pk])).status_code == 200
    assert company.name in client.get(reverse("search"), {"q": company.name}).text


# --- the directory agrees with every kind -----------------------------------------------------------------------------


SCOPES = ["none", "own", "team", "department", "all"]


def test_the_directory_shows_exactly_what_the_kinds_show(founder, tree):
    """Record.visible_to is the union of each kind's visible_to, for any role over any population."""
    dice = random.Random(20261122)
    teams = [Team.objects.create(name=name) for name in ("Miền Bắc", "Miền Trung", "Miền Nam")]
    people = [_anybody(dice, n, [None, *tree.values()], teams) for n in range(24)]
    _population(dice, founder, people, [None, *tree.values()], teams)
    seen = {user.full_name: set(Record.objects.visible_to(user).values_list("pk", flat=True)) for user in people}
    by_kind = {
        user.full_name: {
            pk for kind in kinds.every() for pk in kind.model.objects.visible_to(user).values_list("pk", flat=True)
        }
        for user in people
    }
    assert seen == by_kind
    assert len({frozenset(rows) for rows in seen.values()}) > 10  # the dice made different people, not the same twice


def _anybody(dice, n, departments, teams):
    user = person(f"p{n}", dice.choice(departments), *dice.sample(teams, dice.randrange(3)))
    user.role.grants = {kind.code: {"view": dice.choice(SCOPES)} for kind in kinds.every()}
    user.role.save()
    return User.objects.with_rights().get(pk=user.pk)


def _population(dice, founder, people, departments, teams):
    def place():
        return {
            "owner": dice.choice([None, *people]),
            "team": dice.choice([None, *teams]),
            "department": dice.choice(departments),
        }

    companies = [create_company({"name": f"Công ty {n}", **place()}, by=founder) for n in range(12)]
    contacts = [
        create_contact({"full_name": f"Đỗ Văn {n}", "company": dice.choice([None, *companies]), **place()}, by=founder)
        for n in range(12)
    ]
    rows = [*companies, *contacts]
    for n in range(20):
        create_prospect({"company_name": f"KH {n}", **place()}, by=founder)
        for create in (create_lead, create_deal):
            customer = {"company": dice.choice([None, *companies]), "contact": dice.choice([None, *contacts])}
            rows.append(create({"name": f"Trạm {n}", **place(), **customer}, by=founder))
    for row in dice.sample(rows, 20):
        Follower.objects.create(record=row.record, user=dice.choice(people))
    rows[-1].record.merged_into, rows[-1].record.state = rows[-2].record, Record.State.MERGED
    given(rows[-1])


# --- every window of the site -----------------------------------------------------------------------------------------


@pytest.fixture
def hidden(an, settings, tmp_path):
    """An's deal with everything on it, made of a prospect and a lead; Chi may see none of them."""
    settings.MEDIA_ROOT = tmp_path
    prospect = create_prospect({"company_name": NAME, "phone": "+842438637747", "remark": "đo bụi", "owner": an}, by=an)
    lead = convert_prospects([prospect], by=an)[0]
    file = add_file(lead.record, upload=SimpleUploadedFile("khao-sat.txt", b"SO2"), by=an)
    add_note(lead.record, body="Ống khói thứ hai", by=an)
    deal = convert_leads([lead], Handover(owner=an, customer=Handover.NONE), by=an)[0]
    return {"prospect": prospect, "lead": Lead.objects.get(pk=lead.pk), "deal": deal, "file": file}


def test_search_lists_pickers_counts_and_boards_show_nothing_from_outside_the_scope(client, hidden, an, chi):
    def shown(user):
        client.force_login(user)
        answers = {"search": client.get(reverse("search"), {"q": "nhiet dien"}).text}
        for kind in ("prospect", "lead", "deal"):
            answers[f"{kind} list"] = client.get(reverse(f"{kind}-list"), {"tab": "all"}).text
            answers[f"{kind} pick"] = json.dumps(
                client.get(reverse(f"{kind}-pick"), {"q": NAME}).json(), ensure_ascii=False
            )
        answers["board"] = client.get(reverse("deal-board"), {"tab": "all"}).text
        return {where for where, text in answers.items() if NAME in text}

    assert len(shown(an)) == 8
    assert shown(chi) == set()


def test_counts_and_sums_are_of_what_the_person_sees(client, an, chi, deal):
    Deal.objects.filter(pk=deal.pk).update(expected_amount=123_456_789)

    def told(user):
        client.force_login(user)
        return client.get(reverse("deal-counts"), {"tab": "all"}).text, client.get(
            reverse("deal-board"), {"tab": "all"}
        ).text

    (counts, board), (no_counts, no_board) = told(an), told(chi)
    assert ">1<" in counts.replace("\n", "").replace(" ", "")
    assert ">1<" not in no_counts.replace("\n", "").replace(" ", "")
    assert "123" in board
    assert board.count("deal-") > no_board.count("deal-")
    assert deal.title not in no_board


@pytest.mark.parametrize("of", ["prospect", "lead", "deal"])
def test_the_timeline_of_what_one_may_not_see_is_not_there(client, hidden, chi, of):
    client.force_login(chi)
    for name in ("timeline", "record"):
        assert client.get(reverse(name, args=[hidden[of].pk])).status_code == 404


def test_a_file_is_read_by_whoever_sees_the_record_or_the_deal_that_continues_it(client, hidden, an, chi):
    address = reverse("file", args=[hidden["file"].pk])
    client.force_login(chi)
    assert client.get(address).status_code == 404
    follow(hidden["deal"].record, user=chi, by=an)
    assert not sees(chi, hidden["lead"])
    answer = client.get(address)
    assert (answer.status_code, b"".join(answer)) == (200, b"SO2")
    assert answer["Content-Disposition"].startswith("attachment")
    assert "sandbox" in answer["Content-Security-Policy"]


def test_whoever_is_offered_a_file_may_open_it(client, hidden, an, chi):
    """A deal that was undone is folded into its lead; the next deal's page shows the files of both."""
    late = add_file(hidden["deal"].record, upload=SimpleUploadedFile("bao-gia.txt", b"850"), by=an)
    lead = undo_conversion(hidden["lead"], by=an)
    again = convert_leads([lead], Handover(owner=an, customer=Handover.NONE), by=an)[0]
    follow(again.record, user=chi, by=an)
    client.force_login(chi)
    page = client.get(again.get_absolute_url()).text
    for file in (hidden["file"], late):
        address = reverse("file", args=[file.pk])
        assert address in page
        answer = client.get(address)
        assert answer.status_code == 200
        b"".join(answer)


def test_the_page_of_a_customer_shows_only_those_deals_and_leads_that_one_may_see(client, an, chi, dung):
    company = create_company({"name": "Xi măng Hòn Đá"}, by=dung)
    mine = create_deal({"name": "Trạm của Chi", "company": company, "owner": chi}, by=dung)
    create_deal({"name": "Trạm của An", "company": company, "owner": an}, by=dung)
    create_lead({"name": "Nhu cầu của An", "company": company, "owner": an}, by=dung)
    client.force_login(chi)
    page = client.get(company.get_absolute_url()).text
    assert mine.name in page
    assert "của An" not in page


def test_a_form_offers_and_takes_only_customers_that_one_may_see(client, founder, customer):
    company, contact = customer
    seller = person("seller", view="own", create="own", change="own")
    client.force_login(seller)
    answer = client.post(reverse("lead-new"), {"name": NAME, "company": company.pk, "contact": contact.pk})
    assert answer.status_code == 422
    assert not Lead.objects.exists()
    assert company.name not in client.get(reverse("lead-new"), {"company": company.pk, "contact": contact.pk}).text
    assert client.get(reverse("company-pick")).json() == []


def test_saving_a_row_keeps_a_customer_that_the_person_may_not_see(client, founder, customer):
    """The field is shown, but its record is out of my sight: my save of another field must not take it away."""
    _company, contact = customer
    seller = person("seller", view="own", change="own")
    given(contact, owner=seller)
    client.force_login(seller)
    assert f'<option value="{contact.company_id}" selected' in client.get(contact.get_absolute_url()).text
    assert (
        client.post(reverse("contact-save", args=[contact.pk]), as_sent(contact, job_title="Kỹ sư")).status_code == 302
    )
    contact.refresh_from_db()
    assert (contact.job_title, contact.company_id) == ("Kỹ sư", customer[0].pk)


def test_saving_a_row_keeps_a_source_that_is_no_longer_offered(client, an, lead):
    client.force_login(an)
    Source.objects.filter(pk=lead.source_id).update(is_active=False)
    assert f'<option value="{lead.source_id}" selected' in client.get(lead.get_absolute_url()).text
    assert client.post(reverse("lead-save", args=[lead.pk]), as_sent(lead, job_title="Kỹ sư")).status_code == 302
    source = lead.source_id
    lead.refresh_from_db()
    assert (lead.job_title, lead.source_id) == ("Kỹ sư", source)


def as_sent(row, **typed):
    """What a browser sends of a record page: every field with the value that was seen, and what was typed."""
    sent = {}
    for bound in kinds.get(row.kind).schema.form(row.owner, row=row):
        value = bound.value()
        sent[bound.name] = sent[bound.html_initial_name] = "" if value is None else value
    return sent | typed


def test_stages_and_totals_of_another_kind_do_not_leak_through_the_address(client, an, chi, deal):
    client.force_login(chi)
    column = client.get(reverse("deal-board"), {"of": stage_of("deal", "Tiếp cận").pk, "tab": "all"})
    assert column.status_code == 200
    assert deal.title not in column.text


@pytest.mark.parametrize("typed", ["²", "9" * 30, "-1", "abc", "1e3", ""])
def test_rubbish_for_an_id_is_no_page_and_no_error(client, an, lead, typed):
    client.force_login(an)
    asked = [
        (reverse("lead-list"), {"after": typed, "owner": typed}),
        (reverse("lead-board"), {"below": typed}),
        (reverse("deal-board"), {"of": typed}),
        (reverse("deal-board"), {"pipeline": typed, "unfold": typed}),
        (reverse("lead-new"), {"company": typed, "owner": typed}),
        (reverse("timeline", args=[lead.pk]), {"below": typed}),
    ]
    answers = {f"{path} {query}": client.get(path, query).status_code for path, query in asked}
    assert set(answers.values()) <= {200, 404}, answers
    assert client.get(reverse("lead-assign"), {"ids": typed}).status_code == 404


def test_scope_names_are_those_of_the_roles():
    assert Scope.values == SCOPES
