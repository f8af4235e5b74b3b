"""Passkeys over HTTP, with a device made of a key and no hardware: what it signs opens, what it did not does not."""

import json
import os
import re
from hashlib import sha256
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from django.conf import settings as configured
from django.test import Client
from fido2.cose import ES256
from fido2.utils import websafe_encode
from fido2.webauthn import AttestationObject, AttestedCredentialData, AuthenticatorData, CollectedClientData

from pheu.conftest import PASSWORD
from pheu.people import throttling
from pheu.people.models import Profile
from pheu.people.tests.test_second_step import CODE, CODES, HOME, is_in, known, past_the_password, switched_on
from pheu.setup.configuring import change_item
from pheu.setup.events import SECOND_STEP_TAKEN_AWAY
from pheu.setup.profile import COMPANY
from pheu.timeline.models import Event

KEYS = "/accounts/2fa/webauthn/"
ADD, ALONE = f"{KEYS}add/", f"{KEYS}login/"
HERE, SITE = "testserver", "https://testserver"
OPTIONS = re.compile(r'<script id="passkey-options" type="application/json">(.*?)</script>')
FLAG = AuthenticatorData.FLAG


class Device:
    """What makes keys and signs with them; `finger`: whether it asked for it."""

    def __init__(self, finger: bool = True) -> None:
        self.secret = ec.generate_private_key(ec.SECP256R1())
        self.id = os.urandom(16)
        self.flags = FLAG.UP | (FLAG.UV if finger else FLAG(0))
        self.owner = ""

    def made(self, options: Any, origin: str = SITE) -> dict[str, Any]:
        asked = options["creation_options"]["publicKey"]
        self.owner = asked["user"]["id"]
        said = CollectedClientData.create("webauthn.create", asked["challenge"], origin)
        public = AttestedCredentialData.create(
            bytes(16), self.id, ES256.from_cryptography_key(self.secret.public_key())
        )
        data = AuthenticatorData.create(sha256(HERE.encode()).digest(), self.flags | FLAG.AT, 0, public)
        kept = AttestationObject.create("none", data, {})
        return self._answer({"clientDataJSON": said, "attestationObject": kept}, {"credProps": {"rk": True}})

    def signed(self, options: Any, origin: str = SITE, site: str = HERE) -> dict[str, Any]:
        asked = options["request_options"]["publicKey"]
        said = CollectedClientData.create("webauthn.get", asked["challenge"], origin)
        data = AuthenticatorData.create(sha256(site.encode()).digest(), self.flags, 1)
        signature = self.secret.sign(data + said.hash, ec.ECDSA(SHA256()))
        parts = {"clientDataJSON": said, "authenticatorData": data, "signature": signature}
        answer = self._answer(parts, {})
        answer["response"]["userHandle"] = self.owner
        return answer

    def _answer(self, parts: dict[str, bytes], told: dict[str, Any]) -> dict[str, Any]:
        name = websafe_encode(self.id)
        written = {part: websafe_encode(value) for part, value in parts.items()}
        return {
            "id": name, "rawId": name, "type": "public-key", "response": written, "clientExtensionResults": told,
        }  # fmt: skip


def options_of(page: Any) -> Any:
    return json.loads(OPTIONS.search(page.text)[1])


def asked_alone(client: Client) -> Any:
    return client.get(ALONE, headers={"Accept": "application/json"}).json()


def sent(credential: Any, **more: str) -> dict[str, str]:
    return {"credential": json.dumps(credential)} | more


def signed_in(person: Any) -> Client:
    client = Client()
    client.force_login(person)
    known(client)
    return client


def with_key(person: Any, finger: bool = True) -> tuple[Client, Device, list[str]]:
    """A browser in which the person has added a key, its device, and the recovery codes that were shown."""
    client, device = signed_in(person), Device(finger)
    answer = client.post(ADD, sent(device.made(options_of(client.get(ADD))), name="Khóa của tôi"), follow=True)
    return client, device, CODES.findall(answer.text)


def keys_of(person: Any) -> list[Authenticator]:
    return list(Authenticator.objects.filter(user=person, type="webauthn"))


# Adding, renaming, removing -------------------------------------------------------------------------------------------


def test_the_first_key_is_added_after_the_password_and_brings_recovery_codes(client, an):
    client.force_login(an)
    assert client.get(ADD)["Location"].startswith("/accounts/reauthenticate/")
    client, _device, codes = with_key(an)
    assert len(set(codes)) == 10
    assert "Khóa của tôi" in client.get(HOME).text
    assert str(*keys_of(an)) == "Khóa của tôi"


def test_a_second_key_brings_no_new_codes_and_the_device_is_told_of_the_first(an):
    client, first, _codes = with_key(an)
    options = options_of(client.get(ADD))
    excluded = options["creation_options"]["publicKey"]["excludeCredentials"]
    assert [one["id"] for one in excluded] == [websafe_encode(first.id)]
    answer = client.post(ADD, sent(Device().made(options), name="Máy bàn"), follow=True)
    assert CODES.findall(answer.text) == []
    assert len(keys_of(an)) == 2


