"""What vehicles add to acts of the organisation."""

from collections.abc import Iterator
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.organisation import hooks, logbook
from apps.vehicles import queries
from apps.vehicles.actions.handover import hand_over_reservations
from apps.vehicles.rules.states import OPEN_TRANSFERS

logbook.register_kind("vehicles.stockunit", _("Vehicle"), page="vehicles:stock_unit_detail")
logbook.register_kind("vehicles.vehicletransfer", _("Transfer"), page="vehicles:transfer_detail")
logbook.register_kind("vehicles.brand", _("Brand"))
logbook.register_kind("vehicles.series", _("Series"))
logbook.register_kind("vehicles.vehiclemodel", _("Model"))


@hooks.brand_source
def brands_on_offer() -> Iterator[hooks.BrandNames]:
    """The brands of the catalogue, for the stores that are authorised for them."""
    for brand in queries.list_brands().filter(is_hidden=False):
        yield hooks.BrandNames(brand.name_zh, brand.name_en)


@hooks.amount_holder
def any_price() -> bool:
    """Guide prices, list prices and costs are in the group's currency."""
    return queries.has_prices()


@hooks.closing_blocker
def vehicles_left(store_id: int) -> Iterator[hooks.Remainder]:
    """No vehicle may stand in a closed store, nor travel from or to one."""
    under_way = {"state": list(OPEN_TRANSFERS)}
    left = (
        (
            _("Vehicles in stock or on their way"),
            queries.live_units_in(store_id),
            "vehicles:stock_unit_list",
            {"store": store_id},
        ),
        (
            _("Open transfers from this store"),
            queries.open_transfers_from(store_id),
            "vehicles:transfer_list",
            {"from": store_id, **under_way},
        ),
        (
            _("Open transfers to this store"),
            queries.open_transfers_to(store_id),
            "vehicles:transfer_list",
            {"to": store_id, **under_way},
        ),
    )
    for label, rows, page, narrowed in left:
        count = rows.count()
        if count:
            yield hooks.Remainder(
                label, count, f"{reverse(page)}?{urlencode(narrowed, doseq=True)}"
            )


hooks.register_handover(
    hooks.Handover(
        "vehicles.reservations",
        _("Reserved vehicles"),
        lambda staff_id: queries.reservations_of(staff_id).count(),
        hand_over_reservations,
    )
)
