"""`pheu_fold(text)`: the fold of `pheu.core.vietnamese.text`, inside the database."""

from django.db import migrations

from pheu.core.vietnamese.text import FOLD_SQL


class Migration(migrations.Migration):
    dependencies = [("core", "0001_cache_table")]
    operations = [migrations.RunSQL([FOLD_SQL], "drop function pheu_fold(text)")]