def test_a_key_made_for_another_site_or_an_older_question_is_refused(an):
    client = signed_in(an)
    old = Device().made(options_of(client.get(ADD)))
    options = options_of(client.get(ADD))
    for credential in (old, Device().made(options, origin="https://testserver.evil.example")):
        answer = client.post(ADD, sent(credential, name="Khóa"))
        assert 'role="alert"' in answer.text.partition("data-said")[0]
    assert keys_of(an) == []


def test_nothing_but_the_key_is_kept_of_what_was_sent(an):
    client, device = signed_in(an), Device()
    made = device.made(options_of(client.get(ADD))) | {"more": "\x00" * 50}
    made["clientExtensionResults"]["x\x00"] = "y"
    assert client.post(ADD, sent(made, name="Khóa")).status_code == 302
    assert "more" not in str(keys_of(an)[0].data)


def test_a_key_is_renamed_and_removed_by_its_owner_only(an, binh):
    client, _device, _codes = with_key(an)
    (key,) = keys_of(an)
    stranger = signed_in(binh)
    for page in ("edit", "remove"):
        assert stranger.post(f"{KEYS}keys/{key.pk}/{page}/", {"name": "Của tôi"}).status_code == 404
    client.post(f"{KEYS}keys/{key.pk}/edit/", {"name": "Điện thoại"})
    assert str(*keys_of(an)) == "Điện thoại"
    assert client.post(f"{KEYS}keys/{key.pk}/edit/", {"name": "x" * 61}).status_code == 200
    answer = client.post(f"{KEYS}keys/{key.pk}/remove/", follow=True)
    assert "Điện thoại" not in answer.text
    assert not Authenticator.objects.filter(user=an).exists()  # recovery codes alone are good for nothing


def test_renaming_and_removing_ask_for_the_password(an):
    _client, device, _codes = with_key(an)
    client = Client()
    client.post(ALONE, sent(device.signed(asked_alone(client))))
    (key,) = keys_of(an)
    for page in ("edit", "remove"):
        answer = client.post(f"{KEYS}keys/{key.pk}/{page}/", {"name": "Khác"})
        assert answer["Location"].startswith("/accounts/reauthenticate/")
    assert str(*keys_of(an)) == "Khóa của tôi"


# Signing in -----------------------------------------------------------------------------------------------------------


def test_after_the_password_the_key_is_asked_for_and_opens(an):
    _client, device, _codes = with_key(an, finger=False)
    client = past_the_password(an)
    assert not is_in(client)
    assert client.post(CODE, sent(device.signed(options_of(client.get(CODE))))).status_code == 302
    assert is_in(client)


def test_without_the_key_a_recovery_code_opens(an):
    _client, _device, codes = with_key(an)
    client = past_the_password(an)
    client.post(CODE, {"code": codes[0]})
    assert is_in(client)


def test_a_key_alone_opens_and_leads_where_one_wanted_to_go(an):
    _client, device, _codes = with_key(an)
    client = Client()
    answer = client.post(ALONE, sent(device.signed(asked_alone(client)), next="/leads/?tab=all"))
    assert answer["Location"] == "/leads/?tab=all"
    assert is_in(client)
    other = Client()
    there = other.post(ALONE, sent(device.signed(asked_alone(other)), next="https://evil.example/"))
    assert there["Location"].startswith("/")


def test_a_key_that_asked_for_no_finger_opens_nothing_alone(an, binh):
    """Not even with a question that was put for somebody's second step, which leaves the finger to the device."""
    _client, stolen, _codes = with_key(an, finger=False)
    client = Client()
    client.post(ALONE, sent(stolen.signed(asked_alone(client))))
    assert not is_in(client)
    with_key(binh)
    insider = past_the_password(binh)
    question = options_of(insider.get(CODE))
    insider.post(ALONE, sent(stolen.signed(question)))
    assert not is_in(insider)


def test_what_was_signed_for_another_site_opens_nothing(an):
    _client, device, _codes = with_key(an)
    for lie in ({"origin": "https://testserver.evil.example"}, {"site": "evil.example"}):
        client = Client()
        client.post(ALONE, sent(device.signed(asked_alone(client), **lie)))
        assert not is_in(client)


def test_an_answer_opens_once_and_only_where_it_was_asked_for(an):
    _client, device, _codes = with_key(an)
    client = Client()
    answer = device.signed(asked_alone(client))
    elsewhere = Client()
    elsewhere.post(ALONE, sent(answer))
    assert not is_in(elsewhere)
    client.post(ALONE, sent(answer))
    assert is_in(client)
    client.post("/accounts/logout/")
    client.post(ALONE, sent(answer))
    assert not is_in(client)


def test_a_key_opens_no_other_account_and_none_that_is_closed(an, binh):
    _client, device, _codes = with_key(an)
    other = Client()
    device.owner, own = websafe_encode(str(binh.pk).encode()), device.owner
    other.post(ALONE, sent(device.signed(asked_alone(other))))
    assert not is_in(other)
    device.owner = own
    an.is_active = False
    an.save()
    client = Client()
    client.post(ALONE, sent(device.signed(asked_alone(client))))
    assert not is_in(client)


