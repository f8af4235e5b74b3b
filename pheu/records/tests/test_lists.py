"""Paging through a list: every row once and in order, whatever it is sorted by and whatever the address says."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from decimal import Decimal
from threading import Barrier
from typing import Any

import pytest
from django.core import signing
from django.db import connection, transaction
from django.db.models import DateField, DateTimeField, DecimalField, Field
from django.http import QueryDict
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pheu.records import kinds, lists
from pheu.records.lists import Listing
from pheu.records.models import Pipeline, Tag
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
    """Sorted by value, empty ones last in both directions, equal ones by key in the same direction."""
    name, down = sort.removeprefix("-"), sort.startswith("-")
    order = kind.schema[name].sort_column
    values = [
        (bytes(value) if order == "title_key" else value, row.pk) for row in rows for value in [getattr(row, order)]
    ]
    filled = [one for one in values if one[0] is not None]
    empty = [one for one in values if one[0] is None]
    return values == sorted(filled, reverse=down) + sorted(empty, key=lambda one: one[1], reverse=down)


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


JUNK = st.one_of(
    st.text(max_size=60),
    st.binary(max_size=30).map(lambda some: some.hex()),
    # Signed by us, for another order.
    st.tuples(
        st.sampled_from(["name", "-created_at"]), st.sampled_from(["plain", "date"]), st.text(), st.integers()
    ).map(lambda told: signing.dumps(list(told), salt="pheu.records.lists")),
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
