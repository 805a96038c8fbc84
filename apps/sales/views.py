"""Pages of sales."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.crm.queries import family_of, list_customers
from apps.organisation.queries import list_regions, stores_in_scope
from apps.sales.models import SalesOrder
from apps.sales.queries import get_sales_order, list_sales_orders, search_sales_orders
from apps.vehicles.queries import list_brands, list_series
from forecourt.kernel.access import Actor
from forecourt.ui.access import requires
from forecourt.ui.details import HISTORY, Tab, detail_page
from forecourt.ui.lists import (
    Column,
    DateColumn,
    DateRangeFilter,
    Empty,
    Filter,
    ListPage,
    MoneyColumn,
    RelatedFilter,
    SearchFilter,
    StatusColumn,
    StoreFilter,
)

LONGEST_KEY = 18
"""Digits of a key that the database takes for sure."""
TABS = (Tab("facts", _("Facts"), "sales/_sales_order_facts.html"), HISTORY)


def _stores(actor: Actor) -> list[tuple[int, str]]:
    return [
        (store.pk, f"{store.code} {store.name}")
        for store in stores_in_scope(actor, "sales.view_salesorder")
    ]


def _regions(actor: Actor) -> list[tuple[int, str]]:
    return [(region.pk, region.name) for region in list_regions()]


def _brands(actor: Actor) -> list[tuple[int, str]]:
    return [(brand.pk, brand.name) for brand in list_brands()]


def _series(actor: Actor) -> list[tuple[int, str]]:
    return [(series.pk, f"{series.brand.name} {series.name}") for series in list_series()]


class CustomerFilter(Filter):
    """One customer whom the reader may see, with all who were merged into her."""

    def narrow(self, rows: QuerySet, query: QueryDict, actor: Actor) -> QuerySet:
        customer = self._customer(query, actor)
        return rows.filter(customer__in=family_of(customer.pk)) if customer else rows

    def text(self, query: QueryDict, actor: Actor) -> str:
        customer = self._customer(query, actor)
        return str(customer) if customer else ""

    def _customer(self, query: QueryDict, actor: Actor) -> Any:
        """Nobody where the value makes no sense."""
        key = query.get(self.name, "")
        if not (key.isascii() and key.isdigit() and len(key) <= LONGEST_KEY):
            return None
        return list_customers(actor).filter(pk=int(key)).first()


class SalesOrderList(ListPage):
    """Every vehicle sold, newest first."""

    name = "sales.sales_orders"
    permission = "sales.view_salesorder"
    title = _("Sales orders")
    columns = (
        Column("number", _("Number"), always=True, mono=True),
        Column("customer.name", _("Customer")),
        Column("stock_unit.series.brand.name", _("Brand")),
        Column("stock_unit.series.name", _("Series")),
        Column("stock_unit.vehicle.identity", "VIN", mono=True, default=False),
        Column("store.name", _("Store")),
        Column("advisor.name", _("Sales advisor"), default=False),
        DateColumn("delivery_date", _("Delivered on"), sort="delivery_date"),
        MoneyColumn("total_amount", _("Price"), sort="total_amount"),
        StatusColumn("state", _("State")),
    )
    filters = (
        SearchFilter(
            _("Number or customer"),
            find=search_sales_orders,
            for_actor=True,
        ),
        CustomerFilter("customer", _("Customer")),
        StoreFilter(_stores),
        RelatedFilter("region", _("Region"), _regions, field="region_id"),
        RelatedFilter("brand", _("Brand"), _brands, field="stock_unit__series__brand_id"),
        RelatedFilter("series", _("Series"), _series, field="stock_unit__series_id"),
        DateRangeFilter("delivered", _("Delivered on"), field="delivery_date"),
    )
    default_sort = "-delivery_date"
    empty = Empty(
        _("No sales yet"),
        _("Import the history of sales from a file; it makes customers and vehicles on the way."),
        icon="receipt",
        url_name="imports:run_list",
        label=_("Import"),
        permission="sales.import_salesorder",
    )

    def get_queryset(self, actor: Actor) -> "QuerySet[SalesOrder]":
        return list_sales_orders(actor)

    def row_url(self, row: SalesOrder) -> str:
        return reverse("sales:sales_order_detail", args=[row.pk])


@requires("sales.view_salesorder")
def sales_order_detail(request: HttpRequest, sales_order_id: int) -> HttpResponse:
    order = get_sales_order(sales_order_id=sales_order_id, actor=request.actor)
    return detail_page(request, order, "sales/sales_order_detail.html", TABS, {"order": order})
