from apps.vehicles.models.catalogue import Brand, Series, VehicleModel
from apps.vehicles.models.stock import StockMovement, StockUnit
from apps.vehicles.models.transfer import TransferLine, VehicleTransfer
from apps.vehicles.models.vehicle import Vehicle

__all__ = [
    "Brand",
    "Series",
    "StockMovement",
    "StockUnit",
    "TransferLine",
    "Vehicle",
    "VehicleModel",
    "VehicleTransfer",
]
