"""The demo groups' sales: one order for every car that was delivered."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from apps.organisation.models import Store
from apps.sales.actions import ORDER_NUMBER
from apps.sales.models import SalesOrder
from forecourt.kernel.groups import current_group
from forecourt.kernel.models import DocumentCounter


@dataclass(frozen=True, slots=True)
class Sale:
    store: Store
    day: date
    stock_unit_id: int
    customer_id: int
    advisor_id: int | None
    price: Decimal


def load_sales(sales: Sequence[Sale]) -> None:
    group = current_group()
    currency = group.currency if group else "CNY"
    numbers: dict[tuple[str, str], int] = {}
    orders = []
    for sale in sorted(sales, key=lambda sale: (sale.day, sale.stock_unit_id)):
        key = (sale.store.code, f"{sale.day:%Y%m}")
        numbers[key] = numbers.get(key, 0) + 1
        number = f"{key[0]}-{ORDER_NUMBER}-{key[1]}-{numbers[key]:05d}"
        orders.append(
            SalesOrder(
                number=number,
                store=sale.store,
                region_id=sale.store.region_id,
                customer_id=sale.customer_id,
                stock_unit_id=sale.stock_unit_id,
                advisor_id=sale.advisor_id,
                state=SalesOrder.State.DELIVERED,
                order_date=sale.day,
                delivery_date=sale.day,
                total_amount=sale.price,
                currency=currency,
                source="demo",
                external_reference=number,
            )
        )
    SalesOrder.objects.bulk_create(orders, batch_size=1000)
    DocumentCounter.objects.bulk_create(
        DocumentCounter(kind=ORDER_NUMBER, store_code=code, period=period, last_value=last)
        for (code, period), last in numbers.items()
    )