def test_a_forged_signature_opens_nothing(an):
    _client, device, _codes = with_key(an)
    device.secret = ec.generate_private_key(ec.SECP256R1())
    for client, page in ((Client(), ALONE), (past_the_password(an), CODE)):
        options = asked_alone(client) if page == ALONE else options_of(client.get(CODE))
        assert client.post(page, sent(device.signed(options))).status_code in (200, 302)
        assert not is_in(client)


def test_keys_are_tried_slowly(an, settings):
    settings.ACCOUNT_RATE_LIMITS = throttling.RATE_LIMITS
    _client, device, _codes = with_key(an)
    for _time in range(10):
        client = past_the_password(an)
        client.post(CODE, sent(Device().signed(options_of(client.get(CODE)))))
    client = past_the_password(an)
    client.post(CODE, sent(device.signed(options_of(client.get(CODE)))))
    assert not is_in(client)


HOSTILE = [
    "", " ", "null", "[]", "1", '"a"', "{}", "[" * 3000, '{"a":' * 500, "9" * 5000, "x" * 100_000, '{"id": "\\u0000"}',
    '{"rawId": 1, "response": []}', '{"id": "a", "rawId": "a", "type": "x", "response": {"clientDataJSON": "e30"}}',
    '{"id": "AAAA", "rawId": "AAAA", "response": {"clientDataJSON": "AAAA", "attestationObject": "AAAA"}}',
    '{"id": "AAAA", "rawId": "AAAA", "response":'
    ' {"clientDataJSON": "e30", "authenticatorData": "AAAA", "signature": ""}}',
]  # fmt: skip


@pytest.mark.parametrize("credential", HOSTILE)
def test_what_is_no_answer_of_a_device_is_refused_in_words(an, credential):
    adding, _device, _codes = with_key(an)
    adding.get(ADD)
    added = adding.post(ADD, {"name": "Khóa", "credential": credential})
    second = past_the_password(an)
    second.get(CODE)
    after = second.post(CODE, {"credential": credential})
    for answer in (added, after):
        assert (answer.status_code, 'role="alert"' in answer.text.partition("data-said")[0]) == (200, True)
    client = Client()
    asked_alone(client)
    assert client.post(ALONE, {"credential": credential})["Location"].startswith("/accounts/login/")
    assert not is_in(second)
    assert not is_in(client)
    assert len(keys_of(an)) == 1


def test_no_origin_without_https_is_let_in_here():
    assert not getattr(configured, "MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN", False)


# What the company asks for --------------------------------------------------------------------------------------------


@pytest.fixture
def asked_of_admins(dung):
    change_item(COMPANY, Profile.objects.get().pk, {"admins_need_second_step": (False, True)}, by=dung)


def test_a_key_is_what_the_company_asks_for_and_the_last_one_stays(dung, asked_of_admins):
    client = signed_in(dung)
    assert client.get("/leads/")["Location"] == "/accounts/2fa/totp/activate/"
    assert ADD in client.get("/accounts/2fa/totp/activate/").text
    client, _device, codes = with_key(dung)
    assert len(codes) == 10
    assert client.get("/leads/").status_code == 200
    (key,) = keys_of(dung)
    assert "btn-danger" not in client.get(f"{KEYS}keys/{key.pk}/remove/").text
    assert client.post(f"{KEYS}keys/{key.pk}/remove/").status_code == 409
    assert keys_of(dung) == [key]


def test_beside_codes_of_an_app_a_key_may_go_and_the_other_way_round(dung, asked_of_admins):
    client, _secret, _codes = switched_on(dung)
    client.post(ADD, sent(Device().made(options_of(client.get(ADD))), name="Khóa"))
    (key,) = keys_of(dung)
    assert client.post(f"{KEYS}keys/{key.pk}/remove/").status_code == 302
    assert keys_of(dung) == []
    client.post(ADD, sent(Device().made(options_of(client.get(ADD))), name="Khóa"))
    client.post("/accounts/2fa/totp/deactivate/")
    assert [one.type for one in Authenticator.objects.filter(user=dung).exclude(type="recovery_codes")] == ["webauthn"]


def test_an_administrator_takes_keys_away_and_it_is_told(dung, an):
    _client, device, _codes = with_key(an)
    before = Client()
    before.post(ALONE, sent(device.signed(asked_alone(before))))
    boss = Client()
    boss.force_login(dung)
    taking = f"/setup/people/{an.pk}/second-step/"
    assert taking in boss.get("/setup/people/").text
    boss.post(taking)
    assert Event.objects.get(kind=SECOND_STEP_TAKEN_AWAY.code).facts["item"]["name"] == an.full_name
    assert not is_in(before)  # whoever has the device is out
    stolen = Client()
    stolen.post(ALONE, sent(device.signed(asked_alone(stolen))))
    assert not is_in(stolen)
    plain = Client()
    plain.post("/accounts/login/", {"login": an.email, "password": PASSWORD})
    assert is_in(plain)
