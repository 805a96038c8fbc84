from django.utils.translation import gettext_lazy as _

from forecourt.kernel.access import grant_to_roles, register_permissions

VIEW = "billing.view_subscription"
MANAGE = "billing.manage_subscription"

register_permissions(
    "billing",
    {
        "view_subscription": _("See the plan, usage and invoices"),
        "manage_subscription": _("Subscribe, change the plan, pay"),
    },
)
grant_to_roles("billing", {"group_finance": {"view_subscription": "GROUP"}})
