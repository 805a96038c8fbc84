"""Figures of sales, kept in the transaction of each order."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from django.db.models import Count, Sum
from django.utils.translation import gettext_lazy as _

from apps.sales.models import SalesOrder
from forecourt.kernel.summaries import Measure, declare


def _recount() -> Iterable[tuple[int, date, int, Decimal]]:
    return (
        SalesOrder.objects.filter(state=SalesOrder.State.DELIVERED)
        .order_by()
        .values("store_id", "delivery_date")
        .annotate(q=Count("id"), a=Sum("total_amount"))
        .values_list("store_id", "delivery_date", "q", "a")
        .iterator()
    )


SALES_DELIVERED = declare(
    Measure(
        code="sales_delivered",
        label=_("Vehicles sold"),
        formula=_("Sales orders delivered in the period; amount: their total prices."),
        recount=_recount,
        permission="sales.view_salesorder",
        has_amount=True,
        rows="sales:sales_order_list",
    )
)
