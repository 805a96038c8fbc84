from django.db import models


class DocumentCounter(models.Model):
    """The last number given for one kind of document, store and period; locked while giving.

    Under a pattern of a group's own the period holds the whole of the number's stem.
    """

    kind = models.CharField(max_length=30)
    store_code = models.CharField(max_length=8)
    period = models.CharField(max_length=30)
    last_value = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "store_code", "period"], name="document_counter_uq"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.store_code} {self.period}: {self.last_value}"


class IdempotencyKey(models.Model):
    """The answer once given to a POST with this key, so that a repeat gets it again."""

    actor_id = models.BigIntegerField()
    key = models.CharField(max_length=100)
    fingerprint = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True)
    body = models.JSONField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["actor_id", "key"], name="idempotency_key_uq"),
        ]
        indexes = [models.Index(fields=["created_at"], name="idempotency_created_idx")]

    def __str__(self) -> str:
        return self.key
