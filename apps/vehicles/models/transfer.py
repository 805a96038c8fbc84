from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from apps.vehicles.models.stock import StockUnit
from apps.vehicles.rules.states import OPEN_TRANSFERS, TransferReason, TransferState
from forecourt.kernel.access import RowAccess, ScopedModel

ONE_OPEN_TRANSFER = "transfer_line_one_open_uq"


def _staff(related_name: str, label: str) -> models.ForeignKey:
    return models.ForeignKey(
        "organisation.StaffMember",
        models.PROTECT,
        null=True,
        blank=True,
        db_index=False,
        related_name=related_name,
        verbose_name=label,
    )


class VehicleTransfer(ScopedModel):
    """Vehicles that go from one store to another: asked for, approved, sent, received.

    Both companies are noted as they were at the request. Within one company it is an internal
    movement; between two it is a sale and a purchase, which the books take from here.
    """

    State = TransferState
    Reason = TransferReason

    access: ClassVar[RowAccess] = RowAccess(
        view="vehicles.view_transfer", store=("from_store_id", "to_store_id")
    )

    number = models.CharField(_("Transfer number"), max_length=30)
    from_store = models.ForeignKey(
        "organisation.Store",
        models.PROTECT,
        db_index=False,
        related_name="transfers_out",
        verbose_name=_("From"),
    )
    to_store = models.ForeignKey(
        "organisation.Store",
        models.PROTECT,
        db_index=False,
        related_name="transfers_in",
        verbose_name=_("To"),
    )
    from_legal_entity = models.ForeignKey(
        "organisation.LegalEntity", models.PROTECT, db_index=False, related_name="+"
    )
    to_legal_entity = models.ForeignKey(
        "organisation.LegalEntity", models.PROTECT, db_index=False, related_name="+"
    )
    reason = models.CharField(_("Reason"), max_length=14, choices=TransferReason)
    order_reference = models.CharField(_("Order number"), max_length=40, blank=True)
    state = models.CharField(
        _("State"), max_length=10, choices=TransferState, default=TransferState.REQUESTED
    )
    unit_count = models.PositiveSmallIntegerField(_("Vehicles"))
    note = models.CharField(_("Note"), max_length=300, blank=True)
    carrier = models.CharField(_("Carrier or driver"), max_length=100, blank=True)
    dispatch_note = models.CharField(_("Note at dispatch"), max_length=300, blank=True)
    receipt_note = models.CharField(_("Note at receipt"), max_length=300, blank=True)
    closing_reason = models.CharField(_("Why it ended"), max_length=300, blank=True)
    requested_date = models.DateField()
    requested_at = models.DateTimeField(_("Requested at"))
    approval = models.ForeignKey(
        "approvals.ApprovalRequest", models.PROTECT, null=True, db_index=False, related_name="+"
    )
    """The request that decides about it; none where the default rule holds."""
    requested_by = _staff("requested_transfers", _("Requested by"))
    approved_at = models.DateTimeField(_("Approved at"), null=True, blank=True)
    approved_by = _staff("approved_transfers", _("Approved by"))
    dispatched_at = models.DateTimeField(_("Sent at"), null=True, blank=True)
    dispatched_by = _staff("dispatched_transfers", _("Sent by"))
    received_at = models.DateTimeField(_("Received at"), null=True, blank=True)
    received_by = _staff("received_transfers", _("Received by"))
    closed_at = models.DateTimeField(_("Closed at"), null=True, blank=True)
    closed_date = models.DateField(null=True, blank=True)
    closed_by = _staff("closed_transfers", _("Closed by"))

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["number"], name="transfer_number_uq"),
            models.CheckConstraint(
                condition=~models.Q(from_store=models.F("to_store")), name="transfer_stores_ck"
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=sorted(TransferState.values)),
                name="transfer_state_ck",
            ),
            models.CheckConstraint(
                condition=models.Q(reason__in=sorted(TransferReason.values)),
                name="transfer_reason_ck",
            ),
            models.CheckConstraint(
                condition=~models.Q(state__in=["APPROVED", "IN_TRANSIT", "RECEIVED", "REFUSED"])
                | models.Q(approved_at__isnull=False),
                name="transfer_approved_ck",
            ),
            models.CheckConstraint(
                condition=~models.Q(state__in=["IN_TRANSIT", "RECEIVED", "REFUSED"])
                | models.Q(dispatched_at__isnull=False),
                name="transfer_dispatched_ck",
            ),
            models.CheckConstraint(
                condition=models.Q(
                    state__in=sorted(OPEN_TRANSFERS),
                    closed_at__isnull=True,
                    closed_date__isnull=True,
                )
                | (
                    ~models.Q(state__in=sorted(OPEN_TRANSFERS))
                    & models.Q(closed_at__isnull=False, closed_date__isnull=False)
                ),
                name="transfer_closed_ck",
            ),
            models.CheckConstraint(
                condition=models.Q(unit_count__gte=1), name="transfer_unit_count_ck"
            ),
        ]
        indexes = [
            models.Index(fields=["from_store", "state", "id"], name="transfer_from_idx"),
            models.Index(fields=["to_store", "state", "id"], name="transfer_to_idx"),
            models.Index(fields=["state", "id"], name="transfer_state_idx"),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def is_open(self) -> bool:
        return self.state in OPEN_TRANSFERS

    @property
    def is_between_companies(self) -> bool:
        return self.from_legal_entity_id != self.to_legal_entity_id


class TransferLine(models.Model):
    """One vehicle of a transfer. While it is open, no other transfer can take the vehicle."""

    class Outcome(models.TextChoices):
        PENDING = "PENDING", _("Not yet there")
        RECEIVED = "RECEIVED", pgettext_lazy("transfer", "Received")
        REFUSED = "REFUSED", _("Refused")
        DROPPED = "DROPPED", _("Did not leave")

    transfer = models.ForeignKey(VehicleTransfer, models.PROTECT, related_name="lines")
    unit = models.ForeignKey(
        StockUnit, models.PROTECT, db_index=False, related_name="transfer_lines"
    )
    is_open = models.BooleanField(default=True)
    outcome = models.CharField(max_length=8, choices=Outcome, default=Outcome.PENDING)
    dispatch_mileage = models.PositiveIntegerField(_("Mileage when sent"), null=True, blank=True)
    receipt_mileage = models.PositiveIntegerField(_("Mileage at receipt"), null=True, blank=True)
    damage_note = models.CharField(_("Damage or difference"), max_length=300, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["unit", "transfer"], name="transfer_line_unit_uq"),
            models.UniqueConstraint(
                fields=["unit"], condition=models.Q(is_open=True), name=ONE_OPEN_TRANSFER
            ),
            models.CheckConstraint(
                condition=models.Q(outcome__in=["PENDING", "RECEIVED", "REFUSED", "DROPPED"]),
                name="transfer_line_outcome_ck",
            ),
            models.CheckConstraint(
                condition=models.Q(is_open=True, outcome="PENDING")
                | (models.Q(is_open=False) & ~models.Q(outcome="PENDING")),
                name="transfer_line_open_ck",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.transfer_id}: {self.unit_id}"
