"""How PostgreSQL answers at some size: which indexes, how many rows; never how long (quality.md 1)."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext

from pheu.conftest import Cast, Making, make_cast
from pheu.deals.conversion import same_email
from pheu.leads.models import Lead
from pheu.people.models import User
from pheu.records import kinds
from pheu.records.boards import Board
from pheu.records.lists import PAGE, Listing
from pheu.records.models import Pipeline, Record
from pheu.records.search import search_q
from pheu.timeline.reading import events_of

pytestmark = [pytest.mark.django_db, pytest.mark.one_worker]  # each test rolls back to what `cast` made
MANY, PEOPLE, TEAMS = 20_000, 200, 20
BIG = {"records_record", "leads_lead", "timeline_event"}

# A million would be alike: one lead in 200 is each seller's, one in 20 each team's; the newest are anybody's.
SQL = """
insert into people_team (name, serves_quotes, serves_deals, serves_leads, alias, alias_makes, is_active)
  select 'Đội ' || n, false, true, true, '', 'deal', true from generate_series(1, {teams}) n;
create temporary table sellers on commit drop as
  select id, row_number() over (order by id) - 1 as nth from people_user where email like 'ban%';
create temporary table squads on commit drop as
  select id, row_number() over (order by id) - 1 as nth from people_team where name like 'Đội %';
create temporary table made on commit drop as
  select nextval(pg_get_serial_sequence('records_record', 'id')) as id, n, sellers.id as owner_id, squads.id as team_id,
         now() - (hashint4(n) & 1048575) * interval '1 minute' as at,
         'Công ty số ' || n as title,
         ' cong ty so ' || n || case when n % 4000 = 0 then ' thuy dien' else '' end as search
  from generate_series(1, {many}) n
  join sellers on sellers.nth = n % {people} join squads on squads.nth = n % {teams};
insert into records_record (id, kind, number, title, search, digits, owner_id, team_id, created_by_id, created_at,
                            updated_at, version, state)
  select id, 'lead', 'XX-' || n, title, search, '0903' || lpad(n::text, 6, '0'), owner_id, team_id, owner_id, at, at, 1,
         'live'
  from made;
insert into leads_lead (record_id, owner_id, team_id, created_by_id, created_at, updated_at, title_key, name, stage_id,
    stage_entered_at, reason_note, priority, need, phone, other_phones, email, website, address, province, ward,
    company_name, person_name, job_title, tax_code, short_name, country, industry, origin, is_live, own)
  select id, owner_id, team_id, owner_id, at, at, ''::bytea, title, {stage}, at, '', 0, '', '', '{{}}', '', '', '', '',
         '', '', '', '', '', '', '', '', '', true, '{{}}'
  from made;
insert into records_operation (act, via, at) values ('bench', 'import', now());
insert into timeline_event (kind, about_id, subject, author, outsider, via, at, facts, operation_id)
  select 'note.added', id, '', 'system', '', 'page', at + k * interval '1 minute', '{{}}',
         (select max(id) from records_operation)
  from made, generate_series(1, 3) k;
