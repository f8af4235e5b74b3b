"""Lists, boards, pickers and record pages of every kind, over HTTP."""

import pytest

from pheu.records import kinds

KINDS = ["prospect", "lead", "deal", "company", "contact", "toy"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["list", "new", "pick", "counts"])
def test_every_kind_has_its_pages(client, dung, kind, name):
    client.force_login(dung)
    assert client.get(kinds.get(kind).url(name)).status_code == 200


@pytest.mark.parametrize("kind", ["lead", "deal"])
def test_leads_and_deals_have_a_board(client, dung, lead, deal, kind):
    """R0.02: list view and kanban view, switchable."""
    client.force_login(dung)
    assert kinds.get(kind).url("board") in client.get(kinds.get(kind).url("list")).text
    assert client.get(kinds.get(kind).url("board")).status_code == 200


@pytest.mark.parametrize("who", ["dung", "an"])
def test_a_column_gives_its_next_cards(client, request, who, lead):
    """Whether one sees rows in one way (all of them) or in several (mine, my team's)."""
    client.force_login(request.getfixturevalue(who))
    for below, is_there in ((lead.pk + 1, True), (lead.pk, False)):
        answer = client.get(f"/leads/board/?of={lead.stage_id}&below={below}")
        assert answer.status_code == 200
        assert (lead.get_absolute_url() in answer.text) == is_there


def test_record_pages_open(client, an, lead, deal):
    client.force_login(an)
    for row in (lead, deal):
        answer = client.get(row.get_absolute_url())
        assert answer.status_code == 200
        assert row.record.number in answer.text
        assert client.get(f"/r/{row.pk}/").url == row.get_absolute_url()


def test_what_i_made_is_counted_at_once(client, an):
    """The counts of tabs are kept for a minute, but not past my own change."""
    client.force_login(an)
    assert 'id="count-mine" hx-swap-oob="true">0<' in client.get("/leads/counts/").text
    client.post("/leads/new/", {"company_name": "Bia Hà Thành", "owner": an.pk})
    assert 'id="count-mine" hx-swap-oob="true">1<' in client.get("/leads/counts/").text
