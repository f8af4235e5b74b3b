"""«Đội bán hàng»: what a team works on decides where it is offered (R3.01-3.13, D12, D16)."""

import pytest
from playwright.sync_api import expect

from pheu.conftest import given, nothing_changes, stage_of
from pheu.core.errors import Conflict, DomainError, Invalid
from pheu.deals.conversion import Handover, convert_leads
from pheu.deals.forms import ConversionForm
from pheu.deals.services import create_deal
from pheu.leads.services import create_lead
from pheu.people.models import Branch, Team, User
from pheu.quality.places import teams_for
from pheu.records.forms import AssignForm
from pheu.setup.company import TEAMS
from pheu.setup.configuring import add_item, change_item
from pheu.setup.events import ITEM_CHANGED
from pheu.timeline.models import Event
from pheu.timeline.services import assign, take


def team(by, name="Miền Tây", **more):
    return add_item(TEAMS, {"name": name, "serves_leads": True, "serves_deals": True} | more, by=by)


def switch(one, by, **now):
    return change_item(TEAMS, one.pk, {name: (getattr(one, name), value) for name, value in now.items()}, by=by)


def offered(client, path, name):
    """Whether the page offers a team of this name to choose."""
    return f">{name}</option>" in client.get(path).text


def test_an_admin_makes_a_team_with_everything_it_has(client, dung, an, binh, chi):
    """R3.01-3.02, R3.04, R3.08-3.09, R3.11-3.13."""
    branch = Branch.objects.create(name="Chi nhánh Cần Thơ")
    client.force_login(dung)
    assert client.get("/setup/teams/").status_code == 200
    assert client.get("/setup/teams/new/").status_code == 200
    sent = {
        "name": "Miền Tây", "serves_deals": "on", "serves_leads": "on", "alias": "mien.tay", "leader": binh.pk,
        "branch": branch.pk, "members": [an.pk, chi.pk],
    }  # fmt: skip
    assert client.post("/setup/teams/new/", sent).status_code == 302
    made = Team.objects.get(name="Miền Tây")
    assert (made.alias, made.leader, made.branch, set(made.members.all())) == ("mien.tay", binh, branch, {an, chi})
    assert (made.serves_deals, made.serves_leads, made.serves_quotes) == (True, True, False)
    page = client.get("/setup/teams/").text
    for words in ("Miền Tây", str(binh), "Chi nhánh Cần Thơ", "mien.tay"):
        assert words in page


def test_a_team_has_a_name(client, dung):
    """R3.04: saving without a name is refused."""
    client.force_login(dung)
    with nothing_changes():
        answer = client.post("/setup/teams/new/", {"name": " ", "serves_leads": "on"})
    assert answer.status_code == 422
    with nothing_changes(), pytest.raises(Invalid) as refused:
        team(dung, "")
    assert list(refused.value.errors) == ["name"]


@pytest.mark.parametrize("alias", ["miền tây", "a b", "x@", "@x.vn", "A.B", "a..b", "x" * 201, "a\nb"])
def test_an_alias_is_one_that_mail_can_come_to(dung, alias):
    """R3.09."""
    with nothing_changes(), pytest.raises(Invalid) as refused:
        team(dung, alias=alias)
    assert list(refused.value.errors) == ["alias"]


def test_an_alias_belongs_to_one_team_and_only_to_one_that_works_on_deals(client, dung):
    """R3.09: asked only with «Cơ hội», kept only with it."""
    made = team(dung, alias="mien.tay@quantrac.example")
    for wrong in ({"alias": made.alias}, {"alias": "khac", "serves_deals": False}):
        with nothing_changes(), pytest.raises(Invalid) as refused:
            team(dung, "Đội khác", **wrong)
        assert list(refused.value.errors) == ["alias"]
    with nothing_changes(), pytest.raises(Invalid):
        switch(made, dung, serves_deals=False)
    client.force_login(dung)
    sent = {"name": made.name, "serves_leads": "on", "alias": made.alias, "initial-serves_deals": "True"}
    assert client.post(f"/setup/teams/{made.pk}/", sent).status_code == 302
    made.refresh_from_db()
    assert (made.alias, made.serves_deals) == ("", False)


def test_mail_to_an_alias_becomes_a_lead_only_of_a_team_that_works_on_leads(client, dung):
    """R3.09-3.10: asked only with «Tiềm năng», kept only with it; a deal where nobody has said."""
    client.force_login(dung)
    sent = {"name": "Miền Tây", "serves_deals": "on", "serves_leads": "on", "alias": "mien.tay"}
    assert client.post("/setup/teams/new/", sent).status_code == 302
    made = Team.objects.get(name="Miền Tây")
    assert made.alias_makes == "deal"
    seen = {"initial-alias_makes": "deal", "initial-alias": "mien.tay"}
    assert client.post(f"/setup/teams/{made.pk}/", sent | seen | {"alias_makes": "lead"}).status_code == 302
    made.refresh_from_db()
    assert made.alias_makes == "lead"
    assert "mien.tay → Tiềm năng" in client.get("/setup/teams/").text
    assert "Cơ hội → Tiềm năng" in client.get("/setup/log/").text
    for wrong in ({"serves_leads": False}, {"alias_makes": "contact"}):
        with nothing_changes(), pytest.raises(Invalid) as refused:
            switch(made, dung, **wrong)
        assert list(refused.value.errors) == ["alias_makes"]
    sent = sent | {"initial-alias_makes": "lead", "alias_makes": "lead", "initial-serves_leads": "True"}
    del sent["serves_leads"]
    assert client.post(f"/setup/teams/{made.pk}/", sent).status_code == 302
    made.refresh_from_db()
    assert (made.alias_makes, made.serves_leads) == ("deal", False)


