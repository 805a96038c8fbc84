"""Complaints."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from apps.care.rules.complaints import (
    BEST_SATISFACTION,
    COMPLAINT_CHANNELS,
    COMPLAINT_KINDS,
    OPEN_STATES,
    UNSOLVED_STATES,
    ComplaintState,
    Severity,
    StepKind,
)
from forecourt.kernel.access import RowAccess, ScopedModel
from forecourt.kernel.clock import now
from forecourt.kernel.option_lists.fields import OptionField, is_code


class Complaint(ScopedModel):
    """What a customer is not content with, from the first word to her confirmation.

    Two clocks run in the store's business hours: until ``reply_due_at`` somebody has answered her,
    until ``close_due_at`` a solution was told. ``owner`` is who answers for it, ``department`` the
    one it was given to. ``compensation_amount`` is what was granted, ``compensation_approval`` the
    request for more, or the last that there was. The moments ``reply_late_told_at`` and
    ``close_late_told_at`` say when the manager heard that it is late.
    """

    access: ClassVar[RowAccess] = RowAccess(
        view="care.view_complaint", store=("store_id",), owner=("owner_id", "received_by_id")
    )

    number = models.CharField(_("Complaint no."), max_length=30)
    customer = models.ForeignKey(
        "crm.Customer",
        models.PROTECT,
        related_name="complaints",
        db_index=False,
        verbose_name=_("Customer"),
    )
    store = models.ForeignKey(
        "organisation.Store",
        models.PROTECT,
        related_name="complaints",
        db_index=False,
        verbose_name=_("Store"),
    )
    kind = OptionField(COMPLAINT_KINDS, _("Kind"))
    channel = OptionField(COMPLAINT_CHANNELS, _("Heard by"))
    severity = models.CharField(
        _("Severity"), max_length=8, choices=Severity, default=Severity.NORMAL
    )
    title = models.CharField(_("What it is about"), max_length=120)
    description = models.CharField(_("What the customer says"), max_length=4000, blank=True)
    reference = models.CharField(_("Reference of the channel"), max_length=80, blank=True)
    state = models.CharField(
        _("State"), max_length=7, choices=ComplaintState, default=ComplaintState.NEW
    )
    received_by = models.ForeignKey(
        "organisation.StaffMember",
        models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
        verbose_name=pgettext_lazy("complaint", "Taken in by"),
    )
    department = models.ForeignKey(
        "organisation.Department",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name=_("Department"),
    )
    owner = models.ForeignKey(
        "organisation.StaffMember",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="complaints",
        db_index=False,
        verbose_name=_("Person responsible"),
    )
    reported_at = models.DateTimeField(pgettext_lazy("complaint", "Received"))
    reported_date = models.DateField()
    reply_due_at = models.DateTimeField(_("First reply due"))
    close_due_at = models.DateTimeField(_("Solution due"))
    first_reply_at = models.DateTimeField(_("First reply"), null=True)
    solved_at = models.DateTimeField(_("Solution told"), null=True)
    closed_at = models.DateTimeField(_("Closed"), null=True)
    satisfaction = models.PositiveSmallIntegerField(_("Satisfaction"), null=True)
    reopen_count = models.PositiveSmallIntegerField(_("Opened again"), default=0)
    compensation_amount = models.DecimalField(
        _("Compensation"), max_digits=14, decimal_places=2, default=0
    )
    compensation_approval = models.ForeignKey(
        "approvals.ApprovalRequest", models.PROTECT, null=True, db_index=False, related_name="+"
    )
    reply_late_told_at = models.DateTimeField(null=True)
    close_late_told_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["number"], name="complaint_number_uq"),
            models.CheckConstraint(condition=is_code("kind"), name="complaint_kind_ck"),
            models.CheckConstraint(
                condition=Q(severity__in=Severity.values), name="complaint_severity_ck"
            ),
            models.CheckConstraint(
                condition=Q(
                    state__in=UNSOLVED_STATES,
                    solved_at__isnull=True,
                    closed_at__isnull=True,
                    satisfaction__isnull=True,
                )
                | Q(
                    state=ComplaintState.SOLVED,
                    solved_at__isnull=False,
                    closed_at__isnull=True,
                    satisfaction__isnull=True,
                )
                | Q(
                    state=ComplaintState.CLOSED,
                    solved_at__isnull=False,
                    closed_at__gte=F("solved_at"),
                    satisfaction__range=(1, BEST_SATISFACTION),
                ),
                name="complaint_state_ck",
            ),
            models.CheckConstraint(
                condition=Q(state=ComplaintState.NEW)
                | Q(owner__isnull=False)
                | Q(department__isnull=False),
                name="complaint_in_hand_ck",
            ),
            models.CheckConstraint(
                condition=Q(compensation_amount__gte=0), name="complaint_compensation_ck"
            ),
        ]
        indexes = [
            models.Index(fields=["store", "-id"], name="complaint_store_idx"),
            models.Index(fields=["customer", "-reported_at"], name="complaint_customer_idx"),
            models.Index(
                fields=["close_due_at"],
                condition=Q(state__in=OPEN_STATES),
                name="complaint_open_idx",
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def is_open(self) -> bool:
        return self.state in OPEN_STATES


def late() -> Q:
    """Of complaints: the first reply or the solution is overdue at the moment of the question."""
    moment = now()
    return Q(state__in=UNSOLVED_STATES) & (
        Q(first_reply_at__isnull=True, reply_due_at__lt=moment) | Q(close_due_at__lt=moment)
    )


class ComplaintStep(models.Model):
    """What was done about a complaint. Append-only."""

    append_only = True

    complaint = models.ForeignKey(Complaint, models.PROTECT, related_name="steps")
    kind = models.CharField(max_length=10, choices=StepKind)
    author = models.ForeignKey(
        "organisation.StaffMember",
        models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
    )
    text = models.CharField(max_length=2000, blank=True)
    amount = models.DecimalField(max_digits=14, decimal_places=2, null=True)
    happened_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=StepKind.values), name="complaint_step_kind_ck"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.happened_at:%F %R}"
