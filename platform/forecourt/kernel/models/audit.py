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
            # The log is read by one of these, the newest first, also where it has few entries.
            models.Index(fields=["actor_id", "happened_at"], name="audit_actor_idx"),
            models.Index(fields=["store_id", "happened_at"], name="audit_store_idx"),
            models.Index(fields=["action", "happened_at"], name="audit_action_idx"),
            models.Index(
                fields=["subject_label"], opclasses=["text_pattern_ops"], name="audit_label_idx"
            ),
            models.Index(
                fields=["address", "happened_at"],
                condition=models.Q(address__isnull=False),
                name="audit_address_idx",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.happened_at:%F %T} {self.actor_name} {self.action} {self.subject_label}"


class AuditSeal(models.Model):
    """A link of the chain that seals the log (:mod:`forecourt.kernel.seals`). Append-only too.

    Its number is its place in the chain, so the primary key refuses two links at one place, and an
    entry is in one seal only, so ``last_id`` is unique. A link without entries says only that what
    was seen has settled.
    """

    append_only = True

    number = models.PositiveBigIntegerField(primary_key=True)
    first_id = models.BigIntegerField(null=True)
    last_id = models.BigIntegerField(null=True)
    ranges = models.JSONField()
    """``[[first, last], …]``: exactly the entries that it seals, for their ids have holes."""
    entry_count = models.PositiveIntegerField()
    prints = models.BinaryField()
    """The first 8 bytes of each entry's hash, in order of ids: they say which entry is broken."""
    root = models.CharField(max_length=64)
    previous_hash = models.CharField(max_length=64)
    seen_id = models.BigIntegerField()
    """Every entry up to this id that could be seen then is in this seal or an earlier one."""
    snapshot_xmax = models.BigIntegerField()
    """Transactions below this number had begun then; once all of them have ended, nothing more can
    come up to ``seen_id``."""
    settled_id = models.BigIntegerField()
    """Up to this id nothing could come any more when this seal was made: all is sealed for good."""
    sealed_at = models.DateTimeField()
    hash = models.CharField(max_length=64)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["last_id"], name="audit_seal_last_uq"),
            models.CheckConstraint(
                condition=models.Q(entry_count__gt=0, first_id__lte=models.F("last_id"))
                | models.Q(entry_count=0, first_id__isnull=True, last_id__isnull=True),
                name="audit_seal_entries_ck",
            ),
        ]

    def __str__(self) -> str:
        return f"Seal {self.number}"
