from django.db import models


class SavedView(models.Model):
    """A list's filters, sorting and columns under a name, for one person or shared by her."""

    owner_id = models.BigIntegerField()
    list_name = models.CharField(max_length=60)
    name = models.CharField(max_length=60)
    query = models.JSONField(default=dict)
    is_shared = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["list_name", "owner_id", "name"], name="saved_view_name_uq"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Preference(models.Model):
    """A small thing a person chose for herself: columns of a list, a dismissed hint."""

    owner_id = models.BigIntegerField()
    key = models.CharField(max_length=80)
    value = models.JSONField(default=dict)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["owner_id", "key"], name="preference_uq")]

    def __str__(self) -> str:
        return self.key


class SampleRow(models.Model):
    """A row that came with the sample data, so that one click can take it out again."""

    model = models.CharField(max_length=80)
    row_id = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["model", "row_id"], name="sample_row_uq")]

    def __str__(self) -> str:
        return f"{self.model} {self.row_id}"
