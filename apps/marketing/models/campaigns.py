"""Campaigns: one message to the customers of a segment, and what came of it."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from apps.marketing.models.segments import Segment
from apps.marketing.rules.states import CampaignState
from forecourt.kernel.access import RowAccess, ScopedModel


class Campaign(ScopedModel):
    """A message that leaves once to each customer whom the segment holds when it starts.

    ``store`` narrows to that store's customers; without one they are the whole group's. Amounts are
    in the group's currency. ``window_days`` is how long after the message a reply, a lead, a visit
    and an order are put down to it.
    """

    access: ClassVar[RowAccess] = RowAccess(view="marketing.view_campaign", store=("store_id",))

    name = models.CharField(pgettext_lazy("thing", "Name"), max_length=80)
    store = models.ForeignKey(
        "organisation.Store",
        models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
        verbose_name=_("Store"),
    )
    segment = models.ForeignKey(
        Segment, models.PROTECT, related_name="campaigns", verbose_name=_("Segment")
    )
    channel = models.CharField(_("Channel"), max_length=12)
    title = models.CharField(pgettext_lazy("message", "Subject"), max_length=100, blank=True)
    text = models.CharField(_("Text"), max_length=1000)
    provider_template = models.CharField(_("Template of the provider"), max_length=60, blank=True)
    link_url = models.URLField(_("Where the link leads"), max_length=300, blank=True)
    budget_amount = models.DecimalField(_("Budget"), max_digits=14, decimal_places=2, null=True)
    spent_amount = models.DecimalField(_("Spent"), max_digits=14, decimal_places=2, null=True)
    starts_on = models.DateField(_("From"))
    ends_on = models.DateField(_("Until"))
    window_days = models.PositiveSmallIntegerField(_("Days of effect"), default=14)
    state = models.CharField(
        _("State"), max_length=7, choices=CampaignState, default=CampaignState.DRAFT
    )
    started_at = models.DateTimeField(_("Started"), null=True)
    ended_at = models.DateTimeField(_("Ended"), null=True)
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=150)

    class Meta:
        verbose_name = _("Campaign")
        constraints: ClassVar[list] = [
            models.CheckConstraint(
                condition=Q(state__in=CampaignState.values), name="campaign_state_ck"
            ),
            models.CheckConstraint(
                condition=Q(ends_on__gte=F("starts_on")), name="campaign_dates_ck"
            ),
            models.CheckConstraint(
                condition=(Q(budget_amount=None) | Q(budget_amount__gte=0))
                & (Q(spent_amount=None) | Q(spent_amount__gte=0)),
                name="campaign_amounts_ck",
            ),
            models.CheckConstraint(
                condition=Q(state=CampaignState.DRAFT) ^ Q(started_at__isnull=False),
                name="campaign_started_ck",
            ),
        ]

    def __str__(self) -> str:
        return self.name
