"""What a group decides about messages to its customers."""

from datetime import time

from django.utils.translation import gettext_lazy as _

from forecourt.kernel.group_settings import Setting, TimeOfDay, WholeNumber, declare

MANAGE = "notifications.manage_channel"

declare(
    Setting(
        "notifications.customer_cap",
        label=_("Messages to a customer in 7 days"),
        help=_("Over all of sales, service and marketing. What would be more is held back."),
        kind=WholeNumber(1, 50, unit=_("messages")),
        default=3,
        permission=MANAGE,
    ),
    Setting(
        "notifications.customer_quiet_from",
        label=_("Customers are left alone from"),
        help=_("Messages that fall into these hours leave when they are over."),
        kind=TimeOfDay(),
        default=time(20),
        permission=MANAGE,
    ),
    Setting(
        "notifications.customer_quiet_to",
        label=_("Customers are left alone until"),
        help=_("The same time twice: never left alone."),
        kind=TimeOfDay(),
        default=time(9),
        permission=MANAGE,
    ),
)
