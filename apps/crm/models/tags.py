"""Tags: what a group calls its customers, and who has which."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from apps.crm.models.customers import Customer
from apps.crm.rules.tags import LONGEST, Tone
from forecourt.kernel.access import RowAccess, ScopedModel


class Tag(ScopedModel):
    """A word that customers are marked with. The group has one set of them for all stores.

    One that is no longer ``is_active`` stays on whom it was put on and is offered to nobody.
    """

    access: ClassVar[RowAccess] = RowAccess(view="crm.view_customer")

    name = models.CharField(pgettext_lazy("thing", "Name"), max_length=LONGEST)
    tone = models.CharField(_("Colour"), max_length=7, choices=Tone, default=Tone.NEUTRAL)
    is_active = models.BooleanField(_("In use"), default=True)
    created_at = models.DateTimeField()

    class Meta:
        verbose_name = _("Tag")
        constraints = [
            models.UniqueConstraint(Lower("name"), name="tag_name_uq"),
            models.CheckConstraint(condition=Q(tone__in=Tone.values), name="tag_tone_ck"),
        ]

    def __str__(self) -> str:
        return self.name


class CustomerTag(models.Model):
    """A tag on a customer; ``rule_id`` names the rule that put it there, None for a person.

    A rule takes back only what a rule has put there, so it is a plain number: the rules are another
    module's.
    """

    customer = models.ForeignKey(Customer, models.PROTECT, related_name="tag_links")
    tag = models.ForeignKey(Tag, models.PROTECT, related_name="links", db_index=False)
    rule_id = models.BigIntegerField(null=True)
    set_at = models.DateTimeField()
    set_by = models.CharField(max_length=150, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tag", "customer"], name="customer_tag_uq"),
        ]

    def __str__(self) -> str:
        return f"{self.customer_id}: {self.tag_id}"
