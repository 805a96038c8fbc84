from django.db import migrations, models

from tests.tenancy.later import LAST


class Migration(migrations.Migration):
    """Long enough that a test can cut it off in the middle."""

    dependencies = [("kernel", LAST)]
    operations = [
        migrations.AddField("savedview", "slow", models.IntegerField(null=True)),
        migrations.RunSQL("DO 'BEGIN PERFORM pg_sleep(0.4); END'"),
    ]
