"""Papers of vehicles: the slip that travels with a transfer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.utils.translation import gettext_lazy as _

from apps.documents.papers import PaperKind, register_paper
from apps.documents.rules.wording import written_moment, written_number
from apps.vehicles.models import TransferLine, VehicleTransfer
from apps.vehicles.queries import list_lines
from forecourt.kernel.access import Actor
from forecourt.kernel.papers.vocabulary import Facts, Placeholder, Rows, Signer, Vocabulary

STEPS = (
    ("requested", _("Requested by"), _("Requested at")),
    ("approved", _("Approved by"), _("Approved at")),
    ("dispatched", _("Sent by"), _("Sent at")),
    ("received", _("Received by"), _("Received at")),
)
SIDES = (("from", _("Sender")), ("to", _("Receiver")))
SAMPLE_TIME = "2026-05-04 09:30"


def _facts(transfer: VehicleTransfer, _actor: Actor) -> Facts:
    facts: dict[str, Any] = {
        "transfer.number": transfer.number,
        "transfer.reason": transfer.get_reason_display(),
        "transfer.order": transfer.order_reference,
        "transfer.note": transfer.note,
        "transfer.carrier": transfer.carrier,
        "transfer.count": str(transfer.unit_count),
        "between_companies": "1" if transfer.is_between_companies else "",
        "vehicles": [_line(line) for line in list_lines(transfer)],
    }
    for side, _label in SIDES:
        store = getattr(transfer, f"{side}_store")
        facts[f"{side}.store"] = store.name
        facts[f"{side}.company"] = getattr(transfer, f"{side}_legal_entity").name
        facts[f"{side}.address"] = store.address
        facts[f"{side}.phone"] = store.phone
    for step, _by, _at in STEPS:
        person = getattr(transfer, f"{step}_by")
        facts[f"{step}.by"] = person.name if person else ""
        facts[f"{step}.at"] = written_moment(getattr(transfer, f"{step}_at"))
    return facts


def _line(line: TransferLine) -> dict[str, str]:
    vehicle = line.unit.vehicle
    colours = [vehicle.exterior_colour, vehicle.interior_colour]
    return {
        "stock_number": line.unit.stock_number,
        "vin": vehicle.vin or vehicle.reference or "",
        "name": f"{vehicle.series.brand.name} {vehicle.model or vehicle.series}",
        "colours": " / ".join(colour for colour in colours if colour),
        "mileage": written_number(line.dispatch_mileage, " km"),
    }


register_paper(
    PaperKind(
        code="vehicles.transfer_slip",
        label=_("Transfer slip"),
        subject="vehicles.transfer",
        kind="transfer_slip",
        vocabulary=Vocabulary(
            placeholders=(
                Placeholder("transfer.number", _("Transfer number"), "DB-SHPD-202605-0007"),
                Placeholder("transfer.reason", _("Reason"), _("Customer order")),
                Placeholder("transfer.order", _("Order number"), "SO-2026-0188"),
                Placeholder("transfer.note", _("Note"), _("Before the weekend, please")),
                Placeholder("transfer.carrier", _("Carrier or driver"), _("Li Qiang")),
                Placeholder("transfer.count", _("Number of vehicles"), "2"),
                Placeholder("between_companies", _("Between two companies"), "1"),
                *(
                    placeholder
                    for side, label in SIDES
                    for placeholder in (
                        Placeholder(f"{side}.store", label, _("Pudong store")),
                        Placeholder(f"{side}.company", label, _("Huadong Motors Pudong Ltd.")),
                        Placeholder(f"{side}.address", label, _("1888 Jinke Road, Shanghai")),
                        Placeholder(f"{side}.phone", label, "021-5555 0188"),
                    )
                ),
                *(
                    placeholder
                    for step, by, at in STEPS
                    for placeholder in (
                        Placeholder(f"{step}.by", by, _("Wang Fang")),
                        Placeholder(f"{step}.at", at, SAMPLE_TIME),
                    )
                ),
            ),
            rows=(
                Rows(
                    "vehicles",
                    _("Vehicles"),
                    (
                        Placeholder("stock_number", _("Stock number"), "SHPD-0042"),
                        Placeholder("vin", _("VIN"), "LSVAA4182E2123456"),
                        Placeholder("name", _("Model"), _("BYD Han EV 2026")),
                        Placeholder("colours", _("Colour"), _("White / black")),
                        Placeholder("mileage", _("Mileage when sent"), "18 km"),
                    ),
                ),
            ),
            signers=(
                Signer("dispatcher", _("Handed over by (signature)")),
                Signer("carrier", _("Carrier (signature)")),
                Signer("receiver", _("Received by (signature)")),
            ),
        ),
        facts=_facts,
        title=lambda transfer: _("Transfer slip %(number)s") % {"number": transfer.number},
        texts=Path(__file__).parent / "papers",
    )
)
