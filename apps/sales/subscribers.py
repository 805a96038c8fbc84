"""What sales add to the organisation."""

from apps.organisation import logbook

logbook.register_page("sales.salesorder", "sales:sales_order_detail")
