"""Grants and visits, with the platform's own tables: a group is named by its schema."""

from datetime import datetime

from django.db import models
from django.utils.translation import gettext_lazy as _


class SupportGrant(models.Model):
    """The owner of a group has let the platform's people in, until ``until`` or ``ended_at``."""

    schema_name = models.CharField(max_length=63)
    reason = models.CharField(_("Reason"), max_length=500)
    may_change = models.BooleanField(_("May change"), default=False)
    granted_by = models.CharField(max_length=150)
    granted_at = models.DateTimeField()
    until = models.DateTimeField(_("Until"))
    ended_at = models.DateTimeField(null=True)
    ended_by = models.CharField(max_length=150, blank=True)

    class Meta:
        verbose_name = _("Support access")
        constraints = [
            # One at a time; a grant whose time is over is ended when the next one is given.
            models.UniqueConstraint(
                fields=["schema_name"],
                condition=models.Q(ended_at__isnull=True),
                name="support_grant_open_uq",
            ),
            models.CheckConstraint(
                condition=models.Q(until__gt=models.F("granted_at")), name="support_grant_until_ck"
            ),
        ]
        indexes = [models.Index(fields=["schema_name", "-id"], name="support_grant_schema_idx")]

    def __str__(self) -> str:
        return self.granted_by

    def is_open(self, moment: datetime) -> bool:
        return self.ended_at is None and moment < self.until


class SupportVisit(models.Model):
    """One operator's way in by one grant: a link that was given out, and what became of it.

    Of the link and of the browser that asked for it only digests are kept.
    """

    grant = models.ForeignKey(SupportGrant, models.CASCADE, related_name="visits")
    operator_id = models.BigIntegerField()
    operator_name = models.CharField(max_length=100)
    key_digest = models.CharField(max_length=64)
    browser_digest = models.CharField(max_length=64)
    issued_at = models.DateTimeField()
    entered_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["key_digest"], name="support_visit_key_uq")]

    def __str__(self) -> str:
        return f"{self.operator_name} {self.issued_at:%F %T}"
