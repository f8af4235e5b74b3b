from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("core", "0004_job_failure")]

    operations = [
        migrations.CreateModel(
            name="Shape",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("stamp", models.CharField(max_length=32)),
            ],
        ),
    ]
