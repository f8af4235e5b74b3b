"""Every order, tab, filter and board head of every kind, for every scope, is read along an index: plans, never times.

Among a hundred thousand leads and what comes with them, made as the bench makes a million. Whoever looks has so many of
them that sorting what they see would read more than is allowed; so would reading a whole table.
"""

from collections.abc import Callable, Iterator
from fnmatch import fnmatch
from functools import partial
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.db.models import Count
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from pheu.conftest import Making, make_cast
from pheu.core import shape
from pheu.home.bench.population import PARTS, fill
from pheu.home.bench.tour import asked_of
from pheu.leads.models import Lead
from pheu.people.models import Role, User
from pheu.people.scopes import Scope
from pheu.quality.models import Import, ImportLine
from pheu.records import kinds
from pheu.records.boards import Board, board_for
from pheu.records.fields import Field
from pheu.records.grouping import fields_of_columns
from pheu.records.kinds import Kind
from pheu.records.lists import Listing
from pheu.records.models import Record, RecordTag, Stage, Tag
from pheu.records.places import write_place
from pheu.records.tests.test_plans import plan_of
from pheu.timeline.models import Event

pytestmark = [pytest.mark.django_db, pytest.mark.one_worker]
MANY = 100_000
BIG = {model._meta.db_table for model in (*PARTS, Record, Event, RecordTag)}
# Rows that may be taken up, those that are thrown away again too: a thirtieth of the leads, a few milliseconds.
MOST = 5000
KINDS_AND_FAMILIES = ("work", "party", "deal", "prospect")
SCOPES = ["team", "department", "all"]
# What is not as it should be: (case, scope) with *, and why.
OTHERS = "nothing of my team stands there, so its index is walked to the end; it holds all that is asked"
HEADS = "what I made myself, and whatever is overdue, is counted live: nothing that is kept knows it"
COLUMNS = "thirty columns of twenty cards, each in five ways: 7,400 rows at most, and what 600 cards refer to at once"
KNOWN = {
    ("* filter tags", "*"): "all rows of a tag are read and put in order: records_recordtag knows no order of rows",
    ("lead filter team", "*"): OTHERS,
    ("lead filter department", "*"): OTHERS,
    ("lead filter closed_at", "*"): "most rows are closed: the newest first, until enough were closed in those days",
    ("lead by *next_activity, deep", "*"): "few are filled so far down: what I made myself is read and put in order",
    ("* cards by owner", "*"): COLUMNS,
    ("* cards by team", "team"): COLUMNS,
    ("deal cards by created_by", "all"): COLUMNS,
    ("lead board *", "*"): HEADS,
    ("deal board all", "team"): HEADS,
    ("deal board month", "*"): "heads are added up live: the day of closing is nothing that is counted",
    ("deal board still", "*"): "heads are added up live: the moment of entering a stage is nothing that is counted",
}


@pytest.fixture(scope="module")
def seller(rows_for_all: Making) -> User:
    return rows_for_all(who_has_most)


def who_has_most() -> User:
    """Of a hundred thousand."""
    make_cast()
    Tag.objects.bulk_create([Tag(name=f"Từ khóa {n}", position=n) for n in range(8)])
    fill(MANY)
    owned = Lead.objects.exclude(owner=None).exclude(team=None).order_by().values("owner")
    return User.objects.get(pk=owned.annotate(n=Count("pk")).order_by("-n")[0]["owner"])


def seeing(user: User, scope: str) -> User:
    """The person with that scope of seeing everything."""
    user = User.objects.with_rights().get(pk=user.pk)
    user.role = Role(code="seeing", grants={kind: {"view": scope} for kind in KINDS_AND_FAMILIES})
    return user


# What there is to ask -------------------------------------------------------------------------------------------------

Act = Callable[[], Any]
Asking = Callable[[User], Act]


def cases() -> Iterator[tuple[str, Asking]]:
    """(name, what is to be read) of all that lists and boards of all kinds offer."""
    for kind in [one for one in kinds.every() if one.model in PARTS]:
        somebody: Any = SimpleNamespace(pk=1, scope_of=lambda *_asked: Scope.ALL)
        views = [view.code for view in kind.views(somebody)]
        for sort in [sort for one in kind.fields if one.sortable for sort in (one.name, f"-{one.name}")]:
            yield f"{kind.code} by {sort}", partial(rows, kind, tab="all", sort=sort)
            yield f"{kind.code} by {sort}, deep", partial(rows_in_the_middle, kind, sort)
        for view in views:
            yield f"{kind.code} tab {view}", partial(rows, kind, tab=view)
            if kind.has_board:
                yield f"{kind.code} board {view}", partial(board, kind, tab=view)
        for one in kind.fields.filters():
            yield f"{kind.code} filter {one.name}", partial(filtered, kind, one)
        for one in fields_of_columns(kind.fields) if kind.has_board else ():
            yield f"{kind.code} cards by {one.name}", partial(cards_by, kind, one)


def rows(kind: Kind, user: User, **asked: str) -> Act:
    return lambda: Listing(kind, user, QueryDict(urlencode(asked))).rows


