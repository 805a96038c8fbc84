"""What people are told of vehicles and transfers."""

from django.utils.translation import gettext_lazy as _

from apps.notifications.registry import Event, declare

TRANSFER = {
    "transfer": _("Transfer number"),
    "from_store": _("From"),
    "to_store": _("To"),
    "units": _("Vehicles"),
    "reason": _("Reason"),
}
PAGE = "vehicles:transfer_detail"

TRANSFER_REQUESTED = declare(
    Event(
        code="vehicles.transfer_requested",
        label=_("A transfer waits for my approval"),
        receivers=_("Those who approve transfers in the sending store"),
        title=_("{to_store} asks for vehicles: {units}"),
        body=_("{transfer} from {from_store}, requested by {actor} ({reason})"),
        placeholders=TRANSFER,
        link=PAGE,
        icon="transfer",
    )
)
TRANSFER_APPROVED = declare(
    Event(
        code="vehicles.transfer_approved",
        label=_("A transfer was approved"),
        receivers=_("Who requested it, and those who send vehicles off"),
        title=_("Transfer {transfer} is approved"),
        body=_("{units} vehicles from {from_store} to {to_store} can be sent"),
        placeholders=TRANSFER,
        link=PAGE,
        icon="circle-check",
    )
)
TRANSFER_REJECTED = declare(
    Event(
        code="vehicles.transfer_rejected",
        label=_("A transfer was rejected"),
        receivers=_("Who requested it"),
        title=_("Transfer {transfer} was rejected"),
        body=_("{actor}: {reason}"),
        placeholders=TRANSFER,
        link=PAGE,
        icon="circle-x",
    )
)
TRANSFER_CANCELLED = declare(
    Event(
        code="vehicles.transfer_cancelled",
        label=_("A transfer was cancelled"),
        receivers=_("Who requested it, and those who approve in the sending store"),
        title=_("Transfer {transfer} was cancelled"),
        body=_("{actor}: {reason}"),
        placeholders=TRANSFER,
        link=PAGE,
        icon="circle-x",
    )
)
TRANSFER_DISPATCHED = declare(
    Event(
        code="vehicles.transfer_dispatched",
        label=_("Vehicles are on their way to my store"),
        receivers=_("Those who receive vehicles, and who requested them"),
        title=_("On the way from {from_store}: {units}"),
        body=_("{transfer} to {to_store}"),
        placeholders=TRANSFER,
        link=PAGE,
        icon="truck-delivery",
    )
)
TRANSFER_RECEIVED = declare(
    Event(
        code="vehicles.transfer_received",
        label=_("Vehicles arrived in the other store"),
        receivers=_("Who requested them, and those who sent them off"),
        title=_("{to_store} received vehicles of {transfer}"),
        body=_("{units} from {from_store}"),
        placeholders=TRANSFER,
        link=PAGE,
        icon="checks",
    )
)
TRANSFER_REFUSED = declare(
    Event(
        code="vehicles.transfer_refused",
        label=_("Vehicles were refused at receipt"),
        receivers=_("Those who approve in the sending store, and who requested them"),
        title=_("{to_store} refused vehicles of {transfer}"),
        body=_("{actor}: {reason}"),
        placeholders=TRANSFER,
        link=PAGE,
        icon="alert-triangle",
        is_urgent=True,
    )
)
RESERVATION_EXPIRED = declare(
    Event(
        code="vehicles.reservation_expired",
        label=_("My reservation has run out"),
        receivers=_("Who reserved the vehicle"),
        title=_("Reservation has run out: {vehicle}"),
        body=_("Reserved for {customer} until {until}; release it or reserve it anew"),
        placeholders={
            "vehicle": _("Vehicle"),
            "customer": _("Customer"),
            "until": _("Reserved until"),
        },
        link="vehicles:stock_unit_detail",
        icon="clock",
    )
)
