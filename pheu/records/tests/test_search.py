"""Searching the directory: what stands first, and that no cliff is left."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from pheu.conftest import standing
from pheu.leads.services import create_lead
from pheu.records import search
from pheu.records.search import find


@pytest.fixture
def firms(an, monkeypatch):
    """The one that is meant was made first; the newest two hundred only sound like it."""
    monkeypatch.setattr(search, "NEAR", 10)
    named = [standing("company", {"name": name, "owner": an}, by=an) for name in ("Đào Hoa", "Thép Sông Đà")]
    for n in range(40):
        standing("company", {"name": f"Đạo Hòa {n}", "owner": an}, by=an)
    return named


def titles(text, user):
    return [record.title for record in find(text, user)]


def test_exact_marks_stand_first_over_all_hits(an, firms):
    found = titles("đào hoa", an)
    assert found[0] == "Đào Hoa"
    assert found[1] == "Đạo Hòa 39"  # then the newest
    assert len(found) == search.PAGE


def test_an_exact_number_stands_first(an, firms):
    number = firms[1].number
    standing("company", {"name": f"Hồ sơ {number}", "owner": an}, by=an)
    assert titles(number.lower(), an)[0] in ("Thép Sông Đà", f"Hồ sơ {number}")
    assert set(titles(number, an)) == {"Thép Sông Đà", f"Hồ sơ {number}"}


def test_titles_with_these_very_marks_stand_before_newer_ones(an, firms, monkeypatch):
    """«Đào» is rare where «Đạo» is common, and so is the other way round; half a word will do."""
    for n in range(40):
        standing("company", {"name": f"Đào Hoá {n}", "owner": an}, by=an)
    assert titles("đào hòa", an)[:2] == ["Đào Hoá 39", "Đào Hoá 38"]  # no title has both: the newest
    assert titles("đạ", an)[:2] == ["Đạo Hòa 39", "Đạo Hòa 38"]
    monkeypatch.setattr(search, "NEAR", 200)
    assert titles("đạo hòa", an)[:2] == ["Đạo Hòa 39", "Đạo Hòa 38"]


@pytest.mark.parametrize("far", [30, 45, 1000])
def test_common_words_are_read_newest_first_however_far_that_goes(an, firms, monkeypatch, far):
    monkeypatch.setattr(search, "FAR", far)
    found = titles("dao", an)
    assert found == [f"Đạo Hòa {n}" for n in range(39, 9, -1)]


def test_without_marks_everything_that_begins_so_is_found_newest_first(an, firms):
    assert titles("dao hoa", an)[:2] == ["Đạo Hòa 39", "Đạo Hòa 38"]
    assert "Đào Hoa" not in titles("dao hoa", an)  # older than a page of hits
    assert titles("song da", an) == ["Thép Sông Đà"]


def test_beyond_the_newest_only_the_trigrams_are_asked(an, firms):
    with CaptureQueriesContext(connection) as asked:
        assert titles("song da", an) == ["Thép Sông Đà"]
    ways = [one["sql"].strip() for one in asked.captured_queries if "enable_indexscan" in one["sql"]]
    by_index, by_trigrams, by_any = (re.findall(r"enable_(\w+) = on", sql) for sql in ways)
    assert (by_index, by_trigrams) == (["indexscan"], ["bitmapscan"])
    assert by_any == ["seqscan", "indexscan", "bitmapscan"]
    with connection.cursor() as cursor:
        cursor.execute("show enable_indexscan")
        assert cursor.fetchone() == ("on",)


def test_nothing_typed_finds_nothing_and_asks_nothing(an, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert find(" -- ", an) == []


def test_what_i_may_not_see_is_not_found(an, chi, firms, lead):
    assert titles("Trạm khí thải", an) == [lead.title]
    assert titles("Trạm khí thải", chi) == []


@pytest.mark.parametrize("written", ["{}", "{short}", "{bare}", " {short} "])
def test_a_number_is_found_however_short_it_is_written(an, written):
    """Before everything that has these digits in a phone."""
    lead = create_lead({"company_name": "Xi măng Hòn Đá", "owner": an}, by=an)
    number = lead.record.number
    prefix, _dash, digits = number.partition("-")
    short, bare = f"{prefix.lower()}-{int(digits)}", f"{prefix}{int(digits)}"
    create_lead({"company_name": "Dệt Sông Trà", "phone": f"090312{int(digits):04}", "owner": an}, by=an)
    assert find(written.format(number, short=short, bare=bare), an)[0].pk == lead.pk


@pytest.mark.parametrize("near", [1, 8, 100])
@pytest.mark.parametrize("far", [1, 20, 100])
def test_however_common_the_words_are_a_search_is_twelve_statements(client, monkeypatch, an, firms, near, far):
    """Session and person among them; common near, common far, or among the trigrams alone."""
    monkeypatch.setattr(search, "NEAR", near)
    monkeypatch.setattr(search, "FAR", far)
    client.force_login(an)
    client.get("/search/")
    for words in ("Đạo Hòa", "dao", "đạo 1", "song da", "0903"):
        with CaptureQueriesContext(connection) as asked:
            client.get("/search/", {"q": words})
        assert len(asked) <= 12, [one["sql"][:80] for one in asked.captured_queries]
