from django.db import models


class MeasureDelta(models.Model):
    """One change of a measured quantity, written in the transaction of its document.

    Busy stores append here and never queue behind one another; the rows are folded into
    :class:`MeasureTotal` in the background. A figure is the sum over both tables.
    """

    measure = models.CharField(max_length=40)
    store_id = models.BigIntegerField()
    date = models.DateField()
    quantity = models.BigIntegerField(default=0)
    amount = models.DecimalField(max_digits=16, decimal_places=2, default=0)

    class Meta:
        indexes = [models.Index(fields=["measure", "store_id", "date"], name="measure_delta_idx")]

    def __str__(self) -> str:
        return f"{self.measure} {self.store_id} {self.date}"


class MeasureTotal(models.Model):
    """The folded sum of a measure for one store: of a day, of a month (under its first day), and of
    all days (under the first day there is)."""

    class Grain(models.TextChoices):
        DAY = "D"
        MONTH = "M"
        ALL = "A"

    grain = models.CharField(max_length=1, choices=Grain)
    measure = models.CharField(max_length=40)
    store_id = models.BigIntegerField()
    date = models.DateField()
    quantity = models.BigIntegerField(default=0)
    amount = models.DecimalField(max_digits=16, decimal_places=2, default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["grain", "measure", "date", "store_id"], name="measure_total_uq"
            ),
            models.CheckConstraint(
                condition=models.Q(grain__in=["D", "M", "A"]), name="measure_total_grain_ck"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.measure} {self.store_id} {self.grain} {self.date}"
