from django.db import models


class AuditEntry(models.Model):
    """One thing that happened. Append-only: the runtime role has no UPDATE or DELETE here."""

    append_only = True

    happened_at = models.DateTimeField()
    actor_id = models.BigIntegerField(null=True)
    actor_name = models.CharField(max_length=150)
    address = models.GenericIPAddressField(null=True)
    device = models.CharField(max_length=200, blank=True)
    channel = models.CharField(max_length=20)
    store_id = models.BigIntegerField(null=True)
    action = models.CharField(max_length=40)
    subject_kind = models.CharField(max_length=80)
    subject_id = models.CharField(max_length=40)
    subject_label = models.CharField(max_length=200)
    changes = models.JSONField(default=dict)

    class Meta:
        indexes = [
            models.Index(fields=["subject_kind", "subject_id", "-id"], name="audit_subject_idx"),
            models.Index(fields=["happened_at"], name="audit_happened_idx"),
        ]

    def __str__(self) -> str:
        return f"{self.happened_at:%F %T} {self.actor_name} {self.action} {self.subject_label}"
