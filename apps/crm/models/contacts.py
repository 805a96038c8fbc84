"""Contacts that took place and contacts that are planned."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.crm.models.customers import Customer
from apps.crm.models.leads import Lead
from apps.crm.models.opportunities import Opportunity
from apps.crm.rules.contacts import FollowUpState, InteractionKind, InteractionResult
from apps.crm.rules.leads import LEAD_SOURCES
from forecourt.kernel.access import RowAccess, ScopedModel
from forecourt.kernel.option_lists.fields import OptionField


class Interaction(models.Model):
    """A contact that took place, or an enquiry that came in again. Append-only."""

    append_only = True

    customer = models.ForeignKey(
        Customer, models.PROTECT, related_name="interactions", db_index=False
    )
    lead = models.ForeignKey(
        Lead, models.PROTECT, null=True, related_name="interactions", db_index=False
    )
    opportunity = models.ForeignKey(
        Opportunity, models.PROTECT, null=True, related_name="interactions", db_index=False
    )
    store_id = models.BigIntegerField(null=True)
    author = models.ForeignKey(
        "organisation.StaffMember",
        models.PROTECT,
        null=True,
        related_name="interactions",
        db_index=False,
    )
    kind = models.CharField(max_length=7, choices=InteractionKind)
    result = models.CharField(max_length=12, choices=InteractionResult)
    note = models.CharField(max_length=1000, blank=True)
    happened_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    source = OptionField(LEAD_SOURCES, blank=True)
    external_id = models.CharField(max_length=100, blank=True)
    payload = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=InteractionKind.values), name="interaction_kind_ck"
            ),
            models.CheckConstraint(
                condition=Q(result__in=InteractionResult.values), name="interaction_result_ck"
            ),
            models.UniqueConstraint(
                fields=["source", "external_id"],
                condition=~Q(external_id=""),
                name="interaction_external_id_uq",
            ),
        ]
        indexes = [
            models.Index(fields=["customer", "-happened_at"], name="interaction_customer_idx"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.happened_at:%F %R}"


class FollowUp(ScopedModel):
    """A contact that is planned: who is to get in touch with whom, by when."""

    access: ClassVar[RowAccess] = RowAccess(
        view="crm.view_lead", store=("store_id",), owner=("owner_id",)
    )

    customer = models.ForeignKey(
        Customer, models.PROTECT, related_name="follow_ups", db_index=False
    )
    lead = models.ForeignKey(
        Lead, models.PROTECT, null=True, related_name="follow_ups", db_index=False
    )
    opportunity = models.ForeignKey(
        Opportunity, models.PROTECT, null=True, related_name="follow_ups", db_index=False
    )
    owner = models.ForeignKey(
        "organisation.StaffMember",
        models.PROTECT,
        related_name="follow_ups",
        db_index=False,
        verbose_name=_("Owner"),
    )
    store_id = models.BigIntegerField(null=True)
    due_at = models.DateTimeField(_("Due"))
    purpose = models.CharField(_("Purpose"), max_length=200, blank=True)
    state = models.CharField(max_length=7, choices=FollowUpState, default=FollowUpState.OPEN)
    completed_at = models.DateTimeField(null=True)
    skip_reason = models.CharField(max_length=200, blank=True)
    reminded_at = models.DateTimeField(null=True)
    """When its owner was told that it is overdue; one before ``due_at`` is of an earlier plan."""
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=FollowUpState.values), name="follow_up_state_ck"
            ),
            models.CheckConstraint(
                condition=Q(lead__isnull=True) | Q(opportunity__isnull=True),
                name="follow_up_subject_ck",
            ),
            models.CheckConstraint(
                condition=Q(state=FollowUpState.OPEN, completed_at__isnull=True)
                | (~Q(state=FollowUpState.OPEN) & Q(completed_at__isnull=False)),
                name="follow_up_completed_ck",
            ),
            models.UniqueConstraint(
                fields=["lead"],
                condition=Q(state=FollowUpState.OPEN),
                name="follow_up_open_lead_uq",
            ),
            models.UniqueConstraint(
                fields=["opportunity"],
                condition=Q(state=FollowUpState.OPEN),
                name="follow_up_open_opportunity_uq",
            ),
        ]
        indexes = [
            models.Index(
                fields=["owner", "due_at"],
                condition=Q(state=FollowUpState.OPEN),
                name="follow_up_due_idx",
            ),
            models.Index(fields=["customer", "-id"], name="follow_up_customer_idx"),
        ]

    def __str__(self) -> str:
        return f"{self.due_at:%F %R}"
