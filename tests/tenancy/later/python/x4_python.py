from django.db import migrations

from tests.tenancy.later import LAST


def change(apps: object, schema_editor: object) -> None:
    apps.get_model("kernel", "SavedView").objects.update(name="")


class Migration(migrations.Migration):
    dependencies = [("kernel", LAST)]
    operations = [
        migrations.SeparateDatabaseAndState(database_operations=[migrations.RunPython(change)])
    ]
