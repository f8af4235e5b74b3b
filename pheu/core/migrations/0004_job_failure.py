"""What failed jobs said, and an index for the page that shows them: most jobs went well and are kept for a week."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("core", "0003_form_token"),
        ("procrastinate", "0041_post_retry_failed_job"),
    ]

    operations = [
        migrations.CreateModel(
            name="JobFailure",
            fields=[
                (
                    "job",
                    models.BigIntegerField(help_text="id in the queue's own table", primary_key=True, serialize=False),
                ),
                ("words", models.CharField(max_length=500)),
                ("at", models.DateTimeField(auto_now=True)),
            ],
        ),
        migrations.RunSQL(
            "create index core_parked_jobs on procrastinate_jobs (id) where status = 'failed'",
            "drop index core_parked_jobs",
        ),
    ]
