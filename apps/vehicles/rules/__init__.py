"""Decisions about vehicles that need neither database, clock nor request."""

from apps.vehicles.rules.plates import PROVINCES, normalise_plate
from apps.vehicles.rules.vin import (
    VIN_LENGTH,
    VinCheck,
    VinFinding,
    check_digit,
    check_vin,
    make_vin,
    model_year,
    normalise_vin,
)

__all__ = [
    "PROVINCES",
    "VIN_LENGTH",
    "VinCheck",
    "VinFinding",
    "check_digit",
    "check_vin",
    "make_vin",
    "model_year",
    "normalise_plate",
    "normalise_vin",
]
