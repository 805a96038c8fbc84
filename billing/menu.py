from django.utils.translation import gettext_lazy as _

from billing.permissions import VIEW
from forecourt.kernel.menu import MenuEntry, register
from forecourt.ui.shell import fill_slot

register(
    MenuEntry(
        label=_("Subscription"),
        url_name="billing:home",
        icon="credit-card",
        permission=VIEW,
        section=_("Organisation"),
        order=990,
        on_settings_page=True,
        description=_("Plan, usage against its limits, invoices, paying."),
    )
)
fill_slot("notices", "billing/_standing.html")
