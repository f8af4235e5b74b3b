from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("records", "0006_saved_views")]

    operations = [
        migrations.AlterField(
            model_name="savedview",
            name="sort",
            field=models.CharField(blank=True, max_length=300),
        ),
    ]
