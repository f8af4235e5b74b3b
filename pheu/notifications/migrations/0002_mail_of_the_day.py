from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("notifications", "0001_initial")]

    operations = [
        migrations.AddField("choice", "mailed", models.JSONField(default=list)),
        migrations.AddField("choice", "language", models.CharField(default="vi", max_length=10)),
        migrations.AddField("choice", "mailed_on", models.DateField(null=True)),
        migrations.AddField("notification", "rings", models.BooleanField(default=True)),
        migrations.AddField("notification", "mailed_at", models.DateTimeField(null=True)),
    ]
