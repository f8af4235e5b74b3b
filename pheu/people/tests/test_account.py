"""«Tài khoản của tôi»: who I am, and where I am signed in."""

import re
import time

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from pheu.conftest import PASSWORD, nothing_changes
from pheu.core.navigation import commands_for
from pheu.people import sessions
from pheu.people.devices import device
from pheu.people.models import Role, User

WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1 Version/18.6 Mobile/15E Safari/604.1"
ENDS = re.compile(r'action="(/account/sessions/\d+/)"')


def signed_in(person, agent=WINDOWS, address="203.0.113.1") -> Client:
    client = Client(headers={"user-agent": agent}, REMOTE_ADDR=address)
    assert client.post("/accounts/login/", {"login": person.email, "password": PASSWORD}).status_code == 302
    return client


def is_in(client: Client) -> bool:
    return client.get("/account/").status_code == 200


def test_the_page_says_who_i_am_here(client, an):
    client.force_login(an)
    page = client.get("/account/").text
    for words in (an.full_name, an.email, str(an.role), str(an.department), *map(str, an.teams.all())):
        assert words in page
    assert 'href="/accounts/password/change/"' in page


def test_whoever_signs_in_begins_where_they_like(client, an, dung):
    """Among the areas that they may open, as long as they may; an address that was asked for goes before it."""
    client.force_login(an)
    offered = client.get("/account/").context["form"].fields["start_page"].choices
    assert {"lead-list", "calendar"} <= {value for value, _label in offered}
    assert "setup" not in {value for value, _label in offered}
    with nothing_changes():
        assert client.post("/account/own/", {"start_page": "setup"}).status_code == 422
    assert client.post("/account/own/", {"start_page": "lead-list", "signature": "An\n0912 345 678"}).status_code == 302
    assert 'value="lead-list" selected' in client.get("/account/").text

    def begins_at(path: str = "/accounts/login/") -> str:
        return Client().post(path, {"login": an.email, "password": PASSWORD}).url

    assert begins_at() == "/leads/"
    assert begins_at("/accounts/login/?next=/deals/") == "/deals/"
    User.objects.filter(pk=an.pk).update(role=Role.objects.create(code="nobody", name="Chưa ai"))
    assert begins_at() == "/"
    assert User.objects.get(pk=an.pk).signature == "An\n0912 345 678"


def test_it_is_found_by_its_name(an):
    assert {"/account/", "/accounts/password/change/"} <= {one.url for one in commands_for(an)}


@pytest.mark.parametrize(
    ("agent", "names"),
    [
        (WINDOWS, ("Chrome", "Windows")),
        (WINDOWS + " Edg/140.0", ("Edge", "Windows")),
        (WINDOWS.replace("Chrome", "coc_coc_browser/140 Chrome"), ("Cốc Cốc", "Windows")),
        (IPHONE, ("Safari", "iPhone")),
        (IPHONE + " Zalo iOS/1", ("Zalo", "iPhone")),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", ("Firefox", "Linux")),
        ("Mozilla/5.0 (Linux; Android 15; SM-S931B) Chrome/140.0 Mobile Safari/537.36", ("Chrome", "Android")),
    ],
)
def test_a_browser_is_called_what_its_owner_calls_it(agent, names):
    assert all(name in device(agent) for name in names)


def test_what_a_browser_does_not_say_is_not_guessed():
    assert device("") == device("<script>")
    assert "<" not in device("<script>")


def test_every_browser_in_which_i_am_signed_in_is_listed_with_its_address(an, binh):
    office = signed_in(an)
    signed_in(an, IPHONE, "198.51.100.9")
    signed_in(binh, address="192.0.2.77")
    page = office.get("/account/").text
    assert "198.51.100.9" in page
    assert "iPhone" in page
    assert "192.0.2.77" not in page
    assert len(ENDS.findall(page)) == 1  # not this one


def test_one_session_can_be_ended_and_this_one_goes_on(an):
    office, phone, home = signed_in(an), signed_in(an, IPHONE, "198.51.100.9"), signed_in(an, address="192.0.2.1")
    pk = UserSession.objects.get(ip="198.51.100.9").pk
    office.post(f"/account/sessions/{pk}/")
    assert [is_in(client) for client in (office, phone, home)] == [True, False, True]
    assert "198.51.100.9" not in office.get("/account/").text


def test_all_others_can_be_ended_at_once(an, binh):
    office, phone, home, colleague = signed_in(an), signed_in(an, IPHONE), signed_in(an), signed_in(binh)
    office.post("/account/sessions/others/")
    assert [is_in(client) for client in (office, phone, home, colleague)] == [True, False, False, True]
    assert not ENDS.findall(office.get("/account/").text)


def test_this_session_is_not_ended_by_its_number(an):
    office = signed_in(an)
    assert office.post(f"/account/sessions/{UserSession.objects.get().pk}/").status_code == 404
    assert is_in(office)


def test_what_signs_nobody_in_any_more_is_not_listed(an):
    office = signed_in(an)
    signed_in(an, IPHONE)
    signed_in(an, address="192.0.2.1").post("/accounts/logout/")
    Session.objects.filter(session_key=UserSession.objects.get(user_agent=IPHONE).session_key).delete()
    assert not ENDS.findall(office.get("/account/").text)


def test_a_changed_password_ends_the_other_sessions(an):
    office, home = signed_in(an), signed_in(an, address="192.0.2.1")
    words = {"oldpassword": PASSWORD, "password1": "tram-quan-trac-2026", "password2": "tram-quan-trac-2026"}
    assert office.post("/accounts/password/change/", words).status_code == 302
    assert [is_in(client) for client in (office, home)] == [True, False]
    assert "192.0.2.1" not in office.get("/account/").text


def test_a_session_in_use_is_noted_at_most_once_in_some_minutes(an, monkeypatch):
    office, began = signed_in(an), time.time()

    def statements(later: int) -> list[str]:
        monkeypatch.setattr(sessions.time, "time", lambda: began + later)
        with CaptureQueriesContext(connection) as asked:
            office.get("/search/", REMOTE_ADDR="198.51.100.44")
        return [one["sql"] for one in asked if "usersession" in one["sql"]]

    assert statements(sessions.SEEN_EVERY - 5) == []
    assert len(statements(sessions.SEEN_EVERY + 5)) == 1
    assert statements(sessions.SEEN_EVERY + 60) == []
    assert UserSession.objects.get().ip == "198.51.100.44"


@pytest.mark.parametrize("many", [1, 12])
def test_the_page_takes_the_same_few_statements_for_any_number_of_sessions(an, many):
    office = [signed_in(an) for _time in range(many)][-1]
    office.get("/account/")
    with CaptureQueriesContext(connection) as asked:
        assert len(ENDS.findall(office.get("/account/").text)) == many - 1
    # Whose session, who, teams, sessions twice, second step, when the bell rings, mailbox, calendar, start page.
    assert len(asked) <= 10
