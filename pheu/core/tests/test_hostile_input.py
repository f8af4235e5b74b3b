"""Every address x every parameter and every field that it asks for x sixty values that mean harm: an answer in words.

What an address asks for is heard, not listed: requests come with a QueryDict that remembers the names it is asked for.
So a new address, parameter or field is attacked by itself; what cannot be filled fails `test_every_address_is_filled`.
"""

import inspect
import logging
import os
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from http.cookies import SimpleCookie
from itertools import chain, repeat
from typing import Any
from urllib.parse import urlencode
from zlib import crc32

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.http import QueryDict
from django.test import Client
from django.urls import URLResolver, get_resolver
from django.utils.datastructures import MultiValueDict

from pheu.people.models import User
from pheu.people.tests.test_access_matrix import ENTRIES, Firm
from pheu.records import kinds

pytestmark = pytest.mark.one_worker

NINES = "9" * 30
HOSTILE = [
    # numbers
    NINES, f"-{NINES}", "9223372036854775807", "9223372036854775808", "2147483648", "32768", "-1", "0", "1.5", "1e9",
    "1e400", "NaN", "Infinity", "0x10", "1_0", "٣", "²", "１", "9" * 5000, "1" * 100_000, "1,2,3",
    # days and hours
    "9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+23:59", "31/12/10000", "00/00/0000", "32/13/2026 25:61",
    "9" * 20, "2958466", "2026-02-30", "2026-11-24T17:00:00+99:99", "2026-11-24T17:00:00",
    # text that breaks readers
    "\x00", "a\x00b", "\ufffd\ufffe", "\u202e", "a\r\nSet-Cookie: x=1", "0903" + "." * 5000,
    "a" + "\u0301\u0323" * 8000,
    "👩‍👩‍👧" * 200, "\u200d" * 1000, "Ⅷß", "(" * 3000, "a@" + "b." * 2000, "%", "%s%n", "'\"--;", "../../../etc/passwd",
    "{{7*7}}", "[" * 3000, '{"a":' * 500, "http://[::1", "//evil.example", "javascript:alert(1)", "-name", "name,-pk",
    "null", "[]", " ", "x" * 10_000, "\\",
]  # fmt: skip
# What has broken something once, sent also alone, with everything else as it should be.
WORST = [NINES, "٣", "\x00", "9999-12-31T23:59:59-23:59", "http://[::1"]


EVERY_NAME = "*"


class Hearing(QueryDict):
    """A query string or body that remembers which names somebody asks for, and who reads what stands under them."""

    heard: set[str]
    readers: dict[str, set[str]]  # by name; of one that is only asked for nobody ever saw the value

    def get(self, key: str, default: Any = None) -> Any:
        self._hear(key)
        return super().get(key, default)

    def __getitem__(self, key: str) -> Any:
        self._hear(key)
        return super().__getitem__(key)

    def getlist(self, key: str, default: Any = None) -> Any:
        self._hear(key)
        return super().getlist(key, default)

    def items(self) -> Any:
        self.heard.add(EVERY_NAME)
        self._hear(EVERY_NAME)
        return super().items()

    def lists(self) -> Any:
        self._hear(EVERY_NAME)
        return super().lists()

    def __contains__(self, key: object) -> bool:
        self.heard.add(str(key))
        return super().__contains__(key)

    def _hear(self, key: str) -> None:
        if key != EVERY_NAME:
            self.heard.add(key)
        self.readers[key].add(reader_of(key, sys._getframe(2)))


def reader_of(name: str, frame: Any) -> str:
    """The function that reads a name which it knows itself, and so does the same with it for every page; else nothing.

    Whoever is given the name (a widget, a field) reads for somebody else.
    """
    while frame.f_code.co_filename in READING:
        frame = frame.f_back
    code = frame.f_code
    knows = name in code.co_consts or ("site-packages" in code.co_filename and "/forms/" not in code.co_filename)
    return f"{code.co_filename}:{code.co_firstlineno}" if knows else ""


READING = {__file__, inspect.getfile(QueryDict), inspect.getfile(MultiValueDict)}


