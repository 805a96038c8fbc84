from django.db import models


class DataKey(models.Model):
    """A key that this group's secrets are encrypted with, itself wrapped by the master key."""

    number = models.PositiveSmallIntegerField()
    wrapped = models.TextField()
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["number"], name="data_key_number_uq")]

    def __str__(self) -> str:
        return f"Data key {self.number}"
