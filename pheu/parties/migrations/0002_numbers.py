from django.db import migrations

from pheu.records.writing import number_sequence


class Migration(migrations.Migration):
    dependencies = [("parties", "0001_initial")]
    operations = [number_sequence(kind) for kind in ("prospect", "company", "contact")]
