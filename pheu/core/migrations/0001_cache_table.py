"""The table of the shared cache (rate limits, counts): UNLOGGED, because losing it in a crash costs nothing."""

from django.db import migrations


class Migration(migrations.Migration):
    initial = True
    dependencies: list[tuple[str, str]] = []
    operations = [
        migrations.RunSQL(
            """
            create unlogged table core_cache (
                cache_key varchar(255) primary key,
                value text not null,
                expires timestamptz not null
            );
            create index core_cache_expires on core_cache (expires);
            """,
            "drop table core_cache",
        ),
    ]
