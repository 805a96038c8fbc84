"""What must always be true of sales."""

from collections.abc import Iterable

from django.db.models import F, Q

from apps.sales.models import SalesOrder
from forecourt.kernel.verify import Problem, check


@check("sales orders against their stock units")
def _orders_match_units() -> Iterable[Problem]:
    """A delivered order's vehicle was delivered by the same store at the same price."""
    wrong = SalesOrder.objects.filter(state=SalesOrder.State.DELIVERED).exclude(
        Q(stock_unit__state="DELIVERED")
        & Q(stock_unit__store=F("store"))
        & Q(stock_unit__sold_price=F("total_amount"))
    )
    for order in wrong.select_related("stock_unit"):
        yield Problem(order.number, f"stock unit {order.stock_unit} does not agree with the order")
