"""What every engine may ask of a row holds for rows of every kind (`Row`)."""

from decimal import Decimal

import pytest

from pheu.conftest import standing
from pheu.core.vietnamese.text import sort_key
from pheu.records import kinds
from pheu.records.acts import operation
from pheu.records.fields import Money, Phone, PlaceText, Text
from pheu.records.models import Label, Record, Row, Staged
from pheu.records.search import search_q
from pheu.records.tests.test_toy import plant_toys

KINDS = [kind.code for kind in kinds.every()]
every_kind = pytest.mark.parametrize("code", KINDS)


@pytest.fixture(autouse=True)
def workshop(db):
    plant_toys()


def filled(kind: kinds.Kind, **more) -> dict:
    """A value for every text, phone and amount that a new row of the kind may have."""
    texts = {one.name: f"Chữ {one.name}" for one in kind.schema if isinstance(one, Text)}
    phones = {one.name: "+842438637747" for one in kind.schema if isinstance(one, Phone)}
    amounts = {one.name: Decimal(5_000_000) for one in kind.schema if isinstance(one, Money)}
    given = {**texts, **phones, **amounts, **more}
    return {name: value for name, value in given.items() if kind.schema[name].on_create}


@pytest.fixture
def row(code, an):
    kind = kinds.get(code)
    return standing(code, filled(kind, owner=an), by=an)


def test_the_kinds_of_the_product_and_the_toy_are_here():
    assert sorted(KINDS) == ["company", "contact", "deal", "lead", "prospect", "toy"]


@every_kind
def test_title_number_and_address(code, row):
    kind = kinds.get(code)
    assert row.title == str(row) == getattr(row, kind.schema.title[0])
    assert row.number == row.record.number
    assert row.number.startswith(f"{kind.prefix}-")
    assert row.get_absolute_url() == row.record.get_absolute_url() == kind.url_of(row.pk)


@every_kind
def test_the_title_is_the_first_filled_field(code):
    kind = kinds.get(code)
    for nth, name in enumerate(kind.schema.title):
        row = kind.model(**{later: f"Tên {later}" for later in kind.schema.title[nth:]})
        assert row.title == f"Tên {name}"
    assert kind.model().title == ""


@every_kind
def test_customer_name_and_hint_are_words(code, row):
    schema = kinds.get(code).schema
    assert isinstance(schema.customer_of(row), str)
    assert isinstance(schema.hint_of(row), str)
    assert schema.customer_of(row) != row.title  # it would say the same twice


@every_kind
def test_the_amount_is_the_field_that_the_schema_names(code, row):
    name = kinds.get(code).schema.amount
    assert row.amount == (Decimal(5_000_000) if name else None)
    assert bool(name) == (code in ("lead", "deal", "toy"))


@every_kind
def test_the_label_is_a_label_or_nothing(code, row):
    has_one = any(one.name == "label" for one in kinds.get(code).model._meta.local_fields)
    if has_one:
        row.label = Label.objects.all()[0]
    assert row.label == (Label.objects.all()[0] if has_one else None)


@every_kind
def test_a_new_row_is_open_and_goes_on_in_nothing(code, row):
    assert row.is_closed is False
    assert row.goes_on_in is None


@pytest.mark.parametrize("code", [code for code in KINDS if kinds.get(code).has_stages])
def test_a_row_is_closed_where_its_stage_is(code, row):
    assert isinstance(row, Staged)
    for stage in row.stage.pipeline.stages.all():
        row.stage = stage
        assert row.is_closed == stage.is_closing
        assert row.status == stage.category


@every_kind
def test_its_words_are_those_of_the_searched_fields(code, row):
    schema = kinds.get(code).schema
    # Of an address only what is called otherwise today.
    texts = [one for one in schema if isinstance(one, Text) and not isinstance(one, PlaceText)]
    searched = [one.name for one in texts if one.searched]
    assert [name for name, text in schema.words_of(row) if " chu" in text] == searched
    for text in (row.title, row.number, *(getattr(row, name) for name in searched)):
        assert Record.objects.filter(search_q(text)).get() == row.record


@every_kind
def test_its_phones_are_its_digits(code, row):
    has_phone = kinds.get(code).schema.get("phone") is not None
    assert ("2438637747" in row.record.digits) == has_phone


@every_kind
def test_the_record_is_described_by_the_row(code, row, binh):
    team = binh.teams.get()
    row.owner, row.team, row.department = binh, team, binh.department
    setattr(row, kinds.get(code).schema.title[0], "Đổi tên")
    record = row.describe_record()
    assert record is row.record
    assert (record.title, record.owner, record.team, record.department) == ("Đổi tên", binh, team, binh.department)
    assert " doi ten" in record.search
    assert all(getattr(record, name) == getattr(row, name) for name in row.copied)
    if code != "contact":  # people are ordered by their given names
        assert row.title_key == sort_key("Đổi tên")
    record.state = Record.State.MERGED
    row.describe_record()
    assert row.is_live is False


@every_kind
def test_every_column_that_is_copied_stands_on_both(code):
    both = {one.attname for one in Record._meta.local_fields} & {
        one.attname for one in kinds.get(code).model._meta.local_fields
    }
    assert set(Row.copied) <= both


@every_kind
def test_what_it_fills_elsewhere_comes_from_its_own_fields(code, row, an):
    """R0.06: every kind whose fields say that they come from this one gets their values, and nothing else."""
    asked = {one.name: one for kind in kinds.every() for one in kind.schema if code in one.comes_from}
    fills = kinds.get(code).schema.fills_for(row, an)
    assert fills.keys() == {name for name, one in asked.items() if kinds.get(code).schema.get(one.comes_from[code])}
    for name, value in fills.items():
        assert value == asked[name].filling(getattr(row, asked[name].comes_from[code]))


@every_kind
def test_deriving_twice_changes_nothing(code, row):
    row.derive()
    once = {one.attname: getattr(row, one.attname) for one in row._meta.local_fields}
    row.derive()
    assert once == {one.attname: getattr(row, one.attname) for one in row._meta.local_fields}


@every_kind
def test_it_is_made_changed_and_found_through_the_usual_doors(code, an, row):
    name = kinds.get(code).schema.title[0]
    with operation("change", by=an):
        changed = kinds.get(code).change(row, {name: (getattr(row, name), "Tên mới")}, by=an)
    assert changed.title == changed.record.title == "Tên mới"
    assert changed.record.version == 2
