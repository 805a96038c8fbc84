from django.utils.translation import gettext_lazy as _

from forecourt.kernel.menu import MenuEntry, register

register(
    MenuEntry(
        label=_("Overview"),
        url_name="headquarters:home",
        icon="layout-dashboard",
        permission="headquarters.view_figures",
        order=10,
        on_phone_bar=True,
    ),
    MenuEntry(
        label=_("Sales by month"),
        url_name="headquarters:sales_report",
        icon="chart-bar",
        permission="headquarters.view_figures",
        order=12,
    ),
)