def rows_in_the_middle(kind: Kind, sort: str, user: User) -> Act:
    value = kind.fields[sort.removeprefix("-")].sort_expression()
    found = kind.model.objects.annotate(value=value).exclude(value=None).order_by("value", "pk")
    at = found[found.count() // 2]
    return rows(kind, user, tab="all", sort=sort, after=write_place(sort, (at.value, at.pk)))


def board(kind: Kind, user: User, **asked: str) -> Act:
    return lambda: Board(kind, user, QueryDict(urlencode(asked))).columns_of_stages


def cards_by(kind: Kind, one: Field, user: User) -> Act:
    """The cards alone: how many there are in each column is added up over all of them."""
    shown = board_for(kind, user, QueryDict(urlencode({"tab": "all", "by": one.name})))
    columns = shown.heads
    return lambda: shown.deal_out(columns)


def filtered(kind: Kind, one: Field, user: User) -> Act:
    return rows(kind, user, tab="all", **(asked_of(kind, one, user) or {f"{one.name}.filled": ""}))


# What is looked at ----------------------------------------------------------------------------------------------------


def fault_of(act: Act) -> str:
    """What is wrong with the plans of what `act` asks of big tables; nothing where they are as they should be."""
    with CaptureQueriesContext(connection) as captured:
        act()
    asked = [one["sql"] for one in captured.captured_queries if any(f'"{table}"' in one["sql"] for table in BIG)]
    scans = [one for sql in asked for one in plan_of(sql) if one.get("Relation Name") in BIG]
    whole = sorted({one["Relation Name"] for one in scans if one["Node Type"] == "Seq Scan"})
    read = round(sum(rows_of(one) for one in scans))
    return f"reads {', '.join(whole)} whole" if whole else f"takes up {read} rows" if read > MOST else ""


def rows_of(scan: dict[str, Any]) -> float:
    """How many rows it took up, those that it threw away again too."""
    return float((scan["Actual Rows"] + scan.get("Rows Removed by Filter", 0)) * scan["Actual Loops"])


CASES = dict(cases())


def is_known(name: str, scope: str) -> bool:
    return any(fnmatch(name, case) and fnmatch(scope, who) for case, who in KNOWN)


@pytest.mark.parametrize("name", CASES)
def test_it_is_read_along_an_index_and_no_further(seller, name):
    found = {scope: fault_of(CASES[name](seeing(seller, scope))) for scope in SCOPES if not is_known(name, scope)}
    assert not {scope: fault for scope, fault in found.items() if fault}


@pytest.mark.parametrize("many", [True, False], ids=["many", "few"])
@pytest.mark.parametrize("code", ["lead", "deal"])
def test_what_stands_too_long_is_found_along_an_index(seller, code, many):
    """Whether that is a third of what is open or next to nothing; the board adds up the heads of these alone."""
    kind = kinds.get(code)
    standing = kind.model.objects.live().filter(closed_at=None).order_by("stage_entered_at")
    since = standing.values_list("stage_entered_at", flat=True)[standing.count() // 3 if many else 20]
    Stage.objects.filter(pipeline__kind=code).update(rots_after=(timezone.now() - since).days)
    shape.changed()
    asked = {"tab": "all", "rotting": "yes"}
    found = {scope: fault_of(rows(kind, seeing(seller, scope), **asked)) for scope in SCOPES}
    if not many:
        found |= {f"{scope} board": fault_of(board(kind, seeing(seller, scope), **asked)) for scope in SCOPES}
    assert not {scope: fault for scope, fault in found.items() if fault}


@pytest.mark.parametrize("operator", ["empty", "filled"])
def test_whether_a_deal_came_from_a_lead_is_asked_of_each_on_the_way(seller, operator):
    """A list of all that did, denied, was gone through again for every deal: five seconds were not enough."""
    asked = {"tab": "all", f"lead.{operator}": "1"}
    with CaptureQueriesContext(connection) as captured:
        rows(kinds.get("deal"), seeing(seller, "all"), **asked)()
    plans = [plan_of(one["sql"]) for one in captured.captured_queries if "deals_conversion" in one["sql"]]
    assert plans
    assert not [node for plan in plans for node in plan if node.get("Subplan Name", "").startswith("SubPlan")]


def test_lines_of_a_file_find_their_phones_one_by_one(seller):
    """R1.31: row by row along an index. A bitmap of both ways to hold a number made a million rows be read instead."""
    imported = Import.objects.create(kind="lead", by=seller, name="a.csv", file="a.csv")
    phones = [[phone] for phone in Lead.objects.exclude(phone="").values_list("phone", flat=True)[:50]]
    ImportLine.objects.bulk_create(
        ImportLine(imported=imported, line=nth, cells=[], state="ready", phones=one)
        for nth, one in enumerate(phones, start=1)
    )
    with CaptureQueriesContext(connection) as captured:
        ImportLine.objects.mark_repeats(imported)
    [asked] = captured.captured_queries
    scans = [one for one in plan_of(asked["sql"]) if one.get("Relation Name") in BIG]
    assert {one["Relation Name"] for one in scans} >= {"leads_lead", "parties_company"}
    assert {one["Node Type"] for one in scans} <= {"Index Scan", "Index Only Scan"}
    assert ImportLine.objects.filter(imported=imported, marks__contains=["known"]).count() == len(phones)


@pytest.mark.parametrize(("case", "who"), KNOWN)
def test_each_exception_is_one_of_something(case, who):
    assert any(fnmatch(name, case) and fnmatch(scope, who) for name in CASES for scope in SCOPES)
