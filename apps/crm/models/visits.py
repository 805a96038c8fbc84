"""Visits to the showroom."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from apps.crm.models.customers import Customer
from apps.crm.models.leads import Lead
from apps.crm.models.opportunities import Opportunity
from apps.crm.rules.visits import MOST_HEADS, VISIT_REASONS, VisitState
from forecourt.kernel.access import RowAccess, ScopedModel
from forecourt.kernel.option_lists.fields import OptionField


class Visit(ScopedModel):
    """A party that came to a store; without a customer while nobody knows who it is.

    ``takes_turn`` says that the advisor received them because it was her turn, which puts her at
    the end of the line. Whether it is a first visit follows from the visits before it.
    """

    access: ClassVar[RowAccess] = RowAccess(
        view="crm.view_visit", store=("store_id",), owner=("advisor_id",)
    )

    store = models.ForeignKey(
        "organisation.Store",
        models.PROTECT,
        related_name="visits",
        db_index=False,
        verbose_name=_("Store"),
    )
    customer = models.ForeignKey(
        Customer,
        models.PROTECT,
        null=True,
        related_name="visits",
        db_index=False,
        verbose_name=_("Customer"),
    )
    lead = models.ForeignKey(Lead, models.PROTECT, null=True, related_name="visits", db_index=False)
    opportunity = models.ForeignKey(
        Opportunity, models.PROTECT, null=True, related_name="visits", db_index=False
    )
    advisor = models.ForeignKey(
        "organisation.StaffMember",
        models.PROTECT,
        null=True,
        related_name="visits",
        db_index=False,
        verbose_name=pgettext_lazy("visit", "Received by"),
    )
    takes_turn = models.BooleanField(default=False)
    reason = OptionField(VISIT_REASONS, _("Reason of the visit"))
    headcount = models.PositiveSmallIntegerField(pgettext_lazy("visit", "People"), default=1)
    plate_number = models.CharField(_("Number plate"), max_length=8, blank=True)
    note = models.CharField(_("Note"), max_length=500, blank=True)
    campaign_code = models.CharField(
        _("Campaign"), max_length=40, blank=True, default="", db_default=""
    )
    state = models.CharField(
        _("State"), max_length=7, choices=VisitState, default=VisitState.PRESENT
    )
    arrived_at = models.DateTimeField(_("Came"))
    arrived_date = models.DateField()
    left_at = models.DateTimeField(_("Left at"), null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(state__in=VisitState.values), name="visit_state_ck"),
            models.CheckConstraint(
                condition=Q(headcount__range=(1, MOST_HEADS)), name="visit_headcount_ck"
            ),
            models.CheckConstraint(
                condition=Q(state=VisitState.PRESENT, left_at__isnull=True)
                | (~Q(state=VisitState.PRESENT) & Q(left_at__gte=models.F("arrived_at"))),
                name="visit_left_ck",
            ),
            models.CheckConstraint(
                condition=Q(takes_turn=False) | Q(advisor__isnull=False), name="visit_turn_ck"
            ),
            models.CheckConstraint(
                condition=Q(customer__isnull=False)
                | Q(lead__isnull=True, opportunity__isnull=True),
                name="visit_subject_ck",
            ),
        ]
        indexes = [
            models.Index(fields=["store", "-arrived_at"], name="visit_store_idx"),
            models.Index(fields=["customer", "-arrived_at"], name="visit_customer_idx"),
            models.Index(
                fields=["plate_number"], condition=~Q(plate_number=""), name="visit_plate_idx"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.arrived_at:%F %R}"

    @property
    def is_present(self) -> bool:
        return self.state == VisitState.PRESENT
