"""Every page in both languages: no word of the product stays in the other one."""

import re
from html.parser import HTMLParser

import pytest
from babel.messages.pofile import read_po
from django.conf import settings
from django.test import Client

from pheu.activities.models import ActivityType
from pheu.parties.models import Source
from pheu.people.models import Role
from pheu.people.tests.test_access_matrix import visits_of
from pheu.records.models import Pipeline

pytestmark = pytest.mark.django_db
# What a company starts with is its own, in its language; the kind of record that tests make up speaks one only.
OWN = (ActivityType, Pipeline, Role, Source)
MADE_UP = {"Tất cả", "Từ khóa"}
# The head of a list that is imported.
IN_FILES = {"Tên công ty", "Điện thoại"}


class Texts(HTMLParser):
    """What a page says: its texts, and the attributes that are read aloud or shown."""

    SAID = {"aria-label", "title", "placeholder", "alt", "data-text", "data-confirm"}

    def __init__(self, html):
        super().__init__()
        self.found, self.silent = set(), 0
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.silent += tag in ("script", "style")
        self.found |= {" ".join(value.split()) for name, value in attrs if name in self.SAID and value}

    def handle_endtag(self, tag):
        self.silent -= tag in ("script", "style")

    def handle_data(self, data):
        if not self.silent and (text := " ".join(data.split())):
            self.found.add(text)


def entries():
    for catalogue in settings.BASE_DIR.glob("pheu/*/locale/vi/LC_MESSAGES/django.po"):
        with catalogue.open("rb") as file:
            yield from read_po(file)


def pages(user, firm, language):
    """What each page of the person says in a language, by its address."""
    client = Client()
    client.force_login(user)
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = language
    for visit in visits_of(user, firm):
        if visit.method == "get" and visit.expected == 200 and visit.relation in ("", "own", "a stranger's"):
            answer = visit.send(client, firm)
            if answer.streaming:
                b"".join(answer)
            elif answer["Content-Type"].startswith("text/html"):
                yield str(visit), Texts(answer.text).found


def test_no_page_mixes_the_languages(firm):
    """What the English page says in Vietnamese words of ours, and the Vietnamese page in English ones."""
    told = {one.id: one.string for one in entries() if isinstance(one.id, str) and one.id and one.id != one.string}
    own = {str(one) for model in OWN for one in model.objects.all()} | MADE_UP | IN_FILES
    vietnamese = {text for text in told.values() if not text.isascii() and " " in text} - set(told) - own
    english = {text for text in told if re.search(r"[a-z]{3}", text)} - set(told.values())
    admin, wrong = firm.people["admin"], []
    for language, foreign in (("en", vietnamese), ("vi", english)):
        for page, texts in pages(admin, firm, language):
            wrong += [f"{language} {page}: {text}" for text in sorted(texts & foreign)]
    assert not wrong, "\n".join(wrong)
