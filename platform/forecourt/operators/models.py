"""Who runs the platform, and what they did. Both stand with the platform's own tables."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Operator(models.Model):
    """Makes an account of the public schema an operator's. ``name`` and ``email`` are copies, so
    that the log and the list can be read without the accounts' database."""

    class Role(models.TextChoices):
        VIEWER = "VIEWER", _("Sees")
        OPERATOR = "OPERATOR", _("Sees and acts")

    user_id = models.BigIntegerField()
    name = models.CharField(_("Name"), max_length=100)
    email = models.EmailField(_("E-mail"))
    role = models.CharField(_("Role"), max_length=8, choices=Role, default=Role.OPERATOR)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user_id"], name="operator_user_uq"),
            models.CheckConstraint(
                condition=models.Q(role__in=["VIEWER", "OPERATOR"]), name="operator_role_ck"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def may_act(self) -> bool:
        return self.role == self.Role.OPERATOR


class PlatformEntry(models.Model):
    """One thing that an operator did. Append-only, and kept when the group is gone."""

    append_only = True

    happened_at = models.DateTimeField()
    operator_id = models.BigIntegerField(null=True)
    operator_name = models.CharField(max_length=100)
    address = models.GenericIPAddressField(null=True)
    action = models.CharField(max_length=40)
    schema_name = models.CharField(max_length=63, blank=True)
    subject = models.CharField(max_length=120, blank=True)
    reason = models.CharField(_("Reason"), max_length=500, blank=True)
    facts = models.JSONField(default=dict)

    class Meta:
        indexes = [models.Index(fields=["schema_name", "-id"], name="platform_entry_schema_idx")]

    def __str__(self) -> str:
        return f"{self.happened_at:%F %T} {self.operator_name} {self.action} {self.subject}"