class Query(Hearing):
    heard, readers = set(), defaultdict(set)


class Body(Hearing):
    heard, readers = set(), defaultdict(set)


def written(values: dict[str, Any]) -> str:
    """As `urlencode` writes them, but for letters that mean nothing there: to escape and read these took longest."""
    each = (
        (name, one) for name, value in values.items() for one in (value if isinstance(value, list | tuple) else [value])
    )
    return "&".join(f"{escaped(name)}={escaped(str(one))}" for name, one in each)


@cache
def escaped(text: str) -> str:
    return re.sub(r"[\x00-\x20\x7f#%&+=;]", lambda found: f"%{ord(found[0]):02X}", text)


def test_values_arrive_as_they_are_sent():
    sent = {f"{value[:20]}{nth}": value for nth, value in enumerate(HOSTILE)} | {"several": ["1", "a b"], "one": 7}
    for read in (QueryDict(written(sent).encode()), QueryDict(urlencode(sent, doseq=True))):
        assert dict(read.lists()) == {
            name: [str(one) for one in value] if isinstance(value, list) else [str(value)]
            for name, value in sent.items()
        }


@dataclass(frozen=True)
class Address:
    """One pattern of the site, with all that stands above it, and the kind that it serves if it serves several."""

    name: str
    written: str
    kind: str
    view: Any


def addresses(patterns: Any, above: str = "/") -> Iterator[Address]:
    for one in patterns:
        written = above + str(one.pattern)
        if isinstance(one, URLResolver):
            yield from addresses(one.url_patterns, written)
        elif one.name != "health":  # which answers 503 while no worker runs
            yield Address(one.name or written, written, (one.default_args or {}).get("kind", ""), one.callback)


ADDRESSES = list(addresses(get_resolver().url_patterns))
PLACE = re.compile(r"<(?:\w+:)?\w+>|\(\?P<\w+>(?:[^()]|\([^()]*\))*\)")


def place_of(address: Address, method: str) -> Any:
    return address.view if method == "get" else address.kind or address.view


def fields_of(kind: str) -> set[str]:
    return {one.name for one in kinds.get(kind).schema} if kind else set()


def meanings(address: Address, method: str, name: str) -> set[Any]:
    """What a name is read as: by a function that knows it the same everywhere, as a field the same in every form of a
    kind, else the same wherever one view asks for it. Nothing where it is only asked whether it is there.
    """
    ear = Query if method == "get" else Body
    readers = ear.readers.get(name, set()) | ear.readers.get(EVERY_NAME, set())
    base = name.removeprefix("initial-")
    if not readers and name in ear.heard:
        return set()
    here = address.kind if method == "post" and base in fields_of(address.kind) else address.view
    return {(method, base, reader or here) for reader in readers or {""}}


