"""Reads of sales."""

from django.db.models import QuerySet

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


def known_references(source: str, references: list[str]) -> set[str]:
    """Which of a source's references are on record already, whoever asks."""
    return set(
        SalesOrder.objects.filter(source=source, external_reference__in=references).values_list(
            "external_reference", flat=True
        )
    )
