import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("people", "0001_initial"),
        ("records", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="PoolWarning",
            fields=[
                (
                    "record",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="records.record",
                    ),
                ),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
        ),
        migrations.CreateModel(
            name="HandOutRule",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(max_length=20)),
                ("name", models.CharField(max_length=100, verbose_name="Name")),
                ("condition", models.JSONField(blank=True, default=dict, verbose_name="Condition")),
                (
                    "way",
                    models.CharField(
                        choices=[
                            ("turns", "By turns"),
                            ("least", "To whoever has the least in hand"),
                            ("team", "To the team: whoever takes it first"),
                        ],
                        default="turns",
                        max_length=10,
                        verbose_name="Way",
                    ),
                ),
                ("on_new", models.BooleanField(default=True, verbose_name="On new records")),
                ("is_active", models.BooleanField(default=True, verbose_name="active")),
                ("position", models.PositiveSmallIntegerField(default=0)),
                (
                    "last",
                    models.ForeignKey(
                        db_index=False,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "people",
                    models.ManyToManyField(
                        blank=True, related_name="+", to=settings.AUTH_USER_MODEL, verbose_name="People"
                    ),
                ),
                (
                    "team",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="people.team",
                        verbose_name="Sales team",
                    ),
                ),
            ],
            options={"ordering": ["position", "pk"]},
        ),
        migrations.CreateModel(
            name="Patience",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("days", models.PositiveSmallIntegerField(default=14, verbose_name="Days without a touch")),
                ("warn_days", models.PositiveSmallIntegerField(default=2, verbose_name="Told so many days before")),
                ("is_active", models.BooleanField(default=True, verbose_name="active")),
                (
                    "pipeline",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="records.pipeline",
                        verbose_name="Pipeline",
                    ),
                ),
            ],
            options={"ordering": ["pipeline__kind", "pipeline__position", "pk"]},
        ),
    ]
