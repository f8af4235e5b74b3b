"""Every order, tab, filter and board head of every kind, for every scope, is read along an index: plans, never times.

Ten thousand rows of each kind, made as the bench makes a million. Whoever looks has so many of them that sorting their
own, or their team's, would read more than is allowed.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from functools import partial
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode

import pytest
from django.db import connection, transaction
from django.db.models import Count
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext

from pheu.conftest import make_cast
from pheu.home.bench.population import PARTS, fill
from pheu.home.bench.tour import asked_of
from pheu.leads.models import Lead
from pheu.people.models import Role, User
from pheu.people.scopes import Scope
from pheu.records import kinds, lists
from pheu.records.boards import Board
from pheu.records.fields import Field
from pheu.records.kinds import Kind
from pheu.records.lists import PAGE, Listing
from pheu.records.models import Record, RecordTag, Tag
from pheu.records.tests.test_plans import plan_of
from pheu.timeline.models import Event

pytestmark = pytest.mark.django_db
MANY = 10_000
BIG = {model._meta.db_table for model in (*PARTS, Record, Event, RecordTag)}
# Rows that a page may take up: a page from each way to see, and those of the page again with their Records. A filter
# may leave out some of what it reads along the order.
PAGE_READS, FILTER_READS = 12 * PAGE, 24 * PAGE
# Who looks: the seller who has most, with these scopes, and the one who read in a third of all rows for others.
VIEWERS = ["own", "team", "department", "all", "importer"]
# What is not as it should be: (case, viewer) with *, and why.
KNOWN: dict[tuple[str, str], str] = {}


@dataclass
class Company:
    """Two people of a company with ten thousand of everything."""

    seller: User
    importer: User

    def viewer(self, name: str) -> User:
        """One of `VIEWERS`; sees everything by that scope."""
        user = User.objects.with_rights().get(pk=(self.importer if name == "importer" else self.seller).pk)
        scope = {"view": "own" if name == "importer" else name}
        user.role = Role(code="viewer", grants=dict.fromkeys(("work", "party", "deal", "prospect"), scope))
        return user


@pytest.fixture(scope="module")
def company(django_db_setup: None, django_db_blocker: Any) -> Iterator[Company]:
    """Made once, rolled back after the tests."""
    with django_db_blocker.unblock(), transaction.atomic():
        make_cast()
        Tag.objects.bulk_create([Tag(name=f"Từ khóa {n}", position=n) for n in range(8)])
        fill(MANY, parts=dict.fromkeys(PARTS, 1.0))
        yield Company(seller=_most("owner", team__isnull=False), importer=_most("created_by"))
        transaction.set_rollback(True)


def _most(of: str, **where: Any) -> User:
    """Who is `of` most leads."""
    leads = Lead.objects.filter(**where).exclude(**{of: None}).order_by()
    return User.objects.get(pk=leads.values(of).annotate(n=Count("pk")).order_by("-n")[0][of])


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
    return rows(kind, user, tab="all", **(asked_of(kind, one, user) or {f"{one.name}.filled": ""}))


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


def is_known(name: str, viewer: str) -> bool:
    return any(fnmatch(name, case) and fnmatch(viewer, who) for case, who in KNOWN)


@pytest.mark.parametrize("name", CASES)
def test_it_is_read_along_an_index_and_no_further(company, name):
    ask, most = CASES[name]
    found = {viewer: fault_of(ask(company.viewer(viewer)), most) for viewer in VIEWERS if not is_known(name, viewer)}
    assert not {viewer: fault for viewer, fault in found.items() if fault}


@pytest.mark.parametrize(("case", "who"), KNOWN)
def test_each_exception_is_one_of_something(case, who):
    assert any(fnmatch(name, case) and fnmatch(viewer, who) for name in CASES for viewer in VIEWERS)
