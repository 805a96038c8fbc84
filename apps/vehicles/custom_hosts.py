"""What of the stock a group may add fields to."""

from django.utils.translation import gettext_lazy as _

from apps.vehicles.models import StockUnit
from forecourt.kernel.custom_fields import Host, register

register(
    Host(
        "vehicle",
        StockUnit,
        _("Vehicles in stock"),
        change="vehicles.manage_stock",
        url_name="vehicles:stock_unit_detail",
        list_url_name="vehicles:stock_unit_list",
        order=40,
    )
)
