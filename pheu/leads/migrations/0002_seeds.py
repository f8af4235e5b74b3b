from django.apps.registry import Apps
from django.db import migrations

from pheu.leads.seeds import plant
from pheu.records.writing import number_sequence


def plant_seeds(apps: Apps, _schema_editor: object) -> None:
    plant(apps)


class Migration(migrations.Migration):
    dependencies = [("leads", "0001_initial"), ("parties", "0001_initial")]
    operations = [number_sequence("lead"), migrations.RunPython(plant_seeds, migrations.RunPython.noop)]
