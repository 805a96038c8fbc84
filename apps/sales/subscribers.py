"""What sales add to the organisation."""

from django.utils.translation import gettext_lazy as _

from apps.organisation import hooks, logbook
from apps.sales.queries import has_orders

logbook.register_kind("sales.salesorder", _("Sales order"), page="sales:sales_order_detail")


@hooks.amount_holder
def any_order() -> bool:
    """The figures of sales add up amounts in the group's currency."""
    return has_orders()
