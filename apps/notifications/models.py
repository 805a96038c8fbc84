"""What people were told in the application."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _


class Notification(models.Model):
    """One notification in one person's bell.

    It keeps what the event said (``values``), not the words: those are made for the reader, in the
    language that she reads. ``recipient_id`` and ``store_id`` are plain numbers, as in the audit
    log: a notification outlives nobody's record and guards none.
    """

    recipient_id = models.BigIntegerField()
    event = models.CharField(_("Kind"), max_length=60)
    key = models.CharField(max_length=100)
    subject_id = models.CharField(max_length=40, blank=True)
    store_id = models.BigIntegerField(null=True)
    values = models.JSONField(default=dict)
    created_at = models.DateTimeField(_("When"))
    read_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("Notification")
        constraints: ClassVar[list] = [
            models.UniqueConstraint(
                fields=["recipient_id", "event", "key"], name="notification_once_uq"
            ),
        ]
        indexes: ClassVar[list] = [
            models.Index(fields=["recipient_id", "-id"], name="notification_recipient_idx"),
            models.Index(
                fields=["recipient_id"],
                condition=models.Q(read_at__isnull=True),
                name="notification_unread_idx",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event} {self.key}"

    @property
    def is_read(self) -> bool:
        return self.read_at is not None
