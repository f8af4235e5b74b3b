from django.db import migrations, models

# What an ISO day or moment with its offset says depends on no setting, which PostgreSQL cannot know of a cast.
DAY = """
create function pheu_day(told text) returns date language sql immutable parallel safe as $$
    select make_date(substr(told, 1, 4)::int, substr(told, 6, 2)::int, substr(told, 9, 2)::int)
$$
"""
MOMENT = """
create function pheu_moment(told text) returns timestamptz language sql immutable parallel safe as $$
    select told::timestamptz
$$
"""


class Migration(migrations.Migration):
    dependencies = [
        ("records", "0004_functions"),
    ]

    operations = [
        migrations.RunSQL([DAY], "drop function pheu_day(text)"),
        migrations.RunSQL([MOMENT], "drop function pheu_moment(text)"),
        migrations.CreateModel(
            name="FieldGroup",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(max_length=20)),
                ("label", models.CharField(max_length=100, verbose_name="name")),
                ("shown_when", models.JSONField(blank=True, null=True, verbose_name="only shown when")),
                ("position", models.PositiveSmallIntegerField(default=0)),
            ],
            options={
                "ordering": ["kind", "position", "pk"],
            },
        ),
        migrations.CreateModel(
            name="Layout",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(max_length=20, unique=True)),
                ("groups", models.JSONField(default=list)),
            ],
        ),
        migrations.CreateModel(
            name="CustomField",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(max_length=20, verbose_name="record type")),
                ("key", models.CharField(max_length=60)),
                ("type", models.CharField(max_length=20, verbose_name="data type")),
                ("label", models.CharField(max_length=100, verbose_name="name")),
                ("hint", models.CharField(blank=True, max_length=300, verbose_name="hint")),
                ("group", models.CharField(max_length=60, verbose_name="group")),
                ("is_required", models.BooleanField(default=False, verbose_name="required")),
                ("is_unique", models.BooleanField(default=False, verbose_name="no two alike")),
                ("is_needed", models.BooleanField(default=False, verbose_name="needed before the conversion")),
                ("is_filterable", models.BooleanField(default=False, verbose_name="filter and sort by it")),
                ("in_list", models.BooleanField(default=False, verbose_name="column in lists")),
                ("on_card", models.BooleanField(default=False, verbose_name="on cards of the board")),
                ("is_active", models.BooleanField(default=True, verbose_name="in use")),
                ("default", models.JSONField(blank=True, null=True, verbose_name="begins with")),
                ("settings", models.JSONField(blank=True, default=dict, verbose_name="details")),
                ("shown_when", models.JSONField(blank=True, null=True, verbose_name="only shown when")),
                ("rights", models.JSONField(blank=True, default=list, verbose_name="rights")),
                ("comes_from", models.CharField(blank=True, max_length=60, verbose_name="taken over from the lead's")),
                ("position", models.PositiveSmallIntegerField(default=0)),
            ],
            options={
                "ordering": ["kind", "position", "pk"],
                "constraints": [models.UniqueConstraint(fields=("kind", "key"), name="custom_field_key_once")],
            },
        ),
    ]
