"""A company's own fields are fields like others: made-up ones, one of each type, are seen wherever fields are."""

import html
import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import QueryDict

from pheu.conftest import told
from pheu.leads.models import Lead
from pheu.quality.models import Import
from pheu.quality.tests.importing import mapped, work
from pheu.records import kinds, lists, schema
from pheu.records.chips import chips_of
from pheu.records.lists import Listing
from pheu.records.tests.made_up import CONTENTS, FIELDS, KEPT, NAMES, OTHERS, VALUES, of_leads, sent_by
from pheu.timeline.events import CHANGED

LEAD = kinds.get("lead")
every_field = pytest.mark.parametrize("name", NAMES)


@pytest.fixture(autouse=True)
def made_up(monkeypatch):
    monkeypatch.setattr(schema, "_sources", [])
    schema.add_source(of_leads)


@pytest.fixture
def filled(made_up, an):
    """A lead that has all of them."""
    return LEAD.create({"name": "Trạm khí thải", "owner": an, **VALUES}, by=an)


@pytest.fixture
def by_an(client, an):
    client.force_login(an)
    return client


def own(row) -> dict:
    return Lead.objects.get(pk=row.pk).own


def field(name):
    return next(one for one in FIELDS if one.name == name)


def text_of(page: str) -> str:
    return html.unescape(re.sub(r"<[^>]+>", " ", page))


# Form, page, history ------------------------------------------------------------------------------


def test_the_form_of_a_new_lead_asks_for_each_and_keeps_it(by_an, an):
    sent = sent_by(by_an.get("/leads/new/").text, "page narrow")
    typed = {name: typed for name, (typed, *_rest) in CONTENTS.items()}
    answer = by_an.post("/leads/new/", sent | typed | {"name": "Trạm khí thải", "owner": an.pk})
    assert answer.status_code == 302
    lead = Lead.objects.get()
    assert lead.own == KEPT
    assert {one.name: one.value(lead) for one in FIELDS} == VALUES


@pytest.mark.parametrize("name", [name for name in NAMES if name != "is_urgent"])  # neither yes nor no: not known
def test_a_wrong_value_is_refused_beside_its_field(by_an, an, name):
    wrong = "x" * 301 if name == "hall" else "không có"
    answer = by_an.post("/leads/new/", {"name": "Trạm", "owner": an.pk, name: wrong})
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [name]
    assert not Lead.objects.exists()


def test_the_record_page_shows_each_under_its_heading(by_an, giang, client, filled):
    client.force_login(giang)  # who only looks
    page = text_of(client.get(filled.get_absolute_url()).text)
    assert "Khảo sát" in page
    for one in FIELDS:
        assert one.label in page
        assert CONTENTS[one.name][3] in page


def test_a_page_saved_as_it_was_drawn_changes_nothing(by_an, filled):
    sent = sent_by(by_an.get(filled.get_absolute_url()).text)
    assert {name for name in sent if f"initial-{name}" in sent} >= set(NAMES)
    assert by_an.post(f"/leads/{filled.pk}/fields/", sent).status_code == 302
    assert own(filled) == KEPT
    assert Lead.objects.get(pk=filled.pk).record.version == 1


@every_field
def test_each_is_changed_alone_and_history_says_from_what_to_what(by_an, filled, name):
    typed, kept = OTHERS[name]
    sent = sent_by(by_an.get(filled.get_absolute_url()).text)
    assert by_an.post(f"/leads/{filled.pk}/fields/", sent | {name: typed}).status_code == 302
    assert own(filled) == KEPT | {name: kept}
    assert told(CHANGED, about=filled).facts["changes"] == [{"field": name, "was": KEPT[name], "now": kept}]
    timeline = text_of(by_an.get(filled.get_absolute_url()).text.partition('id="timeline"')[2])
    one = field(name)
    assert str(CHANGED.sentence) % {"fields": one.label} in timeline
    for shown in (one.show_json(KEPT[name]), one.show_json(kept)):
        assert shown in timeline


@every_field
def test_each_is_emptied_and_leaves_no_trace(by_an, filled, name):
    sent = sent_by(by_an.get(filled.get_absolute_url()).text)
    emptied = {key: value for key, value in sent.items() if key != name}
    if name != "gases":
        emptied[name] = ["unknown" if name == "is_urgent" else ""]
    assert by_an.post(f"/leads/{filled.pk}/fields/", emptied).status_code == 302
    assert own(filled) == {key: value for key, value in KEPT.items() if key != name}


@every_field
def test_two_editors_of_one_field_see_both_values(by_an, binh, filled, name):
    typed, kept = OTHERS[name]
    sent = sent_by(by_an.get(filled.get_absolute_url()).text)
    one = field(name)
    LEAD.change(filled, {name: (VALUES[name], None)}, by=binh)  # somebody empties it meanwhile
    answer = by_an.post(f"/leads/{filled.pk}/fields/", sent | {name: typed})
    assert answer.status_code == 409
    [clash] = answer.context["conflict"].clashes
    assert (clash["label"], clash["theirs"], clash["mine"]) == (one.label, "", one.show_json(kept))
    assert name not in own(filled)
    again = sent_by(answer.text)
    assert by_an.post(f"/leads/{filled.pk}/fields/", again).status_code == 302  # and now it is meant
    assert own(filled)[name] == kept


