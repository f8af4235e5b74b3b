"""Every order, tab, filter and board head of every kind, for every scope, is read along an index: plans, never times.

Twenty thousand rows of each kind, made as the bench makes a million. Whoever looks has so many of them (an owner of one
row in fifteen, a team of one in five) that sorting their own would read more than is allowed.
"""

from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode

import pytest
from django.db import connection, transaction
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from pheu.conftest import make_cast
from pheu.home.bench.population import PARTS, fill
from pheu.people.models import Role, User
from pheu.people.scopes import Scope
from pheu.records import kinds, lists
from pheu.records.boards import Board
from pheu.records.fields import Date, Field, Number, RowPick
from pheu.records.kinds import Kind
from pheu.records.lists import PAGE, Listing
from pheu.records.models import Record, RecordTag, Tag
from pheu.records.tests.test_plans import plan_of
from pheu.timeline.models import Event

pytestmark = pytest.mark.django_db
MANY = 20_000
SCOPES = ["own", "team", "department", "all"]
BIG = {model._meta.db_table for model in (*PARTS, Record, Event, RecordTag)}
# Rows that one page may take up: a page from each way to see, and those of the page again with their Records.
PAGE_READS = 15 * PAGE
# A filter may leave out some of what it reads along the order; one that finds half of a table leaves out little.
FILTER_READS = 40 * PAGE
KNOWN: dict[str, str] = {}


@pytest.fixture(scope="module")
def seller(django_db_setup: None, django_db_blocker: Any) -> Iterator[User]:
    """The one who has most, in a company with twenty thousand of everything; rolled back after the tests."""
    with django_db_blocker.unblock(), transaction.atomic():
        make_cast()
        Tag.objects.bulk_create([Tag(name=f"Từ khóa {n}", position=n) for n in range(8)])
        fill(MANY, parts=dict.fromkeys(PARTS, 1.0))
        with connection.cursor() as cursor:
            cursor.execute("select owner_id from leads_lead where owner_id is not null and team_id is not null"
                           " group by 1 order by count(*) desc limit 1")  # fmt: skip
            [(most,)] = cursor.fetchall()
        yield User.objects.get(pk=most)
        transaction.set_rollback(True)


def seeing(user: User, scope: str) -> User:
    """The person with that scope of seeing everything."""
    user = User.objects.with_rights().get(pk=user.pk)
    user.role = Role(code="seeing", grants=dict.fromkeys(("work", "party", "deal", "prospect"), {"view": scope}))
    return user


# What there is to ask -------------------------------------------------------------------------------------------------

Act = Callable[[], Any]
Asking = Callable[[User], Act]


def cases() -> Iterator[tuple[str, Asking, int]]:
    """(name, what is to be read, how many rows that may take up) of all that lists and boards of all kinds offer."""
    for kind in kinds.every():
        somebody: Any = SimpleNamespace(pk=1, scope_of=lambda *_asked: Scope.ALL)
        views = [view.code for view in kind.views(somebody)]
        for sort in [sort for one in kind.fields if one.sortable for sort in (one.name, f"-{one.name}")]:
            yield f"{kind.code} by {sort}", partial(rows, kind, tab="all", sort=sort), PAGE_READS
            yield f"{kind.code} by {sort}, deep", partial(rows_in_the_middle, kind, sort), PAGE_READS
        for view in views:
            yield f"{kind.code} tab {view}", partial(rows, kind, tab=view), FILTER_READS
            if kind.has_board:
                yield f"{kind.code} board {view}", partial(board, kind, tab=view), FILTER_READS
        for one in kind.fields.filters():
            yield f"{kind.code} filter {one.name}", partial(filtered, kind, one), FILTER_READS


def rows(kind: Kind, user: User, **asked: str) -> Act:
    return lambda: Listing(kind, user, QueryDict(urlencode(asked))).rows


def rows_in_the_middle(kind: Kind, sort: str, user: User) -> Act:
    value = kind.fields[sort.removeprefix("-")].sort_expression()
    found = kind.model.objects.annotate(value=value).exclude(value=None).order_by("value", "pk")
    at = found[found.count() // 2]
    return rows(kind, user, tab="all", sort=sort, after=lists._write_cursor(sort, at.value, at.pk))


def board(kind: Kind, user: User, **asked: str) -> Act:
    return lambda: Board(kind, user, QueryDict(urlencode(asked))).columns_of_stages


def filtered(kind: Kind, one: Field, user: User) -> Act:
    return rows(kind, user, tab="all", **asked_of(kind, one, user))


def asked_of(kind: Kind, one: Field, user: User) -> dict[str, str]:
    """A value of the field that some rows have, as an address names it."""
    if isinstance(one, Date):
        return {f"{one.name}.from": (timezone.localdate() - timedelta(days=30)).isoformat()}
    if isinstance(one, Number):
        return {f"{one.name}.from": "3000000000"}
    if isinstance(one, RowPick):
        return {one.name: str(kind.model.objects.exclude(**{one.name: None}).values_list(one.column, flat=True)[0])}
    choices = Listing(kind, user, QueryDict()).choices.get(one)
    if choices:
        return {one.name: list(choices)[len(choices) // 2]}
    return {f"{one.name}.filled": "1"}


# What is looked at ----------------------------------------------------------------------------------------------------


def fault_of(act: Act, most: int) -> str:
    """What is wrong with the plans of what `act` asks of big tables; nothing where they are as they should be."""
    with CaptureQueriesContext(connection) as captured:
        act()
    asked = [one["sql"] for one in captured.captured_queries if any(f'"{table}"' in one["sql"] for table in BIG)]
    scans = [one for sql in asked for one in plan_of(sql) if one.get("Relation Name") in BIG]
    whole = sorted({one["Relation Name"] for one in scans if one["Node Type"] == "Seq Scan"})
    read = round(sum((one["Actual Rows"] + one.get("Rows Removed by Filter", 0)) * one["Actual Loops"] for one in scans))
    return f"reads {', '.join(whole)} whole" if whole else f"takes up {read} rows" if read > most else ""


CASES = {name: (ask, most) for name, ask, most in cases()}


@pytest.mark.parametrize("name", CASES)
def test_it_is_read_along_an_index_and_no_further(seller, name):
    ask, most = CASES[name]
    found = {scope: fault_of(ask(seeing(seller, scope)), most) for scope in SCOPES}
    faults = {f"{name}, {scope}": fault for scope, fault in found.items() if fault}
    assert not {one: fault for one, fault in faults.items() if one not in KNOWN}


def test_the_list_of_exceptions_names_what_exists():
    assert set(KNOWN) <= {f"{name}, {scope}" for name in CASES for scope in SCOPES}