def test_a_team_is_offered_only_for_what_it_works_on(client, dung, an):
    """R3.03, R3.06-3.07: in forms, when handing out, when importing and when converting."""
    lead, deal = create_lead({"name": "Trạm", "owner": an}, by=an), create_deal({"name": "Trạm", "owner": an}, by=an)
    forms = {
        "leads": lambda one: one in AssignForm(rows=[lead]).fields["team"].queryset and one in teams_for(dung, "lead"),
        "deals": lambda one: (
            one in AssignForm(rows=[deal]).fields["team"].queryset
            and one in ConversionForm(lead=lead, to=stage_of("lead", "Đã chuyển đổi"), by=dung).fields["team"].queryset
        ),
    }
    client.force_login(dung)
    for serves, other in (("leads", "deals"), ("deals", "leads")):
        made = team(dung, f"Chỉ {serves}", **{f"serves_{serves}": True, f"serves_{other}": False})
        assert (offered(client, f"/{serves}/new/", made.name), offered(client, f"/{other}/new/", made.name)) == (
            True,
            False,
        )
        assert (forms[serves](made), forms[other](made)) == (True, False)
        # whoever looks for what it has still finds it
        assert made.name in client.get(f"/{other}/filters/").text


def test_an_act_refuses_a_team_for_what_it_does_not_work_on(dung, an):
    """R3.06-3.07, whatever the form was."""
    of_leads, of_deals = team(dung, "Chỉ tìm", serves_deals=False), team(dung, "Chỉ bán", serves_leads=False)
    lead, deal = create_lead({"name": "Trạm", "company_name": "Hòn Đá", "owner": an}, by=an), None
    deal = create_deal({"name": "Trạm", "owner": an}, by=an)
    for refused in (
        lambda: create_lead({"name": "Khác", "team": of_deals}, by=dung),
        lambda: create_deal({"name": "Khác", "team": of_leads}, by=dung),
        lambda: assign([lead], owner=an, team=of_deals, by=dung),
        lambda: assign([deal], owner=an, team=of_leads, by=dung),
        lambda: convert_leads([lead], Handover(owner=an, team=of_leads), by=dung),
    ):
        with nothing_changes(), pytest.raises(DomainError):
            refused()
    assert create_lead({"name": "Khác", "team": of_leads}, by=dung).team == of_leads
    assert assign([deal], owner=an, team=of_deals, by=dung)[0].team == of_deals


def test_an_archived_team_is_offered_nowhere_and_records_keep_it(client, dung, an, chi):
    made = team(dung)
    lead = assign([create_lead({"name": "Trạm", "owner": an}, by=an)], owner=an, team=made, by=dung)[0]
    client.force_login(dung)
    client.post(f"/setup/teams/{made.pk}/switch/", {"was": "1"})
    made.refresh_from_db()
    assert not made.is_active
    assert not offered(client, "/leads/new/", made.name)
    assert not offered(client, "/deals/new/", made.name)
    with nothing_changes(), pytest.raises(DomainError):
        create_lead({"name": "Khác", "team": made}, by=dung)
    # A record that has it may stay in it, and be handed to somebody else of it.
    assert made in AssignForm(rows=[lead]).fields["team"].queryset
    assert assign([lead], owner=chi, team=made, by=dung)[0].team == made
    assert made.name in client.get(f"/leads/{lead.pk}/").text


def test_what_comes_without_a_team_falls_to_one_of_its_owner_that_works_on_it(dung, an):
    """R3.06-3.07: the first of theirs may be another's business."""
    [first] = an.teams.all()
    second = team(dung, "Chỉ bán", serves_leads=False, members=[an])
    switch(first, dung, serves_deals=False)
    assert create_lead({"name": "Trạm", "owner": an}, by=an).team == first
    deal = create_deal({"name": "Trạm", "owner": an}, by=an)
    assert deal.team == second
    switch(second, dung, is_active=False)
    assert create_deal({"name": "Trạm 2", "owner": an}, by=an).team is None
    free = given(create_lead({"name": "Trạm 3", "owner": an}, by=an), owner=None, team=None)
    assert take(free, by=an).team == first


