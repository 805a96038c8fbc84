from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from forecourt.kernel.access import RowAccess, ScopedModel


class ConfigurationVersion(ScopedModel):
    """The whole configuration as it was at one moment. Kept as it is: versions never change."""

    append_only = True
    access: ClassVar[RowAccess] = RowAccess(view="platform.manage_configuration")

    class Origin(models.TextChoices):
        SAVED = "SAVED", pgettext_lazy("configuration", "Saved by hand")
        BEFORE = "BEFORE", _("Before an import")
        IMPORTED = "IMPORTED", pgettext_lazy("configuration", "Imported")
        RESTORED = "RESTORED", pgettext_lazy("configuration", "Rolled back")

    made_at = models.DateTimeField(_("When"))
    actor_id = models.BigIntegerField(null=True)
    actor_name = models.CharField(_("By"), max_length=150)
    origin = models.CharField(_("How it came"), max_length=8, choices=Origin)
    note = models.CharField(_("Note"), max_length=200, blank=True)
    content = models.TextField()
    sha256 = models.CharField(max_length=64)

    class Meta:
        verbose_name = _("Version of the configuration")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(origin__in=["SAVED", "BEFORE", "IMPORTED", "RESTORED"]),
                name="configuration_version_origin_ck",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.made_at:%F %R}"