def test_two_editors_of_different_fields_do_not_meet(by_an, binh, filled):
    sent = sent_by(by_an.get(filled.get_absolute_url()).text)
    LEAD.change(filled, {"pipes": (VALUES["pipes"], Decimal(9))}, by=binh)
    assert by_an.post(f"/leads/{filled.pk}/fields/", sent | {"hall": "Xưởng Cán"}).status_code == 302
    assert own(filled) == KEPT | {"pipes": 9, "hall": "Xưởng Cán"}


def test_a_change_of_another_field_keeps_them_and_so_does_taking_the_fields_away(by_an, an, filled, monkeypatch):
    LEAD.change(filled, {"name": (filled.name, "Đổi tên")}, by=an)
    assert own(filled) == KEPT
    monkeypatch.setattr(schema, "_sources", [])
    filled = Lead.objects.get(pk=filled.pk)
    LEAD.change(filled, {"name": ("Đổi tên", "Đổi nữa")}, by=an)
    assert own(filled) == KEPT
    page = by_an.get(filled.get_absolute_url()).text
    assert not any(one.label in page for one in FIELDS)


# List, card, order --------------------------------------------------------------------------------


def test_the_list_has_a_column_for_each_and_the_card_a_line(by_an, filled):
    page = by_an.get("/leads/?tab=all").text
    heads = text_of("".join(re.findall(r"<th.*?</th>", page, re.S)))
    cells = text_of("".join(re.findall(r"<td.*?</td>", page, re.S)))
    card = text_of(re.search(r'<article class="card".*?</article>', by_an.get("/leads/board/").text, re.S)[0])
    for one in FIELDS:
        assert one.label in heads
        assert CONTENTS[one.name][3] in cells
        assert CONTENTS[one.name][3] in card


SOME = {
    "hall": ["An", "Binh", "Binh", "Chi"],
    "pipes": [Decimal("0.5"), Decimal(2), Decimal(10), Decimal(10)],
    "deposit": [Decimal(0), Decimal(5), Decimal(40), Decimal(1_000_000)],
    "visit_on": [VALUES["visit_on"] + timedelta(days=n) for n in (-400, 0, 0, 3)],
    "call_at": [VALUES["call_at"] + timedelta(hours=n) for n in (-1, 0, 0, 500)],
    "is_urgent": [False, False, True, True],
    "line": ["a", "a", "b", "b"],
}


@pytest.mark.parametrize("name", SOME)
def test_it_sorts_both_ways_with_the_empty_ones_last_over_several_pages(monkeypatch, an, name):
    monkeypatch.setattr(lists, "PAGE", 2)
    values = [SOME[name][n] for n in (2, 0, 3, 1)] + [None, None, None]
    rows = [LEAD.create({"name": f"Tên {n}", "owner": an, name: value}, by=an) for n, value in enumerate(values)]
    keys = {row.pk: (value, row.pk) for row, value in zip(rows, values, strict=True)}
    filled = [key for key in keys.values() if key[0] is not None]
    empty = [key for key in keys.values() if key[0] is None]
    for sort, down in ((name, False), (f"-{name}", True)):
        address, found = f"tab=all&sort={sort}", []
        while address:
            listing = Listing(LEAD, an, QueryDict(address))
            found += [keys[row.pk] for row in listing.rows]
            address = listing.next_url.removeprefix("?")
            assert len(found) < 20
        assert found == sorted(filled, reverse=down) + sorted(empty, key=lambda key: key[1], reverse=down)


# Filters ------------------------------------------------------------------------------------------

