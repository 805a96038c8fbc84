from django.db import models


class OutboxMessage(models.Model):
    """Something that must happen outside the database after its transaction has committed.

    ``key`` makes the message unique, so emitting twice delivers once. A row is claimed by moving
    ``available_at`` into the future, so a worker that dies gives it back by itself.
    """

    topic = models.CharField(max_length=60)
    key = models.CharField(max_length=120)
    payload = models.JSONField(default=dict)
    created_at = models.DateTimeField()
    available_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    delivered_at = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["topic", "key"], name="outbox_topic_key_uq"),
        ]
        indexes = [
            models.Index(
                fields=["available_at"],
                condition=models.Q(delivered_at__isnull=True),
                name="outbox_due_idx",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.topic} {self.key}"
