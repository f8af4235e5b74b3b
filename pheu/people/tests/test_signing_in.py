"""Guessing passwords is slow from anywhere, and nobody can keep somebody else out by it (quality.md 3)."""

import itertools
import time
from types import SimpleNamespace

import pytest
from allauth.core.internal import ratelimit
from django.core import signing
from django.test import Client

from pheu.conftest import PASSWORD, Cast
from pheu.people import throttling
from pheu.people.models import User

WAIT = "Thử quá nhiều lần"
WRONG = "không đúng"
GUESS, TRIES = "sai-mat-khau", 10


@pytest.fixture(autouse=True)
def limits(settings, cast: Cast):
    """The suite runs without limits; here they are the product's."""
    settings.ACCOUNT_RATE_LIMITS = throttling.RATE_LIMITS
    settings.ALLOWED_HOSTS = ["localhost", "testserver"]


def attempt(client: Client, who: User | str, password: str = GUESS, address: str = "203.0.113.1", **more):
    login = who if isinstance(who, str) else who.email
    return client.post("/accounts/login/", {"login": login, "password": password}, REMOTE_ADDR=address, **more)


def may_enter(client: Client, who: User, **more) -> bool:
    return attempt(client, who, PASSWORD, **more).status_code == 302


def guess(who: User | str, times: int = TRIES, **more) -> str:
    """Wrong passwords, each from a browser that nobody knows; what the last answer says."""
    return [attempt(Client(), who, **more) for _time in range(times)][-1].text


def test_an_account_is_guessed_slowly_from_however_many_addresses(an):
    for number in range(TRIES):
        assert WRONG in attempt(Client(), an, address=f"203.0.113.{number}").text
    answer = attempt(Client(), an, PASSWORD, address="203.0.113.99")
    assert (answer.status_code, WAIT in answer.text) == (200, True)


@pytest.mark.parametrize("name", ["localhost:{}", "testserver:{}"])
def test_another_port_in_the_host_header_is_not_another_account(an, name):
    """The Host header is the sender's to choose, its port too."""
    for number in range(TRIES):
        attempt(Client(), an, HTTP_HOST=name.format(1000 + number))
    assert WAIT in attempt(Client(), an, HTTP_HOST=name.format(2000)).text


@pytest.mark.parametrize("change", [str.upper, lambda address: f"  {address} "])
def test_the_same_address_written_differently_is_the_same_account(an, change):
    guess(an)
    assert WAIT in attempt(Client(), change(an.email)).text


def test_the_wait_is_short(an, monkeypatch):
    assert WAIT in guess(an, TRIES + 1)
    later = SimpleNamespace(time=lambda: time.time() + 601, monotonic=time.monotonic, sleep=time.sleep)
    monkeypatch.setattr(ratelimit, "time", later)
    assert may_enter(Client(), an)


def test_who_signed_in_here_before_is_not_kept_out_by_somebody_who_guesses(client, an):
    assert may_enter(client, an)
    client.post("/accounts/logout/")
    assert WAIT in guess(an, TRIES + 1, address="198.51.100.7")
    assert may_enter(client, an)


def test_nor_when_the_guessing_comes_from_the_same_office(client, an):
    assert may_enter(client, an)
    client.post("/accounts/logout/")
    guess_everywhere(110)
    assert may_enter(client, an)


def guess_everywhere(times: int) -> str:
    """Many accounts from one address; what the last answer says."""
    names = itertools.count()
    return [guess(f"nguoi-{next(names)}@quantrac.example", 1) for _time in range(times)][-1]


def test_a_known_browser_may_not_guess_without_end_either(client, an):
    assert may_enter(client, an)
    client.post("/accounts/logout/")
    for _time in range(TRIES):
        assert WRONG in attempt(client, an).text
    assert WAIT in attempt(client, an, PASSWORD).text
    assert may_enter(Client(), an)  # and what it did wrong does not count elsewhere


def test_what_one_known_browser_did_wrong_does_not_count_in_another(an):
    office, home = Client(), Client()
    for browser in (office, home):
        assert may_enter(browser, an)
        browser.post("/accounts/logout/")
    for _time in range(TRIES):
        attempt(office, an)
    assert [may_enter(browser, an) for browser in (office, home)] == [False, True]


def test_a_browser_is_known_for_the_accounts_that_signed_in_there_and_no_other(client, an, binh, chi):
    for person in (an, binh):
        assert may_enter(client, person)
        client.post("/accounts/logout/")
    for person in (an, binh, chi):
        guess(person)
    assert [may_enter(client, person) for person in (chi, binh)] == [False, True]
    client.post("/accounts/logout/")
    assert may_enter(client, an)


@pytest.mark.parametrize(("key", "salt"), [("another key", throttling.SALT), (None, "of another cookie")])
def test_a_cookie_that_we_did_not_sign_makes_no_browser_known(client, an, key, salt):
    client.cookies["known_browser"] = signing.dumps(["x", throttling._digest(an.email)], key=key, salt=salt)
    guess(an)
    assert not may_enter(client, an)


def test_one_person_who_forgot_the_password_does_not_lock_the_office_out(an, binh):
    assert WAIT in guess(an, TRIES + 1)
    assert may_enter(Client(), binh)


def test_right_passwords_are_not_counted(an):
    assert all(may_enter(Client(), an) for _time in range(3 * TRIES))


def test_many_accounts_from_one_address_are_guessed_slowly_too(an):
    assert WAIT in guess_everywhere(101)
    assert not may_enter(Client(), an)
    assert may_enter(Client(), an, address="203.0.113.2")


def test_an_account_that_does_not_exist_answers_the_same(an):
    answers = {
        login: [attempt(Client(), login).text for _time in range(TRIES + 1)] for login in (an.email, "ai@do.example")
    }
    known, unknown = ([words_of(page) for page in pages] for pages in answers.values())
    assert known == unknown


def words_of(page: str) -> list[bool]:
    return [words in page for words in (WRONG, WAIT)]


def test_the_cookie_is_for_the_pages_of_accounts_only_and_not_for_scripts(client, an):
    cookie = attempt(client, an, PASSWORD).cookies["known_browser"]
    assert (cookie["path"], cookie["httponly"], cookie["samesite"]) == ("/accounts/", True, "Lax")
    assert an.email not in cookie.value


def test_asking_for_the_password_again_counts_for_the_person_alone(client, an, binh):
    client.force_login(an)
    assert client.post("/accounts/reauthenticate/", {"password": PASSWORD}).status_code == 302
    for _time in range(TRIES + 1):
        client.post("/accounts/reauthenticate/", {"password": "sai"})
    other = Client()
    other.force_login(binh)
    assert other.post("/accounts/reauthenticate/", {"password": PASSWORD}).status_code == 302
