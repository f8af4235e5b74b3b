from django.apps.registry import Apps
from django.db import migrations

from pheu.activities.seeds import plant


def plant_seeds(apps: Apps, _schema_editor: object) -> None:
    plant(apps)


class Migration(migrations.Migration):
    dependencies = [("activities", "0001_initial")]
    operations = [migrations.RunPython(plant_seeds, migrations.RunPython.noop)]
