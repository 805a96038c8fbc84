"""Vehicles in stock and transfers have documents."""

from django.utils.translation import gettext_lazy as _

from apps.documents.subjects import DocumentSubject, register
from apps.vehicles import queries
from apps.vehicles.models import StockUnit, VehicleTransfer

register(
    DocumentSubject(
        code="vehicles.stock_unit",
        label=_("Vehicle"),
        model="vehicles.StockUnit",
        rows=StockUnit.objects.visible_to,
        rights=("vehicles.view_stock",),
        page="vehicles:stock_unit_detail",
        find=lambda actor, text, limit: queries.find_stock_units(
            query=text, actor=actor, limit=limit
        ),
        icon="car",
    ),
    DocumentSubject(
        code="vehicles.transfer",
        label=_("Transfer"),
        model="vehicles.VehicleTransfer",
        rows=VehicleTransfer.objects.visible_to,
        rights=("vehicles.view_transfer",),
        page="vehicles:transfer_detail",
        store_of=lambda transfer: transfer.from_store_id,
        find=lambda actor, text, limit: queries.find_transfers(
            query=text, actor=actor, limit=limit
        ),
        icon="transfer",
    ),
)
