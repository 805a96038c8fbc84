"""Leads: enquiries that are not qualified yet."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.crm.models.customers import Customer
from apps.crm.rules.leads import INVALID_REASONS, LEAD_SOURCES, OPEN_STATES, LeadState
from forecourt.kernel.access import RowAccess, ScopedModel
from forecourt.kernel.custom_fields.rows import CustomValues
from forecourt.kernel.option_lists.fields import OptionField, is_code


class Lead(CustomValues, ScopedModel):
    """An enquiry that came in and is not yet qualified.

    A customer has at most one open lead: whoever asks again joins it. ``assignment`` says why the
    lead went where it went. The response clock runs while ``response_due_at`` is set and
    ``first_response_at`` is not. ``revision`` changes with every change of state or owner.
    """

    access: ClassVar[RowAccess] = RowAccess(
        view="crm.view_lead", store=("store_id",), owner=("owner_id",)
    )

    number = models.CharField(_("Lead no."), max_length=30)
    customer = models.ForeignKey(
        Customer,
        models.PROTECT,
        related_name="leads",
        db_index=False,
        verbose_name=_("Customer"),
    )
    source = OptionField(LEAD_SOURCES, _("Source"))
    external_id = models.CharField(_("Reference of the channel"), max_length=100, blank=True)
    campaign_code = models.CharField(
        _("Campaign"), max_length=40, blank=True, default="", db_default=""
    )
    payload = models.JSONField(default=dict, blank=True)
    message = models.CharField(_("Message"), max_length=1000, blank=True)
    division_code = models.CharField(_("Region of the customer"), max_length=6, blank=True)
    brand = models.CharField(_("Brand"), max_length=60, blank=True)
    series = models.CharField(_("Series"), max_length=60, blank=True)
    store = models.ForeignKey(
        "organisation.Store",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="leads",
        db_index=False,
        verbose_name=_("Store"),
    )
    owner = models.ForeignKey(
        "organisation.StaffMember",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="leads",
        db_index=False,
        verbose_name=_("Owner"),
    )
    state = models.CharField(_("State"), max_length=9, choices=LeadState, default=LeadState.NEW)
    repeat_count = models.PositiveIntegerField(_("Repeats"), default=0)
    assignment = models.JSONField(default=dict)
    received_at = models.DateTimeField(_("Received on"))
    received_date = models.DateField()
    assigned_at = models.DateTimeField(null=True)
    response_due_at = models.DateTimeField(_("Answer due"), null=True)
    first_response_at = models.DateTimeField(_("First answered"), null=True)
    reminded_at = models.DateTimeField(null=True)
    escalated_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    invalid_reason = OptionField(INVALID_REASONS, _("Reason"), blank=True)
    invalid_note = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["number"], name="lead_number_uq"),
            models.UniqueConstraint(
                fields=["source", "external_id"],
                condition=~Q(external_id=""),
                name="lead_external_id_uq",
            ),
            models.UniqueConstraint(
                fields=["customer"],
                condition=Q(state__in=OPEN_STATES),
                name="lead_open_customer_uq",
            ),
            models.CheckConstraint(condition=Q(state__in=LeadState.values), name="lead_state_ck"),
            models.CheckConstraint(condition=is_code("source"), name="lead_source_ck"),
            models.CheckConstraint(
                condition=(
                    Q(state=LeadState.NEW, owner__isnull=True)
                    | Q(
                        state__in=[
                            LeadState.ASSIGNED,
                            LeadState.CONTACTED,
                            LeadState.QUALIFIED,
                        ],
                        owner__isnull=False,
                        store__isnull=False,
                        assigned_at__isnull=False,
                    )
                    | Q(state__in=[LeadState.INVALID, LeadState.MERGED])
                ),
                name="lead_owner_ck",
            ),
            models.CheckConstraint(
                condition=Q(state=LeadState.INVALID) ^ Q(invalid_reason=""),
                name="lead_invalid_reason_ck",
            ),
            models.CheckConstraint(
                condition=~Q(state=LeadState.CONTACTED) | Q(first_response_at__isnull=False),
                name="lead_contacted_ck",
            ),
            models.CheckConstraint(
                condition=Q(state__in=OPEN_STATES, closed_at__isnull=True)
                | (~Q(state__in=OPEN_STATES) & Q(closed_at__isnull=False)),
                name="lead_closed_ck",
            ),
        ]
        indexes = [
            models.Index(fields=["customer", "-id"], name="lead_customer_idx"),
            models.Index(fields=["store", "-id"], name="lead_store_idx"),
            models.Index(fields=["owner", "state"], name="lead_owner_idx"),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def wish(self) -> str:
        """What the customer asked for, in a few words."""
        return " ".join(part for part in (self.brand, self.series) if part)

    @property
    def is_open(self) -> bool:
        return self.state in OPEN_STATES

    @property
    def is_clock_running(self) -> bool:
        return (
            self.state == LeadState.ASSIGNED
            and self.response_due_at is not None
            and self.first_response_at is None
        )
