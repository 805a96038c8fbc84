from django.db import migrations


class Migration(migrations.Migration):
    """A stock unit's store and state are those of its last movement, or the database refuses."""

    dependencies = [("vehicles", "0001_initial")]

    operations = [
        migrations.RunSQL(
            sql=[
                """
                ALTER TABLE vehicles_stockunit
                ADD CONSTRAINT unit_follows_movement_fk
                FOREIGN KEY (id, last_movement_id, store_id, state)
                REFERENCES vehicles_stockmovement (unit_id, id, store_id, state)
                DEFERRABLE INITIALLY IMMEDIATE
                """,
            ],
            reverse_sql=[
                "ALTER TABLE vehicles_stockunit DROP CONSTRAINT unit_follows_movement_fk",
            ],
        ),
    ]
