from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from forecourt.kernel.access import RowAccess, ScopedModel
from forecourt.kernel.language import in_active_language

CODE = r"^[A-Z0-9_]{1,30}$"


class OptionValue(ScopedModel):
    """One value of one of the group's option lists. Rows hold its code, which never changes.

    A retired value stays on the rows that have it and is offered for no new one.
    """

    access: ClassVar[RowAccess] = RowAccess(view="platform.manage_option_list")

    list_code = models.CharField(max_length=60)
    code = models.CharField(_("Code"), max_length=30)
    name_zh = models.CharField(_("Chinese name"), max_length=60, blank=True)
    name_en = models.CharField(_("English name"), max_length=60, blank=True)
    sequence = models.PositiveIntegerField(_("Order"))
    is_active = models.BooleanField(_("In use"), default=True)
    is_built_in = models.BooleanField(default=False)

    class Meta:
        verbose_name = _("Value of an option list")
        constraints = [
            models.UniqueConstraint(fields=["list_code", "code"], name="option_value_code_uq"),
            models.CheckConstraint(condition=Q(code__regex=CODE), name="option_value_code_ck"),
            models.CheckConstraint(
                condition=~Q(name_zh="", name_en=""), name="option_value_name_ck"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        return in_active_language(self.name_zh, self.name_en)
