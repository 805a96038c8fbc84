from django.db import migrations, models

from tests.tenancy.later import LAST


class Migration(migrations.Migration):
    dependencies = [("kernel", LAST)]
    operations = [
        migrations.AddField(
            "savedview", "note", models.CharField(max_length=50, db_default="100 % ''new''")
        ),
    ]
