"""Paging through a list: every row once and in order, whatever it is sorted by and whatever the address says."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from decimal import Decimal
from threading import Barrier
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models import DateField, DateTimeField, DecimalField, Field
from django.http import QueryDict
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pheu.records import kinds, lists
from pheu.records.lists import Listing
from pheu.records.models import Pipeline, Tag
from pheu.records.places import sign
from pheu.records.tests.test_toy import plant_toys
from pheu.timeline import services as timeline

few = settings(
    max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
NAMES = st.sampled_from(["An", "Ánh", "Đào", "đào", "Zét", "Công ty 1", "Công ty 10"])
KINDS = ["prospect", "lead", "deal", "company", "contact", "toy"]
# Set when a row is made, for all rows of a batch alike.
MADE = {"created_at", "updated_at", "next_activity"}


@pytest.fixture(autouse=True)
def workshop(db):
    plant_toys()


@pytest.fixture(autouse=True)
def short_pages(monkeypatch):
    monkeypatch.setattr(lists, "PAGE", 3)


def values_of(column: Field) -> st.SearchStrategy[Any]:
    """A few values, so that many are equal; empty ones where the column may be empty."""
    match column:
        case DateTimeField():
            some = [datetime(2026, 1, day, tzinfo=UTC) for day in (1, 2)]
        case DecimalField():
            some = [Decimal(0), Decimal(5), Decimal(10) ** 15]
        case DateField():
            some = [date(2026, 1, 1), date(2026, 12, 31)]
        case _:
            some = [0, 1, 3]
    return st.sampled_from([*some, None] if column.null else some)


def sortable(kind: kinds.Kind) -> list[str]:
    return [field.name for field in kind.schema if field.sortable]


def rows_of(kind: kinds.Kind) -> st.SearchStrategy[list[dict[str, Any]]]:
    columns = {field.name: field for field in kind.model._meta.get_fields()}
    drawn = {
        name: NAMES if kind.schema[name].sort_column == "title_key" else values_of(columns[name])
        for name in sortable(kind)
        if name not in MADE
    }
    return st.lists(st.fixed_dictionaries(drawn), min_size=4, max_size=8)


def make(kind: kinds.Kind, drawn: list[dict[str, Any]], by: Any) -> None:
    stage = {"stage": Pipeline.objects.default(kind.code).first_stage} if kind.has_board else {}
    timeline.put([kind.model(**values, **stage, owner=by) for values in drawn], by=by)
    with connection.cursor() as cursor:
        for table in (kind.model._meta.db_table, "records_record"):
            key = "record_id" if table != "records_record" else "id"
            cursor.execute(f"update {table} set updated_at = updated_at - {key} % 3 * interval '1 hour'")  # noqa: S608


def walk(kind: kinds.Kind, user: Any, sort: str) -> list[Any]:
    """All rows, page by page, as somebody would who presses «Show more» to the end."""
    address, found = f"tab=all&sort={sort}", []
    while address:
        listing = Listing(kind, user, QueryDict(address))
        found += listing.rows
        address = listing.next_url.removeprefix("?")
        assert len(found) < 100
    return found


def in_order(kind: kinds.Kind, sort: str, rows: list[Any]) -> bool:
    """Sorted by each value in turn, empty ones last in both directions, equal ones by key in the first direction."""
    expected = sorted(rows, key=lambda row: row.pk, reverse=sort.startswith("-"))
    for key in reversed(sort.split(",")):
        name, down = key.removeprefix("-"), key.startswith("-")
        column = kind.schema[name].sort_column
        values = {row.pk: getattr(row, column) for row in rows}
        filled = [row for row in expected if values[row.pk] is not None]
        filled.sort(
            key=lambda row: bytes(values[row.pk]) if column == "title_key" else values[row.pk],
            reverse=down,
        )
        expected = filled + [row for row in expected if values[row.pk] is None]
    return rows == expected


@pytest.mark.parametrize("code", KINDS)
def test_paging_visits_every_row_once_and_in_order(dung, code):
    kind = kinds.get(code)

    @few
    @given(drawn=rows_of(kind))
    def every_order(drawn):
        with transaction.atomic():
            make(kind, drawn, dung)
            for sort in (f"{sign}{name}" for name in sortable(kind) for sign in ("", "-")):
                rows = walk(kind, dung, sort)
                assert len({row.pk for row in rows}) == len(rows) == len(drawn)
                assert in_order(kind, sort, rows)
            transaction.set_rollback(True)

    every_order()


@pytest.mark.parametrize("code", KINDS)
def test_by_several_fields_every_row_comes_once_and_in_order_and_has_its_neighbours(dung, code):
    """Issue 8: sort by several."""
    kind = kinds.get(code)
    signed = [f"{sign}{name}" for name in sortable(kind) for sign in ("", "-")]
    several = st.lists(
        st.sampled_from(signed), min_size=2, max_size=3, unique_by=lambda name: name.removeprefix("-")
    ).map(",".join)

    @settings(few, max_examples=12)
    @given(drawn=rows_of(kind), sort=several)
    def any_order(drawn, sort):
        with transaction.atomic():
            make(kind, drawn, dung)
            rows = walk(kind, dung, sort)
            assert len({row.pk for row in rows}) == len(rows) == len(drawn)
            assert in_order(kind, sort, rows)
            for row, before, after in zip(rows, [None, *rows], [*rows[1:], None], strict=False):
                place = QueryDict(row.place.removeprefix("?"))
                assert Listing(kind, dung, place).beside(before=True) == before
                assert Listing(kind, dung, place).beside(before=False) == after
            transaction.set_rollback(True)

    any_order()


@pytest.mark.parametrize(
    ("asked", "read"),
    [
        ("name,-priority", "name,-priority"),
        ("name,-name,priority", "name,priority"),
        ("password,-priority,,", "-priority"),
        ("name,priority,due_at,expected_amount", "name,priority,due_at"),
        (",".join(["password"] * 1000) + ",name", "-updated_at"),
    ],
)
def test_of_several_fields_those_that_are_offered_are_read_each_once_and_three_at_most(dung, asked, read):
    assert Listing(kinds.get("lead"), dung, QueryDict(f"tab=all&sort={asked}")).sort == read


def test_ways_to_sort_lead_on_and_back(dung, lead):
    def ways(address: str) -> dict[str, Any]:
        return Listing(kinds.get("lead"), dung, QueryDict(address)).ways_to_sort

    def sort_of(url: str) -> str | None:
        return QueryDict(url.removeprefix("?")).get("sort")

    usual = ways("tab=all")
    assert [(way.nth, sort_of(way.also_url)) for way in [usual["priority"]]] == [(0, "-priority")]
    assert usual["updated_at"].without_url == ""  # nobody has asked for it
    one = ways("tab=all&sort=-priority")
    assert sort_of(one["name"].also_url) == "-priority,name"
    assert sort_of(one["priority"].also_url) == sort_of(one["priority"].url) == "priority"
    assert sort_of(one["priority"].without_url) is None
    three = ways("tab=all&sort=-priority,name,due_at")
    assert [name for name, way in three.items() if way.nth] == ["priority", "name", "due_at"]
    assert three["expected_amount"].also_url == ""
    assert sort_of(three["name"].also_url) == "-priority,-name,due_at"
    assert sort_of(three["name"].without_url) == "-priority,due_at"


JUNK = st.one_of(
    st.text(max_size=60),
    st.binary(max_size=30).map(lambda some: some.hex()),
    # Signed by us, for another order.
    st.tuples(
        st.sampled_from(["name", "-created_at"]), st.sampled_from(["plain", "date"]), st.text(), st.integers()
    ).map(lambda told: sign([told[0], [[told[1], told[2]]], told[3]])),
    # As an older version wrote it.
    st.sampled_from(["-updated_at", "-due_at"]).map(lambda sort: sign([sort, "plain", None, 1])),
    # Signed by nobody.
    st.sampled_from(["-updated_at", "-due_at"]).map(
        lambda sort: sign([sort, [["moment", "2026-11-27T00:00:00+00:00"]], 1]).partition(".")[0] + ".AAAA"
    ),
)


def test_a_cursor_of_junk_is_the_first_page(dung, lead):
    kind = kinds.get("lead")

    @settings(few, max_examples=60)
    @given(after=JUNK, sort=st.sampled_from(["", "-updated_at", "expected_amount", "-due_at"]))
    def any_address(after, sort):
        asked = QueryDict(mutable=True)
        asked.update({"tab": "all", "after": after, "sort": sort})
        assert Listing(kind, dung, asked).rows == [lead]

    any_address()


@pytest.mark.parametrize(
    "address", ["sort=password", "sort=-owner__password", "sort=--name", "tab=x", "owner=x&stage=9"]
)
def test_what_an_address_may_not_say_is_passed_over(dung, lead, address):
    """Orders and filters come from an allowlist, the schema (quality.md 3)."""
    listing = Listing(kinds.get("lead"), dung, QueryDict(address))
    assert listing.sort == "-updated_at"
    assert listing.tab.code == "all"
    assert listing.rows in ([lead], [])


@pytest.mark.parametrize("kind", ["lead", "deal"])
def test_a_tag_finds_what_carries_it(client, an, kind):
    """R3.27."""
    tags = [Tag.objects.create(name=name) for name in ("Khí thải khẩn", "Nước")]
    rows = [kinds.get(kind).create({"name": f"Trạm {one.name}", "tags": [one], "owner": an}, by=an) for one in tags]
    client.force_login(an)
    page = client.get(f"/{kind}s/?tab=all&tags={tags[0].pk}").text
    assert rows[0].title in page
    assert rows[1].title not in page


def test_two_requests_that_need_each_others_part_of_a_list_go_on(an, monkeypatch):
    """One was choosing its view while the other was asking for its condition: each had locked what the other needed."""
    lead, meet = kinds.get("lead"), Barrier(2, timeout=5)
    choose = Listing._first_with_rows

    def met(listing: Listing) -> Any:
        meet.wait()
        return choose(listing)

    monkeypatch.setattr(Listing, "_first_with_rows", met)

    def begin(name: str) -> Any:
        try:
            return getattr(Listing(lead, an, QueryDict("")), name)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        both = [pool.submit(begin, name) for name in ("tab", "condition")]
        assert [one.result(timeout=5) is not None for one in both] == [True, True]