analyze records_record; analyze leads_lead; analyze timeline_event; analyze people_user; analyze records_follower
"""


@pytest.fixture(scope="module")
def cast(rows_for_all: Making) -> Cast:
    return rows_for_all(cast_among_many)


def cast_among_many() -> Cast:
    """The cast among many sellers and leads."""
    people = make_cast()
    role, team = people.an.role, people.an.teams.get()
    team.name = "Đội 0"
    team.save()
    User.objects.bulk_create(
        [User(email=f"ban{n}@quantrac.example", full_name=f"Bán {n}", role=role) for n in range(PEOPLE - 1)]
    )
    User.objects.filter(pk=people.an.pk).update(email="ban@quantrac.example")
    stage = Pipeline.objects.default("lead").first_stage
    with connection.cursor() as cursor:
        cursor.execute(SQL.format(many=MANY, people=PEOPLE, teams=TEAMS - 1, stage=stage.pk))
    return people


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for below in plan.get("Plans", ()):
        yield from nodes(below)


def plan_of(sql: str) -> list[dict[str, Any]]:
    """Every node of the plan by which `sql` was really run."""
    with connection.cursor() as cursor:
        cursor.execute(f"explain (analyze, timing off, format json) {sql}")
        [(told,)] = cursor.fetchall()
    return list(nodes((json.loads(told) if isinstance(told, str) else told)[0]["Plan"]))


def seen_by(user: User, scope: str) -> User:
    """The person with that scope of seeing leads."""
    user = User.objects.with_rights().get(pk=user.pk)
    user.role.grants["lead"] = {**user.role.grants["work"], "view": scope}
    return user


def statements_of(act: Any) -> list[str]:
    """What `act` asks the big tables."""
    with CaptureQueriesContext(connection) as statements:
        act()
    return [one["sql"] for one in statements.captured_queries if any(f'FROM "{table}"' in one["sql"] for table in BIG)]


def rows_read(plan: list[dict[str, Any]]) -> int:
    """Rows that scans of the big tables took up, those thrown away again too."""
    return sum(
        (one["Actual Rows"] + one.get("Rows Removed by Filter", 0)) * one["Actual Loops"]
        for one in plan
        if one.get("Relation Name") in BIG
    )


def indexes(plans: list[list[dict[str, Any]]]) -> set[str]:
    return {one["Index Name"] for plan in plans for one in plan if "Index Name" in one}


def reads_a_big_table_whole(plans: list[list[dict[str, Any]]]) -> bool:
    return any(
        one["Node Type"] == "Seq Scan" and one["Relation Name"] in BIG
        for plan in plans
        for one in plan
        if "Relation Name" in one
    )


LEAD = "lead"
SCOPES = ["own", "team", "department", "all"]


def plans(listing: Listing) -> list[list[dict[str, Any]]]:
    return [plan_of(sql) for sql in statements_of(lambda: listing.rows)]


@pytest.mark.parametrize("scope", SCOPES)
@pytest.mark.parametrize("who", ["an", "binh", "dung"])
def test_a_list_is_read_along_the_index_of_its_order_and_no_further(cast, who, scope):
    """`an` sells, `binh` leads and has nothing of his own, `dung` sees nothing but by the scope «all»."""
    listing = Listing(kinds.get(LEAD), seen_by(getattr(cast, who), scope), QueryDict("tab=all"))
    found = plans(listing)
    assert not reads_a_big_table_whole(found)
    assert sum(rows_read(plan) for plan in found) < 15 * PAGE
    assert ("lead_newest" if scope == "all" else "lead_owner_newest") in indexes(found)
    if scope == "team" and who != "dung":
        assert "lead_team_newest" in indexes(found)


@pytest.mark.parametrize("scope", SCOPES)
def test_a_later_page_starts_at_its_edge(cast, scope):
    """The edge is compared as a row, so nothing before it is read."""
    user, kind = seen_by(cast.an, scope), kinds.get(LEAD)
    address, pages = "tab=all", 0
    while address and pages < 4:
        listing = Listing(kind, user, QueryDict(address))
        found = plans(listing)
        address, pages = listing.next_url.removeprefix("?"), pages + 1
    assert pages > 1
    assert sum(rows_read(plan) for plan in found) < 15 * PAGE
    assert not reads_a_big_table_whole(found)
    first_halves = [
        one.get("Index Cond", "") for plan in found for one in plan if "newest" in one.get("Index Name", "")
    ]
    assert first_halves or scope == "own"  # so few rows that any index of the owner will do
    assert all("ROW(updated_at, record_id) <" in one for one in first_halves)


def test_taken_apart_a_scope_holds_the_same_rows(cast):
    for scope in SCOPES:
        user = seen_by(cast.an, scope)
        rows = kinds.get(LEAD).model.objects
        ways = {pk for way in rows.ways_to_see(user) for pk in way.values_list("pk", flat=True)}
        assert ways == set(rows.visible_to(user).values_list("pk", flat=True))
        assert ways


@pytest.mark.parametrize("scope", SCOPES)
def test_cards_of_a_board_are_read_along_an_index(cast, scope):
    board = Board(kinds.get(LEAD), seen_by(cast.an, scope), QueryDict("tab=all"))
    columns = [board.head(str(stage.pk)) for stage in board.pipeline.stages.all()]
    found = [plan_of(sql) for sql in statements_of(lambda: board._cards(columns))]
    assert not reads_a_big_table_whole(found)


@pytest.mark.parametrize(
    ("text", "index"),
    [("thuy dien", "record_search"), ("Thủy điện", "record_search"), ("0903 004 000", "record_digits")],
)
@pytest.mark.parametrize("who", ["an", "dung"])
def test_a_search_can_be_answered_by_the_trigrams(cast, who, text, index):
    """Other ways are closed: which one is taken at this size hangs on the sample that PostgreSQL drew."""
    with connection.cursor() as cursor:
        cursor.execute("set local enable_seqscan = off; set local enable_indexscan = off")
    found = [plan_of(sql) for sql in statements_of(lambda: list(everything(getattr(cast, who), text)))]
    assert index in indexes(found)
    assert sum(rows_read(plan) for plan in found) < 500


def everything(user: User, text: str) -> Any:
    rows = Record.objects.visible_to(user).filter(state=Record.State.LIVE).filter(search_q(text))
    return rows.select_related("owner").order_by("-updated_at", "-id")[:50]


def test_a_timeline_is_read_newest_first_by_its_own_index(cast):
    record = Record.objects.order_by("-pk")[0]
    found = [plan_of(sql) for sql in statements_of(lambda: list(events_of(record.past_ids)[:31]))]
    assert "event_about_newest" in indexes(found)
    assert not reads_a_big_table_whole(found)


@pytest.mark.parametrize("scope", SCOPES)
def test_who_has_the_same_email_is_found_by_its_index(cast, scope):
    """However it is written; asked for every conversion."""
    user = seen_by(cast.an, scope)
    lead = Lead(email="Lan@CongTy.example")
    found = [plan_of(sql) for sql in statements_of(lambda: same_email(lead, to=user))]
    assert "lead_email" in indexes(found)
    assert not reads_a_big_table_whole(found)
