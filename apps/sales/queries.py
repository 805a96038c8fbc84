"""Reads of sales."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import BigIntegerField, Count, F, Max, Min, Q, QuerySet, Sum, Window
from django.db.models.functions import RowNumber, TruncMonth

from apps.crm.queries import customers_found
from apps.sales.models import SalesOrder
from forecourt.kernel.access import Actor
from forecourt.kernel.errors import NotFound


def list_sales_orders(actor: Actor) -> "QuerySet[SalesOrder]":
    return (
        SalesOrder.objects.visible_to(actor)
        .in_focus(actor)
        .select_related(
            "store",
            "customer",
            "advisor",
            "stock_unit__vehicle",
            "stock_unit__series__brand",
        )
    )


def get_sales_order(*, sales_order_id: int, actor: Actor) -> SalesOrder:
    order = (
        SalesOrder.objects.visible_to(actor)
        .select_related(
            "store", "customer", "advisor", "stock_unit__vehicle", "stock_unit__series__brand"
        )
        .filter(pk=sales_order_id)
        .first()
    )
    if order is None:
        raise NotFound("No such sales order.")
    return order


def orders_of_customers(
    customer_ids: Collection[int], *, earlier_than: tuple[date, int] | None = None
) -> "QuerySet[SalesOrder]":
    """What they ordered, the latest first, each with its ``place`` among theirs of the day, from 1;
    ``earlier_than`` is a day and a place. For whoever sees the customers."""
    orders = SalesOrder.objects.filter(customer__in=customer_ids).select_related(
        "store", "advisor", "stock_unit__vehicle__series__brand", "stock_unit__vehicle__model"
    )
    place_of_the_day = Window(
        RowNumber(),
        partition_by=F("order_date"),
        order_by=F("pk").asc(),
        output_field=BigIntegerField(),
    )
    orders = orders.annotate(place=place_of_the_day)
    if earlier_than is not None:
        day, place = earlier_than
        # Of whole days, so that the places stay what they are.
        orders = orders.filter(order_date__lte=day)
        orders = orders.filter(Q(order_date__lt=day) | Q(place__lt=place))
    return orders.order_by("-order_date", "-pk")


def search_sales_orders(
    orders: "QuerySet[SalesOrder]", text: str, actor: Actor
) -> "QuerySet[SalesOrder]":
    """By the beginning of the number, or by a fragment of the customer's name or phone."""
    by_customer = Q(customer__in=customers_found(text, actor))
    return orders.filter(Q(number__startswith=text.upper()) | by_customer)


DIMENSIONS = {
    "region": ("region_id", "region__name_zh", "region__name_en"),
    "brand": (
        "stock_unit__series__brand_id",
        "stock_unit__series__brand__name_zh",
        "stock_unit__series__brand__name_en",
    ),
    "series": (
        "stock_unit__series_id",
        "stock_unit__series__name_zh",
        "stock_unit__series__name_en",
    ),
}
"""What sales are grouped by, beside the store: the key and the two names of each."""


@dataclass(frozen=True, slots=True)
class SoldInMonth:
    """Units and prices of one group (a region, a brand) in one month (its first day)."""

    key: int | None
    name_zh: str
    name_en: str
    month: date
    units: int
    amount: Decimal


def sold_by_month(actor: Actor, dimension: str, *, first: date, last: date) -> list[SoldInMonth]:
    """Delivered sales grouped by a dimension of ``DIMENSIONS`` and month, within the scope."""
    key, name_zh, name_en = DIMENSIONS[dimension]
    rows = (
        SalesOrder.objects.visible_to(actor)
        .in_focus(actor)
        .filter(state=SalesOrder.State.DELIVERED, delivery_date__gte=first, delivery_date__lte=last)
        .order_by()
        .values(key, name_zh, name_en, month=TruncMonth("delivery_date"))
        .annotate(units=Count("pk"), amount=Sum("total_amount"))
        .values_list(key, name_zh, name_en, "month", "units", "amount")
    )
    return [
        SoldInMonth(pk, zh or "", en or "", month, units, amount)
        for pk, zh, en, month, units, amount in rows
    ]


def has_orders() -> bool:
    return SalesOrder.objects.exists()


def days_of_sales(actor: Actor) -> tuple[date, date] | None:
    """The first and the last day on which anything was delivered."""
    ends = (
        SalesOrder.objects.visible_to(actor)
        .filter(delivery_date__isnull=False)
        .aggregate(first=Min("delivery_date"), last=Max("delivery_date"))
    )
    return None if ends["first"] is None else (ends["first"], ends["last"])