class Attack:
    """One person's browser. Every request is rolled back, so that all of them meet the same rows."""

    def __init__(self, firm: Firm, user: User, monkeypatch: Any) -> None:
        monkeypatch.setattr("django.core.handlers.wsgi.QueryDict", Query)
        monkeypatch.setattr("django.http.request.QueryDict", Body)
        self.firm, self.user = firm, user
        self.client = Client(raise_request_exception=False)
        self.client.force_login(user)
        self.session = self.client.cookies["sessionid"].value
        self.wrong: list[str] = []

    def things(self, address: Address) -> list[Any]:
        """What the address may be about, of the person's own, or that nobody owns."""
        entry = ENTRIES.get(address.name)
        places = [(kind, whose) for kind in (entry.about if entry else ()) for whose in ("own", "a stranger's")]
        things = [self.firm.thing(kind, whose, self.user) for kind, whose in places]
        return [thing for thing in things if thing is not None]

    def path(self, address: Address, filling: str = "") -> str:
        """The address of the person's own row, or with `filling` in every place."""
        fills = chain(self.fills(address) if not filling else (), repeat(filling or "1"))
        return PLACE.sub(lambda _found: next(fills), re.sub(r"[\^$]|\\Z", "", address.written))

    def fills(self, address: Address) -> list[str]:
        """What belongs into its places: names that its entry gives, and the id of what it is about."""
        entry = ENTRIES.get(address.name)
        return [*(entry.args if entry else ()), *(str(thing.pk) for thing in self.things(address)[:1])]

    def send(self, method: str, path: str, values: dict[str, Any], *, in_dialog: bool = False) -> Any:
        headers = {"HX-Request": "true", "HX-Target": "dialog"} if in_dialog else {}
        self.client.cookies = SimpleCookie({"sessionid": self.session})
        with transaction.atomic():
            answer = self._ask(method, path, written(values), headers)
            body = b"".join(answer) if answer.streaming else answer.content
            transaction.set_rollback(True)
        self.judge(f"{method.upper()} {path} {str(values)[:200]}", answer, body)
        return answer

    def _ask(self, method: str, path: str, sent: str, headers: dict[str, str]) -> Any:
        if method == "get":
            return self.client.get(f"{path}?{sent}", headers=headers)
        return self.client.post(path, sent, content_type="application/x-www-form-urlencoded", headers=headers)

    def judge(self, said: str, answer: Any, body: bytes) -> None:
        if answer.status_code >= 500:
            self.wrong.append(f"{said}: {answer.status_code} {answer.exc_info and answer.exc_info[1]!r}"[:600])
        elif answer.status_code >= 400 and answer.status_code not in (401, 405):
            words = re.sub(rb"<[^>]*>", b" ", body).decode() + answer.headers.get("HX-Trigger", "")
            if len(words.split()) < 3:
                self.wrong.append(f"{said}: {answer.status_code} without words")

    def names_of(self, method: str, path: str, address: Address, usual: dict[str, Any]) -> list[str]:
        """What the address asks for, also when it is given what it asked for."""
        ear = Query if method == "get" else Body
        ear.heard, ear.readers = set(), defaultdict(set)
        if self.send(method, path, usual).status_code == 405:
            return []
        if not ear.heard <= set(usual):
            self.send(method, path, dict.fromkeys(ear.heard, "1") | usual)
        known = fields_of(address.kind) if EVERY_NAME in ear.heard else set()
        return sorted((ear.heard | known | set(usual)) - {EVERY_NAME})

    def usual(self, address: Address, method: str) -> dict[str, Any]:
        """What a well-meaning person sends."""
        entry, things = ENTRIES.get(address.name), self.things(address)
        if entry is None:
            return {}
        thing = things[0] if things else None
        ids = {"ids": thing.pk} if entry.ticked else {}
        sent = ids | (entry.query if method == "get" else entry.sends)(self.firm, thing)
        return {key: value for key, value in sent.items() if not isinstance(value, SimpleUploadedFile)}

    def values_for(self, address: Address, method: str, names: list[str]) -> list[str]:
        """All sixty where one of the names is read as none was before; else the worst (PHEU_EXPLORE=1: always all)."""
        met = {one for name in names for one in meanings(address, method, name)}
        is_new = not met <= MET
        MET.update(met)
        return HOSTILE if is_new or os.environ.get("PHEU_EXPLORE") else WORST

    def all_at_once(self, method: str, path: str, names: list[str], values: list[str]) -> None:
        """Each value in each name, another one in every name of a request: as many requests as values."""
        for turn in range(len(values) if names else 0):
            sent = {name: values[(turn + at) % len(values)] for at, name in enumerate(names)}
            self.send(method, path, sent, in_dialog=bool(turn % 2))

    def alone(self, method: str, path: str, names: list[str], usual: dict[str, Any]) -> None:
        """One bad value in what is otherwise as it should be, so that it gets as far as it can.

        Of a matrix (`grant-lead-view`, `grant-lead-create`...) as many cells as there are values.
        """
        alike = Counter[str]()
        for at, name in enumerate(names if usual else []):
            rows = name.partition("-")[0]
            alike[rows] += 1
            if alike[rows] <= len(WORST):
                self.send(method, path, usual | {name: WORST[at % len(WORST)]})


MET: set[Any] = set()  # of all shares: one worker has them
SHARES = 8


