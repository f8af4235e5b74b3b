"""«Dành cho CSKH»: customer care works new leads before sales sees them (R0.39)."""

from typing import Any

import pytest

from pheu.leads.models import Lead
from pheu.leads.services import create_lead
from pheu.parties.services import create_prospect
from pheu.people.models import Team
from pheu.setup import lists
from pheu.setup.configuring import add_item


@pytest.fixture
def care(cast: Any) -> Team:
    """All new leads come to the team of customer care, for whoever takes them first."""
    team = Team.objects.create(name="CSKH", leader=cast.hanh)
    team.members.add(cast.hanh)
    values = {"name": "Tiềm năng mới: CSKH trước", "team": team, "way": "team", "on_new": True}
    add_item(lists.get("lead-rules"), values, by=cast.dung)
    return team


def sees(client: Any, person: Any, lead: Lead) -> bool:
    """By the list, the search and the page alike."""
    client.force_login(person)
    link = f"/leads/{lead.pk}/"
    answers = {
        link in client.get("/leads/?tab=all").text,
        link in client.get(f"/search/?q={lead.title}").text,
        client.get(link).status_code == 200,
    }
    [one] = answers
    return one


def test_sales_sees_a_new_lead_when_customer_care_hands_it_on(client, cast, care):
    """R0.39: made on a page, without an owner."""
    client.force_login(cast.hanh)
    client.post("/leads/new/", {"company_name": "Xi măng Hòn Đá", "owner": ""})
    lead = Lead.objects.get()
    assert (lead.owner, lead.team) == (None, care)
    assert sees(client, cast.hanh, lead)
    assert not any(sees(client, seller, lead) for seller in (cast.an, cast.binh, cast.chi))
    client.force_login(cast.hanh)
    client.post(f"/leads/{lead.pk}/taking/")
    assert Lead.objects.get().owner == cast.hanh
    assert not any(sees(client, seller, lead) for seller in (cast.an, cast.binh, cast.chi))
    client.force_login(cast.hanh)
    client.post("/leads/assignment/", {"ids": lead.pk, "owner": cast.an.pk})
    assert sees(client, cast.an, lead)
    assert sees(client, cast.binh, lead), "who leads An's team"
    assert not sees(client, cast.chi, lead)


def test_a_prospect_that_nobody_has_becomes_a_lead_of_customer_care(client, cast, care):
    """R0.39."""
    prospect = create_prospect({"company_name": "Dệt Trăng Non", "owner": None}, by=cast.dung)
    client.force_login(cast.dung)
    client.post("/prospects/conversion/", {"ids": prospect.pk})
    lead = Lead.objects.get()
    assert (lead.owner, lead.team) == (None, care)
    assert not any(sees(client, seller, lead) for seller in (cast.an, cast.chi))


def test_a_lead_that_a_seller_makes_for_themselves_stays_theirs(cast, care):
    lead = create_lead({"company_name": "Nhiệt điện Mây Trắng", "owner": cast.an}, by=cast.an)
    assert Lead.objects.get(pk=lead.pk).owner == cast.an
