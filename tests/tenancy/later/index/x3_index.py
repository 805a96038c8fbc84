from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models

from tests.tenancy.later import LAST


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("kernel", LAST)]
    operations = [
        AddIndexConcurrently("savedview", models.Index(fields=["name"], name="saved_view_name_idx"))
    ]
