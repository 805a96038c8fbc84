"""One customer, one occasion: what is to be done for her, and what came of it."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from apps.marketing.models.automations import Automation
from apps.marketing.models.campaigns import Campaign
from apps.marketing.rules.states import HeldReason, ReachState
from forecourt.kernel.access import RowAccess, ScopedModel


class Reach(ScopedModel):
    """An automation or a campaign that comes to a customer, once for each occasion.

    The unique constraints say so whatever crashes. ``occasion`` names what happened or which date
    it is; a campaign is one occasion. It waits until ``due_at`` and is left undone after
    ``expires_at``. ``done_at`` is when it was done or handed to the messages; what followed within
    the campaign's window is noted in the columns below it.
    """

    access: ClassVar[RowAccess] = RowAccess(
        view="marketing.view_campaign",
        store=("customer__home_store_id",),
        owner=("customer__owner_id",),
    )

    automation = models.ForeignKey(
        Automation, models.PROTECT, null=True, related_name="reaches", db_index=False
    )
    campaign = models.ForeignKey(
        Campaign, models.PROTECT, null=True, related_name="reaches", db_index=False
    )
    customer = models.ForeignKey(
        "crm.Customer", models.PROTECT, related_name="marketing_reaches", verbose_name=_("Customer")
    )
    occasion = models.CharField(max_length=60, blank=True)
    version = models.PositiveIntegerField(default=1)
    state = models.CharField(
        _("State"), max_length=7, choices=ReachState, default=ReachState.WAITING
    )
    reason = models.CharField(_("Reason"), max_length=11, blank=True)
    due_at = models.DateTimeField(_("Due"))
    expires_at = models.DateTimeField()
    created_at = models.DateTimeField()
    done_at = models.DateTimeField(pgettext_lazy("message", "Done"), null=True)
    opened_at = models.DateTimeField(pgettext_lazy("message", "Opened"), null=True)
    replied_at = models.DateTimeField(pgettext_lazy("message", "Replied"), null=True)
    lead_at = models.DateTimeField(_("Asked for an offer"), null=True)
    visited_at = models.DateTimeField(pgettext_lazy("message", "Visited"), null=True)
    ordered_at = models.DateTimeField(pgettext_lazy("message", "Ordered"), null=True)

    class Meta:
        constraints: ClassVar[list] = [
            models.UniqueConstraint(
                fields=["automation", "customer", "occasion"], name="reach_automation_uq"
            ),
            models.UniqueConstraint(fields=["campaign", "customer"], name="reach_campaign_uq"),
            models.CheckConstraint(
                condition=Q(automation__isnull=True) ^ Q(campaign__isnull=True),
                name="reach_source_ck",
            ),
            models.CheckConstraint(condition=Q(state__in=ReachState.values), name="reach_state_ck"),
            models.CheckConstraint(
                condition=~Q(state=ReachState.HELD) | ~Q(reason=""), name="reach_held_ck"
            ),
            models.CheckConstraint(
                condition=Q(state=ReachState.WAITING) ^ Q(done_at__isnull=False),
                name="reach_done_ck",
            ),
        ]
        indexes: ClassVar[list] = [
            models.Index(
                fields=["due_at", "id"],
                condition=Q(state=ReachState.WAITING),
                name="reach_waiting_idx",
            ),
            models.Index(fields=["done_at"], name="reach_done_idx"),
        ]

    @property
    def is_sent(self) -> bool:
        """Whether the message has left, or is on its way."""
        return self.state in (ReachState.QUEUED, ReachState.DONE)

    @property
    def reason_label(self) -> str:
        """Why it was held back, in words."""
        return str(HeldReason(self.reason).label) if self.reason in HeldReason.values else ""

    def __str__(self) -> str:
        return f"{self.automation_id or self.campaign_id}: {self.customer_id} {self.occasion}"
