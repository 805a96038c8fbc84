from django.db import migrations, models

from tests.tenancy.later import LAST


class Migration(migrations.Migration):
    """Fits every group but one that has two views of the same name."""

    dependencies = [("kernel", LAST)]
    operations = [
        migrations.AddField("savedview", "before", models.IntegerField(null=True)),
        migrations.AddConstraint(
            "savedview", models.UniqueConstraint(fields=["name"], name="saved_view_broken_uq")
        ),
    ]
