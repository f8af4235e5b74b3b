from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("parties", "0003_calling"),
        ("people", "0002_seeds"),
        ("records", "0008_keys"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="company",
            name="province",
            field=models.CharField(blank=True, max_length=2, verbose_name="Province"),
        ),
        migrations.AddField(
            model_name="company",
            name="ward",
            field=models.CharField(blank=True, max_length=5, verbose_name="Ward"),
        ),
        migrations.AddField(
            model_name="contact",
            name="province",
            field=models.CharField(blank=True, max_length=2, verbose_name="Province"),
        ),
        migrations.AddField(
            model_name="contact",
            name="ward",
            field=models.CharField(blank=True, max_length=5, verbose_name="Ward"),
        ),
        migrations.AddField(
            model_name="prospect",
            name="province",
            field=models.CharField(blank=True, max_length=2, verbose_name="Province"),
        ),
        migrations.AddField(
            model_name="prospect",
            name="ward",
            field=models.CharField(blank=True, max_length=5, verbose_name="Ward"),
        ),
        migrations.AddIndex(
            model_name="company",
            index=models.Index(
                condition=models.Q(("is_live", True)),
                fields=["province", "updated_at", "record"],
                name="company_by_province",
            ),
        ),
        migrations.AddIndex(
            model_name="contact",
            index=models.Index(
                condition=models.Q(("is_live", True)),
                fields=["province", "updated_at", "record"],
                name="contact_by_province",
            ),
        ),
        migrations.AddIndex(
            model_name="prospect",
            index=models.Index(
                condition=models.Q(("is_live", True)),
                fields=["province", "updated_at", "record"],
                name="prospect_by_province",
            ),
        ),
    ]
