"""How leads are handed out."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from apps.crm.rules.assignment import Strategy
from forecourt.kernel.access import RowAccess, ScopedModel


class AssignmentRule(ScopedModel):
    """One line of the ordered list that decides who gets a lead; the first that matches counts.

    ``conditions`` holds lists of words under the keys that :mod:`apps.crm.rules.assignment` names:
    what the lead must be, and what its candidates must be. Without a store the stores that cover
    the customer's region are meant, without named people all sales advisors.
    """

    access: ClassVar[RowAccess] = RowAccess(view="crm.manage_assignment")

    name = models.CharField(pgettext_lazy("thing", "Name"), max_length=80)
    sequence = models.PositiveIntegerField()
    is_active = models.BooleanField(_("Switched on"), default=True)
    conditions = models.JSONField(default=dict)
    store = models.ForeignKey(
        "organisation.Store",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="assignment_rules",
        db_index=False,
        verbose_name=_("Store"),
    )
    staff_ids = ArrayField(models.BigIntegerField(), default=list, blank=True)
    strategy = models.CharField(
        _("Strategy"), max_length=11, choices=Strategy, default=Strategy.WON_RATE
    )
    open_lead_cap = models.PositiveIntegerField(_("Most open leads per person"), null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["sequence"], name="assignment_rule_sequence_uq"),
            models.CheckConstraint(
                condition=Q(strategy__in=Strategy.values), name="assignment_rule_strategy_ck"
            ),
            models.CheckConstraint(
                condition=Q(open_lead_cap__isnull=True) | Q(open_lead_cap__gt=0),
                name="assignment_rule_cap_ck",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class AssignmentShare(models.Model):
    """A sales advisor's weight, and her place in the line of those who wait for leads.

    The row is locked while a lead is being handed out, so no two leads see the same line.
    """

    staff = models.OneToOneField(
        "organisation.StaffMember", models.CASCADE, related_name="assignment_share"
    )
    weight = models.FloatField(default=1.0)
    won_count = models.PositiveIntegerField(default=0)
    opened_count = models.PositiveIntegerField(default=0)
    weighed_date = models.DateField()
    turn = models.FloatField(default=0.0)
    served = models.FloatField(default=0.0)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(weight__gt=0), name="assignment_share_weight_ck"),
        ]

    def __str__(self) -> str:
        return f"{self.staff_id}: {self.weight:.3f}"


class LeadPolicy(models.Model):
    """Where a group's choices about leads stood before they became settings: no longer asked.

    A later release drops the table; until then what was chosen is taken over from here once.
    """

    response_minutes = models.PositiveIntegerField(_("First answer within (minutes)"), default=30)
    protection_days = models.PositiveIntegerField(_("Owner's protection (days)"), default=90)
    repeat_days = models.PositiveIntegerField(_("Repeats join within (days)"), default=90)
    open_lead_cap = models.PositiveIntegerField(_("Most open leads per person"), default=60)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(id=1), name="lead_policy_one"),
            models.CheckConstraint(
                condition=Q(
                    response_minutes__range=(1, 1440),
                    protection_days__range=(0, 3650),
                    repeat_days__range=(0, 3650),
                    open_lead_cap__range=(1, 10000),
                ),
                name="lead_policy_range_ck",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.response_minutes}/{self.protection_days}"
