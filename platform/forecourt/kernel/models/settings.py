"""What a group has decided for itself, beside what the product ships."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class SettingValue(models.Model):
    """One decision: for the whole group, for a brand or for a store.

    ``subject`` is the brand's or the store's id, empty for the group. A row of the group also says
    by ``rule`` whether brands and stores may decide otherwise; left open it has no value.
    """

    class Level(models.TextChoices):
        GROUP = "GROUP", _("Group")
        BRAND = "BRAND", _("Brand")
        STORE = "STORE", _("Store")

    class Rule(models.TextChoices):
        FIXED = "FIXED", pgettext_lazy("rule", "Fixed")
        DEFAULT = "DEFAULT", pgettext_lazy("rule", "Default")
        OPEN = "OPEN", pgettext_lazy("rule", "Left open")

    key = models.CharField(max_length=40)
    level = models.CharField(max_length=5, choices=Level)
    subject = models.CharField(max_length=20, blank=True)
    rule = models.CharField(_("Rule"), max_length=7, choices=Rule, blank=True)
    value = models.JSONField(_("Value"), null=True)

    class Meta:
        verbose_name = _("Setting")
        constraints = [
            models.UniqueConstraint(fields=["key", "level", "subject"], name="setting_value_uq"),
            models.CheckConstraint(
                condition=models.Q(level="GROUP", subject="", rule__in=["FIXED", "DEFAULT", "OPEN"])
                | (models.Q(level__in=["BRAND", "STORE"], rule="") & ~models.Q(subject="")),
                name="setting_value_level_ck",
            ),
            models.CheckConstraint(
                condition=models.Q(rule="OPEN", value__isnull=True)
                | (~models.Q(rule="OPEN") & models.Q(value__isnull=False)),
                name="setting_value_given_ck",
            ),
        ]

    def __str__(self) -> str:
        return " ".join(part for part in (self.key, self.level, self.subject) if part)
