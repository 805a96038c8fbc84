from django.utils.translation import gettext_lazy as _

from apps.sales.models import SalesOrder
from forecourt.kernel.menu import MenuEntry, register
from forecourt.ui import tones

register(
    MenuEntry(
        label=_("Sales orders"),
        url_name="sales:sales_order_list",
        icon="receipt",
        section=_("Sales"),
        permission="sales.view_salesorder",
        order=40,
    ),
)
tones.declare(SalesOrder, {"DELIVERED": "success", "CANCELLED": "neutral"})
