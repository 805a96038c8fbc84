"""Courtesy cars, and who has them."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from apps.loaners.rules import OPEN_STATES, PURPOSES, LoanState, masked_licence
from forecourt.kernel.access import Masked, RowAccess, ScopedModel
from forecourt.kernel.crypto.fields import EncryptedTextField
from forecourt.kernel.custom_fields.rows import CustomValues
from forecourt.kernel.option_lists.fields import OptionField, is_code


class LoanerCar(ScopedModel):
    """A car that a store lends to customers while theirs is in the workshop."""

    access: ClassVar[RowAccess] = RowAccess(view="loaners.view_loan", store=("store_id",))

    plate_number = models.CharField(_("Number plate"), max_length=20)
    name = models.CharField(_("Model"), max_length=60)
    store = models.ForeignKey("organisation.Store", models.PROTECT, related_name="loaner_cars")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["plate_number"], name="loaner_car_plate_uq"),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.plate_number}"


class Loan(CustomValues, ScopedModel):
    """A courtesy car and the customer who has it, had it, or is to get it."""

    access: ClassVar[RowAccess] = RowAccess(
        view="loaners.view_loan", store=("store_id",), owner=("lender_id",)
    )
    masked_fields: ClassVar[dict[str, Masked]] = {
        "licence_number": Masked("loaners.see_licence", masked_licence),
    }

    number = models.CharField(_("Number"), max_length=40)
    state = models.CharField(_("State"), max_length=8, choices=LoanState)
    car = models.ForeignKey(LoanerCar, models.PROTECT, related_name="loans", db_index=False)
    customer = models.ForeignKey("crm.Customer", models.PROTECT, related_name="loans")
    store = models.ForeignKey(
        "organisation.Store", models.PROTECT, related_name="loans", db_index=False
    )
    lender = models.ForeignKey(
        "organisation.StaffMember", models.PROTECT, null=True, related_name="loans"
    )
    purpose = OptionField(PURPOSES, _("What for"))
    licence_number = EncryptedTextField(_("Driving licence"))
    lent_date = models.DateField(_("Lent on"))
    due_date = models.DateField(_("Due back"))
    returned_date = models.DateField(_("Returned on"), null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["number"], name="loan_number_uq"),
            models.UniqueConstraint(
                fields=["car"], condition=Q(state__in=OPEN_STATES), name="loan_open_uq"
            ),
            models.CheckConstraint(condition=Q(state__in=LoanState.values), name="loan_state_ck"),
            models.CheckConstraint(condition=is_code("purpose"), name="loan_purpose_ck"),
            models.CheckConstraint(condition=Q(due_date__gte=F("lent_date")), name="loan_due_ck"),
            models.CheckConstraint(
                condition=Q(state=LoanState.RETURNED) ^ Q(returned_date__isnull=True),
                name="loan_returned_ck",
            ),
        ]
        indexes = [
            models.Index(fields=["store", "-id"], name="loan_store_idx"),
            models.Index(fields=["due_date", "id"], name="loan_due_idx"),
        ]

    def __str__(self) -> str:
        return self.number
