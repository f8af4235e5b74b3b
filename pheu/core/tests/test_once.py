"""A double click makes one thing, in parallel too (quality.md 2)."""

import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from threading import Barrier
from typing import Any

import pytest
from django.apps import apps
from django.contrib.messages import get_messages
from django.db import connection
from django.test import Client

from pheu.conftest import given, make_cast, nothing_changes
from pheu.core.models import FormToken
from pheu.leads.models import Lead
from pheu.parties.models import Company
from pheu.parties.services import create_company
from pheu.records.models import Record
from pheu.records.tests.made_up import made_by
from pheu.timeline.events import CREATED
from pheu.timeline.models import Event
from pheu.timeline.services import assign

TYPED = {"company_name": "Xi măng Hòn Đá", "priority": "0"}


def typed(**more: Any) -> dict[str, Any]:
    return TYPED | {"once": uuid.uuid4()} | more


def test_the_second_click_gets_the_answer_of_the_first(client, an):
    client.force_login(an)
    form = typed()
    first, second = client.post("/leads/new/", form), client.post("/leads/new/", form)
    assert first.status_code == second.status_code == 302
    assert first.url == second.url == Lead.objects.get().get_absolute_url()
    assert client.post("/leads/new/", form, headers={"HX-Request": "true"}).headers["HX-Redirect"] == first.url
    assert Lead.objects.count() == 1


def test_every_drawn_form_makes_its_own(client, an):
    client.force_login(an)
    client.post("/leads/new/", typed())
    client.post("/leads/new/", typed())
    assert Lead.objects.count() == 2


def test_a_refused_form_can_be_sent_again(client, an):
    client.force_login(an)
    form = typed(email="no address")
    with nothing_changes():
        assert client.post("/leads/new/", form).status_code == 422
    assert client.post("/leads/new/", form | {"email": "van@hondacement.example"}).status_code == 302


@pytest.mark.parametrize("token", ["", "x", "0" * 400, "\0"])
def test_a_token_of_junk_is_no_token(client, an, token):
    client.force_login(an)
    assert client.post("/leads/new/", typed(once=token)).status_code == 302
    assert not FormToken.objects.exists()


def test_a_token_of_somebody_else_makes_nothing(client, an, binh):
    form = typed()
    client.force_login(an)
    client.post("/leads/new/", form)
    client.force_login(binh)
    with nothing_changes():
        assert client.post("/leads/new/", form).status_code == 409


def test_back_and_saved_again_leads_to_the_record_made_whatever_is_typed(client, an):
    """D6: one form makes one record; the person is told that the rest was not saved."""
    client.force_login(an)
    form = typed()
    made = client.post("/leads/new/", form).url
    for more in ({"company_name": "Thép Sông Đà"}, {"company_name": "", "email": "no address"}):
        again = client.post("/leads/new/", form | more)
        assert again.url == made
        assert [message.level_tag for message in get_messages(again.wsgi_request)][-1] == "warning"
    assert Lead.objects.get().company_name == TYPED["company_name"]
    assert "lưu" in client.get(made).text


def test_the_same_words_sent_again_are_not_worth_a_word(client, an):
    client.force_login(an)
    form = typed()
    client.get(client.post("/leads/new/", form).url)
    assert not list(get_messages(client.post("/leads/new/", form).wsgi_request))


@pytest.mark.parametrize("how", ["handed to somebody else", "taken back"])
def test_what_was_made_and_is_out_of_sight_is_said_in_words(client, an, chi, dung, how):
    client.force_login(an)
    form = typed()
    client.post("/leads/new/", form)
    row = Lead.objects.with_words().get()
    if how == "taken back":
        row.record.state = Record.State.UNDONE
        given(row, is_live=False)
    else:
        assign([row], owner=chi, by=dung)
        made_by(row, dung)
    with nothing_changes():
        answer = client.post("/leads/new/", form)
    assert answer.status_code == 409
    assert "refused.html" in [template.name for template in answer.templates]
    assert client.post("/leads/new/", typed()).status_code == 302


def test_a_record_made_in_place_comes_to_the_picker_again(client, an):
    """The first answer may be lost on the way: the second brings the same news."""
    client.force_login(an)
    form = {"name": "Xi măng Hòn Đá", "type": "prospect", "once": uuid.uuid4()}
    first, second = (client.post("/companies/new/?pick", form, headers={"HX-Request": "true"}) for _twice in (1, 2))
    assert first.status_code == second.status_code == 204
    assert first.headers["HX-Trigger"] == second.headers["HX-Trigger"]
    assert "record-made" in first.headers["HX-Trigger"]
    assert Company.objects.count() == 1


# In parallel --------------------------------------------------------------------------------------


@pytest.fixture
def people(transactional_db):
    """The cast in a database that commits. Tests of this kind empty the tables, so the seeds are planted again."""
    for app in ("people", "records", "activities", "leads", "deals"):
        import_module(f"pheu.{app}.seeds").plant(apps)
    return make_cast()


def at_once(many: int, act: Callable[[int], Any]) -> list[Any]:
    """What `act(0)`, `act(1)`... answer when they all begin together, each in a thread and connection of its own."""
    line = Barrier(many)

    def begin(nth: int) -> Any:
        line.wait(timeout=30)
        try:
            return act(nth)
        finally:
            connection.close()

    with ThreadPoolExecutor(many) as pool:
        return list(pool.map(begin, range(many)))


def test_twenty_clicks_at_once_make_one_lead(people):
    form = typed()
    clients = [Client() for _ in range(20)]
    for one in clients:
        one.force_login(people.an)
    answers = at_once(20, lambda nth: clients[nth].post("/leads/new/", form))
    lead = Lead.objects.get()
    assert {(answer.status_code, answer.url) for answer in answers} == {(302, lead.get_absolute_url())}
    assert Event.objects.filter(kind=CREATED.code).count() == Record.objects.count() == 1


def test_records_made_at_once_never_share_a_number(people):
    at_once(6, lambda nth: [create_company({"name": f"{nth}.{n}", "type": "prospect"}, by=people.an) for n in range(5)])
    assert Company.objects.count() == 30
    assert len(set(Record.objects.values_list("number", flat=True))) == 30