def share_of(address: Address, method: str) -> int:
    return crc32(str(place_of(address, method)).partition(" at ")[0].encode()) % SHARES


@pytest.mark.parametrize("share", range(SHARES))
def test_no_value_of_a_parameter_or_field_breaks_an_address(share, firm, monkeypatch, caplog):
    caplog.set_level(logging.CRITICAL, "django.request")
    caplog.handler.setLevel(logging.ERROR)  # which that has raised as well: it heard of no refused value
    attack = Attack(firm, firm.people["admin"], monkeypatch)
    for address in ADDRESSES:
        path = attack.path(address)
        for method in (one for one in ("get", "post") if share_of(address, one) == share):
            usual = attack.usual(address, method)
            names = attack.names_of(method, path, address, usual)
            attack.all_at_once(method, path, names, attack.values_for(address, method, names))
            attack.alone(method, path, names, usual)
    assert not attack.wrong, f"{len(attack.wrong)}:\n" + "\n".join(attack.wrong)
    assert "refused a value" not in caplog.text  # every value was refused before the database had to


def test_the_worst_values_break_nothing_for_a_seller(firm, monkeypatch, caplog):
    caplog.set_level(logging.CRITICAL, "django.request")
    caplog.handler.setLevel(logging.ERROR)  # which that has raised as well: it heard of no refused value
    attack = Attack(firm, firm.people["sales"], monkeypatch)
    for address in ADDRESSES:
        path = attack.path(address)
        for method in ("get", "post"):
            names = attack.names_of(method, path, address, attack.usual(address, method))
            attack.all_at_once(method, path, names, WORST)
    assert not attack.wrong, f"{len(attack.wrong)}:\n" + "\n".join(attack.wrong)
    assert "refused a value" not in caplog.text


def test_every_address_is_filled(firm, monkeypatch):
    """An address with a place for an id is attacked on a row that its person may open, or the attack finds nothing."""
    attack = Attack(firm, firm.people["admin"], monkeypatch)
    empty = [one.name for one in ADDRESSES if len(PLACE.findall(one.written)) > len(attack.fills(one))]
    secret = [
        "account_confirm_email",
        "account_reset_password_from_key",
        "calendar-feed",
        "company-logo",
        "unsubscribe",
    ]
    assert sorted(empty) == secret, "say in ENTRIES what they are about"
    for address in ADDRESSES:
        entry = ENTRIES.get(address.name)
        if entry and entry.get in (200, 302):
            answer = attack.send("get", attack.path(address), attack.usual(address, "get"))
            assert answer.status_code in (200, 302), address.name


@pytest.mark.parametrize("filling", ["0", NINES, "9223372036854775808", "٣", "%00", "-1", "1%0A", "x" * 3000, "%ff"])
def test_no_id_in_a_path_breaks_an_address(filling, firm, monkeypatch):
    attack = Attack(firm, firm.people["admin"], monkeypatch)
    for address in ADDRESSES:
        if PLACE.search(address.written):
            for method in ("get", "post"):
                attack.send(method, attack.path(address, filling), {})
    assert not attack.wrong, "\n".join(attack.wrong)


# The most that a field takes, in characters that take most room in a column, its index or its order.
@pytest.mark.parametrize("unit", ["ậ", "𝒳", "ß", "㎯", "ﷺ", "漢", "\u1100\u1161\u11a8", "a\u0301", "&", "'", "\\", "%"])
def test_the_longest_values_are_kept(unit, client, dung):
    client.force_login(dung)
    text = (unit * 300)[:300]
    sent = dict.fromkeys(("name", "company_name", "person_name", "job_title", "address", "need", "website"), text)
    sent["job_title"] = text[:200]
    sent |= {"expected_amount": "999999999999999", "due_at": "31/12/2199 23:59"}
    answer = client.post("/leads/new/", sent)
    assert answer.status_code == 302, answer.context["form"].errors
    for path in (answer["Location"], "/leads/?sort=name", "/leads/?sort=-name", "/leads/board/", "/", "/reports/"):
        assert client.get(path).status_code == 200
    assert client.get("/search/", {"q": text}).status_code == 200
