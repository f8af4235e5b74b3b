from django.db import migrations

# What happened cannot be changed or taken away, whoever writes. Erasing a person by law, and the demo that tells its
# acts as if they had happened over months, say so for their transaction: `set local pheu.rewrites_history = on`.
FUNCTION = """
create function pheu_append_only() returns trigger language plpgsql as $$
begin
    if coalesce(current_setting('pheu.rewrites_history', true), '') = 'on' then
        return case when tg_op = 'DELETE' then old else new end;
    end if;
    raise exception 'timeline_event is append-only' using errcode = 'integrity_constraint_violation';
end $$
"""
TRIGGER = """
create trigger append_only before update or delete on timeline_event
for each row execute function pheu_append_only()
"""


class Migration(migrations.Migration):
    dependencies = [("timeline", "0001_initial")]
    operations = [
        migrations.RunSQL([FUNCTION], "drop function pheu_append_only()"),
        migrations.RunSQL([TRIGGER], "drop trigger append_only on timeline_event"),
    ]
