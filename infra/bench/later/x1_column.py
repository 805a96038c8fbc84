from django.db import migrations, models

from infra.bench.later import LAST


class Migration(migrations.Migration):
    dependencies = [("kernel", LAST)]
    operations = [
        migrations.AddField("savedview", "bench_column", models.IntegerField(null=True)),
    ]
