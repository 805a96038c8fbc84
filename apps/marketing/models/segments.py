"""Sets of customers that are described instead of listed."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from forecourt.kernel.access import RowAccess, ScopedModel


class Segment(ScopedModel):
    """A saved filter over customers, shared with colleagues or its owner's own.

    Whoever looks at it counts the customers whom she may see; what it is used by decides for itself
    whose customers are reached.
    """

    access: ClassVar[RowAccess] = RowAccess(view="marketing.view_segment")

    name = models.CharField(pgettext_lazy("thing", "Name"), max_length=80)
    note = models.CharField(_("Note"), max_length=300, blank=True)
    conditions = models.JSONField(default=dict)
    is_shared = models.BooleanField(_("Shared"), default=True)
    owner = models.ForeignKey(
        "organisation.StaffMember",
        models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
        verbose_name=_("Owner"),
    )
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField(_("Changed"))

    class Meta:
        verbose_name = _("Segment")

    def __str__(self) -> str:
        return self.name


class TagRule(ScopedModel):
    """Whoever is in the segment has the tag, whoever no longer is loses it: each night."""

    access: ClassVar[RowAccess] = RowAccess(view="marketing.view_segment")

    segment = models.ForeignKey(
        Segment, models.PROTECT, related_name="tag_rules", verbose_name=_("Segment")
    )
    tag = models.ForeignKey(
        "crm.Tag", models.PROTECT, related_name="+", db_index=False, verbose_name=_("Tag")
    )
    is_on = models.BooleanField(_("Switched on"), default=True)
    last_run_at = models.DateTimeField(_("Last run"), null=True)
    last_put = models.PositiveIntegerField(default=0)
    last_taken = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField()

    class Meta:
        verbose_name = _("Rule for a tag")
        constraints: ClassVar[list] = [
            models.UniqueConstraint(fields=["tag", "segment"], name="tag_rule_uq"),
        ]

    def __str__(self) -> str:
        return f"{self.segment_id} → {self.tag_id}"