def test_members_who_come_and_go_are_in_nobodys_way(client, dung, an, binh, chi, hanh):
    """R3.12: two admins add different people to one team; both are in it, and the log says who came."""
    made = team(dung, members=[an])
    client.force_login(dung)
    saw = {"name": made.name, "serves_leads": "on", "serves_deals": "on", "initial-members": [an.pk]}
    client.post(f"/setup/teams/{made.pk}/", saw | {"members": [an.pk, binh.pk]})
    client.post(f"/setup/teams/{made.pk}/", saw | {"members": [chi.pk]})
    assert set(made.members.all()) == {binh, chi}
    page = client.get("/setup/log/").text
    assert f"Thành viên: + {binh}" in page
    assert f"Thành viên: + {chi} − {an}" in page
    # and what they see follows at their next click
    assert made.pk in User.objects.get(pk=chi.pk).team_ids


def test_two_admins_who_edit_one_team_see_it(dung, binh, chi):
    made = team(dung)
    change_item(TEAMS, made.pk, {"leader": (None, binh)}, by=dung)
    with nothing_changes(), pytest.raises(Conflict):
        change_item(TEAMS, made.pk, {"leader": (None, chi)}, by=dung)
    with nothing_changes():
        change_item(TEAMS, made.pk, {"leader": (None, binh)}, by=dung)
    told = Event.objects.get(kind=ITEM_CHANGED.code)
    assert told.facts["changes"] == [{"column": "leader", "was": None, "now": {"id": binh.pk, "name": str(binh)}}]


def test_a_team_is_found_by_its_leader_too(client, dung, binh):
    """D12."""
    team(dung, leader=binh)
    client.force_login(dung)
    assert [str(one) for one in client.get("/setup/teams/?q=thanh binh").context["items"]] == ["Miền Tây"]


def test_the_page_says_how_many_records_a_team_has(client, dung, an):
    create_lead({"name": "Trạm", "owner": an}, by=an)
    create_deal({"name": "Trạm", "owner": an}, by=an)
    client.force_login(dung)
    items = {str(item): (item.uses, item.people) for item in client.get("/setup/teams/").context["items"]}
    assert items == {"Miền Bắc": (2, 2), "Miền Nam": (0, 1)}


def test_sixty_teams_of_many_people_ask_no_more_than_two(client, dung, an, django_assert_num_queries):
    client.force_login(dung)
    client.get("/setup/teams/")
    with django_assert_num_queries(3):
        client.get("/setup/teams/")
    for nth in range(60):
        team(dung, f"Đội {nth}", leader=an, members=[an, dung], branch=Branch.objects.create(name=f"CN {nth}"))
    with django_assert_num_queries(3):
        assert len(client.get("/setup/teams/").context["items"]) == 62


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "'; drop table x; --"])
def test_a_name_is_text_wherever_it_stands(client, dung, an, name):
    made = team(dung, name, members=[an])
    client.force_login(dung)
    for path in ("/setup/teams/", f"/setup/teams/{made.pk}/", "/setup/log/", "/leads/new/"):
        page = client.get(path).text
        assert "alert(1)</script>" not in page
        assert "<img src=x" not in page
    assert Team.objects.get(pk=made.pk).name == name


def test_a_name_of_ten_thousand_characters_is_refused(client, dung):
    client.force_login(dung)
    with nothing_changes():
        assert client.post("/setup/teams/new/", {"name": "x" * 10_000, "serves_deals": "on"}).status_code == 422
        with pytest.raises(Invalid):
            team(dung, "x" * 10_000)


@pytest.mark.django_db(transaction=True)
def test_a_team_is_made_on_the_screen_with_its_alias_only_for_deals(world):
    """R3.02-3.13."""
    page = world.enter(world.cast.dung, "/setup/teams/")
    page.get_by_role("link", name="Tạo", exact=True).click()
    dialog = page.locator("#dialog[open]")
    dialog.get_by_label("Tên").fill("Miền Tây")
    alias, becomes = dialog.get_by_label("Bí danh email"), dialog.get_by_role("radiogroup", name="Thư đến đó thành")
    expect(alias).to_be_visible()
    expect(becomes).to_be_visible()
    dialog.get_by_role("checkbox", name="Tiềm năng").uncheck()
    expect(becomes).to_be_hidden()
    dialog.get_by_role("checkbox", name="Tiềm năng").check()
    dialog.get_by_role("checkbox", name="Cơ hội").uncheck()
    expect(alias).to_be_hidden()
    expect(becomes).to_be_hidden()
    dialog.get_by_role("checkbox", name="Cơ hội").check()
    becomes.get_by_text("Tiềm năng").click()
    alias.fill("mien.tay")
    members = dialog.get_by_role("combobox", name="Thành viên")
    members.fill("hoài an")
    page.get_by_role("option", name="Nguyễn Hoài An").click()
    dialog.get_by_role("button", name="Lưu").click()
    line = page.locator(".setup-item", has_text="Miền Tây")
    expect(line).to_contain_text("1 người")
    expect(line).to_contain_text("mien.tay → Tiềm năng")
    assert Team.objects.get(name="Miền Tây").members.get() == world.cast.an
