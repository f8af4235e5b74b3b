from django.conf import settings
from django.db import migrations, models

from pheu.records.writing import note_work_in


class Migration(migrations.Migration):
    dependencies = [
        ("timeline", "0003_work"),
        ("leads", "0002_seeds"),
        ("parties", "0003_calling"),
        ("people", "0002_seeds"),
        ("records", "0008_keys"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="lead",
            name="worked_at",
            field=models.DateTimeField(editable=False, null=True, verbose_name="Last worked on"),
        ),
        migrations.AddIndex(
            model_name="lead",
            index=models.Index(
                condition=models.Q(("is_live", True)), fields=["owner", "worked_at", "record"], name="lead_owner_worked"
            ),
        ),
        migrations.AddIndex(
            model_name="lead",
            index=models.Index(
                condition=models.Q(("is_live", True), ("owner", None)),
                fields=["team", "worked_at", "record"],
                name="lead_team_worked",
            ),
        ),
        migrations.AddIndex(
            model_name="lead",
            index=models.Index(
                condition=models.Q(("is_live", True), ("owner", None), ("team", None)),
                fields=["department", "worked_at", "record"],
                name="lead_department_worked",
            ),
        ),
        note_work_in("leads_lead"),
    ]
