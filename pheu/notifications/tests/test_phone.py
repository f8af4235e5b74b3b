"""Phễu among the applications of a phone: an iPhone shows reminders only of what stands there."""

import json
import re
import struct

import pytest
from django.contrib.staticfiles import finders
from django.urls import reverse

from pheu.core.security import CONTENT_SECURITY_POLICY

pytestmark = pytest.mark.django_db


def test_every_page_says_what_a_phone_needs_to_keep_phễu(client, an):
    for signed_in in (False, True):
        if signed_in:
            client.force_login(an)
        page = client.get("/" if signed_in else "/accounts/login/").text
        [manifest] = re.findall(r'rel="manifest" href="([^"]+)"', page)
        assert manifest == reverse("manifest") and re.search(r'rel="apple-touch-icon" href="[^"]+\.png"', page)


def test_the_manifest_opens_phễu_alone_and_its_icons_are_as_large_as_they_say(client):
    """Asked for without a session; nothing of the company stands in it."""
    answer = client.get("/app.webmanifest")
    assert answer.status_code == 200 and answer["Content-Type"] == "application/manifest+json"
    told = json.loads(answer.text)
    assert (told["start_url"], told["scope"], told["display"], told["name"]) == ("/", "/", "standalone", "Phễu")
    assert {"any", "maskable"} == {one["purpose"] for one in told["icons"]}
    for one in told["icons"]:
        found = finders.find(f"img/{one['sizes'].split('x')[0].join(('pheu-', '.png'))}")
        with open(found, "rb") as file:
            head = file.read(24)
        assert head[:8] == b"\x89PNG\r\n\x1a\n" and "x".join(map(str, struct.unpack(">II", head[16:]))) == one["sizes"]


def test_the_rules_of_pages_let_browsers_read_the_manifest(client):
    """Ours alone: it and its icons are of our own origin."""
    rules = client.get("/accounts/login/")["Content-Security-Policy"]
    assert rules == CONTENT_SECURITY_POLICY and "manifest-src 'self'" in rules and "img-src 'self'" in rules
