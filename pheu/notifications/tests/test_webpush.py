"""Web push on the wire: the example of RFC 8291, appendix A; signatures of RFC 8292."""

import json

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.hashes import SHA256
from hypothesis import given
from hypothesis import strategies as st

from pheu.notifications import webpush
from pheu.notifications.webpush import as_bytes, as_text, read_browser, seal, signature

POINT = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
SECRET = "BTBZMqHH6r4Tts7J_aSIgg"
ENDPOINT = "https://push.example.net/push/JzLQ3raZJfFBR0aqvOMsLrt54w4rJUsV"


def test_a_message_is_sealed_as_the_standard_shows():
    private = int.from_bytes(as_bytes("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"))
    key = ec.derive_private_key(private, webpush.CURVE)
    browser = read_browser(ENDPOINT, POINT, SECRET)
    sealed = seal(
        b"When I grow up, I want to be a watermelon", browser, key=key, salt=as_bytes("DGv6ra1nlYgDCS1FRnbzlw")
    )
    assert as_text(sealed) == (
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3"
        "jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
    )
    assert seal(b"x", browser) != seal(b"x", browser)


def test_the_longest_message_fits_into_what_every_service_takes():
    assert len(seal(b"a" * webpush.MOST, read_browser(ENDPOINT, POINT, SECRET))) == webpush.RECORD


def test_a_signature_is_for_one_service_and_holds_for_hours(settings):
    words = signature("https://push.example.net:8443/send/a?b=c", "https://crm.example")
    token, key = (part.partition("=")[2] for part in words.removeprefix("vapid ").split(", "))
    head, told, signed = token.split(".")
    assert json.loads(as_bytes(head)) == {"typ": "JWT", "alg": "ES256"}
    told = json.loads(as_bytes(told))
    assert (told["aud"], told["sub"]) == ("https://push.example.net:8443", "https://crm.example")
    point = ec.EllipticCurvePublicKey.from_encoded_point(webpush.CURVE, as_bytes(key))
    r, s = (int.from_bytes(as_bytes(signed)[at : at + 32]) for at in (0, 32))
    point.verify(utils.encode_dss_signature(r, s), token.rpartition(".")[0].encode(), ec.ECDSA(SHA256()))
    assert key == webpush.public_key()
    settings.SECRET_KEY = "another-key-of-this-installation-0123456789"
    assert key != webpush.public_key()


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://push.example/a", "https:///a", "https://an:x@push.example/a", "ftp://push.example", "push.example/a",
        "", "https://push.example/a b", "https://push.example/a\r\nX: y", "https://push.example:0/",
        "https://push.example:x/",
        "https://[::1", "https://đẩy.example/", "https://push.example/#a",
    ],
)  # fmt: skip
def test_what_is_no_push_service_is_refused(endpoint):
    with pytest.raises(ValueError):
        read_browser(endpoint, POINT, SECRET)


@given(st.text(), st.text())
def test_what_is_no_key_is_refused(point, secret):
    for told in ((point, SECRET), (POINT, secret), (as_text(b"\4" + b"\1" * 64), SECRET)):
        with pytest.raises(ValueError):
            read_browser(ENDPOINT, *told)
