from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from apps.vehicles.models import StockUnit, TransferLine, VehicleTransfer
from forecourt.kernel.menu import MenuEntry, register
from forecourt.ui import details, tones

SECTION = _("Vehicles")

register(
    MenuEntry(
        label=_("Vehicle stock"),
        url_name="vehicles:stock_unit_list",
        icon="car",
        section=SECTION,
        permission="vehicles.view_stock",
        order=300,
        on_phone_bar=True,
    ),
    MenuEntry(
        label=_("Group stock"),
        url_name="vehicles:available_list",
        icon="building-store",
        section=SECTION,
        permission="vehicles.view_availability",
        order=310,
    ),
    MenuEntry(
        label=_("Transfers"),
        url_name="vehicles:transfer_list",
        icon="transfer",
        section=SECTION,
        permission="vehicles.view_transfer",
        order=320,
        on_phone_bar=True,
    ),
    MenuEntry(
        label=_("Catalogue"),
        url_name="vehicles:model_list",
        icon="list-details",
        section=SECTION,
        permission="vehicles.manage_catalogue",
        order=330,
        on_settings_page=True,
        description=_("Brands, series and models with their guide prices."),
    ),
    MenuEntry(
        label=_("Add a vehicle"),
        url_name="vehicles:stock_unit_create",
        icon="plus",
        permission="vehicles.receive_unit",
        order=340,
        is_action=True,
    ),
    MenuEntry(
        label=_("Request a transfer"),
        url_name="vehicles:transfer_create",
        icon="transfer",
        permission="vehicles.request_transfer",
        order=350,
        is_action=True,
    ),
)

tones.declare(
    StockUnit,
    {
        "ORDERED": "neutral",
        "IN_TRANSIT": "info",
        "IN_STOCK": "success",
        "RESERVED": "warning",
        "SOLD": "accent",
        "DELIVERED": "neutral",
        "ON_TRANSFER": "info",
        "DEMO": "brand",
        "ON_LOAN": "brand",
        "WRITTEN_OFF": "danger",
    },
    field="state",
)
tones.declare(
    VehicleTransfer,
    {
        "REQUESTED": "warning",
        "APPROVED": "accent",
        "IN_TRANSIT": "info",
        "RECEIVED": "success",
        "REFUSED": "danger",
        "REJECTED": "danger",
    },
    field="state",
)
tones.declare(TransferLine, {"RECEIVED": "success", "REFUSED": "danger"}, field="outcome")
details.register_verbs(
    {
        "delivered": (pgettext_lazy("stock", "Delivered"), "steering-wheel", "success"),
        "sale_cancelled": (_("Sale cancelled"), "arrow-back-up", "danger"),
        "recosted": (_("Cost changed"), "wallet", "info"),
        "reservation_handed_over": (_("Reservation handed over"), "users", "info"),
        "shipped": (_("Shipped by the maker"), "truck", "info"),
        "demo_started": (_("Made a demo car"), "steering-wheel", "brand"),
        "loaned": (_("Lent"), "key", "brand"),
        "back_in_stock": (_("Back in stock"), "arrow-back-up", "success"),
        "written_off": (_("Written off"), "trash", "danger"),
    }
)
details.register_verbs(
    {
        "returned": (_("Returned to supplier"), "arrow-back-up", "danger"),
        "rejected": (_("Rejected"), "circle-x", "danger"),
    },
    of="vehicles",
)
details.register_words(
    {
        "received": _("Vehicles received"),
        "refused": _("Vehicles refused"),
    }
)
