"""Sales orders. What is sold to whom, by which store, for how much."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from forecourt.kernel.access import RowAccess, ScopedModel


class SalesOrder(ScopedModel):
    """One vehicle sold to one customer.

    So far orders come in as history, delivered; each is unique by the source's own reference, so
    that importing the same file again adds nothing.
    """

    class State(models.TextChoices):
        DELIVERED = "DELIVERED", _("Delivered")
        CANCELLED = "CANCELLED", _("Cancelled")

    access: ClassVar[RowAccess] = RowAccess(
        view="sales.view_salesorder", store=("store_id",), owner=("advisor_id",)
    )

    number = models.CharField(_("Number"), max_length=40)
    store = models.ForeignKey(
        "organisation.Store", models.PROTECT, related_name="sales_orders", verbose_name=_("Store")
    )
    region = models.ForeignKey(
        "organisation.Region",
        models.PROTECT,
        null=True,
        related_name="sales_orders",
        verbose_name=_("Region"),
        help_text=_("Where the sale is counted, if not in the store's region."),
    )
    customer = models.ForeignKey(
        "crm.Customer", models.PROTECT, related_name="sales_orders", verbose_name=_("Customer")
    )
    stock_unit = models.ForeignKey(
        "vehicles.StockUnit", models.PROTECT, related_name="sales_orders", verbose_name=_("Vehicle")
    )
    advisor = models.ForeignKey(
        "organisation.StaffMember",
        models.PROTECT,
        null=True,
        related_name="sales_orders",
        verbose_name=_("Sales advisor"),
    )
    state = models.CharField(_("State"), max_length=10, choices=State)
    order_date = models.DateField(_("Ordered on"))
    delivery_date = models.DateField(_("Delivered"), null=True)
    total_amount = models.DecimalField(_("Price"), max_digits=14, decimal_places=2)
    currency = models.CharField(max_length=3)
    source = models.CharField(max_length=40, default="import")
    external_reference = models.CharField(_("Reference"), max_length=80)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["number"], name="sales_order_number_uq"),
            models.UniqueConstraint(
                fields=["source", "external_reference"], name="sales_order_reference_uq"
            ),
            models.UniqueConstraint(
                fields=["stock_unit"],
                condition=~models.Q(state="CANCELLED"),
                name="sales_order_unit_uq",
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=["DELIVERED", "CANCELLED"]),
                name="sales_order_state_ck",
            ),
            models.CheckConstraint(
                condition=~models.Q(state="DELIVERED") | models.Q(delivery_date__isnull=False),
                name="sales_order_delivered_ck",
            ),
            models.CheckConstraint(
                condition=models.Q(total_amount__gte=0), name="sales_order_amount_ck"
            ),
        ]
        indexes = [
            models.Index(fields=["-order_date", "-id"], name="sales_order_date_idx"),
            models.Index(fields=["store", "-order_date", "-id"], name="sales_order_store_idx"),
            models.Index(fields=["delivery_date"], name="sales_order_delivery_idx"),
        ]

    def __str__(self) -> str:
        return self.number