FOUND = {
    # address: what of (filled, other, empty) it finds
    "hall=Xưởng Đúc": "filled",
    "hall.is=Xưởng Đúc": "filled",
    "hall.contains=xuong": "filled other",
    "hall.contains=duc": "filled",
    "hall.not_contains=duc": "other empty",
    "hall.starts=xuong c": "other",
    "hall.empty=1": "empty",
    "hall.filled=1": "filled other",
    "pipes=2.5": "filled",
    "pipes.is_not=2.5": "other empty",
    "pipes.from=2.5": "filled other",
    "pipes.to=2.5": "filled",
    "pipes.above=2.5": "other",
    "pipes.below=4": "filled",
    "pipes.between=3&pipes.between=1": "filled",
    "pipes.empty=1": "empty",
    "pipes.filled=1": "filled other",
    "deposit=1500000": "filled",
    "deposit.is_not=1500000": "other empty",
    "deposit.above=1500000": "other",
    "deposit.below=1500001": "filled",
    "deposit.from=2000000": "other",
    "deposit.to=1999999": "filled",
    "deposit.between=1000000&deposit.between=1999999": "filled",
    "deposit.empty=1": "empty",
    "deposit.filled=1": "filled other",
    "visit_on=2026-11-30": "filled",
    "visit_on.from=2026-12-01": "other",
    "visit_on.before=2026-12-01": "filled",
    "visit_on.between=2026-11-30&visit_on.between=2026-11-01": "filled",
    "visit_on.month=11": "filled",
    "visit_on.empty=1": "empty",
    "visit_on.filled=1": "filled other",
    "call_at=2026-11-30": "filled",
    "call_at.is=2026-12-01T23:00%2B07:00": "other",
    "call_at.from=2026-12-01": "other",
    "call_at.before=2026-11-30T09:16%2B07:00": "filled",
    "call_at.between=2026-11-01&call_at.between=2026-11-30": "filled",
    "call_at.month=11": "filled",
    "call_at.empty=1": "empty",
    "call_at.filled=1": "filled other",
    "is_urgent=true": "filled",
    "is_urgent=false": "other",
    "is_urgent.not_in=true": "other empty",
    "is_urgent.empty=1": "empty",
    "is_urgent.filled=1": "filled other",
    "line=a&line=b": "filled other",
    "line.not_in=a": "filled empty",
    "line.empty=1": "empty",
    "line.filled=1": "filled other",
    "gases=so2&gases=nox": "filled other",
    "gases.all=so2&gases.all=co": "filled",
    "gases.none=so2": "other empty",
    "gases.empty=1": "empty",
    "gases.filled=1": "filled other",
}


def test_every_operator_of_every_field_is_tried():
    tried = {(key.split("=")[0].partition(".")[0], key.split("=")[0].partition(".")[2]) for key in FOUND}
    for one in FIELDS:
        for code in one.operators.keys() - {"within"}:  # another day every day: test_conditions tries it
            usual = code == one.usual_operator
            assert (one.name, code) in tried or (usual and (one.name, "") in tried), (one.name, code)


@pytest.mark.parametrize("address", FOUND)
def test_the_list_is_narrowed_and_a_chip_says_by_what(by_an, an, filled, address):
    other = {one.name: one.from_json(OTHERS[one.name][1]) for one in FIELDS}
    rows = {"filled": filled, "other": LEAD.create({"name": "Khác", "owner": an, **other}, by=an)}
    rows["empty"] = LEAD.create({"name": "Trống", "owner": an}, by=an)
    page = by_an.get(f"/leads/?tab=all&{address}")
    found = {name for name, row in rows.items() if f'href="{row.get_absolute_url()}?' in page.text}
    assert found == set(FOUND[address].split())
    listing = page.context["listing"]
    [chip] = chips_of(listing)
    assert chip.field.name == address.partition("=")[0].partition(".")[0]
    assert str(chip.field.label) in page.text
    assert found == {name for name, row in rows.items() if row in listing.narrowed()}


# Importing ----------------------------------------------------------------------------------------


def test_a_list_is_imported_into_them(client, binh, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    client.force_login(binh)
    heads = ["Tên công ty", *(one.label for one in FIELDS)]
    good = ["Hòn Đá", "Xưởng Đúc", "2,5", "1,5 triệu", "30/11/2026", "30/11/2026 9:15", "có", "dây b", "SO₂; CO"]
    bad = ["Sông Con", "", "nhiều", "đắt", "hôm nào", "lúc nào", "có lẽ", "dây z", "SO₂; O₃"]
    lines = ["\t".join(cells) for cells in (heads, good, bad)]
    upload = SimpleUploadedFile("xuong.txt", "\n".join(lines).encode())
    client.post("/imports/new/?kind=lead", {"kind": "lead", "file": upload})
    work()
    imported = Import.objects.get()
    assert {imported.columns[str(n)] for n in range(1, 9)} == set(NAMES)
    page = client.get(f"/imports/{imported.pk}/columns/").text
    assert all(f'<option value="{name}" selected' in page for name in NAMES)
    client.post(f"/imports/{imported.pk}/columns/", mapped(imported))
    work()
    client.post(f"/imports/{imported.pk}/run/")
    work()
    first, second = Lead.objects.order_by("pk")
    assert first.own == KEPT
    assert second.own == {}
    assert all(f"{one.label}: {text}" in second.need for one, text in zip(FIELDS[1:], bad[2:], strict=True))


# Cheap --------------------------------------------------------------------------------------------


def test_who_has_no_rights_to_mind_gets_the_same_schema_every_time(an, binh, monkeypatch):
    assert LEAD.schema_for(an) is LEAD.schema_for(binh) is LEAD.schema  # joined once for all
    assert kinds.get("deal").schema_for(an) is kinds.get("deal").fields  # nothing was added to deals
    monkeypatch.setattr(schema, "_sources", [])
    assert LEAD.schema_for(an) is LEAD.schema is LEAD.fields  # the constant itself
