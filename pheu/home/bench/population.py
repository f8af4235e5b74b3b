"""Fills a database with leads, deals and events in a few statements, as `create_rows` would have written them."""

from django.db import connection

from pheu.records.models import Pipeline

# Names repeat as they do in Vietnam: a few family names carry most of a million rows.
WORDS = [
    "nha may", "cong ty", "khu cong nghiep", "nguyen", "tran", "le", "pham", "hoang", "xi mang", "det nhuom", "thep",
    "giay",
]  # fmt: skip

RECORDS = """
insert into records_record (id, kind, number, title, search, digits, owner_id, team_id, department_id, version,
                            created_by_id, created_at, updated_at)
select base.id, %(kind)s, %(prefix)s || '-' || lpad(base.id::text, 8, '0'), words.text || ' ' || base.id,
       ' ' || lower(%(prefix)s) || ' ' || words.text || ' ' || base.id,
       '0903' || lpad((base.id %% 1000000)::text, 6, '0'),
       owners.id, owners.team_id, owners.department_id, 1, owners.id, base.at, base.at
from (
    select %(first)s + n as id, now() - random() * interval '365 days' as at from generate_series(1, %(count)s) n
) base
cross join lateral (
    select (%(words)s::text[])[1 + base.id %% 12] || ' ' || (%(words)s::text[])[1 + (base.id / 12) %% 12] as text
) words
join (
    select row_number() over (order by users.id) - 1 as place, count(*) over () as all_of_them,
           users.id, users.department_id,
           (select team_id from people_team_members members where members.user_id = users.id limit 1) as team_id
    from people_user users
) owners on owners.place = base.id %% owners.all_of_them
"""
ROWS = """
insert into {table} (record_id, owner_id, team_id, department_id, created_by_id, created_at, updated_at, title_key,
                     name, stage_id, stage_entered_at, reason_note, priority, need, expected_amount {columns})
select id, owner_id, team_id, department_id, created_by_id, created_at, updated_at, title::bytea, title,
       (%(stages)s::bigint[])[1 + id %% %(open)s], created_at, '', id %% 4, '', (id %% 900 + 1) * 1000000 {values}
from records_record where kind = %(kind)s
"""
LEAD = (
    ", company_name, person_name, job_title, tax_code, phone, other_phones, email, website, address",
    ", title, '', '', '', '', '{}', '', '', ''",
)
DEAL = (", probability, probability_is_typed", ", 40, false")
EVENTS = """
insert into timeline_event (kind, about_id, subject, by_id, via, at, facts)
select 'record.created', id, '', owner_id, 'import', created_at + n * interval '1 minute',
       jsonb_build_object('number', number)
from records_record, generate_series(1, %(each)s) n where kind in ('lead', 'deal')
"""


def fill(leads: int, deals: int, *, events_each: int = 3) -> None:
    """Make so many leads and deals with `events_each` events a record, spread over all users of the demo company."""
    with connection.cursor() as cursor:
        cursor.execute("select coalesce(max(id), 0) from records_record")
        first = cursor.fetchone()[0]
        for kind, prefix, count, table, (columns, values) in (
            ("lead", "BL", leads, "leads_lead", LEAD),
            ("deal", "BD", deals, "deals_deal", DEAL),
        ):
            stages = [stage.pk for stage in Pipeline.objects.default(kind).stages.all()]
            facts = {
                "words": WORDS,
                "kind": kind,
                "prefix": prefix,
                "first": first,
                "count": count,
                "stages": stages,
                "open": 2 if kind == "lead" else 4,
            }
            cursor.execute(RECORDS, facts)
            cursor.execute(ROWS.format(table=table, columns=columns, values=values) + " and id > %(first)s", facts)
            first += count
        cursor.execute("select setval(pg_get_serial_sequence('records_record', 'id'), %s)", [first])
        cursor.execute(EVENTS, {"each": events_each})
        cursor.execute("vacuum analyze") if not connection.in_atomic_block else None
