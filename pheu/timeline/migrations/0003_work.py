from django.db import migrations

from pheu.records.writing import IS_WORK

FUNCTION = """
create function pheu_note_work() returns trigger language plpgsql as $$
declare
    ids bigint[];
    moments timestamptz[];
begin
    select array_agg(about_id), array_agg(last) into ids, moments
    from (select about_id, max(at) as last from told where IS_WORK group by about_id) as work;
    if ids is not null then
        execute format(
            'update %I as done set worked_at = work.last from unnest($1, $2) as work(id, last)'
            ' where done.record_id = work.id', tg_argv[0]
        ) using ids, moments;
    end if;
    return null;
end $$
"""


class Migration(migrations.Migration):
    dependencies = [("timeline", "0002_append_only")]
    operations = [migrations.RunSQL([FUNCTION.replace("IS_WORK", IS_WORK)], "drop function pheu_note_work()")]
