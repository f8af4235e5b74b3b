"""How well duplicates are found, against lists of which it is known who is who (R1.43; figures in docs/figures.md)."""

import re

import pytest

from pheu.core.vietnamese import identity
from pheu.home.bench.matching import febrl
from pheu.home.bench.matching.known import Entry, KnownSet, Score, measured
from pheu.home.bench.matching.vietnamese import known_set
from pheu.quality import pairs
from pheu.quality.models import DuplicateRule
from pheu.records.models import Record

pytestmark = pytest.mark.django_db
AT_LEAST = 0.98


def cut(kind):
    """A smaller cut of what `bin/bench --matching` measures."""
    return known_set(kind, each=12, plain_rows=300)


@pytest.fixture
def keys_anew():
    """Keys of names are remembered: those of before and of the test forgotten."""
    remembered = (identity.company_key, identity.person_key, identity.address_key)
    for one in remembered:
        one.cache_clear()
    yield
    for one in remembered:
        one.cache_clear()


@pytest.mark.parametrize("kind", ["company", "contact"])
def test_what_is_the_same_is_found_and_what_only_looks_so_is_not(kind):
    """Names without marks, in any order, forms of companies, old numbers and codes; namesakes, branches, households."""
    DuplicateRule.objects.create(kind=kind, name="Email", criteria=["email"])
    score = measured(cut(kind))
    told = "\n".join(score.lines())
    assert score.recall >= AT_LEAST, told
    assert score.precision >= AT_LEAST, told
    assert not Record.objects.exists()
    assert DuplicateRule.objects.exists()


@pytest.mark.parametrize(
    ("kind", "place", "name", "broken", "figure"),
    [
        ("company", identity, "_FORMS", re.compile("$^"), "recall"),
        ("company", identity, "_SHORT", {}, "recall"),
        ("company", pairs, "CODES_DIFFER", pairs.sql.SQL(""), "precision"),
        ("contact", identity, "_WITHOUT_DOTS", set(), "recall"),
        ("contact", pairs, "SYLLABLE", "$^", "precision"),
        ("contact", pairs, "UNLESS_SWITCHBOARD", pairs.sql.SQL(""), "precision"),
    ],
)
def test_a_normaliser_that_is_broken_is_noticed(kind, place, name, broken, figure, monkeypatch, keys_anew):
    monkeypatch.setattr(place, name, broken)
    assert getattr(measured(cut(kind)), figure) < AT_LEAST


def test_a_list_is_the_same_at_every_drawing():
    assert cut("contact") == cut("contact") != known_set("contact", each=12, plain_rows=300, seed=1)


def test_the_figures_are_those_of_pairs():
    """Three rows of one are three pairs; the later of two says of which sort a pair is."""
    entries = [Entry(1, "first", {}), Entry(1, "second", {}), Entry(2, "other", {}), Entry(1, "third", {})]
    score = Score(KnownSet("x", "contact", entries), {(0, 1), (1, 2)})
    assert (score.precision, score.recall) == (1 / 2, 1 / 3)
    assert score.missed == {"third": 2}
    assert score.wrong == {"other": 1}


def test_febrl_is_read_as_it_comes(tmp_path, monkeypatch):
    """Its truth is in the numbers of its rows; columns that a contact has no field for are left out."""
    head = (
        "rec_id, given_name, surname, street_number, address_1, address_2, suburb, postcode, state, "
        "date_of_birth, soc_sec_id"
    )
    rows = [
        "rec-7-org, ann, waller, 6, tullaroop street, willaroo, st james, 4011, wa, 19081209, 6988048",
        "rec-7-dup-0, waller, anm, 6, tullarop street, , st james, 4011, wa, , 6988048",
        "rec-8-org, , berry, 69, giblin street, , bittern, 4814, qld, 19990219, 7364009",
    ]
    monkeypatch.setattr(febrl, "FILES", {"FEBRL 1": ["one.csv"]})
    monkeypatch.setattr(febrl, "folder", lambda: tmp_path)
    (tmp_path / "one.csv").write_text("\n".join([head, *rows]))
    [known] = febrl.known_sets()
    assert known.truth == {(0, 1)}
    cells = {"full_name": "ann waller", "address": "6 tullaroop street, willaroo, st james, 4011, wa"}
    assert known.entries[0] == Entry(7, "with slips", cells)
    assert measured(known).found == known.truth


def test_without_the_package_there_is_no_febrl(monkeypatch):
    monkeypatch.setattr(febrl, "folder", lambda: None)
    assert not list(febrl.known_sets())
