import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("automation", "0002_calling"),
        ("records", "0008_keys"),
    ]

    operations = [
        migrations.AlterField(
            model_name="patience",
            name="pipeline",
            field=models.OneToOneField(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="records.pipeline",
                verbose_name="Pipeline",
            ),
        ),
        migrations.AddConstraint(
            model_name="patience",
            constraint=models.UniqueConstraint(fields=("pipeline",), name="patience_once", nulls_distinct=False),
        ),
    ]
