"""The second step of signing in: switched on with a code, asked for, never guessed, never lost for good."""

import re
import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth
from django.core.cache import cache
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from pheu.conftest import PASSWORD
from pheu.people import throttling
from pheu.people.models import Profile
from pheu.setup.configuring import change_item
from pheu.setup.profile import COMPANY

CODES = re.compile(r"<li><code>(\d{8})</code></li>")
ON, CODE, HOME = "/accounts/2fa/totp/activate/", "/accounts/2fa/authenticate/", "/account/"


def code_of(secret: str, later: int = 0) -> str:
    """What a telephone shows with this secret, so many half-minutes from now."""
    return auth.format_hotp_value(auth.hotp_value(secret, int(time.time()) // 30 + later))


def known(client: Client) -> None:
    """The password once more, as pages ask for that change how one signs in."""
    assert client.post("/accounts/reauthenticate/", {"password": PASSWORD}).status_code == 302


def switched_on(person) -> tuple[Client, str, list[str]]:
    """A browser that has switched it on, the secret, and the recovery codes."""
    client = Client()
    client.force_login(person)
    known(client)
    secret = re.search(r'class="account-key">([A-Z2-7 ]+)<', client.get(ON).text)[1].replace(" ", "")
    answer = client.post(ON, {"code": code_of(secret)}, follow=True)
    return client, secret, CODES.findall(answer.text)


def past_the_password(person) -> Client:
    client = Client()
    answer = client.post("/accounts/login/", {"login": person.email, "password": PASSWORD})
    assert answer["Location"].startswith(CODE)
    return client


def is_in(client: Client) -> bool:
    return client.get(HOME).status_code == 200


def test_without_it_the_password_opens(an):
    client = Client()
    client.post("/accounts/login/", {"login": an.email, "password": PASSWORD})
    assert is_in(client)


def test_switching_it_on_asks_for_the_password_and_for_a_right_code(client, an):
    client.force_login(an)
    assert client.get(ON)["Location"].startswith("/accounts/reauthenticate/")
    known(client)
    assert "data:image/svg+xml" in client.get(ON).text
    wrong = client.post(ON, {"code": "000000"})
    assert "aria-invalid" in wrong.text
    assert not Authenticator.objects.exists()


def test_switched_on_it_shows_ten_recovery_codes_once(an):
    client, _secret, codes = switched_on(an)
    assert len(set(codes)) == 10
    again = client.get("/accounts/2fa/recovery-codes/").text
    assert CODES.findall(again) == []
    assert not any(code in again for code in codes)


def test_then_the_password_alone_opens_nothing(an):
    switched_on(an)
    client = past_the_password(an)
    assert not is_in(client)
    assert client.post(CODE, {"code": "000000"}).status_code == 200
    assert not is_in(client)


def test_a_code_of_the_telephone_opens(an):
    _client, secret, _codes = switched_on(an)
    client = past_the_password(an)
    assert client.post(CODE, {"code": code_of(secret)}).status_code == 302
    assert is_in(client)


@pytest.mark.parametrize(("later", "opens"), [(-3, False), (-1, True), (1, True), (3, False)])
def test_a_clock_may_go_wrong_by_half_a_minute(an, later, opens):
    _client, secret, _codes = switched_on(an)
    client = past_the_password(an)
    client.post(CODE, {"code": code_of(secret, later)})
    assert is_in(client) == opens


def test_a_code_opens_once_though_it_is_still_valid(an, monkeypatch):
    _client, secret, _codes = switched_on(an)
    code = code_of(secret, 1)
    past_the_password(an).post(CODE, {"code": code})
    cache.delete(f"allauth.mfa.totp.used?user={an.pk}&code={code}")  # which is forgotten after half a minute
    client = past_the_password(an)
    client.post(CODE, {"code": f" {code[:3]} {code[3:]}"})
    assert not is_in(client)


def test_a_recovery_code_opens_once(an):
    _client, _secret, codes = switched_on(an)
    client = past_the_password(an)
    client.post(CODE, {"code": codes[3]})
    assert is_in(client)
    cache.clear()
    other = past_the_password(an)
    other.post(CODE, {"code": codes[3]})
    assert not is_in(other)


def test_new_recovery_codes_end_the_old_ones(an):
    client, _secret, codes = switched_on(an)
    fresh = CODES.findall(client.post("/accounts/2fa/recovery-codes/generate/", follow=True).text)
    assert len(set(fresh)) == 10
    assert not set(fresh) & set(codes)
    other = past_the_password(an)
    other.post(CODE, {"code": codes[0]})
    assert not is_in(other)


def test_codes_are_guessed_slowly(an, settings):
    settings.ACCOUNT_RATE_LIMITS = throttling.RATE_LIMITS
    _client, secret, _codes = switched_on(an)
    for _time in range(10):
        past_the_password(an).post(CODE, {"code": "000000"})
    client = past_the_password(an)
    client.post(CODE, {"code": code_of(secret, 1)})
    assert not is_in(client)


def test_the_only_administrator_comes_in_again_by_a_command(dung, monkeypatch):
    switched_on(dung)
    monkeypatch.setenv("PHEU_PASSWORD", PASSWORD)
    known_as = ["user", dung.email, "--name", dung.full_name, "--role", dung.role.code]
    call_command(*known_as)
    past_the_password(dung)
    call_command(*known_as, "--one-step")
    client = Client()
    client.post("/accounts/login/", {"login": dung.email, "password": PASSWORD})
    assert is_in(client)


def test_switching_it_off_asks_for_the_password(an):
    _client, secret, _codes = switched_on(an)
    client = past_the_password(an)
    client.post(CODE, {"code": code_of(secret)})
    answer = client.post("/accounts/2fa/totp/deactivate/")
    assert answer["Location"].startswith("/accounts/reauthenticate/")
    assert Authenticator.objects.filter(user=an).exists()
    known(client)
    client.post("/accounts/2fa/totp/deactivate/")
    assert not Authenticator.objects.filter(user=an).exists()
    plain = Client()
    plain.post("/accounts/login/", {"login": an.email, "password": PASSWORD})
    assert is_in(plain)


def test_no_secret_lies_open_in_the_database(an):
    _client, secret, codes = switched_on(an)
    kept = " ".join(str(one.data) for one in Authenticator.objects.filter(user=an))
    assert secret not in kept
    assert not any(code in kept for code in codes)


def test_another_key_is_said_in_words_and_opens_nothing(an, settings):
    _client, secret, _codes = switched_on(an)
    settings.SECRET_KEY = "a key that came with another installation"
    client = past_the_password(an)
    assert client.post(CODE, {"code": code_of(secret)}).status_code == 409
    assert not is_in(client)


def test_a_key_that_was_replaced_still_reads(an, settings):
    _client, secret, _codes = switched_on(an)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "the next key of this installation"
    client = past_the_password(an)
    client.post(CODE, {"code": code_of(secret)})
    assert is_in(client)


@pytest.mark.parametrize("code", ["", " ", "１２３４５６", "\x00", "9" * 100_000, "12345", "' or 1=1"])
def test_what_is_no_code_is_refused_in_words(an, code):
    switched_on(an)
    client = past_the_password(an)
    answer = client.post(CODE, {"code": code})
    assert (answer.status_code, "aria-invalid" in answer.text) == (200, True)
    assert not is_in(client)


# What the company asks for --------------------------------------------------------------------------------------------


@pytest.fixture
def asked_of_admins(dung):
    held = Profile.objects.get()
    change_item(COMPANY, held.pk, {"admins_need_second_step": (False, True)}, by=dung)


def test_who_may_change_the_setup_sees_nothing_before_it_is_on(client, dung, asked_of_admins):
    client.force_login(dung)
    for page in ("/", "/leads/", "/account/", "/setup/people/", "/search/?q=a"):
        assert client.get(page)["Location"] == ON
    assert client.post("/language/", {"language": "en"}).status_code == 302
    known(client)
    page = client.get(ON).text
    secret = re.search(r'class="account-key">([A-Z2-7 ]+)<', page)[1].replace(" ", "")
    assert len(CODES.findall(client.post(ON, {"code": code_of(secret)}, follow=True).text)) == 10
    assert client.get("/leads/").status_code == 200


def test_what_a_page_fetches_is_led_there_too_but_not_from_there_again(client, dung, asked_of_admins):
    client.force_login(dung)
    pages = {"/leads/": ON, ON: None}
    for page, there in pages.items():
        headers = {"HX-Request": "true", "HX-Current-URL": f"http://testserver{page}"}
        answer = client.get("/leads/", headers=headers)
        assert (answer.status_code, answer.headers.get("HX-Redirect"), answer.content) == (204, there, b"")


def test_nobody_else_is_asked(client, an, asked_of_admins):
    client.force_login(an)
    assert client.get("/leads/").status_code == 200


def test_nobody_is_asked_before_the_company_says_so(client, dung):
    client.force_login(dung)
    assert client.get("/leads/").status_code == 200


def test_who_has_it_on_is_not_asked_and_a_page_looks_it_up_once(dung, asked_of_admins):
    _client, secret, _codes = switched_on(dung)
    client = past_the_password(dung)
    client.post(CODE, {"code": code_of(secret)})
    assert client.get("/leads/").status_code == 200
    with CaptureQueriesContext(connection) as statements:
        client.get("/leads/")
    assert not [one["sql"] for one in statements if "mfa_authenticator" in one["sql"]]


def test_what_is_asked_for_cannot_be_switched_off(dung, asked_of_admins):
    client, _secret, _codes = switched_on(dung)
    client.post("/accounts/2fa/totp/deactivate/")
    assert Authenticator.objects.filter(user=dung, type="totp").exists()
    assert "btn-danger" not in client.get("/accounts/2fa/totp/deactivate/").text
