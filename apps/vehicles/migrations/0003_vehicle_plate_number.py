from django.db import migrations, models


class Migration(migrations.Migration):
    """Number plates, by which customers' vehicles are found."""

    dependencies = [("vehicles", "0002_unit_follows_movement")]

    operations = [
        migrations.AddField(
            model_name="vehicle",
            name="plate_number",
            field=models.CharField(
                blank=True, db_default="", default="", max_length=8, verbose_name="Number plate"
            ),
        ),
        migrations.AddConstraint(
            model_name="vehicle",
            constraint=models.CheckConstraint(
                condition=models.Q(plate_number__regex="^$|^[京津冀晋蒙辽吉黑沪苏浙皖闽赣鲁豫鄂湘粤桂琼渝川贵云藏陕甘青宁新使][A-Z0-9]{5,7}[A-Z0-9挂学警港澳领]?$"),
                name="vehicle_plate_ck",
            ),
        ),
    ]
