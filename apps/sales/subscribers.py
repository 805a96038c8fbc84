"""What sales add to the organisation."""

from django.utils.translation import gettext_lazy as _

from apps.organisation import logbook

logbook.register_kind("sales.salesorder", _("Sales order"), page="sales:sales_order_detail")
