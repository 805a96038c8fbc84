"""What other systems may hear of sales."""

from django.utils.translation import gettext_lazy as _

from forecourt.kernel.feed import FeedEvent, declare

declare(
    FeedEvent(
        "sales_order.imported",
        subject="sales.salesorder",
        actions=("imported",),
        label=_("Sales order imported"),
        permission="sales.view_salesorder",
    ),
)
