from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("leads", "0003_calling"),
        ("parties", "0003_calling"),
        ("people", "0002_seeds"),
        ("records", "0008_keys"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="lead",
            name="province",
            field=models.CharField(blank=True, max_length=2, verbose_name="Province"),
        ),
        migrations.AddField(
            model_name="lead",
            name="ward",
            field=models.CharField(blank=True, max_length=5, verbose_name="Ward"),
        ),
        migrations.AddIndex(
            model_name="lead",
            index=models.Index(
                condition=models.Q(("is_live", True)),
                fields=["province", "updated_at", "record"],
                name="lead_by_province",
            ),
        ),
    ]
