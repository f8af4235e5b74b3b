"""What SQL asks of Records and of the journal by name."""

from django.db import migrations

# Whose past belongs to a record: itself, what it continues, what was merged into any of these, and what was undone
# (its past goes back to what it had continued). `union` ends every circle.
PAST = """
create function pheu_past(start bigint) returns bigint[] language sql stable parallel safe as $$
    with recursive past (id) as (
        select start
        union
        select near.id from past cross join lateral (
            select continues_id as id from records_record where id = past.id and continues_id is not null
            union all
            select id from records_record where merged_into_id = past.id
            union all
            select id from records_record where continues_id = past.id and state = 'undone'
        ) near
    )
    select array_agg(id) from past
$$
"""
# The same read from its other end: the records on whose pages the past of this one can be read.
FUTURE = """
create function pheu_future(start bigint) returns bigint[] language sql stable parallel safe as $$
    with recursive future (id) as (
        select start
        union
        select near.id from future cross join lateral (
            select id from records_record where continues_id = future.id
            union all
            select merged_into_id from records_record where id = future.id and merged_into_id is not null
            union all
            select continues_id from records_record
            where id = future.id and state = 'undone' and continues_id is not null
        ) near
    )
    select array_agg(id) from future
$$
"""
# The part of one JSON object that another says differently: what the journal keeps of a changed row.
OTHER = """
create function pheu_other(one jsonb, than jsonb) returns jsonb language sql immutable parallel safe as $$
    select coalesce(jsonb_object_agg(key, value), '{}') from jsonb_each(one) where value is distinct from than -> key
$$
"""


class Migration(migrations.Migration):
    dependencies = [("records", "0003_plan_joins_as_written")]
    operations = [
        migrations.RunSQL([PAST], "drop function pheu_past(bigint)"),
        migrations.RunSQL([FUTURE], "drop function pheu_future(bigint)"),
        migrations.RunSQL([OTHER], "drop function pheu_other(jsonb, jsonb)"),
    ]
