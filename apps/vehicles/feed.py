"""What other systems may hear of vehicles in stock and transfers."""

from django.utils.translation import gettext_lazy as _

from forecourt.kernel.feed import FeedEvent, declare

UNIT = {
    "subject": "vehicles.stockunit",
    "permission": "vehicles.view_stock",
    "address": "api:stock_unit",
}
TRANSFER = {
    "subject": "vehicles.vehicletransfer",
    "permission": "vehicles.view_transfer",
    "address": "api:transfer",
}

declare(
    FeedEvent("stock_unit.received", actions=("received",), label=_("Vehicle received"), **UNIT),
    FeedEvent(
        "stock_unit.imported", actions=("imported",), label=_("Vehicle imported into stock"), **UNIT
    ),
    FeedEvent(
        "stock_unit.changed", actions=("changed", "recosted"), label=_("Vehicle changed"), **UNIT
    ),
    FeedEvent(
        "stock_unit.reserved",
        actions=("reserved", "reservation_handed_over"),
        label=_("Vehicle reserved"),
        **UNIT,
    ),
    FeedEvent("stock_unit.released", actions=("released",), label=_("Vehicle released"), **UNIT),
    FeedEvent("stock_unit.sold", actions=("sold",), label=_("Vehicle sold"), **UNIT),
    FeedEvent(
        "stock_unit.sale_cancelled",
        actions=("sale_cancelled",),
        label=_("Sale of a vehicle cancelled"),
        **UNIT,
    ),
    FeedEvent("stock_unit.delivered", actions=("delivered",), label=_("Vehicle delivered"), **UNIT),
    FeedEvent(
        "stock_unit.moved",
        actions=("shipped", "demo_started", "loaned", "back_in_stock"),
        label=_("Vehicle shipped, lent, made a demo car or back in stock"),
        **UNIT,
    ),
    FeedEvent(
        "stock_unit.left",
        actions=("returned", "written_off"),
        label=_("Vehicle returned or written off"),
        **UNIT,
    ),
    FeedEvent(
        "transfer.requested", actions=("requested",), label=_("Transfer requested"), **TRANSFER
    ),
    FeedEvent("transfer.approved", actions=("approved",), label=_("Transfer approved"), **TRANSFER),
    FeedEvent("transfer.rejected", actions=("rejected",), label=_("Transfer rejected"), **TRANSFER),
    FeedEvent(
        "transfer.dispatched", actions=("dispatched",), label=_("Transfer dispatched"), **TRANSFER
    ),
    FeedEvent("transfer.received", actions=("received",), label=_("Transfer received"), **TRANSFER),
    FeedEvent(
        "transfer.refused", actions=("refused",), label=_("Transfer refused on arrival"), **TRANSFER
    ),
    FeedEvent(
        "transfer.cancelled", actions=("cancelled",), label=_("Transfer cancelled"), **TRANSFER
    ),
)
