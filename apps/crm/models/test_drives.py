"""Test drives with demo cars."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q, Value
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from apps.crm.models.contacts import FollowUp
from apps.crm.models.customers import Customer
from apps.crm.models.leads import Lead
from apps.crm.models.opportunities import Opportunity
from apps.crm.rules import customers as customer_rules
from apps.crm.rules.test_drives import BEST_RATING, HOLDING, TEST_DRIVE_ROUTES, TestDriveState
from forecourt.kernel.access import Masked, RowAccess, ScopedModel
from forecourt.kernel.crypto.fields import EncryptedTextField
from forecourt.kernel.option_lists.fields import OptionField

CAR_TAKEN, ADVISOR_TAKEN = "test_drive_car_ex", "test_drive_advisor_ex"
CAR_OUT = "test_drive_out_uq"
HELD = Q(state__in=HOLDING)


def _nobody_twice(name: str, column: str) -> ExclusionConstraint:
    """What ``column`` names is in one drive at a time.

    A range of one number stands for equality, which needs no extension of the database.
    """
    return ExclusionConstraint(
        name=name,
        expressions=[
            (
                Func(F(column), F(column), Value("[]"), function="int8range"),
                RangeOperators.OVERLAPS,
            ),
            (
                Func(
                    F("starts_at"),
                    F("ends_at"),
                    function="tstzrange",
                    output_field=DateTimeRangeField(),
                ),
                RangeOperators.OVERLAPS,
            ),
        ],
        condition=HELD,
    )


class TestDrive(ScopedModel):
    """A drive with a demo car, from the booking to the return.

    ``vehicle_id`` is the stock unit of the car, which another module keeps (:mod:`apps.crm.hooks`);
    ``vehicle_name`` is what it was called when it was booked. The car and the advisor are in one
    drive at a time, which the database sees to. ``follow_up`` is the contact that was planned when
    the drive ended, ``manager_told_at`` when the manager heard that it was not kept.
    """

    __test__ = False

    access: ClassVar[RowAccess] = RowAccess(
        view="crm.view_test_drive", store=("store_id",), owner=("advisor_id",)
    )
    masked_fields: ClassVar[dict[str, Masked]] = {
        # In China a licence carries the holder's identity number, so it is for the same eyes.
        "licence_number": Masked("crm.see_national_id", customer_rules.masked_licence),
    }

    number = models.CharField(_("Test drive no."), max_length=30)
    store = models.ForeignKey(
        "organisation.Store",
        models.PROTECT,
        related_name="test_drives",
        db_index=False,
        verbose_name=_("Store"),
    )
    customer = models.ForeignKey(
        Customer,
        models.PROTECT,
        related_name="test_drives",
        db_index=False,
        verbose_name=_("Customer"),
    )
    lead = models.ForeignKey(
        Lead, models.PROTECT, null=True, related_name="test_drives", db_index=False
    )
    opportunity = models.ForeignKey(
        Opportunity, models.PROTECT, null=True, related_name="test_drives", db_index=False
    )
    advisor = models.ForeignKey(
        "organisation.StaffMember",
        models.PROTECT,
        related_name="test_drives",
        db_index=False,
        verbose_name=_("Accompanied by"),
    )
    vehicle_id = models.BigIntegerField()
    vehicle_name = models.CharField(_("Demo car"), max_length=200)
    route = OptionField(TEST_DRIVE_ROUTES, _("Route"))
    starts_at = models.DateTimeField(pgettext_lazy("test drive", "From"))
    ends_at = models.DateTimeField(pgettext_lazy("test drive", "To"))
    state = models.CharField(
        _("State"), max_length=9, choices=TestDriveState, default=TestDriveState.BOOKED
    )
    driver_name = models.CharField(_("Driver"), max_length=100, blank=True)
    licence_number = EncryptedTextField(_("Driving licence number"))
    mileage_before = models.PositiveIntegerField(_("Mileage before (km)"), null=True)
    mileage_after = models.PositiveIntegerField(_("Mileage after (km)"), null=True)
    out_at = models.DateTimeField(_("Left at"), null=True)
    returned_at = models.DateTimeField(_("Back at"), null=True)
    driven_date = models.DateField(null=True)
    rating = models.PositiveSmallIntegerField(_("Rating"), null=True)
    feedback = models.CharField(_("What the customer said"), max_length=1000, blank=True)
    cancel_reason = models.CharField(_("Reason"), max_length=200, blank=True)
    note = models.CharField(_("Note"), max_length=500, blank=True)
    follow_up = models.ForeignKey(
        FollowUp, models.PROTECT, null=True, related_name="test_drives", db_index=False
    )
    manager_told_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["number"], name="test_drive_number_uq"),
            _nobody_twice(CAR_TAKEN, "vehicle_id"),
            _nobody_twice(ADVISOR_TAKEN, "advisor_id"),
            models.UniqueConstraint(
                fields=["vehicle_id"], condition=Q(state=TestDriveState.OUT), name=CAR_OUT
            ),
            models.CheckConstraint(
                condition=Q(state__in=TestDriveState.values), name="test_drive_state_ck"
            ),
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")), name="test_drive_time_ck"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=[TestDriveState.OUT, TestDriveState.RETURNED])
                | (Q(out_at__isnull=False, mileage_before__isnull=False) & ~Q(driver_name="")),
                name="test_drive_out_ck",
            ),
            models.CheckConstraint(
                condition=Q(
                    state=TestDriveState.RETURNED,
                    returned_at__gte=F("out_at"),
                    driven_date__isnull=False,
                    mileage_after__gte=F("mileage_before"),
                )
                | (
                    ~Q(state=TestDriveState.RETURNED)
                    & Q(returned_at__isnull=True, driven_date__isnull=True)
                ),
                name="test_drive_returned_ck",
            ),
            models.CheckConstraint(
                condition=Q(rating__isnull=True) | Q(rating__range=(1, BEST_RATING)),
                name="test_drive_rating_ck",
            ),
        ]
        indexes = [
            models.Index(fields=["store", "starts_at"], name="test_drive_store_idx"),
            models.Index(fields=["customer", "-starts_at"], name="test_drive_customer_idx"),
            models.Index(fields=["vehicle_id", "-starts_at"], name="test_drive_vehicle_idx"),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def distance(self) -> int | None:
        """Kilometres driven, once the car is back."""
        if self.mileage_before is None or self.mileage_after is None:
            return None
        return self.mileage_after - self.mileage_before

    @property
    def is_holding(self) -> bool:
        return self.state in HOLDING
