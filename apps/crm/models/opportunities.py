"""Opportunities: qualified wishes to buy."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.crm.models.customers import Customer
from apps.crm.models.leads import Lead
from apps.crm.rules.interests import Interest, interests_in
from apps.crm.rules.opportunities import (
    BETWEEN_NAMES,
    COMPETITORS,
    LONGEST_COMPETITORS,
    LOST_REASONS,
    OPEN_STAGES,
    WON_STAGES,
    IntentLevel,
    PaymentWay,
    Stage,
)
from forecourt.kernel.access import RowAccess, ScopedModel
from forecourt.kernel.custom_fields.rows import CustomValues
from forecourt.kernel.option_lists import values as options
from forecourt.kernel.option_lists.fields import OptionField


def told_competitors(text: str) -> str:
    """Kept names of competitors in the reader's language, as far as the group's list knows them."""
    names = [options.told_name(COMPETITORS, name) for name in BETWEEN_NAMES.split(text)]
    return str(_(", ")).join(names)


class Opportunity(CustomValues, ScopedModel):
    """A qualified wish to buy."""

    access: ClassVar[RowAccess] = RowAccess(
        view="crm.view_opportunity", store=("store_id",), owner=("owner_id",)
    )

    lead = models.OneToOneField(
        Lead, models.PROTECT, null=True, blank=True, related_name="opportunity"
    )
    customer = models.ForeignKey(
        Customer,
        models.PROTECT,
        related_name="opportunities",
        db_index=False,
        verbose_name=_("Customer"),
    )
    owner = models.ForeignKey(
        "organisation.StaffMember",
        models.PROTECT,
        related_name="opportunities",
        db_index=False,
        verbose_name=_("Owner"),
    )
    store = models.ForeignKey(
        "organisation.Store",
        models.PROTECT,
        related_name="opportunities",
        db_index=False,
        verbose_name=_("Store"),
    )
    level = models.CharField(_("Intent level"), max_length=1, choices=IntentLevel)
    stage = models.CharField(_("Stage"), max_length=11, choices=Stage, default=Stage.NEW)
    brand = models.CharField(_("Brand"), max_length=60, blank=True)
    series = models.CharField(_("Series"), max_length=60, blank=True)
    interests = models.JSONField(
        default=list, db_default=models.Value([], output_field=models.JSONField()), blank=True
    )
    """What is wanted of the catalogue (:mod:`apps.crm.rules.interests`); the first of them says
    brand and series. What the catalogue does not have stands in these two and ``other_models``."""
    other_models = models.CharField(
        _("Also interested in"), max_length=300, blank=True, default="", db_default=""
    )
    colour = models.CharField(_("Colour"), max_length=60, blank=True, default="", db_default="")
    buys_by = models.DateField(_("Means to buy by"), null=True, blank=True)
    """The horizon of the purchase, from which the intent level follows where nobody sets it."""
    decision_maker = models.CharField(
        _("Who decides"), max_length=60, blank=True, default="", db_default=""
    )
    wishes = models.CharField(_("Wishes"), max_length=500, blank=True)
    budget_amount = models.DecimalField(
        _("Budget"), max_digits=14, decimal_places=2, null=True, blank=True
    )
    payment_way = models.CharField(
        _("Payment"), max_length=7, choices=PaymentWay, default=PaymentWay.UNKNOWN
    )
    has_trade_in = models.BooleanField(_("Trades in a car"), default=False)
    competitor = models.CharField(_("Compares with"), max_length=LONGEST_COMPETITORS, blank=True)
    opened_at = models.DateTimeField(_("Opened"))
    opened_date = models.DateField()
    stage_changed_at = models.DateTimeField(_("In this stage since"))
    won_date = models.DateField(_("Ordered on"), null=True, blank=True)
    lost_at = models.DateTimeField(null=True, blank=True)
    lost_reason = OptionField(LOST_REASONS, _("Lost reason"), blank=True)
    lost_note = models.CharField(max_length=500, blank=True)
    wake_date = models.DateField(_("Wakes on"), null=True, blank=True)
    """On which day a lost one is called to mind again; null once it was, and for all others."""
    loss_approval = models.ForeignKey(
        "approvals.ApprovalRequest", models.PROTECT, null=True, db_index=False, related_name="+"
    )
    """The request by which a manager confirms, or has not confirmed, that the deal is lost."""

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(stage__in=Stage.values), name="opportunity_stage_ck"
            ),
            models.CheckConstraint(
                condition=Q(level__in=IntentLevel.values), name="opportunity_level_ck"
            ),
            models.CheckConstraint(
                condition=Q(payment_way__in=PaymentWay.values), name="opportunity_payment_ck"
            ),
            models.CheckConstraint(
                condition=Q(budget_amount__isnull=True) | Q(budget_amount__gt=0),
                name="opportunity_budget_ck",
            ),
            models.CheckConstraint(
                condition=Q(stage__in=WON_STAGES, won_date__isnull=False)
                | (~Q(stage__in=WON_STAGES) & Q(won_date__isnull=True)),
                name="opportunity_won_ck",
            ),
            models.CheckConstraint(
                condition=(Q(stage=Stage.LOST, lost_at__isnull=False) & ~Q(lost_reason=""))
                | (~Q(stage=Stage.LOST) & Q(lost_at__isnull=True, lost_reason="")),
                name="opportunity_lost_ck",
            ),
            models.CheckConstraint(
                condition=Q(wake_date__isnull=True) | Q(stage=Stage.LOST),
                name="opportunity_wake_ck",
            ),
        ]
        indexes = [
            models.Index(fields=["customer", "-id"], name="opportunity_customer_idx"),
            models.Index(fields=["store", "-id"], name="opportunity_store_idx"),
            models.Index(fields=["owner", "opened_date"], name="opportunity_owner_idx"),
            models.Index(fields=["stage", "-stage_changed_at"], name="opportunity_stage_idx"),
            models.Index(
                fields=["wake_date"],
                condition=Q(wake_date__isnull=False),
                name="opportunity_wake_idx",
            ),
        ]

    def __str__(self) -> str:
        return self.wish or f"#{self.pk}"

    @property
    def wish(self) -> str:
        return " ".join(part for part in (self.brand, self.series) if part)

    @property
    def competitors_shown(self) -> str:
        """What she compares with, or to whom the deal was lost, in the reader's language."""
        return told_competitors(self.competitor)

    @property
    def interested_in(self) -> list[Interest]:
        return interests_in(self.interests)

    @property
    def is_open(self) -> bool:
        return self.stage in OPEN_STAGES
