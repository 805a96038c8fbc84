"""Writes of sales."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import transaction

from apps.crm.actions.buyers import Buyer, take_over_buyers
from apps.organisation.queries import stores_by_id
from apps.sales.models import SalesOrder
from apps.vehicles.actions.bulk import UnitRecord, record_units
from apps.vehicles.actions.catalogue import CarKind
from forecourt.kernel import audit, summaries
from forecourt.kernel.access import Actor
from forecourt.kernel.numbering import number_documents

ORDER_NUMBER = "SO"
"""The kind of document under which sales orders are numbered."""


@dataclass(frozen=True, slots=True)
class PastSale:
    """A sale of earlier days: who bought what from which store, for how much.

    ``reference`` is the source's own number of the sale. Without a ``vin`` it also stands in for
    the vehicle's (docs/adr/0004).
    """

    reference: str
    buyer: Buyer
    kind: CarKind
    price: Decimal
    currency: str
    region_id: int | None = None
    vin: str = ""
    colour: str = ""

    @property
    def store_id(self) -> int:
        return self.buyer.store_id

    @property
    def sold_date(self) -> date:
        return self.buyer.bought_date


@transaction.atomic
def record_past_sales(
    *, sales: Sequence[PastSale], source: str, actor: Actor
) -> list[SalesOrder | None]:
    """Delivered orders with their customers and vehicles; None where a reference is on record.

    A fixed number of statements, whatever the number of sales. Raises NotPermitted, or Invalid for
    a sale that contradicts itself; then nothing is written.
    """
    for store_id in {sale.store_id for sale in sales}:
        actor.require("sales.import_salesorder", store_id=store_id)
    known = set(
        SalesOrder.objects.filter(
            source=source, external_reference__in=[sale.reference for sale in sales]
        ).values_list("external_reference", flat=True)
    )
    fresh = [sale for sale in sales if sale.reference not in known]
    customer_ids = take_over_buyers(buyers=[sale.buyer for sale in fresh], actor=actor)
    records = [
        _record(sale, source, customer_id)
        for sale, customer_id in zip(fresh, customer_ids, strict=True)
    ]
    record_units(records=records, actor=actor)
    orders = _orders(fresh, customer_ids, records, source)
    SalesOrder.objects.bulk_create(orders, batch_size=1000)
    summaries.add_many(
        ("sales_delivered", order.store_id, order.delivery_date, 1, order.total_amount)
        for order in orders
    )
    audit.record_many(actor, "imported", orders)
    made = {order.external_reference: order for order in orders}
    return [made.get(sale.reference) for sale in sales]


def _record(sale: PastSale, source: str, customer_id: int) -> UnitRecord:
    return UnitRecord(
        store_id=sale.store_id,
        kind=sale.kind,
        vin=sale.vin or None,
        reference=None if sale.vin else f"{source}:{sale.reference}"[:60],
        exterior_colour=sale.colour[:40],
        origin="UNKNOWN",
        sold_date=sale.sold_date,
        sold_price=sale.price,
        customer_name=sale.buyer.name,
        customer_id=customer_id,
    )


def _orders(
    sales: Sequence[PastSale],
    customer_ids: Sequence[int],
    records: Sequence[UnitRecord],
    source: str,
) -> list[SalesOrder]:
    stores = stores_by_id({sale.store_id for sale in sales})
    numbers = number_documents(
        ORDER_NUMBER, [(stores[sale.store_id].code, sale.sold_date) for sale in sales]
    )
    return [
        SalesOrder(
            number=number,
            store_id=sale.store_id,
            region_id=sale.region_id or stores[sale.store_id].region_id,
            customer_id=customer_id,
            stock_unit_id=record.unit_id,
            state=SalesOrder.State.DELIVERED,
            order_date=sale.sold_date,
            delivery_date=sale.sold_date,
            total_amount=sale.price,
            currency=sale.currency,
            source=source,
            external_reference=sale.reference,
        )
        for sale, customer_id, record, number in zip(
            sales, customer_ids, records, numbers, strict=True
        )
    ]
